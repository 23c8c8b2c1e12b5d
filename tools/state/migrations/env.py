"""Run by alembic: migrates over the connection that `tools.state.migrations.config` was given."""

from alembic import context

from tools.state.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=False,  # the caller's transaction covers all of it
)
context.run_migrations()
