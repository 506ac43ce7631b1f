"""The second pass of an audit: what no single page shows, decided from the notes of all pages.

Across hosts: a name that the model doubts, in the same role on hosts that have nothing to do with each other, and
foreign to each of them, is a campaign, and where it was too weak it becomes a finding. Within a host: an unsure finding
whose words nearly all pages of the host carry in the same role, and no other site, is the site's own and is dropped.

The first pass leaves ``findings.part.jsonl`` and ``notes.part.jsonl``, both in the order of the archives. They are read
as streams, as often as it takes to count within a bounded memory, and ``findings.jsonl`` and ``dropped.jsonl`` are
written from them at once. So the result depends on the two files alone, whoever wrote them and however often.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, NamedTuple

from moderation.audit.judging import Settings, Summary, line, moderator_of
from moderation.audit.mentions import site_of
from moderation.audit.notes import CONTEXT, NOTES
from moderation.common.messages import gettext
from moderation.data import Action, Place, Reason, Span, Verdict
from moderation.errors import AuditError
from moderation.policy import Policy
from moderation.presentation.excerpt import plain

__all__ = ["CODES", "DROPPED", "FINDINGS", "Decided", "decide_all", "part_of"]

FINDINGS = "findings.jsonl"
DROPPED = "dropped.jsonl"
CODES = ("campaign:hosts", "host:everywhere")
# Unrelated hosts that make a campaign, by role: in 5,784 honest pages of 2,080 sites no name that is doubted is foreign
# to more than two. Links and prose name others honestly, so they take more.
_HOSTS = {"title": 3, "meta": 3, "line": 3, "links": 5, "prose": 5}
# Of a large crawl also one in so many of its sites: what everybody knows is doubted somewhere by chance.
_SITES = 500
# What stands on this share of a host's pages, of this many at least, is not foreign to it.
_USUAL = 0.5
_SOME_PAGES = 5
# What is on this share of a host's pages, of this many at least, is its own.
_EVERYWHERE = 0.9
_MANY_PAGES = 20
# Of all hosts that carry a name, the share that it must be foreign to.
_FOREIGN = 0.75
# Keys that are counted at a time: about 500 bytes each.
_KEYS = 200_000


class Decided(NamedTuple):
    """What was decided: names that are campaigns, findings that were lifted, findings that were dropped."""

    campaigns: int = 0
    lifted: int = 0
    dropped: int = 0


class _Campaign(NamedTuple):
    """Sites that a name is foreign to, and hosts that it is not foreign to."""

    sites: int
    own: frozenset[str]


class _Own(NamedTuple):
    """Pages of a host that carry a phrase."""

    pages: int
    share: float


def part_of(name: str) -> str:
    """What the first pass calls a file that the second reads; other files keep their names."""
    return name.replace(".jsonl", ".part.jsonl") if name in (FINDINGS, NOTES) else name


def decide_all(out: Path, total: Summary, settings: Settings) -> Decided:
    """Writes ``findings.jsonl`` and ``dropped.jsonl`` from what the first pass left, and counts flagged pages anew.

    Args:
        out: the folder of the audit.
        total: what the first pass counted; what it says of flagged pages is replaced.
        settings: of the audit.

    Raises:
        AuditError: the two files do not belong together.
        OSError: the folder cannot be read or written to.
    """
    policy = moderator_of(settings.model, settings.policy).policy
    notes = out / part_of(NOTES)
    pages = {host: int(row["pages"]) for host, row in total.hosts.items()}
    names, phrases = _sizes(notes)
    campaigns: dict[str, _Campaign] = {}
    for share in range(1 + names // _KEYS):
        campaigns |= _campaigns(notes, pages, share, 1 + names // _KEYS)
    own: dict[tuple[str, str], _Own] = {}
    for share in range(1 + phrases // _KEYS):
        own |= _own(notes, pages, share, 1 + phrases // _KEYS)
    writer = _Writer(policy, settings, campaigns, own)
    with ExitStack() as stack:
        read = [stack.enter_context((out / part_of(name)).open("rb")) for name in (FINDINGS, NOTES)]
        written = [stack.enter_context((out / (name + ".new")).open("wb")) for name in (FINDINGS, DROPPED)]
        if settings.alone:
            written[0].writelines(read[0])
        else:
            writer.write(_pairs(*read), *written)
    for name in (FINDINGS, DROPPED):
        (out / (name + ".new")).replace(out / name)
    if writer.changed:
        total.flag_again(writer.seen)
        for path, more in writer.changed.items():
            total.archives[_archive(path, total.archives)]["flagged"] += more
    return Decided(len(writer.used), writer.lifted, writer.dropped)


# ------------------------------------------------------------------------------------------------------------- counting


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for text in file:
            yield json.loads(text)


def _sizes(notes: Path) -> tuple[int, int]:
    """Names, and phrases that may be a site's own."""
    names = phrases = 0
    for row in _rows(notes):
        names += len(row["names"])
        phrases += sum(map(bool, row["found"]))
    return names, phrases


