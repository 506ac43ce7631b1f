"""The quality gate: the shipped model on real data, held to pinned counts, and to what a model before it reached.

``datasets/floors.toml`` pins two kinds. ``measure``: what the shipped model reached on the sets at hand when it was
trained, less a noise band that a change of the engine may move it by; the data is known by its digest, so that a gate
never passes on other data. ``recorded``: what cross-validation wrote into the model's manifest; a model that reached
less is not shipped.
"""

from __future__ import annotations

import heapq
import math
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from moderation.engine import DEFAULT_MODEL, Moderator, read_page
from moderation.errors import DataSetError
from moderation.training import evaluate as measure
from moderation.training.dataset import Sources, contexts, negatives
from moderation.training.evaluate import Measure
from moderation.training.reality import Reality
from moderation.training.synthesis import fraction

__all__ = ["gate", "measured"]

# Real honest pages that are measured, by the hash of their record: the same ones in every run.
_HONEST = 600


def gate(root: Path, folder: Path | None, against: Path | None = None) -> int:
    """Measures, compares, prints; returns 0 if every floor is kept, 1 if one is not.

    What needs the public sets is skipped, and said so, where they are absent.

    Args:
        root: of the project.
        folder: the public sets, or None.
        against: the folder of another model that the shipped one must not lose to.
    """
    floors = tomllib.loads((root / "datasets" / "floors.toml").read_text("utf-8"))
    judge = Moderator.load(root / "models" / DEFAULT_MODEL)
    failed = _recorded(judge.model.manifest.get("metrics", {}), floors["recorded"])
    if folder is None or not folder.is_dir():
        print(
            f"quality gate on public sets skipped: none in {folder or '(no --sources)'}; name them with --sources DIR"
        )
        return 1 if failed else 0
    sources = Sources(root / "datasets" / "sources.toml", folder)
    found = list(measured(judge, root, sources))
    failed += _pinned(found, floors["measure"])
    if against is not None:
        failed += _lost(found, list(measured(Moderator.load(against), root, sources)), against.name)
    return 1 if failed else 0


def _recorded(metrics: Mapping[str, str], pinned: Mapping[str, Mapping[str, Any]]) -> int:
    """How many floors of cross-validated measures the manifest falls short of."""
    failed = 0
    for name, row in pinned.items():
        value = metrics.get(name, "").split(" ")[0]
        hits, _, total = value.partition("/")
        rate = float(hits) / float(total) if total else float(hits or "nan")
        kept = rate <= row["at_most"] if "at_most" in row else rate >= row["at_least"]
        failed += not kept
        bound = f"at most {row['at_most']}" if "at_most" in row else f"at least {row['at_least']}"
        print(f"{'ok  ' if kept else 'FAIL'} {name:<52}{value or 'not recorded':>12}  {bound}")
    return failed


def _pinned(found: list[Measure], pinned: Mapping[str, Mapping[str, Any]]) -> int:
    """How many pinned counts are not kept."""
    failed = 0
    for each in found:
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
    for name in sorted(set(pinned) - {each.name for each in found}):
        failed += 1
        print(f"FAIL {name}: pinned, and not measured")
    return failed


def _lost(found: list[Measure], before: list[Measure], name: str) -> int:
    """How many measures are worse than another model's by more than noise: twice the deviation of its errors."""
    failed = 0
    for new, old in zip(found, before, strict=True):
        # A measure with a floor counts hits, any other counts false alarms.
        worse = old.hits - new.hits if new.is_recall else new.hits - old.hits
        errors = old.total - old.hits if new.is_recall else old.hits
        if worse > max(1.0, 2 * math.sqrt(errors)):
            failed += 1
            print(f"FAIL {new.name}: {new.hits} of {new.total}, {name} has {old.hits}")
    print(
        f"{'FAIL' if failed else 'ok  '} against {name}: {failed} of {len(found)} measures are worse by more than noise"
    )
    return failed


def measured(judge: Moderator, root: Path, sources: Sources) -> Iterator[Measure]:
    """What the gate looks at, with the shipped model (cross-validated numbers stand in the card)."""
    sets = sources.all
    yield measure.seed_page(judge, sources.path(sets["seed"]))
    yield from measure.real_heads(judge, sources.path(sets["real-heads"]), sets["real-heads"].labels)
    for name in ("html-zh", "html-other"):
        flagged, total, failures = measure.clean_pages(lambda _: judge, sources.pages(sets[name]))
        yield Measure(f"{name} pages flagged", flagged, total, failures=tuple(failures))
    yield from _real(judge, Reality(sources, root / "datasets"))
    for name in ("thucnews-titles", "tnews-titles", "huatuo-medical"):
        flagged, total, failures = measure.texts_flagged(judge, sources.lines(sets[name]))
        yield Measure(f"{name} flagged", flagged, total, failures=tuple(failures))
    for name in ("sms-gambling", "sms-escort", "sms-fraud"):
        flagged, total, failures = measure.texts_flagged(judge, sources.lines(sets[name]))
        yield Measure(f"{name} flagged", flagged, total, floor=0.0)
    held = [row for row in negatives(root / "datasets") if row.held_out]
    flagged, total, failures = measure.hard_negatives(judge, held)
    yield Measure("hard negatives flagged", flagged, total, failures=tuple(failures))
    cases = [case for case in contexts(root / "datasets") if case.held_out]
    wrong, total, failures = measure.context_quality(judge, cases)
    yield Measure("out of context judged wrong", wrong, total, failures=tuple(failures))


def _real(judge: Moderator, real: Reality) -> Iterator[Measure]:
    """Real honest pages, real spam pages, and the titles of tampered sites."""
    hashed = ((fraction(f"gate:{page.name}"), page.name, page) for page in real.clean_pages())
    honest = [page for _, _, page in heapq.nsmallest(_HONEST, hashed, key=lambda row: row[:2])]
    flagged, total, failures = measure.clean_pages(lambda _: judge, honest)
    yield Measure("real honest pages flagged", flagged, total, failures=tuple(failures))
    missed = []
    total = 0
    for page in real.spam_pages():
        total += 1
        if not judge.check(read_page(page.content)).findings:
            missed.append(page.name)
    yield Measure("real spam pages found", total - len(missed), total, floor=0.0, failures=tuple(missed))
    titles = [phrase.text for phrase in real.phrases() if phrase.origin == "tampered-titles"]
    flagged, total, _ = measure.texts_flagged(judge, titles)
    yield Measure("tampered titles found, alone", flagged, total, floor=0.0)
