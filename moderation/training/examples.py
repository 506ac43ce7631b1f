"""What models look at that never saw it: real pages as they are, and phrases, names and blocks planted in them.

Honest pages give nearly all of it, as they do in use. Spam is what was really found: phrases planted in honest pages in
all placements and standing alone, names in the place of institutions' names, pages that are spam. The same is done with
honest titles, lines and names, so that being planted says nothing. Composed spam stands for what reality shows too
rarely: evasions, other placements, rare labels.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from moderation.data import Page, Place, Span
from moderation.stages.blocks import outline
from moderation.training.candidates import block_for
from moderation.training.corpus import REAL, Corpus, Fold
from moderation.training.dataset import CLEAN, HostPage
from moderation.training.evasion import EVASIONS, Evader, pairs_of
from moderation.training.names import compose_honest, compose_name
from moderation.training.naming import MODES, substitute
from moderation.training.planting import PHRASE_PLACEMENTS, PLACEMENTS, inject
from moderation.training.reality import Phrase, spam_spans
from moderation.training.subjects import subject_pages
from moderation.training.synthesis import Composer, Injection

__all__ = ["SHARES", "Unit", "examples"]

# Labels by how often real injections have them (datasets/README.md).
SHARES = (
    ("adult",) * 13 + ("gambling",) * 17 + ("escort",) * 6 + ("fraud",) * 8 + ("drugs",) * 4 + ("piracy", "seo") * 4
)
# Code points of a page that something is planted in: where it stands does not depend on how much more there is.
_LONGEST = 60_000
# Kinds of real pages that bear the name of an institution, and how many of them are tried for one name.
_INSTITUTIONS = frozenset(["school", "gov", "company", "hospital", "news"])
_TRIES = 4
# What a page holds and a text of it does not.
_NOT_SHOWN = frozenset([Place.TITLE, Place.META, Place.SCRIPT])
# Names that are put into pages, of three kinds alike.
_NAMES = 4_000
# Pages of each subject.
_SUBJECT_PAGES = 24
# Shares of the honest pages, and of the phrases and names, that are looked at as plain text without a title too; the
# code points of such a text.
_AS_TEXT, _IN_TEXT, _LONGEST_TEXT = 0.35, 0.15, 12_000


class Unit(NamedTuple):
    """One page or text that is looked at: ``spans`` are what is spam on it.

    ``partial``: what else stands there is neither spam nor honest for certain (pages that are spam as a whole).
    ``kind`` names the set, ``place`` where it was planted, ``label`` what it is. ``is_found`` marks an honest page as
    it was found, nothing planted; ``site_kind`` (school, forum, ...) is empty where nobody noted it.
    """

    page: Page
    kind: str
    spans: tuple[Span, ...] = ()
    partial: bool = False
    place: str = ""
    label: str = CLEAN
    name: str = ""
    group: str = ""
    original: str | None = None
    is_found: bool = False
    site_kind: str = ""


def examples(corpus: Corpus, fold: Fold, datasets: Path, seed: int, scale: float = 1.0) -> Iterator[Unit]:
    """Everything of a fold's test side, as it is looked at.

    Args:
        corpus: pages, phrases, grammars.
        fold: the split.
        datasets: the project's own data.
        seed: of all that is drawn.
        scale: share of the planted pages that are made.
    """
    pick = random.Random(seed)
    pages = [page for page in corpus.pages if fold.tests(f"site:{page.site}")]
    for page in pages:
        yield Unit(
            _html(page.content, page.url),
            page.origin,
            name=page.name,
            group=page.site,
            is_found=True,
            site_kind=page.kind,
        )
    hosts = [page for page in pages if page.origin != "html-other" and len(page.content) <= _LONGEST]
    yield from _texts(pages, seed + 4, scale)
    yield from _spam_pages(corpus, fold)
    yield from _subjects(corpus, fold, seed + 3, scale)
    phrases = [phrase for phrase in corpus.phrases if fold.tests(phrase.group)]
    yield from _phrases(phrases, hosts, pick, scale)
    yield from _controls(corpus, fold, hosts, pick, scale)
    yield from _names(corpus, fold, hosts, pick, scale)
    yield from _composed(corpus, fold, hosts, datasets, seed + 1, scale)
    yield from _alone(corpus, fold)


def _html(content: str, url: str = "") -> Page:
    return Page(content, True, url or None)


def _text(text: str) -> Page:
    return Page(text, False)


def _lines(content: str) -> list[str]:
    """The lines that a reader sees of a page, its title apart."""
    lines = []
    for block in outline(_html(content)).blocks:
        # An attribute's path ends with its name: img[alt].
        if block.place not in _NOT_SHOWN and not block.hidden and not block.path.endswith("]"):
            lines += [" ".join(line.split()) for line in block.text.splitlines()]
    return [line for line in lines if line]


def _texts(pages: Sequence[HostPage], seed: int, scale: float) -> Iterator[Unit]:
    """Real honest pages as archives of text keep them: no title, from the beginning or from the first sentence."""
    pick = random.Random(seed)
    for page in pages:
        if page.origin != REAL or pick.random() >= _AS_TEXT * scale:
            continue
        lines = _lines(page.content)
        if pick.random() < 0.5:
            lines = lines[next((at for at, line in enumerate(lines) if len(line) >= 40), 0) :]
        text = "\n".join(lines)[:_LONGEST_TEXT]
        if text:
            yield Unit(_text(text), "honest-text", name=page.name, group=page.site)


def _in_text(text: str, label: str, host: HostPage, pick: random.Random, group: str) -> Iterator[Unit]:
    """A phrase on a line of its own in the text of an honest page: mostly the first."""
    lines = _lines(host.content)
    if not lines:
        return
    at = 0 if pick.random() < 0.6 else pick.randint(0, len(lines))
    before = "".join(f"{line}\n" for line in lines[:at])[-_LONGEST_TEXT // 2 :]
    behind = "\n".join(lines[at:])[: _LONGEST_TEXT // 2]
    span = Span(len(before), len(before) + len(text))
    yield Unit(_text(f"{before}{text}\n{behind}"), "phrase-in-text", (span,), False, "text", label, host.name, group)


def _name_in_text(unit: Unit, name: str) -> Iterator[Unit]:
    """A page with a name in the place of an institution's, as plain text."""
    text = "\n".join(_lines(unit.page.content))[:_LONGEST_TEXT]
    spans = tuple(Span(*found.span()) for found in re.finditer(re.escape(name), text))
    if spans:
        kind = "honest-name-in-text" if unit.label == CLEAN else "name-in-text"
        yield Unit(_text(text), kind, spans, False, "text", unit.label, unit.name, unit.group)


