"""What drives the targets in C++; `make native-fuzz`, which a push must pass, compiles and runs the targets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz.native import __main__ as driver
from fuzz.native.__main__ import BUILD, TARGETS, dictionary, seeds

ROOT = Path(__file__).parent.parent


def _program(path: Path, lines: str) -> None:
    path.write_text(f"#!/bin/sh\n{lines}\n", "utf-8")
    path.chmod(0o755)


def test_without_clang_it_names_the_package(tmp_path: Path) -> None:
    _program(tmp_path / "cmake", "exit 0")
    done = subprocess.run(
        [sys.executable, "-m", "fuzz.native", "--seconds", "1"],
        cwd=ROOT, env={**os.environ, "PATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "clang++ is missing, which libFuzzer comes with (Debian: apt-get install clang)" in done.stderr


def test_unknown_target_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fuzz.native", "pages"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "no target 'pages'; there are markup, folding, page" in done.stderr


def test_each_target_stands_in_both_lists() -> None:
    (line,) = re.findall(r"IN ITEMS ([\w ]+)\)", (ROOT / "fuzz/native/CMakeLists.txt").read_text("utf-8"))
    assert tuple(line.split()) == TARGETS
    assert {path.stem for path in (ROOT / "fuzz/native").glob("*.cpp")} == set(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_inputs_to_begin_with(target: str) -> None:
    first = seeds(target)
    assert len(set(first)) == len(first) >= 6
    assert max(map(len, first)) < driver.LARGEST
    for line in dictionary(target).splitlines():
        assert re.fullmatch(r'"(\\x[0-9a-f]{2})+"', line)


@pytest.mark.parametrize(
    ("lines", "code", "wanted"),
    [
        (
            "echo '#9 pulse cov: 1234 ft: 99 corp: 56/7b exec/s: 3'; echo 'stat::number_of_executed_units: 7890'",
            0,
            r"markup +7,890 inputs, 1,234 places of the code reached, 56 inputs kept",
        ),
        (
            "echo '==1==ERROR: AddressSanitizer: heap-buffer'\necho 'Test unit written to /x/markup-1'; exit 77",
            1,
            r"markup .* ended with 77\n  ==1==ERROR: AddressSanitizer: .*\n.*\n  again: \S+/fuzz-markup /x/markup-1",
        ),
        ("exec sleep 60", 1, r"markup .* ended with 1\n(.*\n)*  it did not end and was stopped"),
    ],
)
def test_what_a_target_says_is_told(
    lines: str,
    code: int,
    wanted: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _program(tmp_path / "fuzz-markup", lines)
    monkeypatch.setattr(driver, "BUILD", tmp_path)
    monkeypatch.setattr(driver, "GRACE", 1)
    monkeypatch.setattr(driver, "compiled", lambda: None)
    monkeypatch.setattr(sys, "argv", ["fuzz.native", "markup", "--seconds", "1", "--out", str(tmp_path / "out")])
    assert driver.main() == code
    assert re.search(wanted, capsys.readouterr().out)
    assert len(list((tmp_path / "out" / "seeds" / "markup").iterdir())) == len(seeds("markup"))


@pytest.mark.skipif(not (BUILD / "fuzz-page").exists(), reason="make native-fuzz has compiled no targets")
@pytest.mark.parametrize("target", TARGETS)
def test_target_passes_what_it_begins_with(target: str, tmp_path: Path) -> None:
    paths = []
    for number, data in enumerate(seeds(target)):
        paths.append(tmp_path / str(number))
        paths[-1].write_bytes(data)
    done = subprocess.run([BUILD / f"fuzz-{target}", *paths], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Executed ") == len(paths)
