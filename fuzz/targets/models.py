"""A model folder with sound digests: either it is refused as a model, or every page has a verdict under it.

An input is sections ``%%% NAME`` with what stands behind: files of the folder and arrays, which are put into one
``weights.npz``. The manifest is given the digests of what was made, so that behind them all checks are met.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import re
import zipfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np

from fuzz.targets import Broken, Run, Target, words
from fuzz.targets._judging import judge
from fuzz.targets._seeds import SPAM
from moderation import Moderator, Page, Policy
from moderation.model import PROTOCOL, Model

__all__ = ["TARGET"]

_SECTION = re.compile(rb"%%% ([\w.]{1,40})\n")
_FILES = ("vocabulary.txt", "names.txt", "weights.npz")


def prepare(folder: Path) -> Run:
    page = Page(f"<title>{SPAM}</title><p>本公司生产阀门。{SPAM}</p>", url="http://www.shop.example/a")

    def run(data: bytes) -> str:
        _write(data, folder)
        model = Model.load(folder)
        if Model.load(folder).identity != model.identity:
            raise Broken("the same folder gives two models")
        return judge(Moderator(model, Policy().with_thresholds(model.thresholds)), page).action.value

    return run


def _write(data: bytes, folder: Path) -> None:
    parts = _SECTION.split(data)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    files = {name: sections.get(name.encode(), b"") for name in _FILES}
    if b"weights.npz" not in sections:
        files["weights.npz"] = _npz({key.decode(): body for key, body in sections.items() if key.endswith(b".npy")})
    for name, body in files.items():
        (folder / name).write_bytes(body)
    manifest = sections.get(b"manifest.json", b"")
    try:
        said = json.loads(manifest)
        said["files"] = {name: hashlib.sha256(body).hexdigest() for name, body in files.items()}
        said.pop("digest", None)
        said["digest"] = hashlib.sha256(json.dumps(said, sort_keys=True, allow_nan=False).encode()).hexdigest()
        manifest = json.dumps(said).encode()
    except (ValueError, TypeError, AttributeError, RecursionError):
        # No manifest to put digests into: it is given as it is.
        pass
    (folder / "manifest.json").write_bytes(manifest)


def _npz(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(zipfile.ZipInfo(name), body, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


# ---------------------------------------------------------------------------------------------------------------- seeds

_TERMS = ["澳门", "开户", "澳门 开户", "百家乐", "公司", "阀门"]
_MANIFEST: dict[str, Any] = {
    "name": "tiny",
    "version": "1",
    "protocol": PROTOCOL,
    "labels": ["gambling", "seo"],
    "bias": -1.5,
    "smoothing": 9.0,
    "cut": -3.0,
    "judge": {"bias": 1.25},
    "whole": {"bias": -0.75, "sure": 2.5},
    "ends": {"sure": 0.75},
    "calibration": {
        "bias": 0.1,
        "judged": 1.2,
        "least": -5.0,
        "signals": {"meta:duplicate": 2.0, "gloss:pinyin": -1.0},
    },
    "thresholds": {"review": 0.5, "clean": 0.9},
}
_ARRAYS = {
    "idf": np.array([4, 5, 6, 3, 2, 5.5], np.float32),
    "weights": np.array([1, 2, 3, 0.5, -2, -3], np.float32),
    "label_weights": np.array([[1, -1], [2, -2], [1, 0], [0, 0], [0, 1], [0, 0.5]], np.float32),
    "label_bias": np.array([-0.5, 0.25], np.float32),
    "judge_keys": np.array([7, 2**32 - 1, 70_000], np.uint32),
    "judge_weights": np.array([0.5, -1.5, 3.25], np.float32),
    "whole_keys": np.array([9, 2**31, 90_000], np.uint32),
    "whole_idf": np.array([1.5, 2.25, 7.0], np.float32),
    "whole_weights": np.array([0.25, -1.0, 3.5], np.float32),
    "ends_keys": np.array([11, 2**30], np.uint32),
    "ends_weights": np.array([1.5, -2.0], np.float32),
}
_NAMES = "sure\tgambling\t威尼斯人\nbehind\t\t官网\n".encode()


def _npy(array: np.ndarray[Any, Any]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=False)
    return stream.getvalue()


def _packed(sections: dict[str, bytes]) -> bytes:
    return b"".join(b"%%%%%% %s\n%s" % (name.encode(), body) for name, body in sections.items())


_TEXTS = {
    "manifest.json": json.dumps(_MANIFEST).encode(),
    "vocabulary.txt": "".join(f"{term}\n" for term in _TERMS).encode(),
    "names.txt": _NAMES,
}
_MEMBERS = {f"{name}.npy": _npy(array) for name, array in _ARRAYS.items()}
_NUMBERS = (0, 1, -1, 2, 0.5, 0.01, -0.0, 30, -30, 700.5, 1e9, -1e9, 1e308, -1e308, 5e-324, 2**63)
_ODD: tuple[Any, ...] = (
    *(*_NUMBERS, None, True, 10**400, "", "0.5", "\ud800", "a" * 5000),
    *([], {}, [[]], [1, 1], [""], ["gambling"], ["a", "b", "c"], {"a": 1}, {"least": None}),
)


def change(data: bytes, draw: random.Random) -> bytes:
    """Another value, another key or none somewhere in the manifest; an array cut short, grown or of another type."""
    sections = {**_TEXTS, **_MEMBERS}
    manifest = json.loads(sections["manifest.json"])
    if draw.randrange(4):
        for _ in range(draw.randint(1, 3)):
            _change_value(manifest, draw)
    sections["manifest.json"] = json.dumps(manifest).encode()
    for name in draw.sample(sorted(_ARRAYS), draw.randint(0, 2)):
        sections[f"{name}.npy"] = _npy(_changed(_ARRAYS[name], draw))
    if draw.randrange(4) == 0:
        del sections[draw.choice(sorted(sections))]
    return _packed(sections)


def _change_value(manifest: dict[str, Any], draw: random.Random) -> None:
    at: Any = manifest
    while True:
        key = draw.choice(list(at) if isinstance(at, dict) else range(len(at))) if at else None
        if key is None:
            return
        if isinstance(at[key], dict | list) and at[key] and draw.randrange(3):
            at = at[key]
            continue
        if draw.randrange(5) == 0:
            del at[key]
        else:
            is_number = isinstance(at[key], int | float) and draw.randrange(2)
            # A list of its own: the next change may put something into it.
            at[key] = deepcopy(draw.choice(_NUMBERS if is_number else _ODD))
        return


def _changed(array: np.ndarray[Any, Any], draw: random.Random) -> np.ndarray[Any, Any]:
    step = draw.randrange(5)
    if step == 0:
        return array[: draw.randrange(len(array) + 1)]
    if step == 1:
        return np.repeat(array, draw.choice([2, 3, 100]), axis=0)
    if step == 2:
        with np.errstate(all="ignore"):
            return array.astype(draw.choice(["<f8", ">f4", "<i4", "<u4", "?", "<f2", "<c8", "<U4"]))
    if step == 3:
        changed = array.copy()
        changed.flat[draw.randrange(array.size)] = draw.choice([0, 1, 3e38 if array.dtype == np.float32 else 2**31])
        return changed
    return array.reshape(draw.choice([(-1,), (1, -1), (-1, 1)]))


TARGET = Target(
    (_packed({**_TEXTS, **_MEMBERS}), _packed({**_TEXTS, "weights.npz": _npz(_MEMBERS)})),
    words(
        r"""
        %%%\smanifest.json\n %%%\sweights.npz\n %%%\snames.txt\n %%%\svocabulary.txt\n %%%\sidf.npy\n
        null true -1 1e999 NaN Infinity 1e308 [ ] { } " : , [[ "labels": "judge": "calibration": "thresholds": \\ud800
        sure\t behind\t \t\t \t \n \r \0 \xff gambling 澳门\s ~ PK\x01\x02
        \x93NUMPY\x01\0 'descr':\s'|O' 'shape':\s( (99999999999,) (-1,) 'fortran_order':\sTrue
        """
    ),
    prepare,
    change,
)
