"""The application, and what it says when it is set up wrongly."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from moderation.common.messages import follow

__all__ = ["ModerationConfig"]


class ModerationConfig(AppConfig):
    """The application."""

    name = "moderation.django"
    label = "moderation"
    verbose_name = _("Moderation")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listens to comments, where there are some, and checks the settings."""
        from moderation.django import conf

        conf.listen()
        # What the package itself says is said in the language that Django speaks at that moment.
        follow(get_language)
        checks.register(_check)
        if apps.is_installed("django_comments"):
            from moderation.django import comments

            comments.listen()


def _check(app_configs: Any, **_: Any) -> list[Any]:
    from moderation.django.conf import conf

    try:
        conf()
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), id="moderation.E001")]
    return []
