"""The register of accounts; movements with what they bear and what was done with them; statements of any kind."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_STRICT = {"sqlite_strict": True}
_ACCOUNT = ("azienda_id", "abi", "cab", "conto", "divisa")


def upgrade() -> None:
    """Every account that a statement spoke of is in the register; no movement is ticked."""
    _scheda()
    _rapporto()
    _movimento()
    op.create_index("ix_distinta_nome", "distinta", ["azienda_id", "nome_supporto"])


def _scheda() -> None:
    op.create_table(
        "scheda",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("azienda_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("genere", "abi", "cab", "conto", "divisa")),
        sa.Column("scelte", sa.Text(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["azienda_id"], ["azienda.id"], name=op.f("fk_scheda_azienda_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheda")),
        sa.UniqueConstraint(
            *("azienda_id", "genere", "abi", "cab", "conto", "divisa"),
            name=op.f("uq_scheda_azienda_id_genere_abi_cab_conto_divisa"),
        ),
        sqlite_strict=True,
    )
    account = ", ".join(_ACCOUNT)
    op.execute(
        f"""
        INSERT INTO scheda (genere, at, {account})
        SELECT 'conto', min(at), {account} FROM rapporto GROUP BY {account} ORDER BY min(id)
        """  # noqa: S608 - our own names
    )


def _rapporto() -> None:
    op.add_column("rapporto", sa.Column("scheda_id", sa.Integer(), nullable=True))
    same = " AND ".join(f"scheda.{name} = rapporto.{name}" for name in _ACCOUNT)
    op.execute(f"UPDATE rapporto SET scheda_id = (SELECT id FROM scheda WHERE {same})")  # noqa: S608 - our own names
    with op.batch_alter_table("rapporto", table_kwargs=_STRICT) as batch:
        batch.alter_column("scheda_id", existing_type=sa.Integer(), nullable=False)
        for name in ("saldo_iniziale", "saldo_finale"):
            batch.alter_column(name, existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        for name in ("descrizione", "data_inizio", "liquidita", "impronta"):
            batch.add_column(sa.Column(name, sa.Text(), nullable=True))
        batch.create_foreign_key(op.f("fk_rapporto_scheda_id"), "scheda", ["scheda_id"], ["id"])
    op.create_index("ix_rapporto_scheda", "rapporto", ["scheda_id", "data"])
    op.create_index("ix_rapporto_file", "rapporto", ["file_id"])


def _movimento() -> None:
    op.drop_index("ix_movimento_riferimento", "movimento")
    op.drop_index("ix_movimento_data", "movimento")
    op.add_column("movimento", sa.Column("scheda_id", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE movimento SET scheda_id = (SELECT scheda_id FROM rapporto WHERE rapporto.id = movimento.rapporto_id)"
    )
    with op.batch_alter_table("movimento", table_kwargs=_STRICT) as batch:
        batch.alter_column("scheda_id", existing_type=sa.Integer(), nullable=False)
        batch.add_column(sa.Column("gemello_id", sa.Integer(), nullable=True))
        for name in ("msg_id", "end_to_end", "dettagli", "spuntato_at", "spuntato_da", "etichetta", "contropartita"):
            batch.add_column(sa.Column(name, sa.Text(), nullable=True))
        batch.create_foreign_key(op.f("fk_movimento_scheda_id"), "scheda", ["scheda_id"], ["id"])
        batch.create_foreign_key(op.f("fk_movimento_gemello_id"), "movimento", ["gemello_id"], ["id"])
    for name, columns in (
        ("riferimento", ["riferimento"]),
        ("data", ["data_contabile", "id"]),
        ("valuta", ["data_valuta", "id"]),
        ("importo", ["importo", "id"]),
        ("causale", ["causale", "data_contabile", "id"]),
        ("scheda", ["scheda_id", "data_contabile", "id"]),
    ):
        op.create_index(f"ix_movimento_{name}", "movimento", columns)
    for name, columns, condition in (
        ("gemello", ["gemello_id"], "gemello_id IS NOT NULL"),
        ("msg_id", ["msg_id"], "msg_id IS NOT NULL"),
        ("end_to_end", ["end_to_end"], "end_to_end IS NOT NULL"),
        ("aperto", ["data_contabile", "id"], "spuntato_at IS NULL AND gemello_id IS NULL"),
    ):
        where = sa.text(condition)
        op.create_index(f"ix_movimento_{name}", "movimento", columns, sqlite_where=where, postgresql_where=where)
