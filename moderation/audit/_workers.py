"""Processes that judge the batches of an audit, and the order in which what they give comes back."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from subprocess import Popen
from threading import Thread

from moderation.audit.judging import Judged, Settings, judge
from moderation.common.messages import gettext
from moderation.errors import AuditError, ModerationError, PageError
from moderation.inputs.archives import Batch

__all__ = ["TOLD", "Move", "Worker", "results", "work"]

# Seconds between two words on how far a batch is.
TOLD = 0.5
# Jobs that a worker has, so that it never waits for the next one.
_AHEAD = 2
# Is told of an archive how many of its bytes are read.
Move = Callable[[str, int], None]


class Worker:
    """A process that judges batches, and the one connection to it.

    Nothing is shared among workers: no queue, and so no lock that a worker could die with, nor half of a result that
    the others would wait behind. When a worker dies, its connection ends, whatever it was doing.
    """

    def __init__(self, settings: Settings) -> None:
        self.connection, theirs = Pipe()
        # Not the main module of whoever calls this: a script without a guard must not be run again.
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; "
            f"from moderation.audit._workers import work; work({theirs.fileno()}, {os.getpid()}, {TOLD})"
        )
        with theirs:
            self._process = Popen([sys.executable, "-c", code], pass_fds=[theirs.fileno()])
        self.waiting = 0
        self._say(settings)

    def hand(self, number: int, job: Batch | PageError) -> None:
        """Gives it a job, which it may begin when the one before is done."""
        self.waiting += 1
        self._say((number, job))

    def take(self, move: Move) -> tuple[int, Judged] | None:
        """A result, with the number of its job; None where it only says how far it is.

        Raises:
            AuditError: the worker is gone.
            Exception: of the job.
        """
        try:
            number, result = self.connection.recv()
        # Of a message that was cut off, anything may be left.
        except Exception as error:
            raise _gone() from error
        if isinstance(result, str):
            move(result, number)
            return None
        self.waiting -= 1
        if isinstance(result, BaseException):
            raise result
        return number, result

    def _say(self, message: object) -> None:
        try:
            self.connection.send(message)
        except OSError as error:
            raise _gone() from error

    def end(self) -> None:
        """Ends the process, whatever it does."""
        self.connection.close()
        self._process.kill()
        self._process.wait()


def _gone() -> AuditError:
    return AuditError(
        gettext(
            "a worker was killed, perhaps for want of memory; run the same command again to go on, with fewer --workers"
        )
    )


def results(jobs: Iterator[Batch | PageError], pool: Sequence[Worker], move: Move) -> Iterator[Judged]:
    """The results of the jobs in their order; few are under way, and few wait for those in front of them."""
    found: dict[int, Judged] = {}
    handed = given = 0
    is_all = False
    while True:
        for _ in range(_AHEAD):
            for worker in pool:
                if not is_all and worker.waiting < _AHEAD and handed - given < 2 * _AHEAD * len(pool):
                    job = next(jobs, None)
                    is_all = job is None
                    if job is not None:
                        worker.hand(handed, job)
                        handed += 1
        if given in found:
            yield found.pop(given)
            given += 1
            continue
        if is_all and given == handed:
            return
        ready = wait([worker.connection for worker in pool if worker.waiting])
        for worker in pool:
            if worker.connection in ready:
                taken = worker.take(move)
                if taken is not None:
                    found[taken[0]] = taken[1]


def work(connection: int, parent: int, told: float = TOLD) -> None:
    """What a worker does until nobody asks any more.

    Args:
        connection: file descriptor of the connection to who asks.
        parent: process number of who asks.
        told: seconds between two words on how far a job is.
    """
    # Who asks decides when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with(parent)
    with Connection(connection) as asked, suppress(EOFError, ConnectionError):
        settings = asked.recv()
        while True:
            number, job = asked.recv()
            result: Judged | Exception
            try:
                path = job.path if isinstance(job, Batch) else ""
                result = judge(job, settings, at=_Seldom(partial(_tell, asked, path), told))
            except ModerationError as error:
                result = error
            except Exception as error:
                # Its own class may not come through.
                result = AuditError(
                    gettext("{kind}: {error}; report this as a bug").format(kind=type(error).__name__, error=error)
                )
            asked.send((number, result))


def _end_with(parent: int) -> None:
    """Ends this worker when the process that it works for is gone, also in the middle of a batch."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _tell(asked: Connection, path: str, position: int) -> None:
    asked.send((position, path))


class _Seldom:
    """Hands on a position, but not more often than once in some seconds."""

    def __init__(self, tell: Callable[[int], None], pause: float) -> None:
        self._tell = tell
        self._pause = pause
        self._last = time.monotonic()

    def __call__(self, position: int) -> None:
        now = time.monotonic()
        if now - self._last >= self._pause:
            self._last = now
            self._tell(position)
