"""Verdicts for people: a block in its context, the injected span marked, masked unless asked otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from moderation.data import Action, Finding, Page, Verdict
from moderation.policy import MINOR

__all__ = ["Style", "candidate_lines", "mask", "verdict_lines"]

_TAGS = re.compile(r"<[^<>]*>?|[^<>]*>")
_CONTEXT = 24
_LONGEST = 160
_REASONS = 5
_WORD = re.compile(r"[^\W_]+")
_COLOURS = {Action.ALLOW: "32", Action.CLEAN: "33", Action.REVIEW: "35", Action.REJECT: "31"}


class Style:
    """How to print.

    Args:
        colour: whether to mark with ANSI colours; brackets mark otherwise.
        show: whether findings are printed as they are, not masked.
    """

    def __init__(self, colour: bool, show: bool) -> None:
        self.colour = colour
        self.show = show

    def paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text

    def mark(self, text: str) -> str:
        return f"\x1b[1;41;97m{text}\x1b[0m" if self.colour else f"[[{text}]]"

    def say(self, text: str) -> str:
        return text if self.show else mask(text)


def mask(text: str) -> str:
    """A text with every word reduced to its first character; shape and separators stay, so that it can be recognised."""
    return _WORD.sub(lambda found: found.group()[0] + "*" * (len(found.group()) - 1), text)


def verdict_lines(source: str, page: Page, verdict: Verdict, style: Style) -> Iterator[str]:
    """The lines of one verdict."""
    count = len(verdict.findings)
    summary = "" if not count else f"  {count} finding{'s' if count > 1 else ''}"
    action = style.paint(verdict.action.value.upper(), f"1;{_COLOURS[verdict.action]}")
    yield f"{_plain(source)}  {action}{summary}"
    for finding in verdict.findings:
        hidden = f"  hidden: {finding.hidden}" if finding.hidden else ""
        where = f"{finding.span.start}-{finding.span.end}"
        yield f"  {style.paint(finding.label, '1')} {finding.score:.3f}  {finding.place.value}  {where}  {finding.path}{hidden}"
        yield f"    {_in_context(page, finding, style)}"
        reasons = [
            f"{_code(reason.code, style)} {reason.weight:+.2f}" + (f" ({reason.detail})" if reason.detail else "")
            for reason in finding.reasons[:_REASONS]
        ]
        yield "    " + ", ".join(reasons)


def candidate_lines(
    text: str, place: str, score: float, parts: Mapping[str, float], style: Style, withheld: bool
) -> Iterator[str]:
    """The lines of one explained candidate: every contribution, in log-odds, largest first."""
    shown = "(withheld)" if withheld else style.say(_short(_plain(text)))
    yield f"  {score:.3f}  {place}  {style.mark(shown)}"
    for code, weight in sorted(parts.items(), key=lambda part: (-abs(part[1]), part[0])):
        if not (withheld and code.startswith("term:")):
            yield f"    {weight:+8.3f}  {_code(code, style)}"
    yield f"    {sum(parts.values()):+8.3f}  sum before the cap on structure"


def _code(code: str, style: Style) -> str:
    kind, colon, term = code.partition(":")
    return f"{kind}{colon}{style.say(_plain(term))}" if kind == "term" else code


def _in_context(page: Page, finding: Finding, style: Style) -> str:
    if any(reason.code == MINOR for reason in finding.reasons):
        return style.mark("withheld")
    start, end = finding.span
    before = _plain(_TAGS.sub(" ", page.content[max(0, start - 4 * _CONTEXT) : start]))[-_CONTEXT:]
    after = _plain(_TAGS.sub(" ", page.content[end : end + 4 * _CONTEXT]))[:_CONTEXT]
    return f"{before}{style.mark(style.say(_short(_plain(finding.text))))}{after}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"


def _plain(text: str) -> str:
    """On one line, and without anything that moves a terminal's cursor."""
    return "".join(character if character.isprintable() else " " for character in " ".join(text.split()))
