"""The quality gate: the shipped model on real data, held to pinned counts.

``datasets/floors.toml`` pins, for each measure, what the shipped model reached when it was trained, less a noise band
that a change of the engine may move it by. The data is known by its digest, so that a gate never passes on other data.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from moderation.engine import DEFAULT_MODEL, Moderator
from moderation.errors import DataSetError
from moderation.training import evaluate as measure
from moderation.training.dataset import Sources, negatives
from moderation.training.evaluate import Measure

__all__ = ["gate", "measured"]


def gate(root: Path, folder: Path | None) -> int:
    """Measures, compares, prints; returns 0 if every floor is kept or the data is absent, 1 if one is not.

    Args:
        root: of the project.
        folder: the public sets, or None.
    """
    if folder is None or not folder.is_dir():
        print(f"quality gate skipped: no public sets in {folder or '(no --sources)'}; name them with --sources DIR")
        return 0
    sources = Sources(root / "datasets" / "sources.toml", folder)
    pinned = tomllib.loads((root / "datasets" / "floors.toml").read_text("utf-8"))["measure"]
    judge = Moderator.load(root / "models" / DEFAULT_MODEL)
    failed = 0
    seen = set()
    for each in measured(judge, root, sources):
        seen.add(each.name)
        row = pinned.get(each.name)
        if row is None:
            raise DataSetError(f"datasets/floors.toml pins nothing for {each.name!r}; add what it should keep")
        if row["of"] != each.total:
            raise DataSetError(f"{each.name}: {each.total} rows, pinned for {row['of']}: the data is not the same")
        kept = each.hits <= row["at_most"] if "at_most" in row else each.hits >= row["at_least"]
        failed += not kept
        bound = f"at most {row['at_most']}" if "at_most" in row else f"at least {row['at_least']}"
        print(f"{'ok  ' if kept else 'FAIL'} {each.name:<48}{each.hits:>6} of {each.total:<6} {bound}")
        for failure in () if kept else each.failures[:10]:
            print(f"       {failure}")
    for name in sorted(set(pinned) - seen):
        failed += 1
        print(f"FAIL {name}: pinned, and not measured")
    return 1 if failed else 0


def measured(judge: Moderator, root: Path, sources: Sources) -> Iterator[Measure]:
    """What the gate looks at, with the shipped model (cross-validated numbers stand in the card)."""
    sets = sources.all
    yield measure.seed_page(judge, sources.path(sets["seed"]))
    yield from measure.real_heads(judge, sources.path(sets["real-heads"]), sets["real-heads"].labels)
    for name in ("html-zh", "html-other"):
        flagged, total, failures = measure.clean_pages(lambda _: judge, sources.pages(sets[name]))
        yield Measure(f"{name} pages flagged", flagged, total, failures=tuple(failures))
    for name in ("thucnews-titles", "tnews-titles", "huatuo-medical"):
        flagged, total, failures = measure.texts_flagged(judge, sources.lines(sets[name]))
        yield Measure(f"{name} flagged", flagged, total, failures=tuple(failures))
    for name in ("sms-gambling", "sms-escort", "sms-fraud"):
        flagged, total, failures = measure.texts_flagged(judge, sources.lines(sets[name]))
        yield Measure(f"{name} flagged", flagged, total)
    held = [row for row in negatives(root / "datasets") if row.held_out]
    flagged, total, failures = measure.hard_negatives(judge, held)
    yield Measure("hard negatives flagged", flagged, total, failures=tuple(failures))
