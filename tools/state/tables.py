"""Tables of the state database. Times are seconds since the epoch; JSON is kept as canonical text.

A change here needs a migration beside it: a test compares the migrated schema with this metadata.
"""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

REVISION = "0006"
"""The newest migration, told without importing alembic."""

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

# What was resolved, for whom, until when. Rows are never changed.
plans = Table(
    "plans",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("content_hash", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("version", String(64), nullable=False),
    Column("principal", String(256), nullable=False),
    Column("arguments", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Integer, nullable=False),
    Index("ix_plans_content_hash", "content_hash"),
    Index("ix_plans_principal", "principal", "created_at"),
)

# What became of a plan. The primary key is what makes an effect happen once.
applications = Table(
    "applications",
    METADATA,
    Column("digest", String(64), ForeignKey("plans.digest"), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("process", String(128), nullable=False),
    Column("started_at", Float, nullable=False),
    Column("finished_at", Float),
    Column("result", Text),
    Column("job", String(128)),
    Column("reason", Text, nullable=False, server_default=""),
    Column("receipt", Text),
    Index("ix_applications_status", "status"),
)

# What the policy said of a plan: the strictest of what it said so far.
decisions = Table(
    "decisions",
    METADATA,
    Column("digest", String(64), ForeignKey("plans.digest"), primary_key=True),
    Column("decision", Text, nullable=False),
)

# What approvers decided, one row each, used up by the claim of the plan.
approvals = Table(
    "approvals",
    METADATA,
    Column("digest", String(64), ForeignKey("plans.digest"), primary_key=True),
    Column("approver", String(256), primary_key=True),
    Column("decision", String(16), nullable=False),
    Column("means", String(16), nullable=False),
    Column("decided_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("used_at", Float),
    Column("reason", Text, nullable=False, server_default=""),
    Index("ix_approvals_approver", "approver", "decided_at"),
)

# Wrong secrets by whom they were given for, so that guessing is slow however often a process is started.
attempts = Table(
    "attempts",
    METADATA,
    Column("name", String(128), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("tried_at", Float, nullable=False),
    Column("locked_until", Float, nullable=False),
)

# Conversations: the last turns of each, for the next question.
contexts = Table(
    "contexts",
    METADATA,
    Column("handle", String(64), primary_key=True),
    Column("principal", String(256), nullable=False),
    Column("turns", Text, nullable=False),
    Column("used_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Index("ix_contexts_principal", "principal", "used_at"),
    Index("ix_contexts_expires_at", "expires_at"),
)

# What was read that nobody vouches for: by whom, and in which conversation ("" for none).
unvouched = Table(
    "unvouched",
    METADATA,
    Column("principal", String(256), primary_key=True),
    Column("client", String(256), primary_key=True),
    Column("handle", String(64), primary_key=True),
    Column("place", String(600), primary_key=True),
    Column("reason", String(200), nullable=False),
    Column("read_at", Float, nullable=False),
    Index("ix_unvouched_handle", "handle"),
    Index("ix_unvouched_read_at", "read_at"),
)

# Jobs: which plan launched each, for whom, and how it stood when somebody last looked.
jobs = Table(
    "jobs",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("digest", String(64), ForeignKey("plans.digest"), nullable=False),
    Column("owner", String(256), nullable=False),
    Column("recipe", String(64), nullable=False),
    Column("spec", Text, nullable=False),
    Column("process", String(128), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("started_at", Float),
    Column("heartbeat_at", Float),
    Column("ended_at", Float),
    Column("exit_code", Integer),
    Column("reason", Text, nullable=False, server_default=""),
    Column("cpu_seconds", Float, nullable=False, server_default="0"),
    Column("peak_memory_bytes", Integer, nullable=False, server_default="0"),
    Index("ix_jobs_owner", "owner", "created_at"),
    Index("ix_jobs_state", "state"),
)

# What applied plans took of the limits: a row for each principal, team or limit that it counts for.
usage = Table(
    "usage",
    METADATA,
    Column("digest", String(64), ForeignKey("plans.digest"), primary_key=True),
    Column("subject", String(300), primary_key=True),
    Column("at", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("cpu_hours", Float, nullable=False),
    Column("gpu_hours", Float, nullable=False),
    Index("ix_usage_subject", "subject", "at"),
)

# Approvals given in advance: for whom, what, how often, until when. Only a revocation changes a row.
grants = Table(
    "grants",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("who", String(256), nullable=False),
    Column("action", String(64), nullable=False),
    Column("conditions", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("cpu_hours", Float),
    Column("gpu_hours", Float),
    Column("approvers", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("revoked_at", Float),
    Column("revoked_by", String(256), nullable=False, server_default=""),
    Index("ix_grants_action", "action"),
)

# Each use of a grant, written with the claim of the plan that used it.
grant_uses = Table(
    "grant_uses",
    METADATA,
    Column("digest", String(64), ForeignKey("plans.digest"), primary_key=True),
    Column("grant_id", String(16), ForeignKey("grants.id"), nullable=False),
    Column("at", Float, nullable=False),
    Column("cpu_hours", Float, nullable=False),
    Column("gpu_hours", Float, nullable=False),
    Index("ix_grant_uses_grant_id", "grant_id"),
)

# Playbooks that were begun: on whose behalf, and which process goes on with each.
playbook_runs = Table(
    "playbook_runs",
    METADATA,
    Column("digest", String(64), ForeignKey("plans.digest"), primary_key=True),
    Column("principal", Text, nullable=False),
    Column("process", String(128), nullable=False),
)

# How far each has come: a row for each step that was reached. `planned` is the digest of the step's own plan.
playbook_steps = Table(
    "playbook_steps",
    METADATA,
    Column("digest", String(64), ForeignKey("playbook_runs.digest"), primary_key=True),
    Column("step", String(128), primary_key=True),
    Column("planned", String(64), ForeignKey("plans.digest")),
    Column("state", String(16), nullable=False),
    Column("result", Text),
    Column("reason", Text, nullable=False, server_default=""),
)
