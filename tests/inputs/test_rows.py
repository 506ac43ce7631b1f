"""What a row of labelled data says of its page, and where the planted text stands."""

from __future__ import annotations

import io
import json
import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.data import Page, Span
from moderation.errors import EmptyPage, LabelError, MalformedRow, PageTooLarge
from moderation.inputs.rows import (
    HONEST,
    SPAM,
    Truth,
    as_label,
    merged,
    numbered_rows,
    planted_spans,
    planted_texts,
    row_page,
    shared,
    truth_of,
)

KNOWN = ("adult", "gambling", "Phishing")
TEXT = "澳门威尼斯人_开户网址"
PAGE = Page(f"<html><head><title>{TEXT}-宏远阀门</title></head><body><p>&#30334;&#23478;乐</p><h1>{TEXT}</h1></body>")
TWICE = [PAGE.content.index(TEXT), PAGE.content.rindex(TEXT)]


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (None, HONEST),
        ("", HONEST),
        ("clean", HONEST),
        (" Honest ", HONEST),
        ("spam", SPAM),
        ("GAMBLING", "gambling"),
        ("phishing", "Phishing"),
        ("casino", None),
        (True, None),
        (0, None),
        (["clean"], None),
    ],
)
def test_label_is_one_of_the_known_words(value: Any, label: str | None) -> None:
    assert as_label(value, KNOWN) == label


def test_row_without_a_label_is_not_honest() -> None:
    with pytest.raises(LabelError, match=r"a\.jsonl#1: no label; say clean, spam, or one of adult, gambling, Phishing"):
        truth_of({"text": "x"}, PAGE, KNOWN, "a.jsonl#1")


@pytest.mark.parametrize("value", ["casino", 7, {"a": 1}, [[1]], "x" * 10_000])
def test_unknown_label_is_quoted_in_short(value: Any) -> None:
    with pytest.raises(LabelError, match="is unknown; say clean") as caught:
        truth_of({"label": value}, PAGE, KNOWN, "a.jsonl#1")
    assert len(str(caught.value)) < 250


def test_value_that_nests_as_deeply_as_json_may_is_named() -> None:
    deep = json.loads("[" * 900 + "]" * 900)
    with pytest.raises(LabelError, match="label a list is unknown"):
        truth_of({"label": deep}, PAGE, KNOWN, "a.jsonl#1")
    for span in (deep, [0, deep], [0, {"a": deep}]):
        (note,) = truth_of({"label": "spam", "span": span}, PAGE, KNOWN, "a.jsonl#1").notes
        assert "a list is no span" in note


def test_spam_says_where_it_stands() -> None:
    size = len(TEXT)
    spans = tuple(Span(at, at + size) for at in TWICE)
    assert planted_spans({"spam": TEXT}, PAGE, "x") == spans
    assert planted_spans({"spam": [TEXT, TEXT]}, PAGE, "x") == spans
    assert planted_spans({"span": list(spans[1])}, PAGE, "x") == spans[1:]
    assert planted_spans({"span": [list(span) for span in reversed(spans)]}, PAGE, "x") == spans
    assert planted_spans({"span": list(spans[0]), "spam": "nowhere"}, PAGE, "x") == spans[:1]
    assert planted_spans({}, PAGE, "x") == planted_spans({"spam": None, "span": None}, PAGE, "x") == ()


def test_text_that_is_written_in_references_is_found_as_a_reader_sees_it() -> None:
    (span,) = planted_spans({"spam": "百家乐"}, PAGE, "x")
    assert PAGE.content[span.start : span.end] == "&#30334;&#23478;乐"
    assert planted_texts(PAGE, [span]) == ["百家乐"]


def test_reader_sees_of_a_span_what_stands_in_blocks() -> None:
    everything = (Span(0, len(PAGE.content)),)
    assert planted_texts(PAGE, everything) == [f"{TEXT}-宏远阀门", "百家乐", TEXT]
    assert planted_texts(PAGE, (Span(0, 5),)) == []
    start = PAGE.content.index("宏远")
    assert planted_texts(PAGE, (Span(start, start + 2), Span(TWICE[1], TWICE[1] + 4))) == ["宏远", TEXT[:4]]
    assert planted_texts(Page("甲乙丙", is_html=False), (Span(1, 3),)) == ["乙丙"]


