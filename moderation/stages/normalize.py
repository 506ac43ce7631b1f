"""Text -> folded text: one spelling for what attackers vary, with the exact way back.

The tables stand here, the steps in ``native/text/folding.cpp``. Their order makes folding twice the same as folding
once::

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
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from moderation import _native
from moderation.data import OffsetMap, Piece
from moderation.stages import _tables
from moderation.stages._repair import BACKWARDS, RARE, WRONG, repairs

__all__ = ["SIMPLIFIED", "SPLITS", "Folded", "classes", "fold", "repairs"]

_ASTRAL = "\U00010000"
# Read as latin only where latin letters stand beside them; Russian and Greek words, and α alone, stay what they are.
# μ, π, ω and the like are left out: units and formulas (μm, kΩ) mix them with latin letters in good faith.
_LIKENESS = dict(zip("авеозкмнрстухіјѕһԁԛԝѵґєαβγεζηικνορτυχϲϳ", "abeo3kmhpctyxijshdqwvreabyeznikvoptuxcj", strict=True))
# Signs that no word holds: one of them after a letter is a letter (α∨, a√).
_SIGNS = dict(zip("∨⋁√", "vvv", strict=True))
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
# One letter is a gloss only with its tone (恶(è)): (a) and (e) number pictures and answers.
_TONES = "āáǎàōóǒòēéěè"
# What stands between characters to keep them from being read as a word. Commas, 、 and / are left out, being what good
# lists are made of; pictures may differ from gap to gap, other fillers must repeat.
_FILLER = " \t*._~+=^#@$%&`'\"|\\-\u00b7\u2022\u30fb\u2027\u2219\u22c5\u4e28"


class Folded(NamedTuple):
    """A text in one spelling; ``offsets`` maps its code points to those of the text it was made from."""

    text: str
    offsets: OffsetMap


@cache
def _characters() -> _native.Characters:
    return _native.Characters({}, {}, [], {**classes(), "gloss": ""})


def fold(text: str) -> Folded:
    """The folded text, in linear time; the steps are those of ``native/text/folding.cpp``.

    Runs of white space stay (as blanks of one kind); nothing is added at either end. Any string is taken, lone
    surrogates and NUL included. Folding a folded text changes nothing.
    """
    characters = _characters()
    folded, pieces = characters.fold(text) or characters.fold_steps(text, repairs)
    # The caller's own string where nothing changed, so that two equal ones are not kept.
    return Folded(text if folded == text else folded, OffsetMap([Piece(*piece) for piece in pieces]))


# -- the tables


def _outside(characters: Iterable[str], charset: str) -> str:
    """The characters of the BMP that a national charset does not hold."""
    return "".join(
        character for character in set(characters) if character < _ASTRAL and not character.encode(charset, "ignore")
    )


def classes() -> dict[str, Any]:
    """What the engine in ``native/`` has to know of characters to fold texts.

    A text that holds nothing of these but what ``from`` and ``to`` say is folded by that table alone, all others step
    by step; only :func:`repairs` is asked for.
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
        "filler": "".join(re.findall(f"[{_FILLER}]", "".join(map(chr, range(ord(_ASTRAL)))))),
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


# 0.3 s of Unicode look-ups, spared at every start. Traditional -> simplified; two components -> what they make.
SIMPLIFIED = _tables.pairs("simplified")
_FOLDING = _tables.table("folding")
_SMALL_CHANGES: dict[str, str] = dict(zip(*_FOLDING["one"], strict=True))
_SEVERAL: dict[str, str] = _FOLDING["several"]
SPLITS = _tables.pairs("splits", 2)
# GB 2312 holds the simplified script and Big5 the traditional one; a character of both, such as 后, says nothing.
_OLD, _NEW = _outside(SIMPLIFIED, "gb2312"), _outside(SIMPLIFIED.values(), "big5")
_SMALL = [character for character in _SEVERAL if character < _ASTRAL]
