"""What an operator may set, and how findings become an action."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from moderation.common.addresses import host_of
from moderation.common.messages import gettext
from moderation.data import Action, Finding, Place
from moderation.errors import PolicyError

__all__ = [
    "BUDGET",
    "ENDS",
    "MINOR",
    "SHORT",
    "THROUGHOUT",
    "Policy",
    "decide",
    "is_deed",
    "is_structural",
    "is_unread",
]

# The reason code of the generic rule: an adult finding beside an age below 18 is rejected and its text withheld.
MINOR = "rule:minor"
# That of a page that took more than a page may: what was not read of it is for a person. And that of a finding which is
# one of too many to be told with its reasons.
BUDGET, SHORT = "rule:budget", "rule:short"
# That of findings on a page whose rest is like pages of spam as well.
THROUGHOUT = "rule:throughout"
# That of a finding which may begin or end elsewhere: what is cut of the page is for a person to say.
ENDS = "rule:ends"
# Any score over 1 switches a label off.
_MOST = 1e9
_SCORES = ("review", "clean", "reject_share")
_FAIL = ("open", "closed")
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*\.?")


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
        phrases: what the site itself says; a finding that holds nothing else does not count.
        hosts: the action for a flagged page of a host and of those below it, whatever else is set; with ``allow`` such
            pages are only reported.
        actions: the action to take in the place of another one; with ``allow`` the findings are only reported.
        comments: the action for a comment that would be cleaned, after all of these: what is left of a spammer's
            comment is still theirs, so it is not published by default.
        fail: what a service answers when it can give no verdict: ``open`` allows, ``closed`` holds for review, and
            None says that it is to be asked again.
    """

    name: str = "default"
    review: float | None = None
    clean: float | None = None
    reject_share: float = 0.5
    labels: Mapping[str, float] = field(default_factory=dict)
    places: frozenset[Place] = frozenset()
    phrases: tuple[str, ...] = ()
    hosts: Mapping[str, Action] = field(default_factory=dict)
    actions: Mapping[Action, Action] = field(default_factory=dict)
    comments: Action = Action.REVIEW
    fail: Literal["open", "closed"] | None = None

    def with_thresholds(self, thresholds: Mapping[str, float]) -> Policy:
        """This policy with the model's thresholds where it sets none."""
        return replace(
            self,
            review=thresholds["review"] if self.review is None else self.review,
            clean=thresholds["clean"] if self.clean is None else self.clean,
        )

    def require(self, labels: Sequence[str], where: str = "policy") -> None:
        """Refuses a policy that sets a label which a model does not have: it would do nothing.

        Args:
            labels: of the model.
            where: what the policy is called.

        Raises:
            PolicyError: names the label.
        """
        unknown = sorted(set(self.labels) - set(labels))
        if unknown:
            said = gettext("the model has no label {unknown!r}; its labels are {labels}").format(
                unknown=unknown[0], labels=", ".join(labels)
            )
            raise PolicyError(
                gettext("{where}: labels.{unknown} cannot be set: {said}").format(
                    where=where, unknown=unknown[0], said=said
                )
            )

    @property
    def least(self) -> float:
        """The least score from which a finding of some label counts."""
        return min(self.review or 0.0, *self.labels.values(), 1.0)

    def counts(self, label: str, score: float, place: Place, text: str = "") -> bool:
        """Whether a finding counts under this policy (call it on a policy with thresholds).

        A finding without a text, as one that is withheld has none, is never the site's own words.
        """
        if self.places and place not in self.places:
            return False
        if score < self.labels.get(label, self.review or 0.0):
            return False
        return not (self.phrases and text and _is_covered(_plain(text), self.phrases))

    def action(self, found: Action, url: str | None, *, is_comment: bool = False) -> Action:
        """What to do with a flagged page, in the place of what its findings say."""
        wanted = self._wanted(found, url)
        return self.comments if is_comment and wanted is Action.CLEAN else wanted

    def _wanted(self, found: Action, url: str | None) -> Action:
        host = _host_of(url) if url and self.hosts else ""
        while host:
            if host in self.hosts:
                return self.hosts[host]
            host = host.partition(".")[2]
        return self.actions.get(found, found)

    @classmethod
    def load(cls, path: str | Path) -> Policy:
        """Reads a policy from a TOML file; every key is optional and named as the attributes are.

        Raises:
            PolicyError: the file cannot be read, or says something that cannot be meant.
        """
        try:
            row = tomllib.loads(Path(path).read_text("utf-8"))
        # Python's reader of TOML calls itself for each bracket.
        except (OSError, ValueError, RecursionError) as error:
            raise PolicyError(
                gettext("{path} cannot be read as a policy: {error}").format(path=path, error=error)
            ) from None
        return cls.from_dict(row, str(path))

    @classmethod
    def from_dict(cls, row: Mapping[str, Any], where: str = "policy") -> Policy:
        """A policy from a mapping with the attributes' names, checked."""
        unknown = sorted(set(row) - set(cls.__slots__))
        if unknown:
            raise PolicyError(
                gettext("{where}: unknown key {unknown!r}; known are {known}").format(
                    where=where, unknown=unknown[0], known=", ".join(sorted(cls.__slots__))
                )
            )
        labels = _table(row, "labels", where, gettext("label = score"))
        numbers = {key: row[key] for key in _SCORES if row.get(key) is not None}
        for key, value in {**numbers, **{f"labels.{label}": score for label, score in labels.items()}}.items():
            # Not "value < 0": a NaN is no score either. Neither is what is too large for one.
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST:
                raise PolicyError(
                    gettext("{where}: {key} = {value!r} is not a score; give a number from 0 to 1").format(
                        where=where, key=key, value=value
                    )
                )
        try:
            places = frozenset(Place(place) for place in row.get("places", ()))
        except (TypeError, ValueError) as error:
            raise PolicyError(
                gettext("{where}: {error}; places are {places}").format(
                    where=where, error=error, places=", ".join(place.value for place in Place)
                )
            ) from None
        fail = row.get("fail")
        if fail is not None and fail not in _FAIL:
            raise PolicyError(
                gettext('{where}: fail = {fail!r}; give "open", "closed", or leave it out').format(
                    where=where, fail=fail
                )
            )
        return cls(
            name=str(row.get("name", "default")),
            places=places,
            labels=dict(labels),
            phrases=_phrases(row.get("phrases", ()), where),
            hosts=_hosts(_table(row, "hosts", where, gettext('"host" = action')), where),
            actions=_actions(_table(row, "actions", where, gettext("action = action")), where),
            comments=_action(row.get("comments", Action.REVIEW), "comments", where),
            fail=fail,
            **{key: float(value) for key, value in numbers.items()},
        )