def _spam_pages(corpus: Corpus, fold: Fold) -> Iterator[Unit]:
    for page in corpus.spam_pages:
        if fold.tests(f"site:{page.site}"):
            spans = spam_spans(page.content, page.text)
            unit = _html(page.content, page.url)
            kind = "spam-page" if page.injected else "spam-site"
            yield Unit(unit, kind, spans, True, page.where, page.label, page.name, page.site)


def _subjects(corpus: Corpus, fold: Fold, seed: int, scale: float) -> Iterator[Unit]:
    subjects = [subject for subject in corpus.subjects if fold.tests(subject.group)]
    for page in subject_pages(subjects, Composer(corpus.grammars, seed), max(1, round(_SUBJECT_PAGES * scale))):
        yield Unit(_html(page.content), page.origin, name=page.name, group=page.site)


def _phrases(phrases: Sequence[Phrase], hosts: Sequence[HostPage], pick: random.Random, scale: float) -> Iterator[Unit]:
    for phrase in phrases:
        is_title = phrase.origin == "tampered-titles"
        kind = "tampered" if is_title else "phrase"
        if len(phrase.text) <= 2000:
            yield Unit(
                _text(phrase.text),
                f"{kind}-alone",
                (Span(0, len(phrase.text)),),
                place="alone",
                label=phrase.label,
                group=phrase.group,
            )
        if len(phrase.text) > 600 or not hosts:
            continue
        is_chinese = phrase.lang == "zh"
        times = 3 if is_title else 1 if is_chinese else int(pick.random() < 0.5)
        for _ in range(times if scale >= 1 else int(pick.random() < times * scale)):
            placements = [
                each for each in PHRASE_PLACEMENTS if len(phrase.text) <= 120 or not each.startswith("title-p")
            ]
            yield from _planted(
                phrase.text, phrase.label, kind, pick.choice(placements), hosts, pick, group=phrase.group
            )
            if pick.random() < _IN_TEXT:
                yield from _in_text(phrase.text, phrase.label, pick.choice(hosts), pick, phrase.group)


