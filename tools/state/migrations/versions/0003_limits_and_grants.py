"""Usage of limits, and standing grants."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "usage",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("cpu_hours", sa.Float(), nullable=False),
        sa.Column("gpu_hours", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "subject", name="pk_usage"),
        sa.ForeignKeyConstraint(["digest"], ["plans.digest"], name="fk_usage_digest"),
    )
    op.create_index("ix_usage_subject", "usage", ["subject", "at"])
    op.create_table(
        "grants",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("who", sa.String(256), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("conditions", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("cpu_hours", sa.Float()),
        sa.Column("gpu_hours", sa.Float()),
        sa.Column("approvers", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.Column("revoked_at", sa.Float()),
        sa.Column("revoked_by", sa.String(256), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
    )
    op.create_index("ix_grants_action", "grants", ["action"])
    op.create_table(
        "grant_uses",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("grant_id", sa.String(16), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("cpu_hours", sa.Float(), nullable=False),
        sa.Column("gpu_hours", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_grant_uses"),
        sa.ForeignKeyConstraint(["digest"], ["plans.digest"], name="fk_grant_uses_digest"),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name="fk_grant_uses_grant_id"),
    )
    op.create_index("ix_grant_uses_grant_id", "grant_uses", ["grant_id"])


def downgrade() -> None:
    op.drop_table("grant_uses")
    op.drop_table("grants")
    op.drop_table("usage")
