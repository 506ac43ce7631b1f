"""What the commands have in common: how one is made, and the arguments of several."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

from moderation.cli.speech import Formatter
from moderation.common.messages import LANGUAGES, N_, gettext, known

__all__ = ["UNUSABLE", "add_engine", "add_inputs", "add_language", "add_looks", "add_pages", "command"]

UNUSABLE = N_("2 wrong use, or a model, policy or named input that cannot be used")


def command(
    commands: Any, name: str, summary: str, run: str, example: str, ends: Sequence[str]
) -> argparse.ArgumentParser:
    """A command.

    Args:
        commands: to which it is added.
        name: it is called by.
        summary: what it prints.
        run: the function of this package that carries it out, as ``module.name``: most load the engine, and a command
            that looks for what is broken must not need it.
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
    add_language(parser)
    parser.set_defaults(run=partial(_run, run))
    return parser


def add_language(parser: argparse.ArgumentParser) -> None:
    # It has been read already, to choose the words of this parser; a command's own must not undo what stands before it.
    parser.add_argument(
        "--lang",
        # By any name that the environment may give it; one that is not known is refused as it was given.
        type=lambda name: known(name) or name,
        choices=LANGUAGES,
        default=argparse.SUPPRESS,
        help=gettext("language of what people read (default: that of LANGUAGE, LC_ALL, LC_MESSAGES or LANG)"),
    )


def add_inputs(parser: argparse.ArgumentParser) -> None:
    add_pages(parser)
    add_engine(parser)


def add_pages(parser: argparse.ArgumentParser) -> None:
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


def add_engine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="DIR", help=gettext("a model folder, or the name of one that is installed"))
    parser.add_argument("--policy", metavar="FILE", help=gettext("a TOML file of what counts and what to do with it"))


def add_looks(parser: argparse.ArgumentParser, machine: str = "jsonl") -> None:
    parser.add_argument(
        "--format", choices=("text", machine), default="text", help=gettext("for people (default) or machines")
    )
    parser.add_argument("--show", action="store_true", help=gettext("print findings as they are, not masked"))
    parser.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help=gettext("mark spans with colours")
    )


def _run(name: str, options: argparse.Namespace) -> int:
    """Calls a function of this package, whose module is imported only now."""
    module, _, function = name.partition(".")
    carry_out: Callable[[argparse.Namespace], int] = getattr(import_module(f"moderation.cli.{module}"), function)
    return carry_out(options)
