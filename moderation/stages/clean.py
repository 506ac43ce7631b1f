"""A page minus the injected spans, everything else byte for byte as it was, and the list of cuts.

Finding and cutting are separate: this stage is given spans and decides only what must go with them, so that no husk is
left: the separator towards a genuine half, an element, attribute or meta tag emptied by the cut, a line of its own.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from turbohtml import TokenType, tokenize

from moderation.data import Cleaned, Cut, Page, Span

__all__ = ["clean", "restore"]

_JOINT = " \t\u3000_|丨,，、-–—·•:：;；/>»~～"
_BEFORE = re.compile(f"[{re.escape(_JOINT)}]+$")
_AFTER = re.compile(f"[{re.escape(_JOINT)}]+")
# Emptied, these stay: without them the page would be another page.
_KEEP = frozenset("html head body main article table thead tbody tfoot tr td th form nav header footer section".split())
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_ATTRIBUTE = re.compile(r"""\s*[^\s"'<>/=]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>][^\s>]*)""")


def clean(page: Page, spans: Iterable[Span]) -> Cleaned:
    """The page without the spans.

    Args:
        page: the page as it was checked.
        spans: stretches of ``page.content`` to take out; they may touch or overlap.

    Returns: the cleaned content and the cuts in source order, disjoint, from which :func:`restore` puts it back.
    """
    content = page.content
    wanted = _merge(spans)
    if not wanted:
        return Cleaned(content)
    widened = _widen_html(content, wanted) if page.is_html else [_joints(content, span, 0, None) for span in wanted]
    cuts = _merge(_line(content, span) for span in _merge(widened))
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


def _joints(content: str, span: Span, low: int, high: int | None) -> Span:
    """Takes the separators between the cut and what stays on its line along with it.

    ``low`` and ``high`` bound the text the cut stands in. A cut at an end takes the separators next to it; one in the
    middle takes those in front, so that one separator is left between the neighbours.
    """
    begin = max(low, content.rfind("\n", 0, span.start) + 1)
    line = content.find("\n", span.end)
    end = min(len(content) if high is None else high, len(content) if line < 0 else line)
    before = content[begin : span.start]
    after = content[span.end : end]
    front = _BEFORE.search(before)
    back = _AFTER.match(after)
    start, stop = span
    has_before = before.strip(_JOINT) != ""
    has_after = after.strip(_JOINT) != ""
    if front and (has_before or not has_after):
        start = begin + front.start()
    # Behind a genuine text that ended in a blank of its own, that blank stays.
    if back and (not has_before or (not has_after and not back.group().isspace())):
        stop = span.end + back.end()
    elif not has_before and front:
        start = begin + front.start()
    return Span(start, stop)


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
    if start == 0 or content[max(0, start - 4) : start].endswith(("\n\n", "\r\n\r\n")):
        while end < len(content) and content[end] in "\r\n":
            end = _past_newline(content, end)
    return Span(start, end)


def _past_newline(content: str, at: int) -> int:
    return at + 2 if content.startswith("\r\n", at) else at + 1


# ---------------------------------------------------------------------------------------------------------------- html


@dataclass(slots=True)
class _Element:
    tag: str
    start: int
    cut: bool = False
    kept: bool = False


