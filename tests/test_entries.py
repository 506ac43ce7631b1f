"""Entries: the fields are all in the page, and come back as they were but for what was cut."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import Moderator
from moderation.cli.inputs import read_items
from moderation.data import Cleaned, Cut, Span
from moderation.entries import Document, Entry, Kind, Text

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
    # Of several bodies the first that says something counts; a title gives way to one of the markup's own.
    assert {name for name in fields if fields[name].strip()} - set(entry.spans) <= {"body", "title"}


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


# ----------------------------------------------------------------------------------------------------------- documents

BLOCK = "澳门威尼斯人官网_真人百家乐开户_新葡京娱乐场_时时彩投注"
PROSE = "本公司专业生产水质分析仪、溶氧仪、浊度计等在线监测设备，提供安装调试与校准服务。"
MANY = st.lists(st.tuples(TEXTS, st.sampled_from(Kind), st.sampled_from(["", "", "x"])), max_size=6)


@given(MANY, st.lists(st.tuples(st.integers(0, 250), st.integers(0, 30)), max_size=4))
def test_texts_of_a_document_lose_what_was_cut_and_nothing_else(
    given: list[tuple[str, Kind, str]], places: list[tuple[int, int]]
) -> None:
    document = Document.of(Text(f"a.{at}", *row) for at, row in enumerate(given))
    content = document.page.content
    cuts: list[Cut] = []
    for start, size in sorted(places):
        # Cuts lie apart.
        if size and (not cuts or start >= cuts[-1].span.end):
            cuts.append(Cut(Span(start, start + size), content[start : start + size]))
    gone = {at for cut in cuts for at in range(*cut.span)}
    kept = {name: [""] * len(text.text) for name, text in document.texts.items()}
    seen = set()
    for name, text in document.texts.items():
        for at, character in enumerate(text.text):
            kept[name][at] = character
    for name, start, span in document._pieces:
        for at in range(*span):
            index = start + at - span.start
            # A position of the page is that of one character, which is the same but for markup in plain text.
            assert (name, index) not in seen
            seen.add((name, index))
            assert content[at] in (document.texts[name].text[index], *"＜＆＂")
            if at in gone:
                kept[name][index] = ""
    cleaned = document.cleaned(cuts)
    for name, text in document.texts.items():
        assert cleaned.get(name, text.text) == "".join(kept[name])


@pytest.mark.parametrize(
    "texts",
    [
        [Text("title", BLOCK, Kind.TITLE), Text("body", PROSE)],
        [Text("title", "水质分析仪", Kind.TITLE), Text("a", PROSE), Text("b", f"{PROSE}\n{BLOCK}\n{PROSE}")],
        [Text("title", "水质分析仪", Kind.TITLE), Text("a", f"<p>{PROSE}</p>", Kind.HTML), Text("b", BLOCK)],
        [Text("title", "水质分析仪", Kind.TITLE), Text("a", PROSE), Text("b", f"<p>{BLOCK}</p>", Kind.HTML)],
        [Text("title", "水质分析仪", Kind.TITLE), Text("m", BLOCK, Kind.META), Text("b", f"<p>{PROSE}</p>", Kind.HTML)],
        [Text(f"m{at}", BLOCK if at == 4 else PROSE[at:], Kind.META) for at in range(6)],
        # What would be markup elsewhere hides nothing in a plain text.
        [Text("title", "水质分析仪", Kind.TITLE), Text("a", f"<p>{PROSE}</p>", Kind.HTML), Text("b", f"<b x={BLOCK}>")],
        # A title of the body's own takes nobody's place.
        [Text("title", BLOCK, Kind.TITLE), Text("a", f"<title>水质</title><p>{PROSE}</p>", Kind.HTML)],
    ],
)  # fmt: skip
def test_each_text_of_a_document_is_judged(texts: list[Text]) -> None:
    moderator = Moderator.load()
    document = Document.of(texts)
    verdict = moderator.check(document.page)
    (guilty,) = [text.name for text in texts if BLOCK in text.text]
    (finding,) = verdict.findings
    name, (start, end) = document.place(finding.span)
    assert name == guilty
    assert BLOCK in document.texts[name].text[start:end]
    assert end - start <= len(BLOCK) + 6
    cleaned = document.cleaned(moderator.clean(document.page, verdict).cuts)
    assert list(cleaned) == [guilty]
    assert BLOCK not in cleaned[guilty]


@pytest.mark.parametrize(
    ("body", "behind"),
    [
        ("<p>本公司生产水质分析仪。</p>", ""),
        ("<p>本公司生产水质分析仪。</p>", "-水质分析仪"),
        ("本公司生产<b>水质分析仪</b>。", ""),
        ("本公司生产<b>水质分析仪</b>。", "-水质分析仪"),
        ("<ul><li>阀门<li>水泵</ul>", ""),
    ],
)
def test_a_title_is_judged_apart_from_what_follows(body: str, behind: str) -> None:
    moderator = Moderator.load()
    entry = Entry.of({"title": BLOCK + behind, "body": body})
    (finding,) = moderator.check(entry.page).findings
    assert (finding.place.value, finding.text) == ("title", BLOCK)
    assert entry.cleaned(moderator.clean(entry.page))["body"] == body


def test_document_is_the_page_that_the_service_makes_of_its_row() -> None:
    texts = [
        Text("t", "水质", Kind.TITLE),
        Text("d", "说明", Kind.META),
        Text("a", "一\n二"),
        Text("b", "<p>三</p>", Kind.HTML),
    ]
    for some in (texts, texts[:1], texts[3:]):
        document = Document.of(some, "http://a.cn/")
        row = document.row()
        assert Entry.of(row, row.pop("url")).page == document.page


def test_pieces_of_a_line_are_read_as_one() -> None:
    pieces = [Text(f"a.{at}", piece, line="a") for at, piece in enumerate([BLOCK[:3], BLOCK[3:20], BLOCK[20:]])]
    document = Document.of(
        [Text("title", "水质分析仪", Kind.TITLE), *pieces, Text("b", PROSE, line="b"), Text("c", PROSE)]
    )
    moderator = Moderator.load()
    verdict = moderator.check(document.page)
    assert [finding.text for finding in verdict.findings] == [BLOCK]
    cleaned = document.cleaned(moderator.clean(document.page, verdict).cuts)
    assert cleaned == {"a.0": "", "a.1": "", "a.2": ""}


def test_digest_knows_the_text_and_not_the_names() -> None:
    one = Document.of([Text("a", "一"), Text("b", "二"), Text("c", "")])
    assert one.digest == Document.of([Text("x", "一"), Text("y", "二")]).digest
    assert one.digest != Document.of([Text("a", "一二")]).digest
