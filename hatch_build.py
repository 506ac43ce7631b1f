"""Compiles the engine in ``moderation/native`` when the package is built or installed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
# Of a vector's elements each access is checked: a mistake of ours ends the process, it hands nothing to an attacker.
FLAGS = ["-O2", "-D_GLIBCXX_ASSERTIONS", "-Wall", "-Wextra"]
HINT = (
    "the engine could not be compiled: install a C++17 compiler and the headers of Python "
    "(Debian: apt-get install g++ python3-dev; Fedora: dnf install gcc-c++ python3-devel; macOS: xcode-select)"
)


def build_engine(root: Path, flags: Sequence[str] = FLAGS, objects: Path | None = None) -> None:
    """Compiles ``moderation/native`` of a tree into ``moderation/_native`` beside it.

    Args:
        root: of the tree.
        flags: for compiler and linker, where they are those of GCC and Clang.
        objects: the folder of what is compiled of each file; None: ``build/`` of the tree.

    Raises:
        RuntimeError: there is no compiler, or it stopped; the message says what to install.
    """
    from pybind11.setup_helpers import ParallelCompile, Pybind11Extension, build_ext
    from setuptools import Distribution

    os.chdir(root)
    native = Path("moderation", "native")
    sanitizers = [flag for flag in flags if flag.startswith("-fsanitize")]
    extension = Pybind11Extension(
        "moderation._native",
        sorted(map(str, native.rglob("*.cpp"))),
        include_dirs=[str(native)],
        depends=[str(path) for path in native.rglob("*.hpp")],
        cxx_std=17,
        extra_compile_args=list(flags) if os.name == "posix" else [],
        extra_link_args=sanitizers if os.name == "posix" else [],
    )
    command = build_ext(Distribution({"name": "moderation", "packages": ["moderation"], "ext_modules": [extension]}))
    command.inplace = True
    if objects is not None:
        command.build_temp = str(objects)
    ParallelCompile(default=os.cpu_count() or 1).install()
    command.ensure_finalized()
    try:
        command.run()
    except Exception as error:
        raise RuntimeError(f"{HINT} ({error})") from error


class EngineBuild(BuildHookInterface[Any]):
    """Puts ``moderation/_native`` beside the Python files, also for an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build_engine(ROOT)
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["artifacts"] += ["/moderation/_native*.so", "/moderation/_native*.pyd"]
