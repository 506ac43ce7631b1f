"""The tables of the records, and how those of a database differ from them.

A database says of which revision its tables are in a table of its own; ``migrations/`` leads from one revision to the
next. Records that were made before there were revisions say nothing, and are known by their columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from time import sleep
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    create_engine,
    insert,
    inspect,
    select,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError, ProgrammingError

from moderation.common.messages import gettext
from moderation.errors import ServiceError

__all__ = [
    "FEEDBACK",
    "REVISION",
    "REVISIONS",
    "TABLES",
    "VERDICTS",
    "Found",
    "State",
    "address",
    "connect",
    "look",
    "make",
    "prepare",
    "refusal",
    "unusable",
]

TABLES = MetaData()
VERDICTS = Table(
    "verdicts",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("time", Float, index=True, nullable=False),
    Column("site", String(200), index=True, nullable=False),
    Column("protocol", String(20), nullable=False),
    Column("request", String(64), nullable=False),
    Column("digest", String(64), index=True, nullable=False),
    Column("action", String(10), nullable=False),
    Column("labels", String(200), nullable=False),
    Column("score", Float),
    Column("model", String(100), nullable=False),
    Column("policy", String(200), nullable=False),
    Column("text", Text),
)
FEEDBACK = Table(
    "feedback",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("time", Float, index=True, nullable=False),
    Column("site", String(200), index=True, nullable=False),
    Column("protocol", String(20), nullable=False),
    Column("request", String(64), nullable=False),
    Column("digest", String(64), index=True, nullable=False),
    Column("is_spam", Boolean, nullable=False),
    Column("text", Text),
)
# Alembic's own table. Its usual name may be taken where the records share a database with something else.
REVISION = Table(
    "moderation_revision",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="moderation_revision_pkc"),
)
# Every revision there has been, in order; the tables above are those of the last one. A test holds this to migrations/.
REVISIONS: Sequence[str] = ("0001",)
# The columns of the first one, as they were before a database said of which revision it is.
_FIRST = {
    "verdicts": frozenset("id time site protocol request digest action labels score model policy text".split()),
    "feedback": frozenset("id time site protocol request digest is_spam text".split()),
}
_ATTEMPTS = 5
_SECONDS = 5


class State(StrEnum):
    """What a database holds of the records."""

    EMPTY = "empty"
    """Nothing, or not all of the tables yet."""
    CURRENT = "current"
    """The tables of the last revision."""
    UNMARKED = "unmarked"
    """The tables of the first revision, from a version that wrote down none."""
    OLDER = "older"
    """The tables of an earlier revision."""
    UNKNOWN = "unknown"
    """A revision that this version has never heard of."""
    FOREIGN = "foreign"
    """Tables of these names that are not ours."""


class Found(NamedTuple):
    """What a database holds, and the revision that it names."""

    state: State
    revision: str | None

    @property
    def is_usable(self) -> bool:
        """Whether the service may write into these tables as they are."""
        return self.state is State.CURRENT or (self.state is State.UNMARKED and len(REVISIONS) == 1)


def address(url: str) -> str:
    """A database as people are told it: without user and password."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        # No URL at all; what stands before an @ may be a password all the same.
        return url.rpartition("@")[2]
    if parsed.get_backend_name() == "sqlite":
        return f"sqlite:///{parsed.database or ''}"
    host = f"{parsed.host or ''}:{parsed.port}" if parsed.port else parsed.host or ""
    return f"{parsed.get_backend_name()}://{host}/{parsed.database or ''}"


def connect(url: str, *, statement_seconds: int | None = 2 * _SECONDS) -> Engine:
    """A database; nothing is asked of it yet.

    Args:
        url: as SQLAlchemy writes it.
        statement_seconds: what one statement may take in PostgreSQL; None for any time.

    Raises:
        ArgumentError, ImportError: the URL is none, or its driver is not installed.
    """
    return create_engine(url, **_options(url, statement_seconds))


