"""The texts of any model's instance, found by the kinds of its fields, and put back.

What a kind of field holds is said by a :class:`FieldReader`; :mod:`moderation.wagtail` registers those of its own
fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from django.db import models

from moderation.entries import Document, Kind, Text
from moderation.stages.blocks import looks_like_html

__all__ = ["FieldReader", "describe", "document_of", "put", "register", "text_fields", "texts_of"]

_TITLES = frozenset(("title", "headline", "name", "subject"))
_METAS = frozenset(("description", "keywords", "meta_description", "meta_keywords", "meta_title", "search_description"))
_METAS |= {"seo_description", "seo_keywords", "seo_title"}
# Text fields whose text nobody reads as text.
_OTHER = (models.SlugField, models.URLField, models.EmailField)


class FieldReader(Protocol):
    """The texts in the value of a field, and the value with some of them changed."""

    def read(self, field: Any, value: Any, name: str) -> Iterator[Text]:
        """The texts, each under a name that begins with the field's."""

    def write(self, field: Any, value: Any, name: str, cleaned: Mapping[str, str]) -> Any:
        """The value with texts changed, by their names."""


class _Plain:
    """A field that holds one text."""

    def read(self, field: Any, value: Any, name: str) -> Iterator[Text]:
        if isinstance(value, str):
            yield Text(name, value, _kind(field, value))

    def write(self, field: Any, value: Any, name: str, cleaned: Mapping[str, str]) -> Any:
        return cleaned.get(name, value)


# What is said of models that cannot say it themselves: their fields, and whether they are comments.
_DESCRIBED: dict[type[Any], tuple[Mapping[str, str | None], bool]] = {}
_READERS: dict[type[Any], FieldReader] = {models.CharField: _Plain(), models.TextField: _Plain()}


def register(field: type[Any], reader: FieldReader) -> None:
    """Makes fields of a class, and of its subclasses, known."""
    _READERS[field] = reader


def describe(model: type[Any], fields: Mapping[str, str | None], *, is_comment: bool = False) -> None:
    """Says of a model what ``moderation_fields`` and ``moderation_comment`` say of one's own."""
    _DESCRIBED[model] = fields, is_comment


def text_fields(model: Any) -> Iterator[tuple[Any, FieldReader]]:
    """The fields of a model that hold text which people write and read.

    A model may say otherwise: ``moderation_fields = {"headline": "title", "notes": None}`` gives the kind of a field
    (``title``, ``meta``, ``text`` or ``html``), or leaves it out.
    """
    said = _said(model)
    for field in model._meta.get_fields():
        name = field.name
        if not getattr(field, "concrete", False) or getattr(field, "primary_key", False):
            continue
        if name in said and said[name] is None:
            continue
        reader = next((_READERS[kind] for kind in type(field).__mro__ if kind in _READERS), None)
        if reader is None or isinstance(field, _OTHER):
            continue
        if name in said or (field.editable and not getattr(field, "choices", None)):
            yield field, reader


def texts_of(instance: Any, before: str = "") -> Iterator[Text]:
    """Every text of an instance, under the names of its fields."""
    said = _said(type(instance))
    for field, reader in text_fields(type(instance)):
        for text in reader.read(field, getattr(instance, field.name), before + field.name):
            kind = said.get(field.name)
            yield text._replace(kind=Kind(kind)) if kind else text


def document_of(instance: Any, url: str | None = None) -> Document:
    """All texts of an instance, to be judged together."""
    where = f"{instance._meta.label} {instance.pk or '(new)'}"
    return Document.of(texts_of(instance), url, where, is_comment=_is_comment(type(instance)))


def put(instance: Any, cleaned: Mapping[str, str], before: str = "") -> None:
    """Changes texts of an instance, by their names."""
    for field, reader in text_fields(type(instance)):
        name = before + field.name
        if any(each == name or each.startswith(f"{name}.") for each in cleaned):
            value = getattr(instance, field.name)
            setattr(instance, field.name, reader.write(field, value, name, cleaned))


def _said(model: Any) -> Mapping[str, str | None]:
    return _DESCRIBED[model][0] if model in _DESCRIBED else getattr(model, "moderation_fields", {})


def _is_comment(model: Any) -> bool:
    return _DESCRIBED[model][1] if model in _DESCRIBED else bool(getattr(model, "moderation_comment", False))


def _kind(field: Any, value: str) -> Kind:
    if field.name in _TITLES:
        return Kind.TITLE
    if field.name in _METAS:
        return Kind.META
    # A field of one line is text; a longer one may hold markup.
    return Kind.HTML if isinstance(field, models.TextField) and looks_like_html(value) else Kind.TEXT
