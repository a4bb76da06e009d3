"""Layouts of counts are found by a digest: PostgreSQL cannot index the names of many SLOs."""

from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

TABLE = "count_layout"
NAMING = {"uq": "%(table_name)s_%(column_0_name)s_key"}
"""As PostgreSQL calls it by itself; SQLite calls it nothing."""


def upgrade() -> None:
    """Add the digest, and make it unique in place of the names."""
    op.add_column(TABLE, sa.Column("digest", sa.String(64)))
    layout = sa.table(TABLE, sa.column("id"), sa.column("names"), sa.column("digest"))
    connection = op.get_bind()
    for number, names in connection.execute(sa.select(layout.c.id, layout.c.names)).all():
        digest = sha256(names.encode()).hexdigest()
        change = layout.update().where(layout.c.id == number).values(digest=digest)
        connection.execute(change)
    with op.batch_alter_table(TABLE, naming_convention=NAMING) as batch:
        batch.drop_constraint("count_layout_names_key", type_="unique")
        batch.alter_column("digest", existing_type=sa.String(64), nullable=False)
        batch.create_unique_constraint("count_layout_digest_key", ["digest"])


def downgrade() -> None:
    """Make the names unique again, and drop the digest."""
    with op.batch_alter_table(TABLE, naming_convention=NAMING) as batch:
        batch.drop_constraint("count_layout_digest_key", type_="unique")
        batch.create_unique_constraint("count_layout_names_key", ["names"])
        batch.drop_column("digest")
