"""The report: says what the audit found, and nothing of a hostile page survives in it."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import sqlite3
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from warcio.archiveiterator import ArchiveIterator

from moderation.audit.judging import Settings
from moderation.audit.local import audit
from moderation.cli import main
from moderation.errors import AuditError
from moderation.policy import MINOR
from moderation.report import report

ROOT = Path(__file__).parents[2]
HIJACKED = (ROOT / "examples" / "hijacked.html").read_text("utf-8")
CLEAN = (ROOT / "examples" / "clean.html").read_text("utf-8")
HOSTILE = (
    "</script><script>document.title=7</script><img src=x onerror=document.title=7>"
    '"\'><a href="//evil.example">{{ 7*7 }}\u202e\x1b['
)
FORMULAS = ('=HYPERLINK("http://evil.example")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An audit of rows whose every field is hostile where it can be."""
    base = tmp_path_factory.mktemp("audit")
    rows = []
    for number in range(60):
        row: dict[str, Any] = {"id": f"{HOSTILE}{number}", "html": HIJACKED if number % 3 else CLEAN}
        row["url"] = f"http://h{number % 4}.example/{HOSTILE}"
        row["date"] = f"2023-{number % 12 + 1:02}-01T00:00:00Z" if number % 5 else HOSTILE
        rows.append(row)
    rows += [{"id": formula, "url": formula, "html": HIJACKED, "title": HOSTILE} for formula in FORMULAS]
    rows.append({"id": "broken", "text": 7})
    archive = base / f"a{HOSTILE.replace('/', '_')}.jsonl"
    archive.write_text("\n".join(map(json.dumps, rows)), "ascii")
    audit([archive], base / "out")
    report(base / "out")
    return base / "out"


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return (folder / "report.html").read_text("utf-8")


@pytest.fixture
def database(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / "audit.sqlite")) as found:
        yield found


