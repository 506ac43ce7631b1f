"""Blocks of spam and genuine ones, composed from ``datasets/``: seeded, held out by family and by lexicon half.

A grammar is two TOML files: ``lexicon/<label>.toml`` (terms by role) and ``templates/<label>.toml`` (families of
patterns). ``foreign.toml`` in both folders adds families of other languages, each naming its label. A family is what
evaluation holds out whole; a lexicon half is every other term of each role, by hash.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from moderation.errors import DataSetError

__all__ = [
    "LABELS",
    "Composer",
    "Grammar",
    "Injection",
    "doorway",
    "fraction",
    "load_grammars",
]

CLEAN = "clean"
LABELS = ("adult", "gambling", "escort", "fraud", "drugs", "piracy", "seo")
_SLOT = re.compile(r"\{([a-z_0-9]+)(\?)?\}")
# Separators of real keyword lists with how often each was seen, in percent (datasets/README.md).
_SEPARATORS = (
    ("_", 20),
    (",", 24),
    ("-", 12),
    ("|", 14),
    (" ", 12),
    (" | ", 4),
    (", ", 3),
    (" I ", 3),
    ("丨", 3),
    ("、", 2),
    ("，", 2),
    ("\n", 1),
)
# Roles that keep their first draw within one pattern.
_CONSTANT = frozenset(["brand", "brand_full", "ambiguous_brand", "city", "company", "domain", "phone", "year", "site"])
# Share of blocks that are a name alone, as it is put in the place of a site's own.
_NAMED = 0.06
# Roles of proper names, of which there are always new ones.
_NAMES = frozenset({("gambling", "brand"), ("gambling", "brand_full"), ("piracy", "work"), ("seo", "brand")})
_TLDS = ("com", "net", "cc", "vip", "top", "app", "xyz", "org", "cn")


class Family(NamedTuple):
    """A family of patterns: the unit that is held out."""

    id: str
    kind: str
    patterns: tuple[str, ...]
    lang: str = "zh"


class Injection(NamedTuple):
    """A composed block with what it is made of; ``shape`` is list, phrase, titles, sentence or name."""

    text: str
    label: str
    families: frozenset[str]
    shape: str


def fraction(key: str) -> float:
    """A stable hash of a key in [0, 1): the same on every machine and in every run."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big") / 2**64


@dataclass(frozen=True)
class Grammar:
    """The terms and families of one label."""

    label: str
    roles: Mapping[str, Sequence[str]]
    families: Sequence[Family]

    def restrict(self, half: int | None = None, families: frozenset[str] | None = None) -> Grammar:
        """The grammar with one half of every role's terms, or with some families, or both.

        Roles of fewer than eight terms are function words of the frame and stay whole.
        """
        roles = self.roles
        if half is not None:
            roles = {
                role: [term for term in terms if int(fraction(f"half:{term}") * 2) == half]
                if len(terms) >= 8
                else terms
                for role, terms in self.roles.items()
            }
        kept = self.families if families is None else [family for family in self.families if family.id in families]
        return Grammar(self.label, roles, kept)


def _grammar_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataSetError(f"{path} cannot be read: {error}; it is part of the project, restore it") from None


def load_grammars(folder: Path) -> dict[str, Grammar]:
    """Reads all grammars of a datasets folder, checking that every slot has a role.

    Raises:
        DataSetError: a file is missing, is no TOML, or a pattern names an unknown role.
    """
    foreign = _grammar_file(folder / "lexicon" / "foreign.toml")["roles"]
    abroad = _grammar_file(folder / "templates" / "foreign.toml")["family"]
    grammars: dict[str, Grammar] = {}
    for label in (CLEAN, *LABELS):
        roles = _grammar_file(folder / "lexicon" / f"{label}.toml")["roles"]
        rows = _grammar_file(folder / "templates" / f"{label}.toml")["family"]
        families = [Family(row["id"], row["kind"], tuple(row["patterns"])) for row in rows]
        families += [
            Family(row["id"], row["kind"], tuple(row["patterns"]), row["lang"])
            for row in abroad
            if row["label"] == label
        ]
        grammars[label] = Grammar(label, {**foreign, **roles}, families)
    for label, grammar in grammars.items():
        known = set(grammar.roles) | {
            "digits",
            "domain",
            "year",
            "city",
            "company",
            "county",
            "phone",
            "latin2",
            "spam_term",
        }
        for family in grammar.families:
            for pattern in family.patterns:
                for role, _ in _SLOT.findall(pattern):
                    if role not in known:
                        raise DataSetError(
                            f"templates/{label}.toml: family {family.id} names the unknown role {role!r}"
                        )
    return grammars


