"""The trained artefact: plain arrays that score terms and candidates. No pickle, no scikit-learn.

A model folder holds::

    manifest.json    name, version, protocol, labels, calibration, thresholds, digests of the files and of itself,
                     how it was made
    vocabulary.txt   one term a line, UTF-8, in the order of the arrays' rows
    names.txt        kind, label and text of each known name and of what is glued to one, with tabs between
    weights.npz      idf (V,), weights (V,), label_weights (V, L), label_bias (L,),
                     judge_keys (F,), judge_weights (F,), whole_keys (P,), whole_idf (P,), whole_weights (P,),
                     ends_keys (E,), ends_weights (E,)
    card.md          the model card, for people

Four linear models. The *terms* propose: the score of a set of terms is
``Σ idf·w / √(Σ idf² + c) + bias``, logistic regression over binary TF-IDF with a smoothed L2 norm. The *judge* has the
last word on what they propose: logistic regression over all that is known of a candidate, each feature known by a hash
(``native/candidates/judge.cpp``). One of these is what the third says, the *whole*: logistic regression over the TF-IDF
of all words of the page (``native/candidates/whole.cpp``). The fourth, the *ends*, says where what is found begins and
ends: logistic regression over the places between two words near its ends (``native/candidates/ends.cpp``).
"""

from __future__ import annotations

import hashlib
import json
import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moderation import _native
from moderation.common.messages import gettext
from moderation.errors import ModelDamaged, ModelNotFound, ModelProtocol
from moderation.model._files import (
    ARRAYS,
    FILES,
    KEYS,
    check_arrays,
    check_manifest,
    digest,
    no_number,
    packed,
    read_arrays,
    read_checked,
    sound_text,
)

__all__ = ["ARRAYS", "PROTOCOL", "Calibration", "Model"]

