"""The targets by name: what each is given to begin with, and what it asks of it."""

from __future__ import annotations

import importlib
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fuzz.mutations import mutate

__all__ = ["TARGETS", "Broken", "Target", "find", "words"]

# Name -> where it stands. A module is imported only in the process that runs it.
TARGETS = {name: f"fuzz.targets.{name}:TARGET" for name in ("pages", "charsets", "archives", "policies", "models")}

Run = Callable[[bytes], str]
Change = Callable[[bytes, random.Random], bytes]


class Broken(AssertionError):
    """A promise that does not hold. The message is the same for every input that breaks it."""


@dataclass(frozen=True)
class Target:
    """What is fuzzed.

    Attributes:
        seeds: what inputs begin with, each sound.
        words: what is put in as a whole.
        prepare: is called once in the process with a folder for its files; its result takes an input and gives a word
            for what came of it. An error of :mod:`moderation.errors` is such an answer too.
        change: steps that know the format, for half of the inputs.
    """

    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...]
    prepare: Callable[[Path], Run]
    change: Change | None = None

    def input(self, seed: int, number: int) -> bytes:
        """The input of a number: the seeds first, as they are, then changed ones."""
        if number < len(self.seeds):
            return self.seeds[number]
        draw = random.Random(f"{seed} {number}")
        data = draw.choice(self.seeds)
        if self.change is not None and draw.randrange(2):
            data = self.change(data, draw)
            if draw.randrange(2):
                return data
        return mutate(data, draw, self.seeds, self.words)


def find(where: str) -> Target:
    """The target that stands at ``module:name``."""
    module, _, name = where.partition(":")
    target = getattr(importlib.import_module(module), name)
    if not isinstance(target, Target):
        raise TypeError(f"{where} is no target; name a fuzz.targets.Target as module:name")
    return target


_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|(.))", re.DOTALL)
_MEANT = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "s": b" ", "\\": b"\\"}


def words(text: str) -> tuple[bytes, ...]:
    r"""The words of a list, with white space between them, as UTF-8.

    In them ``\xff`` is a byte, ``\s`` a blank, ``\\`` a backslash; ``\r``, ``\n``, ``\t`` and ``\0`` are as in Python.
    """
    return tuple(_unescaped(word) for word in text.split())


def _unescaped(word: str) -> bytes:
    parts, at = [], 0
    for found in _ESCAPE.finditer(word):
        parts.append(word[at : found.start()].encode())
        parts.append(bytes.fromhex(found[1]) if found[1] else _MEANT[found[2]])
        at = found.end()
    return b"".join([*parts, word[at:].encode()])
