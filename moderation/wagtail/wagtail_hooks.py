"""What Wagtail asks for: the report in the menu, its permissions, and a word to editors when they publish."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.menu import AdminOnlyMenuItem

from moderation.django.conf import Outcome
from moderation.django.decide import decide, keep, summary
from moderation.django.models import Record
from moderation.wagtail.fields import page_document
from moderation.wagtail.pages import ModeratedPage
from moderation.wagtail.views import RecordsView, act, act_on_chosen, policy

__all__: list[str] = []


@hooks.register("register_admin_urls")
def _urls() -> list[Any]:
    return [
        path("reports/moderation/", RecordsView.as_view(), name="moderation_records"),
        path("reports/moderation/results/", RecordsView.as_view(results_only=True), name="moderation_records_results"),
        path("reports/moderation/chosen/", act_on_chosen, name="moderation_act_on_chosen"),
        path("reports/moderation/<int:pk>/<slug:action>/", act, name="moderation_act"),
    ]


class _MenuItem(AdminOnlyMenuItem):
    def is_shown(self, request: Any) -> bool:
        return bool(policy.user_has_any_permission(request.user, ("view", "change")))


@hooks.register("register_reports_menu_item")
def _menu() -> Any:
    return _MenuItem(_("Moderation"), reverse("moderation_records"), name="moderation", icon_name="warning", order=50)


@hooks.register("register_permissions")
def _permissions() -> Any:
    return Permission.objects.filter(content_type__app_label="moderation", codename__endswith="_record")


@hooks.register("before_publish_page")
def _before(request: Any, page: Any) -> Any:
    """Holds what must not go live, and says so; also of page types without the mixin."""
    judgement = decide(page_document(page))
    record: Record | None = getattr(page, "moderation_record", None)
    if judgement.outcome is Outcome.ALLOW:
        if record is not None and record.outcome == Outcome.CLEAN:
            request.moderation_cleaned = True
        return None
    if judgement.outcome is Outcome.CLEAN and isinstance(page, ModeratedPage):
        request.moderation_cleaned = True
        return None
    keep(judgement, Outcome.HOLD, page, request.user)
    # A new page is stored as live before this is asked.
    never = type(page)._default_manager.filter(pk=page.pk, live_revision__isnull=True)
    never.update(live=False, has_unpublished_changes=True)
    said = gettext("%(summary)s It is saved as a draft and waits for a person; nothing of it is published.")
    _say(request, said % {"summary": summary(judgement)})
    return redirect("wagtailadmin_pages:edit", page.pk)


@hooks.register("after_publish_page")
def _after(request: Any, page: Any) -> None:
    if not page.live and page.has_unpublished_changes and not page.go_live_at:
        _say(request, gettext("It is saved as a draft and waits for a person; nothing of it is published."))
    elif getattr(request, "moderation_cleaned", False):
        _say(request, gettext("Published without what looked like injected spam; the original is kept."))


def _say(request: Any, text: str) -> None:
    buttons = []
    if policy.user_has_any_permission(request.user, ("view", "change")):
        buttons.append(messages.button(reverse("moderation_records"), gettext("Report")))
    messages.warning(request, format_html("{}", text), buttons=buttons)
