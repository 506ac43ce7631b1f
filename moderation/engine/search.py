"""A page -> the stretches of it that may be injected, each judged, with its evidence: the first half of the flow.

::

    Page ─outline─▶ Block, Block, …
           PROPOSE, each block alone:
             fold ▶ tokenize ▶ terms ▶ runs     text evidence, word by word; a fixed cut
             fold ▶ names                       names that stand where an institution's stood
           JUDGE each of these, with the page around it:
             own words and characters, text before and behind, place, title and words of the page ▶ log-odds
           ADD UP, for the few that pass a second fixed cut:
             signals                            structural evidence

All but the signals is done by the engine in ``native/``, and others go on meanwhile: it lets Python's lock go.
"""

from __future__ import annotations

from typing import NamedTuple

from moderation import _native
from moderation.common.limits import CANDIDATES
from moderation.data import Mark, Page, Span
from moderation.engine.reading import BlockReading, OneReading, PageReader, characters
from moderation.stages import signals as structure

__all__ = ["Candidate", "Feature", "NameParts", "SearchResult", "find_candidates"]


class NameParts(NamedTuple):
    """How a name is made: counts of its parts; ``label`` is a number of the model's, or -1.

    ``known`` names are nothing else, ``common`` ones are everyday words too; a ``code`` is a run of letters and digits;
    ``glued`` words stand behind a name, ``strong`` ones among them make one of anything; ``front`` words stand before
    it; ``slots`` are words around that follow the name of an institution.
    """

    label: int
    known: int
    common: int
    codes: int
    glued: int
    strong: int
    front: int
    slots: int


class Feature(NamedTuple):
    """What the judge reads of a candidate: ``kind`` is fact, placed, word, own, shape, before, behind, title or page.

    ``placed`` is a fact once more, by its value and by where the candidate stands. ``text`` is what it is read from, of
    a fact its name; ``start`` and ``end`` say where in the folded text of the block (of facts, title and page, both are
    0).
    """

    kind: str
    key: int
    value: float
    text: str
    start: int
    end: int


class Run(NamedTuple):
    """Words ``first:last`` of a block, a half-open range of word indices."""

    first: int
    last: int


class Candidate(NamedTuple):
    """A stretch that may be injected, with all that is known of it.

    ``judged`` is the judge's log-odds, ``logit`` that of the text by its terms alone, ``text_span`` where it stands in
    the text of its block, ``folded`` where in the folded one, ``span`` where in the page's source; ``signals`` the
    structural evidence; ``run`` counts words of ``reading``; ``name`` says how it is made, where it was found as a
    name; ``number`` counts the page's candidates.
    """

    reading: BlockReading
    number: int
    run: Run
    judged: float
    logit: float
    text_span: Span
    folded: Span
    span: Span
    name: NameParts | None
    signals: tuple[structure.Signal, ...]

    @property
    def strengths(self) -> dict[str, float]:
        return {signal.code: signal.strength for signal in self.signals}

    @property
    def text(self) -> str:
        return self.reading.block.text[self.text_span.start : self.text_span.end]

    def features(self) -> list[Feature]:
        """What the judge read of it."""
        return [Feature(*row) for row in self.reading.page_reading.features(self.number)]


class SearchResult:
    """A page taken apart, with what may be injected; ``proposed`` counts all that was judged.

    ``marks`` are what its scripts do beside, those that send visitors to the page's own site left out. ``unread`` is
    where the page's limit of steps or of candidates was reached, in code points of its source; None: it was not. What
    stands behind it was not looked at.
    """

    def __init__(
        self,
        page_reading: _native.PageReading,
        marks: tuple[Mark, ...],
        candidates: tuple[Candidate, ...],
        proposed: int,
        unread: int | None = None,
    ) -> None:
        self.page_reading = page_reading
        self.marks = marks
        self.candidates = candidates
        self.proposed = proposed
        self.unread = unread

    @property
    def shown(self) -> int:
        """Code points that a reader sees on the page itself."""
        return self.page_reading.shown()


def find_candidates(page: Page, reader: PageReader, threshold: float | None = None) -> SearchResult:
    """The blocks of a page, and every stretch of them that may be injected, located, judged and with its signals.

    Args:
        page: to be taken apart.
        reader: reads its blocks.
        threshold: the judge's log-odds below which a candidate is left out; by default the model's own cut.
    """
    model = reader.model
    if threshold is None:
        threshold = model.calibration.judge_threshold
    page_reading = reader.engine.search(page.content, page.is_html, page.title_end)
    marks = [Mark(code, Span(*span), detail) for code, span, detail in page_reading.marks()]
    unread = page_reading.unread()
    # One more says that there are too many: of those that pass, since what is too weak decides nothing.
    found = page_reading.passing(max(threshold, model.calibration.judge_threshold), CANDIDATES + 1)
    if threshold < model.calibration.judge_threshold and len(found) <= CANDIDATES:
        weak = page_reading.passing(threshold, CANDIDATES + 1)
        # Those that decide nothing are left out where there are too many.
        found = weak if len(weak) <= CANDIDATES else found
    if not found:
        # Only some of them say something by themselves; whose a host is costs a look at all links of the page.
        alone = structure.outside([mark for mark in marks if mark.code in structure.ALONE], page)
        return SearchResult(page_reading, alone, (), page_reading.proposed(), unread)
    if len(found) > CANDIDATES:
        start = found.pop()[1][7][0]
        unread = start if unread is None else min(unread, start)
    theirs = structure.outside(marks, page)
    around = _surroundings(page_reading, theirs)
    script = characters().script
    one = OneReading(page)
    reading = one.take(BlockReading(page_reading, found[0][1][0]))
    candidates = []
    for number, (block, first, last, judged, logit, span, folded, source, parts) in found:
        if reading.number != block:
            reading = one.take(BlockReading(page_reading, block))
        text = reading.block.text[span[0] : span[1]]
        signals = structure.signals(reading.block, text, reading.tokens, first, last, around, script)
        candidates.append(
            Candidate(
                reading,
                number,
                Run(first, last),
                judged,
                logit,
                Span(*span),
                Span(*folded),
                Span(*source),
                NameParts(*parts) if parts else None,
                tuple(signals),
            )
        )
    return SearchResult(page_reading, theirs, tuple(candidates), page_reading.proposed(), unread)


def _surroundings(page_reading: _native.PageReading, marks: tuple[Mark, ...]) -> structure.Surroundings:
    """What the page around the candidates is like."""
    counted = page_reading.surroundings(page_reading.taken(), characters())
    return structure.Surroundings(marks=marks, **counted)
