"""A judged page -> one line of notes: what other pages may decide of it, and what it says about them.

A line holds of each finding and of each weak candidate the key of its letters, of each name in them a key and whether
the name is foreign to the page, and of weak candidates with a name what their finding would say. So its length is
bounded by that of 12 findings and 36 names, and no text is written down that a finding would not hold; nothing at all
of a page that the rule on minors rejects. :mod:`moderation.audit.second_pass` reads the notes, and they are no result.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from moderation.audit.mentions import is_foreign, key, letters, mentions, role, visible
from moderation.data import Finding, Page, Span, Verdict
from moderation.engine import Examined
from moderation.policy import MINOR, Policy, is_unread
from moderation.presentation.excerpt import Context, is_withheld, surroundings

__all__ = ["CONTEXT", "NOTES", "note", "quoted"]

# The file of the notes.
NOTES = "notes.jsonl"
# Characters that a finding quotes of what stands on either side of it.
CONTEXT = 60
# Letters on either side of a name by which two mentions are told from one that was copied.
_AROUND = 8
# Letters in front of a finding that may be a name.
_LONGEST = 12
# Names of a page that are noted.
_NAMES = 36
# Reasons that say that somebody hides something; what is a site's own stands in the open.
_CONCEALED = ("script:title-switch", "entity:coded")


def quoted(page: Page, findings: Iterable[Finding], verdict: Verdict) -> list[dict[str, Any]]:
    """Findings as rows, with what stands before and after each."""
    spans = [finding.span for finding in verdict.findings]
    context = Context(page, spans, CONTEXT, withheld=is_withheld(verdict))
    return [{**finding.to_dict(), "context": list(context.around(finding.span))} for finding in findings]


def note(
    page: Page, examined: Examined, policy: Policy, row: Mapping[str, Any], *, flagged: bool
) -> dict[str, Any] | None:
    """The notes of a page; None where there are none.

    A flagged page has notes in any case, so that they can be read beside the findings.

    Args:
        page: that was judged.
        examined: what was found on it.
        policy: it was judged by, with thresholds.
        row: its line among the findings, if it were flagged.
        flagged: whether it is.

    Returns:
        ``where``, ``host``, ``flagged``; ``found``: of each finding the key of its letters, or an empty one where it
        is not for other pages to excuse; ``weak``: weak findings with a name, as rows; ``keys``: of all weak ones;
        ``names``: of each name the number among ``weak`` or -1, role, key, whether it is foreign, start, end, and the
        key of the letters around it; ``row``, where the page is not flagged but may be.
    """
    verdict = examined.verdict
    about: dict[str, Any] = {"where": page.where, "host": row["host"], "flagged": flagged}
    if is_withheld(verdict) or not row["host"]:
        nothing: dict[str, Any] = {"found": [""] * len(verdict.findings), "weak": [], "keys": [], "names": []}
        return {**about, **nothing} if flagged else None
    weak = [finding for finding in examined.weak if not _is_minor(finding)]
    ends = sorted(finding.span.end for finding in (*verdict.findings, *weak))
    text = ""
    foreign: dict[str, bool] = {}
    found: list[str] = []
    keys: list[str] = []
    names: list[list[Any]] = []
    named: list[Finding] = []
    # Weak ones first: there are few of them, and the names of a page are bounded.
    for number, finding in enumerate((*weak, *verdict.findings), -len(weak)):
        if is_unread(finding):
            found.append("")
            continue
        wide = _widened(page, finding, ends)
        place = role(page, wide)
        own = key(place, letters(finding.text))
        if number < 0:
            keys.append(own)
        else:
            found.append(own if _is_excusable(finding, policy) else "")
        said = mentions(wide.text)[: _NAMES - len(names)] if len(names) < _NAMES else []
        for name, span in said:
            if name not in foreign:
                text = text or visible(page)
                foreign[name] = is_foreign(name, text)
            where = _within(page, wide, span)
            about_name = (foreign[name], *where, _around(page, where))
            names.append([len(named) if number < 0 else -1, place, key(place, name), *about_name])
        if number < 0 and said:
            named.append(wide)
    if not (flagged or keys or names):
        return None
    about |= {"found": found, "weak": quoted(page, named, verdict), "keys": keys, "names": names}
    return {**about, "row": dict(row)} if named and not flagged else about


def _is_minor(finding: Finding) -> bool:
    return any(reason.code == MINOR for reason in finding.reasons)


def _is_excusable(finding: Finding, policy: Policy) -> bool:
    """Whether a finding may be a site's own: it is not sure, and stands in the open."""
    if finding.hidden or finding.score >= (policy.clean or 0.0):
        return False
    return not any(reason.code in _CONCEALED for reason in finding.reasons)


def _widened(page: Page, finding: Finding, ends: Sequence[int]) -> Finding:
    """A finding with the letters right in front of it: a name that says nothing to the model is often left out of it.

    It is not widened into another finding, nor where its source is not written as it is read.
    """
    start, end = finding.span
    behind = bisect_right(ends, start)
    low = ends[behind - 1] if behind else 0
    before = page.content[max(low, start - _LONGEST) : start]
    name = next((before[at + 1 :] for at in range(len(before) - 1, -1, -1) if not before[at].isalnum()), before)
    if not name or page.content[start:end] != finding.text:
        return finding
    return replace(finding, span=Span(start - len(name), end), text=name + finding.text)


def _within(page: Page, finding: Finding, span: Span) -> Span:
    """Where a part of a finding stands; the whole finding where its source is not written as it is read."""
    start, end = finding.span
    if page.content[start:end] != finding.text:
        return finding.span
    return Span(start + span.start, start + span.end)


def _around(page: Page, span: Span) -> str:
    """The key of the letters around a mention; empty where there are none."""
    before, after = surroundings(page, span, 0, len(page.content), 4 * _AROUND)
    sides = ["".join(filter(str.isalnum, text)) for text in (before, after)]
    return key(sides[0][-_AROUND:], sides[1][:_AROUND]) if any(sides) else ""
