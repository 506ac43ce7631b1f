"""The application, and what it says when it is set up wrongly."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

__all__ = ["ModerationWagtailConfig"]

_ACTION = "moderation.wagtail.workflow.publish"


class ModerationWagtailConfig(AppConfig):
    """The application."""

    name = "moderation.wagtail"
    label = "moderation_wagtail"
    verbose_name = _("Moderation for Wagtail")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Makes Wagtail's fields known, and listens to what is published."""
        from moderation.wagtail import fields, pages

        fields.register_fields()
        pages.listen()
        checks.register(_check)


def _check(app_configs: Any, **_: Any) -> list[Any]:
    found: list[Any] = []
    if not apps.is_installed("moderation.django"):
        found.append(checks.Error(gettext('add "moderation.django" to INSTALLED_APPS'), id="moderation_wagtail.E001"))
    if getattr(settings, "WAGTAIL_FINISH_WORKFLOW_ACTION", "") != _ACTION:
        said = gettext("a workflow that ends with a moderation task fails for editors who may not publish")
        hint = gettext('set WAGTAIL_FINISH_WORKFLOW_ACTION = "%(action)s"') % {"action": _ACTION}
        found.append(checks.Warning(said, hint=hint, id="moderation_wagtail.W001"))
    return found
