"""A page minus the injected spans, everything else byte for byte as it was, and the list of cuts.

Finding and cutting are separate: this stage is given spans and decides only what must go with them, so that no husk is
left: the separator towards a genuine half, an element, attribute or meta tag emptied by the cut, a line of its own.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from turbohtml import TokenType, tokenize

from moderation.data import Cleaned, Cut, Page, Span
from moderation.stages._cuts import CODE_JOINTS, JOINTS, grow, grow_in_script, grow_line, merge, with_begun_mark
from moderation.stages._html import ATTRIBUTE, NESTED, RAW, VOID, closes, ends_more, is_inline

__all__ = ["clean", "restore"]

_LINE_END = re.compile("\r\n")
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

    tag: str
    start: int
    block: int
    cut: bool = False
    kept: bool = False


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
        self._cursor = 0
        self._stack = [_Element("", 0, 0)]
        self._open: Counter[str] = Counter()
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
        return index + bisect_left(self._pairs, index) if self._pairs else index

    # -- the walk

    def _read(self, source: str, base: int, depth: int) -> None:
        at = base
        raw = ""
        for token in tokenize(source, resolve_references=False, capture_source=True):
            kind = token.type
            verbatim = (token.data if kind == TokenType.TEXT else token.source) or ""
            span = Span(self._place(at), self._place(at + len(verbatim)))
            if kind in (TokenType.TEXT, TokenType.CHARACTER_REFERENCE):
                if raw and depth < NESTED:
                    self._read(verbatim, at, depth + 1)
                else:
                    self._text = Span(self._text.start if self._text else span.start, span.end)
            elif kind == TokenType.START_TAG:
                self._flush()
                tag = token.tag or ""
                self._start(tag, span, token.self_closing)
                self._code = tag if tag in ("script", "style") else ""
                if self._code and token.self_closing and (self._open["svg"] or self._open["math"]):
                    # It ends at once there: what follows is markup, although the tokenizer takes it for code.
                    self._code = "style"
                raw = tag if tag in RAW and not self._code else ""
            elif kind == TokenType.END_TAG:
                self._flush()
                self._end(token.tag or "", span)
                raw = ""
                self._code = ""
            else:
                self._flush()
            at += len(verbatim)
        self._flush()

    def _start(self, tag: str, span: Span, self_closing: bool) -> None:
        ends = closes(tag)
        while ends and self._stack[self._stack[-1].block].tag in ends:
            back = self._stack[-1].block
            ended = self._stack[back].tag
            while len(self._stack) > back:
                self._close(span.start)
            if not ends_more(ended, ends):
                break
        hit = self._cut_attributes(tag, span)
        top = self._stack[-1]
        if tag == "br":
            if self._line_cut and not self._line_kept:
                self._found.append(span)
            self._line_cut = self._line_kept = False
        elif tag in VOID or self_closing:
            if hit:
                top.cut = True
            elif tag != "wbr":
                top.kept = self._line_kept = True
        else:
            inline = is_inline(tag)
            self._stack.append(_Element(tag, span.start, top.block if inline else len(self._stack)))
            self._open[tag] += 1
            if not inline:
                self._line_cut = self._line_kept = False

    def _end(self, tag: str, span: Span) -> None:
        # An end tag without a start is skipped by the count, so that hostile nesting stays linear.
        if not self._open[tag]:
            return
        while self._stack[-1].tag != tag:
            # An element without an end tag of its own ends where the one around it does.
            self._close(span.start)
        self._close(span.end)

    def _close(self, end: int) -> None:
        """Ends the innermost element; one that the cuts emptied goes with them."""
        element = self._stack.pop()
        self._open[element.tag] -= 1
        top = self._stack[-1]
        if element.cut and not element.kept and element.tag not in _KEEP:
            self._found.append(Span(element.start, end))
            top.cut = True
        else:
            top.kept = True
        if not is_inline(element.tag):
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
        if any(self._content[start:end].strip() for start, end in zip(starts, ends, strict=True)):
            self._stack[-1].kept = self._line_kept = True

    def _inside(self, bounds: Span) -> list[Span]:
        """What is wanted of a stretch; stretches are asked for in order."""
        wanted = self._wanted
        while self._cursor < len(wanted) and wanted[self._cursor].end <= bounds.start:
            self._cursor += 1
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
