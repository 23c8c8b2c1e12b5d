"""Plans, what became of them, and conversations."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plans",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("principal", sa.String(256), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_plans"),
    )
    op.create_index("ix_plans_content_hash", "plans", ["content_hash"])
    op.create_index("ix_plans_principal", "plans", ["principal", "created_at"])
    op.create_table(
        "applications",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("process", sa.String(128), nullable=False),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("finished_at", sa.Float()),
        sa.Column("result", sa.Text()),
        sa.Column("job", sa.String(128)),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("digest", name="pk_applications"),
        sa.ForeignKeyConstraint(["digest"], ["plans.digest"], name="fk_applications_digest"),
    )
    op.create_index("ix_applications_status", "applications", ["status"])
    op.create_table(
        "contexts",
        sa.Column("handle", sa.String(64), nullable=False),
        sa.Column("principal", sa.String(256), nullable=False),
        sa.Column("turns", sa.Text(), nullable=False),
        sa.Column("used_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("handle", name="pk_contexts"),
    )
    op.create_index("ix_contexts_principal", "contexts", ["principal", "used_at"])
    op.create_index("ix_contexts_expires_at", "contexts", ["expires_at"])


def downgrade() -> None:
    for table in ("contexts", "applications", "plans"):
        op.drop_table(table)
