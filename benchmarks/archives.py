"""The audit of an archive beside the engine alone: ``python benchmarks/archives.py --sources DIR [--size MB]``.

Composes WARCs of real pages in several charsets and encodings, written by warcio, one page in 200 with an injection
that is known; then judges pages in memory with the engine, and audits a tenth, a half and the whole, with one worker
and with two. Prints and saves what is found, rates as ratios, and the memory of the largest process over time. With
``--kills N`` it also kills N audits at random moments, their workers or them, and compares the results of going on.
"""

from __future__ import annotations

import argparse
import contextlib
import filecmp
import gzip
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pages import real_pages

from moderation.engine import Moderator
from moderation.errors import PageError
from moderation.inputs.archives import Record, open_pages
from moderation.training.planting import inject
from moderation.training.synthesis import LABELS, Composer, load_grammars

ROOT = Path(__file__).parents[1]
EVERY = 200
# Blocks that are planted again and again, on many hosts.
CAMPAIGNS = 12
HOSTS = 400
_PLACEMENTS = ("title-prefix", "title-alone", "meta-only", "first-line", "off-screen-list")


class Composed(NamedTuple):
    """An archive, and the addresses of the pages that carry an injection."""

    path: Path
    pages: int
    injected: list[str]


def compose(path: Path, pages: Sequence[str], size: int, seed: int = 5) -> Composed:
    """Writes an archive of about ``size`` bytes."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    composer = Composer(load_grammars(ROOT / "datasets"), seed)
    pick = composer.random
    fixed = [composer.injection(pick.choice(LABELS)) for _ in range(CAMPAIGNS)]
    injected = []
    number = 0
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=path.suffix == ".gz")
        writer.write_record(writer.create_warcinfo_record(path.name, {"software": "benchmarks/archives.py"}))
        while file.tell() < size:
            page = pages[number % len(pages)]
            url = f"http://www{number % HOSTS}.example/{number}.html"
            if number % EVERY == EVERY // 2:
                made = None
                while made is None:
                    injection = pick.choice(fixed) if pick.random() < 0.5 else composer.injection(pick.choice(LABELS))
                    made = inject(page, injection, pick.choice(_PLACEMENTS), pick)
                    page = made.content if made else pages[pick.randrange(len(pages))]
                injected.append(url)
            body, headers = _encoded(page, number)
            date = f"{2023 + number // 37 % 3}-{number // 11 % 12 + 1:02}-{number % 28 + 1:02}T{number % 24:02}:00:00Z"
            http = StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1")
            writer.write_record(
                writer.create_warc_record(
                    url, "response", payload=io.BytesIO(body), http_headers=http, warc_headers_dict={"WARC-Date": date}
                )
            )
            number += 1
    return Composed(path, number, injected)


def _encoded(page: str, number: int) -> tuple[bytes, list[tuple[str, str]]]:
    """The bytes of a page as a server sends them: in one of several charsets, chunked or packed."""
    charset = ("utf-8", "gb18030", "utf-8", "utf-8", "gb18030", "utf-16")[number % 6]
    data = page.encode(charset, "replace")
    headers = [("Content-Type", f"text/html; charset={charset}")]
    if number % 5 == 0:
        data = gzip.compress(data, 1, mtime=0)
        headers.append(("Content-Encoding", "gzip"))
    if number % 7 == 0:
        data = b"".join(
            f"{len(data[at : at + 4096]):x}\r\n".encode() + data[at : at + 4096] + b"\r\n"
            for at in range(0, len(data), 4096)
        )
        data += b"0\r\n\r\n"
        headers.append(("Transfer-Encoding", "chunked"))
    return data, [*headers, ("Content-Length", str(len(data)))]


# ------------------------------------------------------------------------------------------------------------ measuring


def alone(path: Path) -> tuple[float, int, list[str]]:
    """Seconds the engine takes for the pages of an archive that lie in memory, their number, and which are flagged."""
    moderator = Moderator.load()
    seconds = 0.0
    count = 0
    flagged = []
    for pages in _chunks(path, 200):
        began = time.perf_counter()
        for page in pages:
            try:
                if moderator.check(page).findings:
                    flagged.append(str(page.url))
            except PageError:
                continue
            count += 1
        seconds += time.perf_counter() - began
    return seconds, count, flagged


def compared(folder: Path) -> dict[str, dict[str, Any]]:
    """For the archives of each project in a folder, sound and broken: records that each reader gets to, and pages."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*/*")):
        # An index is no archive; to the other readers neither is a WACZ.
        if path.suffix in (".cdx", ".cdxj", ".wacz") or not path.is_file():
            continue
        row = found.setdefault(path.parent.name, {"files": 0, "records": 0, "pages": 0, "errors": Counter()})
        row["files"] += 1
        for outcome in open_pages(path):
            row["records"] += 1
            row["pages"] += isinstance(outcome, Record)
            if isinstance(outcome, PageError):
                row["errors"][outcome.code] += 1
        for name, reader in (("warcio", _by_warcio), ("fastwarc", _by_fastwarc)):
            row[name] = row.get(name, 0) + reader(path)
    return found


def _by_warcio(path: Path) -> int:
    from warcio.archiveiterator import ArchiveIterator

    count = 0
    with path.open("rb") as file, contextlib.suppress(Exception):
        for _ in ArchiveIterator(file):
            count += 1
    return count


def _by_fastwarc(path: Path) -> int:
    from fastwarc.warc import ArchiveIterator

    count = 0
    with path.open("rb") as file, contextlib.suppress(Exception):
        for _ in ArchiveIterator(file, parse_http=False):
            count += 1
    return count


