"""The artefact: what is written is what is read, what was changed is refused, and contributions add up."""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import _native
from moderation.errors import ModelDamaged, ModelError, ModelNotFound, ModelProtocol
from moderation.model import PROTOCOL, Calibration, Model

NAMES = "sure\tgambling\t威尼斯人\nbehind\t\t官网\n".encode()
KEYS = ["ends_keys", "judge_keys", "whole_keys"]
ARRAYS = [
    *("ends_keys", "ends_weights", "idf", "judge_keys", "judge_weights", "label_bias", "label_weights", "weights"),
    *("whole_idf", "whole_keys", "whole_weights"),
]
FILES = ["names.txt", "vocabulary.txt", "weights.npz"]
TERMS = ["澳门", "开户", "澳门 开户", "~澳门", "公司", "阀门"]


def make(**manifest: Any) -> Model:
    return Model(
        {
            "name": "tiny",
            "version": "1",
            "labels": ["gambling", "adult"],
            "bias": -1.5,
            "smoothing": 9.0,
            "cut": -3.0,
            "judge": {"bias": -1.25},
            "whole": {"bias": -0.75, "sure": 2.5},
            "ends": {"sure": 0.75},
            "calibration": {
                "bias": 0.1,
                "judged": 1.2,
                "least": -5.0,
                "signals": {"meta:duplicate": 2.0, "gloss:pinyin": -1.0},
            },
            "thresholds": {"review": 0.5, "clean": 0.9},
            **manifest,
        },
        {term: row for row, term in enumerate(TERMS)},
        np.array([4.0, 5.0, 6.0, 3.0, 2.0, 5.5], dtype=np.float32),
        np.array([1.0, 2.0, 3.0, 0.5, -2.0, -3.0], dtype=np.float32),
        np.array([[1, -1], [2, -2], [1, 0], [0, 0], [0, 1], [0, 0.5]], dtype=np.float32),
        np.array([-0.5, 0.25], dtype=np.float32),
        NAMES,
        np.array([7, 2**32 - 1, 70_000], dtype=np.uint32),
        np.array([0.5, -1.5, 3.25], dtype=np.float32),
        np.array([9, 2**31, 5, 90_000], dtype=np.uint32),
        np.array([1.5, 2.25, 7.0, 6.5], dtype=np.float32),
        np.array([0.25, -1.0, 3.5, 0.0], dtype=np.float32),
        np.array([11, 2**30], dtype=np.uint32),
        np.array([1.5, -2.0], dtype=np.float32),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make().save(tmp_path / "tiny")
    return tmp_path / "tiny"


# -- files


def test_round_trip(folder: Path) -> None:
    model, again = make(), Model.load(folder)
    assert again.vocabulary == model.vocabulary
    assert list(again.terms) == TERMS
    assert again.names == NAMES
    assert (again.cut, again.judge.weight(7), again.judge.weight(8)) == (-3.0, 0.5, 0.0)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name))
    assert (again.identity, again.labels, again.bias, again.smoothing) == ("tiny@1", ("gambling", "adult"), -1.5, 9.0)
    assert again.calibration == model.calibration
    assert again.thresholds == {"review": 0.5, "clean": 0.9}
    assert again.score([0, 2, 5]) == model.score([0, 2, 5])
    assert again.labels == model.labels
    assert (again.label_weights == model.label_weights).all()


def test_same_model_same_bytes(folder: Path, tmp_path: Path) -> None:
    Model.load(folder).save(tmp_path / "again")
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(["manifest.json", *FILES])
    for name in names:
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_files_are_plain(folder: Path) -> None:
    assert (folder / "vocabulary.txt").read_text("utf-8").split("\n") == [*TERMS, ""]
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["protocol"] == PROTOCOL
    assert sorted(manifest["files"]) == FILES
    assert (folder / "names.txt").read_bytes() == NAMES
    with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
        assert sorted(arrays) == ARRAYS


