"""Trains the model: ``python train.py [--sources DIR] [--out models/NAME]``; ``--gate`` checks what is shipped."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from moderation.errors import ModerationError

HERE = Path(__file__).parent


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the training or the gate and returns the exit code."""
    parser = argparse.ArgumentParser(description="Trains a model from datasets/ and, if at hand, public sets.")
    parser.add_argument("--sources", type=Path, metavar="DIR", help="folder of the public sets (datasets/sources.toml)")
    parser.add_argument("--download", action="store_true", help="fetch public sets that are missing in --sources")
    parser.add_argument(
        "--add",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="own labelled rows, JSON Lines (repeatable)",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", default=HERE / "models" / "local", help="the model folder")
    parser.add_argument("--seed", type=int, default=7, help="of all that is drawn (default %(default)s)")
    parser.add_argument("--size", type=int, default=60_000, help="composed rows of spam (default %(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="folds at a time (default %(default)s)")
    parser.add_argument("--export-pipeline", type=Path, metavar="FILE", help="also write the scikit-learn pipeline")
    parser.add_argument(
        "--gate", action="store_true", help="train nothing: hold the shipped model to its pinned floors"
    )
    parser.add_argument("--against", type=Path, metavar="MODEL", help="with --gate: a model not to lose to")
    options = parser.parse_args(argv)
    try:
        return _gate(options) if options.gate else _train(options)
    except ModerationError as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2


def _train(options: argparse.Namespace) -> int:
    from dataclasses import replace

    from moderation.training.card import metrics, plot, write_card
    from moderation.training.dataset import Sources
    from moderation.training.reality import wrong_labels
    from moderation.training.run import Options, train

    began = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - began:5.0f} s] {text}", file=sys.stderr, flush=True)

    datasets = HERE / "datasets"
    sources = Sources(datasets / "sources.toml", options.sources, fetch=options.download)
    plan = Options(datasets, sources, options.out.name, options.seed, options.size, options.jobs, tuple(options.add))
    report = train(plan, say)
    model = replace(report.model, manifest={**report.model.manifest, "metrics": metrics(report)})
    model.save(options.out)
    plot(options.out, report.scored, model.calibration)
    command = "python train.py" + (" --sources DIR" if options.sources else "") + f" --out models/{options.out.name}"
    write_card(options.out / "card.md", report, sources, command, plotted=True, wrong=wrong_labels(datasets))
    if options.export_pipeline:
        import joblib

        from moderation.training.fit import pipeline

        joblib.dump(pipeline(model), options.export_pipeline)
        say(f"wrote {options.export_pipeline}")
    for each in report.measures:
        asked = "" if each.is_met else "   SHORT OF WHAT IS ASKED"
        print(f"{each.name:<55}{each.hits:>7} of {each.total:<7}{asked}")
    if report.planted.rows:
        print(f"{'mean IoU of spans found':<55}{report.planted.iou:>11.4f}")
    say(f"wrote {options.out} ({model.identity})")
    return 0


def _gate(options: argparse.Namespace) -> int:
    from moderation.training.gate import gate

    return gate(HERE, options.sources, options.against)


if __name__ == "__main__":
    sys.exit(main())
