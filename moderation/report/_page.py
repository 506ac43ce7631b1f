"""The tables of an audit -> one HTML file, for somebody who never saw the tool.

Every string in it may come from a hostile page. It is escaped by the template engine, rid of what is not printable, and
never becomes an address, an attribute that does something, or a style; the file's own policy forbids scripts, and every
style but the one whose digest it names.
"""

from __future__ import annotations

import json
import shlex
import sqlite3
from base64 import b64encode
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from moderation.data import Finding, Place, Reason, Span
from moderation.excerpt import mask, plain, shorten
from moderation.wording import reasons_in_words

__all__ = ["render"]

_HERE = Path(__file__).parent
# The reason of a finding that only a comparison of hosts has shown.
_CAMPAIGN = "campaign:hosts"
_HOSTS = 100
_CAMPAIGNS = 50
_ERRORS = 50
_ARCHIVES = 200
# Examples of each label at each place, and in all.
_ALIKE = 3
_EXAMPLES = 36
# Colours of a plot; the last is for all other names.
_COLOURS = 6
# Bars of a plot; of more months, years are drawn.
_BARS = 48


def render(database: Path) -> str:
    """The HTML of an audit."""
    style = (_HERE / "report.css").read_text("utf-8")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    environment.filters |= {
        "plain": plain,
        "mask": mask,
        "shorten": shorten,
        "count": "{:,}".format,
        "percent": _percent,
        "day": lambda date: date[:10] or "–",
        "names": _names,
        "quoted": shlex.quote,
    }
    with closing(sqlite3.connect(database)) as source:
        source.row_factory = sqlite3.Row
        view = _view(source)
    return environment.get_template("report.html.jinja").render(view, style=Markup(style), digest=digest)


