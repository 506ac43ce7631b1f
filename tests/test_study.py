"""The first half of the flow: what becomes a candidate, and what the words around it make of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from moderation.data import Page
from moderation.engine import Moderator, read_page
from moderation.study import Candidate, study

BAN = "本版禁止发布时时彩投注平台、澳门赌场开户等违法广告，违者删帖封号，并移交公安机关处理。"


def candidates(text: str, is_html: bool = False) -> tuple[Candidate, ...]:
    return study(Page(text, is_html), Moderator.load().reader).candidates


@pytest.mark.parametrize("text", ["阀门", "澳门", "http://www.example.com/", "12345678", "TOP", "。。。", " "])
def test_one_word_is_no_candidate(text: str) -> None:
    assert candidates(text) == ()


def test_planted_line_is_a_candidate_of_its_own() -> None:
    spam = "时时彩投注平台_澳门赌场开户_百家乐网址_棋牌游戏送彩金"
    found = candidates(f"{spam}\n\n{BAN}\n")
    assert found[0].text == spam


def test_words_of_the_page_are_not_taken_along() -> None:
    title = "宏远阀门制造有限公司"
    page = f"<title>{title}-时时彩投注平台_澳门赌场开户_百家乐网址</title><h1>{title}</h1><p>{title}生产各种阀门。</p>"
    assert [candidate.text for candidate in candidates(page, True)] == ["时时彩投注平台_澳门赌场开户_百家乐网址"]


def test_numbers_of_the_page_do_not_cut_a_planted_line() -> None:
    spam = "时时彩投注平台_澳门赌场开户，电话13912345678"
    page = f"<div>{spam}</div><p>本公司生产各种阀门，电话010-87654321。</p>"
    assert [candidate.text for candidate in candidates(page, True)] == [spam]


@pytest.mark.parametrize("least", [0.05, 0.5, 0.8, 0.95])
def test_what_is_not_needed_is_left_out_and_nothing_else(least: float) -> None:
    moderator = Moderator.load()
    score = moderator.model.calibration.score
    page = Page(
        f"<title>时时彩投注平台_澳门赌场开户_百家乐网址</title><p>{BAN}</p><p>中奖号码查询</p><p>彩票开奖结果公告</p>"
        "<p>联系QQ12345678，投注网址开户</p><div hidden>博彩公司排名</div>"
    )
    everything = study(page, moderator.reader).candidates
    found = study(page, moderator.reader, least).candidates
    assert len(found) <= len(everything) - (least > 0.6)
    facts = [(each.text, each.logit, each.signals) for each in everything if score(each.logit, each.strengths) >= least]
    kept = [(each.text, each.logit, each.signals) for each in found if score(each.logit, each.strengths) >= least]
    assert facts == kept
    assert least > 0.9 or facts


def test_bound_of_structure_leaves_nothing_out_on_real_pages(sources: Path) -> None:
    moderator = Moderator.load()
    score = moderator.model.calibration.score
    for path in sorted((sources / "html_zh").glob("*.html"))[::6]:
        page = read_page(path.read_bytes())
        for least in (0.1, 0.6):
            texts = [
                [
                    each.text
                    for each in study(page, moderator.reader, bound).candidates
                    if score(each.logit, each.strengths) >= least
                ]
                for bound in (0.0, least)
            ]
            assert texts[0] == texts[1]


NAME = "太阳成集团tyc122cc"
SCHOOL = (
    "<title>{0}研究生奖学金评审实施细则</title><div><a href='/'>首页</a> <a href='/a'>{0}概况</a></div>"
    "<p>为加强{0}研究生教育，规范评审工作，根据上级文件精神，制定本办法。</p>"
    "<p>评审工作由{0}研究生院组织实施，各部门负责初审和推荐。</p><p>本办法由{0}负责解释。</p>"
)


def test_name_put_in_the_place_of_another_is_found_wherever_it_stands() -> None:
    page = SCHOOL.format(NAME)
    found = [candidate for candidate in candidates(page, True) if candidate.text == NAME]
    assert len(found) >= 4
    assert all(candidate.strengths["context:substituted"] == 5 / 6 for candidate in found)
    assert all("shape:fragment" not in candidate.strengths for candidate in found)
    for candidate in found:
        span = candidate.reading.block.offsets.span(candidate.text_span)
        assert page[span.start : span.end] == NAME


def test_name_that_stands_once_is_no_name() -> None:
    page = SCHOOL.replace("{0}", "本校").replace("本校", "{0}", 1).format(NAME)
    assert all("context:substituted" not in candidate.strengths for candidate in candidates(page, True))


def test_names_cost_a_page_no_more_than_they_may() -> None:
    # Each school counts nine texts and more, of 300 that a page may cost.
    many = "".join(SCHOOL.format(f"太阳成集团tyc{number}cc") for number in range(100, 300))
    found = [candidate.strengths.get("context:substituted", 0.0) for candidate in candidates(many, True)]
    assert any(found)
    assert not all(found)
