"""The engine's programs in C++, tests/native, compiled for those tests that run them."""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["CMAKE", "FOLDER", "compiled", "missing"]

ROOT = Path(__file__).parent.parent
# .ci/run sets another one, with sanitizers.
PRESET = os.environ.get("NATIVE_PRESET", "native-tests")
FOLDER = ROOT / "build" / PRESET
COMPILER = shlex.split(os.environ.get("CXX", "c++"))
CMAKE = shutil.which("cmake") or shutil.which("cmake", path=str(Path(sys.executable).parent))


def missing() -> str:
    """What is not there that they are compiled with."""
    if CMAKE is None:
        return "cmake (pip install cmake)"
    for command in ("make", COMPILER[0]):
        if shutil.which(command) is None:
            return f"{command} (Debian: apt-get install make g++)"
    code = "#include <doctest/doctest.h>"
    done = subprocess.run([*COMPILER, "-E", "-xc++", "-"], input=code, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else "the header doctest/doctest.h (Debian: apt-get install doctest-dev)"


def compiled() -> None:
    """Compiles what has changed; of several processes one after the other does so."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for step in (["--preset", PRESET], ["--build", "--preset", PRESET, "--parallel", str(os.cpu_count())]):
            done = subprocess.run([str(CMAKE), *step], cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            # Ninja puts both into one stream.
            assert not re.search(r"\bwarning:", said := done.stdout + done.stderr, re.IGNORECASE), said
