"""Signals: each code with cases that must raise it and as many that must not."""

from __future__ import annotations

import pytest

from moderation import _native
from moderation.data import Page
from moderation.engine.reading import characters
from moderation.stages.blocks import markup, outline
from moderation.stages.normalize import fold
from moderation.stages.signals import CODES, Signal, Surroundings, is_minor, is_shown, signals
from moderation.stages.tokens import tokenize

script = characters().script
SPAM = "澳门威尼斯人开户"
LIST = "国产精品,一区二区,在线观看,澳门,威尼斯人,开户"
OLD = (
    "<p>本公司專業生產各種閥門和管道配件，產品遠銷海外，歡迎新舊客戶來電諮詢。"
    "公司成立以來堅持品質第一的原則，設備齊全，員工經驗豐富。</p>"
)
NEW = (
    "<p>本公司专业生产各种阀门和管道配件，产品远销海外，欢迎新老客户来电咨询。"
    "公司成立以来坚持质量第一的原则，设备齐全，员工经验丰富。</p>"
)
LONG = "".join(f"<h2>简介</h2>{NEW}" for _ in range(4))
GLOSSED = (
    "<p>產(chǎn)品關(guān)于達(dá)到應(yīng)該實(shí)驗(yàn)開(kāi)發(fā)時(shí)間(jiān)，" + "歡迎來電。" * 20 + "</p>"
)


def around(page: Page, taken: int) -> Surroundings:
    """What the page around a block is like, as the engine counts it."""
    sheet = _native.outline(page.content, page.is_html, markup())
    counted = sheet.surroundings([taken], characters())
    return Surroundings(marks=outline(page).marks, **counted)


def of(content: str, text: str = SPAM, *, is_html: bool = True) -> dict[str, Signal]:
    """The signals of a text of a page that is planted in it, as the engine would ask for them."""
    found = outline(Page(content, is_html=is_html))
    (block,) = [block for block in found.blocks if text in block.text]
    folded = fold(block.text)
    tokens = tokenize(folded.text)
    at = fold(block.text[: block.text.index(text)]).text
    low, high = len(at), len(at) + len(fold(text).text)
    first = next(index for index, start in enumerate(tokens.starts) if start >= low)
    last = max(index for index, end in enumerate(tokens.ends) if end <= high) + 1
    page = around(Page(content, is_html=is_html), block.index)
    return {signal.code: signal for signal in signals(block, text, tokens, first, last, page, script)}


SWITCH = '<script>if (navigator.userAgent.indexOf("baidu") == -1) document.title = "公司"</script>'
CODED = "".join(f"&#{ord(each)};" for each in SPAM)

# Code -> (pages that raise it for SPAM or LIST, pages that do not).
SHAPES = {
    "shape:keyword-list": (
        [LIST, LIST.replace(",", "_"), LIST.replace(",", " | ")],
        [SPAM, "国产精品,一区二区,在线观看", "澳门威尼斯人_开户", "国,产,精,品,在,线"],
    ),
    "shape:repeated-term": (
        ["澳门开户,澳门开户,澳门开户", "威尼斯人开户_威尼斯人开户网_威尼斯人开户"],
        [LIST, "澳门开户,澳门开户", "澳门,澳门,澳门", "澳门开户," * 3 + "国产,在线,精品,新闻,地图,天气"],
    ),
}


@pytest.mark.parametrize("code", SHAPES)
def test_shape(code: str) -> None:
    positive, negative = SHAPES[code]
    for text in positive:
        assert code in of(text, text, is_html=False), text
    for text in negative:
        assert code not in of(text, text, is_html=False), text


PAGES = {
    "script:mismatch": (
        [f"<p>{SPAM}</p>{OLD * 2}", f"<p>澳門威尼斯人開戶投註</p>{NEW * 2}"],
        [
            f"<p>{SPAM}</p>{NEW * 2}",
            f"<p>澳門威尼斯人開戶投註</p>{OLD * 2}",
            f"<p>{SPAM}</p>{OLD}{NEW}",
            f"<p>{SPAM}</p>",
        ],
    ),
    "gloss:pinyin": (
        [f"<p>{SPAM}</p>{GLOSSED}", f"<title>{SPAM}</title>{GLOSSED}"],
        [f"<p>{SPAM}</p>{OLD}", f"<p>{SPAM}</p><p>产(chǎn)品</p>"],
    ),
    "script:title-switch": (
        [f"<title>{SPAM}</title>{SWITCH}", f"<meta name=description content={SPAM}>{SWITCH}"],
        [f"<title>{SPAM}</title>", f"<title>公司</title>{SWITCH}<p>{SPAM}</p>"],
    ),
    "meta:duplicate": (
        [
            f"<title>{SPAM}</title><title>公司</title>",
            f"<meta name=description content={SPAM}><title>公司</title><meta name=description content=公司>",
        ],
        [
            f"<title>{SPAM}</title><meta name=description content=公司>",
            f"<meta name=description content={SPAM}><meta property='og:description' content=公司>",
            f"<title>{SPAM}</title><svg><title>公司</title></svg>",
        ],
    ),
    "entity:coded": (
        [f"<title>{CODED}</title>{LONG}", f'<meta name=keywords content="{CODED}"><title>公司简介</title>'],
        [
            f"<title>{SPAM}</title>{LONG}",
            f"<title>{CODED[:8]}{SPAM[1:]}</title>{LONG}",
            f"<p>{CODED}</p><h2>{CODED[:16]}</h2>",
        ],
    ),
    "script:cloaking": (
        [
            f"<p>{SPAM}</p><script>if(/baidu/.test(document.referrer))location='http://evil.example'</script>",
            f"<title>{SPAM}</title><script>if(/baidu/.test(document.referrer))location='//evil.example'</script>",
        ],
        [
            f"<p>{SPAM}</p><script>if(/baidu/.test(document.referrer))location='/m/'</script>",
            f"<p>{SPAM}</p><script>if(/android/.test(navigator.userAgent))location='http://evil.example'</script>",
        ],
    ),
    "script:redirect": (
        [f"<p>{SPAM}</p><script>if(/android/.test(navigator.userAgent))location='http://evil.example'</script>"],
        [f"<p>{SPAM}</p><script>if(/android/.test(navigator.userAgent))location='/m/'</script>"],
    ),
    "script:obfuscated": (
        [f"<p>{SPAM}</p><script>eval(unescape('%67%6f%28%29'))</script>"],
        [f"<p>{SPAM}</p><script>eval('go()')</script>"],
    ),
    "script:veiled": (
        [
            f"<script>var a='jsjiami.com.v6'</script><p>{SPAM}</p>",
            f"<p>{SPAM}</p><script>location='http://ev'+'il.example'</script>",
        ],
        [
            f"<p>{SPAM}</p><script>var a='jsjiami.com.v6'</script>",
            f"<p>{SPAM}</p><script>location='http://evil.example'</script>",
        ],
    ),
}