class Composer:
    """Composes phrases, blocks and lines from grammars with one random stream.

    Args:
        grammars: by label; ``clean`` must be among them.
        seed: of the random stream.

    Attributes:
        kinds: the families by label and kind.
    """

    def __init__(self, grammars: Mapping[str, Grammar], seed: int) -> None:
        self.grammars = grammars
        self.random = random.Random(seed)
        self.kinds: dict[tuple[str, str], list[Family]] = {}
        for label, grammar in grammars.items():
            for family in grammar.families:
                self.kinds.setdefault((label, family.kind), []).append(family)

    def fill(self, label: str, pattern: str) -> str:
        """One text of a pattern."""
        roles = self.grammars[label].roles
        drawn: dict[str, str] = {}

        def term(found: re.Match[str]) -> str:
            role, optional = found.groups()
            if optional and self.random.random() < 0.5:
                return ""
            # A text names one brand, one city and one address throughout; other roles vary from slot to slot.
            if role in drawn:
                return drawn[role]
            terms = roles.get(role)
            if terms and (label, role) in _NAMES and self.random.random() < 0.25:
                chosen = self._name(terms)
            else:
                chosen = self.random.choice(terms) if terms else self._common(role)
            if role in _CONSTANT:
                drawn[role] = chosen
            return chosen

        return _SLOT.sub(term, pattern)

    def _name(self, terms: Sequence[str]) -> str:
        """A name that nobody bears yet, of the characters such names are made of: what stays is the frame around it."""
        stems = [term for term in (self.random.choice(terms) for _ in range(4)) if len(term) > 1]
        return "".join(self.random.choice(stem) for stem in stems[: self.random.randint(2, 3)]) or terms[0]

    def phrase(self, label: str, family: Family | None = None) -> str:
        """One keyword of a label."""
        family = family or self.random.choice(self.kinds[label, "phrase"])
        return self.fill(label, self.random.choice(family.patterns))

    def name(self, label: str) -> Injection:
        """What is put in the place of a site's own name; of the genuine side, the name of a company."""
        if label == CLEAN:
            return Injection(self._common("company"), CLEAN, frozenset(), "phrase")
        family = self.random.choice(self.kinds[label, "name"])
        text = self.fill(label, self.random.choice(family.patterns))
        return Injection(text, label, frozenset({family.id}), "name")

    def injection(self, label: str) -> Injection:
        """A block as attackers plant it: a keyword list, a title of two or three keywords, one phrase, a sentence."""
        if (label, "name") in self.kinds and self.random.random() < _NAMED:
            return self.name(label)
        pick = self.random.random()
        sentences = self.kinds.get((label, "sentence"), [])
        phrases = self.kinds.get((label, "phrase"), [])
        # Separated lists are nearly always adult; the other labels come as titles and sentences as often.
        lists = 0.7 if label == "adult" else 0.3
        if not phrases or (sentences and pick > (0.92 if label == "adult" else 0.72)):
            family = self.random.choice(sentences)
            return Injection(
                self.fill(label, self.random.choice(family.patterns)), label, frozenset({family.id}), "sentence"
            )
        if pick < lists:
            # Most lists count 4 to 12 keywords, one in six more.
            count = self.random.randint(15, 30) if self.random.random() < 0.16 else self.random.randint(4, 12)
            chosen = self.random.sample(phrases, min(len(phrases), self.random.randint(1, 5)))
            separator = self.separator()
            keywords = [self.phrase(label, self.random.choice(chosen)) for _ in range(count)]
            return Injection(separator.join(keywords), label, frozenset(each.id for each in chosen), "list")
        family = self.random.choice(phrases)
        if pick < lists + 0.6 * (1 - lists):
            count = self.random.randint(2, 3)
            separator = self.random.choice(("_", "-", ",", "|", " ", "·"))
            return Injection(
                separator.join(self.phrase(label, family) for _ in range(count)),
                label,
                frozenset({family.id}),
                "titles",
            )
        return Injection(self.phrase(label, family), label, frozenset({family.id}), "phrase")

    def separator(self) -> str:
        """A separator of keyword lists, as often as it was seen."""
        values, weights = zip(*_SEPARATORS, strict=True)
        return str(self.random.choices(values, weights)[0])

    def clean_line(self) -> tuple[str, str]:
        """A genuine line and its kind: a phrase, a title, a sentence, or a list of phrases shaped like a spam list."""
        pick = self.random.random()
        if pick < 0.3:
            count = self.random.randint(3, 14)
            family = self.random.choice(self.kinds["clean", "phrase"])
            return self.separator().join(self.phrase("clean", family) for _ in range(count)), "list"
        kind = "phrase" if pick < 0.4 else "title" if pick < 0.7 else "sentence"
        family = self.random.choice(self.kinds["clean", kind])
        return self.fill("clean", self.random.choice(family.patterns)), kind

    def quoting_line(self) -> str:
        """A genuine line that names what spam sells, as a ban, a court or a warning does."""
        family = self.random.choice(self.kinds["clean", "quoting"])
        return self.fill("clean", self.random.choice(family.patterns))

    def _common(self, role: str) -> str:
        pick = self.random
        if role == "digits":
            return str(pick.randint(10, 9999))
        if role == "year":
            return str(pick.randint(2012, 2026))
        if role == "domain":
            name = "".join(pick.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(pick.randint(2, 6)))
            return f"{name}{pick.choice(('', pick.randint(1, 999)))}.{pick.choice(_TLDS)}"
        if role == "phone":
            return f"1{pick.randint(30, 99)}{pick.randint(10_000_000, 99_999_999)}"
        if role == "spam_term":
            # A keyword without the clutter of its frame, as a report would quote it.
            label = pick.choice([label for label in LABELS if (label, "phrase") in self.kinds])
            return self.phrase(label)
        if role in ("hex6", "hex8"):
            return "".join(pick.choice("0123456789abcdefABCDEF") for _ in range(int(role[3:])))
        if role == "latin2":
            return "".join(pick.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(pick.randint(2, 3)))
        return pick.choice(self.grammars["clean"].roles[role])


