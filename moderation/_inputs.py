"""What the command line is pointed at -> pages, in order, each under the name it is reported by."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from moderation.data import Page
from moderation.engine import MAX_SIZE, read_page
from moderation.errors import EmptyPage, MalformedRow, PageError, PageTooLarge, UnreadablePage
from moderation.stages.blocks import looks_like_html

__all__ = ["Item", "files_of", "read_items"]

# What a folder is searched for; other files in it are no pages. A file that is named is read whatever it is called.
_SUFFIXES = frozenset(
    ("", ".asp", ".aspx", ".htm", ".html", ".jsonl", ".jsp", ".md", ".php", ".shtml", ".text", ".txt", ".xhtml", ".xml")
)


class Item(NamedTuple):
    """One page or the error in its place. ``key`` is ``{"id": …}`` or ``{"source": …}``; ``raw`` its bytes, if a file.

    ``named`` says that the user asked for this very input, not for a folder or file it lies in.
    """

    key: dict[str, str]
    page: Page | PageError
    raw: bytes | None = None
    named: bool = False


def files_of(path: Path) -> list[Path]:
    """The files of a folder that may hold pages, recursively and sorted; hidden ones are left out."""
    found = [
        file
        for file in path.rglob("*")
        if file.suffix.lower() in _SUFFIXES
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
        and file.is_file()
    ]
    return sorted(found)


def read_items(paths: Sequence[str], *, rows: bool = False, url: str | None = None) -> Iterator[Item]:
    """Every page of the paths, in order. Errors are items.

    Args:
        paths: files, folders, JSON Lines files, or ``-`` for standard input.
        rows: whether standard input holds JSON Lines instead of one page.
        url: where the pages are from, for those that do not say so themselves.
    """
    for name in paths:
        if name == "-":
            data = sys.stdin.buffer.read(MAX_SIZE + 1)
            if rows:
                data += sys.stdin.buffer.read()
                yield from _rows(data.splitlines(keepends=True), "-", url)
            else:
                yield _page(data, "-", url, named=True)
            continue
        path = Path(name)
        if path.is_dir():
            files = files_of(path)
            if not files:
                error = UnreadablePage(f"{name}: no HTML, text or JSON Lines file in this folder; name one with pages", name)
                yield Item({"source": name}, error, named=True)
            for file in files:
                yield from _file(file, url, named=False)
        else:
            yield from _file(path, url, named=True)


def _file(path: Path, url: str | None, *, named: bool) -> Iterator[Item]:
    source = str(path)
    try:
        if path.suffix.lower() == ".jsonl":
            with path.open("rb") as stream:
                yield from _rows(stream, source, url)
            return
        size = path.stat().st_size
        data = b"" if size > MAX_SIZE else path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        problem = UnreadablePage(f"{source}: {reason}; check the name and the permissions", source)
        yield Item({"source": source}, problem, named=named)
        return
    if size > MAX_SIZE:
        problem = PageTooLarge(
            f"{source}: {size:,} bytes are more than one page may have ({MAX_SIZE:,}); split it, or audit it as an archive",
            source,
        )
        yield Item({"source": source}, problem, named=named)
        return
    yield _page(data, source, url, named=named)


def _page(data: bytes, source: str, url: str | None, *, named: bool) -> Item:
    page: Page | PageError
    try:
        page = read_page(data, url)
    except PageError as error:
        page = type(error)(f"{source}: {error}", source)
    return Item({"source": source}, page, data, named)


def _rows(lines: Any, source: str, url: str | None) -> Iterator[Item]:
    """The rows of JSON Lines; what is no row is an error item, and the next line is read."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        key = {"source": f"{source}#{number}"}
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise MalformedRow(f"{source}#{number}: not a JSON object; a row is {{\"id\": …, \"text\": …}}", source)
            if row.get("id") is not None:
                key = {"id": str(row["id"])}
            yield Item(key, _row_page(row, f"{source}#{number}", url))
        except PageError as error:
            yield Item(key, error)
        except ValueError as error:
            yield Item(key, MalformedRow(f"{source}#{number}: no JSON ({error}); one object a line, in UTF-8", source))
        except RecursionError:
            yield Item(key, MalformedRow(f"{source}#{number}: nested too deeply for a row", source))


def _row_page(row: dict[str, Any], where: str, url: str | None) -> Page:
    for name in ("html", "title", "text", "url"):
        if row.get(name) is not None and not isinstance(row[name], str):
            raise MalformedRow(f"{where}: {name} is no string", where)
    address = row.get("url") or url
    title, text = row.get("title") or "", row.get("html") or row.get("text") or ""
    if not any(name in row for name in ("html", "text", "title")):
        raise MalformedRow(f"{where}: no html, text or title in the row; give one of them", where)
    if not title and not text:
        raise EmptyPage(f"{where}: html, text and title are empty; there is nothing to judge", where)
    if row.get("html"):
        page = Page(text, True, address, where=where)
    elif title and text:
        # A CMS field pair: the title is the first line, whatever the text is written in.
        page = Page(f"{title}\n{text}", looks_like_html(text), address, where=where)
    else:
        page = Page(title or text, looks_like_html(title or text), address, where=where)
    return read_page(page)
