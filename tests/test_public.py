"""The public surface: what may be imported, and what its version is."""

from __future__ import annotations

import inspect
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import moderation

ROOT = Path(__file__).parent.parent

PUBLIC = [
    "Action",
    "Cleaned",
    "Cut",
    "Finding",
    "ModerationError",
    "Moderator",
    "Page",
    "PageError",
    "Place",
    "Policy",
    "Reason",
    "Span",
    "Verdict",
    "__version__",
]


def test_public_names() -> None:
    assert moderation.__all__ == PUBLIC
    assert sorted(PUBLIC) == PUBLIC


def test_public_names_are_there_and_documented() -> None:
    undocumented = [name for name in PUBLIC if name != "__version__" and not inspect.getdoc(getattr(moderation, name))]
    assert undocumented == []


def test_public_methods_of_the_moderator_are_documented() -> None:
    methods = inspect.getmembers(moderation.Moderator, callable)
    undocumented = [name for name, method in methods if not name.startswith("_") and not inspect.getdoc(method)]
    assert undocumented == []


def test_package_is_typed() -> None:
    assert files("moderation").joinpath("py.typed").is_file()


def test_version_is_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    heading = re.search(r"^## \[?([0-9][^\s\]]*)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert heading is not None
    assert moderation.__version__ == project["version"] == heading[1]
