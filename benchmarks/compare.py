"""This project's model and the alternatives on the same pages: ``python benchmarks/compare.py --sources DIR``.

Every method judges the same genuine pages, the same pages with one planted block each, and real injected pages. What
is trained is trained in five folds, by site, template family and lexicon half, on the same rows, and judges only pages
whose site it never saw, with blocks of words and families it never saw. A method whose package is missing is a row that
says so. Writes compare.json, compare.md, recall.svg and left.svg.

Intervals are 95 % Wilson intervals. Spans are compared in letters, digits and characters of the text, as most methods
know no offsets of the source.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
from alternatives import methods
from alternatives.base import MATCHED, Case, Cleaner, Detector, Judged, NotInstalled, Point, Training, bare, words
from alternatives.keywords import BEST
from alternatives.pages import page_set

from moderation.errors import ModerationError
from moderation.evaluation.intervals import wilson
from moderation.training.corpus import load_corpus
from moderation.training.dataset import Sources

HERE = Path(__file__).parent.parent
# Shorter agreements of a line with a block are chance.
_LEAST = 4
_SEPARATORS = re.compile(r"[_,|\n、，丨·-]| I | ")


@dataclass(frozen=True)
class Share:
    """``hits`` of ``total``."""

    hits: int
    total: int

    @property
    def rate(self) -> float:
        return self.hits / self.total if self.total else math.nan

    def __str__(self) -> str:
        if not self.total:
            return "–"
        low, high = wilson(self.hits, self.total)
        return f"{self.hits}/{self.total} ({100 * low:.1f}–{100 * high:.1f} %)"

    def to_dict(self) -> dict[str, Any]:
        return {"hits": self.hits, "total": self.total, "interval": wilson(self.hits, self.total)}


@dataclass(frozen=True)
class Row:
    """What a detector does at one working point.

    Attributes:
        threshold: of the score, in the method's own unit.
        recall: planted pages flagged.
        anew: planted pages flagged of those whose genuine page is not: what the block alone brought about.
        real: real injected pages flagged.
        alarms: genuine pages flagged.
        iou: mean intersection over union of what it points at with the block, over the planted pages flagged.
        speed: pages a second.
    """

    method: str
    point: str
    threshold: float
    recall: Share
    anew: Share
    real: Share
    alarms: Share
    iou: float | None
    speed: float
    by_placement: dict[str, Share]
    by_label: dict[str, Share]
    by_origin: dict[str, Share]
    alarms_by_origin: dict[str, Share]


@dataclass(frozen=True)
class Cleaning:
    """What a cleaner does.

    Attributes:
        left: planted blocks of which at least half the characters are still in the text.
        kept: mean share of the words of the genuine pages that are still there.
        kept_chinese: the same over the Chinese pages.
        speed: pages a second.
    """

    method: str
    left: Share
    kept: float
    kept_chinese: float
    speed: float
    by_placement: dict[str, Share]


@dataclass
class Results:
    protocol: dict[str, Any]
    about: dict[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    cleanings: list[Cleaning] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)


def detect(method: Detector, cases: Sequence[Case], alarms: float | None) -> list[Row]:
    """A detector's rows, one a working point.

    Args:
        method: prepared.
        cases: all pages.
        alarms: share of the genuine pages that this project's model flags; None while it is not known.
    """
    cases = [case for case in cases if case.is_chinese or not method.chinese_only]
    began = time.perf_counter()
    judged = [method.judge(case) for case in cases]
    speed = len(cases) / (time.perf_counter() - began)
    pairs = list(zip(cases, judged, strict=True))
    rows = []
    for point in method.points:
        placed = _placed(point, pairs, alarms)
        if placed is not None:
            rows.append(_row(method.name, placed, pairs, speed))
    return rows


def _placed(point: Point, pairs: Sequence[tuple[Case, Judged]], alarms: float | None) -> Point | None:
    """The point with its threshold, where it is one that is found on the pages themselves."""
    if not math.isnan(point.threshold):
        return point
    genuine = sorted((judged.score for case, judged in pairs if case.is_genuine), reverse=True)
    planted = [judged.score for case, judged in pairs if not case.is_genuine and case.placement != "real"]
    if point.name == BEST:

        def gain(threshold: float) -> float:
            flagged = sum(score >= threshold for score in genuine) / len(genuine)
            return sum(score >= threshold for score in planted) / len(planted) - flagged

        threshold = max(sorted({*genuine, *planted}), key=gain)
    elif alarms is None:
        return None
    else:
        allowed = math.floor(alarms * len(genuine) + 1e-9)
        # Just above the first genuine page that must not be flagged any more.
        threshold = float(np.nextafter(genuine[allowed], math.inf)) if allowed < len(genuine) else 0.0
    line = threshold if point.line is not None and math.isnan(point.line) else point.line
    return Point(point.name, threshold, line)


def _row(name: str, point: Point, pairs: Sequence[tuple[Case, Judged]], speed: float) -> Row:
    flagged = {id(case): bool(judged.score >= point.threshold) for case, judged in pairs}
    before = {case.name: flagged[id(case)] for case, _ in pairs if case.is_genuine}
    cases = [case for case, _ in pairs]
    planted = [case for case in cases if not case.is_genuine and case.placement != "real"]
    genuine = [case for case in cases if case.is_genuine]

    def share(some: Sequence[Case]) -> Share:
        return Share(sum(flagged[id(case)] for case in some), len(some))

    overlaps = []
    if point.line is not None:
        for case, judged in pairs:
            if case.block and case.placement != "real" and flagged[id(case)]:
                lines = [line for line, score in judged.lines if score >= point.line]
                overlaps.append(overlap(lines, case.block))
    return Row(
        method=name,
        point=point.name,
        threshold=float(point.threshold),
        recall=share(planted),
        anew=share([case for case in planted if not before[case.name]]),
        real=share([case for case in cases if case.placement == "real"]),
        alarms=share(genuine),
        iou=sum(overlaps) / len(overlaps) if overlaps else None,
        speed=speed,
        by_placement={key: share([c for c in planted if c.placement == key]) for key in _keys(planted, "placement")},
        by_label={key: share([c for c in planted if c.label == key]) for key in _keys(planted, "label")},
        by_origin={key: share([c for c in planted if c.origin == key]) for key in _keys(planted, "origin")},
        alarms_by_origin={key: share([c for c in genuine if c.origin == key]) for key in _keys(genuine, "origin")},
    )


def _keys(cases: Sequence[Case], name: str) -> list[str]:
    return sorted({getattr(case, name) for case in cases})


def overlap(lines: Sequence[str], block: str) -> float:
    """Intersection over union of some lines with a block, in characters that are no blanks or separators."""
    truth = bare(block)
    texts = [bare(line) for line in lines]
    shared = 0
    for text in texts:
        if text in truth:
            shared += len(text)
        elif truth in text:
            shared += len(truth)
        else:
            # Long flagged lines are prose; a block in their midst is found all the same, at less than quadratic cost.
            matches = SequenceMatcher(None, text[:4000], truth, autojunk=False).get_matching_blocks()
            shared += sum(match.size for match in matches if match.size >= _LEAST)
    shared = min(shared, len(truth))
    union = sum(map(len, texts)) + len(truth) - shared
    return shared / union if union else 0.0


def clean(method: Cleaner, cases: Sequence[Case]) -> Cleaning:
    """What a cleaner leaves of the blocks, and of genuine text."""
    genuine = {case.name: case for case in cases if case.is_genuine}
    planted = [case for case in cases if case.name in genuine and not case.is_genuine]
    began = time.perf_counter()
    after = {name: method.clean(case.content, case.fold) for name, case in genuine.items()}
    results = [method.clean(case.content, case.fold) for case in planted]
    speed = (len(after) + len(results)) / (time.perf_counter() - began)
    left = {id(case): is_left(case.block, text, after[case.name]) for case, text in zip(planted, results, strict=True)}
    kept = {name: _kept(after[name], case) for name, case in genuine.items()}
    chinese = [share for name, share in kept.items() if genuine[name].is_chinese]

    def share(some: Sequence[Case]) -> Share:
        return Share(sum(left[id(case)] for case in some), len(some))

    return Cleaning(
        method.name,
        share(planted),
        sum(kept.values()) / len(kept),
        sum(chinese) / max(1, len(chinese)),
        speed,
        {key: share([c for c in planted if c.placement == key]) for key in _keys(planted, "placement")},
    )


def is_left(block: str, text: str, genuine: str) -> bool:
    """Whether at least half the characters of a block's keywords are in a text, beyond what the genuine page says."""
    keywords = [bare(part) for part in _SEPARATORS.split(block)]
    text, genuine = bare(text), bare(genuine)
    found = sum(len(word) for word in keywords if word and text.count(word) > genuine.count(word))
    return 2 * found >= sum(map(len, keywords))