def _is_of(key: str, share: int, shares: int) -> bool:
    return int(key, 16) % shares == share


class _Host:
    """One name on one host."""

    __slots__ = ("around", "foreign", "pages")

    def __init__(self) -> None:
        self.pages = 0
        self.foreign = True
        self.around: set[str] = set()


def _campaigns(notes: Path, pages: Mapping[str, int], share: int, shares: int) -> dict[str, _Campaign]:
    """Those of a share of all names that are campaigns, by key."""
    hosts: dict[str, dict[str, _Host]] = {}
    roles: dict[str, str] = {}
    for row in _rows(notes):
        seen = set()
        for _, role, key, foreign, _, _, around in row["names"]:
            if not _is_of(key, share, shares):
                continue
            roles[key] = role
            host = hosts.setdefault(key, {}).setdefault(row["host"], _Host())
            host.pages += key not in seen
            host.foreign = host.foreign and foreign
            # A few tell copies from mentions.
            if len(host.around) < 4:
                host.around.add(around)
            seen.add(key)
    sites = len(set(map(site_of, pages)))
    found = {}
    for key, carriers in hosts.items():
        own = frozenset(host for host, about in carriers.items() if not _is_foreign(about, pages[host]))
        campaign = _Campaign(_unrelated(carriers, own, roles[key]), own)
        min_sites = max(_HOSTS[roles[key]], math.ceil(sites / _SITES))
        if campaign.sites >= min_sites and len(carriers) - len(own) >= _FOREIGN * len(carriers):
            found[key] = campaign
    return found


def _is_foreign(about: _Host, pages: int) -> bool:
    return about.foreign and (pages < _SOME_PAGES or about.pages < _USUAL * pages)


def _unrelated(carriers: Mapping[str, _Host], own: frozenset[str], role: str) -> int:
    """Sites that a name is foreign to. In links and prose, those with the same letters around it are one: a reprint."""
    foreign = {host: about for host, about in carriers.items() if host not in own}
    sites = len(set(map(site_of, foreign)))
    if role in ("title", "meta", "line"):
        return sites
    # Somebody who owns a name is also named by others.
    if own:
        return 0
    return min(sites, len(set().union(*(about.around for about in foreign.values()))))


def _own(notes: Path, pages: Mapping[str, int], share: int, shares: int) -> dict[tuple[str, str], _Own]:
    """Those of a share of all doubted phrases that are their host's own, by host and key."""
    counts: Counter[tuple[str, str]] = Counter()
    doubted: set[tuple[str, str]] = set()
    for row in _rows(notes):
        if pages.get(row["host"], 0) >= _MANY_PAGES:
            doubted.update((row["host"], key) for key in row["found"] if key and _is_of(key, share, shares))
    keys = {key for _, key in doubted}
    sites: dict[str, set[str]] = {}
    for row in _rows(notes):
        for key in keys.intersection((*row["found"], *row["keys"])):
            if (row["host"], key) in doubted:
                counts[row["host"], key] += 1
            carriers = sites.setdefault(key, set())
            if len(carriers) < 2:
                carriers.add(site_of(row["host"]))
    found = {}
    for (host, key), count in counts.items():
        if count >= _EVERYWHERE * pages[host] and len(sites[key]) == 1:
            found[host, key] = _Own(pages[host], count / pages[host])
    return found


# -------------------------------------------------------------------------------------------------------------- writing


def _pairs(findings: Iterable[bytes], notes: Iterable[bytes]) -> Iterator[tuple[dict[str, Any] | None, dict[str, Any]]]:
    """The notes of each page, with its line among the findings where it is flagged."""
    lines = iter(findings)
    for text in notes:
        noted = json.loads(text)
        row = json.loads(next(lines, b"null")) if noted["flagged"] else None
        if noted["flagged"] and (row is None or row["where"] != noted["where"]):
            raise AuditError(
                gettext("{where}: findings and notes differ; audit again into an empty folder").format(
                    where=noted["where"]
                )
            )
        yield row, noted


