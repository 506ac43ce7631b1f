"""What every protocol does: know the site, judge an entry in its turn, keep the record."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.requests import Request

from moderation.common.messages import gettext
from moderation.data import Action, Cleaned, Verdict
from moderation.engine import Moderator
from moderation.entries import Entry
from moderation.errors import EmptyPage, PageError
from moderation.presentation.excerpt import is_withheld
from moderation.service.answers import Refusal
from moderation.service.config import Site
from moderation.service.guard import Rates, key_of
from moderation.service.judges import Busy, Judges
from moderation.service.metrics import Metrics

if TYPE_CHECKING:
    from moderation.service.records import Records

__all__ = ["Judged", "Service"]


# What a record has place for.
_LONGEST_NAME = 200


class Judged(NamedTuple):
    """An entry with its verdict, and itself cleaned where that was asked for; or the error.

    ``action`` is that of the verdict, and where there is none what the policy says of that. ``busy`` says why the
    verdict is the policy's alone: nobody had time to judge.
    """

    entry: Entry
    verdict: Verdict | PageError
    action: Action
    cleaned: Cleaned | None = None
    busy: str = ""


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
            key = key_of(request.headers.get("authorization", ""), request.headers.get("x-api-key", ""))
        site = self.judges.config.site_of(key) if key else None
        if site is None:
            raise Refusal(401, "key", gettext("no known key; send it as Authorization: Bearer KEY"))
        return self.admit(request, site)

    def admit(self, request: Request, site: Site) -> Site:
        """The site, which is known to ask.

        Raises:
            Refusal: too many requests.
        """
        request.state.site = site.name
        if not self._rates.allows(site.name, site.rate):
            raise Refusal(429, "rate", gettext("too many requests for this key; wait a second"))
        return site

    async def judge(
        self, request: Request, site: Site, protocol: str, entries: Sequence[Entry], *, clean: bool = False
    ) -> list[Judged]:
        """The verdicts on some entries, in order.

        Raises:
            Refusal: there is no time for it.
        """
        moderator = self.judges.moderator(site)
        policy = moderator.policy
        unjudged = Action.REVIEW if policy.fail == "closed" else Action.ALLOW

        def work() -> list[Judged]:
            found = []
            for entry in entries:
                try:
                    verdict = moderator.check(entry.page)
                    cleaned = moderator.clean(entry.page, verdict) if clean else None
                    found.append(Judged(entry, verdict, verdict.action, cleaned))
                except PageError as error:
                    # There is nothing in an empty one that could be held.
                    action = Action.ALLOW if isinstance(error, EmptyPage) else unjudged
                    found.append(Judged(entry, error, action))
            return found

        try:
            judged = await self.judges.do(work, sum(len(entry.page.content) for entry in entries))
        except Busy as busy:
            if policy.fail is None:
                raise Refusal(503, "busy", gettext("{busy}; send it again later").format(busy=busy)) from None
            self.metrics.unjudged.labels(site.name, policy.fail).inc(len(entries))
            return [_without_verdict(entry, moderator, unjudged, str(busy)) for entry in entries]
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
                "policy": verdict.policy[:_LONGEST_NAME],
            }
            if is_withheld(verdict):
                row["text"] = None
            self.records.verdict(row)

    async def feedback(
        self, request: Request, site: Site, protocol: str, entries: Sequence[Entry], *, is_spam: bool
    ) -> None:
        """Keeps what somebody said of some entries: of all, or of none.

        Raises:
            Refusal: there is no time to judge what may be kept of their texts.
            ServiceError: it is not kept.
        """
        records = self.records
        if records and entries:
            rows = [{**about(request, site, protocol, entry), "is_spam": is_spam} for entry in entries]
            if site.store_text:
                for row, is_kept in zip(rows, await self._may_be_kept(site, entries), strict=True):
                    row["text"] = row["text"] if is_kept else None
            # A database that is locked must not hold up the others.
            await asyncio.to_thread(records.feedback, *rows)
        self.metrics.feedback.labels(site.name, "spam" if is_spam else "ham").inc(len(entries))

    async def _may_be_kept(self, site: Site, entries: Sequence[Entry]) -> list[bool]:
        """Whether the text of each entry may be in a record, by what is found in it."""
        moderator = self.judges.moderator(site)

        def work() -> list[bool]:
            found = []
            for entry in entries:
                try:
                    found.append(not is_withheld(moderator.check(entry.page)))
                except PageError:
                    # What nobody can read has no finding either.
                    found.append(True)
            return found

        try:
            return await self.judges.do(work, sum(len(entry.page.content) for entry in entries))
        except Busy as busy:
            raise Refusal(503, "busy", gettext("{busy}; send it again later").format(busy=busy)) from None


def _without_verdict(entry: Entry, moderator: Moderator, action: Action, why: str) -> Judged:
    verdict = Verdict(action, (), moderator.model.identity, moderator.policy.name, entry.page.url)
    return Judged(entry, verdict, action, Cleaned(entry.page.content), why)


def about(request: Request, site: Site, protocol: str, entry: Entry) -> dict[str, Any]:
    """What a record says of a request: the text itself only where the site wants that."""
    content = entry.page.content.encode("utf-8", "surrogatepass")
    return {
        "site": site.name,
        "protocol": protocol,
        "request": request.state.request,
        "digest": sha256(content).hexdigest(),
        # PostgreSQL has no place for a zero.
        "text": content.decode("utf-8", "replace").replace("\0", "\ufffd") if site.store_text else None,
    }
