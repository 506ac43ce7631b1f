"""The first half of the flow: what becomes a candidate, and what the words around it make of it."""

from __future__ import annotations

import math
import time

import pytest

from moderation.data import Page, Place, Span
from moderation.engine import Moderator
from moderation.engine.reading import PageReader
from moderation.engine.search import Candidate, find_candidates

BAN = "本版禁止发布时时彩投注平台、澳门赌场开户等违法广告，违者删帖封号，并移交公安机关处理。"


PAGE = (
    f"<title>时时彩投注平台_澳门赌场开户_百家乐网址</title><p>{BAN}</p><p>中奖号码查询</p><p>彩票开奖结果公告</p>"
    "<p>联系QQ12345678，投注网址开户</p><div hidden>博彩公司排名</div><p>太阳成集团tyc122cc研究生院</p>"
)


BRAND = "威廉希尔体育"


def facts(candidate: Candidate) -> dict[str, float]:
    """What the judge is told of a candidate beside its words."""
    return {each.text: each.value for each in candidate.features() if each.kind == "fact"}


def candidates(text: str, is_html: bool = False) -> tuple[Candidate, ...]:
    return find_candidates(Page(text, is_html), Moderator.load().reader, -math.inf).candidates


def runs(page: str) -> list[str]:
    """The candidates of a page that are no names."""
    return [each.text for each in candidates(page, True) if each.name is None]


@pytest.mark.parametrize("text", ["阀门", "澳门", "http://www.example.com/", "12345678", "TOP", "。。。", " "])
def test_one_word_is_no_candidate(text: str) -> None:
    assert candidates(text) == ()


@pytest.mark.parametrize(
    "text", ["6 v8 Q8 Q4 z0 B4 g0 U2", "5,6,7,8,a,b,c,d", "A 0 B 0 C 0 D 0 E 0 F 0", "%28p%2Ca%2Cc%2Ck%2Ce"]
)
def test_letters_and_digits_alone_are_no_candidate(text: str) -> None:
    assert candidates(text) == ()
    # Known names are, whatever they are made of.
    assert [each.name is not None for each in candidates(f"{text}, w88")] == [True]


def test_planted_line_is_a_candidate_of_its_own() -> None:
    spam = "时时彩投注平台_澳门赌场开户_百家乐网址_棋牌游戏送彩金"
    found = candidates(f"{spam}\n\n{BAN}\n")
    assert next(each.text for each in found if each.name is None) == spam


def test_words_of_the_page_are_not_taken_along() -> None:
    title = "宏远阀门制造有限公司"
    page = f"<title>{title}-时时彩投注平台_澳门赌场开户_百家乐网址</title><h1>{title}</h1><p>{title}生产各种阀门。</p>"
    assert runs(page) == ["时时彩投注平台_澳门赌场开户_百家乐网址"]


def test_numbers_of_the_page_do_not_cut_a_planted_line() -> None:
    spam = "时时彩投注平台_澳门赌场开户，电话13912345678"
    page = f"<div>{spam}</div><p>本公司生产各种阀门，电话010-87654321。</p>"
    assert runs(page) == [spam]


@pytest.mark.parametrize("threshold", [-3.0, 0.0, 2.0, 1e6])
def test_cut_leaves_out_what_is_below_it_and_nothing_else(threshold: float) -> None:
    moderator = Moderator.load()
    page = Page(PAGE)
    everything = find_candidates(page, moderator.reader, -math.inf)
    found = find_candidates(page, moderator.reader, threshold)
    assert found.proposed == everything.proposed == len(everything.candidates) > 3
    facts = [(each.number, each.text, each.judged, each.signals) for each in everything.candidates]
    assert [(each.number, each.text, each.judged, each.signals) for each in found.candidates] == [
        row for row in facts if row[2] >= threshold
    ]
    own = moderator.model.calibration.judge_threshold
    assert find_candidates(page, moderator.reader).candidates == found.candidates or threshold != own


NAME = "太阳成集团tyc122cc"
SCHOOL = (
    "<title>{0}研究生奖学金评审实施细则</title><div><a href='/'>首页</a> <a href='/a'>{0}概况</a></div>"
    "<p>为加强{0}研究生教育，规范评审工作，根据上级文件精神，制定本办法。</p>"
    "<p>评审工作由{0}研究生院组织实施，各部门负责初审和推荐。</p><p>本办法由{0}负责解释。</p>"
)


def test_name_put_in_the_place_of_another_is_found_wherever_it_stands() -> None:
    page = SCHOOL.format(NAME)
    found = [each for each in candidates(page, True) if each.text == NAME]
    assert [page[each.span.start : each.span.end] for each in found] == [NAME] * 5
    for each in found:
        assert each.name is not None
        assert each.name.known + each.name.common >= 1
        assert each.name.codes >= 1
        assert facts(each)["name:copies"] == pytest.approx(math.log(5) / 2)


