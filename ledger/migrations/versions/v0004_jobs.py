"""What jobs have done, and how the lines to the banks fare: neither is in the books."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing has been done yet, and every line is up."""
    op.create_table(
        "lavoro",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("nome", sa.Text(), nullable=False),
        sa.Column("azienda_id", sa.Integer(), nullable=True),
        sa.Column("abi", sa.Text(), nullable=True),
        sa.Column("giorno", sa.Text(), nullable=False),
        sa.Column("inizio", sa.Text(), nullable=False),
        sa.Column("fine", sa.Text(), nullable=True),
        sa.Column("esito", sa.Text(), nullable=False),
        sa.Column("chi", sa.Text(), nullable=False),
        sa.Column("dati", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["azienda_id"], ["azienda.id"], name=op.f("fk_lavoro_azienda_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lavoro")),
        sqlite_strict=True,
    )
    op.create_index("ix_lavoro_nome", "lavoro", ["nome", "inizio"])
    op.create_index("ix_lavoro_esito", "lavoro", ["esito"])
    op.create_table(
        "linea",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("azienda_id", sa.Integer(), nullable=False),
        sa.Column("abi", sa.Text(), nullable=False),
        sa.Column("errori", sa.Integer(), nullable=False),
        sa.Column("riprova_dal", sa.Text(), nullable=True),
        sa.Column("errore", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["azienda_id"], ["azienda.id"], name=op.f("fk_linea_azienda_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linea")),
        sa.UniqueConstraint("azienda_id", "abi", name=op.f("uq_linea_azienda_id_abi")),
        sqlite_strict=True,
    )
