"""Folded text -> segments -> jieba's words, and the terms the model knows them by.

jieba decides what a word is; rjieba, its Rust port, cuts with the same dictionary, HMM off (a test keeps them equal).
What is neither Han nor plain latin is cut here: a run of letters of one script is a word, Thai a syllable.
A segment is what stands between two separators: one keyword of a list, one half of a title, one clause of a sentence.
Terms never reach across a separator, so the terms of a run of segments are exactly those of its segments.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import rjieba

from moderation.data import Tokens
from moderation.stages import _tables

__all__ = [
    "BREAK",
    "END",
    "MARK",
    "NUMBER",
    "SOUNDS",
    "SOUND_OF",
    "SYLLABLES",
    "URL",
    "Segments",
    "cut",
    "is_joint",
    "named",
    "pairs",
    "parts",
    "separators",
    "split",
    "terms",
    "tokenize",
]

URL = "<url>"
NUMBER = "<num>"
# What stands between segments that are cut together: no segment holds any of these.
END, BREAK, MARK = "\n", "\x1f", "\ue000"
# Marks a term as sounds, not words: jieba never emits it.
SOUNDS = "~"
# A name of letters and digits, and what changes of it.
_NAMED = re.compile(r"[a-z]\d|\d[a-z]")
_NAME = re.compile(r"\d+")
# Letters of a latin word beyond which it is no Pinyin.
_LONG = 30

# Mailboxes and hosts begin where their characters do, so that a line of dots or dashes is read once.
_ADDRESS = (
    r"(?:https?:/?/?|ftp://|www\.)[a-z0-9_./?=&%#:~+,;@!$*()-]+"
    r"|(?<![a-z0-9_.+-])[a-z0-9_.+-]++@[a-z0-9_-]+(?:\.[a-z0-9_-]+)+"
    r"|(?<![a-z0-9.-])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|cn|cc|vip|top|info|xyz|club|app|tv|me|io|co|html?|php"
    r"|aspx?|jsp|jpe?g|png|gif|js|css|hk|tw|jp|us|uk|de|biz|site|online|shop|live|win|bet|fun|icu|pro|pw|ru|edu|gov|cgi"
    r"|pdf|zip)(?![a-z0-9])(?:[/?#][a-z0-9_./?=&%#:~+,;@-]*)?"
)
# 丨 is a Han stroke that lists use as a bar. Between letters of an alphabet and digits one blank or joint does not
# separate; the vowel signs of Indic scripts and of Thai are no letters to Python.
_BLANKED = "a-z0-9\\u00df-\\u052f\\u0900-\\u0e7f\\uac00-\\ud7a3"
_RUN = r"[^\W_丨]+(?:[\u0900-\u0e7f]+[^\W_丨]*)*"
_SEGMENT = f"{_RUN}(?:(?<=[{_BLANKED}])[ '.&+-](?=[{_BLANKED}]){_RUN})*"
_PLAIN = re.compile(_SEGMENT)
_MIXED = re.compile(f"(?P<address>{_ADDRESS})|{_SEGMENT}")
# A capital I between blanks separates keywords in real lists; folded it is a lone "i".
_BARS = frozenset({"i"})
# Letters that jieba would take one by one.
_OTHER = re.compile(r"[^\W\d_a-z\u3005\u3007\u3400-\u9fff\U00020000-\U000323af]")
_SCRIPTS = re.compile(
    r"(?P<jieba>[a-z0-9\u3005\u3007\u3400-\u9fff\U00020000-\U000323af]+)"
    r"|[\u30a1-\u30ff]+|[\u3041-\u309f]+|[\uac00-\ud7a3]+"
    r"|[\u0e40-\u0e44]?[\u0e01-\u0e2e][\u0e30-\u0e3a\u0e45-\u0e4e]*"
    r"|[^\W\d_\u0e00-\u0e7f\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]+|."
)
# A character -> the first of its sound, a syllable of Pinyin -> the same (see datasets/make_tables.py).
SYLLABLES = _tables.table("sounds")["syllables"]
_PINYIN = re.compile("|".join(sorted(SYLLABLES, key=lambda syllable: (-len(syllable), syllable))))
SOUND_OF = _tables.pairs("sounds")
# A tuple, which translate reads fastest.
_SOUNDS = tuple(ord(SOUND_OF.get(chr(number), chr(number))) for number in range(0x10000))


class Segments(NamedTuple):
    """The segments of a folded text, ready to be cut together with those of other texts.

    Segment ``s`` stands at ``starts[s]:ends[s]``. ``joined`` holds them one behind the other, each ended by
    :data:`END`; a :data:`BREAK` parts what is cut apart, a :data:`MARK` stands for a word that jieba is not asked
    about: those are ``lone``, with the code points each covers.
    """

    joined: str
    starts: list[int]
    ends: list[int]
    lone: list[tuple[str, int]]


def split(text: str) -> Segments:
    """The segments of a folded text, in linear time."""
    pattern = _MIXED if "." in text or "://" in text else _PLAIN
    other = _OTHER.search(text) is not None
    joined: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    lone: list[tuple[str, int]] = []
    for found in pattern.finditer(text):
        at, end = found.span()
        segment = text[at:end]
        if segment in _BARS:
            continue
        starts.append(at)
        ends.append(end)
        if found.lastgroup:
            lone.append((URL, end - at))
            segment = MARK
        elif other and _OTHER.search(segment):
            segment = _by_script(segment, lone)
        joined.append(segment)
    if joined:
        joined.append("")
    return Segments(END.join(joined), starts, ends, lone)


def _by_script(segment: str, lone: list[tuple[str, int]]) -> str:
    """A segment with letters of other scripts, as it is cut; their words are added to ``lone``."""
    parts = []
    for found in _SCRIPTS.finditer(segment):
        word = found.group()
        if not found.lastgroup:
            lone.append((word, len(word)))
            word = MARK
        parts.append(word)
    return BREAK.join(parts)


def cut(joined: str) -> list[str]:
    """What jieba makes of joined segments; the ends, breaks and marks come out as they went in."""
    words: list[str] = rjieba.cut(joined, False)
    return words


def is_joint(word: str) -> bool:
    """Whether what was cut is no word but a sign between two; a symbol that is part of a word (c++) is none."""
    return len(word) == 1 and word.isascii() and not word.isalnum()


def named(word: str) -> str:
    """The word as it counts: a number of four digits and more is only a number, it says nothing of a text."""
    return NUMBER if len(word) > 3 and word.isascii() and word.isdigit() else word


def tokenize(text: str) -> Tokens:
    """The words of a folded text, in linear time.

    Numbers of four digits and more, and addresses, become one token each: neither says what a text is about.
    """
    found = split(text)
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    segments: list[int] = []
    first = [0]
    lone = iter(found.lone)
    number = 0
    at = found.starts[0] if found.starts else 0
    for word in cut(found.joined):
        if word == END:
            number += 1
            first.append(len(words))
            at = found.starts[number] if number < len(found.starts) else 0
            continue
        if word == BREAK:
            continue
        word, width = next(lone) if word == MARK else (word, len(word))
        if not is_joint(word):
            words.append(named(word))
            starts.append(at)
            ends.append(at + width)
            segments.append(number)
        at += width
    return Tokens(words, starts, ends, segments, first, separators(text, found))


def separators(text: str, found: Segments) -> list[str]:
    """The text before each segment."""
    return [text[behind:at] for behind, at in zip([0, *found.ends], found.starts, strict=False)]


def terms(tokens: Tokens, first: int = 0, last: int | None = None) -> list[tuple[str, ...]]:
    """The terms each word of ``first:last`` brings, as a text of its own made of these words would.

    A word brings what :func:`parts` says, its pair with the word before in the segment, and the pairs of sounds that
    end in it: each character stands for all that are read like it, so that 菠菜 and bocai bring what 博彩 does.
    """
    out: list[tuple[str, ...]] = []
    before = ""
    sounded = ""
    segment = -1
    words = tokens.words
    segments = tokens.segments
    for index in range(first, len(words) if last is None else last):
        word = words[index]
        if segments[index] != segment:
            segment = segments[index]
            before = sounded = ""
        own, sounds = parts(word)
        pair = (f"{before} {word}",) if before else ()
        out.append((*own, *pair, *pairs(sounded + sounds)))
        sounded = sounds[-1:]
        before = word
    return out


def parts(word: str) -> tuple[tuple[str, ...], str]:
    """What a word brings by itself, wherever it stands: its terms, and how it sounds, a character a syllable.

    A name of letters and digits brings its letters too, since only the digits change (tyc122cc, tyc8722). An address or
    a number brings nothing: that there is one says nothing; beside a word it may.
    """
    if word in (URL, NUMBER):
        return (), ""
    if not word.isascii():
        return (word,), word.translate(_SOUNDS)
    return (word, _NAME.sub("0", word)) if _NAMED.search(word) else (word,), _pinyin(word)


def pairs(sounds: str) -> list[str]:
    """The terms of a run of sounds."""
    return [SOUNDS + sounds[at : at + 2] for at in range(len(sounds) - 1)]


@lru_cache(maxsize=4096)
def _pinyin(word: str) -> str:
    """The sounds of a latin word that is Pinyin throughout, tones aside; of others none."""
    syllables = _PINYIN.findall(word) if len(word) <= _LONG else []
    return "".join(SYLLABLES[syllable] for syllable in syllables) if sum(map(len, syllables)) == len(word) else ""
