"""How texts and verdicts go out: to the address that is configured, by no proxy, and nowhere else."""

from __future__ import annotations

import urllib.request
from typing import Any

__all__ = ["opener"]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """An answer that leads elsewhere is an error."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
