"""Labelled data -> pages, each with what is said of it: by its row, by a file of labels, by the folder it lies in."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from moderation.cli.inputs import Item, is_folder, read_items, read_rows
from moderation.cli.printing import warn
from moderation.common.messages import gettext, reason
from moderation.data import Page
from moderation.errors import LabelError, ModerationError, PageError, UnreadablePage
from moderation.inputs.rows import Truth, as_label, truth_of
from moderation.stages.decode import decode

__all__ = ["Labels", "load_labels", "read_labelled"]

# Bytes of a file of labels: about a million lines, all of them in memory.
_LARGEST = 64 * 1024 * 1024
# What the column with the page's name may be called, in the order in which they are looked for.
_NAMES = ("path", "file", "id", "name", "record", "url")
_COLUMNS = ("path", "label", "url")
_DELIMITERS = "\t,;"


class Labels:
    """What a file of labels says of pages, by their names.

    Attributes:
        name: of the file.
        problems: what is wrong with single lines of it, each with its fix.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[str] = []
        self._folder = os.path.abspath(os.path.dirname(name))  # noqa: PTH100, PTH120
        self._rows: dict[str, tuple[int, Mapping[str, Any]]] = {}
        self._urls: dict[str, tuple[int, Mapping[str, Any]]] = {}
        self._used: set[int] = set()

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, number: int, row: Mapping[str, Any]) -> None:
        """Takes up a line; one without a name, or of a page that is named already, is a problem."""
        where = f"{self.name}#{number}"
        key = next((str(row[name]) for name in _NAMES if isinstance(row.get(name), str | int) and row[name] != ""), "")
        if not key:
            self.problems.append(gettext("{where}: no path in the line; write path and label").format(where=where))
            return
        first, known = self._rows.setdefault(_plain(key), (number, row))
        if known is not row:
            self.problems.append(
                gettext("{where}: {key} stands in line {first} already, which counts; leave one out").format(
                    where=where, key=key, first=first
                )
            )
        elif isinstance(row.get("url"), str):
            # Of several captures of one address the first; each may be named by itself.
            self._urls.setdefault(row["url"], (number, row))

    def find(self, item: Item, root: str) -> Mapping[str, Any]:
        """What is said of a page; empty where it is not named."""
        url = item.page.url if isinstance(item.page, Page) else None
        named = (self._rows[name] for name in self._names(item, root) if name in self._rows)
        number, row = next(named, None) or self._urls.get(url or "", (0, {}))
        self._used.add(number)
        return row

    def _names(self, item: Item, root: str) -> Iterator[str]:
        """What a page may be called: as reported, from its own folder or from that of the labels on, by its id."""
        yield _plain(item.name)
        if isinstance(item.page, Page):
            where = item.page.where
            yield _plain(where)
            yield _plain(_below(where, str(Path(root))))
            yield str(item.row.get("id"))
            whole = os.path.abspath(where)  # noqa: PTH100
            yield whole
            yield _plain(_below(whole, self._folder))

    def unused(self) -> Iterator[str]:
        """A message for each line whose page did not come."""
        for key, (number, _) in self._rows.items():
            if number not in self._used:
                yield gettext(
                    "{name}#{number}: no page {key} in what was named; check the path, or name its folder"
                ).format(name=self.name, number=number, key=key)


def _plain(name: str) -> str:
    return name.removeprefix("./")


def _below(path: str, folder: str) -> str:
    """A path from a folder on, if it lies in it."""
    return path.removeprefix(folder.rstrip("/") + "/")


def load_labels(name: str) -> Labels:
    """Reads a file of labels: JSON Lines, or a table with tabs, commas or semicolons, in any encoding.

    Raises:
        LabelError: the file cannot be read, or nothing in it can be used.
    """
    try:
        with Path(name).open("rb") as file:
            data = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        raise LabelError(
            gettext("{name}: {reason}; check the name and the permissions").format(name=name, reason=reason(error))
        ) from None
    if len(data) > _LARGEST:
        raise LabelError(
            gettext("{name}: more than a file of labels may have ({largest:,} bytes); split it").format(
                name=name, largest=_LARGEST
            )
        )
    try:
        # Not "splitlines": a path may hold one of the rarer characters that it cuts at.
        lines = decode(data).text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    except PageError as error:
        raise LabelError(gettext("{where}: {error}").format(where=name, error=error)) from None
    labels = Labels(name)
    first = next(line for line in lines if line.strip())
    (_add_objects if first.lstrip().startswith("{") else _add_table)(labels, lines, first)
    if not labels:
        problem = f" ({labels.problems[0]})" if labels.problems else ""
        raise LabelError(
            gettext("{name}: no label in it; write path and label, one page a line{problem}").format(
                name=name, problem=problem
            )
        )
    return labels


