"""The flow. This file and `search.py`, its first half, are the only ones that know the order of the stages.

::

    bytes ─decode─▶ Page ─search─▶ candidates, proposed, judged, with their signals
                     ─▶ probability ─▶ of those that overlap, the better ─▶ their ends ─▶ Findings ─decide─▶ Verdict
                                                                       └─clean─▶ page minus those spans
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from moderation.common.limits import FINDINGS, MAX_SIZE
from moderation.common.messages import gettext
from moderation.data import Action, Cleaned, Finding, Page, Place, Reason, Span, Verdict
from moderation.engine.extents import Extent, apart, extents_of
from moderation.engine.reading import OneReading, PageReader
from moderation.engine.reasoning import contributions, labels_of, quotes, reasons_of
from moderation.engine.search import Candidate, SearchResult, find_candidates
from moderation.errors import EmptyPage, ModelNotFound, PageError, PageTooLarge
from moderation.model import Calibration, Model
from moderation.policy import BUDGET, ENDS, MINOR, SHORT, THROUGHOUT, Policy, decide, is_deed
from moderation.stages import blocks, decode
from moderation.stages import clean as cutting
from moderation.stages import signals as structure

__all__ = [
    "DEFAULT_MODEL",
    "MAX_SIZE",
    "UNREAD",
    "WEAK",
    "Examined",
    "Explanation",
    "Moderator",
    "model_folder",
    "read_page",
]

DEFAULT_MODEL = "zh-headspam"
# What stands in the place of a label where a page was not read to its end.
UNREAD = "unread"
# Score from which a candidate that does not count is remembered, and how many of a page are: an audit compares them
# across pages.
WEAK = 0.05
# The judge's log-odds below which none reaches it.
_WEAK_JUDGED = -5.0
_WEAK_FINDINGS = 12
# The label of a page whose script serves search engines another one.
_CLOAKED = "seo"
# Code points of a script that are told of one that hides where it leads.
_BEGINNING = 40


class Examined(NamedTuple):
    """The verdict on a page, and what was too weak for it: scores from :data:`WEAK` up, the best first."""

    verdict: Verdict
    weak: tuple[Finding, ...]


class Explanation(NamedTuple):
    """One candidate with every contribution to its score, in log-odds by reason code.

    ``label`` is what it would be. ``withheld``: the text names an age below 18, so neither it nor its words are told.
    """

    text: str
    span: Span
    place: Place
    score: float
    parts: dict[str, float]
    withheld: bool = False
    label: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "start": self.span.start,
            "end": self.span.end,
            "place": self.place.value,
            "score": self.score,
            "label": self.label,
            "contributions": {code: round(part, 4) for code, part in self.parts.items()},
        }


@dataclass(frozen=True)
class Moderator:
    """Judges pages with one model and one policy; what it remembers changes no verdict, so one may serve many threads.

    >>> moderator = Moderator.load()
    >>> moderator.check("<title>机械设备有限公司</title><p>本公司生产阀门。</p>").action.value
    'allow'
    """

    model: Model
    policy: Policy

    def __repr__(self) -> str:
        # The arrays of the model would fill a screen.
        return f"Moderator(model={self.model.identity!r}, policy={self.policy.name!r})"

    @classmethod
    def load(cls, model: str | Path | None = None, policy: Policy | str | Path | None = None) -> Moderator:
        """A moderator with a model folder (default: the one shipped) and a policy (a value, or a TOML file).

        Raises:
            ModelError: the model cannot be used.
            PolicyError: the policy cannot be used.
        """
        loaded = Model.load(model_folder(model))
        where = "policy" if policy is None or isinstance(policy, Policy) else str(policy)
        if policy is None:
            policy = Policy()
        elif not isinstance(policy, Policy):
            policy = Policy.load(policy)
        policy.require(loaded.labels, where)
        return cls(loaded, policy.with_thresholds(loaded.thresholds))

    # -- the doors' calls

    def check(self, page: str | bytes | Page, url: str | None = None) -> Verdict:
        """The verdict on one page.

        Args:
            page: markup or text (which of the two is found out), bytes in any encoding, or a :class:`Page`.
            url: where the page is from; it is quoted in the verdict.

        Raises:
            PageError: the page is empty, binary or too large.
        """
        page = read_page(page, url)
        findings, share = self._findings(page)
        action = decide(findings, self.policy, share, page.url, is_comment=page.is_comment)
        return Verdict(action, findings, self.model.identity, self.policy.name, page.url)

    def examine(self, page: str | bytes | Page, url: str | None = None) -> Examined:
        """The verdict of :meth:`check`, and the candidates below its threshold that overlap nothing better, at most 12.

        What the policy would not count at any score is left out.

        Raises:
            PageError: the page is empty, binary or too large.
        """
        page = read_page(page, url)
        weak: list[tuple[float, Candidate]] = []
        findings, share = self._findings(page, weak)
        action = decide(findings, self.policy, share, page.url, is_comment=page.is_comment)
        verdict = Verdict(action, findings, self.model.identity, self.policy.name, page.url)
        kept: list[Finding] = []
        one = OneReading(page)
        # A finding costs more than a candidate, and of many only the best are of interest.
        for score, candidate in sorted(weak, key=lambda each: (-each[0], each[1].span))[: 4 * _WEAK_FINDINGS]:
            if len(kept) == _WEAK_FINDINGS:
                break
            if any(candidate.span.overlaps(other.span) for other in (*findings, *kept)):
                continue
            one.take(candidate.reading)
            finding = self._finding(page, candidate, score, Extent(candidate.text_span, 1.0))
            if self.policy.counts(finding.label, 1.0, finding.place, finding.text):
                kept.append(finding)
        return Examined(verdict, tuple(kept))

    def check_many(self, pages: Iterable[str | bytes | Page | PageError]) -> Iterator[Verdict | PageError]:
        """A verdict, or the error, for each page in order. Errors are values here: one bad page ends nothing."""
        for page in pages:
            if isinstance(page, PageError):
                yield page
                continue
            try:
                yield self.check(page)
            except PageError as error:
                yield error

    def clean(self, page: str | bytes | Page, verdict: Verdict | None = None) -> Cleaned:
        """The page without what the verdict found (by default that of :meth:`check`), and the cuts.

        A page that is allowed, although something was found, stays as it is.

        Raises:
            PageError: the page is empty, binary or too large.
        """
        page = read_page(page)
        verdict = verdict or self.check(page)
        # What a script does is no text, and cut by nobody but a person.
        findings = () if verdict.action is Action.ALLOW else [each for each in verdict.findings if not is_deed(each)]
        return cutting.clean(page, [finding.span for finding in findings])

    # -- the flow

    @cached_property
    def reader(self) -> PageReader:
        """What reads the blocks: one for all the pages this moderator judges."""
        return PageReader(self.model)

    def search(self, page: Page) -> SearchResult:
        """The blocks of a page, and every stretch that may be injected, located, judged and with its signals."""
        return find_candidates(page, self.reader, -math.inf)

    def _findings(
        self, page: Page, weak: list[tuple[float, Candidate]] | None = None
    ) -> tuple[tuple[Finding, ...], float]:
        """What counts under the policy, and its share of the page's visible text.

        Args:
            page: to be judged.
            weak: takes the candidates that do not count, with their scores.
        """
        found = find_candidates(page, self.reader, None if weak is None else _WEAK_JUDGED)
        one = OneReading(page)
        counted = self._counted(found, weak)
        scores = {candidate.number: score for candidate, score in counted}
        findings: list[Finding] = []
        numbers: list[int] = []
        inside = 0
        for candidate, cut in extents_of([candidate for candidate, _ in counted], self.model):
            one.take(candidate.reading)
            score = scores[candidate.number]
            finding = self._finding(page, candidate, score, cut, in_short=len(findings) >= FINDINGS)
            if self.policy.counts(finding.label, score, finding.place, finding.text):
                findings.append(finding)
                numbers.append(candidate.number)
                if structure.is_shown(candidate.reading.block):
                    inside += cut.span.size
            elif weak is not None:
                weak.append((score, candidate))
        if findings and self._is_throughout(found, numbers):
            findings = [replace(each, reasons=(*each.reasons, Reason(THROUGHOUT, 0.0))) for each in findings]
        if found.unread is not None:
            findings.append(_unread(found.unread))
        if not findings:
            return self._alone(page, found), 0.0
        return tuple(findings), inside / max(1, found.shown)

    def counted(self, page: Page) -> list[Candidate]:
        """The candidates of a page that count by their scores, apart from each other, in the order of the page."""
        found = find_candidates(page, self.reader)
        return [candidate for candidate, _ in self._counted(found)]

    def _counted(
        self, found: SearchResult, weak: list[tuple[float, Candidate]] | None = None
    ) -> list[tuple[Candidate, float]]:
        """The candidates that count by their scores, with these; ``weak`` takes some of the others."""
        scored = self._scored(found)
        least = self.policy.least
        if weak is not None:
            weak.extend((score, candidate) for candidate, score in scored if WEAK <= score < least)
        # Whether weak ones are asked for or not: what the judge does not let pass never counts.
        passed = self.calibration.judge_threshold
        counted = [pair for pair in scored if pair[1] >= least and pair[0].judged >= passed]
        return apart(counted, self.policy.clean or 0.0)

    def _is_throughout(self, found: SearchResult, numbers: Sequence[int]) -> bool:
        """Whether the page is like pages of spam, and is so without its findings, given by number of the candidate."""
        sure, whole = self.model.sure, found.page_reading.whole()
        return (
            whole is not None
            and whole >= sure
            and found.page_reading.whole_without(numbers, self.model.whole, self.model.ends) >= sure
        )

    def _alone(self, page: Page, found: SearchResult) -> tuple[Finding, ...]:
        """A finding for a page on which nothing else is found, but a script that says something by itself: it serves
        search engines another page, or hides where it leads.

        Its score is the one from which the policy counts such a finding: whether it is spam, nobody has measured. A
        page that shows no text is none that somebody put a script into: some servers ask so whether a browser comes.
        """
        score = self.policy.labels.get(_CLOAKED, self.policy.review or 0.0)
        for mark in found.marks:
            if mark.code not in structure.ALONE or score > 1 or _CLOAKED not in self.model.labels:
                continue
            if mark.code != structure.CLOAKING and not found.shown:
                continue
            # The host; of a script that hides that too, how it begins.
            text = mark.detail or page.content[mark.span.start : mark.span.end].strip()[:_BEGINNING]
            reason = Reason(mark.code, self.calibration.signals[mark.code], mark.span, mark.detail)
            finding = Finding(
                label=_CLOAKED,
                score=score,
                place=Place.SCRIPT,
                hidden="",
                path="script",
                span=mark.span,
                text=text,
                labels=((_CLOAKED, 1.0),),
                reasons=(reason,),
            )
            if self.policy.counts(_CLOAKED, score, Place.SCRIPT, text):
                return (finding,)
        return ()

    @cached_property
    def calibration(self) -> Calibration:
        """The model's, with the fixed weights of signals for which it has none."""
        learned = self.model.calibration
        return replace(learned, signals={**structure.FIXED, **learned.signals})

    def _scored(self, found: SearchResult) -> list[tuple[Candidate, float]]:
        """The candidates of a page with their scores."""
        calibration = self.calibration
        return [(each, calibration.score(each.judged, each.strengths)) for each in found.candidates]

    def _finding(
        self, page: Page, candidate: Candidate, score: float, cut: Extent, *, in_short: bool = False
    ) -> Finding:
        block = candidate.reading.block
        labels = labels_of(candidate, self.model)
        reasons = [Reason(SHORT, 0.0)] if in_short else reasons_of(candidate, self.model, self.calibration, cut.span)
        text = block.text[cut.span.start : cut.span.end]
        label = labels[0][0]
        span = block.offsets.span(cut.span)
        if cut.certainty < self.model.exact:
            reasons = sorted([*reasons, Reason(ENDS, 0.0)], key=lambda reason: (-reason.weight, reason.code))
        if structure.is_minor(block.text) and any(kind in ("adult", "escort") for kind, _ in labels):
            # Nothing of such a text is repeated, not even its words.
            reasons = [Reason(MINOR, 10.0), *(reason for reason in reasons if not quotes(reason.code))]
            text = ""
        return Finding(
            label=label,
            score=score,
            place=_place(page, candidate, span),
            hidden=block.hidden,
            path=block.path,
            span=span,
            text=text,
            labels=labels,
            reasons=tuple(reasons),
        )

    def explain(self, page: str | bytes | Page) -> list[Explanation]:
        """Every candidate of a page, found guilty or not, with all that adds up to its score.

        Raises:
            PageError: the page is empty, binary or too large.
        """
        calibration = self.calibration
        rows = []
        page = read_page(page)
        one = OneReading(page)
        for candidate in find_candidates(page, self.reader, -math.inf).candidates:
            one.take(candidate.reading)
            parts = contributions(candidate, self.model, calibration)
            block = candidate.reading.block
            withheld = structure.is_minor(block.text)
            rows.append(
                Explanation(
                    "" if withheld else candidate.text,
                    candidate.span,
                    _place(page, candidate, candidate.span),
                    calibration.score(candidate.judged, candidate.strengths),
                    {code: part for code, part in parts.items() if not (withheld and quotes(code))},
                    withheld,
                    labels_of(candidate, self.model)[0][0],
                )
            )
        return rows

    def explain_scripts(self, page: str | bytes | Page) -> list[Explanation]:
        """What :meth:`check` finds of what scripts do, which is no candidate: nothing adds up to its score.

        Raises:
            PageError: the page is empty, binary or too large.
        """
        return [
            Explanation(
                finding.text,
                finding.span,
                finding.place,
                finding.score,
                {reason.code: reason.weight for reason in finding.reasons},
                label=finding.label,
            )
            for finding in self.check(page).findings
            if is_deed(finding)
        ]


