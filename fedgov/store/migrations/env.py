"""What Alembic runs; the connection is handed over by `fedgov.store.schema`.

``metadata`` is handed over only where a new migration is drafted (``make migration``).
"""

from alembic import context

from fedgov.store.full_text import is_no_part_of_it

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes.get("metadata"),
    render_as_batch=True,
    include_name=is_no_part_of_it,
)
with context.begin_transaction():
    context.run_migrations()
