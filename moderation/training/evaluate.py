"""What a model does on pages and texts it never saw, each number with its interval and its failures."""

from __future__ import annotations

import json
import math
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moderation.data import Action, Page, Span
from moderation.engine import Moderator, read_page
from moderation.errors import PageError
from moderation.evaluation.intervals import wilson
from moderation.stages import clean as cutting
from moderation.training.calibrate import Looked, found
from moderation.training.candidates import planted
from moderation.training.corpus import REAL, Corpus, Fold
from moderation.training.dataset import CLEAN, ContextCase, Negative, Sources
from moderation.training.examples import Unit
from moderation.training.synthesis import Composer, doorway

__all__ = [
    "SHARES_FLAGGED",
    "Measure",
    "PlantedResult",
    "clean_pages",
    "context_quality",
    "cut_quality",
    "decisions",
    "evaluation_sets",
    "hard_negatives",
    "planted_quality",
    "real_heads",
    "reality",
    "seed_page",
    "shares",
    "texts_flagged",
]

# Sets that are never trained on: what a hit on them means, by name.
_SPAM_SETS = ("sms-gambling", "sms-escort", "sms-fraud", "malicious-titles")


@dataclass(frozen=True)
class Measure:
    """One number of the card: ``hits`` of ``total``, with the floor or ceiling it is held to.

    ``failures`` name what went wrong, masked where it is spam.
    """

    name: str
    hits: int
    total: int
    floor: float | None = None
    ceiling: float | None = None
    failures: tuple[str, ...] = ()

    @property
    def rate(self) -> float:
        return self.hits / self.total if self.total else 0.0

    @property
    def is_recall(self) -> bool:
        """Whether more hits are better; without a floor, hits are false alarms."""
        return self.floor is not None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the rate."""
        return wilson(self.hits, self.total)

    @property
    def is_met(self) -> bool:
        """Whether the floor or ceiling is kept (a measure without one always is)."""
        # Counts are compared, not rates: "at most one in 10,000" of 45,000 is four.
        if self.floor is not None and self.hits < math.ceil(self.floor * self.total - 1e-9):
            return False
        return self.ceiling is None or self.hits <= math.floor(self.ceiling * self.total + 1e-9)

    def to_dict(self) -> dict[str, Any]:
        low, high = self.interval
        return {"hits": self.hits, "total": self.total, "rate": round(self.rate, 5), "interval": [low, high]}


def texts_flagged(judge: Moderator, texts: Iterable[str]) -> tuple[int, int, list[str]]:
    """How many of some texts are flagged, of how many, and which (the first 50)."""
    flagged, total = 0, 0
    failures: list[str] = []
    for text in texts:
        total += 1
        verdict = judge.check(Page(text, is_html=False)) if text.strip() else None
        if verdict is not None and verdict.action is not Action.ALLOW:
            flagged += 1
            if len(failures) < 50:
                failures.append(_failure(text, verdict.findings[0].label, verdict.findings[0].score))
    return flagged, total, failures


def clean_pages(judge: Callable[[str], Moderator | None], pages: Iterable[Any]) -> tuple[int, int, list[str]]:
    """How many genuine pages are flagged.

    Args:
        judge: gives the moderator for a site: one whose model never saw it.
        pages: host pages.
    """
    flagged, total = 0, 0
    failures: list[str] = []
    for page in pages:
        moderator = judge(page.site)
        if moderator is None:
            continue
        total += 1
        verdict = moderator.check(read_page(page.content))
        if verdict.action is not Action.ALLOW:
            flagged += 1
            failures.extend(
                f"{page.name}: {_failure(finding.text, finding.label, finding.score)}" for finding in verdict.findings
            )
    return flagged, total, failures


def hard_negatives(judge: Moderator, rows: Iterable[Negative]) -> tuple[int, int, list[str]]:
    """How many hard negatives are flagged, each judged in its place."""
    flagged, total = 0, 0
    failures = []
    for row in rows:
        total += 1
        verdict = judge.check(Page(row.text, is_html=row.is_html))
        if verdict.action is not Action.ALLOW:
            flagged += 1
            failures.append(f"{row.id} ({row.kind}): {verdict.findings[0].label} {verdict.findings[0].score:.3f}")
    return flagged, total, failures


@dataclass
class PlantedResult:
    """What became of planted blocks, in all and by placement, label and shape."""

    rows: list[tuple[str, str, str, bool, str, float, bool, bool]] = field(default_factory=list)
    """placement, label, shape, found, label given, IoU of the span, cleaned page equal to the page before, cut without
    a person"""
    failures: list[str] = field(default_factory=list)

    def measures(self) -> list[Measure]:
        """Recall, label, and exact cleaning, for all blocks."""
        found = [row for row in self.rows if row[3]]
        # What a name was put in the place of, no cut gives back.
        cut = [row for row in found if row[0] != "substitution"]
        return [
            Measure("planted blocks found", len(found), len(self.rows), floor=0.92),
            Measure("their label right", sum(row[4] == row[1] for row in found), len(found), floor=0.95),
            Measure("cleaned page equal to the page before", sum(row[6] for row in cut), len(cut), floor=0.95),
            Measure(
                "cleaned page equal to the page before, of those cut without a person",
                sum(row[6] and row[7] for row in cut),
                sum(row[7] for row in cut),
                floor=0.95,
            ),
        ]

    @property
    def iou(self) -> float:
        """Mean intersection over union, in characters, of the spans found."""
        found = [row[5] for row in self.rows if row[3]]
        return sum(found) / max(1, len(found))

    def iou_interval(self) -> tuple[float, float]:
        """95 % interval of the mean (normal approximation)."""
        found = [row[5] for row in self.rows if row[3]]
        if len(found) < 2:
            return 0.0, 1.0
        variance = sum((value - self.iou) ** 2 for value in found) / (len(found) - 1)
        half = 1.96 * math.sqrt(variance / len(found))
        return round(self.iou - half, 4), round(min(1.0, self.iou + half), 4)

    def by(self, column: int) -> dict[str, tuple[int, int, float, int]]:
        """By placement (0), label (1) or shape (2): found, planted, mean IoU, cleaned exactly."""
        table = {}
        for key in sorted({str(row[column]) for row in self.rows}):
            rows = [row for row in self.rows if row[column] == key]
            found = [row for row in rows if row[3]]
            mean = sum(row[5] for row in found) / max(1, len(found))
            table[key] = (len(found), len(rows), mean, sum(row[6] for row in found))
        return table

    def confusion(self) -> dict[tuple[str, str], int]:
        """How often a label was given for a label."""
        return dict(Counter((row[1], row[4]) for row in self.rows if row[3]))


def planted_quality(
    judge: Moderator, corpus: Corpus, fold: Fold, labels: Sequence[str], seed: int, times: int, result: PlantedResult
) -> None:
    """Plants blocks of unseen words and families into pages of unseen sites, and adds what became of them."""
    hosts = [page for page in corpus.pages if page.origin == "html-zh" and fold.tests(f"site:{page.site}")]
    composer = Composer(fold.unseen(corpus.grammars), seed)
    for block, host in planted(hosts, composer, labels, times, seed + 1):
        page = read_page(block.content)
        verdict = judge.check(page)
        hits = [finding for finding in verdict.findings if finding.span.overlaps(block.span)]
        given = max(hits, key=lambda finding: finding.score).label if hits else ""
        exact = bool(hits) and cutting.clean(page, [finding.span for finding in hits]).content == block.original
        result.rows.append(
            (
                block.placement,
                block.injection.label,
                block.injection.shape,
                bool(hits),
                given,
                _iou([finding.span for finding in hits], block.span),
                exact,
                verdict.action is Action.CLEAN,
            )
        )
        if not hits or not exact:
            why = "missed" if not hits else "cut differs"
            what = "+".join(sorted(block.injection.families))
            result.failures.append(f"{host.name}, {block.placement}, {block.injection.shape} of {what}: {why}")


# The first table, by name of the measure: kinds of units, what is asked at least or at most, at which threshold.
_REALITY = (
    ("honest pages with a finding", (REAL,), None, 0.005, "review"),
    ("honest pages cut or rejected", (REAL,), None, 0.001, "clean"),
    ("real spam pages found", ("spam-page", "spam-site"), 0.93, None, "review"),
    ("tampered titles planted in pages", ("tampered-planted",), 0.95, None, "review"),
    ("tampered titles alone", ("tampered-alone",), 0.90, None, "review"),
    ("other real phrases planted in pages", ("phrase-planted",), None, None, "review"),
    ("other real phrases alone", ("phrase-alone",), None, None, "review"),
    ("brand in the place of a name", ("known-name-planted",), 0.85, None, "review"),
    ("brand that the model does not know, in the place of a name", ("name-planted",), None, None, "review"),
    ("honest names that share the stem", ("honest-name",), None, 0.01, "review"),
    ("hard honest lines flagged", ("honest-line",), None, 0.01, "review"),
    ("titles of honest pages flagged, alone", ("honest-title",), None, None, "review"),
    ("honest pages as plain text without a title, flagged", ("honest-text",), None, None, "review"),
    ("real phrases and names planted in plain text", ("phrase-in-text", "name-in-text"), None, None, "review"),
    ("honest names in plain text, flagged", ("honest-name-in-text",), None, None, "review"),
    ("honest texts planted as spam is, flagged", ("control",), None, None, "review"),
    ("composed blocks planted", ("composed-planted",), None, None, "review"),
    ("composed blocks written to escape, planted", ("evaded-planted",), None, None, "review"),
)
# Shares of real honest pages flagged at which recall is told.
SHARES_FLAGGED = (0.01, 0.003, 0.001)


def reality(scored: Sequence[tuple[float, Looked]], thresholds: Mapping[str, float]) -> list[Measure]:
    """The first table: every kind of real page and phrase at the model's own thresholds, out of fold."""
    measures = []
    for name, kinds, floor, ceiling, which in _REALITY:
        threshold = thresholds[which]
        units = [(score, each) for score, each in scored if each.kind in kinds]
        hits = [(score, each) for score, each in units if score >= threshold]
        if not units:
            continue
        wrong = (
            hits if floor is None and units[0][1].label == CLEAN else [pair for pair in units if pair[0] < threshold]
        )
        failures = tuple(
            f"{each.name or each.place} ({each.label}, {each.place or each.kind}, {score:.3f})"
            for score, each in sorted(wrong, key=lambda pair: -pair[0])[:25]
        )
        measures.append(Measure(name, len(hits), len(units), floor, ceiling, failures))
    return measures


