"""The judge learns which features speak for spam, each group once, and the engine scores as scikit-learn does."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from moderation import _native
from moderation.engine import Moderator
from moderation.engine.reading import PageReader
from moderation.training.features import grouped_matrix
from moderation.training.judge import JudgeSettings, fit_judge, joined, judged, trusted, with_judge
from moderation.training.proposals import Proposals

PAGE = (
    "<html><head><title>澳门葡京赌场网址_真人百家乐开户_时时彩投注平台</title></head>"
    "<body><p>学校简介和通知</p><p>棋牌游戏娱乐城注册送彩金 时时彩投注平台 真人百家乐</p></body></html>"
)


def proposals(rows: list[tuple[list[int], bool, int]], kind: str = "test") -> Proposals:
    """Rows of features with value 1, whether they are spam, and their group."""
    keys = [key for features, _, _ in rows for key in features]
    return Proposals(
        np.array([len(features) for features, _, _ in rows], np.int64),
        np.array(keys, np.uint32),
        np.ones(len(keys), np.float32),
        np.array([spam for _, spam, _ in rows], bool),
        np.zeros(len(rows), np.int32),
        np.array([group for _, _, group in rows], np.int64),
        (kind,),
        Counter({kind: len(rows)}),
        Counter({kind: sum(spam for _, spam, _ in rows)}),
    )


def test_signs_are_recovered() -> None:
    rows = [([10, 30], True, number) for number in range(40)] + [([20, 30], False, 100 + n) for n in range(40)]
    keys, weights, _ = fit_judge(proposals(rows), JudgeSettings())
    learned = dict(zip(keys.tolist(), weights.tolist(), strict=True))
    assert learned[10] > 0.5
    assert learned[20] < -0.5
    assert abs(learned.get(30, 0.0)) < min(learned[10], -learned[20])


def test_feature_of_one_group_is_none_however_often_it_stands_there() -> None:
    many = [([7], True, 1) for _ in range(20)]
    some = proposals(many + [([8], True, group) for group in (2, 3, 4)])
    matrix, keys = grouped_matrix(some.sizes, some.keys, some.values, some.groups, 2)
    assert (keys.tolist(), matrix.shape, matrix.sum()) == ([8], (23, 1), 3)
    _, keys = grouped_matrix(some.sizes, some.keys, some.values, some.groups, 4)
    assert keys.tolist() == []


def test_judged_as_the_weights_say() -> None:
    some = proposals([([3, 9, 5], True, 1), ([5], False, 2), ([7], False, 3)])
    scores = judged(some, np.array([9, 3, 7], np.uint32), np.array([2.0, 0.5, -1.0], np.float32), -0.25)
    assert scores.tolist() == [2.25, -0.25, -1.25]
    assert judged(some, np.zeros(0, np.uint32), np.zeros(0, np.float32), 1.0).tolist() == [1.0, 1.0, 1.0]


def test_spam_that_says_nothing_of_it_is_left_out() -> None:
    def part(first: int) -> Proposals:
        spam = [([10, 30], True, first + number) for number in range(40)]
        honest = [([20, 30], False, first + 100 + number) for number in range(40)]
        # Planted, and as any honest text.
        return proposals([*spam, *honest, *(([20, 30], True, first + 200 + number) for number in range(3))])

    parts = [part(first) for first in (0, 1000, 2000)]
    settings = JudgeSettings(doubted=-0.5)
    kept = trusted(parts, 1, settings)
    assert (len(parts[1].sizes), len(kept.sizes), int(kept.spam.sum())) == (83, 80, 40)
    assert len(kept.keys) == len(kept.values) == int(kept.sizes.sum())
    assert kept.units == parts[1].units
    # Never more than a share, the least spam first; and none that is doubted less.
    assert int(trusted(parts, 1, JudgeSettings(doubted=-0.5, most=0.05)).spam.sum()) == 41
    assert len(trusted(parts, 1, JudgeSettings(doubted=-50.0)).sizes) == 83


def test_joined_keeps_kinds_apart() -> None:
    one, two = proposals([([1], True, 1)], "a"), proposals([([2], False, 2), ([3], False, 3)], "b")
    both = joined([one, two])
    assert both.names == ("a", "b")
    assert both.kinds.tolist() == [0, 1, 1]
    assert both.spam.tolist() == [True, False, False]
    assert both.units == {"a": 1, "b": 2}


def test_engine_scores_as_the_decision_function_does() -> None:
    model = Moderator.load().model
    page_reading = PageReader(model).engine.search(PAGE, True)
    sizes, keys, values = page_reading.matrix()
    assert len(sizes) >= 2
    distinct, columns = np.unique(keys, return_inverse=True)
    rows = np.repeat(np.arange(len(sizes)), sizes)
    matrix = sparse.csr_matrix((values.astype(np.float64), (rows, columns)), shape=(len(sizes), len(distinct)))
    weights = np.round(np.random.default_rng(3).normal(size=len(distinct)), 3).astype(np.float32)
    learner = LogisticRegression()
    learner.classes_ = np.array([False, True])
    learner.coef_ = weights.astype(np.float64)[None, :]
    learner.intercept_ = np.array([-0.25])
    learner.n_features_in_ = len(distinct)
    judged = [
        row[3] for row in PageReader(with_judge(model, distinct, weights, -0.25)).engine.search(PAGE, True).candidates()
    ]
    assert judged == pytest.approx(learner.decision_function(matrix).tolist(), abs=1e-6)


def test_what_stands_on_one_side_alone_is_read_louder() -> None:
    fact = _native.fact_keys()[0]
    # Of ten words each: on the side of spam, on the honest side, on both, and mostly on the side of spam.
    rows = [([100 + n % 10, 300 + n % 10, 400 + n % 10 if n % 4 else 900, fact], True, n) for n in range(200)]
    rows += [([200 + n % 10, 300 + n % 10, 900 if n % 4 else 400 + n % 10, fact], False, 500 + n) for n in range(200)]
    learned = []
    for contrast in (0.0, 1.0):
        keys, weights, _ = fit_judge(proposals(rows), JudgeSettings(contrast=contrast, faint=0.0))
        learned.append(dict(zip(keys.tolist(), weights.tolist(), strict=True)))
    plain, loud = learned
    # The penalty holds a word the less, the more certainly it is of one side.
    assert loud[100] > 1.2 * plain[100] > 0
    assert loud[200] < 1.2 * plain[200] < 0
    assert loud[100] / plain[100] > loud[401] / plain[401]
    # What all have, and a fact, are read as they are.
    assert abs(loud[300] - plain[300]) < 0.1
    assert abs(loud[fact] - plain[fact]) < 0.1
