"""Runs a target: inputs by number, a process that takes them, a watchdog, and what is kept of a finding.

The process answers each input. This side holds the input, so that a process that ends, or does not answer, loses
nothing: it is killed, the input is kept, and another process goes on.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import hashlib
import multiprocessing
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

import moderation
from fuzz.targets import Broken, find
from moderation.errors import ModerationError

__all__ = ["HANG", "MEMORY", "SPACE", "Answer", "Finding", "Report", "Runner", "answered", "fuzz", "smaller"]

# Seconds that one input may take: a page takes milliseconds, and the machine may be busy.
HANG = 20.0
# Bytes of memory at the highest above the loaded target: what docs/security.md promises.
MEMORY = 300 * 10**6
# Bytes of address space above the loaded target, as RLIMIT_AS: what is asked for and never touched is no memory yet.
SPACE = 1024 * 10**6
# Whether AddressSanitizer is under it (fuzz/sanitize.py).
SANITIZED = "ASAN_OPTIONS" in os.environ
# Seconds for a process to load a target.
_START = 600.0 if SANITIZED else 120.0
# Inputs that end a process, or the wait for it, before the target is given up: each takes seconds.
_GIVEN_UP = 10
# What making a finding smaller may take.
_TRIES, _SECONDS = 600, 60.0
# Bytes of what a process said last.
_TAIL = 8000
_LOG = "said.log"
_OURS = Path(moderation.__file__).parent


class Answer(NamedTuple):
    """What came of an input.

    ``kind`` is ``result``, ``error`` (one of :mod:`moderation.errors`), or what makes a finding: ``exception``,
    ``broken``, ``memory``, ``hang`` or ``crash``. ``key`` is the same for the same fault.
    """

    kind: str
    key: str
    detail: str = ""

    @property
    def is_finding(self) -> bool:
        return self.kind not in ("result", "error")


@dataclass
class Finding:
    """A fault: the input that showed it first, as small as it could be made."""

    target: str
    seed: int
    number: int
    answer: Answer
    original: bytes
    smallest: bytes
    times: int = 1

    def write(self, folder: Path) -> Path:
        """Writes ``TARGET-DIGEST.input``, ``.original`` and ``.txt``; returns the first."""
        folder.mkdir(parents=True, exist_ok=True)
        stem = f"{self.target}-{hashlib.sha256(self.smallest).hexdigest()[:12]}"
        path = folder / f"{stem}.input"
        path.write_bytes(self.smallest)
        (folder / f"{stem}.original").write_bytes(self.original)
        said = (
            f"{self.answer.kind}: {self.answer.key}\ntarget {self.target}, seed {self.seed}, input {self.number}\n"
            f"again: python -m fuzz {self.target} --replay {path}\n\n{self.answer.detail}\n"
        )
        (folder / f"{stem}.txt").write_text(said, "utf-8", errors="backslashreplace")
        return path


@dataclass
class Report:
    """What a run of one target came to."""

    target: str
    inputs: int = 0
    seconds: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)
    findings: dict[str, Finding] = field(default_factory=dict)


# ----------------------------------------------------------------------------------------------------- in the process


def answered(run: Callable[[bytes], str], data: bytes) -> Answer:
    """What comes of an input, in this process."""
    try:
        return Answer("result", run(data))
    except ModerationError as error:
        return Answer("error", error.code)
    except Broken as error:
        return Answer("broken", str(error), traceback.format_exc())
    except MemoryError:
        return Answer("memory", f"MemoryError {_where()}", traceback.format_exc(limit=-30))
    except BaseException as error:
        return Answer("exception", f"{type(error).__name__} {_where()}", traceback.format_exc(limit=-30))


def _where() -> str:
    """Where an exception is from: the innermost function of the package."""
    frames = traceback.extract_tb(sys.exc_info()[2])
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_OURS)] or list(frames)
    return f"in {Path(ours[-1].filename).name}:{ours[-1].name}"


def _peak() -> int:
    """Bytes of memory at the highest; what getrusage says begins with that of the process this one came from."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _serve(connection: Connection, where: str, folder: Path, memory: int, space: int) -> None:
    """The process: answers inputs until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stream = os.open(folder / _LOG, os.O_WRONLY | os.O_APPEND)
    os.dup2(stream, 2)
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    target = find(where)
    run = target.prepare(folder)
    # What is loaded when it is first needed is no memory of an input.
    for data in target.seeds:
        answered(run, data)
    gc.collect()
    used = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    if SANITIZED:
        # Its shadow of all memory is neither bounded nor an input's.
        memory = 10**12
    else:
        resource.setrlimit(resource.RLIMIT_AS, (used + space, resource.RLIM_INFINITY))
    most = _peak() + memory
    connection.send(Answer("result", "ready"))
    with contextlib.suppress(EOFError):
        while True:
            answer = answered(run, connection.recv_bytes())
            if _peak() > most and not answer.is_finding:
                answer = Answer("memory", f"more than {memory // 10**6} MB", f"peak {_peak() - most + memory:,} bytes")
            connection.send(answer)


# -------------------------------------------------------------------------------------------------------- on this side


class Runner:
    """A process that takes inputs of one target, started anew where an input ends it."""

    def __init__(self, where: str, *, hang: float = HANG, memory: int = MEMORY, space: int = SPACE) -> None:
        self._where, self._hang, self._memory, self._space = where, hang, memory, space
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        # A process that is killed removes nothing.
        self._folder = Path(tempfile.mkdtemp(prefix="fuzz-"))

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        shutil.rmtree(self._folder)

    def ask(self, data: bytes) -> Answer:
        """What comes of an input.

        Raises:
            RuntimeError: the target cannot be loaded.
        """
        if self._process is None:
            self._start()
        assert self._process is not None
        assert self._connection is not None
        try:
            self._connection.send_bytes(data)
            if self._connection.poll(self._hang):
                answer = self._connection.recv()
                assert isinstance(answer, Answer)
                if answer.kind == "memory":
                    # The peak of a process never falls.
                    self._stop()
                return answer
        except (EOFError, ConnectionError):
            self._process.join()
            code = self._process.exitcode or 0
            name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            detail = self._said()
            self._stop()
            return Answer("crash", name, detail)
        assert self._process.pid is not None
        # Where it is, said by the process itself, also from inside of the engine.
        os.kill(self._process.pid, signal.SIGUSR1)
        for _ in range(50):
            time.sleep(0.1)
            if detail := self._said():
                break
        self._stop()
        return Answer("hang", f"over {self._hang:g} s", detail)

    def _start(self) -> None:
        (self._folder / _LOG).write_bytes(b"")
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        process = context.Process(
            target=_serve, args=(other, self._where, self._folder, self._memory, self._space), daemon=True
        )
        process.start()
        other.close()
        self._process = process
        with contextlib.suppress(EOFError, ConnectionError):
            if self._connection.poll(_START):
                self._connection.recv()
                return
        said = self._said() or f"its process ended, or took over {_START:g} s"
        self._stop()
        raise RuntimeError(f"the target {self._where} cannot be loaded: {said}")

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _said(self) -> str:
        return (self._folder / _LOG).read_bytes()[-_TAIL:].decode("utf-8", "replace")


def smaller(data: bytes, is_same: Callable[[bytes], bool], tries: int = _TRIES, seconds: float = _SECONDS) -> bytes:
    """An input that shows the same fault, with stretches cut out: halves first, then halves of these, down to bytes.

    Args:
        data: shows the fault.
        is_same: whether another input does.
        tries: calls of ``is_same``.
        seconds: behind these, what was found so far is given back.
    """
    end = time.monotonic() + seconds
    size = len(data) // 2
    while size:
        at = 0
        while at < len(data):
            if not tries or time.monotonic() > end:
                return data
            tries -= 1
            without = data[:at] + data[at + size :]
            if is_same(without):
                data = without
            else:
                at += size
        size //= 2
    return data


def fuzz(
    name: str,
    where: str,
    *,
    seed: int,
    seconds: float | None = None,
    rounds: int | None = None,
    hang: float = HANG,
    memory: int = MEMORY,
    space: int = SPACE,
) -> Report:
    """Runs a target until the seconds or the rounds are over, whichever is first.

    The same seed gives the same inputs; how many of them there are in some seconds is the machine's affair.

    Args:
        name: what the target is called.
        where: its ``module:name``.
        seed: of the inputs.
        seconds: of the wall clock.
        rounds: inputs.
        hang: seconds that one input may take.
        memory: bytes that one may take above the loaded target.
        space: the same of address space.
    """
    report = Report(name)
    target = find(where)
    ended = 0
    start = time.monotonic()
    with Runner(where, hang=hang, memory=memory, space=space) as runner:
        while rounds is None or report.inputs < rounds:
            if seconds is not None and time.monotonic() - start > seconds:
                break
            number = report.inputs
            data = target.input(seed, number)
            answer = runner.ask(data)
            report.inputs += 1
            report.answers[answer.kind if answer.is_finding else answer.key] += 1
            if not answer.is_finding:
                continue
            ended += answer.kind in ("hang", "crash", "memory")
            known = report.findings.get(f"{answer.kind} {answer.key}")
            if known is not None:
                known.times += 1
            else:
                smallest = smaller(data, lambda less, key=answer[:2]: runner.ask(less)[:2] == key)  # type: ignore[misc]
                report.findings[f"{answer.kind} {answer.key}"] = Finding(name, seed, number, answer, data, smallest)
            if ended >= _GIVEN_UP:
                break
    report.seconds = time.monotonic() - start
    return report