def _kept(text: str, case: Case) -> float:
    whole = words("\n".join(case.lines))
    return (words(text) & whole).total() / whole.total() if whole else 1.0


# -------------------------------------------------------------------------------------------------------------- output


def markdown(results: Results) -> str:
    """The report: protocol, detectors, recall by placement and label, cleaners."""
    lines = ["# The alternatives on the same pages", "", *_protocol(results), "", "## Detectors", ""]
    lines += _table(
        ["method", "working point", "planted pages", "flagged anew", "real pages", "false alarms", "IoU", "pages/s"],
        [
            [
                row.method,
                row.point + (f" ({row.threshold:.3g})" if row.point in (MATCHED, BEST) else ""),
                str(row.recall),
                str(row.anew),
                f"{row.real.hits}/{row.real.total}",
                str(row.alarms),
                "–" if row.iou is None else f"{row.iou:.2f}",
                f"{row.speed:.0f}",
            ]
            for row in results.rows
        ]
        + [[name, f"not installed: {what}", *["–"] * 6] for name, what in results.missing.items()],
    )
    for title, column in (
        ("Planted pages flagged, by placement", "by_placement"),
        ("Planted pages flagged, by label", "by_label"),
        ("Planted pages flagged, by set", "by_origin"),
        ("Genuine pages flagged, by set", "alarms_by_origin"),
    ):
        lines += ["", f"## {title}", ""]
        keys = sorted({key for row in results.rows for key in getattr(row, column)})
        lines += _table(
            ["method", "working point", *keys],
            [[row.method, row.point, *_shares(getattr(row, column), keys)] for row in results.rows],
        )
    lines += ["", "## Cleaners: blocks left in the text, and genuine text kept", ""]
    placements = sorted({key for each in results.cleanings for key in each.by_placement})
    lines += _table(
        ["cleaner", "blocks left", "words kept", "words kept, Chinese pages", "pages/s", *placements],
        [
            [
                each.method,
                str(each.left),
                f"{100 * each.kept:.1f} %",
                f"{100 * each.kept_chinese:.1f} %",
                f"{each.speed:.0f}",
                *_shares(each.by_placement, placements),
            ]
            for each in results.cleanings
        ],
    )
    lines += ["", "## What each method is", ""]
    lines += [f"- {name}: {about}" for name, about in results.about.items()]
    return "\n".join(lines) + "\n"


