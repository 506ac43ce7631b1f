"""What the engine has to be told to read markup."""

from __future__ import annotations

from functools import cache
from html.entities import html5

from moderation import _native

__all__ = ["markup"]


@cache
def markup() -> _native.Markup:
    """The names of character references."""
    return _native.Markup(html5)
