"""The engine's own tokenizer, held to turbohtml's token stream: the same text of every page, however broken."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from turbohtml import TokenType, tokenize

from moderation.data import Page, Place, Span
from moderation.stages.blocks import outline

RAW = frozenset("script style noscript iframe noembed noframes xmp".split())
# How deep raw text is read as markup.
NESTED = 2
_BLANKS = str.maketrans("", "", " \t\n\r\f")


def text_of_stream(markup: str, depth: int = 0) -> str:
    """The text of a page by the tokens of turbohtml, white space left out."""
    parts: list[str] = []
    raw = ""
    for token in tokenize(markup, resolve_references=False, capture_source=True):
        data = token.data or ""
        if token.type is TokenType.START_TAG:
            raw = token.tag if token.tag in RAW else ""
        elif token.type is TokenType.END_TAG:
            raw = ""
        elif token.type is TokenType.CHARACTER_REFERENCE or (token.type is TokenType.TEXT and not raw):
            parts.append(data)
        elif token.type is TokenType.TEXT and raw not in ("script", "style"):
            parts.append(text_of_stream(data, depth + 1) if depth < NESTED else data)
    return "".join(parts).translate(_BLANKS)


def text_of_blocks(markup: str) -> str:
    """The text of a page in the order of its source: what is hidden is a block inside of another one."""
    found = [block for block in outline(Page(markup)).blocks if block.place is not Place.META]
    placed = [(block.offsets.at(index).start, each) for block in found for index, each in enumerate(block.text)]
    return "".join(each for _, each in sorted(placed, key=lambda pair: pair[0])).translate(_BLANKS)


def assert_alike(markup: str) -> None:
    assert text_of_blocks(markup) == text_of_stream(markup.replace("\r\n", "\n").replace("\r", "\n"))


NAMES = "p b a li td h1 br title textarea noscript xmp iframe style script plaintext template x-y TITLE ScRipt".split()
TAGS = [f"<{name}>" for name in NAMES] + [f"</{name}>" for name in NAMES] * 2
PARTS = [
    *"澳门 a 😀 \0 \ud800 - -- > < / ! ' \" =".split(" "),
    *["开户 ", " ", "\n", "\r\n", "\r", "\f", "</script ", "</style\n>", "<p b", "<p b='"],
    *"</ </> <! <? <!- <!-- --> --!> <!--> <!---> <![CDATA[x]]> <?x?> <\0> <a\0> <中> </中>".split(" "),
    *["<!DOCTYPE '>", "<a b='>'>", "<a b=c'>", "<a/b=>", "<a =>", "</p b='>'>"],
    *"<script </script </title/ </scripty> <!--<script> <script>-->".split(),
    *"&amp; &amp &ampx &notit; &notin; &co & &; &# &#x &#65 &#0; &#128; &#x110000; &#13; &#xd800; &Tab; &nbsp;".split(),
    *"&NotEqualTilde; &fjlig; &ampabcdefghijklmnopqrstuvwxyzabcdefghi".split(),
]
MARKUP = st.lists(st.sampled_from([*PARTS, *TAGS]), max_size=14).map("".join)


@settings(max_examples=1000, deadline=None)
@given(MARKUP)
@example("<script><!--<script></script></script>-->a")
@example("<script><!--<script </scripty></script/>--></script>a")
@example("<title>a</title x")
@example("<noscript><noscript>a</noscript><b")
def test_reads_the_text_that_turbohtml_reads(markup: str) -> None:
    assert_alike(markup)


PAGE = (
    "<!DOCTYPE html>\r\n<html><head><title>澳门&amp;开户&#65;</title ><style>.a{}</style>"
    "<script>if (a<b) '<!--<script>x</script>-->'</script><!-- a -- > b --!>"
    "</head><body><p class='a>b' id=c>一&notit;二&ampx 三</p><noscript><img src=x>四<xmp><b>五</b></xmp></noscript>"
    "<textarea>六<b>&#x4e03;</textarea></>八<a/b>九</a ></body>"
)


@pytest.mark.parametrize("size", range(len(PAGE) + 1))
def test_page_cut_short(size: int) -> None:
    assert_alike(PAGE[:size])
    assert_alike(PAGE[len(PAGE) - size :])


@pytest.mark.parametrize("wide", ["é", "中", "😀"], ids=["1 byte", "2 bytes", "4 bytes"])
def test_code_points_of_every_width(wide: str) -> None:
    content = f"<p>{'a' * 40} {wide * 40}  b\r\n{wide}&lt;</p>"
    (block,) = outline(Page(content)).blocks
    assert block.text.endswith(f"{wide * 40} b {wide}<")
    for index, character in enumerate(block.text):
        span = block.offsets.at(index)
        assert re.sub(r"\s+", " ", content[span.start : span.end]).replace("&lt;", "<") == character


@pytest.mark.parametrize("nothing", ["</>", "<!>", "<?>", "</ >", "<!---->", "<![CDATA[x]]>"])
def test_what_stands_behind_a_construct_without_text_keeps_its_place(nothing: str) -> None:
    content = f"<p>一{nothing}二"
    (block,) = outline(Page(content)).blocks
    assert block.text == "一二"
    assert block.offsets.span(Span(1, 2)) == Span(len(content) - 1, len(content))
