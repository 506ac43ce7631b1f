"""Entries: the fields are all in the page, and come back as they were but for what was cut."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import Moderator
from moderation._inputs import read_items
from moderation.data import Cleaned, Cut, Span
from moderation.entries import Entry

TEXTS = st.text(max_size=40)
FIELDS = st.fixed_dictionaries(
    {}, optional={"title": TEXTS, "summary": TEXTS, "meta.keywords": TEXTS, "html": TEXTS, "body": TEXTS}
)


@given(FIELDS)
def test_every_field_stands_where_it_says(fields: dict[str, str]) -> None:
    entry = Entry.of(fields)
    for name, (start, end) in entry.spans.items():
        assert entry.page.content[start:end] == fields[name]
        assert entry.field(Span(start, end)) == name
    # Of several bodies the first counts; a title gives way to one of the markup's own.
    assert {name for name in fields if fields[name]} - set(entry.spans) <= {"body", "title"}


@given(FIELDS, st.lists(st.tuples(st.integers(0, 150), st.integers(0, 30)), max_size=4))
def test_fields_lose_what_was_cut_and_nothing_else(fields: dict[str, str], places: list[tuple[int, int]]) -> None:
    entry = Entry.of(fields)
    content = entry.page.content
    gone = [False] * len(content)
    cuts = []
    for start, size in sorted(places):
        end = min(len(content), start + size)
        if start < end and not any(gone[start:end]):
            cuts.append(Cut(Span(start, end), content[start:end]))
            gone[start:end] = [True] * (end - start)
    cleaned = entry.cleaned(Cleaned("", tuple(cuts)))
    for name, (start, end) in entry.spans.items():
        assert cleaned[name] == "".join(content[at] for at in range(start, end) if not gone[at])


@pytest.mark.parametrize("body", ["<p>正文</p>", "正文", "<title>自己的</title><p>正文</p>"])
def test_title_and_body_make_the_page_of_a_row(body: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"title": "标题", "html": "{body}", "url": "http://a.cn/"}}', "utf-8")
    (item,) = read_items([str(path)])
    page = Entry.of({"title": "标题", "html": body}, "http://a.cn/", where=f"{path}#1").page
    assert page == item.page


def test_fields_of_an_article_know_each_other() -> None:
    block = "百家乐平台排行,十大正规线上赌场,在线十大电竞投注平台"
    entry = Entry.of({"title": "水质分析仪", "meta.keywords": block, "body": "<p>本公司生产水质分析仪。</p>"})
    (finding,) = Moderator.load().check(entry.page).findings
    assert entry.field(finding.span) == "meta.keywords"
    assert (finding.text, finding.place.value) == (block, "meta")


@pytest.mark.parametrize("text", ["a</title><b>", "a\"b'c", "</div>", 'a"b', "<script>"])
def test_no_field_gets_out_of_its_element(text: str) -> None:
    entry = Entry.of({"title": text, 'meta.x"><script>': text, "summary": text, "body": "<p>正文</p>"})
    for name, (start, end) in entry.spans.items():
        assert entry.page.content[start:end] == ("<p>正文</p>" if name == "body" else text)
    assert "><script>" not in entry.page.content.replace(text, "")
