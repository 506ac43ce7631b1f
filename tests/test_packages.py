"""What the source archive and the wheel hold, and what they must not."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
from email.parser import HeaderParser
from pathlib import Path
from zipfile import ZipFile

import pytest
from packed import ROOT, source_archive, unpacked

# What no package holds: what a tree has that was worked in.
MADE = re.compile(
    r"(^|/)(__pycache__|\.venv|\.git|\.(mypy|pytest|ruff)_cache|\.hypothesis|build|dist|local)/"
    r"|\.(pyc|so|pyd|o|a|joblib|sqlite|egg-info)$"
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return source_archive(tmp_path_factory.mktemp("archive"))


@pytest.fixture(scope="module")
def tracked() -> set[str]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("needs git and a clone")
    return {name for name in done.stdout.split("\0") if name and (ROOT / name).exists()}


@pytest.fixture(scope="module")
def wheel(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """The wheel of the unpacked source archive, all but the engine, which takes a minute to compile.

    The container's wheel has it, of the same archive: tests/service/test_service_deployment.py.
    """
    folder = tmp_path_factory.mktemp("wheel")
    tree = unpacked(archive, folder / "tree")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", folder, "-C", "wheel.cmake=false", tree]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = folder.glob("*.whl")
    return ZipFile(made)


def test_source_archive_holds_what_is_tracked(archive: Path, tracked: set[str]) -> None:
    with tarfile.open(archive) as packed:
        names = {member.name.partition("/")[2] for member in packed if member.isfile()}
    assert names - tracked <= {"PKG-INFO"}
    assert tracked - names == set()


def test_source_archive_holds_nothing_that_was_made(archive: Path) -> None:
    with tarfile.open(archive) as packed:
        members = packed.getmembers()
    names = [member.name.partition("/")[2] for member in members]
    assert [name for name in names if MADE.search(name)] == []
    # No link leads out of it, and nothing is larger than the model.
    assert [member.name for member in members if not (member.isfile() or member.isdir())] == []
    assert max(member.size for member in members) < 8_000_000
    for name in ("LICENSE", "CMakeLists.txt", "moderation/native/CMakeLists.txt", "tests/native/CMakeLists.txt"):
        assert name in names


def test_wheel_holds_the_package(wheel: ZipFile, tracked: set[str]) -> None:
    names = set(wheel.namelist())
    package = {name for name in tracked if name.startswith("moderation/") and not name.startswith("moderation/native/")}
    model = {f"moderation/{name}" for name in tracked if name.startswith("models/zh-headspam/")}
    described = {name for name in names if re.match(r"moderation-[\w.]+\.dist-info/", name)}
    assert names - described == package | model
    for name in (
        "py.typed",
        "_native.pyi",
        "models/zh-headspam/manifest.json",
        "models/zh-headspam/vocabulary.txt",
        "models/zh-headspam/weights.npz",
        "report/report.html.jinja",
        "report/report.js",
        "report/report.css",
        "locale/zh_CN/LC_MESSAGES/moderation.mo",
        "django/locale/zh_Hans/LC_MESSAGES/django.mo",
        "wagtail/locale/zh_Hans/LC_MESSAGES/django.mo",
        "service/migrations/env.py",
    ):
        assert f"moderation/{name}" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in described)


def test_wheel_holds_nothing_else(wheel: ZipFile) -> None:
    names = wheel.namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"moderation"}
    # No source of the engine, and of what was planted in the tree neither an engine nor a cache.
    assert [name for name in names if MADE.search(name) or re.search(r"\.(cpp|hpp|cmake|txt\.in)$", name)] == []
    for folder in ("tests", "benchmarks", "datasets", "fuzz", "docs", "deploy", "plugins", "examples", "native"):
        assert [name for name in names if name.startswith((f"{folder}/", f"moderation/{folder}/"))] == []


def test_wheel_says_what_it_is(wheel: ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    said = HeaderParser().parsestr(wheel.read(name).decode())
    assert (said["Name"], said["License-Expression"]) == ("moderation", "Apache-2.0")
    assert said.get_all("License-File") == ["LICENSE"]
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt"))
    assert "moderation = moderation.cli:entry" in wheel.read(name).decode()
