"""Archives -> findings on a Spark cluster: the same rows as an audit on one machine, in a data frame.

Spark only carries: :mod:`moderation.audit.cluster` holds what its workers do. The package must be installed on every
worker; the model and the policy are sent along, so that all judge by the driver's.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from pyspark import Accumulator, SparkFiles, StorageLevel
from pyspark.sql import DataFrame, SparkSession

from moderation.audit import cluster
from moderation.audit.cluster import COUNTS, Row
from moderation.audit.judging import Settings, Summary, moderator_of
from moderation.audit.manifest import begin, finish, write_manifest
from moderation.audit.notes import NOTES
from moderation.audit.second_pass import FINDINGS, decide_all, part_of
from moderation.common.messages import gettext
from moderation.errors import AuditError
from moderation.inputs.archives import expand

__all__ = ["SCHEMA", "Counters", "audit", "audit_into", "session"]

# Of the data frame: the fields of cluster.Row.
SCHEMA = (
    "archive long, job long, number long, file string, where string, url string, host string, date string,"
    " action string, labels array<string>, score double, code string, line string"
)
# Rows that are handed to Spark at a time.
_CHUNK = 256
_MOST_PARTITIONS = 20_000


class Counters:
    """Accumulators, to watch a running audit by: a task that is repeated counts again, so they are no result."""

    def __init__(self, spark: SparkSession) -> None:
        context = spark.sparkContext
        self.records: Accumulator[int] = context.accumulator(0)
        self.pages: Accumulator[int] = context.accumulator(0)
        self.flagged: Accumulator[int] = context.accumulator(0)
        self.errors: Accumulator[int] = context.accumulator(0)


def session(master: str | None = None) -> SparkSession:
    """The session of ``spark-submit``, or a new one.

    Args:
        master: the address of a cluster, ``local[N]``, or None for what Spark is configured with.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("moderation")
    return (builder.master(master) if master else builder).getOrCreate()


def audit(
    spark: SparkSession,
    archives: Iterable[str] | DataFrame,
    settings: Settings | None = None,
    *,
    partitions: int | None = None,
    arrow: bool = False,
    counters: Counters | None = None,
) -> DataFrame:
    """Judges the pages of some archives, wherever the data frame is used.

    Args:
        spark: the session.
        archives: files and folders that every worker sees under these names, or addresses that fsspec knows; or a data
            frame with a column ``path``.
        settings: what to judge and by what; ``limit`` is not possible here, and of ``clean`` only ``jsonl``.
        partitions: tasks that the judging is divided into (default: two for each archive, at least four for each core).
        arrow: carry the rows by ``mapInArrow``, which takes pyarrow and pandas, and not by an RDD.
        counters: to watch it by.

    Returns:
        Rows of :data:`SCHEMA`, in no order; see :class:`moderation.audit.cluster.Row`. A frame that is used twice is
        judged twice: persist it.

    Raises:
        AuditError: there is no archive, or a setting that is not possible.
        ModelError, PolicyError: nothing can be judged.
    """
    settings = settings or Settings()
    if settings.limit is not None:
        raise AuditError(gettext("a cluster judges in no order: take a sample instead of a limit"))
    if set(settings.clean) - {"jsonl"}:
        raise AuditError(gettext("a cluster writes cleaned pages as jsonl only; take the other formats from that"))
    paths = list(enumerate(_paths(archives)))
    if not paths:
        raise AuditError(gettext("no archive; name files, folders or addresses"))
    shipped = _ship(spark, settings)
    parallel = spark.sparkContext.defaultParallelism
    slices = min(len(paths), max(4 * parallel, 1000))
    partitions = partitions or min(max(4 * parallel, 2 * len(paths)), _MOST_PARTITIONS)
    judge = _judging(settings, shipped, counters)
    if arrow:
        return _by_arrow(spark, paths, slices, partitions, judge)
    stretches = spark.sparkContext.parallelize(paths, slices).mapPartitions(cluster.jobs)
    spread = stretches.keyBy(_place).partitionBy(partitions, lambda place: place)
    return spark.createDataFrame(spread.values().mapPartitions(judge), SCHEMA, verifySchema=False)


