"""A page minus the injected spans, everything else byte for byte as it was, and the list of cuts.

Finding and cutting are separate: this stage is given spans and decides only what must go with them, so that no husk is
left: the separator towards a genuine half, an element, attribute or meta tag emptied by the cut, a line of its own.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import unescape

from turbohtml import TokenType, tokenize

from moderation import _native
from moderation.data import Cleaned, Cut, Page, Span
from moderation.stages._html import ATTRIBUTE, NESTED, RAW, VOID, closes, ends_more, is_inline

__all__ = ["clean", "restore"]

_JOINT = frozenset(" \t\xa0\u3000_|丨,，、-–—·•:：;；/>»~～")
# In code ">" ends a tag.
_CODE_JOINT = _JOINT - {">"}
_BLANK = frozenset(" \t\xa0\u3000")
# Where a text ends within another one: a line's end, and the quotes of a script's string.
_EDGES = frozenset("\r\n\"'`")
# A reference that ends where the text does.
_LINE_END = re.compile("\r\n")
_REFERENCE = re.compile(r"&(?:#[0-9a-fA-FxX]{1,7}|[a-zA-Z][a-zA-Z0-9]{1,15});")
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
    wanted = _merge(spans)
    if not wanted:
        return Cleaned(content)
    grown = (
        _Husks(content, wanted, spans).find() if page.is_html else _grow(content, wanted, Span(0, len(content)), False)
    )
    cuts = _merge(_line(content, span) for span in _merge(grown))
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


def _merge(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(span for span in spans if span.end > span.start):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


# ---------------------------------------------------------------------------------------------------------------- text


def _grow(
    content: str, spans: Iterable[Span], bounds: Span, is_html: bool, joints: frozenset[str] = _JOINT
) -> list[Span]:
    """The spans of one text with the separators between them and what stays on their line.

    A cut at an end of its line takes the separator next to it; one in the middle, between two, takes the one in front,
    so that one is left between the neighbours. Separators beyond that one were there before.
    """
    edges: list[tuple[int, Span, int]] = []
    for span in spans:
        front = _before(content, span.start, bounds.start, is_html, joints)
        back = _behind(content, span.end, bounds.end, is_html, joints)
        if edges and front <= edges[-1][1].end:
            # Nothing but separators between two cuts: they are one.
            edges[-1] = (edges[-1][0], Span(edges[-1][1].start, span.end), back)
        else:
            edges.append((front, span, back))
    grown = []
    for front, span, back in edges:
        has_before = front > bounds.start and content[front - 1] not in _EDGES
        has_after = back < bounds.end and content[back] not in _EDGES
        start, end = span
        if not has_after:
            start = front
        if not has_before or (not has_after and not _BLANK.issuperset(content[span.end : back])):
            # Behind a genuine text that ended in a blank of its own, that blank stays.
            end = back
        if has_before and (not has_after or back > span.end):
            start = _before(content, span.start, bounds.start, is_html, joints, one=True)
        if has_after and not has_before:
            end = _behind(content, span.end, bounds.end, is_html, joints, one=True)
        grown.append(Span(start, end))
    return grown


class _Joint:
    """One separator between two texts: a mark, repeated or not, with the blanks around it."""

    def __init__(self) -> None:
        self._mark = ""
        self._is_over = False

    def takes(self, text: str) -> bool:
        """Whether the next character or reference belongs to it."""
        if _BLANK.issuperset(text):
            self._is_over = bool(self._mark)
            return True
        if self._is_over or (self._mark and text != self._mark):
            return False
        self._mark = text
        return True


def _before(content: str, at: int, low: int, is_html: bool, joints: frozenset[str], one: bool = False) -> int:
    """Where the separators begin that end at ``at``; with ``one`` the last of them."""
    joint = _Joint()
    while at > low and content[at - 1] in joints:
        begin = at - 1
        if is_html and content[begin] == ";":
            reference = content.rfind("&", max(low, at - 18), at)
            found = _REFERENCE.fullmatch(content, reference, at) if reference >= 0 else None
            if found is not None:
                if not _is_joint(found, joints):
                    break
                begin = reference
        if one and not joint.takes(unescape(content[begin:at])):
            break
        at = begin
    return at


def _behind(content: str, at: int, high: int, is_html: bool, joints: frozenset[str], one: bool = False) -> int:
    """Where the separators end that begin at ``at``; with ``one`` the first of them."""
    joint = _Joint()
    while at < high:
        end = at + 1
        if content[at] not in joints:
            found = _REFERENCE.match(content, at, high) if is_html and content[at] == "&" else None
            if found is None or not _is_joint(found, joints):
                break
            end = found.end()
        if one and not joint.takes(unescape(content[at:end])):
            break
        at = end
    return at


def _is_joint(reference: re.Match[str], joints: frozenset[str]) -> bool:
    return joints.issuperset(unescape(reference.group()))


def _line(content: str, span: Span) -> Span:
    """Takes the line break, and one blank line, along with a cut that had its lines to itself."""
    start = span.start
    while start and content[start - 1] in " \t":
        start -= 1
    end = span.end
    while end < len(content) and content[end] in " \t":
        end += 1
    if (start and content[start - 1] not in "\r\n") or (end < len(content) and content[end] not in "\r\n"):
        return span
    if end == len(content):
        return Span(start, end)
    end = _past_newline(content, end)
    # Between two blank lines, or at the very start, the blank line behind belonged to the cut line.
    is_between = start == 0 or content[max(0, start - 4) : start].endswith(("\n\n", "\r\n\r\n", "\r\r"))
    if is_between and end < len(content) and content[end] in "\r\n":
        end = _past_newline(content, end)
    return Span(start, end)


def _past_newline(content: str, at: int) -> int:
    return at + 2 if content.startswith("\r\n", at) else at + 1


# ------------------------------------------------------------------------------------------------------------- scripts

# An escape in a string of a script.
_ESCAPE = re.compile(
    r"\\(?:u\{[0-9a-fA-F]{1,8}\}|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}"
    r"|x[0-9a-fA-F]{2}|[0-7]{1,3}|\r\n|.)",
    re.DOTALL,
)
# What a cut must not leave in a string: it would end the script, or begin a substitution.
_BREAKS = re.compile(r"</script|<!--|\$\{", re.IGNORECASE)


def _of_script(content: str, spans: Sequence[Span], bounds: Span) -> list[Span]:
    """What to cut of a script so that it stays one: the insides of its strings, and lists of numbers as a whole.

    A span over all of the script takes it as a whole.

    Args:
        content: the page.
        spans: what is wanted of the script, in order and apart.
        bounds: the script.
    """
    if any(span.covers(bounds) for span in spans):
        return [bounds]
    found: list[Span] = []
    first = 0
    for start, end, is_list, is_prose in _native.script_literals(content[bounds.start : bounds.end]):
        literal = Span(bounds.start + start, bounds.start + end)
        while first < len(spans) and spans[first].end <= literal.start:
            first += 1
        inside: list[Span] = []
        for number in range(first, len(spans)):
            span = spans[number]
            if span.start >= literal.end:
                break
            inside.append(Span(max(span.start, literal.start), min(span.end, literal.end)))
        if not inside:
            continue
        cuts = (
            [literal]
            if is_list
            else _grow(content, inside, literal, True)
            if is_prose
            else _whole_escapes(content, inside, literal)
        )
        found += [literal] if _breaks(content, cuts, literal) else cuts
    return found


def _whole_escapes(content: str, spans: Iterable[Span], literal: Span) -> list[Span]:
    """The spans, each with the escapes that it would cut in two."""
    escapes = [Span(*found.span()) for found in _ESCAPE.finditer(content, literal.start, literal.end)]
    ends = [escape.end for escape in escapes]
    grown = []
    for start, end in spans:
        at = bisect_right(ends, start)
        if at < len(escapes) and escapes[at].start < start:
            start = escapes[at].start
        at = bisect_right(ends, end - 1)
        if at < len(escapes) and escapes[at].start < end:
            end = escapes[at].end
        grown.append(Span(start, end))
    return _merge(grown)


def _breaks(content: str, cuts: Sequence[Span], literal: Span) -> bool:
    """Whether what the cuts leave of a string is no string any more."""
    starts = [literal.start, *(cut.end for cut in cuts)]
    ends = [*(cut.start for cut in cuts), literal.end]
    kept = "".join(content[start:end] for start, end in zip(starts, ends, strict=True))
    before, after = (_BREAKS.findall(text) for text in (content[literal.start : literal.end], kept))
    return len(after) > len(before)


# ---------------------------------------------------------------------------------------------------------------- html

# The beginning of a tag or reference that is none, because what follows it can be no part of one.
_BEGUN = re.compile(r"(?:</?[a-zA-Z]{0,31}|<!-{0,2}|&#?[0-9a-zA-Z]{0,31})\Z")


def _beside_no_mark(content: str, span: Span, bounds: Span) -> Span:
    """A cut of a text, with the beginning of a tag or reference before it, which the text behind would finish."""
    begun = _BEGUN.search(content, max(bounds.start, span.start - 34), span.start)
    return Span(begun.start(), span.end) if begun and span.end < bounds.end else span


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
            grown = _of_script(self._content, inside, text)
        elif inside:
            grown = _grow(self._content, inside, text, True, _CODE_JOINT if self._code else _JOINT)
        grown = [_beside_no_mark(self._content, span, text) for span in grown]
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
            inside = _merge(each for each in self._spans[first:last] if each.end <= value.end)
            if not inside:
                continue
            is_page = content[found.start(1) : found.end(1)].lower() == "srcdoc"
            grown = _grow(content, inside, value, True, _CODE_JOINT if is_page else _JOINT)
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
