"""A page -> the runs of words in it that may be injected, each with its evidence: the first half of the flow.

::

    Page ─outline─▶ Block, Block, …
           for each block alone:
             fold ▶ tokenize ▶ model ▶ runs     text evidence, word by word
           for each run that could matter, with the page around it:
             settle ▶ signals                   exact ends, structural evidence

All but the signals is done by the engine in ``native/``, in this order; signals are worked out for the few runs that
structure could still lift to where they are of interest.
"""

from __future__ import annotations

from typing import NamedTuple

from moderation import _native
from moderation.data import Mark, Page, Span
from moderation.model import Model
from moderation.reading import Reader, Reading, characters
from moderation.stages import locate
from moderation.stages import signals as structure

__all__ = ["Candidate", "Study", "study"]


class Candidate(NamedTuple):
    """A run of words that may be injected, with all that is known of it.

    ``logit`` is the text's own log-odds, ``text_span`` where the run stands in the text of its block, ``signals`` the
    structural evidence; ``run`` counts words of ``reading``.
    """

    reading: Reading
    run: locate.Run
    logit: float
    text_span: Span
    rows: tuple[int, ...]
    signals: tuple[structure.Signal, ...]

    @property
    def strengths(self) -> dict[str, float]:
        return {signal.code: signal.strength for signal in self.signals}

    @property
    def text(self) -> str:
        return self.reading.block.text[self.text_span.start : self.text_span.end]


class Study:
    """A page taken apart, with every run that may be injected."""

    def __init__(self, sheet: _native.Sheet, candidates: tuple[Candidate, ...]) -> None:
        self.sheet = sheet
        self.candidates = candidates

    @property
    def shown(self) -> int:
        """Code points that a reader sees on the page itself."""
        return self.sheet.shown()


def study(page: Page, reader: Reader, least: float = 0.0) -> Study:
    """The blocks of a page, and every run in them that is worth a score, located and with its signals.

    Args:
        page: to be taken apart.
        reader: reads its blocks.
        least: a score; runs that surely stay below it are left out.
    """
    model = reader.model
    calibration = model.calibration
    sheet = reader.engine.study(
        page.content, page.is_html, calibration.least(least), calibration, calibration.total(least)
    )
    found = sheet.candidates()
    if not found:
        return Study(sheet, ())
    readings: dict[int, Reading] = {}
    around = _surroundings(sheet, model)
    candidates = []
    for number, first, last, logit, span, copies, rows in found:
        reading = readings.setdefault(number, Reading(sheet, number))
        candidate = Candidate(reading, locate.Run(first, last), logit, Span(*span), rows, ())
        candidates.append(candidate._replace(signals=_signals(model, candidate, copies, around)))
    return Study(sheet, tuple(candidates))


def _surroundings(sheet: _native.Sheet, model: Model) -> structure.Surroundings:
    """What the page around the runs is like."""
    marks = tuple([Mark(code, Span(*span), detail) for code, span, detail in sheet.marks()])
    counted = sheet.surroundings(sheet.taken(), characters())
    topics = model.topics(*sheet.rest(model.native))
    return structure.Surroundings(words=sheet.shared(), topics=topics, marks=marks, **counted)


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
            characters().script,
        )
    )
