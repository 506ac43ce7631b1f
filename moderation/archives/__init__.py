"""Archives -> pages: WARC, WET, ARC, WACZ, zip, tar, JSON Lines, Parquet, single files, told apart by what is in them.

:func:`batches` cuts an archive into stretches that :func:`read` reads one by one, in any process; :func:`open_pages` is
both. Errors are values: one bad record ends nothing. A record is named ``FILE#OFFSET``, and :func:`find` reads just it.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from moderation.archives import files, warc
from moderation.archives._records import MAX_SIZE, Batch, Outcome, Record, Skip
from moderation.archives._streams import DICTIONARY, Source, Unpacked, kind_of, open_file
from moderation.errors import PageError, UnreadablePage

__all__ = [
    "MAX_SIZE",
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
# Addresses of a page list that are kept in memory.
_LISTED = 1_000_000
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


def read(batch: Batch) -> Iterator[Outcome]:
    """One item for each record of a batch, in order: a page, what was skipped, or the error."""
    try:
        # Inside a larger file, which is a WACZ.
        listed = _page_list(batch.path) if batch.end >= 0 else None
        for outcome in _READERS[batch.format](batch):
            if listed is not None and isinstance(outcome, Record):
                yield outcome._replace(listed=outcome.page.url in listed)
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
        raise UnreadablePage(f"{where}: no FILE#OFFSET; name a record as findings do", where)
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
            raise UnreadablePage(f"{where}: no page but {outcome.kind}; name another record", where)
    raise UnreadablePage(f"{where}: no record begins there; name one as findings do", where)


def _unreadable(path: str, error: Exception) -> UnreadablePage:
    reason = getattr(error, "strerror", None) or error
    return UnreadablePage(f"{path}: {reason}; check the name, the permissions and the file", path)


def _format(path: str) -> str:
    """What a file is, by its first bytes and those of what is packed in it."""
    with open_file(path) as file:
        head = file.read(512)
        if head.startswith(b"PK"):
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
            is_wacz = "datapackage.json" in names or any(name.startswith("archive/") for name in names)
            return "wacz" if is_wacz else "zip"
        if head.startswith(DICTIONARY):
            return "warc"
        if head.startswith(b"PAR1"):
            return "parquet"
        if kind_of(head):
            file.seek(0)
            head = _beginning(Unpacked(file))
            if not head and warc.holds_records(Source(file)):
                return "warc"
    if head.startswith(b"WARC/") or b"\nWARC/1." in head:
        return "warc"
    if head.startswith(b"filedesc:"):
        return "arc"
    if head[257:262] == b"ustar":
        return "tar"
    return "jsonl" if head.lstrip().startswith(b"{") else "page"


def _beginning(stream: Unpacked) -> bytes:
    """The first 512 bytes, or those in front of the first damage."""
    head = b""
    try:
        while len(head) < 512 and (piece := stream.read(512)):
            head += piece
    except OSError:
        pass
    return head[:512]


@lru_cache(maxsize=4)
def _page_list(path: str) -> frozenset[str] | None:
    """The addresses in the page lists of a WACZ (``pages/*.jsonl``); None if it has none that can be read."""
    found: set[str] = set()
    some = False
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.startswith("pages/") and name.endswith(".jsonl"):
                    with archive.open(name) as rows:
                        while (text := rows.readline(MAX_SIZE)) and len(found) < _LISTED:
                            row = json.loads(text)
                            some = True
                            if isinstance(row.get("url"), str):
                                found.add(row["url"])
    # The list is a help; the records are read without it.
    except Exception:
        return None
    return frozenset(found) if some else None


def _wacz(path: str, size: int) -> Iterator[Batch | PageError]:
    """The stretches of the archives inside a WACZ, which stand there as they are."""
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if member.filename.startswith("archive/")]
    with open_file(path) as file:
        for member in members:
            if member.is_dir():
                continue
            if member.compress_type != zipfile.ZIP_STORED:
                where = f"{path}#{member.header_offset}"
                yield UnreadablePage(
                    f"{where}: {member.filename} is packed again inside the WACZ, against its specification; "
                    "unpack it and name it by itself",
                    where,
                )
                continue
            file.seek(member.header_offset)
            header = file.read(30)
            # Lengths of the name and the extra field; the stored file begins behind them.
            start = member.header_offset + 30 + int.from_bytes(header[26:28], "little")
            start += int.from_bytes(header[28:30], "little")
            yield from warc.batches(path, size, start, start + member.compress_size)
