"""What every protocol does: know the site, judge an entry in its turn, keep the record."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from starlette.requests import Request

from moderation.data import Cleaned, Verdict
from moderation.entries import Entry
from moderation.errors import PageError
from moderation.excerpt import is_withheld
from moderation.service.config import Site
from moderation.service.guard import Rates
from moderation.service.judges import Busy, Judges
from moderation.service.metrics import Metrics
from moderation.service.records import Records

__all__ = ["Judged", "Refusal", "Service"]


class Refusal(Exception):
    """A request that is not answered as it was meant: a status, a code, and what to do."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Judged(NamedTuple):
    """An entry with its verdict, and itself cleaned where that was asked for; or the error."""

    entry: Entry
    verdict: Verdict | PageError
    cleaned: Cleaned | None = None


class Service:
    """All that the routes share."""

    def __init__(self, judges: Judges, metrics: Metrics, records: Records | None) -> None:
        self.judges = judges
        self.metrics = metrics
        self.records = records
        self._rates = Rates()

    def site(self, request: Request, key: str | None = None) -> Site:
        """The site that asks.

        Raises:
            Refusal: no key, a wrong one, or too many requests.
        """
        if key is None:
            kind, _, given = request.headers.get("authorization", "").partition(" ")
            key = given.strip() if kind.lower() == "bearer" else request.headers.get("x-api-key", "")
        site = self.judges.config.site_of(key) if key else None
        if site is None:
            raise Refusal(401, "key", "no known key; send it as Authorization: Bearer KEY")
        return self.admit(request, site)

    def admit(self, request: Request, site: Site) -> Site:
        """The site, which is known to ask.

        Raises:
            Refusal: too many requests.
        """
        request.state.site = site.name
        if not self._rates.allows(site.name, site.rate):
            raise Refusal(429, "rate", "too many requests for this key; wait a second")
        return site

    async def judge(
        self, request: Request, site: Site, protocol: str, entries: Sequence[Entry], *, clean: bool = False
    ) -> list[Judged]:
        """The verdicts on some entries, in order.

        Raises:
            Refusal: there is no time for it.
        """

        def work() -> list[Judged]:
            moderator = self.judges.moderator(site)
            found = []
            for entry in entries:
                try:
                    verdict = moderator.check(entry.page)
                    cleaned = moderator.clean(entry.page, verdict) if clean else None
                    found.append(Judged(entry, verdict, cleaned))
                except PageError as error:
                    found.append(Judged(entry, error))
            return found

        try:
            judged = await self.judges.do(work)
        except Busy as busy:
            raise Refusal(503, "busy", f"{busy}; send it again later") from None
        for each in judged:
            if isinstance(each.verdict, Verdict):
                self._count(request, site, protocol, each.entry, each.verdict)
        return judged

    def _count(self, request: Request, site: Site, protocol: str, entry: Entry, verdict: Verdict) -> None:
        self.metrics.verdicts.labels(site.name, verdict.action.value).inc()
        labels = sorted({finding.label for finding in verdict.findings})
        for label in labels:
            self.metrics.findings.labels(site.name, label).inc()
        if self.records:
            row: dict[str, Any] = {
                **about(request, site, protocol, entry),
                "action": verdict.action.value,
                "labels": " ".join(labels),
                "score": max((finding.score for finding in verdict.findings), default=None),
                "model": verdict.model,
                "policy": verdict.policy,
            }
            if is_withheld(verdict):
                row["text"] = None
            self.records.verdict(row)

    async def feedback(self, request: Request, site: Site, protocol: str, entry: Entry, *, is_spam: bool) -> None:
        """Keeps what somebody said of an entry.

        Raises:
            ServiceError: it is not kept.
        """
        if self.records:
            row = {**about(request, site, protocol, entry), "is_spam": is_spam}
            # A database that is locked must not hold up the others.
            await asyncio.to_thread(self.records.feedback, row)
        self.metrics.feedback.labels(site.name, "spam" if is_spam else "ham").inc()


def about(request: Request, site: Site, protocol: str, entry: Entry) -> dict[str, Any]:
    """What a record says of a request: the text itself only where the site wants that."""
    content = entry.page.content.encode("utf-8", "surrogatepass")
    return {
        "site": site.name,
        "protocol": protocol,
        "request": request.state.request,
        "digest": sha256(content).hexdigest(),
        "text": content.decode("utf-8", "replace") if site.store_text else None,
    }
