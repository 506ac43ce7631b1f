"""Blocks: what becomes one, where it stands, what hides it, and the way back to the source."""

from __future__ import annotations

import re
from html import escape, unescape
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.data import Block, Page, Place, Span
from moderation.stages.blocks import looks_like_html, outline

SPAM = "澳门威尼斯人 开户"
OTHER = "国产精品 一区二区 在线观看"
PROSE = (
    "本公司位于江苏省，主要生产各种阀门和管道配件，产品远销海外三十多个国家和地区，欢迎新老客户来电咨询。"
    "公司成立以来一直坚持质量第一的原则，受到好评。"
)


def blocks(content: str, *, is_html: bool = True) -> tuple[Block, ...]:
    return outline(Page(content, is_html=is_html)).blocks


def only(content: str, text: str = SPAM) -> Block:
    """The one block with a text."""
    found = [block for block in blocks(content) if block.text == text]
    assert len(found) == 1, [block.text for block in blocks(content)]
    return found[0]


def source_of(content: str, block: Block, start: int, end: int) -> str:
    span = block.offsets.span(Span(start, end))
    return content[span.start : span.end]


# -- places

PLACES = {
    "title": (f"<head><title>{SPAM}</title></head>", Place.TITLE, "head/title"),
    "title without a head": (f"<title>{SPAM}</title><p>{PROSE}", Place.TITLE, "title"),
    "description": (f'<meta name="description" content="{SPAM}">', Place.META, "meta[description]"),
    "keywords, no quotes around the name": (f'<meta name=keywords content="{SPAM}">', Place.META, "meta[keywords]"),
    "meta in capitals": (f"<META NAME='Keywords' CONTENT='{SPAM}'>", Place.META, "meta[keywords]"),
    "content before name": (f'<meta content="{SPAM}" name="description" />', Place.META, "meta[description]"),
    "Open Graph title": (f'<meta property="og:title" content="{SPAM}">', Place.META, "meta[og:title]"),
    "Open Graph description": (
        f'<meta property="og:description" content="{SPAM}">',
        Place.META,
        "meta[og:description]",
    ),
    "Twitter title": (f'<meta name="twitter:title" content="{SPAM}">', Place.META, "meta[twitter:title]"),
    "heading": (f"<body><h1>{SPAM}</h1><p>{PROSE}</p>", Place.HEADING, "body/h1"),
    "heading that is a link": (f"<body><h2><a href=/>{SPAM}</a></h2>", Place.HEADING, "body/h2"),
    "first visible line": (f"<body>{SPAM}<p>{PROSE}</p>", Place.HEAD, "body"),
    "bare text before the markup": (f"{SPAM}<html><body><p>{PROSE}</p>", Place.HEAD, "body"),
    "hidden text before the markup": (f"<div style=display:none>{SPAM}</div><p>{PROSE}", Place.HEAD, "div"),
    "behind the first prose": (f"<p>{PROSE}</p><p>{PROSE}</p><div>{SPAM}</div>", Place.BODY, "div"),
    "behind the first heading": (f"<p>首页</p><h1>公司简介</h1><div>{SPAM}</div>", Place.BODY, "div"),
    "behind twelve runs": ("<div><p>栏目</p></div>" * 13 + f"<div>{SPAM}</div>", Place.BODY, "div"),
    "alt": (f'<p>{PROSE}</p><img src=a.jpg alt="{SPAM}">', Place.BODY, "body/img[alt]"),
    "title attribute": (f"<div title='{SPAM}'><p>{PROSE}</p></div>", Place.BODY, "body/div[title]"),
    "one link": (f"<p>{PROSE}</p><p>{PROSE}</p><p><a href=/>{SPAM}</a></p>", Place.BODY, "p"),
    "footer element": (f"<p>{PROSE}</p><footer><p>{SPAM}</p></footer>", Place.FOOTER, "footer/p"),
    "footer class": (f'<p>{PROSE}</p><div class="page-foot"><p>{SPAM}</p></div>', Place.FOOTER, "div/p"),
    "footer id": (f'<p>{PROSE}</p><div id="bottom">{SPAM}</div>', Place.FOOTER, "div"),
    "copyright": (f'<p>{PROSE}</p><div class="Copyright">{SPAM}</div>', Place.FOOTER, "div"),
    "a script's title": (f'<script>document.title="{SPAM}"</script>', Place.TITLE, "script[document.title]"),
    "title of an escaped script": (
        f'<script>document . title = unescape("{"".join(f"%u{ord(each):04x}" for each in SPAM)}")</script>',
        Place.TITLE,
        "script[document.title]",
    ),
}


