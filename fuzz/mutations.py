"""Bytes -> other bytes, at random but the same for the same generator: the steps that all targets share."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

__all__ = ["LARGEST", "mutate"]

# Bytes of an input: what larger ones do is measured by benchmarks/hostile.py.
LARGEST = 64 * 1024
# Of eight inputs, seven stay as small as this: more of them are tried in the same time.
_USUAL = 6 * 1024
_MOST_STEPS = 6
_BYTES = b"\x00\x01\x09\x0a\x0d\x1b \"&'/<=>?[\\]{}\x7f\x80\xa3\xc0\xe4\xef\xf4\xfe\xff"
_DIGITS = re.compile(rb"[0-9]{1,20}")
_LIES = [b"0", b"-1", b"1", b"255", b"65536", b"2147483648", b"4294967295", b"9223372036854775808", b"9" * 40, b"1e999"]

# Data, the generator, the other seeds, the words.
_Step = Callable[[bytes, random.Random, Sequence[bytes], Sequence[bytes]], bytes]


def mutate(data: bytes, draw: random.Random, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """A few random steps away from some bytes.

    Args:
        data: to begin with.
        draw: decides; the same state gives the same bytes.
        others: what stretches are taken from.
        words: what is put in as a whole, as tags and header names are.

    Returns: at most :data:`LARGEST` bytes.
    """
    for _ in range(draw.randint(1, _MOST_STEPS)):
        data = draw.choice(_STEPS)(data, draw, others, words)
    return data[: LARGEST if draw.randrange(8) == 0 else _USUAL]


def _stretch(data: bytes, draw: random.Random, most: int = 256) -> tuple[int, int]:
    """A random stretch; short ones are as frequent as long ones."""
    start = draw.randint(0, len(data))
    size = min(most, int(2 ** draw.uniform(0, most.bit_length())))
    return start, min(len(data), start + size)


def _flip(data: bytes, draw: random.Random, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.randint(1, 4) if data else 0):
        changed[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _replace(data: bytes, draw: random.Random, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    start, end = _stretch(data, draw, 8)
    return data[:start] + bytes(draw.choices(_BYTES, k=max(1, end - start))) + data[end:]


def _truncate(data: bytes, draw: random.Random, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    at = draw.randint(0, len(data))
    return data[:at] if draw.randrange(4) else data[at:]


def _remove(data: bytes, draw: random.Random, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    start, end = _stretch(data, draw)
    return data[:start] + data[end:]


def _repeat(data: bytes, draw: random.Random, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    start, end = _stretch(data, draw)
    # As often as not a few times, now and then as often as there is room.
    times = min(int(2 ** draw.uniform(1, 14)), LARGEST // max(1, end - start))
    return data[:start] + data[start:end] * times + data[end:]


def _insert(data: bytes, draw: random.Random, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    at = draw.randint(0, len(data))
    return data[:at] + b"".join(draw.choices(words, k=draw.randint(1, 4))) + data[at:]


def _nest(data: bytes, draw: random.Random, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """One word again and again: what is opened and never closed."""
    at = draw.randint(0, len(data))
    word = draw.choice(words)
    times = min(int(2 ** draw.uniform(1, 13)), LARGEST // max(1, len(word)))
    return data[:at] + word * times + data[at:]


def _splice(data: bytes, draw: random.Random, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    other = draw.choice(others)
    start, end = _stretch(other, draw, 1024)
    first, last = _stretch(data, draw)
    return data[:first] + other[start:end] + data[last if draw.randrange(2) else first :]


def _cross(data: bytes, draw: random.Random, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """The beginning of one and the end of another."""
    other = draw.choice(others)
    return data[: draw.randint(0, len(data))] + other[draw.randint(0, len(other)) :]


def _swap(data: bytes, draw: random.Random, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    a, b, c = sorted(draw.randint(0, len(data)) for _ in range(3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def _lie(data: bytes, draw: random.Random, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """Another number in the place of one: a size, a count, an offset, a score."""
    numbers = list(_DIGITS.finditer(data))
    if not numbers:
        return data
    found = draw.choice(numbers)
    near = str(max(0, int(found.group()) + draw.randint(-2, 2))).encode()
    return data[: found.start()] + draw.choice([near, *_LIES]) + data[found.end() :]


_STEPS: tuple[_Step, ...] = (
    *(_flip, _replace, _truncate, _remove, _repeat, _nest, _splice, _cross, _swap, _lie),
    # What is put in by chance seldom means something; words do.
    *(_insert, _insert, _insert),
)
