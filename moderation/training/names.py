"""Names of brands, doorways, sites and wallets: read from ``lexicon/names.toml``, and composed into strings.

Spam puts such a string where the name of an institution stood. ``compose_name`` makes one, ``compose_honest`` makes the
name of an honest firm, school or place that shares a stem with one. A **stem** stands for a name and all its other
spellings and letters; it is what a fold holds out.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from moderation.errors import DataSetError

__all__ = ["NAME_LABELS", "Name", "Names", "compose_honest", "compose_name", "load_names"]

NAME_LABELS = ("gambling", "adult", "escort", "fraud")

_SLOT = re.compile(r"\{([a-z_]+)\}")
_SLOTS = frozenset({"name", "alias", "code", "digits", "latin", "decoration", "strong", "in_front"})
# What makes letters or digits by chance, and with them an age.
_CHANCE = frozenset({"alias", "code", "digits", "latin"})
_KINDS = ("han", "latin", "game", "adult", "escort", "fraud")
_PATTERNS = frozenset({*_KINDS, "bare", *(f"{kind}_weak" for kind in _KINDS if kind != "game")})
_HAN = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile(r"[a-z0-9-]+")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SUFFIXES = ("am", "cc", "com", "vip", "net", "a")
# Lengths of codes in digits, as often as they were seen in names that stand in the place of an institution's.
_LENGTHS = (2, 3, 3, 4, 4, 4, 4, 4, 4, 5, 5, 6, 7, 8)
# Share of strings without a known name, and of strings that bear a stem of `often`.
_BARE = 0.1
_OFTEN = 0.5
# Of the honest names: names as they are, tails of the name itself, a place in front, an ending behind.
_WHOLE = 0.12
_OWN_TAIL = 0.6
_PLACE = 0.25
_ENDING = 0.3


class Name(NamedTuple):
    """One spelling of a name.

    Args:
        text: folded, as the engine compares it.
        label: of the spam that bears it.
        common: whether it is an everyday word, a place or an honest firm as well, and says nothing alone.
        stem: the name whose spelling it is; its own text where there are no others.
        game: whether it is a lottery or a game, which bears no code.
    """

    text: str
    label: str
    common: bool
    stem: str
    game: bool = False

    @property
    def kind(self) -> str:
        """The patterns that fit: by label, and by script within gambling."""
        if self.label != "gambling":
            return self.label
        return "game" if self.game else "han" if _HAN.search(self.text) else "latin"


@dataclass(frozen=True)
class Names:
    """All of ``lexicon/names.toml``.

    Args:
        names: every spelling, in the order of the file.
        aliases: letters that stand for a stem in codes, by stem.
        behind: words that glue to a name from behind.
        in_front: words that glue to a name from in front.
        strong: those that make a betting string behind an unknown code too.
        idle: words that everybody uses: such words alone are no evidence.
        slots: words that stand behind an institution's name, by kind (school, office, firm).
        self_words: the institution's words for itself.
        tails: words that follow a common name in honest names.
        tails_of: the same of one name, by its text.
        places: cities, in front of an honest name.
        endings: what goes on behind an honest name.
        whole: honest names that look like a code or hold a strong decoration.
        often: stems that most strings bear.
        loose: common stems that a weak word alone turns into a betting string.
        patterns: of strings, by kind.
    """

    names: tuple[Name, ...]
    aliases: Mapping[str, tuple[str, ...]]
    behind: tuple[str, ...]
    in_front: tuple[str, ...]
    strong: tuple[str, ...]
    idle: tuple[str, ...]
    slots: Mapping[str, tuple[str, ...]]
    self_words: tuple[str, ...]
    tails: tuple[str, ...]
    tails_of: Mapping[str, tuple[str, ...]]
    places: tuple[str, ...]
    endings: tuple[str, ...]
    whole: tuple[str, ...]
    often: frozenset[str]
    loose: frozenset[str]
    patterns: Mapping[str, tuple[str, ...]]

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of all names."""
        return frozenset(name.stem for name in self.names)

    def restrict(self, keep: Callable[[str], bool]) -> Names:
        """The names whose stem ``keep`` accepts, with what belongs to them; all that is no name stays.

        Args:
            keep: takes a stem; hash it, so that a stem is in the same fold in every run.
        """
        kept = frozenset(filter(keep, self.stems))
        names = tuple(name for name in self.names if name.stem in kept)
        texts = {name.text for name in names}
        return replace(
            self,
            names=names,
            aliases={stem: letters for stem, letters in self.aliases.items() if stem in kept},
            tails_of={text: tails for text, tails in self.tails_of.items() if text in texts},
            often=self.often & kept,
            loose=self.loose & kept,
        )

    @cached_property
    def _drawn(self) -> Mapping[str, tuple[tuple[Name, ...], tuple[Name, ...]]]:
        """By label, and of the common ones under ``honest``: all names, and those with a stem of ``often``."""
        groups = {label: [name for name in self.names if name.label == label] for label in NAME_LABELS}
        # Firms and places are named in Han; letters and numbers are so where tails of their own say it.
        groups["honest"] = [
            name
            for name in self.names
            if name.common and (name.text in self.tails_of or (name.label == "gambling" and _HAN.search(name.text)))
        ]
        return {
            key: (tuple(names), tuple(name for name in names if name.stem in self.often))
            for key, names in groups.items()
        }

    @cached_property
    def _fitting(self) -> Mapping[tuple[str, bool, bool], tuple[str, ...]]:
        """Patterns by kind, whether weak ones are among them, and whether the stem has letters."""
        return {
            (kind, weak, letters): tuple(
                pattern
                for pattern in self.patterns[kind] + (self.patterns.get(f"{kind}_weak", ()) if weak else ())
                if letters or "{alias}" not in pattern
            )
            for kind in _KINDS
            for weak in (False, True)
            for letters in (False, True)
        }

    def draw(self, group: str, pick: random.Random) -> Name:
        """A name of a label, or with ``honest`` a common one of any label.

        Raises:
            DataSetError: no name of that group is left.
        """
        every, often = self._drawn[group]
        if not every:
            raise DataSetError(f"names: none of {group} is left; let restrict() keep more stems")
        return pick.choice(often if often and pick.random() < _OFTEN else every)

    def patterns_for(self, name: Name) -> tuple[str, ...]:
        """The patterns that make a string of this name which no honest firm would bear."""
        weak = not name.common or name.stem in self.loose
        return self._fitting[name.kind, weak, name.stem in self.aliases]


