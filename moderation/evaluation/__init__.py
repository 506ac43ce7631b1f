"""A model and a policy on labelled pages: what is found, what is flagged by mistake, what other thresholds would do.

::

    Page, Truth ─evaluate─▶ Outcome ─add─▶ Evaluation

Nothing of the pages is kept but two numbers each, and the few that were judged worst.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappush, heappushpop
from typing import Any, NamedTuple

from moderation.data import Action, Page, Verdict
from moderation.engine import Moderator
from moderation.evaluation.intervals import Share
from moderation.inputs.rows import SPAM, Truth, merged, shared
from moderation.presentation.excerpt import is_withheld

__all__ = [
    "NOWHERE",
    "SHARES",
    "AtShare",
    "AtThreshold",
    "Best",
    "Case",
    "Evaluation",
    "Group",
    "Outcome",
    "best_score",
    "evaluate",
]

# Shares of honest pages that may be flagged, at which recall is asked.
SHARES = (0.01, 0.003, 0.001)
_THRESHOLDS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
# Scores are rounded to six digits.
_STEP = 1e-6
# The place of a page without candidates.
NOWHERE = "none"


class Best(NamedTuple):
    """The candidate of a page that scores highest.

    Attributes:
        score: probability in [0, 1]; 0 of a page without candidates.
        label: the most probable one, or empty.
        place: where it stands, or ``none``.
        text: what a reader sees there; empty where it is withheld.
        withheld: whether the text may not be shown (``rule:minor``).
    """

    score: float = 0.0
    label: str = ""
    place: str = NOWHERE
    text: str = ""
    withheld: bool = False


def best_score(moderator: Moderator, page: Page) -> Best:
    """The candidate that would be flagged first if the threshold were lowered.

    What the policy never counts is no candidate: places it leaves out, labels it switches off, the site's own phrases.
    Other thresholds of single labels are left aside, so that one threshold is swept for all.

    Raises:
        PageError: the page is empty, binary or too large.
    """
    off = {label: score for label, score in moderator.policy.labels.items() if score > 1}
    policy = replace(moderator.policy, review=0.0, labels=off)
    best = Best()
    for row in moderator.explain(page):
        if row.score > best.score and policy.counts(row.label, row.score, row.place, row.text):
            best = Best(row.score, row.label, row.place.value, row.text, row.withheld)
    return best


class Outcome(NamedTuple):
    """One page: what somebody said of it, and what the model and the policy say.

    ``spans`` compares the findings with the planted text, where that is known and something was found: whether one of
    them touches it, and intersection over union in code points of all of them with all of it.
    """

    truth: Truth
    verdict: Verdict
    best: Best
    is_html: bool
    spans: tuple[bool, float] | None = None

    @property
    def flagged(self) -> bool:
        return self.verdict.action is not Action.ALLOW

    @property
    def given(self) -> str:
        """The label of the finding with the highest score, or empty."""
        findings = self.verdict.findings
        return max(findings, key=lambda finding: finding.score).label if findings else ""

    @property
    def place(self) -> str:
        """Where the page's text stands, as was said; else where its best candidate does."""
        return self.truth.place or self.best.place

    def to_dict(self) -> dict[str, Any]:
        """The outcome without any of the page's text."""
        row: dict[str, Any] = {
            "label": self.truth.label,
            "place": self.place,
            "score": self.best.score,
            "action": self.verdict.action.value,
            "findings": [
                {"label": finding.label, "place": finding.place.value, "score": finding.score}
                for finding in self.verdict.findings
            ],
        }
        if self.spans is not None:
            row["iou"] = round(self.spans[1], 4)
        return row


def evaluate(moderator: Moderator, page: Page, truth: Truth) -> Outcome:
    """What becomes of one page.

    Raises:
        PageError: the page is empty, binary or too large.
    """
    verdict = moderator.check(page)
    spans = None
    if truth.spans and verdict.action is not Action.ALLOW:
        found = merged([finding.span for finding in verdict.findings])
        common = shared(found, truth.spans)
        union = sum(span.size for span in (*found, *truth.spans)) - common
        spans = (common > 0, common / union)
    return Outcome(truth, verdict, best_score(moderator, page), page.is_html, spans)


# ----------------------------------------------------------------------------------------------------------- summing up


@dataclass
class Group:
    """Counts of the spam and of the honest rows of one kind."""

    found: int = 0
    spam_rows: int = 0
    alarms: int = 0
    honest_rows: int = 0

    def add(self, outcome: Outcome) -> None:
        if outcome.truth.is_spam:
            self.spam_rows += 1
            self.found += outcome.flagged
        else:
            self.honest_rows += 1
            self.alarms += outcome.flagged

    @property
    def spam(self) -> Share:
        """Spam that is flagged."""
        return Share(self.found, self.spam_rows)

    @property
    def honest(self) -> Share:
        """Honest rows that are flagged."""
        return Share(self.alarms, self.honest_rows)

    def to_dict(self) -> dict[str, Any]:
        return {"spam": self.spam.to_dict(), "honest": self.honest.to_dict()}


