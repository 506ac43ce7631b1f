"""A fuzz target with faults: each where an input holds its word. What test_fuzz.py starts in processes of their own."""

from __future__ import annotations

import os
import time
from pathlib import Path

from fuzz.targets import Broken, Run, Target
from moderation.errors import PolicyError


def run(data: bytes) -> str:
    if b"refuse" in data:
        raise PolicyError("an answer, no fault")
    if b"raise" in data:
        raise RuntimeError("planted")
    if b"break" in data:
        raise Broken("a planted promise")
    while b"hang" in data:
        time.sleep(0.01)
    if b"abort" in data:
        os.abort()
    if b"fill" in data:
        # Written, and given back at once.
        return str(len(b"x" * 90_000_000))
    if b"ask for" in data:
        # Never written.
        return str(len(bytearray(2_000_000_000)))
    return "sound"


def prepare(_: Path) -> Run:
    return run


def unsound(_: Path) -> Run:
    raise LookupError(f"a file that {Path(__file__).name} needs")


TARGET = Target((b"sound", b"and more of it"), (b"raise", b"refuse", b"other"), prepare)
UNSOUND = Target((b"sound",), (b"other",), unsound)
