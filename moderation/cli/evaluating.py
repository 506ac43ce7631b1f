"""The commands that measure: ``evaluate`` and ``model compare``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from moderation.cli.inputs import Item
from moderation.cli.labelled import Labels, load_labels, read_labelled
from moderation.cli.printing import Tally, items, stop, style_of, to_json, warn, watched
from moderation.cli.render import drift_lines, evaluation_lines, flip_lines
from moderation.common.messages import gettext
from moderation.data import Page
from moderation.engine import Moderator
from moderation.errors import ModerationError, PageError
from moderation.evaluation import Evaluation, evaluate
from moderation.evaluation.drift import Drift, flips

__all__ = ["compare_models", "evaluate_pages"]


def evaluate_pages(options: argparse.Namespace) -> int:
    if options.worst < 0:
        return stop(gettext("--worst {worst}: give 0 or more").format(worst=options.worst))
    moderator = Moderator.load(options.model, options.policy)
    labels = load_labels(options.labels) if options.labels else None
    style = style_of(options)
    total = Evaluation(moderator, options.worst)
    unusable = False
    with Path(options.out).open("w", encoding="utf-8", newline="\n") if options.out else nullcontext() as out:
        for item, row in _evaluated(options, moderator, labels, total):
            if isinstance(row, ModerationError):
                unusable = unusable or (item.named and isinstance(row, PageError))
                total.leave_out(row.code)
                warn(str(row))
                row = {"error": {"code": row.code, "message": str(row)}}
            if out is not None:
                print(to_json({**item.key, **row}), file=out)
    for problem in [*labels.problems, *labels.unused()] if labels else ():
        total.notes += 1
        warn(problem)
    if not total.rows:
        return stop(gettext("no labelled page: give rows a label, name a file of --labels, or folders clean and spam"))
    if options.format == "json":
        print(to_json(total.to_dict(style.say), indent=2))
    else:
        for line in evaluation_lines(total, style):
            print(line)
    return 2 if unusable else 0


def _evaluated(
    options: argparse.Namespace, moderator: Moderator, labels: Labels | None, total: Evaluation
) -> Iterator[tuple[Item, dict[str, Any] | ModerationError]]:
    """What became of each page, or why it is left out; those judged are added up."""
    known = moderator.model.labels
    pages = read_labelled(options.paths, known, labels, rows=options.jsonl, url=options.url)
    for item, truth in watched(options, pages):
        if isinstance(truth, ModerationError):
            yield item, truth
        elif isinstance(item.page, Page):
            try:
                outcome = evaluate(moderator, item.page, truth)
            except PageError as error:
                yield item, error
                continue
            for note in truth.notes:
                warn(note)
            total.add(item.name, outcome)
            yield item, outcome.to_dict()


def compare_models(options: argparse.Namespace) -> int:
    old = Moderator.load(options.old, options.policy)
    new = Moderator.load(options.new, options.policy)
    drift = Drift()
    tally = Tally()
    for item in items(options):
        flip = next(flips(old, new, [item.page]))
        if isinstance(flip, PageError):
            tally.fail(item, flip, options.format)
            continue
        drift.add(flip)
        if flip.is_same:
            continue
        if options.format == "jsonl":
            print(to_json({**item.key, **flip.to_dict()}))
        else:
            for line in flip_lines(item.name, flip):
                print(line)
    if options.format == "text":
        for line in drift_lines(drift, old.model.identity, new.model.identity):
            print(line)
    tally.flagged = drift.changed
    return tally.code
