"""What an operator does to the records by hand: look at them, bring their tables up to date, back them up."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Table, event, func, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from moderation.common.messages import gettext, reason
from moderation.errors import ServiceError
from moderation.service.schema import (
    FEEDBACK,
    REVISION,
    REVISIONS,
    VERDICTS,
    Found,
    State,
    address,
    connect,
    look,
    make,
    refusal,
    unusable,
)

__all__ = ["MIGRATIONS", "About", "absent", "backup", "describe", "upgrade"]

MIGRATIONS = Path(__file__).parent / "migrations"
# What two upgrades of one PostgreSQL wait for each other by.
_LOCK = 0x6D6F6472
_SECONDS = 5


class About(NamedTuple):
    """What a database holds.

    Attributes:
        address: without user and password.
        engine: its kind and version.
        found: the tables and their revision.
        rows: how many, by table; none of what is not ours.
        oldest: seconds since 1970 of the first verdict or feedback that is kept; None for none.
        newest: of the last one.
        is_writable: whether whoever asks may write rows too.
    """

    address: str
    engine: str
    found: Found
    rows: Mapping[str, int]
    oldest: float | None
    newest: float | None
    is_writable: bool

    def to_dict(self) -> dict[str, Any]:
        return {
            "database": self.address,
            "engine": self.engine,
            "state": self.found.state.value,
            "revision": self.found.revision,
            "latest": REVISIONS[-1],
            "rows": dict(self.rows),
            "oldest": self.oldest,
            "newest": self.newest,
            "writable": self.is_writable,
        }


def absent(url: str) -> Path | None:
    """The file of a database of SQLite that is not there yet.

    Raises:
        ServiceError: the URL is none.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise unusable(url, error) from None
    path = Path(parsed.database or "")
    return path if parsed.get_backend_name() == "sqlite" and not path.is_file() else None


def describe(url: str) -> About:
    """What a database holds; nothing is changed, and no file is made.

    Raises:
        ServiceError: it is not there, or cannot be read.
    """
    with _opened(url) as engine, engine.connect() as connection:
        found = look(connection)
        rows: dict[str, int] = {}
        times: list[float] = []
        if found.state in (State.CURRENT, State.UNMARKED, State.OLDER):
            for table in (VERDICTS, FEEDBACK):
                rows[table.name], *moments = _extent(connection, table)
                times += [moment for moment in moments if moment is not None]
        version = ".".join(map(str, connection.dialect.server_version_info or ()))
        name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(connection.dialect.name, connection.dialect.name)
        first, last = min(times, default=None), max(times, default=None)
        return About(address(url), f"{name} {version}", found, rows, first, last, _is_writable(connection, url, rows))


def upgrade(url: str, migrations: Path = MIGRATIONS) -> tuple[Found, Found]:
    """Brings the tables up to date, all of it or nothing.

    Args:
        url: the database, as SQLAlchemy writes it.
        migrations: Alembic's folder.

    Returns: what was there before, and what is there now.

    Raises:
        ServiceError: the database cannot be used, holds tables of a newer version, or is in use.
    """
    # The tables of a large site take as long as they take; who waits for a lock still waits 5 seconds only.
    with _opened(url, statement_seconds=None, is_new=True) as engine:
        if engine.dialect.name == "sqlite":
            _begin_at_once(engine)
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            before = look(connection)
            if before.state in (State.UNKNOWN, State.FOREIGN):
                raise ServiceError(refusal(before, address(url)))
            if before.state is State.EMPTY:
                make(connection)
            elif before.state is not State.CURRENT:
                _migrate(connection, before, migrations)
            after = look(connection)
            if after.state is not State.CURRENT:
                raise ServiceError(
                    gettext("{where}: the upgrade ends in other tables than expected; nothing is changed").format(
                        where=address(url)
                    )
                )
    return before, after


