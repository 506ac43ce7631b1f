"""Archives that are made to cost memory or time, or to hide pages: each is read in bounds, and nothing sound is lost.

Every case is read in a process of its own, whose greatest memory is asked of the system.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import socket
import subprocess
import sys
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from moderation.errors import PageError
from moderation.inputs.archives import Batch, Record, Skip, batches, find, open_pages, read

ROOT = Path(__file__).parents[3]
# Kilobytes of a process, and seconds of processor time; a busy machine takes longer.
MEMORY, SECONDS, PATIENCE = 300_000, 20, 600
LARGE = 300_000_000
READ = f"""
import json, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
from moderation.inputs.archives import Record, Skip, open_pages
pages, errors, skipped = 0, [], 0
for outcome in open_pages(sys.argv[1]):
    if isinstance(outcome, Record):
        pages += 1
    elif isinstance(outcome, Skip):
        skipped += 1
    else:
        errors.append(str(outcome))
status = open("/proc/self/status").read()
peak = int(status.partition("VmHWM:")[2].split()[0])
print(json.dumps(dict(pages=pages, errors=errors, skipped=skipped, peak=peak)))
"""


def read_apart(path: Path) -> dict[str, Any]:
    """What a process of its own reads of a file, and the memory it took, in kilobytes."""
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True, cwd=ROOT, timeout=PATIENCE
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def record(number: int, length: int | None = None, kind: str = "response") -> bytes:
    """A WARC record with a page; its length as it is, or as it is said to be."""
    body = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><p>Page {number} of a site</p></html>".encode()
    return (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: http://a.example/{number}\r\n"
        f"WARC-Record-ID: <urn:x:{number}>\r\nContent-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(body) if length is None else length}\r\n\r\n"
    ).encode() + (body + b"\r\n\r\n")


GOOD = record(0)
FRAME = zstandard.ZstdCompressor().compress(GOOD)


def dictionary_bomb(path: Path) -> None:
    packed = zstandard.ZstdCompressor().compress(bytes(LARGE))
    path.write_bytes(b"\x5d\x2a\x4d\x18" + len(packed).to_bytes(4, "little") + packed + FRAME)


def run_length_bomb(path: Path) -> None:
    # A frame of 8,000 blocks, each of 128 KB, all of one byte: a gigabyte.
    block = (131_072 << 3 | 1 << 1).to_bytes(3, "little") + b"x"
    last = (1).to_bytes(3, "little")
    path.write_bytes(FRAME + b"\x28\xb5\x2f\xfd\x00\x58" + 8000 * block + last + FRAME)


def window_bomb(path: Path) -> None:
    # Frames that declare a window of 2 GB, and a single segment of 2 GB.
    wide = b"\x28\xb5\x2f\xfd\x00\xa8" + (1).to_bytes(3, "little")
    single = b"\x28\xb5\x2f\xfd\xa0" + (1 << 31).to_bytes(4, "little") + (1).to_bytes(3, "little")
    path.write_bytes(FRAME + wide + single + FRAME)


def tar_header(name: bytes, kind: bytes, size: int) -> bytes:
    block = bytearray(512)
    block[: len(name)] = name
    block[100:108] = b"0000644\0"
    block[124:136] = b"%011o\0" % size
    block[156:157] = kind
    block[257:265] = b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def tar_member(name: bytes, data: bytes, kind: bytes = b"0") -> bytes:
    return tar_header(name, kind, len(data)) + data + bytes(-len(data) % 512)


def long_names(path: Path) -> None:
    page = b"<p>a page of a site"
    with gzip.open(path, "wb", 1) as file:
        for kind in (b"L", b"x"):
            file.write(tar_header(b"long", kind, LARGE))
            for _ in range(300):
                file.write(bytes(1_000_000) if kind != b"L" else b"n" * 1_000_000)
            file.write(bytes(-LARGE % 512))
            file.write(tar_member(b"a.html", page))


def broken_tar(path: Path) -> None:
    page = b"<p>a page of a site"
    broken = bytearray(tar_member(b"b.html", page))
    broken[0] ^= 1
    path.write_bytes(tar_member(b"a.html", page) + bytes(broken) + tar_member(b"c.html", page) + bytes(1024))


def zip_of(path: Path, members: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path.read_bytes()


def overlapping(path: Path, name: str, data: bytes) -> None:
    whole = zip_of(path, {name: data})
    start = whole.index(b"PK\x01\x02")
    end = whole.index(b"PK\x05\x06")
    entry = whole[start:end]
    count = 3000
    directory = entry * count
    tail = bytearray(whole[end:])
    tail[8:10] = tail[10:12] = count.to_bytes(2, "little")
    tail[12:16] = len(directory).to_bytes(4, "little")
    path.write_bytes(whole[:start] + directory + bytes(tail))


def overlapping_wacz(path: Path) -> None:
    overlapping(path, "archive/a.warc", b"".join(map(record, range(50))))


def overlapping_zip(path: Path) -> None:
    overlapping(path, "a.html", b"<p>a page of a site" + b" and more" * 200)


def lying_index(path: Path) -> None:
    whole = bytearray(zip_of(path, {"archive/a.warc": GOOD, "datapackage.json": b"{}"}))
    at = whole.index(b"PK\x01\x02")
    whole[at + 42 : at + 46] = (1 << 30).to_bytes(4, "little")
    path.write_bytes(bytes(whole))


def nothing_in_wacz(path: Path) -> None:
    zip_of(path, {"datapackage.json": b"{}"})


def lying_length(path: Path) -> None:
    path.write_bytes(record(0) + record(1, 10**15, "request") + b"".join(map(record, range(2, 202))))


def lying_length_inside(path: Path) -> None:
    # It ends in the middle of another record.
    path.write_bytes(record(0) + record(1, 1000, "request") + b"".join(map(record, range(2, 202))))


def lying_length_of_megabytes(path: Path) -> None:
    # It ends inside a record of 10 MB, and is too long to be looked at whole.
    large = record(99, 10_000_000, "metadata").partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + bytes(10_000_000)
    sound = b"".join(map(record, range(10)))
    path.write_bytes(record(1, 9_000_000, "request") + sound + large + b"\r\n\r\n" + sound)


def lying_length_of_megabytes_packed(path: Path) -> None:
    lying_length_of_megabytes(path)
    path.write_bytes(gzip.compress(path.read_bytes()))


def lying_length_packed(path: Path) -> None:
    path.write_bytes(b"".join(map(gzip.compress, (record(0), record(1, 10**9), record(2), record(3)))))


def lying_length_in_one_member(path: Path) -> None:
    path.write_bytes(gzip.compress(record(1, 10**9) + b"".join(map(record, range(2, 202)))))


def short_length(path: Path) -> None:
    path.write_bytes(record(0) + record(1, 60) + record(2))


def parquet_bomb(path: Path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    value = "<p>a page of a site" + " " * 8_000_000
    column = arrow.DictionaryArray.from_arrays(arrow.array([0] * 20_000, arrow.int32()), arrow.array([value]))
    table = arrow.table({"html": column})
    parquet.write_table(table, path, compression="zstd", store_schema=False)


def parquet_page(path: Path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    with parquet.ParquetWriter(path, arrow.schema({"html": arrow.string()}), use_dictionary=False) as writer:
        writer.write_table(arrow.table({"html": ["x" * 1_000_000] * 100}), row_group_size=100)
        writer.write_table(arrow.table({"html": ["<p>a page of a site"]}))


def arc_line(path: Path) -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>a page of a site"
    good = b"http://a.example/ 1.2.3.4 20240101000000 text/html %d\n" % len(page) + page + b"\n"
    head = b"filedesc://a 0.0.0.0 20240101000000 text/plain 8\n1 0 x\nURL\n"
    path.write_bytes(head + b"x: " + b"12345678  " * 60_000 + b"x\n" + good)


def charset(path: Path) -> None:
    body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=" + b" " * 20_000 + b"\r\n\r\n<p>a page of a site"
    head = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http\r\nContent-Length: %d\r\n\r\n"
    path.write_bytes(head % len(body) + body + b"\r\n\r\n")


def members_of_nothing(path: Path) -> None:
    path.write_bytes(gzip.compress(GOOD) + 20_000 * gzip.compress(b"WARC/9 nothing\r\n") + gzip.compress(GOOD))


def members_in_members(path: Path) -> None:
    # Each begins like a record, in a block that is stored and holds all the others: read by itself, each is damaged
    # only where the file ends.
    head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    text = b"WARC/1.0\r\nWARC-Type: x\r\n"
    data = b""
    for _ in range(1200):
        inner = text + data[-60_000:]
        data = (
            head + b"\0" + len(inner).to_bytes(2, "little") + (0xFFFF ^ len(inner)).to_bytes(2, "little") + text + data
        )
    path.write_bytes(gzip.compress(GOOD) + data + gzip.compress(GOOD))


def broken_member(path: Path) -> None:
    broken = bytearray(gzip.compress(record(1)))
    broken[-8] ^= 1
    path.write_bytes(
        gzip.compress(record(0)) + bytes(broken) + b"".join(gzip.compress(record(n)) for n in range(2, 52))
    )


def broken_first_member(path: Path) -> None:
    broken = bytearray(gzip.compress(record(1)))
    broken[12] ^= 0xFF
    path.write_bytes(bytes(broken) + gzip.compress(record(0)))


def magic_numbers(path: Path) -> None:
    path.write_bytes(gzip.compress(GOOD) + b"\x1f\x8b\x08" * 300_000 + gzip.compress(GOOD))


def gzip_headers(path: Path) -> None:
    path.write_bytes(gzip.compress(GOOD) + b"\x1f\x8b\x08\0\0\0\0\0\0\xff" * 100_000 + gzip.compress(GOOD))


def frame_headers(path: Path) -> None:
    path.write_bytes(FRAME + b"\x28\xb5\x2f\xfd\x00\x58" * 100_000 + FRAME)


def headers_without_end(path: Path) -> None:
    path.write_bytes(GOOD + b"WARC/1.0\r\nWARC-Type: x\r\n" * 100_000 + GOOD)


def values(path: Path) -> None:
    good = json.dumps({"html": "<p>a page of a site"}).encode()
    path.write_bytes(good + b'\n{"html": "x", "a": [' + b"[]," * 10_000_000 + b"[]]}\n" + good + b"\n")


def wide_characters(path: Path) -> None:
    good = json.dumps({"html": "<p>a page of a site"}).encode()
    path.write_bytes(good + b'\n{"html": "' + "\U0001f600".encode() + b"x" * 48_000_000 + b'"}\n' + good + b"\n")


def surrogate(path: Path) -> None:
    good = json.dumps({"html": "<p>a page of a site"})
    path.write_text(
        f'{good}\n{{"id": "a\\ud800", "html": "<p>x"}}\n{{"url": "http://a\\udfff/", "html": "<p>x"}}\n{good}\n'
    )


def packed_by(kind: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with tarfile.open(path, f"w:{kind}") as archive:  # type: ignore[call-overload]
            for number in range(3):
                data = b"<p>a page of a site"
                about = tarfile.TarInfo(f"{number}.html")
                about.size = len(data)
                archive.addfile(about, io.BytesIO(data))

    make.__name__ = f"tar_{kind}"
    return make


def bzip2_bomb(path: Path) -> None:
    import bz2

    with bz2.open(path, "wb") as file:
        file.write(tar_member(b"a.html", b"<p>a page of a site"))
        file.write(tar_header(b"bomb.bin", b"0", LARGE))
        for _ in range(100):
            file.write(bytes(1_000_000))


# The maker, pages, errors.
CASES: list[tuple[Callable[[Path], None], int, int]] = [
    (dictionary_bomb, 1, 1),
    (run_length_bomb, 2, 1),
    (window_bomb, 2, 1),
    (long_names, 2, 0),
    (broken_tar, 2, 1),
    (overlapping_wacz, 50, 1),
    (overlapping_zip, 1, 1),
    (lying_index, 1, 1),
    (nothing_in_wacz, 0, 1),
    (lying_length, 201, 1),
    (lying_length_inside, 201, 1),
    (lying_length_of_megabytes, 20, 1),
    (lying_length_of_megabytes_packed, 20, 1),
    (lying_length_packed, 3, 1),
    (lying_length_in_one_member, 200, 1),
    (short_length, 3, 1),
    (parquet_bomb, 8, 1),
    (parquet_page, 1, 1),
    (arc_line, 1, 1),
    (charset, 1, 0),
    (members_of_nothing, 2, 1),
    (members_in_members, 2, 1),
    (broken_member, 51, 1),
    (broken_first_member, 1, 1),
    (magic_numbers, 2, 1),
    (gzip_headers, 2, 1),
    (frame_headers, 2, 1),
    (headers_without_end, 2, 1),
    (values, 2, 1),
    (wide_characters, 2, 1),
    (surrogate, 2, 2),
    (packed_by("bz2"), 3, 0),
    (packed_by("xz"), 3, 0),
    (bzip2_bomb, 1, 1),
]


@pytest.mark.parametrize(("make", "pages", "errors"), CASES, ids=lambda value: getattr(value, "__name__", ""))
def test_composed(make: Callable[[Path], None], pages: int, errors: int, tmp_path: Path) -> None:
    path = tmp_path / "archive"
    make(path)
    found = read_apart(path)
    assert (found["pages"], len(found["errors"])) == (pages, errors), found
    assert found["peak"] < MEMORY
    assert all(str(path) in error for error in found["errors"])


# Pages and errors of what lies beside the project.
SHARED = {
    "06_dictbomb.warc.zst": (0, 1),
    "07_rlebomb.warc.zst": (0, 1),
    "08_longname.tar.gz": (1, 0),
    "09_surrogate_id.jsonl": (0, 1),
    "09_surrogate_url.jsonl": (0, 1),
    "10_overlap.wacz": (20, 1),
    "11_lying_length_hides_200_pages.warc": (201, 1),
    "12_wacz_no_error.wacz": (1, 1),
    "13_bomb.parquet": (8, 1),
    "17_redos_charset.warc": (1, 0),
    "18_redos_arc_line.arc": (0, 1),
    "19_resync_quadratic.warc.gz": (0, 1),
    "20_second_member_broken.warc.gz": (50, 1),
}


@pytest.mark.parametrize("name", SHARED)
def test_shared(name: str, sources: Path) -> None:
    path = sources / "hostile" / name
    if not path.exists():
        pytest.skip("needs the hostile files among the public sources")
    found = read_apart(path)
    assert (found["pages"], len(found["errors"])) == SHARED[name], found
    assert found["peak"] < MEMORY


@pytest.mark.parametrize(
    "make",
    [lying_length, lying_length_inside, lying_length_in_one_member, short_length, broken_member, members_of_nothing,
     magic_numbers, overlapping_zip, lying_index],
    ids=lambda make: make.__name__,
)  # fmt: skip
def test_stretches_make_up_the_whole_and_pages_are_found_again(make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "archive"
    make(path)

    def name(outcome: Record | Skip | PageError) -> str:
        return outcome.page.where if isinstance(outcome, Record) else outcome.where

    whole = [name(outcome) for outcome in open_pages(path)]
    for size in (1, 7):
        parts: list[str] = []
        for part in batches(path, size):
            parts += [name(outcome) for outcome in read(part)] if isinstance(part, Batch) else [part.where]
        assert parts == whole
    for outcome in list(open_pages(path))[:5]:
        if isinstance(outcome, Record):
            assert find(outcome.page.where).page == outcome.page


@pytest.mark.parametrize("make", [lying_length, members_of_nothing, gzip_headers], ids=lambda make: make.__name__)
def test_time_grows_as_the_file_does(make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "one"
    make(path)
    whole = path.read_bytes()

    def seconds(times: int) -> float:
        path.write_bytes(whole * times)
        began = time.process_time()
        for _ in open_pages(path):
            pass
        return time.process_time() - began

    # It would be sixteen times as long, were it quadratic.
    assert seconds(4) < 8 * max(0.05, seconds(1))


def test_what_is_no_file_is_one_error_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "s"))
        for path in (tmp_path / "pipe", tmp_path / "s", Path("/dev/zero"), tmp_path):
            (outcome,) = open_pages(path)
            assert isinstance(outcome, PageError)
            assert "no file" in str(outcome)
        done = subprocess.run(
            [sys.executable, "-m", "moderation.cli", "check", "--format", "jsonl", str(tmp_path / "pipe")],
            capture_output=True, text=True, check=False, cwd=ROOT, timeout=PATIENCE,
        )  # fmt: skip
    assert done.returncode == 2
    assert "no file" in done.stdout + done.stderr


def test_check_sum_of_a_zip_member_is_held(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    whole = bytearray(zip_of(path, {"a.html": b"<p>a page of a site", "b.html": b"<p>another page"}))
    whole[whole.index(b"<p>a page") + 4] ^= 1
    path.write_bytes(bytes(whole))
    first, second = open_pages(path)
    assert isinstance(first, PageError)
    assert "check sum" in str(first)
    assert isinstance(second, Record)


def test_record_over_members_that_do_not_begin_with_one_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    whole = b"".join(map(record, range(40)))
    path.write_bytes(b"".join(gzip.compress(whole[at : at + 1000]) for at in range(0, len(whole), 1000)))
    outcomes = list(open_pages(path))
    assert len(outcomes) == 40
    assert all(isinstance(outcome, Record) for outcome in outcomes)


def test_every_page_of_a_tar_is_read_whatever_packs_it(tmp_path: Path) -> None:
    plain = tar_member(b"a.html", b"<p>a page of a site") + tar_member(b"b.html", b"<p>another page")
    packed = zstandard.ZstdCompressor().compress(plain)
    for name, data in (("tar", plain), ("zst", packed), ("gz", zlib.compress(plain, wbits=31))):
        path = tmp_path / name
        path.write_bytes(data)
        assert [outcome.id for outcome in open_pages(path) if isinstance(outcome, Record)] == ["a.html", "b.html"]
