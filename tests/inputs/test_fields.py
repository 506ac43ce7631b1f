"""Fields of their own make the same page for ``check``, for an audit, and for the service; what is no page is none."""

from __future__ import annotations

import json
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from moderation.cli import main
from moderation.cli.inputs import find_files, read_items
from moderation.data import Page
from moderation.errors import EmptyPage, MalformedRow, PageTooLarge
from moderation.inputs.archives._records import MAX_SIZE, Batch, Record, Skip
from moderation.inputs.archives.files import row_records, tar_records, zip_records
from moderation.inputs.fields import row_page, says_title

if TYPE_CHECKING:
    from serving import Server

SPAM = "澳门威尼斯人_开户网址_新葡京娱乐场_百家乐在线投注_澳门赌场官网"
BODY = "<p>青岚市远澄仪器有限公司专业生产水质分析仪、溶氧仪和浊度计，提供安装调试与校准服务。</p>"
OWN = "<title>公司简介_远澄仪器</title>"
# Rows, and whether spam stands in what is judged; None where there is no page.
ROWS: list[tuple[dict[str, Any], bool | None]] = [
    ({"title": SPAM, "html": f"<titlebar></titlebar>{BODY}"}, True),
    ({"title": SPAM, "html": f"<title-bar></title-bar>{BODY}"}, True),
    ({"title": SPAM, "html": f"<!-- {OWN} -->{BODY}"}, True),
    ({"title": SPAM, "html": f"<!-- {OWN} --><TITLE>{SPAM}</TITLE>{BODY}"}, True),
    ({"title": SPAM, "html": f"<script>var a = '{OWN}'</script>{BODY}"}, True),
    ({"title": SPAM, "html": f"<svg>{OWN}</svg>{BODY}"}, True),
    ({"title": SPAM, "html": f"<template>{OWN}</template>{BODY}"}, True),
    ({"title": SPAM, "html": f"<title></title>{BODY}"}, True),
    ({"title": SPAM, "html": f"<title {BODY}"}, True),
    ({"title": SPAM, "html": f"{OWN}{BODY}"}, True),
    ({"title": SPAM, "html": f"<Title\n>{SPAM}</tItLe>{BODY}"}, True),
    ({"title": "公司简介", "html": f"<title>{SPAM}</title>{BODY}"}, True),
    ({"title": "公司简介", "html": f"{OWN}{BODY}"}, False),
    ({"title": "公司简介", "html": f"<TITLE>公司简介</TITLE>{BODY}"}, False),
    ({"title": SPAM}, True),
    ({"title": SPAM, "text": "青岚市远澄仪器有限公司"}, True),
    ({"title": SPAM, "text": f"文字里的 <title> 一词。{BODY}"}, True),
    ({"title": "公司简介", "html": BODY, "text": SPAM}, False),
    ({"title": "公司简介", "html": " \n", "text": SPAM}, True),
    ({"title": None, "html": None, "text": SPAM, "url": None}, True),
    ({"html": "", "text": "", "title": ""}, None),
    ({"html": " ", "text": "\n"}, None),
    ({"text": SPAM, "url": 7}, None),
    ({"text": SPAM, "url": ["http://a.example/"]}, None),
    ({"text": SPAM, "title": 7}, None),
    ({"html": [SPAM]}, None),
    ({"html": None}, None),
    ({}, None),
    ({"text": SPAM, "url": "http://a.example/\ud800"}, None),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All rows, one a line."""
    path = tmp_path_factory.mktemp("fields") / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row, _ in ROWS), "utf-8")
    return path


def test_readers_make_the_same_pages(path: Path) -> None:
    outcomes = list(row_records(Batch(str(path), "jsonl")))
    items = list(read_items([str(path)]))
    assert len(outcomes) == len(items) == len(ROWS)
    for outcome, item, (row, flagged) in zip(outcomes, items, ROWS, strict=True):
        if isinstance(item.page, Page):
            assert isinstance(outcome, Record), row
            assert outcome.page == item.page
        elif isinstance(outcome, Skip):
            assert (outcome.kind, type(item.page)) == ("empty", EmptyPage), row
        else:
            assert (type(outcome), str(outcome)) == (type(item.page), str(item.page)), row
        assert isinstance(item.page, Page) is (flagged is not None), row


def test_check_and_audit_say_the_same(path: Path, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["check", str(path), "--format", "jsonl"]) == 1
    checked = list(map(json.loads, capsysbinary.readouterr().out.splitlines()))
    assert main(["audit", str(path), "--out", str(tmp_path / "out"), "--workers", "1", "--alone"]) == 1
    audited = {
        row["where"]: row for row in map(json.loads, (tmp_path / "out/findings.jsonl").read_bytes().splitlines())
    }
    for number, (row, (given, flagged)) in enumerate(zip(checked, ROWS, strict=True), 1):
        found = audited.get(f"{path}#{number}")
        assert (found is not None) is bool(flagged) is bool(row.get("findings")), given
        if found is not None:
            places = [[(each["start"], each["end"]) for each in one["findings"]] for one in (found, row)]
            assert (found["action"], places[0]) == (row["action"], places[1]), given


def test_service_says_what_check_says(server: Server, path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    httpx = pytest.importorskip("httpx")
    main(["check", str(path), "--format", "jsonl"])
    checked = list(map(json.loads, capsysbinary.readouterr().out.splitlines()))
    headers = {"Authorization": "Bearer portalkey123", "Content-Type": "application/json"}
    for expected, (row, flagged) in zip(checked, ROWS, strict=True):
        answer = httpx.post(f"{server.url}/v1/check", content=json.dumps(row), headers=headers, timeout=30)
        said = answer.json()
        if flagged is not None:
            assert [said["action"], bool(said["findings"])] == [expected["action"], flagged], row
        elif expected["error"]["code"] == "empty" or all(value is None for value in row.values()):
            # An entry need not have any field; then it says nothing.
            assert (answer.status_code, said["error"]["code"]) == (422, "empty"), row
        else:
            assert (answer.status_code, said["error"]["code"]) == (400, "request"), row


def test_title_of_the_page_may_say_more() -> None:
    assert says_title("<title>公司简介_远澄仪器</title>", "公司简介")
    assert says_title("<title>公司\n 简介</title>", "公司 简介")
    assert not says_title("<title>公司</title>", "公司简介")
    # Beyond the first 65,536 characters nothing is looked for, so that the title is put in front.
    assert not says_title(" " * 65_536 + "<title>公司简介</title>", "公司简介")


def test_page_that_is_too_large_is_said() -> None:
    row = {"title": "甲", "text": "a" * (MAX_SIZE - 1)}
    with pytest.raises(PageTooLarge, match=r"^a#1: more than a page may have \(8,388,608\)"):
        row_page(row, "a#1")
    assert len(row_page({"text": "a" * MAX_SIZE}, "a#1").content) == MAX_SIZE
    with pytest.raises(MalformedRow, match=r"^a#1: url is no string"):
        row_page({"text": "a", "url": 7}, "a#1")


# Names, and whether a page may be called so.
NAMES = {
    "a.html": True,
    "index.html?p=2": True,
    "sitemap.xml": True,
    "feed.XML": True,
    "noext": True,
    "a.js/b": True,
    "logo.PNG": False,
    "style.css": False,
    "a.webm": False,
    "font.woff": False,
    "a.mjs": False,
    "inner.tar": False,
    "page.html.gz": False,
    "data.parquet": False,
}


def test_folder_and_archives_leave_out_the_same_names(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    page = f"<p>{SPAM}".encode()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed, tarfile.open(tmp_path / "a.tar", "w") as taped:
        for name in NAMES:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(page)
            packed.write(path, name)
            taped.add(path, name)
    wanted = sorted(name for name, is_page in NAMES.items() if is_page)
    assert [str(path.relative_to(folder)) for path, _ in find_files(folder)] == wanted
    for archive, read in (("a.zip", zip_records), ("a.tar", tar_records)):
        outcomes = list(read(Batch(str(tmp_path / archive), archive[2:])))
        assert sorted(outcome.id for outcome in outcomes if isinstance(outcome, Record)) == wanted
        assert {outcome.kind for outcome in outcomes if isinstance(outcome, Skip)} == {"not-html"}
        assert len(outcomes) == len(NAMES)
