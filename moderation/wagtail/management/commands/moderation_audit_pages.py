"""``manage.py moderation_audit_pages``: judges every live page."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext
from wagtail.models import Page

from moderation.django.audit import audit
from moderation.entries import Document
from moderation.wagtail.fields import page_document

__all__ = ["Command"]


class Command(BaseCommand):
    """The command."""

    @property
    def help(self) -> str:
        """What it does."""
        return gettext(
            "Judges all live pages: a line of JSON for each on the standard output, a summary on the other. "
            "Exit code 0: nothing flagged; 1: something flagged; 2: wrong use, or not all could be judged."
        )

    def add_arguments(self, parser: Any) -> None:
        """What it takes."""
        parser.add_argument(
            "--below", type=int, metavar="PAGE", help=gettext("only this page and those below it, by its id")
        )
        parser.add_argument("--flagged", action="store_true", help=gettext("print no line for what passes"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Judges."""
        pages = Page.objects.live().filter(depth__gt=1)
        if options["below"] is not None:
            root = Page.objects.filter(pk=options["below"]).first()
            if root is None:
                said = gettext("no page has the id %(id)s; take that of its edit address") % {"id": options["below"]}
                raise CommandError(said, returncode=2)
            pages = pages.descendant_of(root, inclusive=True)
        summary = audit(_documents(pages), self.stdout.write, flagged_only=options["flagged"])
        self.stderr.write(str(summary))
        if summary.code:
            sys.exit(summary.code)


def _documents(pages: Any) -> Iterator[tuple[str, Document]]:
    for page in pages.order_by("path").specific().iterator(chunk_size=100):
        yield f"page {page.pk}", page_document(page)
