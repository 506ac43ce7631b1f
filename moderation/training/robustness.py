"""How much of what is planted is still found when it is written to escape, and what that costs in false alarms."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from moderation.engine import Moderator, read_page
from moderation.training.corpus import Corpus, Fold
from moderation.training.dataset import CLEAN, HostPage
from moderation.training.evasion import EVASIONS, Evader, Evasion, pairs_of
from moderation.training.examples import SHARES
from moderation.training.synthesis import Composer, Injection

__all__ = ["Robustness", "evaded"]

# Pages beyond this many characters only cost time here: where a block stands does not depend on it.
_LONGEST = 40_000
_TRIES = 4


@dataclass
class Robustness:
    """Counts by the names of the ways, joined by ``+``; ``plain`` is the same blocks as they were written.

    Attributes:
        planted: blocks planted.
        found: those found.
        missed: by way, what was missed: its families.
        lines: genuine lines planted.
        alarms: those flagged.
    """

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    lines: Counter[str] = field(default_factory=Counter)
    alarms: Counter[str] = field(default_factory=Counter)

    def add(self, other: Robustness) -> None:
        """Takes the counts of another fold."""
        for name in ("planted", "found", "missed", "lines", "alarms"):
            getattr(self, name).update(getattr(other, name))


def evaded(
    judge: Moderator, corpus: Corpus, fold: Fold, datasets: Path, seed: int, single: int = 40, double: int = 6
) -> Robustness:
    """Plants blocks of unseen words and families, in every way alone and in every two, into pages of unseen sites.

    Args:
        judge: with the model of the fold.
        corpus: pages and grammars.
        fold: the split.
        datasets: the project's own data.
        seed: of everything drawn.
        single: blocks for each way.
        double: blocks for each pair of ways.
    """
    result = Robustness()
    hosts = [
        page
        for page in corpus.pages
        if fold.tests(f"site:{page.site}") and page.origin != "html-other" and len(page.content) <= _LONGEST
    ]
    grammars = fold.unseen(corpus.grammars)
    composer = Composer(grammars, seed)
    evader = Evader.load(datasets, Composer(corpus.grammars, seed + 1), seed + 2)
    pick = random.Random(seed + 3)
    labels = [label for label in SHARES if grammars[label].families]
    ways: list[tuple[Evasion, ...]] = [(), *((each,) for each in EVASIONS), *pairs_of()]
    for way in ways:
        name = "+".join(each.name for each in way) or "plain"
        for _ in range((3 * single if not way else single) if len(way) < 2 else double):
            block = _block(composer, pick.choice(labels), way)
            if block is not None:
                _one(judge, block, way, name, hosts, evader, pick, result)
        for _ in range(single // 2 if len(way) < 2 else 0):
            text, kind = composer.clean_line()
            _one(judge, Injection(text, CLEAN, frozenset(), kind), way, name, hosts, evader, pick, result)
    return result


def _block(composer: Composer, label: str, way: Sequence[Evasion]) -> Injection | None:
    """A block for a way: only a name is put in the place of a name."""
    if any(each.name == "substitution" for each in way):
        named = next((each for each, kind in composer.kinds if kind == "name"), None)
        return composer.name(named) if named else None
    return composer.injection(label)


def _one(
    judge: Moderator,
    block: Injection,
    way: Sequence[Evasion],
    name: str,
    hosts: Sequence[HostPage],
    evader: Evader,
    pick: random.Random,
    result: Robustness,
) -> None:
    for _ in range(_TRIES):
        made = evader.plant(pick.choice(hosts).content, block, way)
        if made is not None:
            break
    else:
        return
    verdict = judge.check(read_page(made.content))
    hit = any(finding.span.overlaps(made.span) for finding in verdict.findings)
    if block.label == CLEAN:
        result.lines[name] += 1
        result.alarms[name] += hit
        return
    result.planted[name] += 1
    result.found[name] += hit
    if not hit:
        result.missed[f"{name}: {block.shape} of {'+'.join(sorted(block.families))}"] += 1
