"""A moderator for each policy, judging beside the loop what is long; changed, all at once, when its files change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from pathlib import Path
from time import monotonic
from typing import NamedTuple, TypeVar

from moderation.common.messages import gettext
from moderation.engine import Moderator, model_folder
from moderation.service.config import Config, Site, load_config
from moderation.service.metrics import Metrics

__all__ = ["Busy", "Judges"]

_log = logging.getLogger("moderation.service")
_T = TypeVar("_T")
# Characters that are judged in the loop itself. A thread has to win Python's lock from the loop and the loop to win it
# back: with a verdict of half a millisecond, 16 clients waited 52 ms at the 99th percentile, and 13 ms without it.
_AT_ONCE = 20_000


class Busy(Exception):
    """More waits than may, or it takes too long."""


class _Loaded(NamedTuple):
    """A configuration, and what judges under it, by policy; never changed."""

    config: Config
    moderators: Mapping[str | None, Moderator]


class Judges:
    """What judges, by site.

    Args:
        config: the sites.
        source: the file it is from, which is read again when it changes; None for none.
        metrics: are told of reloads.

    Raises:
        ModelError, PolicyError: nothing can be judged.
    """

    def __init__(self, config: Config, source: Path | None, metrics: Metrics) -> None:
        self._source = source
        self._metrics = metrics
        # The loop goes on while the engine reads pages here. As many are judged at a time as there are threads.
        self._threads = ThreadPoolExecutor(config.threads, "judge")
        self._waiting = 0
        self._loaded = _Loaded(config, _load(config))
        self._seen = self._stamps()

    @property
    def config(self) -> Config:
        """The sites, as they were read last."""
        return self._loaded.config

    def moderator(self, site: Site) -> Moderator:
        """What judges for a site."""
        return self._loaded.moderators[site.policy]

    async def do(self, work: Callable[[], _T], size: int) -> _T:
        """Does something with a moderator: at once if it is short, else in its turn.

        Args:
            work: what to do.
            size: characters to be judged.

        Raises:
            Busy: the queue is full, or it takes too long.
        """
        if size <= _AT_ONCE:
            return work()
        if self._waiting >= self.config.queue:
            raise Busy(gettext("too many requests wait"))
        self._waiting += 1
        self._metrics.waiting.set(self._waiting)
        began = monotonic()
        loop = asyncio.get_running_loop()
        # Errors are worded there, in the language of who asks.
        task = self._threads.submit(copy_context().run, work)
        task.add_done_callback(lambda _: loop.call_soon_threadsafe(self._done))
        try:
            # What has not been begun in time is not done for nobody.
            return await asyncio.wait_for(asyncio.wrap_future(task), self.config.timeout)
        except TimeoutError:
            raise Busy(gettext("no verdict after {seconds:.0f} seconds").format(seconds=monotonic() - began)) from None

    def _done(self) -> None:
        self._waiting -= 1
        self._metrics.waiting.set(self._waiting)

    async def watch(self, every: float = 1.0) -> None:
        """Loads anew what has changed, for ever; what cannot be loaded is said, and the old one stays."""
        while True:
            await asyncio.sleep(every)
            stamps = self._stamps()
            if stamps != self._seen:
                self._seen = stamps
                # What is loaded takes its place as one object, in the loop, where every request asks for its site and
                # for the moderator with which all of it is judged. So nothing is judged by half of it, however many
                # threads judge meanwhile; they end with what they began with.
                self._loaded = await asyncio.get_running_loop().run_in_executor(self._threads, self._anew)

    def _anew(self) -> _Loaded:
        """What the files say now; where they cannot be used, what there was before."""
        try:
            config = load_config(self._source) if self._source else self.config
            moderators = _load(config)
        # Whatever it is: the watch goes on, and so does the service.
        except Exception as error:
            self._metrics.reloads.labels("failed").inc()
            _log.error("not loaded anew, the old one stays: %s", error, extra={"event": "reload", "ok": False})
            return self._loaded
        self._metrics.reloads.labels("done").inc()
        _log.info("loaded anew", extra={"event": "reload", "ok": True})
        # A request that was let in by the old configuration may still ask for what judged under it.
        return _Loaded(config, {**self._loaded.moderators, **moderators})

    def _stamps(self) -> dict[str, int]:
        paths = [Path(site.policy) for site in self.config.sites.values() if site.policy]
        paths += [self._source] if self._source else []
        with suppress(OSError):
            paths += model_folder(self.config.model).iterdir()
        return {str(path): _stamp(path) for path in paths}

    def close(self) -> None:
        """Ends when all that was begun is done."""
        self._threads.shutdown(wait=True)


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _load(config: Config) -> dict[str | None, Moderator]:
    policies = dict.fromkeys(site.policy for site in config.sites.values())
    moderators = {policy: Moderator.load(config.model, policy) for policy in policies or [None]}
    for moderator in moderators.values():
        # The engine is set up by its first page; nobody should wait for that.
        moderator.check("<title>moderation</title>")
    return moderators
