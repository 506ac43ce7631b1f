"""Files -> unpacked bytes, in pieces of bounded size: the one place where anything is unpacked as it is read.

A packed file is a row of members (gzip members; frames of Zstandard and LZ4; streams of bzip2 and xz). Each member is
unpacked by itself, piece by piece, and where it ends in the file is known, so that a reader can go on behind a damaged
one. Nothing here trusts a size that the file declares.
"""

from __future__ import annotations

import bz2
import io
import lzma
import os
import zlib
from collections.abc import Callable, Iterator
from io import BufferedReader
from typing import Any

from moderation.common.messages import gettext

__all__ = [
    "DICTIONARY",
    "GZIP",
    "LEAST",
    "RATIO",
    "WINDOW",
    "ZSTD",
    "Damaged",
    "Pieces",
    "Source",
    "Stream",
    "dictionary",
    "kind_of",
    "unpacked",
    "unpacker",
    "unpacker_of_zip",
]

GZIP, ZSTD, _LZ4 = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18"
_BZIP2, _XZ = b"BZh", b"\xfd7zXZ\x00"
# What a file begins with whose records share a Zstandard dictionary: a skippable frame, one of sixteen magic numbers.
DICTIONARY = b"\x5d\x2a\x4d\x18"
_SKIPPED = b"\x2a\x4d\x18"
# Bytes that are read, and that are unpacked, at a time.
_CHUNK = 16 * 1024
_PIECE = 256 * 1024
# Bytes that an unpacker may look back: what `zstd -19` and `xz -9` take, and eight times as much for Zstandard.
WINDOW = 64 * 1024 * 1024
_XZ_MEMORY = 96 * 1024 * 1024
# Bytes that a member may give for each of its own, and in any case; deflate gives at most 1,032.
RATIO, LEAST = 1_100, 64 * 1024 * 1024
# Bytes that a block of a frame has, packed or unpacked.
_BLOCK = 128 * 1024
# Bytes of a dictionary.
_TRAINED = 8 * 1024 * 1024

Pieces = Iterator[bytes]


class Damaged(OSError):
    """Packed bytes that cannot be unpacked any further."""


class Source:
    """A stretch of a file, read from the front; ``position`` is the offset in the file of the next byte.

    Args:
        file: is not closed here.
        position: where to begin.
        end: the offset behind the last byte; -1 for the end of the file.
    """

    def __init__(self, file: BufferedReader, position: int = 0, end: int = -1) -> None:
        self._file = file
        size = os.fstat(file.fileno()).st_size
        self.end = size if end < 0 else min(end, size)
        self.seek(position)

    def seek(self, position: int) -> None:
        """Goes to an offset of the file."""
        self.position = position
        self._file.seek(position)

    def read(self, size: int) -> bytes:
        """The next bytes, fewer at the end."""
        data = self._file.read(max(0, min(size, self.end - self.position)))
        self.position += len(data)
        return data

    def exactly(self, size: int) -> bytes:
        """The next bytes.

        Raises:
            Damaged: there are fewer.
        """
        data = self.read(size)
        if len(data) < size:
            raise Damaged(gettext("the file ends inside a packed member"))
        return data

    def peek(self, size: int) -> bytes:
        """The next bytes, which stay the next."""
        position = self.position
        data = self.read(size)
        self.seek(position)
        return data

    def pass_blank(self) -> bool:
        """Passes over what may pad a file; whether anything follows."""
        while chunk := self.read(_CHUNK):
            rest = chunk.lstrip(b"\0\r\n\t ")
            if rest:
                self.seek(self.position - len(rest))
                return True
        return False


def kind_of(head: bytes) -> bytes | None:
    """What packs the bytes that begin so: the magic number, or None if nothing does."""
    for magic in (GZIP, ZSTD, _LZ4, _XZ):
        if head.startswith(magic):
            return magic
    if head.startswith(_BZIP2) and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return _BZIP2
    return ZSTD if head[1:4] == _SKIPPED and head[0] & 0xF0 == 0x50 else None


def unpacker(kind: bytes, trained: Any = None) -> Callable[[Source], Pieces]:
    """What unpacks one member of a kind, from where a source stands to where the member ends, piece by piece.

    Raises :class:`Damaged` on the way.

    Args:
        kind: as :func:`kind_of` has it.
        trained: a Zstandard dictionary.
    """
    if kind == ZSTD:
        import zstandard

        # Setting it up takes longer than a small frame.
        whole = zstandard.ZstdDecompressor(dict_data=trained, max_window_size=WINDOW)
        return lambda source: _measured(_frame(source, whole), source)
    unpack = {GZIP: _gzip, _LZ4: _lz4, _BZIP2: _bzip2, _XZ: _xz}[kind]
    return lambda source: _measured(unpack(source), source)


