"""A Scrapy item pipeline: what was injected is cut out of an item, or the item is dropped.

Settings (all may be left out)::

    ITEM_PIPELINES = {"moderation.pipelines.scrapy.ModerationPipeline": 300}
    MODERATION_FIELDS = {"title": "headline", "html": "body"}   # fields of an entry: those of the item
    MODERATION_DROP = ["review", "reject"]                      # drop items with one of these actions
    MODERATION_MODEL = None
    MODERATION_POLICY = None                                    # a TOML file

The verdict is written to the item's field ``moderation``, where it may have one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem

from moderation.audit.judging import moderator_of
from moderation.data import Action
from moderation.entries import Entry
from moderation.errors import PageError

__all__ = ["ModerationPipeline"]

_FIELDS = {name: name for name in ("title", "summary", "html", "body", "text")}
_DROP = (Action.REVIEW.value, Action.REJECT.value)


class ModerationPipeline:
    """The pipeline.

    Args:
        fields: names of an entry's fields (see :class:`moderation.entries.Entry`), and what they are called in items.
        drop: actions whose items are dropped.
        model: a model folder or the name of an installed one; None for the one that is shipped.
        policy: a TOML file; None for the model's own thresholds.
        stats: the crawler's, which are told of each action.
    """

    def __init__(
        self,
        fields: Mapping[str, str] = _FIELDS,
        drop: Collection[str] = _DROP,
        model: str | None = None,
        policy: str | None = None,
        stats: Any = None,
    ) -> None:
        self.fields = dict(fields)
        self.drop = frozenset(Action(action) for action in drop)
        self.moderator = moderator_of(model, policy)
        self.stats = stats

    @classmethod
    def from_crawler(cls, crawler: Any) -> ModerationPipeline:
        """As the settings say."""
        settings = crawler.settings
        return cls(
            settings.getdict("MODERATION_FIELDS") or _FIELDS,
            settings.getlist("MODERATION_DROP", _DROP),
            settings.get("MODERATION_MODEL"),
            settings.get("MODERATION_POLICY"),
            crawler.stats,
        )

    def process_item(self, item: Any, spider: Any = None) -> Any:
        """The item, cleaned where its verdict says so.

        Raises:
            DropItem: its verdict is one of those to be dropped.
        """
        adapter = ItemAdapter(item)
        given = {ours: adapter.get(theirs) for ours, theirs in self.fields.items()}
        texts = {name: text for name, text in given.items() if isinstance(text, str)}
        entry = Entry.of(texts, adapter.get("url"), "item")
        try:
            verdict = self.moderator.check(entry.page)
        except PageError as error:
            self._count(f"error/{error.code}")
            return item
        self._count(verdict.action.value)
        if verdict.action in self.drop:
            labels = ", ".join(sorted({finding.label for finding in verdict.findings}))
            raise DropItem(f"injected spam ({labels})")
        if verdict.action is Action.CLEAN:
            for name, text in entry.cleaned(self.moderator.clean(entry.page, verdict)).items():
                adapter[self.fields[name]] = text
        # An item with fixed fields may have no place for it.
        if "moderation" in adapter.field_names() or isinstance(item, dict):
            adapter["moderation"] = verdict.to_dict()
        return item

    def _count(self, name: str) -> None:
        if self.stats is not None:
            self.stats.inc_value(f"moderation/{name}")