def test_name_that_stands_once_is_not_put_in_throughout() -> None:
    page = SCHOOL.replace("{0}", NAME, 1).replace("{0}", "本校")
    found = [each for each in candidates(page, True) if each.text == NAME]
    assert len(found) == 1
    assert "name:copies" not in facts(found[0])


def test_page_of_a_school_has_no_names() -> None:
    assert not [each for each in candidates(SCHOOL.format("青岚师范大学"), True) if each.name is not None]


def test_what_a_run_is_worth_beside_its_names() -> None:
    page = f"<p>澳门赌场开户_{NAME}_百家乐网址_{NAME}</p>"
    found = [each for each in candidates(page, True) if each.name is not None or len(each.text) > 2 * len(NAME)]
    run = next(each for each in found if each.name is None)
    names = [each for each in found if each.name is not None and run.folded.covers(each.folded)]
    assert [each.text for each in names].count(NAME) == 2
    words, evidence = run.reading.tokens, run.reading.evidence
    beside = [
        evidence[at]
        for at in range(run.run.first, run.run.last)
        if not any(name.folded.overlaps(Span(words.starts[at], words.ends[at])) for name in names)
    ]
    page_reading = run.reading.page_reading
    assert page_reading.worth_beside(run.number, [name.number for name in names]) == pytest.approx(
        sum(beside), abs=1e-9
    )
    assert page_reading.worth_beside(run.number, []) == pytest.approx(
        sum(evidence[run.run.first : run.run.last]), abs=1e-9
    )


# -- what the judge reads


def test_features_do_not_depend_on_pages_read_before() -> None:
    model = Moderator.load().model
    fresh = [each.features() for each in find_candidates(Page(PAGE), PageReader(model), -math.inf).candidates]
    used = PageReader(model)
    for text in ("棋牌游戏大厅", BAN, SCHOOL.format(NAME), "阀门，投注；开户。" * 50):
        find_candidates(Page(text), used, -math.inf)
    assert [each.features() for each in find_candidates(Page(PAGE), used, -math.inf).candidates] == fresh
    assert [each.features() for each in find_candidates(Page(PAGE), used, -math.inf).candidates] == fresh


def test_matrix_holds_the_features_of_each() -> None:
    page_reading = Moderator.load().reader.engine.search(PAGE, True)
    sizes, keys, values = page_reading.matrix()
    assert (keys.dtype.name, values.dtype.name) == ("uint32", "float32")
    rows = [[(key, value) for _, key, value, *_ in page_reading.features(number)] for number in range(len(sizes))]
    assert len(sizes) == len(page_reading.candidates()) > 3
    assert sizes.tolist() == [len(row) for row in rows]
    assert keys.tolist() == [key for row in rows for key, _ in row]
    assert values.tolist() == [value for row in rows for _, value in row]


def test_no_candidates_no_matrix() -> None:
    sizes, keys, values = Moderator.load().reader.engine.search("<p>你好</p>", True).matrix()
    assert sizes.size == keys.size == values.size == 0


def test_judged_is_the_weighted_sum_of_the_features() -> None:
    model = Moderator.load().model
    bias = float(model.manifest["judge"]["bias"])
    for candidate in find_candidates(Page(PAGE), PageReader(model), -math.inf).candidates:
        features = candidate.features()
        total = bias + sum(model.judge.weight(each.key) * each.value for each in features)
        assert candidate.judged == pytest.approx(total, abs=1e-9)
        assert len({(each.kind, each.key) for each in features}) == len(features)


def test_features_say_what_they_are_read_from() -> None:
    page = "<title>青岚阀门_时时彩投注平台_澳门赌场开户</title><div hidden>澳门赌场开户_百家乐网址</div><p>阀门</p>"
    found = {each.reading.block.place: each for each in candidates(page, True)}
    title, hidden = found[Place.TITLE], next(each for place, each in found.items() if place is not Place.TITLE)
    facts = {each.text for each in title.features() if each.kind == "fact"}
    assert {"place:title", "place:no-page", "begins:joint", "ends:block"} <= facts
    assert "place:hidden" not in facts
    facts = {each.text for each in hidden.features() if each.kind == "fact"}
    assert {"place:hidden", "text:whole-block", "begins:block"} <= facts
    # A title that a candidate stands in says the rest of it.
    assert {each.text for each in title.features() if each.kind == "title"} == {"青岚", "阀门"} - {
        word for word in ("青岚",) if word not in title.reading.tokens.words
    }
    for each in title.features():
        if each.kind in ("word", "own"):
            assert title.folded.start <= each.start < each.end <= title.folded.end
        elif each.kind == "before":
            assert each.end <= title.folded.start
        if each.kind in ("own", "before", "behind"):
            assert each.text == title.reading.folded.text[each.start : each.end]