def test_every_code_has_a_table() -> None:
    assert set(CODES) == {*SHAPES, *PAGES}
    assert len(CODES) == len(set(CODES))


@pytest.mark.parametrize("code", PAGES)
def test_page(code: str) -> None:
    positive, negative = PAGES[code]
    for content in positive:
        text = next(
            text
            for text in (SPAM, "澳門威尼斯人開戶投註", "开户")
            if any(text in each.text for each in outline(Page(content)).blocks)
        )
        assert code in of(content, text), content
    for content in negative:
        text = next(
            text
            for text in (SPAM, "澳門威尼斯人開戶投註", "开户")
            if any(text in each.text for each in outline(Page(content)).blocks)
        )
        assert code not in of(content, text), content


def test_strengths_and_details() -> None:
    found = of(f"<p>{LIST}</p>{LONG}", LIST)
    assert found["shape:keyword-list"] == Signal("shape:keyword-list", 0.75, None, "6 keywords")
    content = f"<title>{SPAM}</title>{SWITCH}"
    span = of(content)["script:title-switch"].span
    assert span is not None
    assert content[slice(*span)].startswith("document.title")
    for signal in found.values():
        assert signal.code in CODES
        assert 0 < signal.strength <= 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<p>公司</p>", True),
        ("<h1>公司</h1>", True),
        ("<footer>公司</footer>", True),
        ("<title>公司</title>", False),
        ("<meta name=keywords content=公司>", False),
        ("<img alt=公司>", False),
        ("<p hidden>公司</p>", False),
    ],
)
def test_is_shown(content: str, expected: bool) -> None:
    (block,) = outline(Page(content)).blocks
    assert is_shown(block) is expected


def test_surroundings_leave_the_candidates_out() -> None:
    page = Page(f"<p>{SPAM}</p>{NEW}")
    found = around(page, 0)
    text = outline(page).blocks[1].text
    assert found.traditional == 0
    assert found.simplified == script(text)[1] > 0


def test_surroundings_count_what_stands_there() -> None:
    text = "產(chǎn)品,達（DÁ）到,(a)公司(vip1)"
    page = Page(
        f"<title>甲</title><title>乙</title><div><h1>{text}</h1></div><p hidden>闗閉</p>"
        f"<h2>&#20844;&#21496;产品</h2><p>{SPAM}</p>"
    )
    found = around(page, 5)
    assert (found.glosses, found.doubled) == (2, {"title"})
    assert (found.traditional, found.simplified) == script(f"{text}闗閉公司产品")
    assert 0 < found.coded < 0.5
    assert around(page, 4).coded == 0.0


# An age alone, in sentences of no kind.
BELOW_18 = [
    "今年17岁",
    "17 岁",
    "他16周岁",
    "９岁",
    "１７岁",
    "17歲",
    "17歳",
    "17才",
    "十七岁",
    "十岁",
    "五岁",
    "aged 12 years old",
    "a 9-year-old",
    "17 yo",
    "3-5岁",
]
OTHER_AGES = [
    "18岁",
    "年满18周岁",
    "１８岁",
    "21歲",
    "十八岁",
    "二十岁",
    "三十五岁",
    "两百岁",
    "一百零五岁",
    "2017岁末",
    "2015岁末年初",
    "117岁",
    "岁末",
    "第5才能",
    "17",
    "17元",
    "17楼",
    "18 years old",
    "217 yo",
    "5 years",
    "17 yoga mats",
]


@pytest.mark.parametrize("text", BELOW_18)
def test_is_minor(text: str) -> None:
    assert is_minor(text)


@pytest.mark.parametrize("text", OTHER_AGES)
def test_is_not_minor(text: str) -> None:
    assert not is_minor(text)