class Elements(HTMLParser):
    """The elements of a page, and the text of its scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_only_the_elements_of_the_template_stand_in_the_page(page: str) -> None:
    found = Elements(page).found
    assert {tag for tag, _ in found}.isdisjoint({"img", "iframe", "link", "form", "object", "base", "embed"})
    assert [tag for tag, _ in found].count("script") == 1
    attributes = {name for _, given in found for name in given}
    assert not [name for name in attributes if name.startswith("on") or name in ("src", "style", "srcset")]
    assert "document.title=7" in page
    assert "{{ 7*7 }}" in page


def test_every_address_is_a_table_beside_the_page_or_a_place_in_it(page: str, folder: Path) -> None:
    found = Elements(page).found
    ids = {given["id"] for _, given in found if "id" in given}
    addresses = {given["href"] or "" for tag, given in found if tag == "a"}
    places = {address for address in addresses if re.fullmatch(r"#[hc]\d+", address)}
    assert places
    assert {address[1:] for address in places} <= ids
    written = {"audit.sqlite", *(f"tables/{path.name}" for path in (folder / "tables").iterdir())}
    assert addresses - places == written
    assert len(written) == 9


def test_nothing_unprintable_stands_in_the_page(page: str) -> None:
    assert [character for character in page if not character.isprintable() and character != "\n"] == []


def test_policy_of_the_page_allows_its_own_style_and_script_and_nothing_else(page: str) -> None:
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    digests = {}
    for name, source in (("style", "report.css"), ("script", "report.js")):
        (text,) = re.findall(rf"<{name}>(.*?)</{name}>", page, re.DOTALL)
        assert text == (ROOT / "moderation" / "report" / source).read_text("utf-8")
        digests[name] = b64encode(hashlib.sha256(text.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{digests['script']}'; style-src 'sha256-{digests['style']}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_page_of_another_language_differs_in_nothing_but_words(page: str, chinese: Path) -> None:
    other = (chinese / "report.html").read_text("utf-8")
    # What is read by people; all else is what scripts, styles, filters and addresses go by.
    words = {"lang", "placeholder", "aria-label", "data-unit", "data-words"}
    found = [
        [(tag, sorted((name, value) for name, value in given.items() if name not in words)) for tag, given in each]
        for each in (Elements(page).found, Elements(other).found)
    ]
    assert found[0] == found[1]
    assert len(found[0]) > 1000
    assert page.count("document.title=7") == other.count("document.title=7") > 50
    assert [character for character in other if not character.isprintable() and character != "\n"] == []
    assert [re.findall('<html lang="(.*?)">', each) for each in (page, other)] == [["en"], ["zh-CN"]]
    assert "<h1>68 个页面中有 48 个含有注入的垃圾内容</h1>" in other


def test_words_of_the_script_are_json_without_anything_of_pages(page: str, chinese: Path) -> None:
    for text in (page, (chinese / "report.html").read_text("utf-8")):
        ((_, given),) = [each for each in Elements(text).found if "data-words" in each[1]]
        words = json.loads(given["data-words"] or "")
        forms = [form for said in words.values() for form in (said.values() if isinstance(said, dict) else [said])]
        assert len(forms) > 15
        places = {name for form in forms for name in re.findall(r"\{(\w+)\}", form)}
        assert places == {"first", "last", "count", "part", "hosts", "pages"}
        assert not [form for form in forms if "example" in form or "<" in form]


def test_files_for_machines_are_the_same_in_every_language(folder: Path, chinese: Path) -> None:
    names = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(chinese) for path in chinese.rglob("*") if path.is_file())
    differ = [name.as_posix() for name in names if (folder / name).read_bytes() != (chinese / name).read_bytes()]
    assert differ == ["report.html"]
    assert len(names) > 12


def test_command_line_chooses_the_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def spoken() -> list[str]:
        return re.findall('<html lang="(.*?)">', (tmp_path / "out" / "report.html").read_text("utf-8"))

    out = tmp_path / "out"
    command = ["audit", str(ROOT / "examples" / "hijacked.html"), "--out", str(out)]
    assert main([*command, "--workers", "2", "--lang", "zh_CN"]) == 1
    assert spoken() == ["zh-CN"]
    assert main(["report", str(out)]) == 0
    assert spoken() == ["en"]
    # The same command again, where all is judged and only the report is missing.
    (out / "report.html").unlink()
    assert main(["--lang", "zh_CN", *command]) == 1
    assert spoken() == ["zh-CN"]
    assert main(["report", str(tmp_path), "--lang", "zh_CN"]) == 2
    assert "不是审计文件夹" in capsys.readouterr().err


def test_findings_are_masked_until_they_are_opened(page: str, folder: Path) -> None:
    (text,) = {
        finding["text"]
        for row in map(json.loads, (folder / "findings.jsonl").read_text("ascii").splitlines())
        for finding in row["findings"]
        if finding["place"] == "title"
    }
    shown = re.sub(r"<details>.*?</details>", "", page, flags=re.DOTALL)
    assert text in page
    assert text not in shown
    (summary, *_) = re.findall(r"<details><summary><mark>(.*?)</mark>", page)
    assert "**" in summary


def test_page_says_what_was_found(page: str, folder: Path) -> None:
    counters = json.loads((folder / "run.json").read_text("utf-8"))["counters"]
    assert counters["flagged"] == 48
    assert "<h1>48 of 68 pages carry injected spam</h1>" in page
    assert "h2.example" in page
    assert "malformed" in page
    assert page.count('<svg viewBox="-44') == 2
    assert "moderation check &#39;" in page


def test_tables_hold_all_of_it(database: sqlite3.Connection, folder: Path) -> None:
    def one(query: str) -> Any:
        return database.execute(query).fetchone()[0]

    found = [json.loads(row) for row in (folder / "findings.jsonl").read_text("ascii").splitlines()]
    assert one("SELECT count(*) FROM pages") == len(found)
    assert one("SELECT count(*) FROM findings") == sum(len(row["findings"]) for row in found)
    assert one("SELECT count(*) FROM errors") == 1
    assert one("SELECT sum(pages) FROM hosts") == 68
    assert one("SELECT sum(pages) FROM months WHERE name = 'flagged'") == 40 - one(
        "SELECT count(*) FROM pages WHERE date = '' AND host <> ''"
    )
    campaigns = [json.loads(row) for row in (folder / "campaigns.jsonl").read_text("ascii").splitlines()]
    assert one("SELECT count(*) FROM campaigns") == len(campaigns) > 0
    assert one("SELECT count(DISTINCT page) FROM findings JOIN campaigns USING (campaign)") == len(found)
    assert one("SELECT sum(pages) FROM campaign_hosts") == sum(row["pages"] for row in campaigns)


def test_no_cell_of_the_csv_is_a_formula(folder: Path) -> None:
    seen = 0
    for path in sorted((folder / "tables").glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file, quoting=csv.QUOTE_NONNUMERIC):
                for cell in row:
                    if isinstance(cell, str):
                        assert not cell.lstrip(" \u3000").startswith(("=", "+", "-", "@", "\t", "\r", "＝")), path.name
                        seen += cell.startswith("'")
    assert seen >= 2 * len(FORMULAS)


def test_line_ends_in_any_field_break_no_line_and_no_header(tmp_path: Path) -> None:
    evil = "\r\nX-Evil: 1\r\n\r\n<b>\n\u2028\x85"
    rows = [
        {
            "id": f"{at}{evil}",
            "url": f"http://h{at}.example/{evil}",
            "date": f"2024-01-01T00:00:00Z{evil}",
            "html": HIJACKED,
        }
        for at in range(3)
    ]
    archive = tmp_path / "a.jsonl"
    archive.write_text(
        "".join(json.dumps(row) + "\n" for row in [*rows, {"id": evil, "url": evil, "text": 7}]), "ascii"
    )
    out = tmp_path / "out"
    audit([archive], out, Settings(clean=("dolma", "jsonl", "warc")))
    report(out)
    counts = {path.name: path.read_bytes().count(b"\n") for path in out.glob("*.jsonl")}
    assert (counts["findings.jsonl"], counts["errors.jsonl"], counts["cleaned.jsonl"]) == (3, 1, 3)
    for path in (out / "tables").glob("*.csv"):
        text = path.read_bytes().decode("utf-8-sig")
        with path.open(encoding="utf-8-sig", newline="") as file:
            assert len(text.splitlines()) == sum(1 for _ in csv.reader(file)), path.name
    with (out / "cleaned.warc.gz").open("rb") as file:
        for record in ArchiveIterator(file):
            assert [name for name, _ in record.rec_headers.headers if name.startswith("X-")] == ["X-Moderation"]
            assert (
                record.raw_stream.read()
                == json.loads((out / "cleaned.jsonl").read_bytes().splitlines()[0])["html"].encode()
            )


def test_parquet_holds_the_same_rows(folder: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    copy = tmp_path / "out"
    shutil.copytree(folder, copy)
    report(copy, parquet=True)
    page = (copy / "report.html").read_text("utf-8")
    assert all(f'<a href="tables/{path.name}">' in page for path in (copy / "tables").glob("*.parquet"))
    with closing(sqlite3.connect(copy / "audit.sqlite")) as database:
        for path in sorted((copy / "tables").glob("*.parquet")):
            table = parquet.read_table(path)
            cursor = database.execute(f"SELECT * FROM {path.stem}")
            assert [tuple(row.values()) for row in table.to_pylist()] == cursor.fetchall()
    assert len(list((copy / "tables").glob("*.parquet"))) == len(list((copy / "tables").glob("*.csv")))


def test_pages_about_minors_are_counted_and_not_shown(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "out"
    shutil.copytree(folder, copy)
    path = copy / "findings.jsonl"
    rows = [json.loads(row) for row in path.read_text("ascii").splitlines()]
    for row in rows:
        for finding in row["findings"]:
            finding["text"] = "WITHHELD"
        row["findings"][0]["reasons"].append({"code": MINOR, "weight": 10.0, "detail": "WITHHELD"})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "ascii")
    assert report(copy).campaigns == 0
    assert f"{len(rows)} pages are rejected by the rule on minors" in (copy / "report.html").read_text("utf-8")
    for made in [copy / "report.html", copy / "audit.sqlite", *copy.glob("tables/*.csv")]:
        assert b"WITHHELD" not in made.read_bytes()


def test_folder_without_a_finished_audit_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="no audit"):
        report(tmp_path)
    (tmp_path / "run.json").write_text('{"state": "unfinished"}')
    with pytest.raises(AuditError, match="not finished"):
        report(tmp_path)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(AuditError, match="cannot be read"):
        report(tmp_path)


def test_nothing_found_is_a_report_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.html").write_text(CLEAN, "utf-8")
    assert main(["audit", str(tmp_path / "a.html"), "--out", str(tmp_path / "out")]) == 0
    assert "0 of 1 pages carry injected spam" in (tmp_path / "out" / "report.html").read_text("utf-8")
    assert main(["report", str(tmp_path / "out")]) == 0
    assert "report: " in capsys.readouterr().out


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium")
@pytest.mark.parametrize("fragment", [f"text={HOSTILE}&label={HOSTILE}&sort={HOSTILE}", "view=pages&sort=-text"])
def test_browser_runs_nothing_of_it_and_reports_no_breach(folder: Path, tmp_path: Path, fragment: str) -> None:
    done = subprocess.run(
        [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--enable-logging=stderr", f"--user-data-dir={tmp_path}", "--virtual-time-budget=2000", "--dump-dom",
            f"{(folder / 'report.html').as_uri()}#{quote(fragment, safe='=&')}",
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert "<title>Audit: 48 of 68 pages flagged</title>" in done.stdout
    # Our own script ran: the filter is there only with it.
    assert re.search(r'<div class="filter" id="filter" role="search">', done.stdout)
    (text,) = re.findall(r'<p class="said" id="said" role="status">(.*?)</p>', done.stdout)
    assert text == ("0 of 5 hosts, 0 of 48 pages match." if "text=<" in fragment else text)
    names = {tag for tag, _ in Elements(done.stdout).found}
    assert names.isdisjoint({"img", "iframe", "link", "form", "object", "base", "embed"})
    assert "Content Security Policy" not in done.stderr
    assert "CONSOLE" not in done.stderr
