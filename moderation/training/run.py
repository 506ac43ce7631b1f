"""The whole training in order: corpus, folds, calibration, thresholds, the shipped model, its evaluation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from joblib import Parallel, delayed

from moderation.engine import Moderator
from moderation.model import Calibration, Model
from moderation.policy import Policy
from moderation.training import calibrate as calibration_
from moderation.training import evaluate as measure
from moderation.training.calibrate import SHARES, Collected, Sample, Step
from moderation.training.candidates import hard_spans
from moderation.training.corpus import FOLDS, Corpus, Fold, load_corpus
from moderation.training.dataset import Row, Sources
from moderation.training.evaluate import Measure, PlantedResult
from moderation.training.fit import Say, Settings, Terms, calibrated, fit

__all__ = ["Options", "Report", "ready", "train"]


@dataclass(frozen=True)
class Options:
    """What a training is told.

    Attributes:
        datasets: the project's own data.
        sources: a folder of public sets, or None.
        name: of the model.
        seed: of everything that is drawn.
        size: composed rows of spam.
        jobs: folds trained at a time.
        settings: of the fit.
    """

    datasets: Path
    sources: Sources
    name: str
    seed: int = 7
    size: int = 120_000
    jobs: int = 2
    settings: Settings = field(default_factory=Settings)


class _Split(NamedTuple):
    """What one fold has learned and found."""

    fold: Fold
    model: Model
    found: Collected


class Report(NamedTuple):
    """Everything the card tells."""

    model: Model
    rows: Counter[str]
    steps: list[Step]
    scored: list[tuple[float, Sample]]
    totals: Counter[str]
    measures: list[Measure]
    planted: PlantedResult


def ready(model: Model) -> Moderator:
    """A moderator with the model's own thresholds."""
    return Moderator(model, Policy().with_thresholds(model.thresholds))


def train(options: Options, say: Say) -> Report:
    """Trains, calibrates and measures a model."""
    say("composing and reading the corpus")
    corpus = load_corpus(options.datasets, options.sources, options.seed, options.size)
    say(f"  {len(corpus.rows):,} rows, {len(corpus.pages)} genuine pages")
    counted = Terms.of((row.text for row in corpus.rows), options.settings.least)
    say(f"  {counted.matrix.shape[1]:,} terms")

    say(f"cross-validation in {FOLDS} folds, by site, template family and lexicon half")
    splits: list[_Split] = Parallel(n_jobs=options.jobs)(
        delayed(_split)(corpus, counted, Fold(number), options) for number in range(FOLDS)
    )
    samples = [sample for split in splits for sample in split.found.samples]
    totals = sum((split.found.totals for split in splits), Counter[str]())
    calibration = calibration_.calibrate(samples)
    scored = _out_of_fold(splits, calibration)
    blocks = sum(count for kind, count in totals.items() if kind.startswith("planted-"))
    steps = calibration_.sweep(scored, blocks)
    thresholds = calibration_.thresholds(steps)
    calibration = calibration_.with_prior(calibration, samples, totals, thresholds["review"])
    scored = _out_of_fold(splits, calibration)
    steps = calibration_.sweep(scored, blocks)
    say(f"  {calibration}\n  thresholds {thresholds}")

    say("measuring the folds on what they never saw")
    # Each fold is judged with the calibration of the other four.
    judges: list[tuple[_Split, Moderator]] = [
        (split, ready(calibrated(split.model, _others(splits, split, calibration), thresholds))) for split in splits
    ]
    parts = Parallel(n_jobs=options.jobs)(
        delayed(_cross_validated)(corpus, split.fold, judge, options.seed) for split, judge in judges
    )
    measures, planted = _merged(parts)

    say("fitting the model on everything")
    model = calibrated(_fit(corpus.rows, counted, options, say), calibration, thresholds)
    judge = ready(model)
    measures.extend(_never_trained(judge, corpus, options.sources))
    return Report(
        model,
        Counter(f"{row.origin}/{row.label}" for row in corpus.rows),
        steps,
        scored,
        totals,
        measures,
        planted,
    )


def _fit(rows: Sequence[Row], counted: Terms, options: Options, say: Say) -> Model:
    settings = options.settings
    return fit(
        rows,
        counted.matrix,
        counted.names,
        settings,
        lambda model, some: hard_spans(model, some, settings.mined),
        options.name,
        say,
    )


