"""Clusters: the rows of any engine are the lines of an audit on one machine, whatever dies in between."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.audit import cluster
from moderation.audit.judging import Settings, Summary
from moderation.audit.local import audit
from moderation.common.messages import language, speaking
from moderation.errors import AuditError

ROOT = Path(__file__).parents[2]
CLEAN = (ROOT / "examples" / "clean.html").read_text("utf-8")
HIJACKED = (ROOT / "examples" / "hijacked.html").read_text("utf-8")
RESULTS = ("findings.jsonl", "errors.jsonl", "hosts.jsonl", "cleaned.jsonl")
SETTINGS = Settings(clean=("jsonl",))
needs_spark = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("pyspark", "pyarrow", "pandas"))) or shutil.which("java") is None,
    reason="needs Java and moderation[spark]: make test-all",
)


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A large archive beside small ones, a damaged one and a missing one."""
    folder = tmp_path_factory.mktemp("archives")
    paths = []
    for number, size in enumerate((600, 5, 5, 1, 30)):
        rows = [
            {"id": n, "url": f"http://h{n % 5}.example/{number}/{n}", "html": CLEAN if n % 25 else HIJACKED}
            for n in range(size)
        ]
        path = folder / f"{number}.zip" if number == 0 else folder / f"{number}.jsonl"
        if number == 0:
            # The one kind of archive of these that is cut into stretches.
            import zipfile

            with zipfile.ZipFile(path, "w") as archive:
                for row in rows:
                    archive.writestr(f"{row['id']}.html", str(row["html"]))
        else:
            path.write_text("".join(json.dumps(row) + "\n" for row in rows) + "no row\n", "ascii")
        paths.append(str(path))
    broken = folder / "broken.warc.gz"
    broken.write_bytes(gzip.compress(b"WARC/1.0\r\n")[:-9])
    return [*paths, str(broken), str(folder / "missing.warc.gz")]


@pytest.fixture(scope="module")
def local(archives: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("local")
    audit(archives, out, SETTINGS)
    return out


def lines_of(rows: list[cluster.Row], file: str) -> bytes:
    return "".join(f"{row.line}\n" for row in sorted(rows, key=lambda row: row[:3]) if row.file == file).encode()


def test_rows_in_any_order_are_the_lines_of_an_audit(archives: list[str], local: Path) -> None:
    jobs = list(cluster.jobs(enumerate(archives)))
    assert len(jobs) > len(archives)
    random.Random(2).shuffle(jobs)
    rows = list(cluster.rows(jobs, SETTINGS))
    for name in RESULTS:
        if name != "hosts.jsonl":
            assert lines_of(rows, name) == (local / name).read_bytes(), name
    total = Summary()
    for row in rows:
        if row.file == cluster.COUNTS:
            total.add(Summary.from_json(row.line))
    counters = json.loads((local / "run.json").read_text("utf-8"))["counters"]
    assert {name: value for name, value in total.to_dict().items() if name != "hosts"} == counters


def test_rows_say_what_they_hold(archives: list[str]) -> None:
    for row in cluster.rows(cluster.jobs(enumerate(archives)), SETTINGS):
        found = json.loads(row.line)
        if row.file == "findings.jsonl":
            assert (row.where, row.action) == (found["where"], found["action"])
            assert row.labels == sorted({finding["label"] for finding in found["findings"]})
            assert row.score == max(finding["score"] for finding in found["findings"])
        elif row.file == "errors.jsonl":
            assert row.code == found["code"]


def test_archive_from_elsewhere_is_called_by_its_address(archives: list[str], local: Path) -> None:
    pytest.importorskip("fsspec")
    addresses = [f"file://{path}" for path in archives[:5]]
    rows = list(cluster.rows(cluster.jobs(enumerate(addresses)), SETTINGS))
    expected = (local / "findings.jsonl").read_bytes().replace(b'"where": "/', b'"where": "file:///')
    assert lines_of(rows, "findings.jsonl") == expected
    for row in rows:
        assert "moderation-" not in row.line.replace("moderation-classifier", "")


def test_rows_from_elsewhere_are_the_same_in_every_language(archives: list[str], tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    # What an archive cannot be opened with has a message, too.
    (tmp_path / "cut.zip").write_bytes(b"PK\3\4")
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    paths = [archives[3], *archives[5:], str(tmp_path / "cut.zip"), str(tmp_path / "a.parquet")]
    jobs = list(cluster.jobs(enumerate(f"file://{path}" for path in paths)))
    english = list(cluster.rows(jobs, SETTINGS))
    assert len([row for row in english if row.file == "errors.jsonl"]) >= len(paths)
    with speaking("zh_CN"):
        assert list(cluster.rows(jobs, SETTINGS)) == english
        # Who takes the rows goes on in their own language.
        taken = cluster.rows(jobs, SETTINGS)
        next(taken)
        assert language() == "zh_CN"


def test_address_that_cannot_be_read_is_one_error() -> None:
    pytest.importorskip("fsspec")
    (error, counts) = cluster.rows(cluster.jobs([(0, "file:///none/a.warc.gz")]), SETTINGS)
    assert error.code == "unreadable"
    assert error.where == "file:///none/a.warc.gz"
    assert json.loads(counts.line)["errors"] == {"unreadable": 1}


# ---------------------------------------------------------------------------------------------------------------- Spark


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = str(ROOT)
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "4")
        .getOrCreate()
    )
    yield session
    session.stop()


spark_warnings = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning"
)


