"""Signals with the wrong sign say nothing, and the thresholds follow their rule."""

from __future__ import annotations

import random

import pytest

from moderation.training.calibrate import (
    CUT,
    REVIEWED,
    Looked,
    Sample,
    Sweep,
    calibrate,
    flagged,
    found,
    honest_pages,
    sweep,
    thresholds,
)
from moderation.training.corpus import REAL
from moderation.training.dataset import CLEAN


def looked(kind: str, label: str, samples: list[Sample], is_found: bool = False) -> Looked:
    return Looked(kind, "x", "g", "", label, tuple(samples), is_found)


def some() -> list[Looked]:
    pick = random.Random(1)
    rows = []
    for _ in range(300):
        rows.append(
            looked("a-planted", "gambling", [Sample(pick.gauss(2, 1), {"shape:keyword-list": pick.random()}, True)])
        )
        # A signal for spam that stands on honest pages only.
        rows.append(looked(REAL, CLEAN, [Sample(pick.gauss(-2, 1), {"meta:duplicate": 1.0}, False)], True))
    return rows


def test_wrong_signs_are_dropped_and_others_kept() -> None:
    learned = calibrate(some())
    assert learned.judged > 0
    assert learned.signals["shape:keyword-list"] > 0
    assert "meta:duplicate" not in learned.signals
    assert calibrate(some(), ()).signals == {}


def test_what_is_uncertain_is_not_learned_from() -> None:
    more = [looked("spam-page", "gambling", [Sample(9.0, {}, None)]) for _ in range(50)]
    assert calibrate([*some(), *more]) == calibrate(some())


def test_planted_page_scores_by_what_was_planted() -> None:
    learned = calibrate(some())
    samples = [Sample(-3.0, {}, True), Sample(5.0, {}, None)]
    planted, page = looked("a-planted", "gambling", samples), looked("spam-page", "gambling", samples)
    assert planted.score(learned) == learned.score(-3.0, {})
    assert page.score(learned) == learned.score(5.0, {})
    assert looked("a-planted", "gambling", []).score(learned) == 0.0


def steps(honest: dict[float, float]) -> list[Sweep]:
    return [Sweep(threshold, share, {}) for threshold, share in honest.items()]


@pytest.mark.parametrize(
    ("honest", "expected"),
    [
        # Review is where the prior puts it; nothing is cut below what is sure.
        ({0.1: 0.0, 0.3: 0.0, 0.8: 0.0}, {"review": 0.5, "clean": 0.8}),
        ({0.3: 0.01, 0.5: REVIEWED, 0.8: 0.001, 0.9: CUT}, {"review": 0.5, "clean": 0.9}),
        ({0.3: 0.01, 0.8: 0.01, 0.95: 0.0}, {"review": 0.5, "clean": 0.95}),
        # What cuts too much at every threshold cuts at the last one.
        ({0.3: 0.1, 0.8: 0.1, 0.99: 0.1}, {"review": 0.5, "clean": 0.99}),
    ],
)
def test_thresholds_are_the_lowest_that_keep_the_rule(honest: dict[float, float], expected: dict[str, float]) -> None:
    assert thresholds(steps(honest)) == expected


def test_real_pages_count_false_alarms_and_own_pages_where_there_are_none() -> None:
    real, own = looked(REAL, CLEAN, [], True), looked("own-pages", CLEAN, [], True)
    line, spam = looked("honest-line", CLEAN, []), looked("a-planted", "gambling", [])
    assert honest_pages([(0.1, real), (0.2, own), (0.3, line), (0.4, spam)]) == [0.1]
    assert honest_pages([(0.2, own), (0.3, line), (0.4, spam)]) == [0.2]
    without = sweep([(0.405, own), (0.4, line), (0.9, spam)])
    assert thresholds(without) == {"review": 0.5, "clean": 0.6}
    assert next(step for step in without if step.threshold == 0.5).kinds["a-planted"] == (1, 1)


def test_found_at_a_share_of_honest_pages() -> None:
    real, spam = looked(REAL, CLEAN, [], True), looked("a-planted", "gambling", [])
    scored = [(number / 1000, real) for number in range(1000)] + [(0.9945, spam), (0.9, spam)]
    assert found(scored, "a-planted", 0.01)[:2] == (1, 2)
    assert found(scored, "a-planted", 0.001)[:2] == (0, 2)
    assert flagged(scored, "a-planted", 0.9) == (2, 2)
