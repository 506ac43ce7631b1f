"""How far a cut of a text reaches: over separators, whole escapes and literals of a script, whole lines."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from html import unescape

from moderation import _native
from moderation.data import Span

__all__ = ["CODE_JOINTS", "JOINTS", "grow", "grow_in_script", "grow_line", "merge", "with_begun_mark"]

JOINTS = frozenset(" \t\xa0\u3000_|丨,，、-–—·•:：;；/>»~～")
# In code ">" ends a tag.
CODE_JOINTS = JOINTS - {">"}
_BLANK = frozenset(" \t\xa0\u3000")
# Where a text ends within another one: a line's end, and the quotes of a script's string.
_EDGES = frozenset("\r\n\"'`")
# A reference that ends where the text does.
_REFERENCE = re.compile(r"&(?:#[0-9a-fA-FxX]{1,7}|[a-zA-Z][a-zA-Z0-9]{1,15});")


def merge(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(span for span in spans if span.end > span.start):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


# ---------------------------------------------------------------------------------------------------------------- text


def grow(
    content: str, spans: Iterable[Span], bounds: Span, is_html: bool, joints: frozenset[str] = JOINTS
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


def grow_line(content: str, span: Span) -> Span:
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


def grow_in_script(content: str, spans: Sequence[Span], bounds: Span) -> list[Span]:
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
            else grow(content, inside, literal, True)
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
    return merge(grown)


def _breaks(content: str, cuts: Sequence[Span], literal: Span) -> bool:
    """Whether what the cuts leave of a string is no string any more."""
    starts = [literal.start, *(cut.end for cut in cuts)]
    ends = [*(cut.start for cut in cuts), literal.end]
    kept = "".join(content[start:end] for start, end in zip(starts, ends, strict=True))
    before, after = (_BREAKS.findall(text) for text in (content[literal.start : literal.end], kept))
    return len(after) > len(before)


# ---------------------------------------------------------------------------------------------------------- begun marks

# The beginning of a tag or reference that is none, because what follows it can be no part of one.
_BEGUN = re.compile(r"(?:</?[a-zA-Z]{0,31}|<!-{0,2}|&#?[0-9a-zA-Z]{0,31})\Z")


def with_begun_mark(content: str, span: Span, bounds: Span) -> Span:
    """A cut of a text, with the beginning of a tag or reference before it, which the text behind would finish."""
    begun = _BEGUN.search(content, max(bounds.start, span.start - 34), span.start)
    return Span(begun.start(), span.end) if begun and span.end < bounds.end else span
