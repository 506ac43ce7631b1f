"""How fast the engine is beside its alternatives: ``python benchmarks/speed.py --sources DIR [--out DIR]``.

All methods read the same shuffled stream of real pages, a chunk each in turn, in one process on one core, so that a
noisy machine is noisy for all of them; ratios are medians over the chunks that both have read. Pages are handed over as
text, decoded before. Then one page at a time: time of a 20 KB article, growth with the size of a page and with
that of the model, and where the time goes (hostile.py measures hostile input). Writes speed.json, speed.md and
profile.svg, and holds the ratios to the floors in speed.toml: exit code 1 says that one is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import math
import random
import statistics
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from alternatives.base import NotInstalled
from pages import articles, real_pages
from startup import start

from moderation.engine import Moderator, read_page
from moderation.errors import PageError
from moderation.model import Model
from moderation.training.synthesis import LABELS, Composer, load_grammars

ROOT = Path(__file__).parents[1]
CHUNK = 40
OURS, PARSE, NAIVE, TRAFILATURA = "moderation", "parse only (turbohtml)", "naive pipeline", "trafilatura"
Method = Callable[[Sequence[str]], None]


# -- the methods


def ours() -> Method:
    """The engine: a verdict for each page."""
    moderator = Moderator.load()

    def run(pages: Sequence[str]) -> None:
        for page in pages:
            moderator.check(page)

    return run


def parse_only() -> Method:
    """A tree and nothing else."""
    import turbohtml

    def run(pages: Sequence[str]) -> None:
        for page in pages:
            turbohtml.parse(page)

    return run


def naive() -> Method:
    """BeautifulSoup with lxml, jieba, and the shipped model as a scikit-learn pipeline over the lines of the text."""
    import jieba
    from bs4 import BeautifulSoup

    from moderation.stages.tokens import pairs, parts
    from moderation.training.fit import pipeline

    def analyse(line: str) -> list[str]:
        out: list[str] = []
        before = sounded = ""
        for word in jieba.lcut(line.lower(), HMM=False):
            if not word.isalnum():
                before = sounded = ""
                continue
            own, sounds = parts(word)
            out += [*own, *([f"{before} {word}"] if before else ()), *pairs(sounded + sounds)]
            before, sounded = word, sounds[-1:]
        return out

    judge = pipeline(Moderator.load().model)
    judge.named_steps["tfidf"].analyzer = analyse
    jieba.initialize()

    def run(pages: Sequence[str]) -> None:
        for page in pages:
            lines = [line for line in BeautifulSoup(page, "lxml").get_text("\n").splitlines() if line.strip()]
            if lines:
                judge.decision_function(lines)

    return run


def trafilatura() -> Method:
    """Extraction alone, with its defaults."""
    from alternatives.extractors import Trafilatura

    return _each(Trafilatura())


def resiliparse() -> Method:
    """Extraction of the main content alone."""
    from alternatives.extractors import Resiliparse

    return _each(Resiliparse())


def justext() -> Method:
    """Extraction alone."""
    from alternatives.extractors import JusText

    return _each(JusText())


def _each(cleaner: Any) -> Method:
    cleaner.prepare(None)

    def run(pages: Sequence[str]) -> None:
        for page in pages:
            cleaner.clean(page, 0)

    return run


def keywords() -> Method:
    """Text by resiliparse, all of it, and an Aho-Corasick automaton of the project's lexicon over it."""
    from ahocorasick_rs import AhoCorasick, MatchKind
    from resiliparse.extract.html2text import extract_plain_text

    grammars = [grammar for label, grammar in load_grammars(ROOT / "datasets").items() if label in LABELS]
    terms = sorted({t.lower() for g in grammars for role in g.roles.values() for t in role if len(t) > 1})
    automaton = AhoCorasick(terms, matchkind=MatchKind.LeftmostLongest)

    def run(pages: Sequence[str]) -> None:
        for page in pages:
            automaton.find_matches_as_indexes(extract_plain_text(page, main_content=False).lower())

    return run


def bogofilter() -> Method:
    """Text by resiliparse, jieba's words, and bogofilter over them, one call of the program a chunk."""
    import tempfile

    from alternatives.base import cut
    from alternatives.bogofilter import bogofilter as judge
    from resiliparse.extract.html2text import extract_plain_text

    folder = tempfile.TemporaryDirectory(prefix="bogofilter-")
    home = Path(folder.name)
    composer = Composer(load_grammars(ROOT / "datasets"), 3)
    judge(home, "-s", [cut(composer.injection("gambling").text) for _ in range(2000)])
    judge(home, "-n", [cut(composer.clean_line()[0]) for _ in range(2000)])

    def run(pages: Sequence[str]) -> None:
        assert folder
        judge(home, "-t", [cut(extract_plain_text(page, main_content=False)) for page in pages])

    return run


def fineweb() -> Method:
    """Extraction by trafilatura, then FineWeb-2's Chinese filters in datatrove."""
    from alternatives.base import Case
    from alternatives.fineweb import FineWeb2

    judge: Any = FineWeb2()
    judge.prepare(None)

    def run(pages: Sequence[str]) -> None:
        for page in pages:
            judge.judge(Case("", page, 0, ""))

    return run