# --------------------------------------------------------------------------------------------------------------- pages


def doorway(composer: Composer, label: str) -> str:
    """A page that is spam from its title to its footer, as doorways and gambling shells are: no genuine page around.

    Title, keywords and description, a menu of keywords, paragraphs of sentences and keywords, links; up to a third of
    its paragraphs are genuine lines, as machines spin them in between.
    """
    pick = composer.random

    def line() -> str:
        if pick.random() < 0.3:
            return composer.clean_line()[0]
        return "，".join(composer.injection(label).text.replace("\n", " ") for _ in range(pick.randint(1, 3))) + "。"

    def phrase() -> str:
        return composer.injection(label).text.replace("\n", " ")[:40]

    menu = "".join(f'<li><a href="/{number}/">{phrase()}</a></li>' for number in range(pick.randint(4, 8)))
    body = "\n".join(f"<p>{line()}</p>" for _ in range(pick.randint(4, 12)))
    links = "".join(f'<a href="/a/{number}.html">{phrase()}</a> ' for number in range(pick.randint(5, 15)))
    return (
        f"<!DOCTYPE html>\n<html>\n<head>\n<title>{phrase()}</title>\n"
        f'<meta name="keywords" content="{phrase()}">\n<meta name="description" content="{phrase()}">\n</head>\n'
        f"<body>\n<ul>{menu}</ul>\n<h1>{phrase()}</h1>\n{body}\n<div>{links}</div>\n</body>\n</html>\n"
    )
