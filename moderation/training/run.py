"""The whole training in order: corpus, folds, calibration, thresholds, the shipped model, its evaluation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from joblib import Parallel, delayed

from moderation.engine import Moderator
from moderation.model import Calibration, Model
from moderation.policy import Policy
from moderation.stages.signals import CODES
from moderation.training import evaluate as measure
from moderation.training.calibrate import Looked, Sweep, calibrate, look, prior, sweep, thresholds, with_prior
from moderation.training.candidates import hard_spans
from moderation.training.corpus import FOLDS, Corpus, Fold, load_corpus
from moderation.training.dataset import Sources
from moderation.training.ends import EndsSettings, Fitted, Places, fit_ends, places, with_ends
from moderation.training.evaluate import Measure, PlantedResult
from moderation.training.examples import SHARES, examples
from moderation.training.fit import Say, Settings, Terms, calibrated, fit, names_file
from moderation.training.judge import JudgeSettings, fit_judge, joined, trusted, with_judge
from moderation.training.proposals import Proposals, propose
from moderation.training.robustness import Robustness, evaded
from moderation.training.subjects import subject_pages
from moderation.training.synthesis import Composer
from moderation.training.whole import WholeSettings, WholeWords, read_words, with_whole

__all__ = ["Crossed", "Options", "Read", "Report", "cross_validate", "fold_model", "out_of_fold", "ready", "train"]

# Composed rows for each block that is planted to escape in one way, in two ways, and for each page decided on; a small
# training is measured on little.
_SINGLE, _DOUBLE, _DECIDED = 3_000, 20_000, 1_200
# Composed rows of a training whose planted pages are all made; a smaller one makes fewer.
_FULL = 60_000
# Pages of each subject that the model of pages learns from.
_SUBJECT_PAGES = 8
# Share of titles that may be flagged.
_TITLES = 3 / 25_785


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
        added: somebody's own labelled rows, see :mod:`moderation.training.own`.
        settings: of the fit of what proposes.
        judge: of the fit of the judge.
        whole: of the fit of the model of pages.
        ends: of the fit of what settles where findings begin and end.
        evaded: whether a share of the rows is written as those who escape write.
        names: whether the model knows names.
        signals: whether structure counts.
    """

    datasets: Path
    sources: Sources
    name: str
    seed: int = 7
    size: int = 60_000
    jobs: int = 2
    added: tuple[Path, ...] = ()
    settings: Settings = field(default_factory=Settings)
    judge: JudgeSettings = field(default_factory=JudgeSettings)
    whole: WholeSettings = field(default_factory=WholeSettings)
    ends: EndsSettings = field(default_factory=EndsSettings)
    evaded: bool = True
    names: bool = True
    signals: bool = True

    @property
    def scale(self) -> float:
        """Share of the planted pages that are made."""
        return min(1.0, self.size / _FULL)


class Report(NamedTuple):
    """Everything the card tells."""

    model: Model
    rows: Counter[str]
    proposed: Counter[str]
    steps: list[Sweep]
    scored: list[tuple[float, Looked]]
    measures: list[Measure]
    found: PlantedResult
    planted: PlantedResult
    robustness: Robustness
    decided: Counter[tuple[str, str]]


def ready(model: Model) -> Moderator:
    """A moderator with the model's own thresholds."""
    return Moderator(model, Policy().with_thresholds(model.thresholds))


class Read(NamedTuple):
    """A corpus as models learn from it: the terms of its rows, and the words of its pages."""

    corpus: Corpus
    terms: Terms
    words: WholeWords

    @classmethod
    def of(cls, corpus: Corpus, options: Options) -> Read:
        """Reads a corpus, with some pages of each subject beside its own pages."""
        terms = Terms.of((row.text for row in corpus.rows), options.settings.min_df, options.settings.without)
        pages = [(page.content, f"site:{page.site}", False) for page in corpus.pages]
        composed = subject_pages(corpus.subjects, Composer(corpus.grammars, options.seed + 30), _SUBJECT_PAGES)
        pages += [(page.content, page.site, False) for page in composed]
        pages += [(page.content, f"site:{page.site}", True) for page in corpus.spam_pages]
        return cls(corpus, terms, WholeWords(read_words(pages), options.whole))


