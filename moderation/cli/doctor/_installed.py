"""Whether what is installed is what the package needs."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import moderation
from moderation.cli.doctor._check import INSTALL, NOTE, OK, PROBLEM, Check, Checks, listed
from moderation.common.messages import N_, gettext

if TYPE_CHECKING:
    from moderation.cli.installed import Need

__all__ = ["EXTRA", "compiler", "dependencies", "extras", "python", "version"]

# How the name of a check begins that is about an extra.
EXTRA = "extra "
_PACKAGE = Path(moderation.__file__).parent
_NOT_INSTALLED = N_("not looked at: the package is not installed")
# Of the project itself, or for its developers.
_NO_EXTRAS = frozenset({"compare", "dev", "plugins", "tables"})
_PYTHON = (3, 11)
_COMPILERS = ("c++", "g++", "clang++")


def version() -> Checks:
    about = {"version": moderation.__version__, "folder": _PACKAGE}
    try:
        other = metadata.version("moderation")
    except metadata.PackageNotFoundError:
        said = gettext("moderation {version} in {folder}, which is not installed: it runs from this folder alone")
        yield Check("version", NOTE, said.format(**about))
        return
    if other != moderation.__version__:
        said = gettext("moderation {version} in {folder}, but what is installed says that it is {other}")
        yield Check("version", PROBLEM, said.format(**about, other=other), gettext(INSTALL))
        return
    yield Check("version", OK, gettext("moderation {version} in {folder}").format(**about))


def python() -> Checks:
    said = gettext("{python} {version} ({path}), {system}").format(
        python=platform.python_implementation(),
        version=platform.python_version(),
        path=sys.executable,
        system=platform.platform(),
    )
    if sys.version_info < _PYTHON:
        least = ".".join(map(str, _PYTHON))
        yield Check("python", PROBLEM, said, gettext("use Python {least} or newer").format(least=least))
        return
    yield Check("python", OK, said)


def dependencies() -> Checks:
    from moderation.cli.installed import needs

    try:
        needed = needs()
    except metadata.PackageNotFoundError:
        yield Check("dependencies", NOTE, gettext(_NOT_INSTALLED))
        return
    wrong = [each for each in needed if not each.fits]
    if wrong:
        form = gettext("{need} ({version})")
        lacking = [form.format(need=each, version=each.version or gettext("not installed")) for each in wrong]
        said = gettext("lacks {packages}").format(packages=listed(lacking))
        yield Check("dependencies", PROBLEM, said, _install(wrong))
        return
    yield Check("dependencies", OK, _versions(needed))


def extras() -> Checks:
    from moderation.cli.installed import extras, needs

    try:
        names = extras()
    except metadata.PackageNotFoundError:
        yield Check("extras", NOTE, gettext(_NOT_INSTALLED))
        return
    for name in names:
        if name not in _NO_EXTRAS:
            yield _extra(name, needs(name))


def _extra(extra: str, needed: Sequence[Need]) -> Check:
    there = _versions(needed)
    wrong = [each for each in needed if not each.fits]
    old = _versions(wrong)
    name = EXTRA + extra
    if old:
        return Check(name, PROBLEM, gettext("{packages} will not do").format(packages=old), _install(wrong))
    if wrong:
        missing = listed(each.name for each in wrong)
        said = gettext("not all of it is installed: {packages} missing").format(packages=missing)
        cure = gettext("whoever wants it: {command}").format(command=_install(wrong))
        return Check(name, NOTE, said if there else gettext("not installed"), cure)
    return Check(name, OK, there)


def _versions(needed: Iterable[Need]) -> str:
    """Those that are installed, with their versions."""
    return listed(f"{each.name} {each.version}" for each in needed if each.version)


def _install(wrong: Sequence[Need]) -> str:
    return "pip install " + " ".join(f"'{each}'" for each in wrong)


def compiler() -> Checks:
    found = next(filter(None, map(shutil.which, _COMPILERS)), None)
    said = gettext("{compiler}; none is needed to run, only to build the package")
    yield Check("compiler", OK, said.format(compiler=found or gettext("none")))
