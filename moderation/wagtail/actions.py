"""What a person may do with the record of a page: clean it, say that it is no spam, or that it is."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page
from wagtail.permission_policies.pages import PagePermissionPolicy

from moderation.django import actions
from moderation.django.decide import resolve, say
from moderation.django.judge import judge
from moderation.django.models import Record
from moderation.wagtail.fields import page_document, put_texts
from moderation.wagtail.models import waiting
from moderation.wagtail.pages import cleaned_page

__all__ = ["clean", "ham", "locked", "may", "page_of", "spam"]

_DECIDED = _("Nothing was done: somebody has decided on this already.")


def page_of(record: Record) -> Any:
    """The page that a record is about; None where it is about something else, or nothing that is stored."""
    subject = record.subject
    return subject.specific if isinstance(subject, Page) else None


@transaction.atomic
def ham(record: Record, user: Any) -> str:
    """Says that exactly this text is no spam, and publishes it where it was held or cut; what was done.

    Raises:
        PermissionDenied: the user may not edit the page.
    """
    _check(record, user)
    page = locked(record)
    if page is None:
        done: str = actions.ham(record, user, checked=True)
        return done
    if not actions.is_open(record):
        return str(_DECIDED)
    say(record, user, is_spam=False)
    # One look: what is compared is what is published.
    revision = page.get_latest_revision()
    latest = revision.as_object() if revision is not None else page
    now = page_document(latest).digest
    if now == record.digest:
        found = waiting(page)
        if found is not None:
            found[1].on_action(found[0], user, "approve", seen=record.digest)
            return gettext("Approved in its workflow.")
        revision = revision or latest.save_revision(user=user, clean=False)
    elif record.cleaned and now == record.cleaned:
        put_texts(latest, {name: text for name, text, _ in record.texts})
        revision = latest.save_revision(user=user, clean=False, log_action=True)
    else:
        return gettext("This text passes from now on; the page has changed since, so it is left as it is.")
    return _published(page, revision, user, gettext("Published as it was written."))


@transaction.atomic
def clean(record: Record, user: Any) -> str:
    """Takes out what was found and publishes what is left; what was done. The original stays in a revision and here.

    Raises:
        PermissionDenied: the user may not edit the page.
    """
    _check(record, user)
    page = locked(record)
    if page is None:
        done: str = actions.clean(record, user, checked=True)
        return done
    if not actions.is_open(record):
        return str(_DECIDED)
    latest = page.get_latest_revision_as_object()
    document = page_document(latest)
    if document.digest != record.digest:
        return gettext("Nothing was done: the page has changed since.")
    judgement = judge(document)
    if not judgement.cuts:
        return gettext("Nothing was done: nothing is found in it any more; say that it is no spam.")
    if page.get_latest_revision() is None:
        # The text was stored without one.
        latest.save_revision(clean=False)
    if not cleaned_page(latest, judgement):
        return gettext("Nothing was done: what would be left cannot be published; edit the page.")
    revision = latest.save_revision(user=user, clean=False, log_action=True)
    record.cleaned = page_document(latest).digest
    resolve(record, user, Record.State.CLEANED)
    return _published(page, revision, user, gettext("Published without what was found; the original is kept."))


def spam(record: Record, user: Any) -> str:
    """Says that it is spam; what was done. Nothing is deleted.

    Raises:
        PermissionDenied: the user may not edit the page.
    """
    _check(record, user)
    done: str = actions.spam(record, user, checked=True)
    return done


def may(record: Record, user: Any) -> bool:
    """Whether somebody may change what a record is about: a page, or an instance of another model.

    A page that was refused before it was stored is one for whoever may edit or publish some page.
    """
    page = page_of(record)
    if page is not None:
        return bool(page.permissions_for_user(user).can_edit())
    kind = record.content_type.model_class() if record.content_type is not None else None
    if kind is not None and issubclass(kind, Page):
        return bool(PagePermissionPolicy().user_has_any_permission(user, {"change", "publish"}))
    return actions.may(record, user)


def locked(record: Record) -> Any:
    """The page that a record is about, which nobody else stores until the transaction ends."""
    page = page_of(record)
    if page is not None:
        Page.objects.select_for_update().filter(pk=page.pk).first()
        page = page_of(record)
    return page


def _check(record: Record, user: Any) -> None:
    if not may(record, user):
        raise PermissionDenied(gettext("You may not edit this page."))


def _published(page: Any, revision: Any, user: Any, said: str) -> str:
    if not page.permissions_for_user(user).can_publish():
        return gettext("Saved as a draft; somebody who may publish this page has to.")
    revision.publish(user=user)
    return said
