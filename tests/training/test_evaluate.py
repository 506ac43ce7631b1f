"""The tables of real pages count what they say, and cuts are measured against the page before."""

from __future__ import annotations

from pathlib import Path

import pytest

from moderation.data import Page, Span
from moderation.engine import Moderator
from moderation.policy import Policy
from moderation.training.calibrate import Looked
from moderation.training.corpus import REAL
from moderation.training.dataset import CLEAN, own_pages
from moderation.training.evaluate import PlantedResult, cut_quality, reality, shares
from moderation.training.examples import Unit

DATASETS = Path(__file__).parents[2] / "datasets"
SPAM = "澳门威尼斯人官网_真人百家乐开户_澳门葡京赌场网址_时时彩投注平台_棋牌游戏娱乐城注册送彩金"
HONEST = Looked(REAL, "honest.html", "a.example", "", CLEAN, (), True)
FOUND = Looked("spam-page", "spam.html", "b.example", "body", "gambling", ())


def test_reality_is_told_at_the_two_thresholds() -> None:
    scored = [(0.1, HONEST), (0.6, HONEST), (0.95, HONEST), (0.7, FOUND), (0.2, FOUND)]
    measures = {each.name: each for each in reality(scored, {"review": 0.5, "clean": 0.9})}
    assert list(measures) == ["honest pages with a finding", "honest pages cut or rejected", "real spam pages found"]
    assert [(each.hits, each.total) for each in measures.values()] == [(2, 3), (1, 3), (1, 2)]
    # False alarms fail where they are flagged, spam where it is missed.
    assert len(measures["honest pages with a finding"].failures) == 2
    assert measures["real spam pages found"].failures == ("spam.html (gambling, body, 0.200)",)
    assert not any(each.is_met for each in measures.values())


def test_shares_are_of_spam_only_and_fall_with_the_share() -> None:
    scored = [(number / 2000, HONEST) for number in range(2000)]
    scored += [(0.9999, FOUND), (0.9982, FOUND), (0.9955, FOUND), (0.5, FOUND)]
    assert shares(scored) == [("spam-page", [(3, 4), (2, 4), (1, 4)])]


@pytest.fixture(scope="module")
def judge() -> Moderator:
    return Moderator(Moderator.load().model, Policy(review=0.5, clean=0.9))


def test_cut_is_exact_where_the_page_before_comes_back(judge: Moderator) -> None:
    before = next(page.content for page in own_pages(DATASETS) if page.name == "county-government.html")
    at = before.index("<body")
    at = before.index(">", at) + 1
    content = before[:at] + SPAM + before[at:]
    unit = Unit(
        Page(content, True), "phrase-planted", (Span(at, at + len(SPAM)),), False, "first", "gambling", original=before
    )
    result = PlantedResult()
    # The second has nothing to be found, the third is honest, the fourth has no page before.
    missed = unit._replace(page=Page(before, True), spans=(Span(at, at + 1),))
    cut_quality(judge, [unit, missed, unit._replace(label=CLEAN), unit._replace(original=None)], result)
    assert result.rows == [
        ("first", "gambling", "phrase-planted", True, "gambling", 1.0, True, True),
        ("first", "gambling", "phrase-planted", False, "", 0.0, False, False),
    ]
