"""Powers with thresholds and options of a company; what users may do and when, their second factor, who came in;
groups of companies; changes that need approval."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ALL = (
    '{"alle":null,"amministra":"%s","conti":null,"dalle":null,"festivi":true,'
    '"funzioni":["audit","compose","dispatch","import","reconcile","represent","sign"],"scadenza":null}'
)

# Who came in stays written: rows are only added.
TRIGGERS = {
    "sqlite": (
        """
    CREATE TRIGGER accesso_no_update BEFORE UPDATE ON accesso
    BEGIN SELECT RAISE(ABORT, 'accesses are append-only'); END
    """,
        """
    CREATE TRIGGER accesso_no_delete BEFORE DELETE ON accesso
    BEGIN SELECT RAISE(ABORT, 'accesses are append-only'); END
    """,
        """
    CREATE TRIGGER accesso_no_replace BEFORE INSERT ON accesso WHEN NEW.id IN (SELECT id FROM accesso)
    BEGIN SELECT RAISE(ABORT, 'accesses are append-only'); END
    """,
    ),
    "postgresql": (
        """
    CREATE FUNCTION accesso_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'accesses are append-only' USING ERRCODE = 'integrity_constraint_violation'; END
    $$
    """,
        """
    CREATE TRIGGER accesso_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON accesso
    FOR EACH STATEMENT EXECUTE FUNCTION accesso_refuse()
    """,
    ),
}


def upgrade() -> None:
    """Each user keeps the weight they had, whatever the amount, and may do what they could: all. They administer,
    alone only where there is one of them. Every option is as if it had never been set."""
    _powers()
    _create("opzione", _to("azienda"), *_texts("nome", "valore"), unique=("azienda_id", "nome"))
    op.add_column("azienda", sa.Column("natura", sa.Text(), nullable=False, server_default="propria"))
    _users()
    _create("gruppo", _to("azienda"), _to("azienda", "capogruppo"), unique=("azienda_id",))
    parties = (_to("azienda"), _to("utente"), _to("utente", "persona"))
    _create("condivisione", *parties, unique=("azienda_id", "persona_id"))
    _create("accesso", _to("azienda"), *_texts("at", "login", "di?", "funzione?", "esito"))
    op.create_index("ix_accesso_azienda", "accesso", ["azienda_id", "at"])
    _create("cambio", _to("azienda"), *_texts("tipo", "dati", "segreto?", "regole", "chi", "stato", "at"))
    op.create_index("ix_cambio_stato", "cambio", ["azienda_id", "stato"])
    votes = (_to("cambio"), _to("utente"), _to("utente", "persona"), *_texts("chi", "at"))
    _create("approvazione", *votes, unique=("cambio_id", "persona_id"))
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def _powers() -> None:
    op.create_table(
        "potere",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("utente_id", sa.Integer(), nullable=False),
        sa.Column("peso", sa.Integer(), nullable=False),
        sa.Column("soglie", sa.Text(), nullable=False),
        sa.CheckConstraint("peso BETWEEN 0 AND 100", name=op.f("ck_potere_peso")),
        sa.ForeignKeyConstraint(["utente_id"], ["utente.id"], name=op.f("fk_potere_utente_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_potere")),
        sa.UniqueConstraint("utente_id", name=op.f("uq_potere_utente_id")),
        sqlite_strict=True,
    )
    op.execute("INSERT INTO potere (utente_id, peso, soglie) SELECT id, peso, '{}' FROM utente ORDER BY id")
    # The weight is now in the power: a column that nobody keeps up to date would be believed by someone.
    with op.batch_alter_table("utente", table_kwargs={"sqlite_strict": True}) as batch:
        batch.drop_constraint(op.f("ck_utente_peso"), type_="check")
        batch.drop_column("peso")


def _users() -> None:
    op.add_column("utente", sa.Column("profilo", sa.Text(), nullable=False, server_default=_ALL % "congiunto"))
    op.add_column("utente", sa.Column("da_cambiare", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("utente", sa.Column("totp_ultimo", sa.Integer(), nullable=True))
    for name in ("password_at", "totp", "totp_at"):
        op.add_column("utente", sa.Column(name, sa.Text(), nullable=True))
    alone = "(SELECT azienda_id FROM utente GROUP BY azienda_id HAVING count(*) = 1)"
    statement = sa.text(f"UPDATE utente SET profilo = :profilo WHERE azienda_id IN {alone}")  # noqa: S608 - our own names
    op.execute(statement.bindparams(profilo=_ALL % "individuale"))


def _create(table: str, *columns: tuple[sa.Column[Any], str | None], unique: tuple[str, ...] = ()) -> None:
    """A table with an id; each column with the table that it refers to, if it does."""
    owned = [(column.name, owner) for column, owner in columns if owner is not None]
    parts: tuple[Any, ...] = (
        sa.Column("id", sa.Integer(), nullable=False),
        *(column for column, _ in columns),
        *(sa.ForeignKeyConstraint([at], [f"{to}.id"], name=op.f(f"fk_{table}_{at}")) for at, to in owned),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(sa.UniqueConstraint(*each, name=op.f(f"uq_{table}_{'_'.join(each)}")) for each in (unique,) if each),
    )
    op.create_table(table, *parts, sqlite_strict=True)


def _to(table: str, name: str = "") -> tuple[sa.Column[Any], str | None]:
    return sa.Column(f"{name or table}_id", sa.Integer(), nullable=False), table


def _texts(*names: str) -> list[tuple[sa.Column[Any], str | None]]:
    """Columns of text; those with a ? may be null."""
    return [(sa.Column(name.rstrip("?"), sa.Text(), nullable=name.endswith("?")), None) for name in names]
