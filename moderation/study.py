"""A page -> the runs of words in it that may be injected, each with its evidence: the first half of the flow.

::

    Page ─outline─▶ Block, Block, …
           for each block alone:
             fold ▶ tokenize ▶ model ▶ runs     text evidence, word by word
           for each run that could matter, with the page around it:
             settle ▶ signals                   exact ends, structural evidence
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from moderation.data import Outline, Page, Span
from moderation.model import Model
from moderation.reading import FLOOR, INNER, Reader, Reading
from moderation.stages import blocks, locate, normalize
from moderation.stages import signals as structure

__all__ = ["Candidate", "Study", "study"]

# A run worth a second look scores above this log-odds; that and :data:`FLOOR` are far below what any threshold needs:
# they bound the work, not the verdict.
_LOGIT = -3.0
# Times that a name stands on a page; words it may be shortened by, less one; what the search for names may cost a page:
# texts counted, and characters they are counted in.
_REPEATED, _SHORTER, _COUNTED, _SEARCHED = 3, 4, 300, 1_000_000
# Words that must speak for spam before a span is judged at all: one word, however loud, is no evidence.
_WORDS = 2
# A word of the run that the rest of the page uses counts against it by this much for each unit of IDF above common.
_FAMILIAR, _COMMON, _RARE = 6.0, 4.0, 11.0
# A segment of this many characters that stands elsewhere on the page, word for word, counts against it by this much.
_QUOTE, _QUOTED = 4, 80.0


class Candidate(NamedTuple):
    """A run of words that may be injected, with all that is known of it.

    ``logit`` is the text's own log-odds, ``strengths`` the structural signals; ``run`` counts words of ``reading``.
    """

    reading: Reading
    run: locate.Run
    logit: float
    signals: tuple[structure.Signal, ...]
    rows: tuple[int, ...]

    @property
    def strengths(self) -> dict[str, float]:
        return {signal.code: signal.strength for signal in self.signals}

    @property
    def text_span(self) -> Span:
        """The run in the text of its block."""
        return self.reading.folded.offsets.span(locate.span_of(self.reading.tokens, self.run, self.reading.folded.text))

    @property
    def text(self) -> str:
        span = self.text_span
        return self.reading.block.text[span.start : span.end]


class Study(NamedTuple):
    """A page taken apart, with every run that may be injected."""

    outline: Outline
    candidates: tuple[Candidate, ...]


def study(page: Page, reader: Reader, needed: float = -math.inf) -> Study:
    """The blocks of a page, and every run in them that is worth a score, located and with its signals.

    Args:
        page: to be taken apart.
        reader: reads its blocks.
        needed: text log-odds below which a run is of no interest, whatever its signals; such runs are left out.
    """
    model = reader.model
    outline = blocks.outline(page)
    readings = reader.read(outline.blocks)
    # A run's score is at most its evidence over the root of what smooths the norm.
    least = (_LOGIT - model.bias) * math.sqrt(model.smoothing)
    promising = readings[0].sheet.promising(least) if readings else ()
    rough = [
        (reading, run)
        for reading, worth_it in zip(readings, promising, strict=True)
        if worth_it
        for run in _rough(reading, model)
    ]
    if not rough:
        return Study(outline, ())
    names = _names(rough, readings)
    if names:
        mine: dict[int, list[locate.Run]] = {}
        for reading, run in rough:
            mine.setdefault(reading.block.index, []).append(run)
        rough = [
            (reading, run) for reading in readings for run in _named(reading, names, mine.get(reading.block.index, []))
        ]
    rest = _Rest(readings, rough)
    around: structure.Surroundings | None = None
    found = []
    for number, (reading, run) in enumerate(rough):
        bounds = locate.Run(
            rough[number - 1][1].last if number and rough[number - 1][0] is reading else 0,
            rough[number + 1][1].first
            if number + 1 < len(rough) and rough[number + 1][0] is reading
            else len(reading.tokens.words),
        )
        copies = names.get(_name(reading, run), 0) if names else 0
        candidate = _settle(model, reading, run, bounds, rest, copies)
        if candidate is None or candidate.logit < needed:
            continue
        if around is None:
            around = _surroundings(outline, rest, model)
        found.append(candidate._replace(signals=_signals(model, candidate, copies, around)))
    return Study(outline, tuple(found))


def _rough(reading: Reading, model: Model) -> Iterator[locate.Run]:
    """The runs of a block that are worth a second look, in order.

    Where clauses say something else as well, the runs inside them are looked at if one says more for itself.
    """

    def score(run: locate.Run) -> float:
        return model.score(row for word in reading.rows[run.first : run.last] for row in word)

    segments = reading.tokens.segments
    scored = {segments[run.first]: (score(run), run) for run in reading.inner}
    for run in locate.runs(reading.tokens, reading.evidence, FLOOR):
        best = score(run)
        within = range(segments[run.first], segments[run.last - 1] + 1)
        if best > max((scored[number][0] for number in within if number in scored), default=_LOGIT):
            for number in within:
                scored.pop(number, None)
            scored[within[0]] = (best, run)
    for number in sorted(scored):
        if scored[number][0] > _LOGIT:
            yield scored[number][1]


def _name(reading: Reading, run: locate.Run) -> str:
    cut = reading.tokens
    return reading.folded.text[cut.starts[run.first] : cut.ends[run.last - 1]]


def _names(rough: Sequence[tuple[Reading, locate.Run]], readings: Sequence[Reading]) -> dict[str, int]:
    """What stands inside one clause and again elsewhere on the page, with how often: a name, or what took its place.

    Each run inside a clause is shortened at either end to what is repeated most, so that the word behind a name that
    happens to speak for spam as well is left out.
    """
    inside = [(reading, run) for reading, run in rough if run in reading.inner]
    if not inside:
        return {}
    page = "\n".join(reading.folded.text for reading in readings)[:_SEARCHED]
    counts: dict[str, int] = {}
    names: dict[str, int] = {}
    for reading, run in inside:
        best = ("", 0, 0.0)
        for front in range(min(_SHORTER, run.last - run.first - 1)):
            for back in range(min(_SHORTER, run.last - run.first - 1 - front)):
                part = locate.Run(run.first + front, run.last - back)
                text = _name(reading, part)
                if text not in counts:
                    if len(counts) >= _COUNTED:
                        return names
                    counts[text] = page.count(text)
                worth = sum(reading.evidence[part.first : part.last])
                if counts[text] >= _REPEATED and (worth, counts[text]) > (best[2], best[1]):
                    best = (text, counts[text], worth)
        if best[0] and best[2] >= INNER:
            names[best[0]] = best[1]
    # A name inside another one is the other one.
    return {name: count for name, count in names.items() if not any(name in other != name for other in names)}


def _named(reading: Reading, names: Mapping[str, int], runs: Sequence[locate.Run]) -> list[locate.Run]:
    """The runs of a block with every repeated name in them: runs inside a clause give way to the name they hold."""
    text, cut = reading.folded.text, reading.tokens
    held = [name for name in names if name in text]
    if not held:
        return list(runs)
    begins = {start: index for index, start in enumerate(cut.starts)}
    ends = {end: index + 1 for index, end in enumerate(cut.ends)}
    taken = bytearray(len(cut.words))
    kept = []

    def take(run: locate.Run) -> None:
        if not any(taken[run.first : run.last]):
            taken[run.first : run.last] = b"\1" * (run.last - run.first)
            kept.append(run)

    for run in runs:
        if run not in reading.inner:
            take(run)
    for name in held:
        at = text.find(name)
        while at >= 0:
            first, last = begins.get(at), ends.get(at + len(name))
            if first is not None and last is not None:
                take(locate.Run(first, last))
            at = text.find(name, at + len(name))
    for run in runs:
        if run in reading.inner:
            take(run)
    return sorted(kept)


class _Rest:
    """The page without its runs.

    Attributes:
        sheet: the words of the page.
        taken: the blocks that hold a run.
        mask: whether each word stands outside of the runs, shape (words,).
        counts: how often each word of the lexicon stands there, once for each stretch between two runs.
        segments: how often each longer segment stands there.
    """

    def __init__(self, readings: Sequence[Reading], rough: Sequence[tuple[Reading, locate.Run]]) -> None:
        sheet = self.sheet = readings[0].sheet
        self.taken = frozenset(reading.block.index for reading, _ in rough)
        size = len(sheet.codes)
        mask = self.mask = np.ones(size, dtype=bool)
        edges = np.zeros(size + 1, dtype=np.int64)
        edges[sheet.word_at] = 1
        for reading, run in rough:
            first, last = reading.low + run.first, reading.low + run.last
            mask[first:last] = False
            edges[first] = edges[last] = 1
        stretch = np.cumsum(edges[:-1])[mask]
        known = len(sheet.lexicon.names)
        once = np.unique(stretch * known + sheet.codes[mask])
        self.counts = np.bincount(once % known, minlength=known)
        # Each segment that a stretch touches, in the order of the page.
        segment = sheet.segment[mask]
        touched = np.flatnonzero(np.diff(segment, prepend=-1) | np.diff(stretch, prepend=-1))
        numbers = segment[touched]
        starts = sheet.starts[sheet.first[numbers]]
        ends = sheet.ends[sheet.first[numbers + 1] - 1]
        # A short segment is a word that two texts share by chance.
        long = ends - starts >= _QUOTE
        of = np.searchsorted(sheet.segment_at, numbers[long], side="right") - 1
        texts = sheet.texts
        self.segments = Counter(
            [
                texts[text].folded.text[start:end]
                for text, start, end in zip(of.tolist(), starts[long].tolist(), ends[long].tolist(), strict=True)
            ]
        )

    @property
    def words(self) -> dict[str, int]:
        """How often each word stands there."""
        names = self.sheet.lexicon.names
        return {names[code]: int(self.counts[code]) for code in np.flatnonzero(self.counts).tolist()}

    @property
    def rows(self) -> set[int]:
        """The rows of the terms that stand there."""
        sheet = self.sheet
        own = sheet.lexicon.rows
        met = {*sheet.pair[self.mask].tolist(), *sheet.met[self.mask].tolist()} - {-1}
        return met.union(*[own[code] for code in np.flatnonzero(self.counts).tolist()])


def _surroundings(outline: Outline, rest: _Rest, model: Model) -> structure.Surroundings:
    """What the page around the runs is like."""
    topics = model.topics(rest.rows)
    return structure.surroundings(outline.blocks, rest.taken, outline.marks, rest.words, topics, normalize.script)


def _settle(
    model: Model, reading: Reading, run: locate.Run, bounds: locate.Run, rest: _Rest, copies: int
) -> Candidate | None:
    """A run with its exact ends and its score, if enough words in it speak for spam; without its signals."""
    if not copies and run not in reading.inner:
        run = locate.settle(reading.tokens, _values(reading, run, bounds, rest), run, bounds)
    known, evidence = reading.alone(run)
    words = reading.tokens.words
    if len({words[run.first + at] for at, worth in enumerate(evidence) if worth > 0}) < _WORDS:
        return None
    rows = tuple(sorted({row for word in known for row in word}))
    return Candidate(reading, run, model.score(rows), (), rows)


def _signals(
    model: Model, candidate: Candidate, copies: int, around: structure.Surroundings
) -> tuple[structure.Signal, ...]:
    reading, run = candidate.reading, candidate.run
    # Naming labels costs more than the score, and only a page with a topic asks for one.
    label = model.label_scores(candidate.rows)[0][0] if around.topics else ""
    return tuple(
        structure.signals(
            reading.block,
            candidate.text,
            reading.tokens,
            run.first,
            run.last,
            label,
            copies,
            around,
            normalize.script,
        )
    )


def _values(reading: Reading, run: locate.Run, bounds: locate.Run, rest: _Rest) -> list[float]:
    """What each word says: its evidence, less what the rest of the page says against its being planted.

    A word that the rest of the page uses as well is genuine the more likely, the rarer it is in general; a whole
    segment that stands elsewhere on the page nearly always is.
    """
    cut, sheet = reading.tokens, reading.sheet
    low, high = reading.low + bounds.first, reading.low + bounds.last
    codes = sheet.codes[low:high]
    # What stands outside the run is part of the rest itself, once.
    seen = np.ones(high - low, dtype=np.int64)
    seen[run.first - bounds.first : run.last - bounds.first] = 0
    familiar = sheet.lexicon.tells(codes) & (rest.counts[codes] > seen)
    rarity = sheet.lexicon.rarity[codes]
    against = _FAMILIAR * np.maximum(0.0, np.where(np.isinf(rarity), _RARE, rarity) - _COMMON)
    values = list(reading.evidence)
    values[bounds.first : bounds.last] = np.where(
        familiar, sheet.evidence[low:high] - against, sheet.evidence[low:high]
    ).tolist()
    for number in range(cut.segments[bounds.first], cut.segments[bounds.last - 1] + 1):
        first = cut.first[number]
        if rest.segments.get(_segment(reading, number), 0) > (0 if run.first <= first < run.last else 1):
            values[first] -= _QUOTED
    return values


def _segment(reading: Reading, number: int) -> str:
    """The folded text of a segment."""
    cut = reading.tokens
    return reading.folded.text[cut.starts[cut.first[number]] : cut.ends[cut.first[number + 1] - 1]]