def shares(scored: Sequence[tuple[float, Looked]]) -> list[tuple[str, list[tuple[int, int]]]]:
    """Recall of each kind of spam where fixed shares of real honest pages are flagged (1 %, 0.3 %, 0.1 %)."""
    kinds = sorted({each.kind for _, each in scored if each.label != CLEAN})
    return [(kind, [found(scored, kind, share)[:2] for share in SHARES_FLAGGED]) for kind in kinds]


def cut_quality(judge: Moderator, units: Iterable[Unit], result: PlantedResult) -> None:
    """What a judge makes of real phrases and names planted in pages: found, labelled, cut exactly."""
    for unit in units:
        if unit.original is None or unit.label == CLEAN:
            continue
        verdict = judge.check(unit.page)
        hits = [each for each in verdict.findings if any(each.span.overlaps(span) for span in unit.spans)]
        given = max(hits, key=lambda each: each.score).label if hits else ""
        exact = bool(hits) and cutting.clean(unit.page, [each.span for each in hits]).content == _before(unit)
        overlap = _iou_of([each.span for each in hits], unit.spans) if hits else 0.0
        is_cut = verdict.action is Action.CLEAN
        result.rows.append((unit.place, unit.label, unit.kind, bool(hits), given, overlap, exact, is_cut))