def _chunks(path: Path, size: int) -> Iterator[list[Any]]:
    chunk = []
    for outcome in open_pages(path):
        if isinstance(outcome, Record):
            chunk.append(outcome.page)
        if len(chunk) == size:
            yield chunk
            chunk = []
    yield chunk


class Run(NamedTuple):
    """An audit: its seconds, what it counted, and the greatest memory of a process (MB) as (second, MB)."""

    seconds: float
    counters: dict[str, Any]
    memory: list[tuple[float, float]]


def audited(path: Path, out: Path, workers: int) -> Run:
    """One audit, watched from outside."""
    process = subprocess.Popen(_command(path, out, workers), stdout=subprocess.DEVNULL)
    began = time.perf_counter()
    memory = []
    while process.poll() is None:
        memory.append((time.perf_counter() - began, max(map(_resident, [process.pid, *_children(process.pid)]))))
        time.sleep(0.5)
    run = json.loads((out / "run.json").read_text("utf-8"))
    return Run(time.perf_counter() - began, run["counters"], memory)


def _command(path: Path, out: Path, workers: int) -> list[str]:
    arguments = ["audit", str(path), "--out", str(out), "--workers", str(workers), "--no-report"]
    return [sys.executable, "-m", "moderation.cli", *arguments]


def _children(parent: int) -> list[int]:
    """The processes that descend from one."""
    below: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            below.setdefault(int(path.read_text().rpartition(")")[2].split()[1]), []).append(int(path.parent.name))
        except OSError:
            continue
    found = list(below.get(parent, []))
    for child in found:
        found += below.get(child, [])
    return found


def _resident(process: int) -> float:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, IndexError):
        return 0.0


def kills(path: Path, out: Path, count: int, seed: int = 3) -> int:
    """How many of ``count`` audits that were killed, and run again until they ended, gave what one in peace gives."""
    pick = random.Random(seed)
    whole = audited(path, out / "in-peace", 2)
    same = 0
    for number in range(count):
        target = out / f"killed{number}"
        process = subprocess.Popen(_command(path, target, 2), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(pick.uniform(0.3, whole.seconds))
        victims = _children(process.pid) if pick.random() < 0.5 else []
        victim = pick.choice(victims) if victims else process.pid
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        process.wait()
        for _ in range(3):
            done = subprocess.run(_command(path, target, 1 + number % 2), capture_output=True, check=False)
            # Finished before it was killed, or now.
            if done.returncode in (0, 1) or b"finished run" in done.stderr:
                break
        names = ("findings.jsonl", "errors.jsonl", "hosts.jsonl")
        same += all(filecmp.cmp(out / "in-peace" / name, target / name, shallow=False) for name in names)
    return same


def plot(runs: dict[str, Run], path: Path) -> None:
    """Memory of the largest process over time, for archives of several sizes."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "moderation"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 3))
    for name, run in runs.items():
        axes.plot([second for second, _ in run.memory], [size for _, size in run.memory], label=name)
    axes.axhline(250, color="0.6", linestyle=":")
    axes.set(xlabel="seconds", ylabel="MB of the largest process", ylim=(0, 300))
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, prints and saves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=Path, required=True, help="folder of real pages")
    parser.add_argument("--out", type=Path, default=Path("build/archives"))
    parser.add_argument("--size", type=int, default=1024, help="MB of the archive (default %(default)s)")
    parser.add_argument("--kills", type=int, default=0, help="audits to kill (default none)")
    arguments = parser.parse_args(argv)
    arguments.out.mkdir(parents=True)
    pages = real_pages(arguments.sources)
    random.Random(1).shuffle(pages)
    made = {
        share: compose(arguments.out / f"{name}.warc", pages, int(arguments.size * 1e6 * share))
        for name, share in (("tenth", 0.1), ("half", 0.5), ("whole", 1.0))
    }
    runs = {}
    seconds, count, flagged = alone(made[0.5].path)
    for name, share, workers in (
        ("a tenth", 0.1, 1), ("half", 0.5, 1), ("whole", 1.0, 1), ("whole, two workers", 1.0, 2),
    ):  # fmt: skip
        runs[name] = audited(made[share].path, arguments.out / name.replace(", ", "-").replace(" ", "-"), workers)
    found = {
        json.loads(row)["url"] for row in (arguments.out / "half" / "findings.jsonl").read_text("ascii").splitlines()
    }
    result = {
        "megabytes": {name: made[share].path.stat().st_size / 1e6 for name, share in (("half", 0.5), ("whole", 1.0))},
        "pages": {"half": made[0.5].pages, "whole": made[1.0].pages},
        "injected in half": len(made[0.5].injected),
        "of these found by the engine": len(set(flagged) & set(made[0.5].injected)),
        "found by the audit and the engine alike": found == set(flagged),
        "engine, pages a second": count / seconds,
        "audit, pages a second": {name: run.counters["pages"] / run.seconds for name, run in runs.items()},
        "one worker, share of the engine's rate": seconds / runs["half"].seconds,
        "two workers, times one": runs["whole"].seconds / runs["whole, two workers"].seconds,
        "greatest memory, MB": {name: max(size for _, size in run.memory) for name, run in runs.items()},
    }
    if arguments.kills:
        small = compose(arguments.out / "small.warc.gz", pages, 6_000_000)
        result["killed, with the same result"] = [kills(small.path, arguments.out, arguments.kills), arguments.kills]
    result["readers"] = compared(arguments.sources / "archives")
    print(json.dumps(result, indent=2))
    (arguments.out / "archives.json").write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    plot(runs, arguments.out / "memory.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
