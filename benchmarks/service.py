"""The service under load: ``python benchmarks/service.py [--seconds N] [--soak MINUTES]``; takes wrk, a Debian package.

Starts the server with one process, with one of two threads, and with two processes, sends it articles of 1, 10 and
100 KB over 1, 16 and 128 connections, and prints a table: verdicts a second, median and 99th percentile of the
milliseconds to the answer, and how many were told to come again. The soak is a mixed load, articles of all sizes and
feedback, while the policy changes every ten seconds; it ends with an error if anything was broken or refused,
or a reload failed.

``--pairs N`` measures something else: what a second thread gains. A server of one thread and one of two stand side by
side, and each is loaded in turn N times, so that both meet the same noise; told is the median of the N ratios of
verdicts a second, with the least and the largest of them.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from pages import articles

from moderation.engine import Moderator

KEY = "benchmarkkey"
SITE = f'[sites.a]\nkeys = ["{sha256(KEY.encode()).hexdigest()}"]\nadmin = true\nrate = 1e6\n'
SIZES = {"1 KB": 1_000, "10 KB": 10_000, "100 KB": 100_000}
CONNECTIONS = (1, 16, 128)
# Of these every article is long enough to be judged beside the loop.
PAIRED = {"100 KB": 100_000, "500 KB": 500_000}
PAIRED_CONNECTIONS = 4


class Run(NamedTuple):
    """What wrk saw: rates a second, milliseconds, numbers."""

    answered: float
    p50: float
    p99: float
    refused: float
    broken: int


def measure(url: str, script: Path, connections: int, seconds: float) -> Run:
    """One run of wrk."""
    process = load(url, script, connections, seconds)
    return result(process.communicate(timeout=seconds + 90)[0])


def load(url: str, script: Path, connections: int, seconds: float) -> subprocess.Popen[str]:
    """Wrk, begun."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--timeout", "30s", "-s", str(script), url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def result(said: str) -> Run:
    """What its script printed at its end."""
    requests, seconds, p50, p99, refused, broken = map(float, re.findall("RESULT" + r" ([\d.]+)" * 6, said)[0])
    return Run(round((requests - refused) / seconds, 1), p50, p99, round(refused / max(1, requests), 4), int(broken))