def fold_model(read: Read, fold: Fold, options: Options, say: Say = lambda _: None) -> Model:
    """A model that proposes and judges pages as a whole, of what a fold trains on; it has no judge yet."""
    corpus, counted = read.corpus, read.terms
    settings = options.settings
    chosen = [number for number, row in enumerate(corpus.rows) if fold.trains(row)]
    rows = [corpus.rows[number] for number in chosen]
    model = fit(
        rows,
        counted.matrix[chosen],
        counted.names,
        settings,
        lambda model, some: hard_spans(model, some, settings.mined),
        options.name,
        say,
    )
    pages = read.words.pages
    model = with_whole(model, read.words, [at for at, page in enumerate(pages) if not fold.tests(page.group)])
    if not options.names:
        return model
    names = corpus.names if fold.number is None else corpus.names.restrict(lambda stem: not fold.tests(f"stem:{stem}"))
    return replace(model, names=names_file(names))


class Crossed(NamedTuple):
    """What cross-validation makes of a corpus: by fold, its model with its judge, and all it looked at.

    ``proposals`` are those of all folds, which the judge of the shipped model learns from.
    """

    models: list[Model]
    looked: list[list[Looked]]
    proposals: Proposals
    codes: Sequence[str]

    def others(self, at: int) -> list[Looked]:
        """What all folds but one looked at."""
        return [each for other, some in enumerate(self.looked) if other != at for each in some]

    def calibrations(self) -> list[Calibration]:
        """By fold, the calibration that the other folds give."""
        return [calibrate(self.others(at), self.codes) for at in range(len(self.looked))]

    def scored(self, calibrations: Sequence[Calibration]) -> list[tuple[float, Looked]]:
        """All that was looked at, scored out of fold."""
        return [
            (each.score(learned), each)
            for learned, some in zip(calibrations, self.looked, strict=True)
            for each in some
        ]


def cross_validate(read: Read, folds: Sequence[Fold], options: Options, say: Say) -> Crossed:
    """A model for each fold, whose judge learned what the other folds' models propose, and what it looked at."""
    say(f"what {len(folds)} folds propose, split by site, source, stem and template family")
    proposed: list[tuple[Model, Proposals]] = Parallel(n_jobs=options.jobs)(
        delayed(_proposed)(read, fold, options) for fold in folds
    )
    everything = [proposals for _, proposals in proposed]
    whole = joined(everything)
    for kind, count in sorted(whole.found.items()):
        if count:
            say(f"  {kind}: {count:,} of {whole.units[kind]:,} proposed")
    everything = Parallel(n_jobs=options.jobs)(
        delayed(trusted)(everything, at, options.judge) for at in range(len(everything))
    )
    left = len(whole.sizes)
    whole = joined(everything)
    say(f"  left out {left - len(whole.sizes):,} candidates of spam that say nothing of it")
    say("judging what each fold proposes by the judge of the others")
    judged: list[tuple[Model, list[Looked]]] = Parallel(n_jobs=options.jobs)(
        delayed(_judged)(read.corpus, fold, proposed[at][0], everything[:at] + everything[at + 1 :], options)
        for at, fold in enumerate(folds)
    )
    codes = CODES if options.signals else ()
    return Crossed([model for model, _ in judged], [some for _, some in judged], whole, codes)


def out_of_fold(options: Options, say: Say) -> list[tuple[float, Looked]]:
    """What cross-validation alone tells: every page and text with the score of a model that never saw it."""
    crossed = cross_validate(_read(options, say), [Fold(number) for number in range(FOLDS)], options, say)
    return crossed.scored(crossed.calibrations())


def _read(options: Options, say: Say) -> Read:
    say("composing and reading the corpus")
    corpus = load_corpus(
        options.datasets, options.sources, options.seed, options.size, options.evaded, options.added, say
    )
    say(f"  {len(corpus.rows):,} rows, {len(corpus.pages):,} honest pages")
    read = Read.of(corpus, options)
    say(f"  {read.terms.matrix.shape[1]:,} terms")
    return read