def _before(unit: Unit) -> str | None:
    """What exact cleaning leaves: the page before, or, where text stood that nobody knows, all but what was planted."""
    if unit.place == "title-replaced" or unit.kind in ("name-planted", "known-name-planted"):
        return cutting.clean(unit.page, unit.spans).content
    return unit.original


def _iou_of(spans: Sequence[Span], truths: Sequence[Span]) -> float:
    """Intersection over union of what was found with what was planted, of the places where something was found."""
    touched = [truth for truth in truths if any(span.overlaps(truth) for span in spans)]
    shared = sum(max(0, min(span.end, truth.end) - max(span.start, truth.start)) for span in spans for truth in touched)
    union = sum(span.size for span in spans) + sum(truth.size for truth in touched) - shared
    return shared / union if union else 0.0


def context_quality(judge: Moderator, cases: Iterable[ContextCase]) -> tuple[int, int, list[str]]:
    """How many out-of-context cases are judged wrong, of how many, and which.

    A genuine block is wrong where a finding touches it, an injected one where none does.
    """
    wrong, total = 0, 0
    failures = []
    for case in cases:
        total += 1
        hits = [finding for finding in judge.check(case.page).findings if finding.span.overlaps(case.span)]
        if bool(hits) != bool(case.label):
            wrong += 1
            what = f"{hits[0].label} {hits[0].score:.3f}, is genuine" if hits else f"missed, is {case.label}"
            failures.append(f"{case.id} ({case.topic}, {case.place}): {what}")
    return wrong, total, failures


