"""WARC, WET and ARC files -> pages; FastWARC reads WARC and all that packs it, ARC is read here.

A record is named ``FILE#OFFSET``, the byte it begins at (of its gzip, Zstandard or LZ4 member, where it has one), with
``.N`` behind it for the N-th further record of the same member. Where the reader stops in the middle of a file, it goes
on at the next member or header line, and the gap is one error.
"""

from __future__ import annotations

import gzip
import io
import mmap
import re
import zlib
from collections.abc import Iterator
from datetime import UTC
from hashlib import sha256
from io import BufferedReader
from pathlib import Path
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from moderation.archives._records import MAX_SIZE, Batch, Outcome, Record, Skip, as_page, date_of, is_page_type
from moderation.errors import EmptyPage, PageError, PageTooLarge, UnreadablePage

__all__ = ["DICTIONARY", "arc_records", "batches", "conversion", "records"]

_STARTS = {b"\x1f\x8b": b"\x1f\x8b\x08", b"\x28\xb5": b"\x28\xb5\x2f\xfd", b"\x04\x22": b"\x04\x22\x4d\x18"}
_VERSION = b"WARC/1."
# What a file begins with whose records share a Zstandard dictionary.
DICTIONARY = b"\x5d\x2a\x4d\x18"
# Bytes of a response: a page and its headers.
_LIMIT = MAX_SIZE + 64 * 1024
# Address, host, date, type, and in the end the length.
_ARC_LINE = re.compile(rb"[a-z][a-z0-9+.-]*:.* \d{8,14} .*\d\s*$", re.IGNORECASE | re.DOTALL)
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)")


class _Found(NamedTuple):
    where: str
    offset: int
    record: Any


def batches(path: str, size: int, start: int = 0, end: int = -1) -> Iterator[Batch]:
    """Stretches of ``size`` records and a few more, so that each begins at an offset of its own."""
    first = count = 0
    last = None
    for found in _scan(path, start, end):
        if last is None:
            first = found.offset
        if count >= size and found.offset != last:
            yield Batch(path, "warc", first, count, end)
            first, count = found.offset, 0
        count += 1
        last = found.offset
    if count:
        yield Batch(path, "warc", first, count, end)


def records(batch: Batch) -> Iterator[Outcome]:
    """One item for each record of a batch."""
    for number, found in enumerate(_scan(batch.path, batch.start, batch.end)):
        if number == batch.size:
            return
        if isinstance(found.record, PageError):
            yield found.record
            continue
        try:
            yield _read(batch, found)
        except PageError as error:
            yield error
        except (OSError, ValueError) as error:
            yield UnreadablePage(f"{found.where}: {error}; the record is damaged, fetch it again", found.where)


def conversion(record: Record, content: str, software: str) -> bytes:
    """A WARC conversion record (a gzip member of its own) that holds what a page became; the original is untouched.

    Args:
        record: the original.
        content: the page now.
        software: what made it, for the reader.
    """
    page = record.page
    try:
        data, charset = content.encode(page.encoding), page.encoding
    except (LookupError, UnicodeEncodeError):
        data, charset = content.encode("utf-8", "replace"), "utf-8"
    made = WarcRecord()
    # Named by what it is made of, so that the same page gives the same record.
    name = f"{record.id or page.where} {software} ".encode("utf-8", "surrogateescape").hex() + sha256(data).hexdigest()
    made.init_headers(
        record_type=WarcRecordType.conversion,
        record_urn=f"uuid:{uuid5(NAMESPACE_URL, name)}".encode(),
    )
    # That of the capture, as in the WET files of Common Crawl.
    made.headers["WARC-Date"] = record.date or "1970-01-01T00:00:00Z"
    if page.url:
        made.headers["WARC-Target-URI"] = page.url
    if record.id:
        made.headers["WARC-Refers-To"] = record.id
    made.headers["Content-Type"] = f"text/{'html' if page.is_html else 'plain'}; charset={charset}"
    made.headers["X-Moderation"] = software
    made.set_bytes_content(data)
    out = io.BytesIO()
    made.write(out, checksum_data=True)
    return gzip.compress(out.getvalue(), mtime=0)


