"""How commands speak: what argparse says by itself, in the language of the rest, and columns as wide as they look.

A Chinese character takes two columns of a terminal; padding and wrapping by ``len`` would leave tables askew.
"""

from __future__ import annotations

import argparse
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from moderation.common.messages import N_, from_environment, gettext, known, ngettext, speaking

__all__ = ["Formatter", "chosen", "left", "right", "spoken", "width"]

# What argparse of Python 3.11 to 3.14 says to who uses a command; its words to programmers are left out. A test holds
# this to the argparse that runs.
ARGPARSE = (
    N_("%(heading)s:"),
    N_("%(prog)s: error: %(message)s\n"),
    N_("ambiguous option: %(option)s could match %(matches)s"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("expected at least one argument"),
    N_("expected at most one argument"),
    N_("expected one argument"),
    N_("ignored explicit argument %r"),
    N_("invalid %(type)s value: %(value)r"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("invalid choice: %(value)r, maybe you meant %(closest)r? (choose from %(choices)s)"),
    N_("options"),
    N_("positional arguments"),
    N_("show program's version number and exit"),
    N_("show this help message and exit"),
    N_("the following arguments are required: %s"),
    N_("unknown parser %(parser_name)r (choices: %(choices)s)"),
    N_("unrecognized arguments: %s"),
    N_("usage: "),
)
_PIECE = re.compile(r"[\x21-\x7e]+|\s+|.", re.DOTALL)
# What begins no line.
_CLOSING = frozenset("，。；：、）】》」”’？！…")


def chosen(arguments: Sequence[str]) -> str:
    """The language of a command line: that of ``--lang``, else that of the environment.

    It has to be known before there is a parser, whose texts it decides; what is wrong with it is said by that.
    """
    found = ""
    for at, argument in enumerate(arguments):
        if argument == "--":
            break
        name, mark, value = argument.partition("=")
        if name == "--lang":
            found = value if mark else next(iter(arguments[at + 1 : at + 2]), "")
    return known(found) or from_environment()


@contextmanager
def spoken(language: str) -> Iterator[None]:
    """Speaks a language in a block, argparse as well.

    That asks the catalogue "messages" of the whole process, and can be told no other one.
    """
    module: Any = argparse
    before = module._, module.ngettext
    with speaking(language):
        module._, module.ngettext = gettext, ngettext
        try:
            yield
        finally:
            module._, module.ngettext = before


# ------------------------------------------------------------------------------------------------------------- columns


def width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )


def left(text: str, columns: int) -> str:
    """A text with blanks behind it, so that it takes so many columns at least."""
    return text + " " * (columns - width(text))


def right(text: str, columns: int) -> str:
    """A text with blanks in front of it, so that it takes so many columns at least."""
    return " " * (columns - width(text)) + text


def wrapped(text: str, columns: int) -> list[str]:
    """A text as lines that take so many columns at most; words of ASCII stay whole, and no line begins with a comma."""
    lines, line, taken = [], "", 0
    for piece in _PIECE.findall(" ".join(text.split())):
        size = width(piece)
        if line and taken + size > columns and piece not in _CLOSING:
            lines.append(line.rstrip())
            line, taken = "", 0
            piece = piece.lstrip()
            size = width(piece)
        line += piece
        taken += size
    return [*lines, line.rstrip()] if line else lines


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Help whose columns are as wide as they look."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return super()._split_lines(text, width) if text.isascii() else wrapped(text, width)

    def _format_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None) -> str:
        # Lines behind the first begin below what follows this, whose length decides.
        said = gettext("usage: ") if prefix is None else prefix
        stand_in = "\x00" * width(said)
        return super()._format_usage(usage, actions, groups, stand_in).replace(stand_in, said, 1)
