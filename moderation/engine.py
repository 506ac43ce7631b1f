"""The flow. This file and `study.py`, its first half, are the only ones that know the order of the stages.

::

    bytes ─decode─▶ Page ─outline─▶ Block, Block, …
                        for each block alone:
                          fold ▶ tokenize ▶ model ▶ runs        text evidence, word by word
                        for each run that could matter, with the page around it:
                          settle ▶ signals ▶ calibration        exact ends, structural evidence, probability
                     ─▶ Findings ─decide─▶ Verdict
                                  └─clean─▶ page minus those spans
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from moderation.data import Action, Cleaned, Finding, Page, Place, Reason, Span, Verdict
from moderation.errors import EmptyPage, ModelNotFound, PageError, PageTooLarge
from moderation.model import Model
from moderation.policy import MINOR, Policy, decide
from moderation.reading import Reader
from moderation.stages import blocks, decode, tokens
from moderation.stages import clean as cutting
from moderation.stages import signals as structure
from moderation.study import Candidate, Study, study

__all__ = ["DEFAULT_MODEL", "MAX_SIZE", "WEAK", "Examined", "Explanation", "Moderator", "model_folder", "read_page"]

DEFAULT_MODEL = "zh-headspam"
# Bytes or code points of one page; more is an archive, not a page. Crawlers cut pages at 1 to 5 MiB, and a line of this
# length already takes the memory of two million words.
MAX_SIZE = 8 * 1024 * 1024
# Terms of a finding that are worth naming.
_REASONS = 8
# Labels below this probability are not named.
_NEGLIGIBLE = 0.1
# Score from which a candidate that does not count is remembered, and how many of a page are: an audit compares them
# across pages.
WEAK = 0.05
_WEAK_FINDINGS = 12


class Examined(NamedTuple):
    """The verdict on a page, and what was too weak for it: scores from :data:`WEAK` up, the best first."""

    verdict: Verdict
    weak: tuple[Finding, ...]


class Explanation(NamedTuple):
    """One candidate with every contribution to its score, in log-odds by reason code.

    ``withheld``: the text names an age below 18, so neither it nor its terms are repeated.
    """

    text: str
    span: Span
    place: Place
    score: float
    parts: dict[str, float]
    withheld: bool = False

    def to_dict(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "start": self.span.start,
            "end": self.span.end,
            "place": self.place.value,
            "score": self.score,
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

    @classmethod
    def load(cls, model: str | Path | None = None, policy: Policy | str | Path | None = None) -> Moderator:
        """A moderator with a model folder (default: the one shipped) and a policy (a value, or a TOML file).

        Raises:
            ModelError: the model cannot be used.
            PolicyError: the policy cannot be used.
        """
        loaded = Model.load(model_folder(model))
        if policy is None:
            policy = Policy()
        elif not isinstance(policy, Policy):
            policy = Policy.load(policy)
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
        action = decide(findings, self.policy, share, page.url)
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
        action = decide(findings, self.policy, share, page.url)
        verdict = Verdict(action, findings, self.model.identity, self.policy.name, page.url)
        kept: list[Finding] = []
        # A finding costs more than a candidate, and of many only the best are of interest.
        for score, candidate in sorted(weak, key=lambda each: (-each[0], _span(each[1])))[: 4 * _WEAK_FINDINGS]:
            if len(kept) == _WEAK_FINDINGS:
                break
            if any(_span(candidate).overlaps(other.span) for other in (*findings, *kept)):
                continue
            finding = self._finding(candidate, score)
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
        findings = () if verdict.action is Action.ALLOW else verdict.findings
        return cutting.clean(page, [finding.span for finding in findings])

    # -- the flow

    @cached_property
    def reader(self) -> Reader:
        """What reads the blocks: one for all the pages this moderator judges."""
        return Reader(self.model)

    def study(self, page: Page) -> Study:
        """The blocks of a page, and every run in them that is worth a score, located and with its signals."""
        return study(page, self.reader)

    def _findings(
        self, page: Page, weak: list[tuple[float, Candidate]] | None = None
    ) -> tuple[tuple[Finding, ...], float]:
        """What counts under the policy, and its share of the page's visible text.

        Args:
            page: to be judged.
            weak: takes the candidates that do not count, with their scores.
        """
        calibration = self.model.calibration
        # The least threshold there is first: signals cost more than the text's score, and naming labels more than both.
        least = min(self.policy.review or 0.0, *self.policy.labels.values(), 1.0)
        found = study(page, self.reader, least if weak is None else min(least, WEAK))
        findings = []
        inside = 0
        for candidate in found.candidates:
            score = calibration.score(candidate.logit, candidate.strengths)
            if score < least:
                if weak is not None and score >= WEAK:
                    weak.append((score, candidate))
                continue
            finding = self._finding(candidate, score)
            if self.policy.counts(finding.label, score, finding.place, finding.text):
                findings.append(finding)
                if structure.is_shown(candidate.reading.block):
                    inside += candidate.text_span.size
            elif weak is not None:
                weak.append((score, candidate))
        if not findings:
            return (), 0.0
        return tuple(findings), inside / max(1, found.shown)

    def _finding(self, candidate: Candidate, score: float) -> Finding:
        block = candidate.reading.block
        labels = tuple(
            pair for at, pair in enumerate(self.model.label_scores(candidate.rows)) if not at or pair[1] >= _NEGLIGIBLE
        )
        reasons = self._reasons(candidate)
        text = candidate.text
        label = labels[0][0]
        if structure.is_minor(block.text) and any(kind in ("adult", "escort") for kind, _ in labels):
            # Nothing of such a text is repeated, not even its terms.
            reasons = [Reason(MINOR, 10.0), *(reason for reason in reasons if not reason.code.startswith("term:"))]
            text = ""
        return Finding(
            label=label,
            score=score,
            place=block.place,
            hidden=block.hidden,
            path=block.path,
            span=_span(candidate),
            text=text,
            labels=labels,
            reasons=tuple(reasons),
        )

    def _reasons(self, candidate: Candidate) -> list[Reason]:
        model = self.model
        calibration = model.calibration
        reading = candidate.reading
        shares = model.contributions(candidate.rows)
        places: dict[int, int] = {}
        for index, rows in enumerate(reading.sheet.rows(reading.number, *candidate.run), candidate.run.first):
            for row in rows:
                places.setdefault(row, index)
        top = sorted(shares, key=lambda row: (-shares[row], row))
        reasons: list[Reason] = []
        for row in top:
            weight = round(calibration.text * shares[row], 4)
            term = model.terms[row]
            if len(reasons) == _REASONS or weight <= 0:
                break
            # Pairs of sounds repeat what words say; they are worth naming only where no word does.
            if term.startswith(tokens.SOUNDS) and len(reasons) >= 2:
                continue
            reasons.append(Reason(f"term:{term}", weight, self._place_of(candidate, term, places.get(row))))
        for signal in candidate.signals:
            weight = round(calibration.signals.get(signal.code, 0.0) * signal.strength, 4)
            if weight:
                reasons.append(Reason(signal.code, weight, signal.span, signal.detail))
        return sorted(reasons, key=lambda reason: (-reason.weight, reason.code))

    def _place_of(self, candidate: Candidate, term: str, index: int | None) -> Span | None:
        if index is None:
            return None
        reading = candidate.reading
        begin = index - 1 if " " in term.strip() and index else index
        span = Span(reading.tokens.starts[begin], reading.tokens.ends[index])
        return reading.block.offsets.span(reading.folded.offsets.span(span))

    def explain(self, page: str | bytes | Page) -> list[Explanation]:
        """Every candidate of a page, found guilty or not, with all that adds up to its score.

        Raises:
            PageError: the page is empty, binary or too large.
        """
        calibration = self.model.calibration
        rows = []
        for candidate in self.study(read_page(page)).candidates:
            parts = {
                f"term:{self.model.terms[row]}": calibration.text * share
                for row, share in self.model.contributions(candidate.rows).items()
            }
            parts["bias"] = calibration.bias + calibration.text * self.model.bias
            for code, strength in candidate.strengths.items():
                parts[code] = calibration.signals.get(code, 0.0) * strength
            block = candidate.reading.block
            withheld = structure.is_minor(block.text)
            rows.append(
                Explanation(
                    "" if withheld else candidate.text,
                    block.offsets.span(candidate.text_span),
                    block.place,
                    calibration.score(candidate.logit, candidate.strengths),
                    {code: part for code, part in parts.items() if not (withheld and code.startswith("term:"))},
                    withheld,
                )
            )
        return rows


def _span(candidate: Candidate) -> Span:
    """Where a candidate stands in the source."""
    return candidate.reading.block.offsets.span(candidate.text_span)


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
            f"{size:,} bytes are more than one page may have ({MAX_SIZE:,}): split it, or audit it as an archive", where
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
        raise EmptyPage("the page is empty: there is nothing to judge", where)
    return page


def model_folder(model: str | Path | None) -> Path:
    """A path as it is; a bare name among the models shipped with the package or lying beside it."""
    here = Path(__file__).parent
    if model is None or (isinstance(model, str) and "/" not in model and not Path(model).is_dir()):
        name = model or DEFAULT_MODEL
        for folder in (here / "models" / name, here.parent / "models" / name):
            if (folder / "manifest.json").is_file():
                return folder
        raise ModelNotFound(f"no model named {name!r} is installed: name a model folder, or train one with train.py")
    return Path(model)
