"""What was held, refused or cut, and what people said of it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from moderation.data import Verdict
from moderation.django.conf import Outcome
from moderation.entries import Document, Kind, Text

__all__ = ["OUTCOMES", "Feedback", "Record"]

# What is stored, and what people read.
OUTCOMES = (
    (Outcome.ALLOW.value, _("allow")),
    (Outcome.CLEAN.value, _("clean")),
    (Outcome.HOLD.value, _("hold")),
    (Outcome.REJECT.value, _("reject")),
)


class Record(models.Model):
    """A text that did not pass as it was, whole, so that nothing is lost; and what became of it."""

    class State(models.TextChoices):
        OPEN = "open", _("waits for a person")
        CLEANED = "cleaned", _("cleaned")
        HAM = "ham", _("not spam")
        SPAM = "spam", _("spam")
        PAST = "past", _("changed since")

    time = models.DateTimeField(_("time"), auto_now=True, db_index=True)
    content_type = models.ForeignKey(ContentType, models.CASCADE, null=True, related_name="+")
    object_id = models.CharField(_("object"), max_length=64, blank=True, db_index=True)
    url = models.TextField(_("address"), blank=True)
    digest = models.CharField(_("digest"), max_length=64, db_index=True)
    # Of what it is about and what it says: the same text of the same instance has one record, whoever comes at once.
    key = models.CharField(max_length=64, unique=True, editable=False)
    # Of the same text cleaned, where it was.
    cleaned = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=OUTCOMES)
    texts = models.JSONField()
    verdict = models.JSONField(null=True)
    error = models.TextField(_("error"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN, db_index=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("author")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)

    class Meta:
        default_permissions = ("view", "change")
        ordering = ("-time", "-pk")
        verbose_name = _("moderated text")
        verbose_name_plural = _("moderated texts")

    def __str__(self) -> str:
        kind = self.content_type or gettext("text")
        return f"{self.get_outcome_display()} {kind} {self.object_id}".rstrip()

    @staticmethod
    def key_of(content_type: ContentType | None, object_id: str, digest: str) -> str:
        """What a record is known by.

        Args:
            content_type: of the instance, if there is one.
            object_id: its primary key; empty where it is not stored.
            digest: of its text.
        """
        about = f"{content_type.pk if content_type else ''}|{object_id}|{digest}"
        return sha256(about.encode()).hexdigest()

    @property
    def document(self) -> Document:
        """The text, as it was judged."""
        return Document.of((Text(name, text, Kind(kind)) for name, text, kind in self.texts), self.url or None)

    @property
    def judged(self) -> Verdict | None:
        """The verdict on it."""
        return Verdict.from_dict(self.verdict) if self.verdict else None

    @property
    def subject(self) -> Any:
        """What it is the text of, as it is now; None where it was never stored, or is no more."""
        if self.content_type is None or not self.object_id:
            return None
        kind = self.content_type.model_class()
        return kind._default_manager.filter(pk=self.object_id).first() if kind else None


class Feedback(models.Model):
    """What a person said of exactly this text; the latest word counts."""

    time = models.DateTimeField(_("time"), auto_now_add=True)
    digest = models.CharField(_("digest"), max_length=64, db_index=True)
    is_spam = models.BooleanField(_("is spam"))
    record = models.ForeignKey(
        Record, models.SET_NULL, null=True, related_name="feedback", verbose_name=_("moderated text")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("user")
    )
    # Whether the service, where there is one, has heard it too.
    told = models.BooleanField(_("told the service"), default=True)

    class Meta:
        default_permissions = ("view",)
        ordering = ("-pk",)
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")

    def __str__(self) -> str:
        said = gettext("spam") if self.is_spam else gettext("not spam")
        return f"{said}: {self.digest[:12]}"
