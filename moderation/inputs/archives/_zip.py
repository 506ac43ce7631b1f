"""Zip files -> members: the directory is read entry by entry, checked against the file, and never kept.

A directory may say anything: that a thousand members are the same bytes, or that one stands where it does not. So each
entry is looked up once (:func:`layout`): every stretch of the file is read for one member only, and a member that does
not stand where its entry says is found by its name.
"""

from __future__ import annotations

import os
import struct
import zlib
from array import array
from collections.abc import Iterator
from functools import lru_cache
from io import BufferedReader
from typing import Any, NamedTuple

import numpy as np

from moderation.common.messages import gettext
from moderation.inputs.archives._streams import Damaged, Pieces, Source, Stream, unpacker_of_zip
from moderation.inputs.intake import open_file

__all__ = ["OVERLAPPING", "Entry", "Layout", "entries", "layout", "member", "names", "unpacked"]

_END, _END64, _AT64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_ENTRY, _LOCAL = b"PK\x01\x02", b"PK\x03\x04"
_PIECE = 256 * 1024
# Entries that are read, and of those that are not true, how many are looked for.
_ENTRIES, _MOVED = 1_000_000, 1_000
SOUND, OVERLAPPING, LOST = 0, 1, 2


class Entry(NamedTuple):
    """A member as the directory has it; offsets are those of the file, sizes are bytes."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    offset: int

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")


class Layout(NamedTuple):
    """What is true of a directory.

    Attributes:
        states: of each entry by its number: sound, overlapping an earlier one, or not in the file.
        moved: where entries really stand, by their numbers.
        problems: what is wrong with the directory, each in words and the number of the first entry it concerns.
    """

    states: Any
    moved: dict[int, int]
    problems: tuple[tuple[int, str], ...]

    def at(self, number: int, entry: Entry) -> Entry | None:
        """An entry as it is true, None if it overlaps an earlier one or is not in the file."""
        if self.states[number] != SOUND:
            return None
        return entry._replace(offset=self.moved[number]) if number in self.moved else entry


def entries(file: BufferedReader) -> Iterator[Entry]:
    """Every entry of the directory, the first million of them.

    Raises:
        Damaged: there is no directory, or it ends in the middle.
    """
    start, size, before = _directory(file)
    position = start
    for _ in range(_ENTRIES):
        if position >= start + size:
            return
        file.seek(position)
        head = file.read(46)
        if len(head) < 46 or not head.startswith(_ENTRY):
            raise Damaged(gettext("the directory of the zip is damaged"))
        flags, method, _, _, crc, packed, unpacked, named, extra, said = struct.unpack("<HHHHLLLHHH", head[8:34])
        offset = int.from_bytes(head[42:46], "little")
        raw = file.read(named)
        if 0xFFFF_FFFF in (packed, unpacked, offset):
            packed, offset = _large(file.read(extra), packed, unpacked, offset)
        name = raw.decode("utf-8" if flags & 0x800 else "cp437", "replace")
        yield Entry(name, raw, flags, method, crc, packed, offset + before)
        position += 46 + named + extra + said


def _directory(file: BufferedReader) -> tuple[int, int, int]:
    """Where the directory begins, its size, and how many bytes stand before the zip; all in bytes."""
    size = os.fstat(file.fileno()).st_size
    # Behind it there is only a comment of at most 64 KB.
    tail = max(0, size - 65_536 - 22)
    file.seek(tail)
    data = file.read()
    at = data.rfind(_END)
    if at < 0 or len(data) < at + 22:
        raise Damaged(gettext("no directory of a zip; the file is cut off or none"))
    length, offset = struct.unpack("<LL", data[at + 12 : at + 20])
    end = tail + at
    if at >= 20 and data[at - 20 : at - 16] == _AT64:
        file.seek(max(0, end - 76))
        large = file.read(56)
        if large.startswith(_END64):
            length, offset = struct.unpack("<QQ", large[40:56])
            end -= 76
    start = end - length
    if start < 0 or start - offset < 0:
        raise Damaged(gettext("the directory of the zip is not where it is said to be"))
    return start, length, start - offset


def _large(extra: bytes, packed: int, unpacked: int, offset: int) -> tuple[int, int]:
    """Packed size and offset where they take more than four bytes."""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == 1:
            values = [int.from_bytes(field[at : at + 8], "little") for at in range(0, len(field) - 7, 8)]
            _ = values.pop(0) if unpacked == 0xFFFF_FFFF and values else 0
            packed = values.pop(0) if packed == 0xFFFF_FFFF and values else packed
            offset = values.pop(0) if offset == 0xFFFF_FFFF and values else offset
            break
    return packed, offset


def names(path: str) -> Iterator[str]:
    """The name of every member.

    Raises:
        OSError: the file or its directory cannot be read.
    """
    with open_file(path) as file:
        for entry in entries(file):
            yield entry.name


def layout(path: str) -> Layout:
    """What is true of the directory of a file.

    Raises:
        OSError: the file cannot be read, or has no directory.
    """
    about = os.stat(path)  # noqa: PTH116
    return _layout(path, about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=1)
def _layout(path: str, size: int, changed: int) -> Layout:
    starts, ends = array("Q"), array("Q")
    lying: dict[bytes, list[tuple[int, int]]] = {}
    lies = first_lie = 0
    problems: list[tuple[int, str]] = []
    with open_file(path) as directory, open_file(path) as file:
        try:
            for number, entry in enumerate(entries(directory)):
                if _is_there(file, entry, size):
                    starts.append(entry.offset)
                    ends.append(_end(entry))
                    continue
                if not lies:
                    first_lie = number
                lies += 1
                starts.append(size)
                ends.append(0)
                if lies <= _MOVED:
                    lying.setdefault(entry.raw_name, []).append((number, _end(entry) - entry.offset))
        except Damaged as error:
            problems.append((max(0, len(starts) - 1), str(error)))
        if len(starts) == _ENTRIES:
            problems.append(
                (
                    _ENTRIES - 1,
                    gettext("more than {entries:,} members; those behind them are not read").format(entries=_ENTRIES),
                )
            )
        moved = _searched(file, size, lying) if lying else {}
        if lies:
            problems.append((first_lie, gettext("{lies:,} entries of its directory are not true").format(lies=lies)))
    for number, (offset, end) in moved.items():
        starts[number], ends[number] = offset, end
    states = _states(np.frombuffer(starts, np.uint64), np.frombuffer(ends, np.uint64))
    over = np.flatnonzero(states == OVERLAPPING)
    if len(over):
        said = gettext(
            "{over:,} entries of its directory lie over others; every stretch of the file is read once"
        ).format(over=len(over))
        problems.append((int(over[0]), said))
    return Layout(states, {number: offset for number, (offset, _) in moved.items()}, tuple(problems))


def _states(starts: Any, ends: Any) -> Any:
    states = np.zeros(len(starts), np.uint8)
    if not len(starts):
        return states
    order = np.argsort(starts, kind="stable")
    reached = np.maximum.accumulate(ends[order])
    overlapping = np.zeros(len(starts), bool)
    overlapping[1:] = starts[order][1:] < reached[:-1]
    states[order[overlapping]] = OVERLAPPING
    states[ends == 0] = LOST
    return states


def _end(entry: Entry) -> int:
    """The offset behind a member; an extra field of its own header is not counted."""
    return entry.offset + 30 + len(entry.raw_name) + entry.packed


def _is_there(file: BufferedReader, entry: Entry, size: int) -> bool:
    if _end(entry) > size:
        return False
    file.seek(entry.offset)
    head = file.read(30 + len(entry.raw_name))
    return head.startswith(_LOCAL) and head[30:] == entry.raw_name


def _searched(file: BufferedReader, size: int, lying: dict[bytes, list[tuple[int, int]]]) -> dict[int, tuple[int, int]]:
    """From where to where members stand that do not where their entries say: by the names in front of the members.

    Args:
        file: the zip.
        size: of the file.
        lying: numbers and sizes of the entries of each name.
    """
    moved = {}
    base = 0
    while base < size:
        file.seek(base)
        # The longest header may begin at the end of the piece.
        data = file.read(_PIECE + 30 + 65_535)
        at = data.find(_LOCAL)
        while 0 <= at < _PIECE:
            named = int.from_bytes(data[at + 26 : at + 28], "little")
            wanted = lying.get(data[at + 30 : at + 30 + named])
            if wanted and base + at + wanted[0][1] <= size:
                number, length = wanted.pop(0)
                moved[number] = base + at, base + at + length
            at = data.find(_LOCAL, at + 1)
        base += _PIECE
    return moved


def member(file: BufferedReader, entry: Entry) -> tuple[int, int]:
    """Where the packed bytes of a member begin and end.

    Raises:
        Damaged: they are not there.
    """
    file.seek(entry.offset)
    head = file.read(30)
    if len(head) < 30 or not head.startswith(_LOCAL):
        raise Damaged(gettext("no member of a zip"))
    start = entry.offset + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    end = start + entry.packed
    if end > os.fstat(file.fileno()).st_size:
        raise Damaged(gettext("the file ends inside the member"))
    return start, end


def unpacked(file: BufferedReader, entry: Entry) -> Stream:
    """A member, unpacked.

    Raises:
        Damaged: it is locked or damaged, or packed in a way that is not known; also while it is read.
    """
    if entry.flags & 1:
        raise Damaged(gettext("the member is locked with a password"))
    start, end = member(file, entry)
    return Stream(_checked(unpacker_of_zip(entry.method)(Source(file, start, end)), entry.crc))


def _checked(pieces: Pieces, crc: int) -> Pieces:
    found = 0
    for piece in pieces:
        found = zlib.crc32(piece, found)
        yield piece
    if found != crc:
        raise Damaged(gettext("its check sum is not true"))