@pytest.mark.parametrize("name", FILES)
def test_changed_file(folder: Path, name: str) -> None:
    path = folder / name
    blob = bytearray(path.read_bytes())
    blob[len(blob) // 2] ^= 1
    path.write_bytes(blob)
    with pytest.raises(ModelDamaged, match=f"{name} is not the file its manifest describes"):
        Model.load(folder)


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelNotFound, match=f"{name}.* is missing"):
        Model.load(folder)


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"train one with train\.py"):
        Model.load(tmp_path / "none")


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 5, None, "4"])
def test_unknown_protocol(folder: Path, protocol: object) -> None:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**manifest, "protocol": protocol}), "utf-8")
    # The message says what to do.
    match = rf"protocol {protocol!r}, this version reads {PROTOCOL}: train it again with train\.py, or install"
    with pytest.raises(ModelProtocol, match=match):
        Model.load(folder)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '"a"',
        '{"protocol": 1}',
        '{"protocol": 2}',
        '{"protocol": 2, "files": {}}',
        "\ud800",
    ],
)
def test_broken_manifest(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ModelError):
        Model.load(folder)


def write(folder: Path, manifest: dict[str, Any]) -> None:
    """Writes a manifest as somebody would who makes its digest anew, infinities included."""
    said = {key: value for key, value in manifest.items() if key != "digest"}
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps({**said, "digest": digest}), "utf-8")


def test_manifest_written_anew_is_read(folder: Path) -> None:
    write(folder, json.loads((folder / "manifest.json").read_text("utf-8")))
    assert Model.load(folder).identity == "tiny@1"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("thresholds", {"review": 0.6, "clean": 0.9}),
        ("calibration", {"bias": 0.1, "judged": 0.0, "least": -5.0, "signals": {}}),
        ("bias", -99.0),
        ("cut", 5.0),
        ("judge", {"bias": -99.0}),
        ("whole", {"bias": -99.0, "sure": 2.5}),
        ("ends", {"sure": 0.0}),
        ("labels", ["adult", "gambling"]),
        ("version", "2"),
        ("digest", "0" * 64),
    ],
)
def test_manifest_that_was_changed_is_refused(folder: Path, key: str, value: Any) -> None:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest[key] != value
    (folder / "manifest.json").write_text(json.dumps({**manifest, key: value}), "utf-8")
    with pytest.raises(ModelDamaged, match=r"manifest\.json is not as it was saved"):
        Model.load(folder)


NO_NUMBERS = [math.nan, math.inf, -math.inf, None, "1", True, [], {}, 10**400]
CHANGES = [
    *[(key, value, key) for key in ("bias", "smoothing", "cut") for value in NO_NUMBERS],
    *[("judge", {"bias": value}, "judge.bias") for value in NO_NUMBERS],
    *[("whole", {"bias": value}, "whole.bias") for value in NO_NUMBERS],
    *[("whole", {"sure": value}, "whole.sure") for value in NO_NUMBERS],
    *[("ends", {"sure": value}, "ends.sure") for value in NO_NUMBERS],
    *[("calibration", {"bias": value}, "calibration.bias") for value in NO_NUMBERS],
    *[("calibration", {"judged": value}, "calibration.judged") for value in NO_NUMBERS],
    *[("calibration", {"least": value}, "calibration.least") for value in NO_NUMBERS if value is not None],
    *[("calibration", {"signals": {"shape:prose": value}}, "calibration.signals.shape:prose") for value in NO_NUMBERS],
    ("calibration", {"signals": []}, "calibration.signals"),
    *[("thresholds", {"review": value}, "thresholds.review") for value in [*NO_NUMBERS, -0.1, 1.5]],
    *[("thresholds", {"clean": value}, "thresholds.clean") for value in NO_NUMBERS],
    ("smoothing", -1.0, "smoothing"),
    *[
        (key, 3, key)
        for key in ("judge", "whole", "ends", "calibration", "thresholds", "files", "labels", "name", "version")
    ],
    *[("ends", {"sure": value}, "ends.sure") for value in (-0.1, 1.1)],
    ("labels", [], "labels"),
    ("labels", ["a", "a"], "labels"),
    ("labels", ["a", ""], "labels"),
    ("metrics", {"recall": [0.5, math.inf]}, "metrics.recall.1"),
]


@pytest.mark.parametrize(("key", "value", "named"), CHANGES)
def test_manifest_that_makes_no_verdict_is_refused(folder: Path, key: str, value: Any, named: str) -> None:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest[key] = {**manifest[key], **value} if isinstance(value, dict) and key in manifest and value else value
    write(folder, manifest)
    with pytest.raises(ModelDamaged) as caught:
        Model.load(folder)
    # What JSON has no word for is named by that; the rest by its key.
    assert any(word in str(caught.value) for word in (f" {named} ", "NaN is no number", "Infinity is no number"))


