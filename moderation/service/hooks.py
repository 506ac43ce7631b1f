"""A site's webhook as its configuration has it: the shared secret, which fields are texts, where verdicts go.

Signatures are those of Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 over the identity of the
message, its time and its body, so that any of its libraries makes them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

from moderation.common.messages import gettext
from moderation.entries import Document, Kind, Text
from moderation.errors import ServiceError
from moderation.stages.blocks import looks_like_html

__all__ = ["FIELDS", "Webhook", "document_of", "read_webhook", "signature", "value_at"]

# What a field may be; "body" is markup if it looks like it. "id" and "url" are no texts: they are given back.
FIELDS = ("title", "meta", "text", "html", "body", "id", "url")
_DEFAULT = {
    "title": ("title",), "meta": ("meta.description", "meta.keywords"), "text": ("summary", "text"), "html": ("html",),
    "body": ("body", "content"), "id": ("id",), "url": ("url",),
}  # fmt: skip
_PREFIX = "whsec_"
_LEAST = 24
# Deeper is no rich text, and no text at all.
_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Webhook:
    """What a site's webhook may do.

    Attributes:
        secret: shared with the site.
        fields: paths into an entry by what stands there (:data:`FIELDS`); empty where the request says it.
        tolerance: seconds by which the time of a message may differ from the clock.
        callback: where verdicts are sent that are asked for so; None to send none.
    """

    secret: bytes = field(repr=False)
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tolerance: float = 300.0
    callback: str | None = None


def read_webhook(table: Any, where: str) -> Webhook:
    """Checks the table of a site.

    Raises:
        ServiceError: it says something that cannot be meant.
    """
    if not isinstance(table, dict):
        raise ServiceError(gettext("{where} is no table; write [sites.NAME.webhook]").format(where=where))
    known = {each.name for each in fields(Webhook)}
    unknown = sorted(set(table) - known)
    if unknown:
        raise ServiceError(
            gettext("{where}: unknown key {unknown}; known are {known}").format(
                where=where, unknown=unknown[0], known=", ".join(sorted(known))
            )
        )
    tolerance = table.get("tolerance", 300.0)
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or not 0 < tolerance <= 3600:
        raise ServiceError(
            gettext("{where}.tolerance = {tolerance!r}; give seconds, from 1 to 3600").format(
                where=where, tolerance=tolerance
            )
        )
    callback = table.get("callback")
    if callback is not None:
        address = urlsplit(callback) if isinstance(callback, str) else None
        if address is None or address.scheme not in ("http", "https") or not address.hostname:
            raise ServiceError(
                gettext(
                    "{where}.callback = {callback!r}; give an address such as http://127.0.0.1:3000/verdicts"
                ).format(where=where, callback=callback)
            )
    paths = table.get("fields", {})
    if not isinstance(paths, dict):
        raise ServiceError(
            gettext('{where}.fields is no table; write fields = {{ title = "doc.title" }}').format(where=where)
        )
    return Webhook(
        _secret(table.get("secret"), where), read_fields(paths, f"{where}.fields"), float(tolerance), callback
    )


def read_fields(given: Mapping[str, Any], where: str) -> dict[str, tuple[str, ...]]:
    """Paths by what stands there.

    Raises:
        ServiceError: it is none of the known names, or no path.
    """
    found = {}
    for name, paths in given.items():
        several = [paths] if isinstance(paths, str) else paths
        if name not in FIELDS:
            raise ServiceError(
                gettext("{where}: unknown name {name}; known are {known}").format(
                    where=where, name=name, known=", ".join(FIELDS)
                )
            )
        if not isinstance(several, list | tuple) or not all(isinstance(path, str) and path for path in several):
            raise ServiceError(
                gettext('{where}.{name} = {paths!r}; give a path such as "doc.title", or a list of them').format(
                    where=where, name=name, paths=paths
                )
            )
        found[name] = tuple(several)
    return found


def _secret(given: Any, where: str) -> bytes:
    try:
        found = base64.b64decode(str(given).removeprefix(_PREFIX), validate=True) if given else b""
    except binascii.Error:
        found = b""
    if len(found) < _LEAST:
        raise ServiceError(
            gettext(
                "{where}.secret is no secret; give {prefix} and the Base64 of at least {least} random bytes"
            ).format(where=where, prefix=_PREFIX, least=_LEAST)
        )
    return found


def signature(secret: bytes, name: str, time: str, body: bytes) -> str:
    """The signature of a message, as its header has it."""
    signed = f"{name}.{time}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


# -------------------------------------------------------------------------------------------------------------- fields


def value_at(entry: Any, path: str) -> Any:
    """What stands at a path without ``*``; None where there is nothing."""
    return next((value for _, value in _walk(entry, path.split("."), "")), None)


def document_of(entry: Any, paths: Mapping[str, Sequence[str]], *, is_comment: bool = False) -> Document:
    """The texts of an entry, each known by its path.

    A path such as ``layout.*.body`` goes through every item of a list. Where it ends at an object or a list, as the
    rich text of many editors is, all strings under the key ``text`` are taken, those of one parent as one line.
    """
    chosen = paths or _DEFAULT
    texts: dict[str, Text] = {}
    for name in ("title", "meta", "text", "html", "body"):
        for path in chosen.get(name, ()):
            for place, value in _walk(entry, path.split("."), ""):
                for text in _texts(value, place, name):
                    texts.setdefault(text.name, text)
    url = next((value for path in chosen.get("url", ()) if isinstance(value := value_at(entry, path), str)), None)
    return Document.of(texts.values(), url, "webhook", is_comment=is_comment)


def _walk(value: Any, path: list[str], place: str) -> Iterator[tuple[str, Any]]:
    if not path:
        yield place, value
        return
    step, rest = path[0], path[1:]
    before = f"{place}." if place else ""
    if step == "*" and isinstance(value, list):
        for at, item in enumerate(value):
            yield from _walk(item, rest, f"{before}{at}")
    elif step == "*" and isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, rest, f"{before}{key}")
    elif isinstance(value, dict) and step in value:
        yield from _walk(value[step], rest, f"{before}{step}")
    elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        yield from _walk(value[int(step)], rest, f"{before}{step}")


def _texts(value: Any, place: str, name: str) -> Iterator[Text]:
    if isinstance(value, str):
        markup = name == "html" or (name == "body" and looks_like_html(value))
        kind = Kind.HTML if markup else Kind(name) if name in ("title", "meta") else Kind.TEXT
        yield Text(place, value, kind)
    else:
        yield from _pieces(value, place, "", 0)


def _pieces(value: Any, place: str, parent: str, depth: int) -> Iterator[Text]:
    """The strings of rich text, in their order."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for at, item in enumerate(value):
            yield from _pieces(item, f"{place}.{at}", place, depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "text" and isinstance(item, str):
                yield Text(f"{place}.{key}", item, Kind.TEXT, parent)
            elif isinstance(item, list | dict):
                yield from _pieces(item, f"{place}.{key}", parent, depth + 1)
