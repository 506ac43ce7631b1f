"""Single pages, zip and tar files, JSON Lines and Parquet -> pages. Names inside an archive are quoted, never used."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

from moderation.common.messages import gettext
from moderation.errors import EmptyPage, MalformedRow, PageError, UnreadablePage
from moderation.inputs.archives import _zip as zips
from moderation.inputs.archives._parquet import Table, table
from moderation.inputs.archives._records import MAX_SIZE, At, Batch, Outcome, Record, Skip, as_page, date_of
from moderation.inputs.archives._streams import unpacked
from moderation.inputs.archives._tar import members as tar_members
from moderation.inputs.fields import row_page
from moderation.inputs.intake import EMPTY, is_no_page, numbered_values, open_file

__all__ = ["batches", "opened", "page_records", "row_records", "table_records", "tar_records", "zip_records"]

_COLUMNS = ("id", "url", "date", "html", "text", "title")
# Stretches of a group of rows.
_STRETCHES = 8
# Stretches of a zip.
_PARTS = 64


@contextmanager
def opened(path: str) -> Iterator[IO[bytes]]:
    """A file for reading, unpacked where it is gzip, Zstandard, LZ4, bzip2 or xz.

    Raises:
        OSError: it cannot be opened or unpacked, or is no regular file; also while it is read.
    """
    with open_file(path) as file:
        yield io.BufferedReader(unpacked(file), 64 * 1024)


def batches(batch: Batch, size: int) -> Iterator[Batch]:
    """Stretches of ``size`` members or rows."""
    if batch.format == "page":
        yield batch._replace(size=1)
    elif batch.format == "zip":
        count = len(zips.layout(batch.path).states)
        # The directory is read from its beginning, so it is cut into few stretches.
        step = max(size, -(-count // _PARTS))
        # One at least, for what is wrong with the directory.
        for start in range(0, max(1, count), step):
            yield batch._replace(start=start, size=min(step, max(1, count - start)))
    elif batch.format == "parquet":
        with table(batch.path, _COLUMNS) as found:
            counts = found.counts
        first = 0
        for count in counts:
            # A group of rows is decoded from its beginning, so it is cut into few stretches.
            step = max(size, -(-count // _STRETCHES))
            for start in range(0, count, step):
                yield batch._replace(start=first + start, size=min(step, count - start))
            first += count
    else:
        # A stream has to be read from its beginning: it is one stretch.
        yield batch


def page_records(batch: Batch, at: At | None = None) -> Iterator[Outcome]:
    """A file that is one page."""
    path = batch.path
    try:
        with opened(path) as file:
            yield Record(as_page(file.read(MAX_SIZE + 1), "", None, path))
    except PageError as error:
        yield error
    except OSError as error:
        yield UnreadablePage(gettext("{path}: {error}; check the file").format(path=path, error=error), path)


def zip_records(batch: Batch, at: At | None = None) -> Iterator[Outcome]:
    """The members of a zip file, by number, and what is wrong with its directory."""
    layout = zips.layout(batch.path)
    stop = sys.maxsize if batch.size < 0 else batch.start + batch.size
    for number, problem in layout.problems:
        if batch.start <= number < stop:
            yield UnreadablePage(
                gettext("{path}: {problem}; the sound ones are read").format(path=batch.path, problem=problem),
                batch.path,
            )
    stop = min(stop, len(layout.states))
    if batch.start >= stop:
        return
    with open_file(batch.path) as directory, open_file(batch.path) as file:
        size = os.fstat(file.fileno()).st_size
        for number, listed in islice(enumerate(zips.entries(directory)), batch.start, stop):
            where = f"{batch.path}#{number}"
            entry = layout.at(number, listed)
            if at:
                at(size * number // len(layout.states))
            if layout.states[number] == zips.OVERLAPPING:
                yield Skip(where, "overlapping")
            elif listed.is_folder:
                yield Skip(where, "folder")
            elif is_no_page(listed.name):
                yield Skip(where, "not-html")
            elif entry is None:
                yield UnreadablePage(
                    gettext("{where}: the member is not in the file; make the zip again").format(where=where), where
                )
            else:
                try:
                    stream = zips.unpacked(file, entry)
                    yield _member(io.BufferedReader(stream).read(MAX_SIZE + 1), entry.name, where)
                except OSError as error:
                    yield UnreadablePage(
                        gettext("{where}: {error}; the member is left out").format(where=where, error=error), where
                    )


def tar_records(batch: Batch, at: At | None = None) -> Iterator[Outcome]:
    """The members of a tar file, by number."""
    number = -1
    try:
        with open_file(batch.path) as source:
            stream = io.BufferedReader(unpacked(source), 64 * 1024)
            for number, member in enumerate(tar_members(stream)):
                if at:
                    at(source.tell())
                where = f"{batch.path}#{number}"
                if member.problem:
                    yield UnreadablePage(
                        gettext("{where}: {problem}; the next member is read").format(
                            where=where, problem=member.problem
                        ),
                        where,
                    )
                elif member.kind != "file":
                    yield Skip(where, member.kind)
                elif is_no_page(member.name):
                    yield Skip(where, "not-html")
                else:
                    yield _member(member.data, member.name, where)
    except OSError as error:
        where = f"{batch.path}#{number + 1}"
        yield UnreadablePage(
            gettext("{where}: {error}; the archive is read no further").format(where=where, error=error), where
        )


def row_records(batch: Batch, at: At | None = None) -> Iterator[Outcome]:
    """The rows of JSON Lines, by the number of their line, from 1."""
    number = 0
    try:
        with open_file(batch.path) as source:
            file = io.BufferedReader(unpacked(source), 64 * 1024)
            for number, row in numbered_values(file, batch.path):
                if at:
                    at(source.tell())
                if row is EMPTY:
                    yield Skip(f"{batch.path}#{number}", "empty")
                elif isinstance(row, PageError):
                    yield row
                else:
                    yield _row_record(row, f"{batch.path}#{number}")
    except OSError as error:
        where = f"{batch.path}#{number + 1}"
        yield UnreadablePage(
            gettext("{where}: {error}; the file is read no further").format(where=where, error=error), where
        )


def table_records(batch: Batch, at: At | None = None) -> Iterator[Outcome]:
    """The rows of a Parquet file, by number; only the columns that say something of a page are read."""
    stop = sys.maxsize if batch.size < 0 else batch.start + batch.size
    with table(batch.path, _COLUMNS) as found:
        if not {"html", "text", "title"} & set(found.columns):
            names = ", ".join(found.names)[:1000]
            yield UnreadablePage(
                gettext("{path}: no column html, text or title of strings among {names}").format(
                    path=batch.path, names=names
                ),
                batch.path,
            )
            return
        first = 0
        size, whole = Path(batch.path).stat().st_size, max(1, sum(found.counts))
        for group, count in enumerate(found.counts):
            if at:
                at(size * max(first, batch.start) // whole)
            start, end = max(batch.start, first), min(stop, first + count)
            if start < end:
                yield from _group_records(found, group, batch.path, first, start, end)
            first += count


def _group_records(found: Table, group: int, path: str, first: int, start: int, end: int) -> Iterator[Outcome]:
    """The rows of a group from one number to another; ``first`` is that of its first row."""
    number = first
    problem = gettext("fewer rows than the file declares")
    try:
        for row in islice(found.rows(group), end - first):
            where = f"{path}#{number}"
            if number >= start and isinstance(row, ValueError):
                yield MalformedRow(
                    gettext("{where}: {row}; write strings in UTF-8").format(where=where, row=row), where
                )
            elif number >= start:
                yield _row_record(row, where)
            number += 1
    # The parser raises more than it documents.
    except Exception as error:
        problem = str(error) or type(error).__name__
    # Of the stretches behind that, none says it again.
    if start <= number < end:
        where = f"{path}#{number}"
        yield UnreadablePage(
            gettext("{where}: {problem}; the rows behind it in its group are left out").format(
                where=where, problem=problem[:1000]
            ),
            where,
        )


def _member(data: bytes, name: str, where: str) -> Outcome:
    try:
        return Record(as_page(data, "", None, where), id=name)
    except EmptyPage:
        return Skip(where, "empty")
    except PageError as error:
        return error


def _row_record(row: Any, where: str) -> Outcome:
    if not isinstance(row, dict):
        return MalformedRow(
            gettext('{where}: no page in it; a row is {{"id": …, "url": …, "html" or "text": …}}').format(where=where),
            where,
        )
    try:
        page = row_page(row, where)
    except EmptyPage:
        return Skip(where, "empty")
    except PageError as error:
        return error
    date, name = row.get("date"), row.get("id")
    if isinstance(date, datetime):
        date = date.isoformat()
    return Record(page, date_of(date) if isinstance(date, str) else "", "" if name is None else str(name))
