"""What an operator may set, and how findings become an action."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from moderation.data import Action, Finding, Place
from moderation.errors import PolicyError

__all__ = ["MINOR", "Policy", "decide"]

# The reason code of the generic rule: an adult finding beside an age below 18 is rejected and its text withheld.
MINOR = "rule:minor"


@dataclass(frozen=True, slots=True)
class Policy:
    """What an operator may set. ``None`` leaves the choice to the model's own swept thresholds.

    Attributes:
        name: what verdicts quote.
        review: score from which a finding counts at all.
        clean: score from which a finding is sure enough to be cut without a person.
        reject_share: share of a page's visible text in findings from which the whole page is spam.
        labels: score from which a finding of one label counts, by label; over 1 switches the label off.
        places: places whose findings count; empty means all.
    """

    name: str = "default"
    review: float | None = None
    clean: float | None = None
    reject_share: float = 0.5
    labels: Mapping[str, float] = field(default_factory=dict)
    places: frozenset[Place] = frozenset()

    def with_thresholds(self, thresholds: Mapping[str, float]) -> Policy:
        """This policy with the model's thresholds where it sets none."""
        return replace(
            self,
            review=thresholds["review"] if self.review is None else self.review,
            clean=thresholds["clean"] if self.clean is None else self.clean,
        )

    def counts(self, label: str, score: float, place: Place) -> bool:
        """Whether a finding counts under this policy (call it on a policy with thresholds)."""
        if self.places and place not in self.places:
            return False
        return score >= self.labels.get(label, self.review or 0.0)

    @classmethod
    def load(cls, path: str | Path) -> Policy:
        """Reads a policy from a TOML file; every key is optional and named as the attributes are.

        Raises:
            PolicyError: the file cannot be read, or says something that cannot be meant.
        """
        try:
            row = tomllib.loads(Path(path).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise PolicyError(f"{path} cannot be read as a policy: {error}") from None
        return cls.from_dict(row, str(path))

    @classmethod
    def from_dict(cls, row: Mapping[str, Any], where: str = "policy") -> Policy:
        """A policy from a mapping with the attributes' names, checked."""
        unknown = sorted(set(row) - set(cls.__slots__))
        if unknown:
            raise PolicyError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(cls.__slots__))}")
        labels = row.get("labels", {})
        if not isinstance(labels, Mapping):
            raise PolicyError(f"{where}: labels = {labels!r} is no table; write [labels] and one label = score a line")
        numbers = {key: row[key] for key in ("review", "clean", "reject_share") if row.get(key) is not None}
        for key, value in {**numbers, **{f"labels.{label}": score for label, score in labels.items()}}.items():
            # Not "value < 0": a NaN is no score either.
            if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
                raise PolicyError(f"{where}: {key} = {value!r} is not a score; give a number from 0 to 1")
        try:
            places = frozenset(Place(place) for place in row.get("places", ()))
        except ValueError as error:
            raise PolicyError(f"{where}: {error}; places are {', '.join(place.value for place in Place)}") from None
        return cls(
            name=str(row.get("name", "default")),
            places=places,
            labels=dict(labels),
            **{key: float(value) for key, value in numbers.items()},
        )


def decide(findings: Sequence[Finding], policy: Policy, share: float) -> Action:
    """The action for a page.

    Args:
        findings: the findings that count.
        policy: a policy with thresholds.
        share: share of the page's visible text that lies in findings, in [0, 1].
    """
    if not findings:
        return Action.ALLOW
    if any(reason.code == MINOR for finding in findings for reason in finding.reasons):
        return Action.REJECT
    sure = [finding for finding in findings if finding.score >= (policy.clean or 0.0)]
    # Rejecting a page takes two independent kinds of evidence: what the text says, and how the page is built.
    if sure and share >= policy.reject_share and any(_structural(finding) for finding in sure):
        return Action.REJECT
    return Action.CLEAN if len(sure) == len(findings) else Action.REVIEW


def _structural(finding: Finding) -> bool:
    return any(not reason.code.startswith("term:") and reason.weight > 0 for reason in finding.reasons)
