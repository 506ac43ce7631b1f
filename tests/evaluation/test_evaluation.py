"""What is measured on labelled pages, with the shipped model: counts, thresholds, planted text, the worst rows."""

from __future__ import annotations

import random
from dataclasses import replace
from statistics import stdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.data import Action, Finding, Page, Place, Reason, Span, Verdict
from moderation.engine import Moderator
from moderation.errors import EmptyPage
from moderation.evaluation import NOWHERE, Best, Evaluation, Outcome, best_score, evaluate
from moderation.evaluation.intervals import Share
from moderation.inputs.rows import HONEST, SPAM, Truth
from moderation.policy import MINOR, Policy

TEXT = "澳门威尼斯人开户_百家乐网址_时时彩投注平台_棋牌游戏送彩金"
ARTICLE = "青岚市远澄仪器有限公司专业生产水质分析仪、溶氧仪和浊度计，提供安装调试与校准服务，欢迎来电咨询。"
HIJACKED = Page(f"<html><head><title>{TEXT}-远澄仪器</title></head><body><p>{ARTICLE}</p></body></html>")
CLEAN = Page(f"<html><head><title>远澄仪器</title></head><body><p>{ARTICLE}</p></body></html>")
SPOT = Span(HIJACKED.content.index(TEXT), HIJACKED.content.index(TEXT) + len(TEXT))


@pytest.fixture(scope="module")
def moderator() -> Moderator:
    return Moderator.load()


def outcome(score: float, label: str = HONEST, flagged: bool | None = None, place: str = "body") -> Outcome:
    """An outcome with a score of its own, flagged from 0.5 on."""
    found = score >= 0.5 if flagged is None else flagged
    finding = Finding("gambling", score, Place(place), "", "p", Span(0, 1), "甲")
    verdict = Verdict(Action.CLEAN if found else Action.ALLOW, (finding,) if found else ())
    return Outcome(Truth(label), verdict, Best(score, "gambling", place, "甲乙"), False)


# ------------------------------------------------------------------------------------------------------------- one page


@pytest.mark.parametrize("page", [HIJACKED, CLEAN, Page(TEXT, is_html=False)])
def test_best_score_reaches_the_threshold_where_the_verdict_does(moderator: Moderator, page: Page) -> None:
    best = best_score(moderator, page)
    findings = moderator.check(page).findings
    assert (best.score >= moderator.model.thresholds["review"]) is bool(findings)
    if findings:
        top = max(findings, key=lambda finding: finding.score)
        assert (best.score, best.label, best.place) == (top.score, top.label, top.place.value)
        assert best.text in page.content


def test_page_without_candidates_scores_nothing(moderator: Moderator) -> None:
    assert best_score(moderator, Page("今", is_html=False)) == Best(0.0, "", NOWHERE, "")


def test_what_the_policy_never_counts_is_no_candidate(moderator: Moderator) -> None:
    def best(policy: Policy) -> Best:
        return best_score(replace(moderator, policy=policy.with_thresholds(moderator.model.thresholds)), HIJACKED)

    assert best(Policy()).label == "gambling"
    assert best(Policy(places=frozenset([Place.FOOTER]))) == Best()
    assert best(Policy(labels={"gambling": 1.1})).label != "gambling"
    assert best(Policy(phrases=(TEXT,))).text != TEXT
    # A threshold of its own is none that is swept.
    assert best(Policy(labels={"gambling": 0.99999}, review=0.9)) == best(Policy())


def test_withheld_text_is_not_among_the_best(moderator: Moderator) -> None:
    # Whatever is found in a block that names an age is not repeated.
    best = best_score(moderator, Page(f"<title>{TEXT} 儿童票限12岁以下购买</title>"))
    assert (best.withheld, best.text, best.score > 0) == (True, "", True)


