"""From one revision of the records' tables to the next, by Alembic; ``upkeep.upgrade`` calls it."""