def _widen_html(content: str, wanted: Sequence[Span]) -> list[Span]:
    """The text of the spans with what it empties, by one walk over the token stream.

    Only text and whole elements are cut, never a lone tag, so that the markup stays balanced.
    """
    pairs = [found.start() for found in re.finditer("\r\n", content)]
    # The newline pairs as the tokenizer counts them, each less those before it.
    pairs = [index - number for number, index in enumerate(pairs)]
    source = content.replace("\r\n", "\n").replace("\r", "\n") if "\r" in content else content
    out: list[Span] = []
    stack: list[_Element] = [_Element("", 0)]
    opened: dict[str, int] = {}
    pending: list[tuple[int, int]] = []  # pieces of one stretch of text, joined over references
    cursor = 0
    at = 0
    alone = False  # the line so far held nothing but cut text

    def place(index: int) -> int:
        return index + bisect_left(pairs, index) if pairs else index

    def flush() -> None:
        nonlocal cursor, alone
        if not pending:
            return
        low, high = place(pending[0][0]), place(pending[-1][1])
        pending.clear()
        while cursor < len(wanted) and wanted[cursor].end <= low:
            cursor += 1
        left = low
        cut = False
        rest = []
        index = cursor
        while index < len(wanted) and wanted[index].start < high:
            span = wanted[index]
            cut = True
            inside = Span(max(low, span.start), min(high, span.end))
            rest.append(content[left : inside.start])
            left = inside.end
            grown = _joints(content, inside, low, high)
            out.append(grown)
            index += 1
        rest.append(content[left:high])
        if cut:
            stack[-1].cut = True
        alone = cut and not "".join(rest).strip(_JOINT + "\r\n")
        if not alone and "".join(rest).strip():
            stack[-1].kept = True

    for token in tokenize(source, resolve_references=False, capture_source=True):
        kind = token.type
        verbatim = (token.data if kind == TokenType.TEXT else token.source) or ""
        end = at + len(verbatim)
        if kind in (TokenType.TEXT, TokenType.CHARACTER_REFERENCE):
            pending.append((at, end))
            at = end
            continue
        flush()
        tag = token.tag or ""
        if kind == TokenType.START_TAG:
            low, high = place(at), place(end)
            hit = _cut_attributes(content, tag, low, high, wanted, out)
            if tag == "br" and alone:
                out.append(Span(low, high))
            elif tag in _VOID or token.self_closing:
                if hit and tag == "meta":
                    stack[-1].cut = True
                elif tag not in ("br", "wbr"):
                    stack[-1].kept = True
            else:
                stack.append(_Element(tag, at))
                opened[tag] = opened.get(tag, 0) + 1
        elif kind == TokenType.END_TAG and opened.get(tag):
            while len(stack) > 1:
                element = stack.pop()
                opened[element.tag] -= 1
                matched = element.tag == tag
                if element.cut and not element.kept and element.tag not in _KEEP:
                    # An element without an end tag of its own ends where the one around it does.
                    out.append(Span(place(element.start), place(end if matched else at)))
                    stack[-1].cut = True
                else:
                    stack[-1].kept = True
                if matched:
                    break
        if kind != TokenType.COMMENT and tag != "br":
            alone = False
        at = end
    flush()
    return out


def _cut_attributes(
    content: str, tag: str, low: int, high: int, wanted: Sequence[Span], out: list[Span]
) -> bool:
    """Takes out attributes whose value is cut whole; for a meta tag, the tag."""
    inside = [span for span in _within(wanted, low, high)]
    if not inside:
        return False
    gone = False
    for found in _ATTRIBUTE.finditer(content, low, high):
        value = Span(found.start(), found.end())
        hits = [span for span in inside if value.covers(span)]
        if not hits:
            continue
        raw = found.group()
        quote = raw[-1] if raw[-1] in "\"'" else ""
        begin = found.start() + (raw.index(quote) + 1 if quote else raw.index("=") + 1)
        end = found.end() - len(quote)
        rest = "".join(content[a:b] for a, b in zip([begin, *(s.end for s in hits)], [*(s.start for s in hits), end], strict=True))
        if rest.strip(_JOINT + "\r\n"):
            out.extend(_joints(content, span, begin, end) for span in hits)
        elif tag == "meta":
            out.append(Span(low, high))
            gone = True
        else:
            out.append(value)
    return gone


def _within(spans: Sequence[Span], low: int, high: int) -> list[Span]:
    first = bisect_left(spans, Span(low, low))
    found = []
    while first < len(spans) and spans[first].start < high:
        if spans[first].end <= high:
            found.append(spans[first])
        first += 1
    return found