def test_findings_are_compared_with_the_planted_text(moderator: Moderator) -> None:
    found = evaluate(moderator, HIJACKED, Truth("gambling", spans=(SPOT,)))
    assert (found.flagged, found.given, found.place, found.spans) == (True, "gambling", "title", (True, 1.0))
    half = Span(SPOT.start, SPOT.start + SPOT.size // 2)
    touched, iou = evaluate(moderator, HIJACKED, Truth("gambling", spans=(half,))).spans or (False, 0.0)
    assert touched
    assert iou == pytest.approx(half.size / SPOT.size)
    elsewhere = Span(SPOT.end + 1, SPOT.end + 5)
    assert evaluate(moderator, HIJACKED, Truth("gambling", spans=(elsewhere,))).spans == (False, 0.0)
    # What is not found has no ends to compare.
    assert evaluate(moderator, CLEAN, Truth("gambling", spans=(Span(0, 4),))).spans is None
    assert evaluate(moderator, HIJACKED, Truth("gambling")).spans is None


def test_place_is_the_one_that_was_said(moderator: Moderator) -> None:
    assert evaluate(moderator, HIJACKED, Truth("gambling", "title-prefix")).place == "title-prefix"


def test_outcome_repeats_nothing_of_the_page(moderator: Moderator) -> None:
    row = evaluate(moderator, HIJACKED, Truth("gambling", spans=(SPOT,))).to_dict()
    assert list(row) == ["label", "place", "score", "action", "findings", "iou"]
    assert row["findings"][0] == {"label": "gambling", "place": "title", "score": row["score"]}
    assert not any(word in str(row) for word in (*TEXT.split("_"), "远澄"))


def test_page_that_cannot_be_judged_raises(moderator: Moderator) -> None:
    with pytest.raises(EmptyPage):
        evaluate(moderator, Page(" "), Truth(HONEST))


# ----------------------------------------------------------------------------------------------------------- many pages


def test_rows_are_counted_by_side_label_place_and_form(moderator: Moderator) -> None:
    total = Evaluation(moderator)
    total.add("a", evaluate(moderator, HIJACKED, Truth("gambling", spans=(SPOT,))))
    total.add("b", evaluate(moderator, HIJACKED, Truth("adult", "title")))
    total.add("c", evaluate(moderator, Page(TEXT, is_html=False), Truth(SPAM, "field")))
    total.add("d", evaluate(moderator, CLEAN, Truth("fraud", notes=("a note",))))
    total.add("e", evaluate(moderator, CLEAN, Truth(HONEST)))
    total.add("f", evaluate(moderator, Page("今", is_html=False), Truth(HONEST)))
    total.add("g", evaluate(moderator, HIJACKED, Truth(HONEST)))
    total.leave_out("label")
    row = total.to_dict()
    assert row["rows"] == {"evaluated": 7, "spam": 4, "honest": 3, "left_out": {"label": 1}, "notes": 1}
    assert (total.all.spam, total.all.honest) == (Share(3, 4), Share(1, 3))
    assert row["spam"] == Share(3, 4).to_dict()
    assert {label: (each["hits"], each["total"]) for label, each in row["by_label"].items()} == {
        "adult": (1, 1),
        "fraud": (0, 1),
        "gambling": (1, 1),
        "spam": (1, 1),
    }
    # Spam of no label is not labelled wrong.
    assert total.labelled_right == Share(1, 2)
    assert row["confusion"] == {"adult": {"gambling": 1}, "gambling": {"gambling": 1}, "spam": {"gambling": 1}}
    assert row["false_alarms"] == {"gambling": 1}
    assert (total.places["title"].spam.hits, total.places["field"].spam, total.places[NOWHERE].honest) == (
        2,
        Share(1, 1),
        Share(0, 2),
    )
    assert (total.kinds["text"].spam, total.kinds["html"].honest) == (Share(1, 1), Share(1, 2))
    for groups in (total.labels, total.places, total.kinds):
        assert sum(group.spam_rows + group.honest_rows for group in groups.values()) == total.rows == 7
    assert (total.touching, total.iou, total.iou_interval) == (Share(1, 1), 1.0, (0.0, 1.0))
    # Whole numbers of the policy's threshold are those of the verdicts.
    (at,) = [at for at in total.sweep() if at.threshold == total.thresholds["review"]]
    assert (at.spam, at.honest) == (total.all.spam, total.all.honest)


def test_iou_is_a_mean_with_its_interval(moderator: Moderator) -> None:
    total = Evaluation(moderator)
    ious = (1.0, 0.5, 0.9, 0.8, 0.0)
    for iou in ious:
        total.add("x", outcome(0.9, "gambling")._replace(spans=(iou > 0, iou)))
    assert total.touching == Share(4, 5)
    assert total.iou == pytest.approx(0.64)
    half = 1.96 * stdev(ious) / len(ious) ** 0.5
    assert total.iou_interval == pytest.approx((0.64 - half, 0.64 + half), abs=1e-4)


def test_empty_evaluation_says_nothing(moderator: Moderator) -> None:
    total = Evaluation(moderator)
    row = total.to_dict()
    assert (row["spam"]["rate"], row["planted_text"]["mean_iou"]) == (None, None)
    assert row["worst"] == {"honest": [], "spam": []}
    assert [each["threshold"] for each in row["at_shares"]] == [None] * 3


SCORES = st.lists(st.integers(0, 1_000_000).map(lambda score: score / 1_000_000) | st.sampled_from([0.0, 0.5, 1.0]))


@settings(max_examples=200, deadline=None)
@given(SCORES, SCORES, st.sampled_from([0.0, 0.001, 0.1, 0.25, 1.0]))
def test_thresholds_flag_what_counting_says(spam: list[float], honest: list[float], share: float) -> None:
    total = Evaluation(MODERATOR)
    for score in spam:
        total.add("s", outcome(score, SPAM))
    for score in honest:
        total.add("h", outcome(score))
    for at in total.sweep((0.0, 0.25, 0.5, 1.0)):
        assert at.spam == Share(sum(score >= at.threshold for score in spam), len(spam))
        assert at.honest == Share(sum(score >= at.threshold for score in honest), len(honest))
    (found,) = total.at_shares([share])
    if not honest:
        assert found.at is None
        return
    assert found.allowed == int(share * len(honest) + 1e-9)
    assert found.at is not None
    threshold = found.at.threshold
    assert found.at.honest.hits == sum(score >= threshold for score in honest) <= found.allowed
    assert found.at.spam.hits == sum(score >= threshold for score in spam)
    # The next lower score that there is would flag too many.
    lower = round(threshold - 1e-6, 6)
    assert threshold == 0.0 or sum(score >= lower for score in honest) > found.allowed


MODERATOR = Moderator.load()


def test_worst_rows_are_the_few_at_the_ends(moderator: Moderator) -> None:
    total = Evaluation(moderator, worst=3)
    scores = [number / 100 for number in range(100)]
    random.Random(3).shuffle(scores)
    for score in scores:
        total.add(f"h{score}", outcome(score))
        total.add(f"s{score}", outcome(score, SPAM))
    assert [case.name for case in total.feared] == ["h0.99", "h0.98", "h0.97"]
    assert [case.name for case in total.missed] == ["s0.0", "s0.01", "s0.02"]
    assert [case.to_dict(str.upper)["candidate"]["text"] for case in total.missed] == ["甲乙"] * 3
    nothing = Evaluation(moderator)
    nothing.add("h", outcome(0.0))
    nothing.add("s", outcome(0.0, SPAM))
    assert ([case.name for case in nothing.feared], [case.name for case in nothing.missed]) == ([], ["s"])
    none = Evaluation(moderator, worst=0)
    none.add("a", outcome(1.0))
    assert none.feared == []


def test_first_of_equals_stays(moderator: Moderator) -> None:
    total = Evaluation(moderator, worst=2)
    for name in "abc":
        total.add(name, outcome(0.7))
    assert [case.name for case in total.feared] == ["a", "b"]


def test_nothing_is_shown_beside_a_finding_that_is_withheld(moderator: Moderator) -> None:
    secret = Finding("adult", 0.9, Place.BODY, "", "p", Span(5, 6), "", reasons=(Reason(MINOR, 10.0),))
    plain = outcome(0.95, SPAM)
    verdict = replace(plain.verdict, findings=(*plain.verdict.findings, secret))
    total = Evaluation(moderator)
    total.add("a", plain._replace(verdict=verdict))
    total.add("b", plain._replace(best=plain.best._replace(withheld=True)))
    assert [(case.text, case.withheld) for case in total.missed] == [("", True)] * 2
    assert "甲" not in str(total.to_dict())


def test_reported_findings_do_not_flag(moderator: Moderator) -> None:
    quiet = replace(moderator, policy=replace(moderator.policy, actions={Action.CLEAN: Action.ALLOW}))
    found = evaluate(quiet, HIJACKED, Truth("gambling", spans=(SPOT,)))
    assert (bool(found.verdict.findings), found.flagged, found.spans) == (True, False, None)
