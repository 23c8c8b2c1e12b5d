"""What was read that nobody vouches for."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unvouched",
        sa.Column("principal", sa.String(256), nullable=False),
        sa.Column("client", sa.String(256), nullable=False),
        sa.Column("handle", sa.String(64), nullable=False),
        sa.Column("place", sa.String(600), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("read_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("principal", "client", "handle", "place", name="pk_unvouched"),
    )
    op.create_index("ix_unvouched_handle", "unvouched", ["handle"])
    op.create_index("ix_unvouched_read_at", "unvouched", ["read_at"])


def downgrade() -> None:
    op.drop_table("unvouched")
