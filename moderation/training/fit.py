"""Rows -> a term table: scikit-learn learns, plain arrays come out.

Two linear models share one vocabulary. The *detector* tells spam from clean; the *labels* are one-versus-rest models
that see spam only, so that a label never has to learn what clean text looks like a second time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from moderation.model import ARRAYS, Calibration, Model
from moderation.stages.normalize import fold
from moderation.stages.tokens import SOUNDS, terms, tokenize
from moderation.training.dataset import CLEAN, Row
from moderation.training.names import Names
from moderation.training.synthesis import LABELS

__all__ = ["Settings", "SmoothedNormalizer", "Terms", "analyse", "calibrated", "fit", "names_file", "pipeline"]

Floats = npt.NDArray[np.float64]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Settings:
    """What a training is set to.

    Attributes:
        smoothing: ``c`` of the smoothed norm, in squared IDF units.
        strength: scikit-learn's ``C``, the inverse of the L2 penalty.
        prior: weight of all spam rows together, that of all clean rows being 1.
        label_strength: the same for the labels.
        min_df: documents a term must stand in.
        faint: terms whose ``|idf·w|`` is below this say nothing and are dropped before the last fit.
        mined: spans of clean rows that look most like spam, added in each round of mining.
        rounds: how often.
        cut: log-odds of a run's text from which it is proposed to the judge.
        without: kinds of terms that are left out, for ablations: words, pairs, sounds.
    """

    smoothing: float = 250.0
    strength: float = 10.0
    prior: float = 0.3
    label_strength: float = 10.0
    min_df: int = 4
    faint: float = 1.0
    mined: int = 20_000
    rounds: int = 1
    cut: float = -3.0
    without: frozenset[str] = frozenset()


def analyse(text: str) -> list[str]:
    """The terms of a text, as the engine sees them."""
    return [term for word in terms(tokenize(fold(text).text)) for term in word]


class SmoothedNormalizer(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Divides each row by ``√(‖x‖² + c)``: scikit-learn's L2 normaliser with a floor under the norm.

    Args:
        smoothing: ``c`` ≥ 0; 0 is plain L2.
    """

    def __init__(self, smoothing: float = 1.0) -> None:
        self.smoothing = smoothing

    def fit(self, X: Any, y: Any = None) -> SmoothedNormalizer:
        """Nothing to learn."""
        return self

    def transform(self, X: Any) -> Any:
        """X of shape (n, V) sparse, scaled."""
        energy = np.asarray(X.multiply(X).sum(axis=1)).ravel()
        return sparse.diags(1.0 / np.sqrt(energy + self.smoothing)) @ X


def _kind(term: str) -> str:
    if term.startswith(SOUNDS) and len(term) > 1:
        return "sounds"
    return "pairs" if " " in term else "words"