PROTOCOL = 4
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the judge's log-odds and structure become a probability: ``σ(bias + judged·z + Σ signals[code]·strength)``.

    ``signals`` are log-odds for a signal of full strength. Candidates whose ``z`` is below
    ``judge_threshold`` (``least`` in the manifest) are left out.
    """

    bias: float = 0.0
    judged: float = 1.0
    judge_threshold: float = -math.inf
    signals: Mapping[str, float] = field(default_factory=dict)

    def score(self, judged: float, strengths: Mapping[str, float]) -> float:
        """The probability that a span is injected, in [0, 1], rounded to six digits."""
        structure = sum(self.signals.get(code, 0.0) * strength for code, strength in strengths.items())
        total = self.bias + self.judged * judged + structure
        return round(1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, total)))), 6)

    def to_dict(self) -> dict[str, Any]:
        threshold = None if math.isinf(self.judge_threshold) else self.judge_threshold
        return {"bias": self.bias, "judged": self.judged, "least": threshold, "signals": dict(self.signals)}

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Calibration:
        threshold = -math.inf if row["least"] is None else float(row["least"])
        return cls(float(row["bias"]), float(row["judged"]), threshold, dict(row["signals"]))


class Vocabulary(Mapping[str, int]):
    """Term -> row, by the lines of a vocabulary file. The engine reads these; a dictionary is made if somebody asks."""

    def __init__(self, lines: bytes) -> None:
        self.lines = lines

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {term: row for row, term in enumerate(self.lines.decode("utf-8").split("\n")[:-1])}

    def __getitem__(self, term: str) -> int:
        return self._rows[term]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return self.lines.count(b"\n")

    def __reduce__(self) -> tuple[type[Vocabulary], tuple[bytes]]:
        return Vocabulary, (self.lines,)


@dataclass(frozen=True)
class Model:
    """A term table with everything a verdict needs from training.

    Args:
        manifest: the parsed ``manifest.json``.
        vocabulary: term -> row.
        idf: inverse document frequency of each term, shape (V,).
        weights: spam against clean, shape (V,), log-odds per unit of TF-IDF.
        label_weights: which kind of spam, shape (V, L).
        label_bias: shape (L,).
        names: ``names.txt``, see :class:`moderation._native.Brands`.
        judge_keys: the hash of each feature of the judge, shape (F,), uint32.
        judge_weights: log-odds of each feature at full value, shape (F,).
        whole_keys: the hash of each word that says something of a page as a whole, shape (P,), uint32.
        whole_idf: its inverse document frequency, shape (P,).
        whole_weights: log-odds per unit of TF-IDF, shape (P,).
        ends_keys: the hash of each feature of a place where a finding may begin or end, shape (E,), uint32.
        ends_weights: log-odds of each, shape (E,); with none, findings begin and end where they were proposed.
    """

    manifest: Mapping[str, Any]
    vocabulary: Mapping[str, int]
    idf: Floats
    weights: Floats
    label_weights: Floats
    label_bias: Floats
    names: bytes = b""
    judge_keys: npt.NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))
    judge_weights: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    whole_keys: npt.NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))
    whole_idf: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    whole_weights: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    ends_keys: npt.NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))
    ends_weights: Floats = field(default_factory=lambda: np.zeros(0, np.float32))

    @cached_property
    def identity(self) -> str:
        """Name and version, as verdicts quote it."""
        return f"{self.manifest['name']}@{self.manifest['version']}"

    @cached_property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.manifest["labels"])

    @cached_property
    def bias(self) -> float:
        return float(self.manifest["bias"])

    @cached_property
    def smoothing(self) -> float:
        return float(self.manifest["smoothing"])

    @property
    def cut(self) -> float:
        """The text's log-odds below which a run of words is proposed to no judge."""
        return float(self.manifest["cut"])

    @cached_property
    def calibration(self) -> Calibration:
        return Calibration.from_dict(self.manifest["calibration"])

    @cached_property
    def thresholds(self) -> Mapping[str, float]:
        """Scores from which a finding is reviewed, cut, and grounds for rejection: keys review, clean, reject."""
        return dict(self.manifest["thresholds"])

    # Indexing an array of doubles is several times faster than a NumPy array, and the hot path indexes once a term.
    @cached_property
    def evidence(self) -> array[float]:
        """``idf·w`` of each term."""
        return array("d", (self.idf.astype(np.float64) * self.weights).tobytes())

    @cached_property
    def energy(self) -> array[float]:
        """``idf²`` of each term."""
        return array("d", np.square(self.idf.astype(np.float64)).tobytes())

    @cached_property
    def native(self) -> _native.Terms:
        """The same table for the engine, which looks terms up without making strings of them.

        Raises:
            ModelDamaged: there are not as many terms as weights.
        """
        given = self.vocabulary
        lines = given.lines if isinstance(given, Vocabulary) else "".join([f"{term}\n" for term in given]).encode()
        try:
            return _native.Terms(
                lines, self.evidence, self.energy, self.label_weights, self.label_bias, self.smoothing, self.bias
            )
        except ValueError as error:
            raise ModelDamaged(
                gettext("{identity}: {error}; restore the model folder or train it again").format(
                    identity=self.identity, error=error
                )
            ) from None

    @cached_property
    def judge(self) -> _native.Judge:
        """The judge for the engine.

        Raises:
            ModelDamaged: there are not as many keys as weights, or a weight is no number.
        """
        if not np.isfinite(self.judge_weights).all():
            raise ModelDamaged(
                gettext("{identity}: a weight of the judge is no number; restore the model folder").format(
                    identity=self.identity
                )
            )
        try:
            return _native.Judge(self.judge_keys, self.judge_weights, float(self.manifest["judge"]["bias"]))
        except ValueError as error:
            raise ModelDamaged(
                gettext("{identity}: the judge: {error}; restore the model folder").format(
                    identity=self.identity, error=error
                )
            ) from None

    @cached_property
    def whole(self) -> _native.Whole:
        """The model of pages for the engine.

        Raises:
            ModelDamaged: there are not as many keys as weights.
        """
        try:
            bias = float(self.manifest["whole"]["bias"])
            return _native.Whole(self.whole_keys, self.whole_idf, self.whole_weights, bias)
        except ValueError as error:
            raise ModelDamaged(
                gettext("{identity}: the words of pages: {error}; restore the model folder").format(
                    identity=self.identity, error=error
                )
            ) from None

    @cached_property
    def ends(self) -> _native.Ends:
        """What settles where findings begin and end, for the engine.

        Raises:
            ModelDamaged: there are not as many keys as weights.
        """
        try:
            return _native.Ends(self.ends_keys, self.ends_weights)
        except ValueError as error:
            raise ModelDamaged(
                gettext("{identity}: the ends of findings: {error}; restore the model folder").format(
                    identity=self.identity, error=error
                )
            ) from None

    @property
    def sure(self) -> float:
        """The log-odds of a page as a whole from which it is spam, not a page that holds some."""
        return float(self.manifest["whole"]["sure"])

    @property
    def exact(self) -> float:
        """The probability of a finding's ends from which the finding may be cut without a person."""
        return float(self.manifest["ends"]["sure"])

    @cached_property
    def brands(self) -> _native.Brands:
        """The names for the engine.

        Raises:
            ModelDamaged: a line is none.
        """
        try:
            return _native.Brands(self.names, list(self.labels))
        except ValueError as error:
            raise ModelDamaged(
                gettext("{identity}: names.txt: {error}; restore the model folder").format(
                    identity=self.identity, error=error
                )
            ) from None

    def __reduce__(self) -> tuple[type[Model], tuple[Any, ...]]:
        # What was worked out from these is worked out again.
        arrays = [getattr(self, name) for name in ARRAYS]
        return Model, (self.manifest, self.vocabulary, *arrays[:4], self.names, *arrays[4:])

    def known(self, terms: Iterable[Iterable[str]]) -> list[list[int]]:
        """The rows of the known terms of each word."""
        get = self.vocabulary.get
        return [[row for term in word if (row := get(term)) is not None] for word in terms]

    def score(self, rows: Iterable[int]) -> float:
        """The log-odds that a text with these terms is spam (each term counts once, in ascending order of row)."""
        return self.native.score(list(rows))

    def ranked_labels(self, logits: Sequence[float]) -> tuple[tuple[str, float], ...]:
        """The probability of each label given that the text is spam, of its log-odds; labels are not exclusive.

        Returns: (label, probability rounded to four digits), most probable first.
        """
        scores = [1.0 / (1.0 + math.exp(-min(50.0, max(-50.0, logit)))) for logit in logits]
        ranked = sorted(zip(self.labels, scores, strict=True), key=lambda pair: (-pair[1], pair[0]))
        return tuple((label, round(score, 4)) for label, score in ranked)

    @property
    def terms(self) -> Sequence[str]:
        """The vocabulary by row."""
        return self.native

    # -- files

    @classmethod
    def load(cls, folder: str | Path) -> Model:
        """Reads a model folder, checking every file against the manifest.

        Raises:
            ModelNotFound: no manifest, or a file it names is missing.
            ModelProtocol: written for another version of this package.
            ModelDamaged: a file is not the one the manifest describes, the manifest not the one that was saved, or
                one of them holds what is no number or fits nothing else.
        """
        folder = Path(folder)
        try:
            manifest = json.loads((folder / "manifest.json").read_text("utf-8"), parse_constant=no_number)
        except FileNotFoundError:
            raise ModelNotFound(
                gettext(
                    "no model in {folder}: manifest.json is missing. Name a model folder, or train one with train.py"
                ).format(folder=folder)
            ) from None
        except (OSError, ValueError, RecursionError) as error:
            raise ModelDamaged(
                gettext("{where} cannot be read ({error}): restore the model folder").format(
                    where=folder / "manifest.json", error=error
                )
            ) from None
        protocol = manifest.get("protocol") if isinstance(manifest, dict) else None
        if protocol != PROTOCOL:
            raise ModelProtocol(
                gettext(
                    "{folder} holds a model of protocol {protocol!r}, this version reads {ours}: "
                    "train it again with train.py, or install the version it was made for"
                ).format(folder=folder, protocol=protocol, ours=PROTOCOL)
            )
        missing = sorted(KEYS - manifest.keys())
        if missing:
            raise ModelDamaged(
                gettext("{where} has no {missing!r}: restore the model folder").format(
                    where=folder / "manifest.json", missing=missing[0]
                )
            )
        check_manifest(manifest, str(folder / "manifest.json"))
        blobs = {name: read_checked(folder / name, manifest["files"].get(name, "")) for name in FILES}
        arrays = read_arrays(blobs["weights.npz"], str(folder / "weights.npz"))
        vocabulary = Vocabulary(sound_text(blobs["vocabulary.txt"], str(folder / "vocabulary.txt")))
        check_arrays(arrays, len(vocabulary), len(manifest["labels"]), str(folder / "weights.npz"))
        return cls(manifest, vocabulary, names=blobs["names.txt"], **arrays)

    def save(self, folder: str | Path) -> None:
        """Writes the model folder; the same model gives the same bytes.

        Raises:
            ModelDamaged: the manifest holds an infinity or a NaN.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "vocabulary.txt").write_bytes("".join(f"{term}\n" for term in self.vocabulary).encode())
        (folder / "names.txt").write_bytes(self.names)
        (folder / "weights.npz").write_bytes(packed({name: getattr(self, name) for name in ARRAYS}))
        files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}
        manifest = {**self.manifest, "protocol": PROTOCOL, "files": files}
        try:
            manifest["digest"] = digest(manifest)
        except ValueError as error:
            raise ModelDamaged(
                gettext("{identity}: the manifest: {error}; give numbers only").format(
                    identity=self.identity, error=error
                )
            ) from None
        (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", "utf-8")