def decisions(
    judge: Moderator, corpus: Corpus, fold: Fold, labels: Sequence[str], seed: int, count: int
) -> Counter[tuple[str, str]]:
    """How often each kind of page gets each action: pages as they were found, honest, with spam in them, spam; and
    genuine pages, the same with a planted block, and composed pages that are spam.

    Args:
        judge: with the model of the fold.
        corpus: pages and grammars.
        fold: the split.
        labels: to draw from.
        seed: of everything drawn.
        count: pages of each composed kind.
    """
    counts: Counter[tuple[str, str]] = Counter()
    found = [("real honest", page.content, page.site) for page in corpus.pages if page.origin == REAL]
    found += [
        ("real, spam in it" if page.injected else "real, spam itself", page.content, page.site)
        for page in corpus.spam_pages
    ]
    for kind, content, site in found:
        if fold.tests(f"site:{site}"):
            counts[kind, judge.check(Page(content, is_html=True)).action.value] += 1
    hosts = [page for page in corpus.pages if page.origin == "html-zh" and fold.tests(f"site:{page.site}")]
    for host in hosts:
        counts["genuine", judge.check(read_page(host.content)).action.value] += 1
    composer = Composer(fold.unseen(corpus.grammars), seed)
    pick = random.Random(seed + 1)
    for number, (block, _) in enumerate(planted(hosts, composer, labels, 2, seed + 2)):
        if number >= count:
            break
        counts["injected", judge.check(read_page(block.content)).action.value] += 1
    for _ in range(count):
        counts["spam", judge.check(read_page(doorway(composer, pick.choice(labels)))).action.value] += 1
    return counts


def _iou(spans: Sequence[Span], truth: Span) -> float:
    """Intersection over union of several disjoint spans with one."""
    shared = sum(max(0, min(span.end, truth.end) - max(span.start, truth.start)) for span in spans)
    union = sum(span.size for span in spans) + truth.size - shared
    return shared / union if union else 0.0


def seed_page(judge: Moderator, path: Path) -> Measure:
    """Whether exactly the first line of the seed page is found, and cleaning gives exactly the rest."""
    page = read_page(path.read_bytes())
    end = page.content.index("\n")
    verdict = judge.check(page)
    exact = [finding.span for finding in verdict.findings] == [Span(0, len(page.content[:end].rstrip()))]
    rest = page.content[end:].lstrip("\r\n")
    cleaned = judge.clean(page, verdict).content
    problem = () if exact else (f"spans {[tuple(finding.span) for finding in verdict.findings]}, line is 0-{end}",)
    return Measure("seed page exact", int(exact and cleaned == rest), 1, floor=1.0, failures=problem)


def real_heads(judge: Moderator, folder: Path, labels: Mapping[str, str]) -> tuple[Measure, Measure]:
    """How many real injected heads are flagged, and labelled right.

    Args:
        judge: with the model to measure.
        folder: HTML files, and ``texts.jsonl`` whose rows name their label.
        labels: of the HTML files, by name.
    """
    flagged = right = total = 0
    missed: list[str] = []
    wrong: list[str] = []
    rows: list[tuple[str, Page, str]] = []
    for line in (folder / "texts.jsonl").read_text("utf-8").split("\n"):
        if not line:
            continue
        row = json.loads(line)
        rows.append((str(row.get("id") or row.get("host_page") or len(rows)), read_page(row["text"]), row["label"]))
    rows.extend((path.name, read_page(path.read_bytes()), labels[path.name]) for path in sorted(folder.glob("*.html")))
    for name, page, label in rows:
        total += 1
        try:
            findings = judge.check(page).findings
        except PageError:
            findings = ()
        if not findings:
            missed.append(name)
            continue
        flagged += 1
        given = Counter[str]()
        for finding in findings:
            given[finding.label] += finding.span.size
        if given.most_common(1)[0][0] == label:
            right += 1
        else:
            wrong.append(f"{name}: {given.most_common(1)[0][0]}, is {label}")
    return (
        Measure("real heads flagged", flagged, total, floor=1.0, failures=tuple(missed)),
        Measure("real heads labelled right", right, total, floor=35 / 39, failures=tuple(wrong)),
    )


def evaluation_sets(judge: Moderator, sources: Sources) -> list[Measure]:
    """Flagged shares of the sets that are never trained on."""
    measures = []
    for source in sources.using("evaluate"):
        if source.name in _SPAM_SETS:
            flagged, total, _ = texts_flagged(judge, sources.lines(source))
            measures.append(Measure(f"{source.name} flagged", flagged, total))
        elif source.format == "jsonl":
            by_label: dict[str, list[str]] = {}
            for line in sources.path(source).read_text("utf-8").split("\n"):
                if not line:
                    continue
                row = json.loads(line)
                by_label.setdefault(str(row.get("label", "")), []).append(row["text"])
            for label, texts in sorted(by_label.items()):
                flagged, total, _ = texts_flagged(judge, texts)
                measures.append(Measure(f"{source.name} {label} flagged", flagged, total))
    return measures


_WORDS = re.compile(r"[^\W_]+")


def _failure(text: str, label: str, score: float) -> str:
    """A false alarm as the card names it: enough to recognise, not to copy."""
    words = _WORDS.findall(text)
    return f"{''.join(word[:2] + '…' for word in words[:4])} ({label} {score:.3f})"