@needs_spark
@spark_warnings
@pytest.mark.parametrize("arrow", [False, True], ids=["rdd", "arrow"])
def test_spark_writes_the_bytes_of_an_audit(
    spark: Any, archives: list[str], local: Path, tmp_path: Path, arrow: bool
) -> None:
    from moderation.pipelines.spark import audit_into
    from moderation.report import report

    rows = (tmp_path / "rows").as_uri()
    audit_into(tmp_path / "out", spark, archives, SETTINGS, arrow=arrow, rows=rows, partitions=6)
    for name in (*RESULTS, "dropped.jsonl"):
        assert (tmp_path / "out" / name).read_bytes() == (local / name).read_bytes(), name
    runs = [json.loads((folder / "run.json").read_text("utf-8")) for folder in (local, tmp_path / "out")]
    assert runs[0]["counters"] == runs[1]["counters"]
    assert spark.read.parquet(rows).where("file = 'findings.jsonl'").count() == runs[0]["counters"]["flagged"]
    report(local)
    report(tmp_path / "out")
    assert (tmp_path / "out" / "campaigns.jsonl").read_bytes() == (local / "campaigns.jsonl").read_bytes()


@needs_spark
@spark_warnings
@pytest.mark.parametrize("arrow", [False, True], ids=["rdd", "arrow"])
def test_spark_spreads_a_large_archive_and_counts(spark: Any, archives: list[str], arrow: bool) -> None:
    from moderation.pipelines.spark import SCHEMA, Counters
    from moderation.pipelines.spark import audit as spark_audit

    counters = Counters(spark)
    paths = spark.createDataFrame([(path,) for path in archives], "path string")
    frame = spark_audit(spark, paths, partitions=5, arrow=arrow, counters=counters)
    assert [field.split()[0] for field in SCHEMA.split(", ")] == frame.columns
    parts = frame.where("archive = 0").rdd.glom().map(lambda part: len({row.job for row in part})).collect()
    # Five stretches of the large one; no partition has most of them.
    assert sum(parts) == 5
    assert max(parts) < 4
    assert counters.pages.value == 641
    assert counters.errors.value == 6


@needs_spark
@spark_warnings
def test_what_a_cluster_cannot_do_is_said(spark: Any, archives: list[str], tmp_path: Path) -> None:
    from moderation.pipelines.spark import audit as spark_audit
    from moderation.pipelines.spark import audit_into

    with pytest.raises(AuditError, match="sample instead of a limit"):
        spark_audit(spark, archives, Settings(limit=3))
    with pytest.raises(AuditError, match="jsonl only"):
        spark_audit(spark, archives, Settings(clean=("warc",)))
    with pytest.raises(AuditError, match="no archive"):
        spark_audit(spark, [])
    (tmp_path / "something").touch()
    with pytest.raises(AuditError, match="not empty"):
        audit_into(tmp_path, spark, archives)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


JOB = """
import sys
from pathlib import Path
from moderation.audit.judging import Settings
from moderation.pipelines.spark import audit_into
from pyspark.sql import SparkSession
spark = (
    SparkSession.builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "4").getOrCreate()
)
audit_into(sys.argv[1], spark, sys.argv[2:], Settings(clean=("jsonl",)), partitions=40)
"""


@needs_spark
def test_cluster_that_loses_a_worker_midway_writes_the_same_bytes(
    archives: list[str], local: Path, tmp_path: Path
) -> None:
    import pyspark

    home = Path(pyspark.__file__).parent
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT),
    }
    port, page = free_port(), free_port()
    started: list[subprocess.Popen[bytes]] = []

    def start(*command: str, log: str) -> subprocess.Popen[bytes]:
        with (tmp_path / log).open("wb") as file:
            process = subprocess.Popen(
                [str(home / "bin" / "spark-class"), *command],
                env=environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started.append(process)
        return process

    def state() -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{page}/json/", timeout=5) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except OSError:
            return {}

    def wait(what: str, is_so: Any) -> None:
        end = time.monotonic() + 240
        while not is_so():
            assert time.monotonic() < end, f"{what}: {state()}"
            time.sleep(0.2)

    master = f"spark://127.0.0.1:{port}"
    place = "org.apache.spark.deploy"
    try:
        ports = ["--host", "127.0.0.1", "--port", str(port), "--webui-port", str(page)]
        start(f"{place}.master.Master", *ports, log="master.log")
        for number in (1, 2):
            options = ["--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "--webui-port", str(free_port())]
            work = ["--work-dir", str(tmp_path / f"work{number}")]
            start(f"{place}.worker.Worker", *options, *work, master, log=f"worker{number}.log")
        wait("no two workers", lambda: state().get("aliveworkers") == 2)
        job = tmp_path / "job.py"
        job.write_text(JOB, "utf-8")
        out = tmp_path / "out"
        driver = start(
            "org.apache.spark.deploy.SparkSubmit", "--master", master, str(job), str(out), *archives, log="driver.log"
        )
        log = tmp_path / "driver.log"
        # Some tasks of the judging are through, and others are not.
        wait("no task ends", lambda: driver.poll() is not None or b"Finished task 3.0 in stage" in log.read_bytes())
        assert driver.poll() is None, log.read_text("utf-8")[-3000:]
        os.killpg(started[2].pid, signal.SIGKILL)
        for each in children(started[2].pid):
            os.kill(each, signal.SIGKILL)
        wait("the job does not end", lambda: driver.poll() is not None)
        assert driver.returncode == 0, log.read_text("utf-8")[-3000:]
        assert b"Lost executor" in log.read_bytes()
        for name in RESULTS:
            assert (out / name).read_bytes() == (local / name).read_bytes(), name
    finally:
        for process in started:
            for each in [process.pid, *children(process.pid)]:
                try:
                    os.killpg(each, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            process.wait()


def children(parent: int) -> list[int]:
    """The executors of a worker are its children; they lead no group of their own."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found