class AtThreshold(NamedTuple):
    """What one threshold would flag: rows whose best candidate scores as much, or more."""

    threshold: float
    spam: Share
    honest: Share

    def to_dict(self) -> dict[str, Any]:
        return {"threshold": self.threshold, "spam": self.spam.to_dict(), "honest": self.honest.to_dict()}


class AtShare(NamedTuple):
    """The least threshold at which no larger share of the honest rows is flagged than is allowed.

    ``allowed`` is how many rows that is. Without honest rows there is no such threshold.
    """

    share: float
    allowed: int
    at: AtThreshold | None

    def to_dict(self) -> dict[str, Any]:
        return {"share": self.share, "allowed": self.allowed, **(self.at.to_dict() if self.at else {"threshold": None})}


class Case(NamedTuple):
    """A row among those that were judged worst. ``text`` is its best candidate, empty where it is withheld."""

    name: str
    outcome: Outcome
    text: str
    withheld: bool

    @classmethod
    def of(cls, name: str, outcome: Outcome) -> Case:
        """The row; where one finding of the page is withheld, so is all that stands beside it."""
        withheld = outcome.best.withheld or is_withheld(outcome.verdict)
        return cls(name, outcome, "" if withheld else outcome.best.text, withheld)

    def to_dict(self, say: Callable[[str], str] = str) -> dict[str, Any]:
        outcome = self.outcome
        return {
            "name": self.name,
            "label": outcome.truth.label,
            "score": outcome.best.score,
            "action": outcome.verdict.action.value,
            "candidate": {"label": outcome.best.label or None, "place": outcome.best.place, "text": say(self.text)},
            "withheld": self.withheld,
        }


