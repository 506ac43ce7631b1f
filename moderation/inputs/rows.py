"""Rows of JSON Lines -> pages, and what a row says of its page: honest or spam, of which label, where, which words.

The same rows are judged (``check``), measured on (``evaluate``) and learnt from (``train.py``), so they are read in one
place. What page the fields of a row make, :mod:`moderation.inputs.fields` says.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import IO, Any, NamedTuple

from moderation.common.messages import gettext
from moderation.data import Block, Page, Span
from moderation.errors import LabelError, MalformedRow, PageError
from moderation.inputs.fields import row_page
from moderation.inputs.intake import EMPTY, numbered_values
from moderation.stages.blocks import outline

__all__ = [
    "HONEST",
    "SPAM",
    "Truth",
    "as_label",
    "merged",
    "numbered_rows",
    "planted_spans",
    "planted_texts",
    "row_page",
    "shared",
    "truth_of",
]

HONEST = "clean"
# Of whatever label.
SPAM = "spam"
_HONEST = frozenset(["clean", "honest", ""])
# Planted texts of one page; each is looked for in all of it. And the places of one that are looked at.
_PLANTED = 64
_PLACES = 10_000
# Characters of what is quoted in a message, and of a place, which is a group's name and not a text.
_SHORT = 64


class Truth(NamedTuple):
    """What somebody says of a page.

    Attributes:
        label: ``clean``, ``spam``, or a label of the model.
        place: where the spam, or the text itself, stands; any short word, empty if not said.
        spans: of the planted text, in the page's source, sorted and apart; empty if not said.
        notes: what was said and cannot be used, each with its fix.
    """

    label: str
    place: str = ""
    spans: tuple[Span, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_spam(self) -> bool:
        return self.label != HONEST


# ------------------------------------------------------------------------------------------------------ rows and pages


def numbered_rows(lines: IO[bytes], source: str) -> Iterator[tuple[int, dict[str, Any] | PageError]]:
    """The objects of JSON Lines, each with the number of its line, from 1; or the error in the place of one.

    Empty lines are left out. One line is in memory at a time, and no line beyond the size of a page.
    """
    for number, value in numbered_values(lines, source):
        if isinstance(value, dict | PageError):
            yield number, value
        elif value is not EMPTY:
            where = f"{source}#{number}"
            yield (
                number,
                MalformedRow(
                    gettext('{where}: no JSON object; a row is {{"id": …, "text": …}}').format(where=where), where
                ),
            )


# ------------------------------------------------------------------------------------------------------ what rows say


def as_label(value: Any, known: Sequence[str]) -> str | None:
    """What a row has under ``label``, as a label: ``clean``, ``spam``, one of those known; None if it is no label."""
    if value is None:
        return HONEST
    if not isinstance(value, str):
        return None
    word = value.strip().casefold()
    if word in _HONEST:
        return HONEST
    return next((label for label in (SPAM, *known) if label.casefold() == word), None)


def truth_of(row: Mapping[str, Any], page: Page, known: Sequence[str], where: str) -> Truth:
    """What a row says of its page.

    Args:
        row: with ``label``, and ``place``, ``span`` or ``spam`` if it has them.
        page: the row's page, or the page that the row is about.
        known: the labels there are.
        where: what the row is called.

    Raises:
        LabelError: the row has no label, or one that is not known.
    """
    if "label" not in row:
        raise LabelError(
            gettext("{where}: no label; say clean, spam, or one of {known}").format(where=where, known=", ".join(known))
        )
    label = as_label(row["label"], known)
    if label is None:
        said = gettext("say clean, spam, or one of {known}").format(known=", ".join(known))
        raise LabelError(
            gettext("{where}: label {label} is unknown; {said}").format(
                where=where, label=_quoted(row["label"]), said=said
            )
        )
    notes = []
    place = row.get("place") or ""
    if not isinstance(place, str) or len(place) > _SHORT:
        notes.append(gettext("{where}: place is no short word; give one such as title or body").format(where=where))
        place = ""
    spans: tuple[Span, ...] = ()
    if label != HONEST:
        try:
            spans = planted_spans(row, page, where)
        except LabelError as error:
            notes.append(str(error))
    return Truth(label, place, spans, tuple(notes))


def planted_spans(row: Mapping[str, Any], page: Page, where: str) -> tuple[Span, ...]:
    """Where the planted text stands in the source of a page, as its row says it; empty where it does not say.

    Args:
        row: with ``span``, which is [start, end] in code points of the page's source, or a list of such; or with
            ``spam``, the planted text, or a list of texts, each meant wherever it stands.
        page: the row's page.
        where: what the row is called.

    Raises:
        LabelError: what the row says cannot be.
    """
    if row.get("span") is not None:
        given = row["span"]
        pairs = given if isinstance(given, list) and given and isinstance(given[0], list) else [given]
        return merged([_span(pair, page, where) for pair in pairs])
    if row.get("spam") is None:
        return ()
    texts = row["spam"] if isinstance(row["spam"], list) else [row["spam"]]
    if len(texts) > _PLANTED or not all(isinstance(text, str) and text.strip() for text in texts):
        raise LabelError(
            gettext("{where}: spam is no text; give the planted text, or a list of at most {planted} texts").format(
                where=where, planted=_PLANTED
            )
        )
    spans: list[Span] = []
    for text in texts:
        found = _find(page, text.strip())
        if not found:
            raise LabelError(
                gettext("{where}: the text in spam does not stand on the page; give it as it stands there").format(
                    where=where
                )
            )
        spans += found
    return merged(spans)


def _span(pair: Any, page: Page, where: str) -> Span:
    size = len(page.content)
    # True and False are integers, to Python.
    if isinstance(pair, list) and len(pair) == 2 and all(type(end) is int for end in pair):
        start, end = pair
        if 0 <= start < end <= size:
            return Span(start, end)
    raise LabelError(
        gettext("{where}: {pair} is no span of the page's {size:,} code points; give [start, end]").format(
            where=where, pair=_quoted(pair), size=size
        )
    )


def _quoted(value: Any) -> str:
    """A value in a message. What nests is not shown: it may be larger, or deeper, than can be printed."""
    if isinstance(value, list) and all(type(each) is int for each in value[: _SHORT + 1]):
        shown = ", ".join(map(str, value[:_SHORT]))
        return f"[{shown[:_SHORT]}]"
    if isinstance(value, list | dict):
        return gettext("a list") if isinstance(value, list) else gettext("an object")
    return repr(value[:_SHORT] if isinstance(value, str) else value)[: _SHORT + 2]


def _find(page: Page, text: str) -> list[Span]:
    """Every place of a text in the source; where it is nowhere, its places in what a reader sees."""
    spans = [Span(at, at + len(text)) for at in islice(_occurrences(page.content, text), _PLACES)]
    if spans:
        return spans
    seen = (
        block.offsets.span(Span(at, at + len(text)))
        for block in outline(page).blocks
        for at in _occurrences(block.text, text)
    )
    return list(islice(seen, _PLACES))


def _occurrences(whole: str, part: str) -> Iterator[int]:
    at = whole.find(part)
    while at >= 0:
        yield at
        at = whole.find(part, at + len(part))


def merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The same stretches, sorted, with those that touch as one."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return tuple(found)


def shared(some: Sequence[Span], others: Sequence[Span]) -> int:
    """Code points that two lists of spans share, each sorted and apart."""
    size = one = other = 0
    while one < len(some) and other < len(others):
        first, second = some[one], others[other]
        size += max(0, min(first.end, second.end) - max(first.start, second.start))
        if first.end < second.end:
            one += 1
        else:
            other += 1
    return size


def planted_texts(page: Page, spans: Sequence[Span]) -> list[str]:
    """What a reader sees in some spans of a page, block by block.

    Args:
        page: its source is meant by the spans.
        spans: sorted and apart, as :func:`merged` gives them.
    """
    texts = [_inside(block, span) for block in outline(page).blocks for span in _touching(block, spans)]
    return [text for text in texts if text]


def _touching(block: Block, spans: Sequence[Span]) -> Iterator[Span]:
    for at in range(bisect_right(spans, block.span.start, key=lambda span: span.end), len(spans)):
        if spans[at].start >= block.span.end:
            return
        yield spans[at]


def _inside(block: Block, span: Span) -> str:
    """What of a block's text comes from a span of the source."""
    places = range(len(block.text))
    # Origins never decrease.
    first = bisect_left(places, True, key=lambda at: block.offsets.at(at).end > span.start)
    last = bisect_left(places, True, key=lambda at: block.offsets.at(at).start >= span.end)
    return block.text[first:last].strip()
