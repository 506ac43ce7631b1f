"""What counts as spam among the candidates, as honest, and as neither."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from moderation.data import Page, Span
from moderation.engine import Moderator
from moderation.training.corpus import REAL, Corpus, Fold, load_corpus
from moderation.training.dataset import CLEAN, HostPage, Sources
from moderation.training.examples import Unit, _in_text, _lines, _name_in_text, _texts, examples
from moderation.training.proposals import _is_spam, propose

DATASETS = Path(__file__).parents[2] / "datasets"
TEXT = "一段普通的文字澳门甲某赌场官网后面还有别的文字"
SPAM = Span(7, 15)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus(DATASETS, Sources(DATASETS / "sources.toml", None), 7, 400)


@pytest.fixture(scope="module")
def units(corpus: Corpus) -> list[Unit]:
    return [unit for number in range(5) for unit in examples(corpus, Fold(number), DATASETS, 3, 0.02)]


def judged(span: Span, unit: Unit) -> bool | None:
    return _is_spam((0, 0, 1, 0.0, 0.0, tuple(span), tuple(span), tuple(span), ()), unit)


@pytest.mark.parametrize(
    ("span", "spans", "partial", "label", "expected"),
    [
        (SPAM, (SPAM,), False, "gambling", True),
        # A part of it, and it with a little more.
        (Span(9, 12), (SPAM,), False, "gambling", True),
        (Span(5, 16), (SPAM,), False, "gambling", True),
        # It with so much more that nobody would cut it so.
        (Span(0, 23), (SPAM,), False, "gambling", None),
        (Span(0, 6), (SPAM,), False, "gambling", False),
        (Span(0, 6), (SPAM,), True, "gambling", None),
        (Span(0, 6), (), True, "gambling", None),
        (Span(0, 6), (), False, CLEAN, False),
        # Honest, and planted as spam is: the rest of the page is looked at elsewhere.
        (SPAM, (SPAM,), False, CLEAN, False),
        (Span(0, 6), (SPAM,), False, CLEAN, None),
    ],
)
def test_candidate_is_spam_where_it_is_what_was_planted(
    span: Span, spans: tuple[Span, ...], partial: bool, label: str, expected: bool | None
) -> None:
    assert judged(span, Unit(Page(TEXT, False), "test", spans, partial, label=label)) is expected


def test_of_one_spam_page_a_bounded_number_is_learned() -> None:
    # Paragraphs of their own, with other words around what is planted, so that none repeats another.
    words = [chr(0x4E00 + 97 * number) * 2 for number in range(200)]
    content = "".join(f"<p>{word}，澳门新葡京娱乐城官网开户送彩金，{word}</p>" for word in words)
    page = Unit(Page(content, True), "spam-page", (Span(0, len(content)),), True, "links", "gambling")
    assert sum(propose([page], Moderator.load().model).spam) == 30
    honest = Unit(Page(content, True), "real-clean")
    assert len(propose([honest], Moderator.load().model).spam) == 150


def test_found_pages_and_controls_are_honest(units: list[Unit]) -> None:
    assert sum(unit.is_found for unit in units) == 12
    assert all(unit.label == CLEAN and not unit.spans for unit in units if unit.is_found)
    controls = [unit for unit in units if unit.kind in ("control", "honest-name")]
    assert controls
    assert all(unit.label == CLEAN and unit.spans and not unit.is_found for unit in controls)


def test_planted_units_say_where_and_what_was_before(units: list[Unit]) -> None:
    planted = [unit for unit in units if unit.kind.endswith("-planted") and unit.original is not None]
    assert {"composed-planted", "name-planted"} <= {unit.kind for unit in planted}
    for unit in planted:
        assert unit.label != CLEAN
        assert unit.spans
        assert unit.page.content != unit.original


def test_proposals_are_rows_of_features(units: list[Unit]) -> None:
    some = [unit for unit in units if unit.kind in ("own-pages", "composed-planted", "control")]
    found = propose(iter(some), Moderator.load().model)
    assert found.units.total() == len(some)
    assert found.sizes.sum() == len(found.keys) == len(found.values)
    assert len(found.sizes) == len(found.spam) == len(found.kinds) == len(found.groups)
    by_kind = {found.names[kind] for kind in found.kinds[found.spam].tolist()}
    assert by_kind == {"composed-planted"}


HOST = HostPage(
    "first",
    "<title>第二中学</title><meta name=description content=学校概况><h1>第二中学召开家长会</h1>"
    "<p style='display:none'>看不见的</p><img alt=校门><p>"
    "第二中学于昨日召开家长会，\n三百余名家长到会，校长作了报告，各班随后分别进行了交流与讨论。</p>",
    "school.example",
    REAL,
)


def test_lines_are_what_a_reader_sees_without_the_title() -> None:
    assert _lines(HOST.content) == [
        "第二中学召开家长会",
        "第二中学于昨日召开家长会， 三百余名家长到会，校长作了报告，各班随后分别进行了交流与讨论。",
    ]


def test_honest_pages_are_looked_at_as_text_too() -> None:
    units = list(_texts([HOST] * 200, 1, 1.0))
    assert 40 < len(units) < 100
    assert {unit.page.content for unit in units} == {"\n".join(_lines(HOST.content)), _lines(HOST.content)[1]}
    assert all(unit.label == CLEAN and not unit.spans and unit.group == "school.example" for unit in units)
    assert not any(unit.is_found for unit in units)


def test_phrases_and_names_in_text_are_told_where_they_stand() -> None:
    for seed in range(20):
        (unit,) = _in_text("澳门甲某赌场官网", "gambling", HOST, random.Random(seed), "g")
        (span,) = unit.spans
        assert unit.page.content[span.start : span.end] == "澳门甲某赌场官网"
        assert not unit.page.is_html
    content = HOST.content.replace("第二中学", "甲某365官网")
    page = Unit(Page(content, True), "name-planted", (), label="gambling", group="name:甲某365官网")
    (unit,) = _name_in_text(page, "甲某365官网")
    assert [unit.page.content[span.start : span.end] for span in unit.spans] == ["甲某365官网"] * 2
    assert unit.kind == "name-in-text"
