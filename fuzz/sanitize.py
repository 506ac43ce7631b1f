"""Compiles the engine with AddressSanitizer and UndefinedBehaviorSanitizer, and runs tests and targets on it.

python -m fuzz.sanitize [--seconds S] [--seed N] [--out DIR]

The compiled engine stands in a tree of its own, so that the one that is installed stays what it is. A report of a
sanitizer ends the process: a test fails with it, and a target counts it as a crash and keeps the input.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SANITIZERS = "address,undefined"
# The tests that hold the engine itself; the others meet no more of it. A browser cannot be started under a sanitizer.
TESTS = (
    "tests/stages",
    "--ignore=tests/stages/test_hidden_browser.py",
    "tests/engine/test_brands.py",
    "tests/common/test_limits.py",
    "tests/engine/test_reading.py",
    "tests/engine/test_search.py",
)
TARGETS = ("pages", "charsets", "models")
_TREE = ("moderation", "models", "fuzz", "tests", "datasets", "examples", "docs", "CMakeLists.txt", "pyproject.toml")


def make_tree(where: Path) -> None:
    """A copy of the project as it is here, without what is compiled; what was compiled there stays."""
    where.mkdir(parents=True, exist_ok=True)
    for name in _TREE:
        source, copy = ROOT / name, where / name
        if source.is_dir():
            # What is gone here must not be compiled there. Times are kept: only what changed is compiled again.
            for old in (*copy.rglob("*.cpp"), *copy.rglob("*.hpp"), *copy.rglob("*.py")):
                if not (source / old.relative_to(copy)).exists():
                    old.unlink()
            shutil.copytree(
                source, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("_native*.so", "__pycache__", "build")
            )
        else:
            shutil.copy2(source, copy)


def compiled(where: Path) -> None:
    """Compiles the engine of a tree, into its folder ``moderation``.

    Raises:
        RuntimeError: CMake or pybind11 is missing, or the engine was not compiled; the message says what to do.
    """
    cmake = shutil.which("cmake") or shutil.which("cmake", path=str(Path(sys.executable).parent))
    if cmake is None or find_spec("pybind11") is None:
        raise RuntimeError("CMake or pybind11 is missing: pip install cmake 'pybind11>=3'")
    from pybind11 import get_cmake_dir

    build = where / "build"
    settings = {"SANITIZE": SANITIZERS, "Python_EXECUTABLE": sys.executable, "pybind11_DIR": get_cmake_dir()}
    for step in (
        ["-S", where, "-B", build, *(f"-D{name}={value}" for name, value in settings.items())],
        ["--build", build, "--parallel", os.cpu_count() or 1],
        ["--install", build, "--prefix", where],
    ):
        if subprocess.run([cmake, *map(str, step)], check=False).returncode:
            raise RuntimeError("the engine was not compiled; CMake says why above")


def surroundings(where: Path) -> dict[str, str]:
    """The environment in which Python loads the engine of a tree.

    Raises:
        RuntimeError: the compiler has no library of the sanitizer.
    """
    compiler = os.environ.get("CC", "gcc")
    libraries = []
    # The second because the first looks for what throws exceptions when it is loaded, and Python is not C++.
    for name in ("libasan.so", "libstdc++.so.6"):
        found = subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True)
        libraries.append(found.stdout.strip())
        if not Path(libraries[-1]).is_absolute():
            raise RuntimeError(f"{compiler} has no {name}: install it (Debian: it comes with g++), or set CC")
    return {
        **os.environ,
        "LD_PRELOAD": " ".join(libraries),
        "PYTHONPATH": str(where),
        # What Python allocates one by one has no bounds that could be seen, so it asks the system for each.
        "PYTHONMALLOC": "malloc",
        # Python itself never gives everything back.
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1:allocator_may_return_null=1",
        "UBSAN_OPTIONS": "print_stacktrace=1:abort_on_error=1",
    }


def main() -> int:
    """1 where a test fails or a target finds something."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.sanitize", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="for each target (default: 60)")
    parser.add_argument("--seed", type=int, default=1, help="of the targets' inputs (default: 1)")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "sanitize", help="where the tree and findings go")
    options = parser.parse_args()
    where = options.out.resolve() / "tree"
    make_tree(where)
    compiled(where)
    environment = surroundings(where)
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS]
    fuzz = [sys.executable, "-m", "fuzz", *TARGETS, "--seconds", str(options.seconds), "--seed", str(options.seed)]
    # An instrumented page takes twenty times as long.
    fuzz += ["--hang", "400", "--out", str(options.out.resolve() / "found")]
    ended = [subprocess.run(command, cwd=where, env=environment, check=False).returncode for command in (tests, fuzz)]
    return int(any(ended))


if __name__ == "__main__":
    sys.exit(main())