def script_of(path: Path, sizes: Mapping[int, int], *, feedback: bool = False) -> Path:
    """What wrk sends: so many different articles of each size in turn, and feedback to the first of them."""
    pages = [page for size, count in sizes.items() for page in articles(count, size)]
    bodies = ",\n".join(json.dumps(json.dumps({"html": page})) for page in pages)
    path.write_text(
        f"""
local bodies = {{ {bodies} }}
local at = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {KEY}"
function request()
  at = at % (#bodies + {int(feedback)}) + 1
  if at > #bodies then return wrk.format(nil, "/v1/feedback?spam=false", nil, bodies[1]) end
  return wrk.format(nil, "/v1/check", nil, bodies[at])
end
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %.3f %.2f %.2f %d %d\\n", summary.requests, summary.duration / 1e6,
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
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            break
    return process, url


def soak(folder: Path, minutes: float) -> dict[str, Any]:
    """Mixed load while the policy changes every ten seconds: what was answered, reloads, and memory on the way (MB)."""
    policy = folder / "policy.toml"
    policy.write_text('name = "first"\n', "utf-8")
    config = folder / "service.toml"
    records = f'records = "sqlite:///{folder}/records.sqlite"'
    config.write_text(f'[service]\n{records}\n{SITE}policy = "policy.toml"\n', "utf-8")
    script = script_of(folder / "mixed.lua", {1_000: 12, 10_000: 7, 100_000: 1}, feedback=True)
    process, url = started(1, "--config", str(config))
    memory = []
    try:
        wrk = load(url, script, 8, 60 * minutes)
        end = time.monotonic() + 60 * minutes + 60
        number = 0
        while wrk.poll() is None and time.monotonic() < end:
            time.sleep(10)
            number += 1
            policy.write_text(f'name = "policy {number}"\n', "utf-8")
            memory.append(round(max(map(_resident, _group(process.pid)))))
        run = result(wrk.communicate(timeout=60)[0])
        request = urllib.request.Request(f"{url}/metrics", headers={"Authorization": f"Bearer {KEY}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            reloads = dict(re.findall(r'moderation_reloads_total\{result="(\w+)"\} ([\d.]+)', answer.read().decode()))
    finally:
        ended(process)
    return {"minutes": minutes, **run._asdict(), "reloads": reloads, "memory": memory}


def side_by_side(folder: Path, pairs: int, seconds: float) -> list[dict[str, Any]]:
    """What two threads judge a second, as a multiple of what one does, by the size of the articles."""
    servers = []
    rows = []
    try:
        for threads in (1, 2):
            config = folder / f"threads{threads}.toml"
            config.write_text(f"[service]\nthreads = {threads}\n{SITE}", "utf-8")
            servers.append(started(1, "--config", str(config)))
        for name, size in PAIRED.items():
            script = script_of(folder / f"{size}.lua", {size: 20})
            for _, url in servers:
                measure(url, script, PAIRED_CONNECTIONS, seconds)  # words are remembered from the first time on
            ratios = []
            for number in range(pairs):
                turn = servers if number % 2 else servers[::-1]
                answered = {url: measure(url, script, PAIRED_CONNECTIONS, seconds).answered for _, url in turn}
                one, two = (answered[url] for _, url in servers)
                ratios.append(round(two / max(one, 0.1), 3))
            rows.append({"size": name, "pairs": pairs, "median": median(ratios), "ratios": sorted(ratios)})
            print(
                f"two threads to one, {name}: {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})", flush=True
            )
    finally:
        for process, _ in servers:
            ended(process)
    return rows


def ended(process: subprocess.Popen[bytes]) -> None:
    """Ends a server and its workers."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def _group(leader: int) -> list[int]:
    said = subprocess.run(["pgrep", "-g", str(leader)], capture_output=True, text=True, check=False).stdout
    return list(map(int, said.split()))


def _resident(process: int) -> float:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, IndexError):
        return 0.0


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, prints and saves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=8, help="of each run (default %(default)s)")
    parser.add_argument("--soak", type=float, default=0, help="minutes of load with reloads at the end (default none)")
    parser.add_argument("--pairs", type=int, default=0, help="runs of one thread beside two, and nothing else")
    parser.add_argument("--out", type=Path, default=Path("build/service.json"))
    arguments = parser.parse_args(argv)
    if shutil.which("wrk") is None:
        parser.error("wrk is not installed; it is a package of Debian's")
    rows: list[dict[str, Any]] = []
    if arguments.pairs:
        with tempfile.TemporaryDirectory() as folder:
            rows = side_by_side(Path(folder), arguments.pairs, arguments.seconds)
        return written(arguments.out, rows)
    moderator = Moderator.load()
    for name, size in SIZES.items():
        pages = list(articles(20, size))
        began = time.perf_counter()
        for page in pages:
            moderator.check(page)
        rows.append({"size": name, "engine": round(20 / (time.perf_counter() - began), 1)})
        print(f"the engine alone, {name}: {rows[-1]['engine']} pages a second")
    head = (
        "processes",
        "threads",
        "article",
        "connections",
        "verdicts a second",
        "median, ms",
        "99th percentile, ms",
        "refused",
    )
    print(f"\n| {' | '.join(head)} |")
    print(f"{'|---' * len(head)}|")
    is_whole = True
    with tempfile.TemporaryDirectory() as folder:
        scripts = {name: script_of(Path(folder, f"{size}.lua"), {size: 20}) for name, size in SIZES.items()}
        for workers, threads in ((1, 1), (1, 2), (2, 1)):
            config = Path(folder, "service.toml")
            config.write_text(f"[service]\nthreads = {threads}\n{SITE}", "utf-8")
            process, url = started(workers, "--config", str(config))
            try:
                for name, script in scripts.items():
                    for connections in CONNECTIONS:
                        run = measure(url, script, connections, arguments.seconds)
                        about = {"workers": workers, "threads": threads, "size": name, "connections": connections}
                        rows.append({**about, **run._asdict()})
                        is_whole = is_whole and not run.broken
                        cells = (workers, threads, name, connections, *map(_number, run[:3]), f"{run.refused:.0%}")
                        print(f"| {' | '.join(map(str, cells))} |", flush=True)
            finally:
                ended(process)
        if arguments.soak:
            rows.append(soak(Path(folder), arguments.soak))
            print(json.dumps(rows[-1]))
            is_whole = is_whole and not (rows[-1]["broken"] or rows[-1]["refused"] or "failed" in rows[-1]["reloads"])
    return written(arguments.out, rows) or (0 if is_whole else 1)


def written(out: Path, rows: list[dict[str, Any]]) -> int:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
