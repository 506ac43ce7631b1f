"""Injected and genuine blocks, composed from ``datasets/``: seeded, held out by family and by lexicon half.

A grammar is two TOML files: ``lexicon/<label>.toml`` (terms by role) and ``templates/<label>.toml`` (families of
patterns). A family is what evaluation holds out whole; a lexicon half is every other term of each role, by hash.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from moderation.data import Span
from moderation.errors import DataSetError

__all__ = [
    "LABELS",
    "PLACEMENTS",
    "Composer",
    "Grammar",
    "Injected",
    "Injection",
    "fraction",
    "inject",
    "load_grammars",
]

LABELS = ("adult", "gambling", "escort", "fraud", "drugs", "piracy", "seo")
PLACEMENTS = (
    "title-alone",
    "title-prefix",
    "title-suffix",
    "title-coded",
    "meta-only",
    "first-line",
    "bare-text",
    "hidden-div",
    "h1-link",
    "off-screen-list",
)

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
# Roles of proper names, of which there are always new ones.
_NAMES = frozenset({("gambling", "brand"), ("gambling", "brand_full"), ("piracy", "work"), ("seo", "brand")})
_TLDS = ("com", "net", "cc", "vip", "top", "app", "xyz", "org", "cn")


class Family(NamedTuple):
    """A family of patterns: the unit that is held out."""

    id: str
    kind: str
    patterns: tuple[str, ...]


class Injection(NamedTuple):
    """A composed block with what it is made of; ``shape`` is list, phrase, titles or sentence."""

    text: str
    label: str
    families: frozenset[str]
    shape: str


class Injected(NamedTuple):
    """A page with one injected block: ``span`` is the block in ``content``, ``original`` the page before."""

    content: str
    span: Span
    original: str
    placement: str
    injection: Injection


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


def load_grammars(folder: Path) -> dict[str, Grammar]:
    """Reads all grammars of a datasets folder, checking that every slot has a role.

    Raises:
        DataSetError: a file is missing, is no TOML, or a pattern names an unknown role.
    """
    grammars: dict[str, Grammar] = {}
    for label in ("clean", *LABELS):
        try:
            lexicon = tomllib.loads((folder / "lexicon" / f"{label}.toml").read_text("utf-8"))
            templates = tomllib.loads((folder / "templates" / f"{label}.toml").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise DataSetError(f"the grammar of {label!r} in {folder} cannot be read: {error}") from None
        families = [Family(row["id"], row["kind"], tuple(row["patterns"])) for row in templates["family"]]
        grammars[label] = Grammar(label, lexicon["roles"], families)
    for label, grammar in grammars.items():
        known = set(grammar.roles) | {"digits", "domain", "year", "city", "company", "phone", "latin2", "spam_term"}
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
    """

    def __init__(self, grammars: Mapping[str, Grammar], seed: int) -> None:
        self.grammars = grammars
        self.random = random.Random(seed)
        self._kinds: dict[tuple[str, str], list[Family]] = {}
        for label, grammar in grammars.items():
            for family in grammar.families:
                self._kinds.setdefault((label, family.kind), []).append(family)

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
        family = family or self.random.choice(self._kinds[label, "phrase"])
        return self.fill(label, self.random.choice(family.patterns))

    def injection(self, label: str) -> Injection:
        """A block as attackers plant it: a keyword list, a title of two or three keywords, one phrase, a sentence."""
        pick = self.random.random()
        sentences = self._kinds.get((label, "sentence"), [])
        phrases = self._kinds.get((label, "phrase"), [])
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
            family = self.random.choice(self._kinds["clean", "phrase"])
            return self.separator().join(self.phrase("clean", family) for _ in range(count)), "list"
        kind = "phrase" if pick < 0.4 else "title" if pick < 0.7 else "sentence"
        family = self.random.choice(self._kinds["clean", kind])
        return self.fill("clean", self.random.choice(family.patterns)), kind

    def quoting_line(self) -> str:
        """A genuine line that names what spam sells, as a ban, a court or a warning does."""
        family = self.random.choice(self._kinds["clean", "quoting"])
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
            label = pick.choice([label for label in LABELS if (label, "phrase") in self._kinds])
            return self.phrase(label)
        if role == "latin2":
            return "".join(pick.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(pick.randint(2, 3)))
        return pick.choice(self.grammars["clean"].roles[role])


