"""The mixin: whatever makes a row of its page live is judged first, by whatever way it comes.

Wagtail has no signal before it publishes, and of its doors each calls something else; but all of them save the row with
``live = True``. So that is where the mixin stands: code, admin, workflow, schedule, API, copies and aliases.
"""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.dispatch import Signal
from django.utils.text import slugify
from wagtail.coreutils import cautious_slugify
from wagtail.log_actions import get_active_log_context
from wagtail.signals import page_published

from moderation.django.conf import Outcome
from moderation.django.decide import close, decide, keep
from moderation.django.fields import text_fields
from moderation.django.guard import refusal
from moderation.django.judge import Judgement
from moderation.django.models import Record
from moderation.wagtail.fields import page_document, put_texts

__all__ = ["ModeratedPage", "cleaned_page", "listen", "page_held"]

# What changes with a title.
_WRITTEN = ("draft_title", "slug", "url_path")
# Characters from which a piece of a slug is no accident.
_LEAST_CUT = 6
# Sent with ``instance`` and ``record`` when a page is held instead of published.
page_held = Signal()


class ModeratedPage:
    """Mixin of a page model, in front of ``Page``: ``class Article(ModeratedPage, Page)``.

    What is refused raises a ``ValidationError``, drafts too. What is held is stored as a draft and nothing goes live; a
    version that is live stays. What is cleaned goes live without what was injected. The whole text is in a record.
    """

    moderation_fields: ClassVar[dict[str, str | None]] = {}

    def clean(self) -> None:
        """Refuses what is to be refused, where a form or an API can still say why.

        Raises:
            ValidationError: the text is refused.
        """
        super().clean()  # type: ignore[misc]
        _refuse(self, decide(page_document(self)))

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """Saves what may be saved.

        Raises:
            ValidationError: the text is refused.
        """
        page: Any = self
        changed = kwargs.get("update_fields")
        if not page.live or (changed is not None and not _publishes(page, changed)):
            return super().save(*args, **kwargs)  # type: ignore[misc]
        judgement = decide(page_document(page))
        _refuse(page, judgement)
        outcome = judgement.outcome
        if outcome is Outcome.CLEAN and not cleaned_page(page, judgement):
            outcome = Outcome.HOLD
        if outcome is Outcome.HOLD and page.pk is not None:
            _hold(page, judgement)
            return None
        if outcome is Outcome.HOLD:
            page.live = False
            page.has_unpublished_changes = True
        if outcome is Outcome.CLEAN and changed is not None:
            # A cut may be in any field.
            kwargs["update_fields"] = {*changed, *_WRITTEN, *(field.name for field, _ in text_fields(type(page)))}
        saved = super().save(*args, **kwargs)  # type: ignore[misc]
        if outcome is Outcome.ALLOW:
            page.moderation_record = None
            close(page, judgement.document)
        else:
            page.moderation_record = _kept(page, judgement, outcome)
        return saved


def _publishes(page: Any, changed: Any) -> bool:
    """Whether saving these fields alone changes what a visitor reads."""
    return bool({"live", *(field.name for field, _ in text_fields(type(page)))} & set(changed))


def _refuse(page: Any, judgement: Judgement) -> None:
    if judgement.outcome is Outcome.REJECT:
        keep(judgement, Outcome.REJECT, page, _user(page))
        raise refusal(judgement)


def _hold(page: Any, judgement: Judgement) -> None:
    """Leaves the row as it is, live or not; the text stays in a revision, for the editor to go on with."""
    model = type(page)
    latest = page.get_latest_revision()
    known = latest is not None and page_document(latest.as_object()).digest == judgement.document.digest
    if not known and page.alias_of_id is None:
        page.save_revision(clean=False)
    model._default_manager.filter(pk=page.pk).update(has_unpublished_changes=True)
    # Wagtail, which goes on as if it had published, writes that into the page's history only where it is live.
    page.live = False
    if page.alias_of_id is None:
        page.moderation_record = _kept(page, judgement, Outcome.HOLD)


def _kept(page: Any, judgement: Judgement, outcome: Outcome) -> Record:
    stored = page_document(page) if outcome is Outcome.CLEAN else None
    record = keep(judgement, outcome, page, _user(page), stored)
    if outcome is Outcome.HOLD:
        page_held.send(sender=type(page), instance=page, record=record)
    return record


def _user(page: Any) -> Any:
    """Who does it, as far as it is known."""
    return get_active_log_context().user or (page.latest_revision.user if page.latest_revision_id else page.owner)


def cleaned_page(page: Any, judgement: Judgement) -> bool:
    """Takes out of a page what was injected; whether it can be published then.

    It cannot where what is left breaks a rule of its model (a title that is required), or would not pass either; then
    the page is as it was.
    """
    before = page.title, page.draft_title, page.slug
    put_texts(page, judgement.cleaned())
    # Its address, and the name that the admin shows, were made of the title, and would keep what was cut from it.
    if page.title != before[0]:
        page.draft_title = page.title
    if _is_slug_of_spam(page.slug, before[0], judgement):
        page.slug = _slug_base(page.title)
    try:
        # It makes a slug of the title where there is none, unlike that of any other page.
        page.full_clean()
        done = decide(page_document(page)).outcome is Outcome.ALLOW
    except ValidationError:
        done = False
    if not done:
        put_texts(page, {name: text.text for name, text in judgement.document.texts.items()})
        page.title, page.draft_title, page.slug = before
    return done


def _slugs(text: str) -> set[str]:
    """What Wagtail's own ways make of a text: with letters of any script, in ASCII, and with escapes for the rest."""
    return {slugify(text, allow_unicode=True), slugify(text), cautious_slugify(text)}


def _is_slug_of_spam(slug: str, title: str, judgement: Judgement) -> bool:
    """Whether a slug was made of a title of which something is cut, or of what is cut somewhere."""
    named = judgement.cleaned()
    # Wagtail puts a number behind a slug that another page has.
    base, _, number = slug.rpartition("-")
    if "title" in named and {slug, base if number.isdecimal() else slug} & (_slugs(title) - {""}):
        return True
    cut = {made for each in judgement.cuts for made in _slugs(each.removed) if len(made) >= _LEAST_CUT}
    return any(made in slug for made in cut)


def _slug_base(title: str) -> str:
    """Empty where Wagtail makes a slug of the title by itself; else one that says nothing."""
    allow_unicode = getattr(settings, "WAGTAIL_ALLOW_UNICODE_SLUGS", True)
    return "" if slugify(title, allow_unicode=allow_unicode) else f"page-{uuid4().hex[:8]}"


def listen() -> None:
    """Begins to listen to what is published."""
    page_published.connect(_published, dispatch_uid="moderation.wagtail")


def _published(sender: Any, instance: Any, **_: Any) -> None:
    """Makes a revision of what went live cleaned, so that the next editor goes on from there."""
    record: Record | None = getattr(instance, "moderation_record", None)
    if record is None or record.outcome != Outcome.CLEAN or not instance.live or instance.alias_of_id:
        return
    revision = instance.save_revision(user=None, clean=False, log_action=True)
    instance.live_revision, instance.has_unpublished_changes = revision, False
    instance.save(update_fields=["live_revision", "has_unpublished_changes"], clean=False)
