"""Archives: every record is one item, a batch is read by itself, a record is found again, and damage ends nothing."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import re
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import Random

import brotli
import pytest
import zstandard
from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from moderation.errors import PageError, PageTooLarge, UnreadablePage
from moderation.inputs import archives
from moderation.inputs.archives import Batch, Outcome, Record, Skip, batches, expand, find, open_pages, read

# warcio leaves its temporary files to the collector.
pytestmark = pytest.mark.filterwarnings("ignore:Unclosed file <tempfile:ResourceWarning")

ROOT = Path(__file__).parents[3]
SHARED = Path(__file__).parents[4] / "shared" / "data" / "archives"
PAGE = "<html><head><title>{}</title></head><body><p>本公司生产阀门和管件。</p></body></html>"
ARC = "http://a.cn/{0} 127.0.0.1 20240102030405 text/html {1}\n"


def response(writer: WARCWriter, number: int, body: bytes, kind: str = "text/html", **headers: str) -> None:
    given = StatusAndHeaders("200 OK", [("Content-Type", kind), *headers.items()], protocol="HTTP/1.1")
    about = {"WARC-Date": f"2024-01-{number % 28 + 1:02}T00:00:00Z"}
    writer.write_record(
        writer.create_warc_record(
            f"http://a.cn/{number}", "response", io.BytesIO(body), http_headers=given, warc_headers_dict=about
        )
    )


def warc(path: Path, *, packed: bool = True, count: int = 40) -> Path:
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=packed)
        writer.write_record(writer.create_warcinfo_record("a", {"software": "test"}))
        for number in range(count):
            response(writer, number, PAGE.format(number).encode("gb18030"), "text/html; charset=gbk")
            if number % 7 == 0:
                writer.write_record(writer.create_warc_record(f"http://a.cn/{number}", "request", io.BytesIO(b"GET /")))
                response(writer, number, b"\x89PNG\r\n", "image/png")
    return path


def frames(path: Path) -> Path:
    """A WARC of one Zstandard frame a record, with a dictionary or without."""
    plain = warc(path.with_suffix(".plain"), packed=False)
    data = plain.read_bytes()
    with plain.open("rb") as file:
        offsets = [record.stream_pos for record in FastIterator(file, parse_http=False)]
    records = [data[start:end] for start, end in itertools.pairwise([*offsets, len(data)])]
    if "dictionary" not in path.name:
        path.write_bytes(b"".join(map(zstandard.ZstdCompressor().compress, records)))
        return path
    trained = zstandard.train_dictionary(4096, 20 * records)
    packed = zstandard.ZstdCompressor().compress(trained.as_bytes())
    compressor = zstandard.ZstdCompressor(dict_data=trained)
    head = b"\x5d\x2a\x4d\x18" + len(packed).to_bytes(4, "little") + packed
    path.write_bytes(head + b"".join(map(compressor.compress, records)))
    return path


def lz4(path: Path) -> Path:
    plain = warc(path.with_suffix(".plain"), packed=False)
    options = ["recompress", "--quiet", "--compress-alg", "lz4", str(plain), str(path)]
    subprocess.run([Path(sys.executable).with_name("fastwarc"), *options], check=True)
    return path


def arc(path: Path) -> Path:
    head = b"1 0 InternetArchive\nURL IP-address Archive-date Content-type Archive-length\n"
    parts = [b"filedesc://a.arc 0.0.0.0 20240102030405 text/plain %d\n" % len(head) + head]
    for number in range(9):
        body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE.format(number).encode()
        parts.append(ARC.format(f"{number} x" if number == 3 else number, len(body)).encode() + body)
    data = [part + b"\n" for part in parts]
    path.write_bytes(b"".join(map(gzip.compress, data)) if path.suffix == ".gz" else b"".join(data))
    return path


def wacz(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("datapackage.json", "{}")
        rows = [{"format": "json-pages-1.0", "id": "pages"}, {"id": "1", "url": "http://a.cn/3", "title": "3"}]
        archive.writestr("pages/pages.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        archive.writestr("archive/one.warc.gz", warc(path.with_suffix(".one")).read_bytes())
        archive.writestr("archive/two.warc.gz", warc(path.with_suffix(".two"), count=5).read_bytes())
    return path


def table(path: Path) -> Path:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    rows = [
        {
            "id": f"n{number}",
            "url": f"http://a.cn/{number}",
            "date": datetime(2024, 1, number % 28 + 1),
            "html": None if number == 5 else "" if number == 6 else PAGE.format(number),
            "other": number,
        }
        for number in range(50)
    ]
    parquet.write_table(arrow.Table.from_pylist(rows), path, row_group_size=20)
    return path


def zipped(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/passwd.html", PAGE.format(0))
        archive.writestr("picture.png", b"\x89PNG")
        for number in range(1, 9):
            archive.writestr(f"{number}.html", PAGE.format(number))
    return path


def tarred(path: Path) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for number in range(5):
            data = PAGE.format(number).encode()
            member = tarfile.TarInfo(f"/abs/{number}.html")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def rows(path: Path) -> Path:
    lines = [
        json.dumps({"id": number, "url": f"http://a.cn/{number}", "html": PAGE.format(number)}) for number in range(6)
    ]
    data = "\n".join([*lines[:3], "no json", "[]", '{"html": 3}', "", *lines[3:]]).encode() + b"\n"
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


MAKERS: dict[str, tuple[Callable[[Path], Path], int]] = {
    "a.warc.gz": (warc, 40),
    "a.warc": (lambda path: warc(path, packed=False), 40),
    "a.warc.zst": (frames, 40),
    "a.dictionary.warc.zst": (frames, 40),
    "a.warc.lz4": (lz4, 40),
    "a.arc": (arc, 9),
    "a.arc.gz": (arc, 9),
    "a.wacz": (wacz, 45),
    "a.zip": (zipped, 9),
    "a.tar.gz": (tarred, 5),
    "a.parquet": (table, 48),
    "a.jsonl": (rows, 6),
    "a.jsonl.gz": (rows, 6),
}


def key(outcome: Outcome) -> tuple[object, ...]:
    if isinstance(outcome, Record):
        return (outcome.page, outcome.date, outcome.id)
    return (outcome.where, str(outcome) if isinstance(outcome, PageError) else outcome.kind)


@pytest.mark.parametrize("name", MAKERS)
def test_batches_of_any_size_make_up_the_whole(name: str, tmp_path: Path) -> None:
    make, pages = MAKERS[name]
    # Told by what is in it, whatever it is called.
    path = make(tmp_path / name).rename(tmp_path / "archive")
    whole = [key(outcome) for outcome in open_pages(path)]
    found = [outcome for outcome in open_pages(path) if isinstance(outcome, Record)]
    assert len(found) == pages
    for size in (1, 3, 1000):
        parts = list(batches(path, size))
        assert all(isinstance(part, Batch) for part in parts)
        assert [key(outcome) for part in parts if isinstance(part, Batch) for outcome in read(part)] == whole
    for record in found:
        assert key(find(record.page.where)) == key(record)


def test_page_list_of_a_wacz_says_which_pages_are_meant_to_be_seen(tmp_path: Path) -> None:
    path = wacz(tmp_path / "a.wacz")
    records = [outcome for outcome in open_pages(path) if isinstance(outcome, Record)]
    assert {record.page.url for record in records if record.listed} == {"http://a.cn/3"}
    assert {record.listed for record in records} == {True, False}
    without = [outcome for outcome in open_pages(warc(tmp_path / "a.warc.gz")) if isinstance(outcome, Record)]
    assert {record.listed for record in without} == {None}


def test_record_says_where_it_is_from(tmp_path: Path) -> None:
    record = next(outcome for outcome in open_pages(warc(tmp_path / "a.warc.gz")) if isinstance(outcome, Record))
    assert record.page.url == "http://a.cn/0"
    assert record.date == "2024-01-01T00:00:00Z"
    assert record.id.startswith("<urn:uuid:")
    assert "阀门" in record.page.content
    assert record.page.is_html


@pytest.mark.parametrize("cut", [0.3, 0.6])
@pytest.mark.parametrize("packed", [True, False])
def test_damage_in_the_middle_costs_only_what_is_damaged(cut: float, packed: bool, tmp_path: Path) -> None:
    path = warc(tmp_path / "a.warc", packed=packed)
    good = {outcome.page.where for outcome in open_pages(path) if isinstance(outcome, Record)}
    data = bytearray(path.read_bytes())
    at = int(cut * len(data))
    data[at : at + 40] = b"\xff" * 40
    path.write_bytes(bytes(data))
    after = {outcome.page.where for outcome in open_pages(path) if isinstance(outcome, Record)}
    assert len(good - after) <= 2


@pytest.mark.parametrize("name", MAKERS)
def test_no_damage_ends_the_reading_or_keeps_it_from_ending(name: str, tmp_path: Path) -> None:
    whole = MAKERS[name][0](tmp_path / name).read_bytes()
    random = Random(name)
    path = tmp_path / "damaged"
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(random.randint(1, 4)):
            at, size = random.randrange(len(data) or 1), random.choice((1, 4, 40, 400))
            if random.random() < 0.5:
                data[at : at + size] = random.randbytes(size)
            elif random.random() < 0.5:
                del data[at : at + size]
            else:
                data[at:at] = data[:size]
        path.write_bytes(bytes(data))
        for outcome in open_pages(path):
            assert isinstance(outcome, (Record, Skip, PageError))


def test_member_without_a_record_is_passed_over_once(tmp_path: Path) -> None:
    path = warc(tmp_path / "a.warc.gz", count=3)
    # Reads as gzip, and as no record.
    path.write_bytes(gzip.compress(b"WARC/1.0 is not here") + path.read_bytes())
    assert sum(isinstance(outcome, Record) for outcome in open_pages(path)) == 3


def test_wrong_chunks_and_wrong_encoding_are_read_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        body = PAGE.format("x").encode()
        response(writer, 1, body, **{"Transfer-Encoding": "chunked"})
        response(writer, 2, body, **{"Content-Encoding": "gzip"})
        response(writer, 3, gzip.compress(body), **{"Content-Encoding": "gzip"})
        response(writer, 4, b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body), **{"Transfer-Encoding": "chunked"})
        response(writer, 5, body)
        response(writer, 6, brotli.compress(body), **{"Content-Encoding": "br"})
        response(writer, 7, zlib.compress(body), **{"Content-Encoding": "deflate"})
        response(writer, 8, zlib.compress(body, wbits=-15), **{"Content-Encoding": "Deflate"})
        response(writer, 9, zstandard.ZstdCompressor().compress(body), **{"Content-Encoding": "zstd"})
        response(writer, 10, gzip.compress(brotli.compress(body)), **{"Content-Encoding": "br, gzip"})
        response(writer, 11, gzip.compress(body[:20]) + gzip.compress(body[20:]), **{"Content-Encoding": "x-gzip"})
        response(writer, 12, body, **{"Content-Encoding": "br"})
    texts = [outcome.page.content for outcome in open_pages(path) if isinstance(outcome, Record)]
    assert texts == [PAGE.format("x")] * 12


def test_packed_body_that_is_cut_off_counts_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    body = "".join(PAGE.format(number) for number in range(3000)).encode()
    with path.open("wb") as file:
        packed = gzip.compress(body)
        response(WARCWriter(file, gzip=True), 1, packed[: len(packed) // 2], **{"Content-Encoding": "gzip"})
    (record,) = open_pages(path)
    assert isinstance(record, Record)
    assert body.decode().startswith(record.page.content[:10_000])


def test_bomb_is_an_error_of_bounded_size(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        response(writer, 1, gzip.compress(b"a" * 50_000_000), **{"Content-Encoding": "gzip"})
        response(writer, 2, b"a" * 20_000_000)
        response(writer, 3, PAGE.format(3).encode())
    found = list(open_pages(path))
    assert [type(outcome) for outcome in found] == [PageTooLarge, PageTooLarge, Record]
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.html", b"a" * 50_000_000)
    assert [type(outcome) for outcome in open_pages(packed)] == [PageTooLarge]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04nothing", b"\x1f\x8b\x08nothing", b"WARC/1.0\r\n", b"filedesc:"])
def test_what_is_no_archive_is_an_error_or_nothing(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    assert not [outcome for outcome in open_pages(path) if isinstance(outcome, Record)]


def test_missing_file_is_one_error(tmp_path: Path) -> None:
    outcomes = list(open_pages(tmp_path / "none.warc.gz"))
    assert [type(outcome) for outcome in outcomes] == [UnreadablePage]
    with pytest.raises(UnreadablePage, match="no FILE#OFFSET"):
        find("none")
    with pytest.raises(UnreadablePage, match="check the name"):
        find(str(tmp_path / "none#3"))


def test_what_is_no_page_cannot_be_found(tmp_path: Path) -> None:
    path = warc(tmp_path / "a.warc.gz")
    with pytest.raises(UnreadablePage, match="no page but warcinfo"):
        find(f"{path}#0")
    with pytest.raises(UnreadablePage):
        find(f"{path}#1")


def test_folders_are_read_in_order_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b/2", "b/1", "a/3", ".hidden/4", "a/.5"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert [Path(path).name for path in expand([tmp_path])] == ["3", "1", "2"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the public archives beside the project")
def test_real_archives_sound_and_broken_lose_no_record() -> None:
    short = {}
    for path in sorted(SHARED.glob("*/*")):
        if path.suffix in (".cdx", ".cdxj") or path.name.endswith(".wacz"):
            continue
        outcomes = Counter("error" if isinstance(each, PageError) else "read" for each in open_pages(path))
        known = 0
        try:
            with path.open("rb") as file:
                for _ in ArchiveIterator(file):
                    known += 1
        except (ArchiveLoadFailed, AttributeError):
            # warcio reads no further; what it has read until then must be there.
            pass
        if sum(outcomes.values()) < known:
            short[path.name] = (dict(outcomes), known)
    # Each of these is broken on purpose: a header that no field fits, lengths below zero, an upper case type.
    assert set(short) <= {
        "test__data__bad.arc",
        "jwat-warc__src__test__resources__valid-warcfile-upper-lower-case.warc",
    }


def warc_of(payload: bytes, length: int | None = None, **headers: str) -> bytes:
    """One response record, its length as it is or as it is said to be."""
    http = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    body = http.encode() + b"\r\n" + payload
    head = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.cn/\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n"
    head += "WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000000>\r\n"
    head += f"Content-Type: application/http\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n"
    return head.encode() + body + b"\r\n\r\n"


LARGE = 300_000_000
GOOD = warc_of(PAGE.format("good").encode())


def packed_body(path: Path) -> None:
    bomb = gzip.compress(bytes(LARGE), 1)
    path.write_bytes(gzip.compress(warc_of(bomb, **{"Content-Encoding": "gzip"})) + gzip.compress(GOOD))


def packed_twice(path: Path) -> None:
    bomb = gzip.compress(gzip.compress(bytes(LARGE), 1))
    path.write_bytes(gzip.compress(warc_of(bomb, **{"Content-Encoding": "gzip, gzip"})) + gzip.compress(GOOD))


def packed_by_brotli(path: Path) -> None:
    bomb = brotli.compress(bytes(LARGE), quality=5, lgwin=24)
    path.write_bytes(gzip.compress(warc_of(bomb, **{"Content-Encoding": "br"})) + gzip.compress(GOOD))


def packed_record(path: Path) -> None:
    path.write_bytes(gzip.compress(warc_of(bytes(LARGE)), 1) + gzip.compress(GOOD))


def packed_member(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("bomb.html", bytes(LARGE))
        archive.writestr("good.html", PAGE.format("good"))


def packed_tar(path: Path) -> None:
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for name, data in (("bomb.html", bytes(LARGE)), ("good.html", PAGE.format("good").encode())):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def long_line(path: Path) -> None:
    good = json.dumps({"html": PAGE.format("good")})
    path.write_bytes(gzip.compress(b'{"html": "' + b"[" * LARGE + b'"}\n' + good.encode(), 1))


def declared(path: Path) -> None:
    path.write_bytes(gzip.compress(warc_of(b"<p>x", 2**31)) + gzip.compress(GOOD))


def outside(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("datapackage.json", "{}")
        archive.writestr("archive/../../../../etc/one.warc.gz", gzip.compress(GOOD))
        archive.writestr("archive/\0/two.warc.gz", gzip.compress(GOOD))


def tiny_records(path: Path) -> None:
    record = b"WARC/1.0\r\nWARC-Type: metadata\r\nContent-Length: 0\r\n\r\n\r\n\r\n"
    path.write_bytes(record * 100_000 + GOOD)


@pytest.mark.parametrize(
    "make",
    [
        packed_body,
        packed_twice,
        packed_by_brotli,
        packed_record,
        packed_member,
        packed_tar,
        long_line,
        declared,
        outside,
        tiny_records,
    ],
    ids=lambda make: make.__name__,
)
def test_hostile_archive_costs_bounded_memory_and_no_good_record(make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "archive"
    make(path)
    code = (
        "import sys; from moderation.inputs.archives import Record, open_pages; found = list(map(str, ("
        "o.page.content for o in open_pages(sys.argv[1]) if isinstance(o, Record)))); "
        "print(len([text for text in found if 'good' in text])); print(open('/proc/self/status').read())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True, cwd=ROOT, timeout=120
    )
    good, _, status = done.stdout.partition("\n")
    assert int(good) >= 1
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    assert int(peak) < 250_000
    assert sorted(each.name for each in tmp_path.iterdir()) == ["archive"]


def test_no_reader_is_loaded_before_it_is_needed() -> None:
    assert "fastwarc" not in archives.__all__
    assert isinstance(Skip("a", "b"), tuple)