# --------------------------------------------------------------------------------------------------------------- pages

_SCRIPT = re.compile(r"<script\b.*?</script\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_TITLE = re.compile(r"<title[^>]*>([^<]*)</title>", re.IGNORECASE)
_NEWLINE = re.compile(r"\r?\n|")
_BODY = re.compile(r"<body[^>]*>", re.IGNORECASE)
_HEAD = re.compile(r"<head(?:\s[^>]*)?>", re.IGNORECASE)


def inject(page: str, injection: Injection, placement: str, pick: random.Random) -> Injected | None:
    """The page with the block planted the way ``placement`` names, or None where the page has no such place.

    Injections are written as real ones are: on lines of their own, or inside an element that was there before.
    """
    text = injection.text.replace("\n", " ") if placement not in ("first-line", "bare-text") else injection.text
    # Scripts and comments may hold tags of their own.
    markup = _SCRIPT.sub(lambda found: " " * len(found.group()), page)
    title = _TITLE.search(markup)
    body = _BODY.search(markup)
    head = _HEAD.search(markup)
    if placement in ("title-prefix", "title-suffix"):
        if not title or not title.group(1).strip():
            return None
        joint = pick.choice(("_", "-", "|", " - ", ",", " "))
        genuine = title.group(1).strip()
        begin = title.start(1) + title.group(1).index(genuine)
        if placement == "title-prefix":
            return _plant(page, begin, "", text, joint, placement, injection)
        return _plant(page, begin + len(genuine), joint, text, "", placement, injection)
    if placement in ("title-alone", "title-coded", "meta-only"):
        if not head:
            return None
        coded = "".join(f"&#{ord(character)};" for character in text)
        # On a line of its own where the head's tags are.
        newline = _NEWLINE.match(page, head.end()).group()  # type: ignore[union-attr]  # matches the empty string too
        if placement == "meta-only":
            name = pick.choice(("keywords", "description"))
            value = coded if pick.random() < 0.3 else text
            parts = (f'{newline}<meta name="{name}" content="', value, '">')
        else:
            parts = (f"{newline}<title>", coded if placement == "title-coded" else text, "</title>")
        return _plant(page, head.end(), *parts, placement, injection)
    if not body:
        return None
    newline = "\r\n" if "\r\n" in page else "\n"
    if placement == "first-line":
        return _plant(page, body.end(), newline, text, f"<br>{newline}", placement, injection, newline)
    if placement == "bare-text":
        return _plant(page, body.end(), newline, text, newline, placement, injection, newline)
    if placement == "hidden-div":
        style = pick.choice(
            (
                "display:none",
                "visibility:hidden",
                "position:absolute;left:-9999px",
                "font-size:0",
                "text-indent:-9999px",
            )
        )
        return _plant(
            page, body.end(), f'{newline}<div style="{style}">', text, f"</div>{newline}", placement, injection, newline
        )
    if placement == "h1-link":
        return _plant(
            page, body.end(), f'{newline}<h1><a href="/">', text, f"</a></h1>{newline}", placement, injection, newline
        )
    keywords = re.split(r"[_,|\n、，丨-]| I | ", text)
    links = [f'<li><a href="/{number}.html">{keyword}</a></li>' for number, keyword in enumerate(keywords) if keyword]
    before = f'{newline}<ul style="position:absolute;top:-2000px">'
    planted = before + "".join(links) + "</ul>" + newline
    start = body.end() + before.__len__() + links[0].index(">", 5) + 1
    end = body.end() + len(before) + len("".join(links)) - len("</a></li>")
    rest = _without_break(page, body.end(), newline)
    return Injected(
        page[: body.end()] + planted + page[rest:],
        Span(start, end),
        page[: body.end()] + newline + page[rest:],
        placement,
        injection,
    )


def _plant(
    page: str,
    at: int,
    before: str,
    text: str,
    after: str,
    placement: str,
    injection: Injection,
    line: str = "",
) -> Injected:
    rest = _without_break(page, at, line) if line else at
    content = page[:at] + before + text + after + page[rest:]
    start = at + len(before)
    return Injected(content, Span(start, start + len(text)), page[:at] + line + page[rest:], placement, injection)


def _without_break(page: str, at: int, newline: str) -> int:
    """Past the line break at ``at``, so that a planted line ends with the one that was there."""
    return at + len(newline) if page.startswith(newline, at) else at