def _add_objects(labels: Labels, lines: Sequence[str], _: str) -> None:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            row = error
        if isinstance(row, dict):
            labels.add(number, row)
        else:
            labels.problems.append(
                gettext('{name}#{number}: no JSON object; write {{"path": …, "label": …}}').format(
                    name=labels.name, number=number
                )
            )


def _add_table(labels: Labels, lines: Sequence[str], first: str) -> None:
    delimiter = next((mark for mark in _DELIMITERS if mark in first), ",")
    columns: Sequence[str] = ()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            # Line by line, so that a quote that is never closed takes no more than its own.
            (cells,) = csv.reader([line], delimiter=delimiter, strict=True)
        except (csv.Error, ValueError) as error:
            labels.problems.append(
                gettext("{name}#{number}: {error}; write one page a line, and quotes twice").format(
                    name=labels.name, number=number, error=error
                )
            )
            continue
        if not columns:
            columns = _header(cells)
            if columns:
                continue
            columns = _COLUMNS
        # A cell that is not there, or is empty without being the label, says nothing.
        labels.add(number, {name: cell for name, cell in zip(columns, cells, strict=False) if cell or name == "label"})


def _header(cells: Sequence[str]) -> list[str]:
    """The names of the columns, if this is the line that names them."""
    names = [cell.strip().casefold() for cell in cells]
    return names if "label" in names and any(name in names for name in _NAMES) else []


# --------------------------------------------------------------------------------------------------------------- pages


def read_labelled(
    paths: Sequence[str],
    known: Sequence[str],
    labels: Labels | None = None,
    *,
    rows: bool = False,
    url: str | None = None,
) -> Iterator[tuple[Item, Truth | ModerationError]]:
    """Every page of the paths, in order, with what is said of it, or with the error of one that is to be left out.

    What a file of labels says counts before what a row says, and both before a folder's name.

    Args:
        paths: files, folders, JSON Lines files (packed, too), archives, or ``-`` for standard input.
        known: the labels there are.
        labels: of a file.
        rows: whether standard input holds JSON Lines instead of one page.
        url: where the pages are from, for those that do not say so themselves.
    """
    for path in paths:
        root = path if path == "-" or is_folder(path) else os.path.dirname(path)  # noqa: PTH120
        for item, member in _items(path, rows, url):
            if isinstance(item.page, PageError):
                yield item, item.page
                continue
            found = labels.find(item, root) if labels else {}
            said = {**item.row, **found}
            if "label" not in said:
                said.update(_of_folder(root, f"{_below(item.page.where, str(Path(root)))}/{member}", known))
            page = item.page
            if isinstance(found.get("url"), str):
                page = replace(page, url=found["url"])
            try:
                yield item._replace(page=page), truth_of(said, page, known, page.where)
            except LabelError as error:
                yield item, error


def _items(path: str, rows: bool, url: str | None) -> Iterator[tuple[Item, str]]:
    """The pages of a path, each with its name inside an archive."""
    if path != "-" and ".jsonl" in Path(path).suffixes[:-1]:
        yield from ((item, "") for item in _packed_rows(path, url))
    elif path != "-" and not is_folder(path) and _is_archive(path):
        yield from _records(path, url)
    else:
        yield from ((item, "") for item in read_items([path], rows=rows, url=url, tell=warn))


def _is_archive(path: str) -> bool:
    """Whether a file holds more pages than one, told by its content."""
    from moderation.inputs.archives import Batch, batches

    first = next(batches(path, 1), None)
    return isinstance(first, Batch) and first.format not in ("page", "jsonl")


def _packed_rows(path: str, url: str | None) -> Iterator[Item]:
    from moderation.inputs.archives.files import opened

    try:
        with opened(path) as stream:
            yield from read_rows(stream, path, url)
    # What unpacks raises more than it documents.
    except Exception as error:
        said = gettext("{path}: {error}; the file is read no further").format(path=path, error=reason(error))
        yield Item({"source": path}, UnreadablePage(said, path), named=True)


def _records(path: str, url: str | None) -> Iterator[tuple[Item, str]]:
    """The pages of an archive; records that are none are left out, as in an audit."""
    from moderation.inputs.archives import Record, open_pages

    for outcome in open_pages(path):
        if isinstance(outcome, PageError):
            yield Item({"source": outcome.where}, outcome), ""
        elif isinstance(outcome, Record):
            page = outcome.page if outcome.page.url else replace(outcome.page, url=url)
            yield Item({"source": page.where}, page, row={"id": outcome.id} if outcome.id else {}), outcome.id


def _of_folder(root: str, inner: str, known: Sequence[str]) -> dict[str, str]:
    """What the folders say that a page lies in: the innermost one that is called as a label is."""
    # None beyond what was named: somebody's home may be called anything.
    names = [os.path.basename(os.path.abspath(root)), *PurePosixPath(inner).parent.parts]  # noqa: PTH100, PTH119
    for name in reversed(names):
        label = as_label(name, known) if name.strip() else None
        if label is not None:
            return {"label": label}
    return {}
