"""Blocks -> pages that hold them: planted as real injections are, in every place where these stand."""

from __future__ import annotations

import random
import re
from typing import NamedTuple

from moderation.data import Span
from moderation.training.synthesis import Injection

__all__ = ["PHRASE_PLACEMENTS", "PLACEMENTS", "Injected", "inject"]

PLACEMENTS = (
    "title-alone",
    "title-prefix",
    "title-suffix",
    "title-coded",
    "meta-only",
    "first-line",
    "bare-text",
    "hidden-div",
    "h1-link",
    "off-screen-list",
    "footer-links",
    "attribute",
    "title-infix",
    "paragraph-middle",
    "paragraph-end",
    "substitution",
)

# Where phrases stand that were found on the web: in a head, on the first line, hidden, at the foot. "title-replaced" is
# the page's own title with another text, "h1" a heading of the phrase's own without a link.
PHRASE_PLACEMENTS = (
    "title-alone",
    "title-prefix",
    "title-suffix",
    "title-replaced",
    "title-coded",
    "meta-only",
    "first-line",
    "bare-text",
    "hidden-div",
    "h1",
    "h1-link",
    "off-screen-list",
    "footer-links",
)


class Injected(NamedTuple):
    """A page with one injected block: ``span`` is the block in ``content``, ``original`` the page before."""

    content: str
    span: Span
    original: str
    placement: str
    injection: Injection