@pytest.mark.parametrize(("content", "place", "path"), PLACES.values(), ids=PLACES)
def test_place(content: str, place: Place, path: str) -> None:
    block = only(content)
    assert (block.place, block.path) == (place, path)
    assert block.span == block.offsets.span(Span(0, len(block.text)))
    if "unescape" not in content:
        assert content[block.span.start : block.span.end] == SPAM


SILENT = {
    "viewport": f'<meta name="viewport" content="{SPAM}">',
    "refresh": f'<meta http-equiv="refresh" content="{SPAM}">',
    "generator": f'<meta name="generator" content="{SPAM}">',
    "Open Graph image": f'<meta property="og:image" content="{SPAM}">',
    "description without content": f'<meta name="description" value="{SPAM}">',
    "empty description": '<meta name="description" content="">',
    "charset": '<meta charset="gbk">',
    "comment": f"<!-- {SPAM} -->",
    "script": f'<script>var words = "{SPAM}";</script>',
    "another title": f'<script>page.title = "{SPAM}"</script>',
    "style": f".a::before {{ content: '{SPAM}' }}".join(("<style>", "</style>")),
    "vector image": f"<svg><text>{SPAM}</text></svg>",
    "object": f"<object>{SPAM}</object>",
    "value of an input": f'<input type="hidden" value="{SPAM}">',
    "data attribute": f'<p data-title="{SPAM}"></p>',
    "ASCII alt": '<img alt="logo">',
    "blank alt": '<img alt=" ">',
    "doctype": "<!DOCTYPE html>",
    "white space": "<body>\n\t <p> </p>&nbsp;</body>".replace("&nbsp;", "&#32;"),
    "nothing": "",
}


@pytest.mark.parametrize("content", SILENT.values(), ids=SILENT)
def test_no_block(content: str) -> None:
    assert blocks(content) == ()
    assert [block.text for block in blocks(f"<p>前</p>{content}<p>后</p>")] in (["前", "后"], ["前\n后"])


def test_several_of_each() -> None:
    content = (
        f'<title>{SPAM}</title><title>公司</title><meta name=description content="{SPAM}">'
        "<meta name=keywords content=阀门>"
        '<meta name="description" content="公司简介"><meta name=keywords content="阀门,管道">'
    )
    assert [(block.path, block.text) for block in blocks(content)] == [
        ("title", SPAM),
        ("title", "公司"),
        ("meta[description]", SPAM),
        ("meta[keywords]", "阀门"),
        ("meta[description]", "公司简介"),
        ("meta[keywords]", "阀门,管道"),
    ]
    assert [block.index for block in blocks(content)] == list(range(6))


# -- lists

LISTS = {
    "list": "<ul><li><a href=/>一区</a></li><li><a href=/>二区</a></li><li><a href=/>三区</a></li></ul>",
    "items without end tags": "<ul><li><a href=/>一区</a><li><a href=/>二区</a><li><a href=/>三区</a></ul>",
    "breaks": "<div><a href=/>一区</a><br><a href=/>二区</a><br/><a href=/>三区</a></div>",
    "cells": "<table><tr><td><a href=/>一区</a><td><a href=/>二区</a><td><a href=/>三区</a></table>",
    "definitions": "<dl><dt><a href=/>一区</a><dd><a href=/>二区</a><dt><a href=/>三区</a></dl>",
}


@pytest.mark.parametrize("content", LISTS.values(), ids=LISTS)
def test_list_is_read_together(content: str) -> None:
    (block,) = blocks(content)
    assert block.text == "一区\n二区\n三区"
    assert block.place is Place.LINKS
    assert source_of(content, block, 3, 5) == "二区"
    assert content[block.span.start : block.span.end].startswith("一区")
    assert content[block.span.start : block.span.end].endswith("三区")