def _planted(
    text: str,
    label: str,
    kind: str,
    placement: str,
    hosts: Sequence[HostPage],
    pick: random.Random,
    group: str = "",
    honest: bool = False,
) -> Iterator[Unit]:
    for _ in range(4):
        host = pick.choice(hosts)
        made = inject(host.content, Injection(text, label, frozenset(), "phrase"), placement, pick)
        if made is not None:
            span = (made.span,)
            page = _html(made.content, host.url)
            if honest:
                # The candidates that overlap it are honest; the others of the page are known.
                yield Unit(page, kind, span, place=placement, name=host.name, group=host.site)
            else:
                yield Unit(page, f"{kind}-planted", span, False, placement, label, host.name, group, made.original)
            return


def _controls(
    corpus: Corpus, fold: Fold, hosts: Sequence[HostPage], pick: random.Random, scale: float
) -> Iterator[Unit]:
    """Honest titles, lines and names, planted as spam is."""
    texts = [title for page in hosts if (title := _title(page.content))]
    texts += [line.text for line in corpus.lines if fold.tests(line.group) and len(line.text) <= 200] * 2
    texts += [row.text for row in corpus.rows if row.origin == "thucnews-titles" and fold.tests(row.group)][:500]
    pick.shuffle(texts)
    for text in texts[: round(len(texts) * scale)] if hosts else ():
        yield from _planted(text, CLEAN, "control", pick.choice(PHRASE_PLACEMENTS), hosts, pick, honest=True)


def _title(content: str) -> str:
    blocks = outline(_html(content[:20_000])).blocks
    return next((block.text for block in blocks if block.place.value == "title"), "")[:120]


