"""Text and structure -> a probability, and the thresholds.

Fitted on what fold models make of pages they never saw: injected pages, genuine pages, and genuine lines planted
exactly as spam is, so that standing in a hidden element or in front of a page is worth no more than it is.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression

from moderation.data import Page, Span
from moderation.engine import Moderator, read_page
from moderation.model import Calibration, Model
from moderation.stages.signals import CODES
from moderation.study import Candidate
from moderation.training.candidates import moderator, planted
from moderation.training.corpus import Corpus, Fold
from moderation.training.dataset import CLEAN, HostPage
from moderation.training.synthesis import LABELS, Composer

__all__ = ["ALONE", "SHARES", "Sample", "calibrate", "collect", "sweep", "thresholds", "with_prior"]

# Labels by how often real injections have them (datasets/README.md).
SHARES = ("adult",) * 14 + ("gambling",) * 19 + ("escort",) * 4 + ("fraud",) * 4 + ("drugs", "piracy", "seo") * 3
# Signals that may speak against spam; all others speak for it or not at all.
_AGAINST = frozenset({"shape:prose", "shape:thin", "shape:fragment", "context:familiar", "context:topic"})
_CAP = 2.5
# Weight of the candidates of a set of real pages, that of any other set being 1. With 5 for both, 83 % of the planted
# blocks scored above all but two genuine pages, with 1 it was 78 %.
_REAL = {"html-zh": 5.0, "html-other": 5.0}
ALONE = "context:alone"
# Nothing counts that is more likely genuine, however few genuine pages there are to say so.
_LIKELY = 0.5
# Nothing is cut without asking that is less sure than this, however well the pages at hand separate.
_SURE = 0.9


class Sample(NamedTuple):
    """One candidate, and whether it was planted spam. ``unit`` names the page or line it is from, ``kind`` its set."""

    logit: float
    strengths: Mapping[str, float]
    positive: bool
    unit: str
    kind: str


class Collected(NamedTuple):
    """Candidates, and how many units of each kind were looked at, with or without one."""

    samples: list[Sample]
    totals: Counter[str]


def collect(corpus: Corpus, fold: Fold, model: Model, seed: int, times: int = 2) -> Collected:
    """The candidates a fold's model finds in what it never saw.

    Args:
        corpus: all pages and rows.
        fold: the split.
        model: trained on the fold's training side.
        seed: of the composition.
        times: spam blocks a host page and placement.
    """
    judge = moderator(model)
    hosts = [page for page in corpus.pages if fold.tests(f"site:{page.site}")]
    totals: Counter[str] = Counter()
    samples: list[Sample] = []
    for page in hosts:
        totals[page.origin] += 1
        samples.extend(_clean(judge, page.content, page.name, page.origin))
    samples.extend(_planted(judge, corpus, fold, hosts, seed, times, totals))
    composer = Composer(fold.unseen(corpus.grammars), seed + 2)
    pick = random.Random(seed + 3)
    for number in range(400):
        text = composer.injection(pick.choice(_labels(composer))).text
        unit = f"text-{fold.number}-{number}"
        totals["spam-text"] += 1
        samples.extend(
            Sample(candidate.logit, candidate.strengths, True, unit, "spam-text")
            for candidate in judge.study(Page(text, is_html=False)).candidates
        )
    for row in corpus.rows:
        if row.origin in ("thucnews-titles", "huatuo-medical", "toyhom-medical") and fold.tests(row.group):
            totals[row.origin] += 1
            samples.extend(_clean(judge, row.text, row.text, row.origin, is_html=False))
    for negative in corpus.negatives:
        if not negative.held_out and fold.tests(f"negative:{negative.group}"):
            totals["hard-negatives"] += 1
            samples.extend(_clean(judge, negative.text, negative.id, "hard-negatives", is_html=negative.is_html))
    for case in corpus.contexts:
        if not case.held_out and fold.tests(f"context:{case.group}"):
            kind = "context-injected" if case.label else "context"
            totals[kind] += 1
            samples.extend(
                Sample(candidate.logit, candidate.strengths, bool(case.label), case.id, kind)
                for candidate in judge.study(case.page).candidates
                if _span(candidate).overlaps(case.span)
            )
    return Collected(samples, totals)


def _labels(composer: Composer) -> list[str]:
    """The labels that have a family left to compose with, as often as they are met."""
    return [label for label in SHARES if composer.grammars[label].families]


def _clean(judge: Moderator, text: str, unit: str, kind: str, is_html: bool = True) -> Iterator[Sample]:
    page = read_page(text) if is_html else Page(text, is_html=False)
    for candidate in judge.study(page).candidates:
        yield Sample(candidate.logit, candidate.strengths, False, unit, kind)


def _planted(
    judge: Moderator,
    corpus: Corpus,
    fold: Fold,
    hosts: Sequence[HostPage],
    seed: int,
    times: int,
    totals: Counter[str],
) -> Iterator[Sample]:
    chinese = [page for page in hosts if page.origin != "html-other" and len(page.content) < 200_000]
    composer = Composer(fold.unseen(corpus.grammars), seed)
    for number, (labels, count) in enumerate(((_labels(composer), times), ([CLEAN], times))):
        for page, host in planted(chinese, composer, labels, count, seed + number):
            kind = "control" if page.injection.label == CLEAN else f"planted-{page.injection.label}"
            totals[kind] += 1
            unit = f"{host.name}#{page.placement}#{totals[kind]}"
            for candidate in judge.study(read_page(page.content)).candidates:
                if _span(candidate).iou(page.span) >= 0.5 or page.span.covers(_span(candidate)):
                    yield Sample(candidate.logit, candidate.strengths, page.injection.label in LABELS, unit, kind)


def _span(candidate: Candidate) -> Span:
    return candidate.reading.block.offsets.span(candidate.text_span)


def calibrate(samples: Sequence[Sample]) -> Calibration:
    """Logistic regression on the text's log-odds and the signals' strengths.

    A signal that comes out with the wrong sign says nothing and is left out.
    """
    codes = [code for code in CODES if code != ALONE]
    target = np.array([sample.positive for sample in samples])
    # On the clean side every set weighs the same, whatever its size, but for real pages, which are what is judged.
    kinds = [sample.kind if not sample.positive else "spam" for sample in samples]
    sizes = Counter(kinds)
    shares = {kind: _REAL.get(kind, 1.0) * sizes["spam"] / ((len(sizes) - 1) * sizes[kind]) for kind in sizes}
    weights = np.array([1.0 if kind == "spam" else shares[kind] for kind in kinds])
    while True:
        features = np.array([[s.logit, *(s.strengths.get(code, 0.0) for code in codes)] for s in samples])
        learner = LogisticRegression(C=10.0, max_iter=500).fit(features, target, sample_weight=weights)
        learned = dict(zip(codes, learner.coef_[0][1:].tolist(), strict=True))
        wrong = [
            code
            for code, weight in learned.items()
            if (weight > 0 and code in _AGAINST) or (weight < 0 and code not in _AGAINST)
        ]
        if not wrong:
            break
        codes = [code for code in codes if code not in wrong]
    return Calibration(
        bias=round(float(learner.intercept_[0]), 4),
        text=round(float(learner.coef_[0][0]), 4),
        cap=_CAP,
        signals={code: round(weight, 3) for code, weight in learned.items() if abs(weight) >= 0.05},
    )


class Step(NamedTuple):
    """One row of the sweep: what a threshold costs and brings."""

    threshold: float
    recall: float
    clean_pages: int
    titles: int
    medical: int
    hard: int


_FALSE_ALARMS = (
    ("clean_pages", ("html-zh", "html-other")),
    ("titles", ("thucnews-titles",)),
    ("medical", ("huatuo-medical", "toyhom-medical")),
    ("hard", ("hard-negatives",)),
)


def sweep(scored: Iterable[tuple[float, Sample]], planted_blocks: int) -> list[Step]:
    """Recall of planted blocks and false alarms by threshold, from 0.20 to 0.99.

    Args:
        scored: each candidate with its probability.
        planted_blocks: number of blocks planted, found or not.
    """
    best: dict[tuple[str, str], float] = {}
    for score, sample in scored:
        key = (sample.kind, sample.unit)
        best[key] = max(score, best.get(key, 0.0))
    steps = []
    for hundredths in range(20, 100):
        threshold = hundredths / 100
        over = Counter(kind for (kind, _), score in best.items() if score >= threshold)
        alarms = {name: sum(over[kind] for kind in kinds) for name, kinds in _FALSE_ALARMS}
        hits = sum(count for kind, count in over.items() if kind.startswith("planted-"))
        steps.append(Step(threshold, hits / max(1, planted_blocks), **alarms))
    return steps


def thresholds(steps: Sequence[Step]) -> dict[str, float]:
    """The two thresholds, by one rule each.

    ``review``: the lowest from 0.50 on at which at most one genuine page is flagged. ``clean``, from which a finding is
    cut without asking: the lowest from 0.90 on at which none is.
    """
    review = next((step.threshold for step in steps if step.clean_pages <= 1 and step.threshold >= _LIKELY), 0.95)
    clean = next((step.threshold for step in steps if not step.clean_pages and step.threshold >= _SURE), 0.99)
    return {"review": review, "clean": max(review, clean)}


def with_prior(
    calibration: Calibration, samples: Sequence[Sample], totals: Mapping[str, int], review: float
) -> Calibration:
    """The calibration with the prior of a text that has no page around it.

    Such a text is judged by its words alone, and most of them are genuine: the log-odds of ``context:alone`` are
    lowered until, at the ``review`` threshold, out of fold at most one news title in 20,000, one medical text in 4,000
    and one hard negative in 100 (of the half that is trained on) is flagged. That is half of what is asked of the
    shipped model: it knows twice the words of a fold's, and flags up to twice as much.
    """
    titles = totals.get("thucnews-titles", 0) // 20_000
    medical = (totals.get("huatuo-medical", 0) + totals.get("toyhom-medical", 0)) // 4_000
    hard = totals.get("hard-negatives", 0) // 100
    for quarter in range(25):
        signals = {**calibration.signals, ALONE: -quarter / 4}
        lowered = Calibration(calibration.bias, calibration.text, calibration.cap, signals)
        over: dict[str, set[str]] = {}
        for sample in samples:
            if not sample.positive and lowered.score(sample.logit, sample.strengths) >= review:
                over.setdefault(sample.kind, set()).add(sample.unit)
        sick = len(over.get("huatuo-medical", ())) + len(over.get("toyhom-medical", ()))
        rows = len(over.get("hard-negatives", ()))
        if len(over.get("thucnews-titles", ())) <= titles and sick <= medical and rows <= hard:
            return lowered
    return lowered