def _protocol(results: Results) -> list[str]:
    told = results.protocol
    pages = (
        f"{told['genuine']} genuine pages ({told['chinese']} of them Chinese), {told['planted']} of them once more "
        f"with one composed block, {told['real']} real injected pages. Seed {told['seed']}, {told['size']:,} composed "
        f"rows of spam, {told['rows']:,} rows in all."
    )
    folds = (
        f"Trained methods are trained {told['folds']} times, each time without one fifth of the sites and template "
        "families and without one half of the lexicon, on the same rows, and judge only pages of those sites with "
        "blocks of those families and words. The shipped model and the whole lexicon are in sample."
    )
    measures = (
        f'"{MATCHED}" and "{BEST}" are thresholds found on the very pages they are measured on, in favour of the '
        'method. "Flagged anew" counts planted pages whose genuine page is not flagged. Intervals are 95 % Wilson '
        "intervals. IoU is the mean over flagged planted pages, in letters and characters of the text. Speeds are of "
        "this run, one process; those of detectors over lines and words leave out parsing the page "
        f"({told['parsing']:.0f} pages/s). A block is left where half of its characters or more are still in the text; "
        "this project's cleaned text counts title, meta tags and attributes, the extractors' is main content only."
    )
    return [pages, "", folds, "", measures]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows),
    ]


def _shares(shares: dict[str, Share], keys: Sequence[str]) -> list[str]:
    return [f"{shares[key].hits}/{shares[key].total}" if key in shares else "–" for key in keys]


