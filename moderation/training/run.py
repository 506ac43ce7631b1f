"""The whole training in order: corpus, folds, calibration, thresholds, the shipped model, its evaluation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from joblib import Parallel, delayed

from moderation.data import Page
from moderation.engine import Moderator
from moderation.model import Calibration, Model
from moderation.policy import Policy
from moderation.stages.blocks import outline
from moderation.training import calibrate as calibration_
from moderation.training import evaluate as measure
from moderation.training.calibrate import ALONE, SHARES, Collected, Sample, Step
from moderation.training.candidates import hard_spans, with_thresholds
from moderation.training.corpus import FOLDS, Corpus, Fold, load_corpus
from moderation.training.dataset import Row, Sources
from moderation.training.evaluate import Measure, PlantedResult
from moderation.training.fit import Say, Settings, Terms, calibrated, fit, with_topics
from moderation.training.robustness import Robustness, evaded

__all__ = ["Options", "Report", "page_texts", "ready", "sweep", "train"]


# Composed rows for each block that is planted to escape in one way, in two ways, and for each page decided on; a small
# training is measured on little.
_SINGLE, _DOUBLE, _DECIDED = 3_000, 20_000, 1_200


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
        evaded: whether a share of the rows is written as those who escape write.
        structure: whether the signals count (for ablations: :func:`train` always counts them).
    """

    datasets: Path
    sources: Sources
    name: str
    seed: int = 7
    size: int = 120_000
    jobs: int = 2
    settings: Settings = field(default_factory=Settings)
    evaded: bool = True
    structure: bool = True


class _Split(NamedTuple):
    """What one fold has learned and found."""

    fold: Fold
    model: Model
    found: Collected

    def without_structure(self) -> _Split:
        """The split as if there were no signals: that a text stands alone is no signal of it."""
        kept = [
            sample._replace(strengths={code: each for code, each in sample.strengths.items() if code == ALONE})
            for sample in self.found.samples
        ]
        return self._replace(found=self.found._replace(samples=kept))


class Report(NamedTuple):
    """Everything the card tells."""

    model: Model
    rows: Counter[str]
    steps: list[Step]
    scored: list[tuple[float, Sample]]
    totals: Counter[str]
    measures: list[Measure]
    planted: PlantedResult
    robustness: Robustness
    decided: Counter[tuple[str, str]]


def ready(model: Model) -> Moderator:
    """A moderator with the model's own thresholds."""
    return Moderator(model, Policy().with_thresholds(model.thresholds))


def train(options: Options, say: Say) -> Report:
    """Trains, calibrates and measures a model."""
    corpus, counted = _read(options, say)
    swept = _sweep(corpus, counted, options, say)
    splits, calibration, thresholds, steps, scored, totals = swept

    say("measuring the folds on what they never saw")
    # Each fold is judged with the calibration of the other four.
    judges: list[tuple[_Split, Moderator]] = [
        (split, with_thresholds(calibrated(split.model, _others(splits, split, calibration), thresholds)))
        for split in splits
    ]
    parts = Parallel(n_jobs=options.jobs)(
        delayed(_cross_validated)(corpus, split.fold, judge, options) for split, judge in judges
    )
    measures, planted, robustness, decided = _merged(parts)
    measures.append(_strictly(corpus, counted, calibration, thresholds, options, say))

    say("fitting the model on everything")
    fitted = with_topics(_fit(corpus.rows, counted, options, say), page_texts(corpus, Fold(None)))
    model = calibrated(fitted, calibration, thresholds)
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
        robustness,
        decided,
    )


def sweep(options: Options, say: Say) -> list[Step]:
    """What each threshold costs and brings out of fold: the part of a training that says how good a setting is."""
    corpus, counted = _read(options, say)
    return _sweep(corpus, counted, options, say).steps


def _read(options: Options, say: Say) -> tuple[Corpus, Terms]:
    say("composing and reading the corpus")
    corpus = load_corpus(options.datasets, options.sources, options.seed, options.size, options.evaded)
    say(f"  {len(corpus.rows):,} rows, {len(corpus.pages)} genuine pages")
    counted = Terms.of((row.text for row in corpus.rows), options.settings.least, options.settings.without)
    say(f"  {counted.matrix.shape[1]:,} terms")
    return corpus, counted


class _Swept(NamedTuple):
    """The folds, and what is learned from all of them together."""

    splits: list[_Split]
    calibration: Calibration
    thresholds: dict[str, float]
    steps: list[Step]
    scored: list[tuple[float, Sample]]
    totals: Counter[str]


def _sweep(corpus: Corpus, counted: Terms, options: Options, say: Say) -> _Swept:
    say(f"cross-validation in {FOLDS} folds, by site and template family")
    splits: list[_Split] = Parallel(n_jobs=options.jobs)(
        delayed(_split)(corpus, counted, Fold(number), options) for number in range(FOLDS)
    )
    if not options.structure:
        splits = [split.without_structure() for split in splits]
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
    return _Swept(splits, calibration, thresholds, steps, scored, totals)


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


def page_texts(corpus: Corpus, fold: Fold) -> Iterator[list[str]]:
    """The blocks of the Chinese pages a fold trains on."""
    for page in corpus.pages:
        if page.origin != "html-other" and not fold.tests(f"site:{page.site}"):
            yield [block.text for block in outline(Page(page.content)).blocks]


def _fold_model(corpus: Corpus, counted: Terms, fold: Fold, options: Options) -> Model:
    chosen = [number for number, row in enumerate(corpus.rows) if fold.trains(row)]
    part = Terms(counted.matrix[chosen], counted.names)
    model = _fit([corpus.rows[number] for number in chosen], part, options, lambda _: None)
    return with_topics(model, page_texts(corpus, fold))


