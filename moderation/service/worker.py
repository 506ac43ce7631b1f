"""The application as a worker process begins it, and the server that keeps the workers."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from moderation.service.config import Config, Site, load_config
from moderation.service.listening import check_address

if TYPE_CHECKING:
    from moderation.service.answers import App

__all__ = ["app", "serve"]

# How the server tells its workers which file says what to serve. What the file says is not repeated here: whatever a
# worker starts inherits its environment, and a configuration holds secrets.
_VARIABLE = "MODERATION_SERVICE"
# Of those who start the server; no worker needs it.
_KEY = "MODERATION_KEY"
_HEADER_SECONDS = 10
_GRACE_SECONDS = 60
_STOPPING = (signal.SIGTERM, signal.SIGINT)


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
    check_address(host, port)
    if config.records:
        from moderation.service.records import Records

        Records(config.records, config.retention_days).close()
    os.environ.pop(_KEY, None)
    _let_workers_hear()
    # Only its owner may look into this folder.
    with tempfile.TemporaryDirectory(prefix="moderation-") as shared:
        os.environ[_VARIABLE] = json.dumps({"source": str(source)} if source else {"config": _written(config, shared)})
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
    if "source" in given:
        source = Path(given["source"])
        return create_app(load_config(source), source)
    return create_app(_read(Path(given["config"])))


def _let_workers_hear() -> None:
    """Has each worker that is forked from this process end when it is told to stop, from its first step on.

    A fork has the handlers of the server, which note in the worker that the server was told to stop: nobody looks
    there, and the server waits out its grace. The worker's own way of ending comes when it serves; until then nothing
    has been begun, so it ends at once. A signal that comes in between waits for that.
    """
    server = os.getpid()
    held: list[set[int | signal.Signals]] = []

    def hold() -> None:
        if os.getpid() == server:
            held.append(signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING))

    def go_on() -> None:
        if held:
            signal.pthread_sigmask(signal.SIG_SETMASK, held.pop())

    def begin() -> None:
        if held:
            for number in _STOPPING:
                signal.signal(number, signal.SIG_DFL)
            go_on()

    if hasattr(os, "register_at_fork"):  # where there is no fork, a worker begins without handlers
        os.register_at_fork(before=hold, after_in_parent=go_on, after_in_child=begin)


def _written(config: Config, folder: str) -> str:
    """A file with what there is no file of: the options of the command line. One that is begun anew reads it again."""
    sites = {name: {**asdict(site), "keys": sorted(site.keys), "webhook": None} for name, site in config.sites.items()}
    path = Path(folder, "service.json")
    path.touch(0o600, exist_ok=False)
    path.write_text(json.dumps({**asdict(config), "sites": sites}), "utf-8")
    return str(path)


def _read(path: Path) -> Config:
    row = json.loads(path.read_text("utf-8"))
    sites = {name: Site(**{**site, "keys": frozenset(site["keys"])}) for name, site in row["sites"].items()}
    return Config(**{**row, "sites": sites})
