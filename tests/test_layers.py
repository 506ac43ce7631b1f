"""Who may import whom: the table of docs/architecture.md, held against every import statement of the package."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "moderation"
MODULES = sorted(PACKAGE.rglob("*.py"))

WORDS = {"common", "data", "errors"}
PARTS = {"stages", "model", "policy"}
DOORS = {"report", "pipelines", "django", "wagtail", "service"}
ENTRY = {"cli", "train"}
# What all doors show and audit with; the audit of one machine, `audit.local`, is a door itself.
ABOUT = {"entries", "presentation", "audit"}
EVERYTHING = WORDS | PARTS | DOORS | ENTRY | ABOUT | {"", "inputs", "engine", "evaluation", "training", "audit.local"}

# What a module may import of the package, by the package it stands in; inside of one, INSIDE says so.
ALLOWED = {
    **dict.fromkeys(WORDS, frozenset()),
    **dict.fromkeys(PARTS, WORDS),
    "inputs": WORDS | {"stages.decode", "stages.blocks"},
    "engine": WORDS | PARTS,
    "entries": WORDS | PARTS | {"inputs"},
    "presentation": WORDS | PARTS,
    "evaluation": WORDS | PARTS | {"inputs", "engine", "presentation"},
    "training": WORDS | PARTS | {"inputs", "engine", "evaluation"},
    "audit": WORDS | PARTS | {"", "inputs", "engine", "presentation"},
    "audit.local": WORDS | {"inputs", "audit"},
    **{door: WORDS | PARTS | ABOUT | {"", "inputs", "engine"} for door in DOORS},
    # One door in two parts: Wagtail is Django's.
    "wagtail": WORDS | PARTS | ABOUT | {"", "engine", "django"},
    **dict.fromkeys(ENTRY, EVERYTHING),
    "": WORDS | PARTS | {"engine"},
}
# What the modules of a package may import of it, where the design says so: its own private modules, and these.
INSIDE = {
    "common": {},
    "stages": {},
    "engine": {
        "search": {"reading"},
        "extents": {"reading", "search"},
        "reasoning": {"search"},
        "": {"reading", "search", "extents", "reasoning"},
    },
    "inputs": {
        "fields": {"intake"},
        "rows": {"fields", "intake"},
        "archives": {"fields", "intake", "archives"},
    },
    "presentation": {"wording": {"excerpt"}},
    "evaluation": {"": {"intervals"}},
    "audit": {
        "notes": {"mentions"},
        "judging": {"notes"},
        "second_pass": {"judging", "mentions", "notes"},
        "manifest": {"judging"},
        "cluster": {"judging"},
    },
}
# Who may import what is heavy, or installed with an extra only.
EXTRAS = {
    "sklearn": {"training"},
    "scipy": {"training"},
    "matplotlib": {"training"},
    "jieba": {"training"},
    "joblib": {"training", "train"},
    "fastwarc": {"inputs"},
    "packaging": {"cli"},
    "rensa": {"report"},
    "jinja2": {"report"},
    "markupsafe": {"report"},
    "datatrove": {"pipelines"},
    "scrapy": {"pipelines"},
    "itemadapter": {"pipelines"},
    "django": {"django", "wagtail"},
    "django_comments": {"django"},
    "django_filters": {"wagtail"},
    "modelcluster": {"wagtail"},
    "wagtail": {"wagtail"},
    "pyarrow": {"inputs", "report", "pipelines"},
    "fsspec": {"audit"},
    "pyspark": {"pipelines"},
    "starlette": {"service"},
    "fastapi": {"service"},
    "granian": {"service"},
    "prometheus_client": {"service"},
    "pydantic": {"service"},
    "sqlalchemy": {"service"},
    "alembic": {"service"},
    "orjson": {"service"},
}


def name_of(path: Path) -> str:
    """``moderation/stages/decode.py`` -> ``stages.decode``; the package itself is an empty name."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts if path.is_relative_to(PACKAGE) else (path.stem,)
    return ".".join(part for part in parts if part != "__init__")


def imports_of(source: str, name: str, *, is_package: bool = False) -> Iterator[str]:
    """Absolute names of everything a module imports, at its top or inside a function.

    ``from a import b`` counts as ``a.b`` where that is a module of ours.
    """
    package = ["moderation", *name.split(".")] if name else ["moderation"]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package[: len(package) - node.level + is_package]
                base = ".".join([*parents, *([base] if base else [])])
            for alias in node.names:
                inner = PACKAGE.parent.joinpath(*base.split("."), alias.name)
                files = inner.with_suffix(".py"), inner.with_suffix(".pyi")
                is_module = base.startswith("moderation") and (inner.is_dir() or any(file.is_file() for file in files))
                yield f"{base}.{alias.name}" if is_module else base


def group_of(name: str) -> str:
    """The package of a module; the door in `audit`, with what is private to it, is a group of its own."""
    if name.startswith(("audit.local", "audit._")):
        return "audit.local"
    return name.partition(".")[0]


def inner_of(name: str) -> str:
    """The module of a package, ``engine.search`` -> ``search``; the package itself is an empty name."""
    return name.partition(".")[2].partition(".")[0]


def is_allowed(name: str, target: str) -> bool:
    """Whether module ``name`` may import module ``target``, both without the package's own name."""
    package, group = name.partition(".")[0], group_of(name)
    allowed = ALLOWED[group]
    if target == "_native":
        # The compiled part of the stages and of the engine; it calls back what it is handed, and imports nothing.
        # Training reads of it what was proposed.
        return group in PARTS | {"engine", "training"}
    # A module may be split over private ones; nobody outside of the package sees those.
    if any(part.startswith("_") for part in target.split(".")) and target.partition(".")[0] != package:
        return False
    if group_of(target) == group:
        if group not in INSIDE:
            return True
        return inner_of(target).startswith("_") or inner_of(target) in INSIDE[group].get(inner_of(name), set())
    return target in allowed or group_of(target) in allowed


