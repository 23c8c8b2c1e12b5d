"""What the policy says of plans, what approvers decide, receipts, and attempts at approvers' secrets."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("applications", sa.Column("receipt", sa.Text()))
    op.create_table(
        "decisions",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_decisions"),
        sa.ForeignKeyConstraint(["digest"], ["plans.digest"], name="fk_decisions_digest"),
    )
    op.create_table(
        "approvals",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("approver", sa.String(256), nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("means", sa.String(16), nullable=False),
        sa.Column("decided_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.Column("used_at", sa.Float()),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("digest", "approver", name="pk_approvals"),
        sa.ForeignKeyConstraint(["digest"], ["plans.digest"], name="fk_approvals_digest"),
    )
    op.create_index("ix_approvals_approver", "approvals", ["approver", "decided_at"])
    op.create_table(
        "attempts",
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.Float(), nullable=False),
        sa.Column("locked_until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_attempts"),
    )


def downgrade() -> None:
    for table in ("attempts", "approvals", "decisions"):
        op.drop_table(table)
    op.drop_column("applications", "receipt")