def compose_name(names: Names, pick: random.Random, label: str = "gambling") -> tuple[str, str]:
    """A string as spam puts it where an institution's name stood, and the stem it bears.

    Args:
        names: what to compose from.
        pick: the random stream.
        label: one of ``NAME_LABELS``.

    Returns:
        The string and its stem; the stem is empty where an unknown code stands for a name.

    Raises:
        DataSetError: no name of the label is left.
    """
    if label == "gambling" and pick.random() < _BARE:
        text = _filled(names, pick, pick.choice(names.patterns["bare"]), None)
        return (text, "") if text not in names.whole else compose_name(names, pick, label)
    name = names.draw(label, pick)
    return _filled(names, pick, pick.choice(names.patterns_for(name)), name), name.stem


def compose_honest(names: Names, pick: random.Random) -> tuple[str, str]:
    """The name of an honest firm, school or place that shares a stem with a betting name.

    Returns:
        The name and the stem; the stem is empty where the name only looks like a code.

    Raises:
        DataSetError: no common name is left.
    """
    if pick.random() < _WHOLE:
        return pick.choice(names.whole), ""
    name = names.draw("honest", pick)
    own = names.tails_of.get(name.text)
    text = name.text + pick.choice(own if own and pick.random() < _OWN_TAIL else names.tails)
    if pick.random() < _PLACE:
        text = pick.choice(names.places) + text
    if pick.random() < _ENDING:
        text += pick.choice(names.endings)
    return text, name.stem


def _filled(names: Names, pick: random.Random, pattern: str, name: Name | None) -> str:
    letters = names.aliases.get(name.stem, ()) if name else ()

    def digits() -> str:
        return "".join(pick.choices("0123456789", k=pick.choice(_LENGTHS)))

    def latin() -> str:
        return "".join(pick.choices(_LETTERS, k=pick.choice((1, 2, 2, 2, 3))))

    def code() -> str:
        if pick.random() < 0.4:
            return digits() + pick.choice(_SUFFIXES)
        return (pick.choice(letters) if letters else latin()) + digits() + pick.choice(("", "", "", "cc", "com"))

    def term(found: re.Match[str]) -> str:
        slot = found[1]
        if slot == "name":
            return name.text if name else ""
        if slot == "alias":
            return pick.choice(letters)
        if slot in made:
            return made[slot]()
        return pick.choice(words[slot])

    made = {"digits": digits, "latin": latin, "code": code}
    words = {"decoration": names.behind, "strong": names.strong, "in_front": names.in_front}
    return _SLOT.sub(term, pattern)


def load_names(folder: Path) -> Names:
    """Reads ``lexicon/names.toml`` of a datasets folder.

    Raises:
        DataSetError: the file is missing, is no TOML, or says something that cannot be meant.
    """
    path = folder / "lexicon" / "names.toml"
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataSetError(f"{path} cannot be read: {error}; it is part of the project, restore it") from None
    read = _Table(path, table)
    names = tuple(_names(read))
    stems = {name.stem for name in names}
    texts = {name.text for name in names if name.common}
    made = Names(
        names=names,
        aliases=read.lists("aliases"),
        behind=read.words("decorations", "behind"),
        in_front=read.words("decorations", "in_front"),
        strong=read.words("decorations", "strong"),
        idle=read.words("everyday", "words"),
        slots={kind: words for kind, words in read.lists("slots").items() if kind != "self"},
        self_words=read.words("slots", "self"),
        tails=read.words("honest", "tails"),
        tails_of=read.lists("honest", "tails_of"),
        places=read.words("honest", "places"),
        endings=read.words("honest", "endings"),
        whole=read.words("honest", "whole"),
        often=frozenset(read.words("compose", "often")),
        loose=frozenset(read.words("compose", "loose")),
        patterns=read.lists("compose", "patterns"),
    )
    for where, named in (("aliases", made.aliases), ("compose.often", made.often), ("compose.loose", made.loose)):
        for stem in sorted(set(named) - stems):
            raise read.wrong(where, f"{stem!r} is no stem", "name the head of its row in [variants]")
    for text in sorted(made.tails_of.keys() - texts):
        raise read.wrong("honest.tails_of", f"{text!r} is no common name", "add it to a list `common`, or drop the row")
    _check_patterns(read, made.patterns)
    return made


