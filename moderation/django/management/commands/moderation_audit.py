"""``manage.py moderation_audit app.Model …``: judges every instance of some models."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext

from moderation.django.audit import audit
from moderation.django.fields import document_of, text_fields
from moderation.django.guard import ModeratedModel
from moderation.entries import Document

__all__ = ["Command"]


class Command(BaseCommand):
    """The command."""

    @property
    def help(self) -> str:
        """What it does."""
        return gettext(
            "Judges what is stored: a line of JSON for each instance on the standard output, a summary on the other. "
            "Exit code 0: nothing flagged; 1: something flagged; 2: wrong use, or not all could be judged."
        )

    def add_arguments(self, parser: Any) -> None:
        """What it takes."""
        parser.add_argument("model", nargs="*", metavar="app.Model", help=gettext("default: all that have the mixin"))
        parser.add_argument("--flagged", action="store_true", help=gettext("print no line for what passes"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Judges."""
        try:
            chosen = [apps.get_model(name) for name in options["model"]]
        except (LookupError, ValueError) as error:
            raise CommandError(
                gettext("%(error)s; name a model as app.Model") % {"error": error}, returncode=2
            ) from None
        chosen = chosen or [model for model in apps.get_models() if issubclass(model, ModeratedModel)]
        if not chosen:
            raise CommandError(gettext("no model has the mixin ModeratedModel; name some, as app.Model"), returncode=2)
        for model in chosen:
            if not any(text_fields(model)):
                said = gettext("%(model)s has no field of text; name another model") % {"model": model._meta.label}
                raise CommandError(said, returncode=2)
        summary = audit(_documents(chosen), self.stdout.write, flagged_only=options["flagged"])
        self.stderr.write(str(summary))
        if summary.code:
            sys.exit(summary.code)


def _documents(chosen: list[Any]) -> Iterator[tuple[str, Document]]:
    for model in chosen:
        for instance in model._default_manager.order_by("pk").iterator(chunk_size=200):
            url = getattr(instance, "get_absolute_url", None)
            yield f"{model._meta.label} {instance.pk}", document_of(instance, url() if url else None)
