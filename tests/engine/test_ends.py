"""Where a finding may begin and end, and what becomes of one whose ends are moved."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moderation import Moderator, Policy
from moderation.data import Action, Page, Span
from moderation.engine.search import Candidate
from moderation.policy import ENDS

THRESHOLDS = {"review": 0.02, "clean": 1.0}


@pytest.fixture(scope="module")
def moderator() -> Moderator:
    """The shipped model without what settles ends."""
    model = Moderator.load().model
    none = replace(model, ends_keys=np.zeros(0, np.uint32), ends_weights=np.zeros(0, np.float32))
    return Moderator(none, Policy().with_thresholds(THRESHOLDS))


def first(moderator: Moderator, text: str) -> Candidate:
    """The first candidate of a paragraph that counts."""
    return moderator.counted(Page(f"<p>{text}</p>", is_html=True))[0]


def gaps(candidate: Candidate, is_end: bool) -> list[tuple[int, set[int]]]:
    at, sizes, keys = candidate.reading.page_reading.gaps(candidate.number, is_end)
    stops = np.cumsum(sizes)
    return [
        (int(gap), set(keys[stop - size : stop].tolist())) for gap, size, stop in zip(at, sizes, stops, strict=True)
    ]


def moved(moderator: Moderator, candidate: Candidate, is_end: bool, at: int) -> Moderator:
    """A moderator that takes one place of a candidate's for its end."""
    others = set().union(*(keys for gap, keys in gaps(candidate, is_end) if gap != at))
    own = sorted(next(keys for gap, keys in gaps(candidate, is_end) if gap == at) - others)
    assert own
    arrays = {"ends_keys": np.array(own, np.uint32), "ends_weights": np.full(len(own), 9.0, np.float32)}
    return Moderator(replace(moderator.model, **arrays), moderator.policy)


TEXT = "今年九月，金沙集团官网（试行）召开了第三届教职工运动会"


def test_places_are_near_the_ends_and_leave_a_word(moderator: Moderator) -> None:
    candidate = first(moderator, TEXT)
    run, words = candidate.run, len(candidate.reading.tokens.words)
    begins, ends = ([at for at, _ in gaps(candidate, is_end)] for is_end in (False, True))
    for places, original in ((begins, run.first), (ends, run.last)):
        assert original in places
        assert places == sorted(set(places))
        assert len(places) <= 15
    assert max(begins) < run.last
    assert min(ends) > run.first
    assert min(begins) >= 0
    assert max(ends) <= words


def test_without_a_model_of_ends_nothing_is_moved(moderator: Moderator) -> None:
    candidate = first(moderator, TEXT)
    assert candidate.reading.page_reading.settled(candidate.number, moderator.model.ends) == (*candidate.text_span, 1.0)


def test_the_place_that_is_worth_most_is_the_end(moderator: Moderator) -> None:
    candidate = first(moderator, TEXT)
    words = candidate.reading.tokens
    for at, _ in gaps(candidate, True):
        finding = moved(moderator, candidate, True, at).check(f"<p>{TEXT}</p>").findings[0]
        assert finding.text.rstrip("（）") == TEXT[candidate.text_span.start : words.ends[at - 1]]
    for at, _ in gaps(candidate, False):
        finding = moved(moderator, candidate, False, at).check(f"<p>{TEXT}</p>").findings[0]
        assert finding.text.lstrip("（") == TEXT[words.starts[at] : candidate.text_span.end]


def test_score_and_label_are_those_of_what_was_found(moderator: Moderator) -> None:
    candidate = first(moderator, TEXT)
    before = moderator.check(f"<p>{TEXT}</p>").findings[0]
    after = moved(moderator, candidate, True, candidate.run.last - 1).check(f"<p>{TEXT}</p>").findings[0]
    assert after.text != before.text
    assert (after.score, after.label, after.place) == (before.score, before.label, before.place)
    # What is quoted stands in the finding.
    quoted = [reason for reason in after.reasons if reason.code.startswith("term:") and reason.span]
    assert all(reason.span.overlaps(after.span) for reason in quoted if reason.span)


@pytest.mark.parametrize(
    ("behind", "expected"),
    [("（研究）召开了", "（研究）"), ("研究 - 本校", "研究"), ("研究。本校", "研究。"), ("研究\n本校", "研究")],
)
def test_punctuation_next_to_an_end_that_is_moved(moderator: Moderator, behind: str, expected: str) -> None:
    text = f"永利集团官网{behind}"
    candidate = first(moderator, text)
    tokens = candidate.reading.tokens
    at = next(number for number, end in enumerate(tokens.ends) if end == text.index("研究") + 2) + 1
    assert at > candidate.run.last
    findings = moved(moderator, candidate, True, at).check(f"<p>{text}</p>").findings
    assert findings[0].text == f"永利集团官网{expected}"


