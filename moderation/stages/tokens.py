"""Folded text -> segments -> jieba's words, and the terms the model knows them by.

jieba decides what a word is; rjieba, its Rust port, cuts with the same dictionary, HMM off (a test keeps them equal).
A segment is what stands between two separators: one keyword of a list, one half of a title, one clause of a sentence.
Terms never reach across a separator, so the terms of a run of segments are exactly those of its segments.
"""

from __future__ import annotations

import re

import rjieba

from moderation.data import Tokens

__all__ = ["CHARACTERS", "NUMBER", "URL", "terms", "tokenize"]

URL = "<url>"
NUMBER = "<num>"
# Marks a term as characters, not words: jieba never emits it.
CHARACTERS = "~"

# Mailboxes and hosts begin where their characters do, so that a line of dots or dashes is read once.
_ADDRESS = (
    r"(?:https?:/?/?|ftp://|www\.)[a-z0-9_./?=&%#:~+,;@!$*()-]+"
    r"|(?<![a-z0-9_.+-])[a-z0-9_.+-]++@[a-z0-9_-]+(?:\.[a-z0-9_-]+)+"
    r"|(?<![a-z0-9.-])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|cn|cc|vip|top|info|xyz|club|app|tv|me|io|co|html?|php"
    r"|aspx?|jsp|jpe?g|png|gif|js|css|hk|tw|jp|us|uk|de|biz|site|online|shop|live|win|bet|fun|icu|pro|pw|ru|edu|gov|cgi"
    r"|pdf|zip)(?![a-z0-9])(?:[/?#][a-z0-9_./?=&%#:~+,;@-]*)?"
)
# 丨 is a Han stroke that lists use as a bar. Between latin letters and digits one blank or joint does not separate.
_SEGMENT = r"[^\W_丨]+(?:(?<=[a-z0-9])[ '.&+-](?=[a-z0-9])[^\W_丨]+)*"
_PLAIN = re.compile(_SEGMENT)
_MIXED = re.compile(f"(?P<address>{_ADDRESS})|{_SEGMENT}")
# A capital I between blanks separates keywords in real lists; folded it is a lone "i".
_BARS = frozenset({"i"})


def tokenize(text: str) -> Tokens:
    """The words of a folded text, in linear time.

    Numbers of four digits and more, and addresses, become one token each: neither says what a text is about.
    """
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    segments: list[int] = []
    first: list[int] = []
    separators: list[str] = []
    number = 0
    behind = 0
    pattern = _MIXED if "." in text or "://" in text else _PLAIN
    for found in pattern.finditer(text):
        at, end = found.span()
        segment = text[at:end]
        if segment in _BARS:
            continue
        first.append(len(words))
        separators.append(text[behind:at])
        behind = end
        if found.lastgroup:
            words.append(URL)
            starts.append(at)
            ends.append(end)
            segments.append(number)
        else:
            for word in rjieba.cut(segment, False):
                stop = at + len(word)
                if word.isascii():
                    if not word.isalnum():
                        if len(word) == 1:
                            at = stop
                            continue
                    elif len(word) > 3 and word.isdigit():
                        word = NUMBER
                words.append(word)
                starts.append(at)
                ends.append(stop)
                segments.append(number)
                at = stop
        number += 1
    first.append(len(words))
    return Tokens(words, starts, ends, segments, first, separators)


def terms(tokens: Tokens, first: int = 0, last: int | None = None) -> list[tuple[str, ...]]:
    """The terms each word of ``first:last`` brings, as a text of its own made of these words would.

    A word brings itself, its pair with the word before in the segment, and the pairs of Han characters that end in it.
    """
    out: list[tuple[str, ...]] = []
    before = ""
    segment = -1
    words = tokens.words
    segments = tokens.segments
    for index in range(first, len(words) if last is None else last):
        word = words[index]
        if segments[index] != segment:
            segment = segments[index]
            before = ""
        if word in (URL, NUMBER):
            # That there is an address or a number says nothing; beside a word it may.
            out.append((f"{before} {word}",) if before else ())
        elif word.isascii():
            out.append((word, f"{before} {word}") if before else (word,))
        else:
            run = before[-1] + word if before and not before.isascii() else word
            pairs = tuple(CHARACTERS + run[at : at + 2] for at in range(len(run) - 1))
            out.append((word, f"{before} {word}", *pairs) if before else (word, *pairs))
        before = word
    return out
