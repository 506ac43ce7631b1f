"""The command line, run as a user runs it, with the shipped model."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import termios
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from moderation.cli import main
from moderation.cli.about import named
from moderation.cli.render import Style, verdict_lines
from moderation.common.messages import speaking
from moderation.data import Action, Cut, Finding, Page, Place, Reason, Span, Verdict
from moderation.engine import Explanation
from moderation.model import Model
from moderation.presentation.excerpt import mask
from moderation.stages.clean import restore

ROOT = Path(__file__).parents[2]
HIJACKED = ROOT / "examples" / "hijacked.html"
CLEAN = ROOT / "examples" / "clean.html"
MODEL = ROOT / "models" / "zh-headspam"
SPAM = "澳门威尼斯人_开户网址_新葡京娱乐场_百家乐在线投注_澳门赌场官网_真人博彩平台"
ARTICLE = "青岚市远澄仪器有限公司专业生产水质分析仪、溶氧仪和浊度计，提供安装调试与校准服务，欢迎来电咨询。"


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str
    raw: bytes

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.split("\n") if line]


Run = Callable[..., Done]


@pytest.fixture
def run(capsysbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Runs a command in this process."""

    def call(*arguments: str | Path) -> Done:
        code = main([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        return Done(code, out.decode("utf-8", "replace"), err.decode(), out)

    return call


def spawn(*arguments: str | Path, stdin: bytes = b"", **environment: str) -> Done:
    """Runs a command in a process of its own."""
    command = [sys.executable, "-m", "moderation.cli", *map(str, arguments)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(command, input=stdin, capture_output=True, env=env, check=False)
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode(), done.stdout)


def write_rows(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


# ------------------------------------------------------------------------------------------------------------- check


def test_check_prints_one_object_a_page_in_input_order(run: Run) -> None:
    done = run("check", HIJACKED, CLEAN, "--format", "jsonl")
    assert done.code == 1
    hijacked, clean = done.rows
    assert list(hijacked) == ["source", "url", "action", "findings", "model", "policy"]
    assert (hijacked["source"], hijacked["policy"]) == (str(HIJACKED), "default")
    assert hijacked["model"].startswith("zh-headspam@")
    assert hijacked["action"] in ("clean", "reject")
    assert (clean["source"], clean["action"], clean["findings"]) == (str(CLEAN), "allow", [])


def test_offsets_are_code_points_of_the_source(run: Run) -> None:
    (row,) = run("check", HIJACKED, "--format", "jsonl").rows
    source = HIJACKED.read_text("utf-8")
    assert [finding["place"] for finding in row["findings"]] == ["title", "meta", "head"]
    for finding in row["findings"]:
        assert source[finding["start"] : finding["end"]] == finding["text"]
        assert finding["label"] == "adult"
        assert list(finding)[-1] == "reasons"
        assert all(set(reason) <= {"code", "weight", "start", "end", "detail"} for reason in finding["reasons"])


def test_rows_keep_their_ids_and_bad_ones_stand_in_their_place(run: Run, tmp_path: Path) -> None:
    path = write_rows(
        tmp_path / "in.jsonl",
        {"id": "spam", "url": "https://example.com/1", "title": SPAM, "text": ARTICLE},
        {"id": "empty"},
        {"title": "公司简介", "text": ARTICLE},
        {"id": 4, "html": HIJACKED.read_text("utf-8")},
    )
    done = run("check", path, "--format", "jsonl")
    assert done.code == 1
    spam, empty, clean, hijacked = done.rows
    assert list(spam)[:2] == ["id", "url"]
    assert (spam["id"], spam["url"]) == ("spam", "https://example.com/1")
    assert [finding["label"] for finding in spam["findings"]] == ["gambling"]
    assert empty == {"id": "empty", "error": {"code": "malformed-row", "message": empty["error"]["message"]}}
    assert (clean["source"], clean["action"]) == (f"{path}#3", "allow")
    assert (hijacked["id"], len(hijacked["findings"])) == (4, 3)


@pytest.mark.parametrize(
    ("options", "out", "err"),
    [
        (["--flagged"], ["x", "bad", "b.html"], []),
        (["--quiet"], [], []),
        (["--summary"], ["a", "x", "bad", "b.html"], ["3 pages judged", "labels: adult 1, gambling 1", "errors: malf"]),
        (["-q", "--summary"], [], ["3 pages judged", "labels: adult 1, gambling 1", "errors: malformed-row 1"]),
    ],
)
def test_what_is_printed_of_many_pages(
    run: Run, tmp_path: Path, options: list[str], out: list[str], err: list[str]
) -> None:
    shutil.copy(HIJACKED, tmp_path / "b.html")
    write_rows(tmp_path / "a.jsonl", {"id": "a", "text": ARTICLE}, {"id": "x", "text": SPAM}, {"id": "bad"})
    done = run("check", tmp_path, "--format", "jsonl", *options)
    assert done.code == 1
    assert [row.get("id") or Path(row["source"]).name for row in done.rows] == out
    assert [line for line, start in zip(done.err.splitlines(), err, strict=True) if not line.startswith(start)] == []


def test_text_of_flagged_pages_alone_has_no_other_page(run: Run) -> None:
    done = run("check", "--flagged", CLEAN, HIJACKED)
    assert str(CLEAN) not in done.out
    assert str(HIJACKED) in done.out
    assert done.out.endswith("1 of 2 pages flagged\n")


def test_quiet_says_what_was_named_and_cannot_be_judged(run: Run) -> None:
    done = run("check", "-q", "none.html")
    assert (done.code, done.out) == (2, "")
    assert "none.html" in done.err


@pytest.mark.parametrize("command", ["check", "clean", "explain", "evaluate"])
def test_address_is_not_fetched_and_said_how_to_get_the_page(run: Run, command: str) -> None:
    done = run(command, "https://www.example.com/?a=1&b='2'")
    assert (done.code, done.out) == (2, "")
    assert "nothing is fetched" in done.err
    assert """curl -sSL 'https://www.example.com/?a=1&b='"'"'2'"'"'' | moderation check""" in done.err


def test_folder_expands_to_its_files_and_rows(run: Run, tmp_path: Path) -> None:
    shutil.copy(HIJACKED, tmp_path / "b.html")
    write_rows(tmp_path / "a.jsonl", {"text": ARTICLE}, {"id": "x", "text": SPAM})
    done = run("check", tmp_path, "--format", "jsonl")
    assert [(row.get("id") or row["source"], row["action"] != "allow") for row in done.rows] == [
        (f"{tmp_path / 'a.jsonl'}#1", False),
        ("x", True),
        (str(tmp_path / "b.html"), True),
    ]


def test_results_of_an_audit_are_left_out_of_a_folder_and_said(run: Run, tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "pages").mkdir(parents=True)
    shutil.copy(HIJACKED, site / "pages" / "b.html")
    for name in ("audit", "pages/other"):
        assert run("audit", site / "pages" / "b.html", "--out", site / name, "--clean", "jsonl").code == 1
    # What an audit has not written is read, in the folder of an audit too.
    shutil.copy(HIJACKED, site / "audit" / "page.html")
    # A file of that name makes no audit of a folder.
    (site / "run").mkdir()
    (site / "run" / "run.json").write_text('{"format": 1, "state": "finished"}', "utf-8")
    write_rows(site / "run" / "findings.jsonl", {"id": "row", "text": SPAM})
    (site / "list").mkdir()
    (site / "list" / "run.json").write_text("[]", "utf-8")
    write_rows(site / "list" / "findings.jsonl", {"id": "other", "text": SPAM})
    done = run("check", site, "--format", "jsonl")
    names = [row.get("id") or row["source"] for row in done.rows]
    assert names == [str(site / "audit" / "page.html"), "other", str(site / "pages" / "b.html"), "row"]
    (line,) = done.err.splitlines()
    folders = f"{site / 'audit'}, {site / 'pages' / 'other'}"
    assert line == f"moderation: left out, the results of an audit: {folders}; name a file of them to judge it"
    # What is named is judged.
    assert run("check", site / "pages" / "other" / "cleaned.jsonl", "--format", "jsonl").err == ""


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["clean.html"], 0),
        (["spam.txt"], 1),
        (["clean.html", "spam.txt"], 1),
        (["missing.html"], 2),
        (["spam.txt", "missing.html"], 2),
        (["spam.txt", "empty.html"], 2),
        (["bad.jsonl"], 2),
        (["bad.jsonl", "spam.txt"], 1),
        (["bad.jsonl", "clean.html"], 2),
        (["folder"], 2),
        (["folder", "spam.txt"], 1),
    ],
)
@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_exit_codes(run: Run, tmp_path: Path, names: list[str], code: int, form: str) -> None:
    shutil.copy(CLEAN, tmp_path / "clean.html")
    (tmp_path / "spam.txt").write_text(SPAM, "utf-8")
    (tmp_path / "empty.html").write_bytes(b"")
    (tmp_path / "bad.jsonl").write_bytes(b"{\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "binary.html").write_bytes(bytes(1000))
    done = run("check", "--format", form, *(tmp_path / name for name in names))
    assert done.code == code
    # Whatever could not be judged is named: in its row for machines, on standard error for people.
    told = done.err if form == "text" else done.out
    assert all(name in told for name in names if name not in ("clean.html", "spam.txt"))


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["check"],
        ["judge", "x"],
        ["check", "x", "--format", "xml"],
        ["check", CLEAN, "--jsonl"],
        ["completion", "ksh"],
    ],
)
def test_wrong_use_is_two(run: Run, arguments: list[str | Path]) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert done.err != ""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["check", "--help"]])
def test_help_is_no_failure(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.code, done.err) == (0, "")
    assert "moderation" in done.out


