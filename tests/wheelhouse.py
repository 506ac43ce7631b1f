"""Wheels of what the package needs, in the versions of .venv, put into ``build/wheelhouse`` when that is made.

Tests install the package from there as a new user does, without a network.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

__all__ = ["STORE", "wheels"]

ROOT = Path(__file__).parents[1]
STORE = ROOT / "build" / "wheelhouse"
# Of the package's extras, those whose commands the documentation shows, as far as .venv has them.
EXTRAS = ("postgres", "service", "django", "wagtail")


def wanted() -> dict[str, str]:
    """Name → version of all that is installed for the package and these extras, without the package itself."""
    found: dict[str, str] = {}
    waiting = [("moderation", extra) for extra in ("", *EXTRAS)]
    for name, extra in waiting:
        try:
            about = distribution(name)
        except PackageNotFoundError:
            continue
        if name != "moderation":
            found[name] = about.version
        for requirement in map(Requirement, about.requires or []):
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
                continue
            needed = str(canonicalize_name(requirement.name))
            waiting += [each for part in ("", *requirement.extras) if (each := (needed, part)) not in waiting]
    found.pop("moderation", None)
    return found


def wheels(name: str) -> list[Path]:
    """The wheels at hand of a distribution."""
    known = canonicalize_name(name)
    return [wheel for wheel in sorted(STORE.glob("*.whl")) if canonicalize_name(wheel.name.split("-")[0]) == known]


def fetch() -> None:
    """Puts what is missing into the store, and what is of other versions out of it."""
    STORE.mkdir(parents=True, exist_ok=True)
    pins = wanted()
    missing = []
    for name, version in pins.items():
        for wheel in wheels(name):
            if wheel.name.split("-")[1] != version:
                wheel.unlink()
        if not wheels(name):
            missing.append(f"{name}=={version}")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--wheel-dir", str(STORE)]
    if missing:
        subprocess.run([*pip, "--no-deps", *missing], check=True)
    # What compiles the engine.
    about = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    building = [*about["build-system"]["requires"], *(tool for tool in ("cmake", "ninja") if not shutil.which(tool))]
    if any(not wheels(Requirement(each).name) for each in building):
        subprocess.run([*pip, *building], check=True)


if __name__ == "__main__":
    fetch()
