"""What each part of the model is worth: ``python benchmarks/ablations.py --sources DIR [--size 20000]``.

Every row is a whole cross-validation with one part switched off, and what it finds where the same share of honest pages
is flagged, so that a row is what the product would be without that part. Prints a Markdown table; takes some minutes a
row.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from moderation.training.calibrate import REVIEWED, found
from moderation.training.dataset import Sources
from moderation.training.fit import Settings
from moderation.training.run import Options, out_of_fold

ROOT = Path(__file__).parent.parent
BASE = Settings()
# Kinds of pages whose recall is told.
KINDS = {
    "tampered-planted": "tampered titles planted",
    "known-name-planted": "names",
    "name-planted": "names it does not know",
    "spam-page": "pages with spam",
    "spam-site": "spam sites",
}


def variants(options: Options) -> dict[str, Options]:
    """The ablations by name."""
    return {
        "everything": options,
        "without words (sounds only)": replace(options, settings=replace(BASE, without=frozenset({"words", "pairs"}))),
        "without pairs of words": replace(options, settings=replace(BASE, without=frozenset({"pairs"}))),
        "without sounds": replace(options, settings=replace(BASE, without=frozenset({"sounds"}))),
        "without names": replace(options, names=False),
        "without signals": replace(options, signals=False),
        "without the floor under the norm (plain L2)": replace(options, settings=replace(BASE, smoothing=1e-9)),
        "without mining": replace(options, settings=replace(BASE, rounds=0)),
        "without rows written to escape": replace(options, evaded=False),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the ablations named, or all, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=Path, required=True, help="folder of the public sets")
    parser.add_argument("--size", type=int, default=20_000, help="composed rows of spam (default %(default)s)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="*", help="begin of the names of the ablations to run")
    arguments = parser.parse_args(argv)
    datasets = ROOT / "datasets"
    sources = Sources(datasets / "sources.toml", arguments.sources)
    options = Options(datasets, sources, "ablation", size=arguments.size, jobs=arguments.jobs)
    print(f"| at {REVIEWED:.1%} of honest pages flagged | {' | '.join(KINDS.values())} |")
    print("|---" * (len(KINDS) + 1) + "|")
    for name, variant in variants(options).items():
        if arguments.only and not any(name.startswith(each) for each in arguments.only):
            continue
        began = time.monotonic()
        scored = out_of_fold(variant, lambda _: None)
        counts = [found(scored, kind, REVIEWED)[:2] for kind in KINDS]
        cells = (name, *(f"{hits / total:.4f}" if total else "–" for hits, total in counts))
        print("| " + " | ".join(cells) + " |", flush=True)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