# ------------------------------------------------------------------------------------------------------ for the eyes


def test_text_is_masked_and_marked(run: Run) -> None:
    done = run("check", HIJACKED)
    (row,) = run("check", HIJACKED, "--format", "jsonl").rows
    assert "[[国*********_日*********_" in done.out
    assert "\x1b" not in done.out
    for finding in row["findings"]:
        assert f"{finding['label']} {finding['score']:.3f}  {finding['place']}" in done.out
        assert finding["text"] not in done.out
        for word in finding["text"].replace(",", "_").split("_"):
            assert word not in done.out
    terms = [
        reason["code"] for finding in row["findings"] for reason in finding["reasons"] if "term:" in reason["code"]
    ]
    assert any(len(term) >= len("term:国产") for term in terms)
    # A pair of words of one character each has nothing to mask.
    longer = [term for term in terms if any(len(word) > 1 for word in term[5:].lstrip("~").split())]
    assert not any(f"{term} " in done.out for term in longer)


def test_show_prints_findings_as_they_are(run: Run) -> None:
    (row,) = run("check", HIJACKED, "--format", "jsonl").rows
    done = run("check", HIJACKED, "--show")
    assert all(f"[[{finding['text']}]]" in done.out for finding in row["findings"])
    assert "    why: " in done.out