def test_infinity_that_json_can_write_is_refused(folder: Path) -> None:
    path = folder / "manifest.json"
    for old, named in (('"judged": 1.2', "calibration.judged"), ('"review": 0.5', "thresholds.review")):
        text = path.read_text("utf-8")
        path.write_text(text.replace(old, old.split(":")[0] + ": 1e999"), "utf-8")
        with pytest.raises(ModelDamaged, match=named):
            Model.load(folder)
        path.write_text(text, "utf-8")


def test_infinity_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ModelDamaged, match="give numbers only"):
        make(bias=math.inf).save(tmp_path)


@pytest.mark.parametrize("name", [name for name in ARRAYS if name not in KEYS])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_arrays_of_no_numbers_are_refused(tmp_path: Path, name: str, value: float) -> None:
    model = make()
    array = getattr(model, name).copy()
    array.flat[-1] = value
    replace(model, **{name: array}).save(tmp_path)
    with pytest.raises(
        ModelDamaged, match=f"a weight of {'the judge' if name == 'judge_weights' else name} is no number"
    ):
        Model.load(tmp_path)


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize(
    "change",
    [lambda array: array[:-1], lambda array: array[..., None], lambda array: array.astype(np.float64), lambda _: 5],
    ids=["short", "deep", "wide", "scalar"],
)
def test_arrays_of_another_shape_are_refused(tmp_path: Path, name: str, change: Any) -> None:
    model = make()
    replace(model, **{name: np.asarray(change(getattr(model, name)))}).save(tmp_path)
    with pytest.raises(ModelDamaged, match="restore the model folder"):
        Model.load(tmp_path)


