"""The commands about the records of the service: ``records info``, ``upgrade`` and ``backup``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from moderation.cli.printing import extra_missing, stop, to_json
from moderation.common.messages import gettext
from moderation.errors import ServiceError
from moderation.presentation.excerpt import plain

if TYPE_CHECKING:
    from moderation.service.upkeep import About

__all__ = ["back_up_records", "show_records", "upgrade_records"]


def show_records(options: argparse.Namespace) -> int:
    try:
        from moderation.service.upkeep import describe
    except ImportError as error:
        return stop(extra_missing(error, "service"))
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
        return stop(extra_missing(error, "service"))
    before, after = upgrade(_url(options))
    if before == after:
        print(gettext("revision {revision}: nothing to do").format(revision=after.revision))
    else:
        said = gettext("{before} -> revision {after}")
        print(said.format(before=before.revision or before.state.value, after=after.revision))
    return 0


def back_up_records(options: argparse.Namespace) -> int:
    try:
        from moderation.service.upkeep import backup
    except ImportError as error:
        return stop(extra_missing(error, "service"))
    size = backup(_url(options), Path(options.output))
    print(gettext("{file}  {size:,} bytes").format(file=plain(options.output), size=size))
    return 0


def _url(options: argparse.Namespace) -> str:
    """The database that is meant.

    Raises:
        ServiceError: none is, or both ways are used to name one.
    """
    if bool(options.config) == bool(options.records):
        raise ServiceError(gettext("name the database by --records URL, or the file that names it by --config FILE"))
    if options.records:
        return str(options.records)
    from moderation.service.config import load_config

    records = load_config(options.config).records
    if not records:
        raise ServiceError(gettext("{file} keeps no records: service.records is not set").format(file=options.config))
    return records


def _lines(about: About) -> Iterator[str]:
    row = about.to_dict()
    yield f"{plain(about.address)}  {plain(about.engine)}"
    revision = row["revision"] or gettext("none written down")
    said = gettext("revision  {revision} ({state}); this version writes {latest}")
    yield said.format(revision=revision, state=row["state"], latest=row["latest"])
    counts = gettext(", ").join(f"{name} {count:,}" for name, count in about.rows.items())
    yield gettext("rows      {counts}").format(counts=counts or gettext("none"))
    if about.oldest is not None and about.newest is not None:
        first, last = (datetime.fromtimestamp(moment, UTC) for moment in (about.oldest, about.newest))
        said = gettext("from      {first} to {last} UTC")
        yield said.format(first=f"{first:%Y-%m-%d %H:%M}", last=f"{last:%Y-%m-%d %H:%M}")
