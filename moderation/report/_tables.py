"""The lines of an audit -> tables: SQLite to query, CSV for spreadsheets, Parquet for other tools."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from moderation.common.messages import gettext
from moderation.errors import AuditError
from moderation.policy import MINOR
from moderation.report.campaigns import Campaigns

__all__ = ["EXPORTED", "export", "fill", "require_parquet", "rows", "shown"]

_SCHEMA = """
CREATE TABLE run (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE archives (
    path TEXT PRIMARY KEY, records INTEGER, pages INTEGER, flagged INTEGER, errors TEXT, skipped TEXT
);
CREATE TABLE pages (
    page INTEGER PRIMARY KEY, record TEXT, url TEXT, host TEXT, date TEXT, id TEXT, action TEXT, findings INTEGER,
    listed INTEGER
);
CREATE TABLE findings (
    page INTEGER REFERENCES pages, number INTEGER, label TEXT, score REAL, place TEXT, hidden TEXT, start INTEGER,
    "end" INTEGER, text TEXT, before TEXT, after TEXT, reasons TEXT, campaign TEXT, PRIMARY KEY (page, number)
);
CREATE TABLE hosts (
    host TEXT PRIMARY KEY, pages INTEGER, flagged INTEGER, share REAL, first TEXT, last TEXT, since TEXT, until TEXT,
    actions TEXT, labels TEXT, places TEXT
);
CREATE TABLE campaigns (
    campaign TEXT PRIMARY KEY, label TEXT, hosts INTEGER, pages INTEGER, findings INTEGER, texts INTEGER, first TEXT,
    last TEXT, places TEXT, text TEXT, record TEXT
);
CREATE TABLE campaign_hosts (
    campaign TEXT REFERENCES campaigns, host TEXT, pages INTEGER, PRIMARY KEY (campaign, host)
);
CREATE TABLE months (month TEXT, kind TEXT, name TEXT, pages INTEGER, PRIMARY KEY (month, kind, name));
CREATE TABLE errors (record TEXT, code TEXT, message TEXT);
"""
_INDEXES = """
CREATE INDEX pages_by_host ON pages (host);
CREATE INDEX findings_by_label ON findings (label, place);
CREATE INDEX findings_by_campaign ON findings (campaign);
CREATE INDEX campaigns_by_host ON campaign_hosts (host);
"""
# The tables that other tools get, those in front that people ask for first.
EXPORTED = ("pages", "findings", "hosts", "campaigns", "campaign_hosts", "months", "archives", "errors")
# What a spreadsheet would take for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_LINE_ENDS = dict.fromkeys(map(ord, "\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"), " ")
_CHUNK = 10_000
_PAGES = 500


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file of JSON Lines; none if there is no file."""
    if path.exists():
        with path.open("rb") as file:
            for row in file:
                yield json.loads(row)


def shown(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The findings of a page that may be shown: none where one of them must not be."""
    found: list[dict[str, Any]] = row["findings"]
    return [] if _is_withheld(found) else found


def fill(folder: Path, run: Mapping[str, Any], campaigns: Campaigns) -> Path:
    """Writes ``audit.sqlite`` and returns its path."""
    path = folder / "audit.sqlite"
    new = folder / "audit.sqlite.new"
    new.unlink(missing_ok=True)
    with closing(sqlite3.connect(new)) as database:
        # It is made anew whenever it is lost.
        database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA)
        _insert(database, "run", ((name, _packed(value)) for name, value in run.items() if name != "counters"))
        counters = run["counters"]
        kinds = ("records", "pages", "flagged", "characters", "errors", "skipped", "actions", "labels", "places")
        _insert(database, "run", ((name, _packed(counters[name])) for name in kinds))
        _insert(database, "archives", _archives(counters["archives"]))
        _insert(database, "months", _months(counters["months"]))
        _insert(database, "hosts", map(_host, rows(folder / "hosts.jsonl")))
        for row in campaigns.rows():
            _insert(database, "campaigns", [_campaign(row)])
            hosts = ((row["campaign"], host, pages) for host, pages in row["hosts"].items())
            _insert(database, "campaign_hosts", hosts)
        errors = rows(folder / "errors.jsonl")
        _insert(database, "errors", ((row["where"], row["code"], row["message"]) for row in errors))
        for number, row in enumerate(rows(folder / "findings.jsonl"), 1):
            about = (row["where"], row["url"], row["host"], row["date"], row["id"], row["action"], len(row["findings"]))
            listed = int(row["listed"]) if "listed" in row else None
            _insert(database, "pages", [(number, *about, listed)])
            _insert(database, "findings", _findings(number, row["findings"], campaigns))
        database.executescript(_INDEXES)
        database.commit()
    new.replace(path)
    return path


def _insert(database: sqlite3.Connection, table: str, values: Iterator[Sequence[Any]] | Sequence[Any]) -> None:
    for row in values:
        marks = ", ".join("?" * len(row))
        database.execute(f"INSERT INTO {table} VALUES ({marks})", [_sound(value) for value in row])


def _sound(value: Any) -> Any:
    """A value that has a UTF-8: half a character of a broken page has none, nor has a byte of a file's name."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _packed(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _archives(archives: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for path, row in archives.items():
        yield path, row["records"], row["pages"], row["flagged"], _packed(row["errors"]), _packed(row["skipped"])


def _months(months: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for month, row in months.items():
        yield month, "pages", "judged", row["pages"]
        yield month, "pages", "flagged", row["flagged"]
        for kind in ("action", "label", "place"):
            yield from ((month, kind, name, pages) for name, pages in row.get(f"{kind}s", {}).items())


def _host(row: Mapping[str, Any]) -> tuple[Any, ...]:
    dates = [row.get(name, "") for name in ("first", "last", "since", "until")]
    counts = [_packed(row.get(name, {})) for name in ("actions", "labels", "places")]
    return row["host"], row["pages"], row["flagged"], row["flagged"] / row["pages"], *dates, *counts


def _campaign(row: Mapping[str, Any]) -> tuple[Any, ...]:
    counts = (len(row["hosts"]), row["pages"], row["findings"], row["texts"])
    about = (row["first"], row["last"], _packed(row["places"]), row["text"], row["where"])
    return row["campaign"], row["label"], *counts, *about


def _findings(page: int, found: Sequence[Mapping[str, Any]], campaigns: Campaigns) -> Iterator[tuple[Any, ...]]:
    withheld = _is_withheld(found)
    for number, row in enumerate(found, 1):
        where = (row["start"], row["end"])
        if withheld:
            texts: tuple[str, ...] = ("", "", "", _packed([{"code": MINOR}]), "")
        else:
            texts = (row["text"], *row["context"], _packed(row["reasons"]), campaigns.of(row["text"]))
        yield page, number, row["label"], row["score"], row["place"], row["hidden"], *where, *texts


def _is_withheld(found: Sequence[Mapping[str, Any]]) -> bool:
    return any(reason["code"] == MINOR for row in found for reason in row["reasons"])


def require_parquet() -> None:
    """Says so where Parquet cannot be written, before any work is done.

    Raises:
        AuditError: pyarrow is not installed.
    """
    if find_spec("pyarrow") is None:
        said = gettext("Parquet takes pyarrow; install this package with its extra parquet (docs/deploy.md)")
        raise AuditError(said)


def export(folder: Path, database: Path, *, parquet: bool) -> None:
    """Writes every table as ``tables/NAME.csv`` and, where it is asked for, as ``tables/NAME.parquet``."""
    target = folder / "tables"
    target.mkdir(exist_ok=True)
    with closing(sqlite3.connect(database)) as source:
        for table in EXPORTED:
            _write_csv(source, table, target / f"{table}.csv")
            if parquet:
                _write_parquet(source, table, target / f"{table}.parquet")
    if parquet and (folder / "cleaned.jsonl").exists():
        _pack_cleaned(folder / "cleaned.jsonl", folder / "cleaned.parquet")


def _write_csv(source: sqlite3.Connection, table: str, path: Path) -> None:
    cursor = source.execute(f"SELECT * FROM {table}")
    # With the mark by which spreadsheets know UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(name for name, *_ in cursor.description)
        for row in cursor:
            writer.writerow(_defused(value) for value in row)


def _defused(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # A line of the file is a row for whoever reads it line by line, whatever stands in quotes.
    value = value.replace("\0", "").translate(_LINE_ENDS)
    return "'" + value if value.lstrip(" \u3000\ufeff").startswith(_FORMULA) else value


def _write_parquet(source: sqlite3.Connection, table: str, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"INTEGER": pa.int64(), "REAL": pa.float64(), "TEXT": pa.string()}
    schema = pa.schema([(row[1], types[row[2]]) for row in source.execute(f"PRAGMA table_info({table})")])
    cursor = source.execute(f"SELECT * FROM {table}")
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while chunk := cursor.fetchmany(_CHUNK):
            columns = [
                pa.array(column, kind.type) for column, kind in zip(zip(*chunk, strict=True), schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def _pack_cleaned(path: Path, target: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ("id", "url", "date", "where", "action", "html", "text")
    schema = pa.schema([*((name, pa.string()) for name in names), ("cuts", pa.list_(pa.list_(pa.int64())))])
    source = rows(path)
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        while chunk := list(islice(source, _PAGES)):
            sound = [{name: _sound(value) for name, value in row.items()} for row in chunk]
            writer.write_table(pa.Table.from_pylist(sound, schema=schema))
