"""Text with its origin: what the `blocks` stage is made of while a page is read."""

from __future__ import annotations

import re
from html import unescape
from typing import NamedTuple

from moderation.data import Piece, Place

__all__ = ["Item", "Run", "read_string", "read_value"]

_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});?")
# A script writes a character beyond the BMP as two halves.
_ESCAPE = re.compile(
    _REFERENCE.pattern + r"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|%u[0-9a-fA-F]{4}"
)


class Item(NamedTuple):
    """A stretch of text before lists are put together; all offsets are in the markup that was read.

    ``pieces`` say where the text comes from, ``end`` where it ends. ``container`` is the same for the items of a list.
    ``place`` is set where the source settles it, as for a meta tag; ``heading`` and ``footer`` say what stands around
    the others. ``coded`` and ``linked`` count characters written as references and inside links.
    """

    text: str
    pieces: tuple[Piece, ...]
    end: int
    path: str
    container: int
    place: Place | None = None
    hidden: str = ""
    heading: bool = False
    footer: bool = False
    coded: int = 0
    linked: int = 0
    links: int = 0


class Run:
    """Text under construction: derived text in pieces, with where each piece comes from.

    ``size`` counts its code points, ``end`` is where it ends in the source; ``coded``, ``linked`` and ``links`` as for
    an :class:`Item`.
    """

    __slots__ = ("coded", "end", "linked", "links", "parts", "pieces", "size")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.pieces: list[Piece] = []
        self.size = self.end = self.coded = self.linked = self.links = 0

    def add(self, text: str, origin: int, width: int = 0) -> None:
        """Appends text that runs with the source from ``origin`` on, or stands for ``width`` code points of it."""
        last = self.pieces[-1] if self.pieces else None
        if width or last is None or last.width or last.origin + self.size - last.start != origin:
            self.pieces.append(Piece(self.size, origin, width))
        self.parts.append(text)
        self.size += len(text)
        self.end = origin + (width or len(text))

    def item(
        self,
        path: str,
        container: int,
        hidden: str = "",
        heading: bool = False,
        footer: bool = False,
        place: Place | None = None,
    ) -> Item:
        """The text as an item."""
        return Item(
            "".join(self.parts),
            tuple(self.pieces),
            self.end,
            path,
            container,
            place,
            hidden,
            heading,
            footer,
            self.coded,
            self.linked,
            self.links,
        )


def read_value(raw: str, origin: int) -> Run:
    """The text of an attribute's value that stands at ``origin``, references resolved."""
    return _read(raw, origin, _REFERENCE)


def read_string(raw: str, origin: int) -> Run:
    """The text of a script's string that stands at ``origin``, references and escapes resolved."""
    return _read(raw, origin, _ESCAPE)


def _read(raw: str, origin: int, escapes: re.Pattern[str]) -> Run:
    run = Run()
    at = len(raw) - len(raw.lstrip())
    stop = len(raw.rstrip())
    for found in escapes.finditer(raw, at, stop):
        resolved = _resolve(found.group())
        if resolved == found.group():  # the ampersand of an address
            continue
        if found.start() > at:
            run.add(raw[at : found.start()], origin + at)
        at = found.end()
        if resolved:
            run.add(resolved, origin + found.start(), found.end() - found.start())
            run.coded += len(resolved)
    if at < stop:
        run.add(raw[at:stop], origin + at)
    return run


def _resolve(escape: str) -> str:
    if escape[0] == "&":
        return unescape(escape)
    if len(escape) == 12:
        high, low = int(escape[2:6], 16), int(escape[8:], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)
    digits = escape[2:]
    number = int(digits, 16)
    return "\ufffd" if 0xD800 <= number < 0xE000 else chr(number)
