"""Blocks: what becomes one, where it stands, what hides it, and the way back to the source."""

from __future__ import annotations

import re
from html import escape, unescape
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
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
    "letter of an icon font": r"<style>.a::before { content: '\e601' }</style>",
    "sign in front": "<style>.a::before { content: '»' }</style>",
    "structured data in ASCII": '<script type=application/ld+json>{"name": "abc"}</script>',
    "value of an input": f'<input type="hidden" value="{SPAM}">',
    "data attribute": f'<p data-title="{SPAM}"></p>',
    "ASCII alt": '<img alt="logo">',
    "blank alt": '<img alt=" ">',
    "label of nothing": f"<p label='{SPAM}' summary='{SPAM}' abbr='{SPAM}'></p>",
    "ASCII copyright": '<meta name=copyright content="2001-2017 Firm Inc."><meta property=article:tag content=linux>',
    "ASCII label": "<select><option label=abc></select>",
    "variable that is not shown": f"<style>p{{--a:'{SPAM}';font-family:var(--a)}}</style>",
    "attribute that is not shown": f"<style>p::after{{content:attr(data-y)}}</style><p data-x='{SPAM}'></p>",
    "kind of a page": f'<meta property="article:section" content="{SPAM}">',
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
    "no ground": '<p style="background:transparent">',
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
    assert [(block.text, block.hidden) for block in blocks(content)] == [("公司简介", ""), ("开户", "display-none")]


# -- SVG and MathML

# What stands behind; most of it is what a browser shows of the page, too (test_hidden_browser.py).
FOREIGN = {
    "left open": ("<svg><div>{}</div>", ""),
    "closed by itself": ("<svg/><div>{}</div>", ""),
    "math left open": ("<math><p>{}</p>", ""),
    "script closed by itself": ("<svg><script/></svg><div>{}</div>", ""),
    "style closed by itself": ("<svg><style/></svg><div>{}</div>", ""),
    "style is markup there": ("<svg><style><div>{}</div>", ""),
    "script is markup there": ("<svg><script><p>{}</p>", ""),
    "title is markup there": ("<svg><title><p>{}</p>", "svg"),
    "title closed by itself": ("<svg><title/><div>{}</div>", ""),
    "text area is markup there": ("<svg><textarea><p>{}</p>", ""),
    "plain text is markup there": ("<math><plaintext></math><p>{}</p>", ""),
    "an end tag breaks out": ("<svg><style></p><p>{}", ""),
    "a font with a colour breaks out": ("<svg><font color=red>{}", ""),
    "a font without does not": ("<svg><font>{}", "svg"),
    "drawn text": ("<svg><g><text>{}</text></g></svg>", ""),
    "span of drawn text": ("<svg><text><tspan>{}</tspan></text></svg>", ""),
    "text outside of drawn text": ("<svg><g>{}</g></svg>", "svg"),
    "HTML in a drawing": ("<svg><foreignObject width=99 height=99><div>{}</div></foreignObject></svg>", ""),
    "HTML in a drawing that has no room for it": (
        "<svg><foreignObject><div>{}</div></foreignObject></svg>",
        "zero-size",
    ),
    "definitions": ("<svg><defs><text>{}</text></defs></svg>", "svg"),
    "description": ("<svg><desc>{}</desc></svg>", "svg"),
    "description left open": ("<svg><desc></svg><p>{}</p>", ""),
    "end tag that does not reach out": ("<svg><desc><p></svg></p></desc><style><div>{}</div>", ""),
    "end tag out of reach": ("<div><svg><desc></div>{}</desc>", "svg"),
    "CDATA": ("<svg><text><![CDATA[{}]]></text></svg>", ""),
    "formula": ("<math><mrow><mtext>{}</mtext></mrow></math>", ""),
    "HTML in a formula": ("<math><mi><b>{}</b></mi></math>", ""),
    "note of a formula": ("<math><semantics><annotation>{}</annotation></semantics></math>", "math"),
    "note that is HTML": ("<math><annotation-xml encoding=Text/HTML><p>{}</p>", "math"),
    "note that is not": ("<math><annotation-xml><p>{}</p>", ""),
    "a drawing in a note": ("<math><annotation-xml><svg><text>{}</text></svg>", "math"),
    "object": ("<object>{}</object>", ""),
    "object left open": ("<object><div>{}</div>", ""),
    "applet": ("<applet>{}</applet>", ""),
    "canvas": ("<canvas>{}</canvas>", "canvas"),
    "video": ("<video>{}</video>", "video"),
    "suggestions": ("<datalist><option>{}</datalist>", "datalist"),
    "drawing in noscript left open": ("<noscript><svg><desc></noscript><p>{}</p>", ""),
}


