"""The page set: genuine pages, the same pages with one planted block each, and real injected pages."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from alternatives.base import Case
from moderation.stages.decode import decode
from moderation.training.candidates import block_for
from moderation.training.corpus import FOLDS, Corpus, Fold, fold_of
from moderation.training.dataset import HostPage
from moderation.training.planting import PLACEMENTS, Injected, inject
from moderation.training.synthesis import LABELS, Composer, Grammar

__all__ = ["page_set"]

# Planted blocks by label, as often as the corpus composes them (moderation/training/corpus.py).
SHARES = {"adult": 0.28, "gambling": 0.38, "escort": 0.08, "fraud": 0.08, "drugs": 0.06, "piracy": 0.06, "seo": 0.06}
_COMPOSED = frozenset(["phrase", "sentence"])


def page_set(corpus: Corpus, sources: Path, seed: int, limit: int | None = None) -> list[Case]:
    """All pages, genuine ones first; the same seed gives the same pages.

    Args:
        corpus: its pages are the genuine ones, its grammars compose the blocks.
        sources: folder of the public sets, for the real injected pages.
        seed: of the composition.
        limit: genuine pages of each set, for a quick look.
    """
    hosts = [
        page for origin in dict.fromkeys(page.origin for page in corpus.pages) for page in _of(corpus, origin, limit)
    ]
    genuine = [Case(_name(host), host.content, fold_of(f"site:{host.site}"), host.origin) for host in hosts]
    return [*genuine, *_planted(corpus, hosts, seed), *_real(sources)]


def _name(host: HostPage) -> str:
    """What a genuine page and the same page with a block in it have in common."""
    return f"{host.origin}/{host.name}"


def _of(corpus: Corpus, origin: str, limit: int | None) -> Sequence[HostPage]:
    return [page for page in corpus.pages if page.origin == origin][:limit]


def _planted(corpus: Corpus, hosts: Sequence[HostPage], seed: int) -> Iterator[Case]:
    """One block in every page, composed of words and families that the page's fold never saw.

    Placements and labels are dealt in turn, not drawn, so that each has its share whatever the seed.
    """
    pick = random.Random(seed)
    composers = [
        Composer(Fold(number, strict=True).unseen(corpus.grammars), seed + 1 + number) for number in range(FOLDS)
    ]
    order = list(range(len(hosts)))
    pick.shuffle(order)
    labels = [label for label, share in SHARES.items() for _ in range(round(share * len(hosts)))]
    labels += ["gambling"] * (len(hosts) - len(labels))
    pick.shuffle(labels)
    for turn, (number, label) in enumerate(zip(order, labels, strict=False)):
        host = hosts[number]
        fold = fold_of(f"site:{host.site}")
        made = _plant(host.content, composers[fold], label, turn, pick)
        if made is not None:
            yield Case(
                _name(host),
                made.content,
                fold,
                host.origin,
                made.placement,
                made.injection.label,
                made.injection.text,
                made.original,
            )


def _plant(page: str, composer: Composer, label: str, turn: int, pick: random.Random) -> Injected | None:
    """The page with a block in the placement whose turn it is, or the next one that the page has a place for."""
    # A fold may leave out every family of a rare label.
    if not _composes(composer.grammars[label]):
        label = pick.choice([each for each in LABELS if _composes(composer.grammars[each])])
    for step in range(len(PLACEMENTS)):
        placement = PLACEMENTS[(turn + step) % len(PLACEMENTS)]
        block = block_for(composer, [label], placement, pick)
        made = inject(page, block, placement, pick) if block is not None else None
        if made is not None:
            return made
    return None


def _composes(grammar: Grammar) -> bool:
    return any(family.kind in _COMPOSED for family in grammar.families)


def _real(sources: Path) -> Iterator[Case]:
    """Pages that were really injected; no model is trained on them, so any fold may judge them."""
    for path in sorted((sources / "real_heads").glob("*.html")):
        yield Case(path.name, decode(path.read_bytes()).text, fold_of(path.name), "real-heads", "real")
    seed = sources / "seed" / "page.txt"
    if seed.is_file():
        content = decode(seed.read_bytes()).text
        # Its first line is the injected one.
        yield Case(seed.name, content, fold_of(seed.name), "seed", "real", block=content.split("\n", 1)[0].strip())
