"""What the command line is pointed at -> pages, in order, each under the name it is reported by."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, NamedTuple

from moderation.common.messages import gettext, reason
from moderation.data import Page
from moderation.engine import MAX_SIZE, read_page
from moderation.errors import EmptyPage, PageError, PageTooLarge, UnreadablePage
from moderation.inputs.intake import is_no_page, is_unicode, open_file
from moderation.inputs.rows import numbered_rows, row_page

__all__ = ["Item", "find_files", "is_folder", "read_items", "read_rows"]

# What somebody may take for an input, where it is no file of that name.
_ADDRESS = re.compile(r"(?:https?|ftp)://", re.IGNORECASE)


class Item(NamedTuple):
    """One page, or the error in its place.

    ``key`` is ``{"id": …}`` or ``{"source": …}``; ``raw`` holds the bytes of a file, ``row`` all that a row has.
    ``named`` says that the user asked for this very input, not for a folder or file it lies in.
    """

    key: dict[str, Any]
    page: Page | PageError
    raw: bytes = b""
    named: bool = False
    row: Mapping[str, Any] = MappingProxyType({})

    @property
    def name(self) -> str:
        """What the item is called in messages."""
        return str(next(iter(self.key.values())))


def is_folder(name: str) -> bool:
    """Whether a name is a folder; one that cannot be looked at is not."""
    try:
        return name not in ("", "-") and Path(name).is_dir()
    except OSError:
        return False


def find_files(folder: Path, audits: list[Path] | None = None) -> list[tuple[Path, OSError | None]]:
    """The files of a folder that may be pages, recursively and sorted; hidden files and folders are left out.

    So is what an audit has written: it quotes the pages that lie beside it, and would be found guilty of them. Other
    files in the folder of an audit are read. A folder that cannot be listed stands in the result with its error.

    Args:
        folder: to be looked through.
        audits: takes the folders in it that hold an audit.
    """
    found: dict[Path, OSError | None] = {}
    results: set[Path] = set()

    def note(error: OSError) -> None:
        found[Path(error.filename)] = error

    for parent, folders, names in os.walk(folder, onerror=note):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if "run.json" in names and (written := _results(Path(parent))):
            results.update(written)
            if audits is not None:
                audits.append(Path(parent))
        for name in names:
            path = Path(parent, name)
            if path in results:
                continue
            if not name.startswith(".") and not is_no_page(name) and path.is_file():
                found[path] = None
    return sorted(found.items(), key=lambda pair: pair[0])


def _results(folder: Path) -> list[Path]:
    """What an audit has written in a folder; nothing where it holds none."""
    # Only here: audits are no part of a single check.
    from moderation.audit.manifest import is_audit, written

    return written(folder) if is_audit(folder) else []


def read_items(
    paths: Sequence[str], *, rows: bool = False, url: str | None = None, tell: Callable[[str], None] | None = None
) -> Iterator[Item]:
    """Every page of the paths, in order. Errors are items, so that one bad page ends nothing.

    Args:
        paths: files, folders, JSON Lines files, or ``-`` for standard input.
        rows: whether standard input holds JSON Lines instead of one page.
        url: where the pages are from, for those that do not say so themselves.
        tell: is told what of a folder is left out although it may be read.
    """
    for name in paths:
        if name == "-" and sys.stdin is None:
            error = UnreadablePage(gettext("standard input: it is closed; name a file, or send something there"), "-")
            yield Item({"source": "-"}, error, named=True)
        elif name == "-" and rows:
            yield from read_rows(sys.stdin.buffer, "-", url)
        elif name == "-":
            yield _page(sys.stdin.buffer.read(MAX_SIZE + 1), "-", url, named=True)
        elif is_folder(name):
            yield from _folder(Path(name), url, tell)
        elif _is_record(name):
            yield _record(name)
        elif _ADDRESS.match(name) and not Path(name).exists():
            yield Item({"source": name}, UnreadablePage(_not_fetched(name), name), named=True)
        else:
            yield from _file(name, url, named=True)


def _not_fetched(address: str) -> str:
    """What to do about an address: that a page is fetched is for its user to decide, and by which tool."""
    quoted = shlex.quote(address)
    return gettext(
        "{address}: an address, and nothing is fetched; get the page yourself: "
        "curl -sSL {quoted} | moderation check --url {quoted} -   (or save it to a file and name that)"
    ).format(address=address, quoted=quoted)


def _is_record(name: str) -> bool:
    """Whether a name is that of a record in an archive, ``FILE#OFFSET``, and not of a file."""
    file, mark, _ = name.rpartition("#")
    try:
        return bool(mark) and not Path(name).exists() and Path(file).is_file()
    except (OSError, ValueError):
        return False


