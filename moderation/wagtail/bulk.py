"""What a person says of several records at once: one after another, each as if it were the only one.

A record whose text is not the one that is stored by now, or that may not be decided on, is left as it is and named:
nobody has looked at what stands there now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from moderation.django.actions import is_open
from moderation.django.conf import Outcome
from moderation.django.fields import document_of
from moderation.django.models import Record
from moderation.django.present import name_of
from moderation.wagtail import actions
from moderation.wagtail.fields import page_document

__all__ = ["ACTIONS", "Decided", "decide_all"]

# What may be said of several texts. Cleaning is not: what would be left of a text is to be looked at.
ACTIONS = {"ham": actions.ham, "spam": actions.spam}


class Decided(NamedTuple):
    """What came of it.

    Attributes:
        done: how many records were decided on, by what was done.
        left: the records that were left: what each is called, and why.
    """

    done: Counter[str]
    left: list[tuple[str, str]]


class _LeftError(Exception):
    """A record is not decided on; its text says why."""


def decide_all(records: Iterable[Record], user: Any, action: str) -> Decided:
    """Says the same of several records; what cannot be decided on is left, and the next one is looked at.

    Args:
        records: those that were chosen.
        user: who says it.
        action: one of :data:`ACTIONS`.
    """
    decided = Decided(Counter(), [])
    for record in records:
        try:
            decided.done[_decide(record, user, action)] += 1
        except (_LeftError, PermissionDenied) as error:
            decided.left.append((name_of(record), str(error)))
        except ValidationError as error:
            # The model refuses the page for another reason, such as an address that another page has by now.
            why = gettext("it cannot be stored: %(error)s")
            decided.left.append((name_of(record), why % {"error": " ".join(error.messages)}))
    return decided


@transaction.atomic
def _decide(record: Record, user: Any, action: str) -> str:
    """Decides on one record, or leaves all of it as it was; what was done.

    Raises:
        _LeftError: it is decided already, or what is stored is another text.
        PermissionDenied: the user may not.
        ValidationError: what it is about cannot be stored.
    """
    if not actions.may(record, user):
        raise PermissionDenied(gettext("you may not change what this is about."))
    # In the order of a single decision, so that two people at once do not wait for each other.
    subject = _locked(record)
    if not is_open(record):
        raise _LeftError(_("somebody has decided on this already."))
    if _has_changed(record, subject):
        raise _LeftError(_("it has changed since it was judged."))
    return ACTIONS[action](record, user)


def _locked(record: Record) -> Any:
    """What a record is about, which nobody else stores until the transaction ends; None where nothing is stored."""
    page = actions.locked(record)
    subject = page if page is not None else record.subject
    if page is None and subject is not None:
        type(subject)._default_manager.select_for_update().filter(pk=subject.pk).first()
        subject = record.subject
    return subject


def _has_changed(record: Record, subject: Any) -> bool:
    """Whether what is stored is neither the text that was judged nor that text cleaned.

    What was refused was never stored: it is judged by its own text alone.
    """
    if subject is None or record.outcome == Outcome.REJECT:
        return False
    is_page = isinstance(subject, Page)
    now = page_document(subject.get_latest_revision_as_object()) if is_page else document_of(subject)
    return now.digest not in {record.digest, record.cleaned}
