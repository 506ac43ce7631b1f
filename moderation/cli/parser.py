"""The parser of all commands."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from moderation import __version__
from moderation.cli.speech import Formatter
from moderation.messages import LANGUAGES, N_, gettext

__all__ = ["build_parser"]

_UNUSABLE = N_("2 wrong use, or a model, policy or named input that cannot be used")
# Where the service listens unless it is told otherwise.
HOST, PORT = "127.0.0.1", 8000


def _later(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    """A command whose module is imported when it runs: most load the engine, and `doctor` must not need it."""

    def run(options: argparse.Namespace) -> int:
        command: Callable[[argparse.Namespace], int] = getattr(import_module(f"moderation.cli.{module}"), name)
        return command(options)

    return run


complete = _later("about", "complete")
show_model = _later("about", "show_model")
audit_archives = _later("auditing", "audit_archives")
audit_on_spark = _later("auditing", "audit_on_spark")
report_audit = _later("auditing", "report_audit")
check_pages = _later("checking", "check_pages")
clean_page = _later("checking", "clean_page")
explain_pages = _later("checking", "explain_pages")
diagnose = _later("doctor", "diagnose")
compare_models = _later("evaluating", "compare_models")
evaluate_pages = _later("evaluating", "evaluate_pages")
back_up_records = _later("recording", "back_up_records")
show_records = _later("recording", "show_records")
upgrade_records = _later("recording", "upgrade_records")
make_key = _later("serving", "make_key")
run_service = _later("serving", "run_service")


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="moderation",
        description=gettext("Finds spam injected into web pages, says where and why, and takes it out."),
        epilog=gettext("Nothing is fetched from the web: save a page to a file, or hand it over as standard input (-).")
        + "\n\n"
        + gettext("examples:")
        + "\n  moderation check page.html\n  curl -sSL https://www.example.com/ | moderation check -\n"
        "  moderation audit crawl.warc.gz --out audit\n\n"
        + gettext(
            "exit codes: 0 nothing flagged; 1 something flagged; {unusable};\n"
            "130 interrupted; 141 the reader of the output has gone. `moderation COMMAND --help` says more."
        ).format(unusable=gettext(_UNUSABLE)),
        formatter_class=Formatter,
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"moderation {__version__}",
        help=gettext("show program's version number and exit"),
    )
    _add_language(parser)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_page_commands(commands)
    _add_audit_commands(commands)
    _add_service_commands(commands)
    _add_model_commands(commands)
    return parser


def _add_page_commands(commands: Any) -> None:
    check = _command(
        commands,
        "check",
        N_("the verdict on each page"),
        check_pages,
        "check page.html\nmoderation check --flagged --summary site/\ncurl -sSL URL | moderation check --url URL -",
        (
            N_("0 nothing flagged"),
            N_("1 something flagged"),
            N_(
                "2 wrong use, a model, policy or named input that cannot be used, or nothing flagged while some pages "
                "could not be judged"
            ),
        ),
    )
    _add_inputs(check)
    _add_looks(check)
    check.add_argument(
        "--flagged", action="store_true", help=gettext("print only what is flagged, and what cannot be judged")
    )
    check.add_argument(
        "--summary",
        action="store_true",
        help=gettext("say at the end, on standard error, how many by action and by label"),
    )
    check.add_argument("-q", "--quiet", action="store_true", help=gettext("print no verdict; the exit code says it"))

    clean = _command(
        commands,
        "clean",
        N_("a page without what was injected"),
        clean_page,
        "clean hijacked.html -o clean.html --cuts cuts.json",
        (N_("0 nothing to cut"), N_("1 something cut"), _UNUSABLE),
    )
    clean.add_argument("path", metavar="PATH", help=gettext("an HTML or text file, or - for standard input"))
    clean.add_argument("-o", "--output", metavar="FILE", help=gettext("write the page here (default: standard output)"))
    clean.add_argument(
        "--cuts", metavar="FILE", help=gettext("write what was cut here, as JSON, so that it can be put back")
    )
    _add_engine(clean)

    explain = _command(
        commands,
        "explain",
        N_("every contribution to the score of every candidate"),
        explain_pages,
        "explain page.html",
        (N_("0 done"), _UNUSABLE),
    )
    _add_inputs(explain)
    _add_looks(explain)

    evaluating = _command(
        commands,
        "evaluate",
        N_("how well the model does on labelled pages of your own"),
        evaluate_pages,
        "evaluate rows.jsonl\nmoderation evaluate pages/ --labels labels.csv",
        (N_("0 done"), N_("2 wrong use, a model, policy or named input that cannot be used, or no labelled page")),
    )
    _add_inputs(evaluating)
    _add_looks(evaluating, "json")
    evaluating.add_argument(
        "--labels", metavar="FILE", help=gettext("a table or .jsonl file of path and label, and url")
    )
    evaluating.add_argument("--out", metavar="FILE", help=gettext("write what became of each row here, as JSON Lines"))
    evaluating.add_argument(
        "--worst", type=int, metavar="N", default=10, help=gettext("rows to name on either side (default %(default)s)")
    )


def _add_audit_commands(commands: Any) -> None:
    ends = (
        N_("0 nothing flagged"),
        N_("1 something flagged"),
        N_("2 wrong use, a model, policy or named input that cannot be used, or no page could be judged"),
    )
    auditing = _command(
        commands,
        "audit",
        N_("what archives hold: findings, errors and hosts, into a folder"),
        audit_archives,
        "audit crawl.warc.gz --out audit\nmoderation audit --list warc.paths.gz --root crawl --out audit --workers 4",
        ends,
    )
    _add_archives(auditing, gettext("folder of the results; an unfinished run goes on"))
    auditing.add_argument(
        "--workers", type=int, metavar="N", default=1, help=gettext("processes (default %(default)s)")
    )
    auditing.add_argument(
        "--resume", action="store_true", help=gettext("only go on with an unfinished run, begin none")
    )
    auditing.add_argument(
        "--force", action="store_true", help=gettext("begin anew, and take away what an older audit left in the folder")
    )
    auditing.add_argument("--limit", type=int, metavar="N", help=gettext("judge no more pages than this"))
    auditing.add_argument(
        "--clean",
        metavar="FORMAT",
        action="append",
        default=[],
        help=gettext("write cleaned pages too: jsonl, warc or dolma"),
    )

    spark = _command(
        commands,
        "spark-audit",
        N_("the same, on a Spark cluster"),
        audit_on_spark,
        "spark-audit 's3://bucket/crawl.warc.gz' --master 'local[4]' --out audit",
        ends,
    )
    _add_archives(spark, gettext("new folder of the results, on this machine"))
    spark.add_argument(
        "--master", metavar="URL", help=gettext("the cluster, or local[N] (default: as spark-submit has it)")
    )
    spark.add_argument(
        "--partitions", type=int, metavar="N", help=gettext("tasks of the judging (default: by the archives)")
    )
    spark.add_argument(
        "--rows", metavar="ADDRESS", help=gettext("write all rows here too, as Parquet, wherever Spark can")
    )
    spark.add_argument(
        "--arrow", action="store_true", help=gettext("carry rows by mapInArrow (takes pandas), not by an RDD")
    )
    spark.add_argument(
        "--clean", metavar="FORMAT", action="append", default=[], help=gettext("write cleaned pages too: jsonl only")
    )

    reporting = _command(
        commands,
        "report",
        N_("what an audit found, as tables and one HTML file in its folder"),
        report_audit,
        "report audit --parquet",
        (N_("0 done"), N_("2 no finished audit, or the folder cannot be written to")),
    )
    reporting.add_argument("folder", metavar="DIR", help=gettext("the folder of a finished audit"))
    reporting.add_argument("--parquet", action="store_true", help=gettext("write the tables as Parquet too"))


def _add_service_commands(commands: Any) -> None:
    serving = _command(
        commands,
        "serve",
        N_("verdicts over HTTP, for CMSes"),
        run_service,
        "serve --port 8000 --records sqlite:///records.sqlite",
        (N_("0 ended"), N_("2 a configuration, model or policy that cannot be used")),
    )
    serving.add_argument(
        "--config", metavar="FILE", help=gettext("a TOML file of sites and limits (default: one site)")
    )
    serving.add_argument("--host", default=HOST, help=gettext("address to listen at (default %(default)s)"))
    serving.add_argument("--port", type=int, default=PORT, help=gettext("port (default %(default)s)"))
    serving.add_argument("--workers", type=int, metavar="N", default=1, help=gettext("processes (default %(default)s)"))
    serving.add_argument(
        "--records", metavar="URL", help=gettext("keep verdicts and feedback here, as sqlite:///records.sqlite")
    )
    _add_engine(serving)
    key = _command(
        commands, "key", N_("a new key for a site of the service, and its digest"), make_key, "key", (N_("0 done"),)
    )
    key.add_argument(
        "--akismet",
        action="store_true",
        help=gettext("as short as Akismet's (12 characters), for plug-ins that insist on that"),
    )
    _add_records_commands(commands)

    doctor = _command(
        commands,
        "doctor",
        N_("what is installed, whether it works, and what to do where it does not"),
        diagnose,
        "doctor\nmoderation doctor --config service.toml --format json",
        (N_("0 all is well"), N_("1 something is broken"), N_("2 wrong use")),
    )
    doctor.add_argument(
        "--config", metavar="FILE", help=gettext("the configuration of the service, which is checked too")
    )
    doctor.add_argument(
        "--host", default=HOST, help=gettext("address the service will listen at (default %(default)s)")
    )
    doctor.add_argument("--port", type=int, default=PORT, help=gettext("its port (default %(default)s)"))
    doctor.add_argument("--records", metavar="URL", help=gettext("the database of its records"))
    doctor.add_argument(
        "--format", choices=("text", "json"), default="text", help=gettext("for people (default) or machines")
    )
    _add_engine(doctor)


def _add_records_commands(commands: Any) -> None:
    records = commands.add_parser(
        "records",
        help=gettext("the records of the service: what they are, upgrade, backup"),
        description=gettext("Looks after the records of the service."),
        epilog="\n".join(
            [
                gettext("example:"),
                "  moderation records info --config service.toml",
                "",
                gettext("exit codes:"),
                "  " + gettext("0 done"),
                "  " + gettext("2 wrong use, or a database that cannot be used"),
            ]
        ),
        formatter_class=Formatter,
    )
    _add_language(records)
    about = records.add_subparsers(metavar="COMMAND", required=True)
    info = _command(
        about,
        "info",
        N_("what a database holds, and of which revision its tables are"),
        show_records,
        "records info --config service.toml",
        (
            N_("0 the service can use it as it is"),
            N_("1 it cannot"),
            N_("2 wrong use, or a database that cannot be read"),
        ),
    )
    info.add_argument(
        "--format", choices=("text", "json"), default="text", help=gettext("for people (default) or machines")
    )
    upgrading = _command(
        about,
        "upgrade",
        N_("what became of the tables: it brings them up to date, all or nothing"),
        upgrade_records,
        "records upgrade --config service.toml",
        (N_("0 done, or nothing to do"), N_("2 wrong use, or a database that cannot be upgraded")),
    )
    backing = _command(
        about,
        "backup",
        N_("the size of a backup that it makes; the service may run meanwhile"),
        back_up_records,
        "records backup records-2026-11-30.sqlite --config service.toml",
        (N_("0 done"), N_("2 wrong use, or nothing is written")),
    )
    backing.add_argument("output", metavar="FILE", help=gettext("a new file; of PostgreSQL one for pg_restore"))
    for parser in (info, upgrading, backing):
        parser.add_argument(
            "--config", metavar="FILE", help=gettext("the configuration of the service, which names it")
        )
        parser.add_argument(
            "--records", metavar="URL", help=gettext("or the database itself, as sqlite:///records.sqlite")
        )


def _add_model_commands(commands: Any) -> None:
    model = _command(
        commands,
        "model",
        N_("what the model is and how well it does"),
        show_model,
        "model\nmoderation model compare zh-headspam models/mine pages/",
        (N_("0 done"), N_("2 a model that cannot be used")),
    )
    model.add_argument("--model", metavar="DIR", help=gettext("a model folder, or the name of one that is installed"))
    about = model.add_subparsers(metavar="COMMAND")
    compare = _command(
        about,
        "compare",
        N_("what flips between two models on the same pages"),
        compare_models,
        "model compare zh-headspam models/mine pages/",
        (N_("0 nothing flips"), N_("1 something flips"), _UNUSABLE),
    )
    compare.add_argument("old", metavar="OLD", help=gettext("a model folder, or the name of one that is installed"))
    compare.add_argument("new", metavar="NEW", help=gettext("another"))
    _add_pages(compare)
    compare.add_argument("--policy", metavar="FILE", help=gettext("a TOML file of what counts and what to do with it"))
    compare.add_argument(
        "--format", choices=("text", "jsonl"), default="text", help=gettext("for people (default) or machines")
    )

    completion = _command(
        commands,
        "completion",
        N_("a script that completes commands in a shell"),
        complete,
        "completion bash > ~/.local/share/bash-completion/completions/moderation",
        (N_("0 done"), N_("2 wrong use")),
    )
    completion.add_argument("shell", choices=("bash", "zsh"))


def _command(
    commands: Any, name: str, summary: str, run: Callable[[argparse.Namespace], int], example: str, ends: Sequence[str]
) -> argparse.ArgumentParser:
    """A command.

    Args:
        commands: to which it is added.
        name: it is called by.
        summary: what it prints.
        run: carries it out.
        example: how it is called, without the program's name in front.
        ends: its exit codes, each with what it says.
    """
    calls = f"moderation {example}".replace("\n", "\n  ")
    codes = "\n  ".join(map(gettext, ends))
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=gettext(summary),
        description=gettext("Prints {summary}.").format(summary=gettext(summary)),
        epilog="\n".join([gettext("example:"), f"  {calls}", "", gettext("exit codes:"), f"  {codes}"]),
        formatter_class=Formatter,
    )
    _add_language(parser)
    parser.set_defaults(run=run)
    return parser


def _add_language(parser: argparse.ArgumentParser) -> None:
    # It has been read already, to choose the words of this parser; a command's own must not undo what stands before it.
    parser.add_argument(
        "--lang",
        choices=LANGUAGES,
        default=argparse.SUPPRESS,
        help=gettext("language of what people read (default: that of LANGUAGE, LC_ALL, LC_MESSAGES or LANG)"),
    )


def _add_archives(parser: argparse.ArgumentParser, out: str) -> None:
    parser.add_argument(
        "archives",
        metavar="ARCHIVE",
        nargs="*",
        help=gettext(
            "WARC, WET, ARC, WACZ, zip, tar, .jsonl, .parquet, pages, or folders of them; - for a list of paths on"
            " standard input"
        ),
    )
    parser.add_argument("--out", metavar="DIR", required=True, help=out)
    parser.add_argument("--list", metavar="FILE", help=gettext("a file of paths, one a line, such as warc.paths.gz"))
    parser.add_argument(
        "--root",
        metavar="DIR",
        default="",
        help=gettext("the folder, or the address, that listed paths are relative to"),
    )
    parser.add_argument(
        "--sample", type=float, metavar="RATE", default=1.0, help=gettext("share of the pages, chosen by address")
    )
    parser.add_argument(
        "--only-host", metavar="HOST", action="append", default=[], help=gettext("judge only this host's pages")
    )
    parser.add_argument(
        "--min-score", type=float, metavar="SCORE", default=0.0, help=gettext("report findings from this on")
    )
    parser.add_argument(
        "--alone",
        action="store_true",
        help=gettext("judge each page by itself, compare nothing across pages and hosts"),
    )
    parser.add_argument("--parquet", action="store_true", help=gettext("write the tables as Parquet too"))
    parser.add_argument("--no-report", action="store_true", help=gettext("leave out campaigns, tables and the report"))
    _add_engine(parser)


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    _add_pages(parser)
    _add_engine(parser)


def _add_pages(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="+",
        help=gettext(
            "HTML or text files, folders, .jsonl files with id and html, text or title, or - for standard input"
        ),
    )
    parser.add_argument("--jsonl", action="store_true", help=gettext("standard input holds JSON Lines, not one page"))
    parser.add_argument("--url", help=gettext("where the pages are from, unless they say so themselves"))


def _add_engine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="DIR", help=gettext("a model folder, or the name of one that is installed"))
    parser.add_argument("--policy", metavar="FILE", help=gettext("a TOML file of what counts and what to do with it"))


def _add_looks(parser: argparse.ArgumentParser, machine: str = "jsonl") -> None:
    parser.add_argument(
        "--format", choices=("text", machine), default="text", help=gettext("for people (default) or machines")
    )
    parser.add_argument("--show", action="store_true", help=gettext("print findings as they are, not masked"))
    parser.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help=gettext("mark spans with colours")
    )
