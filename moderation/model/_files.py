"""The files of a model folder: what a manifest may say, arrays that fit each other, bytes that are those described.

Nothing here knows what a model does. What is wrong is a :class:`ModelDamaged` that names the file and the key.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moderation.common.messages import gettext
from moderation.errors import ModelDamaged, ModelNotFound

__all__ = [
    "ARRAYS",
    "FILES",
    "KEYS",
    "check_arrays",
    "check_manifest",
    "digest",
    "no_number",
    "packed",
    "read_arrays",
    "read_checked",
    "sound_text",
]

FILES = ("vocabulary.txt", "names.txt", "weights.npz")
KEYS = frozenset("name version labels bias smoothing cut judge whole ends calibration thresholds files digest".split())
# The arrays, named as the fields of a model.
ARRAYS = (
    *("idf", "weights", "label_weights", "label_bias"),
    *("judge_keys", "judge_weights"),
    *("whole_keys", "whole_idf", "whole_weights"),
    *("ends_keys", "ends_weights"),
)
# Where the manifest holds a number, by the keys that lead there.
_NUMBERS = (
    *(("bias",), ("smoothing",), ("cut",)),
    *(("judge", "bias"), ("whole", "bias"), ("whole", "sure"), ("ends", "sure")),
    *(("calibration", "bias"), ("calibration", "judged")),
)
_THRESHOLDS = ("review", "clean")


def digest(manifest: Mapping[str, Any]) -> str:
    """The SHA-256 of all that a manifest says, however it is laid out; so of the files too, whose digests it holds."""
    said = {key: value for key, value in manifest.items() if key != "digest"}
    return hashlib.sha256(json.dumps(said, sort_keys=True, allow_nan=False).encode()).hexdigest()


def no_number(constant: str) -> float:
    raise ValueError(gettext("{constant} is no number").format(constant=constant))


def check_manifest(manifest: Mapping[str, Any], where: str) -> None:
    """Refuses a manifest that is not the one that was saved, or says what makes no verdict.

    Raises:
        ModelDamaged: names the key.
    """
    bad = next(_unusable(manifest), "")
    if bad:
        raise ModelDamaged(
            gettext("{where}: {bad}; restore the model folder, or train it again").format(where=where, bad=bad)
        )
    if digest(manifest) != manifest["digest"]:
        raise ModelDamaged(
            gettext(
                "{where} is not as it was saved (SHA-256 differs): restore it; thresholds are set by a policy"
            ).format(where=where)
        )


def _unusable(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a manifest, each with its key."""
    for key in ("name", "version", "digest"):
        if not isinstance(manifest[key], str):
            yield gettext("{key} is no text").format(key=key)
    for key in ("judge", "whole", "ends", "calibration", "thresholds", "files"):
        if not isinstance(manifest[key], dict):
            yield gettext("{key} is no object").format(key=key)
            return
    labels = manifest["labels"]
    if not (isinstance(labels, list) and labels and all(isinstance(label, str) and label for label in labels)):
        yield gettext("labels is no list of words")
    elif len(set(labels)) < len(labels):
        yield gettext("labels names one twice")
    for keys in _NUMBERS:
        if not _is_number(_at(manifest, keys)):
            yield gettext("{keys} is no finite number").format(keys=".".join(keys))
    if _is_number(manifest["smoothing"]) and manifest["smoothing"] < 0:
        yield gettext("smoothing is below 0")
    if _is_number(_at(manifest, ("ends", "sure"))) and not 0 <= manifest["ends"]["sure"] <= 1:
        yield gettext("ends.sure is no number from 0 to 1")
    yield from _unusable_calibration(manifest["calibration"])
    thresholds = manifest["thresholds"]
    for key in (*_THRESHOLDS, *thresholds):
        if not _is_number(thresholds.get(key)) or not 0 <= thresholds[key] <= 1:
            yield gettext("thresholds.{key} is no number from 0 to 1").format(key=key)
    yield from (
        gettext("files.{name} is no digest").format(name=name)
        for name, said in manifest["files"].items()
        if not isinstance(said, str)
    )
    yield from _not_finite(manifest, "")


