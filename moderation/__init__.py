"""Finds spam injected into web pages, says exactly where and why, and gives back the page without it.

>>> from moderation import Moderator
>>> moderator = Moderator.load()
>>> moderator.check("<title>机械设备有限公司</title><p>本公司生产各种阀门。</p>").action.value
'allow'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moderation.data import Action, Cleaned, Cut, Finding, Page, Place, Reason, Span, Verdict
    from moderation.engine import Moderator
    from moderation.errors import ModerationError, PageError
    from moderation.policy import Policy

__all__ = [
    "Action",
    "Cleaned",
    "Cut",
    "Finding",
    "ModerationError",
    "Moderator",
    "Page",
    "PageError",
    "Place",
    "Policy",
    "Reason",
    "Span",
    "Verdict",
    "__version__",
]

__version__ = "0.2.0"

# Where each name is from. It is imported when it is asked for: so the command line can say what is wrong where the
# engine cannot be loaded, and what needs no engine does not wait for one.
_HOMES = {
    **dict.fromkeys(("Action", "Cleaned", "Cut", "Finding", "Page", "Place", "Reason", "Span", "Verdict"), "data"),
    **dict.fromkeys(("ModerationError", "PageError"), "errors"),
    "Moderator": "engine",
    "Policy": "policy",
}


def _get(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


if not TYPE_CHECKING:
    # Hidden from type checkers, which would take every name for one of this package.
    __getattr__ = _get
