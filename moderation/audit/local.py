"""Archives -> findings: the door for batch auditing on one machine.

A run leaves in its folder::

    findings.jsonl   a line for each flagged page: the verdict, with where, host, date and id
    dropped.jsonl    the same of findings that were dropped, because a host's pages share them
    errors.jsonl     a line for each record that could not be judged: where, code, message
    hosts.jsonl      a line for each host: pages judged, pages flagged, first and last seen, since when flagged
    cleaned.*        the cleaned pages, where they are asked for
    run.json         model, policy, settings, inputs, counters; "state" says whether the run is finished
    progress.jsonl   while it runs: a line for each batch that is written, so that a killed run goes on
    *.part.jsonl     while it runs: findings and notes of the pages, which the second pass makes the findings of

Batches are judged in any order and written in the order of the archives, so that the result is the same, byte for byte,
with any number of workers and after any interruption: what is not said to be written in ``progress.jsonl`` is cut off
and done again. The second pass (:mod:`moderation.audit.second_pass`) reads what the batches left, and is done again as
a whole.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from moderation.audit._journal import Journal
from moderation.audit._workers import TOLD, Move, Worker, results
from moderation.audit.judging import CLEANED, Judged, Settings, Summary, judge
from moderation.audit.manifest import begin, clear, finish, finished, unreported, write_manifest
from moderation.audit.notes import NOTES
from moderation.audit.second_pass import FINDINGS, decide_all, part_of
from moderation.common.messages import gettext, reason, unspoken
from moderation.errors import AuditError, PageError
from moderation.inputs.archives import Batch, batches, expand
from moderation.inputs.intake import open_file

__all__ = ["Settings", "Summary", "audit", "unreported"]

_BATCH = 128


def audit(
    archives: Iterable[str | Path],
    out: str | Path,
    settings: Settings | None = None,
    workers: int = 1,
    watch: Callable[[Summary, float], None] | None = None,
    *,
    resume: bool = False,
    force: bool = False,
    tell: Callable[[str], None] | None = None,
) -> Summary:
    """Judges the pages of some archives and writes what it finds to a folder; goes on with a run that was interrupted.

    Args:
        archives: files and folders.
        out: the folder; it is made if there is none.
        settings: what to judge and by what.
        workers: processes.
        watch: is told, in a batch and after it, how far the run is: what the batches before have read, and the share of
            all bytes, in [0, 1].
        resume: only go on with an unfinished run; without it, begin one where there is none.
        force: begin anew, and take away first what an older audit has left in the folder.
        tell: is told of each input that cannot be read, where others can; each file of them is a row of
            ``errors.jsonl`` too.

    Raises:
        AuditError: no input is there, the folder holds another run, an input has changed since, or a worker was killed.
        ModelError, PolicyError: nothing can be judged.
        OSError: the folder cannot be written to; what is written stays, and the run goes on from there.
    """
    settings = settings or Settings()
    out = Path(out)
    named = [str(path) for path in archives]
    files = list(expand(named))
    hollow = _hollow(named)
    if named and not files:
        raise AuditError(hollow[0])
    # Says what is wrong with the model or the policy before anything is read.
    manifest = begin(files, settings)
    if resume and not (out / "run.json").exists():
        raise AuditError(gettext("{out}: holds no run to go on with; leave out --resume to begin one").format(out=out))
    problems = _unreadable(files)
    if len(problems) == len(files):
        rest = gettext("; nor can {count:,} more be read").format(count=len(files) - 1) if len(files) > 1 else ""
        raise AuditError(f"{problems[0]}{rest}")
    if tell:
        for problem in (*hollow, *problems):
            tell(problem)
    if force:
        clear(out)
    out.mkdir(parents=True, exist_ok=True)
    # Ended between the last word of run.json and the last file of the first pass.
    if (out / part_of(FINDINGS)).exists() and (before := finished(out, manifest)) is not None:
        _tidy(out)
        return before
    _check(out, manifest)
    began = time.time()
    total = Summary()
    _first_pass(out, files, settings, manifest, total, workers, watch)
    decided = decide_all(out, total, settings)
    finish(out, manifest, total, decided._asdict(), workers, time.time() - began)
    _tidy(out)
    return total


def _first_pass(
    out: Path,
    files: Sequence[str],
    settings: Settings,
    manifest: dict[str, Any],
    total: Summary,
    workers: int,
    watch: Callable[[Summary, float], None] | None,
) -> None:
    """Judges what no journal of the folder has yet, page by page, and adds all of it to ``total``."""
    names = (FINDINGS, NOTES, "errors.jsonl", *chain.from_iterable(CLEANED[form] for form in sorted(settings.clean)))
    with Journal(out, names) as journal:
        done = journal.recover(total)
        write_manifest(out, manifest)
        way = _Way(manifest["inputs"])

        # What the watcher raises while an archive is read is no fault of the archive's.
        raised: list[Exception] = []

        def move(path: str, position: int) -> None:
            if watch and not raised and way.move(path, position):
                try:
                    watch(total, way.share)
                except Exception as error:
                    raised.append(error)

        left = sys.maxsize if settings.limit is None else settings.limit - total.pages
        with closing(_judged(files if left else (), done, settings, workers, move)) as found:
            for each in found:
                # Too many: the batch is judged once more, and no further than it may.
                judged = each if each.summary.pages <= left else judge(each.batch, settings, left)
                journal.write(judged)
                total.add(judged.summary)
                if raised:
                    raise raised[0]
                if watch:
                    watch(total, way.share)
                left -= judged.summary.pages
                if not left:
                    break
        journal.finish()


def _hollow(named: Iterable[str]) -> list[str]:
    """What is wrong with each of the folders that hold no file."""
    said = gettext("{folder}: a folder without a file; name one that holds archives or pages")
    return [said.format(folder=name) for name in named if Path(name).is_dir() and not any(expand([name]))]


def _unreadable(files: Iterable[str]) -> list[str]:
    """What is wrong with each of the files that cannot be opened, and what to do about it."""
    problems = []
    for name in files:
        if "://" in name:
            problems.append(
                gettext("{name}: an audit fetches nothing; download it (curl -O), and name the file").format(name=name)
            )
            continue
        try:
            open_file(name).close()
        except (OSError, ValueError) as error:
            problems.append(
                gettext("{name}: {reason}; check the name and the permissions").format(name=name, reason=reason(error))
            )
    return problems


def _tidy(out: Path) -> None:
    """Takes away what only an unfinished run needs; the findings of the first pass last, which say that it is left."""
    for name in ("progress.jsonl", part_of(NOTES), part_of(FINDINGS)):
        (out / name).unlink(missing_ok=True)


# ------------------------------------------------------------------------------------------------------------- judging


def _jobs(files: Sequence[str], done: Sequence[list[Any]]) -> Iterator[Batch | PageError]:
    """What is still to be judged, in order.

    Raises:
        AuditError: what was judged before is not what the archives hold now.
    """
    number = 0
    for path in files:
        for job in unspoken(batches(path, _BATCH)):
            if number < len(done):
                was = list(job) if isinstance(job, Batch) else [job.where, "error", 0, -1, -1]
                if was != done[number]:
                    raise AuditError(
                        gettext(
                            "{path}: it has changed since this run was begun; begin a new one in another folder"
                        ).format(path=path)
                    )
            else:
                yield job
            number += 1


def _judged(
    files: Sequence[str], done: Sequence[list[Any]], settings: Settings, workers: int, move: Move
) -> Generator[Judged]:
    jobs = _jobs(files, done)
    if workers == 1:
        for job in jobs:
            yield judge(job, settings, at=partial(move, job.path) if isinstance(job, Batch) else None)
        return
    pool = [Worker(settings) for _ in range(workers)]
    try:
        yield from results(jobs, pool, move)
    finally:
        for worker in pool:
            worker.end()


class _Way:
    """How far a run is, by the bytes of its archives; it never goes back, whichever worker tells it."""

    def __init__(self, inputs: Sequence[dict[str, Any]]) -> None:
        self.share = 0.0
        self._before: dict[str, tuple[int, int]] = {}
        self._whole = 0
        self._last = 0.0
        for about in inputs:
            self._before[about["path"]] = (self._whole, about["size"] or 0)
            self._whole += about["size"] or 0

    def move(self, path: str, position: int) -> bool:
        """Notes how many bytes of an archive are read; whether it is time to say so."""
        before, size = self._before.get(path, (0, 0))
        self.share = max(self.share, (before + min(position, size)) / max(1, self._whole))
        now = time.monotonic()
        is_time = now - self._last >= TOLD
        self._last = now if is_time else self._last
        return is_time


def _check(out: Path, manifest: dict[str, Any]) -> None:
    """Whether a run may write here: the folder is empty, or holds this very run, unfinished."""
    path = out / "run.json"
    if not path.exists():
        if (out / "findings.jsonl").exists():
            raise AuditError(
                gettext("{out}: holds findings of no run that is known; name an empty folder").format(out=out)
            )
        return
    try:
        before = json.loads(path.read_text("utf-8"))
    except ValueError:
        raise AuditError(gettext("{path}: cannot be read; name an empty folder").format(path=path)) from None
    if before.get("state") == "finished":
        raise AuditError(
            gettext("{out}: holds a finished run; name an empty folder, or begin anew over it by --force").format(
                out=out
            )
        )
    for name, value in manifest.items():
        if before.get(name) != value:
            raise AuditError(
                gettext(
                    "{out}: holds an unfinished run with other {name}; repeat its command, name an empty "
                    "folder, or begin anew over it by --force"
                ).format(out=out, name=name)
            )
