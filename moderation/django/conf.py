"""What the setting ``MODERATION`` says, as one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.translation import gettext

from moderation.data import Action

__all__ = ["Conf", "Outcome", "conf", "listen"]


class Outcome(StrEnum):
    """What becomes of a text, mildest first."""

    ALLOW = "allow"
    CLEAN = "clean"
    """it is published without what was injected; the original is kept"""
    HOLD = "hold"
    """it is stored, and not published until a person decides"""
    REJECT = "reject"
    """it is refused, with an error that says why"""


_DEFAULT = {Action.CLEAN: Outcome.CLEAN, Action.REVIEW: Outcome.HOLD, Action.REJECT: Outcome.REJECT}


@dataclass(frozen=True, slots=True)
class Conf:
    """The setting; each key is named as an attribute, in capitals, and may be left out.

    Attributes:
        model: a model folder or the name of an installed one; None for the one that is shipped.
        policy: a TOML file; None for the model's own thresholds.
        service: address of a service, such as ``http://127.0.0.1:8000``; None to judge in this process.
        key: of a site of that service.
        timeout: seconds to wait for it.
        fail: ``closed`` holds what cannot be judged, ``open`` lets it pass.
        actions: what becomes of what has the action ``clean``, ``review`` or ``reject``.
    """

    model: str | None = None
    policy: str | None = None
    service: str | None = None
    key: str = ""
    timeout: float = 5.0
    fail: str = "closed"
    actions: Mapping[Action, Outcome] = field(default_factory=lambda: dict(_DEFAULT), hash=False)

    def outcome(self, action: Action | None) -> Outcome:
        """What becomes of a text with a verdict of that action; None where there is no verdict."""
        if action is None:
            return Outcome.ALLOW if self.fail == "open" else Outcome.HOLD
        return self.actions.get(action, Outcome.ALLOW)


@cache
def conf() -> Conf:
    """What the settings say.

    Raises:
        ImproperlyConfigured: they say something that cannot be meant.
    """
    given = getattr(settings, "MODERATION", {})
    known = {each.name.upper() for each in fields(Conf)}
    unknown = sorted(set(given) - known)
    if unknown:
        raise ImproperlyConfigured(
            gettext("MODERATION: unknown key %(key)s; known are %(known)s")
            % {"key": unknown[0], "known": ", ".join(sorted(known))}
        )
    row = {name.lower(): value for name, value in given.items()}
    row["actions"] = {**_DEFAULT, **_actions(given.get("ACTIONS", {}))}
    found = Conf(**row)
    if found.fail not in ("open", "closed"):
        raise ImproperlyConfigured(
            gettext("MODERATION: FAIL = %(given)r; give 'open' or 'closed'") % {"given": found.fail}
        )
    if isinstance(found.timeout, bool) or not isinstance(found.timeout, int | float) or found.timeout <= 0:
        raise ImproperlyConfigured(
            gettext("MODERATION: TIMEOUT = %(given)r; give seconds above 0") % {"given": found.timeout}
        )
    if found.service is not None and not str(found.service).startswith(("http://", "https://")):
        raise ImproperlyConfigured(
            gettext("MODERATION: SERVICE = %(given)r; give an address such as http://…:8000") % {"given": found.service}
        )
    if found.service is not None and not found.key:
        raise ImproperlyConfigured(gettext("MODERATION: SERVICE without KEY; give the key of one of its sites"))
    return found


def _actions(given: Mapping[str, Any]) -> dict[Action, Outcome]:
    try:
        return {Action(action): Outcome(outcome) for action, outcome in given.items()}
    except ValueError as error:
        said = gettext(
            "MODERATION: ACTIONS: %(error)s; give some of clean, review, reject, and for each of them one of %(known)s"
        )
        raise ImproperlyConfigured(said % {"error": error, "known": ", ".join(Outcome)}) from None


def listen() -> None:
    """Forgets what the settings said when they change, as they do in tests."""
    setting_changed.connect(_changed, dispatch_uid="moderation.conf")


def _changed(*, setting: str, **_: Any) -> None:
    if setting == "MODERATION":
        conf.cache_clear()
