"""Archives -> findings: the door for batch auditing on one machine.

A run leaves in its folder::

    findings.jsonl   a line for each flagged page: the verdict, with where, host, date and id
    errors.jsonl     a line for each record that could not be judged: where, code, message
    hosts.jsonl      a line for each host: pages judged, pages flagged, first and last seen
    run.json         model, policy, settings, inputs, counters; "state" says whether the run is finished
    progress.jsonl   while it runs: a line for each batch that is written, so that a killed run goes on

Batches are judged in any order and written in the order of the archives, so that the result is the same, byte for byte,
with any number of workers and after any interruption: what is not said to be written in ``progress.jsonl`` is cut off
and done again.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from moderation.archives import Batch, Record, Skip, batches, expand, read
from moderation.engine import Moderator
from moderation.errors import AuditError, PageError

__all__ = ["FORMAT", "Settings", "Summary", "audit"]

FORMAT = 1
_BATCH = 128


@dataclass(frozen=True)
class Settings:
    """What decides the result of a run, beside the archives.

    Args:
        model: a model folder or the name of an installed one; None for the one that is shipped.
        policy: a TOML file; None for the model's own thresholds.
        sample: share of the pages to judge, in (0, 1], chosen by a hash of their address.
        hosts: judge only pages of these hosts; empty for all.
        score: report only pages with a finding of at least this score.
    """

    model: str | None = None
    policy: str | None = None
    sample: float = 1.0
    hosts: tuple[str, ...] = ()
    score: float = 0.0


@dataclass
class Summary:
    """What a run has read and found so far."""

    records: int = 0
    pages: int = 0
    flagged: int = 0
    characters: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    # By host: pages, flagged, first and last date.
    hosts: dict[str, list[Any]] = field(default_factory=dict)

    def add(self, other: Summary) -> None:
        """Adds what another part of the run has read."""
        for name in ("records", "pages", "flagged", "characters"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("errors", "skipped", "actions", "labels", "places"):
            getattr(self, name).update(getattr(other, name))
        for host, row in other.hosts.items():
            self.see(host, *row)

    def see(self, host: str, pages: int, flagged: int, first: str, last: str) -> None:
        """Counts pages of a host seen between two dates; a page without a date leaves the dates as they are."""
        row = self.hosts.setdefault(host, [0, 0, "", ""])
        row[0] += pages
        row[1] += flagged
        row[2] = min(filter(None, (row[2], first)), default="")
        row[3] = max(row[3], last)

    def to_dict(self) -> dict[str, Any]:
        """All of it, as JSON takes it."""
        return {
            name: dict(sorted(value.items())) if isinstance(value, dict) else value
            for name, value in vars(self).items()
        }

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Summary:
        """What :meth:`to_dict` made."""
        found = cls(row["records"], row["pages"], row["flagged"], row["characters"], hosts=row["hosts"])
        for name in ("errors", "skipped", "actions", "labels", "places"):
            getattr(found, name).update(row[name])
        return found


@dataclass(frozen=True)
class _Done:
    """A batch, judged: the lines it adds to the two files, and its counts."""

    batch: Batch
    findings: list[str]
    errors: list[str]
    summary: Summary


def audit(
    archives: Iterable[str | Path],
    out: str | Path,
    settings: Settings | None = None,
    workers: int = 1,
    watch: Callable[[Summary], None] | None = None,
) -> Summary:
    """Judges the pages of some archives and writes what it finds to a folder; goes on with a run that was interrupted.

    Args:
        archives: files and folders.
        out: the folder; it is made if there is none.
        settings: what to judge and by what.
        workers: processes.
        watch: is told how far the run is after each batch.

    Raises:
        AuditError: the folder holds another run, an input has changed since, or a worker was killed.
        ModelError, PolicyError: nothing can be judged.
    """
    settings = settings or Settings()
    out = Path(out)
    files = list(expand(archives))
    if not files:
        raise AuditError("no archive; name files or folders")
    # Says what is wrong with the model or the policy before anything is read.
    moderator = _moderator(settings.model, settings.policy)
    run = {
        "format": FORMAT,
        "state": "unfinished",
        "model": moderator.model.identity,
        "policy": moderator.policy.name,
        "settings": {**asdict(settings), "hosts": list(settings.hosts)},
        "inputs": [_input(path) for path in files],
    }
    out.mkdir(parents=True, exist_ok=True)
    _check(out, run)
    began = time.time()
    total = Summary()
    with _Journal(out) as journal:
        done = journal.recover(total)
        _write(out / "run.json", run)
        jobs = _jobs(files, done)
        for result in _judged(jobs, settings, workers):
            journal.write(result)
            total.add(result.summary)
            if watch:
                watch(total)
        journal.finish()
    rows = (
        {"host": host, "pages": pages, "flagged": flagged, "first": first, "last": last}
        for host, (pages, flagged, first, last) in sorted(total.hosts.items())
    )
    _write_text(out / "hosts.jsonl", "".join(_line(row) for row in rows))
    finished = {
        **run,
        "state": "finished",
        "counters": {name: value for name, value in total.to_dict().items() if name != "hosts"},
        "python": platform.python_version(),
        "ended": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "seconds": round(time.time() - began, 1),
    }
    _write(out / "run.json", finished)
    (out / "progress.jsonl").unlink()
    return total


# ------------------------------------------------------------------------------------------------------------- judging


@lru_cache(maxsize=1)
def _moderator(model: str | None, policy: str | None) -> Moderator:
    """One for each process: a worker loads the model once."""
    return Moderator.load(model, policy)


def _judge(job: Batch | PageError, settings: Settings) -> _Done:
    """One batch; an archive that cannot be opened is a batch of one error."""
    if isinstance(job, PageError):
        summary = Summary(records=1, errors=Counter({job.code: 1}))
        return _Done(Batch(job.where, "error"), [], [_line({"where": job.where, **job.to_dict()})], summary)
    moderator = _moderator(settings.model, settings.policy)
    done = _Done(job, [], [], Summary())
    summary = done.summary
    for outcome in read(job):
        summary.records += 1
        if isinstance(outcome, Skip):
            summary.skipped[outcome.kind] += 1
        elif isinstance(outcome, PageError):
            _refuse(done, outcome)
        elif _is_chosen(outcome, settings):
            _check_page(done, outcome, moderator, settings)
        else:
            summary.skipped["not-chosen"] += 1
    return done


def _refuse(done: _Done, error: PageError) -> None:
    done.summary.errors[error.code] += 1
    done.errors.append(_line({"where": error.where, **error.to_dict()}))


def _check_page(done: _Done, record: Record, moderator: Moderator, settings: Settings) -> None:
    page, summary = record.page, done.summary
    try:
        verdict = moderator.check(page, page.url)
    except PageError as error:
        error.where = page.where
        _refuse(done, error)
        return
    host = _host(page.url)
    flagged = any(finding.score >= settings.score for finding in verdict.findings)
    summary.pages += 1
    summary.flagged += flagged
    summary.characters += len(page.content)
    summary.see(host, 1, int(flagged), record.date, record.date)
    if flagged:
        summary.actions[verdict.action.value] += 1
        summary.labels.update({finding.label for finding in verdict.findings})
        summary.places.update({finding.place.value for finding in verdict.findings})
        row = {"where": page.where, "host": host, "date": record.date, "id": record.id, **verdict.to_dict()}
        done.findings.append(_line(row))


def _is_chosen(record: Record, settings: Settings) -> bool:
    if settings.hosts and _host(record.page.url) not in settings.hosts:
        return False
    if settings.sample >= 1.0:
        return True
    name = record.page.url or record.page.where
    return (
        int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()) < settings.sample * 2**64
    )


def _host(url: str | None) -> str:
    try:
        return (urlsplit(url).hostname or "") if url else ""
    except ValueError:
        return ""


def _jobs(files: Sequence[str], done: Sequence[list[Any]]) -> Iterator[Batch | PageError]:
    """What is still to be judged, in order.

    Raises:
        AuditError: what was judged before is not what the archives hold now.
    """
    number = 0
    for path in files:
        for job in batches(path, _BATCH):
            if number < len(done):
                was = list(job) if isinstance(job, Batch) else [job.where, "error", 0, -1, -1]
                if was != done[number]:
                    raise AuditError(
                        f"{path}: it has changed since this run was begun; begin a new one in another folder"
                    )
            else:
                yield job
            number += 1


def _judged(jobs: Iterator[Batch | PageError], settings: Settings, workers: int) -> Iterator[_Done]:
    if workers == 1:
        for job in jobs:
            yield _judge(job, settings)
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    pool = Parallel(n_jobs=workers, return_as="generator", batch_size=1, pre_dispatch="2*n_jobs")
    try:
        yield from pool(delayed(_judge)(job, settings) for job in jobs)
    except TerminatedWorkerError as error:
        raise AuditError(
            "a worker was killed, perhaps for want of memory; run the same command again to go on, with fewer --workers"
        ) from error


# ------------------------------------------------------------------------------------------------------------- writing


class _Journal:
    """The two files of lines and what is said to be written of them."""

    def __init__(self, out: Path) -> None:
        self._path = out / "progress.jsonl"
        self._findings: IO[bytes] = (out / "findings.jsonl").open("ab")
        self._errors: IO[bytes] = (out / "errors.jsonl").open("ab")
        self._progress: IO[bytes] | None = None

    def __enter__(self) -> _Journal:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (self._findings, self._errors, self._progress):
            if file is not None:
                file.close()

    def recover(self, total: Summary) -> list[list[Any]]:
        """The batches that are written; adds up their counts, and cuts off what is not said to be written."""
        done = []
        sizes = [0, 0]
        whole = 0
        written = [os.fstat(file.fileno()).st_size for file in (self._findings, self._errors)]
        if self._path.exists():
            for line in self._path.read_bytes().splitlines(keepends=True):
                try:
                    row = json.loads(line) if line.endswith(b"\n") else None
                except ValueError:
                    row = None
                # Its lines may be missing where the machine itself went down.
                if row is None or any(size > have for size, have in zip(row["sizes"], written, strict=True)):
                    break
                done.append(row["batch"])
                sizes = row["sizes"]
                total.add(Summary.from_dict(row["summary"]))
                whole += len(line)
            os.truncate(self._path, whole)
        self._findings.truncate(sizes[0])
        self._errors.truncate(sizes[1])
        self._progress = self._path.open("ab")
        return done

    def write(self, done: _Done) -> None:
        """Writes a batch, and then that it is written."""
        assert self._progress is not None
        for file, lines in ((self._findings, done.findings), (self._errors, done.errors)):
            file.write("".join(lines).encode("utf-8"))
            file.flush()
        sizes = [os.fstat(file.fileno()).st_size for file in (self._findings, self._errors)]
        row = {"batch": list(done.batch), "sizes": sizes, "summary": done.summary.to_dict()}
        self._progress.write(_line(row).encode("utf-8"))
        self._progress.flush()

    def finish(self) -> None:
        """Hands everything to the disk."""
        for file in (self._findings, self._errors):
            os.fsync(file.fileno())


def _check(out: Path, run: dict[str, Any]) -> None:
    """Whether a run may write here: the folder is empty, or holds this very run, unfinished."""
    path = out / "run.json"
    if not path.exists():
        if (out / "findings.jsonl").exists():
            raise AuditError(f"{out}: holds findings of no run that is known; name an empty folder")
        return
    try:
        before = json.loads(path.read_text("utf-8"))
    except ValueError:
        raise AuditError(f"{path}: cannot be read; name an empty folder") from None
    if before.get("state") == "finished":
        raise AuditError(f"{out}: holds a finished run; name an empty folder")
    for name, value in run.items():
        if before.get(name) != value:
            raise AuditError(
                f"{out}: holds an unfinished run with other {name}; repeat its command, or name an empty folder"
            )


def _input(path: str) -> dict[str, Any]:
    try:
        about = Path(path).stat()
    except OSError:
        return {"path": path, "size": None, "changed": None}
    return {"path": path, "size": about.st_size, "changed": about.st_mtime_ns}


def _line(row: dict[str, Any]) -> str:
    # Escaped, so that no character of a hostile page ends a line or breaks the encoding.
    return json.dumps(row, ensure_ascii=True) + "\n"


def _write(path: Path, row: dict[str, Any]) -> None:
    _write_text(path, json.dumps(row, indent=2, ensure_ascii=False) + "\n")


def _write_text(path: Path, text: str) -> None:
    """Replaces a file at once, so that no reader and no kill leaves half of it."""
    new = path.with_name(path.name + ".new")
    new.write_text(text, "utf-8", errors="backslashreplace")
    new.replace(path)
