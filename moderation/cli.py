"""The command line: each command reads its input, calls the library once a page, and prints.

Exit codes: 0 nothing flagged (``explain``, ``evaluate``: done); 1 something flagged (``clean``: something cut;
``model compare``: something flips); 2 wrong use, a model, policy or named input that cannot be used, or nothing flagged
while some pages could not be judged; 130 interrupted; 141 the reader of the output has gone.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from moderation import __version__
from moderation._inputs import Item, find_files, is_folder, read_items
from moderation._labelled import Labels, load_labels, read_labelled
from moderation._render import Style, drift_lines, evaluation_lines, explanation_lines, flip_lines, verdict_lines
from moderation._rewrite import rewrite
from moderation.data import Action, Page
from moderation.drift import Drift, flips
from moderation.engine import Moderator
from moderation.errors import ModerationError, PageError
from moderation.evaluation import Evaluation, evaluate
from moderation.excerpt import plain

if TYPE_CHECKING:
    from moderation.judging import Settings, Summary

__all__ = ["build_parser", "entry", "main"]

T = TypeVar("T")

# A progress bar is worth its line from this many files.
_MANY = 20
# Escaped in JSON although it need not be: lone surrogates have no UTF-8, and the others end a line for some readers.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def entry() -> None:
    """What the installed ``moderation`` command runs."""
    sys.exit(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    # Closed by who started this: nothing can be said there, and the next file that is opened would take its place.
    if sys.stdout is None or sys.stderr is None:
        return 2 if sys.stderr is None else _stop("standard output is closed; open it, or send it to /dev/null")
    # Whatever the locale says: output is UTF-8, and a lone surrogate of a broken page or name must not end the run.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        options = build_parser().parse_args(argv)
        code: int = options.run(options)
        sys.stdout.flush()
    except SystemExit as stop:  # argparse has said what was wrong, or printed the help
        return int(stop.code or 0)
    except ModerationError as error:
        return _stop(str(error))
    except BrokenPipeError:
        # The reader has gone (head, less): nothing more to say, and nothing to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        return _stop(f"{error.filename or 'output'}: {error.strerror or error}; check the name, permissions and space")
    except KeyboardInterrupt:
        return 130
    return code


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="moderation", description="Finds spam injected into web pages, says where and why, and takes it out."
    )
    parser.add_argument("--version", action="version", version=f"moderation {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    check = _command(commands, "check", "the verdict on each page", _check)
    _add_inputs(check)
    _add_looks(check)

    clean = _command(commands, "clean", "a page without what was injected", _clean)
    clean.add_argument("path", metavar="PATH", help="an HTML or text file, or - for standard input")
    clean.add_argument("-o", "--output", metavar="FILE", help="write the page here (default: standard output)")
    clean.add_argument("--cuts", metavar="FILE", help="write what was cut here, as JSON, so that it can be put back")
    _add_engine(clean)

    explain = _command(commands, "explain", "every contribution to the score of every candidate", _explain)
    _add_inputs(explain)
    _add_looks(explain)

    evaluating = _command(commands, "evaluate", "how well the model does on labelled pages of your own", _evaluate)
    _add_inputs(evaluating)
    _add_looks(evaluating, "json")
    evaluating.add_argument("--labels", metavar="FILE", help="a table or .jsonl file of path and label, and url")
    evaluating.add_argument("--out", metavar="FILE", help="write what became of each row here, as JSON Lines")
    evaluating.add_argument(
        "--worst", type=int, metavar="N", default=10, help="rows to name on either side (default %(default)s)"
    )

    auditing = _command(commands, "audit", "what archives hold: findings, errors and hosts, into a folder", _audit)
    _add_archives(auditing, "folder of the results; an unfinished run goes on")
    auditing.add_argument("--workers", type=int, metavar="N", default=1, help="processes (default %(default)s)")
    auditing.add_argument("--resume", action="store_true", help="only go on with an unfinished run, begin none")
    auditing.add_argument("--limit", type=int, metavar="N", help="judge no more pages than this")
    auditing.add_argument(
        "--clean", metavar="FORMAT", action="append", default=[], help="write cleaned pages too: jsonl, warc or dolma"
    )

    spark = _command(commands, "spark-audit", "the same, on a Spark cluster", _spark_audit)
    _add_archives(spark, "new folder of the results, on this machine")
    spark.add_argument("--master", metavar="URL", help="the cluster, or local[N] (default: as spark-submit has it)")
    spark.add_argument("--partitions", type=int, metavar="N", help="tasks of the judging (default: by the archives)")
    spark.add_argument("--rows", metavar="ADDRESS", help="write all rows here too, as Parquet, wherever Spark can")
    spark.add_argument("--arrow", action="store_true", help="carry rows by mapInArrow (takes pandas), not by an RDD")
    spark.add_argument(
        "--clean", metavar="FORMAT", action="append", default=[], help="write cleaned pages too: jsonl only"
    )

    reporting = _command(commands, "report", "what an audit found, as tables and one HTML file in its folder", _report)
    reporting.add_argument("folder", metavar="DIR", help="the folder of a finished audit")
    reporting.add_argument("--parquet", action="store_true", help="write the tables as Parquet too")

    serving = _command(commands, "serve", "verdicts over HTTP, for CMSes", _serve)
    serving.add_argument("--config", metavar="FILE", help="a TOML file of sites and limits (default: one site)")
    serving.add_argument("--host", default="127.0.0.1", help="address to listen at (default %(default)s)")
    serving.add_argument("--port", type=int, default=8000, help="port (default %(default)s)")
    serving.add_argument("--workers", type=int, metavar="N", default=1, help="processes (default %(default)s)")
    serving.add_argument(
        "--records", metavar="URL", help="keep verdicts and feedback here, as sqlite:///records.sqlite"
    )
    _add_engine(serving)

    _command(commands, "key", "a new key for a site of the service, and its digest", _key)

    model = _command(commands, "model", "what the model is and how well it does", _model)
    model.add_argument("--model", metavar="DIR", help="a model folder, or the name of one that is installed")
    about = model.add_subparsers(metavar="COMMAND")
    compare = _command(about, "compare", "what flips between two models on the same pages", _compare)
    compare.add_argument("old", metavar="OLD", help="a model folder, or the name of one that is installed")
    compare.add_argument("new", metavar="NEW", help="another")
    _add_pages(compare)
    compare.add_argument("--policy", metavar="FILE", help="a TOML file of what counts and what to do with it")
    compare.add_argument("--format", choices=("text", "jsonl"), default="text", help="for people (default) or machines")

    completion = _command(commands, "completion", "a script that completes commands in a shell", _completion)
    completion.add_argument("shell", choices=("bash", "zsh"))
    return parser


def _command(
    commands: Any, name: str, summary: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=f"Prints {summary}.")
    parser.set_defaults(run=run)
    return parser


def _add_archives(parser: argparse.ArgumentParser, out: str) -> None:
    parser.add_argument(
        "archives",
        metavar="ARCHIVE",
        nargs="*",
        help="WARC, WET, ARC, WACZ, zip, tar, .jsonl, .parquet, pages, or folders of them; - for a list of paths on"
        " standard input",
    )
    parser.add_argument("--out", metavar="DIR", required=True, help=out)
    parser.add_argument("--list", metavar="FILE", help="a file of paths, one a line, such as warc.paths.gz")
    parser.add_argument(
        "--root", metavar="DIR", default="", help="the folder, or the address, that listed paths are relative to"
    )
    parser.add_argument(
        "--sample", type=float, metavar="RATE", default=1.0, help="share of the pages, chosen by address"
    )
    parser.add_argument("--only-host", metavar="HOST", action="append", default=[], help="judge only this host's pages")
    parser.add_argument("--min-score", type=float, metavar="SCORE", default=0.0, help="report findings from this on")
    parser.add_argument(
        "--alone", action="store_true", help="judge each page by itself, compare nothing across pages and hosts"
    )
    parser.add_argument("--parquet", action="store_true", help="write the tables as Parquet too")
    parser.add_argument("--no-report", action="store_true", help="leave out campaigns, tables and the report")
    _add_engine(parser)


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    _add_pages(parser)
    _add_engine(parser)


def _add_pages(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="+",
        help="HTML or text files, folders, .jsonl files with id and html, text or title, or - for standard input",
    )
    parser.add_argument("--jsonl", action="store_true", help="standard input holds JSON Lines, not one page")
    parser.add_argument("--url", help="where the pages are from, unless they say so themselves")


def _add_engine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="DIR", help="a model folder, or the name of one that is installed")
    parser.add_argument("--policy", metavar="FILE", help="a TOML file of what counts and what to do with it")


def _add_looks(parser: argparse.ArgumentParser, machine: str = "jsonl") -> None:
    parser.add_argument("--format", choices=("text", machine), default="text", help="for people (default) or machines")
    parser.add_argument("--show", action="store_true", help="print findings as they are, not masked")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="mark spans with colours")


# ----------------------------------------------------------------------------------------------------------- commands


class _Tally:
    """What a run has seen, for its exit code and its last line."""

    def __init__(self) -> None:
        self.pages = 0
        self.flagged = 0
        self.failed = 0
        self._unusable = False

    def fail(self, item: Item, error: PageError, form: str) -> None:
        """Counts and reports a page that could not be judged."""
        self.failed += 1
        self._unusable = self._unusable or item.named
        if form == "jsonl":
            print(_json({**item.key, "error": error.to_dict()}))
        if form == "text" or item.named:
            print(f"moderation: {plain(str(error))}", file=sys.stderr)

    @property
    def code(self) -> int:
        if self._unusable:
            return 2
        return 1 if self.flagged else 2 if self.failed else 0


def _check(options: argparse.Namespace) -> int:
    moderator = Moderator.load(options.model, options.policy)
    style = _style(options)
    tally = _Tally()
    for item in _items(options):
        verdict = next(moderator.check_many([item.page]))
        if isinstance(verdict, PageError):
            tally.fail(item, verdict, options.format)
            continue
        tally.pages += 1
        tally.flagged += verdict.action is not Action.ALLOW
        if options.format == "jsonl":
            print(_json({**item.key, **verdict.to_dict()}))
        elif isinstance(item.page, Page):
            for line in verdict_lines(item.name, item.page, verdict, style):
                print(line)
    if options.format == "text" and tally.pages + tally.failed > 1:
        failed = f", {tally.failed} could not be judged" if tally.failed else ""
        print(f"{tally.flagged} of {tally.pages} pages flagged{failed}")
    return tally.code


def _clean(options: argparse.Namespace) -> int:
    if is_folder(options.path) or options.path.lower().endswith(".jsonl"):
        return _stop(f"{options.path} may hold many pages, and clean takes one; name an HTML or text file")
    moderator = Moderator.load(options.model, options.policy)
    item = next(read_items([options.path]))
    if isinstance(item.page, PageError):
        raise item.page
    cleaned = moderator.clean(item.page)
    data = rewrite(item.raw, item.page, cleaned)
    if data is None:
        print(f"moderation: {plain(item.name)} is broken as {item.page.encoding}; written as UTF-8", file=sys.stderr)
        data = cleaned.content.encode("utf-8", "replace")
    # The cuts first: what cannot be put back is not taken out.
    if options.cuts:
        rows = [cut.to_dict() for cut in cleaned.cuts]
        Path(options.cuts).write_bytes(_json(rows, indent=2).encode() + b"\n")
    if options.output:
        Path(options.output).write_bytes(data)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    return 1 if cleaned.cuts else 0


def _explain(options: argparse.Namespace) -> int:
    moderator = Moderator.load(options.model, options.policy)
    style = _style(options)
    tally = _Tally()
    for item in _items(options):
        try:
            if isinstance(item.page, PageError):
                raise item.page
            rows = moderator.explain(item.page)
        except PageError as error:
            tally.fail(item, error, options.format)
            continue
        if options.format == "jsonl":
            found = [row.to_dict() for row in rows]
            print(_json({**item.key, "url": item.page.url, "candidates": found, "model": moderator.model.identity}))
            continue
        print(f"{plain(item.name)}  {len(rows)} candidate{'' if len(rows) == 1 else 's'}")
        for row in rows:
            for line in explanation_lines(row, style):
                print(line)
    return tally.code


def _evaluate(options: argparse.Namespace) -> int:
    if options.worst < 0:
        return _stop(f"--worst {options.worst}: give 0 or more")
    moderator = Moderator.load(options.model, options.policy)
    labels = load_labels(options.labels) if options.labels else None
    style = _style(options)
    total = Evaluation(moderator, options.worst)
    unusable = False
    with Path(options.out).open("w", encoding="utf-8", newline="\n") if options.out else nullcontext() as out:
        for item, row in _evaluated(options, moderator, labels, total):
            if isinstance(row, ModerationError):
                unusable = unusable or (item.named and isinstance(row, PageError))
                total.leave_out(row.code)
                _warn(str(row))
                row = {"error": {"code": row.code, "message": str(row)}}
            if out is not None:
                print(_json({**item.key, **row}), file=out)
    for problem in [*labels.problems, *labels.unused()] if labels else ():
        total.notes += 1
        _warn(problem)
    if not total.rows:
        return _stop("no labelled page: give rows a label, name a file of --labels, or folders clean and spam")
    if options.format == "json":
        print(_json(total.to_dict(style.say), indent=2))
    else:
        for line in evaluation_lines(total, style):
            print(line)
    return 2 if unusable else 0


def _evaluated(
    options: argparse.Namespace, moderator: Moderator, labels: Labels | None, total: Evaluation
) -> Iterator[tuple[Item, dict[str, Any] | ModerationError]]:
    """What became of each page, or why it is left out; those judged are added up."""
    known = moderator.model.labels
    pages = read_labelled(options.paths, known, labels, rows=options.jsonl, url=options.url)
    for item, truth in _watched(options, pages):
        if isinstance(truth, ModerationError):
            yield item, truth
        elif isinstance(item.page, Page):
            try:
                outcome = evaluate(moderator, item.page, truth)
            except PageError as error:
                yield item, error
                continue
            for note in truth.notes:
                _warn(note)
            total.add(item.name, outcome)
            yield item, outcome.to_dict()


def _audit(options: argparse.Namespace) -> int:
    # Only here: archives and their reader are no part of a single check.
    from moderation.audit import audit, unreported

    if options.workers < 1:
        return _stop(f"--workers {options.workers}: give 1 or more")
    settings = _settings(options)
    archives = _archives(options)
    # The disk was full, or somebody ended it, when all was judged and the report was not made.
    before = None if options.no_report else unreported(archives, options.out, settings)
    if before is not None:
        return _print_audit(options, before)
    bar = None
    if sys.stderr.isatty():
        from tqdm import tqdm

        form = "{percentage:3.0f}%|{bar}| {desc} [{elapsed}<{remaining}]"
        bar = tqdm(total=1.0, file=sys.stderr, bar_format=form, dynamic_ncols=True)
    began = time.monotonic()

    def watch(total: Summary, share: float) -> None:
        if bar is not None:
            rate = total.pages / max(0.001, time.monotonic() - began)
            said = f"{total.pages:,} pages, {rate:,.0f} a second, {total.flagged:,} flagged"
            bar.set_description_str(said, refresh=False)
            bar.update(share - bar.n)

    try:
        total = audit(archives, options.out, settings, options.workers, watch, resume=options.resume)
    finally:
        if bar is not None:
            bar.close()
    return _print_audit(options, total)


def _spark_audit(options: argparse.Namespace) -> int:
    settings = _settings(options)
    if options.partitions is not None and options.partitions < 1:
        return _stop(f"--partitions {options.partitions}: give 1 or more")
    try:
        from moderation.spark import audit_into, session
    except ImportError as error:
        return _stop(f"{error}; install moderation[spark]")
    spark = session(options.master)
    total = audit_into(
        options.out,
        spark,
        _archives(options),
        settings,
        partitions=options.partitions,
        arrow=options.arrow,
        rows=options.rows,
    )
    return _print_audit(options, total)


def _settings(options: argparse.Namespace) -> Settings:
    """What the options of an audit say.

    Raises:
        ModerationError: one of them makes no sense.
    """
    from moderation.judging import CLEANED, Settings

    limit = getattr(options, "limit", None)
    if limit is not None and limit < 1:
        raise ModerationError(f"--limit {limit}: give 1 or more")
    if not 0 < options.sample <= 1:
        raise ModerationError(f"--sample {options.sample}: give a share above 0 and at most 1")
    unknown = sorted(set(options.clean) - set(CLEANED))
    if unknown:
        raise ModerationError(f"--clean {unknown[0]}: give one of {', '.join(CLEANED)}")
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


def _print_audit(options: argparse.Namespace, total: Summary) -> int:
    print(f"{total.records:,} records, {total.pages:,} pages judged on {len(total.hosts):,} hosts")
    print(f"{total.flagged:,} flagged: " + (_counts(total.actions) or "none"))
    for name, counts in (("labels", total.labels), ("errors", total.errors), ("skipped", total.skipped)):
        if counts:
            print(f"{name}: {_counts(counts)}")
    if not options.no_report:
        _print_report(options)
    print(f"results in {options.out}")
    return 1 if total.flagged else 2 if total.errors and not total.pages else 0


def _archives(options: argparse.Namespace) -> list[str]:
    """The archives of the command line and of its lists."""
    from moderation.archives import listed
    from moderation.archives.files import opened

    paths: list[str] = []
    for path in options.archives:
        if path == "-" and sys.stdin is None:
            raise ModerationError("standard input is closed; name archives, or give their list by --list")
        paths += listed(sys.stdin, options.root) if path == "-" else [path]
    if options.list:
        with opened(options.list) as file:
            text = file.read().decode("utf-8", "surrogateescape")
        paths += listed(text.splitlines(), options.root)
    return paths


def _report(options: argparse.Namespace) -> int:
    options.out = options.folder
    _print_report(options)
    return 0


def _print_report(options: argparse.Namespace) -> None:
    from moderation.report import report

    made = report(options.out, parquet=options.parquet)
    if made.campaigns:
        print(f"{made.campaigns:,} campaigns, the largest on {made.largest:,} hosts")
    print(f"report: {made.page}")


def _serve(options: argparse.Namespace) -> int:
    if options.workers < 1:
        return _stop(f"--workers {options.workers}: give 1 or more")
    try:
        from moderation.service.config import Config, Site, digest, load_config, new_key
        from moderation.service.worker import serve
    except ImportError as error:
        return _stop(f"{error}; install moderation[service]")
    if options.config:
        source: Path | None = Path(options.config).resolve()
        if options.model or options.policy or options.records:
            return _stop("--model, --policy and --records stand in the file of --config; leave them out here")
        config = load_config(Path(options.config).resolve())
    else:
        source = None
        key = os.environ.get("MODERATION_KEY") or new_key()
        if not os.environ.get("MODERATION_KEY"):
            print(f"moderation: the key, until this ends: {key}", file=sys.stderr)
        site = Site("default", frozenset([digest(key)]), options.policy, admin=True)
        config = Config({"default": site}, options.model, options.records)
    # Says what is wrong before any worker is begun.
    Moderator.load(config.model)
    for each in config.sites.values():
        Moderator.load(config.model, each.policy)
    print(f"moderation: serving at http://{options.host}:{options.port}", file=sys.stderr)
    serve(config, source, options.host, options.port, options.workers)
    return 0


def _key(options: argparse.Namespace) -> int:
    try:
        from moderation.service.config import digest, new_key
    except ImportError as error:
        return _stop(f"{error}; install moderation[service]")
    key = new_key()
    print(f'{key}\nkeys = ["{digest(key)}"]')
    return 0


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(
        f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    )


def _model(options: argparse.Namespace) -> int:
    model = Moderator.load(options.model).model
    manifest = model.manifest
    print(f"{model.identity}  protocol {manifest['protocol']}  {len(model.vocabulary):,} terms")
    print(f"labels      {', '.join(model.labels)}")
    print(f"thresholds  {', '.join(f'{name} {value}' for name, value in model.thresholds.items())}")
    for name, digest in manifest["files"].items():
        print(f"{name:<16}  sha256 {digest}")
    for line in _metric_lines(manifest.get("metrics", {})):
        print(line)
    return 0


def _compare(options: argparse.Namespace) -> int:
    old = Moderator.load(options.old, options.policy)
    new = Moderator.load(options.new, options.policy)
    drift = Drift()
    tally = _Tally()
    for item in _items(options):
        flip = next(flips(old, new, [item.page]))
        if isinstance(flip, PageError):
            tally.fail(item, flip, options.format)
            continue
        drift.add(flip)
        if flip.is_same:
            continue
        if options.format == "jsonl":
            print(_json({**item.key, **flip.to_dict()}))
        else:
            for line in flip_lines(item.name, flip):
                print(line)
    if options.format == "text":
        for line in drift_lines(drift, old.model.identity, new.model.identity):
            print(line)
    tally.flagged = drift.changed
    return tally.code


def _completion(options: argparse.Namespace) -> int:
    import shtab

    parser = build_parser()
    for command in parser._subparsers._group_actions[0].choices.values():  # type: ignore[union-attr]  # argparse has no public way
        for action in command._actions:
            if action.dest in ("paths", "path", "output", "cuts", "policy"):
                action.complete = shtab.FILE
            elif action.dest == "model":
                action.complete = shtab.DIRECTORY
    print(shtab.complete(parser, options.shell))
    return 0


# ------------------------------------------------------------------------------------------------------------ printing


def _items(options: argparse.Namespace) -> Iterable[Item]:
    """The items of the command line."""
    return _watched(options, read_items(options.paths, rows=options.jsonl, url=options.url))


def _watched(options: argparse.Namespace, items: Iterable[T]) -> Iterable[T]:
    """The items, with a bar on standard error where many files are read and a terminal is there to see it."""
    if options.jsonl and "-" not in options.paths:
        raise ModerationError("--jsonl says what standard input holds; name - to read it")
    if not sys.stderr.isatty() or sys.stdout.isatty():
        return items
    total = sum(len(find_files(Path(path))) if is_folder(path) else 1 for path in options.paths)
    if total < _MANY:
        return items
    from tqdm import tqdm

    bar: Iterable[T] = tqdm(items, total=total, unit=" pages", file=sys.stderr, dynamic_ncols=True)
    return bar


def _style(options: argparse.Namespace) -> Style:
    wanted = (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") if options.color == "auto" else options.color == "always"
    )
    return Style(wanted, options.show)


def _metric_lines(metrics: Any, name: str = "") -> Iterable[str]:
    """Whatever the manifest measured, one number a line."""
    if isinstance(metrics, dict):
        for key, value in metrics.items():
            yield from _metric_lines(value, f"{name} {key}".strip())
    else:
        yield f"{name:<40}  {metrics}"


def _warn(message: str) -> None:
    print(f"moderation: {plain(message)}", file=sys.stderr)


def _stop(message: str) -> int:
    _warn(message)
    return 2


def _json(row: Any, indent: int | None = None) -> str:
    text = json.dumps(row, ensure_ascii=False, indent=indent)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


if __name__ == "__main__":
    entry()
