"""What must hold of every verdict, whatever the page is."""

from __future__ import annotations

import json
import math

from fuzz.targets import Broken
from moderation import Moderator, Page, Verdict
from moderation.data import Span
from moderation.engine import UNREAD
from moderation.policy import MINOR
from moderation.stages.clean import restore

__all__ = ["judge"]

# What the rounded score and single precision of the engine may differ by, in probability.
_CLOSE = 1e-3
_STEEP = 50.0


def judge(moderator: Moderator, page: Page) -> Verdict:
    """The verdict on a page, after all that is promised of it has been asked.

    Raises:
        Broken: names what does not hold.
        PageError: the page cannot be judged.
    """
    verdict = moderator.check(page)
    _check_findings(page, verdict)
    if moderator.check(page) != verdict:
        raise Broken("the same page twice has two verdicts")
    if moderator.examine(page).verdict != verdict:
        raise Broken("examine and check differ")
    row = json.loads(json.dumps(verdict.to_dict()))
    if Verdict.from_dict(row) != verdict:
        raise Broken("a verdict is not what its JSON says")
    _check_cleaned(moderator, page, verdict)
    _check_explained(moderator, page)
    return verdict


def _is_inside(span: Span, page: Page) -> bool:
    return 0 <= span.start <= span.end <= len(page.content)


def _check_findings(page: Page, verdict: Verdict) -> None:
    for finding in verdict.findings:
        if not _is_inside(finding.span, page):
            raise Broken("a finding lies outside of the page")
        if not 0 <= finding.score <= 1:
            raise Broken("a score is no probability")
        if any(reason.span is not None and not _is_inside(reason.span, page) for reason in finding.reasons):
            raise Broken("a reason lies outside of the page")
        if not all(math.isfinite(reason.weight) for reason in finding.reasons):
            raise Broken("a weight is no number")
        if finding.label != UNREAD and not finding.span.size:
            raise Broken("a finding is nowhere")
        withheld = any(reason.code == MINOR for reason in finding.reasons)
        if finding.label != UNREAD and not withheld and not finding.text:
            raise Broken("a finding has no text")


def _check_cleaned(moderator: Moderator, page: Page, verdict: Verdict) -> None:
    cleaned = moderator.clean(page, verdict)
    at = 0
    for cut in cleaned.cuts:
        if not _is_inside(cut.span, page) or cut.span.start < at or not cut.span.size:
            raise Broken("cuts are not apart, in order and inside of the page")
        if page.content[cut.span.start : cut.span.end] != cut.removed:
            raise Broken("a cut is not what stood there")
        at = cut.span.end
    if restore(cleaned.content, cleaned.cuts) != page.content:
        raise Broken("a cleaned page cannot be restored")


def _check_explained(moderator: Moderator, page: Page) -> None:
    for row in moderator.explain(page):
        if not _is_inside(row.span, page):
            raise Broken("a candidate lies outside of the page")
        total = max(-_STEEP, min(_STEEP, sum(row.parts.values())))
        if not row.withheld and abs(1 / (1 + math.exp(-total)) - row.score) > _CLOSE:
            raise Broken("the parts of a score do not add up to it")
