"""What a person may do with the record of a plain Django model: clean it, say that it is no spam, or that it is."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from moderation.django.decide import resolve, say
from moderation.django.fields import document_of, put
from moderation.django.guard import ModeratedModel, cleaned
from moderation.django.judge import judge
from moderation.django.models import Record

__all__ = ["clean", "ham", "is_open", "may", "may_kind", "spam"]

_DECIDED = _("Nothing was done: somebody has decided on this already.")


def may(record: Record, user: Any) -> bool:
    """Whether somebody may change what a record is about; one of a text alone asks for no more than the record does."""
    return record.content_type is None or may_kind(record.content_type, user, record.subject)


def may_kind(kind: ContentType, user: Any, subject: Any = None) -> bool:
    """Whether somebody may change instances of a model, or this one of them."""
    name = f"{kind.app_label}.change_{kind.model}"
    # Django's own backend knows no single instances, others do.
    return bool(user.has_perm(name) or (subject is not None and user.has_perm(name, subject)))


def is_open(record: Record) -> bool:
    """Whether there is something to decide, in the database and for as long as the transaction lasts."""
    found = Record.objects.select_for_update().filter(pk=record.pk).values_list("state", flat=True).first()
    return found in (Record.State.OPEN, Record.State.CLEANED)


@transaction.atomic
def ham(record: Record, user: Any, *, checked: bool = False) -> str:
    """Says that exactly this text is no spam, and shows it where it was held or cut; what was done.

    Args:
        record: of the text.
        user: who says it.
        checked: whether the caller has asked if they may.

    Raises:
        PermissionDenied: the user may not change what it is about.
    """
    _check(record, user, checked)
    if not is_open(record):
        return str(_DECIDED)
    say(record, user, is_spam=False)
    subject = record.subject
    if subject is None:
        return gettext("This text passes from now on; nothing of it is stored, so it has to be sent again.")
    now = document_of(subject).digest
    if record.cleaned and now == record.cleaned:
        put(subject, {name: text for name, text, _ in record.texts})
    elif now != record.digest:
        return gettext("This text passes from now on; what is stored has changed since.")
    return _release(subject, gettext("It is shown."))


@transaction.atomic
def clean(record: Record, user: Any, *, checked: bool = False) -> str:
    """Takes out what was found, and shows what is left; what was done. See :func:`ham`."""
    _check(record, user, checked)
    if not is_open(record):
        return str(_DECIDED)
    subject = record.subject
    if subject is None or document_of(subject).digest != record.digest:
        return gettext("Nothing was done: what is stored is another text by now.")
    if not cleaned(subject, judge(document_of(subject))):
        return gettext("Nothing was done: what would be left cannot be stored.")
    said = _release(subject, gettext("It is shown without what was found; the original is kept here."))
    resolve(record, user, Record.State.CLEANED)
    return said


@transaction.atomic
def spam(record: Record, user: Any, *, checked: bool = False) -> str:
    """Says that it is spam; what was done. See :func:`ham`."""
    _check(record, user, checked)
    if not is_open(record):
        return str(_DECIDED)
    say(record, user, is_spam=True)
    return gettext("It stays as it is, and is known as spam.")


def _check(record: Record, user: Any, checked: bool) -> None:
    if not checked and not may(record, user):
        raise PermissionDenied(gettext("You may not change what this is about."))


def _release(subject: Any, said: str) -> str:
    hold = subject.moderation_hold if isinstance(subject, ModeratedModel) else None
    hold = hold or ("is_public" if subject._meta.label == "django_comments.Comment" else None)
    if hold:
        setattr(subject, hold, True)
    subject.save()
    return said
