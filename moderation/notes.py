"""A judged page -> one line of notes: what other pages may decide of it, and what it says about them.

A line holds of each finding and of each weak candidate the key of its letters, of each name in them a key and whether
the name is foreign to the page, and of weak candidates with a name what their finding would say. So its length is
bounded by that of 12 findings, and no text is written down that a finding would not hold; nothing at all of a page that
the rule on minors rejects. :mod:`moderation.settling` reads the notes of all pages, and they are no result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moderation.data import Finding, Page, Span, Verdict
from moderation.engine import Examined
from moderation.excerpt import context, is_withheld, surroundings
from moderation.mentions import is_foreign, key, phrase, role, visible
from moderation.policy import MINOR, Policy

__all__ = ["CONTEXT", "NOTES", "note", "quoted"]

# The file of the notes.
NOTES = "notes.jsonl"
# Characters that a finding quotes of what stands on either side of it.
CONTEXT = 60
# Letters on either side of a name by which two mentions are told from one that was copied.
_AROUND = 8
# Reasons that say that somebody hides something; what is a site's own stands in the open.
_CONCEALED = ("hidden", "script:title-switch", "entity:coded")


def quoted(page: Page, findings: Iterable[Finding], verdict: Verdict) -> list[dict[str, Any]]:
    """Findings as rows, with what stands before and after each."""
    return [{**finding.to_dict(), "context": list(context(page, finding, verdict, CONTEXT))} for finding in findings]


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
        return (
            {**about, "found": [""] * len(verdict.findings), "weak": [], "keys": [], "names": []} if flagged else None
        )
    weak = [finding for finding in examined.weak if not _is_minor(finding)]
    text = ""
    found: list[str] = []
    keys: list[str] = []
    names: list[list[Any]] = []
    named: list[Finding] = []
    for number, finding in enumerate((*verdict.findings, *weak)):
        place = role(page, finding)
        said = phrase(finding.text)
        is_weak = number >= len(verdict.findings)
        if is_weak:
            keys.append(key(place, said.letters))
        else:
            found.append(key(place, said.letters) if _is_excusable(finding, policy) else "")
        for name, span in said.mentions:
            text = text or visible(page)
            where = _within(page, finding, span)
            rest = (is_foreign(name, text), *where, _around(page, where))
            names.append([len(named) if is_weak else -1, place, key(place, name), *rest])
        if is_weak and said.mentions:
            named.append(finding)
    if not (flagged or keys or names):
        return None
    about |= {"found": found, "weak": quoted(page, named, verdict), "keys": keys, "names": names}
    return {**about, "row": dict(row)} if named and not flagged else about


def _is_minor(finding: Finding) -> bool:
    return any(reason.code == MINOR for reason in finding.reasons)


def _is_excusable(finding: Finding, policy: Policy) -> bool:
    """Whether a finding may be a site's own: it is not sure, and stands in the open."""
    return finding.score < (policy.clean or 0.0) and not any(reason.code in _CONCEALED for reason in finding.reasons)


def _within(page: Page, finding: Finding, span: Span) -> Span:
    """Where a part of a finding stands; the whole finding where its source is not written as it is read."""
    start, end = finding.span
    if page.content[start:end] != finding.text:
        return finding.span
    return Span(start + span.start, start + span.end)


def _around(page: Page, span: Span) -> str:
    """The key of the letters around a mention; empty where there are none."""
    before, after = surroundings(page, span, 0, len(page.content), 4 * _AROUND)
    letters = ["".join(filter(str.isalnum, text)) for text in (before, after)]
    return key(letters[0][-_AROUND:], letters[1][:_AROUND]) if any(letters) else ""
