"""What a new user has: a clean copy of the project, the wheel that is built of it, an environment with nothing else.

Each is made once, by the first process that asks for it, however many run the tests; all others wait, and use the same.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from container import ROOT, Step, carried_out, sources, stages
from packed import source_archive, unpacked

__all__ = ["built", "checkout", "environment", "installed"]


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that ``make`` fills once in a run of the tests."""
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder, done = base / name, base / f"{name}.done"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


def checkout(factory: pytest.TempPathFactory) -> Path:
    """The project as a clone has it, with what is changed and not committed yet."""
    return once(factory, "checkout", _copy)


def _copy(folder: Path) -> None:
    if (ROOT / ".git").exists() and shutil.which("git"):
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
        for path in filter(None, listed):
            # What is deleted and not committed is still listed.
            if (ROOT / path).is_file():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / path, folder / path)
        return
    # A source distribution knows no git; it says what belongs to it.
    about = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["scikit-build"]["sdist"]
    leave = shutil.ignore_patterns(*(name.rpartition("/")[2] for name in about["exclude"]))
    for path in (ROOT / name.lstrip("/") for name in about["include"]):
        if path.is_dir():
            shutil.copytree(path, folder / path.name, ignore=leave)
        elif path.is_file():
            shutil.copy2(path, folder / path.name)


def built(factory: pytest.TempPathFactory) -> Path:
    """What the container's first stage makes of it: the package and all that the service needs, in ``wheels``."""
    if shutil.which("g++") is None:
        pytest.skip("needs a C++ compiler")
    project = checkout(factory)
    name, steps = stages()[0]
    return once(factory, "container", lambda folder: _build(folder / name, project, steps)) / name


def _build(folder: Path, project: Path, steps: list[Step]) -> None:
    # The engine is compiled of what the source archive holds, so that the archive is known to be whole.
    tree = unpacked(source_archive(folder.parent / "packed"), folder.parent / "unpacked")
    carried_out(steps, folder, tree, {})
    (wheel,) = (folder / "wheels").glob("moderation-*.whl")
    (project / "dist").mkdir(exist_ok=True)
    shutil.copy2(wheel, project / "dist")


def installed(factory: pytest.TempPathFactory) -> Path:
    """A new environment with that wheel and what the service needs."""
    wheels = built(factory) / "wheels"
    return once(factory, "installed", lambda folder: _install(folder, wheels))


def _install(folder: Path, wheels: Path) -> None:
    (wheel,) = wheels.glob("moderation-*.whl")
    python = [sys._base_executable]  # type: ignore[attr-defined]
    for command in (
        [*python, "-m", "venv", folder],
        [folder / "bin" / "pip", "install", f"{wheel}[service]"],
        [folder / "bin" / "pip", "check"],
    ):
        done = subprocess.run(
            command, env=environment(folder, folder.parent, wheels), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def environment(venv: Path, home: Path, wheels: Path) -> dict[str, str]:
    """Variables with which commands find what is in ``venv`` and on the system; pip installs from wheels alone."""
    pip = {**sources(), "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INDEX": "1"}
    # Bytecode is written where something is imported.
    pip |= {"PIP_FIND_LINKS": f"{wheels} {pip.get('PIP_FIND_LINKS', '')}".strip(), "PIP_NO_COMPILE": "1"}
    return {**pip, "PATH": f"{venv / 'bin'}:/usr/bin:/bin:/usr/sbin", "HOME": str(home)}
