"""Tables of the state database. Times are seconds since the epoch; JSON is kept as canonical text.

A change here needs a migration beside it: a test compares the migrated schema with this metadata.
"""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

REVISION = "0002"
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
    Index("ix_applications_status", "status"),
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