def _scan(path: str, start: int, end: int) -> Iterator[_Found]:
    """Every record from an offset on, or the error in the place of what cannot be read."""
    if end < 0:
        with Path(path).open("rb") as file:
            if file.read(4) == DICTIONARY:
                yield from _frames(path, file, start)
                return
    position = start
    last, twins = -1, 0
    while True:
        reached = position
        problem = ""
        plain = _is_plain(path, position)
        with Path(path).open("rb") as file:
            stream: Any = _Part(file, end) if end >= 0 else file
            stream.seek(position)
            try:
                for record in ArchiveIterator(stream, parse_http=False, quirks_mode=True):
                    offset = int(record.stream_pos)
                    twins = twins + 1 if offset == last else 0
                    last = offset
                    yield _Found(_named(path, offset, twins), offset, record)
                    # The record is behind this; its header is longer than nothing.
                    reached = offset + 1
                    if plain:
                        reached += int(record.content_length)
            except OSError as error:
                problem = str(error)
        # Always behind where this reading began: a member that holds no record must not be read for ever.
        again = _next(path, max(reached, position + 1), end)
        if again is None:
            if problem:
                where = _named(path, reached, 0)
                yield _Found(where, reached, _gap(where, problem))
            return
        where = _named(path, reached, 0)
        yield _Found(where, reached, _gap(where, problem or "no record"))
        position = again


def _frames(path: str, file: BufferedReader, start: int) -> Iterator[_Found]:
    """The records of a file whose first frame is the Zstandard dictionary of all others, which FastWARC does not read.

    IIPC, "Use of Zstandard compression in WARC files", 2021: each record is a frame of its own.
    """
    import zstandard

    size = int.from_bytes(file.read(4), "little")
    trained = file.read(min(size, _LIMIT))
    if trained.startswith(_STARTS[b"\x28\xb5"]):
        trained = zstandard.ZstdDecompressor().decompress(trained, max_output_size=_LIMIT)
    unpacker = zstandard.ZstdDecompressor(dict_data=zstandard.ZstdCompressionDict(trained))
    position: int | None = max(start, 8 + size)
    while position is not None:
        file.seek(position)
        frame = unpacker.decompressobj()
        data = bytearray()
        try:
            while not frame.eof and (chunk := file.read(65_536)):
                piece = frame.decompress(chunk)
                # A record is read no further than a page may go; its length then tells that there was more.
                data += piece[: max(0, 2 * _LIMIT - len(data))]
        except zstandard.ZstdError as error:
            where = _named(path, position, 0)
            yield _Found(where, position, _gap(where, str(error)))
            position = _next(path, position + 1, -1, _STARTS[b"\x28\xb5"])
            continue
        if not frame.eof:
            if file.tell() > position:
                where = _named(path, position, 0)
                yield _Found(where, position, _gap(where, "the file ends inside a record"))
            return
        try:
            for twins, record in enumerate(ArchiveIterator(io.BytesIO(data), parse_http=False, quirks_mode=True)):
                yield _Found(_named(path, position, twins), position, record)
        except OSError as error:
            where = _named(path, position, 0)
            yield _Found(where, position, _gap(where, str(error)))
        position = file.tell() - len(frame.unused_data)


def _named(path: str, offset: int, twins: int) -> str:
    return f"{path}#{offset}" + (f".{twins}" if twins else "")


def _gap(where: str, problem: str) -> PageError:
    return UnreadablePage(f"{where}: {problem}; what stands here is left out, the next record is read", where)


def _is_plain(path: str, offset: int) -> bool:
    with Path(path).open("rb") as file:
        file.seek(offset)
        return file.read(2) not in _STARTS


def _next(path: str, after: int, end: int, mark: bytes | None = None) -> int | None:
    """Where the next record begins behind an offset: a mark, a member of the kind the file is made of, a header."""
    with Path(path).open("rb") as file:
        head = file.read(2)
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            return None
        with data:
            stop = len(data) if end < 0 else end
            mark = mark or _STARTS.get(head if end < 0 else data[after : after + 2], b"\n" + _VERSION)
            at = data.find(mark, after, stop)
            while at >= 0:
                if mark[0] != 10:
                    if mark[:2] != b"\x1f\x8b" or _holds_record(data[at : at + 4096]):
                        return at
                else:
                    return at + 1
                at = data.find(mark, at + 1, stop)
    return None


def _holds_record(member: bytes) -> bool:
    try:
        return zlib.decompressobj(31).decompress(member, 64).startswith(b"WARC/")
    except zlib.error:
        return False


