"""The service under load: ``python benchmarks/service.py [--seconds N] [--out FILE]``; takes wrk, a Debian package.

Starts the server with one process and with two, sends it articles of 1, 10 and 100 KB over 1, 16 and 128 connections,
and prints verdicts a second, median and 99th percentile of the milliseconds to the answer, and how many were refused.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from pages import articles

from moderation.engine import Moderator

KEY = "benchmarkkey"
SIZES = {"1 KB": 1_000, "10 KB": 10_000, "100 KB": 100_000}
CONNECTIONS = (1, 16, 128)


def measure(url: str, script: Path, connections: int, seconds: int) -> dict[str, Any]:
    """One run of wrk."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script), url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate, p50, p99, refused, broken = _result(said)
    answered = round(rate - refused / seconds, 1)
    return {"answered": answered, "p50": p50, "p99": p99, "refused": refused, "broken": broken}


def _result(said: str) -> tuple[float, float, float, int, int]:
    rate, p50, p99, refused, broken = re.findall(r"RESULT ([\d.]+) ([\d.]+) ([\d.]+) (\d+) (\d+)", said)[0]
    return float(rate), float(p50), float(p99), int(refused), int(broken)


def script_of(path: Path, size: int) -> Path:
    """What wrk sends: twenty different articles in turn."""
    bodies = ",\n".join(json.dumps(json.dumps({"html": page})) for page in articles(20, size))
    path.write_text(
        f"""
local bodies = {{ {bodies} }}
local at = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {KEY}"
function request() at = at % #bodies + 1; return wrk.format(nil, "/v1/check", nil, bodies[at]) end
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %.1f %.2f %.2f %d %d\\n", summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
""",
        "utf-8",
    )
    return path


def started(workers: int, *options: str) -> tuple[subprocess.Popen[bytes], str]:
    """A server that answers, and its address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "moderation.cli",
        "serve",
        "--port",
        str(port),
        "--workers",
        str(workers),
        *options,
    ]
    process = subprocess.Popen(
        command, env={**os.environ, "MODERATION_KEY": KEY}, stderr=subprocess.DEVNULL, start_new_session=True
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            break
    return process, url


def soak(folder: Path, script: Path, minutes: float) -> dict[str, Any]:
    """Load for some minutes while the policy changes every ten seconds: errors, reloads, and memory on the way (MB)."""
    policy = folder / "policy.toml"
    policy.write_text('name = "first"\n', "utf-8")
    config = folder / "service.toml"
    site = f'[sites.a]\nkeys = ["{sha256(KEY.encode()).hexdigest()}"]\npolicy = "policy.toml"\nadmin = true\n'
    config.write_text(f'[service]\nrecords = "sqlite:///{folder}/records.sqlite"\n{site}', "utf-8")
    process, url = started(1, "--config", str(config))
    wrk = ["wrk", "-t1", "-c8", f"-d{int(60 * minutes)}s", "--timeout", "30s", "-s", str(script), url]
    memory = []
    try:
        load = subprocess.Popen(wrk, stdout=subprocess.PIPE, text=True)
        number = 0
        while load.poll() is None:
            time.sleep(10)
            number += 1
            policy.write_text(f'name = "policy {number}"\n', "utf-8")
            memory.append(round(max(map(_resident, _group(process.pid)))))
        rate, p50, p99, refused, broken = _result(load.communicate()[0])
        request = urllib.request.Request(f"{url}/metrics", headers={"Authorization": f"Bearer {KEY}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            reloads = re.findall(r'moderation_reloads_total\{result="(\w+)"\} ([\d.]+)', answer.read().decode())
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
    return {
        "minutes": minutes, "answered": rate, "p50": p50, "p99": p99, "refused": refused, "broken": broken,
        "reloads": dict(reloads), "memory": memory,
    }  # fmt: skip


def _group(leader: int) -> list[int]:
    said = subprocess.run(["pgrep", "-g", str(leader)], capture_output=True, text=True, check=False).stdout
    return list(map(int, said.split()))


def _resident(process: int) -> float:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, IndexError):
        return 0.0


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, prints and saves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=8, help="of each run (default %(default)s)")
    parser.add_argument("--soak", type=float, default=0, help="minutes of load with reloads at the end (default none)")
    parser.add_argument("--out", type=Path, default=Path("build/service.json"))
    arguments = parser.parse_args(argv)
    moderator = Moderator.load()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        scripts = {name: script_of(Path(folder, f"{size}.lua"), size) for name, size in SIZES.items()}
        for name, size in SIZES.items():
            pages = list(articles(20, size))
            began = time.perf_counter()
            for page in pages:
                moderator.check(page)
            rows.append({"size": name, "engine alone": 20 / (time.perf_counter() - began)})
        for workers in (1, 2):
            process, url = started(workers)
            try:
                for name, script in scripts.items():
                    for connections in CONNECTIONS:
                        found = measure(url, script, connections, arguments.seconds)
                        rows.append({"workers": workers, "size": name, "connections": connections, **found})
                        print(json.dumps(rows[-1]), flush=True)
            finally:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()
        if arguments.soak:
            rows.append(soak(Path(folder), scripts["10 KB"], arguments.soak))
            print(json.dumps(rows[-1]))
    print(json.dumps(rows[:3]))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
