"""The exported table against scikit-learn, and the same training twice."""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
import pytest

from moderation.engine import Moderator
from moderation.model import Model
from moderation.training.corpus import Fold, fold_of
from moderation.training.dataset import CLEAN, Row, negatives
from moderation.training.evaluate import Measure
from moderation.training.fit import Settings, Terms, analyse, calibrated, fit, pipeline
from moderation.training.synthesis import LABELS, Composer, load_grammars

DATASETS = Path(__file__).parents[2] / "datasets"


def rows(count: int) -> list[Row]:
    composer = Composer(load_grammars(DATASETS), 5)
    spam = [Row(composer.injection(label).text, label, "", "t") for label in LABELS for _ in range(count)]
    return [*spam, *(Row(composer.clean_line()[0], CLEAN, "", "t") for _ in range(len(spam)))]


def small(count: int = 60) -> Model:
    some = rows(count)
    counted = Terms.of((row.text for row in some), 2)
    model = fit(some, counted.matrix, counted.names, Settings(min_df=2), lambda *_: ["首页 - 体育 - 娱乐"], "small")
    return calibrated(model, model.calibration, model.thresholds)


def test_table_scores_as_the_pipeline_does(tmp_path: Path) -> None:
    model = Moderator.load().model
    composer = Composer(load_grammars(DATASETS), 6)
    texts = [row.text for row in negatives(DATASETS)]
    texts += [composer.injection(label).text for label in LABELS for _ in range(50)]
    joblib.dump(pipeline(model), tmp_path / "pipeline.joblib")
    expected = joblib.load(tmp_path / "pipeline.joblib").decision_function(texts)
    scores = [
        model.score(row for row in (model.vocabulary.get(term) for term in analyse(text)) if row is not None)
        for text in texts
    ]
    assert np.max(np.abs(np.array(scores) - expected)) < 1e-9


def test_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        small().save(tmp_path / name)
    files = ("manifest.json", "vocabulary.txt", "weights.npz")
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files)


def test_version_changes_with_what_decides_a_verdict() -> None:
    model = small(20)
    other = calibrated(model, model.calibration, {"review": 0.4, "clean": 0.9})
    assert other.identity != model.identity
    assert calibrated(model, model.calibration, model.thresholds).identity == model.identity


@pytest.mark.parametrize("strict", [False, True])
def test_fold_trains_on_nothing_it_is_tested_on(strict: bool) -> None:
    for number in range(5):
        fold = Fold(number, strict)
        grammars = fold.unseen(load_grammars(DATASETS))
        for label in LABELS:
            for family in grammars[label].families:
                row = Row("x", label, "", f"composed-{label}", frozenset({family.id}), fold.half)
                assert not fold.trains(row)
        held = next(f"site:{n}.com" for n in range(100) if fold_of(f"site:{n}.com") == number)
        assert fold.tests(held)
        assert not fold.trains(Row("x", CLEAN, held, "html-zh"))
        other_half = Row("x", "gambling", "", "composed-gambling", frozenset(), 1 - fold.half)
        assert fold.trains(other_half) is not strict


def test_shipped_model_leaves_nothing_out() -> None:
    assert all(Fold(None).trains(row) for row in rows(2))


@pytest.mark.parametrize(
    ("measure", "met"),
    [
        (Measure("x", 4, 45_000, ceiling=1 / 10_000), True),
        (Measure("x", 5, 45_000, ceiling=1 / 10_000), False),
        (Measure("x", 37, 39, floor=37 / 39), True),
        (Measure("x", 36, 39, floor=37 / 39), False),
        (Measure("x", 0, 10), True),
    ],
)
def test_floor_and_ceiling_are_counts(measure: Measure, met: bool) -> None:
    assert measure.is_met is met