@pytest.mark.parametrize("tag", ["li", "dd", "td", "th"])
def test_paragraph_ends_with_its_item(tag: str) -> None:
    assert {block.path for block in blocks(f"<{tag}><p>一区<{tag}><p>二区<{tag}><p>三区")} == {f"{tag}/p"}


def test_links_of_one_line() -> None:
    content = "<p><a href=/>在线一区</a> | <a href=/>在线二区</a> | <a href=/>在线三区</a></p>"
    (block,) = blocks(content)
    assert (block.text, block.place) == ("在线一区 | 在线二区 | 在线三区", Place.LINKS)


@pytest.mark.parametrize(
    "content",
    [
        f"<ul><li>{PROSE}</li><li>{PROSE}</li></ul>",
        "<ul><li>公司</li></ul><ul><li>新闻</li></ul>",
        "<ul><li>公司</li><li style=display:none>新闻</li></ul>",
        "<div>公司<h2>新闻</h2></div>",
        '<div>公司<img alt="新闻"></div>',
        f"<p>一区</p><p>{PROSE}</p>",
    ],
    ids=["prose", "two lists", "hidden item", "heading", "attribute", "prose behind an item"],
)
def test_stands_for_itself(content: str) -> None:
    assert len(blocks(content)) == 2


# -- hiding

HIDDEN = {
    "display": ('<div style="display:none">', "display-none"),
    "display, blanks and capitals": ('<div style=" DISPLAY : None !important ">', "display-none"),
    "display, inline element": ('<span style="color:red;display:none;">', "display-none"),
    "visibility": ('<div style="visibility:hidden">', "visibility"),
    "opacity": ('<div style="opacity:0">', "opacity"),
    "off screen, left": ('<div style="position:absolute;left:-9999px">', "off-screen"),
    "off screen, top": ('<div style="position:fixed;top:-3000px">', "off-screen"),
    "off screen, indent": ('<h1 style="text-indent:-9999em">', "off-screen"),
    "off screen, margin": ('<div style="margin:0 0 0 -5000px">', "off-screen"),
    "zero height": ('<div style="height:0;overflow:hidden">', "zero-size"),
    "one pixel": ('<div style="width:1px;height:1px;overflow:hidden">', "zero-size"),
    "font of no size": ('<div style="font-size:0">', "zero-size"),
    "font of one pixel": ('<div style="font-size:1px">', "zero-size"),
    "marquee": ('<marquee height="1" scrollamount="3000">', "zero-size"),
    "table of no size": ('<table width="0" height="0"><tr><td>', "zero-size"),
    "clip": ('<div style="position:absolute;clip:rect(0 0 0 0)">', "clipped"),
    "clip of one pixel": ('<div style="position:absolute;clip:rect(1px, 1px, 1px, 1px)">', "clipped"),
    "clip path": ('<div style="clip-path:inset(50%)">', "clipped"),
    "same colour": ('<div style="color:#fff;background:#FFFFFF">', "same-colour"),
    "same colour by name": ('<font style="color:white;background-color:#fff">', "same-colour"),
    "same colour in numbers": ('<p style="color: rgb(1, 2, 3); background: rgb(1,2,3) none">', "same-colour"),
    "hidden": ("<div hidden>", "attribute"),
    "hidden with a value": ('<p hidden="hidden">', "attribute"),
    "noscript": ("<noscript><p>", "noscript"),
    "noscript in the head": ("<head><noscript>", "noscript"),
    "template": ("<template>", "template"),
    "frames": ("<noframes>", "noframes"),
    "frame": ("<iframe>", "iframe"),
    "above": ("<div style=display:none><ul><li>", "display-none"),
    "class": ("<style>.x{display:none}</style><div class='a x'>", "sheet-display-none"),
    "id": ("<style>#x { position: absolute; left: -999px; }</style><div id=x>", "sheet-off-screen"),
    "class among others": ("<style>/* a */ .a, .x\n{visibility:hidden}</style><p class=x>", "sheet-visibility"),
    "rule behind a print rule": (
        "<style>@media print{.a{color:red}}.x{display:none}</style><p class=x>",
        "sheet-display-none",
    ),
    "script": ('<div id="x">', "script"),
    "script, further in": ('<div id="x"><p id="y"><b>', "script"),
}
HIDE_X = '<script>document.getElementById("x").style.display = "none";</script>'


