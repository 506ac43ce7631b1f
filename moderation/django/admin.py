"""Records in Django's own admin: read, and decided on; never changed by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from moderation.django import actions
from moderation.django.models import Feedback, Record
from moderation.django.present import name_of, shown

__all__ = ["FeedbackAdmin", "RecordAdmin"]


class _ReadOnly(admin.ModelAdmin):
    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Record)
class RecordAdmin(_ReadOnly):
    """What was held, refused or cut; findings are masked."""

    list_display = ("time", "about", "found", "outcome", "state")
    list_filter = ("state", "outcome")
    actions = ("clean_it", "not_spam", "is_spam")
    fields = ("time", "about", "found", "outcome", "state", "error", "author", "decided_by", "decided_at")
    readonly_fields = fields

    @admin.display(description=_("text"))
    def about(self, record: Record) -> str:
        """What it is about."""
        return name_of(record)

    @admin.display(description=_("findings"))
    def found(self, record: Record) -> Any:
        """What was found, masked."""
        rows = ((each.field, each.before, each.text, each.after, each.kind) for each in shown(record))
        return format_html_join("", "<div>{}: {}<mark>{}</mark>{} <b>{}</b></div>", rows) or format_html("{}", "-")

    @admin.action(description=_("Clean it"), permissions=["change"])
    def clean_it(self, request: Any, queryset: Any) -> None:
        """Takes out what was found."""
        self._each(request, queryset, actions.clean)

    @admin.action(description=_("Not spam"), permissions=["change"])
    def not_spam(self, request: Any, queryset: Any) -> None:
        """Lets exactly these texts pass."""
        self._each(request, queryset, actions.ham)

    @admin.action(description=_("Spam"), permissions=["change"])
    def is_spam(self, request: Any, queryset: Any) -> None:
        """Says that they are spam."""
        self._each(request, queryset, actions.spam)

    def get_queryset(self, request: Any) -> Any:
        """The records of what somebody may change, and those of a text alone."""
        records = super().get_queryset(request)
        ids = Record.objects.exclude(content_type=None).order_by().values_list("content_type", flat=True).distinct()
        kinds = ContentType.objects.filter(pk__in=list(ids))
        hidden = [kind.pk for kind in kinds if not actions.may_kind(kind, request.user)]
        return records.filter(Q(content_type=None) | ~Q(content_type__in=hidden))

    def _each(self, request: Any, queryset: Any, action: Any) -> None:
        for record in queryset:
            if not actions.may(record, request.user):
                said = gettext("%(text)s: nothing was done, you may not change what this is about.")
                self.message_user(request, said % {"text": name_of(record)}, messages.ERROR)
                continue
            said = gettext("%(text)s: %(done)s") % {"text": name_of(record), "done": action(record, request.user)}
            self.message_user(request, said, messages.INFO)


@admin.register(Feedback)
class FeedbackAdmin(_ReadOnly):
    """What people said."""

    list_display = ("time", "digest", "is_spam", "user", "told")
    readonly_fields = ("time", "digest", "is_spam", "record", "user", "told")
