"""What the readers of archives hand over, and how bytes of a record become a page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from moderation.common.limits import MAX_SIZE
from moderation.common.messages import gettext
from moderation.data import Page
from moderation.errors import EmptyPage, PageError, PageTooLarge
from moderation.stages.blocks import looks_like_html
from moderation.stages.decode import charset_of, decode

__all__ = ["MAX_SIZE", "At", "Batch", "Outcome", "Record", "Skip", "as_page", "date_of", "is_page_type"]

# Characters of a content type that are looked at.
_TYPE = 512
_PAGES = frozenset({"text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml", ""})


class Record(NamedTuple):
    """One page of an archive.

    ``date`` is ISO 8601 in UTC or empty; ``id`` is the record's own, or empty; ``listed`` says whether the page list of
    a WACZ names the page, that is, whether people were meant to come to it, and is None where there is no list.
    """

    page: Page
    date: str = ""
    id: str = ""
    listed: bool | None = None


class Skip(NamedTuple):
    """A record that holds no page: a request, an image, a redirect without a body; ``kind`` says which."""

    where: str
    kind: str


Outcome = Record | Skip | PageError
# Is told, before each record is handed over, about how many bytes of the file are read.
At = Callable[[int], None]


class Batch(NamedTuple):
    """A stretch of one archive that is read by itself, in any process.

    ``start`` is the byte offset of its first record, or the number of its first member or row; ``size`` is how many
    records it holds, of whatever kind, -1 for all to the end. ``end`` is the byte behind the archive inside a larger
    file, -1 for the end of the file.
    """

    path: str
    format: str
    start: int = 0
    size: int = -1
    end: int = -1


def is_page_type(content_type: str) -> bool:
    """Whether a record of this type may be a page; one without a type is looked at."""
    return content_type[:_TYPE].partition(";")[0].strip().lower() in _PAGES


def date_of(text: str) -> str:
    """A date of ISO 8601, or one of digits alone, as ``2024-05-01T12:00:00Z``; empty if it is none."""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return ""
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def as_page(data: bytes, content_type: str, url: str | None, where: str, *, is_text: bool = False) -> Page:
    """The bytes of a record as a page.

    Args:
        data: at most :data:`~moderation.common.limits.MAX_SIZE` and one more, to tell that there was more.
        content_type: as declared, for its charset.
        url: where the page is from.
        where: names the record.
        is_text: whether it is known to be text without markup.

    Raises:
        PageError: it is empty, binary or too large.
    """
    if len(data) > MAX_SIZE:
        raise PageTooLarge(
            gettext("{where}: more than a page may have ({max_size:,} bytes); judge it by hand").format(
                where=where, max_size=MAX_SIZE
            ),
            where,
        )
    try:
        decoded = decode(data, charset_of(content_type[:_TYPE]))
    except PageError as error:
        raise type(error)(gettext("{where}: {error}").format(where=where, error=error), where) from None
    if decoded.text.isspace():
        raise EmptyPage(gettext("{where}: only white space; nothing to judge").format(where=where), where)
    is_html = not is_text and looks_like_html(decoded.text)
    return Page(decoded.text, is_html, url, decoded.encoding, where, decoded.replaced)
