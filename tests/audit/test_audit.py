"""The audit: the engine's own verdicts, whatever the number of workers, whoever is killed, and whatever is refused."""

from __future__ import annotations

import filecmp
import gzip
import io
import json
import os
import signal
import struct
import subprocess
import sys
import tarfile
import time
from multiprocessing import Pipe
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from moderation import Moderator
from moderation.audit._workers import Worker
from moderation.audit.judging import Settings
from moderation.audit.local import audit
from moderation.cli import main
from moderation.errors import AuditError, ModelError
from moderation.inputs.archives import Record, open_pages

pytestmark = pytest.mark.filterwarnings("ignore:Unclosed file <tempfile:ResourceWarning")

ROOT = Path(__file__).parents[2]
CLEAN = (ROOT / "examples" / "clean.html").read_text("utf-8")
HIJACKED = (ROOT / "examples" / "hijacked.html").read_text("utf-8")
CRAWL = ROOT / "examples" / "crawl.warc.gz"
RESULTS = ("findings.jsonl", "errors.jsonl", "hosts.jsonl")
PAGES = 400
# Every so many pages one that is hijacked.
EVERY = 20


def page_of(number: int) -> str:
    return (HIJACKED if number % EVERY == 3 else CLEAN).replace("</title>", f" {number}</title>", 1)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "pages.warc.gz"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for number in range(PAGES):
            kind = "gb18030" if number % 2 else "utf-8"
            http = StatusAndHeaders("200 OK", [("Content-Type", f"text/html; charset={kind}")], protocol="HTTP/1.1")
            body = (
                b"" if number == 50 else b"\0\1\2\0" * 50 if number == 60 else page_of(number).encode(kind, "replace")
            )
            writer.write_record(
                writer.create_warc_record(
                    f"http://h{number % 7}.example/{number}",
                    "response",
                    io.BytesIO(body),
                    http_headers=http,
                    warc_headers_dict={"WARC-Date": f"2024-{number % 12 + 1:02}-01T00:00:00Z"},
                )
            )
    return path


@pytest.fixture(scope="module")
def whole(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    audit([archive], out, Settings(clean=("dolma", "jsonl", "warc")))
    return out


def lines(path: Path) -> list[dict[str, Any]]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(row) for row in data.splitlines()]


def same(one: Path, other: Path, names: tuple[str, ...] = RESULTS) -> bool:
    return all(filecmp.cmp(one / name, other / name, shallow=False) for name in names)


def test_findings_are_those_of_the_engine(archive: Path, whole: Path) -> None:
    moderator = Moderator.load()
    expected = []
    for outcome in open_pages(archive):
        if isinstance(outcome, Record):
            verdict = moderator.check(outcome.page).to_dict()
            if verdict["findings"]:
                expected.append({"where": outcome.page.where, **verdict})
    found = lines(whole / "findings.jsonl")
    assert len(found) == PAGES // EVERY
    for row in found:
        assert row.pop("host") == row["url"].split("/")[2]
        assert row.pop("date").startswith("2024-")
        assert row.pop("id").startswith("<urn:uuid:")
        for finding in row["findings"]:
            assert len(finding.pop("context")) == 2
    assert found == expected


def test_counts_add_up(whole: Path) -> None:
    run = json.loads((whole / "run.json").read_text("utf-8"))
    counters = run["counters"]
    assert run["state"] == "finished"
    assert counters["records"] == PAGES
    assert counters["errors"] == {"binary": 1}
    assert counters["skipped"] == {"empty": 1}
    assert counters["pages"] == PAGES - 2
    hosts = lines(whole / "hosts.jsonl")
    assert sum(row["pages"] for row in hosts) == counters["pages"]
    assert sum(row["flagged"] for row in hosts) == counters["flagged"] == PAGES // EVERY
    assert {row["pages"] for row in counters["archives"].values()} == {PAGES - 2}
    assert sum(month["flagged"] for month in counters["months"].values()) == PAGES // EVERY
    flagged = [row for row in hosts if row["flagged"]]
    assert all(row["first"] <= row["since"] <= row["until"] <= row["last"] for row in flagged)


def test_two_workers_write_the_same_bytes(archive: Path, whole: Path, tmp_path: Path) -> None:
    audit([archive], tmp_path, Settings(clean=("dolma", "jsonl", "warc")), workers=2)
    names = ("cleaned.jsonl", "cleaned.warc.gz", "dolma/documents/pages.jsonl.gz")
    assert same(whole, tmp_path, (*RESULTS, *names, "dolma/attributes/moderation/pages.jsonl.gz"))