@pytest.mark.parametrize(("content", "hidden"), FOREIGN.values(), ids=FOREIGN)
def test_foreign_content(content: str, hidden: str) -> None:
    page = f"<title>公司</title><body>{content.format(SPAM)}"
    block = only(page)
    assert (block.hidden, block.place) == (hidden, Place.HEAD)
    assert page[block.span.start : block.span.end] == SPAM


@pytest.mark.parametrize("content", ["<![CDATA[x]]>", "<p><![CDATA[x]]>", "<svg><desc><p><![CDATA[x]]>"])
def test_no_cdata_in_html(content: str) -> None:
    assert blocks(content) == ()


def test_sheet_and_script_of_a_drawing_hold_for_the_page() -> None:
    content = f"<svg><style>.x{{display:none}}</style><script>document.title='{OTHER}'</script></svg><p class=x>{SPAM}"
    assert only(content).hidden == "sheet-display-none"
    assert only(content, OTHER).place is Place.TITLE


# -- lines

LINES = {
    "hidden between": "澳<i style=display:none>阀</i>门",
    "hidden block between": "澳<div style=display:none><p>阀</p><p>阀</p></div>门",
    "off the screen between": "澳<div style=position:absolute;left:-9999px>阀</div>门",
    "script between": "澳<script>x</script>门",
    "style between": "澳<style>.x{}</style>门",
    "template between": "澳<template><p>阀</template>门",
    "noscript between": "澳<noscript>阀</noscript>门",
    "meta between": "澳<meta name=keywords content=阀>门",
    "title between": "澳<title>阀</title>门",
    "drawing between": "澳<svg><path d=M0></svg>门",
    "attribute": "澳<b title=阀>门</b>",
    "picture": "澳<img alt=阀>门",
    "element of no name": "<x>澳</x><y-z>门</y-z>",
    "object": "<object>澳</object>门",
    "shown in hidden": "<p style=visibility:hidden>阀{0}澳</b>阀{0}门</b>".format("<b style=visibility:visible>"),
}


@pytest.mark.parametrize("content", LINES.values(), ids=LINES)
def test_line_goes_on(content: str) -> None:
    page = f"<div>{content}</div>"
    block = only(page, "澳门")
    assert block.hidden == ""
    assert (source_of(page, block, 0, 1), source_of(page, block, 1, 2)) == ("澳", "门")
    assert {each.text for each in blocks(page)} - {"澳门"} <= {"阀", "阀\n阀"}


def test_text_set_character_by_character() -> None:
    content = "<div>" + "".join(f"<p>{each}</p>\r\n" for each in "澳门威尼斯") + "<p>开户</p></div>"
    (block,) = blocks(content)
    assert block.text == "澳门威尼斯\n开户"
    assert source_of(content, block, 0, 5) == content[8 : content.index("斯") + 1]
    assert [source_of(content, block, at, at + 1) for at in (1, 4, 6)] == ["门", "斯", "开"]
    assert blocks("<p>澳</p><p>门</p><p>网</p>")[0].text == "澳\n门\n网"