class _Worst:
    """The few cases with the highest keys; among equals, the first."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.heap: list[tuple[float, int, Case]] = []
        self.number = 0

    def add(self, key: float, name: str, outcome: Outcome) -> None:
        self.number += 1
        # The number makes keys different, so that cases are never compared; what surely goes again is not made.
        if len(self.heap) < self.size:
            heappush(self.heap, (key, -self.number, Case.of(name, outcome)))
        elif self.heap and key > self.heap[0][0]:
            heappushpop(self.heap, (key, -self.number, Case.of(name, outcome)))

    @property
    def cases(self) -> list[Case]:
        return [case for _, _, case in sorted(self.heap, reverse=True)]


@dataclass
class Evaluation:
    """The sum of many outcomes.

    Attributes:
        moderator: what judged.
        worst: how many of the worst rows of each side are kept.
        all: all rows.
        left_out: rows without a verdict or without a label, by error code.
        notes: what was said of rows and could not be used.
        labels: rows by what was said of them.
        places: rows by place: as was said, else where the best candidate stands.
        kinds: rows by form, ``html`` or ``text``.
        confusion: flagged spam rows by label said and label given.
        alarms: flagged honest rows by label given.
        touched: flagged spam rows with a known planted text: those where a finding touches it.
    """

    moderator: Moderator
    worst: int = 10
    all: Group = field(default_factory=Group)
    left_out: Counter[str] = field(default_factory=Counter)
    notes: int = 0
    labels: dict[str, Group] = field(default_factory=dict)
    places: dict[str, Group] = field(default_factory=dict)
    kinds: dict[str, Group] = field(default_factory=dict)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    alarms: Counter[str] = field(default_factory=Counter)
    touched: int = 0

    def __post_init__(self) -> None:
        self._spam, self._honest, self._ious = array("d"), array("d"), array("d")
        self._missed, self._feared = _Worst(self.worst), _Worst(self.worst)

    # -- counting

    def add(self, name: str, outcome: Outcome) -> None:
        """Counts one row.

        Args:
            name: what it is called among the worst.
            outcome: what became of it.
        """
        truth, score = outcome.truth, outcome.best.score
        self.notes += len(truth.notes)
        self.all.add(outcome)
        self.labels.setdefault(truth.label, Group()).add(outcome)
        self.places.setdefault(outcome.place, Group()).add(outcome)
        self.kinds.setdefault("html" if outcome.is_html else "text", Group()).add(outcome)
        if truth.is_spam:
            self._spam.append(score)
            self._missed.add(-score, name, outcome)
            if outcome.flagged:
                self.confusion[truth.label, outcome.given] += 1
            if outcome.spans is not None:
                self.touched += outcome.spans[0]
                self._ious.append(outcome.spans[1])
        else:
            self._honest.append(score)
            # A row without candidates is nothing to look at.
            if score > 0:
                self._feared.add(score, name, outcome)
            if outcome.flagged:
                self.alarms[outcome.given] += 1

    def leave_out(self, code: str) -> None:
        """Counts a row that cannot be measured on.

        Args:
            code: of the error.
        """
        self.left_out[code] += 1

    # -- what came of it

    @property
    def by_label(self) -> list[tuple[str, Group]]:
        """The spam rows by what was said of them, sorted."""
        return sorted(pair for pair in self.labels.items() if pair[1].spam_rows)

    @property
    def rows(self) -> int:
        """Rows that were judged."""
        return self.all.spam_rows + self.all.honest_rows

    @property
    def labelled_right(self) -> Share:
        """Flagged rows of a label of the model that were given this label."""
        told = {pair: count for pair, count in self.confusion.items() if pair[0] != SPAM}
        return Share(sum(count for (said, given), count in told.items() if said == given), sum(told.values()))

    @property
    def touching(self) -> Share:
        """Flagged spam rows with a known planted text, where a finding touches it."""
        return Share(self.touched, len(self._ious))

    @property
    def iou(self) -> float | None:
        """Mean intersection over union of findings and planted text, over the rows of :attr:`touching`."""
        return math.fsum(self._ious) / len(self._ious) if self._ious else None

    @property
    def iou_interval(self) -> tuple[float, float]:
        """95 % interval of the mean (normal approximation)."""
        mean, count = self.iou, len(self._ious)
        if mean is None or count < 2:
            return 0.0, 1.0
        half = 1.96 * math.sqrt(math.fsum((value - mean) ** 2 for value in self._ious) / (count - 1) / count)
        return round(max(0.0, mean - half), 4), round(min(1.0, mean + half), 4)

    @property
    def thresholds(self) -> dict[str, float]:
        """The policy's own."""
        policy = self.moderator.policy
        return {"review": policy.review or 0.0, "clean": policy.clean or 0.0}

    def sweep(self, thresholds: Iterable[float] = _THRESHOLDS) -> list[AtThreshold]:
        """What each threshold would flag, the policy's own among them, in ascending order."""
        spam, honest = sorted(self._spam), sorted(self._honest)
        return [_at(threshold, spam, honest) for threshold in sorted({*thresholds, *self.thresholds.values()})]

    def at_shares(self, shares: Iterable[float] = SHARES) -> list[AtShare]:
        """What could be found if no larger shares of the honest rows were to be flagged."""
        spam, honest = sorted(self._spam), sorted(self._honest)
        found = []
        for share in shares:
            # A tenth of thirty is three, whatever the floating-point product says.
            allowed = math.floor(share * len(honest) + 1e-9)
            at = None
            if honest:
                threshold = round(honest[-allowed - 1] + _STEP, 6) if allowed < len(honest) else 0.0
                at = _at(threshold, spam, honest)
            found.append(AtShare(share, allowed, at))
        return found

    @property
    def feared(self) -> list[Case]:
        """The honest rows with the highest scores, as far as they have candidates."""
        return self._feared.cases

    @property
    def missed(self) -> list[Case]:
        """The spam rows with the lowest scores."""
        return self._missed.cases

    def to_dict(self, say: Callable[[str], str] = str) -> dict[str, Any]:
        """All of it, as docs/evaluate.md has it.

        Args:
            say: a text of a page -> what may be shown of it; by default all.
        """
        moderator = self.moderator
        confusion: dict[str, dict[str, int]] = {}
        for (said, given), count in sorted(self.confusion.items()):
            confusion.setdefault(said, {})[given] = count
        iou = self.iou
        return {
            "model": moderator.model.identity,
            "policy": moderator.policy.name,
            "thresholds": self.thresholds,
            "rows": {
                "evaluated": self.rows,
                "spam": self.all.spam_rows,
                "honest": self.all.honest_rows,
                "left_out": dict(sorted(self.left_out.items())),
                "notes": self.notes,
            },
            **self.all.to_dict(),
            "labelled_right": self.labelled_right.to_dict(),
            "planted_text": {
                "touched": self.touching.to_dict(),
                "mean_iou": None if iou is None else round(iou, 4),
                "interval": list(self.iou_interval),
            },
            "by_label": {label: group.spam.to_dict() for label, group in self.by_label},
            "confusion": confusion,
            "false_alarms": dict(sorted(self.alarms.items())),
            "by_place": {place: group.to_dict() for place, group in sorted(self.places.items())},
            "by_form": {kind: group.to_dict() for kind, group in sorted(self.kinds.items())},
            "sweep": [at.to_dict() for at in self.sweep()],
            "at_shares": [at.to_dict() for at in self.at_shares()],
            "worst": {
                "honest": [case.to_dict(say) for case in self.feared],
                "spam": [case.to_dict(say) for case in self.missed],
            },
        }


def _at(threshold: float, spam: Sequence[float], honest: Sequence[float]) -> AtThreshold:
    def reaching(scores: Sequence[float]) -> Share:
        return Share(len(scores) - bisect_left(scores, threshold), len(scores))

    return AtThreshold(threshold, reaching(spam), reaching(honest))
