"""What is installed of what this package needs, by the words of its own metadata (PEP 508)."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from typing import NamedTuple

from packaging.requirements import Requirement

__all__ = ["Need", "extras", "needs"]

_OURS = "moderation"


class Need(NamedTuple):
    """A distribution that is needed.

    Attributes:
        name: of the distribution.
        bounds: versions that will do, such as ``<3,>=1.2``; empty for any.
        version: that is installed; None where none is.
        fits: whether it will do.
    """

    name: str
    bounds: str
    version: str | None
    fits: bool

    def __str__(self) -> str:
        return f"{self.name}{self.bounds}"


def extras() -> list[str]:
    """The extras that there are, in order.

    Raises:
        PackageNotFoundError: this package is not installed.
    """
    return sorted(metadata.metadata(_OURS).get_all("Provides-Extra") or [])


def needs(extra: str = "") -> list[Need]:
    """What an extra needs beside the package, each once; the empty name is the package's own.

    Raises:
        PackageNotFoundError: this package is not installed.
    """
    found = {each.name: each for each in _requirements(extra)}
    return [_need(each) for each in found.values()]


def _requirements(extra: str) -> Iterator[Requirement]:
    for wanted in map(Requirement, metadata.requires(_OURS) or ()):
        is_own = wanted.marker is None or wanted.marker.evaluate({"extra": ""})
        if is_own:
            if not extra:
                yield wanted
        elif extra and wanted.marker is not None and wanted.marker.evaluate({"extra": extra}):
            # An extra may take another one along.
            others = [each for other in sorted(wanted.extras) for each in _requirements(other)]
            yield from others if wanted.name == _OURS else [wanted]


def _need(wanted: Requirement) -> Need:
    try:
        version = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        return Need(wanted.name, str(wanted.specifier), None, False)
    return Need(wanted.name, str(wanted.specifier), version, wanted.specifier.contains(version, prereleases=True))
