"""A page -> the runs of words in it that may be injected, each with its evidence: the first half of the flow.

::

    Page ─outline─▶ Block, Block, …
           for each block alone:
             fold ▶ tokenize ▶ model ▶ runs     text evidence, word by word
           for each run that could matter, with the page around it:
             settle ▶ signals                   exact ends, structural evidence
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from moderation.data import Block, Outline, Page, Span, Tokens
from moderation.model import Model
from moderation.stages import blocks, locate, normalize, tokens
from moderation.stages import signals as structure

__all__ = ["Candidate", "Reading", "Study", "read", "study"]

# A run worth a second look adds up to this much evidence (idf·w) and scores above this log-odds. Both are far below
# what any threshold needs: they bound the work, not the verdict.
_FLOOR = 4.0
_LOGIT = -3.0
# Words that must speak for spam before a span is judged at all: one word, however loud, is no evidence.
_WORDS = 2
# A word of the run that the rest of the page uses counts against it by this much for each unit of IDF above common.
_FAMILIAR, _COMMON, _RARE = 6.0, 4.0, 11.0
# A segment of this many characters that stands elsewhere on the page, word for word, counts against it by this much.
_QUOTE, _QUOTED = 4, 80.0


class Reading(NamedTuple):
    """A block as the model reads it."""

    block: Block
    folded: normalize.Folded
    tokens: Tokens
    rows: list[list[int]]
    evidence: list[float]


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


def study(page: Page, model: Model) -> Study:
    """The blocks of a page, and every run in them that is worth a score, located and with its signals."""
    outline = blocks.outline(page)
    readings = [read(block, model) for block in outline.blocks]
    rough = [
        (reading, run)
        for reading in readings
        for run in locate.runs(reading.tokens, reading.evidence, _FLOOR)
        if model.score(row for word in reading.rows[run.first : run.last] for row in word) > _LOGIT
    ]
    if not rough:
        return Study(outline, ())
    around, rest = _surroundings(outline, readings, rough)
    found = []
    for number, (reading, run) in enumerate(rough):
        bounds = locate.Run(
            rough[number - 1][1].last if number and rough[number - 1][0] is reading else 0,
            rough[number + 1][1].first
            if number + 1 < len(rough) and rough[number + 1][0] is reading
            else len(reading.tokens.words),
        )
        candidate = _settle(model, reading, run, bounds, around, rest)
        if candidate is not None:
            found.append(candidate)
    return Study(outline, tuple(found))


def read(block: Block, model: Model) -> Reading:
    folded = normalize.fold(block.text)
    cut = tokens.tokenize(folded.text)
    rows = model.known(tokens.terms(cut))
    worth = model.evidence
    return Reading(block, folded, cut, rows, [sum(worth[row] for row in word) for word in rows])


def _surroundings(
    outline: Outline, readings: Sequence[Reading], rough: Sequence[tuple[Reading, locate.Run]]
) -> tuple[structure.Surroundings, Mapping[str, int]]:
    """What the page around the candidates is like, and how often each of its longer segments stands there."""
    words: Counter[str] = Counter()
    segments: Counter[str] = Counter()
    taken: dict[int, list[locate.Run]] = {}
    for reading, run in rough:
        taken.setdefault(reading.block.index, []).append(run)
    for reading in readings:
        at = 0
        cut = reading.tokens
        for run in (*taken.get(reading.block.index, ()), locate.Run(len(cut.words), len(cut.words))):
            if run.first > at:
                words.update(set(cut.words[at : run.first]))
                for number in range(cut.segments[at], cut.segments[run.first - 1] + 1):
                    segments[_segment(reading, number)] += 1
            at = run.last
    around = structure.surroundings(outline.blocks, frozenset(taken), outline.marks, words, normalize.script)
    # A short segment is a word that two texts share by chance.
    return around, {text: count for text, count in segments.items() if len(text) >= _QUOTE}


def _settle(
    model: Model,
    reading: Reading,
    run: locate.Run,
    bounds: locate.Run,
    around: structure.Surroundings,
    rest: Mapping[str, int],
) -> Candidate | None:
    words = reading.tokens.words
    run = locate.settle(reading.tokens, _values(model, reading, run, bounds, around, rest), run, bounds)
    known = model.known(tokens.terms(reading.tokens, run.first, run.last))
    worth = model.evidence
    speaking = {words[run.first + at] for at, rows in enumerate(known) if sum(worth[row] for row in rows) > 0}
    if len(speaking) < _WORDS:
        return None
    rows = tuple(sorted({row for word in known for row in word}))
    candidate = Candidate(reading, run, model.score(rows), (), rows)
    found = structure.signals(
        reading.block, candidate.text, reading.tokens, run.first, run.last, around, normalize.script
    )
    return candidate._replace(signals=tuple(found))


def _values(
    model: Model,
    reading: Reading,
    run: locate.Run,
    bounds: locate.Run,
    around: structure.Surroundings,
    rest: Mapping[str, int],
) -> list[float]:
    """What each word says: its evidence, less what the rest of the page says against its being planted.

    A word that the rest of the page uses as well is genuine the more likely, the rarer it is in general; a whole
    segment that stands elsewhere on the page nearly always is.
    """
    cut = reading.tokens
    idf = model.idf
    values = list(reading.evidence)
    for index in range(bounds.first, bounds.last):
        word = cut.words[index]
        inside = run.first <= index < run.last
        # What stands outside the run is part of the rest itself, once.
        # Numbers and addresses stand on every page; that this one has some too says nothing.
        if len(word) == 1 or word.isdigit() or word in (tokens.NUMBER, tokens.URL):
            continue
        if around.words.get(word, 0) > (0 if inside else 1):
            row = model.vocabulary.get(word)
            rarity = float(idf[row]) if row is not None else _RARE
            values[index] -= _FAMILIAR * max(0.0, rarity - _COMMON)
    for number in range(cut.segments[bounds.first], cut.segments[bounds.last - 1] + 1):
        first = cut.first[number]
        if rest.get(_segment(reading, number), 0) > (0 if run.first <= first < run.last else 1):
            values[first] -= _QUOTED
    return values


def _segment(reading: Reading, number: int) -> str:
    """The folded text of a segment."""
    cut = reading.tokens
    return reading.folded.text[cut.starts[cut.first[number]] : cut.ends[cut.first[number + 1] - 1]]
