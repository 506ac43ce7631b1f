"""Everything the model learns from, as rows, and how the rows are split.

A fold leaves out every row of its sites and groups and its template families, so that a page is judged by a model that
saw neither its site nor the shape of what was planted in it. A strict fold leaves out one half of every lexicon as
well, brands among them, so that the model did not see the words either.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from moderation.training.dataset import (
    CLEAN,
    ContextCase,
    HostPage,
    Negative,
    Row,
    Sources,
    block_rows,
    contexts,
    negatives,
    own_pages,
)
from moderation.training.evasion import Evader
from moderation.training.names import Names, compose_honest, compose_name, load_names
from moderation.training.own import read_own
from moderation.training.reality import HonestLine, LabelGuesser, Phrase, Reality, SpamPage
from moderation.training.subjects import Subject, load_subjects
from moderation.training.synthesis import LABELS, Composer, Grammar, fraction, load_grammars

__all__ = ["FOLDS", "REAL", "Corpus", "Fold", "fold_of", "load_corpus"]

# The origin of real honest pages.
REAL = "real-clean"

FOLDS = 5
# Composed blocks by label, in the proportions real injections have, with enough of the rare ones to learn from.
_SHARES = {"adult": 0.26, "gambling": 0.36, "escort": 0.09, "fraud": 0.11, "drugs": 0.07, "piracy": 0.05, "seo": 0.06}
_SENTENCE = re.compile(r"(?<=[。！？!?；;\n])")
_LONG = 100


def fold_of(key: str) -> int:
    """The fold that leaves a group or family out."""
    return int(fraction(f"fold:{key}") * FOLDS)


class Fold(NamedTuple):
    """One split. ``number`` is None for the model that is shipped, which leaves nothing out.

    ``strict``: whether words are held out as well.
    """

    number: int | None
    strict: bool = False

    @property
    def half(self) -> int:
        """The half of the lexicon this fold trains on."""
        return (self.number or 0) % 2

    def trains(self, row: Row) -> bool:
        """Whether a row belongs to the training side."""
        if self.number is None:
            return True
        if self.strict and row.composed and row.half != self.half and (row.label != CLEAN or row.half is not None):
            return False
        if any(fold_of(family) == self.number for family in row.families):
            return False
        return fold_of(row.group) != self.number if row.group else True

    def tests(self, group: str) -> bool:
        """Whether a group is one that this fold's model never saw."""
        return self.number is not None and fold_of(group) == self.number

    def unseen(self, grammars: Mapping[str, Grammar]) -> dict[str, Grammar]:
        """The grammars of what this fold's model never saw: the families left out, of a strict one in other words."""
        return {
            label: grammar
            if label == CLEAN
            else grammar.restrict(
                1 - self.half if self.strict else None,
                frozenset(f.id for f in grammar.families if fold_of(f.id) == self.number),
            )
            for label, grammar in grammars.items()
        }


@dataclass(frozen=True)
class Corpus:
    """All rows, the genuine pages, what is judged on them, and the grammars they were composed with.

    ``pages`` holds the honest pages of every set, real ones first; ``phrases`` have a label each, given or guessed.
    """

    rows: list[Row]
    pages: list[HostPage]
    negatives: list[Negative]
    contexts: list[ContextCase]
    grammars: dict[str, Grammar]
    names: Names
    phrases: list[Phrase]
    lines: list[HonestLine]
    spam_pages: list[SpamPage]
    subjects: list[Subject]
    digests: dict[str, str]


