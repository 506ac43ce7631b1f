"""Page -> blocks: titles, meta tags, headings, text runs, link lists, hidden text, each with its place in the source.

The work is done by ``native/markup/markup.cpp`` and its neighbours; this is its door. The page is read as the token
stream of the WHATWG tokenizer, not as a tree: so offsets add up to the source by construction, and deep nesting costs
nothing. What a tree would add (foster parenting, formatting elements) moves no text that matters here.
"""

from __future__ import annotations

import re

from moderation import _native
from moderation.data import Block, Mark, OffsetMap, Outline, Page, Piece, Place, Span
from moderation.stages._markup import markup

__all__ = ["block", "looks_like_html", "markup", "of_reading", "outline"]

_MARKUP = re.compile(
    r"<(?:!doctype|!--|/?(?:html|head|body|title|meta|link|script|style|div|p|br|a|span|img|h[1-6]|ul|ol|li|table|td|tr"
    r"|font|b|strong|em|i|center|section|article|header|footer|nav|main|blockquote|pre|figure)\b)",
    re.IGNORECASE,
)
_PLACES = tuple(Place)


def looks_like_html(text: str) -> bool:
    """Whether a string that came without a type is markup (looks at the first 64 K code points)."""
    return _MARKUP.search(text, 0, 65536) is not None


def outline(page: Page) -> Outline:
    """The blocks of a page in source order. Markup is read as HTML, plain text line by line."""
    return of_reading(_native.outline(page.content, page.is_html, markup(), page.title_end))


def of_reading(page_reading: _native.PageReading) -> Outline:
    """All blocks and marks of a page that the engine has read."""
    marks = tuple([Mark(code, Span(*span), detail) for code, span, detail in page_reading.marks()])
    return Outline(tuple([block(page_reading.block(number)) for number in range(len(page_reading))]), marks)


def block(row: _native.Row) -> Block:
    """A block, as the engine gives its parts."""
    text, span, place, path, pieces, hidden, coded, index = row
    offsets = OffsetMap([Piece(*piece) for piece in pieces])
    return Block(text, Span(*span), _PLACES[place], path, offsets, hidden, coded, index)