def test_cleaned_pages_are_what_they_were(archive: Path, whole: Path) -> None:
    cleaned = lines(whole / "cleaned.jsonl")
    assert len(cleaned) == PAGES - 2
    for row in cleaned:
        number = int(row["url"].rpartition("/")[2])
        assert row["html"] == CLEAN.replace("</title>", f" {number}</title>", 1)
        assert bool(row["cuts"]) == (number % EVERY == 3)


def test_cleaned_warc_holds_conversions_that_name_their_originals(archive: Path, whole: Path) -> None:
    originals = {outcome.id: outcome.page.url for outcome in open_pages(archive) if isinstance(outcome, Record)}
    with (whole / "cleaned.warc.gz").open("rb") as file:
        count = 0
        for record in ArchiveIterator(file, check_digests="raise"):
            count += 1
            assert record.rec_type == "conversion"
            url = record.rec_headers["WARC-Target-URI"]
            assert originals[record.rec_headers["WARC-Refers-To"]] == url
            charset = record.rec_headers["Content-Type"].rpartition("=")[2]
            number = url.rpartition("/")[2]
            text = record.content_stream().read().decode(charset)
            assert text == CLEAN.replace("</title>", f" {number}</title>", 1)
    assert count == PAGES // EVERY


def test_dolma_attributes_cut_the_documents(whole: Path) -> None:
    documents = lines(whole / "dolma" / "documents" / "pages.jsonl.gz")
    attributes = lines(whole / "dolma" / "attributes" / "moderation" / "pages.jsonl.gz")
    assert [row["id"] for row in documents] == [row["id"] for row in attributes]
    found = {row["where"]: row["findings"] for row in lines(whole / "findings.jsonl")}
    for document, attribute in zip(documents, attributes, strict=True):
        assert document["id"]
        spans = sorted(span[:2] for spans in attribute["attributes"].values() for span in spans)
        findings = found.get(document["metadata"]["where"], [])
        assert spans == sorted([finding["start"], finding["end"]] for finding in findings)
        assert all(document["text"][start:end] for start, end in spans)


def command(archive: Path, out: Path, workers: int) -> list[str]:
    arguments = ["audit", str(archive), "--out", str(out), "--workers", str(workers), "--no-report"]
    return [sys.executable, "-m", "moderation.cli", *arguments]


