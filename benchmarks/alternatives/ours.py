"""This project's model: trained anew in every fold, and as it is shipped."""

from __future__ import annotations

from pathlib import Path

from alternatives.base import Case, Judged, Point, Training, visible_lines
from moderation.engine import Moderator, read_page
from moderation.training.calibrate import calibrate, sweep, thresholds
from moderation.training.dataset import Sources
from moderation.training.fit import Terms, calibrated
from moderation.training.run import Crossed, Options, cross_validate, ready

__all__ = ["CrossValidated", "Shipped"]

ROOT = Path(__file__).parents[2]
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


class CrossValidated(_Ours):
    """A model for each fold, with the calibration and the thresholds of the other folds."""

    def __init__(self) -> None:
        self.name = "moderation, cross-validated"
        self.about = "trained, calibrated and given its thresholds without the site, the family and the words it judges"

    def prepare(self, training: Training) -> None:
        datasets = ROOT / "datasets"
        # The corpus is read already: no set is read again.
        sources = Sources(datasets / "sources.toml", None)
        options = Options(datasets, sources, "fold", training.seed, jobs=training.jobs)
        counted = Terms.of((row.text for row in training.corpus.rows), options.settings.least)
        crossed = cross_validate(training.corpus, counted, training.folds, options, lambda _: None)
        self._moderators = [_ready(crossed, at) for at in range(len(crossed.models))]

    def moderator(self, fold: int) -> Moderator:
        return self._moderators[fold]


def _ready(crossed: Crossed, held: int) -> Moderator:
    """The moderator of one fold; its calibration and thresholds are learned on what the others found."""
    others = crossed.others(held)
    learned = calibrate(others, crossed.codes)
    chosen = thresholds(sweep([(each.score(learned), each) for each in others]))
    return ready(calibrated(crossed.models[held], learned, chosen))
