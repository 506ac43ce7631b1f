"""The judge's log-odds and structure -> a probability, and the thresholds.

Fitted on what each fold's model makes of pages it never saw, planted anew: honest pages and texts, spam in them, and
honest lines and names planted exactly as spam is.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression

from moderation.data import Span
from moderation.engine.reading import PageReader
from moderation.engine.search import find_candidates
from moderation.model import Calibration, Model
from moderation.stages.signals import CODES
from moderation.training.corpus import REAL
from moderation.training.dataset import CLEAN
from moderation.training.examples import Unit

__all__ = [
    "Looked",
    "Sample",
    "Sweep",
    "calibrate",
    "flagged",
    "found",
    "honest_pages",
    "look",
    "prior",
    "sweep",
    "thresholds",
    "with_prior",
]

# The judge's log-odds from which a candidate is looked at again, with its signals: in use, and here, where there is
# something to learn from what is far below.
JUDGE_THRESHOLD, _LOOKED = -1.0, -5.0
# The score from which a finding counts; nothing is cut without asking that is less sure than the second.
REVIEW, _SURE = 0.5, 0.6
# Weight of the candidates of real honest pages together, those of any other honest set being 1.
_REAL_WEIGHT = 10.0
# Shares of real honest pages that may be flagged, and cut or rejected.
REVIEWED, CUT = 0.0045, 0.0007


class Sample(NamedTuple):
    """One candidate: the judge's log-odds, its signals, and whether it is spam (None: neither for certain)."""

    judged: float
    strengths: Mapping[str, float]
    spam: bool | None


class Looked(NamedTuple):
    """One page or text and its candidates; fields as those of :class:`proposals.Unit`."""

    kind: str
    name: str
    group: str
    place: str
    label: str
    samples: tuple[Sample, ...]
    is_found: bool = False
    site_kind: str = ""

    def score(self, calibration: Calibration) -> float:
        """The best score of its candidates; of what was planted, of those that are it."""
        # Where on a spam page its spam stands is known in part only: there, what is found anywhere counts.
        anywhere = self.label == CLEAN or self.kind in ("spam-page", "spam-site")
        wanted = [each for each in self.samples if each.spam or (anywhere and each.spam is None) or self.label == CLEAN]
        return max((calibration.score(each.judged, each.strengths) for each in wanted), default=0.0)


def look(units: Iterable[Unit], model: Model, threshold: float = _LOOKED) -> list[Looked]:
    """What a model makes of units it never saw."""
    reader = PageReader(model)
    looked = []
    for unit in units:
        samples = tuple(
            [
                Sample(each.judged, each.strengths, _is_spam(each.span, unit))
                for each in find_candidates(unit.page, reader, threshold).candidates
            ]
        )
        about = (unit.kind, unit.name, unit.group, unit.place, unit.label)
        looked.append(Looked(*about, samples, unit.is_found, unit.site_kind))
    return looked


def _is_spam(span: Span, unit: Unit) -> bool | None:
    if unit.label == CLEAN:
        # The rest of the page was looked at as it was.
        return False if not unit.spans or any(span.overlaps(each) for each in unit.spans) else None
    if any(span.overlaps(each) for each in unit.spans):
        return True
    # A spam site's own text, beside the piece that is known.
    return True if unit.kind == "spam-site" else None


def calibrate(looked: Sequence[Looked], codes: Sequence[str] = CODES) -> Calibration:
    """Logistic regression on the judge's log-odds and the signals' strengths.

    A signal that comes out with the wrong sign says nothing and is left out.

    Args:
        looked: pages and texts of all folds but the one that is judged with it.
        codes: the signals that may count.
    """
    rows = [(each.kind, sample) for each in looked for sample in each.samples if sample.spam is not None]
    target = np.array([bool(sample.spam) for _, sample in rows])
    sizes = Counter(kind if not sample.spam else "spam" for kind, sample in rows)
    shares = {kind: _REAL_WEIGHT if kind == REAL else 1.0 for kind in sizes if kind != "spam"}
    total = sum(shares.values())
    weight = np.array(
        [1.0 if sample.spam else sizes["spam"] * shares[kind] / total / sizes[kind] for kind, sample in rows]
    )
    codes = list(codes)
    while True:
        features = np.array([[s.judged, *(s.strengths.get(code, 0.0) for code in codes)] for _, s in rows])
        learner = LogisticRegression(C=10.0, max_iter=500).fit(features, target, sample_weight=weight)
        learned = dict(zip(codes, learner.coef_[0][1:].tolist(), strict=True))
        wrong = [code for code, each in learned.items() if each < 0]
        if not wrong:
            break
        codes = [code for code in codes if code not in wrong]
    return Calibration(
        bias=round(float(learner.intercept_[0]), 4),
        judged=round(float(learner.coef_[0][0]), 4),
        judge_threshold=JUDGE_THRESHOLD,
        signals={code: round(each, 3) for code, each in learned.items() if abs(each) >= 0.05},
    )