class _Table(NamedTuple):
    """A TOML file with its path, for errors that say where."""

    path: Path
    table: dict[str, Any]

    def wrong(self, where: str, problem: str, fix: str) -> DataSetError:
        return DataSetError(f"{self.path}: {where}: {problem}; {fix}")

    def section(self, *keys: str) -> dict[str, Any]:
        found: Any = self.table
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            raise self.wrong(".".join(keys), "is no table", f"write [{'.'.join(keys)}]")
        return found

    def words(self, *keys: str) -> tuple[str, ...]:
        """A list of different strings that are not empty."""
        where, found = ".".join(keys), self.section(*keys[:-1]).get(keys[-1])
        if not (isinstance(found, list) and found and all(isinstance(word, str) and word for word in found)):
            raise self.wrong(where, "is no list of words", f'write {keys[-1]} = ["…", "…"]')
        if keys[0] != "compose":
            for word in found:
                if found.count(word) > 1:
                    raise self.wrong(where, f"{word!r} stands twice", "drop one")
        return tuple(found)

    def lists(self, *keys: str) -> dict[str, tuple[str, ...]]:
        """The lists of one table; tables within it are left out."""
        section = self.section(*keys)
        return {key: self.words(*keys, key) for key in section if not isinstance(section[key], dict)}


def _names(read: _Table) -> Iterator[Name]:
    """Every spelling once, with its stem."""
    stem_of: dict[str, str] = {}
    for stem, spellings in read.lists("variants").items():
        for text in spellings:
            if text in stem_of or text == stem:
                raise read.wrong(f"variants.{stem}", f"{text!r} has a stem already", "leave it in one row")
            stem_of[text] = stem
    seen: dict[str, str] = {}
    for label in read.section("names"):
        if label not in NAME_LABELS:
            raise read.wrong(f"names.{label}", "is no label of names", f"use one of {', '.join(NAME_LABELS)}")
        for rank, texts in read.lists("names", label).items():
            if rank not in ("sure", "common", "games"):
                raise read.wrong(f"names.{label}.{rank}", "is unknown", "use sure, common or games")
            for text in texts:
                _check_name(read, f"names.{label}.{rank}", text)
                if text in seen:
                    raise read.wrong(f"names.{label}.{rank}", f"{text!r} is a name already", "drop one")
                seen[text] = label
                yield Name(text, label, rank == "common", stem_of.get(text, text), rank == "games")
    for text, stem in stem_of.items():
        if stem not in seen or stem in stem_of:
            raise read.wrong(f"variants.{stem}", "is no name, or a spelling of another", "add it to a list of [names]")
        if text not in seen:
            _check_name(read, f"variants.{stem}", text)
            yield Name(text, seen[stem], False, stem)
        elif seen[text] != seen[stem]:
            raise read.wrong(f"variants.{stem}", f"{text!r} has another label", "leave both in one label")


def _check_name(read: _Table, where: str, text: str) -> None:
    if not 2 <= len(text) <= 12:
        raise read.wrong(where, f"{text!r} has {len(text)} characters", "a name has 2 to 12; write its stem alone")
    if text != text.lower():
        raise read.wrong(where, f"{text!r} holds capitals", "write it in lower case")
    if _LATIN.fullmatch(text) and len(text) < 3 and not any(character.isdigit() for character in text):
        raise read.wrong(where, f"{text!r} is two letters", "put it under [aliases]")


def _check_patterns(read: _Table, patterns: Mapping[str, tuple[str, ...]]) -> None:
    for kind in sorted(_PATTERNS ^ patterns.keys()):
        raise read.wrong(
            f"compose.patterns.{kind}", "is missing or unknown", f"the kinds are {', '.join(sorted(_PATTERNS))}"
        )
    for kind, rows in patterns.items():
        for row in rows:
            slots = set(_SLOT.findall(row))
            if slots - _SLOTS:
                raise read.wrong(f"compose.patterns.{kind}", f"{row!r} has an unknown slot", f"use {sorted(_SLOTS)}")
            if ("name" in slots) is (kind == "bare") or (kind == "bare" and "alias" in slots):
                raise read.wrong(f"compose.patterns.{kind}", f"{row!r}", "a pattern needs a {name}, one of bare none")
            if kind.startswith(("adult", "escort")) and slots & _CHANCE:
                raise read.wrong(f"compose.patterns.{kind}", f"{row!r} makes digits or letters", "leave them out")
