"""An address -> its host, in one spelling."""

from __future__ import annotations

from urllib.parse import urlsplit

__all__ = ["host_of"]


def host_of(url: str | None) -> str:
    """The host of an address in small letters, without a dot at its end; empty where there is none."""
    try:
        return (urlsplit(url or "").hostname or "").rstrip(".")
    except ValueError:  # no address, such as one with an open bracket
        return ""
