"""The engine's own tests in C++ (tests/native): compiled without Python, and run one by one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from compiled import CMAKE, FOLDER, compiled, missing

ROOT = Path(__file__).parent.parent
NATIVE = ROOT / "tests" / "native"
BINARY = FOLDER / "units"
# Of a template doctest makes a case for each type, with the type behind its name.
CASES = {
    name: kind == "_TEMPLATE"
    for path in sorted(NATIVE.glob("test_*.cpp"))
    for kind, name in re.findall(r'^TEST_CASE(_TEMPLATE)?\("([^"]+)"', path.read_text("utf-8"), re.MULTILINE)
}


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def units() -> None:
    if said := missing():
        pytest.skip(f"the tests of the engine in C++ need {said}")
    compiled()


@pytest.mark.skipif(CMAKE is None, reason="needs cmake")
@pytest.mark.parametrize(
    ("setting", "environment", "said"),
    [
        ("-DPYTHON_MODULE=ON", {"CXX": "/nowhere/c++"}, "There is no C++ compiler. Install one, or set CXX"),
        ("-DPython_INCLUDE_DIR=/nowhere", {}, "The headers of Python are missing"),
        ("-DPYTHON_MODULE=OFF -DFUZZ=ON", {"CXX": "g++"}, "libFuzzer comes with clang, and"),
        ("-DCMAKE_DISABLE_FIND_PACKAGE_pybind11=ON", {}, "pybind11 is missing. Set pybind11_DIR"),
    ],
)
def test_what_is_missing_is_named(setting: str, environment: dict[str, str], said: str, tmp_path: Path) -> None:
    command = [str(CMAKE), "-S", ROOT, "-B", tmp_path, f"-DPython_EXECUTABLE={sys.executable}", *setting.split()]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert said in " ".join(done.stderr.split())


@pytest.mark.usefixtures("units")
@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    assert not set(name) & set("*?\\"), "in the name of a case these would stand for others"
    # A comma would part two filters; "?" is any character.
    wanted = name.replace(",", "?") + ("<*>" if CASES[name] else "")
    done = _run("--no-intro", "--no-version", "--no-colors", f"--test-case={wanted}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"test cases: +[1-9]", done.stdout), "no case has this name"


@pytest.mark.usefixtures("units")
def test_each_case_is_run() -> None:
    listed = _run("--list-test-cases", "--no-intro", "--no-version", "--no-colors").stdout.splitlines()
    found = [re.sub(r"<.*>$", "", line) for line in listed if not line.startswith(("[doctest]", "==="))]
    assert sorted(set(found)) == sorted(CASES)