def test_a_fact_is_read_again_by_its_value_and_place() -> None:
    def read(page: str) -> tuple[dict[str, float], dict[str, tuple[int, float]]]:
        (found,) = [each for each in candidates(page, True) if each.text == BRAND]
        placed = {each.text: (each.key, each.value) for each in found.features() if each.kind == "placed"}
        return facts(found), placed

    prose, rest = f"<p>{'阀门和管道配件' * 20}，{BRAND}</p>", f"<p>{'阀门和管道配件' * 20}</p>"
    told, body = read(prose)
    # Each value in steps of a quarter; what is nearly nothing is read once.
    assert set(body) == {name for name, value in told.items() if round(4 * value)}
    assert len({value for _, value in body.values()}) == 1
    _, again = read(prose)
    assert again == body
    # The same fact with the same value is another one in another place, and another one with another value.
    _, title = read(f"<title>阀门，{BRAND}</title>{rest}")
    same = {name for name in body if name in title and name.startswith("name:")}
    assert same
    assert not [name for name in same if body[name][0] == title[name][0]]
    many, listed = read(f"<p>{'阀门和管道配件' * 40}，{BRAND}</p>")
    assert round(4 * many["block:size"]) != round(4 * told["block:size"])
    assert listed["block:size"][0] != body["block:size"][0]
    assert listed["name:known"] == body["name:known"]


def test_what_is_read_of_a_candidate_is_bounded() -> None:
    spam = "_".join(f"澳门赌场{number}开户投注平台" for number in range(5000))
    title = " ".join(f"阀门{number}生产厂家" for number in range(5000))
    page_reading = Moderator.load().reader.engine.search(
        f"<title>{title}</title><p>{'产品介绍。' * 5000}</p><p>{spam}</p>", True
    )
    sizes, _, _ = page_reading.matrix()
    assert sizes.size
    # 45 facts, each by its place as well, 160 words, four n-grams of 208 characters, what is around, 32 words of the
    # title and 20 of the page.
    assert sizes.max() <= 2 * 45 + 160 + 4 * 208 + 2 * (3 * 24 + 4) + 32 + 20


def test_many_candidates_cost_what_each_of_them_costs() -> None:
    # One letter words are nothing to the judge, and a title of them must not be walked through for each candidate.
    reader = Moderator.load().reader

    def seconds(count: int) -> float:
        page = f"<title>{'x 1 ' * 40 * count}</title>" + "".join(
            f"<p>时时彩投注平台{number}_澳门赌场开户</p>" for number in range(count)
        )
        began = time.process_time()
        found = find_candidates(Page(page), reader, -math.inf)
        assert len(found.candidates) >= count
        for each in found.candidates[:: max(1, count // 500)]:
            each.features()
        return time.process_time() - began

    seconds(100)
    few = min(seconds(1000) for _ in range(2))
    assert seconds(4000) < 4 * 4 * few + 1.0


def fact(name: str, text: str, page: str) -> float:
    """A fact of the candidate with this text; 0 where it is not told."""
    (found,) = [each for each in candidates(page, True) if each.text == text]
    return facts(found).get(name, 0.0)


@pytest.mark.parametrize(
    ("name", "page", "other"),
    [
        ("around:code", f"<p>%28f%29{{{BRAND}}};%2C=%2C</p>", f"<p>欢迎来到{BRAND}的网站</p>"),
        ("around:latin", f"<p>abcdefghijklmnop, {BRAND}</p>", f"<p>欢迎来到{BRAND}的网站</p>"),
        ("block:sentences", f"<p>今天。明天！{BRAND}后天？</p>", f"<p>今天 明天 {BRAND} 后天</p>"),
        ("title:shares-words", f"<title>威廉希尔</title><h1>{BRAND}</h1>", f"<title>阀门</title><h1>{BRAND}</h1>"),
        (
            "page:as-a-whole",
            f"<p>{'百家乐开户送彩金，真人荷官老虎机投注' * 8}</p><p>{BRAND}</p>",
            f"<p>{'阀门和管道配件' * 20}</p><p>{BRAND}</p>",
        ),
        ("block:size", f"<p>{'阀门和管道配件' * 20}，{BRAND}</p>", f"<p>{BRAND}</p>"),
    ],
)
def test_fact_tells_two_pages_apart(name: str, page: str, other: str) -> None:
    assert fact(name, BRAND, page) > fact(name, BRAND, other)