def train(options: Options, say: Say) -> Report:
    """Trains, calibrates and measures a model."""
    read = _read(options, say)
    corpus = read.corpus
    folds = [Fold(number) for number in range(FOLDS)]
    crossed = cross_validate(read, folds, options, say)
    learned = crossed.calibrations()
    shift = prior(crossed.scored(learned))
    calibration = with_prior(calibrate([each for some in crossed.looked for each in some], crossed.codes), shift)
    learned = [with_prior(each, shift) for each in learned]
    scored = crossed.scored(learned)
    steps = sweep(scored)
    chosen = thresholds(steps)
    say(f"  {calibration}\n  thresholds {chosen}")

    say("settling where findings begin and end")
    models = [calibrated(model, learned[at], chosen) for at, model in enumerate(crossed.models)]
    near: list[tuple[Places, Places]] = Parallel(n_jobs=options.jobs)(
        delayed(_near)(corpus, fold, models[at], options) for at, fold in enumerate(folds)
    )
    say(f"  by {sum(begins.findings for begins, _ in near):,} findings")
    settled: list[Fitted] = Parallel(n_jobs=options.jobs)(
        delayed(fit_ends)(near[:at] + near[at + 1 :], options.ends) for at in range(len(near))
    )

    say("measuring the folds on what they never saw")
    judges = [ready(with_ends(model, settled[at], options.ends)) for at, model in enumerate(models)]
    parts = Parallel(n_jobs=options.jobs)(
        delayed(_cross_validated)(corpus, fold, judges[at], options) for at, fold in enumerate(folds)
    )
    merged = _merged(parts)
    measures = [*measure.reality(scored, chosen), *merged.measures]

    say("fitting the model on everything")
    model = fold_model(read, Fold(None), options, say)
    model = with_judge(model, *fit_judge(crossed.proposals, options.judge))
    model = with_ends(model, fit_ends(near, options.ends), options.ends)
    model = calibrated(model, calibration, chosen)
    measures.extend(_never_trained(ready(model), corpus, options.sources))
    return Report(
        model,
        Counter(f"{row.origin}/{row.label}" for row in corpus.rows),
        crossed.proposals.units,
        steps,
        scored,
        measures,
        merged.found,
        merged.planted,
        merged.robustness,
        merged.decided,
    )


def _proposed(read: Read, fold: Fold, options: Options) -> tuple[Model, Proposals]:
    model = fold_model(read, fold, options)
    units = examples(read.corpus, fold, options.datasets, options.seed + 100, options.scale)
    return model, propose(units, model)


def _judged(
    corpus: Corpus, fold: Fold, model: Model, others: Sequence[Proposals], options: Options
) -> tuple[Model, list[Looked]]:
    model = with_judge(model, *fit_judge(joined(others), options.judge))
    # Another seed than the judges learned with: other texts in other pages.
    return model, look(examples(corpus, fold, options.datasets, options.seed + 500, options.scale), model)


def _near(corpus: Corpus, fold: Fold, model: Model, options: Options) -> tuple[Places, Places]:
    units = examples(corpus, fold, options.datasets, options.seed + 700, options.scale)
    return places(ready(model), units, options.seed + 701)


class _Judged(NamedTuple):
    """What a fold's model does on what it never saw; the counts are name, ceiling, flagged, total, failures."""

    counts: list[tuple[str, float, int, int, list[str]]]
    planted: PlantedResult
    found: PlantedResult
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
        ("thucnews titles flagged, cross-validated", ("thucnews-titles",), _TITLES),
        ("medical texts flagged, cross-validated", ("huatuo-medical", "toyhom-medical"), 1 / 10_000),
    ):
        texts = [row.text for row in corpus.rows if row.origin in origins and fold.tests(row.group)]
        counts.append((name, ceiling, *measure.texts_flagged(judge, texts)))
    planted = PlantedResult()
    # Another seed than the calibration's: other blocks in the same pages.
    seed = options.seed
    labels = [label for label in SHARES if fold.unseen(corpus.grammars)[label].families]
    measure.planted_quality(judge, corpus, fold, labels, seed + 900, 1, planted)
    units = examples(corpus, fold, options.datasets, seed + 950, options.scale / 4)
    found = PlantedResult()
    measure.cut_quality(judge, units, found)
    counts_of = (options.size // _SINGLE, options.size // _DOUBLE)
    robustness = evaded(judge, corpus, fold, options.datasets, seed + 1000, *counts_of)
    return _Judged(
        counts,
        planted,
        found,
        robustness,
        measure.decisions(judge, corpus, fold, labels, seed + 1100, options.size // _DECIDED),
    )


class _Merged(NamedTuple):
    """What all folds do together; ``found`` is of real phrases and names, ``planted`` of composed blocks."""

    measures: list[Measure]
    found: PlantedResult
    planted: PlantedResult
    robustness: Robustness
    decided: Counter[tuple[str, str]]


def _merged(parts: Sequence[_Judged]) -> _Merged:
    found = PlantedResult()
    planted = PlantedResult()
    robustness = Robustness()
    sums: dict[str, tuple[float, int, int, list[str]]] = {}
    for part in parts:
        found.rows.extend(part.found.rows)
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
    real = [
        replace(each, name=f"real phrases and names: {each.name}")
        for each in (found.measures() if found.rows else [])[1:]
    ]
    return _Merged(
        [*real, *measures, *(planted.measures() if planted.rows else [])], found, planted, robustness, decided
    )


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
        measures.append(Measure("tnews titles flagged", flagged, total, None, _TITLES, tuple(failures)))
    measures.extend(measure.evaluation_sets(judge, sources))
    return measures
