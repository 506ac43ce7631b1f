"""Page -> blocks: titles, meta tags, headings, text runs, link lists, hidden text, each with its place in the source.

Markup is read by :mod:`moderation.stages._markup`; here its items are put together to blocks, and get their place.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from moderation.data import Block, OffsetMap, Outline, Page, Piece, Place, Span
from moderation.stages._items import Item
from moderation.stages._markup import read_markup

__all__ = ["looks_like_html", "outline"]

_MARKUP = re.compile(
    r"<(?:!doctype|!--|/?(?:html|head|body|title|meta|link|script|style|div|p|br|a|span|img|h[1-6]|ul|ol|li|table|td|tr"
    r"|font|b|strong|em|i|center|section|article|header|footer|nav|main|blockquote|pre|figure)\b)",
    re.IGNORECASE,
)
# An item longer than this stands for itself; shorter ones of one list are read together.
_SHORT_ITEM = 48
# Prose of this length is the page's own content: what stands before it is its head.
_PROSE = 60
_HEAD_RUNS = 12


def looks_like_html(text: str) -> bool:
    """Whether a string that came without a type is markup (looks at the first 64 K code points)."""
    return _MARKUP.search(text, 0, 65536) is not None


def outline(page: Page) -> Outline:
    """The blocks of a page in source order. Markup is read as HTML, plain text line by line."""
    return _outline_html(page.content) if page.is_html else _outline_text(page.content)


# ---------------------------------------------------------------------------------------------------------------- text


def _outline_text(content: str) -> Outline:
    blocks: list[Block] = []
    position = 0
    head = True
    for line in content.splitlines(keepends=True):
        text = line.strip()
        if text:
            start = position + line.index(text[0])
            span = Span(start, start + len(text))
            place = Place.HEAD if head else Place.BODY
            blocks.append(Block(text, span, place, "text", OffsetMap.identity(start), index=len(blocks)))
        # The head of a plain text is its first lines, up to the first blank one.
        head = head and (bool(text) or not blocks) and len(blocks) < _HEAD_RUNS
        position += len(line)
    return Outline(tuple(blocks))


# ---------------------------------------------------------------------------------------------------------------- html


def _outline_html(content: str) -> Outline:
    source, shift = _newlines(content)
    items, marks = read_markup(source)
    blocks = _blocks(items)
    if shift is not None:
        blocks = [_shifted(block, shift) for block in blocks]
        marks = tuple(mark._replace(span=shift.span(mark.span)) for mark in marks)
    return Outline(tuple(blocks), marks)


def _newlines(content: str) -> tuple[str, OffsetMap | None]:
    """The source with the newlines of the HTML standard (CR LF and CR are LF), and the way back."""
    if "\r" not in content:
        return content, None
    pieces = [Piece(0, 0, 0)]
    if "\r\n" in content:
        removed = 0
        at = content.find("\r\n")
        while at >= 0:
            # The LF that stands for both keeps the place of the pair; text, if any, goes on one to one behind it.
            if pieces[-1].start == at - removed:
                pieces.pop()
            pieces.append(Piece(at - removed, at, 2))
            removed += 1
            pieces.append(Piece(at + 2 - removed, at + 2, 0))
            at = content.find("\r\n", at + 2)
        content = content.replace("\r\n", "\n")
    return content.replace("\r", "\n"), OffsetMap(pieces)


def _shifted(block: Block, shift: OffsetMap) -> Block:
    pieces: list[Piece] = []
    starts = [piece.start for piece in shift.pieces]
    ends = [*(piece.start for piece in block.offsets.pieces[1:]), len(block.text)]
    for piece, end in zip(block.offsets.pieces, ends, strict=True):
        if piece.width:
            span = shift.span(Span(piece.origin, piece.origin + piece.width))
            pieces.append(Piece(piece.start, span.start, span.size))
            continue
        # A piece that runs over a newline pair is cut there: an attribute value may hold one.
        low, high = piece.origin, piece.origin + end - piece.start
        for number in range(max(0, bisect_right(starts, low) - 1), len(starts)):
            part = shift.pieces[number]
            if part.start >= high and part.start > low:
                break
            begin = max(part.start, low)
            at = piece.start + begin - low
            pieces.append(Piece(at, part.origin if part.width else part.origin + begin - part.start, part.width))
    return Block(
        block.text,
        shift.span(block.span),
        block.place,
        block.path,
        OffsetMap(pieces),
        block.hidden,
        block.coded,
        block.index,
    )


# -------------------------------------------------------------------------------------------------------------- blocks


def _blocks(items: list[Item]) -> list[Block]:
    """Items in source order, short neighbours of one list read together, places settled."""
    groups: list[list[Item]] = []
    for item in items:
        if groups and _joins(groups[-1][-1], item):
            groups[-1].append(item)
        else:
            groups.append([item])
    blocks: list[Block] = []
    head = True
    shown = 0
    for group in groups:
        text, span, offsets, coded = _join(group)
        first = group[0]
        linked = sum([item.linked for item in group])
        if first.place is not None:
            place = first.place
        elif first.path.endswith("title") and "body" not in first.path:
            place = Place.TITLE
        elif first.footer:
            place = Place.FOOTER
        else:
            prose = len(text) - linked
            if first.heading:
                place = Place.HEADING
            elif linked >= 0.6 * len(text) and (len(group) > 1 or first.links > 1):
                place = Place.LINKS
            else:
                place = Place.HEAD if head else Place.BODY
            if not first.hidden:
                shown += 1
                # The head ends with the first heading or prose, unless that is itself the first thing on the page.
                if shown > 1 and (first.heading or prose >= _PROSE or shown > _HEAD_RUNS):
                    head = False
        blocks.append(Block(text, span, place, first.path, offsets, first.hidden, coded, len(blocks)))
    return blocks


def _joins(last: Item, item: Item) -> bool:
    return (
        item.place is None
        and last.place is None
        and item.container == last.container
        and not item.path.endswith("title")
        and item.hidden == last.hidden
        and item.heading == last.heading
        and len(item.text) <= _SHORT_ITEM
        and len(last.text) <= _SHORT_ITEM
    )


def _join(group: list[Item]) -> tuple[str, Span, OffsetMap, float]:
    """Text, span, map and coded share of a block made of some items."""
    if len(group) == 1:
        item = group[0]
        text = item.text
        return (
            text,
            Span(item.pieces[0].origin, item.end),
            OffsetMap(item.pieces),
            round(item.coded / max(1, len(text)), 3) if item.coded else 0.0,
        )
    parts: list[str] = []
    pieces: list[Piece] = []
    size = coded = 0
    end = 0
    for item in group:
        if parts:
            start = item.pieces[0].origin
            parts.append("\n")
            # The line break between two items stands for the markup between them.
            pieces.append(Piece(size, end, max(1, start - end)))
            size += 1
        pieces.extend([Piece(start + size, origin, width) for start, origin, width in item.pieces])
        parts.append(item.text)
        size += len(item.text)
        coded += item.coded
        end = item.end
    return "".join(parts), Span(pieces[0].origin, end), OffsetMap(pieces), round(coded / max(1, size), 3)