class _Part:
    """A file that ends before its end: a stored member of a zip."""

    def __init__(self, file: BufferedReader, end: int) -> None:
        self._file = file
        self._end = end

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._end - self._file.tell())
        return self._file.read(left if size < 0 else min(size, left))

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def _read(batch: Batch, found: _Found) -> Outcome:
    record, where = found.record, found.where
    kind = record.record_type
    if kind not in (WarcRecordType.response, WarcRecordType.resource, WarcRecordType.conversion):
        return Skip(where, str(kind))
    url = _url(record.headers.get("WARC-Target-URI"))
    moment = record.record_date
    date = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
    content_type = record.headers.get("Content-Type") or ""
    http = kind == WarcRecordType.response and content_type.lower().startswith("application/http")
    if http:
        outcome = _http(record.reader.read(_LIMIT + 1), url, where)
        return outcome._replace(date=date, id=record.record_id or "") if isinstance(outcome, Record) else outcome
    if not is_page_type(content_type):
        return Skip(where, "not-html")
    data = record.reader.read(MAX_SIZE + 1)
    try:
        text = kind == WarcRecordType.conversion
        return Record(as_page(data, content_type, url, where, is_text=text), date, record.record_id or "")
    except EmptyPage:
        return Skip(where, "empty")


def _url(target: str | None) -> str | None:
    """The address without the brackets that old versions of wget wrote around it."""
    return target.strip().removeprefix("<").removesuffix(">") if target else None


def _http(data: bytes, url: str | None, where: str) -> Record | Skip:
    """The page of an HTTP response.

    The response is taken apart by itself and not where it stands: what is wrong in it must not disturb the reading of
    the file.

    Raises:
        PageError: there is none, or it is no page that can be judged.
    """
    if len(data) > _LIMIT:
        raise PageTooLarge(f"{where}: more than a page may have ({MAX_SIZE:,} bytes); judge it by hand", where)
    body = content_type = None
    # If the body is not what its headers say, it is read as it stands.
    for decoding in ("transfer", "none"):
        record = WarcRecord()
        record.set_bytes_content(data)
        record.is_http = True
        try:
            record.parse_http(auto_decode=decoding)
            content_type = record.http_headers.get("Content-Type") or ""
            if not is_page_type(content_type):
                return Skip(where, "not-html")
            codings = (record.http_headers.get("Content-Encoding") or "").lower().split(",")
            body = record.reader.read(_LIMIT + 1)
            for coding in reversed(codings):
                body = _unpacked(body, coding.strip())
        except (OSError, ValueError, AttributeError):
            continue
        break
    if body is None or content_type is None:
        raise UnreadablePage(f"{where}: no HTTP response; the record is damaged", where)
    try:
        page = as_page(body, content_type, url, where)
    except EmptyPage:
        return Skip(where, "empty")
    return Record(page) if content_type or page.is_html else Skip(where, "not-html")


def _unpacked(data: bytes, coding: str) -> bytes:
    """The body of a response without a content coding, no more of it than a page may have and a little; else as it is.

    FastWARC would unpack all of it, however much that is.
    """
    try:
        if coding in ("gzip", "x-gzip"):
            return _inflated(data, 31)
        if coding == "deflate":
            # With a header, as the standard has it, or without, as some servers do.
            return _inflated(data, 15 if data[:1] == b"\x78" else -15)
        if coding == "zstd":
            import zstandard

            with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as frames:
                return bytes(frames.read(_LIMIT + 1))
        if coding == "br":
            import brotli

            return bytes(brotli.Decompressor().process(data, output_buffer_limit=_LIMIT + 1))
    # Each of them has errors of its own.
    except Exception:
        return data
    return data


def _inflated(data: bytes, bits: int) -> bytes:
    out = b""
    # Members may follow one another; what is cut off counts as far as it goes.
    while data and len(out) <= _LIMIT:
        inflate = zlib.decompressobj(bits)
        try:
            out += inflate.decompress(data, _LIMIT + 1 - len(out))
        except zlib.error:
            if not out:
                raise
            break
        if not inflate.eof:
            break
        data = inflate.unused_data
    return out


# ----------------------------------------------------------------------------------------------------------------- ARC