def _split(corpus: Corpus, counted: Terms, fold: Fold, options: Options) -> _Split:
    chosen = [number for number, row in enumerate(corpus.rows) if fold.trains(row)]
    part = Terms(counted.matrix[chosen], counted.names)
    model = _fit([corpus.rows[number] for number in chosen], part, options, lambda _: None)
    return _Split(fold, model, calibration_.collect(corpus, fold, model, options.seed + 100))


def _others(splits: Sequence[_Split], held: _Split, whole: Calibration) -> Calibration:
    """The calibration of the other folds; the prior of a text without a page is one number, taken from all."""
    learned = calibration_.calibrate(
        [sample for split in splits if split.fold != held.fold for sample in split.found.samples]
    )
    prior = whole.signals.get(calibration_.ALONE, 0.0)
    return Calibration(learned.bias, learned.text, learned.cap, {**learned.signals, calibration_.ALONE: prior})


def _out_of_fold(splits: Sequence[_Split], whole: Calibration) -> list[tuple[float, Sample]]:
    """Every candidate with its score, by the calibration of the folds it is not from."""
    scored: list[tuple[float, Sample]] = []
    for split in splits:
        learned = _others(splits, split, whole)
        scored.extend((learned.score(sample.logit, sample.strengths), sample) for sample in split.found.samples)
    return scored


def _cross_validated(
    corpus: Corpus, fold: Fold, judge: Moderator, seed: int
) -> tuple[list[tuple[str, float, int, int, list[str]]], PlantedResult]:
    """The counts of one fold: name, ceiling, flagged, total, failures."""
    counts = []
    for name, origin, ceiling in (
        ("html_zh pages flagged, cross-validated by site", "html-zh", 1 / 84),
        ("html_other pages flagged, cross-validated by site", "html-other", 1 / 181),
    ):
        pages = [page for page in corpus.pages if page.origin == origin and fold.tests(f"site:{page.site}")]
        counts.append((name, ceiling, *measure.clean_pages(lambda _: judge, pages)))
    for name, origins, ceiling in (
        ("thucnews titles flagged, cross-validated", ("thucnews-titles",), 1 / 10_000),
        ("medical texts flagged, cross-validated", ("huatuo-medical", "toyhom-medical"), 1 / 2_000),
    ):
        texts = [row.text for row in corpus.rows if row.origin in origins and fold.tests(row.group)]
        counts.append((name, ceiling, *measure.texts_flagged(judge, texts)))
    planted = PlantedResult()
    # Another seed than the calibration's: other blocks in the same pages.
    labels = [label for label in SHARES if fold.unseen(corpus.grammars)[label].families]
    measure.planted_quality(judge, corpus, fold, labels, seed + 900, 2, planted)
    return counts, planted


def _merged(
    parts: Sequence[tuple[list[tuple[str, float, int, int, list[str]]], PlantedResult]],
) -> tuple[list[Measure], PlantedResult]:
    planted = PlantedResult()
    sums: dict[str, tuple[float, int, int, list[str]]] = {}
    for counts, result in parts:
        planted.rows.extend(result.rows)
        planted.failures.extend(result.failures)
        for name, ceiling, hits, total, failures in counts:
            _, before, of, earlier = sums.get(name, (ceiling, 0, 0, []))
            sums[name] = (ceiling, before + hits, of + total, earlier + failures)
    measures = [
        Measure(name, hits, total, ceiling=ceiling, failures=tuple(failures))
        for name, (ceiling, hits, total, failures) in sums.items()
        if total
    ]
    return [*measures, *(planted.measures() if planted.rows else [])], planted


def _never_trained(judge: Moderator, corpus: Corpus, sources: Sources) -> list[Measure]:
    measures = []
    held = [row for row in corpus.negatives if row.held_out]
    flagged, total, failures = measure.hard_negatives(judge, held)
    measures.append(Measure("hard negatives flagged, held-out half", flagged, total, None, 0.02, tuple(failures)))
    at_hand = {source.name: source for source in sources.using("evaluate")}
    if "seed" in at_hand:
        measures.append(measure.seed_page(judge, sources.path(at_hand["seed"])))
    if "real-heads" in at_hand:
        measures.extend(measure.real_heads(judge, sources.path(at_hand["real-heads"]), at_hand["real-heads"].labels))
    if "tnews-titles" in at_hand:
        flagged, total, failures = measure.texts_flagged(judge, sources.lines(at_hand["tnews-titles"]))
        measures.append(Measure("tnews titles flagged", flagged, total, None, 1 / 10_000, tuple(failures)))
    measures.extend(measure.evaluation_sets(judge, sources))
    return measures
