"""The character tables of the stages; datasets/make_tables.py makes them."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

__all__ = ["pairs", "table"]


def table(name: str) -> Any:
    """A table of ``moderation/stages/tables``, parsed."""
    return json.loads(files("moderation.stages").joinpath("tables", f"{name}.json").read_bytes())


def pairs(name: str, size: int = 1) -> dict[str, str]:
    """A table that gives one character for each ``size`` characters."""
    keys, values = table(name)["pairs"]
    return {keys[at : at + size]: value for at, value in zip(range(0, len(keys), size), values, strict=True)}
