"""Text -> folded text: one spelling for what attackers vary, with the exact way back.

The order of the steps makes folding twice the same as folding once::

    repair            UTF-8 read as GBK or Latin-1, text written backwards                         (lengths change)
    drop and widen    invisible characters, combining marks, toned one-letter glosses; ㎏ -> kg     (lengths change)
    translate         width, case, style, digits, traditional -> simplified                       (one to one)
    look-alikes       Greek, Cyrillic and signs among latin letters                                (one to one)
    splits            弓虽 -> 强                                                                    (lengths change)
    glosses, stars    产(chan)品 -> 产品, 无*码 -> 无码                                               (lengths change)
    joints            澳 门 威 尼 斯 -> 澳门威尼斯                                                    (lengths change)

Each step takes what the steps before leave and gives nothing back to them: a Han character cannot become a latin one,
and a cut never brings two latin letters together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from moderation.data import OffsetMap, Piece
from moderation.stages import _tables
from moderation.stages._repair import BACKWARDS, RARE, WRONG, repairs

__all__ = ["SIMPLIFIED", "SPLITS", "Folded", "classes", "fold", "repairs"]

# 丨 (U+4E28) is left out: real lists use the stroke as a bar.
_HAN = "\u3005\u3007\u3400-\u4e27\u4e29-\u9fff\U00020000-\U000323af"
_ASTRAL = "\U00010000"
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
# Read as latin only where latin letters stand beside them; Russian and Greek words, and α alone, stay what they are.
# μ, π, ω and the like are left out: units and formulas (μm, kΩ) mix them with latin letters in good faith.
_LIKENESS = dict(zip("авеозкмнрстухіјѕһԁԛԝѵґєαβγεζηικνορτυχϲϳ", "abeo3kmhpctyxijshdqwvreabyeznikvoptuxcj", strict=True))
# Signs that no word holds: one of them after a letter is a letter (α∨, a√).
_SIGNS = dict(zip("∨⋁√", "vvv", strict=True))
_ALIKE = re.compile(f"[{''.join(_LIKENESS)}{''.join(_SIGNS)}]")
_RUN = re.compile(f"[a-z{''.join(_LIKENESS)}{''.join(_SIGNS)}]{{2,}}")
_TO_LATIN = str.maketrans(_LIKENESS | _SIGNS)
# The initials and finals of Hanyu Pinyin (ISO 7098), tones and umlauts folded away; a free combination of both is more
# than the 400 syllables there are, but never an English word of the kind that stands in brackets (app, vip, pdf).
_SYLLABLES = tuple(
    (first.split(" "), last.split())
    for first, last in (
        ("b p m f", "a o ai ei ao ou an en ang eng i ie iao iu ian in ing u"),
        (
            "d t n l",
            "a e ai ei ao ou an en ang eng ong i ia ie iao iu ian in iang ing u uo ui uan un ue ve v",
        ),
        ("g k h", "a e ai ei ao ou an en ang eng ong u ua uo uai ui uan un uang"),
        ("j q x", "i ia ie iao iu ian in iang ing iong u ue uan un"),
        ("z c s zh ch sh r", "a e ai ei ao ou an en ang eng ong i u ua uo uai ui uan un uang"),
        ("y", "a e i o ao ou an in ang ing ong u ue uan un"),
        ("w", "u a o ai ei an en ang eng"),
        ("", "ai ei ao ou an en ang er"),
    )
)
_SYLLABLE = "|".join(f"(?:{'|'.join(firsts)})(?:{'|'.join(lasts)})" for firsts, lasts in _SYLLABLES)
_SYLLABLE = f"(?:{_SYLLABLE})"
# Asterisks inside a word (无*码) go with them; a star between Han characters is no sign of anything else. The look back
# stands behind the first character, so that the search may jump from bracket to bracket.
_GLOSS = re.compile(
    f"\\((?<=[{_HAN}]\\(){_SYLLABLE}\\)(?:\\({_SYLLABLE}\\))*(?:\\*{{1,3}}(?=[{_HAN}]))?"
    f"|\\*(?<=[{_HAN}]\\*)\\*{{0,2}}(?=[{_HAN}])"
)
# One letter is a gloss only with its tone (恶(è)): (a) and (e) number pictures and answers.
_TONES = "āáǎàōóǒòēéěè"
_TONED = re.compile(f"[(（](?<=[{_HAN}\uf900-\ufaff].)[{_TONES}][)）](?:[(（][{_TONES}][)）])*")
# What stands between characters to keep them from being read as a word. Commas, 、 and / are left out, being what good
# lists are made of; pictures may differ from gap to gap, other fillers must repeat.
_PICTURE = "\u2190-\u23ff\u2500-\u27bf\u2900-\u297f\u2b00-\u2bff\u3013\U0001f000-\U0001faff"
_FILLER = " \t*._~+=^#@$%&`'\"|\\-\u00b7\u2022\u30fb\u2027\u2219\u22c5\u4e28"
_JOINTS = re.compile(
    f"(?<![{_HAN}])[{_HAN}](?:"
    f"(?P<same>[{_FILLER}{_PICTURE}]{{1,3}})[{_HAN}](?![{_HAN}])(?:(?P=same)[{_HAN}](?![{_HAN}]))+"
    f"|(?:[{_PICTURE}]{{1,3}}[{_HAN}](?![{_HAN}])){{2,}})"
)
# Cheap to look for, and in every joint.
_GAPS = re.compile(f"[{_FILLER}{_PICTURE}][{_HAN}][{_FILLER}{_PICTURE}]")
_FILLERS = re.compile(f"[^{_HAN}]+")


class Folded(NamedTuple):
    """A text in one spelling; ``offsets`` maps its code points to those of the text it was made from."""

    text: str
    offsets: OffsetMap


def fold(text: str) -> Folded:
    """The folded text, in linear time.

    Runs of white space stay (as blanks of one kind); nothing is added at either end. Any string is taken, lone
    surrogates and NUL included. Folding a folded text changes nothing.
    """
    if text.isascii() and not _CONTROLS.search(text):
        return Folded(text if text.islower() else text.lower(), _IDENTITY)
    folded, offsets = text, _IDENTITY
    wrong = repairs(text)
    if wrong:
        folded, offsets = _change(folded, offsets, wrong)
    patterns = _patterns()
    if patterns.touched.search(folded):
        folded, offsets = _change(folded, offsets, _uneven(folded))
        folded = folded.translate(patterns.table)
    if _ALIKE.search(folded):
        folded = _RUN.sub(_latin, folded)
    folded, offsets = _change(folded, offsets, _apart(folded))
    if "(" in folded or "*" in folded:
        folded, offsets = _change(folded, offsets, [(*found.span(), "") for found in _GLOSS.finditer(folded)])
    if _GAPS.search(folded):
        joints = [
            (found.start() + gap.start(), found.start() + gap.end(), "")
            for found in _JOINTS.finditer(folded)
            for gap in _FILLERS.finditer(found.group())
        ]
        folded, offsets = _change(folded, offsets, joints)
    # The caller's own string where nothing changed, so that two equal ones are not kept.
    return Folded(text if folded == text else folded, offsets)


# A stretch of a text, and what takes its place.
_Change = tuple[int, int, str]


def _uneven(text: str) -> list[_Change]:
    """The characters that are dropped or become several, and the toned glosses of one letter."""
    changes = [(*found.span(), _SEVERAL[found.group()]) for found in _patterns().uneven.finditer(text)]
    if _BEYOND.search(text):
        for found in _BEYOND.finditer(text):
            new = _SEVERAL.get(found.group(), found.group())
            if new != found.group():
                changes.append((*found.span(), new))
        changes.sort()
    if "(" in text or "（" in text:
        toned = [(*found.span(), "") for found in _TONED.finditer(text)]
        if toned:
            changes = sorted(changes + toned)
    return changes


def _apart(text: str) -> list[_Change]:
    """The characters that are written as two."""
    changes: list[_Change] = []
    behind = 0
    for found in _patterns().apart.finditer(text):
        at = found.start()
        made = SPLITS.get(text[at : at + 2])
        if made is not None and at >= behind:
            behind = at + 2
            changes.append((at, behind, made))
    return changes


def _latin(found: re.Match[str]) -> str:
    """A run of letters as latin, where a latin letter or a sign in it says that it is meant to be read so."""
    run = found.group()
    if run.isascii():
        return run
    if any("a" <= character <= "z" for character in run) or any(sign in run for sign in _SIGNS):
        return run.translate(_TO_LATIN)
    return run


def _change(text: str, offsets: OffsetMap, changes: list[_Change]) -> tuple[str, OffsetMap]:
    """Makes the changes, in order and apart from each other, and carries the map along."""
    if not changes:
        return text, offsets
    parts: list[str] = []
    pieces: list[Piece] = []
    size = at = 0
    old = _Walk(offsets)
    for start, end, new in (*changes, (len(text), len(text), "")):
        if start > at:
            parts.append(text[at:start])
            pieces += old.between(at, start, size)
            size += start - at
        if new:
            parts.append(new)
            first, last = old.stretch(start, end)
            pieces.append(Piece(size, first, last - first))
            size += len(new)
        at = end
    return "".join(parts), OffsetMap(pieces)


class _Walk:
    """Reads a map from left to right, so that all the changes of a text cost one pass over its pieces."""

    def __init__(self, offsets: OffsetMap) -> None:
        self._pieces = offsets.pieces
        self._at = 0

    def between(self, start: int, end: int, size: int) -> Iterator[Piece]:
        """The pieces of ``[start, end)``, moved to begin at ``size``."""
        self._seek(start)
        while True:
            piece = self._pieces[self._at]
            begin = max(start, piece.start)
            origin = piece.origin if piece.width else piece.origin + begin - piece.start
            yield Piece(size + begin - start, origin, piece.width)
            if self._at + 1 == len(self._pieces) or self._pieces[self._at + 1].start >= end:
                return
            self._at += 1

    def stretch(self, start: int, end: int) -> tuple[int, int]:
        """Where ``[start, end)`` comes from."""
        pieces = list(self.between(start, end, start))
        first, last = pieces[0], pieces[-1]
        return first.origin, last.origin + (last.width or end - last.start)

    def _seek(self, index: int) -> None:
        while self._at + 1 < len(self._pieces) and self._pieces[self._at + 1].start <= index:
            self._at += 1


# -- the tables


def _by_number(changes: dict[str, str]) -> tuple[int, ...]:
    """The one-to-one changes of the BMP by code point.

    A tuple, because ``translate`` reads one twice as fast as a dictionary, where each missing key costs an exception.
    """
    table = list(range(ord(_ASTRAL)))
    for old, new in changes.items():
        table[ord(old)] = ord(new)
    return tuple(table)


def _any_of(characters: Iterable[str]) -> str:
    """A character class, in ranges, without its brackets."""
    ranges: list[list[int]] = []
    for number in sorted(map(ord, characters)):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in ranges)


def _outside(characters: Iterable[str], charset: str) -> str:
    """The characters of the BMP that a national charset does not hold."""
    return "".join(
        character for character in set(characters) if character < _ASTRAL and not character.encode(charset, "ignore")
    )


def classes() -> dict[str, Any]:
    """What the engine in ``native/`` has to know of characters to fold texts.

    A text that holds nothing of these but what ``from`` and ``to`` say is folded by that table alone, all others step
    by step; only :func:`repairs` is asked for. Tests hold the engine to :func:`fold`, which says what folding is.
    """
    return {
        "from": "".join(_SMALL_CHANGES),
        "to": "".join(_SMALL_CHANGES.values()),
        "dropped": "".join(character for character in _SMALL if not _SEVERAL[character] and character not in BACKWARDS),
        # Made several, or a sign of text written backwards, or of text that went through a wrong charset.
        "uneven": "".join(_SMALL) + BACKWARDS,
        "misread": RARE,
        "wrong_first": WRONG[0],
        "wrong_second": WRONG[1],
        "alike": "".join(_LIKENESS),
        "sign": "".join(_SIGNS),
        "filler": "".join(re.findall(f"[{_FILLER}{_PICTURE}]", "".join(map(chr, range(ord(_ASTRAL)))))),
        "splits": SPLITS,
        "several": {old: new for old, new in _SEVERAL.items() if old != new},
        "likeness": _LIKENESS | _SIGNS,
        "glossed": [first + last for firsts, lasts in _SYLLABLES for first in firsts for last in lasts],
        "split_first": "".join({pair[0] for pair in SPLITS}),
        "split_second": "".join({pair[1] for pair in SPLITS}),
        "toned": _TONES,
        "traditional": _OLD,
        "simplified": _NEW,
    }


_IDENTITY = OffsetMap.identity()
# 0.3 s of Unicode look-ups, spared at every start. Traditional -> simplified; two components -> what they make.
SIMPLIFIED = _tables.pairs("simplified")
_FOLDING = _tables.table("folding")
_SMALL_CHANGES: dict[str, str] = dict(zip(*_FOLDING["one"], strict=True))
_SEVERAL: dict[str, str] = _FOLDING["several"]
SPLITS = _tables.pairs("splits", 2)
# GB 2312 holds the simplified script and Big5 the traditional one; a character of both, such as 后, says nothing.
_OLD, _NEW = _outside(SIMPLIFIED, "gb2312"), _outside(SIMPLIFIED.values(), "big5")
# Beyond the BMP a class of many ranges is searched range by range for every character (11 MB/s instead of 300), so
# these characters are looked for as one range, and the tables decide.
_BEYOND = re.compile(f"[{_ASTRAL}-\U0010ffff]")
_SMALL = [character for character in _SEVERAL if character < _ASTRAL]


class _Patterns(NamedTuple):
    """Large classes of characters, as patterns; ``table`` is for ``translate``."""

    table: tuple[int, ...]
    uneven: re.Pattern[str]
    touched: re.Pattern[str]
    apart: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    """Made when the first text comes that the engine does not fold by its own table: they take 50 ms."""
    firsts, seconds = ({pair[at] for pair in SPLITS} for at in (0, 1))
    return _Patterns(
        _by_number(_SMALL_CHANGES),
        re.compile(f"[{_any_of(_SMALL)}]"),
        re.compile(f"[{_any_of(chain(_SMALL, _SMALL_CHANGES))}{_ASTRAL}-\U0010ffff]"),
        # The second one is looked at only: it may be the first of another pair.
        re.compile(f"[{_any_of(firsts)}](?=[{_any_of(seconds)}])"),
    )
