"""Records that stand one behind another, in a plain file or in packed members: found, checked, and found again.

WARC and ARC are read alike: a header says how long its record is, and behind that the next header must stand, or the
end. Where it does not, the length is not true, and the next header inside is looked for. What is no record is a gap,
and a gap is one item, however long. A packed file is read in *segments*: a member that begins with a header, and those
behind it that do not.

Memory is bounded by one page, and time by the bytes of the file, packed and unpacked: what is read a second time is
counted, and when that is too much the file is given up.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from moderation.common.messages import gettext
from moderation.inputs.archives._streams import GZIP, ZSTD, Damaged, Pieces, Source, kind_of, unpacker
from moderation.inputs.archives._window import BLANKS, LIMIT, Grammar, Item, Window

__all__ = ["begins_inside", "walk"]

# Bytes of what may stand between two records.
_BLANK = 4096
_PIECE = 256 * 1024
# Bytes that a header is told by, and those of a packed member that are looked at for it.
_TOLD = 4096
# Bytes that may be read again in search of the next record, for each byte of the file and in all; an attempt counts as
# this many at least.
_AGAIN, _AGAIN_LEAST, _ATTEMPT = 64, 256 * 1024 * 1024, 256
# The header of a gzip member: no reserved flag, a known level and system. A mere magic number stands anywhere.
_MEMBER = re.compile(rb"\x1f\x8b\x08[\x00-\x1f].{4}[\x00\x02\x04][\x00-\x0d\xff]", re.DOTALL)
_OVERLAP = 512


def walk(source: Source, grammar: Grammar, *, trained: Any = None, keep: bool = True) -> Iterator[Item]:
    """Every record from where a source stands, and an item in the place of what cannot be read.

    Args:
        source: stands at the beginning of a file or of a record.
        grammar: of the headers.
        trained: the Zstandard dictionary of all frames.
        keep: whether the bodies are wanted.
    """
    kind = kind_of(source.peek(16))
    items = _plain(source, grammar, keep) if kind is None else _packed(source, grammar, kind, trained, keep)
    in_gap = False
    for item in items:
        is_gap = bool(item.problem) and item.fields is None
        if not (is_gap and in_gap) or item.is_last:
            yield item
        in_gap = is_gap


# --------------------------------------------------------------------------------------------------------------- plain


def _plain(source: Source, grammar: Grammar, keep: bool) -> Iterator[Item]:
    def far(at: int) -> bytes:
        return _at(source, at, _TOLD)

    window = Window(_chunks(source), source.position)
    while (step := _record(window, grammar, keep, source.end)) is not None:
        if step.ends is None:
            yield step.item
            continue
        # Too long to be looked at whole: only what follows is.
        start, ends = window.position, step.ends
        here = source.position
        follows = far(ends).lstrip(b"\r\n\t ")
        source.seek(here)
        if follows and not grammar.begins(follows) and _seek_header(window, grammar, ends, is_line=True):
            yield step.item._replace(problem=_untrue(ends - start), body=b"")
            continue
        yield step.item
        source.seek(ends)
        window = Window(_chunks(source), ends)


def _chunks(source: Source) -> Pieces:
    while chunk := source.read(_PIECE):
        yield chunk


def _at(source: Source, position: int, size: int) -> bytes:
    source.seek(position)
    return source.read(size)


class _Step(NamedTuple):
    """One item; where the record ends if that was too far away to be looked at, else None."""

    item: Item
    ends: int | None = None


def _record(window: Window, grammar: Grammar, keep: bool, end: int | None) -> _Step | None:
    """The next item of a window, which is behind it then, but for a record that is too long: the window is in its body.

    Args:
        window: what is read.
        grammar: of the headers.
        keep: whether the body is wanted.
        end: the position behind the last byte, where it is known.
    """
    if not window.skip_blank():
        if not window.problem:
            return None
        problem, window.problem = window.problem, ""
        return _Step(Item(window.position, problem=problem))
    start = window.position
    head = grammar.head(window)
    if head is None:
        window.skip(1)
        _seek_header(window, grammar)
        # Damage that ends the gap is the same gap.
        problem, window.problem = window.problem or gettext("no record"), ""
        return _Step(Item(start, problem=problem))
    window.skip(head.size)
    item = Item(start, head.fields)
    if head.length is None:
        _seek_header(window, grammar, is_line=True)
        return _Step(item._replace(problem=gettext("its header tells no length")))
    if end is not None and head.length > end - window.position:
        _seek_header(window, grammar, is_line=True)
        return _Step(item._replace(problem=_untrue(head.length)))
    if head.length > LIMIT:
        body = bytes(window.data[: LIMIT + 1]) if keep and window.want(LIMIT + 1) else b""
        return _Step(item._replace(body=body), window.position + head.length)
    have = window.want(head.length + 64)
    if have < head.length or not _followed(window, grammar, head.length):
        inside = _find_header(window, grammar, min(have, head.length), is_line=True)
        if inside is not None:
            window.skip(inside)
            return _Step(item._replace(problem=_untrue(head.length)))
        blank = BLANKS.match(window.data, min(have, head.length))
        if have < head.length or (blank and blank.end() == len(window.data)):
            problem, window.problem = window.problem or _untrue(head.length), ""
            window.skip(len(window.data))
            return _Step(item._replace(problem=problem))
    if keep:
        item = item._replace(body=bytes(window.data[: head.length]))
    window.skip(head.length)
    return _Step(item)


def _untrue(length: int) -> str:
    return gettext("its length of {length:,} bytes is not true").format(length=length)


def _followed(window: Window, grammar: Grammar, at: int) -> bool:
    """Whether a header or the sound end stands behind an offset of a window."""
    for ahead in (64, _BLANK + 64):
        window.want(at + ahead)
        follows = window.data[at : at + ahead].lstrip(b"\r\n\t ")
        if follows:
            window.want(at + _BLANK + _TOLD)
            return grammar.begins(window.data[at : at + _BLANK + _TOLD].lstrip(b"\r\n\t "))
        if len(window.data) < at + ahead:
            return not window.problem
    return True


def _find_header(window: Window, grammar: Grammar, stop: int, *, is_line: bool = False) -> int | None:
    """The offset of the first header in the bytes of a window that are there, before an offset.

    Args:
        window: what is searched.
        grammar: of the headers.
        stop: the offset.
        is_line: whether a line begins where the window stands.
    """
    if is_line and stop and grammar.begins(window.data[:_TOLD]):
        return 0
    for found in grammar.candidate.finditer(window.data, 0, stop):
        at = found.end()
        if grammar.begins(window.data[at : at + _TOLD]):
            return at
    return None


def _seek_header(window: Window, grammar: Grammar, end: int | None = None, *, is_line: bool = False) -> bool:
    """Goes to the next header behind where a window stands; whether there is one before a position."""
    while window.want(_PIECE) and (end is None or window.position < end):
        is_all = window.want(_PIECE + _TOLD) < _PIECE + _TOLD
        stop = len(window.data) if is_all else len(window.data) - _TOLD
        if end is not None:
            stop = min(stop, end - window.position)
        at = _find_header(window, grammar, stop, is_line=is_line)
        is_line = False
        if at is not None:
            window.skip(at)
            return True
        # A line end at the very border is looked at again.
        window.skip(stop if is_all or stop < 128 else stop - 64)
    return False


# -------------------------------------------------------------------------------------------------------------- packed


class _Segment:
    """The bytes of a member that begins with a header, and of those behind it that do not.

    ``behind`` is then where the next segment begins, or None if a member is damaged; ``member`` is the last one.
    """

    def __init__(self, source: Source, grammar: Grammar, unpack: Callable[[Source], Pieces], kind: bytes) -> None:
        self._source, self._grammar, self._unpack, self._kind = source, grammar, unpack, kind
        # The member that the next segment begins with, and where its unpacker stands: it is unpacked once.
        self._begun: tuple[int, Pieces, int] | None = None
        self.behind: int | None = None
        self.member = 0
        self.unpacked = 0

    def pieces(self, start: int) -> Pieces:
        """Unpacks the segment that begins at an offset."""
        self.behind, self.member, self.unpacked = None, start, 0
        begun, self._begun = self._begun, None
        if begun and begun[0] == start:
            pieces = begun[1]
            self._source.seek(begun[2])
        else:
            self._source.seek(start)
            pieces = self._unpack(self._source)
        while True:
            for piece in pieces:
                self.unpacked += len(piece)
                yield piece
            offset = self._source.position
            if kind_of(self._source.peek(16)) != self._kind:
                self.behind = offset
                return
            pieces = self._unpack(self._source)
            try:
                first = _first(pieces)
            except Damaged:
                # Its own segment will say so.
                self.behind = offset
                return
            pieces = _again(first, pieces)
            if self._grammar.begins(b"".join(first)[: _TOLD + _BLANK].lstrip(b"\r\n\t ")):
                self._begun, self.behind = (offset, pieces, self._source.position), offset
                return
            self.member = offset


def _first(pieces: Pieces) -> list[bytes]:
    """The first pieces, enough of them to tell a header."""
    begun, size = [], 0
    for piece in pieces:
        begun.append(piece)
        size += len(piece)
        if size >= _TOLD:
            break
    return begun


def _again(begun: list[bytes], rest: Pieces) -> Pieces:
    while begun:
        yield begun.pop(0)
    yield from rest


def _packed(source: Source, grammar: Grammar, kind: bytes, trained: Any, keep: bool) -> Iterator[Item]:
    segment = _Segment(source, grammar, unpacker(kind, trained), kind)
    left = _AGAIN_LEAST + _AGAIN * (source.end - source.position)
    position: int | None = source.position
    while position is not None:
        for item in _of_segment(segment, grammar, position, keep):
            yield item._replace(offset=position)
        behind = segment.behind
        if behind is not None:
            source.seek(behind)
            if not source.pass_blank():
                return
            position = source.position
            if kind_of(source.peek(16)) == kind:
                # Padding is not a part of the next member, and where there is none it is begun already.
                continue
            after = position
            yield Item(position, problem=gettext("no packed member"))
        else:
            left -= max(0, source.position - position) + segment.unpacked
            after = segment.member + 1
        position, cost = _next_member(source, grammar, kind, trained, after, left)
        left -= cost
        if left < 0:
            yield Item(after, problem=gettext("too much of it is damaged; the file is read no further"), is_last=True)
            return


def _of_segment(segment: _Segment, grammar: Grammar, start: int, keep: bool) -> Iterator[Item]:
    window = Window(segment.pieces(start))
    is_trusted = True
    while (step := _record(window, grammar, keep, None)) is not None:
        if step.ends is None:
            yield step.item
            continue
        begins = window.position
        length = step.ends - begins
        if is_trusted:
            seen = _pass(window, grammar, length)
            is_whole = window.position == step.ends and _followed(window, grammar, 0)
            if is_whole or (not seen and window.position == step.ends and not window.problem):
                yield step.item
                continue
            if not seen:
                problem, window.problem = window.problem or _untrue(length), ""
                yield step.item._replace(problem=problem, body=b"")
                continue
            # Once more from its body on; in this segment, no such length with a header inside is believed again.
            is_trusted = False
            window = Window(segment.pieces(start))
            window.skip(begins)
        inside = _seek_header(window, grammar, step.ends, is_line=True)
        if not inside and window.position == step.ends and not window.problem:
            yield step.item
            continue
        problem, window.problem = window.problem or _untrue(length), ""
        yield step.item._replace(problem=problem, body=b"")


def _pass(window: Window, grammar: Grammar, size: int) -> bool:
    """Passes over a body; whether a header seems to stand in it."""
    seen = False
    while size > 0 and (have := window.want(min(size, _PIECE))):
        here = min(size, have)
        seen = seen or grammar.candidate.search(window.data, 0, here) is not None
        # A line end at the very border is looked at again.
        size -= window.skip(here if here == size or here < 128 else here - 64)
    return seen


def _next_member(
    source: Source, grammar: Grammar, kind: bytes, trained: Any, after: int, left: int
) -> tuple[int | None, int]:
    """The next member from an offset on that begins with a header, None if there is none; and what it cost to find."""
    cost = 0
    unpack = unpacker(kind, trained)
    base = after
    source.seek(base)
    data = source.read(_PIECE)
    while data and cost <= left:
        is_all = source.position >= source.end
        for at in _magics(data, kind, len(data) if is_all else len(data) - _OVERLAP):
            begins, spent = _tried(source, grammar, kind, unpack, base + at)
            cost += spent
            if begins:
                return base + at, cost
            if cost > left:
                break
        if is_all:
            return None, cost
        base += len(data) - _OVERLAP
        source.seek(base)
        data = source.read(_PIECE)
    return None, cost


def _magics(data: bytes, kind: bytes, stop: int) -> Iterator[int]:
    if kind == GZIP:
        # One that stands inside another is found as well.
        found = _MEMBER.search(data)
        while found and found.start() < stop:
            yield found.start()
            found = _MEMBER.search(data, found.start() + 1)
        return
    at = data.find(kind)
    while 0 <= at < stop:
        yield at
        at = data.find(kind, at + 1)


def _tried(
    source: Source, grammar: Grammar, kind: bytes, unpack: Callable[[Source], Pieces], offset: int
) -> tuple[bool, int]:
    """Whether a member stands at an offset and begins with a header, and how many bytes were read for it."""
    source.seek(offset)
    if kind == GZIP:
        inflate = zlib.decompressobj(31)
        data = source.read(_TOLD)
        try:
            begun = inflate.decompress(data, _TOLD)
        except zlib.error:
            return False, _ATTEMPT
        spent = len(data) - len(inflate.unconsumed_tail) - len(inflate.unused_data) + len(begun)
    else:
        try:
            begun = b"".join(_first(unpack(source)))
        except Damaged:
            return False, _ATTEMPT + max(0, source.position - offset)
        spent = source.position - offset + len(begun)
    return grammar.begins(begun.lstrip(b"\r\n\t ")), _ATTEMPT + spent


def begins_inside(source: Source, grammar: Grammar) -> bool:
    """Whether any packed member of a file begins with a header, though the first one does not, or is damaged."""
    kind = kind_of(source.peek(16))
    if kind is None or kind not in (GZIP, ZSTD):
        return False
    return _next_member(source, grammar, kind, None, source.position, _AGAIN_LEAST)[0] is not None