def _measured(pieces: Pieces, source: Source) -> Pieces:
    """Pieces, as long as they are in proportion to what they were packed in."""
    start, size = source.position, 0
    for piece in pieces:
        size += len(piece)
        if size > LEAST + RATIO * (source.position - start):
            raise Damaged(gettext("it unpacks to more than {ratio:,} times its size").format(ratio=RATIO))
        yield piece


def dictionary(source: Source) -> Any:
    """The Zstandard dictionary that a file begins with (IIPC, "Use of Zstandard compression in WARC files", 2021).

    Raises:
        Damaged: there is none that can be used.
    """
    import zstandard

    source.seek(source.position + 4)
    size = int.from_bytes(source.exactly(4), "little")
    behind = source.position + size
    trained = source.peek(min(size, _TRAINED + 1))
    try:
        if trained.startswith(ZSTD):
            unpack, trained = unpacker(ZSTD), b""
            for piece in unpack(source):
                trained += piece
                if len(trained) > _TRAINED:
                    break
    finally:
        source.seek(behind)
    if len(trained) > _TRAINED:
        raise Damaged(gettext("a dictionary of more than {most:,} bytes").format(most=_TRAINED))
    return zstandard.ZstdCompressionDict(trained)


def _gzip(source: Source, bits: int = 31) -> Pieces:
    inflate = zlib.decompressobj(bits)
    try:
        while not inflate.eof:
            data = source.read(_CHUNK)
            if not data:
                raise Damaged(gettext("the file ends inside a packed member"))
            while data and not inflate.eof:
                piece = inflate.decompress(data, _PIECE)
                data = inflate.unconsumed_tail
                if piece:
                    yield piece
    except zlib.error as error:
        raise Damaged(str(error)) from None
    source.seek(source.position - len(inflate.unused_data))


def _frame(source: Source, whole: Any) -> Pieces:
    """One frame (RFC 8878), unpacked block by block, each of which gives at most 128 KB."""
    import zstandard

    magic = source.exactly(4)
    if magic != ZSTD:
        size = int.from_bytes(source.exactly(4), "little")
        if size > source.end - source.position:
            raise Damaged(gettext("the file ends inside a packed member"))
        source.seek(source.position + size)
        return
    about = source.exactly(1)
    if about[0] & 0x08:
        raise Damaged(gettext("no frame: a reserved bit is set"))
    is_single, has_checksum = bool(about[0] & 0x20), bool(about[0] & 0x04)
    sizes = ((1 if is_single else 0), 2, 4, 8)
    header = about + source.exactly((0 if is_single else 1) + (0, 1, 2, 4)[about[0] & 3] + sizes[about[0] >> 6])
    window = _window(header, is_single, sizes[about[0] >> 6])
    if window > WINDOW:
        raise Damaged(
            gettext("unpacking it takes a window of {window:,} bytes, more than {most:,}").format(
                window=window, most=WINDOW
            )
        )
    frame = whole.decompressobj()
    try:
        data = magic + header
        is_last = False
        while not is_last:
            head = source.exactly(3)
            about_block = int.from_bytes(head, "little")
            is_last, kind, size = bool(about_block & 1), about_block >> 1 & 3, about_block >> 3
            if size > _BLOCK:
                raise Damaged(gettext("a block of {size:,} bytes; at most {most:,}").format(size=size, most=_BLOCK))
            data += head + source.exactly(1 if kind == 1 else size)
            if is_last and has_checksum:
                data += source.exactly(4)
            piece = frame.decompress(data)
            data = b""
            if piece:
                yield piece
    except zstandard.ZstdError as error:
        raise Damaged(str(error)) from None


def _window(header: bytes, is_single: bool, width: int) -> int:
    """Bytes that a frame's unpacker must keep."""
    if is_single:
        declared = int.from_bytes(header[len(header) - width :], "little")
        return declared + (256 if width == 2 else 0)
    base = 1 << (10 + (header[1] >> 3))
    return base + (base >> 3) * (header[1] & 7)