def npz(member: bytes) -> bytes:
    """A file of arrays, each of which is some bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in ARRAYS:
            archive.writestr(f"{name}.npy", member)
    return stream.getvalue()


def npy(header: bytes) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header


HUGE = npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999,)}")
BLOBS = {
    "empty": b"",
    "begun": b"PK\x03\x04",
    "a pickle": b"\x80\x04K\x01.",
    "one array": b"\x93NUMPY",
    "a member that is no array": npz(b"text"),
    "an open bracket": npz(npy(b"{\0")),
    "an array of 400 TB": npz(HUGE),
    # The method, in both places that name it.
    "packed in an unknown way": npz(HUGE).replace(b"\x14\0\0\0\0\0", b"\x14\0\0\0\x63\0"),
}


@pytest.mark.parametrize("blob", BLOBS.values(), ids=BLOBS)
def test_arrays_that_cannot_be_read_are_refused(folder: Path, blob: bytes) -> None:
    (folder / "weights.npz").write_bytes(blob)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["files"]["weights.npz"] = hashlib.sha256(blob).hexdigest()
    write(folder, manifest)
    with pytest.raises(ModelDamaged, match=r"weights\.npz (cannot be read|has no array)"):
        Model.load(folder)


# -- scores

ROWS = st.lists(st.integers(0, len(TERMS) - 1), max_size=10)


@given(ROWS)
def test_terms_count_once_and_in_any_order(rows: list[int]) -> None:
    model = make()
    assert model.score(rows) == model.score(sorted(set(rows), reverse=True)) == model.score([*rows, *rows])


def test_score() -> None:
    assert make().score([0, 1]) == pytest.approx((4 * 1 + 5 * 2) / math.sqrt(16 + 25 + 9) - 1.5)
    assert make().score([]) == -1.5


def test_one_term_is_less_sure_than_a_list() -> None:
    assert make().score([0]) < make().score([0, 1]) < make().score([0, 1, 2])


def test_known() -> None:
    assert make().known([("澳门", "~澳门"), ("新闻",), ("开户", "澳门 开户")]) == [[0, 3], [], [1, 2]]


def test_labels_are_ranked() -> None:
    assert make().ranked_labels([0.0, 2.0]) == (("adult", 0.8808), ("gambling", 0.5))
    assert make().ranked_labels([1e300, -1e300]) == (("gambling", 1.0), ("adult", 0.0))
    # Of equals the first by name.
    assert make().ranked_labels([1.0, 1.0]) == (("adult", 0.7311), ("gambling", 0.7311))


# -- calibration


def test_calibration() -> None:
    calibration = make().calibration
    assert calibration.score(-0.1 / 1.2, {}) == 0.5
    doubled = {"meta:duplicate": 0.5}
    assert calibration.score(1.0, doubled) == pytest.approx(1 / (1 + math.exp(-(0.1 + 1.2 + 1.0))), abs=1e-6)
    assert calibration.score(1.0, doubled) > calibration.score(1.0, {})
    assert calibration.score(1.0, {"gloss:pinyin": 1.0}) < calibration.score(1.0, {})
    assert calibration.score(1.0, {"unknown": 1.0}) == calibration.score(1.0, {})


@given(st.floats(-1e6, 1e6), st.floats(0, 1))
def test_calibrated_scores_are_probabilities(logit: float, strength: float) -> None:
    score = make().calibration.score(logit, {"meta:duplicate": strength})
    assert 0.0 <= score <= 1.0
    assert score == round(score, 6)


def test_calibration_round_trip() -> None:
    calibration = make().calibration
    assert Calibration.from_dict(json.loads(json.dumps(calibration.to_dict()))) == calibration


def test_model_without_all_its_weights_is_refused() -> None:
    model = replace(make(), vocabulary={"澳门": 0})
    with pytest.raises(ModelDamaged, match="the same number"):
        model.score([0])


def test_model_without_a_cut_of_candidates_says_so() -> None:
    calibration = Calibration(0.0, 1.0)
    assert json.loads(json.dumps(calibration.to_dict()))["least"] is None
    assert Calibration.from_dict(calibration.to_dict()).judge_threshold == -math.inf


# -- names and judge


@pytest.mark.parametrize(
    "names",
    [b"sure\tgambling\n", "certain\tgambling\t威尼斯人\n".encode(), "sure\tgambling\t威\n".encode(), b"\xff\xfe\n"],
)
def test_damaged_names(names: bytes, tmp_path: Path) -> None:
    replace(make(), names=names).save(tmp_path)
    with pytest.raises(ModelDamaged, match=r"tiny@1: names\.txt: .*restore the model folder"):
        _ = Model.load(tmp_path).brands


def test_judge_with_more_keys_than_weights(tmp_path: Path) -> None:
    replace(make(), judge_keys=np.arange(5, dtype=np.uint32)).save(tmp_path)
    with pytest.raises(ModelDamaged, match="as many keys as weights; restore the model folder"):
        _ = Model.load(tmp_path).judge


@pytest.mark.parametrize("weight", [math.nan, math.inf])
def test_judge_with_weights_that_are_no_numbers(tmp_path: Path, weight: float) -> None:
    replace(make(), judge_weights=np.array([0.5, weight, 1.0], np.float32)).save(tmp_path)
    with pytest.raises(ModelDamaged, match="a weight of the judge is no number; restore the model folder"):
        _ = Model.load(tmp_path).judge


def test_words_of_pages_with_more_keys_than_weights(tmp_path: Path) -> None:
    replace(make(), whole_keys=np.arange(5, dtype=np.uint32)).save(tmp_path)
    with pytest.raises(ModelDamaged, match="restore the model folder"):
        _ = Model.load(tmp_path).whole


def test_missing_array(folder: Path) -> None:
    path = folder / "weights.npz"
    with np.load(path) as arrays:
        kept = {name: arrays[name] for name in arrays if name != "judge_keys"}
    np.savez(path, **kept)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["files"]["weights.npz"] = hashlib.sha256(path.read_bytes()).hexdigest()
    write(folder, manifest)
    with pytest.raises(ModelDamaged, match=r"weights\.npz has no array 'judge_keys': restore the model folder"):
        Model.load(folder)


@given(st.dictionaries(st.integers(0, 2**32 - 1), st.floats(-9, 9, width=32), max_size=60))
def test_judge_knows_weights_by_key(weights: dict[int, float]) -> None:
    judge = _native.Judge(np.array([*weights], np.uint32), np.array([*weights.values()], np.float32), 0.0)
    assert {key: judge.weight(key) for key in weights} == weights
    free = next(key for key in range(61) if key not in weights)
    assert judge.weight(free) == 0.0
