"""Two models over the same pages: what flips from one to the other, by label and by host."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from moderation.common.addresses import host_of
from moderation.data import Action, Page, Verdict
from moderation.engine import Moderator
from moderation.errors import PageError

__all__ = ["Drift", "Flip", "flips"]


class Flip(NamedTuple):
    """One page under both models. ``host`` is empty where the page does not say where it is from."""

    old: Verdict
    new: Verdict
    host: str

    @property
    def gained(self) -> list[str]:
        """Labels found now and not before."""
        return sorted(_labels(self.new) - _labels(self.old))

    @property
    def lost(self) -> list[str]:
        """Labels found before and no longer."""
        return sorted(_labels(self.old) - _labels(self.new))

    @property
    def is_same(self) -> bool:
        """Whether action and labels stay; scores and ends of spans may differ."""
        return self.old.action is self.new.action and not self.gained and not self.lost

    def to_dict(self) -> dict[str, Any]:
        return {
            "url": self.new.url,
            "old": {"action": self.old.action.value, "labels": sorted(_labels(self.old))},
            "new": {"action": self.new.action.value, "labels": sorted(_labels(self.new))},
        }


@dataclass
class Drift:
    """The sum of many flips.

    Attributes:
        pages: pages judged by both.
        changed: pages whose action or labels differ.
        flagged: pages flagged now and not before.
        cleared: pages flagged before and no longer.
        gained: findings' labels that came, by label.
        lost: those that went.
        hosts: (flagged, cleared) by host.
    """

    pages: int = 0
    changed: int = 0
    flagged: int = 0
    cleared: int = 0
    gained: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    hosts: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, flip: Flip) -> None:
        """Counts one page."""
        self.pages += 1
        if flip.is_same:
            return
        self.changed += 1
        self.gained.update(flip.gained)
        self.lost.update(flip.lost)
        before, now = flip.old.action is not Action.ALLOW, flip.new.action is not Action.ALLOW
        flagged, cleared = int(now and not before), int(before and not now)
        self.flagged += flagged
        self.cleared += cleared
        if flagged or cleared:
            one, other = self.hosts.get(flip.host, (0, 0))
            self.hosts[flip.host] = (one + flagged, other + cleared)


def flips(
    old: Moderator, new: Moderator, pages: Iterable[str | bytes | Page | PageError]
) -> Iterator[Flip | PageError]:
    """Each page under both moderators in order, or the error where it cannot be judged."""
    for page in pages:
        before = next(old.check_many([page]))
        after = next(new.check_many([page]))
        if isinstance(before, PageError):
            yield before
        elif isinstance(after, PageError):
            yield after
        else:
            yield Flip(before, after, host_of(after.url))


def _labels(verdict: Verdict) -> set[str]:
    return {finding.label for finding in verdict.findings}
