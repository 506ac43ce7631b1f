"""Cutting: what goes with a span, what stays, and the way back."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.data import Cleaned, Page, Span
from moderation.stages.blocks import outline
from moderation.stages.clean import clean, restore

SPAM = "澳门威尼斯人 开户"


def spans_of(content: str, needle: str = SPAM) -> list[Span]:
    found = []
    at = content.find(needle)
    while at >= 0:
        found.append(Span(at, at + len(needle)))
        at = content.find(needle, at + len(needle))
    return found


def without(content: str, *, is_html: bool = True) -> str:
    """A page without every SPAM in it, checked for what holds of every cleaned page."""
    wanted = spans_of(content)
    assert wanted
    cleaned = clean(Page(content, is_html=is_html), wanted)
    check(content, cleaned)
    assert SPAM not in cleaned.content
    return cleaned.content


def check(content: str, cleaned: Cleaned) -> None:
    assert restore(cleaned.content, cleaned.cuts) == content
    at = 0
    rest = []
    for cut in cleaned.cuts:
        assert at <= cut.span.start < cut.span.end <= len(content)
        assert cut.removed == content[cut.span.start : cut.span.end]
        rest.append(content[at : cut.span.start])
        at = cut.span.end
    assert all(one.span.end < two.span.start for one, two in pairwise(cleaned.cuts))
    assert cleaned.content == "".join([*rest, content[at:]])


# What a page was before the text in braces was planted; {S} stands for the text.
EMPTIED = {
    "paragraph": ("<body>{<p>{S}</p>}<p>公司</p></body>"),
    "nested": ("<body>{<div class=a><p><b>{S}</b></p></div>}<p>公司</p></body>"),
    "blanks inside": ("<body>{<div>\n <p> {S} </p>\n</div>}<p>公司</p></body>"),
    "list item": ("<ul><li>公司</li>{<li><a href=/x>{S}</a></li>}<li>新闻</li></ul>"),
    "list item without end tag": ("<ul><li>公司{<li><a href=/x>{S}</a>}<li>新闻</ul>"),
    "paragraph without end tag": ("<div>{<p>{S}}<p>公司</div>"),
    "every item of a list": ("<div>公司</div>{<ul><li>{S}</li><li>{S}</li></ul>}<div>新闻</div>"),
    "list across links": ("<p>公司</p>{<div><a href=/>{S}</a> | <a href=/>{S}</a></div>}".replace(" | ", " ")),
    "title": ("<head>{<title>{S}</title>}<title>公司</title></head>"),
    "heading": ("<body>{<h1><a href=/>{S}</a></h1>}<h1>公司</h1>"),
    "hidden": ("<body>{<div style='position:absolute;left:-9999px'><a href=/>{S}</a></div>}<p>公司"),
    "description": ('<head>{<meta name="description" content="{S}">}<meta name=description content=公司></head>'),
    "keywords, self-closed": ('<head>{<meta content="{S}" name="keywords" />}<title>公司</title></head>'),
    "alt": ('<p><img src="a.jpg"{ alt="{S}"}></p>'),
    "title attribute": ("<p><a{ title='{S}'} href=/>公司</a></p>"),
    "attribute without quotes": ("<p><a{ title={S}} href=/>公司</a></p>".replace("title={S}", "title='{S}'")),
    "line between breaks": ("公司<br>{{S}<br>}新闻"),
    "line before a break": ("<body><p>{{S}<br/>}公司</p>"),
    "link before a break": ("<body><p>{<a href=/>{S}</a><br>}公司</p>"),
    "noscript": ("<p>公司</p>{<noscript><p>{S}</p></noscript>}"),
    "paragraph in noscript": ("<p>公司</p><noscript>{<p>{S}</p>}<p>新闻</p></noscript>"),
    "line of its own before the markup": ("{{S}\n\n}<html><body>公司</body></html>"),
    "element on a line of its own": ("<body>\n{  <div>{S}</div>\n}  <p>公司</p>\n</body>"),
    "element at the end of a line": ("<body>\n<p>公司</p>{<div>{S}</div>}\n</body>"),
    "element left open at the end": ("<p>公司</p>{<div>{S}}"),
    "hard blanks": ("<p>公司</p>{<p>&nbsp;{S}&#160;</p>}"),
    "references": ("<p>公司</p>{<p>{S}</p>}"),
    "comment inside": ("<p>公司</p>{<div><!-- x -->{S}</div>}"),
    "empty elements inside": ("<p>公司</p>{<div>{S}<br></div>}"),
    "behind an end tag without a name": ("<p>公司</>新闻</p>{<p></>{S}</p>}"),
    "behind a drawing that ends where the paragraph begins": ("<svg>{<p>{S}</p>}<p>公司</p>"),
    "behind a script of a drawing that ends itself": ("<svg><script/></svg>{<div>{S}</div>}<p>公司</p>"),
    "text of a drawing": ("<p>公司</p>{<svg><text>{S}</text></svg>}"),
    "section of a drawing": ("<p>公司</p>{<svg><text><![CDATA[{S}]]></text></svg>}"),
    "title of a drawing, with markup": ("<p>公司</p><svg>{<title><b>{S}</b></title>}<path d=x /></svg>"),
    "slash at the end of a value": ("<p>公司</p>{<p><b class=x/>{S}</b></p>}"),
    "left open in a frame": ("<p>公司</p>{<iframe><noscript><p>{S}</noscript></iframe>}<p>新闻</p>"),
}
KEPT = {
    "text in front": ("<p>公司{{S}}</p>"),
    "picture": ("<p><img src=a>{{S}}</p>"),
    "empty element": ("<p><i class=icon></i>{{S}}</p>"),
    "cell": ("<table><tr><td>{{S}}</td><td>公司</td></tr></table>"),
    "body": ("<html><body>{{S}}</body></html>"),
    "main and article": ("<main><article>{<p>{S}</p>}</article></main>"),
    "an element that was empty before": ("<div></div>{<p>{S}</p>}"),
    "a break between two texts": ("<p>公司{<b>{S}</b>}<br>新闻</p>"),
    "a break behind a picture": ("<p><img src=a>{{S}}<br>新闻</p>"),
    "brother": ("<ul>{<li>{S}</li>}<li></li></ul>"),
    "script": ("<script>document.title='{{S}}';go()</script>"),
    "element that its start tag was meant to end": ("<p><i class=icon />{{S}}</p>"),
    "shape of a drawing": ("<p><svg><circle/>{<text>{S}</text>}</svg></p>"),
    "script of a drawing": ("<svg><script>document.title='{{S}}';go()</script></svg>"),
    "sheet of a drawing": ("<svg><style>p:after{content:'{S}'} b>i</style></svg>".replace("{content:'{S}'}", "{{S}}")),
    "another attribute of that tag": ("<a{ title='{S}'} alt='公司'></a>"),
}
HALVES = {
    "title, behind": ("<title>公司{_{S}}</title>"),
    "title, behind, blanks": ("<title>公司简介{ - {S}}</title>"),
    "title, in front": ("<title>{{S}_}公司</title>"),
    "title, in front, bar": ("<title>{{S} | }公司</title>"),
    "title, in front, Han bar": ("<title>{{S}丨}公司</title>"),
    "title, in front, no separator": ("<title>{{S}}公司</title>"),
    "title, in the middle": ("<title>公司{ - {S}} - 首页</title>"),
    "title, behind, a separator that ended it before": ("<title>公司-{_{S}}</title>"),
    "title, behind, a doubled separator": ("<title>公司{--{S}}</title>"),
    "title, in the middle, no separator behind": ("<title>公司-{{S}}新闻</title>"),
    "title, in the middle, no separator in front": ("<title>公司{{S}}-新闻</title>"),
    "twice": ("<title>{{S}_{S}_}公司{_{S}}</title>"),
    "two with a separator between": ("<title>公司{_{S},{S}}</title>"),
    "blank of the genuine text stays": ("<title> {{S}-}公司 </title>"),
    "blank behind stays": ("<title>公司{-{S}} </title>"),
    "hard blank": ("<p>公司{&nbsp;{S}}</p>"),
    "bar as a reference": ("<p>{{S}&#124;}公司</p>"),
    "reference that is a letter": ("<p>A&amp;B&copy;{{S}}</p>"),
    "reference of a Han character": ("<p>&#20844;{-{S}}</p>"),
    "keywords": ('<meta name=keywords content="{{S},}公司,新闻">'),
    "keywords, last": ('<meta name=keywords content="公司,新闻{,{S}}">'),
    "description": ('<meta name=description content="公司简介。{{S}}">'),
    "alt": ("<img alt='公司{-{S}}'>"),
    "paragraph": ("<p>{{S} }公司位于江苏省。</p>"),
    "line of a text": ("<p>公司\n{{S}\n}新闻</p>"),
    "script": ("<script>document.title = '公司{ - {S}}';</script>"),
    "script, in front": ("<script>document.title = '{{S} - }公司';</script>"),
}


def planted(drawing: str) -> tuple[str, str]:
    """The page with the planted text, and the page before."""
    depth = 0
    now, before = [], []
    for character in drawing.replace("{S}", SPAM):
        if character in "{}":
            depth += 1 if character == "{" else -1
            continue
        now.append(character)
        if not depth:
            before.append(character)
    assert not depth
    return "".join(now), "".join(before)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "drawing", [*EMPTIED.values(), *KEPT.values(), *HALVES.values()], ids=[*EMPTIED, *KEPT, *HALVES]
)
def test_page_is_as_it_was(drawing: str, newline: str) -> None:
    now, before = (text.replace("\n", newline) for text in planted(drawing))
    assert without(now) == before


TEXTS = {
    "first line": ("{{S}\n}公司\n新闻\n"),
    "first line, then a blank one": ("{{S}\n\n}公司\n新闻\n"),
    "first line, then two blank ones": ("{{S}\n\n}\n公司\n"),
    "line between": ("公司\n{{S}\n}新闻"),
    "line between blank ones": ("公司\n\n{{S}\n\n}新闻"),
    "last line": ("公司\n{{S}}"),
    "indented line": ("公司\n{  {S} \n}新闻"),
    "half a line": ("公司{ | {S}}\n新闻"),
    "first half": ("{{S}_}公司"),
    "reference is text": ("公司&nbsp{;{S}}"),
    "nothing else": ("{{S}}"),
}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("drawing", TEXTS.values(), ids=TEXTS)
def test_text_is_as_it_was(drawing: str, newline: str) -> None:
    now, before = (text.replace("\n", newline) for text in planted(drawing))
    assert without(now, is_html=False) == before


@pytest.mark.parametrize("is_html", [True, False])
@pytest.mark.parametrize("spans", [[], [Span(3, 3)]])
def test_nothing_to_cut(spans: list[Span], is_html: bool) -> None:
    assert clean(Page("<p>公司</p>", is_html=is_html), spans) == Cleaned("<p>公司</p>")


@pytest.mark.parametrize("wide", ["é", "中", "😀"], ids=["1 byte", "2 bytes", "4 bytes"])
def test_code_points_of_every_width(wide: str) -> None:
    items = f"<ul><li><b>casino</b>\n<li title='casino'>{wide}</ul>"
    content = f"<p>{wide} - casino</p>{items}<script>a='\\x41casino'</script>"
    cleaned = clean(Page(content), spans_of(content, "casino"))
    check(content, cleaned)
    assert cleaned.content == f"<p>{wide}</p><ul><li>{wide}</ul><script>a='\\x41'</script>"


def test_markup_under_a_span_stays_balanced() -> None:
    content = "<p>公司<b>澳门</p><p>开户</b>新闻</p>"
    cleaned = clean(Page(content), [Span(content.index("澳门"), content.index("新闻"))])
    check(content, cleaned)
    assert cleaned.content == "<p>公司</p><p></b>新闻</p>"


def test_blocks_cut_whole_are_gone() -> None:
    content = (
        "<title>&#28595;&#38376;</title><body><ul><li><a title=开户 href=/>澳门</a><li>开户</ul>\r\n"
        "<p>公司</p><div hidden>一区<br>二区</div><img src=a.jpg alt=在线>"
    )
    found = [block for block in outline(Page(content)).blocks if block.text != "公司"]
    cleaned = clean(Page(content), [block.span for block in found])
    check(content, cleaned)
    assert cleaned.content == "<body>\r\n<p>公司</p><img src=a.jpg>"


def test_cuts_of_several_places_come_in_order() -> None:
    content = f'<title>{SPAM}_公司</title><meta name=keywords content="{SPAM}"><p>{SPAM}</p><p>公司</p>'
    cleaned = clean(Page(content), reversed(spans_of(content)))
    check(content, cleaned)
    assert cleaned.content == "<title>公司</title><p>公司</p>"
    # The meta tag and the paragraph touch, and are one cut.
    assert [cut.to_dict()["removed"] for cut in cleaned.cuts] == [
        f"{SPAM}_",
        f'<meta name=keywords content="{SPAM}"><p>{SPAM}</p>',
    ]


HOSTILE = {
    "nested": ("<div>" * 50_000, "</div>" * 50_000),
    "nested deeper than is read": ("<div>" * 300_000, "</div>" * 300_000),
    "items left open": ("<ul>" + "<li>" * 50_000, ""),
    "formatting left open": ("<b>" * 50_000 + "<p>x</p>" * 50_000, ""),
    "separators": ("-" * 300_000, "-" * 300_000),
    "references": ("&nbsp;" * 50_000, "&nbsp;" * 50_000),
    "noscript": ("<noscript>" * 10_000, ""),
    "newlines": ("字\r\n" * 50_000, "\r\n" * 50_000),
    "a name of an attribute": (f"<img {'a' * 300_000} alt='", "'>"),
    "blanks in a tag": (f"<img{' ' * 300_000}alt='", f"'{' ' * 300_000}>"),
}


@pytest.mark.parametrize(("front", "back"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_markup_costs_little(front: str, back: str) -> None:
    # Each takes well under two seconds; any step that is not linear would take minutes.
    without(f"{front}{SPAM}{back}<p>公司")


def test_many_spans_on_one_line_cost_little() -> None:
    assert without(f"<p>{f'公司{SPAM}' * 20_000}</p>") == f"<p>{'公司' * 20_000}</p>"
    assert without(f"<p>{f'{SPAM}, ' * 20_000}公司</p>") == "<p>公司</p>"


# -- properties

MARKUP = st.lists(
    st.sampled_from(
        "<p> </p> <div> </div> <li> <ul> </ul> <b> </b> <br> <td> <title> </title> <noscript> </noscript> <!--x--> < & "
        "</> <div/> <svg> </svg> <math> <mi> <![CDATA[开户]]> ; &nbsp; &#28595; 澳门 公司 - _ | a".split()
    )
    | st.sampled_from(
        [
            "<img alt='澳门\r\n开户'>",
            '<meta name=keywords content="开户,公司">',
            "<script>document.title='澳门'</script>",
            "<p title='",
            " ",
            "\n",
            "\r\n",
            "\r",
            "\x00",
        ]
    ),
    max_size=30,
).map("".join)


@settings(max_examples=500, deadline=None)
@given(MARKUP, st.lists(st.tuples(st.integers(0, 200), st.integers(0, 12)), max_size=6), st.booleans())
def test_any_spans_of_any_page(content: str, places: list[tuple[int, int]], is_html: bool) -> None:
    spans = [Span(start, start + size) for start, size in places if start + size <= len(content)]
    cleaned = clean(Page(content, is_html=is_html), spans)
    check(content, cleaned)
    if not is_html:
        inside = {at for cut in cleaned.cuts for at in range(*cut.span)}
        assert all(at in inside for span in spans for at in range(*span))


@settings(max_examples=500, deadline=None)
@given(MARKUP, st.data())
def test_cutting_blocks_leaves_the_others(content: str, data: st.DataObject) -> None:
    blocks = outline(Page(content)).blocks
    chosen = {block.index for block in blocks if data.draw(st.booleans(), label=block.text)}
    cleaned = clean(Page(content), [blocks[index].span for index in chosen])
    check(content, cleaned)
    for block in blocks:
        if "[" in block.path and block.index not in chosen:
            continue  # an emptied element takes its attributes along
        if block.index not in chosen:
            gone = {at for cut in cleaned.cuts for at in range(*cut.span)}
            # What is hidden inside of a line that is cut goes with it.
            wanted = {at for index in chosen for at in range(*blocks[index].span)}
            places = [block.offsets.at(index).start for index in range(len(block.text))]
            letters = {at for at in places if content[at] in "澳门开户公司a"}
            assert not gone.intersection(letters - wanted), block
        else:
            gone = {at for cut in cleaned.cuts for at in range(*cut.span)}
            assert all(
                at in gone
                for index, character in enumerate(block.text)
                if character in "澳门开户公司a"
                for at in range(*block.offsets.at(index))
            ), block


@pytest.mark.parametrize(
    ("content", "left"),
    [
        ("<div>澳<i hidden>阀</i>门<i hidden>阀</i>网</div><p>公司</p>", "<p>公司</p>"),
        ("<p>公司 澳<script>x</script>门<b title=阀>网</b></p>", "<p>公司</p>"),
        ("<div><p>澳</p><p>门</p><p>赌</p><p>网</p></div><p>公司</p>", "<p>公司</p>"),
        ("<svg><script/></svg><div>澳门网</div><p>公司</p>", "<svg><script/></svg><p>公司</p>"),
        ("<svg><div>澳门网</div><p>公司</p>", "<svg><p>公司</p>"),
        ("<x-a>澳</x-a><x-b>门网</x-b><p>公司</p>", "<p>公司</p>"),
        ('<iframe srcdoc="&lt;b>公司&lt;/b>澳门网"></iframe>', '<iframe srcdoc="&lt;b>公司&lt;/b>"></iframe>'),
    ],
)
def test_cut_of_a_line_takes_what_stands_inside_of_it(content: str, left: str) -> None:
    found = [
        block.offsets.span(Span(block.text.index("澳"), block.text.index("网") + 1))
        for block in outline(Page(content)).blocks
        if "澳" in block.text
    ]
    assert len(found) == 1
    cleaned = clean(Page(content), found)
    check(content, cleaned)
    assert "澳" not in cleaned.content
    assert "网" not in cleaned.content
    assert cleaned.content == left


# A cut, and what stands around it and is no tag or reference while the cut stands between.
@pytest.mark.parametrize(
    ("now", "rest"),
    [
        (f"<p>甲<{SPAM}script>alert(1)</p>", "<p>甲script>alert(1)</p>"),
        (f"<p>甲&l{SPAM}t;乙</p>", "<p>甲t;乙</p>"),
        (f"<textarea>甲</text{SPAM}area>乙</textarea>", "<textarea>甲area>乙</textarea>"),
        # Nothing that is begun there ends behind it, or none is begun.
        (f"<p>甲 1 < 2 {SPAM}</p>", "<p>甲 1 < 2</p>"),
        (f"<p>AT&T {SPAM}</p>", "<p>AT&T</p>"),
    ],
)
def test_a_cut_finishes_no_tag_and_no_reference(now: str, rest: str) -> None:
    start = now.index(SPAM)
    assert clean(Page(now), [Span(start, start + len(SPAM))]).content == rest


def test_a_cut_ends_no_script_although_it_holds_what_would() -> None:
    now = f'<script>document.title="<!-- 甲，</scr{SPAM}ipt>"</script>'
    start = now.index(SPAM)
    assert clean(Page(now), [Span(start, start + len(SPAM))]).content == '<script>document.title=""</script>'
