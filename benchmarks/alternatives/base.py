"""What every method is given and answers, so that one page set serves them all."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Protocol, runtime_checkable

import jieba
from lxml import etree, html

from moderation.stages.blocks import looks_like_html
from moderation.training.corpus import FOLDS, Corpus, Fold
from moderation.training.synthesis import LABELS

__all__ = [
    "LABELS",
    "MATCHED",
    "Case",
    "Cleaner",
    "Detector",
    "Judged",
    "Method",
    "NotInstalled",
    "Point",
    "Training",
    "bare",
    "cut",
    "judged_by_line",
    "visible_lines",
    "words",
]

_NOT_BARE = re.compile(r"[\W_]+")
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")
_SEEN_BY_NOBODY = ("script", "style", "noscript", "template")


class NotInstalled(Exception):
    """A package or program a method needs is missing; says which."""


@dataclass(frozen=True)
class Case:
    """One page to judge.

    ``fold`` is the one whose models never saw the page's site, nor the words and families of its block. ``block`` is
    what was planted, or empty on a genuine page; ``original`` is the page before. A real injected page has the
    placement ``"real"`` and no known block, except for the seed page.
    """

    name: str
    content: str
    fold: int
    origin: str
    placement: str = ""
    label: str = ""
    block: str = ""
    original: str = ""

    @property
    def is_genuine(self) -> bool:
        return not self.placement

    @property
    def is_chinese(self) -> bool:
        return self.origin != "html-other"

    @cached_property
    def lines(self) -> list[str]:
        """The text of the page line by line, as the plain methods read it; see :func:`visible_lines`."""
        return visible_lines(self.content)


class Judged(NamedTuple):
    """What a detector says of a page: a score (higher is more suspect), and of each stretch of its text."""

    score: float
    lines: tuple[tuple[str, float], ...] = ()


class Point(NamedTuple):
    """A working point: a page is flagged from ``threshold`` on, its lines from ``line`` on (None: points at none)."""

    name: str
    threshold: float
    line: float | None = None


# The threshold that flags as many genuine pages as this project's model does, found on the same pages.
MATCHED = "at our false alarms"


@dataclass(frozen=True)
class Training:
    """What may be learned from: the rows of a fold, as this project's own model gets them."""

    corpus: Corpus
    seed: int
    jobs: int
    _words: dict[str, list[str]] = field(default_factory=dict)

    @property
    def folds(self) -> list[Fold]:
        return [Fold(number, strict=True) for number in range(FOLDS)]

    def chosen(self, fold: Fold) -> list[int]:
        """The numbers of the rows a fold learns from."""
        return [number for number, row in enumerate(self.corpus.rows) if fold.trains(row)]

    def keywords(self, fold: Fold | None) -> list[str]:
        """The keywords of the project's lexicon: all, or the half a fold knows. Single characters are no keywords."""
        found: set[str] = set()
        for label in LABELS:
            grammar = self.corpus.grammars[label]
            if fold is not None:
                grammar = grammar.restrict(fold.half)
            found.update(term.lower() for terms in grammar.roles.values() for term in terms if len(term) > 1)
        return sorted(found)

    def genuine(self, fold: Fold) -> list[str]:
        """The genuine texts a fold learns from."""
        return [row.text for row in self.corpus.rows if row.label not in LABELS and fold.trains(row)]

    def cut(self, text: str) -> list[str]:
        """The words of a training row, cut once."""
        if text not in self._words:
            self._words[text] = cut(text)
        return self._words[text]

    def sample(self, fold: Fold, count: int) -> tuple[list[str], list[str]]:
        """At most ``count`` spam and ``count`` genuine texts of a fold, seeded."""
        pick = random.Random(self.seed + (fold.number or 0))
        rows = [self.corpus.rows[number] for number in self.chosen(fold)]
        spam = [row.text for row in rows if row.label in LABELS]
        clean = [row.text for row in rows if row.label not in LABELS]
        return pick.sample(spam, min(count, len(spam))), pick.sample(clean, min(count, len(clean)))


class Method(Protocol):
    """What all methods have."""

    @property
    def name(self) -> str: ...

    @property
    def about(self) -> str: ...

    def prepare(self, training: Training) -> None:
        """Imports and learns what it needs.

        Raises:
            NotInstalled: a package is missing.
        """


@runtime_checkable
class Detector(Method, Protocol):
    """A method that flags pages."""

    @property
    def points(self) -> tuple[Point, ...]: ...

    @property
    def chinese_only(self) -> bool:
        """Whether its thresholds make sense for Chinese pages only."""

    def judge(self, case: Case) -> Judged:
        """The score of one page."""


@runtime_checkable
class Cleaner(Method, Protocol):
    """A method that gives back the text of a page without what does not belong there."""

    def clean(self, content: str, fold: int) -> str:
        """The text that is left, in lines."""


def cut(text: str) -> list[str]:
    """Words of a text as jieba cuts it, lower case, without punctuation and blanks."""
    return [word for word in jieba.lcut(text.lower()) if _NOT_BARE.fullmatch(word) is None]


def words(text: str) -> Counter[str]:
    """How often each word occurs, a Chinese character being one; a measure of text that no segmenter decides on."""
    return Counter(_WORD.findall(text))


def bare(text: str) -> str:
    """Letters, digits and characters only: what survives any change of blanks and separators."""
    return _NOT_BARE.sub("", text)


def visible_lines(content: str) -> list[str]:
    """Meta keywords and description, ``alt`` and ``title``, then all text but scripts and styles, by text node."""
    if not looks_like_html(content):
        return _filled(content.splitlines())
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        tree = html.fromstring(content.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return []
    told = [tag.get("content") or "" for tag in tree.iter("meta") if (tag.get("name") or "").lower() in _META]
    told += [tag.get(name) or "" for tag in tree.iter(etree.Element) for name in _ATTRIBUTES if name in tag.attrib]
    etree.strip_elements(tree, *_SEEN_BY_NOBODY, etree.Comment, with_tail=False)
    return _filled([*told, *(line for text in tree.itertext() for line in str(text).splitlines())])


_ATTRIBUTES = ("alt", "title")
_META = ("keywords", "description")


def _filled(lines: Iterable[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()]


def judged_by_line(lines: Sequence[str], scores: Sequence[float]) -> Judged:
    """A page is as suspect as its most suspect line."""
    return Judged(max(scores, default=0.0), tuple(zip(lines, scores, strict=True)))
