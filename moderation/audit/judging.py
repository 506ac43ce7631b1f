"""A stretch of an archive -> lines to write and counts: what every way of auditing does, in any process.

The audit on one machine and the one on a cluster differ in who calls :func:`judge` and who writes; what is found, and
how each line reads, is decided here.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from moderation.audit.notes import NOTES, note, quoted
from moderation.common.addresses import host_of
from moderation.common.messages import SOURCE, gettext, speaking
from moderation.data import Action, Verdict
from moderation.engine import Examined, Moderator
from moderation.errors import PageError, UnreadablePage
from moderation.inputs.archives import Batch, Record, Skip, conversion, read

__all__ = ["CLEANED", "Judged", "Settings", "Summary", "judge", "line", "moderator_of"]

# The files that cleaned pages go to, by the name of their format.
CLEANED = {
    "jsonl": ("cleaned.jsonl",),
    "warc": ("cleaned.warc.gz",),
    "dolma": ("dolma/documents/pages.jsonl.gz", "dolma/attributes/moderation/pages.jsonl.gz"),
}
_WITHIN = re.compile(r"#[\d.]+$")


@dataclass(frozen=True)
class Settings:
    """What decides the result of a run, beside the archives.

    Args:
        model: a model folder or the name of an installed one; None for the one that is shipped.
        policy: a TOML file; None for the model's own thresholds.
        sample: share of the pages to judge, in (0, 1], chosen by a hash of their address.
        hosts: judge only pages of these hosts; empty for all.
        score: report only pages with a finding of at least this score.
        clean: how to write cleaned pages, some of the keys of :data:`CLEANED`; empty for not at all.
        limit: judge no more pages than this; None for all.
        alone: judge each page by itself, and compare nothing across pages and hosts.
    """

    model: str | None = None
    policy: str | None = None
    sample: float = 1.0
    hosts: tuple[str, ...] = ()
    score: float = 0.0
    clean: tuple[str, ...] = ()
    limit: int | None = None
    alone: bool = False


@dataclass
class Summary:
    """What a run has read and found so far.

    ``archives`` holds for each file: records, pages, flagged, errors and skipped by kind.
    ``hosts`` and ``months`` (of the pages' dates) hold for each name: pages, flagged, first and last seen, since and
    until when flagged, and of the flagged pages the actions, labels and places.
    """

    records: int = 0
    pages: int = 0
    flagged: int = 0
    characters: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    archives: dict[str, dict[str, Any]] = field(default_factory=dict)
    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    months: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, other: Summary) -> None:
        """Adds what another part of the run has read."""
        for name in ("records", "pages", "flagged", "characters"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("errors", "skipped", "actions", "labels", "places"):
            getattr(self, name).update(getattr(other, name))
        for name in ("archives", "hosts", "months"):
            mine = getattr(self, name)
            for key, row in getattr(other, name).items():
                mine[key] = _joined(mine[key], row) if key in mine else row

    def see(self, host: str, date: str, verdict: Verdict, *, flagged: bool) -> None:
        """Counts one page that was judged."""
        self.pages += 1
        row: dict[str, Any] = {"pages": 1, "flagged": int(flagged), "first": date, "last": date}
        if flagged:
            self.flagged += 1
            labels = dict.fromkeys(sorted({finding.label for finding in verdict.findings}), 1)
            places = dict.fromkeys(sorted({finding.place.value for finding in verdict.findings}), 1)
            self.actions[verdict.action.value] += 1
            self.labels.update(labels)
            self.places.update(places)
            row |= {"since": date, "until": date, "actions": {verdict.action.value: 1}}
            row |= {"labels": labels, "places": places}
        self.hosts[host] = _joined(self.hosts[host], row) if host in self.hosts else row
        if date:
            month = date[:7]
            self.months[month] = _joined(self.months[month], row) if month in self.months else row

    def flag_again(self, flagged: Summary) -> None:
        """Replaces what is counted of flagged pages.

        Args:
            flagged: has seen the pages that are flagged now, and no other.
        """
        self.flagged = flagged.flagged
        self.actions, self.labels, self.places = flagged.actions, flagged.labels, flagged.places
        for name in ("hosts", "months"):
            now = getattr(flagged, name)
            for key, row in getattr(self, name).items():
                kept = {part: row[part] for part in ("pages", "flagged", "first", "last")}
                kept["flagged"] = 0
                counts = {part: value for part, value in now.get(key, {}).items() if part not in ("first", "last")}
                getattr(self, name)[key] = _joined(kept, {**counts, "pages": 0}) if counts else kept

    def to_dict(self) -> dict[str, Any]:
        """All of it, as JSON takes it."""
        return {
            name: dict(sorted(value.items())) if isinstance(value, dict) else value
            for name, value in vars(self).items()
        }

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Summary:
        """What :meth:`to_dict` made."""
        found = cls(row["records"], row["pages"], row["flagged"], row["characters"])
        found.archives, found.hosts, found.months = row["archives"], row["hosts"], row["months"]
        for name in ("errors", "skipped", "actions", "labels", "places"):
            getattr(found, name).update(row[name])
        return found

    @classmethod
    def from_json(cls, text: str) -> Summary:
        """What :meth:`to_dict` made, written as JSON."""
        return cls.from_dict(json.loads(text))


@dataclass
class Judged:
    """A batch, judged: what it adds to each file of the run, and its counts."""

    batch: Batch
    summary: Summary = field(default_factory=Summary)
    lines: dict[str, list[bytes]] = field(default_factory=dict)

    def add(self, file: str, data: bytes) -> None:
        """Adds to a file."""
        self.lines.setdefault(file, []).append(data)

    def data(self, file: str) -> bytes:
        """What the batch adds to a file; packed files grow by one gzip member."""
        data = b"".join(self.lines.get(file, ()))
        return gzip.compress(data, mtime=0) if data and file.endswith(".jsonl.gz") else data


@lru_cache(maxsize=1)
def moderator_of(model: str | None, policy: str | None) -> Moderator:
    """One for each process: a worker loads the model once.

    Raises:
        ModelError, PolicyError: nothing can be judged.
    """
    return Moderator.load(model, policy)


def judge(
    job: Batch | PageError, settings: Settings, limit: int | None = None, at: Callable[[int], None] | None = None
) -> Judged:
    """Judges one batch; an archive that cannot be opened is a batch of one error.

    Args:
        job: what to read.
        settings: what to judge and by what; its limit is that of the whole run and is left to the caller.
        limit: judge no more pages than this, and read no further then.
        at: is told, record by record, about how many bytes of the file are read.
    """
    if isinstance(job, PageError):
        judged = Judged(Batch(job.where, "error"), Summary(records=1))
        _refuse(judged, job)
    else:
        judged = Judged(job)
        # What is written is the same whoever asked for it, and in whatever language.
        with speaking(SOURCE):
            _judge_records(judged, settings, limit, at)
    summary = judged.summary
    counts = {"records": summary.records, "pages": summary.pages, "flagged": summary.flagged}
    # An error may name a place inside the file.
    path = _WITHIN.sub("", judged.batch.path) if judged.batch.format == "error" else judged.batch.path
    summary.archives[path] = {**counts, "errors": dict(summary.errors), "skipped": dict(summary.skipped)}
    return judged


def _judge_records(judged: Judged, settings: Settings, limit: int | None, at: Callable[[int], None] | None) -> None:
    moderator = moderator_of(settings.model, settings.policy)
    summary = judged.summary
    for outcome in read(judged.batch, at):
        if summary.pages == limit:
            break
        summary.records += 1
        if isinstance(outcome, Skip):
            summary.skipped[outcome.kind] += 1
        elif isinstance(outcome, PageError):
            _refuse(judged, outcome)
        elif _is_chosen(outcome, settings):
            _judge_page(judged, outcome, moderator, settings)
        else:
            summary.skipped["not-chosen"] += 1


def line(row: Mapping[str, Any]) -> bytes:
    """A row as one line of JSON, in ASCII: no character of a hostile page ends the line or breaks the encoding."""
    return json.dumps(row, ensure_ascii=True).encode() + b"\n"


def _refuse(judged: Judged, error: PageError) -> None:
    judged.summary.errors[error.code] += 1
    judged.add("errors.jsonl", line({"where": error.where, **error.to_dict()}))


def _judge_page(judged: Judged, record: Record, moderator: Moderator, settings: Settings) -> None:
    page = record.page
    try:
        examined = Examined(moderator.check(page), ()) if settings.alone else moderator.examine(page)
        flagged = any(finding.score >= settings.score for finding in examined.verdict.findings)
        # All that may fail does so before anything of the page is counted or written.
        made = list(_lines_of(record, examined, moderator, settings, flagged=flagged))
    except Exception as problem:
        error = problem
        if not isinstance(error, PageError):
            # A fault of ours on one page must not cost the run.
            said = f"{type(problem).__name__}: {problem}"
            error = UnreadablePage(
                gettext("{where}: {said}; judge it by hand, and report this as a bug").format(
                    where=page.where, said=said
                )
            )
        error.where = page.where
        _refuse(judged, error)
        return
    judged.summary.characters += len(page.content)
    judged.summary.see(host_of(page.url), record.date, examined.verdict, flagged=flagged)
    for file, data in made:
        judged.add(file, data)


def _lines_of(
    record: Record, examined: Examined, moderator: Moderator, settings: Settings, *, flagged: bool
) -> Iterator[tuple[str, bytes]]:
    """What a page adds to the files of the run."""
    page, verdict = record.page, examined.verdict
    row = {"where": page.where, "host": host_of(page.url), "date": record.date, "id": record.id, **verdict.to_dict()}
    row["findings"] = quoted(page, verdict.findings, verdict)
    if record.listed is not None:
        row["listed"] = record.listed
    if flagged:
        yield "findings.jsonl", line(row)
    if not settings.alone:
        noted = note(page, examined, moderator.policy, row, flagged=flagged)
        if noted:
            yield NOTES, line(noted)
    if settings.clean:
        yield from _cleaned(record, verdict, moderator, settings)


def _cleaned(record: Record, verdict: Verdict, moderator: Moderator, settings: Settings) -> Iterator[tuple[str, bytes]]:
    """Hands on the page: cut where the verdict says so, left out where it is rejected, otherwise as it is."""
    page = record.page
    if verdict.action is Action.REJECT:
        return
    about = {"id": record.id or page.where, "url": page.url, "date": record.date, "where": page.where}
    cleaned = moderator.clean(page, verdict) if verdict.action is Action.CLEAN else None
    content = cleaned.content if cleaned else page.content
    if "jsonl" in settings.clean:
        cuts = [list(cut.span) for cut in cleaned.cuts] if cleaned else []
        kind = "html" if page.is_html else "text"
        row = {**about, "action": verdict.action.value, kind: content, "cuts": cuts}
        yield CLEANED["jsonl"][0], line(row)
    if "warc" in settings.clean and cleaned and cleaned.cuts:
        by = f"{verdict.model} {verdict.policy}"
        yield CLEANED["warc"][0], conversion(record, content, by)
    if "dolma" in settings.clean:
        documents, attributes = CLEANED["dolma"]
        spans: dict[str, list[list[float]]] = {}
        for finding in verdict.findings:
            spans.setdefault(finding.label, []).append([finding.span.start, finding.span.end, finding.score])
        metadata = {"url": page.url, "where": page.where, "action": verdict.action.value}
        document = {"id": about["id"], "text": page.content, "source": "moderation", "created": record.date}
        yield documents, line({**document, "metadata": metadata})
        found = {f"moderation__{name}": spans[name] for name in spans}
        yield attributes, line({"id": about["id"], "attributes": found})


def _is_chosen(record: Record, settings: Settings) -> bool:
    if settings.hosts and host_of(record.page.url) not in settings.hosts:
        return False
    if settings.sample >= 1.0:
        return True
    name = record.page.url or record.page.where
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) < settings.sample * 2**64


def _joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The counts of two parts together: numbers add up, of dates the first or the last counts, an empty one is none."""
    row = dict(one)
    for name, value in other.items():
        mine = row.get(name)
        if mine is None or mine == "":
            row[name] = value
        elif isinstance(value, dict):
            row[name] = _joined(mine, value)
        elif isinstance(value, int):
            row[name] = mine + value
        elif value:
            row[name] = min(mine, value) if name in ("first", "since") else max(mine, value)
    return row
