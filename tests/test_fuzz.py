"""The fuzz targets find nothing in a few hundred inputs, and the harness finds what is planted."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz import harness
from fuzz.harness import Answer, Runner, answered, fuzz, smaller
from fuzz.mutations import LARGEST
from fuzz.targets import TARGETS, find, words

ROOT = Path(__file__).parent.parent


# -- the targets


# In this process, which has everything loaded already.
@pytest.mark.parametrize(
    ("name", "inputs"), [("pages", 40), ("charsets", 100), ("archives", 120), ("policies", 300), ("models", 100)]
)
def test_target_finds_nothing(name: str, inputs: int, tmp_path: Path) -> None:
    target = find(TARGETS[name])
    run = target.prepare(tmp_path)
    answers = [answered(run, target.input(2, number)) for number in range(inputs)]
    assert [answer.detail for answer in answers if answer.is_finding] == []
    # Sound ones are read to their end, and others are not all refused at the first check.
    assert {answer.kind for answer in answers[: len(target.seeds)]} == {"result"}
    assert sum(answer.kind == "result" for answer in answers) > len(target.seeds)


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


def test_an_input_depends_on_its_number_alone() -> None:
    # What was put into one stood in others, too; after some thousands, a list held itself.
    target = find(TARGETS["models"])
    first = [target.input(1, number) for number in range(1000)]
    for number in range(1000, 3000):
        target.input(1, number)
    assert [target.input(1, number) for number in range(1000)] == first


def test_archives_begin_as_what_they_are(tmp_path: Path) -> None:
    target = find(TARGETS["archives"])
    run = target.prepare(tmp_path)
    assert {run(seed) for seed in target.seeds} == {"pages"}


def test_words() -> None:
    assert words(r"a \xffb \s\r\n\t\0 \\x 澳") == (b"a", b"\xffb", b" \r\n\t\0", b"\\x", "澳".encode())


# -- the harness, with planted.py


def test_planted_faults_are_found() -> None:
    with Runner("planted:TARGET", memory=50 * 10**6) as runner:
        for word, kind, key, said in [
            (b"refuse", "error", "policy", ""),
            (b"raise", "exception", "RuntimeError in planted.py:run", "RuntimeError: planted"),
            (b"break", "broken", "a planted promise", "line"),
            (b"ask for", "memory", "MemoryError in planted.py:run", "MemoryError"),
            (b"fill", "memory", "more than 50 MB", "peak"),
            # Where it was, although it could not say so any more.
            (b"abort", "crash", "SIGABRT", "planted.py"),
        ]:
            answer = runner.ask(b"with " + word)
            assert answer[:2] == (kind, key)
            assert answer.is_finding == (kind != "error")
            assert said in answer.detail
        # Another process has taken over each time.
        assert runner.ask(b"nothing")[:2] == ("result", "sound")


def test_planted_hang_is_ended() -> None:
    with Runner("planted:TARGET", hang=0.1) as runner:
        answer = runner.ask(b"hang")
    assert answer[:2] == ("hang", "over 0.1 s")
    assert answer.is_finding
    assert "planted.py" in answer.detail


def test_planted_fault_is_kept(tmp_path: Path) -> None:
    report = fuzz("planted", "planted:TARGET", seed=1, rounds=80)
    (finding,) = report.findings.values()
    assert report.answers["exception"] == finding.times > 1
    assert min(report.answers["policy"], report.answers["sound"]) > 1
    assert finding.smallest == b"raise"
    path = finding.write(tmp_path)
    assert path.read_bytes() == b"raise"
    assert path.with_suffix(".original").read_bytes() == finding.original
    assert find("planted:TARGET").input(1, finding.number) == finding.original
    said = path.with_suffix(".txt").read_text("utf-8")
    assert f"target planted, seed 1, input {finding.number}" in said
    assert "RuntimeError: planted" in said


def test_target_is_given_up_that_ends_each_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness.Runner, "ask", lambda *_: Answer("hang", "over 20 s"))
    report = fuzz("planted", "planted:TARGET", seed=1)
    assert report.inputs == report.answers["hang"] == 10
    assert len(report.findings) == 1


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


# -- what a push must pass


def made(tmp_path: Path, fails: str = "") -> tuple[int, list[str]]:
    """What `.ci/run` makes, on a machine that lacks nothing, and how it ends where one of it fails."""
    for name, line in {
        "make": f'echo "$@" >> {tmp_path}/made; [ "$1" != "{fails}" ]',
        "apt-get": "exit 0",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{line}\n", "utf-8")
        (tmp_path / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([ROOT / ".ci" / "run"], env=environment, capture_output=True, check=False)
    return done.returncode, (tmp_path / "made").read_text().splitlines()


def test_push_is_fuzzed_behind_its_tests_for_two_minutes(tmp_path: Path) -> None:
    code, lines = made(tmp_path)
    assert (code, lines[-2]) == (0, "test")
    # What is asked for is what the targets get, each of them.
    dry = subprocess.run(["make", "-n", *lines[-1].split()], cwd=ROOT, capture_output=True, text=True, check=True)
    (seconds,) = re.findall(r"-m fuzz --seconds ([\d.]+) --seed \d+ --out build/fuzz$", dry.stdout, re.MULTILINE)
    assert 60 <= float(seconds) * len(TARGETS) <= 150


def test_finding_ends_a_push(tmp_path: Path) -> None:
    assert made(tmp_path, fails="fuzz")[0] == 1
