"""A page minus the injected spans, everything else byte for byte as it was, and the list of cuts.

Finding and cutting are separate: this stage is given spans and decides only what must go with them, so that no husk is
left: the separator towards a genuine half, an element, attribute or meta tag emptied by the cut, a line of its own.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from turbohtml import TokenType, tokenize

from moderation.data import Cleaned, Cut, Page, Span
from moderation.stages._cuts import CODE_JOINTS, JOINTS, grow, grow_in_script, grow_line, merge, with_begun_mark
from moderation.stages._html import ATTRIBUTE, NESTED, RAW, VOID, closes, ends_more, is_inline

__all__ = ["clean", "restore"]

_LINE_END = re.compile("\r\n")
_TEXT, _REFERENCE = TokenType.TEXT, TokenType.CHARACTER_REFERENCE
_START_TAG, _END_TAG = TokenType.START_TAG, TokenType.END_TAG
# Emptied, these stay: without them the page would be another page.
_KEEP = frozenset("html head body main article table thead tbody tfoot tr td th form nav header footer section".split())


def clean(page: Page, spans: Iterable[Span]) -> Cleaned:
    """The page without the spans.

    Args:
        page: the page as it was checked.
        spans: stretches of ``page.content`` to take out; they may touch or overlap.

    Returns: the cleaned content and the cuts in source order, disjoint, from which :func:`restore` puts it back.
    """
    content = page.content
    # A finding that says where reading ended has no text.
    spans = sorted(span for span in spans if span.size)
    wanted = merge(spans)
    if not wanted:
        return Cleaned(content)
    grown = (
        _Husks(content, wanted, spans).find() if page.is_html else grow(content, wanted, Span(0, len(content)), False)
    )
    cuts = merge(grow_line(content, span) for span in merge(grown))
    kept: list[str] = []
    at = 0
    for span in cuts:
        kept.append(content[at : span.start])
        at = span.end
    kept.append(content[at:])
    return Cleaned("".join(kept), tuple(Cut(span, content[span.start : span.end]) for span in cuts))


def restore(content: str, cuts: Sequence[Cut]) -> str:
    """The original of a cleaned page: the inverse of :func:`clean`."""
    parts: list[str] = []
    at = removed = 0
    for cut in cuts:
        here = cut.span.start - removed
        parts.append(content[at:here])
        parts.append(cut.removed)
        at = here
        removed += cut.span.size
    parts.append(content[at:])
    return "".join(parts)


# ---------------------------------------------------------------------------------------------------------------- html


@dataclass(slots=True)
class _Element:
    """An open element: what was cut from it, and whether anything else is in it.

    ``block`` is where the nearest element of the stack that is not inline stands, itself counted.
    """

    tag: _Tag
    start: int
    block: int
    cut: bool = False
    kept: bool = False


class _Tag(NamedTuple):
    """What is known of the elements of one name."""

    name: str
    is_inline: bool
    is_void: bool
    is_kept: bool
    ends: frozenset[str]


def _tag(name: str) -> _Tag:
    return _Tag(name, is_inline(name), name in VOID, name in _KEEP, closes(name))


class _Husks:
    """Finds what a cut of text empties, by one walk over the token stream.

    Only text, attributes and whole elements are cut, never a lone tag, so that the markup stays balanced.
    """

    def __init__(self, content: str, wanted: Sequence[Span], spans: Sequence[Span]) -> None:
        self._content = content
        self._wanted = wanted
        # As they came, sorted: one of an attribute may lie inside of one of the line around it.
        self._spans = spans
        self._found: list[Span] = []
        # The newline pairs as the tokenizer counts them, each less those before it.
        self._pairs = [found.start() - number for number, found in enumerate(_LINE_END.finditer(content))]
        # The first wanted span that may reach what is read next, and where it starts.
        self._cursor = 0
        self._next = wanted[0].start
        self._stack = [_Element(_tag(""), 0, 0)]
        self._open: dict[str, int] = {}
        # What is known of each name on the page; a page of half a million tags asks for it that often.
        self._tags: dict[str, _Tag] = {}
        # Text and references that follow each other are one text.
        self._text: Span | None = None
        # "script" or "style" inside of what the tokenizer takes for one; in a drawing it may be markup.
        self._code = ""
        # What stands on the line that a <br> would end.
        self._line_cut = self._line_kept = False

    def find(self) -> list[Span]:
        """What to cut, in no order."""
        content = self._content
        self._read(content.replace("\r\n", "\n").replace("\r", "\n") if "\r" in content else content, 0, 0)
        while len(self._stack) > 1:
            self._close(len(content))
        return self._found

    def _place(self, index: int) -> int:
        """The offset in the content of one in the source with the newlines of the HTML standard."""
        return index + bisect_left(self._pairs, index)

    # -- the walk

    def _read(self, source: str, base: int, depth: int) -> None:
        at = base
        raw = ""
        for token in tokenize(source, resolve_references=False, capture_source=True):
            kind = token.type
            verbatim = (token.data if kind is _TEXT else token.source) or ""
            behind = at + len(verbatim)
            start, end = (self._place(at), self._place(behind)) if self._pairs else (at, behind)
            if kind is _TEXT or kind is _REFERENCE:
                if raw and depth < NESTED:
                    self._read(verbatim, at, depth + 1)
                else:
                    self._text = Span(self._text.start if self._text else start, end)
                at = behind
                continue
            if self._text is not None:
                self._flush()
            if kind is _START_TAG:
                tag = token.tag or ""
                self._start(tag, start, end, token.self_closing)
                self._code = tag if tag in ("script", "style") else ""
                if self._code and token.self_closing and (self._open.get("svg") or self._open.get("math")):
                    # It ends at once there: what follows is markup, although the tokenizer takes it for code.
                    self._code = "style"
                raw = tag if tag in RAW and not self._code else ""
            elif kind is _END_TAG:
                self._end(token.tag or "", start, end)
                raw = ""
                self._code = ""
            at = behind
        if self._text is not None:
            self._flush()

    def _start(self, name: str, start: int, end: int, self_closing: bool) -> None:
        tag = self._tags.get(name)
        if tag is None:
            tag = self._tags[name] = _tag(name)
        stack = self._stack
        ends = tag.ends
        while ends and stack[stack[-1].block].tag.name in ends:
            back = stack[-1].block
            ended = stack[back].tag.name
            while len(stack) > back:
                self._close(start)
            if not ends_more(ended, ends):
                break
        hit = self._next < end and self._cut_attributes(name, Span(start, end))
        top = stack[-1]
        if name == "br":
            if self._line_cut and not self._line_kept:
                self._found.append(Span(start, end))
            self._line_cut = self._line_kept = False
        elif tag.is_void or self_closing:
            if hit:
                top.cut = True
            elif name != "wbr":
                top.kept = self._line_kept = True
        else:
            self._open[name] = self._open.get(name, 0) + 1
            if tag.is_inline:
                stack.append(_Element(tag, start, top.block))
            else:
                stack.append(_Element(tag, start, len(stack)))
                self._line_cut = self._line_kept = False

    def _end(self, name: str, start: int, end: int) -> None:
        # An end tag without a start is skipped by the count, so that hostile nesting stays linear.
        if not self._open.get(name):
            return
        while self._stack[-1].tag.name != name:
            # An element without an end tag of its own ends where the one around it does.
            self._close(start)
        self._close(end)

    def _close(self, end: int) -> None:
        """Ends the innermost element; one that the cuts emptied goes with them."""
        element = self._stack.pop()
        tag = element.tag
        self._open[tag.name] -= 1
        top = self._stack[-1]
        if element.cut and not element.kept and not tag.is_kept:
            found = self._found
            # What was found in it goes with it, so that elements deep in each other are one span.
            while found and found[-1].start >= element.start:
                found.pop()
            found.append(Span(element.start, end))
            top.cut = True
        else:
            top.kept = True
        if not tag.is_inline:
            self._line_cut = self._line_kept = False
        elif not element.cut:
            self._line_kept = True

    def _flush(self) -> None:
        """Cuts the text read so far."""
        text, self._text = self._text, None
        if text is None:
            return
        inside = self._inside(text)
        grown = []
        if inside and self._code == "script":
            grown = grow_in_script(self._content, inside, text)
        elif inside:
            grown = grow(self._content, inside, text, True, CODE_JOINTS if self._code else JOINTS)
            grown = [with_begun_mark(self._content, span, text) for span in grown]
        self._found += grown
        starts = [text.start, *(span.end for span in grown)]
        ends = [*(span.start for span in grown), text.end]
        if grown:
            self._stack[-1].cut = self._line_cut = True
        if any(not self._content[start:end].isspace() for start, end in zip(starts, ends, strict=True) if start < end):
            self._stack[-1].kept = self._line_kept = True

    def _inside(self, bounds: Span) -> list[Span]:
        """What is wanted of a stretch; stretches are asked for in order."""
        if self._next >= bounds.end:
            return []
        wanted = self._wanted
        while self._cursor < len(wanted) and wanted[self._cursor].end <= bounds.start:
            self._cursor += 1
        self._next = wanted[self._cursor].start if self._cursor < len(wanted) else len(self._content)
        found = []
        for number in range(self._cursor, len(wanted)):
            span = wanted[number]
            if span.start >= bounds.end:
                break
            found.append(Span(max(bounds.start, span.start), min(bounds.end, span.end)))
        return found

    # -- attributes

    def _cut_attributes(self, tag: str, span: Span) -> bool:
        """Takes out attributes whose value is cut whole; for a meta tag, the tag. Whether the tag is gone."""
        if not self._inside(span):
            return False
        content = self._content
        for found in ATTRIBUTE.finditer(content, span.start, span.end):
            value = Span(*found.span(found.lastindex or 0))
            # A span that reaches beyond the value is one of a text around the tag.
            first, last = bisect_left(self._spans, (value.start,)), bisect_left(self._spans, (value.end,))
            inside = merge(each for each in self._spans[first:last] if each.end <= value.end)
            if not inside:
                continue
            is_page = content[found.start(1) : found.end(1)].lower() == "srcdoc"
            grown = grow(content, inside, value, True, CODE_JOINTS if is_page else JOINTS)
            if sum(each.size for each in grown) < value.size:
                self._found += grown
            elif tag == "meta":
                self._found.append(span)
                return True
            else:
                start = found.start()
                while content[start - 1].isspace():
                    start -= 1
                self._found.append(Span(start, found.end()))
        return False
