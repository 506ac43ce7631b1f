"""The parser of all commands."""

from __future__ import annotations

import argparse

from moderation import __version__
from moderation.cli.parser._audits import add_audit_commands
from moderation.cli.parser._common import UNUSABLE, add_language
from moderation.cli.parser._models import add_model_commands
from moderation.cli.parser._pages import add_page_commands
from moderation.cli.parser._services import add_service_commands
from moderation.cli.speech import Formatter
from moderation.common.messages import gettext

__all__ = ["build_parser"]


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
        ).format(unusable=gettext(UNUSABLE)),
        formatter_class=Formatter,
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"moderation {__version__}",
        help=gettext("show program's version number and exit"),
    )
    add_language(parser)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    add_page_commands(commands)
    add_audit_commands(commands)
    add_service_commands(commands)
    add_model_commands(commands)
    return parser
