"""What attackers do to a planted text so that a filter does not read it, while a reader still does.

Each way is a function of the text, of its markup, or of the place it is planted in; two ways of different kinds are
applied one after the other. ``datasets/lookalikes.txt`` and the tables of the folding are what the characters are from.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from moderation.data import Span
from moderation.stages.normalize import SIMPLIFIED, SPLITS
from moderation.stages.tokens import SOUND_OF, SYLLABLES, dictionary
from moderation.training.planting import Injected, inject
from moderation.training.synthesis import Composer, Injection

__all__ = ["EVASIONS", "PLAIN_PLACEMENTS", "Evader", "Evasion", "pairs_of"]

# Where an evaded text is planted unless the way is a place of its own.
PLAIN_PLACEMENTS = ("title-alone", "title-prefix", "meta-only", "first-line", "bare-text", "hidden-div", "h1-link")
_SEPARATOR = re.compile(
    r"([_,|\n、，丨;；]+| [|I-] |(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])|(?<=[^\x00-\x7f])-(?=[^\x00-\x7f]))"
)
_HAN = re.compile("[\u4e00-\u9fff]")
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_SYMBOLS = ("*", ".", "-", "~", "·", "•", "^", "★", "☆", "◆", "✨", "🔥")
_PICTURES = ("🔥", "✨", "🎰", "💰", "🏆", "💋", "⭐", "🎁", "👉", "❤️", "🀄", "⚽")
_DIGITS = str.maketrans("oilesatbgOILESATBG", "011354789011354789")
_GREEK = str.maketrans("avoepcxiyAVOEPCXIY", "ανоерсхіуανоерсхіу")
# Stands for the planted text while its markup is made.
_HERE = "\ue000"
_CUT = 0.34


class Evasion(NamedTuple):
    """One way. Ways of two kinds can be paired (``kind``: characters, between, order, direction, neighbours, …).

    ``readable``: whether a reader without the key still reads it; what nobody reads is measured and has no floor.
    """

    name: str
    kind: str
    readable: bool = True


EVASIONS = (
    Evasion("traditional", "characters"),
    Evasion("full-width", "characters"),
    Evasion("look-alikes", "characters"),
    Evasion("homophones", "characters"),
    Evasion("pinyin", "characters"),
    Evasion("pinyin-in-part", "characters"),
    Evasion("initials", "characters", readable=False),
    Evasion("split-characters", "characters"),
    Evasion("digits-as-letters", "characters"),
    Evasion("invisible", "between"),
    Evasion("blanks", "between"),
    Evasion("symbols", "between"),
    Evasion("emoji", "between"),
    Evasion("glossed", "between"),
    Evasion("shuffled", "order"),
    Evasion("backwards-override", "direction"),
    Evasion("backwards", "order", readable=False),
    Evasion("diluted-1-1", "neighbours"),
    Evasion("diluted-3-1", "neighbours"),
    Evasion("utf8-as-gbk", "charset"),
    Evasion("utf8-as-latin1", "charset"),
    Evasion("gbk-as-latin1", "charset"),
    Evasion("gbk-as-utf8", "charset", readable=False),
    Evasion("entities", "markup"),
    Evasion("tags", "markup"),
    Evasion("attribute", "place"),
    Evasion("title-infix", "place"),
    Evasion("paragraph-middle", "place"),
    Evasion("paragraph-end", "place"),
    Evasion("substitution", "place"),
)
# The order in which two are applied: what changes the characters last must not hide them from what comes first.
_STEPS = ("neighbours", "order", "characters", "between", "direction", "charset", "markup", "place")
# A wrong reading of bytes tears apart what has something between its characters, and GBK has no sign for a direction:
# nobody reads the two together.
_TORN = frozenset({frozenset({"between", "charset"}), frozenset({"direction", "charset"})})


def pairs_of(evasions: Sequence[Evasion] = EVASIONS) -> list[tuple[Evasion, Evasion]]:
    """Every two readable ways that go together, in the order they are applied in."""
    readable = sorted((each for each in evasions if each.readable), key=lambda each: _STEPS.index(each.kind))
    return [
        (one, two)
        for one, two in combinations(readable, 2)
        if one.kind != two.kind and frozenset({one.kind, two.kind}) not in _TORN
    ]


@dataclass(frozen=True)
class Evader:
    """Applies ways to texts and plants the result.

    Args:
        likenesses: characters that look like a character, by character.
        genuine: composes the words that dilute.
        random: the stream of choices.
    """

    likenesses: Mapping[str, str]
    genuine: Composer
    random: random.Random

    @classmethod
    def load(cls, datasets: Path, genuine: Composer, seed: int) -> Evader:
        """An evader with the tables of a datasets folder."""
        lines = (datasets / "lookalikes.txt").read_text("utf-8").splitlines()
        likenesses = {line[0]: line[2:] for line in lines if not line.startswith("#")}
        return cls(likenesses, genuine, random.Random(seed))

    def text(self, name: str, text: str) -> str:
        """A text evaded in one way that concerns text (the others leave it as it is)."""
        way = _TEXT.get(name)
        return way(self, text) if way else text

    def plant(self, page: str, injection: Injection, ways: Sequence[Evasion]) -> Injected | None:
        """The page with the injection planted so, or None where the page has no such place or nothing is changed."""
        text = injection.text.replace("\n", " ")
        placement = ""
        markup: Callable[[str], str] | None = None
        for way in sorted(ways, key=lambda each: _STEPS.index(each.kind)):
            if way.kind == "place":
                placement = way.name
            elif way.kind == "markup":
                markup = _MARKUP[way.name]
            else:
                evaded = self.text(way.name, text)
                if evaded == text:
                    return None
                text = evaded
        if not text.strip():
            return None
        if not placement:
            bodies = [each for each in PLAIN_PLACEMENTS if not each.startswith(("title", "meta"))]
            placement = self.random.choice(bodies if markup is _tags else PLAIN_PLACEMENTS)
        made = inject(page, injection._replace(text=_HERE), placement, self.random)
        if made is None or (markup is _tags and placement in ("attribute", "title-infix")):
            return None
        written = markup(text) if markup else text
        # Some placements write their text in references.
        content = made.content.replace(_entities(_HERE), _HERE)
        start = content.index(_HERE)
        return made._replace(
            content=content.replace(_HERE, written, 1),
            span=Span(start, start + len(written)),
            injection=injection,
        )

    # -- the ways, each a function of the text

    def _some(self, text: str, change: Callable[[str], str], share: float = _CUT) -> str:
        """About a third of a keyword's characters changed, at least one of each keyword that can be."""
        parts = _SEPARATOR.split(text)
        for at in range(0, len(parts), 2):
            letters = list(parts[at])
            able = [index for index, letter in enumerate(letters) if change(letter) != letter]
            count = max(1, round(share * len(letters)))
            for index in self.random.sample(able, min(count, len(able))):
                letters[index] = change(letters[index])
            parts[at] = "".join(letters)
        return "".join(parts)

    def _traditional(self, text: str) -> str:
        return "".join(_traditional().get(letter, letter) for letter in text)

    def _full_width(self, text: str) -> str:
        return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)

    def _look_alikes(self, text: str) -> str:
        def change(letter: str) -> str:
            near = self.likenesses.get(letter)
            return near[int(self.random.random() * len(near))] if near else letter.translate(_GREEK)

        return self._some(text, change)

    def _homophones(self, text: str) -> str:
        def change(letter: str) -> str:
            near = [other for other in _alike().get(SOUND_OF.get(letter, ""), "") if other != letter]
            return self.random.choice(near) if near else letter

        return self._some(text, change)

    def _pinyin(self, text: str) -> str:
        blank = self.random.choice(("", " "))
        return _HAN.sub(lambda found: _syllable(found.group()) + blank, text).strip()

    def _pinyin_in_part(self, text: str) -> str:
        return self._some(text, _syllable)

    def _initials(self, text: str) -> str:
        return _HAN.sub(lambda found: _syllable(found.group())[:1], text)

    def _split(self, text: str) -> str:
        return self._some(text, lambda letter: _apart().get(letter, letter))

    def _digits(self, text: str) -> str:
        return text.translate(_DIGITS)

    def _between(self, text: str, mark: Callable[[], str], every: float = 1.0) -> str:
        parts = _SEPARATOR.split(text)
        for at in range(0, len(parts), 2):
            letters = list(parts[at])
            parts[at] = "".join(
                letter + (mark() if index < len(letters) - 1 and self.random.random() < every else "")
                for index, letter in enumerate(letters)
            )
        return "".join(parts)

    def _invisible(self, text: str) -> str:
        return self._between(text, lambda: self.random.choice(_INVISIBLE))

    def _blanks(self, text: str) -> str:
        return self._between(text, lambda: " ")

    def _symbols(self, text: str) -> str:
        symbol = self.random.choice(_SYMBOLS)
        return self._between(text, lambda: symbol)

    def _emoji(self, text: str) -> str:
        return self._between(text, lambda: self.random.choice(_PICTURES), 0.4)

    def _glossed(self, text: str) -> str:
        return self._some(text, lambda letter: f"{letter}({_syllable(letter)})" if _HAN.match(letter) else letter)

    def _shuffled(self, text: str) -> str:
        parts = _SEPARATOR.split(text)
        words = parts[::2]
        if len(words) > 2:
            self.random.shuffle(words)
            parts[::2] = words
            return "".join(parts)
        words = dictionary().cut(text)
        self.random.shuffle(words)
        return "".join(words).strip()

    def _override(self, text: str) -> str:
        return f"\u202e{text[::-1]}\u202c"

    def _backwards(self, text: str) -> str:
        parts = _SEPARATOR.split(text)
        return "".join(part[::-1] if at % 2 == 0 else part for at, part in enumerate(parts))

    def _diluted(self, text: str, times: int) -> str:
        parts = _SEPARATOR.split(text)
        words, joints = parts[::2], parts[1::2]
        joint = joints[0] if joints else self.random.choice(("_", ",", "-", " "))
        out: list[str] = []
        for word in words:
            out.append(word)
            out += [self.genuine.phrase("clean") for _ in range(times)]
        return joint.join(out)