@pytest.mark.parametrize(("opening", "how"), HIDDEN.values(), ids=HIDDEN)
def test_hidden(opening: str, how: str) -> None:
    behind = HIDE_X if how == "script" else ""
    tags = [part.split()[0].split(">")[0] for part in opening.split("<")[1:] if part[0] not in "/!"]
    closing = "".join(f"</{tag}>" for tag in reversed(tags) if tag != "style")
    content = f"{opening}{SPAM}{closing}<p>{PROSE}</p>{behind}"
    assert only(content).hidden == how
    assert only(content, PROSE).hidden == ""


SHOWN = {
    "division": "<div>",
    "display": '<div style="display:block">',
    "display of another kind": '<div style="display:inline-block;visibility:visible;opacity:1">',
    "nearly see-through": '<div style="opacity:0.8">',
    "on screen": '<div style="position:absolute;left:20px;top:-20px">',
    "centred by margin": '<div style="position:absolute;left:50%;width:980px;margin-left:-490px">',
    "indent of a paragraph": '<p style="text-indent:2em">',
    "height without cutting": '<div style="height:0">',
    "clear": '<div style="height:30px;overflow:hidden">',
    "small font": '<div style="font-size:9px">',
    "font in relative units": '<div style="font-size:1em">',
    "marquee": '<marquee height="30">',
    "table": '<table width="100%" height="0"><tr><td>'.replace('"0"', '"20"'),
    "clip of a picture": '<div style="clip:rect(10px,60px,200px,0)">',
    "two colours": '<div style="color:#fff;background:#000">',
    "two colours in numbers": '<p style="color:rgb(1, 2, 3);background:rgb(1, 20, 30)">',
    "no colour": '<p style="color:transparent;background:transparent">',
    "found by searching": '<div hidden="until-found">',
    "hidden in a name": '<div class="hidden-xs" data-hidden="1">',
    "another class": "<style>.x{display:none}</style><div class='xx y'>",
    "print only": "<style>@media print{.x{display:none}}</style><div class=x>",
    "narrow only": "<style>@media (max-width:600px){.a{color:red}.x{display:none}}</style><div class=x>",
    "commented out": "<style>/* .x{display:none} */ .x{color:red}</style><div class=x>",
    "further in": "<style>.menu .x{display:none}</style><div class=x>",
    "hovered": "<style>.x:hover{display:none}</style><div class=x>",
    "another id": '<div id="z">',
    "beside": "<div style=display:none></div><div>",
    "beside, inline": "<p><span style=display:none></span><b>",
    "beside noscript": "<noscript></noscript><div>",
    "behind a void element": '<input style="display:none"><img hidden><div>',
}


@pytest.mark.parametrize("opening", SHOWN.values(), ids=SHOWN)
def test_shown(opening: str) -> None:
    assert only(f"{opening}{SPAM}</div></p>{HIDE_X}").hidden == ""


def test_hidden_word_in_a_sentence() -> None:
    content = "<p>公司<span style='display:none'>开户</span>简介</p>"
    assert [(block.text, block.hidden) for block in blocks(content)] == [
        ("公司", ""),
        ("开户", "display-none"),
        ("简介", ""),
    ]


# -- scripts

SWITCHES = {
    "user agent": (
        'var ua = navigator.userAgent.toLowerCase(); if (ua.indexOf("baidu") == -1) { document.title = "公司简介"; }',
        1,
    ),
    "referrer": ('if (!/baidu/.test(document.referrer)) document.title="公司简介"', 1),
    "title alone": ('document.title = "公司简介"', 0),
    "user agent alone": ('if (navigator.userAgent.indexOf("MSIE") > 0) alert("公司简介")', 0),
    "compared": ('if (navigator.userAgent && document.title == "公司简介") go()', 0),
    "variable": ("if (navigator.userAgent) document.title = name", 0),
}


