"""The commands about the records of the service: ``records info``, ``upgrade`` and ``backup``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from moderation.cli.printing import stop, to_json
from moderation.errors import ServiceError
from moderation.excerpt import plain

if TYPE_CHECKING:
    from moderation.service.upkeep import About

__all__ = ["back_up_records", "show_records", "upgrade_records"]

_MISSING = "install this package with its extra service (docs/deploy.md)"


def show_records(options: argparse.Namespace) -> int:
    try:
        from moderation.service.upkeep import describe
    except ImportError as error:
        return stop(f"{error}; {_MISSING}")
    about = describe(_url(options))
    if options.format == "json":
        print(to_json(about.to_dict(), indent=2))
    else:
        for line in _lines(about):
            print(line)
    return 0 if about.found.is_usable else 1


def upgrade_records(options: argparse.Namespace) -> int:
    try:
        from moderation.service.upkeep import upgrade
    except ImportError as error:
        return stop(f"{error}; {_MISSING}")
    before, after = upgrade(_url(options))
    if before == after:
        print(f"revision {after.revision}: nothing to do")
    else:
        print(f"{before.revision or before.state.value} -> revision {after.revision}")
    return 0


def back_up_records(options: argparse.Namespace) -> int:
    try:
        from moderation.service.upkeep import backup
    except ImportError as error:
        return stop(f"{error}; {_MISSING}")
    size = backup(_url(options), Path(options.output))
    print(f"{plain(options.output)}  {size:,} bytes")
    return 0


def _url(options: argparse.Namespace) -> str:
    """The database that is meant.

    Raises:
        ServiceError: none is, or both ways are used to name one.
    """
    if bool(options.config) == bool(options.records):
        raise ServiceError("name the database by --records URL, or the file that names it by --config FILE")
    if options.records:
        return str(options.records)
    from moderation.service.config import load_config

    records = load_config(options.config).records
    if not records:
        raise ServiceError(f"{options.config} keeps no records: service.records is not set")
    return records


def _lines(about: About) -> Iterator[str]:
    row = about.to_dict()
    yield f"{plain(about.address)}  {plain(about.engine)}"
    yield f"revision  {row['revision'] or 'none written down'} ({row['state']}); this version writes {row['latest']}"
    yield "rows      " + (", ".join(f"{name} {count:,}" for name, count in about.rows.items()) or "none")
    if about.oldest is not None and about.newest is not None:
        first, last = (datetime.fromtimestamp(moment, UTC) for moment in (about.oldest, about.newest))
        yield f"from      {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