def workers_of(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            is_child = int((path / "stat").read_text().rpartition(")")[2].split()[1]) == parent
            if is_child and b"tracker" not in (path / "cmdline").read_bytes():
                found.append(int(path.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("victim", ["parent", "worker"])
def test_killed_run_goes_on_to_the_same_bytes(archive: Path, whole: Path, tmp_path: Path, victim: str) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen(command(archive, out, 2), cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    progress = out / "progress.jsonl"
    while process.poll() is None and not (progress.exists() and progress.stat().st_size):
        time.sleep(0.01)
    assert process.poll() is None, "it was through before it could be killed"
    os.kill(process.pid if victim == "parent" else workers_of(process.pid)[0], signal.SIGKILL)
    _, said = process.communicate()
    assert json.loads((out / "run.json").read_text("utf-8"))["state"] == "unfinished"
    if victim == "worker":
        assert process.returncode == 2
        assert b"a worker was killed" in said
    before = len(progress.read_bytes().splitlines())
    assert before >= 1
    done = subprocess.run(command(archive, out, 1), cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    assert same(whole, out)
    counters = [json.loads((folder / "run.json").read_text("utf-8"))["counters"] for folder in (whole, out)]
    assert counters[0] == counters[1]


@pytest.mark.parametrize("sent", [b"", struct.pack("!i", 1000), struct.pack("!i", 1000) + b"half of a result"])
def test_worker_that_dies_in_the_middle_of_a_result_is_not_waited_for(sent: bytes) -> None:
    worker = Worker(Settings())
    real = worker.connection
    try:
        worker.connection, theirs = Pipe()
        os.write(theirs.fileno(), sent)
        theirs.close()
        with pytest.raises(AuditError, match="a worker was killed"):
            worker.take(print)
    finally:
        worker.end()
        real.close()
    assert workers_of(os.getpid()) == []


def test_all_workers_that_are_killed_at_once_end_the_run_with_a_message(
    archive: Path, whole: Path, tmp_path: Path
) -> None:
    def kill(*_: object) -> None:
        for victim in workers_of(os.getpid()):
            os.kill(victim, signal.SIGKILL)

    with pytest.raises(AuditError, match="a worker was killed"):
        audit([archive], tmp_path, workers=2, watch=kill)
    assert workers_of(os.getpid()) == []
    audit([archive], tmp_path, workers=2)
    assert same(whole, tmp_path)


class Stop(Exception):
    pass


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_torn_line_is_written_again(archive: Path, whole: Path, tmp_path: Path, batch: int) -> None:
    seen = 0

    def stop(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == batch:
            raise Stop

    with pytest.raises(Stop):
        audit([archive], tmp_path, watch=stop)
    for name in ("findings.part.jsonl", "notes.part.jsonl", "errors.jsonl", "progress.jsonl"):
        with (tmp_path / name).open("ab") as file:
            file.write(b'{"half of a li')
    audit([archive], tmp_path)
    assert same(whole, tmp_path)


def test_run_with_other_settings_is_refused(archive: Path, tmp_path: Path) -> None:
    interrupt(archive, tmp_path)
    with pytest.raises(AuditError, match="unfinished run with other settings"):
        audit([archive], tmp_path, Settings(score=0.9))
    with pytest.raises(AuditError, match="unfinished run with other inputs"):
        audit([archive, archive], tmp_path)


def interrupt(archive: Path, out: Path) -> None:
    def stop(*_: object) -> None:
        raise Stop

    with pytest.raises(Stop):
        audit([archive], out, watch=stop)


def test_resume_goes_on_and_begins_nothing(archive: Path, whole: Path, tmp_path: Path) -> None:
    command = ["audit", str(archive), "--out", str(tmp_path / "out"), "--resume", "--no-report"]
    assert main(command) == 2
    assert not (tmp_path / "out").exists()
    interrupt(archive, tmp_path / "out")
    assert main(command) == 1
    assert same(whole, tmp_path / "out")


def test_finished_run_is_not_written_over(archive: Path, whole: Path) -> None:
    before = (whole / "findings.jsonl").read_bytes()
    with pytest.raises(AuditError, match="finished run"):
        audit([archive], whole)
    assert (whole / "findings.jsonl").read_bytes() == before


# What is written last, in the order of writing. Each may meet a full disk, or be where somebody pulls the plug.
LAST = [
    "findings.jsonl.new",
    "hosts.jsonl.new",
    "run.json.new",
    "campaigns.jsonl",
    "audit.sqlite",
    "pages.csv",
    "report.html.new",
]


@pytest.fixture(scope="module")
def peace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An audit of the example that nothing disturbed."""
    out = tmp_path_factory.mktemp("peace")
    audit([CRAWL], out)
    return out


@pytest.mark.parametrize("name", LAST)
@pytest.mark.parametrize("how", ["full", "killed"])
def test_same_command_finishes_what_ended_at_its_end(peace: Path, tmp_path: Path, name: str, how: str) -> None:
    # In a process of its own, which opens the file for writing, writes a part, and gets no further.
    code = f"""
import os, sys, builtins, io, sqlite3
from pathlib import Path
from moderation import cli
def end():
    if {how!r} == "killed":
        os.kill(os.getpid(), 9)
    raise OSError(28, "No space left on device")
armed = [{name!r} != "run.json.new"]
def hook(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, os.PathLike)) and arguments[1] and "w" in arguments[1]:
        if os.path.basename(os.fspath(arguments[0])) == {name!r}:
            # run.json is written once when a run begins, and once when it is through.
            if armed[0]:
                Path({str(tmp_path)!r}, "reached").touch()
                end()
            armed[0] = True
    if event == "sqlite3.connect" and os.path.basename(os.fspath(arguments[0])).startswith({name!r}):
        Path({str(tmp_path)!r}, "reached").touch()
        end()
sys.addaudithook(hook)
sys.exit(cli.main(sys.argv[1:]))
"""
    out = tmp_path / "out"
    command = ["audit", str(CRAWL), "--out", str(out)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    first = subprocess.run([sys.executable, "-c", code, *command], env=env, capture_output=True, check=False)
    assert (tmp_path / "reached").exists()
    assert first.returncode == (2 if how == "full" else -signal.SIGKILL), first.stderr
    assert not (out / "report.html").exists()
    assert main(command) == 1
    assert same(peace, out)
    assert (out / "report.html").exists()
    assert not [path.name for path in out.iterdir() if "part" in path.name or path.suffix == ".new"]
    # And then it is a finished run like any other.
    assert main(command) == 2


def test_report_of_a_full_disk_is_made_by_the_same_command(peace: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "moderation.cli", "audit", str(CRAWL), "--out", str(out)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    # What findings and notes take is let through, the database is not.
    size = max(path.stat().st_size for path in peace.glob("findings*.jsonl")) * 2
    code = f"""
import resource, signal, sys
from moderation.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
sys.exit(main(sys.argv[1:]))
"""
    small = [sys.executable, "-c", code]
    done = subprocess.run([*small, *command[3:]], env=env, capture_output=True, check=False)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert not (out / "report.html").exists()
    assert main(command[3:]) == 1
    assert same(peace, out)
    assert (out / "report.html").exists()


def test_input_that_changed_meanwhile_is_refused(archive: Path, tmp_path: Path) -> None:
    copy = tmp_path / "a.warc.gz"
    copy.write_bytes(archive.read_bytes())
    interrupt(copy, tmp_path / "out")
    before = (tmp_path / "out" / "findings.part.jsonl").read_bytes()
    copy.write_bytes(archive.read_bytes()[:-100])
    with pytest.raises(AuditError, match="other inputs"):
        audit([copy], tmp_path / "out")
    assert (tmp_path / "out" / "findings.part.jsonl").read_bytes() == before


def test_unreadable_inputs_are_counted_errors(archive: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.warc.gz"
    broken.write_bytes(b"\x1f\x8b\x08\0" + bytes(range(256)))
    total = audit([tmp_path / "none.warc.gz", broken, archive], tmp_path / "out")
    assert total.pages == PAGES - 2
    errors = lines(tmp_path / "out" / "errors.jsonl")
    assert [row["code"] for row in errors] == ["unreadable", "unreadable", "binary"]
    assert [Path(row["where"]).name.partition("#")[0] for row in errors] == [
        "none.warc.gz",
        "broken.warc.gz",
        archive.name,
    ]


def test_no_archive_and_no_model_are_said_before_anything_is_written(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="no archive"):
        audit([], tmp_path / "out")
    with pytest.raises(ModelError):
        audit([archive], tmp_path / "out", Settings(model="none"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none.warc.gz", "none.warc.gz: No such file or directory; check the name and the permissions"),
        ("pipe", "a pipe and no file; save what it gives to a file"),
        ("https://www.example.com/crawl.warc.gz", "an audit fetches nothing; download it (curl -O)"),
        ("folder", "folder: a folder without a file; name one that holds archives or pages"),
    ],
)
def test_input_that_is_not_there_is_said_and_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("folder").mkdir()
    assert main(["audit", name, "--out", "out"]) == 2
    done = capsys.readouterr()
    assert done.out == ""
    assert said in done.err
    assert not Path("out").exists()


def test_one_missing_archive_of_several_is_a_row_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "none.warc.gz"
    assert main(["audit", str(missing), str(CRAWL), "--out", str(tmp_path / "out"), "--no-report"]) == 2
    done = capsys.readouterr()
    assert f"moderation: {missing}: No such file or directory; check the name and the permissions" in done.err
    assert "errors: binary 1, unreadable 1" in done.out
    rows = lines(tmp_path / "out" / "errors.jsonl")
    assert (rows[0]["where"], rows[0]["code"]) == (str(missing), "unreadable")


@pytest.mark.parametrize("with_spam", [True, False], ids=["flagged", "nothing flagged"])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none.html", "none.html: No such file or directory; check the name and the permissions"),
        ("folder", "folder: a folder without a file; name one that holds archives or pages"),
        ("empty.html", "empty.html: nothing of it could be judged; out/errors.jsonl says why"),
        ("binary.html", "binary.html: nothing of it could be judged; out/errors.jsonl says why"),
        ("", ""),
    ],
    ids=["missing", "folder", "empty", "binary", "none"],
)
def test_audit_ends_as_check_does(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    said: str,
    *,
    with_spam: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("empty.html").write_bytes(b"")
    Path("binary.html").write_bytes(b"\0\1\2\0" * 50)
    Path("page.html").write_text(HIJACKED if with_spam else CLEAN, "utf-8")
    inputs = [each for each in ("page.html", name) if each]
    code = main(["check", *inputs])
    capsys.readouterr()
    assert main(["audit", *inputs, "--out", "out"]) == code == (2 if name else int(with_spam))
    done = capsys.readouterr()
    assert "records, 1 pages judged" in done.out
    # What is missing is said at once, and again where a long audit ends.
    end = ["none.html: nothing of it could be judged; out/errors.jsonl says why"] if name == "none.html" else []
    found = [line for line in done.err.splitlines() if line.startswith("moderation:")]
    assert found == [f"moderation: {each}" for each in filter(None, [said, *end])]


def test_missing_input_behind_the_limit_ends_the_same(tmp_path: Path) -> None:
    page, missing = ROOT / "examples" / "clean.html", tmp_path / "none.html"
    assert main(["audit", str(page), str(missing), "--out", str(tmp_path / "out"), "--limit", "1"]) == 2


def test_file_of_a_folder_that_cannot_be_judged_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "empty.html").write_bytes(b"")
    (tmp_path / "site" / "page.html").write_text(HIJACKED, "utf-8")
    command = ["audit", str(tmp_path / "site"), "--out", str(tmp_path / "out")]
    assert main([*command, "--no-report"]) == 1
    # The same where the run was through before, and only its report is made.
    assert main(command) == 1


def test_several_archives_of_nothing_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        (tmp_path / f"{number}.html").write_bytes(b"")
    command = ["audit", *(str(tmp_path / f"{number}.html") for number in range(3)), str(CRAWL), "--out"]
    # The second time only the report is made.
    for more in (["--no-report"], []):
        assert main([*command, str(tmp_path / "out"), *more]) == 2
        assert "0.html: nothing of it could be judged" in (error := capsys.readouterr().err)
        assert "(2 more are like it)" in error


def test_archive_without_any_page_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.warc.gz"
    broken.write_bytes(b"\x1f\x8b\x08\0" + bytes(range(256)))
    assert main(["audit", str(broken), "--out", str(tmp_path / "out"), "--no-report"]) == 2
    error = capsys.readouterr().err
    assert "no page could be judged" in error
    assert str(broken) in error


def test_force_begins_anew_over_an_audit_and_over_nothing_else(
    peace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    every = ["--clean", "dolma", "--clean", "warc", "--parquet"]
    assert main(["audit", str(CRAWL), "--out", str(out), "--limit", "3", *every]) in (0, 1)
    (out / "own.txt").write_text("kept", "utf-8")
    (out / "tables" / "own.txt").write_text("kept", "utf-8")
    command = ["audit", str(CRAWL), "--out", str(out)]
    assert main(command) == 2
    assert "--force" in capsys.readouterr().err
    assert main([*command, "--force", "--resume"]) == 2
    assert main([*command, "--force"]) == 1
    assert same(peace, out)
    left = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {"own.txt", "tables/own.txt", "report.html"} <= left
    assert not [name for name in left if name.startswith(("dolma", "cleaned")) or name.endswith(".parquet")]
    # A folder of somebody's is left as it is, and so is an audit where the new one cannot begin.
    other = tmp_path / "other"
    other.mkdir()
    (other / "findings.jsonl").write_text("{}\n", "utf-8")
    assert main(["audit", str(CRAWL), "--out", str(other), "--force"]) == 2
    assert "holds no audit" in capsys.readouterr().err
    assert main(["audit", str(tmp_path / "none"), "--out", str(out), "--force"]) == 2
    assert (other / "findings.jsonl").exists()
    assert same(peace, out)


def test_report_that_was_left_out_is_made_by_the_same_command(peace: Path, tmp_path: Path) -> None:
    command = ["audit", str(CRAWL), "--out", str(tmp_path)]
    assert main([*command, "--no-report"]) == 1
    before = (tmp_path / "run.json").read_bytes()
    assert main(command) == 1
    assert (tmp_path / "report.html").exists()
    assert (tmp_path / "run.json").read_bytes() == before


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".tar", ".zip", ".warc.gz"])
def test_progress_is_seen_inside_of_one_archive(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, workers: int
) -> None:
    for module in ("moderation.audit.local", "moderation.audit._workers"):
        monkeypatch.setattr(f"{module}.TOLD", 0.0)
    path = tmp_path / f"pages{suffix}"
    pages = [page_of(number) * 8 for number in range(60)]
    if suffix == ".warc.gz":
        path.write_bytes(archive.read_bytes())
    elif suffix == ".tar":
        with tarfile.open(path, "w") as file:
            for number, text in enumerate(pages):
                about = tarfile.TarInfo(f"{number}.html")
                about.size = len(text.encode())
                file.addfile(about, io.BytesIO(text.encode()))
    elif suffix == ".zip":
        with ZipFile(path, "w") as members:
            for number, text in enumerate(pages):
                members.writestr(f"{number}.html", text)
    else:
        data = "".join(json.dumps({"html": text}) + "\n" for text in pages).encode()
        path.write_bytes(gzip.compress(data, 0) if suffix.endswith(".gz") else data)
    shares: list[float] = []
    audit([path], tmp_path / "out", workers=workers, watch=lambda _, share: shares.append(share))
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    inside = [share for share in set(shares) if 0.05 < share < 0.95]
    assert len(inside) >= (2 if workers == 1 else 1), shares


def test_full_disk_is_said_and_the_run_goes_on(archive: Path, whole: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a small file system")
    try:
        done = subprocess.run(command(archive, small / "out", 1), cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 2
        assert b"No space left" in done.stderr
        assert b"Traceback" not in done.stderr
        subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
        done = subprocess.run(command(archive, small / "out", 1), cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 1, done.stderr
        assert same(whole, small / "out")
    finally:
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.parametrize("workers", [1, 2])
def test_limit_is_exact(archive: Path, whole: Path, tmp_path: Path, workers: int) -> None:
    total = audit([archive], tmp_path, Settings(limit=155), workers=workers)
    assert total.pages == 155
    rows = lines(tmp_path / "findings.jsonl")
    assert rows == lines(whole / "findings.jsonl")[: len(rows)]
    assert len(rows) == 8


def test_sample_is_stable_and_by_address(archive: Path, whole: Path, tmp_path: Path) -> None:
    small = audit([archive], tmp_path / "small", Settings(sample=0.2))
    large = audit([archive], tmp_path / "large", Settings(sample=0.6))
    assert 40 < small.pages < 120 < large.pages < 300
    rows = [
        {row["url"] for row in lines(folder / "findings.jsonl")} for folder in (tmp_path / "small", tmp_path / "large")
    ]
    assert rows[0] < rows[1] < {row["url"] for row in lines(whole / "findings.jsonl")}


def test_only_hosts_and_scores_that_are_asked_for(archive: Path, tmp_path: Path) -> None:
    total = audit([archive], tmp_path / "host", Settings(hosts=("h3.example",)))
    assert list(total.hosts) == ["h3.example"]
    assert {row["host"] for row in lines(tmp_path / "host" / "findings.jsonl")} == {"h3.example"}
    assert total.skipped["not-chosen"] == total.records - total.pages - total.errors.total() - total.skipped["empty"]
    none = audit([archive], tmp_path / "none", Settings(score=1.1))
    assert none.flagged == 0
    assert (tmp_path / "none" / "findings.jsonl").read_bytes() == b""


def test_list_of_paths(
    archive: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "warc.paths.gz"
    listed.write_bytes(gzip.compress(f"# a comment\n\n{archive.name}\n".encode()))
    out = str(tmp_path / "out")
    assert main(["audit", "--list", str(listed), "--root", str(archive.parent), "--out", out, "--no-report"]) == 1
    assert same(whole, tmp_path / "out")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{archive}\n"))
    assert main(["audit", "-", "--out", str(tmp_path / "again"), "--no-report"]) == 1
    assert same(whole, tmp_path / "again")
    assert f"{PAGES // EVERY} flagged: clean {PAGES // EVERY}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--workers", "0"], "--workers 0: give 1 or more"),
        (["--limit", "0"], "--limit 0: give 1 or more"),
        (["--sample", "2"], "--sample 2.0: give a share"),
        (["--clean", "pdf"], "--clean pdf: give one of jsonl, warc, dolma"),
        (["--list", "/none"], "/none: No such file"),
    ],
)
def test_wrong_use_is_said(
    archive: Path, tmp_path: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", str(archive), "--out", str(tmp_path / "out"), *options]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_fault_on_one_page_is_a_row(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examine = Moderator.examine

    def faulty(self: Moderator, page: Any) -> Any:
        if page.url.endswith("/7"):
            raise ZeroDivisionError("a fault")
        return examine(self, page)

    monkeypatch.setattr(Moderator, "examine", faulty)
    total = audit([archive], tmp_path)
    assert total.pages == PAGES - 3
    assert "ZeroDivisionError: a fault" in lines(tmp_path / "errors.jsonl")[0]["message"]
