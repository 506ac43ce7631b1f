"""This project's model: trained anew in every fold, and as it is shipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from joblib import Parallel, delayed

from alternatives.base import Case, Judged, Point, Training, visible_lines
from moderation.engine import Moderator, read_page
from moderation.model import Model
from moderation.policy import Policy
from moderation.training import calibrate
from moderation.training.calibrate import Collected
from moderation.training.candidates import hard_spans
from moderation.training.corpus import Corpus, Fold
from moderation.training.fit import Settings, Terms, calibrated, fit, with_topics
from moderation.training.run import page_texts

__all__ = ["CrossValidated", "Shipped"]

_OWN = (Point("its own thresholds", 0.5, 0.5),)


class _Ours:
    """Flags a page where the engine would not let it pass; points at the spans of its findings."""

    points = _OWN
    chinese_only = False
    name: str
    about: str

    def moderator(self, fold: int) -> Moderator:
        raise NotImplementedError

    def judge(self, case: Case) -> Judged:
        verdict = self.moderator(case.fold).check(read_page(case.content))
        lines = tuple((finding.text, 1.0) for finding in verdict.findings)
        return Judged(float(bool(verdict.findings)), lines)

    def clean(self, content: str, fold: int) -> str:
        """All text of the cleaned page, title and meta tags included."""
        return "\n".join(visible_lines(self.moderator(fold).clean(read_page(content)).content))


class Shipped(_Ours):
    """The model that is shipped: it has learned from these sites and from all words of the lexicon."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = "moderation, shipped model"
        self.about = "in sample: trained on these sites and on both halves of the lexicon; real heads are new to it"

    def prepare(self, training: Training) -> None:
        self._moderator = Moderator.load(self.folder)

    def moderator(self, fold: int) -> Moderator:
        return self._moderator


class _Split(NamedTuple):
    model: Model
    found: Collected


class CrossValidated(_Ours):
    """A model for each fold, with the calibration and the thresholds of the other folds."""

    def __init__(self) -> None:
        self.name = "moderation, cross-validated"
        self.about = "trained, calibrated and given its thresholds without the site, the family and the words it judges"

    def prepare(self, training: Training) -> None:
        corpus, settings = training.corpus, Settings()
        counted = Terms.of((row.text for row in corpus.rows), settings.least)
        splits: list[_Split] = Parallel(n_jobs=training.jobs)(
            delayed(_split)(corpus, counted, fold, settings, training.seed + 100, training.chosen(fold))
            for fold in training.folds
        )
        self._moderators = [_ready(splits, held) for held in range(len(splits))]

    def moderator(self, fold: int) -> Moderator:
        return self._moderators[fold]


def _split(corpus: Corpus, counted: Terms, fold: Fold, settings: Settings, seed: int, chosen: Sequence[int]) -> _Split:
    model = fit(
        [corpus.rows[number] for number in chosen],
        counted.matrix[chosen],
        counted.names,
        settings,
        lambda some_model, rows: hard_spans(some_model, rows, settings.mined),
        f"fold-{fold.number}",
    )
    model = with_topics(model, page_texts(corpus, fold))
    return _Split(model, calibrate.collect(corpus, fold, model, seed))


def _ready(splits: Sequence[_Split], held: int) -> Moderator:
    """The moderator of one fold; its calibration and thresholds are learned on what the others found."""
    others = [split for number, split in enumerate(splits) if number != held]
    samples = [sample for split in others for sample in split.found.samples]
    totals = sum((split.found.totals for split in others), Counter[str]())
    learned = calibrate.calibrate(samples)
    scored = [(learned.score(sample.logit, sample.strengths), sample) for sample in samples]
    blocks = sum(count for kind, count in totals.items() if kind.startswith("planted-"))
    thresholds = calibrate.thresholds(calibrate.sweep(scored, blocks))
    learned = calibrate.with_prior(learned, samples, totals, thresholds["review"])
    model = calibrated(splits[held].model, learned, thresholds)
    return Moderator(model, Policy().with_thresholds(model.thresholds))
