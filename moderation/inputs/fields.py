"""Title, markup and text as fields of their own -> the one page they make: for rows of JSON Lines and of tables, and
for the entries of a CMS.

The same fields are judged by ``check``, by an audit and by the service, so the rule stands here alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from moderation.common.limits import MAX_SIZE
from moderation.common.messages import gettext
from moderation.data import Page, Place, Span
from moderation.errors import EmptyPage, MalformedRow, PageTooLarge
from moderation.inputs.intake import halved
from moderation.stages.blocks import looks_like_html, outline

__all__ = ["OPENING_TITLE", "first_said", "is_markup", "row_page", "says_title"]

# As the tokenizer has it: ``<titlebar>`` and ``<title-bar>`` are other elements.
OPENING_TITLE = re.compile(r"<title(?=[\s/>])", re.IGNORECASE)
_CLOSING_TITLE = re.compile(r"</title(?=[\s/>])", re.IGNORECASE)
# Characters of markup that are looked at for a title: a request asks this before it waits for its turn.
_HEAD = 65_536
_TEXTS = ("html", "text", "title")


def first_said(fields: Mapping[str, Any], names: Sequence[str]) -> str:
    """The first of some names whose text is more than white space; where there is none, an empty name."""
    return next((name for name in names if fields.get(name) and not fields[name].isspace()), "")


def is_markup(name: str, body: str, title: str) -> bool:
    """Whether fields make a page of markup: the body is called ``html``, or it looks like it; without one, the title.

    Args:
        name: of the field that is the body; empty where there is none.
        body: what it says.
        title: what the title says.
    """
    return name == "html" or looks_like_html(body or title)


def says_title(markup: str, title: str) -> bool:
    """Whether a title of the page itself says what a title beside it says, so that nothing is lost without the latter.

    It has to be one that is shown: in a comment, a script, a drawing or a template there is no title. Looked at are the
    first 65,536 characters.
    """
    head = markup[:_HEAD]
    first = OPENING_TITLE.search(head)
    last = max((found.end() for found in _CLOSING_TITLE.finditer(head)), default=0)
    if first is None or last <= first.end():
        return False
    wanted = _squeezed(title)
    return any(
        block.place is Place.TITLE
        and not block.hidden
        and block.path.endswith("title")
        and wanted in _squeezed(block.text)
        for block in outline(Page(head[:last] + ">")).blocks
    )


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def row_page(row: Mapping[str, Any], where: str, url: str | None = None) -> Page:
    """The one page of a row: its markup, or else its text, with the title in front unless the markup says it itself.

    Args:
        row: with ``html``, ``text`` or ``title``, and ``url`` if it has one. Where there is markup, ``text`` is taken
            for the same without tags and is not read.
        where: what the row is called.
        url: where the page is from, unless the row says so.

    Raises:
        EmptyPage: the fields say nothing.
        MalformedRow: a field is no string, there is none, or ``url`` or ``id`` is no Unicode.
        PageTooLarge: together they are more than :data:`~moderation.common.limits.MAX_SIZE` code points.
    """
    for name in (*_TEXTS, "url"):
        if row.get(name) is not None and not isinstance(row[name], str):
            raise MalformedRow(
                gettext("{where}: {name} is no string; write it as text").format(where=where, name=name), where
            )
    if (problem := halved(row, where)) is not None:
        raise problem
    if all(row.get(name) is None for name in _TEXTS):
        raise MalformedRow(
            gettext("{where}: no html, text or title in the row; give one of them").format(where=where), where
        )
    title, name = row.get("title") or "", first_said(row, ("html", "text"))
    body = row[name] if name else ""
    markup = is_markup(name, body, title)
    # The fields of one article are one page, so that each is judged with the other around it.
    joined = bool(title and body) and not (markup and says_title(body, title))
    content = f"{title}\n{body}" if joined else body or title
    if len(content) > MAX_SIZE:
        raise PageTooLarge(
            gettext("{where}: more than a page may have ({max_size:,}); split it").format(
                where=where, max_size=MAX_SIZE
            ),
            where,
        )
    if not content or content.isspace():
        said = gettext("the page is empty: there is nothing to judge")
        raise EmptyPage(gettext("{where}: {error}").format(where=where, error=said), where)
    own = Span(0, len(title)) if joined or not body else None
    return Page(content, markup, row.get("url") or url, where=where, title=own if title else None)
