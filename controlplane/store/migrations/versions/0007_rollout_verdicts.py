"""What the analysis said when a rollout moved."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "rollout_verdict",
        sa.Column("rollout", sa.String(32), primary_key=True),
        sa.Column("generation", sa.Integer(), primary_key=True),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("analysis", sa.JSON(), nullable=False),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("rollout_verdict")
