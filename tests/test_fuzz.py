"""The fuzz targets find nothing in a few hundred inputs, and the harness finds what is planted."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fuzz.harness import Runner, fuzz, smaller
from fuzz.mutations import LARGEST
from fuzz.targets import TARGETS, Broken, Run, Target, find, words
from moderation.errors import PolicyError

ROOT = Path(__file__).parent.parent


# -- the targets


@pytest.mark.parametrize(
    ("name", "rounds"), [("pages", 60), ("charsets", 80), ("archives", 300), ("policies", 300), ("models", 150)]
)
def test_target_finds_nothing(name: str, rounds: int) -> None:
    report = fuzz(name, TARGETS[name], seed=2, rounds=rounds)
    assert {key: finding.answer.detail for key, finding in report.findings.items()} == {}
    assert report.inputs == rounds
    # Inputs that all end at the first check would find nothing either.
    assert len(report.answers) > 1


@pytest.mark.parametrize("name", TARGETS)
def test_same_seed_same_inputs(name: str) -> None:
    target = find(TARGETS[name])
    inputs = [target.input(3, number) for number in range(120)]
    assert inputs == [target.input(3, number) for number in range(120)]
    assert inputs[: len(target.seeds)] == list(target.seeds)
    changed = inputs[len(target.seeds) :]
    assert changed != [target.input(4, number) for number in range(len(target.seeds), 120)]
    assert len(set(changed)) > len(changed) * 0.8
    assert max(map(len, inputs)) <= max(LARGEST, *map(len, target.seeds))


def test_seeds_are_sound() -> None:
    report = fuzz("archives", TARGETS["archives"], seed=1, rounds=len(find(TARGETS["archives"]).seeds))
    assert set(report.answers) == {"pages"}


def test_words() -> None:
    assert words(r"a \xffb \s\r\n\t\0 \\x 澳") == (b"a", b"\xffb", b" \r\n\t\0", b"\\x", "澳".encode())


# -- the harness: targets with a planted fault, each where an input holds the word


def planted(run: Run) -> Target:
    return Target((b"sound", b"more of it"), (b"magic", b"other"), lambda: run)


def _raise(data: bytes) -> str:
    if b"magic" in data:
        raise RuntimeError("planted")
    return "sound"


def _refuse(data: bytes) -> str:
    if b"magic" in data:
        raise PolicyError("as it should be")
    return "sound"


def _break(data: bytes) -> str:
    if b"magic" in data:
        raise Broken("a planted promise")
    return "sound"


def _hang(data: bytes) -> str:
    while b"magic" in data:
        time.sleep(0.01)
    return "sound"


def _crash(data: bytes) -> str:
    if b"magic" in data:
        os.abort()
    return "sound"


def _fill(data: bytes) -> str:
    # Touched, and given back at once.
    return str(len(b"x" * 90_000_000)) if b"magic" in data else "sound"


def _ask_for(data: bytes) -> str:
    return str(len(bytearray(2_000_000_000))) if b"magic" in data else "sound"


RAISES, REFUSES, BREAKS = planted(_raise), planted(_refuse), planted(_break)
HANGS, CRASHES, FILLS, ASKS = planted(_hang), planted(_crash), planted(_fill), planted(_ask_for)


@pytest.mark.parametrize(
    ("name", "kind", "key"),
    [
        ("RAISES", "exception", "RuntimeError in test_fuzz.py:_raise"),
        ("BREAKS", "broken", "a planted promise"),
        ("HANGS", "hang", "over 0.5 s"),
        ("CRASHES", "crash", "SIGABRT"),
        ("FILLS", "memory", "more than 50 MB"),
        ("ASKS", "memory", "MemoryError in test_fuzz.py:_ask_for"),
    ],
)
def test_planted_fault_is_found(name: str, kind: str, key: str) -> None:
    with Runner(f"test_fuzz:{name}", hang=0.5, memory=50 * 10**6) as runner:
        assert runner.ask(b"sound").kind == "result"
        answer = runner.ask(b"with magic")
        assert (answer.kind, answer.key) == (kind, key)
        assert answer.is_finding
        # Where it was, also where the process could not say it any more.
        assert ("test_fuzz.py" in answer.detail) == (name != "FILLS")
        assert runner.ask(b"sound").kind == "result"


def test_planted_fault_is_kept(tmp_path: Path) -> None:
    report = fuzz("planted", "test_fuzz:RAISES", seed=1, rounds=80)
    (finding,) = report.findings.values()
    assert finding.times == report.answers["exception"] > 1
    assert finding.smallest == b"magic"
    path = finding.write(tmp_path)
    assert path.read_bytes() == b"magic"
    assert path.with_suffix(".original").read_bytes() == finding.original
    assert RAISES.input(1, finding.number) == finding.original
    said = path.with_suffix(".txt").read_text("utf-8")
    assert f"target planted, seed 1, input {finding.number}" in said
    assert "RuntimeError: planted" in said


def test_own_errors_are_answers() -> None:
    report = fuzz("planted", "test_fuzz:REFUSES", seed=1, rounds=40)
    assert not report.findings
    assert report.answers["policy"] > 1


def test_target_that_cannot_be_loaded() -> None:
    with (
        Runner("test_fuzz:NOTHING") as runner,
        pytest.raises(RuntimeError, match=r"test_fuzz:NOTHING cannot be loaded"),
    ):
        runner.ask(b"")


@pytest.mark.parametrize(
    ("data", "smallest"),
    [(b"....ab....", b"ab"), (b"a" + b"." * 1000 + b"b", b"ab"), (b"ab", b"ab"), (b"b.a.b", b"ab")],
)
def test_smaller(data: bytes, smallest: bytes) -> None:
    assert smaller(data, lambda less: -1 < less.find(b"a") < less.rfind(b"b")) == smallest


def test_smaller_ends() -> None:
    asked = []
    smaller(b"." * 1000, lambda less: bool(asked.append(less)), tries=20)
    assert len(asked) == 20


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["policies", "--rounds", "20"], 0, "20 inputs"),
        (["nothing"], 2, "no target 'nothing'; there are pages, "),
        (["--replay", "x"], 2, "--replay takes one target"),
    ],
)
def test_command(arguments: list[str], code: int, said: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fuzz", *arguments, "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == code
    assert said in done.stdout + done.stderr
    assert not (tmp_path / "out").exists()
