"""Orders of every kind: what they share, one outcome key, orders that are in no distinta, signatures by revision."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_STRICT = {"sqlite_strict": True}
_VIVA = "stato NOT IN ('Con errori', 'Scartata', 'Eliminata')"


def upgrade() -> None:
    """Whatever is there was Ri.Ba.: it is carried over, and what its columns lacked is read from its records."""
    _disposizione()
    _distinta()
    _firma()
    for table, column in (("iter", "distinta_id"), ("diagnostica", "file_id")):
        with op.batch_alter_table(table, table_kwargs=_STRICT) as batch:
            batch.alter_column(column, existing_type=sa.Integer(), nullable=True)
    with op.batch_alter_table("esito", table_kwargs=_STRICT) as batch:
        batch.alter_column("numero_ricevuta", existing_type=sa.Text(), new_column_name="chiave")
        batch.alter_column("debitore", existing_type=sa.Text(), new_column_name="controparte")
        batch.add_column(sa.Column("flusso", sa.Text(), nullable=False, server_default="RIBA"))


def _disposizione() -> None:
    with op.batch_alter_table("disposizione", table_kwargs=_STRICT) as batch:
        batch.drop_index("ix_disposizione_ricevuta")
        for name in ("distinta_id", "scadenza", "abi"):
            kind = sa.Integer() if name == "distinta_id" else sa.Text()
            batch.alter_column(name, existing_type=kind, nullable=True)
        batch.alter_column("numero_ricevuta", existing_type=sa.Text(), new_column_name="chiave")
        batch.alter_column("debitore", existing_type=sa.Text(), new_column_name="controparte")
        batch.alter_column("conto_assuntrice", existing_type=sa.Text(), new_column_name="nostro_conto")
        batch.add_column(sa.Column("flusso", sa.Text(), nullable=False, server_default="RIBA"))
        batch.add_column(sa.Column("banca", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("segno", sa.Text(), nullable=False, server_default="-"))
        for name in ("conto", "nostro_abi", "nostro_cab"):
            batch.add_column(sa.Column(name, sa.Text(), nullable=True))
    op.create_index("ix_disposizione_chiave", "disposizione", ["azienda_id", "flusso", "chiave", "importo", "scadenza"])
    # Columns 47, 48-52 and 53-57 of record 14, the first of each order; the line was that of the file.
    op.execute(
        f"""
        UPDATE disposizione SET
            segno = {_written(47, 1)},
            nostro_abi = {_written(48, 5)},
            nostro_cab = {_written(53, 5)},
            banca = (SELECT abi FROM distinta WHERE distinta.id = distinta_id),
            line = 1 + line - (SELECT distinta.line FROM distinta WHERE distinta.id = distinta_id)
        """  # noqa: S608 - our own numbers
    )


def _written(at: int, size: int) -> str:
    """Some columns of the records, as text."""
    columns = f"substr(raw, {at}, {size})"
    in_a_file = op.get_bind().dialect.name == "sqlite"
    return f"CAST({columns} AS TEXT)" if in_a_file else f"convert_from({columns}, 'LATIN1')"


def _distinta() -> None:
    with op.batch_alter_table("distinta", table_kwargs=_STRICT) as batch:
        batch.drop_index("uq_distinta_supporto")
        batch.alter_column("file_id", existing_type=sa.Integer(), nullable=True)
        batch.add_column(sa.Column("origine", sa.Text(), nullable=False, server_default="I"))
        batch.add_column(sa.Column("divisa", sa.Text(), nullable=False, server_default="EUR"))
        for name in ("nostro_abi", "nostro_cab", "nostro_conto"):
            batch.add_column(sa.Column(name, sa.Text(), nullable=True))
        batch.add_column(sa.Column("revisione", sa.Integer(), nullable=False, server_default="1"))
    op.create_index(
        "uq_distinta_supporto",
        "distinta",
        ["azienda_id", "abi", "tipo", "nome_supporto"],
        unique=True,
        sqlite_where=sa.text(_VIVA),
        postgresql_where=sa.text(_VIVA),
    )
    for name in ("nostro_abi", "nostro_cab", "nostro_conto"):
        op.execute(
            f"""
            UPDATE distinta SET {name} = (
                SELECT CASE WHEN count(DISTINCT coalesce({name}, '')) = 1 THEN min({name}) END
                FROM disposizione WHERE distinta_id = distinta.id
            )
            """  # noqa: S608 - our own names
        )


def _firma() -> None:
    with op.batch_alter_table("firma", table_kwargs=_STRICT) as batch:
        batch.add_column(sa.Column("revisione", sa.Integer(), nullable=False, server_default="1"))
        batch.drop_constraint("uq_firma_distinta_id_utente_id", type_="unique")
        batch.create_unique_constraint(
            op.f("uq_firma_distinta_id_utente_id_revisione"), ["distinta_id", "utente_id", "revisione"]
        )
