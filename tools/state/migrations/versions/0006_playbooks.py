"""Playbooks that were begun, and how far each has come."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "playbook_runs",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("process", sa.String(128), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["plans.digest"], name="fk_playbook_runs_digest"),
        sa.PrimaryKeyConstraint("digest", name="pk_playbook_runs"),
    )
    op.create_table(
        "playbook_steps",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("step", sa.String(128), nullable=False),
        sa.Column("planned", sa.String(64)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("result", sa.Text()),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["playbook_runs.digest"], name="fk_playbook_steps_digest"),
        sa.ForeignKeyConstraint(["planned"], ["plans.digest"], name="fk_playbook_steps_planned"),
        sa.PrimaryKeyConstraint("digest", "step", name="pk_playbook_steps"),
    )


def downgrade() -> None:
    op.drop_table("playbook_steps")
    op.drop_table("playbook_runs")
