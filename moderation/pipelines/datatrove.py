"""Steps of a datatrove pipeline: one drops documents that carry injected spam, the other cuts it out.

Both judge ``Document.text``, markup or plain text, and write what they found to ``metadata["moderation"]``: the action
and the findings as in a verdict's JSON, or the error. Spans are those of the text before it was cut.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import nullcontext
from typing import Any

from datatrove.data import Document, DocumentsPipeline
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.formatters.base import BaseFormatter
from datatrove.pipeline.writers.disk_base import DiskWriter

from moderation.audit.judging import moderator_of
from moderation.data import Action, Page, Verdict
from moderation.errors import PageError
from moderation.stages.blocks import looks_like_html, outline

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
        return False, _label(verdict)


class SpamCleaner(BaseFormatter):  # type: ignore[misc]
    """Cuts the findings out of documents whose verdict says ``clean``; all others are handed on as they are.

    A document of which nothing is left to read is dropped, as it came; the reason is the label of the surest finding.
    Put a :class:`SpamFilter` behind it that drops ``review`` and ``reject``.

    Args:
        model: a model folder or the name of an installed one; None for the one that is shipped.
        policy: a TOML file; None for the model's own thresholds.
        exclusion_writer: writes the dropped documents; it is not that of another step, whose files it would write over.
    """

    name = "🛡 Injected spam, cut out"

    def __init__(
        self, model: str | None = None, policy: str | None = None, exclusion_writer: DiskWriter | None = None
    ) -> None:
        super().__init__()
        self.model = model
        self.policy = policy
        self.exclusion_writer = exclusion_writer

    def format(self, text: str) -> str:
        """A text without what was injected."""
        moderator = moderator_of(self.model, self.policy)
        try:
            return moderator.clean(text).content
        except PageError:
            return text

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        """The documents, cleaned."""
        with self.exclusion_writer or nullcontext() as writer:
            for doc in data:
                self.stat_update("total")
                with self.track_time():
                    reason = self._clean(doc)
                if reason is None:
                    self.stat_update("forwarded")
                    yield doc
                    continue
                self.stat_update("dropped", f"dropped_{reason}")
                if writer is not None:
                    doc.metadata["filter_reason"] = reason
                    writer.write(doc, rank)

    def _clean(self, doc: Document) -> str | None:
        """Cleans a document that is to be cleaned; the label of one of which nothing would be left, else None."""
        verdict = _judge(doc, self.model, self.policy)
        if verdict is None or verdict.action is not Action.CLEAN:
            return None
        content = moderator_of(self.model, self.policy).clean(doc.text, verdict).content
        if not any(block.text.strip() for block in outline(Page(content, looks_like_html(content))).blocks):
            return _label(verdict)
        doc.text = content
        self.stat_update("cleaned")
        return None


def _label(verdict: Verdict) -> str:
    """The label of the surest finding."""
    return max(verdict.findings, key=lambda finding: finding.score).label


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
