"""What all commands do: count, print, warn, and show how far they are."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from moderation.common.messages import gettext
from moderation.data import Action, Verdict
from moderation.errors import ModerationError, PageError
from moderation.presentation.excerpt import plain
from moderation.presentation.wording import word

if TYPE_CHECKING:
    # They load the engine, which not every command needs.
    from moderation.cli.inputs import Item
    from moderation.cli.render import Style

__all__ = [
    "Tally",
    "counted",
    "counts_lines",
    "extra_missing",
    "items",
    "stop",
    "style_of",
    "to_json",
    "warn",
    "watched",
]

T = TypeVar("T")

# A progress bar is worth its line from this many files.
_MANY = 20
# Escaped in JSON although it need not be: lone surrogates have no UTF-8, and the others end a line for some readers.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def warn(message: str) -> None:
    print(f"moderation: {plain(message)}", file=sys.stderr)


def stop(message: str) -> int:
    warn(message)
    return 2


def extra_missing(error: ImportError, extra: str) -> str:
    """What to do where a command takes packages that an extra would have installed."""
    said = gettext("{error}; install this package with its extra {extra} (docs/deploy.md)")
    return said.format(error=error, extra=extra)


def to_json(row: Any, indent: int | None = None) -> str:
    text = json.dumps(row, ensure_ascii=False, indent=indent)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def style_of(options: argparse.Namespace) -> Style:
    from moderation.cli.render import Style

    wanted = (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") if options.color == "auto" else options.color == "always"
    )
    return Style(wanted, options.show)


def counted(kind: str, counts: Mapping[str, int]) -> str:
    """Counts by code, the largest first.

    Args:
        kind: what the codes are of, see :func:`moderation.presentation.wording.word`.
        counts: by code.
    """
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return gettext(", ").join(f"{word(kind, name)} {count:,}" for name, count in ranked)


def counts_lines(rows: Iterable[tuple[str, str, Mapping[str, int]]]) -> Iterator[str]:
    """A line for each of some counts that there are: what they are called, of what kind their codes are, they."""
    for name, kind, counts in rows:
        if counts:
            yield gettext("{name}: {counts}").format(name=name, counts=counted(kind, counts))


def items(options: argparse.Namespace) -> Iterable[Item]:
    """The items of the command line."""
    from moderation.cli.inputs import read_items

    return watched(options, read_items(options.paths, rows=options.jsonl, url=options.url, tell=warn))


def watched(options: argparse.Namespace, items: Iterable[T]) -> Iterable[T]:
    """The items, with a bar on standard error where many files are read and a terminal is there to see it."""
    if options.jsonl and "-" not in options.paths:
        raise ModerationError(gettext("--jsonl says what standard input holds; name - to read it"))
    if not sys.stderr.isatty() or sys.stdout.isatty():
        return items
    from moderation.cli.inputs import find_files, is_folder

    total = sum(len(find_files(Path(path))) if is_folder(path) else 1 for path in options.paths)
    if total < _MANY:
        return items
    from tqdm import tqdm

    unit = gettext(" pages")
    bar: Iterable[T] = tqdm(items, total=total, unit=unit, file=sys.stderr, dynamic_ncols=True)
    return bar


class Tally:
    """What a run has seen, for its exit code and its last line."""

    def __init__(self) -> None:
        self.pages = 0
        self.flagged = 0
        self.failed = 0
        self.actions: Counter[str] = Counter()
        self.labels: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self._unusable = False

    def see(self, verdict: Verdict) -> None:
        """Counts a page that was judged."""
        self.pages += 1
        self.flagged += verdict.action is not Action.ALLOW
        self.actions[verdict.action.value] += 1
        self.labels.update({finding.label for finding in verdict.findings})

    def fail(self, item: Item, error: PageError, form: str, *, quiet: bool = False) -> None:
        """Counts and reports a page that could not be judged; of one that was not named, nothing is said quietly."""
        self.failed += 1
        self.errors[error.code] += 1
        self._unusable = self._unusable or item.named
        if form == "jsonl" and not quiet:
            print(to_json({**item.key, "error": error.to_dict()}))
        if item.named or (form == "text" and not quiet):
            warn(str(error))

    def lines(self) -> Iterator[str]:
        """How many pages by action, by label (a page may have several) and by error."""
        counts = counted("action", self.actions) or gettext("none")
        yield gettext("{pages:,} pages judged: {counts}").format(pages=self.pages, counts=counts)
        yield from counts_lines([(gettext("labels"), "label", self.labels), (gettext("errors"), "error", self.errors)])

    @property
    def code(self) -> int:
        if self._unusable:
            return 2
        return 1 if self.flagged else 2 if self.failed else 0
