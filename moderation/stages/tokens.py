"""Folded text -> segments -> jieba's words, and the terms the model knows them by.

jieba's dictionary decides what a word is, HMM off; the engine in ``native/`` cuts with it (a test keeps the two equal).
What is neither Han nor plain latin is cut there too: a run of letters of one script is a word, Thai a syllable.
A segment is what stands between two separators: one keyword of a list, one half of a title, one clause of a sentence.
Terms never reach across a separator, so the terms of a run of segments are exactly those of its segments.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

from moderation import _native
from moderation.common.messages import gettext
from moderation.data import Tokens
from moderation.stages import _tables

__all__ = [
    "DOMAINS",
    "LONG",
    "NUMBER",
    "SOUNDS",
    "SOUND_OF",
    "SYLLABLES",
    "URL",
    "dictionary",
    "pairs",
    "parts",
    "terms",
    "tokenize",
]

URL = "<url>"
NUMBER = "<num>"
# A word of more than 64 code points (`limits::word` of the engine).
LONG = "<long>"
# Marks a term as sounds, not words: jieba never emits it.
SOUNDS = "~"
# What the name of a host ends with, as people write addresses that are not in a link.
DOMAINS = (
    "com net org cn cc vip top info xyz club app tv me io co htm html php asp aspx jsp jpg jpeg png gif js css hk tw "
    "jp us uk de biz site online shop live win bet fun icu pro pw ru edu gov cgi pdf zip"
).split()
# A character -> the first of its sound, a syllable of Pinyin -> the same (see datasets/make_tables.py).
SYLLABLES = _tables.table("sounds")["syllables"]
SOUND_OF = _tables.pairs("sounds")


@cache
def dictionary() -> _native.Dictionary:
    """Jieba's dictionary, read once; jieba itself is not imported, which takes longer than this."""
    jieba = find_spec("jieba")
    if jieba is None or jieba.origin is None:
        raise ModuleNotFoundError(gettext("jieba is not installed: pip install 'jieba>=0.42.1'"), name="jieba")
    return _native.Dictionary(Path(jieba.origin).with_name("dict.txt").read_bytes())


@cache
def _characters() -> _native.Characters:
    return _native.Characters(SOUND_OF, SYLLABLES, DOMAINS)


def tokenize(text: str) -> Tokens:
    """The words of a folded text, in linear time.

    Numbers of four digits and more, addresses, and words of more than 64 code points become one token each: none of
    them says what a text is about.
    """
    return Tokens(*_native.tokenize(_characters(), dictionary(), text))


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


@lru_cache(maxsize=65_536)
def parts(word: str) -> tuple[tuple[str, ...], str]:
    """What a word brings by itself, wherever it stands: its terms, and how it sounds, a character a syllable.

    A name of letters and digits brings its letters too. An address or a number brings nothing: that there is one says
    nothing; beside a word it may.
    """
    if word in (URL, NUMBER, LONG):
        return (), ""
    digitless, sounds = _native.forms(_characters(), word)
    return ((word, digitless) if digitless else (word,)), sounds


def pairs(sounds: str) -> list[str]:
    """The terms of a run of sounds."""
    return [SOUNDS + sounds[at : at + 2] for at in range(len(sounds) - 1)]