def backup(url: str, path: Path) -> int:
    """Writes all records into one new file, which nobody else may read; the service may run meanwhile.

    SQLite's is a database again; PostgreSQL's is what ``pg_restore`` reads.

    Returns: bytes of the file.

    Raises:
        ServiceError: the database cannot be read, or the file not be written; a file that is there stays as it is.
    """
    if path.exists():
        raise ServiceError(gettext("{path} is there already: name a new file").format(path=path))
    found = describe(url).found
    if found.state in (State.EMPTY, State.FOREIGN):
        raise ServiceError(gettext("{where} holds no records: there is nothing to back up").format(where=address(url)))
    parsed = make_url(url)
    part = path.with_name(f".{path.name}.part")
    try:
        # It holds what people wrote.
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            if parsed.get_backend_name() == "sqlite":
                _copy_sqlite(Path(str(parsed.database)), part)
            elif parsed.get_backend_name() == "postgresql":
                _dump_postgres(parsed, part)
            else:
                raise ServiceError(
                    gettext("{where}: back it up by the tools of that database").format(where=address(url))
                )
            with part.open("rb") as file:
                os.fsync(file.fileno())
            size = part.stat().st_size
            part.rename(path)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        raise ServiceError(
            gettext("{path} cannot be written: {reason}; check the folder, permissions and space").format(
                path=path, reason=reason(error)
            )
        ) from None
    return size


@contextmanager
def _opened(url: str, *, statement_seconds: int | None = 60, is_new: bool = False) -> Iterator[Engine]:
    """A database whose errors are told in our words.

    Args:
        url: where it is.
        statement_seconds: see :func:`connect`.
        is_new: whether it may be a file that is not there yet.
    """
    try:
        if not is_new and absent(url):
            raise ServiceError(
                gettext("{where}: no such file; `moderation serve` makes it when it begins").format(where=address(url))
            )
        engine = connect(url, statement_seconds=statement_seconds)
    except (ArgumentError, ImportError) as error:
        raise unusable(url, error) from None
    try:
        yield engine
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).strip()
        raise ServiceError(f"{address(url)}: {type(error).__name__}: {said}") from None
    finally:
        engine.dispose()


def _extent(connection: Connection, table: Table) -> tuple[int, float | None, float | None]:
    """Rows of a table, and the times of the first and the last of them."""
    query = select(func.count(), func.min(table.c.time), func.max(table.c.time)).select_from(table)
    count, first, last = connection.execute(query).one()
    return count, first, last


def _is_writable(connection: Connection, url: str, tables: Iterable[str]) -> bool:
    """Whether rows may be written: to the file and beside it, or to these tables."""
    if connection.dialect.name == "sqlite":
        path = Path(make_url(url).database or "").resolve()
        return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    if connection.dialect.name == "postgresql":
        query = text("SELECT has_table_privilege(:name, 'INSERT') AND NOT pg_is_in_recovery()")
        return all(connection.execute(query, {"name": name}).scalar() for name in tables)
    return True


def _migrate(connection: Connection, before: Found, migrations: Path) -> None:
    # Only here: it takes a third of the time that all else of a command takes.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    if before.state is State.UNMARKED:
        command.stamp(config, REVISIONS[0])
    command.upgrade(config, "head")


def _begin_at_once(engine: Engine) -> None:
    """Has SQLite take its lock before anything is looked at, and undo a change of tables as it undoes one of rows."""

    def plain(connection: Any, _: Any) -> None:
        # Python's module would end the transaction where a table is made.
        connection.isolation_level = None

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "connect", plain)
    event.listen(engine, "begin", begin)


def _copy_sqlite(source: Path, target: Path) -> None:
    where = f"{source.resolve().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(where, uri=True, timeout=_SECONDS)) as database,
        closing(sqlite3.connect(target)) as copy,
    ):
        database.backup(copy)
        # One file, which needs no other beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        (said,) = copy.execute("PRAGMA quick_check").fetchone()
    if said != "ok":
        raise ServiceError(
            gettext("{source} is damaged ({said}): put back an older backup").format(source=source, said=said)
        )


def _dump_postgres(url: URL, target: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise ServiceError(
            gettext("pg_dump is not there; install PostgreSQL's client (Debian: apt-get install postgresql-client)")
        )
    # The password stands in no list of processes.
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    given = {"PGPASSWORD": str(url.password)} if url.password else {}
    given.setdefault("PGCONNECT_TIMEOUT", str(_SECONDS))
    tables = [f"--table={name}" for name in (VERDICTS.name, FEEDBACK.name, REVISION.name)]
    command = [program, "--no-password", "--format=custom", "--no-owner", "--no-privileges", *tables]
    done = subprocess.run(
        [*command, f"--file={target}", f"--dbname={plain.render_as_string()}"],
        env={**os.environ, **given}, stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        said = lines[0].removeprefix("pg_dump: error: ") if lines else f"ended with {done.returncode}"
        raise ServiceError(f"{address(url.render_as_string())}: pg_dump: {said}")
