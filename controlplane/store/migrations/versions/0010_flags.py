"""Feature flags: the shares of their versions."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "flag",
        sa.Column("service", sa.String(63), primary_key=True),
        sa.Column("weights", sa.JSON(), nullable=False),
        sa.Column("fencing", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("flag")