def decide(
    findings: Sequence[Finding], policy: Policy, share: float, url: str | None = None, *, is_comment: bool = False
) -> Action:
    """The action for a page.

    Args:
        findings: the findings that count.
        policy: a policy with thresholds.
        share: share of the page's visible text that lies in findings, in [0, 1].
        url: where the page is from.
        is_comment: whether a visitor wrote all of it.
    """
    if not findings:
        return Action.ALLOW
    # Nobody can set that this be published.
    if any(reason.code == MINOR for finding in findings for reason in finding.reasons):
        return Action.REJECT
    return policy.action(_by_findings(findings, policy, share), url, is_comment=is_comment)


def _by_findings(findings: Sequence[Finding], policy: Policy, share: float) -> Action:
    read = [finding for finding in findings if not is_unread(finding)]
    action = _by_read(read, policy, share) if read else Action.REVIEW
    # What was not read may be anything: the page cannot be let pass, nor be cut by half.
    return action if len(read) == len(findings) or action is Action.REJECT else Action.REVIEW


def is_unread(finding: Finding) -> bool:
    """Whether a finding says that the page was not read from there on, and nothing else."""
    return any(reason.code == BUDGET for reason in finding.reasons)


def _by_read(findings: Sequence[Finding], policy: Policy, share: float) -> Action:
    sure = [each for each in findings if each.score >= (policy.clean or 0.0) and not is_deed(each)]
    # Rejecting a page takes two independent kinds of evidence: what a text says; and what the rest of the page says, or
    # another text, or how the page is built.
    is_twofold = len({finding.text for finding in sure}) > 1 or any(_structural(finding) for finding in sure)
    is_throughout = any(reason.code == THROUGHOUT for finding in sure for reason in finding.reasons)
    if is_throughout or (is_twofold and share >= policy.reject_share):
        return Action.REJECT
    is_exact = not any(reason.code == ENDS for finding in findings for reason in finding.reasons)
    return Action.CLEAN if is_exact and len(sure) == len(findings) else Action.REVIEW


