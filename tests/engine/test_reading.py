"""What the engine reads in a page must be what the stages say of each text."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation import Moderator, _native
from moderation.data import Block, OffsetMap, Page, Piece, Place, Span
from moderation.engine.reading import PageReader, characters
from moderation.engine.search import find_candidates
from moderation.model import Model
from moderation.stages import tokens
from moderation.stages.blocks import markup, outline
from moderation.stages.normalize import Folded, fold, repairs

TEXTS = [
    "澳门威尼斯人官网_真人百家乐开户，联系QQ 123456789。",
    "",
    "。！",
    "本公司生产c++编译器、at&t系统和PVC-U管，见http://www.example.com/a.html或a@b.cn，电话010-87654321",
    "казино онлайн ставки カジノ 入金不要ボーナス สล็อต 카지노 사이트",
    "i 丨 I 太阳城 i 新葡京",
    "bocai 菠菜 博cai tyc122cc tyc8722",
    "强 弓虽 国 " * 40,
    "真人百家乐开户" * 60,
    "\ue000 \x1f \n 投注",
    "1234 12345 12 三百 １２３４５",
    "𠀀𠀁 博彩",
    "澳\u200b门\ufeff开户\u200b",
    "\u200b",
]


def blocks_of(texts: list[str]) -> list[Block]:
    return [
        Block(text, Span(0, len(text)), Place.BODY, "p", OffsetMap.identity(), index=number)
        for number, text in enumerate(texts)
    ]


@pytest.fixture(scope="module")
def model() -> Model:
    return Moderator.load().model


@pytest.mark.parametrize("texts", [TEXTS, TEXTS[::-1], *([text] for text in TEXTS)])
def test_engine_says_what_each_text_says_alone(texts: list[str], model: Model) -> None:
    readings = PageReader(model).read(blocks_of(texts))
    for text, reading in zip(texts, readings, strict=True):
        assert reading.folded == fold(text)
        cut = tokens.tokenize(fold(text).text)
        assert reading.tokens == cut
        known = model.known(tokens.terms(cut))
        assert [sorted(rows) for rows in reading.rows] == [sorted(rows) for rows in known]
        assert reading.evidence == pytest.approx([sum(model.evidence[row] for row in word) for word in known])


def test_real_blocks_say_what_they_say_alone(model: Model, sources: Path) -> None:
    for path in sorted((sources / "html_zh").glob("*.html"))[::8]:
        blocks = outline(Page(path.read_bytes().decode("utf-8", "replace"))).blocks
        for block, reading in zip(blocks, PageReader(model).read(blocks), strict=True):
            assert reading.folded == fold(block.text)
            cut = tokens.tokenize(reading.folded.text)
            assert reading.tokens == cut
            known = model.known(tokens.terms(cut))
            assert [sorted(rows) for rows in reading.rows] == [sorted(rows) for rows in known]


# -- folding by a table


_ODD = "国澳門开户女子弓虽é·Áaα∨√v(（)）*_- \t\u200b\u202e\ufeff\xad№㏎è涓浗ÃåäºåÐÂÎÅ亚Ⅰ丨🀄１Ａ０"


def by_steps(text: str) -> Folded:
    folded, pieces = characters().fold_steps(text, repairs)
    return Folded(folded, OffsetMap([Piece(*piece) for piece in pieces]))


@settings(max_examples=2000, deadline=None)
@given(st.text(st.sampled_from(_ODD), max_size=12))
def test_what_a_table_folds_the_steps_fold_alike(text: str) -> None:
    made = characters().fold(text)
    if made is not None:
        folded, pieces = made
        assert Folded(folded, OffsetMap([Piece(*piece) for piece in pieces])) == by_steps(text)


def test_every_character_is_folded_alike_by_table_and_by_steps() -> None:
    table = characters()
    for number in range(0x10000):
        for text in (chr(number), f"国{chr(number)}门", f"a{chr(number)}b"):
            made = table.fold(text)
            assert made is None or made[0] == by_steps(text).text, hex(number)


def test_table_is_enough_for_nearly_all_text(datasets: Path) -> None:
    lines = (datasets / "hard_negatives.jsonl").read_text("utf-8").splitlines()
    assert sum(characters().fold(line) is None for line in lines) < 0.1 * len(lines)


# -- a model of any terms


@pytest.mark.parametrize(
    "terms",
    [["澳门"], [f"~{chr(0x4E00 + number)}门" for number in range(500)], ["澳 门", "门 澳", "a b c"], ["~", "~a", " "]],
)
def test_terms_of_one_kind_are_found(terms: list[str]) -> None:
    lines = "".join(f"{term}\n" for term in terms).encode()
    ones, labels = [1.0] * len(terms), np.ones((len(terms), 2), dtype=np.float32)
    made = _native.Terms(lines, ones, ones, labels, np.zeros(2, dtype=np.float32), 1.0, 0.0)
    assert list(made) == terms
    assert made.score(range(len(terms))) == pytest.approx(len(terms) / (len(terms) + 1) ** 0.5)
    names = _native.Brands(b"", [])
    judge = _native.Judge(np.zeros(0, np.uint32), np.zeros(0, np.float32), 0.0)
    whole = _native.Whole(np.zeros(0, np.uint32), np.zeros(0, np.float32), np.zeros(0, np.float32), 0.0)
    engine = _native.Engine(made, characters(), tokens.dictionary(), fold, markup(), names, judge, whole, 0.0)
    rows = [row for word in engine.read(["一门 澳门 开户 澳 门"]).rows(0) for row in word]
    assert rows.count(0) == (1 if terms[0] in ("澳门", "~一门") else 0)


def test_terms_without_their_weights_are_refused() -> None:
    one = np.ones((1, 2), dtype=np.float32)
    with pytest.raises(ValueError, match="the same number"):
        _native.Terms(b"a\nb\n", [1.0], [1.0], one, np.zeros(2, dtype=np.float32), 1.0, 0.0)
    with pytest.raises(IndexError):
        _native.Terms(b"a\n", [1.0], [1.0], one, np.zeros(2, dtype=np.float32), 1.0, 0.0).score([1])


# -- what is remembered


def test_what_is_remembered_changes_nothing(model: Model) -> None:
    page = Page("<title>时时彩投注平台_澳门赌场开户_百家乐网址</title><p>本公司生产阀门。</p>")
    reader = PageReader(model)
    found = [
        [
            (each.text, each.run, each.logit, each.signals, each.span)
            for each in find_candidates(page, reader).candidates
        ]
        for _ in range(2)
    ]
    assert found[0]
    assert found[0] == found[1]


def test_full_lexicon_is_begun_anew_and_changes_nothing(model: Model) -> None:
    reader = PageReader(model)
    before = reader.read(blocks_of(TEXTS))
    names = [f"name{number:x}q" for number in range(150_000)]
    many = reader.read(blocks_of([" _ ".join(names)]))
    assert many[0].tokens.words == names
    behind = reader.read(blocks_of(TEXTS))
    # What was read with the old one keeps it.
    assert [each.tokens for each in before] == [each.tokens for each in behind]
    assert [each.rows for each in before] == [each.rows for each in behind]


def test_reader_goes_to_another_process(model: Model) -> None:
    blocks = outline(Page("甲乙丙", is_html=False)).blocks
    again = pickle.loads(pickle.dumps(PageReader(model)))
    assert again.read(blocks)[0].tokens == PageReader(model).read(blocks)[0].tokens


def test_page_without_words_has_no_readings_or_empty_ones(model: Model) -> None:
    assert PageReader(model).read([]) == []
    assert PageReader(model).read(blocks_of([""]))[0].rows == []
