"""The texts of pages: streams with blocks of any nesting, rich text, inline children."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modelcluster.models import get_all_child_relations
from wagtail import blocks
from wagtail.blocks import field_block
from wagtail.contrib.table_block.blocks import TableBlock
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page

from moderation.django.fields import put, register, texts_of
from moderation.entries import Document, Kind, Text

__all__ = ["page_document", "page_texts", "put_texts", "register_fields"]

# Of the fields that every page has, those that a visitor or a search engine reads.
_READ = frozenset(("title", "seo_title", "search_description"))
# Blocks whose strings are no text: choices, addresses, numbers, keys of other things.
_OTHER = (
    field_block.BaseChoiceBlock,
    blocks.BooleanBlock,
    blocks.ChooserBlock,
    blocks.DateBlock,
    blocks.DateTimeBlock,
    blocks.DecimalBlock,
    blocks.EmailBlock,
    blocks.RegexBlock,
    blocks.StaticBlock,
    blocks.TimeBlock,
    blocks.URLBlock,
)
_MARKUP = (blocks.RichTextBlock, blocks.RawHTMLBlock)


class _RichText:
    """A field of rich text."""

    def read(self, field: Any, value: Any, name: str) -> Iterator[Text]:
        if isinstance(value, str):
            yield Text(name, value, Kind.HTML)

    def write(self, field: Any, value: Any, name: str, cleaned: Mapping[str, str]) -> Any:
        return cleaned.get(name, value)


class _Stream:
    """A field of blocks, walked as it is stored: ``body.2.caption`` is the caption of its third block."""

    def read(self, field: Any, value: Any, name: str) -> Iterator[Text]:
        block = field.stream_block
        yield from _read(block, block.get_prep_value(value), name)

    def write(self, field: Any, value: Any, name: str, cleaned: Mapping[str, str]) -> Any:
        block = field.stream_block
        return block.to_python(_write(block, block.get_prep_value(value), name, cleaned))


def register_fields() -> None:
    """Makes Wagtail's own fields known."""
    register(RichTextField, _RichText())
    register(StreamField, _Stream())


def _parts(block: Any, raw: Any, name: str) -> Iterator[tuple[Any, Any, Any, str]]:
    """What a block is made of: the block and value of each part, its key in ``raw``, its name."""
    if isinstance(block, TypedTableBlock):
        columns = [block.child_blocks.get(column["type"]) for column in raw["columns"]]
        for at, column in enumerate(raw["columns"]):
            yield None, column["heading"], ("columns", at, "heading"), f"{name}.heading.{at}"
        for number, row in enumerate(raw["rows"]):
            for at, cell in enumerate(row["values"]):
                yield columns[at], cell, ("rows", number, "values", at), f"{name}.{number}.{at}"
        yield None, raw.get("caption"), ("caption",), f"{name}.caption"
    elif isinstance(block, blocks.BaseStreamBlock):
        for at, each in enumerate(raw):
            yield block.child_blocks.get(each["type"]), each["value"], (at, "value"), f"{name}.{at}"
    elif isinstance(block, blocks.ListBlock):
        for at, each in enumerate(raw):
            # Lists that were stored before items had identities hold the values alone.
            is_item = isinstance(each, Mapping) and each.get("type") == "item"
            value, key = (each["value"], (at, "value")) if is_item else (each, (at,))
            yield block.child_block, value, key, f"{name}.{at}"
    elif isinstance(block, blocks.BaseStructBlock):
        for part, child in block.child_blocks.items():
            yield child, raw.get(part), (part,), f"{name}.{part}"
    elif isinstance(block, TableBlock):
        for number, row in enumerate(raw.get("data") or ()):
            for at, cell in enumerate(row or ()):
                yield None, cell, ("data", number, at), f"{name}.{number}.{at}"
        yield None, raw.get("table_caption"), ("table_caption",), f"{name}.caption"
    else:
        # A block of the site's own: whatever strings it holds.
        for own, value in raw.items() if isinstance(raw, Mapping) else enumerate(raw):
            yield None, value, (own,), f"{name}.{own}"


def _read(block: Any, raw: Any, name: str) -> Iterator[Text]:
    if isinstance(block, _OTHER) or raw is None:
        return
    if isinstance(raw, str):
        yield Text(name, raw, Kind.HTML if isinstance(block, _MARKUP) else Kind.TEXT)
        return
    if isinstance(raw, list | dict):
        for child, value, _, part in _parts(block, raw, name):
            yield from _read(child, value, part)


def _write(block: Any, raw: Any, name: str, cleaned: Mapping[str, str]) -> Any:
    if isinstance(raw, str):
        return cleaned.get(name, raw)
    if isinstance(raw, list | dict):
        for child, value, key, part in _parts(block, raw, name):
            inside: Any = raw
            for step in key[:-1]:
                inside = inside[step]
            if value is not None and not isinstance(child, _OTHER):
                inside[key[-1]] = _write(child, value, part, cleaned)
    return raw


# --------------------------------------------------------------------------------------------------------------- pages


def _children(page: Any) -> Iterator[tuple[str, Any, list[Any]]]:
    """Inline children, such as related links: name, manager and instances, of the site's own models."""
    for relation in get_all_child_relations(type(page)):
        if not relation.related_model._meta.app_label.startswith("wagtail"):
            name = relation.get_accessor_name()
            manager = getattr(page, name)
            yield name, manager, list(manager.all())


def page_texts(page: Any) -> Iterator[Text]:
    """Every text of a page that somebody may read, the title first."""
    own = {field.name for field in Page._meta.get_fields()} - _READ
    texts = [text for text in texts_of(page) if text.name not in own]
    yield from sorted(texts, key=lambda text: text.name != "title")
    for name, _, children in _children(page):
        for at, child in enumerate(children):
            yield from texts_of(child, f"{name}.{at}.")


def page_document(page: Any) -> Document:
    """All texts of a page, to be judged together."""
    url = page.full_url if page.pk and page.url_path else None
    return Document.of(page_texts(page), url, f"page {page.pk or '(new)'}")


def put_texts(page: Any, cleaned: Mapping[str, str]) -> None:
    """Changes texts of a page, by their names; inline children are stored with it."""
    put(page, cleaned)
    for name, manager, children in _children(page):
        if any(each.startswith(f"{name}.") for each in cleaned):
            for at, child in enumerate(children):
                put(child, cleaned, f"{name}.{at}.")
            manager.set(children)