def plot(results: Results, folder: Path) -> None:
    """Writes the two plots as SVG, the same bytes for the same numbers."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": hashlib.sha256(b"moderation").hexdigest(), "svg.fonttype": "none"})
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 5))
    names = list(dict.fromkeys(row.method for row in results.rows))
    colours = pyplot.get_cmap("tab20")
    for row in results.rows:
        at = names.index(row.method)
        axes.errorbar(
            100 * row.alarms.rate,
            100 * row.recall.rate,
            xerr=_bars(row.alarms),
            yerr=_bars(row.recall),
            fmt="s" if row.point == MATCHED else "o",
            color=colours(at % 20),
            capsize=2,
            linewidth=0.8,
            markersize=5,
            label=row.method if row.point == next(r.point for r in results.rows if r.method == row.method) else None,
        )
    axes.set(
        xlabel="genuine pages flagged, %",
        ylabel="planted pages flagged, %",
        title="Recall against false alarms (squares: thresholds at our false alarms)",
        ylim=(-2, 102),
    )
    # What matters lies between none and a few per cent.
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(-0.1, 102)
    axes.set_xticks([0, 1, 3, 10, 30, 100], ["0", "1", "3", "10", "30", "100"])
    axes.legend(fontsize=7, loc="best")
    _save(figure, folder / "recall.svg")
    figure, axes = pyplot.subplots(figsize=(8, 0.5 * len(results.cleanings) + 1.2))
    for at, each in enumerate(reversed(results.cleanings)):
        axes.barh(at, 100 * each.left.rate, xerr=_bars(each.left), color=colours(0), capsize=2, height=0.6)
    # A cleaner that keeps nothing leaves nothing.
    names = [f"{each.method}\n{100 * each.kept:.0f} % of the words kept" for each in reversed(results.cleanings)]
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set(xlabel="planted blocks still in the text, %", xlim=(0, 100), title="After cleaning")
    _save(figure, folder / "left.svg")
    pyplot.close("all")


def _bars(share: Share) -> list[list[float]]:
    low, high = wilson(share.hits, share.total)
    return [[100 * max(0.0, share.rate - low)], [100 * max(0.0, high - share.rate)]]


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def _plain(value: Any) -> Any:
    """For JSON: shares as counts with their intervals."""
    if isinstance(value, Share):
        return value.to_dict()
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value


def _fields(row: Row | Cleaning) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in row.__dataclass_fields__}


def write(results: Results, folder: Path) -> None:
    """Writes all files."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "protocol": results.protocol,
        "detectors": [_fields(row) for row in results.rows],
        "cleaners": [_fields(each) for each in results.cleanings],
        "not_installed": results.missing,
        "about": results.about,
    }
    (folder / "compare.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
    (folder / "compare.md").write_text(markdown(results), "utf-8")
    plot(results, folder)


# ---------------------------------------------------------------------------------------------------------------- main


def compare(options: argparse.Namespace) -> Results:
    """Builds the pages and runs every method over them."""
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - began:5.0f} s] {text}", file=sys.stderr, flush=True)

    datasets = HERE / "datasets"
    say("composing and reading the corpus")
    corpus = load_corpus(datasets, Sources(datasets / "sources.toml", options.sources), options.seed, options.size)
    # Other blocks than those the calibration is fitted on.
    cases = page_set(corpus, options.sources, options.seed + 500, options.limit)
    parsing = time.perf_counter()
    for case in cases:
        case.lines  # noqa: B018  # parsed once for all methods, so that no method's clock counts it
    parsed = len(cases) / (time.perf_counter() - parsing)
    genuine = [case for case in cases if case.is_genuine]
    real = sum(case.placement == "real" for case in cases)
    training = Training(corpus, options.seed, options.jobs)
    results = Results(
        {
            "seed": options.seed,
            "size": options.size,
            "rows": len(corpus.rows),
            "folds": len(training.folds),
            "genuine": len(genuine),
            "chinese": sum(case.is_chinese for case in genuine),
            "planted": len(cases) - len(genuine) - real,
            "real": real,
            "parsing": round(parsed, 1),
        }
    )
    alarms: float | None = None
    for method in methods(HERE / "models" / "zh-headspam"):
        say(method.name)
        only = isinstance(method, Detector) and method.chinese_only
        results.about[method.name] = method.about + ("; judges the Chinese pages only" if only else "")
        try:
            method.prepare(training)
        except NotInstalled as missing:
            results.missing[method.name] = str(missing)
            continue
        if isinstance(method, Detector):
            rows = detect(method, cases, alarms)
            alarms = rows[0].alarms.rate if alarms is None else alarms
            results.rows.extend(rows)
        if isinstance(method, Cleaner):
            results.cleanings.append(clean(method, cases))
    say("done")
    return results


def main(argv: Sequence[str] | None = None) -> int:
    """Compares and writes; 2 if the pages are missing."""
    parser = argparse.ArgumentParser(
        description="Measures this project's model and the alternatives on the same pages."
    )
    parser.add_argument("--sources", type=Path, metavar="DIR", default=HERE.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, metavar="DIR", default=HERE / "build" / "compare")
    parser.add_argument("--seed", type=int, default=7, help="of all that is drawn (default %(default)s)")
    parser.add_argument("--size", type=int, default=120_000, help="composed rows of spam (default %(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="folds trained at a time (default %(default)s)")
    parser.add_argument("--limit", type=int, metavar="N", help="genuine pages of each set, for a quick look")
    options = parser.parse_args(argv)
    try:
        results = compare(options)
    except (ModerationError, OSError) as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 2
    write(results, options.out)
    print(markdown(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
