"""How an outcome was matched with its order, and the matches that people make and undo."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """What was matched so far was matched by its keys, all of it."""
    op.add_column("esito", sa.Column("classe", sa.Text(), nullable=True))
    op.add_column("esito", sa.Column("prove", sa.Text(), nullable=True))
    op.execute("UPDATE esito SET classe = 'esatto' WHERE disposizione_id IS NOT NULL")
    op.create_table(
        "abbinamento",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("azienda_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("disposizione_id", sa.Integer(), nullable=False),
        sa.Column("classe", sa.Text(), nullable=False),
        sa.Column("chi", sa.Text(), nullable=False),
        sa.Column("nota", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("sciolto_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["azienda_id"], ["azienda.id"], name=op.f("fk_abbinamento_azienda_id")),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_abbinamento_file_id")),
        sa.ForeignKeyConstraint(["disposizione_id"], ["disposizione.id"], name=op.f("fk_abbinamento_disposizione_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_abbinamento")),
        sqlite_strict=True,
    )
    op.create_index("ix_abbinamento_esito", "abbinamento", ["file_id", "line"])
    op.create_index("ix_abbinamento_disposizione", "abbinamento", ["disposizione_id"])
    op.create_index("ix_disposizione_debitore", "disposizione", ["azienda_id", "codice_fiscale", "scadenza"])
    # A receipt names the file that was sent; the totals of who signs are of their signatures of the day and the month.
    op.create_index("ix_intento_nome", "intento", ["nome_file"])
    op.create_index("ix_firma_utente", "firma", ["utente_id", "at"])
