"""The commands of audits: ``audit``, ``spark-audit`` and ``report``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from moderation.cli.printing import counted, counts_lines, extra_missing, stop, warn
from moderation.common.messages import gettext, ngettext
from moderation.errors import ModerationError

if TYPE_CHECKING:
    from moderation.audit.judging import Settings, Summary

__all__ = ["audit_archives", "audit_on_spark", "report_audit"]


def audit_archives(options: argparse.Namespace) -> int:
    # Only here: archives and their reader are no part of a single check.
    from moderation.audit.local import audit, unreported

    if options.workers < 1:
        return stop(gettext("--workers {workers}: give 1 or more").format(workers=options.workers))
    if options.force and options.resume:
        return stop(gettext("--force begins anew and --resume only goes on; give one of them"))
    settings = _settings(options)
    archives = _archives(options)
    # The disk was full, or somebody ended it, when all was judged and the report was not made.
    before = None if options.no_report or options.force else unreported(archives, options.out, settings)
    if before is not None:
        return _print_audit(options, before, archives)
    bar = None
    if sys.stderr.isatty():
        from tqdm import tqdm

        form = "{percentage:3.0f}%|{bar}| {desc} [{elapsed}<{remaining}]"
        bar = tqdm(total=1.0, file=sys.stderr, bar_format=form, dynamic_ncols=True)
    began = time.monotonic()
    # Now: it is told inside of what is written to files, which is in one language.
    progress = gettext("{pages:,} pages, {rate:,.0f} a second, {flagged:,} flagged")

    def watch(total: Summary, share: float) -> None:
        if bar is not None:
            rate = total.pages / max(0.001, time.monotonic() - began)
            said = progress.format(pages=total.pages, rate=rate, flagged=total.flagged)
            bar.set_description_str(said, refresh=False)
            bar.update(share - bar.n)

    told: list[str] = []

    def tell(problem: str) -> None:
        told.append(problem)
        warn(problem)

    ways = {"resume": options.resume, "force": options.force, "tell": tell}
    try:
        total = audit(archives, options.out, settings, options.workers, watch, **ways)
    finally:
        if bar is not None:
            bar.close()
    code = _print_audit(options, total, archives)
    # Also where the run ended, by its limit, before it came to them.
    return 2 if told else code


def audit_on_spark(options: argparse.Namespace) -> int:
    settings = _settings(options)
    if options.partitions is not None and options.partitions < 1:
        return stop(gettext("--partitions {partitions}: give 1 or more").format(partitions=options.partitions))
    from moderation.audit.manifest import unreported

    try:
        from moderation.pipelines.spark import audit_into, session
    except ImportError as error:
        return stop(extra_missing(error, "spark"))
    archives = _archives(options)
    before = None if options.no_report else unreported(archives, options.out, settings)
    if before is not None:
        return _print_audit(options, before, archives)
    total = audit_into(
        options.out,
        session(options.master),
        archives,
        settings,
        partitions=options.partitions,
        arrow=options.arrow,
        rows=options.rows,
    )
    return _print_audit(options, total, archives)


def _settings(options: argparse.Namespace) -> Settings:
    """What the options of an audit say.

    Raises:
        ModerationError: one of them makes no sense.
    """
    from moderation.audit.judging import CLEANED, Settings

    limit = getattr(options, "limit", None)
    if limit is not None and limit < 1:
        raise ModerationError(gettext("--limit {limit}: give 1 or more").format(limit=limit))
    if not 0 < options.sample <= 1:
        said = gettext("--sample {sample}: give a share above 0 and at most 1")
        raise ModerationError(said.format(sample=options.sample))
    unknown = sorted(set(options.clean) - set(CLEANED))
    if unknown:
        said = gettext("--clean {format}: give one of {known}")
        raise ModerationError(said.format(format=unknown[0], known=", ".join(CLEANED)))
    return Settings(
        options.model,
        options.policy,
        options.sample,
        tuple(options.only_host),
        options.min_score,
        tuple(sorted(set(options.clean))),
        limit,
        options.alone,
    )


def _print_audit(options: argparse.Namespace, total: Summary, archives: Sequence[str]) -> int:
    said = gettext("{records:,} records, {pages:,} pages judged on {hosts:,} hosts")
    print(said.format(records=total.records, pages=total.pages, hosts=len(total.hosts)))
    counts = counted("action", total.actions) or gettext("none")
    print(gettext("{flagged:,} flagged: {counts}").format(flagged=total.flagged, counts=counts))
    rows = (
        (gettext("labels"), "label", total.labels),
        (gettext("errors"), "error", total.errors),
        (gettext("skipped"), "skipped", total.skipped),
    )
    for line in counts_lines(rows):
        print(line)
    if not options.no_report:
        _print_report(options)
    print(gettext("results in {out}").format(out=options.out))
    if not total.pages and total.errors:
        said = gettext("no page could be judged; {out}/errors.jsonl says why: {reason}")
        warn(said.format(out=options.out, reason=_first_error(options.out)))
        return 2
    unusable = _unusable(archives, total)
    if unusable:
        said = gettext("{path}: nothing of it could be judged; {out}/errors.jsonl says why")
        warn(said.format(path=unusable[0], out=options.out) + _and_more(len(unusable) - 1))
        return 2
    return 1 if total.flagged else 0


def _unusable(archives: Sequence[str], total: Summary) -> list[str]:
    """The archives that were named, not found in a folder, and of which nothing but errors came."""
    counts = ((name, total.archives.get(name)) for name in dict.fromkeys(archives))
    return [name for name, row in counts if row and row["errors"] and not row["pages"] and not row["skipped"]]


def _and_more(count: int) -> str:
    if not count:
        return ""
    return ngettext(" ({count:,} more is like it)", " ({count:,} more are like it)", count).format(count=count)


def _first_error(out: str) -> str:
    with Path(out, "errors.jsonl").open("rb") as file:
        return str(json.loads(file.readline())["message"])


def _archives(options: argparse.Namespace) -> list[str]:
    """The archives of the command line and of its lists."""
    from moderation.inputs.archives import listed
    from moderation.inputs.archives.files import opened

    paths: list[str] = []
    for path in options.archives:
        if path == "-" and sys.stdin is None:
            raise ModerationError(gettext("standard input is closed; name archives, or give their list by --list"))
        paths += listed(sys.stdin, options.root) if path == "-" else [path]
    if options.list:
        with opened(options.list) as file:
            text = file.read().decode("utf-8", "surrogateescape")
        paths += listed(text.splitlines(), options.root)
    return paths


def report_audit(options: argparse.Namespace) -> int:
    options.out = options.folder
    _print_report(options)
    return 0


def _print_report(options: argparse.Namespace) -> None:
    from moderation.report import report

    made = report(options.out, parquet=options.parquet)
    if made.campaigns:
        said = gettext("{campaigns:,} campaigns, the largest on {largest:,} hosts")
        print(said.format(campaigns=made.campaigns, largest=made.largest))
    print(gettext("report: {page}").format(page=made.page))
