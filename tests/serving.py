"""A real server for tests: started in a process group of its own, on loopback, and stopped."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytest.importorskip("granian", reason="needs moderation[service]")
httpx = pytest.importorskip("httpx")

from moderation.service.config import digest  # noqa: E402  # only where it is installed

ROOT = Path(__file__).parents[1]
CLEAN = (ROOT / "examples" / "clean.html").read_text("utf-8")
HIJACKED = (ROOT / "examples" / "hijacked.html").read_text("utf-8")
BLOCK = "百家乐平台排行,十大正规线上赌场,在线十大电竞投注平台,网赌十大世界杯外围网站最新排名,2026亚洲十大捕鱼平台名单"
ARTICLE = "<p>本公司专业生产水质分析仪、溶氧仪、浊度计等在线监测设备，提供安装调试与校准服务。</p>" * 5
LIMIT = "\nmax_bytes = 2000000"
PORTAL, BLOG = "portalkey123", "blogkey45678"


class Server(NamedTuple):
    url: str
    port: int
    folder: Path
    process: subprocess.Popen[bytes]

    def post(self, path: str, row: Any, key: str = PORTAL) -> Any:
        return httpx.post(self.url + path, json=row, headers={"Authorization": f"Bearer {key}"}, timeout=30)

    def get(self, path: str, key: str = PORTAL) -> Any:
        return httpx.get(self.url + path, headers={"Authorization": f"Bearer {key}"}, timeout=30)

    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8")

    def rows(self, table: str) -> list[sqlite3.Row]:
        with closing(sqlite3.connect(self.folder / "records.sqlite")) as database:
            database.row_factory = sqlite3.Row
            return database.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()

    def processes(self) -> list[int]:
        """The server and its workers."""
        said = subprocess.run(["pgrep", "-g", str(self.process.pid)], capture_output=True, text=True, check=True)
        return list(map(int, said.stdout.split()))

    def peak(self) -> float:
        """The most memory that one of its processes has had, in MB."""
        found = [Path(f"/proc/{process}/status").read_text() for process in self.processes()]
        return max(int(text.partition("VmHWM:")[2].split()[0]) for text in found) / 1000


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def start(
    folder: Path,
    *options: str,
    settings: str = "",
    policy: str = 'name = "portal"',
    records: str | None = None,
    rate: int = 1000,
    before: Sequence[str] = (),
    more: str = "",
    options_only: bool = False,
) -> Server:
    """A server that answers.

    Args:
        folder: for its files.
        options: of ``moderation serve``.
        settings: further lines of the table ``[service]``.
        policy: that of the first of its two sites.
        records: where they are kept; None for SQLite in the folder.
        rate: requests a second of each site.
        before: a command that runs the server.
        more: further lines behind those of the sites.
        options_only: whether it has no file, but one site, whose key is in ``MODERATION_KEY``.
    """
    (folder / "portal.toml").write_text(policy + "\n", "utf-8")
    (folder / "service.toml").write_text(
        f"""
[service]
records = "{records or f"sqlite:///{folder}/records.sqlite"}"
{"" if "timeout" in settings else "timeout = 3"}
{settings if "max_bytes" in settings else settings + LIMIT}
[sites.portal]
keys = ["{digest(PORTAL)}"]
policy = "portal.toml"
admin = true
rate = {rate}
[sites.blog]
keys = ["{digest(BLOG)}"]
rate = {rate}
store_text = true
{more}
""",
        "utf-8",
    )
    port = free_port()
    about = ["--config", str(folder / "service.toml")]
    if options_only:
        about = ["--policy", str(folder / "portal.toml"), *(["--records", records] if records else [])]
    command = [*before, sys.executable, "-m", "moderation.cli", "serve", *about]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port), *options], cwd=ROOT, stderr=log, stdout=log, start_new_session=True
        )
    server = Server(f"http://127.0.0.1:{port}", port, folder, process)
    end = time.monotonic() + 60
    while True:
        assert process.poll() is None, server.log()
        assert time.monotonic() < end, server.log()
        with suppress(httpx.HTTPError):
            if httpx.get(server.url + "/readyz").status_code == 200:
                return server
        time.sleep(0.1)


def stop(server: Server) -> None:
    with suppress(ProcessLookupError):
        os.killpg(server.process.pid, signal.SIGTERM)
    try:
        server.process.wait(90)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.process.pid, signal.SIGKILL)


def eventually(is_so: Any, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def raw(server: Server, data: bytes, seconds: float = 20) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.settimeout(seconds)
        connection.sendall(data)
        answer = b""
        with suppress(TimeoutError, ConnectionError):
            while chunk := connection.recv(65536):
                answer += chunk
        return answer


def without_fields(row: dict[str, Any]) -> dict[str, Any]:
    """A verdict of the service without what only the service says: the field of each finding."""
    for finding in row["findings"]:
        for name in ("field", "field_start", "field_end"):
            finding.pop(name)
    return row
