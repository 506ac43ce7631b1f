"""A page as text and as markup: verdict, cuts and reasons of whatever it holds."""

from __future__ import annotations

import random
from pathlib import Path

from fuzz.targets import Run, Target
from fuzz.targets._judging import judge
from fuzz.targets._seeds import PAGES, SPAM, WORDS
from moderation import Moderator, Page, Policy
from moderation.data import Span

__all__ = ["TARGET"]


def prepare(folder: Path) -> Run:
    moderator = Moderator.load()
    # Under the lowest thresholds nearly every candidate is a finding.
    strict = Moderator(moderator.model, Policy(review=0.001, clean=0.5))

    def run(data: bytes) -> str:
        # What is no UTF-8 becomes halves of surrogate pairs, as they come in from JSON.
        text = data.decode("utf-8", "surrogatepass" if _is_paired(data) else "surrogateescape")
        # The first line as a field of its own, as a CMS has it.
        title = Span(0, text.find("\n")) if text.find("\n") > 0 else None
        judge(moderator, Page(text, is_html=False, title=title))
        judge(strict, Page(text, is_html=True))
        verdict = judge(moderator, Page(text, is_html=True))
        return verdict.action.value

    return run


def _is_paired(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


# ------------------------------------------------------------------------------------- pages by a grammar, half of them

_TEXTS = (
    SPAM,
    SPAM[:8],
    SPAM[9:17],
    "本公司生产阀门。",
    "阀门厂",
    "关于我们",
    "a",
    " ",
    "\r\n",
    "_",
    " - ",
    "&nbsp;",
    "&#28595;",
)
_BOXES = (
    "div p span a b td li h1 title ul table tr font center section svg math select button noscript template".split()
)
_LONE = "<br> <hr> <wbr> <img alt='{0}'> <meta name=keywords content='{0}'> <input type=button value='{0}'> <!--{0}-->"
_ATTRIBUTES = (
    *(
        "class=a",
        "id=b",
        "hidden",
        "style='{0}'",
        'style="{0}"',
        "title='{1}'",
        "alt={1}",
        "aria-label='{1}'",
        "href=//a.cn",
    ),
    *("srcdoc='<p>{1}</p>'", "bgcolor=white", "color=white", "dir=rtl"),
)
_STYLES = (
    *("display:none", "visibility:hidden", "opacity:0", "position:absolute;left:-9999px", "font-size:0", "color:#fff"),
    *("display:inline", "float:left", "height:0;overflow:hidden", "text-indent:-999em", "z-index:-1;position:fixed"),
)
_SELECTORS = ".a #b p div>p p+p :not(.a) p::before *".split()
_VALUES = (
    *(
        "'{0}'",
        '"{0}"',
        "'{0}'+'{0}'",
        "['{0}','{0}'].join('')",
        "'{0}'.split('').reverse().join('')",
        "unescape('{1}')",
    ),
    *(
        "`{0}`",
        "`${{'{0}'}}`",
        "x?'{0}':'{0}'",
        "'{0}'.replace(/_/g,'')",
        "String.fromCharCode(28595,38376)",
        "t",
        "t+'{0}'",
    ),
)
_WRITES = (
    *("document.title={};", "document.write({});", "var t={};", "t+={};", "document.body.innerHTML={};", "eval({});"),
    "if(/baidu/.test(document.referrer))location={};",
)
_DEEP = 6


def change(data: bytes, draw: random.Random) -> bytes:
    """A page of elements in each other, sheets and scripts, whose tags are not all closed and not all open."""
    return "".join(_part(draw, 0) for _ in range(draw.randint(1, 6))).encode()


def _part(draw: random.Random, depth: int) -> str:
    kind = draw.randrange(10)
    if kind < 3 or depth > _DEEP:
        return draw.choice(_TEXTS)
    if kind == 3:
        return draw.choice(_LONE.split("> ")).rstrip(">").format(draw.choice(_TEXTS)) + ">"
    if kind == 4 and draw.randrange(2):
        rules = (f"{draw.choice(_SELECTORS)}{{{draw.choice(_STYLES)}}}" for _ in range(draw.randint(1, 4)))
        return f"<style>{''.join(rules)}</style>"
    if kind == 4:
        return f"<script>{''.join(_statement(draw) for _ in range(draw.randint(1, 4)))}</script>"
    tag = draw.choice(_BOXES)
    attributes = "".join(
        " " + draw.choice(_ATTRIBUTES).format(draw.choice(_STYLES), draw.choice(_TEXTS))
        for _ in range(draw.randrange(3))
    )
    inside = "".join(_part(draw, depth + 1) for _ in range(draw.randrange(4)))
    return f"<{tag}{attributes}>{inside}" + (f"</{tag}>" if draw.randrange(6) else "")


def _statement(draw: random.Random) -> str:
    text = draw.choice(_TEXTS[:6])
    if draw.randrange(4) == 0:
        text = f"<p>{text}</p>"
    value = draw.choice(_VALUES).format(text, "".join(f"%u{ord(letter):04x}" for letter in text))
    return draw.choice(_WRITES).format(value)


TARGET = Target(PAGES, WORDS, prepare, change)
