"""Powers of signature with thresholds, options of a company."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_STRICT = {"sqlite_strict": True}


def upgrade() -> None:
    """Each user keeps the weight they had, whatever the amount; every option is as if it had never been set."""
    _potere()
    _opzione()


def _potere() -> None:
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
        **_STRICT,
    )
    op.execute("INSERT INTO potere (utente_id, peso, soglie) SELECT id, peso, '{}' FROM utente ORDER BY id")
    # The weight is now in the power: a column that nobody keeps up to date would be believed by someone.
    with op.batch_alter_table("utente", table_kwargs=_STRICT) as batch:
        batch.drop_constraint(op.f("ck_utente_peso"), type_="check")
        batch.drop_column("peso")


def _opzione() -> None:
    op.create_table(
        "opzione",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("azienda_id", sa.Integer(), nullable=False),
        sa.Column("nome", sa.Text(), nullable=False),
        sa.Column("valore", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["azienda_id"], ["azienda.id"], name=op.f("fk_opzione_azienda_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opzione")),
        sa.UniqueConstraint("azienda_id", "nome", name=op.f("uq_opzione_azienda_id_nome")),
        **_STRICT,
    )
