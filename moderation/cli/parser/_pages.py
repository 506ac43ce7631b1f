"""Commands that judge pages: ``check``, ``clean``, ``explain``, ``evaluate``."""

from __future__ import annotations

from typing import Any

from moderation.cli.parser._common import UNUSABLE, add_engine, add_inputs, add_looks, command
from moderation.common.messages import N_, gettext

__all__ = ["add_page_commands"]


def add_page_commands(commands: Any) -> None:
    check = command(
        commands,
        "check",
        N_("the verdict on each page"),
        "checking.check_pages",
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
    add_inputs(check)
    add_looks(check)
    check.add_argument(
        "--flagged", action="store_true", help=gettext("print only what is flagged, and what cannot be judged")
    )
    check.add_argument(
        "--summary",
        action="store_true",
        help=gettext("say at the end, on standard error, how many by action and by label"),
    )
    check.add_argument("-q", "--quiet", action="store_true", help=gettext("print no verdict; the exit code says it"))

    clean = command(
        commands,
        "clean",
        N_("a page without what was injected"),
        "checking.clean_page",
        "clean hijacked.html -o clean.html --cuts cuts.json",
        (N_("0 nothing to cut"), N_("1 something cut"), UNUSABLE),
    )
    clean.add_argument("path", metavar="PATH", help=gettext("an HTML or text file, or - for standard input"))
    clean.add_argument("-o", "--output", metavar="FILE", help=gettext("write the page here (default: standard output)"))
    clean.add_argument(
        "--cuts", metavar="FILE", help=gettext("write what was cut here, as JSON, so that it can be put back")
    )
    add_engine(clean)

    explain = command(
        commands,
        "explain",
        N_("every contribution to the score of every candidate"),
        "checking.explain_pages",
        "explain page.html",
        (N_("0 done"), UNUSABLE),
    )
    add_inputs(explain)
    add_looks(explain)

    evaluating = command(
        commands,
        "evaluate",
        N_("how well the model does on labelled pages of your own"),
        "evaluating.evaluate_pages",
        "evaluate rows.jsonl\nmoderation evaluate pages/ --labels labels.csv",
        (N_("0 done"), N_("2 wrong use, a model, policy or named input that cannot be used, or no labelled page")),
    )
    add_inputs(evaluating)
    add_looks(evaluating, "json")
    evaluating.add_argument(
        "--labels", metavar="FILE", help=gettext("a table or .jsonl file of path and label, and url")
    )
    evaluating.add_argument("--out", metavar="FILE", help=gettext("write what became of each row here, as JSON Lines"))
    evaluating.add_argument(
        "--worst", type=int, metavar="N", default=10, help=gettext("rows to name on either side (default %(default)s)")
    )
