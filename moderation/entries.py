"""An entry of a CMS, field by field -> one page to judge, and back: the field of a finding, each field cleaned."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from moderation.data import Cleaned, Page, Span
from moderation.stages.blocks import looks_like_html

__all__ = ["Entry"]

_OWN_TITLE = re.compile(r"<title\b", re.IGNORECASE)
_NO_NAME = re.compile(r"[^A-Za-z0-9:._-]")
# What comes in front of an entry's body, in this order; each is on a line of its own.
_BEFORE = ("title", "summary")
_BODY = ("html", "body", "text")


@dataclass(frozen=True, slots=True)
class Entry:
    """The fields of an entry, as one page.

    The fields are judged together, so that each is known by the others; ``spans`` says where each stands in the page.
    """

    page: Page
    spans: Mapping[str, Span]

    @classmethod
    def of(cls, fields: Mapping[str, str], url: str | None = None, where: str = "hook") -> Entry:
        """An entry.

        Args:
            fields: ``title``, ``summary`` and ``meta.NAME`` (text), and one of ``html`` (markup), ``body`` and ``text``
                (text, or markup if it looks like it). A title beside markup that has a ``<title>`` itself is left out.
            url: where it will be seen.
            where: names it in errors.
        """
        body = next((name for name in _BODY if fields.get(name)), "")
        main = fields.get(body, "")
        names = [name for name in _BEFORE if fields.get(name)]
        names[1:1] = [name for name in fields if name.startswith("meta.") and fields[name]]
        is_html = body == "html" or looks_like_html(main or fields.get("title", ""))
        if is_html and "title" in names and _OWN_TITLE.search(main):
            names.remove("title")
        if main:
            names.append(body)
        spans: dict[str, Span] = {}
        content = ""
        # A title alone goes in front as in a row of JSON Lines; of more fields each gets the element it will stand in.
        wrapped = is_html and len(names) > 1 and names != ["title", body]
        for name in names:
            before, after = _around(name, fields[name]) if wrapped and name != body else ("", "")
            content += ("\n" if content else "") + before
            spans[name] = Span(len(content), len(content) + len(fields[name]))
            content += fields[name] + after
        return cls(Page(content, is_html, url, where=where), spans)

    def field(self, span: Span) -> str:
        """The field that has most of a span; a cut may take the element around it too."""

        def shared(name: str) -> tuple[int, int]:
            start, end = self.spans[name]
            return min(span.end, end) - max(span.start, start), -start

        return max(self.spans, key=shared)

    def cleaned(self, cleaned: Cleaned) -> dict[str, str]:
        """Every field without what was cut from it."""
        fields = {}
        for name, (start, end) in self.spans.items():
            text, at = "", start
            for cut in cleaned.cuts:
                if cut.span.end > start and cut.span.start < end:
                    text += self.page.content[at : max(at, cut.span.start)]
                    at = min(end, cut.span.end)
            fields[name] = text + self.page.content[at:end]
        return fields


def _around(name: str, text: str) -> tuple[str, str]:
    """The element of a field, as long as its text cannot end it."""
    if name == "title" and "</title" not in text.lower():
        return "<title>", "</title>"
    quote = next((quote for quote in "\"'" if quote not in text), "")
    if name.startswith("meta.") and quote:
        return f'<meta name="{_NO_NAME.sub("", name.removeprefix("meta."))}" content={quote}', f"{quote}>"
    return "<div>", "</div>"
