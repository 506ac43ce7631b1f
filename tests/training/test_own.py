"""Somebody's own rows: what the training takes from them, and what it leaves out and why."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.errors import DataSetError
from moderation.training.corpus import Fold, fold_of
from moderation.training.dataset import HostPage, Row
from moderation.training.own import ORIGIN, read_own

SPAM = "澳门威尼斯人_开户网址_新葡京娱乐场"
PAGE = "<title>宏远阀门</title><p>本公司生产各种阀门。</p>"


def read(folder: Path, *rows: Any) -> tuple[list[Row], list[HostPage], list[str]]:
    path = folder / "own.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", "utf-8", "surrogatepass")
    return read_own(path)


def test_texts_become_rows_and_honest_pages_become_hosts(tmp_path: Path) -> None:
    rows, pages, problems = read(
        tmp_path,
        {"text": SPAM, "label": "Gambling"},
        {"text": "公司简介", "label": None, "group": "valves.example"},
        {"title": "联系我们", "label": "clean", "url": "http://www.valves.example/contact"},
        {"html": PAGE, "label": "clean", "group": "valves.example"},
    )
    assert problems == []
    assert rows == [
        Row(SPAM, "gambling", f"{ORIGIN}:{SPAM[:24]}", ORIGIN),
        Row("公司简介", "clean", "site:valves.example", ORIGIN),
        Row("联系我们", "clean", "site:valves.example", ORIGIN),
    ]
    assert pages == [HostPage(f"{tmp_path / 'own.jsonl'}#4", PAGE, "valves.example", ORIGIN)]
    assert not any(row.composed for row in rows)


def test_rows_and_pages_of_a_site_stand_on_one_side_of_a_split(tmp_path: Path) -> None:
    rows, (page,), _ = read(
        tmp_path,
        {"text": "公司简介", "label": "clean", "url": "https://m.valves.example/a"},
        {"html": f"{PAGE}<a href='http://www.valves.example/'>首页</a>", "label": "clean"},
    )
    assert rows[0].group == f"site:{page.site}" == "site:valves.example"
    fold = Fold(fold_of(rows[0].group))
    assert fold.tests(f"site:{page.site}")
    assert not fold.trains(rows[0])


def test_of_a_spam_page_only_the_planted_text_is_learnt(tmp_path: Path) -> None:
    coded = "".join(f"&#{ord(letter)};" for letter in "百家乐网址")
    html = f"<title>{SPAM}-宏远阀门</title><p>{coded}</p><p>本公司生产各种阀门。</p>"
    start = html.index(SPAM)
    rows, pages, problems = read(
        tmp_path,
        {"html": html, "label": "gambling", "spam": SPAM},
        {"html": html, "label": "gambling", "span": [start, start + len(SPAM)]},
        {"html": html, "label": "gambling", "spam": [SPAM, "百家乐网址"]},
        {"text": f"{SPAM} 宏远阀门", "label": "gambling", "spam": SPAM},
    )
    assert (pages, problems) == ([], [])
    assert [row.text for row in rows] == [SPAM, SPAM, SPAM, "百家乐网址", SPAM]


def test_long_honest_text_is_learnt_sentence_by_sentence(tmp_path: Path) -> None:
    sentence = "本公司生产各种阀门、法兰和管件，供应城市供水、供暖和化工企业使用，欢迎来电咨询。"
    rows, _, _ = read(tmp_path, {"text": f"简介\n{sentence * 3}", "label": "clean"})
    assert [row.text for row in rows] == ["简介", sentence, sentence, sentence]
    assert len({row.group for row in rows}) == 1


@pytest.mark.parametrize(
    ("row", "fix"),
    [
        ("{", "one object a line"),
        ("[1]", "a row is"),
        ({"text": "公司简介"}, "no label; say clean"),
        ({"text": SPAM, "label": "casino"}, "'casino' is unknown; say clean"),
        ({"text": SPAM, "label": 1}, "label 1 is unknown"),
        ({"text": SPAM, "label": "spam"}, "say one of adult"),
        ({"label": "clean"}, "give one of them"),
        ({"text": " ", "label": "clean"}, "empty"),
        ({"html": PAGE, "label": "gambling"}, "add spam (the text) or span"),
        ({"html": PAGE, "label": "gambling", "spam": SPAM}, "give it as it stands there"),
        ({"html": PAGE, "label": "gambling", "span": [0, 4]}, "check span or spam"),
        ({"text": SPAM, "label": "gambling", "span": [5, 900]}, "give [start, end]"),
        ({"text": "公司简介", "label": "clean", "group": 7}, "give the name of the site"),
    ],
)
def test_line_that_cannot_be_learnt_is_named_with_its_fix(tmp_path: Path, row: Any, fix: str) -> None:
    rows, pages, (problem,) = read(tmp_path, row, {"text": "公司简介", "label": "clean"})
    assert problem.startswith(f"{tmp_path / 'own.jsonl'}#1: ")
    assert fix in problem
    assert ([found.text for found in rows], pages) == (["公司简介"], [])


@pytest.mark.parametrize(("label", "count"), [("adult", 0), ("escort", 0), ("gambling", 1), ("clean", 1)])
def test_what_must_not_be_repeated_is_not_learnt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, label: str, count: int
) -> None:
    # A mark stands for such a text: none is written here.
    monkeypatch.setattr("moderation.training.own.is_minor", lambda text: "标记" in text)
    rows, _, problems = read(tmp_path, {"text": "标记", "label": label})
    assert (len(rows), len(problems)) == (count, 1 - count)
    assert not any("标记" in problem for problem in problems)


def test_file_that_is_not_there_stops(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match="check the name"):
        read_own(tmp_path / "missing.jsonl")


TEXTS = st.text("a0<>&;/_ 阀门百家乐\n\x00\u2028\ud800", max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=6,
)
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "text": st.just(SPAM) | st.just(PAGE) | VALUES,
        "html": st.just(PAGE) | VALUES,
        "label": st.sampled_from(["clean", "gambling", "spam", "", None]) | VALUES,
        "span": st.lists(st.integers(-1, 60), max_size=3) | VALUES,
        "spam": st.sampled_from([SPAM, "阀门", "<p>", ""]) | VALUES,
        "group": VALUES,
        "url": VALUES,
    },
)


@settings(max_examples=200, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=4))
def test_any_row_is_learnt_or_named(given_rows: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        rows, pages, problems = read(Path(folder), *(json.dumps(row) for row in given_rows))
    assert len(pages) + len(problems) <= len(given_rows)
    assert len(rows) + len(pages) + len(problems) >= len(given_rows)
    assert all(row.text.strip() and row.group and row.origin == ORIGIN for row in rows)
    assert all(page.site and page.content for page in pages)
    assert all("own.jsonl#" in problem for problem in problems)
