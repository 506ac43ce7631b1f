"""What Alembic runs: the revisions on the connection that it is handed, inside of that one's transaction."""

from __future__ import annotations

from alembic import context

from moderation.service.schema import REVISION, TABLES

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=TABLES,
    version_table=REVISION.name,
    # SQLite changes no column in place: a table is made anew, and its rows go over.
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