def _printable(value: Any) -> Any:
    """What stands in the page for a value; only what the templates made themselves is left as it is."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _percent(share: float) -> str:
    if 0 < share < 0.001:
        return "< 0.1 %"
    return f"{100 * share:.3g} %" if share < 1 else "100 %"


def _names(counts: dict[str, int] | str, most: int = 4) -> str:
    """Names with their counts, the most frequent first."""
    found = json.loads(counts) if isinstance(counts, str) else counts
    ranked = sorted(found.items(), key=lambda each: (-each[1], each[0]))
    said = ", ".join(f"{name} {count:,}" for name, count in ranked[:most])
    return said + (f" and {len(ranked) - most} more" if len(ranked) > most else "") or "–"


def _view(source: sqlite3.Connection) -> dict[str, Any]:
    """All that the template shows."""

    def all_of(query: str, *values: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in source.execute(query, values)]

    def one(query: str, *values: Any) -> Any:
        return source.execute(query, values).fetchone()[0]

    labels = [row["label"] for row in all_of("SELECT label FROM findings GROUP BY label ORDER BY count(*) DESC, label")]
    places = [row["place"] for row in all_of("SELECT place FROM findings GROUP BY place ORDER BY count(*) DESC, place")]
    return {
        "run": {row["name"]: json.loads(row["value"]) for row in source.execute("SELECT name, value FROM run")},
        "hosts": all_of(
            "SELECT * FROM hosts WHERE flagged > 0 ORDER BY flagged DESC, share DESC, host LIMIT ?", _HOSTS
        ),
        "hosts_seen": one("SELECT count(*) FROM hosts"),
        "hosts_flagged": one("SELECT count(*) FROM hosts WHERE flagged > 0"),
        "campaigns": all_of("SELECT * FROM campaigns ORDER BY hosts DESC, pages DESC, campaign LIMIT ?", _CAMPAIGNS),
        "campaigns_all": one("SELECT count(*) FROM campaigns"),
        "hosts_of": {
            campaign: dict(rows)
            for campaign, rows in _grouped(source.execute("SELECT campaign, host, pages FROM campaign_hosts")).items()
        },
        "lifted": _lifted(source),
        "archives": all_of("SELECT * FROM archives ORDER BY path LIMIT ?", _ARCHIVES),
        "archives_all": one("SELECT count(*) FROM archives"),
        "errors": all_of("SELECT * FROM errors ORDER BY rowid LIMIT ?", _ERRORS),
        "errors_all": one("SELECT count(*) FROM errors"),
        "examples": _examples(source),
        "withheld": one('SELECT count(DISTINCT page) FROM findings WHERE reasons = \'[{"code": "rule:minor"}]\''),
        "labels": {row["label"]: row["n"] for row in all_of(_COUNTS.format("label"))},
        "places": {row["place"]: row["n"] for row in all_of(_COUNTS.format("place"))},
        "plots": [
            ("Flagged pages by what is advertised", _plot(source, "label", labels)),
            ("Flagged pages by where it was planted", _plot(source, "place", places)),
        ],
        "undated": one("SELECT count(*) FROM pages WHERE date = ''"),
    }


_COUNTS = "SELECT {0}, count(DISTINCT page) AS n FROM findings GROUP BY {0} ORDER BY n DESC, {0}"


def _grouped(rows: Any) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for campaign, host, pages in rows:
        found.setdefault(campaign, []).append((host, pages))
    return found


def _examples(source: sqlite3.Connection) -> list[dict[str, Any]]:
    """Findings of every label at every place, the surest first, no text twice."""
    query = """
        SELECT findings.*, pages.record, pages.url, pages.date, pages.action, row_number() OVER (
            PARTITION BY label, place ORDER BY score DESC, findings.page, number
        ) AS rank
        FROM (SELECT *, min(page) FROM findings WHERE text <> '' GROUP BY text) AS findings JOIN pages USING (page)
    """
    rows = source.execute(
        f"SELECT * FROM ({query}) WHERE rank <= ? ORDER BY rank, score DESC, page LIMIT ?", (_ALIKE, _EXAMPLES)
    )
    return [{**dict(row), "why": _why(row)} for row in rows]


def _why(row: sqlite3.Row) -> str:
    """Why a finding is one, in words, masked."""
    reasons = tuple(Reason.from_dict(each) for each in json.loads(row["reasons"]))
    span = Span(row["start"], row["end"])
    finding = Finding(row["label"], row["score"], Place(row["place"]), "", "", span, row["text"], (), reasons)
    return "; ".join(reasons_in_words(finding))


def _lifted(source: sqlite3.Connection) -> list[dict[str, Any]]:
    """What only a comparison of hosts has shown: texts with their pages, hosts and the reason."""
    query = """
        SELECT text, label, place, count(DISTINCT page) AS pages, count(DISTINCT host) AS hosts, max(reasons) AS reasons
        FROM findings JOIN pages USING (page) WHERE text <> '' AND instr(reasons, ?)
        GROUP BY text, label, place ORDER BY hosts DESC, pages DESC, text, label, place LIMIT ?
    """
    found = []
    for row in source.execute(query, (f'"code": "{_CAMPAIGN}"', _CAMPAIGNS)):
        reason = next(each for each in json.loads(row["reasons"]) if each["code"] == _CAMPAIGN)
        found.append({**dict(row), "detail": reason.get("detail", "")})
    return found


# ---------------------------------------------------------------------------------------------------------------- plots


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
class _Plot:
    """A stacked bar chart; ``ticks`` are heights with what they say, ``dates`` are places of what stands below."""

    width: int
    height: int
    pieces: list[_Piece]
    names: list[tuple[int, str]]
    ticks: list[tuple[float, int]]
    dates: list[tuple[float, str]]


def _plot(source: sqlite3.Connection, kind: str, names: list[str]) -> _Plot | None:
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
                says = f"{date}: {name} {count[name]:,}"
                pieces.append(_Piece(place * step + step * 0.1, y, min(step * 0.8, 48), size, colours[name], says))
    shown = [(number, name) for number, name in enumerate(names[: _COLOURS - 1])]
    if len(names) >= _COLOURS:
        shown.append((_COLOURS - 1, "others" if len(names) > _COLOURS else names[-1]))
    every = -(-len(steps) // 8)
    dates = [(place * step + step * 0.1, date) for place, date in enumerate(steps) if place % every == 0]
    return _Plot(width, height, pieces, shown, [(0.0, top), (height / 2, top // 2)] if top > 1 else [(0.0, top)], dates)


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
