"""Compiles the engine in ``moderation/native`` when the package is built or installed."""

from __future__ import annotations

import os
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


class EngineBuild(BuildHookInterface[Any]):
    """Puts ``moderation/_native`` beside the Python files, also for an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        from pybind11.setup_helpers import ParallelCompile, Pybind11Extension, build_ext
        from setuptools import Distribution

        os.chdir(ROOT)
        sources = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "moderation" / "native").glob("*.cpp"))
        extension = Pybind11Extension(
            "moderation._native",
            sources,
            depends=[str(path) for path in (ROOT / "moderation" / "native").glob("*.hpp")],
            cxx_std=17,
            extra_compile_args=FLAGS if os.name == "posix" else [],
        )
        command = build_ext(
            Distribution({"name": "moderation", "packages": ["moderation"], "ext_modules": [extension]})
        )
        command.inplace = True
        ParallelCompile(default=os.cpu_count() or 1).install()
        command.ensure_finalized()
        try:
            command.run()
        except Exception as error:
            raise RuntimeError(f"{HINT} ({error})") from error
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["artifacts"] += ["/moderation/_native*.so", "/moderation/_native*.pyd"]