@dataclass(frozen=True)
class Terms:
    """Rows as a binary term matrix of shape (rows, terms), with the terms by column."""

    matrix: sparse.csr_matrix
    names: npt.NDArray[np.object_]

    @classmethod
    def of(cls, texts: Iterable[str], min_df: int, without: frozenset[str] = frozenset()) -> Terms:
        """Counts once, for all the models that are fitted on parts of the rows; kinds of terms may be left out."""
        vectorizer = CountVectorizer(analyzer=analyse, binary=True, min_df=min_df, dtype=np.float64)
        matrix = vectorizer.fit_transform(texts).tocsr()
        names = vectorizer.get_feature_names_out()
        kept = [at for at, name in enumerate(names) if _kind(name) not in without]
        return cls(matrix[:, kept], names[kept])

    def rows(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Further texts in the same columns."""
        vectorizer = CountVectorizer(
            analyzer=analyse, binary=True, vocabulary={name: at for at, name in enumerate(self.names)}, dtype=np.float64
        )
        return vectorizer.transform(texts).tocsr()


def fit(
    rows: Sequence[Row],
    matrix: sparse.csr_matrix,
    names: npt.NDArray[np.object_],
    settings: Settings,
    mine: Callable[[Model, Sequence[Row]], list[str]],
    name: str,
    say: Say = lambda _: None,
) -> Model:
    """A model of the rows, without calibration or thresholds yet.

    Args:
        rows: what to learn from.
        matrix: their terms, binary, shape (rows, terms).
        names: the terms by column.
        settings: how.
        mine: the spans of clean rows that a model takes for spam.
        name: of the model.
        say: told of the progress.
    """
    extra: list[str] = []
    counted = Terms(matrix, names)
    model = _table(rows, matrix, names, settings, name)
    for number in range(settings.rounds):
        found = mine(model, rows)
        known = set(extra)
        extra.extend(text for text in dict.fromkeys(found) if text not in known)
        say(f"  mining round {number + 1}: {len(extra):,} spans of clean text that look like spam")
        more = [Row(text, CLEAN, "", "mined") for text in extra]
        model = _table([*rows, *more], sparse.vstack([matrix, counted.rows(extra)]).tocsr(), names, settings, name)
    return model


def _table(
    rows: Sequence[Row],
    matrix: sparse.csr_matrix,
    names: npt.NDArray[np.object_],
    settings: Settings,
    name: str,
) -> Model:
    """Fits detector and labels, drops faint terms, fits again on the rest."""
    spam = np.array([row.label != CLEAN for row in rows])
    present = np.asarray(matrix.sum(axis=0)).ravel() >= settings.min_df
    columns = np.flatnonzero(present)
    matrix = matrix[:, columns]
    idf = _idf(matrix)
    detector = _detector(matrix, idf, spam, settings)
    kept = np.flatnonzero(np.abs(idf * detector.coef_[0]) >= settings.faint)
    columns, matrix = columns[kept], matrix[:, kept]
    idf = _idf(matrix)
    detector = _detector(matrix, idf, spam, settings)
    label_weights = np.zeros((len(columns), len(LABELS)))
    label_bias = np.full(len(LABELS), -8.0)
    injected = _scale(matrix[np.flatnonzero(spam)], idf, settings.smoothing)
    labels = np.array([row.label for row in rows])[spam]
    for at, label in enumerate(LABELS):
        if np.any(labels == label):
            learner = LogisticRegression(
                C=settings.label_strength, solver="liblinear", class_weight="balanced", max_iter=200
            ).fit(injected, labels == label)
            label_weights[:, at] = learner.coef_[0]
            label_bias[at] = learner.intercept_[0]
    vocabulary = [str(term) for term in names[columns]]
    manifest = {
        "name": name,
        "version": "0",
        "labels": list(LABELS),
        "bias": float(np.float32(detector.intercept_[0])),
        "smoothing": settings.smoothing,
        "calibration": Calibration().to_dict(),
        "cut": settings.cut,
        "judge": {"bias": 0.0},
        "whole": {"bias": 0.0, "sure": 0.0},
        "ends": {"sure": 0.0},
        "thresholds": {"review": 0.5, "clean": 0.9},
    }
    return Model(
        manifest,
        {term: row for row, term in enumerate(vocabulary)},
        idf.astype(np.float32),
        detector.coef_[0].astype(np.float32),
        # Hundredths tell labels apart as well, and take half the room.
        np.round(label_weights, 2).astype(np.float32),
        label_bias.astype(np.float32),
    )


def _idf(matrix: sparse.csr_matrix) -> Floats:
    """Smoothed inverse document frequency, as scikit-learn's TfidfTransformer has it."""
    documents = np.asarray(matrix.sum(axis=0)).ravel()
    idf: Floats = np.log((1.0 + matrix.shape[0]) / (1.0 + documents)) + 1.0
    return idf.astype(np.float32).astype(np.float64)


def _scale(matrix: sparse.csr_matrix, idf: Floats, smoothing: float) -> sparse.csr_matrix:
    return SmoothedNormalizer(smoothing).transform(matrix @ sparse.diags(idf)).tocsr()


def _detector(matrix: sparse.csr_matrix, idf: Floats, spam: npt.NDArray[np.bool_], settings: Settings) -> Any:
    # The shipped model learns from more composed spam than a fold does; the same prior keeps their scores comparable.
    injected = int(np.count_nonzero(spam))
    weight = settings.prior * (len(spam) - injected) / max(1, injected)
    learner = LogisticRegression(
        C=settings.strength, solver="liblinear", max_iter=200, class_weight={False: 1.0, True: weight}
    )
    return learner.fit(_scale(matrix, idf, settings.smoothing), spam)


def pipeline(model: Model) -> Pipeline:
    """The scikit-learn pipeline that gives the same detector scores as the exported table, to 1e-9.

    ``decision_function(texts)`` is the log-odds of spam, shape (n,).
    """
    vectorizer = TfidfVectorizer(analyzer=analyse, binary=True, norm=None, vocabulary=dict(model.vocabulary))
    vectorizer.idf_ = model.idf.astype(np.float64)
    detector = LogisticRegression(solver="liblinear")
    detector.classes_ = np.array([False, True])
    detector.coef_ = model.weights.astype(np.float64)[None, :]
    detector.intercept_ = np.array([model.bias])
    detector.n_features_in_ = len(model.vocabulary)
    return Pipeline([("tfidf", vectorizer), ("norm", SmoothedNormalizer(model.smoothing)), ("detector", detector)])


def calibrated(model: Model, calibration: Calibration, thresholds: Mapping[str, float]) -> Model:
    """The model with what was learned on its candidates; its version is a digest of all that decides a verdict."""
    learned = {"calibration": calibration.to_dict(), "thresholds": dict(thresholds)}
    decisive = {
        **learned,
        **{key: model.manifest[key] for key in ("bias", "smoothing", "cut", "judge", "whole", "ends")},
    }
    digest = sha256(json.dumps(decisive, sort_keys=True).encode())
    for term in model.vocabulary:
        digest.update(term.encode() + b"\n")
    digest.update(model.names)
    for name in ARRAYS:
        digest.update(getattr(model, name).tobytes())
    return replace(model, manifest={**model.manifest, **learned, "version": digest.hexdigest()[:12]})


def names_file(names: Names) -> bytes:
    """``names.txt`` of a model: what the engine finds names by, folded as pages are."""
    entries = [("common" if name.common or name.game else "sure", name.label, name.text) for name in names.names]
    # Glued to a name, one of them makes it a betting name; others only go on.
    entries += [("strong", "", text) for text in names.strong]
    entries += [("behind", "", text) for text in names.behind]
    entries += [("front", "", text) for text in names.in_front]
    entries += [("slot", "", text) for words in names.slots.values() for text in words]
    entries += [("idle", "", text) for text in names.idle]
    rows: dict[tuple[str, str], str] = {}
    for kind, label, text in entries:
        folded = fold(text).text
        if len(folded) >= (1 if kind == "idle" else 2):
            # A slot or an everyday word may be a part of names as well.
            apart = kind if kind in ("slot", "idle") else ""
            rows.setdefault((apart, folded), f"{kind}\t{label}\t{folded}\n")
    return "".join(rows[key] for key in sorted(rows)).encode()
