"""Folding: what is folded, what is left alone, and the way back."""

from __future__ import annotations

import gc
import json
import re
import time
from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.data import OffsetMap, Span
from moderation.stages.normalize import Folded, fold

FOLDED = {
    "full width": ("ＡＶ１８：ｏｋ", "av18:ok"),
    "upper case": ("BET365", "bet365"),
    "traditional": ("無碼視頻線上觀看", "无码视频线上观看"),
    "Japanese forms": ("黒沢産", "黑泽产"),
    "look-alike Han": ("亚慱体育", "亚博体育"),
    "zero-width space": ("澳\u200b门", "澳门"),
    "joiners, marks and soft hyphens": ("a\u200db\u200cc\ufeffd\u00ade", "abcde"),
    "bidi controls": ("\u2066bet\u2069", "bet"),
    "written backwards": ("a\u202e育体云开\u202cb", "a开云体育b"),
    "UTF-8 read as GBK": ("浣撹偛寮€浜戝畼", "体育开云官"),
    "UTF-8 read as GBK, torn": ("澳门威尼斯".encode().decode("gbk", "replace").replace("\ufffd", "?"), "澳门威尼?"),
    "UTF-8 read as Latin-1": ("开云体育,乐鱼".encode().decode("latin-1"), "开云体育,乐鱼"),
    "UTF-8 read as windows-1252": ("国官网开".encode().decode("cp1252"), "国官网开"),
    "GBK read as Latin-1": ("开云体育".encode("gbk").decode("latin-1"), "开云体育"),
    "split characters": ("贝者场, 弓虽", "赌场, 强"),
    "variation selectors and tags": ("葡\ufe00京\U000e0041\U000e0100", "葡京"),
    "Hangul fillers": ("真\u3164人\u115f", "真人"),
    "NUL and other controls": ("a\x00b\x7f", "ab"),
    "Greek beside latin": ("αv", "av"),
    "Greek beside a sign": ("α∨", "av"),
    "root sign as v": ("a√", "av"),
    "Roman numeral as v": ("Aⅴ aⅤ", "av av"),
    "Cyrillic in a latin word": ("роrn", "porn"),
    "mathematical letters": ("𝐁𝐞𝐭 𝕒𝕡𝕡", "bet app"),
    "small capitals": ("ᴀᴠ", "av"),
    "letters in rings and boxes": ("Ⓐⓥ 🅐🅥 🅰🅅 ⒜⒱", "av av av av"),
    "Han in rings and brackets": ("㊙㈠🈲", "秘一禁"),
    "digits in rings": ("①⑩❿⒈⑴⓪", "11010110"),
    "digits of other scripts": ("𝟏٣३๔", "1334"),
    "several letters in one": ("㎏ Ⅷ ﬁ", "kg viii fi"),
    "accents, no wrong charset": ("déjà vu à côté", "deja vu a cote"),
    "accents": ("nhà cái Ünï", "nha cai uni"),
    "combining marks": ("b̸e̷t\u0336 无\u20e0码", "bet 无码"),
    "gloss": ("產(chǎn)品", "产品"),
    "gloss without tone": ("应(ying)该", "应该"),
    "gloss in full-width brackets": ("關（guān）于", "关于"),
    "gloss of one toned letter": ("惡(è)劣", "恶劣"),
    "gloss of two letters": ("達(dá)到", "达到"),
    "glosses in a row": ("數(shù)據(jù)庫(kù)", "数据库"),
    "blanks between": ("澳 门 威 尼 斯", "澳门威尼斯"),
    "full-width blanks between": ("澳　门　威　尼　斯", "澳门威尼斯"),
    "hyphens between": ("国-产-精-品", "国产精品"),
    "middle dots between": ("老·虎·机", "老虎机"),
    "pictures between, all different": ("老😀虎🎉机", "老虎机"),
    "a star inside a word": ("无*码", "无码"),
    "gloss, then hyphen": ("国(guó)-产(chǎn)-精-品", "国产精品"),
    "ideographic blank": ("你　好", "你 好"),
}
KEPT = {
    "split characters that are words": "女子 日月 山石",
    "plain": "机械设备有限公司的产品介绍",
    "white space": "a  b\n\n c\t",
    "Russian": "россия и мир",
    "Greek": "αβγ",
    "lone Greek letter": "α粒子与β受体",
    "units": "5μm 10kω",
    "question mark, torn gloss": "祖?zhen)鞯?",
    "bracket with no syllable": "公司(app)足球(vip)文件(pdf)",
    "numbered by letters": "图(a)、图(e)",
    "bracket after latin": "tom(ma)",
    "long latin in brackets": "苹果(shuangx)",
    "two single characters": "同 上",
    "two by two": "首页 新闻 产品 关于",
    "one among words": "新闻 图 视频",
    "enumeration comma": "赵、钱、孙、李",
    "commas and slashes": "东,南,西,北 大/中/小",
    "lines": "首\n页\n栏\n目",
    "different fillers": "一-二+三",
    "stars as bullets": "*新闻 *图片",
    "signs of a formula": "½ … ™ ℃",
    "kana": "こんにちは、テキストです",
    "Thai vowels": "สล็อต",
    "logic": "∨ 或 ∧",
    "box drawing": "├─┤",
    "lone surrogate": "\ud800a\udfff",
    "astral Han": "𠀀𠮷",
    "empty": "",
}


