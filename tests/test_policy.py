"""Policies: what may be set, what cannot be meant, and how findings become an action."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from moderation.data import Action, Finding, Place, Reason, Span
from moderation.errors import PolicyError
from moderation.policy import MINOR, Policy, decide

THRESHOLDS = {"review": 0.5, "clean": 0.9}
POLICY = Policy().with_thresholds(THRESHOLDS)
TERM = Reason("term:澳门", 2.0)
HIDDEN = Reason("hidden", 1.0)
FAMILIAR = Reason("context:familiar", -1.0)
UNDER_AGE = Reason(MINOR, 10.0)


def finding(score: float, *reasons: Reason, label: str = "gambling", place: Place = Place.HEAD) -> Finding:
    return Finding(label, score, place, "", "body/p", Span(0, 4), "澳门开户", ((label, 1.0),), reasons)


DECISIONS: dict[str, tuple[list[Finding], float, Action]] = {
    "nothing found": ([], 0.0, Action.ALLOW),
    "nothing found, whatever the share": ([], 1.0, Action.ALLOW),
    "sure": ([finding(0.95, TERM)], 0.1, Action.CLEAN),
    "all sure": ([finding(0.95, TERM), finding(0.9, HIDDEN)], 0.1, Action.CLEAN),
    "unsure": ([finding(0.6, TERM)], 0.1, Action.REVIEW),
    "one sure, one not": ([finding(0.95, TERM), finding(0.6, TERM)], 0.1, Action.REVIEW),
    "most of the page, text alone": ([finding(0.95, TERM)], 0.9, Action.CLEAN),
    "most of the page, text and structure": ([finding(0.95, TERM, HIDDEN)], 0.9, Action.REJECT),
    "exactly the share": ([finding(0.95, TERM, HIDDEN)], 0.5, Action.REJECT),
    "little of the page, text and structure": ([finding(0.95, TERM, HIDDEN)], 0.4, Action.CLEAN),
    "structure that speaks against it": ([finding(0.95, TERM, FAMILIAR)], 0.9, Action.CLEAN),
    "structure of an unsure one": ([finding(0.6, TERM, HIDDEN)], 0.9, Action.REVIEW),
    "structure of another, unsure one": ([finding(0.95, TERM), finding(0.6, HIDDEN)], 0.9, Action.REVIEW),
    "generic rule": ([finding(0.6, UNDER_AGE)], 0.0, Action.REJECT),
    "generic rule beside others": ([finding(0.95, TERM), finding(0.6, TERM, UNDER_AGE)], 0.0, Action.REJECT),
}


@pytest.mark.parametrize(("findings", "share", "action"), DECISIONS.values(), ids=DECISIONS)
def test_decide(findings: list[Finding], share: float, action: Action) -> None:
    assert decide(findings, POLICY, share) is action


def test_share_is_the_operators() -> None:
    findings = [finding(0.95, TERM, HIDDEN)]
    assert decide(findings, Policy(reject_share=0.2).with_thresholds(THRESHOLDS), 0.3) is Action.REJECT
    assert decide(findings, Policy(reject_share=1.0).with_thresholds(THRESHOLDS), 0.99) is Action.CLEAN


@pytest.mark.parametrize(
    ("policy", "label", "score", "place", "expected"),
    [
        (Policy(), "adult", 0.5, Place.BODY, True),
        (Policy(), "adult", 0.49, Place.BODY, False),
        (Policy(review=0.8), "adult", 0.7, Place.BODY, False),
        (Policy(labels={"adult": 0.7}), "adult", 0.6, Place.BODY, False),
        (Policy(labels={"adult": 0.7}), "seo", 0.6, Place.BODY, True),
        (Policy(labels={"adult": 0.2}), "adult", 0.3, Place.BODY, True),
        (Policy(labels={"seo": 1.1}), "seo", 1.0, Place.BODY, False),
        (Policy(places=frozenset({Place.TITLE})), "adult", 0.9, Place.BODY, False),
        (Policy(places=frozenset({Place.TITLE})), "adult", 0.9, Place.TITLE, True),
    ],
)
def test_counts(policy: Policy, label: str, score: float, place: Place, expected: bool) -> None:
    assert policy.with_thresholds(THRESHOLDS).counts(label, score, place) is expected


def test_thresholds_of_the_model_fill_what_is_open() -> None:
    policy = Policy(review=0.7).with_thresholds(THRESHOLDS)
    assert (policy.review, policy.clean) == (0.7, 0.9)
    assert Policy(review=0.0, clean=0.0).with_thresholds(THRESHOLDS) == Policy(review=0.0, clean=0.0)


# -- files


def load(folder: Path, text: str) -> Policy:
    path = folder / "policy.toml"
    path.write_text(text, "utf-8")
    return Policy.load(path)


def test_load(tmp_path: Path) -> None:
    text = (
        'name = "cms"\nreview = 0.6\nclean = 1\nreject_share = 0.7\nplaces = ["title", "meta"]\n[labels]\nseo = 1.1\n'
    )
    assert load(tmp_path, text) == Policy("cms", 0.6, 1.0, 0.7, {"seo": 1.1}, frozenset({Place.TITLE, Place.META}))
    assert load(tmp_path, "") == Policy()


BROKEN = {
    "unknown key": ("threshold = 0.5", "unknown key 'threshold'; known are clean, labels, name, places"),
    "no number": ('review = "high"', "review = 'high' is not a score"),
    "negative": ("clean = -0.1", "clean = -0.1 is not a score"),
    "truth": ("review = true", "review = True is not a score"),
    "not a number": ("review = nan", "review = nan is not a score"),
    "label without a number": ('[labels]\nseo = "off"', "labels.seo = 'off' is not a score"),
    "unknown place": ('places = ["roof"]', "places are title, meta, heading, head, body, links, footer"),
    "one place": ('places = "title"', "places"),
    "labels as a list": ('labels = ["seo"]', "labels"),
    "no TOML": ("review: 0.5", "cannot be read as a policy"),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_broken_file(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, text)
    assert message in str(caught.value)
    assert "policy.toml" in str(caught.value)


def test_unreadable_file(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"none\.toml cannot be read"):
        Policy.load(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PolicyError, match=r"binary\.toml cannot be read"):
        Policy.load(tmp_path / "binary.toml")


@pytest.mark.parametrize("row", [{"review": None}, {"name": "a", "clean": 0.5, "labels": {}}])
def test_from_dict(row: dict[str, Any]) -> None:
    assert Policy.from_dict(row) == Policy(row.get("name", "default"), clean=row.get("clean"))
