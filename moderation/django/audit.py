"""What is stored already, judged: a line of JSON for each instance, and a summary."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext

from moderation.data import Action
from moderation.django.decide import is_excused
from moderation.django.judge import judge
from moderation.entries import Document
from moderation.presentation.wording import word

__all__ = ["Summary", "audit"]


@dataclass
class Summary:
    """Counts of an audit: verdicts by action, labels of pages, and what could not be judged."""

    actions: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    excused: int = 0

    @property
    def flagged(self) -> int:
        return self.actions.total() - self.actions[Action.ALLOW.value]

    @property
    def code(self) -> int:
        """The exit code, as that of the command line: 1 something flagged, 2 nothing but not all could be judged."""
        return 1 if self.flagged else 2 if self.errors else 0

    def __str__(self) -> str:
        total = self.actions.total() + self.errors + self.excused
        said = [gettext("%(flagged)s of %(total)s flagged") % {"flagged": self.flagged, "total": total}]
        if self.flagged:
            counts = {name: count for name, count in sorted(self.actions.items()) if name != Action.ALLOW.value}
            said[0] = gettext("%(flagged)s: %(counts)s") % {"flagged": said[0], "counts": _counted("action", counts)}
            said.append(gettext("labels: %(counts)s") % {"counts": _counted("label", self.labels)})
        said += [gettext("not judged: %(count)s") % {"count": self.errors}] if self.errors else []
        said += [gettext("not spam, as people said: %(count)s") % {"count": self.excused}] if self.excused else []
        return "\n".join(said)


def _counted(kind: str, counts: Mapping[str, int]) -> str:
    return gettext(", ").join(f"{word(kind, name)} {count}" for name, count in sorted(counts.items()))


def audit(
    documents: Iterable[tuple[str, Document]], write: Callable[[str], Any], *, flagged_only: bool = False
) -> Summary:
    """Judges documents.

    Args:
        documents: each with what it is known by.
        write: is given each line: ``id``, and the verdict as the command line prints it, each finding with its
            ``field`` and its place there; or the error. Findings are not masked: it is for machines.
        flagged_only: write no line for what passes.
    """
    summary = Summary()
    for name, document in documents:
        judgement = judge(document)
        row: dict[str, Any] = {"id": name}
        if judgement.verdict is None and judgement.error:
            summary.errors += 1
            row |= {"url": document.page.url, "error": {"code": judgement.code, "message": judgement.error}}
        elif judgement.verdict is not None:
            action = judgement.verdict.action
            row |= judgement.verdict.to_dict()
            for finding, found in zip(judgement.verdict.findings, row["findings"], strict=True):
                field_name, (start, end) = document.place(finding.span)
                found |= {"field": field_name, "field_start": start, "field_end": end}
            if action is not Action.ALLOW and is_excused(document):
                summary.excused += 1
                row["excused"] = True
            else:
                summary.actions[action.value] += 1
                summary.labels.update({finding.label for finding in judgement.verdict.findings})
        else:
            # A page without any text.
            summary.actions[Action.ALLOW.value] += 1
            row |= {"url": document.page.url, "action": Action.ALLOW.value, "findings": []}
        if not flagged_only or "error" in row or row.get("findings"):
            write(json.dumps(row, ensure_ascii=True))
    return summary
