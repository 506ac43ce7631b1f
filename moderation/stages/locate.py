"""Term contributions of a block -> the exact runs of words that are injected.

The linear model says what each word is worth; a block is judged by its best runs, never by its average, so that a
genuine paragraph of any length cannot dilute the line in front of it. The rules and their constants stand in
``native/candidates/runs.cpp``; these are the same functions for those who hold words as lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from moderation import _native
from moderation.data import Span, Tokens

__all__ = ["Run", "inner_runs", "maximal_runs", "runs", "settle", "span_of"]


class Run(NamedTuple):
    """Words ``first:last`` of a block, a half-open range of word indices."""

    first: int
    last: int


def maximal_runs(scores: Sequence[float]) -> list[tuple[int, int, float]]:
    """All maximal scoring subsequences of ``scores`` in order, as (first, last, sum), half open; linear time.

    Source: W. L. Ruzzo, M. Tompa, "A linear time algorithm for finding all maximal scoring subsequences", ISMB 1999.
    """
    return _native.maximal_runs(scores)


def runs(tokens: Tokens, evidence: Sequence[float], floor: float) -> list[Run]:
    """The runs of segments whose evidence adds up to ``floor`` or more, in order.

    Args:
        tokens: the words of a block.
        evidence: what each word is worth, ``idf·w`` summed over its terms.
        floor: the least sum of a run.
    """
    return [Run(*run) for run in _native.segment_runs(tokens.first, tokens.separators, evidence, floor)]


def inner_runs(tokens: Tokens, evidence: Sequence[float], floor: float) -> list[Run]:
    """Runs of words inside one clause that says something else: a name that stands where another one stood.

    Of each segment the best run is given, where it adds up to ``floor`` and what the segment says besides speaks
    against it.
    """
    return [Run(*run) for run in _native.inner_runs(tokens.first, tokens.separators, evidence, floor)]


def settle(tokens: Tokens, values: Sequence[float], run: Run, bounds: Run) -> Run:
    """A run with its two ends settled, segment by segment.

    An end moves in over segments that are genuine and out over segments that say nothing, to where a planted text would
    end: at the edge of the block or of a line, or at a joint of the kind that holds titles together.

    Args:
        tokens: the words of the block.
        values: what each word is worth: its evidence, less what the rest of the page says against it.
        run: the run to settle; it begins and ends with a segment.
        bounds: how far the run may grow.
    """
    return Run(*_native.settle(tokens.first, tokens.separators, values, run, bounds))


def span_of(tokens: Tokens, run: Run, text: str) -> Span:
    """Where a run stands in the folded text, with the punctuation that belongs to it.

    A run that fills its line takes the line to both ends; one that does not takes the brackets and the full stop that
    stand next to it.
    """
    before = tokens.ends[run.first - 1] if run.first else -1
    behind = tokens.starts[run.last] if run.last < len(tokens.words) else -1
    return Span(*_native.span_of(text, tokens.starts[run.first], tokens.ends[run.last - 1], before, behind))
