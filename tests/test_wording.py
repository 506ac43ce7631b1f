"""Reasons in words: the words of the text, joined where they touch, what they sound like, and sentences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from moderation import Moderator, Page, Span
from moderation.data import Finding, Place, Reason
from moderation.policy import BUDGET, ENDS, MINOR, SHORT, THROUGHOUT
from moderation.presentation.wording import WORDED, Likeness, reasons_in_words, words_of
from moderation.stages.signals import CODES

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def judge() -> Moderator:
    return Moderator.load()


def finding(*reasons: Reason) -> Finding:
    return Finding("gambling", 0.9, Place.TITLE, "", "p", Span(0, 9), "新葡京娱乐城开户送", (), reasons)


TERMS = (
    Reason("term:娱乐城", 2.0, Span(3, 6)),
    Reason("term:开户", 1.5, Span(6, 8)),
    Reason("term:葡京", 1.0, Span(1, 3)),
    Reason("term:本公司", 3.0, Span(20, 23)),
    Reason("term:送", -0.5, Span(8, 9)),
)


def test_words_that_touch_are_one_and_the_strongest_stand_first() -> None:
    assert [words.text for words in words_of(finding(*TERMS))] == ["葡京娱乐城开户", "本公司"]
    assert words_of(finding(*TERMS))[0].read == ("葡京", "娱乐城", "开户")
    assert words_of(finding(*TERMS[:1], TERMS[3]))[0].text == "本公司"


def test_words_are_those_of_the_text() -> None:
    page = Page("<p>&#26032;葡&#20140;<b>娛樂城</b></p>")
    start = page.content.index("葡")
    reasons = [
        Reason("term:葡京", 1.0, Span(start, start + 9)),
        Reason("term:娱乐城", 2.0, Span(start + 12, start + 15)),
    ]
    assert [words.text for words in words_of(finding(*reasons), page)] == ["娛樂城", "葡京"]


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        (
            [*TERMS[:1], Reason("shape:keyword-list", 0.9, None, "6 keywords")],
            ["娱**", "it is a list of keywords (6 keywords)"],
        ),
        ([Reason("place:hidden", 1.0, None, "display-none")], ["it is hidden from readers"]),
        # What says nothing to people, speaks against it, or was said already.
        ([Reason("text:length", 2.0), Reason("place:title", -1.0), Reason("bias", 3.0)], []),
        ([Reason("begins:joint", 1.0), Reason("ends:joint", 2.0)], ["it is joined to a title"]),
        (
            [
                Reason("place:title", 0.1),
                Reason("name:known", 3.0),
                Reason("page:words", 2.0),
                Reason("page:copies", 1.0),
            ],
            [WORDED["name:known"], WORDED["page:words"], WORDED["page:copies"]],
        ),
    ],
)
def test_reasons_are_said_without_codes_and_numbers(reasons: list[Reason], said: list[str]) -> None:
    assert reasons_in_words(finding(*reasons)) == said


def test_words_that_stand_for_one_stretch_of_code_are_said_as_they_are_read() -> None:
    span = Span(0, 9)
    reasons = (Reason("term:百家乐", 2.0, span), Reason("term:开户", 1.0, span))
    finding = Finding("gambling", 0.9, Place.TITLE, "", "script[document.title]", span, "百家乐开户", (), reasons)
    page = Page("\\u767e\\u5bb6")
    assert [words.text for words in words_of(finding, page)] == ["百家乐", "开户"]


def test_nothing_of_a_text_is_said_that_is_withheld() -> None:
    reasons = (Reason(MINOR, 10.0), *TERMS, Reason("script:mismatch", 1.0, None, "葡京"))
    said = reasons_in_words(finding(*reasons), withheld=True, masked=False)
    assert said == [WORDED[MINOR], WORDED["script:mismatch"]]


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ("新脯京娱乐城_真人视讯官网_开户投注", "葡京"),
        ("bocai平台官网_真人视讯开户_娱乐城", "菠菜平台"),
        ("baijiale开户_真人视讯官网_娱乐城", "百家乐"),
        ("新葡京娱乐城_真人百家乐开户", ""),
        # Two names that sound alike are both known; letters and digits do not say which character is which.
        ("伟德国际betvictor1946官网_真人百家乐开户", ""),
    ],
)
def test_disguised_words_are_said_to_sound_like_known_ones(judge: Moderator, text: str, like: str) -> None:
    page = Page(text, is_html=False)
    (found,) = judge.check(page).findings
    said = reasons_in_words(found, page, masked=False, likeness=Likeness(judge.model))
    likes = re.findall(r"sounds like (\w+)", "; ".join(said))
    assert likes == ([like] if like else [])
    masked = reasons_in_words(found, page, likeness=Likeness(judge.model))
    assert f"like {like}" not in "; ".join(masked) if like else masked


def test_every_signal_and_rule_has_words_and_every_code_is_documented() -> None:
    assert {*CODES, MINOR, BUDGET, ENDS, SHORT, THROUGHOUT} <= set(WORDED)
    text = (ROOT / "docs" / "reasons.md").read_text("utf-8")
    assert [code for code in WORDED if f"`{code}`" not in text] == []


def test_wordpress_says_the_same_of_the_same_codes() -> None:
    text = (ROOT / "plugins/wordpress/moderation/includes/class-words.php").read_text("utf-8")
    assert dict(re.findall(r"^\t\t\t'([a-z]+:[a-z-]+)' +=> __\( '(.+)', 'moderation' \),$", text, re.MULTILINE)) == {
        code: said.replace("'", "’") for code, said in WORDED.items()
    }