_SCRIPT = re.compile(r"<script\b.*?</script\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_TITLE = re.compile(r"<title[^>]*>([^<]*)</title>", re.IGNORECASE)
_NEWLINE = re.compile(r"\r?\n|")
_BODY = re.compile(r"<body[^>]*>", re.IGNORECASE)
_HEAD = re.compile(r"<head(?:\s[^>]*)?>", re.IGNORECASE)
_FOOT = re.compile(r"</body\s*>(?!.*</body)", re.IGNORECASE | re.DOTALL)
_ANCHOR = re.compile(r"<(?:a|img)(?=\s)(?![^>]*\stitle\s*=)", re.IGNORECASE)
_TITLE_JOINT = re.compile(r"(?<=\S)\s*[_|–—-]\s*(?=\S)")
_PARAGRAPH = re.compile(r"<p(?:\s[^>]*)?>([^<>]{80,})</p\s*>", re.IGNORECASE)
_HIDING = (
    "display:none",
    "visibility:hidden",
    "position:absolute;left:-9999px",
    "font-size:0",
    "text-indent:-9999px",
)
_NAME = re.compile("(?<![\u4e00-\u9fff])[\u4e00-\u9fff]{2,12}(?![\u4e00-\u9fff])")
_STOP = re.compile(r"[。！？](?=.)")


def inject(page: str, injection: Injection, placement: str, pick: random.Random) -> Injected | None:
    """The page with the block planted the way ``placement`` names, or None where the page has no such place.

    Injections are written as real ones are: on lines of their own, or inside an element that was there before.
    """
    text = injection.text.replace("\n", " ") if placement not in ("first-line", "bare-text") else injection.text
    # Scripts and comments may hold tags of their own.
    markup = _SCRIPT.sub(lambda found: " " * len(found.group()), page)
    if placement == "substitution":
        return _substituted(page, markup, text, injection)
    if placement in ("title-alone", "title-coded", "meta-only"):
        return _in_head(page, markup, text, placement, pick, injection)
    if placement == "title-replaced":
        return _title_replaced(page, markup, text, injection)
    if placement in ("title-prefix", "title-infix", "title-suffix", "attribute", "paragraph-middle", "paragraph-end"):
        return _inside(page, markup, text, placement, pick, injection)
    return _in_body(page, markup, text, placement, pick, injection)


def _in_head(
    page: str, markup: str, text: str, placement: str, pick: random.Random, injection: Injection
) -> Injected | None:
    """A title or meta tag of the block's own, in front of the page's."""
    head = _HEAD.search(markup)
    if not head:
        return None
    coded = "".join(f"&#{ord(character)};" for character in text)
    # On a line of its own where the head's tags are.
    newline = _NEWLINE.match(page, head.end()).group()  # type: ignore[union-attr]  # matches the empty string too
    if placement == "meta-only":
        name = pick.choice(("keywords", "description"))
        value = coded if pick.random() < 0.3 else text
        return _plant(page, head.end(), f'{newline}<meta name="{name}" content="', value, '">', placement, injection)
    value = coded if placement == "title-coded" else text
    return _plant(page, head.end(), f"{newline}<title>", value, "</title>", placement, injection)


def _substituted(page: str, markup: str, text: str, injection: Injection) -> Injected | None:
    """The block in the place of the word that stands in the title and most often on the page: the site's name.

    The span is that of the title's; the page before is the one without the name.
    """
    title = _TITLE.search(markup)
    names = _NAME.findall(title.group(1)) if title else []
    counts = {name: _visible(markup).count(name) for name in names}
    name = max(counts, key=lambda each: (counts[each], len(each)), default="")
    if title is None or counts.get(name, 0) < 3:
        return None
    pieces = re.split(f"({re.escape(name)})(?![^<>]*>)", page)
    start = 0
    for at in range(1, len(pieces), 2):
        # The first that stands in the title itself.
        before = sum(len(piece) for piece in pieces[:at])
        if title.start(1) <= before < title.end(1):
            start = before + (len(text) - len(name)) * (at // 2)
            break
    original = "".join(pieces[::2])
    return Injected(text.join(pieces[::2]), Span(start, start + len(text)), original, "substitution", injection)


def _title_replaced(page: str, markup: str, text: str, injection: Injection) -> Injected | None:
    """The block in the place of the whole title; the page before is the one with an empty title."""
    title = _TITLE.search(markup)
    if not title or not title.group(1).strip():
        return None
    start, end = title.span(1)
    original = page[:start] + page[end:]
    span = Span(start, start + len(text))
    return Injected(page[:start] + text + page[end:], span, original, "title-replaced", injection)


def _visible(markup: str) -> str:
    return re.sub("<[^>]*>", " ", markup)


def _in_body(
    page: str, markup: str, text: str, placement: str, pick: random.Random, injection: Injection
) -> Injected | None:
    """An element or a line of the block's own, at the begin or the end of the body."""
    body = _BODY.search(markup)
    if not body:
        return None
    newline = "\r\n" if "\r\n" in page else "\n"
    frames = {
        "first-line": ("", f"<br>{newline}"),
        "bare-text": ("", newline),
        "hidden-div": (f'<div style="{pick.choice(_HIDING)}">', f"</div>{newline}"),
        "h1": ("<h1>", f"</h1>{newline}"),
        "h1-link": ('<h1><a href="/">', f"</a></h1>{newline}"),
    }
    if placement in frames:
        before, after = frames[placement]
        return _plant(page, body.end(), newline + before, text, after, placement, injection, newline)
    keywords = [keyword for keyword in re.split(r"[_,|\n、，丨-]| I | ", text) if keyword]
    if not keywords:
        return None
    if placement == "footer-links":
        foot = _FOOT.search(markup)
        links = [f'<a href="http://www.example.com/{number}">{keyword}</a>' for number, keyword in enumerate(keywords)]
        start = links[0].index(">") + 1
        if not foot:
            return None
        # On a line of its own where the end tag is on one, else beside it.
        at = len(page[: foot.start()].rstrip(" \t"))
        is_line = at == 0 or page[at - 1] in "\r\n"
        parts = ("<div>" + links[0][:start], " ".join(links)[start:-4], f"</a></div>{newline if is_line else ''}")
        return _plant(page, at if is_line else foot.start(), *parts, placement, injection)
    items = [f'<li><a href="/{number}.html">{keyword}</a></li>' for number, keyword in enumerate(keywords)]
    start = items[0].index(">", 5) + 1
    before = '<ul style="position:absolute;top:-2000px">' + items[0][:start]
    rest, after = "".join(items)[start : -len("</a></li>")], f"</a></li></ul>{newline}"
    return _plant(page, body.end(), newline + before, rest, after, placement, injection, newline)


def _inside(
    page: str, markup: str, text: str, placement: str, pick: random.Random, injection: Injection
) -> Injected | None:
    """The block inside an element that says something else: the title, an attribute, a paragraph."""
    if placement == "attribute":
        tag = _ANCHOR.search(markup)
        return _plant(page, tag.end(), ' title="', text, '"', placement, injection) if tag else None
    if placement.startswith("title"):
        title = _TITLE.search(markup)
        if not title or not title.group(1).strip():
            return None
        genuine = title.group(1).strip()
        begin = title.start(1) + title.group(1).index(genuine)
        if placement == "title-infix":
            joint = _TITLE_JOINT.search(genuine)
            return _plant(page, begin + joint.end(), "", text, joint.group(), placement, injection) if joint else None
        joined = pick.choice(("_", "-", "|", " - ", ",", " "))
        if placement == "title-prefix":
            return _plant(page, begin, "", text, joined, placement, injection)
        return _plant(page, begin + len(genuine), joined, text, "", placement, injection)
    paragraphs = _PARAGRAPH.findall(markup)
    if not paragraphs:
        return None
    longest = max(paragraphs, key=len)
    begin = markup.index(longest)
    if placement == "paragraph-end":
        end = begin + len(longest.rstrip())
        return _plant(page, end, "", text, "", placement, injection)
    stops = [found.end() for found in _STOP.finditer(longest)]
    return _plant(page, begin + pick.choice(stops), "", text, "", placement, injection) if stops else None


def _plant(
    page: str,
    at: int,
    before: str,
    text: str,
    after: str,
    placement: str,
    injection: Injection,
    line: str = "",
) -> Injected:
    rest = _without_break(page, at, line) if line else at
    content = page[:at] + before + text + after + page[rest:]
    start = at + len(before)
    return Injected(content, Span(start, start + len(text)), page[:at] + line + page[rest:], placement, injection)


def _without_break(page: str, at: int, newline: str) -> int:
    """Past the line break at ``at``, so that a planted line ends with the one that was there."""
    return at + len(newline) if page.startswith(newline, at) else at
