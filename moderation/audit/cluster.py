"""Archives -> jobs -> rows: all that a worker of a cluster does, in plain Python; an engine only carries it.

:func:`jobs` cuts archives into stretches, so that a large one keeps many workers busy, and :func:`rows` judges them.
Both take and give streams of plain values, and import nothing of any engine. Rows sorted by their first three fields
are in the order of an audit on one machine, and their lines are its lines.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from moderation.audit.judging import Judged, Settings, judge
from moderation.common.messages import gettext, unspoken
from moderation.errors import PageError, UnreadablePage
from moderation.inputs.archives import Batch, batches

__all__ = ["COUNTS", "Row", "jobs", "rows"]

# The file of rows that hold what a batch counted, and no line of a result.
COUNTS = "counts"
# Records of a job.
_BATCH = 128
_WHOLE = "whole"


class Row(NamedTuple):
    """One line of a result, and what one may want to select it by.

    ``archive``, ``job`` and ``number`` are its place in the audit; ``file`` is the file of an audit it belongs to, or
    :data:`COUNTS`; ``line`` is its text there. ``score`` is that of the surest finding; ``code`` that of an error.
    """

    archive: int
    job: int
    number: int
    file: str
    where: str
    url: str | None
    host: str | None
    date: str | None
    action: str | None
    labels: list[str]
    score: float | None
    code: str | None
    line: str


def jobs(archives: Iterable[tuple[int, str]]) -> Iterator[str]:
    """The jobs of some archives, each a line of JSON.

    An archive that is named by an address (``s3://…``) is one job: it is fetched once, by whoever judges it.

    Args:
        archives: number and path of each.
    """
    for archive, path in archives:
        if "://" in path:
            yield json.dumps([archive, 0, [path, _WHOLE, 0, -1, -1]])
            continue
        for number, job in enumerate(unspoken(batches(path, _BATCH))):
            if isinstance(job, PageError):
                yield json.dumps([archive, number, [job.where, job.code, str(job)]])
            else:
                yield json.dumps([archive, number, list(job)])


def rows(lines: Iterable[str], settings: Settings) -> Iterator[Row]:
    """Judges jobs.

    Args:
        lines: what :func:`jobs` gave, in any order.
        settings: what to judge and by what; its model and policy are files on this machine.
    """
    for text in lines:
        archive, job, about = json.loads(text)
        if len(about) == 3:
            error = next(kind for kind in PageError.__subclasses__() if kind.code == about[1])(about[2], about[0])
            results: Iterator[tuple[Judged, str, str]] = iter([(judge(error, settings), "", "")])
        elif about[1] == _WHOLE:
            results = unspoken(_fetched(about[0], settings))
        else:
            results = iter([(judge(Batch(*about), settings), "", "")])
        number = 0
        for judged, local, remote in results:
            for file, line in _lines(judged, local, remote):
                yield _row(archive, job, number, file, line)
                number += 1


def _fetched(address: str, settings: Settings) -> Iterator[tuple[Judged, str, str]]:
    """Every batch of an archive from elsewhere, and what it is called here and there."""
    try:
        with _local(address) as path:
            for batch in batches(path, _BATCH):
                yield judge(batch, settings), path, address
    # Every kind of storage has errors of its own.
    except Exception as error:
        problem = UnreadablePage(
            gettext("{address}: {error}; check the address and the rights").format(address=address, error=error),
            address,
        )
        yield judge(problem, settings), "", ""


@contextmanager
def _local(address: str) -> Iterator[str]:
    """A copy on this machine of what lies elsewhere."""
    import fsspec

    with tempfile.TemporaryDirectory(prefix="moderation-") as folder:
        path = str(Path(folder, address.rpartition("/")[2] or "archive"))
        files, place = fsspec.url_to_fs(address)
        files.get_file(place, path)
        yield path


def _lines(judged: Judged, local: str, remote: str) -> Iterator[tuple[str, str]]:
    for file, data in judged.lines.items():
        for line in b"".join(data).decode("ascii").splitlines():
            yield file, _renamed(line, local, remote) if local else line
    summary = judged.summary.to_dict()
    if local:
        summary["archives"] = {path.replace(local, remote): row for path, row in summary["archives"].items()}
    yield COUNTS, json.dumps(summary)


def _renamed(line: str, local: str, remote: str) -> str:
    row = json.loads(line)
    for name in ("where", "message"):
        for each in (row, row.get("row", {})):
            if name in each:
                each[name] = each[name].replace(local, remote)
    return json.dumps(row)


def _row(archive: int, job: int, number: int, file: str, line: str) -> Row:
    found: dict[str, Any] = json.loads(line) if file != COUNTS else {}
    findings = found.get("findings", [])
    return Row(
        archive,
        job,
        number,
        file,
        found.get("where", ""),
        found.get("url"),
        found.get("host"),
        found.get("date"),
        found.get("action"),
        sorted({finding["label"] for finding in findings}),
        max((finding["score"] for finding in findings), default=None),
        found.get("code"),
        line,
    )