def honest_pages(scored: Sequence[tuple[float, Looked]]) -> list[float]:
    """The scores of the honest pages that false alarms are counted on: the real ones, without any the project's own."""
    real = [score for score, each in scored if each.kind == REAL]
    return real or [score for score, each in scored if each.is_found]


class Sweep(NamedTuple):
    """One threshold: the share of real honest pages flagged at it, and what it finds by kind, as (hits, total)."""

    threshold: float
    honest: float
    kinds: dict[str, tuple[int, int]]


def sweep(scored: Sequence[tuple[float, Looked]]) -> list[Sweep]:
    """What each threshold costs and brings, from 0.02 to 0.99."""
    by_kind: dict[str, list[float]] = {}
    for score, each in scored:
        by_kind.setdefault(each.kind, []).append(score)
    real = np.sort(np.array(honest_pages(scored) or [0.0]))
    ordered = {kind: np.sort(np.array(scores)) for kind, scores in by_kind.items()}
    steps = []
    for hundredths in range(2, 100):
        threshold = hundredths / 100
        honest = 1.0 - np.searchsorted(real, threshold) / len(real)
        kinds = {
            kind: (int(len(scores) - np.searchsorted(scores, threshold)), len(scores))
            for kind, scores in ordered.items()
        }
        steps.append(Sweep(threshold, float(honest), kinds))
    return steps


def with_prior(calibration: Calibration, shift: float) -> Calibration:
    """The calibration with its log-odds lowered by ``shift``."""
    return replace(calibration, bias=round(calibration.bias - shift, 4))


def prior(scored: Sequence[tuple[float, Looked]]) -> float:
    """What log-odds have to be lowered by, so that at the score :data:`REVIEW` few enough honest pages are flagged.

    A calibration is fitted on as much spam as honest candidates, the web has less: the prior is what nine in two
    thousand real honest pages flagged take.
    """
    honest = sorted(honest_pages(scored), reverse=True)
    allowed = int(REVIEWED * len(honest))
    score = min(1 - 1e-6, max(1e-6, honest[allowed] if honest else REVIEW))
    return math.log(score / (1.0 - score)) + 0.001


def thresholds(steps: Sequence[Sweep]) -> dict[str, float]:
    """The two thresholds, by one rule each.

    ``review``: 0.5, to which the prior is set. ``clean``, from which a finding is cut without asking: the lowest from
    0.60 on at which seven in ten thousand real honest pages are.
    """
    clean = next((step.threshold for step in steps if step.honest <= CUT and step.threshold >= _SURE), 0.99)
    return {"review": REVIEW, "clean": max(REVIEW, clean)}


def flagged(scored: Sequence[tuple[float, Looked]], kind: str, threshold: float) -> tuple[int, int]:
    """How many units of a kind score at least this, of how many."""
    scores = [score for score, each in scored if each.kind == kind]
    return sum(score >= threshold for score in scores), len(scores)


def found(scored: Sequence[tuple[float, Looked]], kind: str, share: float) -> tuple[int, int, float]:
    """How many units of a kind are found where this share of real honest pages is flagged: hits, total, threshold."""
    honest = sorted(honest_pages(scored), reverse=True)
    allowed = int(share * len(honest))
    threshold = np.nextafter(honest[allowed], 1.0) if len(honest) > allowed else 0.0
    hits, total = flagged(scored, kind, float(threshold))
    return hits, total, float(threshold)
