"""Spans that are known exactly -> where findings begin and end: logistic regression over the places near their ends.

The search finds what is planted by what its words are worth; a word at its end may be worth something as well, or
nothing, and be the page's own or not. What stands on both sides of a place between two words tells: a betting shop's
name ends behind 官网 where a verb follows, a title at the joint behind which the page's own words stand.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from moderation.data import Page, Span
from moderation.engine import Moderator
from moderation.engine.search import Candidate
from moderation.model import Model
from moderation.training.dataset import CLEAN
from moderation.training.examples import Unit
from moderation.training.features import grouped_matrix

__all__ = ["EndsSettings", "Fitted", "Places", "fit_ends", "places", "with_ends"]

# Sets whose spans are known to the character.
_EXACT = frozenset(["tampered-planted", "phrase-planted", "known-name-planted", "name-planted", "composed-planted"])
# Findings of one page that are learned from: a name that stands everywhere ends everywhere alike.
_MOST = 4
# Candidates of one page that are looked at, and words on either side of one that may be left of an excerpt.
_LOOKED, _AROUND = 200, 10


@dataclass(frozen=True)
class EndsSettings:
    """What the training of the ends is set to.

    Attributes:
        strength: scikit-learn's ``C``, the inverse of the L2 penalty.
        min_groups: groups (phrases, names) a feature must stand in.
        faint: features whose weight is below this say nothing and are dropped.
        sure: probability of both ends from which what is found is cut without a person. In two folds, 90 % of the
            pages that were cut so were as before the planting with 0, 93 % with .8, 94 % with .9 and 95 % with .95; the
            others, 0 %, 6 %, 9 % and 13 %, were for review.
    """

    strength: float = 1.0
    min_groups: int = 4
    faint: float = 0.03
    sure: float = 0.8


class Places(NamedTuple):
    """Places where findings may begin, or end, one a row: ``is_end`` (n,), whether they do; ``groups`` (n,).

    ``sizes`` (n,) and ``keys`` hold the features row by row; ``findings`` counts what they are near.
    """

    sizes: npt.NDArray[np.int64]
    keys: npt.NDArray[np.uint32]
    is_end: npt.NDArray[np.bool_]
    groups: npt.NDArray[np.int64]
    findings: int


# How many keys each place has, the keys, which place is the end, and the group.
_Rows: TypeAlias = tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32], npt.NDArray[np.bool_], int]


class Fitted(NamedTuple):
    """What settles ends: the keys (E,) of features, in order, and the log-odds of each."""

    keys: npt.NDArray[np.uint32]
    weights: npt.NDArray[np.float32]


def places(judge: Moderator, units: Iterable[Unit], seed: int = 0) -> tuple[Places, Places]:
    """The beginnings and ends that could be of what a judge finds of planted spans; its model saw none of them.

    Args:
        judge: finds them.
        units: pages with planted spans; others are passed over.
        seed: of what is drawn.
    """
    gathered: tuple[list[_Rows], list[_Rows]] = ([], [])
    groups: dict[str, int] = {}
    pick = random.Random(seed)
    for unit in units:
        if unit.kind not in _EXACT or unit.label == CLEAN:
            continue
        group = groups.setdefault(unit.group or f"{unit.kind}:{unit.name}:{len(groups)}", len(groups))
        found = _found(judge, unit.page, unit.spans)
        _gather(found, group, gathered)
        # Titles and lines stand alone as well, where the edge of the text is near.
        for candidate, wanted in found[:1]:
            page, span = _excerpt(candidate, wanted, pick)
            _gather(_found(judge, page, [span]), group, gathered)
    begins, ends = (_joined(side) for side in gathered)
    return begins, ends


def _found(judge: Moderator, page: Page, spans: Sequence[Span]) -> list[tuple[Candidate, tuple[int, int]]]:
    """What is found of planted spans, the first few, with the words that are planted."""
    met = ((candidate, _words_of(candidate, spans)) for candidate in judge.counted(page))
    return [(candidate, wanted) for candidate, wanted in islice(met, _LOOKED) if wanted is not None][:_MOST]


def _gather(found: Sequence[tuple[Candidate, tuple[int, int]]], group: int, gathered: tuple[list[_Rows], ...]) -> None:
    for candidate, wanted in found:
        for is_end, side in enumerate(gathered):
            at, sizes, keys = candidate.reading.page_reading.gaps(candidate.number, bool(is_end))
            side.append((sizes, keys, at == wanted[is_end], group))


def _excerpt(candidate: Candidate, wanted: tuple[int, int], pick: random.Random) -> tuple[Page, Span]:
    """What is planted with a few words around it, as a text of its own, and where it stands there."""
    reading = candidate.reading
    tokens, offsets = reading.tokens, reading.folded.offsets
    first, last = (
        max(0, wanted[0] - pick.randrange(_AROUND)),
        min(len(tokens.words), wanted[1] + pick.randrange(_AROUND)),
    )
    whole = offsets.span(Span(tokens.starts[first], tokens.ends[last - 1]))
    inner = offsets.span(Span(tokens.starts[wanted[0]], tokens.ends[wanted[1] - 1]))
    text = reading.block.text[whole.start : whole.end]
    return Page(text, is_html=False), Span(inner.start - whole.start, inner.end - whole.start)


def _words_of(candidate: Candidate, spans: Sequence[Span]) -> tuple[int, int] | None:
    """The words of its block that are planted, half open, by the span that a candidate meets; None: it meets none."""
    met = [span for span in spans if span.overlaps(candidate.span)]
    if not met:
        return None
    wanted = max(met, key=lambda span: min(span.end, candidate.span.end) - max(span.start, candidate.span.start))
    reading = candidate.reading
    tokens, page_reading = reading.tokens, reading.page_reading

    def is_planted(word: int) -> bool:
        return wanted.overlaps(Span(*page_reading.origin(reading.number, tokens.starts[word], tokens.ends[word])))

    inside = [word for word in range(candidate.run.first, candidate.run.last) if is_planted(word)]
    if not inside:
        return None
    first, last = inside[0], inside[-1] + 1
    while first and is_planted(first - 1):
        first -= 1
    while last < len(tokens.words) and is_planted(last):
        last += 1
    return first, last


def _joined(rows: Sequence[_Rows]) -> Places:
    none = np.zeros(0, np.int64)
    return Places(
        np.concatenate([none, *(sizes for sizes, _, _, _ in rows)]),
        np.concatenate([np.zeros(0, np.uint32), *(keys for _, keys, _, _ in rows)]),
        np.concatenate([np.zeros(0, bool), *(is_end for _, _, is_end, _ in rows)]),
        np.concatenate([none, *(np.full(len(sizes), group) for sizes, _, _, group in rows)]),
        len(rows),
    )


def fit_ends(parts: Sequence[tuple[Places, Places]], settings: EndsSettings) -> Fitted:
    """What settles ends; without a feature where nothing was found.

    Args:
        parts: beginnings and ends of several folds.
        settings: how.
    """
    learned = [_fit([part[side] for part in parts], settings) for side in (0, 1)]
    keys = np.concatenate([keys for keys, _ in learned])
    order = np.argsort(keys, kind="stable")
    return Fitted(keys[order], np.concatenate([weights for _, weights in learned])[order])


def _fit(parts: Sequence[Places], settings: EndsSettings) -> Fitted:
    sizes = np.concatenate([part.sizes for part in parts])
    is_end = np.concatenate([part.is_end for part in parts])
    if not is_end.any() or is_end.all():
        return Fitted(np.zeros(0, np.uint32), np.zeros(0, np.float32))
    keys = np.concatenate([part.keys for part in parts])
    # Groups of different folds are different ones.
    first = np.cumsum([0, *(int(part.groups.max(initial=-1)) + 1 for part in parts)])
    groups = np.concatenate([part.groups + first[at] for at, part in enumerate(parts)])
    matrix, known = grouped_matrix(sizes, keys, np.ones(len(keys), np.float32), groups, settings.min_groups)
    if not len(known):
        return Fitted(known, np.zeros(0, np.float32))
    learner = LogisticRegression(C=settings.strength, solver="liblinear", max_iter=100, tol=1e-2)
    learner.fit(matrix, is_end)
    weights = learner.coef_[0]
    kept = np.abs(weights) >= settings.faint
    return Fitted(known[kept], np.round(weights[kept], 2).astype(np.float32))


def with_ends(model: Model, fitted: Fitted, settings: EndsSettings) -> Model:
    """The model with what settles ends."""
    manifest = {**model.manifest, "ends": {"sure": settings.sure}}
    return replace(model, manifest=manifest, ends_keys=fitted.keys, ends_weights=fitted.weights)
