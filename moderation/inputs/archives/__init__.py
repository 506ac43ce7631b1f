"""Archives -> pages: WARC, WET, ARC, WACZ, zip, tar, JSON Lines, Parquet, single files, told apart by what is in them.

:func:`batches` cuts an archive into stretches that :func:`read` reads one by one, in any process; :func:`open_pages` is
both. Errors are values: one bad record ends nothing. A record is named ``FILE#OFFSET``, and :func:`find` reads just it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from io import BufferedReader
from itertools import islice
from pathlib import Path

from moderation.common.messages import gettext, reason
from moderation.errors import PageError, UnreadablePage
from moderation.inputs.archives import _zip as zips
from moderation.inputs.archives import files, warc
from moderation.inputs.archives._records import MAX_SIZE, At, Batch, Outcome, Record, Skip
from moderation.inputs.archives._streams import DICTIONARY, Source, Stream, kind_of, unpacked
from moderation.inputs.intake import open_file

__all__ = [
    "MAX_SIZE",
    "At",
    "Batch",
    "Outcome",
    "Record",
    "Skip",
    "batches",
    "conversion",
    "expand",
    "find",
    "listed",
    "open_pages",
    "read",
]

conversion = warc.conversion

_READERS = {
    "warc": warc.records,
    "arc": warc.arc_records,
    "zip": files.zip_records,
    "tar": files.tar_records,
    "jsonl": files.row_records,
    "parquet": files.table_records,
    "page": files.page_records,
}
# Addresses of a page list that are kept in memory, and bytes of a row of it.
_LISTED = 500_000
_ROW = 64 * 1024
_WHERE = re.compile(r"(.+)#(\d+)(?:\.(\d+))?", re.DOTALL)


def expand(paths: Iterable[str | Path]) -> Iterator[str]:
    """The files of the paths: folders recursively and sorted, hidden files left out; other paths as they are."""
    for path in map(str, paths):
        if Path(path).is_dir():
            for parent, folders, names in os.walk(path):
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                yield from (str(Path(parent, name)) for name in sorted(names) if not name.startswith("."))
        else:
            yield path


def listed(lines: Iterable[str], root: str = "") -> Iterator[str]:
    """The paths of a list, one a line, as in Common Crawl's ``warc.paths``; empty lines and ``#`` comments are none.

    Args:
        lines: of the list.
        root: a folder, or an address, that the paths are relative to.
    """
    for row in lines:
        path = row.strip()
        if path and not path.startswith("#"):
            if "://" in path or not root:
                yield path
            else:
                # An address keeps both of its slashes.
                yield f"{root.rstrip('/')}/{path}" if "://" in root else str(Path(root, path))


def batches(path: str | Path, size: int = 256) -> Iterator[Batch | PageError]:
    """The stretches of an archive, in order, of about ``size`` records each.

    A WARC is read through for the offsets of its records, which takes a fiftieth of what judging them does.
    """
    path = str(path)
    try:
        kind = _format(path)
        if kind == "wacz":
            yield from _wacz(path, size)
        elif kind == "warc":
            yield from warc.batches(path, size)
        else:
            yield from files.batches(Batch(path, kind), size)
    # Parsers of damaged files raise more than they document: struct.error, IndexError, UnicodeDecodeError.
    except Exception as error:
        yield _unreadable(path, error)


def read(batch: Batch, at: At | None = None) -> Iterator[Outcome]:
    """One item for each record of a batch, in order: a page, what was skipped, or the error.

    Args:
        batch: of :func:`batches`.
        at: is told, before each item, about how many bytes of the file are read.
    """
    try:
        # Inside a larger file, which is a WACZ.
        listed = _page_list(batch.path) if batch.end >= 0 else None
        for outcome in _READERS[batch.format](batch, at):
            if listed is not None and isinstance(outcome, Record):
                yield outcome._replace(listed=_hash(outcome.page.url) in listed)
            else:
                yield outcome
    except Exception as error:
        yield _unreadable(batch.path, error)


def open_pages(path: str | Path) -> Iterator[Outcome]:
    """One item for each record of an archive, in order."""
    for batch in batches(path):
        if isinstance(batch, PageError):
            yield batch
        else:
            yield from read(batch)


def find(where: str) -> Record:
    """The record that is named ``FILE#OFFSET``, as findings name it.

    Raises:
        PageError: there is no page.
    """
    match = _WHERE.fullmatch(where)
    if not match:
        raise UnreadablePage(
            gettext("{where}: no FILE#OFFSET; name a record as findings do").format(where=where), where
        )
    path, number, twin = match.group(1), int(match.group(2)), int(match.group(3) or 0)
    try:
        kind = _format(path)
    except Exception as error:
        raise _unreadable(path, error) from None
    if kind in ("warc", "wacz"):
        found = read(Batch(path, "warc", number, twin + 1))
    elif kind in ("zip", "parquet"):
        found = read(Batch(path, kind, number, 1))
    else:
        found = read(Batch(path, kind))
    for outcome in found:
        name = outcome.page.where if isinstance(outcome, Record) else outcome.where
        if name == where:
            if isinstance(outcome, Record):
                return outcome
            if isinstance(outcome, PageError):
                raise outcome
            raise UnreadablePage(
                gettext("{where}: no page but {kind}; name another record").format(where=where, kind=outcome.kind),
                where,
            )
    raise UnreadablePage(gettext("{where}: no record begins there; name one as findings do").format(where=where), where)


def _unreadable(path: str, error: Exception) -> UnreadablePage:
    return UnreadablePage(
        gettext("{path}: {reason}; check the name, the permissions and the file").format(
            path=path, reason=reason(error)
        ),
        path,
    )


def _format(path: str) -> str:
    """What a file is, by its first bytes and those of what is packed in it."""
    with open_file(path) as file:
        head = file.read(512)
        if head.startswith(b"PK"):
            is_wacz = any(name == "datapackage.json" or name.startswith("archive/") for name in zips.names(path))
            return "wacz" if is_wacz else "zip"
        if head.startswith(DICTIONARY):
            return "warc"
        if head.startswith(b"PAR1"):
            return "parquet"
        if kind_of(head):
            file.seek(0)
            head = _beginning(unpacked(file))
            if not head and warc.holds_records(Source(file)):
                return "warc"
    if head.startswith(b"WARC/") or b"\nWARC/1." in head:
        return "warc"
    if head.startswith(b"filedesc:"):
        return "arc"
    if head[257:262] == b"ustar":
        return "tar"
    return "jsonl" if head.lstrip().startswith(b"{") else "page"


def _beginning(stream: Stream) -> bytes:
    """The first 512 bytes, or those in front of the first damage."""
    head = b""
    try:
        while len(head) < 512 and (piece := stream.read(512)):
            head += piece
    except OSError:
        pass
    return head[:512]


@lru_cache(maxsize=1)
def _page_list(path: str) -> frozenset[int] | None:
    """Hashes of the addresses in the page lists of a WACZ (``pages/*.jsonl``); None if it has none that can be read."""
    found: set[int] = set()
    some = False
    # The list is a help; the records are read without it.
    with suppress(OSError), open_file(path) as directory, open_file(path) as file:
        layout = zips.layout(path)
        for number, listed in enumerate(zips.entries(directory)):
            entry = layout.at(number, listed)
            if entry is None or not (entry.name.startswith("pages/") and entry.name.endswith(".jsonl")):
                continue
            rows = BufferedReader(zips.unpacked(file, entry), _ROW)
            while (text := rows.readline(_ROW)) and len(found) < _LISTED:
                with suppress(ValueError, RecursionError):
                    row = json.loads(text)
                    some = some or isinstance(row, dict)
                    if isinstance(row, dict) and isinstance(row.get("url"), str):
                        found.add(_hash(row["url"]))
    return frozenset(found) if some else None


def _hash(url: str | None) -> int:
    return int.from_bytes(blake2b((url or "").encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _wacz(path: str, size: int) -> Iterator[Batch | PageError]:
    """The stretches of the archives inside a WACZ, which stand there as they are."""
    layout = zips.layout(path)
    for _, problem in layout.problems:
        yield UnreadablePage(
            gettext("{path}: {problem}; the sound ones are read").format(path=path, problem=problem), path
        )
    some = False
    with open_file(path) as directory, open_file(path) as file:
        for number, listed in islice(enumerate(zips.entries(directory)), len(layout.states)):
            if not listed.name.startswith("archive/") or listed.is_folder or layout.states[number] == zips.OVERLAPPING:
                continue
            some = True
            entry = layout.at(number, listed)
            where = f"{path}#{listed.offset}"
            name = listed.name[:200]
            if entry is None:
                yield UnreadablePage(
                    gettext("{where}: {name} is not in the file; fetch the WACZ again").format(where=where, name=name),
                    where,
                )
            elif entry.method != 0:
                yield UnreadablePage(
                    gettext(
                        "{where}: {name} is packed again inside the WACZ, against its specification; unpack "
                        "it and name it by itself"
                    ).format(where=where, name=name),
                    where,
                )
            else:
                try:
                    start, end = zips.member(file, entry)
                except OSError as error:
                    yield UnreadablePage(
                        gettext("{where}: {name}: {error}; fetch the WACZ again").format(
                            where=where, name=name, error=error
                        ),
                        where,
                    )
                    continue
                yield from warc.batches(path, size, start, end)
    if not some:
        yield UnreadablePage(
            gettext("{path}: a WACZ with nothing in its folder archive; fetch it again").format(path=path), path
        )
