"""What the arrays of a page say must be what `tokens` says of each text."""

from __future__ import annotations

import pickle

import pytest

from moderation import Moderator
from moderation.data import Block, OffsetMap, Page, Place, Span
from moderation.model import Model
from moderation.reading import FLOOR, INNER, Reader
from moderation.stages import locate, tokens
from moderation.stages.blocks import outline
from moderation.stages.normalize import fold
from moderation.study import study

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
def test_arrays_say_what_each_text_says_alone(texts: list[str], model: Model) -> None:
    readings = Reader(model).read(blocks_of(texts))
    for text, reading in zip(texts, readings, strict=True):
        cut = tokens.tokenize(fold(text).text)
        assert reading.tokens == cut
        known = model.known(tokens.terms(cut))
        assert [sorted(rows) for rows in reading.rows] == [sorted(rows) for rows in known]
        assert reading.evidence == pytest.approx([sum(model.evidence[row] for row in word) for word in known])


def test_every_stretch_alone_says_what_its_words_would(model: Model) -> None:
    reading = Reader(model).read(blocks_of([TEXTS[3] + TEXTS[0] + TEXTS[6]]))[0]
    size = len(reading.tokens.words)
    for first in range(size):
        for last in range(first + 1, size + 1):
            rows, evidence = reading.alone(locate.Run(first, last))
            known = model.known(tokens.terms(reading.tokens, first, last))
            assert [sorted(each) for each in rows] == [sorted(each) for each in known]
            assert evidence == pytest.approx([sum(model.evidence[row] for row in word) for word in known])


def test_what_is_not_promising_holds_nothing(model: Model) -> None:
    texts = TEXTS + [word for text in TEXTS for word in tokens.tokenize(fold(text).text).words]
    readings = Reader(model).read(blocks_of(texts))
    least = (-3.0 - model.bias) * model.smoothing**0.5
    promising = readings[0].sheet.promising(least)
    assert 0 < sum(promising) < len(texts)
    for reading, worth_it in zip(readings, promising, strict=True):
        if not worth_it:
            runs = [*locate.runs(reading.tokens, reading.evidence, FLOOR), *reading.inner]
            rows = reading.rows
            scores = [model.score(row for word in rows[run.first : run.last] for row in word) for run in runs]
            assert all(score <= -3.0 for score in scores)
            assert not locate.inner_runs(reading.tokens, reading.evidence, INNER) or scores


def test_what_is_remembered_changes_nothing(model: Model) -> None:
    page = Page("<title>时时彩投注平台_澳门赌场开户_百家乐网址</title><p>本公司生产阀门。</p>")
    forgetful, mindful = Reader(model, remembered=0, longest=0), Reader(model)
    found = [
        [(each.text, each.run, each.logit, each.signals, each.rows) for each in study(page, reader).candidates]
        for reader in (forgetful, mindful, mindful)
    ]
    assert found[0]
    assert found[0] == found[1] == found[2]


def test_full_lexicon_is_begun_anew_and_changes_nothing(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(model)
    before = reader.read(blocks_of(TEXTS))
    monkeypatch.setattr("moderation.reading._KNOWN", 5)
    behind = reader.read(blocks_of(TEXTS))
    assert behind[0].sheet.lexicon is not before[0].sheet.lexicon
    assert [each.rows for each in before] == [each.rows for each in behind]


def test_reader_goes_to_another_process_without_what_it_remembers(model: Model) -> None:
    reader = Reader(model, 7, 9)
    blocks = outline(Page("甲乙丙", is_html=False)).blocks
    reader.read(blocks)
    again = pickle.loads(pickle.dumps(reader))
    assert (again.remembered, again.longest) == (7, 9)
    assert again.read(blocks)[0].tokens == reader.read(blocks)[0].tokens


def test_page_without_words_has_no_readings_or_empty_ones(model: Model) -> None:
    assert Reader(model).read([]) == []
    assert Reader(model).read(blocks_of([""]))[0].rows == []
