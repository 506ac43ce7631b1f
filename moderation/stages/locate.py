"""Term contributions of a block -> the exact runs of words that are injected.

The linear model says what each word is worth; a block is judged by its best runs, never by its average, so that a
genuine paragraph of any length cannot dilute the line in front of it. Runs are found per segment (one keyword, one
clause) with the linear-time algorithm for all maximal scoring subsequences (Ruzzo and Tompa 1999, ISMB), and their two
ends are then settled word by word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from moderation.data import Span, Tokens

__all__ = ["Run", "maximal_runs", "runs", "settle", "span_of"]

# What a segment costs that says nothing: it keeps a run from wandering through neutral text.
_IDLE = 1.5
# Evidence (idf·w, before the norm) against spam that a run of words needs to be cut off within a segment. Swept over
# composed titles on development pages: below 4 genuine-looking halves of keywords were lost, above 10 genuine halves
# of titles were kept.
_FOREIGN = 6.0


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


def runs(tokens: Tokens, evidence: Sequence[float], floor: float) -> list[Run]:
    """The runs of segments whose evidence adds up to ``floor`` or more, in order.

    Args:
        tokens: the words of a block.
        evidence: what each word is worth, ``idf·w`` summed over its terms.
        floor: the least sum of a run.
    """
    first = tokens.first
    scores = [
        sum(evidence[first[number] : first[number + 1]]) - (_IDLE if number else 0.0)
        for number in range(len(first) - 1)
    ]
    return [Run(first[low], first[high]) for low, high, total in maximal_runs(scores) if total >= floor]


def settle(
    tokens: Tokens, evidence: Sequence[float], run: Run, familiar: Callable[[int], bool], bounds: Run
) -> Run:
    """A run with its two ends settled.

    An end moves in, word by word, over what is genuine (evidence against spam, or words the rest of the page knows)
    and out, segment by segment, over keywords the model does not know when they stand in the same list.

    Args:
        tokens: the words of the block.
        evidence: what each word is worth.
        run: the run to settle.
        familiar: whether word ``i`` is one the rest of the page uses.
        bounds: how far the run may grow.
    """
    low, high = _trim(tokens, evidence, run, familiar)
    if low == run.first:
        low = _grow(tokens, evidence, run, familiar, bounds.first, -1)
    if high == run.last:
        high = _grow(tokens, evidence, run, familiar, bounds.last, +1)
    return Run(low, high)


def _trim(tokens: Tokens, evidence: Sequence[float], run: Run, familiar: Callable[[int], bool]) -> Run:
    """Cuts genuine words off both ends, within the first and the last segment."""
    values = [_value(evidence[index], familiar(index)) for index in range(run.first, run.last)]
    low, high = run
    edge = tokens.first[tokens.segments[run.first] + 1]
    prefix, cut = 0.0, 0
    best = -_FOREIGN
    for index in range(run.first, min(edge, run.last)):
        prefix += values[index - run.first]
        if prefix < best:
            best, cut = prefix, index + 1 - run.first
    if cut and run.first + cut < run.last:
        low = run.first + cut
    edge = tokens.first[tokens.segments[run.last - 1]]
    suffix, cut = 0.0, 0
    best = -_FOREIGN
    for index in range(run.last - 1, max(edge, low) - 1, -1):
        suffix += values[index - run.first]
        if suffix < best:
            best, cut = suffix, run.last - index
    if cut and run.last - cut > low:
        high = run.last - cut
    return Run(low, high)


def _value(evidence: float, familiar: bool) -> float:
    # A word the rest of the page uses is genuine unless it speaks strongly for spam; an unknown one says nothing.
    return evidence - 3.0 if familiar else evidence


def _grow(
    tokens: Tokens, evidence: Sequence[float], run: Run, familiar: Callable[[int], bool], bound: int, step: int
) -> int:
    """Takes in neighbouring segments that stand in the same list and that nothing calls genuine."""
    segments = range(tokens.segments[run.first], tokens.segments[run.last - 1] + 1)
    inner = {tokens.separators[number].strip() for number in segments[1:]}
    first = tokens.first
    end = run.first if step < 0 else run.last
    number = segments[0] - 1 if step < 0 else segments[-1] + 1
    while 0 <= number < len(first) - 1:
        words = range(first[number], first[number + 1])
        if (step < 0 and words[0] < bound) or (step > 0 and words[-1] >= bound):
            break
        joint = tokens.separators[number + 1 if step < 0 else number].strip()
        if joint not in inner:
            break
        genuine = sum(_value(evidence[index], familiar(index)) for index in words)
        if genuine < -0.5 * _FOREIGN or sum(map(familiar, words)) * 2 > len(words):
            break
        end = words[0] if step < 0 else words[-1] + 1
        number += step
    return end


def span_of(tokens: Tokens, run: Run) -> Span:
    """Where a run stands in the folded text."""
    return Span(tokens.starts[run.first], tokens.ends[run.last - 1])
