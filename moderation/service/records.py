"""What was decided and what people said of it: SQLite, or any database that SQLAlchemy knows.

Verdicts are handed to a thread that writes many at a time; feedback is in the database before it is thanked for.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from time import time
from typing import Any

from sqlalchemy import delete, event, insert, select
from sqlalchemy.exc import SQLAlchemyError

from moderation.errors import ServiceError
from moderation.service.schema import FEEDBACK, VERDICTS, address, connect, prepare, unusable

__all__ = ["Records"]

_log = logging.getLogger("moderation.service")
_MOST_WAITING = 10_000
_HOUR = 3600.0
_DAY = 24 * _HOUR


class Records:
    """The database.

    Args:
        url: as SQLAlchemy writes it, for example ``sqlite:///records.sqlite``.
        retention_days: older rows are deleted.

    Raises:
        ServiceError: it cannot be used, or its tables are those of another version.
    """

    def __init__(self, url: str, retention_days: int) -> None:
        self._retention = retention_days * _DAY
        try:
            self._engine = connect(url)
            if url.startswith("sqlite"):
                event.listen(self._engine, "connect", _write_ahead)
        except Exception as error:
            raise unusable(url, error) from None
        try:
            prepare(self._engine, address(url))
        except Exception as error:
            self._engine.dispose()
            if isinstance(error, ServiceError):
                raise
            raise unusable(url, error) from None
        self._queue: SimpleQueue[Mapping[str, Any] | None] = SimpleQueue()
        self._thread = Thread(target=self._write, name="records", daemon=True)
        self._thread.start()

    def verdict(self, row: Mapping[str, Any]) -> None:
        """Writes a verdict, soon."""
        if self._queue.qsize() < _MOST_WAITING:
            self._queue.put({"time": time(), **row})
        else:
            _log.error("a verdict is not recorded: the database does not keep up", extra={"event": "records"})

    def feedback(self, *rows: Mapping[str, Any]) -> None:
        """Writes what somebody said of some verdicts, before it returns: all of it or nothing.

        Raises:
            ServiceError: it is not written.
        """
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(FEEDBACK), [{"time": time(), **row} for row in rows])
        except SQLAlchemyError as error:
            raise ServiceError(f"the feedback is not written ({type(error).__name__}); send it again") from error

    def recent(self, site: str, count: int = 100) -> list[dict[str, Any]]:
        """The latest verdicts of one site."""
        query = select(VERDICTS).where(VERDICTS.c.site == site).order_by(VERDICTS.c.id.desc()).limit(count)
        with self._engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]

    def close(self) -> None:
        """Writes all that is left."""
        self._queue.put(None)
        self._thread.join()
        self._engine.dispose()

    def _write(self) -> None:
        swept = 0.0
        rows: list[Mapping[str, Any] | None] = []
        while None not in rows:
            if time() - swept >= _HOUR:
                swept = time()
                self._sweep(swept)
            rows = []
            # All that has come meanwhile, in one transaction; what is old goes also while nothing comes.
            with suppress(Empty):
                rows.append(self._queue.get(timeout=_HOUR))
                while rows[-1] is not None and len(rows) < 500:
                    rows.append(self._queue.get_nowait())
            found = [row for row in rows if row is not None]
            try:
                if found:
                    with self._engine.begin() as connection:
                        connection.execute(insert(VERDICTS), found)
            except SQLAlchemyError as error:
                said = f"{len(found)} verdicts are not recorded: {type(error).__name__}"
                _log.error(said, extra={"event": "records"})

    def _sweep(self, now: float) -> None:
        try:
            with self._engine.begin() as connection:
                for table in (VERDICTS, FEEDBACK):
                    connection.execute(delete(table).where(table.c.time < now - self._retention))
        except SQLAlchemyError as error:
            said = f"old records are not deleted, again in an hour: {type(error).__name__}"
            _log.error(said, extra={"event": "records"})


def _write_ahead(connection: Any, _: Any) -> None:
    """Lets several workers write, and readers read meanwhile."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    # What is deleted is overwritten.
    connection.execute("PRAGMA secure_delete = ON")
