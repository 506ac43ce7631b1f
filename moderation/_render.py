"""Verdicts for people: a block in its context, the injected span marked, masked unless asked otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from moderation.data import Action, Finding, Page, Verdict
from moderation.drift import Drift, Flip
from moderation.engine import Explanation
from moderation.excerpt import context, is_withheld, mask, plain, shorten

__all__ = ["Style", "drift_lines", "explanation_lines", "flip_lines", "verdict_lines"]

# Characters of context on either side.
_CONTEXT = 24
_REASONS = 6
# Hosts that a comparison names.
_HOSTS = 20
_COLOURS = {Action.ALLOW: "32", Action.CLEAN: "33", Action.REVIEW: "35", Action.REJECT: "31"}


@dataclass(frozen=True, slots=True)
class Style:
    """How to print.

    Attributes:
        colour: whether to mark with ANSI colours; brackets mark otherwise.
        show: whether findings are printed as they are, not masked.
    """

    colour: bool = False
    show: bool = False

    def paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text

    def mark(self, text: str) -> str:
        return self.paint(text, "1;41;97") if self.colour else f"[[{text}]]"

    def say(self, text: str) -> str:
        return text if self.show else mask(text)


def verdict_lines(name: str, page: Page, verdict: Verdict, style: Style) -> Iterator[str]:
    """The lines of one verdict."""
    count = len(verdict.findings)
    summary = f"  {count} finding{'s' if count > 1 else ''}" if count else ""
    yield f"{plain(name)}  {style.paint(verdict.action.upper(), f'1;{_COLOURS[verdict.action]}')}{summary}"
    withheld = is_withheld(verdict)
    for finding in verdict.findings:
        start, end = finding.span
        hidden = f"  hidden: {plain(finding.hidden)}" if finding.hidden else ""
        label = style.paint(finding.label, "1")
        yield f"  {label} {finding.score:.3f}  {finding.place}  {start}-{end}  {plain(finding.path)}{hidden}"
        yield f"    {style.mark('withheld') if withheld else _in_context(page, finding, verdict, style)}"
        yield "    " + ", ".join(
            _code(reason.code, style, withheld)
            + f" {reason.weight:+.2f}"
            + (f" ({plain(reason.detail)})" if reason.detail and not withheld else "")
            for reason in finding.reasons[:_REASONS]
        )


def explanation_lines(row: Explanation, style: Style) -> Iterator[str]:
    """The lines of one explained candidate: every contribution in log-odds, largest first, and their sum."""
    text = "withheld" if row.withheld else style.say(shorten(plain(row.text)))
    yield f"  {row.score:.3f}  {row.place}  {row.span.start}-{row.span.end}  {style.mark(text)}"
    for code, weight in sorted(row.parts.items(), key=lambda part: (-abs(part[1]), part[0])):
        yield f"    {weight:+8.3f}  {_code(code, style, row.withheld)}"
    yield f"    {sum(row.parts.values()):+8.3f}  sum, of which structure counts up to the model's cap"


def flip_lines(name: str, flip: Flip) -> Iterator[str]:
    """The line of one page that two models judge differently."""
    labels = [f"+{label}" for label in flip.gained] + [f"-{label}" for label in flip.lost]
    yield f"{plain(name)}  {flip.old.action.upper()} -> {flip.new.action.upper()}  {' '.join(labels)}".rstrip()


def drift_lines(drift: Drift, old: str, new: str) -> Iterator[str]:
    """What changes between two models, in sum, by label and by host."""
    yield f"{old} -> {new}: {drift.changed} of {drift.pages} pages differ"
    yield f"  {'now flagged':<24}{drift.flagged:>7}"
    yield f"  {'no longer flagged':<24}{drift.cleared:>7}"
    for label in sorted(drift.gained | drift.lost):
        yield f"  label {label:<18}{drift.gained[label]:>+7}{-drift.lost[label]:>+7}"
    ranked = sorted(drift.hosts.items(), key=lambda row: (-sum(row[1]), row[0]))
    for host, (flagged, cleared) in ranked[:_HOSTS]:
        yield f"  host {plain(host) or '(not said)':<31}{flagged:>+7}{-cleared:>+7}"
    if len(ranked) > _HOSTS:
        yield f"  and {len(ranked) - _HOSTS} more hosts"


def _code(code: str, style: Style, withheld: bool) -> str:
    kind, _, term = code.partition(":")
    if kind != "term":
        return code
    return "term:withheld" if withheld else f"term:{style.say(plain(term))}"


def _in_context(page: Page, finding: Finding, verdict: Verdict, style: Style) -> str:
    before, after = context(page, finding, verdict, _CONTEXT)
    return f"{before}{style.mark(style.say(shorten(plain(finding.text))))}{after}"
