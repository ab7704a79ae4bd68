"""What Alembic runs; the connection is handed over by `fedgov.store.schema`.

``metadata`` is handed over only where a new migration is drafted (``make migration``).
"""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes.get("metadata"),
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
