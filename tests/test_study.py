"""The first half of the flow: what becomes a candidate, and what the words around it make of it."""

from __future__ import annotations

import pickle

import pytest

from moderation.data import Page
from moderation.engine import Moderator
from moderation.stages.blocks import outline
from moderation.study import Candidate, Reader, study

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


def test_what_is_remembered_changes_nothing() -> None:
    model = Moderator.load().model
    page = Page(f"<title>时时彩投注平台_澳门赌场开户_百家乐网址</title><p>{BAN}</p>")
    forgetful, mindful = Reader(model, remembered=0, longest=0), Reader(model)
    first, second, third = (study(page, reader) for reader in (forgetful, mindful, mindful))
    assert first == second == third


def test_reader_goes_to_another_process_without_what_it_remembers() -> None:
    reader = Reader(Moderator.load().model, 7, 9)
    block = outline(Page("甲乙丙", is_html=False)).blocks[0]
    reader.read(block)
    again = pickle.loads(pickle.dumps(reader))
    assert (again.remembered, again.longest) == (7, 9)
    assert again.read(block) == reader.read(block)
