r"""The words of the project: what flows through it, frozen and without I/O.

Units, defined once for every module:

* offsets are half-open code points of :attr:`Page.content` (``\\r\\n`` counts twice, as in the string itself);
* scores are calibrated probabilities in [0, 1];
* weights are log-odds: positive speaks for spam, negative against it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter
from typing import Any, NamedTuple

__all__ = [
    "Action",
    "Block",
    "Cleaned",
    "Cut",
    "Finding",
    "Mark",
    "OffsetMap",
    "Outline",
    "Page",
    "Piece",
    "Place",
    "Reason",
    "Span",
    "Tokens",
    "Verdict",
]


class Place(StrEnum):
    """Where in the page a block stands."""

    TITLE = "title"
    META = "meta"
    HEADING = "heading"
    HEAD = "head"
    """visible text before the page's own content begins"""
    BODY = "body"
    LINKS = "links"
    FOOTER = "footer"
    SCRIPT = "script"
    """what a script writes into the page; a title that a script sets is a title"""


class Action(StrEnum):
    """What to do with a page, mildest first."""

    ALLOW = "allow"
    CLEAN = "clean"
    REVIEW = "review"
    REJECT = "reject"


class Span(NamedTuple):
    """A half-open range of code points."""

    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start

    def covers(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end

    def iou(self, other: Span) -> float:
        """Intersection over union of two spans, in [0, 1]."""
        shared = max(0, min(self.end, other.end) - max(self.start, other.start))
        union = self.size + other.size - shared
        return shared / union if union else 1.0


class Piece(NamedTuple):
    """A stretch of derived text and where it comes from.

    ``width`` = 0: the piece runs one to one with its origin. ``width`` > 0: each character of the piece stands for the
    whole stretch ``[origin, origin + width)``, as the one character of ``&#112;`` does.
    """

    start: int
    origin: int
    width: int


_SHOWN = re.compile(r"\S")
_start = attrgetter("start")


class OffsetMap:
    """Maps code points of a derived text back to the text it was derived from.

    Pieces are sorted by ``start`` and cover the derived text without a gap; origins never decrease, so the map is
    monotone. Look-up costs O(log pieces).
    """

    __slots__ = ("pieces",)

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self.pieces = tuple(pieces) or (Piece(0, 0, 0),)

    @classmethod
    def identity(cls, origin: int = 0) -> OffsetMap:
        """A map that only shifts by ``origin``."""
        return cls((Piece(0, origin, 0),))

    def at(self, index: int) -> Span:
        """The origin of the derived character ``index``."""
        piece = self.pieces[max(0, bisect_right(self.pieces, index, key=_start) - 1)]
        if piece.width:
            return Span(piece.origin, piece.origin + piece.width)
        origin = piece.origin + index - piece.start
        return Span(origin, origin + 1)

    def span(self, span: Span) -> Span:
        """The origin of a span of the derived text; an empty span maps to an empty one."""
        first = self.at(span.start)
        if span.end <= span.start:
            return Span(first.start, first.start)
        return Span(first.start, max(first.end, self.at(span.end - 1).end))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OffsetMap) and self.pieces == other.pieces

    def __hash__(self) -> int:
        return hash(self.pieces)

    def __repr__(self) -> str:
        return f"OffsetMap({self.pieces!r})"


