"""A brand stands where the institution's name stood, and nowhere else."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest

from moderation.errors import DataSetError
from moderation.training.dataset import own_pages
from moderation.training.naming import MODES, Planting, names_on, substitute

PAGES = {page.name: page.content for page in own_pages(Path(__file__).parents[2] / "datasets")}
BRAND = "甲某365官网"
SCHOOL = PAGES["university-department.html"]
_OUTSIDE = re.compile(r"<!--.*?-->|<script\b.*?</script>|<style\b.*?</style>|<[^>]*>", re.DOTALL)


def planted(content: str, mode: str, seed: int = 1, traces: float = 0.0, name: str = BRAND) -> Planting:
    made = substitute(content, name, mode, random.Random(seed), traces)
    assert made is not None
    return made


def page(body: str, title: str = "题目") -> str:
    return f"<html><head><title>{title}</title></head><body>{body}</body></html>"


def test_name_of_the_page_is_found() -> None:
    assert names_on(SCHOOL)[0] == "江北理工学院"
    assert names_on(PAGES["county-government.html"])[0] == "石泉河县人民政府"
    assert names_on(PAGES["lottery-office.html"])[0] == "海陵省福利彩票发行中心"
    assert names_on(PAGES["hospital-urology.html"])[0] == "平湾市第二人民医院"
    # A recipe, a novel and a film site belong to no institution.
    assert names_on(PAGES["novel-chapter.html"]) == names_on(PAGES["film-portal.html"]) == []


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("<p>东岭大学的校园。在东岭大学读书。</p>", ["东岭大学"]),
        ("<p>東嶺學院的校園。在東嶺學院讀書。</p>", ["東嶺學院"]),
        # Students and a bureau's head are no institution; nor are each school and the menu's items.
        ("<p>东岭大学生活动。东岭大学生活动。</p>", []),
        ("<p>城市建设布局。城市建设布局。</p>", []),
        ("<p>各地方学校。各地方学校。</p><p>产品中心</p><p>产品中心</p>", []),
        # Once is no name, and a tag, script or comment is not read.
        ("<p>东岭大学</p>", []),
        ('<p title="东岭大学">一</p><!-- 东岭大学 --><script>"东岭大学"</script><style>东岭大学</style>', []),
        # Not one who begins in the middle of a name.
        ("<p>东岭市星河中学放假</p><p>东岭市星河中学开学</p>", ["东岭市星河中学"]),
    ],
)
def test_names_are_whole_and_of_institutions(body: str, names: list[str]) -> None:
    assert names_on(page(body)) == names


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("traces", [0.0, 1.0])
@pytest.mark.parametrize("host", PAGES)
def test_spans_are_the_copies_and_the_original_is_the_rest(host: str, mode: str, traces: float) -> None:
    made = substitute(PAGES[host], BRAND, mode, random.Random(3), traces)
    if made is None:
        assert mode != "title"
        return
    assert {made.content[span.start : span.end] for span in made.spans} == {BRAND}
    assert made.content.count(BRAND) == len(made.spans)
    rest, at = [], 0
    for span in made.spans:
        rest.append(made.content[at : span.start])
        at = span.end
    assert "".join([*rest, made.content[at:]]) == made.original
    # Nothing but text has changed: the same tags, scripts and comments, but for keywords and description.
    before, after = (
        [tag for tag in _OUTSIDE.findall(source) if not tag.startswith("<meta")]
        for source in (PAGES[host], made.content)
    )
    assert before == after


def test_everywhere_leaves_no_copy_in_what_is_read() -> None:
    made = planted(SCHOOL, "everywhere")
    assert "江北理工学院" not in _OUTSIDE.sub("", made.content)
    assert f"-{BRAND}</title>" in made.content
    assert f'content="{BRAND},材料工程系' in made.content
    assert len(made.spans) == SCHOOL.count("江北理工学院")
    assert substitute(page("<p>没有名称的页面。</p>"), BRAND, "everywhere", random.Random(1)) is None


def test_attributes_scripts_and_comments_keep_the_name() -> None:
    kept = '<!--东岭大学--><script>a="东岭大学"</script><img alt="东岭大学"><a title=">东岭大学" href="/">'
    made = planted(page(f"{kept}东岭大学</a><p>东岭大学简介</p>", "东岭大学"), "everywhere")
    assert kept in made.content
    assert len(made.spans) == 3


def test_once_replaces_one_copy_in_prose() -> None:
    body = '<a href="/">东岭大学</a><p>昨天，东岭大学在礼堂里召开了今年的第一次工作会议。</p>'
    made = planted(page(body, "东岭大学"), "once")
    assert f"昨天，{BRAND}在礼堂" in made.content
    assert made.content.count("东岭大学") == 2
    assert substitute(page('<a href="/">东岭大学</a>', "东岭大学"), BRAND, "once", random.Random(1)) is None


def test_title_has_the_brand_for_its_name_or_in_front() -> None:
    assert f"<title>通知-{BRAND}</title>" in planted(page("<p>一</p>", "通知-东岭大学"), "title").content
    fronts = {
        re.search("<title>(.*)</title>", planted(page("", "论文抽检规定-教务"), "title", seed).content).group(1)  # type: ignore[union-attr]
        for seed in range(20)
    }
    assert fronts == {f"{BRAND}论文抽检规定-教务", f"论文抽检规定-{BRAND}教务"}
    assert substitute("<html><body><p>没有题目</p></body></html>", BRAND, "title", random.Random(1)) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("我校召开了新学期第一次全体教师会议", "{B}召开了新学期第一次全体教师会议"),
        ("昨天下午，学校领导走进实验室看望大家", "昨天下午，{B}领导走进实验室看望大家"),
        ("学院师生参加了这一次春季的植树活动", "{B}师生参加了这一次春季的植树活动"),
        ("在公司召开的会议上大家讨论了新的计划", "在{B}召开的会议上大家讨论了新的计划"),
        ("2018届毕业生的毕业典礼在体育馆里进行", "{B}2018届毕业生的毕业典礼在体育馆里进行"),
        ("召开全体教师大会布置新学期的各项工作", "{B}召开全体教师大会布置新学期的各项工作"),
    ],
)
def test_slot_is_a_word_for_the_institution(before: str, after: str) -> None:
    made = planted(page(f"<p>{before}</p>"), "slot")
    assert f"<p>{after.format(B=BRAND)}</p>" in made.content
    # A title that repeats the sentence repeats the brand; a link is no prose.
    assert f"<title>{after.format(B=BRAND)}</title>" in planted(page(f"<p>{before}</p>", before), "slot").content
    assert substitute(page(f'<a href="/">{before}</a>'), BRAND, "slot", random.Random(1)) is None


def test_other_words_are_no_slot() -> None:
    body = "<p>东岭大学学院路的学校简介和公司名称都在这个页面的上面一部分</p>"
    assert substitute(page(body), BRAND, "slot", random.Random(1)) is None


def test_traces_of_the_machine_stand_in_a_share_of_pages() -> None:
    body = "<p>东岭大学校长和大学生、学生一起在学校里植树。东岭大学放假。</p>"
    source = page(body, "东岭大学")
    assert f"{BRAND}董事长和大学生、员工一起在公司里植树" in planted(source, "everywhere", traces=1.0).content
    assert f"{BRAND}校长和大学生、学生一起在学校里植树" in planted(source, "everywhere", traces=0.0).content
    traced = sum("董事长" in planted(source, "once", seed, traces=0.3).content for seed in range(200))
    assert 35 < traced < 85


def test_brand_is_escaped_and_the_span_covers_all_of_it() -> None:
    made = planted(page("<p>一</p>", "东岭大学"), "title", name='甲<b>"&')
    (span,) = made.spans
    assert made.content[span.start : span.end] == "甲&lt;b&gt;&quot;&amp;"


def test_bad_arguments_are_named() -> None:
    with pytest.raises(DataSetError, match="'sideways'"):
        substitute(SCHOOL, BRAND, "sideways", random.Random(1))
    with pytest.raises(DataSetError, match="empty"):
        substitute(SCHOOL, " ", "title", random.Random(1))


@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "<!--",
        "<script>",
        "<a href='",
        '<a b="',
        "<title>",
        "东岭大学",
        "大学",
        "<meta name=keywords content='",
        "学校召开",
    ],
)
def test_time_grows_with_the_page(unit: str) -> None:
    def seconds(size: int) -> float:
        source = page(unit * (size // len(unit)), "东岭大学")
        began = time.process_time()
        for mode in MODES:
            substitute(source, BRAND, mode, random.Random(1))
        return time.process_time() - began

    small, large = min(seconds(40_000) for _ in range(2)), seconds(320_000)
    # Eight times the page; a quadratic reader would take 64 times as long.
    assert large < 24 * small + 0.2