def _names(corpus: Corpus, fold: Fold, hosts: Sequence[HostPage], pick: random.Random, scale: float) -> Iterator[Unit]:
    """Names put in the place of an institution's name, of betting shops and of honest firms with the same stem.

    Of two betting names one has a stem that the fold's model knows, in another string; the other's is held out.
    """
    unseen = corpus.names.restrict(lambda stem: fold.tests(f"stem:{stem}"))
    known = corpus.names.restrict(lambda stem: not fold.tests(f"stem:{stem}"))
    strings = [
        phrase.text
        for phrase in corpus.phrases
        if phrase.origin in ("brand-spans", "brand-census")
        and phrase.kind == "in-prose"
        and phrase.label == "gambling"
        and phrase.lang == "zh"
        and fold.tests(phrase.group)
    ]
    institutions = [page for page in hosts if page.kind in _INSTITUTIONS] or hosts
    for number in range(round(_NAMES * scale)):
        mode = MODES[number // 3 % len(MODES)]
        if number % 3 == 0:
            kind, (text, _) = "honest-name", compose_honest(unseen if number % 2 else known, pick)
        elif number % 3 == 1:
            kind, (text, _) = "name-planted", compose_name(unseen, pick)
        elif strings and pick.random() < 0.5:
            kind, text = "known-name-planted", pick.choice(strings)
        else:
            kind, (text, _) = "known-name-planted", compose_name(known, pick)
        for _ in range(_TRIES):
            host = pick.choice(institutions)
            made = substitute(host.content, text, mode, pick)
            if made is None:
                continue
            label = CLEAN if kind == "honest-name" else "gambling"
            page = _html(made.content, host.url)
            unit = Unit(page, kind, made.spans, False, mode, label, host.name, f"name:{text}", made.original)
            yield unit
            if pick.random() < _IN_TEXT:
                yield from _name_in_text(unit, text)
            break


def _composed(
    corpus: Corpus, fold: Fold, hosts: Sequence[HostPage], datasets: Path, seed: int, scale: float
) -> Iterator[Unit]:
    """Composed blocks in every placement, and blocks that are written to escape, in one way and in two."""
    grammars = fold.unseen(corpus.grammars)
    composer = Composer(grammars, seed)
    labels = [label for label in SHARES if grammars[label].families]
    pick = random.Random(seed + 1)
    if not labels or not hosts:
        return
    for number in range(round(2_400 * scale)):
        placement = PLACEMENTS[number % len(PLACEMENTS)]
        is_honest = number % 4 == 3
        host = pick.choice(hosts)
        made = block_for(composer, [CLEAN] if is_honest else labels, placement, pick)
        planted = inject(host.content, made, placement, pick) if made else None
        if planted is None:
            continue
        kind = "control" if is_honest else "composed-planted"
        page = _html(planted.content, host.url)
        label = planted.injection.label
        yield Unit(page, kind, (planted.span,), False, placement, label, host.name, "", planted.original)
    evader = Evader.load(datasets, Composer(corpus.grammars, seed + 2), seed + 3)
    ways = [*((each,) for each in EVASIONS), *pairs_of()]
    for number in range(round(1_600 * scale)):
        way = pick.choice(ways[: len(EVASIONS)] if number % 2 else ways)
        if any(each.name == "substitution" for each in way):
            continue
        block = composer.injection(pick.choice(labels))
        hidden = evader.plant(pick.choice(hosts).content, block, way)
        if hidden is not None:
            yield Unit(_html(hidden.content), "evaded-planted", (hidden.span,), False, "evaded", block.label)
    for _ in range(round(800 * scale)):
        text = composer.injection(pick.choice(labels)).text
        yield Unit(_text(text), "composed-alone", (Span(0, len(text)),), place="alone", label="spam")


# Sets of honest rows that are looked at as they stand, alone.
_LONE = ("thucnews-titles", "huatuo-medical", "toyhom-medical")


def _alone(corpus: Corpus, fold: Fold) -> Iterator[Unit]:
    for row in corpus.rows:
        if row.origin in _LONE and fold.tests(row.group):
            yield Unit(_text(row.text), row.origin, name=row.text[:20], group=row.group)
    for line in corpus.lines:
        if fold.tests(line.group):
            yield Unit(_text(line.text), "honest-line", name=line.text[:20], place=line.kind, group=line.group)
    for page in corpus.pages:
        if page.origin == REAL and fold.tests(f"site:{page.site}") and (title := _title(page.content)):
            yield Unit(_text(title), "honest-title", name=page.name, group=page.site)
    for negative in corpus.negatives:
        if not negative.held_out and fold.tests(f"negative:{negative.group}"):
            text = Page(negative.text, negative.is_html)
            yield Unit(text, "hard-negative", name=negative.id, group=negative.group)
    for case in corpus.contexts:
        if not case.held_out and fold.tests(f"context:{case.group}"):
            if case.label:
                yield Unit(case.page, "context-injected", (case.span,), False, case.place, case.label, case.id)
            else:
                yield Unit(case.page, "context", name=case.id)