@pytest.mark.parametrize(("script", "count"), SWITCHES.values(), ids=SWITCHES)
def test_title_switch(script: str, count: int) -> None:
    content = f"<title>{SPAM}</title>\r\n<script>{script}</script>"
    marks = outline(Page(content)).marks
    assert [mark.code for mark in marks] == ["script:title-switch"] * count
    for mark in marks:
        assert content[mark.span.start : mark.span.end] == 'document.title = "公司简介"'.replace(
            " = ", " = " if " = " in script else "="
        )


@pytest.mark.parametrize(
    ("string", "text"),
    [
        (r"\u6fb3\u95e8", "澳门"),
        ("%u6fb3%u95e8", "澳门"),
        ("&#28595;&#x95e8;", "澳门"),
        (r"A\x42C", "ABC"),
        (r"\ud83d\ude00!", "\U0001f600!"),
        (r"\ud83d!", "\ufffd!"),
        ("a & b &co &amp; c", "a & b &co & c"),
        (r"\u12", r"\u12"),
    ],
)
def test_script_strings(string: str, text: str) -> None:
    content = f"<script>document.title='{string}'</script>"
    block = only(content, text)
    assert content[block.span.start : block.span.end] == string


# -- references


@pytest.mark.parametrize("form", ["&#{0};", "&#x{0:x};", "&#X{0:X};", "&#{0}"])
@pytest.mark.parametrize(
    "frame", ["<title>{}</title>", '<meta name="keywords" content="{}">', "<p>{}</p>", '<b title="{}">', "<h1>{}</h1>"]
)
def test_numeric_references(form: str, frame: str) -> None:
    text = "pk10开奖"
    coded = "".join(form.format(ord(each)) for each in text)
    content = frame.format(coded)
    block = only(content, text)
    assert block.coded == 1.0
    assert content[block.span.start : block.span.end] == coded
    assert unescape(source_of(content, block, 4, 6)) == "开奖"


@pytest.mark.parametrize(
    ("raw", "text"), [("a&amp;b", "a&b"), ("&lt;b&gt;", "<b>"), ("&copy;公司", "©公司"), ("&xy公", "&xy公")]
)
def test_named_references(raw: str, text: str) -> None:
    for frame in ("<p>{}</p>", '<meta name=description content="{}">'):
        assert only(frame.format(raw), text).coded < 0.8


def test_invalid_references() -> None:
    content = '<meta name=keywords content="一&#1;二&#xd800;三&#0;"><p>一&#xd800;二&#1114112;</p>'
    for block in blocks(content):
        assert not any(0xD800 <= ord(each) < 0xE000 for each in block.text)
        assert block.text.startswith("一")


# -- newlines


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"])
def test_newlines(newline: str) -> None:
    lines = [
        "<title>",
        f"  {SPAM}",
        "</title>",
        '<meta name="keywords" content="一区',
        '二区">',
        f"<p>{OTHER}",
        f"{SPAM}</p>",
    ]
    content = newline.join(lines)
    title, keywords, text = blocks(content)
    assert content[title.span.start : title.span.end] == title.text == SPAM
    assert keywords.text == "一区\n二区"
    assert content[keywords.span.start : keywords.span.end] == f"一区{newline}二区"
    assert source_of(content, keywords, 3, 5) == "二区"
    assert source_of(content, keywords, 2, 3) == newline
    assert text.text == f"{OTHER} {SPAM}"
    start = text.text.index(SPAM)
    assert source_of(content, text, start, start + len(SPAM)) == SPAM
    assert source_of(content, text, start - 1, start) == newline


# -- broken markup

