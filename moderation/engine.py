"""The flow. This file and `study.py`, its first half, are the only ones that know the order of the stages.

::

    bytes ─decode─▶ Page ─study─▶ candidates, proposed, judged, with their signals
                     ─▶ probability ─▶ of those that overlap, the better ─▶ Findings ─decide─▶ Verdict
                                                                       └─clean─▶ page minus those spans
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from moderation.data import Action, Cleaned, Finding, Page, Place, Reason, Span, Verdict
from moderation.errors import EmptyPage, ModelNotFound, PageError, PageTooLarge
from moderation.extents import apart, stretch
from moderation.limits import FINDINGS, MAX_SIZE
from moderation.messages import gettext
from moderation.model import Calibration, Model
from moderation.policy import BUDGET, MINOR, SHORT, THROUGHOUT, Policy, decide, is_deed, is_structural
from moderation.reading import OneReading, Reader
from moderation.stages import blocks, decode
from moderation.stages import clean as cutting
from moderation.stages import signals as structure
from moderation.study import Candidate, Study, study

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
# Words of a finding that are worth naming, and other reasons.
_REASONS, _FACTS = 8, 6
# Log-odds from which a reason is worth naming.
_TELLING = 0.1
# What stands in the place of a label where a page was not read to its end.
UNREAD = "unread"
# Labels below this probability are not named; beside the label of a name, only from this one on.
_NEGLIGIBLE, _CERTAIN = 0.1, 0.9


# Score from which a candidate that does not count is remembered, and how many of a page are: an audit compares them
# across pages.
WEAK = 0.05
# The judge's log-odds below which none reaches it.
_LEAST_WEAK = -5.0
_WEAK_FINDINGS = 12
# The label of a page whose script serves search engines another one.
_CLOAKED = "seo"


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
            finding = self._finding(page, candidate, score, stretch(candidate))
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
    def reader(self) -> Reader:
        """What reads the blocks: one for all the pages this moderator judges."""
        return Reader(self.model)

    def study(self, page: Page) -> Study:
        """The blocks of a page, and every stretch that may be injected, located, judged and with its signals."""
        return study(page, self.reader, -math.inf)

    def _findings(
        self, page: Page, weak: list[tuple[float, Candidate]] | None = None
    ) -> tuple[tuple[Finding, ...], float]:
        """What counts under the policy, and its share of the page's visible text.

        Args:
            page: to be judged.
            weak: takes the candidates that do not count, with their scores.
        """
        found = study(page, self.reader, None if weak is None else _LEAST_WEAK)
        scored = self._scored(found)
        least = self.policy.least
        findings: list[Finding] = []
        numbers: list[int] = []
        inside = 0
        one = OneReading(page)
        if weak is not None:
            weak.extend((score, candidate) for candidate, score in scored if WEAK <= score < least)
        # Whether weak ones are asked for or not: what the judge does not let pass never counts.
        passed = self.calibration.least
        counted = [pair for pair in scored if pair[1] >= least and pair[0].judged >= passed]
        for candidate, score in apart(counted, one, self.policy.clean or 0.0):
            one.take(candidate.reading)
            cut = stretch(candidate)
            finding = self._finding(page, candidate, score, cut, in_short=len(findings) >= FINDINGS)
            if self.policy.counts(finding.label, score, finding.place, finding.text):
                findings.append(finding)
                numbers.append(candidate.number)
                if structure.is_shown(candidate.reading.block):
                    inside += cut.size
            elif weak is not None:
                weak.append((score, candidate))
        if findings and self._is_throughout(found, numbers):
            findings = [replace(each, reasons=(*each.reasons, Reason(THROUGHOUT, 0.0))) for each in findings]
        if found.unread is not None:
            findings.append(_unread(found.unread))
        if not findings:
            return self._cloaking(found), 0.0
        return tuple(findings), inside / max(1, found.shown)

    def _is_throughout(self, found: Study, numbers: Sequence[int]) -> bool:
        """Whether the page is like pages of spam, and is so without its findings, given by number of the candidate."""
        sure, whole = self.model.sure, found.sheet.whole()
        return whole is not None and whole >= sure and found.sheet.whole_without(numbers, self.model.whole) >= sure

    def _cloaking(self, found: Study) -> tuple[Finding, ...]:
        """A finding for a page on which nothing else is found, but a script that serves search engines another page.

        Its score is the one from which the policy counts such a finding: whether it is spam, nobody has measured.
        """
        score = self.policy.labels.get(_CLOAKED, self.policy.review or 0.0)
        for mark in found.marks:
            if mark.code != structure.CLOAKING or score > 1 or _CLOAKED not in self.model.labels:
                continue
            reason = Reason(mark.code, self.calibration.signals[mark.code], mark.span, mark.detail)
            finding = Finding(
                label=_CLOAKED,
                score=score,
                place=Place.SCRIPT,
                hidden="",
                path="script",
                span=mark.span,
                text=mark.detail,
                labels=((_CLOAKED, 1.0),),
                reasons=(reason,),
            )
            if self.policy.counts(_CLOAKED, score, Place.SCRIPT, mark.detail):
                return (finding,)
        return ()

    @cached_property
    def calibration(self) -> Calibration:
        """The model's, with the fixed weights of signals for which it has none."""
        learned = self.model.calibration
        return replace(learned, signals={**structure.FIXED, **learned.signals})

    def _scored(self, found: Study) -> list[tuple[Candidate, float]]:
        """The candidates of a page with their scores."""
        calibration = self.calibration
        return [(each, calibration.score(each.judged, each.strengths)) for each in found.candidates]

    def _label(self, candidate: Candidate) -> tuple[tuple[str, float], ...]:
        """The labels a candidate may have with their probabilities, most probable first; a known name has its own."""
        logits = candidate.reading.sheet.label_logits(candidate.number, self.model.native)
        scores = self.model.ranked_labels(logits)
        if candidate.name is not None:
            # Nearly all such names are of betting shops.
            label = self.model.labels[candidate.name.label] if candidate.name.label >= 0 else "gambling"
            scores = ((label, 1.0), *(pair for pair in scores if pair[0] != label and pair[1] >= _CERTAIN))
        return tuple(pair for at, pair in enumerate(scores) if not at or pair[1] >= _NEGLIGIBLE)

    def _finding(self, page: Page, candidate: Candidate, score: float, cut: Span, *, in_short: bool = False) -> Finding:
        block = candidate.reading.block
        labels = self._label(candidate)
        reasons = [Reason(SHORT, 0.0)] if in_short else self._reasons(candidate)
        text = block.text[cut.start : cut.end]
        label = labels[0][0]
        if structure.is_minor(block.text) and any(kind in ("adult", "escort") for kind, _ in labels):
            # Nothing of such a text is repeated, not even its words.
            reasons = [Reason(MINOR, 10.0), *(reason for reason in reasons if not _quotes(reason.code))]
            text = ""
        return Finding(
            label=label,
            score=score,
            place=_place(page, candidate),
            hidden=block.hidden,
            path=block.path,
            span=block.offsets.span(cut),
            text=text,
            labels=labels,
            reasons=tuple(reasons),
        )

    def _parts(self, candidate: Candidate) -> tuple[dict[int, float], list[_Part]]:
        """All that adds up to the log-odds of a candidate, but the bias: by word of its block, and the other reasons.

        What the judge reads of characters and words is told by word: an n-gram's share is split among the words that it
        touches.
        """
        calibration, sheet = self.calibration, candidate.reading.sheet
        words, facts, groups = sheet.shares(candidate.number, self.model.native, self.model.judge, calibration.judged)
        others: list[_Part] = [(_GROUPS[kind], share, None, "") for kind, share in groups.items()]
        others += [(code, share, None, "") for code, share in facts]
        others += [
            (signal.code, calibration.signals.get(signal.code, 0.0) * signal.strength, signal.span, signal.detail)
            for signal in candidate.signals
        ]
        return words, others

    def _reasons(self, candidate: Candidate) -> list[Reason]:
        """The parts of a score that are worth naming, heaviest first; a word that stands there twice is named once."""
        shares, others = self._parts(candidate)
        tokens = candidate.reading.tokens
        terms: dict[str, tuple[float, int]] = {}
        for index, share in shares.items():
            code = f"term:{tokens.words[index]}"
            before = terms.get(code)
            terms[code] = (share + before[0], before[1]) if before else (share, index)
        ranked = sorted(terms.items(), key=lambda term: (-term[1][0], term[0]))
        number, sheet = candidate.reading.number, candidate.reading.sheet
        heaviest = [
            Reason(code, round(share, 4), Span(*sheet.origin(number, tokens.starts[index], tokens.ends[index])))
            for code, (share, index) in ranked[:_REASONS]
            if share > 0
        ]
        # What a policy decides by is always told.
        built = [part for part in others if part[1] and is_structural(part[0])]
        said = [part for part in others if abs(part[1]) >= _TELLING and not is_structural(part[0])]
        said = sorted(said, key=lambda part: (-abs(part[1]), part[0]))[:_FACTS]
        telling = [Reason(code, round(share, 4), span, detail) for code, share, span, detail in (*built, *said)]
        reasons = [*heaviest, *telling]
        return sorted(reasons, key=lambda reason: (-reason.weight, reason.code))

    def explain(self, page: str | bytes | Page) -> list[Explanation]:
        """Every candidate of a page, found guilty or not, with all that adds up to its score.

        Raises:
            PageError: the page is empty, binary or too large.
        """
        calibration = self.calibration
        rows = []
        page = read_page(page)
        one = OneReading(page)
        for candidate in study(page, self.reader, -math.inf).candidates:
            one.take(candidate.reading)
            parts = {"bias": calibration.bias + calibration.judged * float(self.model.manifest["judge"]["bias"])}
            words, others = self._parts(candidate)
            for index, share in words.items():
                code = f"term:{candidate.reading.tokens.words[index]}"
                parts[code] = parts.get(code, 0.0) + share
            for part in others:
                parts[part[0]] = parts.get(part[0], 0.0) + part[1]
            block = candidate.reading.block
            withheld = structure.is_minor(block.text)
            rows.append(
                Explanation(
                    "" if withheld else candidate.text,
                    candidate.span,
                    _place(page, candidate),
                    calibration.score(candidate.judged, candidate.strengths),
                    {code: part for code, part in parts.items() if not (withheld and _quotes(code))},
                    withheld,
                    self._label(candidate)[0][0],
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


def _place(page: Page, candidate: Candidate) -> Place:
    """Where a candidate stands, as people are told it.

    A title without an element is judged as the first line of a text, as which the judge knows titles that stand alone;
    it is the title nonetheless.
    """
    is_title = page.title is not None and page.title.covers(candidate.span)
    return Place.TITLE if is_title else candidate.reading.block.place


# A reason that is no word: its code, weight in log-odds, place and detail.
_Part = tuple[str, float, Span | None, str]
# The reasons that sum up what the judge reads around a candidate, by kind of feature.
_GROUPS = {"before": "context:before", "behind": "context:behind", "title": "page:title", "page": "page:words"}


def _quotes(code: str) -> bool:
    """Whether a reason quotes the page."""
    return code.startswith("term:")


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
    here = Path(__file__).parent
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