@pytest.mark.parametrize(
    "row",
    [
        {"span": [5, 5]},
        {"span": [-1, 3]},
        {"span": [0, 10_000]},
        {"span": [0]},
        {"span": [True, 3]},
        {"span": [0.0, 3.0]},
        {"span": "0-3"},
        {"span": {"start": 0, "end": 3}},
        {"span": [[0, 3], 4]},
        {"spam": "nowhere"},
        {"spam": " "},
        {"spam": 5},
        {"spam": [TEXT, None]},
        {"spam": ["x"] * 1000},
    ],
)
def test_planted_text_that_cannot_be_is_a_note_and_the_label_stays(row: dict[str, Any]) -> None:
    truth = truth_of({"label": "gambling", **row}, PAGE, KNOWN, "a.jsonl#3")
    assert (truth.label, truth.spans) == ("gambling", ())
    (note,) = truth.notes
    assert note.startswith("a.jsonl#3: ")
    assert "give" in note


def test_place_is_a_short_word() -> None:
    assert truth_of({"label": "spam", "place": "title-prefix"}, PAGE, KNOWN, "x") == Truth(SPAM, "title-prefix")
    for place in (5, ["title"], "x" * 100):
        truth = truth_of({"label": "clean", "place": place}, PAGE, KNOWN, "x")
        assert (truth.place, len(truth.notes)) == ("", 1)


def test_honest_row_has_no_planted_text() -> None:
    assert truth_of({"label": "clean", "spam": TEXT}, PAGE, KNOWN, "x") == Truth(HONEST)


def test_text_that_stands_everywhere_is_looked_for_in_bounded_time_and_memory() -> None:
    # As many blocks as spans: to compare each with each would take minutes.
    page = Page("<h2>甲</h2><p>乙</p>" * 30_000)
    began = time.monotonic()
    spans = planted_spans({"spam": "甲"}, page, "x")
    assert len(spans) == 10_000
    assert planted_texts(page, spans) == ["甲"] * 10_000
    assert time.monotonic() - began < 20


def test_lines_are_numbered_and_bounded() -> None:
    large = b'{"text": "' + b"x" * (8 * 8 * 1024 * 1024) + b'"}\n'
    stream = io.BytesIO(b'{"id": 1}\n\n[2]\n' + large + b'{"id": 5}')
    found = list(numbered_rows(stream, "a.jsonl"))
    assert [number for number, _ in found] == [1, 3, 4, 5]
    assert (found[0][1], found[3][1]) == ({"id": 1}, {"id": 5})
    assert isinstance(found[1][1], MalformedRow)
    assert isinstance(found[2][1], PageTooLarge)


SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10)).map(lambda pair: Span(pair[0], sum(pair))))


@given(SPANS)
def test_merged_spans_cover_the_same_and_stand_apart(spans: list[Span]) -> None:
    found = merged(spans)
    covered = {at for span in spans for at in range(*span)}
    assert {at for span in found for at in range(*span)} == covered
    assert sum(span.size for span in found) == len(covered)
    assert all(one.end < other.start for one, other in pairwise(found))


@given(SPANS, SPANS)
def test_shared_code_points_are_counted_once(some: list[Span], others: list[Span]) -> None:
    both = [{at for span in spans for at in range(*span)} for spans in (some, others)]
    assert shared(merged(some), merged(others)) == len(both[0] & both[1])


TEXTS = st.text("a0<>&;/_ 阀门百家乐\n\x00\u2028\ud800", max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=6,
)
ROWS = st.dictionaries(
    st.sampled_from(["html", "text", "title", "url", "label", "place", "span", "spam"]),
    st.sampled_from(["clean", "spam", "阀门", "<p>阀门</p>"]) | st.lists(st.integers(-1, 9), max_size=2) | VALUES,
)


@settings(max_examples=500, deadline=None)
@given(ROWS)
def test_any_row_says_something_or_what_is_wrong(row: dict[str, Any]) -> None:
    try:
        page = row_page(row, "a.jsonl#1")
        truth = truth_of(row, page, KNOWN, "a.jsonl#1")
    except (MalformedRow, EmptyPage, LabelError) as error:
        said = str(error)
        assert said.startswith("a.jsonl#1: ")
        return
    assert truth.label in (HONEST, SPAM, *KNOWN)
    assert all(0 <= span.start < span.end <= len(page.content) for span in truth.spans)
    assert all(note.startswith("a.jsonl#1: ") for note in truth.notes)
    assert all(text.strip() for text in planted_texts(page, truth.spans))
