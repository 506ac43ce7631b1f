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
from functools import lru_cache
from typing import NamedTuple

from moderation.data import Block, Outline, Page, Span, Tokens
from moderation.model import Model
from moderation.stages import blocks, locate, normalize, tokens
from moderation.stages import signals as structure

__all__ = ["Candidate", "Reader", "Reading", "Study", "study"]

# A run worth a second look adds up to this much evidence (idf·w) and scores above this log-odds. Both are far below
# what any threshold needs: they bound the work, not the verdict.
_FLOOR = 4.0
_LOGIT = -3.0
# Evidence of a run of words inside a clause that says something else.
_INNER = 15.0
# Times that a name stands on a page; words it may be shortened by, less one; what the search for names may cost a page:
# texts counted, and characters they are counted in.
_REPEATED, _SHORTER, _COUNTED, _SEARCHED = 3, 4, 300, 1_000_000
# Words whose rows are remembered; about 300 bytes each.
_KNOWN = 65_536
_MARK = tokens.SOUNDS
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
    rows: list[tuple[int, ...]]
    evidence: list[float]
    inner: frozenset[locate.Run]


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


class _Known(NamedTuple):
    """What the model knows of a word by itself: rows and evidence, and the sounds it begins and ends with."""

    rows: tuple[int, ...]
    sounds: tuple[int, ...]
    evidence: float
    first: str
    last: str


class Reader:
    """Reads blocks with one model, and remembers the latest short ones: the pages of a site repeat their menus.

    What a word says by itself is looked up once for all texts, so that reading costs two look-ups a word: its pair with
    the word before, and the sounds where the two meet. :func:`tokens.terms` is the definition of what is looked up.

    Args:
        model: knows the terms.
        remembered: texts to remember.
        longest: code points of a text beyond which it is read anew each time; a text takes about 100 bytes for each.
    """

    def __init__(self, model: Model, remembered: int = 2048, longest: int = 200) -> None:
        self.model = model
        self.remembered = remembered
        self.longest = longest
        self._remember = lru_cache(maxsize=remembered)(self._read)
        self._known: dict[str, _Known] = {}

    def __reduce__(self) -> tuple[type[Reader], tuple[Model, int, int]]:
        # What is remembered stays behind when a reader goes to another process.
        return Reader, (self.model, self.remembered, self.longest)

    def read(self, block: Block) -> Reading:
        """A block as the model reads it."""
        text = block.text
        return Reading(block, *(self._read(text) if len(text) > self.longest else self._remember(text)))

    def rows(self, cut: Tokens, first: int = 0, last: int | None = None) -> tuple[list[tuple[int, ...]], list[float]]:
        """The rows of the known terms of the words ``first:last`` as a text of their own, and their evidence."""
        known, get, worth = self._known, self.model.vocabulary.get, self.model.evidence
        rows: list[tuple[int, ...]] = []
        evidence: list[float] = []
        before = sounded = ""
        current = -1
        for word, segment in zip(cut.words[first:last], cut.segments[first:last], strict=True):
            own = known.get(word) or self._learn(word)
            if segment != current:
                current = segment
                pair = met = None
            else:
                pair = get(f"{before} {word}")
                met = get(f"{_MARK}{sounded}{own.first}") if sounded and own.first else None
            if pair is None and met is None:
                rows.append(own.rows + own.sounds if own.sounds else own.rows)
                evidence.append(own.evidence)
            else:
                between = (() if pair is None else (pair,)) + (() if met is None else (met,))
                rows.append(own.rows + between + own.sounds)
                evidence.append(own.evidence + sum([worth[row] for row in between]))
            before, sounded = word, own.last
        return rows, evidence

    def _learn(self, word: str) -> _Known:
        get, worth = self.model.vocabulary.get, self.model.evidence
        own, run = tokens.parts(word)
        rows = tuple([row for term in own if (row := get(term)) is not None])
        sounds = tuple([row for term in tokens.pairs(run) if (row := get(term)) is not None])
        found = _Known(rows, sounds, sum([worth[row] for row in rows + sounds]), run[:1], run[-1:])
        if len(self._known) >= _KNOWN:
            self._known.clear()
        self._known[word] = found
        return found

    def _read(
        self, text: str
    ) -> tuple[normalize.Folded, Tokens, list[tuple[int, ...]], list[float], frozenset[locate.Run]]:
        folded = normalize.fold(text)
        cut = tokens.tokenize(folded.text)
        rows, evidence = self.rows(cut)
        return folded, cut, rows, evidence, frozenset(locate.inner_runs(cut, evidence, _INNER))


