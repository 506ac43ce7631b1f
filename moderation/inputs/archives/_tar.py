"""Tar files -> members: the headers are read here, so that none of them costs more than it may.

POSIX ustar and pax, and the long names of GNU tar. A name is a label and nothing is written by it, so that one that is
too long is cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, NamedTuple

from moderation.common.messages import gettext
from moderation.inputs.archives._records import MAX_SIZE

__all__ = ["Member", "members"]

_BLOCK = 512
# Bytes of a long name, or of the fields of a pax header, that are kept; the others are passed over.
_NAME = 64 * 1024
_PIECE = 256 * 1024
# Of the longest path that systems know.
_PATH = 4096
_FILES = (b"0", b"\0", b"7")
_KINDS = {b"1": "link", b"2": "link", b"3": "device", b"4": "device", b"5": "folder", b"6": "device"}


class Member(NamedTuple):
    """A member: its data, at most one byte more than a page may have, if ``kind`` is ``file``; or why there is none."""

    name: str
    kind: str
    data: bytes = b""
    problem: str = ""


def members(stream: IO[bytes]) -> Iterator[Member]:
    """Every member in order; a stretch without any header is one member with a problem.

    Raises:
        OSError: the stream cannot be read any further.
    """
    name, size = "", -1
    is_lost = False
    while block := stream.read(_BLOCK):
        if len(block) < _BLOCK:
            if block.strip(b"\0"):
                yield Member("", "gap", problem=gettext("the file ends inside a header"))
            return
        if not block.strip(b"\0"):
            # The end; another file may stand behind it.
            is_lost = False
            continue
        if not _is_header(block):
            if not is_lost:
                yield Member("", "gap", problem=gettext("no header"))
            is_lost = True
            continue
        is_lost = False
        kind = block[156:157]
        declared = _number(block[124:136])
        if declared < 0:
            yield Member(_name(block), "gap", problem=gettext("its header tells no size"))
            is_lost = True
            continue
        if kind in b"LKxg" and kind:
            about = _take(stream, declared, _NAME)
            if kind == b"L":
                name = about.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
            elif kind == b"x":
                name, size = _pax(about, name, size)
            continue
        name, length = (name or _name(block))[:_PATH], size if size >= 0 else declared
        # Links and folders may declare what they do not have.
        has_data = kind not in _KINDS
        data = _take(stream, length, MAX_SIZE + 1) if has_data else b""
        if has_data and len(data) < min(length, MAX_SIZE + 1):
            yield Member(name, "gap", problem=gettext("the file ends inside a member"))
        elif kind == b"S":
            yield Member(name, "gap", problem=gettext("a sparse file; unpack it and name it by itself"))
        else:
            yield Member(name, _KINDS.get(kind, "file" if kind in _FILES else "unknown"), data)
        name, size = "", -1


def _is_header(block: bytes) -> bool:
    """Whether the sum of the bytes is what the header says."""
    try:
        said = int(block[148:156].split(b"\0", 1)[0].strip() or b"x", 8)
    except ValueError:
        return False
    rest = block[:148] + block[156:]
    plain = sum(rest) + 8 * 32
    # Some old ones added up signed bytes.
    return said in (plain, plain - 256 * sum(byte > 127 for byte in rest))


def _number(field: bytes) -> int:
    """A number in octal, or in binary as GNU tar writes large ones; -1 if it is none."""
    if field[0] in (0x80, 0xFF):
        value = int.from_bytes(field[1:])
        return value if field[0] == 0x80 and value < 1 << 62 else -1
    try:
        return int(field.split(b"\0", 1)[0].strip() or b"0", 8)
    except ValueError:
        return -1


def _name(block: bytes) -> str:
    fields = (block[:100], block[345:500])
    name, prefix = (field.split(b"\0", 1)[0].decode("utf-8", "surrogateescape") for field in fields)
    return f"{prefix}/{name}" if prefix and block[257:263] == b"ustar\0" else name


def _take(stream: IO[bytes], size: int, keep: int) -> bytes:
    """The first bytes of a member; the others, and what fills its last block, are passed over."""
    kept = stream.read(min(size, keep))
    left = -(-size // _BLOCK) * _BLOCK - len(kept)
    while left > 0 and (passed := stream.read(min(left, _PIECE))):
        left -= len(passed)
    return kept


def _pax(data: bytes, name: str, size: int) -> tuple[str, int]:
    """Path and size of a pax header; what is malformed or cut off changes nothing."""
    at = 0
    while at < len(data):
        blank = data.find(b" ", at, at + 20)
        number = data[at:blank] if blank > 0 else b""
        length = int(number) if number.isdigit() else 0
        field = data[blank + 1 : at + length - 1]
        key, equals, value = field.partition(b"=")
        # A name that is cut off is still the beginning of one.
        if equals and key == b"path":
            name = value.decode("utf-8", "surrogateescape").replace("\0", "")
        elif equals and key == b"size" and value.isdigit() and len(value) < 19:
            size = int(value)
        if blank < 0 or length <= blank - at:
            break
        at += length
    return name, size