def _lz4(source: Source) -> Pieces:
    """One frame; its blocks are counted here and unpacked by FastWARC."""
    from fastwarc import Lz4Reader

    start = source.position
    source.seek(start + 4)
    about = source.exactly(2)[0]
    source.exactly((8 if about & 0x08 else 0) + (4 if about & 0x01 else 0) + 1)
    while size := int.from_bytes(source.exactly(4), "little") & 0x7FFF_FFFF:
        behind = source.position + size + (4 if about & 0x10 else 0)
        if behind > source.end:
            raise Damaged(gettext("the file ends inside a packed member"))
        source.seek(behind)
    source.exactly(4 if about & 0x04 else 0)
    end = source.position
    part = _Part(source, start, end)
    try:
        reader = Lz4Reader(part)
        while piece := reader.read(_PIECE):
            yield piece
    # What it raises is nowhere written.
    except Exception as error:
        raise Damaged(str(error)) from None
    source.seek(end)


class _Part:
    """A stretch of a source, for a reader that reads to the end."""

    def __init__(self, source: Source, start: int, end: int) -> None:
        self._source, self._start, self._end = source, start, end
        self._at = start

    def read(self, size: int = -1) -> bytes:
        left = self._end - self._at
        self._source.seek(self._at)
        data = self._source.read(min(left, _CHUNK if size < 0 else size))
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (self._start, self._at, self._end)[whence]
        return self._at - self._start

    def tell(self) -> int:
        return self._at - self._start

    def close(self) -> None:
        """The file is closed by whoever opened it."""


def _bzip2(source: Source) -> Pieces:
    return _stream(source, bz2.BZ2Decompressor())


def _xz(source: Source) -> Pieces:
    return _stream(source, lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY))


def _stream(source: Source, stream: Any) -> Pieces:
    try:
        while not stream.eof:
            data = source.read(_CHUNK) if stream.needs_input else b""
            if stream.needs_input and not data:
                raise Damaged(gettext("the file ends inside a packed member"))
            piece = stream.decompress(data, _PIECE)
            if piece:
                yield piece
    # bz2 has no error of its own.
    except (lzma.LZMAError, OSError, ValueError, EOFError) as error:
        raise Damaged(str(error)) from None
    source.seek(source.position - len(stream.unused_data))


def unpacker_of_zip(method: int) -> Callable[[Source], Pieces]:
    """What unpacks a member of a zip, by the number of its method.

    Raises:
        Damaged: there is none.
    """
    if method == 93:
        return unpacker(ZSTD)
    methods = {0: _stored, 8: _deflated, 12: _bzip2, 14: _zip_lzma}
    if method not in methods:
        raise Damaged(gettext("packed by method {method}, which is not known").format(method=method))
    return lambda source: _measured(methods[method](source), source)


def _stored(source: Source) -> Pieces:
    while chunk := source.read(_PIECE):
        yield chunk


def _deflated(source: Source) -> Pieces:
    return _gzip(source, -15)


def _zip_lzma(source: Source) -> Pieces:
    # A version, and the size of the properties: one byte and the bytes to look back.
    about = source.exactly(9)
    if about[2:4] != b"\5\0":
        raise Damaged(gettext("properties of LZMA that are not known"))
    bits, window = about[4], int.from_bytes(about[5:9], "little")
    if window > WINDOW or bits >= 225:
        raise Damaged(
            gettext("unpacking it takes a window of {window:,} bytes, more than {most:,}").format(
                window=window, most=WINDOW
            )
        )
    lc, lp, pb = bits % 9, bits // 9 % 5, bits // 45
    chain = [{"id": lzma.FILTER_LZMA1, "dict_size": window, "lc": lc, "lp": lp, "pb": pb}]
    stream = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain)
    try:
        # The end may be told by nothing but the end of the bytes.
        while not stream.eof and (data := source.read(_CHUNK)):
            piece = stream.decompress(data, _PIECE)
            while piece:
                yield piece
                piece = b"" if stream.eof or stream.needs_input else stream.decompress(b"", _PIECE)
    except (lzma.LZMAError, ValueError, EOFError) as error:
        raise Damaged(str(error)) from None


class Stream(io.RawIOBase):
    """Pieces as a stream."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._piece = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._piece = memoryview(piece)
        size = min(len(buffer), len(self._piece))
        buffer[:size] = self._piece[:size]
        self._piece = self._piece[size:]
        return size


def unpacked(file: BufferedReader) -> Stream:
    """All of a file, unpacked if it is packed; a small piece is unpacked at a time."""
    return Stream(_all(Source(file)))


def _all(source: Source) -> Pieces:
    kind = kind_of(source.peek(16))
    if kind is None:
        yield from _stored(source)
        return
    unpack = unpacker(kind)
    while kind_of(source.peek(16)) == kind:
        yield from unpack(source)
        if not source.pass_blank():
            return
    raise Damaged(gettext("something else stands behind what is packed"))
