"""Steps of a datatrove pipeline: one drops documents that carry injected spam, the other cuts it out.

Both judge ``Document.text``, markup or plain text, and write what they found to ``metadata["moderation"]``: the action
and the findings as in a verdict's JSON, or the error. Spans are those of the text before it was cut.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from datatrove.data import Document, DocumentsPipeline
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.formatters.base import BaseFormatter
from datatrove.pipeline.writers.disk_base import DiskWriter

from moderation.data import Action, Verdict
from moderation.errors import PageError
from moderation.judging import moderator_of

__all__ = ["SpamCleaner", "SpamFilter"]

FLAGGED = (Action.CLEAN.value, Action.REVIEW.value, Action.REJECT.value)


class SpamFilter(BaseFilter):  # type: ignore[misc]  # datatrove is not there for the type checker
    """Drops documents by their verdict; the reason is the label of the surest finding.

    A document that cannot be judged is kept.

    Args:
        actions: drop documents with one of these actions (default: all that are flagged).
        model: a model folder or the name of an installed one; None for the one that is shipped.
        policy: a TOML file; None for the model's own thresholds.
        exclusion_writer: writes the dropped documents.
    """

    name = "🛡 Injected spam"

    def __init__(
        self,
        actions: Collection[str] = FLAGGED,
        model: str | None = None,
        policy: str | None = None,
        exclusion_writer: DiskWriter | None = None,
    ) -> None:
        super().__init__(exclusion_writer)
        self.actions = frozenset(Action(action).value for action in actions)
        self.model = model
        self.policy = policy

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Whether to keep a document, and if not, why."""
        verdict = _judge(doc, self.model, self.policy)
        if verdict is None or verdict.action.value not in self.actions:
            return True
        return False, max(verdict.findings, key=lambda finding: finding.score).label


class SpamCleaner(BaseFormatter):  # type: ignore[misc]
    """Cuts the findings out of documents whose verdict says ``clean``; all others are handed on as they are.

    Put a :class:`SpamFilter` behind it that drops ``review`` and ``reject``.

    Args:
        model: a model folder or the name of an installed one; None for the one that is shipped.
        policy: a TOML file; None for the model's own thresholds.
    """

    name = "🛡 Injected spam, cut out"

    def __init__(self, model: str | None = None, policy: str | None = None) -> None:
        super().__init__()
        self.model = model
        self.policy = policy

    def format(self, text: str) -> str:
        """A text without what was injected."""
        moderator = moderator_of(self.model, self.policy)
        try:
            return moderator.clean(text).content
        except PageError:
            return text

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        """The documents, cleaned."""
        for doc in data:
            self.stat_update("total")
            with self.track_time():
                verdict = _judge(doc, self.model, self.policy)
                if verdict is not None and verdict.action is Action.CLEAN:
                    doc.text = moderator_of(self.model, self.policy).clean(doc.text, verdict).content
                    self.stat_update("cleaned")
            yield doc


def _judge(doc: Document, model: str | None, policy: str | None) -> Verdict | None:
    found: dict[str, Any]
    try:
        verdict = moderator_of(model, policy).check(doc.text, doc.metadata.get("url"))
    except PageError as error:
        doc.metadata["moderation"] = {"error": error.to_dict()}
        return None
    found = verdict.to_dict()
    found.pop("url", None)
    doc.metadata["moderation"] = found
    return verdict
