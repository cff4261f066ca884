"""What a movement that names nothing is of, where a rule or a person says so."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_TO = ("distinta", "disposizione")


def upgrade() -> None:
    """Nothing is said of the movements that are there."""
    with op.batch_alter_table("movimento", table_kwargs={"sqlite_strict": True}) as batch:
        for name in _TO:
            batch.add_column(sa.Column(f"{name}_id", sa.Integer(), nullable=True))
            batch.create_foreign_key(op.f(f"fk_movimento_{name}_id"), name, [f"{name}_id"], ["id"])
        batch.add_column(sa.Column("riscontrato_da", sa.Text(), nullable=True))
    for name in _TO:
        where = sa.text(f"{name}_id IS NOT NULL")
        columns = [f"{name}_id"]
        op.create_index(f"ix_movimento_{name}", "movimento", columns, sqlite_where=where, postgresql_where=where)