def test_context_stands_around_the_mark(run: Run) -> None:
    assert "]]-仪器仪表_水质分析仪" in run("check", HIJACKED).out


@pytest.mark.parametrize(("color", "marks"), [("always", True), ("never", False), ("auto", False)])
def test_colour_is_for_terminals_or_when_asked(run: Run, color: str, marks: bool) -> None:
    out = run("check", HIJACKED, "--color", color).out
    assert ("\x1b[1;41;97m" in out) is marks
    assert ("[[" in out) is not marks


def test_many_pages_end_in_a_count(run: Run, tmp_path: Path) -> None:
    assert run("check", HIJACKED, CLEAN).out.endswith("\n1 of 2 pages flagged\n")
    assert "flagged" not in run("check", CLEAN).out
    (tmp_path / "empty.html").write_bytes(b"")
    assert run("check", CLEAN, tmp_path / "empty.html").out.endswith("0 of 1 pages flagged, 1 could not be judged\n")


def test_mask_keeps_shape_only() -> None:
    assert mask("国产精品_app 下载, 91-x") == "国***_a** 下*, 9*-x"


def finding(start: int, end: int, *reasons: Reason, text: str = "") -> Finding:
    return Finding("gambling", 0.9, Place.HEAD, "", "text", Span(start, end), text, (), reasons)


def test_withheld_finding_is_not_repeated_nor_what_stands_beside_it() -> None:
    page = Page("甲乙丙丁戊己庚辛", False)
    found = (
        finding(2, 4, Reason("rule:minor", 10.0), Reason("script:title-switch", 1.0, None, "丙丁")),
        finding(5, 6, Reason("term:己", 1.0, Span(5, 6)), text="己"),
    )
    for style in (Style(), Style(show=True), Style(colour=True, show=True)):
        text = "\n".join(verdict_lines("page", page, Verdict(Action.REJECT, found), style))
        assert "withheld" in text
        assert "why: it names an age below 18" in text
        assert not set(page.content) & set(text)


def test_context_stops_at_the_next_finding_and_is_left_out_beside_an_age() -> None:
    two = Page("甲乙丙丁戊己庚辛", False)
    verdict = Verdict(Action.CLEAN, (finding(2, 4, text="丙丁"), finding(5, 6, text="己")))
    lines = list(verdict_lines("page", two, verdict, Style()))
    assert lines[2] == "    甲乙[[丙*]]戊"
    assert lines[4] == "    戊[[己]]庚辛"
    one = Page("儿童票限12岁以下购买 丙丁", False)
    lines = list(verdict_lines("page", one, Verdict(Action.CLEAN, (finding(12, 14, text="丙丁"),)), Style()))
    assert lines[2] == "    [[丙*]]"


def test_names_cannot_move_the_cursor(run: Run, tmp_path: Path) -> None:
    odd = {"label": "\x1b[2J"}, {"label": "spam", "place": "\x1b[2J"}, {"label": "spam", "span": ["\x1b[2J"]}
    rows = [{"id": "\x1b[2Jx", "text": SPAM, **each} for each in odd]
    path = write_rows(tmp_path / "in.jsonl", *rows, {"id": "\x1b[2Jy"})
    for command in ("check", "explain", "evaluate"):
        done = run(command, path)
        assert "\x1b" not in done.out + done.err


