"""Counts by month -> stacked bars, as numbers that a template draws."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass

from moderation.common.messages import gettext
from moderation.presentation.wording import word

__all__ = ["Plot", "plot"]

# Colours of a plot; the last is for all other names.
_COLOURS = 6
# Bars of a plot; of more months, years are drawn.
_BARS = 48


@dataclass(frozen=True, slots=True)
class _Piece:
    """One part of one bar, in units of the drawing."""

    x: float
    y: float
    width: float
    height: float
    colour: int
    says: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A stacked bar chart; ``ticks`` are heights with what they say, ``dates`` are places of what stands below.

    What its pieces and ``names`` say is in the language that is spoken.
    """

    width: int
    height: int
    pieces: list[_Piece]
    names: list[tuple[int, str]]
    ticks: list[tuple[float, int]]
    dates: list[tuple[float, str]]


def plot(source: sqlite3.Connection, kind: str, names: list[str]) -> Plot | None:
    """Pages by month, or by year where there are many months; None if no page has a date."""
    rows = source.execute("SELECT month, name, pages FROM months WHERE kind = ?", (kind,)).fetchall()
    if not rows:
        return None
    months = sorted({row["month"] for row in rows})
    length = 7 if len(_between(months[0], months[-1], 7)) <= _BARS else 4
    steps = _between(months[0], months[-1], length)[-_BARS:]
    colours = {name: min(place, _COLOURS - 1) for place, name in enumerate(names)}
    counts: dict[str, Counter[str]] = {step: Counter() for step in steps}
    for row in rows:
        if row["month"][:length] in counts:
            counts[row["month"][:length]][row["name"]] += row["pages"]
    width, height = 640, 180
    top = _round_up(max(count.total() for count in counts.values()))
    step = width / len(steps)
    pieces = []
    for place, (date, count) in enumerate(counts.items()):
        y = float(height)
        for name in names:
            if count[name]:
                size = height * count[name] / top
                y -= size
                says = gettext("{name}: {counts}").format(name=date, counts=f"{word(kind, name)} {count[name]:,}")
                pieces.append(_Piece(place * step + step * 0.1, y, min(step * 0.8, 48), size, colours[name], says))
    shown = [(number, word(kind, name)) for number, name in enumerate(names[: _COLOURS - 1])]
    if len(names) >= _COLOURS:
        shown.append((_COLOURS - 1, gettext("others") if len(names) > _COLOURS else word(kind, names[-1])))
    every = -(-len(steps) // 8)
    dates = [(place * step + step * 0.1, date) for place, date in enumerate(steps) if place % every == 0]
    return Plot(width, height, pieces, shown, [(0.0, top), (height / 2, top // 2)] if top > 1 else [(0.0, top)], dates)


def _between(first: str, last: str, length: int) -> list[str]:
    """All months, or years, from one to another."""
    if length == 4:
        return [f"{year:04}" for year in range(int(first[:4]), int(last[:4]) + 1)]
    begin, end = (12 * int(date[:4]) + int(date[5:7]) - 1 for date in (first, last))
    return [f"{month // 12:04}-{month % 12 + 1:02}" for month in range(begin, end + 1)]


def _round_up(value: int) -> int:
    """The next of 1, 2, 4, 10, 20, 40 …"""
    size = 1
    while size * 10 < value:
        size *= 10
    return next(size * factor for factor in (1, 2, 4, 10) if size * factor >= value)
