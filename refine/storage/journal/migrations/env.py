"""What Alembic runs for each command: the migrations, on the connection that it was given.

Knows: Alembic. Does not know: any version.
"""

from alembic import context

from refine.storage.journal.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
