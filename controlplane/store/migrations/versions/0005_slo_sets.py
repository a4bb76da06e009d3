"""SLOs that are applied over REST, and members of families of SLOs."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "slo_set",
        sa.Column("name", sa.String(63), primary_key=True),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("applied_at", sa.Float(), nullable=False),
    )
    op.create_table(
        "slo_member",
        sa.Column("name", sa.String(63), primary_key=True),
        sa.Column("family", sa.String(63), nullable=False, index=True),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("met_at", sa.Float(), nullable=False),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("slo_member")
    op.drop_table("slo_set")