BROKEN = {
    "unclosed": f"<div><b><p>{SPAM}",
    "unclosed title": f"<title>{SPAM}",
    "stray end tags": f"</p></div></b></title></table>{SPAM}</a></p></html>",
    "tag cut short": f"<p>{SPAM}</p><a href='",
    "attribute cut short": f'<p>{SPAM}</p><meta name="keywords" content="',
    "comment cut short": f"<p>{SPAM}</p><!-- ",
    "script cut short": f"<p>{SPAM}</p><script>document.title='",
    "overlapping": f"<b><i><p>{SPAM}</b></p></i>",
    "attributes twice": f'<p title=a title="b" >{SPAM}</p>',
    "no blanks between attributes": f"<p id='a'class='b'>{SPAM}</p>",
    "less than": f"<h1>{SPAM}</h1>1 < 2 <3 <",
    "NUL": f"<h1>{SPAM}</h1>\x00<\x00>",
    "lone surrogate": f"<h1>{SPAM}</h1><p>\ud800</p>",
    "foreign content": f"<p>{SPAM}</p><math><![CDATA[x]]></math>",
    "closing script in a string": f'<script>a="</script><p>{SPAM}</p>',
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_broken_markup(content: str) -> None:
    block = only(content)
    assert content[block.span.start : block.span.end] == SPAM


HOSTILE = {
    "nested": "<div>" * 100_000 + SPAM,
    "nested, named and hidden": "<div id=a style=display:none>" * 50_000 + SPAM,
    "formatting left open before paragraphs": "<b>" * 50_000 + "<p>x</p>" * 50_000 + f"<h1>{SPAM}",
    "formatting left open in items": "<ul><li>" + "<b>" * 50_000 + "<li>x</li>" * 50_000 + f"<li>{PROSE}<div>{SPAM}",
    "stray end tags": "<p>" + "</div>" * 100_000 + f"</p>{SPAM}",
    "breaks": f"{PROSE}" + "<br>" * 200_000 + f"<p>{SPAM}",
    "noscript in noscript": "<noscript>" * 20_000 + f"</noscript><div>{SPAM}",
    "a line": "<p>" + PROSE * 50_000 + f"<p>{SPAM}",
    "references": "<p>" + "&#28595;" * 200_000 + f"<p>{SPAM}",
    "newlines": "<p>" + "字\r\n" * 200_000 + f"<p>{SPAM}",
    "a name of an attribute": f"<img alt='中' {'a' * 500_000}><p>{SPAM}",
    "names of attributes": f"<img {'a ' * 200_000} alt='中'><p>{SPAM}",
    "a style": f"<p style='left{'a' * 500_000}'></p><p>{SPAM}",
    "a sheet": f"<style>left{'a' * 500_000}</style><p>{SPAM}",
    "comments in a sheet": f"<style>left */{'/*' * 200_000}</style><p>{SPAM}",
    "braces in a sheet": f"<style>left{'{' * 200_000}{'}' * 200_000}</style><p>{SPAM}",
    "a script": f"<script>{'document.title=' * 100_000}</script><p>{SPAM}",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_hostile_markup_costs_little(content: str) -> None:
    # Each takes well under two seconds; any step that is not linear would take minutes or end in a RecursionError.
    block = only(content)
    assert content[block.span.start : block.span.end] == SPAM


# -- text


def test_plain_text() -> None:
    content = f"\ufeff{SPAM}\r\n\r\n  首页 | 新闻 \r{PROSE}\n\n\t\n<b>{OTHER}</b>"
    assert [(block.text, block.place, block.path) for block in blocks(content, is_html=False)] == [
        (f"\ufeff{SPAM}", Place.HEAD, "text"),
        ("首页 | 新闻", Place.BODY, "text"),
        (PROSE, Place.BODY, "text"),
        (f"<b>{OTHER}</b>", Place.BODY, "text"),
    ]


def test_head_of_plain_text() -> None:
    assert [block.place for block in blocks("\n\n一\n二\n\n三", is_html=False)] == [Place.HEAD, Place.HEAD, Place.BODY]
    assert [block.place for block in blocks("一\n" * 15, is_html=False)].count(Place.HEAD) == 12
    assert blocks("", is_html=False) == blocks(" \r\n ", is_html=False) == ()


@pytest.mark.parametrize(
    ("text", "is_html"),
    [
        ("<!DOCTYPE html>", True),
        ("<html lang=zh>", True),
        (f"{SPAM}<p>", True),
        ("<TITLE>a</TITLE>", True),
        ("a<br/>b", True),
        ("</div>", True),
        ("<!-- a -->", True),
        (SPAM, False),
        ("a < b > c", False),
        ("<公司> <bravo> <pre1>", False),
        ("List<String> i<p2;", False),
        ("", False),
    ],
)
def test_looks_like_html(text: str, is_html: bool) -> None:
    assert looks_like_html(text) is is_html


# -- properties

TEXTS = st.sampled_from(
    [
        "澳门",
        "开户 ",
        " 在线",
        "a",
        "1 < 2",
        "&amp;",
        "&#28595;",
        "&nbsp;",
        "&co",
        "\r\n",
        "\r",
        " \n",
        "\t",
        "\x00",
        "\ud800",
    ]
)
OPENINGS = [
    "<p>",
    "<div class=foot>",
    "<li>",
    "<ul>",
    "<td>",
    "<tr>",
    "<table>",
    "<b>",
    "<a href='x\r\ny'>",
    "<span style='display:none'>",
    "<h2>",
    "<br>",
    "<title>",
    "<noscript>",
    "<textarea>",
    "<div hidden id=x>",
    "<svg>",
    "<xmp>",
]
TAGS = st.sampled_from(
    [
        *OPENINGS,
        *(f"</{name}>" for name in "p div li ul td tr table b a span h2 title noscript textarea svg xmp body".split()),
        "<img alt=' 澳门\r\n&#24320;&#1;户'>",
        "<a title=中文 href=/>",
        '<meta name=keywords content="一区,\r\n二区&amp;">',
        "<!-- x\r\n -->",
        "<style>.a{display:none}</style>",
        "<script>document.title='\\u4e00区'; getElementById('x').style.display='none'</script>",
        "<script>",
        "<!",
        "<",
        "<p title='",
    ]
)
MARKUP = st.lists(st.one_of(TEXTS, TAGS), max_size=30).map("".join)


@settings(max_examples=500, deadline=None)
@given(MARKUP, st.booleans())
def test_every_span_covers_its_text(content: str, is_html: bool) -> None:
    found = blocks(content, is_html=is_html)
    for one, two in pairwise(found):
        assert one.span.end <= two.span.start
    for number, block in enumerate(found):
        assert block.index == number
        assert block.text
        assert block.text == block.text.strip(" \t\n\r\f")
        assert 0 <= block.span.start < block.span.end <= len(content)
        assert block.span == block.offsets.span(Span(0, len(block.text)))
        assert block.offsets.pieces[0].start == 0
        for before, piece in pairwise(block.offsets.pieces):
            assert before.start < piece.start < len(block.text)
            assert before.origin <= piece.origin
        at = block.span.start
        for index, character in enumerate(block.text):
            span = block.offsets.at(index)
            assert at <= span.start < span.end <= block.span.end
            at = span.start
            raw = content[span.start : span.end]
            if character in " \n":
                continue  # white space, or the markup between two items
            assert raw in (character, "\x00", "&#1;", "\\u4e00") or unescape(raw) == character, (raw, character)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_characters="\r\x00", exclude_categories=["Cs"]), max_size=40))
