"""How Alembic reaches the store: always by the connection that `migrating.upgrade` hands over, never by a URL."""

from alembic import context

from schooldrum_collector.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