def test_list_goes_on_behind_what_is_hidden() -> None:
    hidden = "<i style=display:none>阀</i>"
    assert [block.text for block in blocks(f"<ul><li>一区{hidden}<li>二区{hidden}</ul>")] == ["一区\n二区", "阀\n阀"]


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
    "foreign content": f"<h1>{SPAM}</h1><math><mi><![CDATA[x]]></math>",
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
    "brackets in a sheet": f"<style>{'(' * 200_000}{{}}{'[' * 200_000}</style><p>{SPAM}",
    "rules in rules": f"<style>{'.a{display:none;' * 100_000}</style><p>{SPAM}",
    "conditions in conditions": f"<style>{'@media screen{' * 100_000}</style><p>{SPAM}",
    "condition of brackets": f"<style>@media {'(' * 200_000}{{p{{display:none}}}}</style><p>{SPAM}",
    "selectors of one rule": f"<style>{'.a,' * 200_000}.b{{display:none}}</style><p>{SPAM}",
    "nested selectors of many": f"<style>{'.a,' * 999}.b{{{'.c,' * 999}.d{{display:none}}}}</style><p>{SPAM}",
    "a long selector": f"<style>{'.a ' * 200_000}{{display:none}}</style><p class=a>{SPAM}",
    "elements around": "<style>"
    + ".z .y > .x{display:none}" * 300
    + "</style>"
    + "<div class='x y'>" * 30_000
    + f"<p>{SPAM}",
    "elements before": "<style>"
    + ".z~.y~.x{display:none}" * 300
    + "</style>"
    + "<b class='x y'></b>" * 30_000
    + f"<p>{SPAM}",
    "rules for all": "<style>"
    + "*:not(.z):not(i){opacity:0}" * 5_000
    + "</style>"
    + "<b class=z></b>" * 30_000
    + f"<i>{SPAM}</i>",
    "variables": "<style>:root{--a0:none;"
    + "".join(f"--a{i}:var(--a{i - 1}) var(--a{i - 1});" for i in range(1, 99))
    + f"}}.x{{display:var(--a98)}}</style><p>{SPAM}",
    "layers": f"<style>{''.join(f'@layer a{i}{{p{{opacity:1}}}}' for i in range(30_000))}</style><p>{SPAM}",
    "late sheets": "<p>x</p><style>.x{display:none}</style>" * 5_000 + f"<h1>{SPAM}",
    "frames": "<iframe srcdoc='<p>x'></iframe>" * 20_000 + f"<h1>{SPAM}",
    "drawings": "<svg><desc>" * 50_000 + "<div></svg></desc>" * 50_000 + f"<svg></p><h1>{SPAM}",
    "structured data": "<script type=application/ld+json>" + '"\\u4e00' * 200_000 + f"</script><p>{SPAM}",
    "shown attributes": "<style>p::after{content:"
    + "".join(f" attr(data-{i})" for i in range(10_000))
    + "}</style>"
    + "<p data-x=y>" * 5_000
    + f"<h1>{SPAM}",
    "shown variables": "<style>"
    + "".join(f"p{{--a{i}:'中';content:var(--a{i})}}" for i in range(20_000))
    + f"</style><p>{SPAM}",
    "sheets that show more": "".join(f"<p><style>p::after{{content:attr(data-{i})}}</style>" for i in range(9_000))
    + f"<h1>{SPAM}",
    "contents": "<style>" + "content:'中" * 200_000 + f"</style><p>{SPAM}",
    "a script": f"<script>{'document.title=' * 100_000}</script><p>{SPAM}",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_hostile_markup_costs_little(content: str) -> None:
    # Each takes well under two seconds; any step that is not linear would take minutes or end in a RecursionError.
    (block,) = [block for block in blocks(content) if block.text == SPAM]
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
@example("<svg>澳门<p>澳门<svg>澳门", True)
@example("<p title=澳门 alt=开户>", True)
def test_every_span_covers_its_text(content: str, is_html: bool) -> None:
    found = blocks(content, is_html=is_html)
    for one, two in pairwise(found):
        assert one.span.start < two.span.start
        # What is hidden, a title or an attribute may stand inside of a line, and what is shown inside of a hidden one.
        assert one.span.end <= two.span.start or one.hidden or two.hidden or "title" in two.path or "[" in two.path
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
        ("color:é;background:é", ""),
        ("clip:rect(0é)", ""),
        ("font-family:é;display:none", "display-none"),
        ("font-size:０", ""),
        ("display\u3000:none", ""),
        ("DISPLAY:NONE", "display-none"),
    ],
)
def test_styles_beyond_ascii(style: str, hidden: str) -> None:
    (block,) = outline(Page(f"<p style='{style}'>公司</p>")).blocks
    assert block.hidden == hidden