def _record(name: str) -> Item:
    # Only here: reading archives is no part of a single check.
    from moderation.inputs.archives import find

    page: Page | PageError
    try:
        page = find(name).page
    except PageError as error:
        page = error
    return Item({"source": name}, page, named=True)


def _folder(folder: Path, url: str | None, tell: Callable[[str], None] | None) -> Iterator[Item]:
    audits: list[Path] = []
    found = find_files(folder, audits)
    if audits and tell:
        said = gettext("left out, the results of an audit: {folders}; name a file of them to judge it")
        tell(said.format(folders=gettext(", ").join(map(str, sorted(audits)))))
    if not found:
        error = UnreadablePage(
            gettext("{folder}: no page in this folder; name one with HTML, text or JSON Lines files").format(
                folder=folder
            ),
            str(folder),
        )
        yield Item({"source": str(folder)}, error, named=True)
    for path, problem in found:
        if problem is None:
            yield from _file(str(path), url, named=False)
        else:
            yield _unreadable(str(path), problem, named=path == folder)


def _file(name: str, url: str | None, *, named: bool) -> Iterator[Item]:
    try:
        with open_file(name) as stream:
            if name.lower().endswith(".jsonl"):
                yield from read_rows(stream, name, url)
            else:
                yield _page(stream.read(MAX_SIZE + 1), name, url, named=named)
    except (OSError, ValueError) as error:
        yield _unreadable(name, error, named=named)


def _unreadable(name: str, problem: Exception, *, named: bool) -> Item:
    # An unset variable of a shell script ends here.
    message = gettext("an empty name; give a file or folder")
    if name:
        message = gettext("{name}: {reason}; check the name and the permissions").format(
            name=name, reason=reason(problem)
        )
    return Item({"source": name}, UnreadablePage(message, name), named=named)


def _page(data: bytes, source: str, url: str | None, *, named: bool) -> Item:
    page: Page | PageError
    name = gettext("standard input") if source == "-" else source
    try:
        page = replace(read_page(data, url), where=source)
    except PageTooLarge:
        # Its message would quote the size of what was read, not of the file.
        page = PageTooLarge(
            gettext("{name}: more than one page may have ({limit:,} bytes); split it into its pages").format(
                name=name, limit=MAX_SIZE
            ),
            source,
        )
    except PageError as error:
        page = type(error)(gettext("{where}: {error}").format(where=name, error=error), source)
    return Item({"source": source}, page, data, named)


def read_rows(lines: IO[bytes], source: str, url: str | None) -> Iterator[Item]:
    """The rows of JSON Lines; what is no row is an error item, and the next line is read."""
    some = False
    for number, row in numbered_rows(lines, source):
        some = True
        where = f"{source}#{number}"
        if isinstance(row, PageError):
            yield Item({"source": where}, row)
            continue
        key = {"source": where} if row.get("id") is None or not is_unicode(str(row["id"])) else {"id": row["id"]}
        page: Page | PageError
        try:
            page = row_page(row, where, url)
        except PageError as error:
            page = error
        yield Item(key, page, row=row)
    if not some:
        name = gettext("standard input") if source == "-" else source
        yield Item(
            {"source": source},
            EmptyPage(gettext("{name}: no rows; write one JSON object a line").format(name=name), source),
            named=True,
        )
