"""Commands about archives: ``audit``, ``spark-audit``, ``report``."""

from __future__ import annotations

import argparse
from typing import Any

from moderation.cli.parser._common import add_engine, command
from moderation.common.messages import N_, gettext

__all__ = ["add_audit_commands"]


def add_audit_commands(commands: Any) -> None:
    ends = (
        N_("0 nothing flagged"),
        N_("1 something flagged"),
        N_("2 wrong use, a model, policy or named input that cannot be used, or no page could be judged"),
    )
    auditing = command(
        commands,
        "audit",
        N_("what archives hold: findings, errors and hosts, into a folder"),
        "auditing.audit_archives",
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

    spark = command(
        commands,
        "spark-audit",
        N_("the same, on a Spark cluster"),
        "auditing.audit_on_spark",
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

    reporting = command(
        commands,
        "report",
        N_("what an audit found, as tables and one HTML file in its folder"),
        "auditing.report_audit",
        "report audit --parquet",
        (N_("0 done"), N_("2 no finished audit, or the folder cannot be written to")),
    )
    reporting.add_argument("folder", metavar="DIR", help=gettext("the folder of a finished audit"))
    reporting.add_argument("--parquet", action="store_true", help=gettext("write the tables as Parquet too"))


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
    add_engine(parser)