def load_corpus(
    folder: Path,
    sources: Sources,
    seed: int,
    size: int,
    evaded: bool = True,
    added: Sequence[Path] = (),
    say: Callable[[str], None] = lambda _: None,
) -> Corpus:
    """Reads and composes everything.

    Args:
        folder: the project's ``datasets/``.
        sources: the public sets.
        seed: of the composition.
        size: composed rows of spam; half as many composed rows are clean.
        evaded: whether a share of them is written as those who escape write.
        added: files of somebody's own rows, read by :func:`own.read_own`.
        say: told of rows that are left out.
    """
    grammars = load_grammars(folder)
    names = load_names(folder)
    hard = negatives(folder)
    real = Reality(sources, folder)
    guess = LabelGuesser(folder).guess_label
    phrases = [each._replace(label=each.label or guess(each.text) or "gambling") for each in real.phrases()]
    lines = list(real.honest_lines())
    spam_pages = list(real.spam_pages())
    phrases += _written(spam_pages)
    pages = [page._replace(origin=REAL) for page in real.clean_pages()]
    pages.extend(own_pages(folder))
    for source in sources.using("train"):
        if source.format == "pages":
            pages.extend(sources.pages(source))
    rows: list[Row] = []
    for path in added:
        own_rows, more, problems = read_own(path)
        rows.extend(own_rows)
        pages.extend(more)
        for problem in problems:
            say(f"left out: {problem}")
    # The judge sees them as it sees what was found.
    phrases += [Phrase(row.text, row.label, "zh", row.group, row.origin, "added") for row in rows if row.label != CLEAN]
    keywords: dict[str, list[str]] = {}
    for source in sources.using("keywords"):
        keywords.setdefault(source.label, []).extend(sources.lines(source))
    rows.extend(_composed(grammars, keywords, seed, size, folder if evaded else None))
    rows.extend(_named(names, seed + 20, size // 12))
    rows.extend(_found(phrases, seed + 21))
    for source in sources.using("train"):
        if source.format != "pages":
            rows.extend(_lines(sources.lines(source), source.label, source.name))
    rows.extend(block_rows(page for page in pages if page.origin != REAL))
    rows.extend(_some_blocks([page for page in pages if page.origin == REAL], seed + 22))
    rows.extend(Row(line.text, CLEAN, line.group, "honest-lines") for line in lines)
    rows.extend(
        Row(text, CLEAN, f"negative:{row.group}", "hard-negatives")
        for row in hard
        if not row.held_out and not row.is_html
        for text in dict.fromkeys((row.text, *row.text.split("\n")))
    )
    return Corpus(
        _distinct(rows),
        pages,
        hard,
        contexts(folder),
        grammars,
        names,
        phrases,
        lines,
        spam_pages,
        load_subjects(folder),
        dict(sources.digests),
    )


# Blocks of a real page that are rows; which of the others matter is found by mining.
_BLOCKS = 25
_SHORTEST, _LONGEST = 2, 300


def _some_blocks(pages: Iterable[HostPage], seed: int) -> Iterator[Row]:
    """Some blocks of each real page, each text once per site, those of the head among them."""
    pick = random.Random(seed)
    seen: set[tuple[str, str]] = set()
    for page in pages:
        rows = [row for row in block_rows([page]) if _SHORTEST <= len(row.text) <= _LONGEST]
        for row in rows[:3] + pick.sample(rows, min(len(rows), _BLOCKS)):
            if (page.site, row.text) not in seen:
                seen.add((page.site, row.text))
                yield row


def _named(names: Names, seed: int, count: int) -> Iterator[Row]:
    """Composed names of betting shops, and half as many honest names that share their stems."""
    pick = random.Random(seed)
    for _ in range(count):
        text, stem = compose_name(names, pick)
        yield Row(text, "gambling", "", "composed-names", _stems(stem))
    for _ in range(count // 2):
        text, stem = compose_honest(names, pick)
        yield Row(text, CLEAN, "", "composed-clean-names", _stems(stem))


def _stems(stem: str) -> frozenset[str]:
    """What a composed name is held out by; one of an unknown code by nothing."""
    return frozenset({f"stem:{stem}"} if stem else ())


# Characters of a piece of a spam page that is a phrase as well; what is longer holds more than one.
_PIECE = 200


def _written(pages: Iterable[SpamPage]) -> Iterator[Phrase]:
    """What stands on spam pages, to be planted in others; each is held out with its site."""
    seen: set[tuple[str, str]] = set()
    for page in pages:
        text = " ".join(page.text.split())
        if 4 <= len(text) <= _PIECE and (page.site, text) not in seen:
            seen.add((page.site, text))
            yield Phrase(text, page.label, "zh", f"site:{page.site}", "spam-pages", page.where)


def _found(phrases: Sequence[Phrase], seed: int) -> Iterator[Row]:
    """Real phrases, alone and as lists of some of one label; a list is held out with each of its phrases."""
    pick = random.Random(seed)
    by_label: dict[str, list[Phrase]] = {}
    for phrase in phrases:
        yield Row(phrase.text, phrase.label, phrase.group, "phrases")
        if phrase.lang == "zh" and len(phrase.text) <= 40:
            by_label.setdefault(phrase.label, []).append(phrase)
    for label, some in sorted(by_label.items()):
        for _ in range(len(some) // 2):
            chosen = pick.sample(some, min(len(some), pick.randint(2, 5)))
            joint = pick.choice(("_", "-", ",", "|", " ", "，", "、"))
            groups = frozenset(each.group for each in chosen)
            yield Row(joint.join(each.text for each in chosen), label, "", "phrase-lists", groups)


def _lines(lines: Iterable[str], label: str, origin: str) -> Iterator[Row]:
    for line in lines:
        group = f"{origin}:{line[:24]}"
        # A model that judges stretches of text learns more from the sentences of a long one than from their sum.
        parts = _SENTENCE.split(line) if label == CLEAN and len(line) > _LONG else [line]
        for part in parts:
            if part.strip():
                yield Row(part.strip(), label, group, origin)


# Ways to escape that folding does not undo, and the share of composed rows that is written so: of spam, and of genuine
# lines, which hold Pinyin, typing errors and pictures as well.
_WAYS = (
    "look-alikes",
    "homophones",
    "pinyin",
    "pinyin-in-part",
    "digits-as-letters",
    "emoji",
    "shuffled",
    "backwards",
    "diluted-1-1",
)
_EVADED, _ODD = 0.15, 0.06


def _composed(
    grammars: Mapping[str, Grammar], keywords: Mapping[str, list[str]], seed: int, size: int, folder: Path | None
) -> Iterator[Row]:
    evader = Evader.load(folder, Composer(grammars, seed + 11), seed + 12) if folder else None

    def written(text: str, share: float) -> str:
        if evader is None or evader.random.random() >= share:
            return text
        pick = evader.random
        # A keyword in Pinyin is as long as a sentence; a diluted line is not half genuine any more.
        return evader.text(pick.choice(_WAYS if share == _EVADED else _WAYS[:-1]), text)

    for half, share in ((0, 0.35), (1, 0.35), (None, 0.3)):
        some = {
            label: grammar if half is None or label == CLEAN else grammar.restrict(half)
            for label, grammar in grammars.items()
        }
        composer = Composer(some, seed + 1 + (2 if half is None else half))
        known = {label: _of_half(words, grammars[label], half) for label, words in keywords.items()}
        for label in LABELS:
            for _ in range(round(size * share * _SHARES[label])):
                made = composer.injection(label)
                yield Row(written(made.text, _EVADED), label, "", f"composed-{label}", made.families, half)
            # Real keywords stand in lists of their own, so that every keyword is met a few times.
            words = known.get(label, [])
            for _ in range(round(len(words) * 0.6)):
                chosen = composer.random.sample(words, min(len(words), composer.random.randint(1, 6)))
                text = composer.separator().join(chosen)
                yield Row(text, label, "", f"keywords-{label}", half=half)
        # Lines that quote the words of spam know no more of them than the spam rows of the same half.
        for _ in range(round(size * share * 0.15)):
            yield Row(composer.quoting_line(), CLEAN, "", "composed-clean-quoting", half=half)
    composer = Composer(grammars, seed)
    for _ in range(size // 2):
        text, kind = composer.clean_line()
        yield Row(written(text, _ODD), CLEAN, "", f"composed-clean-{kind}")


def _of_half(words: list[str], grammar: Grammar, half: int | None) -> list[str]:
    """The keywords of one half: by hash, and without any that hold a brand of the other half."""
    if half is None:
        return words
    other = grammar.restrict(1 - half).roles
    brands = [term for role in ("brand", "brand_full") for term in other.get(role, ()) if len(term) > 1]
    foreign = re.compile("|".join(map(re.escape, brands)), re.IGNORECASE) if brands else None
    return [
        word
        for word in words
        if int(fraction(f"half:{word}") * 2) == half and not (foreign is not None and foreign.search(word))
    ]


def _distinct(rows: Iterable[Row]) -> list[Row]:
    """Each text once per label and half; the same genuine text on two sites is two rows only by its groups."""
    seen: set[tuple[str, str, str, int | None]] = set()
    kept = []
    for row in rows:
        key = (row.text, row.label, row.group, row.half)
        if key not in seen:
            seen.add(key)
            kept.append(row)
    return kept