# -- what is said beside the text

JSON_SPAM = "".join(f"\\u{ord(each):04x}" for each in SPAM)
CSS_SPAM = "".join(f"\\{ord(each):06x}" for each in SPAM)
VALUES = {
    "label": (f'<nav aria-label="{SPAM}"></nav>', Place.BODY, "body/nav[aria-label]"),
    "label of a footer": (f'<footer><a aria-label="{SPAM}"></a></footer>', Place.FOOTER, "footer/a[aria-label]"),
    "placeholder": (f'<input placeholder="{SPAM}">', Place.BODY, "body/input[placeholder]"),
    "button": (f'<input type=submit value="{SPAM}">', Place.BODY, "body/input[value]"),
    "field": (f'<input value="{SPAM}">', Place.BODY, "body/input[value]"),
    "news keywords": (f'<meta name=news_keywords content="{SPAM}">', Place.META, "meta[news_keywords]"),
    "author": (f'<meta name=Author content="{SPAM}">', Place.META, "meta[author]"),
    "Dublin Core": (f'<meta name=DC.title content="{SPAM}">', Place.META, "meta[dc.title]"),
    "Dublin Core terms": (f'<meta name="dcterms.subject" content="{SPAM}">', Place.META, "meta[dcterms.subject]"),
    "item property": (f'<meta itemprop=headline content="{SPAM}">', Place.META, "meta[headline]"),
    "picture of Open Graph": (f'<meta property=og:image:alt content="{SPAM}">', Place.META, "meta[og:image:alt]"),
    "structured data": (
        f'<script type="application/ld+json">{{"@type": "Thing", "name": "{SPAM}"}}</script>',
        Place.META,
        "script[ld+json]",
    ),
    "structured data, escaped": (
        f'<script type=application/ld+json>["{JSON_SPAM}"]</script>',
        Place.META,
        "script[ld+json]",
    ),
    "content": (f"<style>.a::before {{ content: '{SPAM}' }}</style>", Place.BODY, "style[content]"),
    "content by a variable": (
        f"<style>:root{{--a:'{SPAM}';--b:'公司'}} .a::before{{content:var(--a)}}</style>",
        Place.BODY,
        "style[content]",
    ),
    "content by a variable that is set later": (
        f"<style>.a::before{{content:'»' var( --a )}}</style><p></p><style>p{{--a:'{SPAM}'}}</style>",
        Place.BODY,
        "style[content]",
    ),
    "content by a variable of an element": (
        f"<style>p::before{{content:var(--a)}}</style><p style=\"--a:'{SPAM}'\"></p>",
        Place.BODY,
        "style[content]",
    ),
    "content by a variable, otherwise": (
        f"<style>.a::before{{content:var(--a, '{SPAM}')}}</style>",
        Place.BODY,
        "style[content]",
    ),
    "content by an attribute": (
        f"<style>p::after{{content:attr(data-x)}}</style><p data-x='{SPAM}'></p>",
        Place.BODY,
        "body/p[data-x]",
    ),
    "content by an attribute in front of its sheet": (
        f"<p DATA-X='{SPAM}'></p><style>p::after{{content:'»'attr( Data-X )}}</style>",
        Place.BODY,
        "body/p[data-x]",
    ),
    "label of an option": (f"<select><option label='{SPAM}'></select>", Place.BODY, "select/option[label]"),
    "label of options": (f"<select><optgroup label='{SPAM}'></select>", Place.BODY, "select/optgroup[label]"),
    "label of a track": (f"<video><track label='{SPAM}'></video>", Place.BODY, "video/track[label]"),
    "summary of a table": (f"<table summary='{SPAM}'></table>", Place.BODY, "body/table[summary]"),
    "short form of a heading": (f"<table><th abbr='{SPAM}'></table>", Place.BODY, "table/th[abbr]"),
    "description for helpers": (f"<p aria-description='{SPAM}'></p>", Place.BODY, "body/p[aria-description]"),
    "role for helpers": (f"<p aria-roledescription='{SPAM}'></p>", Place.BODY, "body/p[aria-roledescription]"),
    "hint for helpers": (f"<p aria-placeholder='{SPAM}'></p>", Place.BODY, "body/p[aria-placeholder]"),
    "value for helpers": (f"<p aria-valuetext='{SPAM}'></p>", Place.BODY, "body/p[aria-valuetext]"),
    "copyright of a page": (f'<meta name=copyright content="{SPAM}">', Place.META, "meta[copyright]"),
    "tag of an article": (f'<meta property="article:tag" content="{SPAM}">', Place.META, "meta[article:tag]"),
    "content, escaped": (
        f'<style>.a:after{{content :"{CSS_SPAM}"}}</style>',
        Place.BODY,
        "style[content]",
    ),
}


