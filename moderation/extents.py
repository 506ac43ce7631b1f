"""Scored candidates -> those that become findings, apart from each other, and what is cut of each one's block."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from moderation.data import Place, Span
from moderation.reading import OneReading
from moderation.stages import locate
from moderation.study import Candidate

__all__ = ["apart", "stretch"]

# What the words of a run must be worth beside its names, that the run is cut and not the names: the word behind a name
# makes a pair with it, which is worth something by itself. With 0, 4 and 14, 59 %, 61 % and 67 % of the names planted
# in titles and sentences were cut exactly, and 88.6 %, 88.6 % and 87.8 % of whole phrases; with 8, 64 % and 88.5 %.
_AMONG = 8.0
# Places where spam stands beside the page's own words.
_SHARED = frozenset([Place.TITLE, Place.META, Place.BODY])
# How much of an element may be left beside a candidate that fills it, as a share of the candidate.
_LEFTOVER = 0.35


def stretch(candidate: Candidate) -> Span:
    """What is cut of a block's text: the candidate, with its element where it fills nearly all of that.

    A link, a heading or a hidden element that is spam but for a word at its end is spam to the end. Titles, meta tags,
    and paragraphs hold the page's own words besides: a title is cut up to the joint behind which they stand.
    """
    block, span = candidate.reading.block, candidate.text_span
    if block.place in _SHARED and not block.hidden:
        return _of_title(candidate) if block.place is Place.TITLE else span
    text = block.text
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    left, right = text[start : span.start], text[span.end : end]
    if len(left) + len(right) > _LEFTOVER * span.size or not (left + right).isalnum():
        return span
    return Span(start, end)


def _of_title(candidate: Candidate) -> Span:
    reading, run = candidate.reading, candidate.run
    words = reading.tokens
    kept = locate.within_joints(words, reading.evidence, run)
    if kept == run:
        return candidate.text_span
    # What stands around an end that was not moved belongs to it.
    start = candidate.folded.start if kept.first == run.first else words.starts[kept.first]
    end = candidate.folded.end if kept.last == run.last else words.ends[kept.last - 1]
    return reading.folded.offsets.span(Span(start, end))


def apart(scored: list[tuple[Candidate, float]], one: OneReading, sure: float = 0.0) -> list[tuple[Candidate, float]]:
    """Candidates apart from each other: of a run and the names in it, the run where the rest of it speaks for spam.

    A name that is surer than a run below ``sure`` takes its place: what stands around a name is not cut for it. What is
    made of each block for that is held by ``one``.
    """
    by_block: dict[int, list[tuple[Candidate, float]]] = {}
    for pair in scored:
        by_block.setdefault(pair[0].reading.number, []).append(pair)
    kept = []
    for block in by_block.values():
        # Names are apart from each other, so where one starts says where it ends among them.
        names = sorted((pair for pair in block if pair[0].name is not None), key=lambda pair: pair[0].folded)
        starts = [name.folded.start for name, _ in names]
        ends = [name.folded.end for name, _ in names]
        dropped: set[int] = set()
        for run, score in (pair for pair in block if pair[0].name is None):
            one.take(run.reading)
            inside = names[bisect_right(ends, run.folded.start) : bisect_left(starts, run.folded.end)]
            best = max((pair[1] for pair in inside), default=0.0)
            if inside and (score < min(best, sure) or _rest(run, [name for name, _ in inside]) <= _AMONG):
                continue
            dropped.update(name.number for name, _ in inside)
            kept.append((run, score))
        kept.extend(pair for pair in names if pair[0].number not in dropped)
    return sorted(kept, key=lambda pair: (pair[0].span, pair[0].number))


def _rest(run: Candidate, names: list[Candidate]) -> float:
    """What the words of a run are worth that stand in none of its names, which are in order and apart."""
    words, evidence = run.reading.tokens, run.reading.evidence
    total, next_ = 0.0, 0
    for index in range(run.run.first, run.run.last):
        while next_ < len(names) and names[next_].folded.end <= words.starts[index]:
            next_ += 1
        if next_ == len(names) or words.ends[index] <= names[next_].folded.start:
            total += evidence[index]
    return total
