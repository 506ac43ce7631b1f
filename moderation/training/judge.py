"""Proposals -> the judge: logistic regression over all that is known of a candidate, as arrays of keys and weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from moderation import _native
from moderation.model import Model
from moderation.training.corpus import REAL
from moderation.training.features import grouped_matrix
from moderation.training.proposals import Proposals

__all__ = ["JudgeSettings", "fit_judge", "joined", "judged", "trusted", "with_judge"]


@dataclass(frozen=True)
class JudgeSettings:
    """What the judge's training is set to.

    Attributes:
        strength: scikit-learn's ``C``, the inverse of the L2 penalty.
        min_groups: groups (sites, phrases) a feature must stand in.
        faint: features whose weight is below this say nothing and are dropped.
        spam: weight of all spam candidates together, that of all honest ones being 1.
        kinds: weight of a candidate by the kind of unit it is from; 1 for others.
        doubted: log-odds below which a spam candidate is left out, given by a judge that has not seen it.
        most: the largest share of the spam candidates that is left out so.
        contrast: how much louder a word or an n-gram is read for each unit of its log-ratio between spam and honest
            candidates, so that the penalty holds what tells the two apart less than what both have
            (Wang and Manning 2012, https://aclanthology.org/P12-2018/).
        smoothing: candidates, of both sides alike, that are added to the counts of that ratio.
    """

    strength: float = 0.2
    min_groups: int = 4
    faint: float = 0.02
    spam: float = 0.3
    kinds: tuple[tuple[str, float], ...] = (
        *((REAL, 3.0), ("spam-page", 5.0), ("spam-site", 5.0)),
        # More of them are composed than they are worth beside what was found.
        *(("composed-planted", 0.6), ("composed-alone", 0.5)),
        # More of them than of other phrases are drawn, so that few strings decide nothing.
        *(("known-name-planted", 0.8), ("name-planted", 0.7), ("honest-name", 0.6)),
        # A text that lost its title is no more spam for it.
        *(("honest-text", 2.0), ("phrase-in-text", 0.7), ("name-in-text", 0.5), ("honest-name-in-text", 0.6)),
        # No page excuses what stands alone, and the threshold is one for both.
        *(("honest-title", 3.0), ("honest-line", 3.0), ("thucnews-titles", 3.0), ("hard-negative", 3.0)),
    )
    doubted: float = -2.0
    most: float = 0.1
    contrast: float = 1.0
    smoothing: float = 20.0


def joined(parts: Sequence[Proposals]) -> Proposals:
    """Proposals of several folds as one."""
    names = tuple(dict.fromkeys(name for part in parts for name in part.names))
    number = {name: at for at, name in enumerate(names)}
    kinds = [np.array([number[name] for name in part.names], np.int32)[part.kinds] for part in parts]
    return Proposals(
        np.concatenate([part.sizes for part in parts]),
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.spam for part in parts]),
        np.concatenate(kinds),
        np.concatenate([part.groups for part in parts]),
        names,
        sum((part.units for part in parts), type(parts[0].units)()),
        sum((part.found for part in parts), type(parts[0].found)()),
    )


def fit_judge(
    proposals: Proposals, settings: JudgeSettings
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.float32], float]:
    """The keys, weights and bias of a judge.

    Args:
        proposals: candidates that models proposed which had not seen them.
        settings: how.
    """
    matrix, keys = grouped_matrix(
        proposals.sizes, proposals.keys, proposals.values, proposals.groups, settings.min_groups
    )
    spam = proposals.spam
    weight = np.ones(len(spam))
    by_kind = dict(settings.kinds)
    for number, name in enumerate(proposals.names):
        if name in by_kind:
            weight[proposals.kinds == number] = by_kind[name]
    honest, planted = float(weight[~spam].sum()), float(weight[spam].sum())
    weight[spam] *= settings.spam * honest / max(1.0, planted)
    loudness = _loudness(matrix, keys, spam, settings)
    learner = LogisticRegression(C=settings.strength, solver="liblinear", max_iter=100, tol=1e-3)
    learner.fit(matrix @ sparse.diags(loudness), spam, sample_weight=weight)
    weights = learner.coef_[0] * loudness
    kept = np.abs(weights) >= settings.faint
    return keys[kept], np.round(weights[kept], 3).astype(np.float32), round(float(learner.intercept_[0]), 4)


# Share of the candidates from which a feature says where these stand rather than what they are.
_EVERYWHERE = 0.3
# The log-ratio from which a feature is not read louder: more candidates than there are would have to say so.
_CLEAREST = 5.0


def _loudness(
    matrix: sparse.csr_matrix,
    keys: npt.NDArray[np.uint32],
    spam: npt.NDArray[np.bool_],
    settings: JudgeSettings,
) -> npt.NDArray[np.float64]:
    """What the values of each feature are multiplied by, shape (F,): 1 of a fact, whose values are measured already."""
    ones = sparse.csr_matrix((np.ones(matrix.nnz), matrix.indices, matrix.indptr), matrix.shape)
    planted, honest = (np.asarray(ones[side].sum(axis=0)).ravel() for side in (spam, ~spam))
    share = spam.mean()
    ratio = np.log((planted + settings.smoothing * share) / (honest + settings.smoothing * (1.0 - share)))
    usual = math.log((spam.sum() + 1) / ((~spam).sum() + 1))
    loudness: npt.NDArray[np.float64] = 1.0 + settings.contrast * np.minimum(np.abs(ratio - usual), _CLEAREST)
    as_it_is = np.isin(keys, np.array(_native.fact_keys(), np.uint32)) | (planted + honest > _EVERYWHERE * len(spam))
    loudness[as_it_is] = 1.0
    return loudness


def judged(
    proposals: Proposals, keys: npt.NDArray[np.uint32], weights: npt.NDArray[np.float32], bias: float
) -> npt.NDArray[np.float64]:
    """The log-odds, shape (n,), that a judge gives to proposals."""
    order = np.argsort(keys)
    at = np.minimum(np.searchsorted(keys, proposals.keys, sorter=order), max(0, len(keys) - 1))
    known = keys[order[at]] == proposals.keys if len(keys) else np.zeros(len(proposals.keys), bool)
    worth = np.zeros(len(proposals.keys))
    worth[known] = weights[order[at[known]]].astype(np.float64) * proposals.values[known]
    rows = np.repeat(np.arange(len(proposals.sizes)), proposals.sizes)
    total: npt.NDArray[np.float64] = np.bincount(rows, worth, len(proposals.sizes)).astype(np.float64) + bias
    return total


def trusted(parts: Sequence[Proposals], at: int, settings: JudgeSettings) -> Proposals:
    """One part without the spam candidates that a judge of the other parts is sure are honest.

    Not all that is planted is spam by itself: sets of spam texts hold greetings, and pieces of a spam page are as any
    other page's. A judge that has to call them spam finds reasons for it in words that everybody uses.
    """
    part = parts[at]
    scores = judged(part, *fit_judge(joined([*parts[:at], *parts[at + 1 :]]), settings))
    allowed = int(settings.most * int(part.spam.sum()))
    doubted = np.flatnonzero(part.spam & (scores < settings.doubted))
    kept = np.ones(len(part.sizes), bool)
    kept[doubted[np.argsort(scores[doubted], kind="stable")][:allowed]] = False
    entries = np.repeat(kept, part.sizes)
    return part._replace(
        sizes=part.sizes[kept],
        keys=part.keys[entries],
        values=part.values[entries],
        spam=part.spam[kept],
        kinds=part.kinds[kept],
        groups=part.groups[kept],
    )


def with_judge(model: Model, keys: npt.NDArray[np.uint32], weights: npt.NDArray[np.float32], bias: float) -> Model:
    """The model with a judge."""
    manifest = {**model.manifest, "judge": {"bias": bias}}
    return replace(model, manifest=manifest, judge_keys=keys, judge_weights=weights)