def breaches(source: str, name: str, *, is_package: bool = False) -> list[str]:
    """Every import of a module that the table forbids."""
    found = []
    for imported in imports_of(source, name, is_package=is_package):
        root, _, target = imported.partition(".")
        if root == "moderation":
            if not is_allowed(name, target):
                found.append(f"{name or 'moderation'} imports moderation.{target}")
        elif root in EXTRAS and group_of(name) not in EXTRAS[root]:
            found.append(f"{name or 'moderation'} imports {root}")
    return found


@pytest.mark.parametrize("path", [*MODULES, ROOT / "train.py"], ids=lambda path: str(path.relative_to(ROOT)))
def test_module_imports_only_what_its_layer_may(path: Path) -> None:
    name = name_of(path)
    assert group_of(name) in ALLOWED, f"{name} has no layer: give it one in the table"
    assert breaches(path.read_text("utf-8"), name, is_package=path.stem == "__init__") == []


@pytest.mark.parametrize(
    ("name", "source", "count"),
    [
        ("data", "from moderation.policy import Policy", 1),
        ("data", "from enum import StrEnum", 0),
        ("stages.tokens", "from moderation.data import Span", 0),
        ("stages.tokens", "from moderation.stages.blocks import outline", 1),
        ("stages.tokens", "from moderation.stages import blocks", 1),
        ("stages.tokens", "from . import blocks", 1),
        ("stages.tokens", "def f():\n    import moderation.engine", 1),
        ("stages.normalize", "from moderation.stages._repair import repairs", 0),
        ("engine", "from moderation.stages._repair import repairs", 1),
        ("stages.tokens", "from moderation import _native", 0),
        ("data", "from moderation import _native", 1),
        ("service.http", "from moderation import _native", 1),
        ("engine", "from moderation.stages import blocks, tokens", 0),
        ("engine", "from moderation.engine.search import find_candidates", 0),
        ("engine.search", "from moderation.engine.reading import PageReader", 0),
        ("engine.reading", "from moderation.engine.search import find_candidates", 1),
        ("engine.search", "from moderation.engine import Moderator", 1),
        ("engine", "from sklearn.pipeline import Pipeline", 1),
        ("inputs.archives.warc", "from moderation.inputs.archives._walk import walk", 0),
        ("inputs.archives.warc", "from moderation.inputs.intake import open_file", 0),
        ("inputs.intake", "from moderation.inputs.archives import open_pages", 1),
        ("inputs.archives.warc", "from moderation.stages.decode import decode", 0),
        ("inputs.archives.warc", "from moderation.stages.tokens import terms", 1),
        ("inputs.archives.warc", "from moderation.engine import Moderator", 1),
        ("training.fit", "from moderation.engine import Moderator\nimport sklearn", 0),
        ("training.fit", "from moderation.inputs.archives import open_pages", 0),
        ("training.fit", "from moderation.audit.local import audit", 1),
        ("audit.judging", "from moderation.audit.notes import note", 0),
        ("audit.notes", "from moderation.audit.judging import judge", 1),
        ("audit.judging", "from moderation.audit.local import audit", 1),
        ("audit.local", "from moderation.audit._journal import Journal\nfrom moderation.audit.judging import judge", 0),
        ("service.http", "from moderation import Moderator\nimport starlette.routing", 0),
        ("service.http", "from moderation.audit.judging import judge", 0),
        ("service.http", "from moderation.audit.local import audit", 1),
        ("service.http", "from moderation.training.fit import fit", 1),
        ("wagtail.views", "import django\nfrom moderation.django.models import Record", 0),
        ("django.models", "import wagtail\nfrom moderation.wagtail.pages import ModeratedPage", 2),
        ("pipelines.spark", "import pyspark\nfrom moderation.cli import main", 1),
        ("pipelines.spark", "from moderation.report import report", 1),
        ("cli.checking", "from moderation.training.fit import fit\nfrom moderation.audit.local import audit", 0),
        ("cli", "import pyspark", 1),
    ],
)
def test_table_is_read_as_it_is_meant(name: str, source: str, count: int) -> None:
    assert len(breaches(source, name)) == count


@pytest.mark.parametrize("module", ["moderation", "moderation.cli"])
def test_import_loads_nothing_heavy(module: str) -> None:
    heavy = [*EXTRAS, "moderation._native", "numpy", "pandas", "rich", "shtab", "tqdm"]
    code = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


# The rooms of the engine, each above the one before.
NATIVE = PACKAGE / "native"
ROOMS = ("text", "html", "styles", "scripts", "markup", "words", "candidates", "python")


def _includes(path: Path) -> list[str]:
    return re.findall(r'^#include [<"]([^>"]+)[>"]', path.read_text("utf-8"), re.MULTILINE)


def test_engine_has_no_other_rooms() -> None:
    assert {path.name for path in NATIVE.iterdir()} == {*ROOMS, "limits.hpp", "CMakeLists.txt"}


@pytest.mark.parametrize("path", sorted(NATIVE.rglob("*.?pp")), ids=lambda path: str(path.relative_to(NATIVE)))
def test_engine_includes_what_is_below(path: Path) -> None:
    room = path.parent.name
    below = ROOMS[: ROOMS.index(room) + 1] if room in ROOMS else ()
    for name in _includes(path):
        if (NATIVE / name).is_file():
            assert name == "limits.hpp" or name.partition("/")[0] in below, name
        else:
            assert room == "python" or not name.startswith(("Python", "pybind11")), name
