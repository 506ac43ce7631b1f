"""What the engine makes of genuine and of injected pages: the spans that calibration and evaluation are fitted on."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from moderation.engine.reading import PageReader
from moderation.model import Model
from moderation.training.dataset import CLEAN, HostPage, Row
from moderation.training.planting import PLACEMENTS, Injected, inject
from moderation.training.synthesis import Composer, Injection

__all__ = ["Planted", "block_for", "hard_spans", "planted"]

# A run that scores above this is worth learning from.
_SUSPECT = -2.5
# Rows that are read in one call.
_TOGETHER = 2_000
# Rows that quote spam in a genuine frame: without the frame, the quotation is spam.
_QUOTING = frozenset({"composed-clean-quoting", "hard-negatives"})


def hard_spans(model: Model, rows: Sequence[Row], count: int) -> list[str]:
    """The stretches of clean rows that a model is most inclined to take for spam, most suspect first.

    Args:
        model: under training.
        rows: of any label; only the clean ones are read.
        count: at most so many.
    """
    found: dict[str, float] = {}
    texts = list(dict.fromkeys(row.text for row in rows if row.label == CLEAN and row.origin not in _QUOTING))
    reader = PageReader(replace(model, manifest={**model.manifest, "cut": _SUSPECT}))
    for start in range(0, len(texts), _TOGETHER):
        # Each row is a line of a text, so that one call reads them all.
        lines = "\n".join(text.replace("\n", " ") for text in texts[start : start + _TOGETHER])
        page_reading = reader.engine.search(lines, False)
        for block, _, _, _, logit, span, *_, parts in page_reading.candidates():
            if logit > _SUSPECT and not parts:
                found[page_reading.block(block)[0][span[0] : span[1]]] = logit
    return sorted(found, key=lambda text: (-found[text], text))[:count]


class Planted(NamedTuple):
    """A page with a planted block, and the group it is held out by."""

    page: Injected
    host: HostPage


def planted(
    hosts: Sequence[HostPage], composer: Composer, labels: Sequence[str], times: int, seed: int
) -> Iterator[Planted]:
    """Every host page with a block planted in each placement.

    Args:
        hosts: genuine pages.
        composer: of the blocks.
        labels: to draw from; :data:`CLEAN` plants a genuine line, so that being planted is no sign of spam.
        times: blocks a host and placement.
        seed: of the choices.
    """
    pick = random.Random(seed)
    for host in hosts:
        for placement in PLACEMENTS:
            for _ in range(times):
                block = block_for(composer, labels, placement, pick)
                made = inject(host.content, block, placement, pick) if block else None
                if made is not None:
                    yield Planted(made, host)


def block_for(composer: Composer, labels: Sequence[str], placement: str, pick: random.Random) -> Injection | None:
    """A block that is planted the way ``placement`` names; None where the grammar has none."""
    for _ in range(50):
        label = pick.choice(labels)
        if placement == "substitution":
            named = [each for each in labels if each == CLEAN or (each, "name") in composer.kinds]
            return composer.name(pick.choice(named)) if named else None
        if label == CLEAN:
            text, kind = composer.clean_line()
            made = Injection(text, CLEAN, frozenset(), kind)
        else:
            made = composer.injection(label)
        # Nobody puts thirty keywords in front of a title, or a sentence into a list of links.
        long = placement.startswith("title") and len(made.text) > 120
        if not long and (placement not in ("off-screen-list", "footer-links") or made.shape == "list"):
            return made
    return None
