"""Locating: which runs of words are injected, and where exactly they begin and end."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.data import Span
from moderation.stages.locate import Run, inner_runs, maximal_runs, runs, settle, span_of
from moderation.stages.tokens import tokenize

# What words are worth in these tests; all others say nothing.
WORTH = {"澳门": 20.0, "威尼斯人": 20.0, "开户": 20.0, "国产": 20.0, "在线": 20.0, "观看": 20.0}
GENUINE = {"公司": -20.0, "阀门": -20.0, "新闻": -20.0, "首页": -20.0}


def evidence(text: str, worth: Mapping[str, float] = WORTH | GENUINE) -> list[float]:
    return [worth.get(word, 0.0) for word in tokenize(text).words]


def found(text: str, floor: float = 4.0) -> list[str]:
    """The texts of the runs of a block, ends not settled."""
    tokens = tokenize(text)
    return [text[slice(*span_of(tokens, run, text))] for run in runs(tokens, evidence(text), floor)]


def settled(text: str) -> str:
    """The text of the one run of a block, ends settled."""
    tokens = tokenize(text)
    (run,) = runs(tokens, evidence(text), 4.0)
    run = settle(tokens, evidence(text), run, Run(0, len(tokens.words)))
    return text[slice(*span_of(tokens, run, text))]


# -- maximal scoring subsequences


def by_definition(scores: list[int]) -> list[tuple[int, int, int]]:
    """All maximal scoring subsequences: the best of the whole, then those of what is left of it and right of it."""

    def between(low: int, high: int) -> list[tuple[int, int, int]]:
        best = max(
            (
                (sum(scores[first:last]), -(last - first), -first)
                for first in range(low, high)
                for last in range(first + 1, high + 1)
            ),
            default=(0, 0, 0),
        )
        if best[0] <= 0:
            return []
        first, last = -best[2], -best[2] - best[1]
        return [*between(low, first), (first, last, best[0]), *between(last, high)]

    return between(0, len(scores))


@settings(max_examples=500, deadline=None)
@given(st.lists(st.integers(-5, 5), max_size=12))
def test_maximal_runs_are_those_of_the_definition(scores: list[int]) -> None:
    assert maximal_runs(scores) == by_definition(scores)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.floats(-100, 100), max_size=40))
def test_maximal_runs_are_apart_and_worth_something(scores: list[float]) -> None:
    spans = maximal_runs(scores)
    for first, last, _ in spans:
        assert scores[first] > 0
        assert scores[last - 1] > 0
    for (_, end, _), (begin, _, _) in pairwise(spans):
        assert end <= begin
    inside = {index for first, last, _ in spans for index in range(first, last)}
    assert all(index in inside for index, score in enumerate(scores) if score > 0)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([], []),
        ([0, -1, 0], []),
        ([3], [(0, 1, 3)]),
        ([1, 2, 3], [(0, 3, 6)]),
        ([4, -5, 3, -3, 1, 2, -2, 2, -2, 1, 5], [(0, 1, 4), (2, 3, 3), (4, 11, 7)]),
        ([5, -1, 5], [(0, 3, 9)]),
        ([5, -5, 5], [(0, 1, 5), (2, 3, 5)]),
        ([-1, 5, -9, 5, -1], [(1, 2, 5), (3, 4, 5)]),
    ],
)
def test_maximal_runs(scores: list[int], expected: list[tuple[int, int, int]]) -> None:
    assert maximal_runs(scores) == expected


@pytest.mark.parametrize("pattern", [[1.0], [1.0, -2.0], [2.0, -1.0], [-1.0], [1.0, -1.0], [5.0, -1.0, -1.0, -1.0]])
def test_maximal_runs_of_a_long_text(pattern: list[float]) -> None:
    # A quadratic step would take hours here.
    assert maximal_runs(pattern * 200_000) is not None
    assert maximal_runs([number % 7 - 3.0 for number in range(200_000)])
    assert maximal_runs([float(number) for number in range(-1000, 200_000)])


# -- runs

RUNS = {
    "keyword list": ("澳门开户_国产在线_在线观看", ["澳门开户_国产在线_在线观看"]),
    "line before a page": ("澳门开户_威尼斯人\n公司新闻", ["澳门开户_威尼斯人"]),
    "line in a page": ("公司首页\n澳门开户\n公司新闻", ["澳门开户"]),
    "two lines": ("澳门开户\n公司，阀门，新闻\n国产在线", ["澳门开户", "国产在线"]),
    "neutral word inside": ("澳门_地图_开户", ["澳门_地图_开户"]),
    "half a title": ("公司新闻 - 澳门开户", ["澳门开户"]),
    "genuine": ("公司新闻 | 阀门", []),
    "neutral": ("地图 | 天气", []),
    "nothing": ("", []),
    "outweighed in its own segment": ("公司新闻澳门阀门首页", []),
}


@pytest.mark.parametrize(("text", "expected"), RUNS.values(), ids=RUNS)
def test_runs(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(("floor", "count"), [(4.0, 1), (40.0, 1), (41.0, 0)])
def test_floor(floor: float, count: int) -> None:
    assert len(found("澳门开户", floor)) == count


def test_many_neutral_words_end_a_run() -> None:
    assert found("澳门_" + "地图_" * 40 + "开户") == ["澳门", "开户"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["澳门", "公司", "地图", "开户", "_", "\n", "，", " | "]), max_size=20).map("".join))
def test_runs_are_whole_segments(text: str) -> None:
    tokens = tokenize(text)
    for run in runs(tokens, evidence(text), 4.0):
        assert {run.first, run.last} <= set(tokens.first)
        assert run.first < run.last


# -- ends

ENDS = {
    "alone": ("澳门开户", "澳门开户"),
    "prefix of a title": ("澳门开户_公司阀门", "澳门开户"),
    "suffix of a title": ("公司阀门 - 澳门开户", "澳门开户"),
    "middle of a title": ("公司阀门_澳门开户_公司首页", "澳门开户"),
    "several at the end": ("公司阀门_澳门开户_国产在线", "澳门开户_国产在线"),
    "neutral segment at the end goes with it": ("公司阀门_澳门开户_地图", "澳门开户_地图"),
    "neutral segment at the beginning goes with it": ("地图_澳门开户_公司阀门", "地图_澳门开户"),
    "neutral line stays": ("公司\n地图\n澳门开户\n地图\n公司", "澳门开户"),
    "line of its own": ("澳门开户，地图\n公司阀门，新闻", "澳门开户，地图"),
    "genuine keywords": ("公司,阀门,澳门开户", "澳门开户"),
    "full stop": ("澳门开户。\n公司阀门。", "澳门开户。"),
}


@pytest.mark.parametrize(("text", "expected"), ENDS.values(), ids=ENDS)
def test_ends(text: str, expected: str) -> None:
    assert settled(text) == expected


@pytest.mark.parametrize("genuine", ["公司阀门", "公司首页_阀门新闻", "公司，阀门"])
@pytest.mark.parametrize("spam", ["澳门开户", "澳门开户_国产在线", "威尼斯人在线开户"])
@pytest.mark.parametrize("joint", ["_", " - ", " | ", "丨", "·"])
def test_genuine_half_is_untouched(genuine: str, spam: str, joint: str) -> None:
    for text in (f"{genuine}{joint}{spam}", f"{spam}{joint}{genuine}", f"{genuine}{joint}{spam}{joint}{genuine}"):
        assert settled(text) == spam


def test_values_of_the_page_move_an_end() -> None:
    # "在线" alone speaks for spam; that the rest of the page uses it says that it is genuine.
    text = "公司在线_澳门开户"
    tokens = tokenize(text)
    (run,) = runs(tokens, evidence("在线在线_澳门开户"), 4.0)
    assert run == Run(0, 4)
    values = [-40.0, -40.0, 20.0, 20.0]
    assert settle(tokens, values, run, Run(0, 4)) == Run(2, 4)


def test_bounds_hold() -> None:
    text = "地图_澳门开户_地图"
    tokens = tokenize(text)
    (run,) = runs(tokens, evidence(text), 4.0)
    first, last = tokens.first[1], tokens.first[2]
    assert settle(tokens, evidence(text), run, Run(first, last)) == Run(first, last)


# -- spans

SPANS = {
    "whole line with its brackets": ("【澳门】开户!", 0, 2, "【澳门】开户!"),
    "blanks around": ("  澳门  ", 0, 1, "澳门"),
    "line of several": ("公司\n(澳门)\n新闻", 1, 2, "(澳门)"),
    "brackets beside a genuine half": ("公司【澳门】新闻", 1, 2, "【澳门】"),
    "full stop behind": ("澳门。公司", 0, 1, "澳门。"),
    "separator is not its own": ("公司 | 澳门 | 新闻", 1, 2, "澳门"),
    "comma is not its own": ("公司，澳门，新闻", 1, 2, "澳门"),
    "last of a line": ("公司_澳门！", 1, 2, "澳门！"),
}


@pytest.mark.parametrize(("text", "first", "last", "expected"), SPANS.values(), ids=SPANS)
def test_span(text: str, first: int, last: int, expected: str) -> None:
    assert text[slice(*span_of(tokenize(text), Run(first, last), text))] == expected


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["澳门", "公司", "_", "\n", "【", "】", " ", "。", "a"]), max_size=15).map("".join),
    st.data(),
)
def test_span_holds_its_words_and_no_others(text: str, data: st.DataObject) -> None:
    tokens = tokenize(text)
    count = len(tokens.words)
    if not count:
        return
    first = data.draw(st.integers(0, count - 1))
    last = data.draw(st.integers(first + 1, count))
    span = span_of(tokens, Run(first, last), text)
    assert span.covers(Span(tokens.starts[first], tokens.ends[last - 1]))
    assert first == 0 or tokens.ends[first - 1] <= span.start
    assert last == count or span.end <= tokens.starts[last]
    assert text[slice(*span)] == text[slice(*span)].strip("\n")


def test_run_inside_a_clause() -> None:
    cut = tokenize("太阳集团tyc召开安全生产会议")
    assert len(cut.words) >= 6
    worth = [20.0, 30.0, 10.0, *[-20.0] * (len(cut.words) - 3)]
    assert inner_runs(cut, worth, 15.0) == [Run(0, 3)]
    assert inner_runs(cut, worth, 100.0) == []
    # A clause that says nothing else is a run of its own, not one inside.
    assert inner_runs(cut, [20.0] * len(cut.words), 15.0) == []
    # Many words of little worth are no name.
    assert inner_runs(cut, [0.9] * (len(cut.words) - 1) + [-1.0], 1.0) == []
