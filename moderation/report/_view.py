"""The tables of an audit -> what the page shows of them, in bounded memory.

Of hosts, campaigns, pages and whatever else can be many, SQLite sorts and the first come out: the page says what it
leaves out and which table holds it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

from moderation.common.messages import gettext
from moderation.data import Action, Finding, Place, Reason, Span
from moderation.policy import MINOR
from moderation.presentation.wording import detail_in_words, joined, reasons_in_words
from moderation.report._plots import plot

__all__ = ["View", "overview"]

# The reason of a finding that only a comparison of hosts has shown.
_CAMPAIGN = "campaign:hosts"
_HOSTS = 1000
_CAMPAIGNS = 300
# Hosts that are named of a campaign.
_NAMED = 30
_PAGES = 2000
# Findings that are shown of a page, and code points of what stands before and after each.
_FINDINGS = 5
_AROUND = 60
_LIFTED = 200
_ERRORS = 200
_ARCHIVES = 500
# Labels, places and actions that a page's lists of choices name.
_CHOICES = 40
_WITHHELD = f'[{{"code": "{MINOR}"}}]'
_COUNTS = "SELECT {0}, count(DISTINCT page) AS n FROM findings GROUP BY {0} ORDER BY n DESC, {0} LIMIT {1}"


def _all(source: sqlite3.Connection, query: str, *values: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in source.execute(query, values)]


def _one(source: sqlite3.Connection, query: str, *values: Any) -> Any:
    return source.execute(query, values).fetchone()[0]


def overview(source: sqlite3.Connection) -> dict[str, Any]:
    """All that the page shows beside hosts, pages and campaigns."""
    labels = {row["label"]: row["n"] for row in _all(source, _COUNTS.format("label", _CHOICES))}
    places = {row["place"]: row["n"] for row in _all(source, _COUNTS.format("place", _CHOICES))}
    actions = {row["action"] for row in _all(source, "SELECT DISTINCT action FROM pages LIMIT ?", _CHOICES)}
    return {
        "run": {row["name"]: json.loads(row["value"]) for row in source.execute("SELECT name, value FROM run")},
        "hosts_seen": _one(source, "SELECT count(*) FROM hosts"),
        "hosts_flagged": _one(source, "SELECT count(*) FROM hosts WHERE flagged > 0"),
        "campaigns_all": _one(source, "SELECT count(*) FROM campaigns"),
        "lifted": _lifted(source),
        "lifted_all": _one(
            source,
            "SELECT count(*) FROM (SELECT DISTINCT text, label, place FROM findings"
            " WHERE text <> '' AND instr(reasons, ?))",
            f'"code": "{_CAMPAIGN}"',
        ),
        "archives": _all(source, "SELECT * FROM archives ORDER BY path LIMIT ?", _ARCHIVES),
        "archives_all": _one(source, "SELECT count(*) FROM archives"),
        "errors": _all(source, "SELECT * FROM errors ORDER BY rowid LIMIT ?", _ERRORS),
        "errors_all": _one(source, "SELECT count(*) FROM errors"),
        "flagged": _one(source, "SELECT count(*) FROM pages"),
        "withheld": _one(source, "SELECT count(DISTINCT page) FROM findings WHERE reasons = ?", _WITHHELD),
        "labels": labels,
        "places": places,
        # What is not one of ours (there is none but by hand) stands at the end.
        "actions": [name for name in reversed(Action) if name in actions] + sorted(actions - set(Action)),
        "plots": [
            (gettext("Flagged pages by what is advertised"), plot(source, "label", list(labels))),
            (gettext("Flagged pages by where it was planted"), plot(source, "place", list(places))),
        ],
        "undated": _one(source, "SELECT count(*) FROM pages WHERE date = ''"),
    }


def _lifted(source: sqlite3.Connection) -> list[dict[str, Any]]:
    """What only a comparison of hosts has shown: texts with their pages, hosts and the reason."""
    query = """
        SELECT text, label, place, count(DISTINCT page) AS pages, count(DISTINCT host) AS hosts, max(reasons) AS reasons
        FROM findings JOIN pages USING (page) WHERE text <> '' AND instr(reasons, ?)
        GROUP BY text, label, place ORDER BY hosts DESC, pages DESC, text, label, place LIMIT ?
    """
    found = []
    for row in source.execute(query, (f'"code": "{_CAMPAIGN}"', _LIFTED)):
        reason = next(each for each in json.loads(row["reasons"]) if each["code"] == _CAMPAIGN)
        found.append({**dict(row), "detail": detail_in_words(reason.get("detail", ""))})
    return found


class View:
    """The hosts, campaigns and pages that one page has room for.

    Hosts and campaigns are known by their rank, from 1, which is their place in the page too.

    Args:
        source: the tables; temporary ones are added.
    """

    def __init__(self, source: sqlite3.Connection) -> None:
        self._source = source
        source.execute("CREATE TEMP TABLE chosen_hosts (number INTEGER PRIMARY KEY, host TEXT UNIQUE)")
        source.execute(
            "INSERT INTO chosen_hosts SELECT row_number() OVER (ORDER BY flagged DESC, share DESC, host), host"
            " FROM hosts WHERE flagged > 0 ORDER BY flagged DESC, share DESC, host LIMIT ?",
            (_HOSTS,),
        )
        source.execute("CREATE TEMP TABLE chosen_campaigns (number INTEGER PRIMARY KEY, campaign TEXT UNIQUE)")
        source.execute(
            "INSERT INTO chosen_campaigns"
            " SELECT row_number() OVER (ORDER BY hosts DESC, pages DESC, campaign), campaign"
            " FROM campaigns ORDER BY hosts DESC, pages DESC, campaign LIMIT ?",
            (_CAMPAIGNS,),
        )

    def keep(self, table: str, most: int) -> None:
        """Keeps only the first ``most`` of the hosts (``chosen_hosts``) or campaigns (``chosen_campaigns``)."""
        self._source.execute(f"DELETE FROM {table} WHERE number > ?", (most,))

    def hosts(self) -> Iterator[dict[str, Any]]:
        """The chosen hosts in their order, with the score of the surest finding and the pages that are withheld."""
        query = """
            SELECT number, hosts.*, ifnull(surest, 0) AS score, ifnull(hidden, 0) AS withheld
            FROM chosen_hosts JOIN hosts USING (host) LEFT JOIN (
                SELECT host, max(score) AS surest, count(DISTINCT CASE WHEN reasons = ? THEN page END) AS hidden
                FROM findings JOIN pages USING (page) GROUP BY host
            ) USING (host) ORDER BY number
        """
        for row in self._source.execute(query, (_WITHHELD,)):
            counts = {f"{kind}s": _ranked(row[f"{kind}s"]) for kind in ("label", "place", "action")}
            yield {**dict(row), **counts}

    def campaigns(self) -> Iterator[dict[str, Any]]:
        """The chosen campaigns in their order, with the pages by action, and ``named``: hosts with their pages."""
        query = """
            SELECT number, campaigns.* FROM chosen_campaigns JOIN campaigns USING (campaign) ORDER BY number
        """
        actions: dict[str, list[tuple[str, int]]] = {}
        counted = """
            SELECT campaign, action, count(DISTINCT page) AS n
            FROM findings JOIN chosen_campaigns USING (campaign) JOIN pages USING (page)
            GROUP BY campaign, action ORDER BY n DESC, action
        """
        for campaign, action, pages in self._source.execute(counted):
            actions.setdefault(campaign, []).append((action, pages))
        named = """
            SELECT number, host, pages FROM campaign_hosts LEFT JOIN chosen_hosts USING (host)
            WHERE campaign = ? ORDER BY pages DESC, host LIMIT ?
        """
        for row in self._source.execute(query):
            hosts = _all(self._source, named, row["campaign"], _NAMED)
            found = {"places": _ranked(row["places"]), "actions": actions.get(row["campaign"], [])}
            yield {**dict(row), **found, "named": hosts}

    def pages(self) -> Iterator[dict[str, Any]]:
        """Pages of the chosen hosts with their findings: one of each host, the hosts in order, then another of each.

        Of each host those come first that show another label or place, and of these the surest. Pages that are
        withheld are left out.
        """
        # Only numbers are sorted; what is said of a page is fetched when its turn comes.
        query = """
            SELECT number AS host_number, page FROM (
                SELECT host, page, top, row_number() OVER (PARTITION BY host ORDER BY alike, top DESC, page) AS turn
                FROM (
                    SELECT host, page, min(alike) AS alike, max(score) AS top FROM (
                        SELECT host, page, score, row_number() OVER (
                            PARTITION BY host, label, place ORDER BY score DESC, page, findings.number
                        ) AS alike
                        FROM findings JOIN pages USING (page) JOIN chosen_hosts USING (host) WHERE reasons <> ?
                    ) GROUP BY host, page
                )
            ) JOIN chosen_hosts USING (host) ORDER BY turn, number LIMIT ?
        """
        for number, page in self._source.execute(query, (_WITHHELD, _PAGES)).fetchall():
            (row,) = _all(self._source, "SELECT * FROM pages WHERE page = ?", page)
            found = self._found(page)
            more = row["findings"] - len(found)
            top = max(each["score"] for each in found)
            yield {**row, "host_number": number, "score": top, "found": found, "more": more}

    def _found(self, page: int) -> list[dict[str, Any]]:
        # One of each label and place first, so that filters know all of them.
        query = """
            SELECT findings.*, chosen_campaigns.number AS chosen
            FROM findings LEFT JOIN chosen_campaigns USING (campaign) WHERE page = ?
            ORDER BY row_number() OVER (PARTITION BY label, place ORDER BY score DESC, findings.number), score DESC,
                findings.number LIMIT ?
        """
        found = []
        for row in self._source.execute(query, (page, _FINDINGS)):
            around = {"before": row["before"][-_AROUND:], "after": row["after"][:_AROUND]}
            found.append({**dict(row), **around, "campaign": row["chosen"], "why": _why(row)})
        return found


def _ranked(counts: str) -> list[tuple[str, int]]:
    """Names with their counts, the most frequent first."""
    return sorted(json.loads(counts).items(), key=lambda each: (-each[1], each[0]))[:_CHOICES]


def _why(row: sqlite3.Row) -> str:
    """Why a finding is one, in the words of the language that is spoken, masked."""
    reasons = tuple(Reason.from_dict(each) for each in json.loads(row["reasons"]))
    span = Span(row["start"], row["end"])
    finding = Finding(row["label"], row["score"], Place(row["place"]), "", "", span, row["text"], (), reasons)
    return joined(reasons_in_words(finding))
