"""What every check says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from moderation.common.messages import N_, P_, gettext
from moderation.errors import ModerationError

__all__ = ["INSTALL", "NOTE", "OK", "PROBLEM", "Check", "Checks", "guarded", "listed"]

# The words of statuses: for people in their language, for machines as they are.
OK, NOTE, PROBLEM = P_("status", "ok"), P_("status", "note"), P_("status", "problem")
INSTALL = N_("install this package again (docs/deploy.md)")


class Check(NamedTuple):
    """One thing that was looked at.

    Attributes:
        name: a stable word for machines.
        status: ``ok``; ``note`` for what works and should be known; ``problem`` for what is broken; for machines too.
        said: what is so, in the language that is spoken.
        cure: what to do about a problem, where ``said`` does not say it, in that language.
    """

    name: str
    status: str
    said: str
    cure: str = ""


Checks = Iterator[Check]


def listed(names: Iterable[str]) -> str:
    return gettext(", ").join(names)


def guarded(name: str, check: Callable[[], Checks]) -> Checks:
    """A check that ends as a line, whatever happens in it."""
    try:
        yield from check()
    except ModerationError as error:
        yield Check(name, PROBLEM, str(error))
    except ImportError as error:
        yield Check(name, PROBLEM, f"{error}", gettext(INSTALL))
    except Exception as error:
        yield Check(name, PROBLEM, f"{type(error).__name__}: {error}", gettext(INSTALL))
