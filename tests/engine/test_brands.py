"""Names as candidates: what is one, and what only looks like one; a model of our own says what is known."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
import pytest

from moderation import _native
from moderation.data import Page
from moderation.engine.reading import PageReader
from moderation.engine.search import NameParts, find_candidates
from moderation.model import Model

LABELS = ["adult", "gambling"]
LINES = """\
sure\tgambling\t澳门银河
sure\tgambling\t澳门银河城
sure\tgambling\tbet365
sure\tgambling\tw88
sure\tadult\t蜜桃社
common\tgambling\t威尼斯
common\tgambling\t太阳城
common\t\tob
behind\t\t官网
behind\t\t集团
strong\t\t体育
front\t\t澳门
slot\t\t大学
slot\t\t研究生院
slot\t\t有限公司
idle\t\t招聘
idle\t\t的
"""


def model(names: str = LINES) -> Model:
    """A model that knows these names, and nothing else: no word proposes a run, and every name is judged alike."""
    manifest = {
        "name": "tiny",
        "version": "1",
        "labels": LABELS,
        "bias": -4.0,
        "smoothing": 9.0,
        "cut": 0.0,
        "judge": {"bias": 0.0},
        "whole": {"bias": 0.0, "sure": 4.0},
        "ends": {"sure": 0.0},
        "calibration": {"bias": 0.0, "judged": 1.0, "least": None, "signals": {}},
        "thresholds": {"review": 0.5, "clean": 0.9},
    }
    one = np.ones(1, np.float32)
    return Model(
        manifest, {"阀门": 0}, one, -one, np.zeros((1, 2), np.float32), np.zeros(2, np.float32), names.encode()
    )


READER = PageReader(model())


def names(text: str, reader: PageReader = READER) -> list[tuple[str, NameParts]]:
    found = find_candidates(Page(text, is_html=False), reader, -math.inf).candidates
    assert all(each.name is not None for each in found)
    return [(each.text, each.name) for each in found if each.name is not None]


def texts(text: str) -> list[str]:
    return [name for name, _ in names(text)]


def test_known_name_in_prose() -> None:
    text = "本校的澳门银河与各学院合作，共同培养人才。"
    assert names(text) == [("澳门银河", NameParts(1, 1, 0, 0, 0, 0, 0, 0))]
    assert names("关于蜜桃社的报道")[0][1].label == 0


@pytest.mark.parametrize(
    "text",
    ["校验码 h90k8y6l3", "颜色 ak8bad", "0xE9K8C7AA", "/99%E8%K8%AD%E8/", "编号4k8d"],
    ids=["sum", "colour", "hex", "%", "code"],
)
def test_letter_and_digit_in_a_code_are_no_name(text: str) -> None:
    assert names(text, PageReader(model(LINES + "sure\tgambling\tk8\n"))) == []


@pytest.mark.parametrize("text", ["k8官网", "w88k8官网", "k8", "k8太阳城", "与k8w88合作"])
def test_letter_and_digit_among_known_words_are_a_name(text: str) -> None:
    found = names(text, PageReader(model(LINES + "sure\tgambling\tk8\n")))
    assert [name for name, _ in found] == [text.strip("与合作")]


@pytest.mark.parametrize("text", ["威尼斯", "他去年到威尼斯旅行。", "威尼斯，一座水城", "太阳城在城东", "在ob里"])
def test_common_name_alone_is_none(text: str) -> None:
    assert texts(text) == []


@pytest.mark.parametrize(
    ("text", "name", "parts"),
    [
        ("今天威尼斯3344的", "威尼斯3344", NameParts(1, 0, 1, 1, 0, 0, 0, 0)),
        ("今天威尼斯官网的", "威尼斯官网", NameParts(1, 0, 1, 0, 1, 0, 0, 0)),
        ("今天威尼斯体育的", "威尼斯体育", NameParts(1, 0, 1, 0, 1, 1, 0, 0)),
        ("今天澳门威尼斯的", "澳门威尼斯", NameParts(1, 0, 1, 0, 0, 0, 1, 0)),
        ("欢迎来到威尼斯大学！", "威尼斯", NameParts(1, 0, 1, 0, 0, 0, 0, 1)),
        ("ob体育的", "ob体育", NameParts(-1, 0, 1, 0, 1, 1, 0, 0)),
        ("威尼斯(官网)的", "威尼斯(官网)", NameParts(1, 0, 1, 0, 1, 0, 0, 0)),
        ("威尼斯·官网的", "威尼斯·官网", NameParts(1, 0, 1, 0, 1, 0, 0, 0)),
    ],
)
def test_common_name_needs_a_code_a_glued_word_or_a_slot(text: str, name: str, parts: NameParts) -> None:
    assert names(text) == [(name, parts)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("今天，蛎孬官网集团的", ["蛎孬官网集团"]),
        ("今天，蛎孬体育的", ["蛎孬体育"]),
        # One word that is glued to any firm's name as well is not enough without a code.
        ("今天，蛎孬官网的", []),
        ("今天，蛎孬集团的", []),
        ("今天，xk99蛎孬官网的", ["xk99蛎孬官网"]),
        # Nothing but what is glued behind.
        ("官网集团", []),
        ("。体育官网", []),
    ],
)
def test_unknown_name_needs_two_glued_words_or_a_strong_one(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_word_that_everybody_uses_is_no_unknown_name() -> None:
    assert texts("今天，招聘官网集团的") == []
    assert texts("今天，招聘蛎孬官网集团的") == ["蛎孬官网集团"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("今天bq937集团的", ["bq937集团"]),
        # A digit or two make a format or a model, a letter alone counts things.
        ("下载mp3集团的", []),
        ("今天b9374集团的", []),
        ("今天9374集团的", []),
    ],
)
def test_letters_with_a_number_need_one_glued_word(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_unknown_name_says_that_nothing_of_it_is_known() -> None:
    ((_, parts),) = names("今天，蛎孬官网集团的")
    assert (parts.label, parts.known, parts.common, parts.glued) == (-1, 0, 0, 2)


def test_code_needs_a_strong_word() -> None:
    assert texts("打开xk123体育的") == ["xk123体育"]
    assert texts("打开xk123 体育的") == []


@pytest.mark.parametrize("text", ["威尼斯2018届", "威尼斯2018年", "威尼斯1998级", "威尼斯2018-2019"])
def test_year_behind_a_name_is_not_taken(text: str) -> None:
    # Without the year nothing makes an everyday word a name.
    assert texts(text) == []
    assert texts(text.replace("威尼斯", "澳门银河")) == ["澳门银河"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("澳门银河集团22882022-2023学年", ["澳门银河集团2288"]),
        ("打开bet3652026年新年", ["bet365"]),
        ("威尼斯xk86622019级新生", ["威尼斯xk8662"]),
        # A number of four digits is a year by itself, and one that goes on is none.
        ("澳门银河2022年", ["澳门银河"]),
        ("打开bet36520261年", []),
    ],
)
def test_number_that_is_glued_to_a_year_ends_in_front_of_it(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_number_that_counts_no_years_is_a_code() -> None:
    assert texts("威尼斯2018场") == ["威尼斯2018"]
    assert texts("威尼斯3018届") == ["威尼斯3018"]


def test_longest_name_counts() -> None:
    assert names("走进澳门银河城的") == [("澳门银河城", NameParts(1, 1, 0, 0, 0, 0, 0, 0))]
    assert texts("走进澳门银河，的") == ["澳门银河"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("打开bet365的", ["bet365"]),
        ("打开BET365的", ["bet365"]),
        ("打开 bet365 的", ["bet365"]),
        # Letters and digits that go on are another word.
        ("打开alphabet365的", []),
        ("打开bet3659的", []),
        ("打开w880的", []),
        ("打开aw88的", []),
        ("打开job体育的", ["job体育"]),
    ],
)
def test_letters_stand_apart_from_other_letters(text: str, expected: list[str]) -> None:
    found = names(text)
    assert [name.lower() for name, _ in found] == expected
    assert all(parts.known == (not parts.strong) for _, parts in found)


def test_names_apart_from_each_other_are_names_of_their_own() -> None:
    assert texts("澳门银河，bet365。威尼斯官网") == ["澳门银河", "bet365", "威尼斯官网"]


def test_of_a_name_as_long_as_none_the_beginning_is_found() -> None:
    assert texts("澳门银河" + "官网" * 20) == ["澳门银河" + "官网" * 20]
    assert texts("澳门银河" + "官网" * 40) == ["澳门银河" + "官网" * 28]


def test_names_stand_where_the_source_says() -> None:
    page = "<title>&#28595;门銀河&amp;学院</title><p>澳\u200b门银河城的</p>"
    found = find_candidates(Page(page), READER, -math.inf).candidates
    assert [page[each.span.start : each.span.end] for each in found] == ["&#28595;门銀河", "澳\u200b门银河城"]


def test_model_without_names_finds_none() -> None:
    assert names("澳门银河官网体育", PageReader(model(""))) == []


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("sure\tgambling\n", "kind, label and text"),
        ("certain\tgambling\t澳门银河\n", "unknown kind"),
        ("code\tgambling\t澳门银河\n", "unknown kind"),
        ("sure\tgambling\t澳\n", "two characters"),
        ("sure\tgambling\t\n", "two characters"),
    ],
)
def test_line_that_is_none(lines: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        _native.Brands(lines.encode(), LABELS)


# What a page may hold so many of that anything but linear work is seen: (text of n characters or so, names in it).
LONG: dict[str, Callable[[int], str]] = {
    "closing brackets": lambda size: "澳门银河" + ")" * size,
    "brackets": lambda size: "澳门银河" + "()" * (size // 2),
    "open brackets": lambda size: "澳门银河" + "(" * size,
    "one long chain": lambda size: "官网" * (size // 2),
    "chain of codes": lambda size: "体育xk1" * (size // 5),
    "letters": lambda size: "b" * size,
    "almost a name": lambda size: "bet36" * (size // 5),
    "names": lambda size: "澳门银河，" * (size // 5),
    "slots": lambda size: "威尼斯大学" * (size // 5),
    "fronts": lambda size: "澳门" * (size // 2),
    "years": lambda size: "威尼斯" + "2018年" * (size // 5),
    "unknown": lambda size: "蛎孬体育，" * (size // 5),
}


@pytest.mark.parametrize("kind", LONG)
def test_long_lines_take_linear_time(kind: str) -> None:
    def seconds(size: int) -> float:
        text = LONG[kind](size)
        began = time.process_time()
        READER.engine.search(text, False)
        return time.process_time() - began

    seconds(1000)
    short = min(seconds(25_000) for _ in range(3))
    # Sixteen times the length: linear work takes 16 times as long, quadratic 256 times.
    assert seconds(400_000) < 16 * 4 * short + 0.3