def _unusable_calibration(calibration: Mapping[str, Any]) -> Iterator[str]:
    if calibration.get("least", "") is not None and not _is_number(calibration.get("least")):
        yield gettext("calibration.least is no finite number, and not null")
    signals = calibration.get("signals")
    if not isinstance(signals, dict):
        yield gettext("calibration.signals is no object")
    else:
        yield from (
            gettext("calibration.signals.{code} is no finite number").format(code=code)
            for code in signals
            if not _is_number(signals[code])
        )


def _at(manifest: Mapping[str, Any], keys: Sequence[str]) -> Any:
    value: Any = manifest
    for key in keys:
        value = value.get(key)
    return value


def _is_number(value: Any) -> bool:
    """Whether a value is a number to count with; one too large for a float, as 1e999 and 10**400, is none."""
    try:
        return not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value)
    except OverflowError:
        return False


def _not_finite(value: Any, where: str) -> Iterator[str]:
    """Every infinity anywhere in a manifest: JSON's 1e999 is one."""
    if isinstance(value, float) and not math.isfinite(value):
        yield gettext("{where} is no finite number").format(where=where)
    elif isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _not_finite(each, f"{where}.{key}".lstrip("."))


def sound_text(blob: bytes, where: str) -> bytes:
    try:
        blob.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ModelDamaged(
            gettext("{where} cannot be read ({error}): restore the model folder").format(where=where, error=error)
        ) from None
    return blob


def read_arrays(blob: bytes, where: str) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a model.

    Raises:
        ModelDamaged: the file cannot be read, or one is missing.
    """
    try:
        with np.load(io.BytesIO(blob), allow_pickle=False) as file:
            found = {name: file[name] for name in ARRAYS if name in file}
    # Readers of damaged files raise more than they document: TokenError, MemoryError, NotImplementedError, zlib.error.
    except Exception as error:
        raise ModelDamaged(
            gettext("{where} cannot be read ({error}): restore the model folder").format(where=where, error=error)
        ) from None
    # A member that does not begin as an array is given as its bytes.
    absent = sorted(name for name in ARRAYS if not isinstance(found.get(name), np.ndarray))
    if absent:
        raise ModelDamaged(
            gettext("{where} has no array {absent!r}: restore the model folder").format(where=where, absent=absent[0])
        )
    return found


def check_arrays(arrays: Mapping[str, npt.NDArray[Any]], terms: int, labels: int, where: str) -> None:
    """Refuses arrays that do not fit each other, or hold what is no number.

    Raises:
        ModelDamaged: names the array.
    """
    judged, whole, ends = (arrays[name].size for name in ("judge_keys", "whole_keys", "ends_keys"))
    shapes = {
        "idf": (terms,),
        "weights": (terms,),
        "label_weights": (terms, labels),
        "label_bias": (labels,),
        "judge_keys": (judged,),
        "judge_weights": (judged,),
        "whole_keys": (whole,),
        "whole_idf": (whole,),
        "whole_weights": (whole,),
        "ends_keys": (ends,),
        "ends_weights": (ends,),
    }
    for name, shape in shapes.items():
        array = arrays[name]
        kind = np.uint32 if name.endswith("_keys") else np.float32
        if name == "judge_weights" and array.shape != shape:
            raise ModelDamaged(
                gettext("{where}: the judge has not as many keys as weights; restore the model folder").format(
                    where=where
                )
            )
        if array.dtype != kind or array.shape != shape:
            raise ModelDamaged(
                gettext(
                    "{where}: {name} is {dtype} of shape {shape}, not {kind} of shape {wanted}; restore "
                    "the model folder"
                ).format(
                    where=where, name=name, dtype=array.dtype, shape=array.shape, kind=np.dtype(kind), wanted=shape
                )
            )
        if not np.isfinite(array).all():
            owner = gettext("the judge") if name == "judge_weights" else name
            raise ModelDamaged(
                gettext("{where}: a weight of {owner} is no number; restore the model folder").format(
                    where=where, owner=owner
                )
            )


def read_checked(path: Path, digest: str) -> bytes:
    try:
        blob = path.read_bytes()
    except OSError:
        raise ModelNotFound(gettext("{path} is missing: restore the model folder").format(path=path)) from None
    if hashlib.sha256(blob).hexdigest() != digest:
        raise ModelDamaged(
            gettext(
                "{path} is not the file its manifest describes (SHA-256 differs): restore the folder or train it again"
            ).format(path=path)
        )
    return blob


def packed(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """An .npz archive without time stamps, which ``numpy.savez`` would put in."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(member, arrays[name], allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
