"""The address that a service listens at: whether it may, and who does already."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Any

from moderation.common.messages import gettext, reason
from moderation.errors import ServiceError

__all__ = ["check_address", "is_ours"]

_SECONDS = 2
_LARGEST = 65_535
# An answer of ours is shorter; what else may listen there is not read to its end.
_MOST = 4096


def check_address(host: str, port: int) -> None:
    """Takes an address, and lets go of it.

    Raises:
        ServiceError: it is none, is taken, or may not be taken.
    """
    # Some systems take the rest of a division for a port that is too large.
    if not 0 <= port <= _LARGEST:
        raise ServiceError(
            gettext("{host}:{port}: ports end at {largest}; name another --port").format(
                host=host, port=port, largest=_LARGEST
            )
        )
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        raise ServiceError(
            gettext("{host}:{port}: {reason}; name another --host or --port").format(
                host=host, port=port, reason=reason(error)
            )
        ) from None


def is_ours(host: str, port: int) -> bool:
    """Whether a service of this project answers at an address, within two seconds for each of two questions."""
    ready, refused = (_answer(host, port, path) for path in ("/readyz", "/v1/model"))
    error = refused.get("error")
    return ready.get("status") == "ready" and isinstance(error, dict) and error.get("code") == "key"


def _answer(host: str, port: int, path: str) -> dict[str, Any]:
    try:
        with closing(HTTPConnection(host, port, timeout=_SECONDS)) as connection:
            connection.request("GET", path)
            row = json.loads(connection.getresponse().read(_MOST))
    except (OSError, OverflowError, ValueError, HTTPException, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}
