"""What people read, in their language: catalogues of :mod:`gettext` in ``locale/``, English where there is none.

English is what the source says, and nothing is looked up for it. Another language is spoken only where a door has
chosen one: the command line by ``--lang`` or the environment, the service by the ``Accept-Language`` of each request,
Django by its own active language. So a library's exceptions, logs and all that machines read of an audit are in English
everywhere; the report of an audit is for people, and is in the language that is spoken where it is made.

A choice holds for its thread or task and for what that calls: :class:`contextvars.ContextVar`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from gettext import NullTranslations

__all__ = [
    "LANGUAGES",
    "N_",
    "P_",
    "SOURCE",
    "accepted",
    "follow",
    "from_environment",
    "gettext",
    "known",
    "language",
    "ngettext",
    "pgettext",
    "reason",
    "speaking",
    "tag",
    "unspoken",
]

T = TypeVar("T")

SOURCE = "en"
LANGUAGES = (SOURCE, "zh_CN")
_DOMAIN = "moderation"
_FOLDER = Path(__file__).parents[1] / "locale"
# As gettext asks them, the first that says something.
_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
# Characters of an Accept-Language that are read; browsers send less than a hundred.
_LONGEST = 512

_chosen: ContextVar[str] = ContextVar("moderation_language", default="")
_followed: list[Callable[[], str | None]] = []


# ---------------------------------------------------------------------------------------------------------- translating


def N_(message: str) -> str:  # noqa: N802  # as gettext's tools know it
    """Marks a text that is translated elsewhere, where the language is known."""
    return message


def P_(context: str, message: str) -> str:  # noqa: N802  # beside N_
    """Marks a word that means different things, and is translated elsewhere."""
    return message


def gettext(message: str) -> str:
    """A text in the language of whoever reads it; as it is where no translation is known."""
    spoken = language()
    # The catalogue's head stands under the empty text.
    return message if spoken == SOURCE or not message else _catalogue(spoken).gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """A text that says a number; the first form for 1, in languages that tell one from many."""
    spoken = language()
    if spoken == SOURCE:
        return singular if count == 1 else plural
    return _catalogue(spoken).ngettext(singular, plural, count)


def pgettext(context: str, message: str) -> str:
    """A word that means different things; ``context`` says which."""
    spoken = language()
    return message if spoken == SOURCE or not message else _catalogue(spoken).pgettext(context, message)


@cache
def _catalogue(spoken: str) -> NullTranslations:
    # Only here: who reads English waits for no file.
    from gettext import translation

    return translation(_DOMAIN, _FOLDER, [spoken], fallback=True)


# What systems say most often; other words of theirs stay as they are.
_SYSTEM = (
    N_("Address already in use"),
    N_("Cannot assign requested address"),
    N_("Connection refused"),
    N_("File name too long"),
    N_("Input/output error"),
    N_("Invalid argument"),
    N_("Is a directory"),
    N_("Name or service not known"),
    N_("No space left on device"),
    N_("No such file or directory"),
    N_("Not a directory"),
    N_("Operation not permitted"),
    N_("Permission denied"),
    N_("Read-only file system"),
    N_("Too many levels of symbolic links"),
    N_("Too many open files"),
    N_("embedded null byte"),
)


def reason(error: BaseException) -> str:
    """Why something could not be done, in the system's own words as far as they are translated."""
    return gettext(str(getattr(error, "strerror", None) or error))


# ------------------------------------------------------------------------------------------------------------- choosing


def language() -> str:
    """The language that is spoken here and now, one of :data:`LANGUAGES`."""
    chosen = _chosen.get()
    if chosen:
        return chosen
    for asked in _followed:
        found = known(asked() or "")
        if found:
            return found
    return SOURCE


@contextmanager
def speaking(spoken: str) -> Iterator[None]:
    """Speaks one of :data:`LANGUAGES` in a block, and in what is called there; not in threads that it starts."""
    before = _chosen.set(spoken)
    try:
        yield
    finally:
        _chosen.reset(before)


def follow(asked: Callable[[], str | None]) -> None:
    """Speaks, where nothing else is chosen, what a framework says: its own name of a language, None for none."""
    if asked not in _followed:
        _followed.append(asked)


def unspoken(items: Iterable[T]) -> Iterator[T]:
    """The items of an iterable, each made in the language of the source: what is in them is written to files."""
    inner = iter(items)
    while True:
        # Not around the yield: who takes the items would speak it too.
        with speaking(SOURCE):
            try:
                item = next(inner)
            except StopIteration:
                return
        yield item


def known(name: str) -> str:
    """The language that is meant by a name such as ``zh-CN`` or ``en_US.UTF-8``; empty where it is unknown.

    Who reads traditional characters gets the simplified ones, not English.
    """
    first = name.strip().lower().replace("_", "-").partition(".")[0].partition("@")[0].partition("-")[0]
    if first in ("en", "c", "posix"):
        return SOURCE
    return "zh_CN" if first in ("zh", "cmn", "chi", "zho") else ""


def from_environment(environment: Mapping[str, str] | None = None) -> str:
    """The language that ``LANGUAGE``, ``LC_ALL``, ``LC_MESSAGES`` or ``LANG`` asks for, English where none is known."""
    environment = os.environ if environment is None else environment
    said = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    return next((found for name in said.split(":") if (found := known(name))), SOURCE)


@lru_cache(maxsize=256)
def accepted(header: str) -> str:
    """The language that an ``Accept-Language`` likes best of those there are, English where it likes none of them."""
    best, most = SOURCE, 0.0
    for each in header[:_LONGEST].split(","):
        name, _, weight = each.partition(";")
        found = known(name)
        liked = _weight(weight)
        # Of several that are liked as much, the first.
        if found and liked > most:
            best, most = found, liked
    return best


def _weight(parameter: str) -> float:
    name, mark, value = parameter.partition("=")
    if not mark or name.strip().lower() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


def tag() -> str:
    """The language that is spoken, as HTTP and HTML name it."""
    return language().replace("_", "-")