class _Writer:
    """Decides page by page, and counts."""

    def __init__(
        self,
        policy: Policy,
        settings: Settings,
        campaigns: Mapping[str, _Campaign],
        own: Mapping[tuple[str, str], _Own],
    ) -> None:
        self._policy = policy
        self._score = settings.score
        self._campaigns = campaigns
        self._own = own
        self.seen = Summary()
        # Flagged pages more or less, by the place of the page.
        self.changed: Counter[str] = Counter()
        self.used: set[str] = set()
        self.lifted = self.dropped = 0

    def write(
        self,
        pairs: Iterable[tuple[dict[str, Any] | None, dict[str, Any]]],
        findings: IO[bytes],
        dropped: IO[bytes],
    ) -> None:
        for row, noted in pairs:
            out = self._excused(row, noted) if row else []
            if row and out:
                dropped.write(line({**row, "findings": out}))
            lifted = self._lifted(noted)
            before = row is not None
            row = row or noted.get("row")
            if row is None:
                continue
            if lifted:
                row["findings"] = sorted((*row["findings"], *lifted), key=lambda each: (each["start"], each["end"]))
                row["action"] = self._action(row)
            after = bool(row["findings"]) and (before or bool(lifted))
            if after:
                findings.write(line(row))
                self.seen.see(row["host"], row["date"], Verdict.from_dict(row), flagged=True)
            if after != before or lifted or out:
                self.changed[noted["where"]] += after - before
            self.lifted += len(lifted)
            self.dropped += len(out)

    def _excused(self, row: dict[str, Any], noted: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Takes out of a row what is the host's own; its action stays, so that the rest is judged no milder."""
        kept, out = [], []
        for finding, key in zip(row["findings"], noted["found"], strict=True):
            own = self._own.get((noted["host"], key)) if key else None
            if own is None:
                kept.append(finding)
                continue
            detail = f"on {100 * own.share:.0f} % of {own.pages} pages"
            out.append(self._decided(finding, Reason(CODES[1], self._weight(finding), None, detail)))
        row["findings"] = kept
        return out

    def _lifted(self, noted: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The weak findings of a page that name a campaign, each as long as its names."""
        spans: dict[int, list[tuple[int, Span]]] = {}
        for number, _, key, _, start, end, _ in noted["names"]:
            campaign = self._campaigns.get(key)
            if number < 0 or campaign is None or noted["host"] in campaign.own:
                continue
            finding = noted["weak"][number]
            if self._threshold(finding) < self._score:
                continue
            spans.setdefault(number, []).append((campaign.sites, Span(start, end)))
            self.used.add(key)
        lifted = []
        for number, names in spans.items():
            span = Span(min(each.start for _, each in names), max(each.end for _, each in names))
            finding = _narrowed(noted["weak"][number], span)
            # What the site says itself is known by the name alone.
            if not self._policy.counts(finding["label"], 1.0, Place(finding["place"]), finding["text"]):
                continue
            detail = f"{max(sites for sites, _ in names)} unrelated hosts"
            reason = Reason(CODES[0], self._weight(finding), span, detail)
            lifted.append(self._decided(finding, reason, self._threshold(finding)))
        return lifted

    def _threshold(self, finding: Mapping[str, Any]) -> float:
        return self._policy.labels.get(finding["label"], self._policy.review or 0.0)

    def _weight(self, finding: Mapping[str, Any]) -> float:
        """The log-odds that take a finding to where it begins to count."""
        return round(_logit(self._threshold(finding)) - _logit(finding["score"]), 4)

    def _decided(self, finding: Mapping[str, Any], reason: Reason, score: float | None = None) -> dict[str, Any]:
        reasons = sorted((*finding["reasons"], reason.to_dict()), key=lambda each: (-each["weight"], each["code"]))
        return {**finding, "score": finding["score"] if score is None else score, "reasons": reasons}

    def _action(self, row: Mapping[str, Any]) -> str:
        """At least a review, or what the policy wants in its place; more only where the page itself is worth more."""
        if row["action"] == Action.REJECT.value:
            return Action.REJECT.value
        return self._policy.action(Action.REVIEW, row["url"]).value


def _narrowed(finding: Mapping[str, Any], span: Span) -> dict[str, Any]:
    """A finding cut down to a part of it; as it is where the part is all of it."""
    start, end = finding["start"], finding["end"]
    if (start, end) == span:
        return dict(finding)
    text = finding["text"]
    first, last = span.start - start, span.end - start
    before, after = finding["context"]
    around = [plain(before + text[:first])[-CONTEXT:], plain(text[last:] + after)[:CONTEXT]]
    return {**finding, "start": span.start, "end": span.end, "text": text[first:last], "context": around}


def _logit(score: float) -> float:
    score = min(max(score, 1e-6), 1 - 1e-6)
    return math.log(score / (1 - score))


def _archive(where: str, archives: Mapping[str, Any]) -> str:
    """The archive that a record is of: names of archives and of members may hold a ``#`` themselves."""
    at = where.find("#")
    while at >= 0 and where[:at] not in archives:
        at = where.find("#", at + 1)
    return where[:at] if at >= 0 else where
