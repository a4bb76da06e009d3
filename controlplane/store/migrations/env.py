"""Alembic's entry: it runs inside the connection that `open_database` hands over."""

from alembic import context

from controlplane.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