def look(connection: Connection) -> Found:
    """What a database holds of the records; nothing is changed."""
    found = inspect(connection)
    columns = {
        name: frozenset(column["name"] for column in found.get_columns(name))
        for name in _FIRST
        if found.has_table(name)
    }
    revision = None
    if found.has_table(REVISION.name):
        revision = connection.execute(select(REVISION.c.version_num)).scalar()
    ours = {name: frozenset(column.name for column in table.columns) for name, table in TABLES.tables.items()}
    if revision is None:
        state = _unmarked(columns, ours)
    elif revision == REVISIONS[-1]:
        state = State.CURRENT if all(ours[name] <= columns.get(name, frozenset()) for name in ours) else State.FOREIGN
    else:
        state = State.OLDER if revision in REVISIONS else State.UNKNOWN
    return Found(state, revision)


def _unmarked(columns: dict[str, frozenset[str]], ours: dict[str, frozenset[str]]) -> State:
    if len(columns) < len(ours) and all(columns[name] == ours[name] for name in columns):
        return State.EMPTY
    if all(_FIRST[name] <= columns.get(name, frozenset()) for name in _FIRST):
        return State.UNMARKED
    return State.FOREIGN


def refusal(found: Found, where: str) -> str:
    """Why the service does not write into a database, and the cure."""
    if found.state is State.UNKNOWN:
        return gettext(
            "{where} holds records of revision {revision!r}, which a newer version wrote; this one knows up to "
            "{latest!r}: install that version again, or put back the backup that was made before it"
        ).format(where=where, revision=found.revision, latest=REVISIONS[-1])
    if found.state is State.FOREIGN:
        return gettext(
            "{where} holds tables named verdicts or feedback that are no records: name another database"
        ).format(where=where)
    return gettext(
        "{where} holds records of revision {revision!r}, this version writes {latest!r}: stop the service, make a "
        "backup (moderation records backup), then call moderation records upgrade"
    ).format(where=where, revision=found.revision or REVISIONS[0], latest=REVISIONS[-1])


def unusable(url: str, error: Exception) -> ServiceError:
    """Says that a database cannot be used, and why."""
    return ServiceError(gettext("{where} cannot be used for records: {error}").format(where=address(url), error=error))


def make(connection: Connection) -> None:
    """Makes the tables that are not there, and writes down their revision."""
    TABLES.create_all(connection)
    REVISION.create(connection, checkfirst=True)
    if connection.execute(select(REVISION.c.version_num)).scalar() is None:
        connection.execute(insert(REVISION), {"version_num": REVISIONS[-1]})


def prepare(engine: Engine, where: str) -> None:
    """Makes the tables in an empty database, while other workers do the same; others are used as they are, or refused.

    Raises:
        ServiceError: the tables are not those of this version.
        SQLAlchemyError: the database cannot be used.
    """
    for attempt in range(_ATTEMPTS):
        try:
            with engine.begin() as connection:
                found = look(connection)
                if found.state is State.EMPTY:
                    make(connection)
                elif not found.is_usable:
                    raise ServiceError(refusal(found, where))
        except (OperationalError, ProgrammingError, IntegrityError):
            if attempt == _ATTEMPTS - 1:
                raise
            sleep(0.2 * (attempt + 1))
        else:
            return


def _options(url: str, statement_seconds: int | None) -> dict[str, Any]:
    """How long to wait for a database that is locked or does not answer, as each kind is told."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": _SECONDS}}
    # A connection that a restart of the database has cut is noticed before it is used.
    options: dict[str, Any] = {"pool_pre_ping": True, "pool_timeout": _SECONDS}
    if url.startswith("postgresql+psycopg:"):
        limits = f"-c lock_timeout={_SECONDS}s"
        if statement_seconds is not None:
            limits += f" -c statement_timeout={statement_seconds}s"
        options["connect_args"] = {"connect_timeout": _SECONDS, "options": limits}
    return options
