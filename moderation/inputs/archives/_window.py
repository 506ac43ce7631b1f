"""What is read of a file of records: headers, items, and the stretch of bytes that they are read from."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Protocol

from moderation.inputs.archives._records import MAX_SIZE
from moderation.inputs.archives._streams import Damaged, Pieces

__all__ = ["BLANKS", "HEAD", "LIMIT", "Grammar", "Head", "Item", "Window"]

# Bytes of a response, a page and its headers; and of a header.
LIMIT = MAX_SIZE + 64 * 1024
HEAD = 64 * 1024
# White space between records.
BLANKS = re.compile(rb"[\r\n\t ]*")


class Head(NamedTuple):
    """A header: its fields, its bytes, and what it says is the length of what follows; None if it says nothing true."""

    fields: Any
    size: int
    length: int | None


class Item(NamedTuple):
    """A record, or what stands in its place.

    Attributes:
        offset: in the file, of the record or of the member that its segment begins with.
        fields: of its header, None in a gap.
        body: its first :data:`LIMIT` bytes and one more, if it was asked for.
        problem: why it cannot be read; empty for a record.
        is_last: the file is read no further.
    """

    offset: int
    fields: Any = None
    body: bytes = b""
    problem: str = ""
    is_last: bool = False


class Grammar(Protocol):
    """How headers look."""

    candidate: re.Pattern[bytes]
    """finds the line end before what may be a header; it needs no more than 64 bytes"""

    def begins(self, data: bytes | bytearray) -> bool:
        """Whether a header stands at the beginning of some bytes, which may be cut off."""

    def head(self, window: Window) -> Head | None:
        """The header that a window stands at, None if it is none."""


class Window:
    """Unpacked bytes from ``position`` on, as many as were asked for."""

    def __init__(self, pieces: Pieces, position: int = 0) -> None:
        self._pieces = pieces
        self.data = bytearray()
        self.position = position
        self.problem = ""
        self._is_done = False

    def want(self, size: int) -> int:
        """Reads on until some bytes are there; how many are."""
        while len(self.data) < size and not self._is_done:
            try:
                piece = next(self._pieces, None)
            except Damaged as error:
                self.problem, piece = str(error), None
            if piece is None:
                self._is_done = True
            else:
                self.data += piece
        return len(self.data)

    def skip(self, size: int) -> int:
        """Passes over some bytes; how many there were."""
        left = size
        while left > 0 and (have := self.want(1)):
            gone = min(left, have)
            del self.data[:gone]
            left -= gone
        self.position += size - left
        return size - left

    def skip_blank(self) -> bool:
        """Passes over white space; whether anything follows."""
        while self.want(1):
            # Not "lstrip", which would copy all that stands behind.
            found = BLANKS.match(self.data)
            blank = found.end() if found else 0
            more = blank == len(self.data)
            self.skip(blank)
            if not more:
                return True
        return False