def test_what_is_escaped_is_read_back(text: str) -> None:
    content = f'<meta name="description" content="{escape(text)}"><p>{escape(text)}</p>'
    texts = [block.text for block in blocks(content)]
    if text.strip():
        assert texts == [text.strip(), re.sub("[ \t\n\f]+", " ", text.strip(" \t\n\f"))]
    else:
        assert not "".join(texts).strip()


@given(st.text(max_size=60))
def test_lines_of_a_text_are_read_as_they_are(text: str) -> None:
    for block in blocks(text, is_html=False):
        assert text[block.span.start : block.span.end] == block.text
        assert block.place in (Place.HEAD, Place.BODY)


# -- what a page may name


def test_name_with_half_a_pair_is_a_name() -> None:
    (block,) = outline(Page("<x\ud800y>公司")).blocks
    assert block.path == "x\ud800y"


def test_of_a_long_name_a_path_tells_the_beginning() -> None:
    (block,) = outline(Page(f"<x{'门' * 5000}><div><p>公司")).blocks
    assert len(block.path) < 1000
    assert block.path.endswith("门…/div/p")


@pytest.mark.parametrize(
    ("style", "hidden"),
    [
        ("color:é;background:è", ""),
        ("color:é;background:é", "same-colour"),
        ("clip:rect(0é)", ""),
        ("font-family:é;display:none", "display-none"),
        ("font-size:０", "zero-size"),
        ("display\u3000:none", "display-none"),
    ],
)
def test_styles_beyond_ascii(style: str, hidden: str) -> None:
    (block,) = outline(Page(f"<p style='{style}'>公司</p>")).blocks
    assert block.hidden == hidden