def arc_records(batch: Batch) -> Iterator[Outcome]:
    """The pages of an ARC file (version 1 or 2), plain or packed with gzip."""
    with Path(batch.path).open("rb") as file:
        stream = _Unpacked(file)
        fields = 5
        last, twins = -1, 0
        lost = False
        while True:
            try:
                line = stream.line()
                while line is not None and (lost or not line.strip()) and not _ARC_LINE.match(line):
                    line = stream.line()
                if line is None:
                    return
                offset = stream.origin
                twins = twins + 1 if offset == last else 0
                last = offset
                where = _named(batch.path, offset, twins)
                lost = not _ARC_LINE.match(line)
                if lost:
                    yield UnreadablePage(f"{where}: no ARC record; the next header line is looked for", where)
                    continue
                parts = line.decode("utf-8", "replace").strip().rsplit(" ", fields - 1)
                data = stream.take(int(parts[-1]))
            except (ValueError, zlib.error, OSError) as error:
                where = _named(batch.path, stream.origin, 0)
                yield UnreadablePage(f"{where}: {error}; the file is read no further", where)
                return
            if parts[0].startswith("filedesc:"):
                fields = 10 if data.split(b"\n", 1)[0].startswith(b"2") else 5
                yield Skip(where, "warcinfo")
                continue
            if len(parts) < fields:
                yield UnreadablePage(f"{where}: {len(parts)} fields instead of {fields}; left out", where)
                continue
            date = _DATE.match(parts[2])
            if not parts[0].lower().startswith(("http:", "https:")):
                yield Skip(where, "not-http")
                continue
            try:
                outcome: Outcome = _http(data, parts[0], where)
            except PageError as error:
                outcome = error
            if isinstance(outcome, Record) and date:
                outcome = outcome._replace(date=date_of("{}-{}-{}T{}:{}:{}Z".format(*date.groups())))
            yield outcome


class _Unpacked:
    """The bytes of a file, unpacked if it is gzip; ``origin`` is where the member of the latest line begins."""

    def __init__(self, file: BufferedReader) -> None:
        self._file = file
        self._packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        self._buffer = b""
        self._inflate: Any = None
        self._raw = b""
        # Where in the file the next raw byte stands; members that begin inside the buffer: (place in it, offset).
        self._at = 0
        self._members: list[tuple[int, int]] = []
        self._member = 0
        self._plain = 0
        self.origin = 0

    def line(self) -> bytes | None:
        """The next line without its end, or None at the end of the file; a line has at most 64 KB."""
        while b"\n" not in self._buffer and len(self._buffer) < 65_536 and self._more():
            pass
        if not self._buffer:
            return None
        end = self._buffer.find(b"\n", 0, 65_536)
        if end < 0:
            end = min(len(self._buffer), 65_536) - 1
        self._settle()
        return self._cut(end + 1)

    def take(self, size: int) -> bytes:
        """The next bytes; of more than a page may have, the first of them, and the others are passed over."""
        if size < 0:
            raise ValueError("a negative length")
        kept = self._exactly(min(size, _LIMIT))
        rest = size - len(kept)
        while rest > 0:
            passed = self._exactly(min(rest, 1 << 20))
            if not passed:
                raise ValueError("the file ends inside a record")
            rest -= len(passed)
        return kept

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size and self._more():
            pass
        if len(self._buffer) < size:
            raise ValueError("the file ends inside a record")
        return self._cut(size)

    def _cut(self, size: int) -> bytes:
        cut, self._buffer = self._buffer[:size], self._buffer[size:]
        self._members = [(place - size, offset) for place, offset in self._members]
        self._plain += size
        return cut

    def _settle(self) -> None:
        while self._members and self._members[0][0] <= 0:
            self._member = self._members.pop(0)[1]
        self.origin = self._member if self._packed else self._plain

    def _more(self) -> bool:
        if not self._packed:
            read = self._file.read(65_536)
            self._buffer += read
            return bool(read)
        if not self._raw:
            self._raw = self._file.read(65_536)
            if not self._raw:
                return False
        if self._inflate is None:
            self._members.append((len(self._buffer), self._at))
            self._inflate = zlib.decompressobj(31)
        before = len(self._raw)
        self._buffer += self._inflate.decompress(self._raw, 1 << 20)
        left = self._inflate.unconsumed_tail or self._inflate.unused_data
        self._at += before - len(left)
        self._raw = left
        if self._inflate.eof:
            self._inflate = None
        return True