@pytest.mark.parametrize(("content", "place", "path"), VALUES.values(), ids=VALUES)
def test_value(content: str, place: Place, path: str) -> None:
    block = only(content)
    assert (block.place, block.path) == (place, path)
    assert len(blocks(content)) == 1
    start, end = block.offsets.at(0), block.offsets.at(len(SPAM) - 1)
    assert block.span == Span(start.start, end.end)
    assert content[start.start : start.end] in (SPAM[0], JSON_SPAM[:6], CSS_SPAM[:7])


def test_value_inside_of_a_line_does_not_part_it() -> None:
    assert [block.text for block in blocks("澳<input placeholder=一>门<b aria-label=二>网</b>")] == [
        "澳门网",
        "一",
        "二",
    ]


# -- pages in frames


FRAMES = {
    "plain": "<iframe srcdoc='<p>{}</p>'></iframe>",
    "coded": "<iframe srcdoc='&lt;p&gt;{}&lt;/p&gt;'></iframe>",
    "with two quotes": '<iframe srcdoc="&lt;p class=&quot;a&quot;>{}"></iframe>',
    "in a frame": "<iframe srcdoc='&lt;iframe srcdoc=\"&amp;lt;p>{}\">'></iframe>",
}


@pytest.mark.parametrize("content", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("coded", [False, True], ids=["", "coded"])
def test_page_in_a_frame(content: str, coded: bool) -> None:
    ampersand = "&" if "&amp;" not in content else "&amp;amp;"
    written = "".join(f"{ampersand}#{ord(each)};" for each in SPAM) if coded else SPAM
    page = f"<p>{PROSE}</p>{content.replace('{}', written)}<p>{OTHER}</p>"
    block = only(page)
    assert block.hidden == ""
    assert block.path.startswith("iframe/")
    assert page[block.span.start : block.span.end] == written
    assert source_of(page, block, 1, 2) == (f"{ampersand}#{ord(SPAM[1])};" if coded else SPAM[1])
    assert [each.text for each in blocks(page)] == [PROSE, SPAM, OTHER]


@pytest.mark.parametrize(
    ("frame", "hidden"),
    [
        ("<iframe width=1 height=1 srcdoc='<p>{}'>", "zero-size"),
        ("<iframe style=display:none srcdoc='<p>{}'>", "display-none"),
        ("<iframe srcdoc='<p hidden>{}'>", "attribute"),
        ("<iframe srcdoc='<style>p{{display:none}}</style><p>{}'>", "sheet-display-none"),
        ("<style>p{{display:none}}</style><iframe srcdoc='<p>{}'>", ""),
    ],
)
def test_hidden_in_a_frame(frame: str, hidden: str) -> None:
    assert only(frame.format(SPAM)).hidden == hidden


def test_frames_are_read_to_a_depth() -> None:
    page = "字"
    for _ in range(6):
        page = f'<p>澳</p><iframe srcdoc="{escape(page)}"></iframe>'
    assert [block.text for block in blocks(page)] == ["澳"] * 4


DATA = '<script type="application/ld+json">{"name": "a"}</script>'
CODES_OF_SPAM = ",".join(str(ord(each)) for each in SPAM)
CODED = "".join(f"&#{ord(each)};" for each in SPAM)


@pytest.mark.parametrize(
    ("content", "written"),
    [
        (f"<p>a</p><svg><script>x=1;document.title='{CODED}'</script></svg>", CODED),
        (f"<svg><script>x=1&lt;2;document.title='{SPAM}'</script></svg>", SPAM),
        (f"<svg><style>.a&gt;b::before{{content:'{CODED}'}}</style></svg>", CODED),
        (f"<svg><style>/* &amp; */b::before{{content:'{CSS_SPAM}'}}</style></svg>", CSS_SPAM),
    ],
)
def test_code_of_a_drawing_has_its_place_in_the_source(content: str, written: str) -> None:
    block = only(content)
    assert content[block.span.start : block.span.end].strip() == written.strip()
    first = block.offsets.span(Span(0, 1))
    assert content[first.start : first.end] in (SPAM[0], CODED[: CODED.index(";") + 1], CSS_SPAM[:7])


def test_sheet_of_a_drawing_hides_with_references() -> None:
    assert only(f"<svg><style>p&gt;b{{display&#58;none}}</style></svg><p><b>{SPAM}").hidden == "sheet-display-none"


def test_script_of_a_page_has_no_references() -> None:
    assert SPAM not in [block.text for block in blocks(f"<script>document.title=&quot;{SPAM}&quot;</script>")]


def test_mark_of_a_script_in_a_drawing_stands_where_it_does() -> None:
    script = "if(/baidu/.test(document.referrer)&amp;&amp;1)location.href=&quot;https://evil.example/&quot;"
    content = f"<p>{SPAM}</p><svg><script>{script}</script></svg>"
    (mark,) = outline(Page(content)).marks
    assert (mark.code, mark.detail, content[mark.span.start : mark.span.end]) == (
        "script:cloaking",
        "evil.example",
        script,
    )


@pytest.mark.parametrize(
    "content",
    [
        f"<input type=foo value='{SPAM}'>",
        f"<input type=text value='{SPAM}'>",
        # A script of a drawing is one whatever the script before it was.
        f"{DATA}<svg><script>document.title=String.fromCharCode({CODES_OF_SPAM})</script></svg>",
        f"<style>p::before{{CONTENT:'{SPAM}'}}</style>",
        f"<style>p::before{{content /* a */ : '{SPAM}'}}</style>",
        f"<style>p::before{{content/**/:'{SPAM}'}}</style>",
        f"<style>p::before{{c\\6fntent:'{SPAM}'}}</style>",
        f"<style>p::before{{ \\63 \\00006F\\6e \\74\r\ne\\nt /**/ : '{SPAM}'}}</style>",
        f"<style>p::before{{content:'{SPAM[:2]}\\\n{SPAM[2:]}'}}</style>",
        # References stand for characters in a script or sheet of a drawing, in those of a page they do not.
        f"<svg><script>document.title=&quot;{SPAM}&quot;</script></svg>",
        f"<svg><script>document.title='{CODED}'</script></svg>",
        f"<svg><script>document.t<!-- a -->itle='{SPAM}'</script></svg>",
        f"<svg><script><![CDATA[document.title=]]>'{SPAM}'</script></svg>",
        f"<svg><script>document.<g>a=1</g>title='{SPAM}'</script></svg>",
        f"<svg><script>document.title='{CODED}'",
        f"<svg><style>p::before{{content:&#39;{CODED}&#39;}}</style></svg>",
        f'{DATA}<svg><script type=application/ld+json>&#123;"name":&quot;{SPAM}"}}</script></svg>',
        # In a formula they are elements like any other.
        f"<math><style>{SPAM}</style></math>",
        f"<math><script>{SPAM}</script></math>",
    ],
)
def test_what_is_seen_is_read_in_any_spelling(content: str) -> None:
    assert SPAM in [block.text for block in outline(Page(content)).blocks]


@pytest.mark.parametrize("kind", ["hidden", "checkbox", "RADIO", "password", "number"])
def test_what_shows_no_value_has_none(kind: str) -> None:
    assert outline(Page(f"<input type={kind} value='{SPAM}'>")).blocks == ()


def test_what_a_script_in_a_frame_does_is_marked_where_it_stands() -> None:
    script = "if(/baidu/i.test(document.referrer)){location.href=&quot;https://evil.example/&quot;}"
    content = f'<p>公司</p><iframe srcdoc="<script>{script}</script>"></iframe>'
    (mark,) = outline(Page(content)).marks
    assert mark.code == "script:cloaking"
    assert content[mark.span.start : mark.span.end] == script
