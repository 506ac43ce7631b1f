"""This project's model: trained anew in every fold, and as it is shipped."""

from __future__ import annotations

from pathlib import Path

from alternatives.base import Case, Judged, Point, Training, visible_lines
from moderation.engine import Moderator, read_page
from moderation.training import calibrate
from moderation.training.dataset import Sources
from moderation.training.fit import calibrated
from moderation.training.run import Options, Read, cross_validate, ready

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


class CrossValidated(_Ours):
    """A model for each fold, whose judge, calibration and thresholds the other folds gave."""

    def __init__(self, datasets: Path) -> None:
        # The corpus is read by then.
        self.options = Options(datasets, Sources(datasets / "sources.toml", None), "fold")
        self.name = "moderation, cross-validated"
        self.about = (
            "trained, calibrated and given its thresholds without the site, the phrase and the family it judges"
        )

    def prepare(self, training: Training) -> None:
        read = Read.of(training.corpus, self.options)
        crossed = cross_validate(read, training.folds, self.options, lambda _: None)
        learned = crossed.calibrations()
        shift = calibrate.prior(crossed.scored(learned))
        learned = [calibrate.with_prior(each, shift) for each in learned]
        chosen = calibrate.thresholds(calibrate.sweep(crossed.scored(learned)))
        self._moderators = [
            ready(calibrated(model, each, chosen)) for model, each in zip(crossed.models, learned, strict=True)
        ]

    def moderator(self, fold: int) -> Moderator:
        return self._moderators[fold]
