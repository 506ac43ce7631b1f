"""Term contributions of a block -> the exact runs of words that are injected.

The linear model says what each word is worth; a block is judged by its best runs, never by its average, so that a
genuine paragraph of any length cannot dilute the line in front of it. Runs are found per segment (one keyword, one
clause) with the linear-time algorithm for all maximal scoring subsequences (Ruzzo and Tompa 1999, ISMB), and their two
ends are then settled segment by segment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.data import Span, Tokens

__all__ = ["Run", "inner_runs", "maximal_runs", "may_hold_inner", "may_hold_run", "runs", "settle", "span_of"]

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


# What a segment costs that says nothing: it keeps a run from wandering through neutral text.
_IDLE = 1.5
# Words of a clause that can hold another text.
_CLAUSE_WORDS = 4
# The same for a word, inside one clause.
_MUTE = 1.0
# How well a planted text may end somewhere, in units of evidence: at the edge of its block, of a line, at a joint of
# titles; least of all between two clauses. Of 359 spans planted out of fold, 16 were cut otherwise than planted with 30
# for the block, 22 with 24, 28 with 21.
_BLOCK, _LINE, _JOINT, _CLAUSE = 30.0, 20.0, 6.0, -10.0
# What a line break costs on top: lines of a planted list are each worth more, a genuine neighbour is not.
_BREAK = 12.0
# What it costs a single planted line to take the next one along.
_FENCE = 25.0
# Nothing behind this much evidence against spam can bring an end back.
_HOPELESS = 200.0
_TITLE_JOINT = re.compile(r"[_|丨\-–—·•>»]")
_PROSE_JOINT = re.compile(r"[，,、；;]")
_OPENING = "【[(（《「『“\"'<"
_CLOSING = "】])）》」』”\"'>!！?？。.…~"


class Run(NamedTuple):
    """Words ``first:last`` of a block, a half-open range of word indices."""

    first: int
    last: int


def maximal_runs(scores: Sequence[float]) -> list[tuple[int, int, float]]:
    """All maximal scoring subsequences of ``scores`` in order, as (first, last, sum), half open; linear time.

    Source: W. L. Ruzzo, M. Tompa, "A linear time algorithm for finding all maximal scoring subsequences", ISMB 1999.
    """
    found: list[tuple[int, int, float, float, int]] = []  # first, last, sum before, sum through, next lower on the left
    total = 0.0
    for index, score in enumerate(scores):
        left = total
        total += score
        if score <= 0:
            continue
        first = index
        while True:
            # The nearest candidate whose left sum is lower; the links skip what cannot be, which keeps this linear.
            back = len(found) - 1
            while back >= 0 and found[back][2] >= left:
                back = found[back][4]
            if back < 0 or found[back][3] >= total:
                found.append((first, index + 1, left, total, back))
                break
            first, left = found[back][0], found[back][2]
            del found[back:]
    return [(first, last, through - before) for first, last, before, through, _ in found]


def may_hold_run(totals: Doubles, text_at: Ints, floor: float) -> Flags:
    """Which of some texts :func:`runs` may find something in, for certain where it says no.

    Args:
        totals: evidence of each segment of all texts, shape (segments,).
        text_at: first segment of each text and behind the last, shape (texts + 1,).
        floor: the least sum of a run.

    Returns: shape (texts,).
    """
    # No run is worth more than its segments that are worth something, and but the first one of a text costs a step.
    gains = totals - _IDLE
    first = text_at[:-1][text_at[:-1] < text_at[1:]]
    gains[first] += _IDLE
    sums = np.concatenate([[0.0], np.cumsum(np.maximum(gains, 0.0))])
    # The sums of a long page lose some digits.
    return np.asarray(sums[text_at[1:]] - sums[text_at[:-1]] >= floor - 1e-6 * max(1.0, float(sums[-1]) * 1e-6))


def may_hold_inner(gains: Doubles, evidence: Doubles, first: Ints, segment: Ints, floor: float) -> Ints:
    """The numbers of the segments :func:`inner_runs` may find something in; certain of those left out.

    Args:
        gains: evidence of the words of each segment that speak for spam, shape (segments,).
        evidence: what each word is worth, shape (words,).
        first: first word of each segment and behind the last, shape (segments + 1,).
        segment: of each word, shape (words,).
        floor: the least sum of a run.
    """
    against = np.bincount(segment, evidence < 0, len(gains))
    return np.flatnonzero((gains >= floor - 1e-9) & (np.diff(first) >= _CLAUSE_WORDS) & (against > 0))


def runs(tokens: Tokens, evidence: Sequence[float], floor: float) -> list[Run]:
    """The runs of segments whose evidence adds up to ``floor`` or more, in order.

    Args:
        tokens: the words of a block.
        evidence: what each word is worth, ``idf·w`` summed over its terms.
        floor: the least sum of a run.
    """
    first = tokens.first
    scores = [
        sum(evidence[first[number] : first[number + 1]]) - _step(tokens, number) for number in range(len(first) - 1)
    ]
    return [Run(first[low], first[high]) for low, high, total in maximal_runs(scores) if total >= floor]


def inner_runs(tokens: Tokens, evidence: Sequence[float], floor: float) -> list[Run]:
    """Runs of words inside one clause that says something else: a name that stands where another one stood.

    Of each segment the best run is given, where it adds up to ``floor`` and what the segment says besides speaks
    against it.
    """
    found = []
    for number in range(len(tokens.first) - 1):
        low, high = tokens.first[number], tokens.first[number + 1]
        if high - low < _CLAUSE_WORDS:
            continue
        values = evidence[low:high]
        if sum(value for value in values if value > 0) < floor or min(values) >= 0:
            continue
        begin, end, total = max(
            maximal_runs([value - _MUTE for value in values]), key=lambda each: each[2], default=(0, 0, 0.0)
        )
        if total >= floor and end - begin > 1 and sum(values) < total:
            found.append(Run(low + begin, low + end))
    return found


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
    first = tokens.first
    worth = [
        sum(values[first[number] : first[number + 1]])
        for number in range(tokens.segments[bounds.first], tokens.segments[bounds.last - 1] + 1)
    ]
    base = tokens.segments[bounds.first]
    low, high = tokens.segments[run.first] - base, tokens.segments[run.last - 1] + 1 - base
    inner = maximal_runs([worth[number] - _step(tokens, base + number) for number in range(low, high)])
    if inner:
        begin, end, _ = max(inner, key=lambda each: (each[2], -each[0]))
        low, high = low + begin, low + end
    # A list planted line by line goes on over a line that says nothing; a single planted line does not.
    lines = any("\n" in tokens.separators[base + number] for number in range(low + 1, high))
    fence = 0.0 if lines else _FENCE
    low = _edge(tokens, worth, base, low, -1, fence)
    high = _edge(tokens, worth, base, high, +1, fence)
    return Run(first[base + low], first[base + high])


def _edge(tokens: Tokens, worth: Sequence[float], base: int, at: int, step: int, fence: float) -> int:
    """The best boundary from ``at`` outwards; boundary ``n`` stands before segment ``n``, counted from ``base``.

    ``fence`` is what it costs to step over a line break.
    """
    best, chosen = _ending(tokens, base + at), at
    total = 0.0
    while total > -_HOPELESS:
        at += step
        if not 0 <= at <= len(worth):
            break
        if fence and "\n" in tokens.separators[base + at - step]:
            total -= fence
        total += worth[at if step < 0 else at - 1] - _IDLE
        score = total + _ending(tokens, base + at)
        if score > best:
            best, chosen = score, at
    return chosen


def _step(tokens: Tokens, segment: int) -> float:
    """What it costs to come to a segment from the one before it."""
    if not segment:
        return 0.0
    return _IDLE + _BREAK if "\n" in tokens.separators[segment] else _IDLE


def _ending(tokens: Tokens, boundary: int) -> float:
    """How well a planted text may end before segment ``boundary``."""
    if boundary == 0 or boundary == len(tokens.first) - 1:
        return _BLOCK
    separator = tokens.separators[boundary]
    if "\n" in separator:
        return _LINE
    if _TITLE_JOINT.search(separator):
        return _JOINT
    return _CLAUSE if _PROSE_JOINT.search(separator) else 0.0


def span_of(tokens: Tokens, run: Run, text: str) -> Span:
    """Where a run stands in the folded text, with the punctuation that belongs to it.

    A run that fills its line takes the line to both ends; one that does not takes the brackets and the full stop that
    stand next to it.
    """
    start, end = tokens.starts[run.first], tokens.ends[run.last - 1]
    left = text.rfind("\n", 0, start) + 1
    right = text.find("\n", end)
    right = len(text) if right < 0 else right
    if run.first == 0 or tokens.ends[run.first - 1] <= left:
        start = left + len(text[left:start]) - len(text[left:start].lstrip())
    else:
        start -= len(text[left:start]) - len(text[left:start].rstrip(_OPENING))
    if run.last == len(tokens.words) or tokens.starts[run.last] >= right:
        end += len(text[end:right].rstrip())
    else:
        end += len(text[end:right]) - len(text[end:right].lstrip(_CLOSING))
    return Span(start, end)
