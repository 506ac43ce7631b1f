"""Pages -> the model of pages as a whole: logistic regression over the TF-IDF of all words of a page, as arrays.

What stands on spam pages beside the text that is known to be planted says a lot of them: other posts of the same kind,
a menu of a betting site. It says nothing of one phrase on an honest page, which is what the candidates are for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression

from moderation import _native
from moderation.engine.reading import characters
from moderation.model import Model
from moderation.stages import blocks, normalize, tokens
from moderation.training.features import grouped_matrix

__all__ = ["PageWords", "WholeSettings", "WholeWords", "read_words", "with_whole"]


@dataclass(frozen=True)
class WholeSettings:
    """What the training of the model of pages is set to.

    Attributes:
        strength: scikit-learn's ``C``, the inverse of the L2 penalty.
        min_groups: sites a word must stand on.
        spam: weight of a page with spam, that of an honest one being 1.
        shift: added to the log-odds, so that 0 is what about one honest page in fifty has.
        faint: words whose weight is below this are only part of the norm.
        sure: log-odds from which the rest of a page, its findings apart, is spam as well.
    """

    strength: float = 3.0
    min_groups: int = 3
    spam: float = 20.0
    shift: float = 1.5
    faint: float = 0.01
    sure: float = 1.0


class PageWords(NamedTuple):
    """The words of one page: their keys and how often each stands there, and what the page is known by."""

    keys: npt.NDArray[np.uint32]
    times: npt.NDArray[np.uint32]
    group: str
    is_spam: bool


class WholeWords(NamedTuple):
    """The words of all pages that a model of pages learns from, and how."""

    pages: Sequence[PageWords]
    settings: WholeSettings


def read_words(pages: Sequence[tuple[str, str, bool]]) -> list[PageWords]:
    """The words of pages, as the engine reads them.

    Args:
        pages: the source, the group (of a site: ``site:…``) and whether it holds spam, of each.
    """
    none, keys = np.zeros(0, np.float32), np.zeros(0, np.uint32)
    # How words are cut depends on no model.
    engine = _native.Engine(
        _native.Terms(b"", [], [], none, none, 1.0, 0.0),
        characters(),
        tokens.dictionary(),
        normalize.repairs,
        blocks.markup(),
        _native.Brands(b"", []),
        _native.Judge(keys, none, 0.0),
        _native.Whole(keys, none, none, 0.0),
        0.0,
    )
    return [PageWords(*engine.search(content, True).page_words(), group, is_spam) for content, group, is_spam in pages]


def with_whole(model: Model, words: WholeWords, chosen: Sequence[int]) -> Model:
    """The model with one of pages, of the pages that are chosen by number; without spam among them, as it is."""
    settings = words.settings
    pages = [words.pages[number] for number in chosen]
    spam = np.array([page.is_spam for page in pages], bool)
    if not spam.any() or spam.all():
        return model
    _, groups = np.unique([page.group for page in pages], return_inverse=True)
    matrix, keys = grouped_matrix(
        np.array([len(page.keys) for page in pages]),
        np.concatenate([page.keys for page in pages]),
        np.concatenate([page.times for page in pages]).astype(np.float64),
        groups,
        settings.min_groups,
    )
    weighing = TfidfTransformer(sublinear_tf=True).fit(matrix)
    learner = LogisticRegression(C=settings.strength, solver="liblinear", max_iter=200)
    learner.fit(weighing.transform(matrix), spam, sample_weight=np.where(spam, settings.spam, 1.0))
    weights = np.where(np.abs(learner.coef_[0]) < settings.faint, 0.0, learner.coef_[0])
    bias = round(float(learner.intercept_[0]) + settings.shift, 4)
    return replace(
        model,
        manifest={**model.manifest, "whole": {"bias": bias, "sure": settings.sure}},
        whole_keys=keys,
        whole_idf=np.round(weighing.idf_, 2).astype(np.float32),
        whole_weights=np.round(weights, 2).astype(np.float32),
    )
