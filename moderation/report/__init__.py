"""The folder of an audit -> what people look at: campaigns, tables to query, and one HTML file.

Beside what the audit wrote there stand then::

    campaigns.jsonl   a line for each block that is on two pages or more
    audit.sqlite      all of it as tables (docs/audit.md)
    tables/*.csv      pages, findings, hosts, campaigns, errors, for spreadsheets
    tables/*.parquet  the same for other tools, where they are asked for
    report.html       one file that needs nothing else and links to these

All of it is made anew from ``findings.jsonl``, ``errors.jsonl``, ``hosts.jsonl`` and ``run.json``, whoever wrote those.

The HTML file is in the language that is spoken where it is made (:mod:`moderation.common.messages`). All other files
are for machines, and the same in every language.
"""

from __future__ import annotations

import errno
import json
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

from moderation.audit.manifest import REPORT
from moderation.common.messages import gettext
from moderation.errors import AuditError
from moderation.report import _page, _tables
from moderation.report.campaigns import Campaigns

__all__ = ["Report", "report"]


class Report(NamedTuple):
    """What was made: the HTML file, how many campaigns, and on how many hosts the widest is."""

    page: Path
    campaigns: int
    largest: int


def report(folder: str | Path, *, parquet: bool = False) -> Report:
    """Makes campaigns, tables and the HTML file of an audit, that in the language that is spoken.

    Memory holds a sketch of each different text, not the findings themselves.

    Args:
        folder: of a finished audit.
        parquet: whether to write the tables as Parquet too, which takes pyarrow.

    Raises:
        AuditError: there is no finished audit, or no pyarrow.
        OSError: the folder cannot be written to.
    """
    folder = Path(folder)
    run = _run(folder)
    page = folder / REPORT
    # It is there only where all of it is made: who finds none makes it all anew.
    page.unlink(missing_ok=True)
    if parquet:
        _tables.require_parquet()
    campaigns = Campaigns()
    for row in _tables.rows(folder / "findings.jsonl"):
        for finding in _tables.shown(row):
            campaigns.add(
                finding["text"],
                label=finding["label"],
                place=finding["place"],
                page=row["where"],
                host=row["host"],
                date=row["date"],
            )
    found = largest = 0
    with (folder / "campaigns.jsonl").open("w", encoding="ascii") as file:
        for row in campaigns.rows():
            file.write(json.dumps(row) + "\n")
            found, largest = found + 1, max(largest, len(row["hosts"]))
    try:
        database = _tables.fill(folder, run, campaigns)
        _tables.export(folder, database, parquet=parquet)
        new = folder / (REPORT + ".new")
        with new.open("w", encoding="utf-8") as file:
            file.writelines(_page.render(database))
        new.replace(page)
    except sqlite3.OperationalError as error:
        # What SQLite says where a disk is full, or a folder not to be written to.
        raise OSError(errno.EIO, str(error), str(folder / "audit.sqlite")) from None
    return Report(page, found, largest)


def _run(folder: Path) -> dict[str, Any]:
    path = folder / "run.json"
    try:
        run: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        said = gettext("{folder}: no audit; name the folder that moderation audit wrote")
        raise AuditError(said.format(folder=folder)) from None
    except ValueError:
        said = gettext("{path}: cannot be read; audit again into an empty folder")
        raise AuditError(said.format(path=path)) from None
    if run.get("state") != "finished":
        said = gettext("{folder}: the audit is not finished; repeat its command, it goes on where it stopped")
        raise AuditError(said.format(folder=folder))
    return run
