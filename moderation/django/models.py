"""What was held, refused or cut, and what people said of it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models

from moderation.data import Verdict
from moderation.django.conf import Outcome
from moderation.entries import Document, Kind, Text

__all__ = ["Feedback", "Record"]


class Record(models.Model):
    """A text that did not pass as it was, whole, so that nothing is lost; and what became of it."""

    class State(models.TextChoices):
        OPEN = "open", "waits for a person"
        CLEANED = "cleaned", "cleaned"
        HAM = "ham", "not spam"
        SPAM = "spam", "spam"
        PAST = "past", "changed since"

    time = models.DateTimeField(auto_now=True, db_index=True)
    content_type = models.ForeignKey(ContentType, models.CASCADE, null=True, related_name="+")
    object_id = models.CharField(max_length=64, blank=True, db_index=True)
    url = models.TextField(blank=True)
    digest = models.CharField(max_length=64, db_index=True)
    # Of what it is about and what it says: the same text of the same instance has one record, whoever comes at once.
    key = models.CharField(max_length=64, unique=True, editable=False)
    # Of the same text cleaned, where it was.
    cleaned = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=10, choices=[(outcome.value, outcome.value) for outcome in Outcome])
    texts = models.JSONField()
    verdict = models.JSONField(null=True)
    error = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN, db_index=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ("view", "change")
        ordering = ("-time", "-pk")
        verbose_name = "moderated text"

    def __str__(self) -> str:
        return f"{self.outcome} {self.content_type or 'text'} {self.object_id}".rstrip()

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

    time = models.DateTimeField(auto_now_add=True)
    digest = models.CharField(max_length=64, db_index=True)
    is_spam = models.BooleanField()
    record = models.ForeignKey(Record, models.SET_NULL, null=True, related_name="feedback")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    # Whether the service, where there is one, has heard it too.
    told = models.BooleanField(default=True)

    class Meta:
        default_permissions = ("view",)
        ordering = ("-pk",)
        verbose_name_plural = "feedback"

    def __str__(self) -> str:
        return f"{'spam' if self.is_spam else 'not spam'}: {self.digest[:12]}"