def test_progress_is_shown_on_a_terminal_only(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number}.txt").write_text(ARTICLE, "utf-8")
    command = [sys.executable, "-m", "moderation.cli", "check", str(tmp_path), "--format", "jsonl"]
    terminal, inside = pty.openpty()
    termios.tcsetwinsize(inside, (24, 100))
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=inside, env=env) as process:
        out, _ = process.communicate()
        os.close(inside)
    shown = os.read(terminal, 1 << 16)
    os.close(terminal)
    assert out.count(b"\n") == 30
    assert b"30/30" in shown
    assert spawn("check", tmp_path, "--format", "jsonl").err == ""


# ---------------------------------------------------------------------------------------------- streams and encodings


def test_standard_input_is_one_page_of_bytes() -> None:
    done = spawn("check", "-", "--format", "jsonl", "--url", "https://example.com/", stdin=HIJACKED.read_bytes())
    assert done.code == 1
    assert [(row["source"], row["url"], len(row["findings"])) for row in done.rows] == [
        ("-", "https://example.com/", 3)
    ]


def test_standard_input_may_hold_rows() -> None:
    lines = json.dumps({"id": 1, "text": ARTICLE}) + "\n" + json.dumps({"text": SPAM}) + "\n"
    done = spawn("check", "-", "--jsonl", "--format", "jsonl", stdin=lines.encode())
    assert [row.get("id", row.get("source")) for row in done.rows] == [1, "-#2"]
    assert done.code == 1


@pytest.mark.parametrize("arguments", [["check", "-"], ["check", "-", "--jsonl"], ["explain", "-"], ["clean", "-"]])
def test_empty_standard_input_is_an_error(arguments: list[str]) -> None:
    done = spawn(*arguments)
    assert done.code == 2
    assert "standard input" in done.err
    assert "Traceback" not in done.err


def test_output_is_utf8_whatever_the_locale() -> None:
    done = spawn("check", HIJACKED, "--show", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING="")
    assert "国产精品一区二区三区" in done.out


def test_lone_surrogates_and_line_separators_are_escaped(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b'{"id": "\\u2028", "text": "\\ud800 %s"}\n' % SPAM.encode())
    done = run("check", path, "--format", "jsonl")
    assert len(done.out.splitlines()) == 1
    assert done.rows[0]["id"] == "\u2028"
    assert "澳门" in done.out


@pytest.mark.parametrize("key", ["id", "url"])
def test_row_with_half_a_character_in_its_name_is_one_error(run: Run, tmp_path: Path, key: str) -> None:
    path = tmp_path / "in.jsonl"
    half = b'{"%s": "http://a.example/\\ud800", "text": "x"}\n' % key.encode()
    path.write_bytes(b'{"id": 1, "text": "a"}\n' + half + b'{"id": 3, "text": "\\ud800 %s"}\n' % SPAM.encode())
    done = run("check", path, "--format", "jsonl")
    # What the model says of the last one is its own affair, so long as it is flagged.
    assert [row.get("action") in ("clean", "review", "reject") for row in done.rows] == [False, False, True]
    assert done.rows[0]["action"] == "allow"
    assert done.rows[1]["source"] == f"{path}#2"
    assert done.rows[1]["error"]["code"] == "malformed-row"
    assert f"{key} holds half of a surrogate pair" in done.rows[1]["error"]["message"]
    assert done.code == 1


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", ">/dev/full"])
@pytest.mark.parametrize(
    "command", [f"check {HIJACKED}", f"check {CLEAN} --format jsonl", f"clean {HIJACKED}", "model"]
)
def test_closed_output_is_an_error_of_its_own(closed: str, command: str) -> None:
    shell = f'"{sys.executable}" -m moderation.cli {command} {closed}'
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", shell], capture_output=True, env=env, check=False)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_closed_input_is_an_error_where_it_is_read(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    rest = {"-": 2, "- --jsonl": 2, f'"{CLEAN}"': 0}
    for path, code in rest.items():
        shell = f'"{sys.executable}" -m moderation.cli check {path} <&-'
        done = subprocess.run(["sh", "-c", shell], capture_output=True, env=env, check=False)
        assert done.returncode == code
        assert b"Traceback" not in done.stderr
        assert (b"standard input: it is closed" in done.stderr) == (code == 2)
    shell = f'"{sys.executable}" -m moderation.cli audit - --out "{tmp_path}/out" <&-'
    done = subprocess.run(["sh", "-c", shell], capture_output=True, env=env, check=False)
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)


def test_line_ends_in_addresses_break_no_line(run: Run, tmp_path: Path) -> None:
    url = "http://a.example/\r\nX: 1\x85\u2028\u2029\v\f"
    path = write_rows(tmp_path / "in.jsonl", {"id": url, "url": url, "html": HIJACKED.read_text("utf-8")})
    done = run("check", path, "--format", "jsonl")
    assert len(done.out.splitlines()) == 1
    assert (done.rows[0]["id"], done.rows[0]["url"]) == (url, url)
    done = run("check", path)
    assert not any(line.startswith("X: 1") for line in done.out.splitlines())