def _misread(text: str, charset: str, reading: str) -> str:
    return text.encode(charset, "ignore").decode(reading, "replace").replace("\ufffd", "?")


_TEXT: dict[str, Callable[[Evader, str], str]] = {
    "traditional": Evader._traditional,
    "full-width": Evader._full_width,
    "look-alikes": Evader._look_alikes,
    "homophones": Evader._homophones,
    "pinyin": Evader._pinyin,
    "pinyin-in-part": Evader._pinyin_in_part,
    "initials": Evader._initials,
    "split-characters": Evader._split,
    "digits-as-letters": Evader._digits,
    "invisible": Evader._invisible,
    "blanks": Evader._blanks,
    "symbols": Evader._symbols,
    "emoji": Evader._emoji,
    "glossed": Evader._glossed,
    "shuffled": Evader._shuffled,
    "backwards-override": Evader._override,
    "backwards": Evader._backwards,
    "diluted-1-1": lambda evader, text: evader._diluted(text, 1),
    "diluted-3-1": lambda evader, text: evader._diluted(text, 3),
    "utf8-as-gbk": lambda _, text: _misread(text, "utf-8", "gbk"),
    "utf8-as-latin1": lambda _, text: _misread(text, "utf-8", "latin-1"),
    "gbk-as-latin1": lambda _, text: _misread(text, "gb18030", "latin-1"),
    "gbk-as-utf8": lambda _, text: _misread(text, "gb18030", "utf-8"),
}


def _entities(text: str) -> str:
    return "".join(f"&#{ord(letter)};" for letter in text)


def _tags(text: str) -> str:
    return "".join(f"<span>{letter}</span>" for letter in text)


_MARKUP = {"entities": _entities, "tags": _tags}


# -- the tables, turned round


@cache
def _traditional() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for old, new in SIMPLIFIED.items():
        # Big5 holds the form that is in use, not its variants.
        if old < "\U00010000" and old.encode("big5", "ignore"):
            found.setdefault(new, old)
    return found


@cache
def _alike() -> Mapping[str, str]:
    """The common characters of each sound."""
    found: dict[str, str] = {}
    for letter, sound in SOUND_OF.items():
        # GB 2312 orders its first level, the common characters, by sound, and ends it with 座.
        if letter.encode("gb2312") <= "座".encode("gb2312"):
            found[sound] = found.get(sound, "") + letter
    return found


@cache
def _spelled() -> Mapping[str, str]:
    return {sound: syllable for syllable, sound in SYLLABLES.items()}


def _syllable(letter: str) -> str:
    return _spelled().get(SOUND_OF.get(letter, ""), letter)


@cache
def _apart() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for pair, letter in SPLITS.items():
        found.setdefault(letter, pair)
    return found