@dataclass(frozen=True, slots=True)
class Page:
    """One page or field to judge.

    ``where`` says where it was found: ``"hook"`` for a piece handed over in the process, else a path or
    ``FILE#OFFSET`` of an archive record. ``replaced`` counts the characters lost in decoding (U+FFFD put in by us).
    ``is_comment`` says that a visitor wrote all of it, so that nothing of it is worth keeping once it holds spam.
    ``title`` is where a title stands that was a field of its own and has no element around it.
    """

    content: str
    is_html: bool = True
    url: str | None = None
    encoding: str = "utf-8"
    where: str = "hook"
    replaced: int = 0
    is_comment: bool = False
    title: Span | None = None

    @property
    def title_end(self) -> int:
        """Where a title without an element ends that stands in front of a page, in code points; 0 without one.

        One that stands alone is no title of anything: it is read as the text that it is.
        """
        return self.title.end if self.title and _SHOWN.search(self.content, self.title.end) else 0


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a page that stands for itself: a title, a paragraph, a list of links.

    ``text`` is what a reader sees, references resolved; ``span`` is its place in the source, markup inside included;
    ``offsets`` maps the one to the other. ``path`` names the element chain (``html/body/div/p``). ``hidden`` names how
    the block is kept from a reader's eyes, or is empty. ``coded`` is the share of characters written as references.
    """

    text: str
    span: Span
    place: Place
    path: str
    offsets: OffsetMap
    hidden: str = ""
    coded: float = 0.0
    index: int = 0


class Tokens(NamedTuple):
    """The words of a text, in segments. All offsets are code points of the folded text.

    Word ``i`` stands at ``starts[i]:ends[i]`` in segment ``segments[i]``; ``first[s]`` is the index of the first word
    of segment ``s``, and ``first[-1]`` the number of words. ``separators[s]`` is the text before segment ``s``.
    """

    words: list[str]
    starts: list[int]
    ends: list[int]
    segments: list[int]
    first: list[int]
    separators: list[str]


class Mark(NamedTuple):
    """Something odd in the source that is no text of its own, such as a script that switches the title."""

    code: str
    span: Span
    detail: str = ""


class Outline(NamedTuple):
    """A page taken apart: its blocks in source order, and the marks seen on the way."""

    blocks: tuple[Block, ...]
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence: a term (``term:…``) or a signal (``shape:…``, ``hidden:…``).

    Codes are stable and documented in docs/reasons.md. ``weight`` is in log-odds; ``span`` is in the source where the
    evidence has a place.
    """

    code: str
    weight: float
    span: Span | None = None
    detail: str = ""

    def to_dict(self) -> dict[str, Any]:
        row: dict[str, Any] = {"code": self.code, "weight": self.weight}
        if self.span is not None:
            row["start"], row["end"] = self.span
        if self.detail:
            row["detail"] = self.detail
        return row

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Reason:
        span = Span(row["start"], row["end"]) if "start" in row else None
        return cls(row["code"], row["weight"], span, row.get("detail", ""))


@dataclass(frozen=True, slots=True)
class Finding:
    """An injected span: what it is, where it stands and why.

    ``labels`` holds the probability of every label that is not negligible, most probable first; ``label`` is the first.
    """

    label: str
    score: float
    place: Place
    hidden: str
    path: str
    span: Span
    text: str
    labels: tuple[tuple[str, float], ...] = ()
    reasons: tuple[Reason, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "label": self.label,
            "score": self.score,
            "place": self.place.value,
            "hidden": self.hidden or None,
            "path": self.path,
            "start": self.span.start,
            "end": self.span.end,
            "text": self.text,
            "labels": dict(self.labels),
            "reasons": [reason.to_dict() for reason in self.reasons],
        }

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Finding:
        return cls(
            label=row["label"],
            score=row["score"],
            place=Place(row["place"]),
            hidden=row["hidden"] or "",
            path=row["path"],
            span=Span(row["start"], row["end"]),
            text=row["text"],
            labels=tuple(row["labels"].items()),
            reasons=tuple(Reason.from_dict(reason) for reason in row["reasons"]),
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a page and the findings that say so.

    ``to_dict`` is the one JSON of every door: the same bytes, model and policy give the same dictionary.
    """

    action: Action
    findings: tuple[Finding, ...] = ()
    model: str = ""
    policy: str = ""
    url: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "url": self.url,
            "action": self.action.value,
            "findings": [finding.to_dict() for finding in self.findings],
            "model": self.model,
            "policy": self.policy,
        }

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Verdict:
        return cls(
            action=Action(row["action"]),
            findings=tuple(Finding.from_dict(finding) for finding in row["findings"]),
            model=row["model"],
            policy=row["policy"],
            url=row["url"],
        )


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch taken out of a page: where it stood in the original, and its text, so that it can be put back."""

    span: Span
    removed: str

    def to_dict(self) -> dict[str, Any]:
        return {"start": self.span.start, "end": self.span.end, "removed": self.removed}


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A cleaned page and what was cut from it."""

    content: str
    cuts: tuple[Cut, ...] = field(default=())