# Reasons that say how the page is built; all others say what the text is.
_STRUCTURAL = ("shape:", "place:", "script:", "gloss:", "meta:", "entity:", "page:foreign-words")


def is_structural(code: str) -> bool:
    """Whether a reason says how the page is built, beside what the text says."""
    # That there is no page says nothing of how one is built.
    return code.startswith(_STRUCTURAL) and code != "place:no-page"


def is_deed(finding: Finding) -> bool:
    """Whether a finding is what a script does, not a text: how sure it is, is for a person to say."""
    return (
        finding.place is Place.SCRIPT
        and bool(finding.reasons)
        and all(reason.code.startswith("script:") for reason in finding.reasons)
    )


def _structural(finding: Finding) -> bool:
    return any(is_structural(reason.code) and reason.weight > 0 for reason in finding.reasons)


# ------------------------------------------------------------------------------------------------ phrases and hosts


def _plain(text: str) -> str:
    """A text as phrases are compared: full width, case and space do not matter; other disguises do."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@lru_cache(maxsize=64)
def _all_plain(phrases: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({_plain(phrase) for phrase in phrases}))


def _is_covered(text: str, phrases: tuple[str, ...]) -> bool:
    """Whether every letter and digit of a text stands in one of some phrases."""
    covered = bytearray(len(text))
    for phrase in _all_plain(phrases):
        at = text.find(phrase)
        while at >= 0:
            covered[at : at + len(phrase)] = b"\1" * len(phrase)
            at = text.find(phrase, at + 1)
    return all(covered[index] or not letter.isalnum() for index, letter in enumerate(text))


def _host_of(url: str) -> str:
    return _ascii(host_of(url))


def _ascii(host: str) -> str:
    """A host name as it is asked for: Punycode, in small letters, without a dot at its end."""
    try:
        return host.encode("idna").decode("ascii").lower().rstrip(".")
    except UnicodeError:
        return host.lower().rstrip(".")


# ------------------------------------------------------------------------------------------------------- reading files


def _table(row: Mapping[str, Any], key: str, where: str, line: str) -> Mapping[str, Any]:
    table = row.get(key, {})
    if not isinstance(table, Mapping):
        raise PolicyError(
            gettext("{where}: {key} = {table!r} is no table; write [{key}] and one {line} a line").format(
                where=where, key=key, table=table, line=line
            )
        )
    return table


def _phrases(given: Any, where: str) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise PolicyError(
            gettext('{where}: phrases = {given!r} is no list; write phrases = ["…", "…"]').format(
                where=where, given=given
            )
        )
    for phrase in given:
        if not isinstance(phrase, str) or not any(letter.isalnum() for letter in phrase):
            raise PolicyError(
                gettext(
                    "{where}: {phrase!r} in phrases is no phrase; give texts with a letter or digit in them"
                ).format(where=where, phrase=phrase)
            )
    return tuple(given)


def _hosts(table: Mapping[str, Any], where: str) -> dict[str, Action]:
    hosts = {}
    for name, action in table.items():
        if not _HOST.fullmatch(name):
            said = gettext("a host covers those below it; write its name alone, without scheme, port, path or star")
            raise PolicyError(
                gettext("{where}: {name!r} in hosts is no host name; {said}").format(where=where, name=name, said=said)
            )
        hosts[_ascii(name)] = _action(action, f"hosts.{name}", where)
    return hosts


def _actions(table: Mapping[str, Any], where: str) -> dict[Action, Action]:
    for name in table:
        if name not in ("clean", "review", "reject"):
            raise PolicyError(
                gettext("{where}: actions.{name} cannot be set; clean, review and reject can").format(
                    where=where, name=name
                )
            )
    return {Action(name): _action(action, f"actions.{name}", where) for name, action in table.items()}


def _action(value: Any, key: str, where: str) -> Action:
    try:
        return Action(value)
    except ValueError:
        known = ", ".join(action.value for action in Action)
        raise PolicyError(
            gettext("{where}: {key} = {value!r} is no action; actions are {known}").format(
                where=where, key=key, value=value, known=known
            )
        ) from None
