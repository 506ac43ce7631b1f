"""Where labels come from: rows, a file of labels, folders; and what is wrong with them."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.cli.labelled import Labels, load_labels, read_labelled
from moderation.data import Page, Span
from moderation.errors import LabelError, ModerationError, PageError
from moderation.inputs.rows import Truth

KNOWN = ("adult", "gambling")
HONEST, SPAM, GAMBLING = Truth("clean"), Truth("spam"), Truth("gambling")


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return folder


def read(*paths: Path | str, labels: Labels | None = None) -> dict[str, Truth | str]:
    """What is said of each page, by the last part of its name; the code of an error."""
    found: dict[str, Truth | str] = {}
    for item, truth in read_labelled([str(path) for path in paths], KNOWN, labels):
        found[item.name.rpartition("/")[2]] = truth.code if isinstance(truth, ModerationError) else truth
    return found


def labelled(folder: Path, text: str | bytes, name: str = "labels.tsv") -> Labels:
    write(folder, {name: text})
    return load_labels(str(folder / name))


# ----------------------------------------------------------------------------------------------------- rows and folders


def test_rows_say_what_they_are(tmp_path: Path) -> None:
    rows: list[Any] = [
        {"id": "a", "text": "甲", "label": "gambling", "place": "title", "span": [0, 1]},
        {"id": "b", "html": "<p>甲", "label": None},
        {"id": "c", "text": "甲"},
        {"id": "d", "text": "甲", "label": "casino"},
        {"id": "e", "label": "clean"},
        [1],
    ]
    write(tmp_path, {"rows.jsonl": "\n".join(map(json.dumps, rows))})
    assert read(tmp_path / "rows.jsonl") == {
        "a": Truth("gambling", "title", (Span(0, 1),)),
        "b": HONEST,
        "c": "label",
        "d": "label",
        "e": "malformed-row",
        "rows.jsonl#6": "malformed-row",
    }


def test_packed_rows_are_read(tmp_path: Path) -> None:
    data = gzip.compress(b'{"id": "a", "text": "x", "label": "spam"}\n')
    write(tmp_path, {"rows.jsonl.gz": data, "cut.jsonl.gz": data[:-20], "not.jsonl.zst": b"\x28\xb5\x2f\xfdxxxx"})
    assert read(tmp_path / "rows.jsonl.gz") == {"a": SPAM}
    assert read(tmp_path / "cut.jsonl.gz")["cut.jsonl.gz"] == "unreadable"
    assert read(tmp_path / "not.jsonl.zst") == {"not.jsonl.zst": "unreadable"}


def test_folder_says_what_its_pages_are(tmp_path: Path) -> None:
    write(
        tmp_path / "set",
        {
            "clean/a.html": "甲",
            "Spam/b.html": "甲",
            "gambling/2024/c.html": "甲",
            "spam/adult/d.html": "甲",
            "spam/rows.jsonl": '{"id": "e", "text": "甲"}\n{"id": "f", "text": "甲", "label": "clean"}\n',
            "g.html": "甲",
        },
    )
    expected = {"a.html": HONEST, "b.html": SPAM, "c.html": GAMBLING, "d.html": Truth("adult")}
    assert read(tmp_path / "set") == {**expected, "e": SPAM, "f": HONEST, "g.html": "label"}
    assert read(tmp_path / "set/gambling") == {"c.html": GAMBLING}
    assert read(f"{tmp_path}/set/../set/gambling/") == {"c.html": GAMBLING}
    assert read(tmp_path / "set/clean/a.html") == {"a.html": HONEST}


def test_folder_beyond_what_was_named_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"spam/set/a.html": "甲"})
    assert read(tmp_path / "spam/set") == {"a.html": "label"}
    monkeypatch.chdir(tmp_path / "spam")
    assert read("set") == {"a.html": "label"}
    assert read(".") == {"a.html": SPAM}


def test_archive_is_read_and_its_members_lie_in_folders(tmp_path: Path) -> None:
    (tmp_path / "clean").mkdir()
    with zipfile.ZipFile(tmp_path / "clean/pages.zip", "w") as archive:
        archive.writestr("adult/a.html", "<p>甲</p>")
        archive.writestr("b.html", "<p>甲</p>")
        archive.writestr("logo.png", "x")
    assert read(tmp_path / "clean/pages.zip") == {"pages.zip#0": Truth("adult"), "pages.zip#1": HONEST}
    with tarfile.open(tmp_path / "pages.tar", "w") as tar:
        member = tarfile.TarInfo("spam/a.html")
        member.size = 3
        tar.addfile(member, io.BytesIO("甲".encode()))
    assert read(tmp_path / "pages.tar") == {"pages.tar#0": SPAM}


def test_warc_is_labelled_by_address(tmp_path: Path) -> None:
    crawl = Path(__file__).parents[2] / "examples" / "crawl.warc.gz"
    urls = [item.page.url for item, _ in read_labelled([str(crawl)], KNOWN) if isinstance(item.page, Page)]
    labels = labelled(tmp_path, f"url\tlabel\n{urls[0]}\tspam\n")
    found = read(crawl, labels=labels)
    assert [truth for truth in found.values() if isinstance(truth, Truth)] == [SPAM] * urls.count(urls[0])
    assert list(labels.unused()) == []


# ------------------------------------------------------------------------------------------------------ files of labels


TABLES = {
    "tabs.tsv": "a.html\tclean\nsub/b.html\tgambling\thttp://b.example/\n",
    "commas.csv": '"a.html",clean\r\nsub/b.html,gambling,http://b.example/\r\n',
    "semicolons.csv": "a.html;clean\nsub/b.html;Gambling;http://b.example/\n\n",
    "named.tsv": "Label\tURL\tnote\tFile\nclean\t\tx\ta.html\ngambling\thttp://b.example/\ty\t./sub/b.html\n",
    "rows.jsonl": '{"path": "a.html", "label": null}\n\n{"path": "sub/b.html", "label": "gambling", "url": "http://b.example/"}',
    "no-ending": "a.html,clean\nsub/b.html,gambling,http://b.example/",
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("beside", ["pages", "labels", "absolute"])
def test_labels_name_pages_from_either_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, encoding: str, beside: str
) -> None:
    write(tmp_path / "pages", {"a.html": "甲", "sub/b.html": "甲"})
    text = TABLES[name]
    if beside == "labels":
        text = text.replace("a.html", "pages/a.html").replace("sub/", "pages/sub/")
    elif beside == "absolute":
        text = text.replace("./", "").replace("a.html", f"{tmp_path}/pages/a.html")
        text = text.replace("sub/", f"{tmp_path}/pages/sub/")
    labels = labelled(tmp_path, text.encode(encoding), name)
    assert read(tmp_path / "pages", labels=labels) == {"a.html": HONEST, "b.html": GAMBLING}
    assert (labels.problems, list(labels.unused())) == ([], [])
    monkeypatch.chdir(tmp_path)
    found = [item.page for item, _ in read_labelled(["pages"], KNOWN, load_labels(name))]
    assert [page.url for page in found if isinstance(page, Page)] == [None, "http://b.example/"]


def test_labels_may_be_in_a_legacy_encoding(tmp_path: Path) -> None:
    write(tmp_path, {"首页新闻.html": "甲"})
    labels = labelled(tmp_path, "首页新闻.html,spam\n产品介绍.html,clean\n".encode("gb18030"), "labels.csv")
    assert read(tmp_path / "首页新闻.html", labels=labels) == {"首页新闻.html": SPAM}


def test_file_of_labels_counts_before_rows_and_folders(tmp_path: Path) -> None:
    write(
        tmp_path / "set/spam",
        {"a.html": "甲", "rows.jsonl": '{"id": 7, "text": "甲", "label": "spam"}\n{"text": "甲"}'},
    )
    labels = labelled(tmp_path, "spam/a.html\tclean\n7\tgambling\nspam/rows.jsonl#2\tclean\n")
    assert read(tmp_path / "set", labels=labels) == {"a.html": HONEST, "7": GAMBLING, "rows.jsonl#2": HONEST}


def test_label_lines_say_where_the_spam_stands(tmp_path: Path) -> None:
    write(tmp_path, {"a.html": "<title>开户-甲</title>"})
    labels = labelled(tmp_path, "path,label,place,spam\na.html,gambling,title,开户\n", "labels.csv")
    assert read(tmp_path / "a.html", labels=labels) == {"a.html": Truth("gambling", "title", (Span(7, 9),))}


def test_bad_lines_are_named_and_the_others_count(tmp_path: Path) -> None:
    write(tmp_path, {"a.html": "甲", "b.html": "甲", "c.html": "甲"})
    text = 'path,label\na.html,spam\n"b.html,clean\nb.html,clean\na.html,clean\n,clean\nmissing.html,clean\nc.html\n'
    labels = labelled(tmp_path, text, "labels.csv")
    found = read(*(tmp_path / f"{name}.html" for name in "abc"), labels=labels)
    assert found == {"a.html": SPAM, "b.html": HONEST, "c.html": "label"}
    assert [problem.partition(": ")[0].rpartition("#")[2] for problem in labels.problems] == ["3", "5", "6"]
    (unused,) = labels.unused()
    assert "labels.csv#7: no page missing.html" in unused
    rows = labelled(tmp_path, '{"path": "a.html", "label": "spam"}\n{"label": "spam"}\n[1]\n{"path"\n', "labels.jsonl")
    assert [problem.partition(": ")[0].rpartition("#")[2] for problem in rows.problems] == ["2", "3", "4"]


@pytest.mark.parametrize(
    ("data", "fix"),
    [
        (None, "check the name"),
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "image"),
        (b"path,label\n", "write path and label"),
        (b"{\n", "write path and label"),
        (b",spam\n", "write path and label"),
    ],
)
def test_file_of_labels_that_says_nothing_stops(tmp_path: Path, data: bytes | None, fix: str) -> None:
    if data is not None:
        write(tmp_path, {"labels.csv": data})
    with pytest.raises(LabelError, match=r"labels\.csv.*") as caught:
        load_labels(str(tmp_path / "labels.csv"))
    assert fix in str(caught.value)


def test_file_of_labels_is_read_up_to_a_bound(tmp_path: Path) -> None:
    with (tmp_path / "huge.csv").open("wb") as stream:
        stream.truncate(10**10)
    with pytest.raises(LabelError, match="split it"):
        load_labels(str(tmp_path / "huge.csv"))


CELLS = st.text('ab.html/,\t;"{}:[]0\r\n\x00\u2028 甲', max_size=30)


@settings(max_examples=300, deadline=None)
@given(CELLS, st.sampled_from(["", "path,label\n", "label\tfile\n", '{"path": "a"}\n']))
def test_any_file_of_labels_is_read_or_named(text: str, header: str) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write((header + text).encode())
        file.flush()
        try:
            labels = load_labels(file.name)
        except ModerationError as error:
            said = [str(error)]
        else:
            said = [*labels.problems, *labels.unused()]
            assert len(labels) > 0
        assert all(problem.startswith(file.name) for problem in said)


@pytest.mark.parametrize("name", ["missing.html", "nul\0", "", "x" * 5000, "missing.jsonl.gz", "missing.zip"])
def test_input_that_is_not_there_is_an_error(tmp_path: Path, name: str) -> None:
    ((item, error),) = read_labelled([f"{tmp_path}/{name}" if name else ""], KNOWN)
    assert isinstance(error, PageError)
    assert (error.code, item.named) == ("unreadable", True)
