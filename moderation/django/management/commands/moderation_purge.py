"""``manage.py moderation_purge``: deletes texts that nobody needs any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from moderation.django.conf import Outcome
from moderation.django.models import Record

__all__ = ["Command"]


class Command(BaseCommand):
    """The command."""

    @property
    def help(self) -> str:
        """What it does."""
        return gettext(
            "Deletes records, with the texts in them, that are older than some days: of what was refused, of what a "
            "person has decided on, and of what has changed since. What waits for a person stays, and so do the "
            "originals of what was cleaned, unless they are asked for. What people said is kept: it knows a text by "
            "its digest alone."
        )

    def add_arguments(self, parser: Any) -> None:
        """What it takes."""
        parser.add_argument(
            "--days", type=int, default=90, metavar="DAYS", help=gettext("older than these (default: 90)")
        )
        parser.add_argument("--cleaned", action="store_true", help=gettext("also the originals of what was cleaned"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Deletes."""
        if options["days"] < 0:
            said = gettext("--days %(days)s; give a number of days, 0 or more") % {"days": options["days"]}
            raise CommandError(said, returncode=2)
        states = [Record.State.HAM, Record.State.SPAM, Record.State.PAST]
        states += [Record.State.CLEANED] if options["cleaned"] else []
        old = Record.objects.filter(time__lte=timezone.now() - timedelta(days=options["days"]))
        gone = old.filter(Q(state__in=states) | Q(outcome=Outcome.REJECT.value, state=Record.State.OPEN))
        number = gone.delete()[0]
        self.stderr.write(ngettext("%(count)s record deleted", "%(count)s records deleted", number) % {"count": number})
