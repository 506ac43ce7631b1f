"""PostgreSQL for tests, started as an unprivileged user in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from serving import free_port

try:
    import psycopg
except ImportError:
    psycopg = None

PASSWORD = "pass-word-of-records"


class Database:
    def __init__(self, programs: Path, folder: Path, user: str | None) -> None:
        self.programs = programs
        self.folder = folder
        self.user = user
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://moderation:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="moderation", password=PASSWORD, dbname="postgres"
        ) as connection:
            found: list[tuple[Any, ...]] = connection.execute(query).fetchall()
        return found

    def new(self, name: str) -> str:
        """An empty database of its own, as SQLAlchemy writes it."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="moderation", password=PASSWORD, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url.rpartition("/")[0] + f"/{name}"

    def make(self) -> None:
        (self.folder / "password").write_text(PASSWORD, "utf-8")
        if self.user:
            for path in (self.folder, self.folder / "password"):
                shutil.chown(path, self.user)
        command = [str(self.programs / "initdb"), "-D", str(self.folder / "data"), "-U", "moderation"]
        command += ["-A", "scram-sha-256", f"--pwfile={self.folder}/password", "-E", "UTF8", "--locale=C", "--no-sync"]
        made = subprocess.run(command, cwd=self.folder, user=self.user, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr

    def begin(self) -> None:
        command = [str(self.programs / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]
        for setting in ("listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"):
            command += ["-c", setting]
        said = self.folder / "log"
        with said.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, user=self.user, stdout=log, stderr=log, start_new_session=True
            )
        end = time.monotonic() + 30
        while True:
            assert self.process.poll() is None, said.read_text()
            try:
                self.rows("SELECT 1")
            except psycopg.OperationalError:
                assert time.monotonic() < end, said.read_text()
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        """As an administrator stops it: without waiting for those who are connected."""
        if self.process:
            with suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGINT)
            self.process.wait(20)


def programs() -> Path | None:
    """Where Debian keeps the programs of its newest PostgreSQL, or whatever is on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else Path(name).parent if (name := shutil.which("initdb")) else None


@contextmanager
def begun() -> Iterator[Database]:
    """A server that is stopped at the end; the test is skipped where there is none."""
    if psycopg is None:
        pytest.skip("needs moderation[postgres]")
    where = programs()
    if where is None:
        pytest.skip("needs Debian's postgresql")
    # It does not run as root, and what pytest makes is root's alone.
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="moderation-postgres-"))
    found = Database(where, folder, user)
    try:
        found.make()
        found.begin()
        yield found
    finally:
        found.stop()
        shutil.rmtree(folder, ignore_errors=True)