PARTS = ["金沙集团官网", "召开", "会议", "，", "永利", "开户", "新闻", "_", " ", "\n", "威尼斯人官网", "。"]
# A block inside of another one stands between its candidates.
INNER = ["<img alt='威尼斯人官网开户'>", "<input placeholder='永利集团官网' type=text>"]
TEXTS = st.lists(st.sampled_from([*PARTS, *INNER]), min_size=1, max_size=25).map("".join)


@settings(max_examples=60, deadline=None)
@given(text=TEXTS, seed=st.integers(0, 2**31))
@example(text="永利集团官网召开会议<img alt='威尼斯人官网开户'>太阳城集团官网召开会议", seed=7)
def test_findings_of_a_block_stay_apart_wherever_their_ends_are_moved(
    moderator: Moderator, text: str, seed: int
) -> None:
    page = Page(f"<p>{text}</p><p>太阳城集团官网</p>", is_html=True)
    keys = {
        key
        for candidate in moderator.counted(page)
        for is_end in (False, True)
        for _, found in gaps(candidate, is_end)
        for key in found
    }
    weights = np.random.default_rng(seed).normal(size=len(keys)).astype(np.float32)
    arrays = {"ends_keys": np.array(sorted(keys), np.uint32), "ends_weights": weights}
    examined = Moderator(replace(moderator.model, **arrays), moderator.policy).examine(page)
    assert examined.verdict.findings
    blocks: dict[str, list[Span]] = {}
    for finding in examined.verdict.findings:
        blocks.setdefault(finding.path, []).append(finding.span)
    for spans in blocks.values():
        assert all(span.size > 0 for span in spans)
        assert all(one.end <= other.start for one, other in pairwise(sorted(spans)))


def test_words_that_follow_each_other_everywhere_on_a_page_are_told_from_those_that_do_once(
    moderator: Moderator,
) -> None:
    name = "永利集团官网"
    alone = Page(f"<p>今年{name}召开了运动会</p>", is_html=True)
    often = Page(f"<p>今年{name}召开了运动会</p><p>{name}举行会议</p><p>感谢{name}的领导</p>", is_html=True)
    one, other = (dict(gaps(moderator.counted(page)[0], True)) for page in (alone, often))
    assert any(one[at] != other[at] for at in one.keys() & other.keys())


SPAM_TITLES = ["澳门威尼斯人官网_真人百家乐开户_新葡京娱乐场", "北京赛车pk10开奖直播_时时彩投注平台"]
SITES = [
    "CCTV.com",
    "人民网",
    "sina.com.cn",
    "凤凰网",
    "世艺网",
    "青岚第一中学",
    "宏远阀门制造有限公司",
    "多数夫妻生活有名无实",
]


@pytest.mark.parametrize("spam", SPAM_TITLES)
@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("joint", ["_", "-", " - ", "|"])
def test_the_name_of_a_site_behind_a_joint_stays(spam: str, site: str, joint: str) -> None:
    prose = "<p>本站提供最新资讯，欢迎来电咨询洽谈业务，产品远销各地，服务热情周到。</p>" * 3
    page = f"<title>{spam}{joint}{site}</title><h1>{site}</h1>{prose}"
    (finding,) = Moderator.load().check(page).findings
    assert spam.startswith(finding.text[:4])
    assert finding.span.end <= page.index(site)


def test_a_sure_finding_with_uncertain_ends_is_for_review(moderator: Moderator) -> None:
    page = f"<p>{TEXT}</p>"
    candidate = first(moderator, TEXT)
    policy = Policy().with_thresholds({"review": 0.02, "clean": 0.03})
    sure = moved(moderator, candidate, True, candidate.run.last)
    manifest = {**sure.model.manifest, "ends": {"sure": 0.5}}
    # The other end is as likely anywhere.
    verdict = Moderator(replace(sure.model, manifest=manifest), policy).check(page)
    assert verdict.action is Action.REVIEW
    assert ENDS in [reason.code for reason in verdict.findings[0].reasons]
    certain = Moderator(replace(sure.model, manifest={**manifest, "ends": {"sure": 0.0}}), policy).check(page)
    assert certain.action is Action.CLEAN
    assert ENDS not in [reason.code for reason in certain.findings[0].reasons]