def study(page: Page, reader: Reader, needed: float = -math.inf) -> Study:
    """The blocks of a page, and every run in them that is worth a score, located and with its signals.

    Args:
        page: to be taken apart.
        reader: reads its blocks.
        needed: text log-odds below which a run is of no interest, whatever its signals; such runs are left out.
    """
    model = reader.model
    outline = blocks.outline(page)
    readings = [reader.read(block) for block in outline.blocks]
    rough = [(reading, run) for reading in readings for run in _rough(reading, model)]
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
    rest = _rest(readings, rough)
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
        candidate = _settle(reader, reading, run, bounds, rest, copies)
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
    for run in locate.runs(reading.tokens, reading.evidence, _FLOOR):
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
        if best[0] and best[2] >= _INNER:
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


class _Rest(NamedTuple):
    """The page without its runs: how often each word and each longer segment stands there, and the terms of it.

    ``taken`` are the blocks that hold a run; a word is counted once for each stretch between two runs.
    """

    taken: frozenset[int]
    words: Mapping[str, int]
    segments: Mapping[str, int]
    rows: set[int]


def _rest(readings: Sequence[Reading], rough: Sequence[tuple[Reading, locate.Run]]) -> _Rest:
    words: Counter[str] = Counter()
    segments: Counter[str] = Counter()
    rows: set[int] = set()
    taken: dict[int, list[locate.Run]] = {}
    for reading, run in rough:
        taken.setdefault(reading.block.index, []).append(run)
    for reading in readings:
        at = 0
        cut = reading.tokens
        text, starts, ends, first = reading.folded.text, cut.starts, cut.ends, cut.first
        for run in (*taken.get(reading.block.index, ()), locate.Run(len(cut.words), len(cut.words))):
            if run.first > at:
                words.update(set(cut.words[at : run.first]))
                rows.update(*reading.rows[at : run.first])
                low, high = cut.segments[at], cut.segments[run.first - 1] + 1
                segments.update(
                    [
                        text[begin:end]
                        for begin, end in [
                            (starts[first[number]], ends[first[number + 1] - 1]) for number in range(low, high)
                        ]
                        # A short segment is a word that two texts share by chance.
                        if end - begin >= _QUOTE
                    ]
                )
            at = run.last
    return _Rest(frozenset(taken), words, segments, rows)


def _surroundings(outline: Outline, rest: _Rest, model: Model) -> structure.Surroundings:
    """What the page around the runs is like."""
    topics = model.topics(rest.rows)
    return structure.surroundings(outline.blocks, rest.taken, outline.marks, rest.words, topics, normalize.script)


def _settle(
    reader: Reader, reading: Reading, run: locate.Run, bounds: locate.Run, rest: _Rest, copies: int
) -> Candidate | None:
    """A run with its exact ends and its score, if enough words in it speak for spam; without its signals."""
    model = reader.model
    if not copies and run not in reading.inner:
        run = locate.settle(reading.tokens, _values(model, reading, run, bounds, rest), run, bounds)
    known, evidence = reader.rows(reading.tokens, run.first, run.last)
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


def _values(
    model: Model,
    reading: Reading,
    run: locate.Run,
    bounds: locate.Run,
    rest: _Rest,
) -> list[float]:
    """What each word says: its evidence, less what the rest of the page says against its being planted.

    A word that the rest of the page uses as well is genuine the more likely, the rarer it is in general; a whole
    segment that stands elsewhere on the page nearly always is.
    """
    cut = reading.tokens
    idf = model.idf
    counts = rest.words
    values = list(reading.evidence)
    for index in range(bounds.first, bounds.last):
        word = cut.words[index]
        inside = run.first <= index < run.last
        # What stands outside the run is part of the rest itself, once.
        # Numbers and addresses stand on every page; that this one has some too says nothing.
        if len(word) == 1 or word.isdigit() or word in (tokens.NUMBER, tokens.URL):
            continue
        if counts.get(word, 0) > (0 if inside else 1):
            row = model.vocabulary.get(word)
            rarity = float(idf[row]) if row is not None else _RARE
            values[index] -= _FAMILIAR * max(0.0, rarity - _COMMON)
    for number in range(cut.segments[bounds.first], cut.segments[bounds.last - 1] + 1):
        first = cut.first[number]
        if rest.segments.get(_segment(reading, number), 0) > (0 if run.first <= first < run.last else 1):
            values[first] -= _QUOTED
    return values


def _segment(reading: Reading, number: int) -> str:
    """The folded text of a segment."""
    cut = reading.tokens
    return reading.folded.text[cut.starts[cut.first[number]] : cut.ends[cut.first[number + 1] - 1]]
