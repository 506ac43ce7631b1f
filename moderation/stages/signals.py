"""Structural evidence: what the shape, the place and the surroundings of a span say beside its words.

Every signal has a stable code (docs/reasons.md) and a strength in [0, 1]; what a strength is worth in log-odds is
learned and stands in the model's manifest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from functools import lru_cache
from typing import NamedTuple

from moderation.data import Block, Mark, Place, Span, Tokens

__all__ = ["CODES", "GLOSS_LETTERS", "Signal", "Surroundings", "is_minor", "is_shown", "signals"]

CODES = (
    "shape:keyword-list",
    "shape:repeated-term",
    "shape:contact",
    "shape:prose",
    "script:mismatch",
    "gloss:pinyin",
    "script:title-switch",
    "meta:duplicate",
    "entity:coded",
    "context:foreign",
    "context:familiar",
    "context:substituted",
)

# Letters of Pinyin, with and without tones, in either case.
_PINYIN = "a-zA-ZāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňɡĀÁǍÀĒÉĚÈĪÍǏÌŌÓǑÒŪÚǓÙǕǗǙǛÜŃŇ"
GLOSS_LETTERS = "".join(re.findall(f"[{_PINYIN}]", "".join(map(chr, range(0x400)))))
_GLOSS = re.compile(f"[\u3400-\u9fff][(（][{_PINYIN}]{{1,6}}[)）]")
_PROSE = re.compile(r"[，。！？；：、,!?;]|[的了是和与及为对将被把]|在(?!线)")
# Nothing is given back, and an address is begun where its letters begin: so no run of blanks or letters is read twice.
_CONTACT = re.compile(
    r"[【《\[(（][^】》\])）]{0,12}"
    r"(?:(?<![a-z0-9-])[a-z0-9-]++[.●点][a-z0-9.-]{2,}+|网址|官网|辋芷)[^】》\])）]{0,24}+[】》\])）]"
    r"|(?:微信|薇信|威信|加q|扣扣|飞机|电报)\s*+(?:[:：+➕]\s*+)?[a-z0-9_-]{5,}+"
    # A name has 32 characters at most.
    r"|(?<![a-z0-9])(?:qq|telegram|tg)\s*+(?:[:：+➕]\s*+[a-z0-9_-]{5,}+|(?=[a-z_-]{0,32}+\d)[a-z0-9_-]{5,}+)"
    r"|(?<!\d)1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)",
    re.IGNORECASE,
)
_AGE = re.compile(
    r"(?<![0-9０-９.])(?:[1-9１-９]|[1１][0-7０-７])\s*+(?:周?岁|[歲歳]|才(?![能会是可有])|y/?o\b|[\s-]*+years?[\s-]old)"
    r"|(?<![零〇百两二三四五六七八九十])(?:十[一二三四五六七]?|[一二三四五六七八九])(?:周?岁|[歲歳])",
    re.IGNORECASE,
)
# A list has at least this many keywords of 2 to 30 characters.
_LIST = 4


class Signal(NamedTuple):
    """One structural fact about a span; strength in [0, 1]."""

    code: str
    strength: float
    span: Span | None = None
    detail: str = ""


class Surroundings(NamedTuple):
    """What the page around the candidates is like, counted once a page.

    ``words`` holds the words of candidates that the page outside the candidate runs uses too; ``traditional`` and
    ``simplified`` count the characters that exist in one script only; ``shown`` is the number of visible characters;
    ``doubled`` are the paths of titles and meta tags that stand there twice; ``first`` is the first visible block.
    """

    words: Container[str]
    traditional: int
    simplified: int
    glosses: int
    shown: int
    doubled: Container[str]
    coded: float
    marks: tuple[Mark, ...]
    first: int


def signals(
    block: Block,
    text: str,
    tokens: Tokens,
    first: int,
    last: int,
    copies: int,
    page: Surroundings,
    script: Callable[[str], tuple[int, int]],
) -> list[Signal]:
    """The structural evidence for words ``first:last`` of a block.

    Args:
        block: where the run stands.
        text: the run as a reader sees it.
        tokens: the words of the block.
        first: first word of the run.
        last: the word behind the run.
        copies: how often a name stands on the page; 0 for what is no name.
        page: the surroundings.
        script: counts (traditional-only, simplified-only) characters of a text.
    """
    return [
        signal
        for signal in (
            *_shape(text, tokens, first, last),
            *_place(block, page),
            *_script(block, text, page, script),
            *_context(tokens, first, last, page),
            Signal("context:substituted", min(1.0, (copies - 1) / 5), None, f"{copies} times on the page"),
        )
        if signal.strength > 0
    ]


@lru_cache(maxsize=64)
def is_minor(text: str) -> bool:
    """Whether a text names an age below 18. Beside an adult finding that is enough to reject the page.

    The latest answers are remembered: a block is asked about once for each finding in it.
    """
    return _AGE.search(text) is not None


def is_shown(block: Block) -> bool:
    """Whether a reader sees a block on the page itself: not hidden, not in its head, not an attribute."""
    return not block.hidden and block.place not in (Place.TITLE, Place.META) and "[" not in block.path


def _shape(text: str, tokens: Tokens, first: int, last: int) -> list[Signal]:
    low, high = tokens.segments[first], tokens.segments[last - 1]
    counts: dict[str, int] = {}
    sized = 0
    for number in range(low, high + 1):
        begin, end = tokens.first[number], tokens.first[number + 1]
        size = tokens.ends[end - 1] - tokens.starts[begin]
        sized += 2 <= size <= 30
        seen = set()
        for index in range(max(begin, first), min(end, last) - 1):
            seen.add(tokens.words[index] + tokens.words[index + 1])
        for pair in seen:
            counts[pair] = counts.get(pair, 0) + 1
    number = high - low + 1
    prose = len(_PROSE.findall(text)) / max(1.0, len(text) / 12)
    found = []
    if number >= _LIST and sized >= 0.8 * number:
        found.append(Signal("shape:keyword-list", min(1.0, number / 8), None, f"{number} keywords"))
    top = max(counts.values(), default=0)
    if top >= 3 and top >= 0.4 * number:
        found.append(Signal("shape:repeated-term", min(1.0, top / 6), None, f"{top} times"))
    if _CONTACT.search(text):
        found.append(Signal("shape:contact", 1.0))
    if number < _LIST and prose >= 0.5:
        found.append(Signal("shape:prose", min(1.0, prose)))
    return found


def _place(block: Block, page: Surroundings) -> list[Signal]:
    found = []
    if block.path in page.doubled:
        found.append(Signal("meta:duplicate", 1.0, None, block.path))
    for mark in page.marks:
        if block.place in (Place.TITLE, Place.META):
            found.append(Signal(mark.code, 1.0, mark.span, mark.detail))
            break
    return found


def _script(block: Block, text: str, page: Surroundings, script: Callable[[str], tuple[int, int]]) -> list[Signal]:
    found = []
    old, new = script(text)
    if page.traditional >= 20 and page.traditional > 4 * page.simplified and new >= 3 and new > 4 * old:
        found.append(Signal("script:mismatch", 1.0, None, "simplified on a traditional page"))
    elif page.simplified >= 20 and page.simplified > 4 * page.traditional and old >= 3 and old > 4 * new:
        found.append(Signal("script:mismatch", 1.0, None, "traditional on a simplified page"))
    if page.glosses >= 3 and not _GLOSS.search(text):
        found.append(Signal("gloss:pinyin", min(1.0, page.glosses / 10), None, f"{page.glosses} glosses around"))
    if block.coded >= 0.8 and page.coded < 0.3:
        found.append(Signal("entity:coded", block.coded))
    return found


def _context(tokens: Tokens, first: int, last: int, page: Surroundings) -> list[Signal]:
    """How much of the run's vocabulary the rest of the page shares."""
    words = {word for word in tokens.words[first:last] if len(word) > 1 and not word.isascii()}
    if len(words) < 2 or page.shown < 200:
        return []
    share = sum(word in page.words for word in words) / len(words)
    if share <= 0.25:
        return [Signal("context:foreign", 1.0 - share, None, f"{share:.0%} of its words on the page")]
    if share >= 0.5:
        return [Signal("context:familiar", share, None, f"{share:.0%} of its words on the page")]
    return []
