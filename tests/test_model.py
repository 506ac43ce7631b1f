"""The artefact: what is written is what is read, what was changed is refused, and contributions add up."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.errors import ModelDamaged, ModelError, ModelNotFound, ModelProtocol
from moderation.model import PROTOCOL, Calibration, Model

TERMS = ["澳门", "开户", "澳门 开户", "~澳门", "公司", "阀门"]


def make(**manifest: Any) -> Model:
    return Model(
        {
            "name": "tiny",
            "version": "1",
            "labels": ["gambling", "adult"],
            "bias": -1.5,
            "smoothing": 9.0,
            "calibration": {"bias": 0.1, "text": 1.2, "cap": 2.5, "signals": {"hidden": 2.0, "shape:prose": -1.0}},
            "thresholds": {"review": 0.5, "clean": 0.9},
            **manifest,
        },
        {term: row for row, term in enumerate(TERMS)},
        np.array([4.0, 5.0, 6.0, 3.0, 2.0, 5.5], dtype=np.float32),
        np.array([1.0, 2.0, 3.0, 0.5, -2.0, -3.0], dtype=np.float32),
        np.array([[1, -1], [2, -2], [1, 0], [0, 0], [0, 1], [0, 0.5]], dtype=np.float32),
        np.array([-0.5, 0.25], dtype=np.float32),
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
    for name in ("idf", "weights", "label_weights", "label_bias"):
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name))
    assert (again.identity, again.labels, again.bias, again.smoothing) == ("tiny@1", ("gambling", "adult"), -1.5, 9.0)
    assert again.calibration == model.calibration
    assert again.thresholds == {"review": 0.5, "clean": 0.9}
    assert again.score([0, 2, 5]) == model.score([0, 2, 5])
    assert again.label_scores([0, 2, 5]) == model.label_scores([0, 2, 5])


def test_same_model_same_bytes(folder: Path, tmp_path: Path) -> None:
    Model.load(folder).save(tmp_path / "again")
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["manifest.json", "vocabulary.txt", "weights.npz"]
    for name in names:
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_files_are_plain(folder: Path) -> None:
    assert (folder / "vocabulary.txt").read_text("utf-8").split("\n") == [*TERMS, ""]
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["protocol"] == PROTOCOL
    assert sorted(manifest["files"]) == ["vocabulary.txt", "weights.npz"]
    with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
        assert sorted(arrays) == ["idf", "label_bias", "label_weights", "weights"]


@pytest.mark.parametrize("name", ["vocabulary.txt", "weights.npz"])
def test_changed_file(folder: Path, name: str) -> None:
    path = folder / name
    blob = bytearray(path.read_bytes())
    blob[len(blob) // 2] ^= 1
    path.write_bytes(blob)
    with pytest.raises(ModelDamaged, match=f"{name} is not the file its manifest describes"):
        Model.load(folder)


@pytest.mark.parametrize("name", ["vocabulary.txt", "weights.npz", "manifest.json"])
def test_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelNotFound, match=f"{name}.* is missing"):
        Model.load(folder)


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"train one with train\.py"):
        Model.load(tmp_path / "none")


@pytest.mark.parametrize("protocol", [0, 2, None, "1"])
def test_unknown_protocol(folder: Path, protocol: object) -> None:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**manifest, "protocol": protocol}), "utf-8")
    with pytest.raises(ModelProtocol, match=f"protocol {protocol!r}, this version reads {PROTOCOL}"):
        Model.load(folder)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '"a"',
        '{"protocol": 1}',
        '{"protocol": 1, "files": {}}',
        "\ud800",
    ],
)
def test_broken_manifest(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ModelError):
        Model.load(folder)


# -- scores

ROWS = st.lists(st.integers(0, len(TERMS) - 1), max_size=10)


@given(ROWS)
def test_contributions_add_up(rows: list[int]) -> None:
    model = make()
    parts = model.contributions(rows)
    assert set(parts) == set(rows)
    assert math.isclose(sum(parts.values()) + model.bias, model.score(rows), abs_tol=1e-9)


@given(ROWS)
def test_terms_count_once_and_in_any_order(rows: list[int]) -> None:
    model = make()
    assert model.score(rows) == model.score(sorted(set(rows), reverse=True)) == model.score([*rows, *rows])


def test_score() -> None:
    assert make().score([0, 1]) == pytest.approx((4 * 1 + 5 * 2) / math.sqrt(16 + 25 + 9) - 1.5)
    assert make().score([]) == -1.5
    assert make().contributions([]) == {}


def test_one_term_is_less_sure_than_a_list() -> None:
    assert make().score([0]) < make().score([0, 1]) < make().score([0, 1, 2])


def test_known() -> None:
    assert make().known([("澳门", "~澳门"), ("新闻",), ("开户", "澳门 开户")]) == [[0, 3], [], [1, 2]]


@given(ROWS)
def test_label_scores(rows: list[int]) -> None:
    ranked = make().label_scores(rows)
    assert {label for label, _ in ranked} == {"gambling", "adult"}
    assert ranked[0][1] >= ranked[1][1]
    assert all(0 <= score <= 1 for _, score in ranked)


# -- calibration


def test_calibration() -> None:
    calibration = make().calibration
    assert calibration.score(-0.1 / 1.2, {}) == 0.5
    assert calibration.score(1.0, {"hidden": 0.5}) == pytest.approx(1 / (1 + math.exp(-(0.1 + 1.2 + 1.0))), abs=1e-6)
    assert calibration.score(1.0, {"hidden": 0.5}) > calibration.score(1.0, {})
    assert calibration.score(1.0, {"shape:prose": 1.0}) < calibration.score(1.0, {})
    assert calibration.score(1.0, {"unknown": 1.0}) == calibration.score(1.0, {})


def test_cap_bounds_structure_from_above() -> None:
    calibration = Calibration(signals={"a": 2.0, "b": 2.0, "c": -9.0}, cap=2.5)
    assert calibration.score(-3.0, {"a": 1.0, "b": 1.0}) == calibration.score(-0.5, {})
    assert calibration.score(-3.0, {"a": 1.0, "b": 1.0}) < 0.5
    assert calibration.score(3.0, {"c": 1.0}) == calibration.score(-6.0, {})


@given(st.floats(-1e6, 1e6), st.floats(0, 1))
def test_calibrated_scores_are_probabilities(logit: float, strength: float) -> None:
    score = make().calibration.score(logit, {"hidden": strength})
    assert 0.0 <= score <= 1.0
    assert score == round(score, 6)


def test_calibration_round_trip() -> None:
    calibration = make().calibration
    assert Calibration.from_dict(json.loads(json.dumps(calibration.to_dict()))) == calibration


def test_model_without_all_its_weights_is_refused() -> None:
    model = replace(make(), vocabulary={"澳门": 0})
    with pytest.raises(ModelDamaged, match="the same number"):
        model.score([0])


# -- topics


TOPICS = {"gambling": [-2.0, 0.5], "adult": [-2.0, 0.5]}


def topics_of(model: Model, rows: list[int]) -> dict[str, float]:
    return model.topics(len(rows), model.score(rows), model.label_logits(rows).tolist())


def test_genuine_text_is_about_what_its_words_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.model._ENOUGH", 3)
    model = make(bias=-20.0, topics=TOPICS)
    found = topics_of(model, [0, 1, 2])
    assert found["gambling"] == 1.0
    assert found["adult"] < 0.5


def test_short_text_has_little_of_a_topic() -> None:
    assert topics_of(make(bias=-20.0, topics=TOPICS), [0, 1, 2])["gambling"] == 3 / 200


def test_text_that_looks_like_spam_is_about_nothing() -> None:
    assert topics_of(make(bias=5.0, topics=TOPICS), [0, 1, 2]) == {}


def test_no_topics_without_words_or_without_what_is_usual() -> None:
    assert topics_of(make(bias=-20.0, topics=TOPICS), []) == {}
    assert topics_of(make(bias=-20.0), [0, 1, 2]) == {}
