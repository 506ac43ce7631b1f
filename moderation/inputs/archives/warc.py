"""WARC, WET and ARC files -> pages; FastWARC reads HTTP and writes records.

A record is named ``FILE#OFFSET``, the byte it begins at (of its gzip, Zstandard or LZ4 member, where it has one), with
``.N`` behind it for the N-th further record of the same member. Where the reader stops in the middle of a file, it goes
on at the next member or header line, and the gap is one error.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from fastwarc.warc import WarcRecord, WarcRecordType

from moderation.common.messages import gettext
from moderation.errors import EmptyPage, PageError, PageTooLarge, UnreadablePage
from moderation.inputs.archives._records import (
    MAX_SIZE,
    At,
    Batch,
    Outcome,
    Record,
    Skip,
    as_page,
    date_of,
    is_page_type,
)
from moderation.inputs.archives._streams import DICTIONARY, WINDOW, Damaged, Source, dictionary
from moderation.inputs.archives._walk import begins_inside, walk
from moderation.inputs.archives._window import HEAD, LIMIT, Grammar, Head, Item, Window
from moderation.inputs.intake import open_file

__all__ = ["arc_records", "batches", "conversion", "holds_records", "records"]

_SCHEME = re.compile(rb"[a-z][a-z0-9+.-]{0,31}:", re.IGNORECASE)
_STAMP = re.compile(rb" \d{8,14} ")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)")
_VERSION = re.compile(rb"WARC/\d{1,3}\.\d{1,3}[ \t]*\r?\n[A-Za-z][A-Za-z0-9-]{0,63}[ \t]{0,8}:")
# What ends a header: an empty line, or another header.
_END = re.compile(rb"\n(?:(\r?\n)|WARC/\d)")
_KINDS = frozenset("warcinfo response resource request metadata revisit conversion continuation".split())


class _Warc:
    """How the headers of WARC look (ISO 28500)."""

    candidate = re.compile(rb"\n(?=WARC/\d)")

    def begins(self, data: bytes | bytearray) -> bool:
        return _VERSION.match(data) is not None

    def head(self, window: Window) -> Head | None:
        window.want(256)
        if not self.begins(window.data):
            return None
        seen = 0
        for size in (4096, HEAD):
            have = min(window.want(size), size)
            found = _END.search(window.data, seen, have)
            if found or have < size:
                break
            # An end at the very border is looked at again.
            seen = have - 8
        if not found or not found.group(1):
            return None
        fields = _fields(bytes(window.data[: found.start()]))
        return Head(fields, found.end(), _length(fields.get("content-length", "").encode()))


class _Arc:
    """How the headers of ARC look: a line with the address, a date, and in the end the length."""

    candidate = re.compile(rb"\n(?=[A-Za-z][A-Za-z0-9+.-]{0,31}:)")

    def begins(self, data: bytes | bytearray) -> bool:
        line, end, _ = data.partition(b"\n")
        # Of a line that is cut off, the beginning must do.
        return _is_arc_line(line) if end else _SCHEME.match(line) is not None

    def head(self, window: Window) -> Head | None:
        for size in (4096, HEAD):
            end = window.data.find(b"\n", 0, size) if window.want(size) else -1
            if end >= 0:
                break
        line = bytes(window.data[: max(0, end)])
        if not _is_arc_line(line):
            return None
        return Head(line, end + 1, _length(line.rsplit(None, 1)[-1]))


def _length(text: bytes) -> int | None:
    return int(text) if text.isdigit() and len(text) < 19 else None


def _is_arc_line(line: bytes | bytearray) -> bool:
    ends = line.rstrip()[-1:]
    return bool(ends.isdigit() and _SCHEME.match(line) and _STAMP.search(line))


_WARC, _ARC = _Warc(), _Arc()


class _Found(NamedTuple):
    where: str
    item: Item


def batches(path: str, size: int, start: int = 0, end: int = -1) -> Iterator[Batch | PageError]:
    """Stretches of ``size`` records and a few more, so that each begins at a record with an offset of its own."""
    first, count, last = start, 0, -1
    for found in _scan(path, start, end, _WARC, keep=False):
        item = found.item
        if item.is_last:
            if count:
                yield Batch(path, "warc", first, count, end)
            yield _gap(found)
            return
        if count >= size and item.offset != last and item.fields is not None:
            yield Batch(path, "warc", first, count, end)
            first, count = item.offset, 0
        count += 1
        last = item.offset
    if count:
        yield Batch(path, "warc", first, count, end)


def records(batch: Batch, at: At | None = None) -> Iterator[Outcome]:
    """One item for each record of a batch."""
    for number, found in enumerate(_scan(batch.path, batch.start, batch.end, _WARC)):
        if number == batch.size:
            return
        if at:
            at(found.item.offset)
        if found.item.problem:
            yield _gap(found)
            continue
        try:
            yield _read(found)
        except PageError as error:
            yield error
        except (OSError, ValueError) as error:
            yield UnreadablePage(
                gettext("{where}: {error}; the record is damaged, fetch it again").format(
                    where=found.where, error=error
                ),
                found.where,
            )


def holds_records(source: Source) -> bool:
    """Whether a packed file whose first member cannot be read holds WARC records further on."""
    return begins_inside(source, _WARC)


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
    # A line end inside would begin a field of somebody else's making.
    if page.url:
        made.headers["WARC-Target-URI"] = _CONTROL.sub("", page.url)
    if record.id:
        made.headers["WARC-Refers-To"] = _CONTROL.sub("", record.id)
    made.headers["Content-Type"] = f"text/{'html' if page.is_html else 'plain'}; charset={charset}"
    made.headers["X-Moderation"] = software
    made.set_bytes_content(data)
    out = io.BytesIO()
    made.write(out, checksum_data=True)
    return gzip.compress(out.getvalue(), mtime=0)


def _scan(path: str, start: int, end: int, grammar: Grammar, *, keep: bool = True) -> Iterator[_Found]:
    """Every record from an offset on, and the error in the place of what cannot be read."""
    with open_file(path) as file:
        source = Source(file, start, end)
        trained, is_broken = None, False
        if end < 0:
            source.seek(0)
            if source.peek(4) == DICTIONARY:
                try:
                    trained = dictionary(source)
                except Damaged as error:
                    # Frames that do without are read.
                    is_broken = True
                    if start < source.position:
                        yield _Found(_named(path, 0, 0), Item(0, problem=str(error)))
            source.seek(max(start, source.position))
        last, twins = -1, 0
        for item in walk(source, grammar, trained=trained, keep=keep):
            if is_broken and item.fields is None:
                # The same gap.
                continue
            is_broken = False
            twins = twins + 1 if item.offset == last else 0
            last = item.offset
            yield _Found(_named(path, item.offset, twins), item)


def _named(path: str, offset: int, twins: int) -> str:
    return f"{path}#{offset}" + (f".{twins}" if twins else "")


def _gap(found: _Found) -> PageError:
    item, where = found.item, found.where
    then = (
        gettext("check the file") if item.is_last else gettext("what stands here is left out, the next record is read")
    )
    said = gettext("{where}: {problem}; {then}").format(where=where, problem=item.problem, then=then)
    return UnreadablePage(said, where)


def _fields(head: bytes) -> dict[str, str]:
    """The fields of a header by their names in lower case; of several with one name the last."""
    try:
        text = head.decode()
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    fields: dict[str, list[str]] = {}
    name = ""
    for line in text.split("\n")[1:]:
        if line[:1] in (" ", "\t") and name:
            fields[name].append(line.strip())
            continue
        before, colon, value = line.partition(":")
        name = before.strip().lower() if colon else ""
        if name:
            fields[name] = [value.strip()]
    return {name: " ".join(values) for name, values in fields.items()}


def _read(found: _Found) -> Outcome:
    fields, body, where = found.item.fields, found.item.body, found.where
    kind = fields.get("warc-type", "").lower()
    if kind not in ("response", "resource", "conversion"):
        return Skip(where, kind if kind in _KINDS else "unknown")
    url = _url(fields.get("warc-target-uri"))
    date, name = date_of(fields.get("warc-date", "")), fields.get("warc-record-id", "")
    content_type = fields.get("content-type", "")
    if kind == "response" and content_type.lower().startswith("application/http"):
        outcome = _http(body, url, where)
        return outcome._replace(date=date, id=name) if isinstance(outcome, Record) else outcome
    if not is_page_type(content_type):
        return Skip(where, "not-html")
    try:
        page = as_page(body, content_type, url, where, is_text=kind == "conversion")
        return Record(page, date, name)
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
    if len(data) > LIMIT:
        raise PageTooLarge(
            gettext("{where}: more than a page may have ({max_size:,} bytes); judge it by hand").format(
                where=where, max_size=MAX_SIZE
            ),
            where,
        )
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
            body = record.reader.read(LIMIT + 1)
            for coding in reversed(codings):
                body = _unpacked(body, coding.strip())
        except (OSError, ValueError, AttributeError):
            continue
        break
    if body is None or content_type is None:
        raise UnreadablePage(gettext("{where}: no HTTP response; the record is damaged").format(where=where), where)
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

            unpacker = zstandard.ZstdDecompressor(max_window_size=WINDOW)
            with unpacker.stream_reader(data, read_across_frames=True) as frames:
                return bytes(frames.read(LIMIT + 1))
        if coding == "br":
            import brotli

            return bytes(brotli.Decompressor().process(data, output_buffer_limit=LIMIT + 1))
    # Each of them has errors of its own.
    except Exception:
        return data
    return data


def _inflated(data: bytes, bits: int) -> bytes:
    out = b""
    # Members may follow one another; what is cut off counts as far as it goes.
    while data and len(out) <= LIMIT:
        inflate = zlib.decompressobj(bits)
        try:
            out += inflate.decompress(data, LIMIT + 1 - len(out))
        except zlib.error:
            if not out:
                raise
            break
        if not inflate.eof:
            break
        data = inflate.unused_data
    return out


# ----------------------------------------------------------------------------------------------------------------- ARC


def arc_records(batch: Batch, at: At | None = None) -> Iterator[Outcome]:
    """The pages of an ARC file (version 1 or 2), plain or packed."""
    fields = 5
    for found in _scan(batch.path, 0, -1, _ARC):
        where, data = found.where, found.item.body
        if at:
            at(found.item.offset)
        if found.item.problem:
            yield _gap(found)
            continue
        parts = found.item.fields.decode("utf-8", "replace").strip().rsplit(" ", fields - 1)
        if parts[0].startswith("filedesc:"):
            fields = 10 if data.split(b"\n", 1)[0].startswith(b"2") else 5
            yield Skip(where, "warcinfo")
            continue
        if len(parts) < fields:
            yield UnreadablePage(
                gettext("{where}: {parts} fields instead of {fields}; left out").format(
                    where=where, parts=len(parts), fields=fields
                ),
                where,
            )
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
