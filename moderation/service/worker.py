"""The application as a worker process begins it, and the server that keeps the workers."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from moderation.errors import ServiceError
from moderation.messages import gettext, reason
from moderation.service.config import Config, Site, load_config
from moderation.service.records import Records

if TYPE_CHECKING:
    from moderation.service.answers import App

__all__ = ["app", "serve"]

# How the server tells its workers what to serve.
_VARIABLE = "MODERATION_SERVICE"
_HEADER_SECONDS = 10
_GRACE_SECONDS = 60


def serve(config: Config, source: Path | None, host: str, port: int, workers: int) -> None:
    """Serves until it is told to stop; what was begun is ended.

    Args:
        config: the sites and limits.
        source: the file it is from.
        host: the address to listen at.
        port: the port.
        workers: processes; one that dies is begun anew.

    Raises:
        ServiceError: the address or the records cannot be used.
    """
    # Said here once, and not by every worker again and again.
    _check_address(host, port)
    if config.records:
        Records(config.records, config.retention_days).close()
    row = {**asdict(config), "sites": {name: _plain(site) for name, site in config.sites.items()}}
    os.environ[_VARIABLE] = json.dumps({"source": str(source) if source else None, "config": row})
    with tempfile.TemporaryDirectory(prefix="moderation-") as shared:
        if workers > 1:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = shared
        Granian(
            "moderation.service.worker:app",
            factory=True,
            interface=Interfaces.ASGI,
            address=host,
            port=port,
            workers=workers,
            http1_settings=HTTP1Settings(header_read_timeout=1000 * _HEADER_SECONDS),
            respawn_failed_workers=True,
            workers_kill_timeout=_GRACE_SECONDS,
            log_level=LogLevels.warning,
        ).serve()


def app() -> App:
    """The application of one worker."""
    # What the server does when it is told to stop would do nothing here; the worker's own way comes when it serves.
    # Until then nothing has been begun, so it ends at once.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    # Only in a worker: whether counters are shared is decided when they are imported.
    from moderation.service.app import create_app
    from moderation.service.guard import JsonLines

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    log = logging.getLogger("moderation.service")
    log.handlers = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False
    given = json.loads(os.environ[_VARIABLE])
    if given["source"]:
        source = Path(given["source"])
        return create_app(load_config(source), source)
    sites = {name: Site(**{**site, "keys": frozenset(site["keys"])}) for name, site in given["config"]["sites"].items()}
    return create_app(Config(**{**given["config"], "sites": sites}))


def _check_address(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except (OSError, OverflowError) as error:
        raise ServiceError(
            gettext("{host}:{port}: {reason}; name another --host or --port").format(
                host=host, port=port, reason=reason(error)
            )
        ) from None


def _plain(site: Site) -> dict[str, object]:
    # A secret stays in the file, which every worker reads itself.
    return {**asdict(site), "keys": sorted(site.keys), "webhook": None}
