"""What each part of the model is worth: ``python benchmarks/ablations.py --sources DIR [--size 20000]``.

Every row is a whole cross-validation with one part switched off: recall where three in a thousand real honest pages
are flagged, so that a row is what the product would be without that part. Prints a Markdown table; takes some minutes
a row.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from moderation.training.calibrate import found
from moderation.training.dataset import Sources
from moderation.training.fit import Settings
from moderation.training.run import Options, out_of_fold

ROOT = Path(__file__).parent.parent
BASE = Settings()
# Recall of these is told where this share of real honest pages is flagged.
SHARE = 0.003
_KINDS = ("tampered-planted", "tampered-alone", "known-name-planted", "name-planted", "spam-page", "composed-planted")


def variants(options: Options) -> dict[str, Options]:
    """The ablations by name."""
    return {
        "everything": options,
        "without words (sounds only)": replace(options, settings=replace(BASE, without=frozenset({"words", "pairs"}))),
        "without pairs of words": replace(options, settings=replace(BASE, without=frozenset({"pairs"}))),
        "without sounds": replace(options, settings=replace(BASE, without=frozenset({"sounds"}))),
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
    print("| | " + " | ".join(_KINDS) + " |")
    print("|---" * (len(_KINDS) + 1) + "|")
    for name, variant in variants(options).items():
        if arguments.only and not any(name.startswith(each) for each in arguments.only):
            continue
        began = time.monotonic()
        scored = out_of_fold(variant, lambda _: None)
        rates = [hits / max(1, total) for hits, total, _ in (found(scored, kind, SHARE) for kind in _KINDS)]
        cells = (name, *(f"{rate:.3f}" for rate in rates))
        print("| " + " | ".join(map(str, cells)) + " |", flush=True)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