@pytest.mark.parametrize(("given_text", "expected"), FOLDED.values(), ids=FOLDED)
def test_folds(given_text: str, expected: str) -> None:
    assert fold(given_text).text == expected


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_leaves_alone(text: str) -> None:
    assert fold(text) == Folded(text, OffsetMap.identity())


@pytest.mark.parametrize("text", ["BET365 ＡＰＰ 無碼", "亚慱", "Ünï αv", "A\u3000B"])
def test_one_to_one_changes_need_no_map(text: str) -> None:
    assert fold(text).offsets == OffsetMap.identity()


def test_returns_the_given_string_where_nothing_changes() -> None:
    text = "公司新闻 2024"
    assert fold(text).text is text


@pytest.mark.parametrize(
    ("text", "needle", "origin"),
    [
        ("x產(chǎn)品y", "产品", "產(chǎn)品"),
        ("去澳 门 威 尼 斯", "威尼", "威 尼"),
        ("-国-产-精-品-", "国产精品", "国-产-精-品"),
        ("a\u200bb\u200bc", "bc", "b\u200bc"),
        ("第⑩名", "10", "⑩"),
        ("第⑩名", "0", "⑩"),
        ("㎏㎏", "gk", "㎏㎏"),
        ("\ufeff\ufeff首页", "首页", "首页"),
        ("𝐁𝐞𝐭", "et", "𝐞𝐭"),
        ("数(shù)\u200b據(jù)⑩庫", "据10库", "據(jù)⑩庫"),
    ],
)
def test_maps_back(text: str, needle: str, origin: str) -> None:
    folded = fold(text)
    start = folded.text.index(needle)
    span = folded.offsets.span(Span(start, start + len(needle)))
    assert text[span.start : span.end] == origin


def test_only_invisible() -> None:
    folded = fold("\u200b\ufeff\x00")
    assert folded.text == ""
    assert folded.offsets.span(Span(0, 0)) == Span(0, 0)


# Characters that take part in some step, so that random strings make the steps meet.
BUSY = st.lists(
    st.one_of(
        st.sampled_from(
            list("国产產精品慱(（)）*- ·😀🎉丨,āè\u0301\u200b\u3000αа∨√aAvｖⅴ①⑩㎏½…𝐁🅰ＡİΣς\x00\ud800あﾞ\uf900")
        ),
        st.sampled_from(["(chan)", "(chǎn)", "(è)", "（da）", " 国", "-产", "😀精", "*品"]),
        st.characters(),
    ),
    max_size=40,
).map("".join)


@settings(max_examples=600, deadline=None)
@given(BUSY)
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once


@settings(max_examples=600, deadline=None)
@given(BUSY)
def test_map_is_monotone_and_stays_inside(text: str) -> None:
    folded, offsets = fold(text)
    assert offsets.pieces[0].start == 0
    for one, two in pairwise(offsets.pieces):
        assert one.start < two.start
        assert one.origin <= two.origin
    assert offsets.pieces[-1].start < max(1, len(folded))
    before = Span(0, 0)
    for index, character in enumerate(folded):
        span = offsets.at(index)
        assert 0 <= span.start < span.end <= len(text)
        assert span == before or span.start >= before.end
        # What a character came from folds to it again, alone or as one of several.
        if not re.search("[\u0370-\u052f∨√⋁]", text):
            assert character in fold(text[span.start : span.end]).text
        before = span
    whole = offsets.span(Span(0, len(folded)))
    assert whole.end <= len(text)


@given(st.text(st.characters(max_codepoint=127, exclude_categories=["Cc"])))
def test_ascii_is_lower_case_only(text: str) -> None:
    assert fold(text) == Folded(text.lower(), OffsetMap.identity())


def test_table_is_one_to_one() -> None:
    table = json.loads(files("moderation.stages").joinpath("tables", "simplified.json").read_bytes())
    assert "OpenCC" in table["source"]
    assert "Apache-2.0" in table["source"]
    old, new = table["pairs"]
    assert len(old) == len(new) == len(set(old))
    assert len(old) > 3000
    assert not set(old) & set(new)


@pytest.mark.parametrize(
    "unit",
    [
        "国-",
        "国-产",
        "a\u200b",
        "(chan)",
        "国(chan)",
        "国*",
        "α",
        "αa",
        "(",
        "国 ",
        "😀",
        "国😀产",
        "㎏",
        "无碼",
        "国((",
        "aα ",
    ],
)
def test_time_is_linear(unit: str) -> None:
    def seconds(count: int) -> float:
        text = unit * count
        best = float("inf")
        # Collecting garbage goes through all that other tests have left.
        gc.disable()
        for _ in range(3):
            begin = time.perf_counter()
            fold(text)
            best = min(best, time.perf_counter() - begin)
        gc.enable()
        return best

    seconds(100)
    # Ten times the text in at most fifty times the time, caches being what they are; a quadratic step needs a hundred.
    assert seconds(200_000) < 50 * max(seconds(20_000), 0.005)