METHODS: dict[str, Callable[[], Method]] = {
    PARSE: parse_only,
    OURS: ours,
    NAIVE: naive,
    TRAFILATURA: trafilatura,
    "resiliparse, main content": resiliparse,
    "jusText": justext,
    "keyword list (Aho-Corasick)": keywords,
    "bogofilter on jieba's words": bogofilter,
    "FineWeb-2 filters (datatrove)": fineweb,
}


# -- the stream


def stream(pages: Sequence[str], size: int) -> list[list[str]]:
    """Chunks of the pages, shuffled anew each time they are through, ``size`` code points in all."""
    pick = random.Random(7)
    chunks: list[list[str]] = [[]]
    total = 0
    while total < size:
        order = list(pages)
        pick.shuffle(order)
        for page in order:
            if len(chunks[-1]) == CHUNK:
                chunks.append([])
            chunks[-1].append(page)
            total += len(page)
            if total >= size:
                break
    return chunks


def side_by_side(chunks: Sequence[Sequence[str]], budget: float) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Seconds of each chunk by method, and the methods that could not run. ``budget``: seconds a method may take."""
    ready: dict[str, Method] = {}
    missing: dict[str, str] = {}
    for name, make in METHODS.items():
        try:
            ready[name] = make()
            # What is loaded on first use is no part of the rate.
            ready[name](chunks[0][:3])
        except (ImportError, NotInstalled) as error:
            missing[name] = str(error)
    # What all of them have loaded is no garbage that one has to look through for another.
    gc.collect()
    gc.freeze()
    times: dict[str, list[float]] = {name: [] for name in ready}
    for number, chunk in enumerate(chunks):
        for name, run in ready.items():
            if name in (OURS, PARSE) or sum(times[name]) < budget:
                began = time.perf_counter()
                run(chunk)
                times[name].append(time.perf_counter() - began)
        print(f"\r{number + 1} of {len(chunks)} chunks", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return times, missing


def ratio(times: dict[str, list[float]], one: str, other: str) -> float:
    """How many times faster ``one`` is than ``other``: the median over the chunks that both have read."""
    both = zip(times[one], times[other], strict=False)
    return statistics.median([slow / fast for fast, slow in both])


# -- one page at a time


def latencies(moderator: Moderator, pages: Sequence[str]) -> list[float]:
    """Seconds for each page, in ascending order."""
    seconds = []
    for page in pages:
        began = time.perf_counter()
        moderator.check(page)
        seconds.append(time.perf_counter() - began)
    return sorted(seconds)


def growth(moderator: Moderator, make: Callable[[int], str], sizes: Sequence[int]) -> tuple[float, list[float]]:
    """The exponent of time against size (least squares over logarithms), and the seconds: best of three each.

    The collector of garbage is off, as in ``timeit``: what it takes depends on all that the process holds.
    """
    seconds = []
    for size in sizes:
        page = make(size)
        best = math.inf
        gc.collect()
        gc.disable()
        for _ in range(3):
            began = time.perf_counter()
            with contextlib.suppress(PageError):
                moderator.check(page)
            best = min(best, time.perf_counter() - began)
        gc.enable()
        seconds.append(best)
    slope = np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
    return float(slope), seconds


def shrunk(model: Model, share: float) -> Model:
    """The model with the loudest terms only."""
    loud = np.argsort(-np.abs(np.asarray(model.evidence)))[: int(share * len(model.vocabulary))]
    rows = np.sort(loud)
    terms = [model.terms[row] for row in rows.tolist()]
    return replace(
        model,
        vocabulary={term: row for row, term in enumerate(terms)},
        idf=model.idf[rows],
        weights=model.weights[rows],
        label_weights=model.label_weights[rows],
    )


def profile(pages: Sequence[str]) -> dict[str, float]:
    """The share of each step in the time of a verdict, from bytes, in [0, 1]."""
    moderator = Moderator.load()
    blobs = [page.encode("utf-8", "replace") for page in pages]
    for blob in blobs:
        moderator.check(blob)
    before = moderator.reader.engine.seconds()
    decoding = total = 0.0
    for blob in blobs:
        began = time.perf_counter()
        page = read_page(blob)
        decoding += time.perf_counter() - began
        moderator.check(page)
        total += time.perf_counter() - began
    spent = {step: seconds - before[step] for step, seconds in moderator.reader.engine.seconds().items()}
    spent["decode"] = decoding
    spent["signals, findings and all else"] = total - sum(spent.values())
    return {step: round(seconds / total, 4) for step, seconds in sorted(spent.items(), key=lambda each: -each[1])}


# -- the report


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """All that is measured, as the JSON that is written."""
    pages = real_pages(arguments.sources)
    chunks = stream(pages, int(arguments.size * 1e6))
    moderator = Moderator.load()
    # Before the alternatives are loaded: whoever runs the engine has not loaded them.
    small = latencies(moderator, list(articles(600, 20_000)))
    base = next(articles(1, 2_000))
    sizes = [1_000, 10_000, 100_000, 1_000_000, 8_000_000]
    body = base[base.index("<p>") : base.rindex("</p>") + 4]
    exponents = {"an article": growth(moderator, lambda size: (base + body * (size // len(body) + 1))[:size], sizes)}
    times, missing = side_by_side(chunks, arguments.budget)
    read = {name: sum(len(chunk) for chunk in chunks[: len(seconds)]) for name, seconds in times.items()}
    models = {}
    for share in (1.0, 0.5, 0.25):
        smaller = Moderator(shrunk(moderator.model, share), moderator.policy)
        smaller.check(pages[0])
        models[f"{share:.0%} of the terms"] = sum(latencies(smaller, pages))
    starts = start()
    return {
        "stream": {"pages": len(pages), "chunks": len(chunks), "million code points": arguments.size},
        "rates": {
            name: {
                "pages": read[name],
                "pages a second": round(read[name] / sum(seconds), 1),
                "moderation is faster by": round(ratio(times, OURS, name), 3),
            }
            for name, seconds in times.items()
        },
        "missing": missing,
        "article of 20 KB": {
            "p50 ms": round(1000 * small[len(small) // 2], 2),
            "p99 ms": round(1000 * small[int(0.99 * len(small))], 2),
        },
        "growth": {
            name: {"exponent": round(slope, 3), "seconds": [round(second, 5) for second in seconds]}
            for name, (slope, seconds) in exponents.items()
        },
        "model": {name: round(seconds / models["100% of the terms"], 3) for name, seconds in models.items()},
        "start": starts,
        "profile": profile(pages),
    }


def checked(found: dict[str, Any]) -> dict[str, tuple[float, float, bool]]:
    """Each figure that has a floor: what it is, the floor, and whether it is met."""
    rates = found["rates"]
    figures = {
        "times the naive pipeline": rates.get(NAIVE, {}).get("moderation is faster by"),
        "share of the parse-only rate": rates[PARSE]["moderation is faster by"],
        "times trafilatura": rates.get(TRAFILATURA, {}).get("moderation is faster by"),
        "worst exponent of growth": max(row["exponent"] for row in found["growth"].values()),
        "start, times the interpreter's": found["start"]["moderation to a verdict"]["ratio"],
        "resident memory, MB": found["start"]["moderation to a verdict"]["MB"],
    }
    floors = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    answer = {}
    for name, value in figures.items():
        if value is None:
            continue
        floor = floors[name]
        low = "at_least" in floor
        bound = floor["at_least" if low else "at_most"]
        answer[name] = (value, bound, value >= bound if low else value <= bound)
    return answer


def markdown(found: dict[str, Any], floors: dict[str, tuple[float, float, bool]]) -> str:
    """The tables of docs/performance.md."""
    lines = ["| | pages read | pages a second | moderation is faster by |", "|---|---|---|---|"]
    for name, row in sorted(found["rates"].items(), key=lambda each: -each[1]["pages a second"]):
        lines.append(
            f"| {name} | {row['pages']:,} | {row['pages a second']:,} | {row['moderation is faster by']:.2f} × |"
        )
    lines += [f"| {name} | not installed: {why} | | |" for name, why in found["missing"].items()]
    lines += ["", "| | measured | floor | |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {value} | {bound} | {'met' if met else '**missed**'} |"
        for name, (value, bound, met) in floors.items()
    ]
    lines += ["", "| shape | exponent | seconds at each size |", "|---|---|---|"]
    lines += [
        f"| {name} | {row['exponent']:.2f} | {', '.join(f'{second:.4f}' for second in row['seconds'])} |"
        for name, row in found["growth"].items()
    ]
    lines += ["", "| a fresh process | seconds | MB |", "|---|---|---|"]
    lines += [f"| {name} | {row['seconds']} | {row['MB']} |" for name, row in found["start"].items()]
    lines += ["", "| model | time |", "|---|---|"]
    lines += [f"| {name} | {value:.2f} × |" for name, value in found["model"].items()]
    lines += ["", "| an article of 20 KB | ms |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in found["article of 20 KB"].items()]
    return "\n".join(lines) + "\n"


def plot(shares: dict[str, float], path: Path) -> None:
    """The profile as bars."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "moderation"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 3.6), layout="constrained")
    names = list(shares)[::-1]
    axes.barh(names, [100 * shares[name] for name in names], color="#31688e")
    axes.set_xlabel("share of the time of a verdict, %")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, prints and writes the tables; 1 if a floor is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=Path, required=True, help="folder of the public sets")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench")
    parser.add_argument("--size", type=float, default=300, help="million code points to read (default %(default)s)")
    parser.add_argument("--budget", type=float, default=60, help="seconds of an alternative (default %(default)s)")
    arguments = parser.parse_args(argv)
    found = measure(arguments)
    floors = checked(found)
    table = markdown(found, floors)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "speed.json").write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")
    (arguments.out / "speed.md").write_text(table, "utf-8")
    plot(found["profile"], arguments.out / "profile.svg")
    print(table)
    return 0 if all(met for _, _, met in floors.values()) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"speed.py: {error}\n{error.stderr}")
