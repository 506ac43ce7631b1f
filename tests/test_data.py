"""The words: spans, maps, and verdicts that survive the way through JSON."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.data import Action, Block, Cut, Finding, OffsetMap, Page, Piece, Place, Reason, Span, Verdict

SPANS = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: Span(min(pair), max(pair)))
SCORES = st.floats(0, 1)
REASONS = st.builds(
    Reason,
    code=st.sampled_from(["term:澳门", "shape:keyword-list", "rule:minor"]),
    weight=st.floats(-50, 50),
    span=st.none() | SPANS,
    detail=st.text(max_size=8),
)
LABELS = st.sampled_from(["adult", "gambling", "escort", "fraud", "drugs", "piracy", "seo"])
FINDINGS = st.builds(
    Finding,
    label=LABELS,
    score=SCORES,
    place=st.sampled_from(Place),
    hidden=st.sampled_from(["", "display-none"]),
    path=st.text(max_size=8),
    span=SPANS,
    text=st.text(max_size=8),
    labels=st.dictionaries(LABELS, SCORES, max_size=3).map(lambda labels: tuple(labels.items())),
    reasons=st.lists(REASONS, max_size=3).map(tuple),
)
VERDICTS = st.builds(
    Verdict,
    action=st.sampled_from(Action),
    findings=st.lists(FINDINGS, max_size=3).map(tuple),
    model=st.text(max_size=8),
    policy=st.text(max_size=8),
    url=st.none() | st.text(max_size=8),
)


@given(VERDICTS)
def test_verdict_round_trip(verdict: Verdict) -> None:
    assert Verdict.from_dict(verdict.to_dict()) == verdict


@given(VERDICTS)
def test_verdict_round_trip_through_json(verdict: Verdict) -> None:
    line = json.dumps(verdict.to_dict())
    again = Verdict.from_dict(json.loads(line))
    assert again == verdict
    assert json.dumps(again.to_dict()) == line


@given(FINDINGS)
def test_finding_round_trip(finding: Finding) -> None:
    assert Finding.from_dict(finding.to_dict()) == finding


def test_verdict_as_a_row() -> None:
    reason = Reason("term:澳门", 1.5, Span(3, 5))
    finding = Finding(
        "gambling", 0.9, Place.TITLE, "", "head/title", Span(3, 7), "澳门开户", (("gambling", 0.8),), (reason,)
    )
    assert Verdict(Action.CLEAN, (finding,), "m@1", "default").to_dict() == {
        "url": None,
        "action": "clean",
        "findings": [
            {
                "label": "gambling",
                "score": 0.9,
                "place": "title",
                "hidden": None,
                "path": "head/title",
                "start": 3,
                "end": 7,
                "text": "澳门开户",
                "labels": {"gambling": 0.8},
                "reasons": [{"code": "term:澳门", "weight": 1.5, "start": 3, "end": 5}],
            }
        ],
        "model": "m@1",
        "policy": "default",
    }
    assert Reason("hidden", 1.0, None, "off-screen").to_dict() == {
        "code": "hidden",
        "weight": 1.0,
        "detail": "off-screen",
    }
    assert Cut(Span(1, 2), "a").to_dict() == {"start": 1, "end": 2, "removed": "a"}


# -- spans


@given(SPANS, SPANS)
def test_span_algebra(one: Span, two: Span) -> None:
    a, b = set(range(*one)), set(range(*two))
    assert one.size == len(a)
    assert one.overlaps(two) == two.overlaps(one)
    if a and b:
        assert one.overlaps(two) == bool(a & b)
        assert one.covers(two) == (b <= a)
        assert one.iou(two) == pytest.approx(len(a & b) / len(a | b))
    assert 0.0 <= one.iou(two) == two.iou(one) <= 1.0
    assert one.covers(one)
    assert one.iou(one) == 1.0


@pytest.mark.parametrize(
    ("one", "two", "overlaps", "covers", "iou"),
    [
        (Span(0, 4), Span(2, 6), True, False, 1 / 3),
        (Span(0, 4), Span(1, 3), True, True, 0.5),
        (Span(0, 4), Span(4, 6), False, False, 0.0),
        (Span(0, 4), Span(6, 8), False, False, 0.0),
        (Span(0, 4), Span(0, 4), True, True, 1.0),
        (Span(0, 0), Span(0, 0), False, True, 1.0),
        (Span(0, 4), Span(2, 2), True, True, 0.0),
    ],
)
def test_spans(one: Span, two: Span, overlaps: bool, covers: bool, iou: float) -> None:
    assert (one.overlaps(two), one.covers(two)) == (overlaps, covers)
    assert one.iou(two) == pytest.approx(iou)


# -- maps


@st.composite
def maps(draw: st.DrawFn) -> tuple[OffsetMap, int]:
    """A map as the stages build them, and the size of the derived text."""
    pieces = []
    at = origin = 0
    for _ in range(draw(st.integers(1, 8))):
        origin += draw(st.integers(0, 5))
        size = draw(st.integers(1, 5))
        width = draw(st.integers(0, 4))
        pieces.append(Piece(at, origin, width))
        at += size
        origin += width or size
    return OffsetMap(pieces), at


@given(maps())
def test_map_is_monotone(given_map: tuple[OffsetMap, int]) -> None:
    offsets, size = given_map
    before = Span(0, 0)
    for index in range(size):
        span = offsets.at(index)
        assert span.start < span.end
        assert span == before or span.start >= before.end
        before = span


@given(maps(), st.data())
def test_map_of_a_span_covers_its_characters(given_map: tuple[OffsetMap, int], data: st.DataObject) -> None:
    offsets, size = given_map
    start = data.draw(st.integers(0, size - 1))
    end = data.draw(st.integers(start, size))
    span = offsets.span(Span(start, end))
    assert all(span.covers(offsets.at(index)) for index in range(start, end))
    if start == end:
        assert span.size == 0
    else:
        assert (span.start, span.end) == (offsets.at(start).start, offsets.at(end - 1).end)


def test_maps() -> None:
    offsets = OffsetMap([Piece(0, 10, 0), Piece(3, 20, 6), Piece(4, 26, 0)])
    assert [tuple(offsets.at(index)) for index in range(6)] == [
        (10, 11),
        (11, 12),
        (12, 13),
        (20, 26),
        (26, 27),
        (27, 28),
    ]
    assert offsets.span(Span(2, 5)) == Span(12, 27)
    assert offsets.span(Span(3, 3)) == Span(20, 20)
    assert OffsetMap.identity(5).span(Span(1, 3)) == Span(6, 8)
    assert OffsetMap(()) == OffsetMap.identity() != OffsetMap.identity(1)
    assert hash(OffsetMap.identity()) == hash(OffsetMap([Piece(0, 0, 0)]))
    assert repr(OffsetMap.identity(2)) == "OffsetMap((Piece(start=0, origin=2, width=0),))"
    assert OffsetMap.identity() != "a map"


# -- values


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Page("a"), "content"),
        (Block("a", Span(0, 1), Place.BODY, "p", OffsetMap.identity()), "text"),
        (Verdict(Action.ALLOW), "url"),
    ],
)
def test_values_are_frozen(value: object, name: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, name, "b")
    assert not hasattr(value, "__dict__")


def test_actions_and_places_are_words() -> None:
    assert [action.value for action in Action] == ["allow", "clean", "review", "reject"]
    assert all(place == place.value for place in Place)