def _place(page: Page, candidate: Candidate, span: Span) -> Place:
    """Where a candidate stands of which ``span`` of the source is told, as people are told it.

    A title that stands alone is judged as a line of text, as which the judge knows such titles; it is the title
    nonetheless.
    """
    is_title = page.title is not None and page.title.covers(span)
    return Place.TITLE if is_title else candidate.reading.block.place


def _unread(at: int) -> Finding:
    """What says that a page was not read from there on."""
    return Finding(UNREAD, 1.0, Place.BODY, "", "", Span(at, at), "", (), (Reason(BUDGET, 0.0, Span(at, at)),))


def read_page(page: str | bytes | Page, url: str | None = None) -> Page:
    """Whatever was handed over, as a :class:`Page`.

    Raises:
        PageError: it is empty, binary or too large.
    """
    if isinstance(page, Page):
        where = page.where
        url = url or page.url
    else:
        where = "hook"
    size = len(page.content) if isinstance(page, Page) else len(page)
    if size > MAX_SIZE:
        raise PageTooLarge(
            gettext(
                "{size:,} bytes are more than one page may have ({max_size:,}): split it, or audit it as an archive"
            ).format(size=size, max_size=MAX_SIZE),
            where,
        )
    if isinstance(page, bytes):
        decoded = decode.decode(page)
        page = Page(
            decoded.text, blocks.looks_like_html(decoded.text), url, decoded.encoding, replaced=decoded.replaced
        )
    elif isinstance(page, str):
        page = Page(page, blocks.looks_like_html(page), url)
    elif page.url != url:
        page = replace(page, url=url)
    if not page.content or page.content.isspace():
        raise EmptyPage(gettext("the page is empty: there is nothing to judge"), where)
    return page


def model_folder(model: str | Path | None) -> Path:
    """A path as it is; a bare name among the models shipped with the package or lying beside it."""
    here = Path(__file__).parents[1]
    if model is None or (isinstance(model, str) and "/" not in model and not Path(model).is_dir()):
        name = model or DEFAULT_MODEL
        for folder in (here / "models" / name, here.parent / "models" / name):
            if (folder / "manifest.json").is_file():
                return folder
        raise ModelNotFound(
            gettext("no model named {name!r} is installed: name a model folder, or train one with train.py").format(
                name=name
            )
        )
    return Path(model)
