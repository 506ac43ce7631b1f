"""Verdicts with what people said before, what is kept of them, and what people may do about it."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext

from moderation.django.conf import Outcome
from moderation.django.judge import Judgement, judge, tell
from moderation.django.models import Feedback, Record
from moderation.entries import Document
from moderation.presentation.excerpt import is_withheld, mask, plain, shorten
from moderation.presentation.wording import joined, word

__all__ = ["close", "decide", "is_excused", "keep", "resolve", "say", "summary"]

_log = logging.getLogger("moderation.django")


def decide(document: Document) -> Judgement:
    """What becomes of a document: what a person said of exactly this text counts more than a verdict."""
    judgement = judge(document)
    if judgement.outcome is not Outcome.ALLOW and is_excused(document):
        return Judgement(document, Outcome.ALLOW, judgement.verdict, (), judgement.error)
    return judgement


def is_excused(document: Document) -> bool:
    """Whether a person said that exactly this text is no spam."""
    latest = Feedback.objects.filter(digest=document.digest).first()
    return latest is not None and not latest.is_spam


def keep(
    judgement: Judgement, outcome: Outcome, instance: Any = None, user: Any = None, cleaned: Document | None = None
) -> Record:
    """The record of a text that does not pass as it is; the same text of the same instance has one.

    What a person has said of it stays: whoever sends it again does not open it again.

    Args:
        judgement: the verdict on it.
        outcome: what becomes of it.
        instance: whose text it is.
        user: who wrote it.
        cleaned: what is stored in its place.
    """
    stored = instance is not None and instance.pk is not None
    kind = ContentType.objects.get_for_model(instance, for_concrete_model=False) if instance is not None else None
    state = Record.State.CLEANED if outcome is Outcome.CLEAN else Record.State.OPEN
    row = {
        "outcome": outcome.value,
        "cleaned": cleaned.digest if cleaned else "",
        "url": judgement.document.page.url or "",
        "texts": [[text.name, text.text, text.kind.value] for text in judgement.document.texts.values()],
        "verdict": judgement.verdict.to_dict() if judgement.verdict else None,
        "error": judgement.error,
        "state": state,
    }
    if user is not None and user.is_authenticated:
        row["author"] = user
    about = {"content_type": kind, "object_id": str(instance.pk) if stored else "", "digest": judgement.document.digest}
    key = Record.key_of(kind, str(about["object_id"]), judgement.document.digest)
    record: Record
    record, is_new = Record.objects.get_or_create(key=key, defaults={**about, **row})
    if not is_new:
        # Only where nobody has decided meanwhile, which one statement sees.
        undecided = Record.objects.filter(pk=record.pk).exclude(state__in=(Record.State.HAM, Record.State.SPAM))
        undecided.update(**row, time=timezone.now())
        record.refresh_from_db()
    if is_new:
        _log.warning("%s: %s %s (record %d)", outcome, kind or "text", about["object_id"], record.pk)
    return record


def close(instance: Any, document: Document) -> None:
    """Ends what waited for a person on an instance whose text is another now, which passed."""
    kind = ContentType.objects.get_for_model(instance, for_concrete_model=False)
    waiting = Record.objects.filter(content_type=kind, object_id=str(instance.pk), state=Record.State.OPEN)
    waiting.exclude(digest=document.digest).update(state=Record.State.PAST)


def say(record: Record, user: Any, *, is_spam: bool) -> Feedback:
    """Keeps what a person says of a record's text, and tells the service."""
    told = tell(record.document, is_spam=is_spam)
    kept: Feedback = Feedback.objects.create(digest=record.digest, is_spam=is_spam, record=record, user=user, told=told)
    resolve(record, user, Record.State.SPAM if is_spam else Record.State.HAM)
    return kept


def resolve(record: Record, user: Any, state: Any) -> None:
    """Says who has decided on a record, and what."""
    record.state, record.decided_by, record.decided_at = state, user, timezone.now()
    record.save()


def summary(judgement: Judgement) -> str:
    """Why a text does not pass, on one line for the people who wrote it; nothing of it is repeated as it is."""
    if judgement.verdict is None:
        said = gettext("This text could not be judged (%(error)s); it waits for a person.")
        return said % {"error": plain(judgement.error)}
    found = []
    for finding in judgement.verdict.findings:
        name, _ = judgement.document.place(finding.span)
        shown = gettext("withheld")
        if not is_withheld(judgement.verdict):
            shown = gettext("“%(text)s”") % {"text": shorten(mask(plain(finding.text)))}
        about = {"label": word("label", finding.label), "field": name, "text": shown}
        found.append(gettext("%(label)s in %(field)s: %(text)s") % about)
    several = joined([*found[:3], "…"] if len(found) > 3 else found)
    return gettext("This looks like injected spam (%(findings)s).") % {"findings": several}
