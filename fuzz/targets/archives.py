"""An archive of any format: its records, read as a whole, stretch by stretch, and one by one."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

from fuzz.targets import Broken, Run, Target, words
from fuzz.targets._seeds import PAGES
from moderation.errors import PageError
from moderation.inputs.archives import Record, Skip, batches, find, open_pages, read

__all__ = ["TARGET"]

_FOUND = 3


def prepare(folder: Path) -> Run:

    path = folder / "archive"

    def run(data: bytes) -> str:
        said = _read(path, data)
        if data.startswith((b"WARC/", b"{")):
            # What changes a packed file mostly breaks its check sum: so it is packed after the change.
            _read(path, gzip.compress(data, 1, mtime=0))
        return said

    return run


def _read(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    outcomes = list(open_pages(path))
    for outcome in outcomes:
        if not isinstance(outcome, Record | Skip | PageError):
            raise Broken("a record is neither a page, nor skipped, nor an error")
        if isinstance(outcome, Record) and (not outcome.page.content.strip() or not outcome.page.where):
            raise Broken("a record is empty or has no name")
    rows = [_row(outcome) for outcome in outcomes]
    if [_row(outcome) for outcome in open_pages(path)] != rows:
        raise Broken("the same archive is read in two ways")
    cut = [
        outcome for batch in batches(path, 1) for outcome in ([batch] if isinstance(batch, PageError) else read(batch))
    ]
    pages = [row for row, outcome in zip(rows, outcomes, strict=True) if isinstance(outcome, Record)]
    if [_row(outcome) for outcome in cut if isinstance(outcome, Record)] != pages:
        raise Broken("an archive in stretches holds other pages")
    for outcome in [each for each in outcomes if isinstance(each, Record) and "#" in each.page.where][:_FOUND]:
        if find(outcome.page.where).page != outcome.page:
            raise Broken("a record is not found by its name")
    return "pages" if pages else "no pages"


def _row(outcome: Record | Skip | PageError) -> Any:
    return (outcome.where, outcome.to_dict()) if isinstance(outcome, PageError) else outcome


# ---------------------------------------------------------------------------------------------------------------- seeds


def _record(kind: str, body: bytes, *more: str) -> bytes:
    head = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        "WARC-Target-URI: http://a.example/",
        "WARC-Date: 2024-05-01T12:00:00Z",
        "WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000001>",
        *more,
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body + b"\r\n\r\n"


def _response(page: bytes, *more: str) -> bytes:
    http = "\r\n".join(["HTTP/1.1 200 OK", "Content-Type: text/html; charset=utf-8", *more]).encode() + b"\r\n\r\n"
    return _record("response", http + page, "Content-Type: application/http; msgtype=response")


_CHUNKED = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (PAGES[0][:50], PAGES[0][50:], b""))
_RECORDS = (
    _record("warcinfo", b"software: own\r\n"),
    _response(PAGES[0]),
    _response(gzip.compress(PAGES[1], mtime=0), "Content-Encoding: gzip"),
    _response(_CHUNKED, "Transfer-Encoding: chunked"),
    _record("conversion", PAGES[13], "Content-Type: text/plain"),
)
_WARC = b"".join(_RECORDS)
_ROWS = b"".join(
    json.dumps({"url": f"http://a.example/{number}", "text": page.decode(), "html": page.decode()}).encode() + b"\n"
    for number, page in enumerate(PAGES[:3])
)
_HEAD = b"1 0 own\nURL IP-address Archive-date Content-type Archive-length\n"
_FETCHED = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGES[0]
_ARC = b"filedesc://a.arc 0.0.0.0 20240501120000 text/plain %d\n%s\n" % (len(_HEAD), _HEAD) + (
    b"http://a.example/ 192.0.2.1 20240501120000 text/html %d\n%s\n" % (len(_FETCHED), _FETCHED)
)


def _zip(members: dict[str, bytes], method: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return stream.getvalue()


def _tar(form: int) -> bytes:
    stream = io.BytesIO()
    long = ("b" * 60 if form == tarfile.USTAR_FORMAT else "名" * 60) + ".html"
    with tarfile.open(fileobj=stream, mode="w", format=form) as archive:
        for name, data in {"a.html": PAGES[0], long: PAGES[1]}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    # Of the empty blocks that fill up a tar two are enough.
    return stream.getvalue().rstrip(b"\0") + bytes(1024)


def _parquet() -> tuple[bytes, ...]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        return ()
    table = pa.table({"url": ["http://a.example/"] * 3, "text": [page.decode() for page in PAGES[:3]]})
    made = []
    for packing in ("none", "gzip"):
        stream = io.BytesIO()
        parquet.write_table(table, stream, compression=packing, row_group_size=2)
        made.append(stream.getvalue())
    return tuple(made)


_MEMBERS = {"a.html": PAGES[0], "b/c.txt": PAGES[13], "d.json": _ROWS}
TARGET = Target(
    (
        *(_WARC, _WARC.replace(b"WARC/1.0", b"WARC/1.1"), _ARC, _ROWS),
        b"".join(gzip.compress(record, mtime=0) for record in _RECORDS),
        *(_zip(_MEMBERS, zipfile.ZIP_STORED), _zip(_MEMBERS, zipfile.ZIP_DEFLATED)),
        _zip({"archive/a.warc": _WARC, "datapackage.json": b"{}", "pages/pages.jsonl": _ROWS}, zipfile.ZIP_STORED),
        *(_tar(tarfile.USTAR_FORMAT), _tar(tarfile.GNU_FORMAT), _tar(tarfile.PAX_FORMAT)),
        *(gzip.compress(_tar(tarfile.USTAR_FORMAT), mtime=0), *_parquet()),
    ),
    words(
        r"""
        WARC/1.0\r\n WARC/1.1\r\n WARC/ \r\n \n \r\n\r\n :\s \sfolded\r\n Content-Length: Content-Length:\s0\r\n
        Content-Length:\s-1\r\n Content-Length:\s99999999999\r\n WARC-Type: WARC-Type:\sresponse\r\n
        WARC-Type:\srevisit\r\n WARC-Target-URI: WARC-Date: WARC-Record-ID: WARC-Truncated:\slength\r\n
        HTTP/1.1\s200\sOK\r\n HTTP/1.1\s304\r\n\r\n Content-Encoding:\sgzip\r\n Content-Encoding:\sbr\r\n
        Content-Encoding:\szstd,\sgzip\r\n Transfer-Encoding:\schunked\r\n ffffffff\r\n -1\r\n 0\r\n\r\n
        PK\x03\x04 PK\x01\x02 PK\x05\x06 PK\x06\x06 PK\x07\x08 \xff\xff\xff\xff \0\0\0\0 \x1f\x8b\x08 BZh9 \xfd7zXZ\0
        \x28\xb5\x2f\xfd ustar\x0000 ustar\s\s\0 ././@LongLink 30\spath=a\n 99999999999\0 \x80\0\0\0\0\0\0\0\x7f
        {"text":" "}\n "html": \\ud800 [[[[ {"url":1}\n PAR1 \x15\0 filedesc:// ../ archive/
        http://a.example/\s192.0.2.1\s20240501120000\stext/html\s9\n
        """
    ),
    prepare,
)
