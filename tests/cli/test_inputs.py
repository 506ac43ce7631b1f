"""What the command line is pointed at: files, folders, rows, and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from moderation.cli.inputs import Item, read_items
from moderation.data import Page
from moderation.engine import MAX_SIZE
from moderation.errors import PageError


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def rows(folder: Path, *lines: Any) -> list[Item]:
    """The items of a JSON Lines file; what is no string is written as JSON."""
    path = folder / "rows.jsonl"
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    path.write_text(text, "utf-8")
    return list(read_items([str(path)]))


def page_of(item: Item) -> Page:
    assert isinstance(item.page, Page)
    return item.page


def code_of(item: Item) -> str:
    assert isinstance(item.page, PageError)
    return item.page.code


def test_folder_is_read_sorted_and_recursively_without_what_is_no_page(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "b.html": "乙".encode(),
            "a.txt": "甲".encode(),
            "sub/c.php": "丙".encode(),
            "index.html?p=2": "丁".encode(),
            "noext": "戊".encode(),
            "rows.jsonl": b'{"id": 7, "text": "x"}\n{"text": "y"}\n',
            ".hidden.html": b"no",
            ".git/page.html": b"no",
            "logo.PNG": b"\x89PNG\r\n",
            "style.css": b"p {}",
            "dump.warc.gz": b"\x1f\x8b",
        },
    )
    keys = [item.key for item in read_items([str(tmp_path)])]
    names = ["a.txt", "b.html", "index.html?p=2", "noext"]
    expected = [{"source": str(tmp_path / name)} for name in names]
    expected += [{"id": 7}, {"source": f"{tmp_path / 'rows.jsonl'}#2"}, {"source": str(tmp_path / "sub/c.php")}]
    assert keys == expected


def test_paths_keep_their_order_and_pages_know_where_they_are_from(tmp_path: Path) -> None:
    write(tmp_path, {"b.html": b"<p>b", "a.html": b"<p>a"})
    names = [str(tmp_path / "b.html"), str(tmp_path / "a.html")]
    items = list(read_items(names, url="https://example.com/"))
    assert [item.name for item in items] == names
    assert [page_of(item).where for item in items] == names
    assert [page_of(item).url for item in items] == ["https://example.com/"] * 2
    assert all(item.named for item in items)


@pytest.mark.parametrize(
    ("row", "content", "is_html"),
    [
        ({"html": "<p>甲</p>"}, "<p>甲</p>", True),
        ({"html": "甲"}, "甲", True),
        ({"text": "甲 < 乙"}, "甲 < 乙", False),
        ({"text": "<p>甲</p>"}, "<p>甲</p>", True),
        ({"title": "甲"}, "甲", False),
        ({"title": "甲", "text": "乙"}, "甲\n乙", False),
        ({"title": "甲", "text": ""}, "甲", False),
        ({"title": "甲", "text": "<p>乙</p>"}, "甲\n<p>乙</p>", True),
        ({"title": "甲", "html": "<p>乙</p>"}, "甲\n<p>乙</p>", True),
        ({"title": "甲", "html": "<TITLE>甲丙</TITLE><p>乙</p>"}, "<TITLE>甲丙</TITLE><p>乙</p>", True),
        ({"title": "甲", "html": "<TITLE>丙</TITLE><p>乙</p>"}, "甲\n<TITLE>丙</TITLE><p>乙</p>", True),
        ({"html": "<p>甲</p>", "text": "甲"}, "<p>甲</p>", True),
        ({"html": None, "text": "甲"}, "甲", False),
    ],
)
def test_row_is_one_page(tmp_path: Path, row: dict[str, Any], content: str, is_html: bool) -> None:
    (item,) = rows(tmp_path, row)
    assert (page_of(item).content, page_of(item).is_html) == (content, is_html)


def test_row_has_its_own_url_and_its_id_as_it_is(tmp_path: Path) -> None:
    items = rows(tmp_path, {"id": "a", "url": "https://example.com/", "text": "甲"}, {"id": 0, "text": "乙"})
    assert [item.key for item in items] == [{"id": "a"}, {"id": 0}]
    assert [page_of(item).url for item in items] == ["https://example.com/", None]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", "malformed-row"),
        ("[1]", "malformed-row"),
        ("null", "malformed-row"),
        ("[" * 100_000, "malformed-row"),
        ({"id": "x"}, "malformed-row"),
        ({"id": "x", "text": None}, "malformed-row"),
        ({"id": "x", "text": 5}, "malformed-row"),
        ({"id": "x", "text": "甲", "url": ["u"]}, "malformed-row"),
        ({"id": "x", "text": ""}, "empty"),
        ({"id": "x", "title": " ", "text": "\n"}, "empty"),
    ],
)
def test_bad_row_is_an_error_and_the_next_is_read(tmp_path: Path, line: Any, code: str) -> None:
    bad, good = rows(tmp_path, line, "", {"id": "next", "text": "甲"})
    assert code_of(bad) == code
    assert bad.key == ({"id": "x"} if isinstance(line, dict) else {"source": f"{tmp_path / 'rows.jsonl'}#1"})
    assert f"{tmp_path / 'rows.jsonl'}#1" in str(bad.page)
    assert page_of(good).content == "甲"


def test_row_that_is_no_utf8_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes('{"text": "甲"}\n'.encode("gb18030") + b'{"text": "b"}\n')
    bad, good = read_items([str(path)])
    assert code_of(bad) == "malformed-row"
    assert page_of(good).content == "b"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("empty.html", b"", "empty"),
        ("blank.html", b" \n", "empty"),
        ("image.html", b"\x89PNG\r\n\x1a\n" + bytes(100), "binary"),
        ("norows.jsonl", b"\n\n", "empty"),
    ],
)
def test_bad_file_is_an_error_that_names_it(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    write(tmp_path, {name: data})
    (item,) = read_items([str(tmp_path / name)])
    assert code_of(item) == code
    assert str(tmp_path / name) in str(item.page)


def test_file_larger_than_a_page_is_an_error_and_not_read_on(tmp_path: Path) -> None:
    with (tmp_path / "huge.html").open("wb") as stream:
        stream.truncate(2 * MAX_SIZE)
    (item,) = read_items([str(tmp_path / "huge.html")])
    assert code_of(item) == "too-large"
    assert len(item.raw) == MAX_SIZE + 1


@pytest.mark.parametrize("name", ["missing.html", "page.html/inner", "", "x" * 5000, "nul\0"])
def test_input_that_is_not_there_is_an_error(tmp_path: Path, name: str) -> None:
    write(tmp_path, {"page.html": b"<p>x"})
    (item,) = read_items([f"{tmp_path}/{name}" if name else ""])
    assert code_of(item) == "unreadable"
    assert item.named


def test_folder_without_pages_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, {"logo.png": b"x", ".hidden.html": b"x"})
    (item,) = read_items([str(tmp_path)])
    assert code_of(item) == "unreadable"
    assert str(tmp_path) in str(item.page)
