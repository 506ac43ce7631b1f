"""Shares and their intervals."""

from __future__ import annotations

import pytest

from moderation.evaluation.intervals import Share, wilson


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"), [(0, 100, 0.0, 0.03699), (50, 100, 0.40383, 0.59617), (100, 100, 0.96301, 1.0)]
)
def test_wilson_interval(hits: int, total: int, low: float, high: float) -> None:
    # Reference values: R 4, prop.test(hits, total, correct = FALSE).
    assert wilson(hits, total) == pytest.approx((low, high), abs=2e-5)


def test_share_of_nothing_has_no_rate_and_says_nothing() -> None:
    assert Share(0, 0).rate is None
    assert Share(0, 0).to_dict() == {"hits": 0, "total": 0, "rate": None, "interval": [0.0, 1.0]}


def test_share_is_a_row() -> None:
    row = Share(1, 3).to_dict()
    assert (row["hits"], row["total"], row["rate"]) == (1, 3, 0.33333)
    assert tuple(row["interval"]) == wilson(1, 3)