def audit_into(
    out: str | Path,
    spark: SparkSession,
    archives: Iterable[str] | DataFrame,
    settings: Settings | None = None,
    *,
    partitions: int | None = None,
    arrow: bool = False,
    rows: str | None = None,
) -> Summary:
    """Like :func:`audit`, into a folder of the driver's that holds the files of an audit on one machine, byte for byte.

    Args:
        out: the folder; it is made if there is none.
        spark: as for :func:`audit`, like the next four.
        archives: what to judge.
        settings: by what.
        partitions: tasks.
        arrow: how to carry.
        rows: an address to write the rows to as well, as Parquet.

    Raises:
        AuditError: also where the folder holds something.
        OSError: the folder cannot be written to.
    """
    settings = settings or Settings()
    out = Path(out)
    if out.exists() and any(out.iterdir()):
        raise AuditError(gettext("{out}: is not empty; name a new folder").format(out=out))
    paths = list(_paths(archives))
    manifest = begin(paths, settings)
    frame = audit(spark, paths, settings, partitions=partitions, arrow=arrow)
    out.mkdir(parents=True, exist_ok=True)
    write_manifest(out, manifest)
    began = time.time()
    total = Summary()
    # To sort is to use it twice.
    frame.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        if rows:
            frame.write.parquet(rows)
        names = [FINDINGS, NOTES, "errors.jsonl", *(["cleaned.jsonl"] if settings.clean else [])]
        files = {name: (out / part_of(name)).open("w", encoding="ascii") for name in names}
        try:
            ordered = frame.orderBy("archive", "job", "number").select("file", "line")
            for row in ordered.toLocalIterator():
                if row.file == COUNTS:
                    total.add(Summary.from_json(row.line))
                else:
                    files[row.file].write(row.line + "\n")
        finally:
            for file in files.values():
                file.close()
    finally:
        frame.unpersist()
    decided = decide_all(out, total, settings)
    for name in (FINDINGS, NOTES):
        (out / part_of(name)).unlink()
    finish(out, manifest, total, decided._asdict(), spark.sparkContext.defaultParallelism, time.time() - began)
    return total


def _paths(archives: Iterable[str] | DataFrame) -> Iterator[str]:
    if isinstance(archives, DataFrame):
        archives = (row.path for row in archives.select("path").toLocalIterator())
    for path in archives:
        yield from [path] if "://" in path else expand([path])


def _place(job: str) -> int:
    """A number by which the stretches of one large archive, and of many small ones, come to lie in all partitions."""
    archive, number, _ = json.loads(job)
    return int(archive) + int(number)


def _ship(spark: SparkSession, settings: Settings) -> str:
    """Sends the model and the policy to the workers; returns the name of their folder there."""
    moderator = moderator_of(settings.model, settings.policy)
    # Spark fetches it from here whenever a worker joins, so it stays until the driver ends.
    place = Path(tempfile.mkdtemp(prefix="moderation-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    folder = place / "shipped"
    moderator.model.save(folder / "model")
    if settings.policy:
        shutil.copyfile(settings.policy, folder / "policy.toml")
    archive = shutil.make_archive(str(place / place.name), "zip", folder)
    spark.sparkContext.addArchive(archive)
    return Path(archive).name


def _judging(settings: Settings, shipped: str, counters: Counters | None) -> Callable[[Iterable[str]], Iterator[Row]]:
    """The judging of one partition, with all that it takes inside."""

    def judge(lines: Iterable[str]) -> Iterator[Row]:
        folder = Path(SparkFiles.get(shipped))
        here = replace(
            settings, model=str(folder / "model"), policy=str(folder / "policy.toml") if settings.policy else None
        )
        for row in cluster.rows(lines, here):
            if counters and row.file == COUNTS:
                summary = Summary.from_json(row.line)
                counters.records.add(summary.records)
                counters.pages.add(summary.pages)
                counters.flagged.add(summary.flagged)
                counters.errors.add(summary.errors.total())
            yield row

    return judge


def _by_arrow(
    spark: SparkSession,
    paths: list[tuple[int, str]],
    slices: int,
    partitions: int,
    judge: Callable[[Iterable[str]], Iterator[Row]],
) -> DataFrame:
    import pyarrow as pa
    from pyspark.sql.functions import monotonically_increasing_id
    from pyspark.sql.pandas.types import to_arrow_schema
    from pyspark.sql.types import _parse_datatype_string

    def cut(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            stretches = cluster.jobs((row["archive"], row["path"]) for row in batch.to_pylist())
            while chunk := list(islice(stretches, _CHUNK)):
                yield pa.RecordBatch.from_pydict({"job": chunk})

    def judged(batches: Iterator[Any]) -> Iterator[Any]:
        found = judge(job for batch in batches for job in batch.column("job").to_pylist())
        while chunk := list(islice(found, _CHUNK)):
            yield pa.RecordBatch.from_pylist([row._asdict() for row in chunk], schema=schema)

    schema = to_arrow_schema(_parse_datatype_string(SCHEMA))
    frame = spark.createDataFrame(paths, "archive long, path string").repartition(slices)
    stretches = frame.mapInArrow(cut, "job string").repartition(partitions, monotonically_increasing_id())
    return stretches.mapInArrow(judged, SCHEMA)
