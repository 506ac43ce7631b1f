"""Structural evidence: what the shape, the place and the surroundings of a span say beside its words.

Every signal has a stable code (docs/reasons.md) and a strength in [0, 1]; what a strength is worth in log-odds is
learned and stands in the model's manifest.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable
from functools import lru_cache
from itertools import islice
from operator import add
from typing import NamedTuple

from moderation.common.addresses import host_of
from moderation.data import Block, Mark, Page, Place, Span, Tokens

__all__ = [
    "ALONE",
    "CLOAKING",
    "CODES",
    "FIXED",
    "GLOSS_LETTERS",
    "Signal",
    "Surroundings",
    "is_minor",
    "is_shown",
    "outside",
    "signals",
    "site_of",
]

CLOAKING = "script:cloaking"
_VEILED = "script:veiled"
# What says something where nothing else of a page counts.
ALONE = (CLOAKING, _VEILED)

CODES = (
    "shape:keyword-list",
    "shape:repeated-term",
    "script:mismatch",
    "gloss:pinyin",
    "script:title-switch",
    "meta:duplicate",
    "entity:coded",
    CLOAKING,
    "script:redirect",
    "script:obfuscated",
    _VEILED,
)
# What a signal is worth, in log-odds, where the model's manifest names no weight for it: too few pages carry it for a
# weight to be learned. About half of what the pages at hand would say, see docs/reasons.md.
FIXED = {CLOAKING: 2.0, "script:redirect": 0.1, "script:obfuscated": 0.3, _VEILED: 2.0}

# Letters of Pinyin, with and without tones, in either case.
_PINYIN = "a-zA-ZāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňɡĀÁǍÀĒÉĚÈĪÍǏÌŌÓǑÒŪÚǓÙǕǗǙǛÜŃŇ"
GLOSS_LETTERS = "".join(re.findall(f"[{_PINYIN}]", "".join(map(chr, range(0x400)))))
_GLOSS = re.compile(f"[\u3400-\u9fff][(（][{_PINYIN}]{{1,6}}[)）]")
_AGE = re.compile(
    r"(?<![0-9０-９.])(?:[1-9１-９]|[1１][0-7０-７])\s*+(?:周?岁|[歲歳]|才(?![能会是可有])|y/?o\b|[\s-]*+years?[\s-]old)"
    r"|(?<![零〇百两二三四五六七八九十])(?:十[一二三四五六七]?|[一二三四五六七八九])(?:周?岁|[歲歳])",
    re.IGNORECASE,
)
# A list has at least this many keywords of 2 to 30 characters.
_LIST = 4
# Segments that hold the same pair of words, from which it is repeated.
_REPEATED = 3
_SWITCH = "script:title-switch"
# What sends visitors to a host.
_SENDING = (CLOAKING, "script:redirect", _VEILED)
# Search engines: who is sent there is sent to nobody's shop. By the names of their domains.
_ENGINES = frozenset(("baidu", "bing", "google", "haosou", "so", "sogou", "yahoo"))
# The address of a link; "location.href" is none.
_LINK = re.compile(r"(?<=[\s\"'])href\s*+=[\s\"']*+([^\s\"'<>]{1,300}+)", re.IGNORECASE)
# Names under which registries and states sell domains: ``com.cn``, ``co.uk``. One that is missing makes hosts related
# that are not, which only costs a campaign.
_SECOND_LEVEL = frozenset(("ac", "co", "com", "edu", "gob", "gov", "go", "mil", "ne", "net", "nom", "or", "org"))


class Signal(NamedTuple):
    """One structural fact about a span; strength in [0, 1]."""

    code: str
    strength: float
    span: Span | None = None
    detail: str = ""


class Surroundings(NamedTuple):
    """What the page around the candidates is like, counted once a page.

    ``traditional`` and ``simplified`` count the characters that exist in one script only, ``glosses`` the pinyin in
    brackets; ``doubled`` are the paths of titles and meta tags that stand there twice; ``coded`` is the share of
    characters that are written as entities.
    """

    traditional: int
    simplified: int
    glosses: int
    doubled: Container[str]
    coded: float
    marks: tuple[Mark, ...]


def signals(
    block: Block,
    text: str,
    tokens: Tokens,
    first: int,
    last: int,
    surroundings: Surroundings,
    script: Callable[[str], tuple[int, int]],
) -> list[Signal]:
    """The structural evidence for words ``first:last`` of a block.

    Args:
        block: where the run stands.
        text: the run as a reader sees it.
        tokens: the words of the block.
        first: first word of the run.
        last: the word behind the run.
        surroundings: what the page around the run is like.
        script: counts (traditional-only, simplified-only) characters of a text.
    """
    return [
        signal
        for signal in (
            *_shape(tokens, first, last),
            *_place(block, surroundings),
            *_script(block, text, surroundings, script),
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


def site_of(host: str) -> str:
    """The registrable domain of a host, by rule: hosts of one site are related. Empty where there is no host.

    All blogs of a provider are one site here, and so are all hosts below a second level that is not known: hosts are
    sooner taken for related than not.
    """
    parts = host.lower().rstrip(".").split(".")
    if ":" in host or all(part.isdigit() for part in parts):
        return host
    size = 3 if len(parts) > 2 and len(parts[-1]) == 2 and parts[-2] in _SECOND_LEVEL else 2
    return ".".join(parts[-size:])


def outside(marks: Iterable[Mark], page: Page) -> tuple[Mark, ...]:
    """The marks of a page without the scripts that send visitors to the page's own site.

    Own are hosts of the same registrable domain and those that share its name under another ending; of scripts that
    do not ask who comes, also those that the page links to. Who cloaks could plant the link as well. Search engines are
    nobody's aim: a script that hides that it sends there is left out, too.
    """
    marks = tuple(marks)
    if not any(mark.code in _SENDING for mark in marks):
        return marks
    name = site_of(host_of(page.url)).partition(".")[0]
    # Once for all marks, which are many on some pages, and only where there is one.
    linked = "\n".join(found.group(1).lower() for found in _LINK.finditer(page.content))

    def is_own(mark: Mark) -> bool:
        if not mark.detail:  # it hides where
            return False
        site = site_of(mark.detail)
        if mark.code == _VEILED and site.partition(".")[0] in _ENGINES:
            return True
        return site.partition(".")[0] == name or (mark.code != CLOAKING and site in linked)

    return tuple(mark for mark in marks if mark.code not in _SENDING or not is_own(mark))


def _shape(tokens: Tokens, first: int, last: int) -> list[Signal]:
    low, high = tokens.segments[first], tokens.segments[last - 1]
    number = high - low + 1
    found: list[Signal] = []
    if number < min(_LIST, _REPEATED):
        return found
    counts: Counter[str] = Counter()
    sized = 0
    for segment in range(low, high + 1):
        begin, end = tokens.first[segment], tokens.first[segment + 1]
        size = tokens.ends[end - 1] - tokens.starts[begin]
        sized += 2 <= size <= 30
        words = tokens.words[max(begin, first) : min(end, last)]
        counts.update(set(map(add, words, islice(words, 1, None))))
    if number >= _LIST and sized >= 0.8 * number:
        found.append(Signal("shape:keyword-list", min(1.0, number / 8), None, f"{number} keywords"))
    top = max(counts.values(), default=0)
    if top >= _REPEATED and top >= 0.4 * number:
        found.append(Signal("shape:repeated-term", min(1.0, top / 6), None, f"{top} times"))
    return found


def _place(block: Block, surroundings: Surroundings) -> list[Signal]:
    found = []
    if block.path in surroundings.doubled:
        found.append(Signal("meta:duplicate", 1.0, None, block.path))
    told: set[str] = set()
    for mark in surroundings.marks:
        # One of each; a title that is switched says something of titles only.
        if mark.code in told or (mark.code == _SWITCH and block.place not in (Place.TITLE, Place.META)):
            continue
        told.add(mark.code)
        found.append(Signal(mark.code, 1.0, mark.span, mark.detail))
    return found


def _script(
    block: Block, text: str, surroundings: Surroundings, script: Callable[[str], tuple[int, int]]
) -> list[Signal]:
    found = []
    old, new = script(text)
    traditional, simplified = surroundings.traditional, surroundings.simplified
    if traditional >= 20 and traditional > 4 * simplified and new >= 3 and new > 4 * old:
        found.append(Signal("script:mismatch", 1.0, None, "simplified on a traditional page"))
    elif simplified >= 20 and simplified > 4 * traditional and old >= 3 and old > 4 * new:
        found.append(Signal("script:mismatch", 1.0, None, "traditional on a simplified page"))
    glosses = surroundings.glosses
    if glosses >= 3 and not _GLOSS.search(text):
        found.append(Signal("gloss:pinyin", min(1.0, glosses / 10), None, f"{glosses} glosses around"))
    if block.coded >= 0.8 and surroundings.coded < 0.3:
        found.append(Signal("entity:coded", block.coded))
    return found