def _split(corpus: Corpus, counted: Terms, fold: Fold, options: Options) -> _Split:
    model = _fold_model(corpus, counted, fold, options)
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


class _Judged(NamedTuple):
    """What a fold's model does on what it never saw; the counts are name, ceiling, flagged, total, failures."""

    counts: list[tuple[str, float, int, int, list[str]]]
    planted: PlantedResult
    robustness: Robustness
    decisions: Counter[tuple[str, str]]


def _cross_validated(corpus: Corpus, fold: Fold, judge: Moderator, options: Options) -> _Judged:
    counts = []
    for name, origin, ceiling in (
        ("html_zh pages flagged, cross-validated by site", "html-zh", 0.0),
        ("html_other pages flagged, cross-validated by site", "html-other", 0.0),
    ):
        pages = [page for page in corpus.pages if page.origin == origin and fold.tests(f"site:{page.site}")]
        counts.append((name, ceiling, *measure.clean_pages(lambda _: judge, pages)))
    for name, origins, ceiling in (
        ("thucnews titles flagged, cross-validated", ("thucnews-titles",), 1 / 50_000),
        ("medical texts flagged, cross-validated", ("huatuo-medical", "toyhom-medical"), 1 / 10_000),
    ):
        texts = [row.text for row in corpus.rows if row.origin in origins and fold.tests(row.group)]
        counts.append((name, ceiling, *measure.texts_flagged(judge, texts)))
    planted = PlantedResult()
    # Another seed than the calibration's: other blocks in the same pages.
    seed = options.seed
    labels = [label for label in SHARES if fold.unseen(corpus.grammars)[label].families]
    measure.planted_quality(judge, corpus, fold, labels, seed + 900, 1, planted)
    counts_of = (options.size // _SINGLE, options.size // _DOUBLE)
    robustness = evaded(judge, corpus, fold, options.datasets, seed + 1000, *counts_of)
    return _Judged(
        counts,
        planted,
        robustness,
        measure.decisions(judge, corpus, fold, labels, seed + 1100, options.size // _DECIDED),
    )


def _strictly(
    corpus: Corpus,
    counted: Terms,
    calibration: Calibration,
    thresholds: Mapping[str, float],
    options: Options,
    say: Say,
) -> Measure:
    """Planted blocks found when their words, brands among them, are as unseen as their families and sites."""
    say("the same with half of all words held out")
    results = Parallel(n_jobs=options.jobs)(
        delayed(_strict_fold)(corpus, counted, Fold(number, strict=True), calibration, thresholds, options)
        for number in range(FOLDS)
    )
    rows = [row for result in results for row in result.rows]
    return Measure("planted blocks found, words unseen as well", sum(row[3] for row in rows), len(rows))


def _strict_fold(
    corpus: Corpus,
    counted: Terms,
    fold: Fold,
    calibration: Calibration,
    thresholds: Mapping[str, float],
    options: Options,
) -> PlantedResult:
    model = _fold_model(corpus, counted, fold, options)
    judge = with_thresholds(calibrated(model, calibration, thresholds))
    labels = [label for label in SHARES if fold.unseen(corpus.grammars)[label].families]
    result = PlantedResult()
    measure.planted_quality(judge, corpus, fold, labels, options.seed + 900, 1, result)
    return result


def _merged(parts: Sequence[_Judged]) -> tuple[list[Measure], PlantedResult, Robustness, Counter[tuple[str, str]]]:
    planted = PlantedResult()
    robustness = Robustness()
    sums: dict[str, tuple[float, int, int, list[str]]] = {}
    for part in parts:
        planted.rows.extend(part.planted.rows)
        planted.failures.extend(part.planted.failures)
        robustness.add(part.robustness)
        for name, ceiling, hits, total, failures in part.counts:
            _, before, of, earlier = sums.get(name, (ceiling, 0, 0, []))
            sums[name] = (ceiling, before + hits, of + total, earlier + failures)
    measures = [
        Measure(name, hits, total, ceiling=ceiling, failures=tuple(failures))
        for name, (ceiling, hits, total, failures) in sums.items()
        if total
    ]
    decided = sum((part.decisions for part in parts), Counter[tuple[str, str]]())
    return [*measures, *(planted.measures() if planted.rows else [])], planted, robustness, decided


def _never_trained(judge: Moderator, corpus: Corpus, sources: Sources) -> list[Measure]:
    measures = []
    held = [row for row in corpus.negatives if row.held_out]
    flagged, total, failures = measure.hard_negatives(judge, held)
    measures.append(Measure("hard negatives flagged, held-out half", flagged, total, None, 0.01, tuple(failures)))
    cases = [case for case in corpus.contexts if case.held_out]
    wrong, total, failures = measure.context_quality(judge, cases)
    measures.append(Measure("out of context judged wrong, held-out half", wrong, total, None, 0.02, tuple(failures)))
    at_hand = {source.name: source for source in sources.using("evaluate")}
    if "seed" in at_hand:
        measures.append(measure.seed_page(judge, sources.path(at_hand["seed"])))
    if "real-heads" in at_hand:
        measures.extend(measure.real_heads(judge, sources.path(at_hand["real-heads"]), at_hand["real-heads"].labels))
    if "tnews-titles" in at_hand:
        flagged, total, failures = measure.texts_flagged(judge, sources.lines(at_hand["tnews-titles"]))
        measures.append(Measure("tnews titles flagged", flagged, total, None, 1 / 50_000, tuple(failures)))
    measures.extend(measure.evaluation_sets(judge, sources))
    return measures