def test_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "in.jsonl", *({"text": ARTICLE} for _ in range(2000)))
    command = [sys.executable, "-m", "moderation.cli", "check", str(path), "--format", "jsonl"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


# ------------------------------------------------------------------------------------------------------------- clean


def test_clean_page_is_what_it_was_before_the_injection(run: Run, tmp_path: Path) -> None:
    done = run("clean", HIJACKED, "--cuts", tmp_path / "cuts.json")
    assert (done.code, done.err) == (1, "")
    assert done.raw == CLEAN.read_bytes()
    cuts = [
        Cut(Span(row["start"], row["end"]), row["removed"]) for row in json.loads((tmp_path / "cuts.json").read_bytes())
    ]
    assert restore(done.raw.decode(), cuts) == HIJACKED.read_text("utf-8")


def test_clean_writes_to_a_file_and_leaves_clean_pages_alone(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    assert run("clean", HIJACKED, "-o", out) == Done(1, "", "", b"")
    assert out.read_bytes() == CLEAN.read_bytes()
    assert run("clean", CLEAN, "-o", out).code == 0
    assert out.read_bytes() == CLEAN.read_bytes()


def test_clean_keeps_encoding_and_line_ends(run: Run, tmp_path: Path) -> None:
    def legacy(path: Path) -> bytes:
        text = path.read_text("utf-8").replace("utf-8", "gb2312").replace("\n", "\r\n")
        return text.replace("©", "(c)").encode("gb18030")

    (tmp_path / "gbk.html").write_bytes(legacy(HIJACKED))
    done = run("clean", tmp_path / "gbk.html")
    assert (done.code, done.err) == (1, "")
    assert done.raw == legacy(CLEAN)


def test_clean_reads_standard_input() -> None:
    done = spawn("clean", "-", stdin=HIJACKED.read_bytes())
    assert (done.code, done.raw) == (1, CLEAN.read_bytes())


def test_clean_takes_one_page(run: Run, tmp_path: Path) -> None:
    write_rows(tmp_path / "in.jsonl", {"text": SPAM})
    for path in (tmp_path, tmp_path / "in.jsonl"):
        done = run("clean", path)
        assert (done.code, done.out) == (2, "")
        assert str(path) in done.err


@pytest.mark.parametrize("option", ["-o", "--cuts"])
def test_output_that_cannot_be_written_is_an_error(run: Run, tmp_path: Path, option: str) -> None:
    target = tmp_path / "no" / "such" / "folder"
    done = run("clean", HIJACKED, option, target)
    assert (done.code, done.out) == (2, "")
    assert str(target) in done.err


# ---------------------------------------------------------------------------------------------------------- evaluate


def labelled(folder: Path) -> Path:
    return write_rows(
        folder / "labelled.jsonl",
        {"id": "found", "text": SPAM, "label": "gambling", "spam": SPAM},
        {"id": "missed", "text": ARTICLE, "label": "spam"},
        {"id": "honest", "text": "公司简介", "label": None},
        {"id": "alarm", "text": SPAM, "label": "clean"},
        {"id": "unknown", "text": ARTICLE},
        {"id": "empty", "label": "clean"},
    )


def test_evaluate_measures_labelled_rows(run: Run, tmp_path: Path) -> None:
    done = run("evaluate", labelled(tmp_path), "--format", "json")
    row = json.loads(done.out)
    assert done.code == 0
    assert row["model"].startswith("zh-headspam@")
    assert row["rows"] == {
        "evaluated": 4,
        "spam": 2,
        "honest": 2,
        "left_out": {"label": 1, "malformed-row": 1},
        "notes": 0,
    }
    assert [(row[side]["hits"], row[side]["total"]) for side in ("spam", "honest")] == [(1, 2), (1, 2)]
    assert row["planted_text"]["mean_iou"] == 1.0
    assert [case["name"] for case in row["worst"]["honest"]] == ["alarm"]
    assert [case["name"] for case in row["worst"]["spam"]] == ["missed", "found"]
    assert [line.partition(": ")[2].partition(": ")[0] for line in done.err.splitlines()] == [
        f"{tmp_path / 'labelled.jsonl'}#5",
        f"{tmp_path / 'labelled.jsonl'}#6",
    ]


def test_evaluate_prints_a_table_for_people(run: Run, tmp_path: Path) -> None:
    done = run("evaluate", labelled(tmp_path), "--worst", "1")
    assert "4 rows: 2 spam, 2 honest; left out: label 1, malformed-row 1" in done.out
    assert "  spam found                  1 of       2    50.00 %  (9.45 to 90.55 %)" in done.out
    assert "  (clean, gambling in head)\n    [[澳*****_开***_" in done.out
    assert " alarm " in done.out
    assert " found " not in done.out.partition("lowest scores")[2]


@pytest.mark.parametrize("form", ["text", "json"])
def test_evaluate_is_masked_unless_asked(run: Run, tmp_path: Path, form: str) -> None:
    masked = run("evaluate", labelled(tmp_path), "--format", form)
    shown = run("evaluate", labelled(tmp_path), "--format", form, "--show")
    assert SPAM in shown.out
    assert not any(word in masked.out for word in SPAM.split("_"))
    assert "\x1b[1;41;97m" in run("evaluate", labelled(tmp_path), "--color", "always").out


def test_evaluate_writes_what_became_of_each_row(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert run("evaluate", labelled(tmp_path), "--out", out).code == 0
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["found", "missed", "honest", "alarm", "unknown", "empty"]
    actions = [row.get("action") for row in rows]
    assert actions[1:3] + actions[4:] == ["allow", "allow", None, None]
    assert not {"allow", None} & {actions[0], actions[3]}
    assert [row["error"]["code"] for row in rows[4:]] == ["label", "malformed-row"]
    assert (rows[0]["label"], rows[0]["iou"], rows[2]["label"]) == ("gambling", 1.0, "clean")
    assert not any(word in out.read_text("utf-8") for word in SPAM.split("_"))


def test_evaluate_takes_labels_from_a_table(run: Run, tmp_path: Path) -> None:
    shutil.copy(HIJACKED, tmp_path / "b.html")
    shutil.copy(CLEAN, tmp_path / "a.html")
    labels = tmp_path / "labels.tsv"
    labels.write_text("a.html\tclean\nb.html\tadult\nmissing.html\tclean\n", "utf-8")
    done = run("evaluate", tmp_path / "a.html", tmp_path / "b.html", "--labels", labels, "--format", "json")
    row = json.loads(done.out)
    assert (done.code, row["rows"]["spam"], row["rows"]["honest"], row["rows"]["notes"]) == (0, 1, 1, 1)
    assert "labels.tsv#3: no page missing.html" in done.err


def test_evaluate_uses_the_policy(run: Run, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('name = "off"\n[labels]\ngambling = 1.1\n', "utf-8")
    row = json.loads(run("evaluate", labelled(tmp_path), "--policy", policy, "--format", "json").out)
    assert (row["policy"], row["spam"]["hits"], row["honest"]["hits"]) == ("off", 0, 0)
    assert row["sweep"][-1]["spam"]["hits"] == 0


def test_evaluate_reads_standard_input() -> None:
    lines = json.dumps({"text": SPAM, "label": "gambling"}) + "\n" + json.dumps({"text": ARTICLE, "label": ""})
    done = spawn("evaluate", "-", "--jsonl", "--format", "json", stdin=lines.encode())
    assert (done.code, json.loads(done.out)["rows"]["evaluated"]) == (0, 2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.jsonl"], "missing.jsonl"),
        (["labelled.jsonl", "missing.jsonl"], "missing.jsonl"),
        (["page.html"], "no label"),
        (["labelled.jsonl", "--labels", "missing.tsv"], "missing.tsv"),
        (["labelled.jsonl", "--labels", "empty.tsv"], "empty.tsv"),
        (["labelled.jsonl", "--worst", "-1"], "give 0 or more"),
        (["labelled.jsonl", "--out", "no/such/folder.jsonl"], "folder.jsonl"),
        (["labelled.jsonl", "--format", "jsonl"], "invalid choice"),
        (["labelled.jsonl", "--jsonl"], "name - to read it"),
        (["labelled.jsonl", "--model", "missing"], "missing"),
    ],
)
def test_evaluate_of_what_cannot_be_used_is_two(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    labelled(tmp_path)
    (tmp_path / "empty.tsv").write_bytes(b"")
    shutil.copy(CLEAN, tmp_path / "page.html")
    monkeypatch.chdir(tmp_path)
    done = run("evaluate", *arguments)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    # What can be measured is measured.
    assert ("4 rows" in done.out) is (arguments == ["labelled.jsonl", "missing.jsonl"])


# ------------------------------------------------------------------------------------- explain, model and completion


def test_explain_adds_up(run: Run) -> None:
    (row,) = run("explain", HIJACKED, "--format", "jsonl").rows
    assert list(row) == ["source", "url", "candidates", "scripts", "model"]
    assert row["scripts"] == []
    (verdict,) = run("check", HIJACKED, "--format", "jsonl").rows
    scores = {(found["start"], found["end"]): found["score"] for found in row["candidates"]}
    for found in verdict["findings"]:
        assert scores[found["start"], found["end"]] == found["score"]
    contributions = row["candidates"][0]["contributions"]
    assert {"bias", "place:title"} <= set(contributions)
    assert sum(1 for code in contributions if code.startswith("term:")) > 1


CLOAKED = "if(/baidu|sogou/i.test(document.referrer)){location.href='https://evil.example/'}"


def test_explain_tells_of_a_script_that_is_all_that_is_found(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(f"<title>青岚仪器有限公司</title><p>{ARTICLE}</p><script>{CLOAKED}</script>", "utf-8")
    (verdict,) = run("check", page, "--format", "jsonl").rows
    (finding,) = verdict["findings"]
    done = run("explain", page, "--format", "jsonl")
    ((script,),) = ([*row["scripts"]] for row in done.rows)
    assert done.code == 0
    assert {name: finding[name] for name in ("text", "start", "end", "place", "score", "label")} == {
        name: script[name] for name in ("text", "start", "end", "place", "score", "label")
    }
    assert script["contributions"] == {"script:cloaking": 2.0}
    masked, shown = run("explain", page), run("explain", page, "--show")
    (head,) = (line for line in masked.out.splitlines() if line.startswith(str(page)))
    assert head.endswith(", 1 script")
    assert f"  {script['score']:.3f}  script  {script['start']}-{script['end']}  [[e***" in masked.out
    assert "      +2.000  script:cloaking\n              nothing else of the page counts; the score" in masked.out
    assert "[[evil.example]]" in shown.out
    assert "evil" not in masked.out


def test_explain_tells_of_a_script_under_candidates_where_they_count(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(f"<title>青岚仪器有限公司</title><p>{SPAM}</p><script>{CLOAKED}</script>", "utf-8")
    (row,) = run("explain", page, "--format", "jsonl").rows
    assert row["scripts"] == []
    best = max(row["candidates"], key=lambda found: found["score"])
    assert best["contributions"]["script:cloaking"] == 2.0
    # A policy by which it is no finding says so here, too.
    policy = tmp_path / "policy.toml"
    policy.write_text("[labels]\nseo = 2.0\n", "utf-8")
    page.write_text(f"<title>青岚仪器有限公司</title><p>{ARTICLE}</p><script>{CLOAKED}</script>", "utf-8")
    (row,) = run("explain", page, "--format", "jsonl", "--policy", policy).rows
    assert row["scripts"] == []


def test_explain_is_masked_unless_asked(run: Run) -> None:
    masked, shown = run("explain", HIJACKED), run("explain", HIJACKED, "--show")
    assert masked.code == shown.code == 0
    assert "国产精品一区二区三区" in shown.out
    assert "国产" not in masked.out
    assert "term:国*" in masked.out
    assert "  sum" in masked.out


def test_explain_withholds_what_the_engine_withholds() -> None:
    from moderation.cli.render import explanation_lines

    row = Explanation("甲乙", Span(0, 2), Place.BODY, 0.9, {"term:甲乙": 1.0, "bias": -1.0}, withheld=True)
    text = "\n".join(explanation_lines(row, Style(show=True)))
    assert "withheld" in text
    assert not set("甲乙") & set(text)


def test_model_says_what_it_is(run: Run) -> None:
    done = run("model")
    manifest = json.loads((MODEL / "manifest.json").read_text("utf-8"))
    assert done.code == 0
    assert f"{manifest['name']}@{manifest['version']}" in done.out
    for word in [*manifest["labels"], *manifest["files"].values(), *map(str, manifest["thresholds"].values())]:
        assert word in done.out


def test_model_speaks_chinese_and_keeps_codes(run: Run) -> None:
    manifest = json.loads((MODEL / "manifest.json").read_text("utf-8"))
    said = run("--lang", "zh_CN", "model").out
    assert "博彩 gambling" in said
    for code, value in manifest["thresholds"].items():
        assert re.search(rf"[\u4e00-\u9fff]+ {code} {re.escape(str(value))}", said)
    with speaking("zh_CN"):
        names = {name: named(name) for name in manifest["metrics"]}
    assert len(set(names.values())) == len(names)
    # Nothing but names of sets is left of the English.
    left = {
        name: re.findall(r"[a-z]{3,}", text.replace("html_zh", "").replace("html_other", ""))
        for name, text in names.items()
    }
    sets = {
        "thucnews",
        "tnews",
        "sms",
        "gambling",
        "escort",
        "fraud",
        "chineseharm",
        "malicious",
        "titles",
        "medical",
        "html",
        "other",
    }
    assert {name: words for name, words in left.items() if set(words) - sets} == {}
    assert all(re.search("[\u4e00-\u9fff]", text) for text in names.values())
    for name, value in manifest["metrics"].items():
        assert re.search(rf"^{re.escape(names[name])} +{re.escape(value)}$", said, re.MULTILINE)
    assert named("a measure of another model") == "a measure of another model"


@pytest.fixture
def deaf(tmp_path: Path) -> Path:
    """The shipped model with a judge whom nothing convinces, under a version of its own."""
    folder = shutil.copytree(MODEL, tmp_path / "deaf")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest |= {"version": "deaf", "judge": {"bias": -100.0}}
    replace(Model.load(folder), manifest=manifest).save(folder)
    return folder


def test_model_compare_names_what_flips(run: Run, deaf: Path) -> None:
    done = run("model", "compare", deaf, MODEL, HIJACKED, CLEAN)
    assert done.code == 1
    assert f"{HIJACKED}  ALLOW -> " in done.out
    assert str(CLEAN) not in done.out
    assert "1 of 2 pages differ" in done.out
    (row,) = run("model", "compare", MODEL, deaf, HIJACKED, CLEAN, "--format", "jsonl").rows
    assert (row["source"], row["new"]) == (str(HIJACKED), {"action": "allow", "labels": []})
    assert row["old"]["labels"]


def test_model_compare_of_a_model_with_itself_finds_nothing(run: Run) -> None:
    done = run("model", "compare", MODEL, MODEL, HIJACKED, CLEAN)
    assert (done.code, "0 of 2 pages differ" in done.out) == (0, True)


def test_model_compare_goes_on_behind_a_page_it_cannot_judge(run: Run, deaf: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.html").write_text("")
    done = run("model", "compare", deaf, MODEL, tmp_path / "empty.html", HIJACKED)
    assert done.code == 2
    assert "empty" in done.err
    assert "1 of 1 pages differ" in done.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_of_that_shell(run: Run, shell: str) -> None:
    done = run("completion", shell)
    assert done.code == 0
    assert all(
        command in done.out for command in ("check", "clean", "doctor", "evaluate", "explain", "model", "records")
    )
    # Files are offered for the files that commands of commands take, too.
    assert re.search(r"records_backup\w*pos_0_COMPGEN=|:_files|__fish_complete_path", done.out)
    if shutil.which(shell):
        checked = subprocess.run([shell, "-n"], input=done.out.encode(), capture_output=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, b"")


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
def test_fish_offers_commands_and_files(run: Run, tmp_path: Path) -> None:
    script = tmp_path / "moderation.fish"
    script.write_text(run("completion", "fish").out, "utf-8")
    (tmp_path / "page.html").write_text("", "utf-8")

    def offered(line: str) -> set[str]:
        done = subprocess.run(
            ["fish", "-c", f"source {script}; complete -C {line!r}"],
            cwd=tmp_path, env={**os.environ, "HOME": str(tmp_path)}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return {row.partition("\t")[0] for row in done.stdout.splitlines()}

    assert {"check", "clean", "records"} <= offered("moderation ")
    assert offered("moderation records ") == {"info", "upgrade", "backup"}
    assert offered("moderation check pa") == {"page.html"}
    assert offered("moderation completion ") == {"bash", "zsh", "fish"}


# ---------------------------------------------------------------------------------------------- models and policies


def test_model_may_be_named_by_its_folder(run: Run) -> None:
    assert run("check", CLEAN, "--model", MODEL).code == 0
    assert run("model", "--model", MODEL).out == run("model").out


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (lambda folder: shutil.rmtree(folder), "manifest.json"),
        (lambda folder: (folder / "weights.npz").unlink(), "weights.npz"),
        (lambda folder: (folder / "vocabulary.txt").write_text("x\n"), "SHA-256"),
        (lambda folder: (folder / "manifest.json").write_text('{"protocol": 99}'), "protocol 99"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "manifest.json"),
    ],
    ids=["no-folder", "no-weights", "changed", "protocol", "no-json"],
)
@pytest.mark.parametrize("command", ["check", "clean", "explain", "model"])
def test_model_that_cannot_be_used_stops(
    run: Run, tmp_path: Path, command: str, damage: Callable[[Path], object], word: str
) -> None:
    folder = shutil.copytree(MODEL, tmp_path / "model")
    damage(folder)
    done = run(command, *([] if command == "model" else [CLEAN]), "--model", folder)
    assert (done.code, done.out) == (2, "")
    assert word in done.err
    assert str(folder) in done.err


def test_policy_changes_what_counts(run: Run, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('name = "titles"\nplaces = ["title"]\n', "utf-8")
    (row,) = run("check", HIJACKED, "--policy", policy, "--format", "jsonl").rows
    assert row["policy"] == "titles"
    assert [finding["place"] for finding in row["findings"]] == ["title"]
    policy.write_text('name = "off"\n[labels]\nadult = 1.1\n', "utf-8")
    assert run("check", HIJACKED, "--policy", policy).code == 0


@pytest.mark.parametrize("text", ["review = ", "colour = 1\n", 'review = "high"\n', 'places = ["attic"]\n'])
def test_policy_that_cannot_be_meant_stops(run: Run, tmp_path: Path, text: str) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(text, "utf-8")
    done = run("check", CLEAN, "--policy", policy)
    assert (done.code, done.out) == (2, "")
    assert str(policy) in done.err
