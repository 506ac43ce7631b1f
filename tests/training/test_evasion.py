"""Each way to escape changes a text as it says, folding undoes those it knows, and blocks stand where they should."""

from __future__ import annotations

import random
import re
from html import unescape
from pathlib import Path

import pytest

from moderation.stages.normalize import fold
from moderation.training.dataset import own_pages
from moderation.training.evasion import EVASIONS, Evader, Evasion, pairs_of
from moderation.training.synthesis import Composer, Injection, load_grammars

DATASETS = Path(__file__).parents[2] / "datasets"
GRAMMARS = load_grammars(DATASETS)
PAGES = {page.name: page.content for page in own_pages(DATASETS)}
# The second names its firm in title, menu and text.
PAGE, VALVES = PAGES["county-government.html"], PAGES["company-valves.html"]
TEXT = "澳门新葡京赌场app_开云体育官方网站,强博彩平台下载"
BY_NAME = {each.name: each for each in EVASIONS}
TEXTUAL = [each.name for each in EVASIONS if each.kind not in ("markup", "place")]
# What the folding gives back as it was.
UNDONE = (
    "traditional",
    "full-width",
    "invisible",
    "blanks",
    "symbols",
    "glossed",
    "split-characters",
    "backwards-override",
)


def evader(seed: int = 1) -> Evader:
    return Evader.load(DATASETS, Composer(GRAMMARS, 2), seed)


@pytest.mark.parametrize("name", TEXTUAL)
def test_text_changes_and_the_same_seed_changes_it_the_same_way(name: str) -> None:
    changed = evader().text(name, TEXT)
    assert changed != TEXT
    assert evader().text(name, TEXT) == changed


@pytest.mark.parametrize("name", UNDONE)
@pytest.mark.parametrize("keyword", ["澳门新葡京赌场", "强博彩平台下载"])
def test_folding_undoes(name: str, keyword: str) -> None:
    assert fold(evader().text(name, keyword)).text == keyword


@pytest.mark.parametrize("name", ["utf8-as-latin1", "gbk-as-latin1"])
def test_folding_undoes_a_charset_that_loses_nothing(name: str) -> None:
    assert fold(evader().text(name, "澳门新葡京赌场")).text == "澳门新葡京赌场"


def test_homophones_sound_the_same_and_are_others() -> None:
    changed = evader().text("homophones", "澳门新葡京赌场")
    assert len(changed) == 7
    assert evader().text("pinyin", changed).replace(" ", "") == evader().text("pinyin", "澳门新葡京赌场").replace(
        " ", ""
    )


def test_pinyin_is_latin() -> None:
    assert evader().text("pinyin", "博彩").replace(" ", "") == "bocai"


def test_diluted_holds_the_keywords_and_as_many_others() -> None:
    keywords = ["澳门赌场", "博彩平台", "棋牌游戏"]
    parts = evader().text("diluted-3-1", "_".join(keywords)).split("_")
    assert parts[::4] == keywords
    assert len(parts) == 12


@pytest.mark.parametrize("way", EVASIONS, ids=lambda way: way.name)
def test_planted_text_stands_in_its_span(way: Evasion) -> None:
    page = VALVES if way.name == "substitution" else PAGE
    made = evader().plant(page, Injection(TEXT, "gambling", frozenset(), "list"), [way])
    assert made is not None
    planted = made.content[made.span.start : made.span.end]
    if way.kind in ("markup", "place"):
        assert unescape(re.sub("<[^>]*>", "", planted)) == TEXT
    else:
        assert planted not in PAGE


def test_every_pair_is_of_two_kinds_and_can_be_planted() -> None:
    pairs = pairs_of()
    assert len({frozenset(pair) for pair in pairs}) == len(pairs)
    assert all(one.kind != two.kind and one.readable and two.readable for one, two in pairs)
    some = random.Random(3).sample(pairs, 60)
    made = [evader().plant(PAGE, Injection(TEXT, "gambling", frozenset(), "list"), pair) for pair in some]
    # Not every page has every place, and letters that are no longer there cannot be changed.
    assert sum(each is not None for each in made) > 40


def test_nothing_to_change_is_nothing_planted() -> None:
    assert (
        evader().plant(PAGE, Injection("赌场", "gambling", frozenset(), "phrase"), [BY_NAME["digits-as-letters"]])
        is None
    )
