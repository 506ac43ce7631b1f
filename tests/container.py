"""The container file of deploy/, carried out: each stage in a folder that stands where the root would."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from wheelhouse import STORE

ROOT = Path(__file__).parents[1]

# What a package of Debian brings that a step may call.
BROUGHT = {
    "cmake": ("cmake",),
    "g++": ("g++", "gcc", "cc", "c++", "as", "ld", "ar"),
    "ninja-build": ("ninja",),
    "python3": ("python3",),
    "python3-venv": ("python3",),
}
BASE = ("sh", "rm", "uname", "ldconfig", "dirname", "env")


class Step(NamedTuple):
    """One instruction: what it is, its flags, and the rest of it."""

    name: str
    flags: dict[str, str]
    rest: str


class Stage:
    """A stage of the file, carried out in a folder instead of the root; what it does not install it cannot call."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root
        self.tools = root / "tools"
        self.tools.mkdir(parents=True)
        self.installed: set[str] = set()
        for name in BASE:
            self._link(name)

    def _link(self, name: str) -> None:
        found = sys._base_executable if name == "python3" else shutil.which(name)  # type: ignore[attr-defined]
        if found and not (self.tools / name).exists():
            (self.tools / name).symlink_to(found)

    def at(self, path: str) -> Path:
        return self.root / path.lstrip("/") if path.startswith("/") else self.folder / path

    def copy(self, project: Path, sources: list[str], target: str, ignored: list[str]) -> None:
        def leave(folder: str, names: list[str]) -> set[str]:
            base = Path(folder).relative_to(project)
            return {name for name in names if any((base / name).match(pattern) for pattern in ignored)}

        for name in sources:
            if (project / name).is_dir():
                shutil.copytree(project / name, self.at(target), ignore=leave, dirs_exist_ok=True)
            else:
                shutil.copy(project / name, self.at(target))

    def run(self, command: str, mounts: dict[str, Path]) -> None:
        for part in command.split("&&"):
            words = shlex.split(part)
            if words[0] == "apt-get":
                self.installed |= {word for word in words[2:] if words[1] == "install" and not word.startswith("-")}
                for name in (tool for package in self.installed for tool in BROUGHT.get(package, ())):
                    self._link(name)
            elif words[0] == "useradd":
                self.at(words[words.index("--home-dir") + 1]).mkdir(parents=True)
            else:
                self._call(part, mounts)

    def _call(self, command: str, mounts: dict[str, Path]) -> None:
        def place(found: re.Match[str]) -> str:
            return str(mounts.get(found.group(), self.at(found.group())))

        command = re.sub(r"(?<![\w.:/])/(?:opt|var|wheels|etc)\b(?:[\w./-]*\w)?", place, command)
        done = subprocess.run(
            ["sh", "-c", command], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"

    @property
    def environment(self) -> dict[str, str]:
        return {**sources(), "PATH": str(self.tools), "HOME": str(self.root), "LC_ALL": "C.UTF-8"}


def steps_of(text: str) -> Iterator[Step]:
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            name, rest = line.split(maxsplit=1)
            flags = {}
            while match := re.match(r"--([\w-]+)=(\S+)\s+", rest):
                flags[match.group(1)] = match.group(2)
                rest = rest[match.end() :]
            yield Step(name, flags, rest.strip())


def sources() -> dict[str, str]:
    """Variables with which pip takes what it needs from the wheels at hand, or from the index where there are none."""
    if STORE.is_dir():
        return {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(STORE)}
    return {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}


def stages() -> list[tuple[str, list[Step]]]:
    """The stages in their order, by name or number."""
    found: list[tuple[str, list[Step]]] = []
    for step in steps_of((ROOT / "deploy" / "Containerfile").read_text("utf-8")):
        if step.name == "FROM":
            found.append((step.rest.partition(" AS ")[2] or str(len(found)), []))
        found[-1][1].append(step)
    return found


def carried_out(steps: list[Step], folder: Path, project: Path, before: dict[str, Path]) -> Stage:
    """Carries out a stage.

    Args:
        steps: of the stage.
        folder: stands where the root would.
        project: what is copied from.
        before: the folders of the stages before it.
    """
    stage = Stage(folder)
    ignored = [
        line.replace("**/", "")
        for line in (project / ".dockerignore").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    for step in steps:
        if step.name == "WORKDIR":
            stage.folder = stage.at(step.rest)
            stage.folder.mkdir(parents=True, exist_ok=True)
        elif step.name == "COPY":
            *sources, target = step.rest.split()
            stage.copy(project, sources, target, ignored)
        elif step.name == "RUN":
            mount = dict(part.partition("=")[::2] for part in step.flags.get("mount", "").split(",") if part)
            mounts = {mount["target"]: before[mount["from"]] / mount["source"].lstrip("/")} if mount else {}
            stage.run(step.rest, mounts)
    return stage
