"""What a person may do with the record of a plain Django model: clean it, say that it is no spam, or that it is."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from moderation.django.decide import say, settle
from moderation.django.fields import document_of, put
from moderation.django.guard import ModeratedModel, cleaned
from moderation.django.judge import judge
from moderation.django.models import Record

__all__ = ["clean", "ham", "spam"]


@transaction.atomic
def ham(record: Record, user: Any) -> str:
    """Says that exactly this text is no spam, and shows it where it was held or cut; what was done."""
    say(record, user, is_spam=False)
    subject = record.subject
    if subject is None:
        return "This text passes from now on; nothing of it is stored, so it has to be sent again."
    now = document_of(subject).digest
    if record.cleaned and now == record.cleaned:
        put(subject, {name: text for name, text, _ in record.texts})
    elif now != record.digest:
        return "This text passes from now on; what is stored has changed since."
    return _release(subject, "It is shown.")


@transaction.atomic
def clean(record: Record, user: Any) -> str:
    """Takes out what was found, and shows what is left; what was done."""
    subject = record.subject
    if subject is None or document_of(subject).digest != record.digest:
        return "Nothing was done: what is stored is another text by now."
    if not cleaned(subject, judge(document_of(subject))):
        return "Nothing was done: what would be left cannot be stored."
    said = _release(subject, "It is shown without what was found; the original is kept here.")
    settle(record, user, Record.State.CLEANED)
    return said


def spam(record: Record, user: Any) -> str:
    """Says that it is spam; what was done."""
    say(record, user, is_spam=True)
    return "It stays as it is, and is known as spam."


def _release(subject: Any, said: str) -> str:
    hold = subject.moderation_hold if isinstance(subject, ModeratedModel) else None
    hold = hold or ("is_public" if subject._meta.label == "django_comments.Comment" else None)
    if hold:
        setattr(subject, hold, True)
    subject.save()
    return said
