"""An entry of a CMS, field by field -> one page to judge, and back: the field of a finding, each field cleaned.

An :class:`Entry` has the few fields that every CMS knows; a :class:`Document` has any number of texts under any names,
as a page of blocks does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from moderation.data import Cleaned, Cut, Page, Span
from moderation.inputs.fields import OPENING_TITLE, first_said, is_markup, says_title

__all__ = ["Document", "Entry", "Kind", "Text"]

_LINE = re.compile(r"[^\r\n]+")
# Characters that would be markup in a plain text, as such that take as much room and are folded to the same.
_PLAIN = str.maketrans('<&"', "＜＆＂")
# Names of meta tags that are read, by a word in the name of a text.
_METAS = {
    "keyword": ("keywords",),
    "title": ("og:title", "twitter:title"),
    "": ("description", "og:description", "twitter:description"),
}
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
    def of(
        cls, fields: Mapping[str, str], url: str | None = None, where: str = "hook", *, is_comment: bool = False
    ) -> Entry:
        """An entry.

        Args:
            fields: ``title``, ``summary`` and ``meta.NAME`` (text), and one of ``html`` (markup), ``body`` and ``text``
                (text, or markup if it looks like it). A title is left out where the ``<title>`` of the markup says it.
            url: where it will be seen.
            where: names it in errors.
            is_comment: whether a visitor wrote it; then ``title`` is their name.
        """
        body = first_said(fields, _BODY)
        main = fields.get(body, "")
        names = [name for name in _BEFORE if fields.get(name)]
        names[1:1] = [name for name in fields if name.startswith("meta.") and fields[name]]
        is_html = is_markup(body, main, fields.get("title", ""))
        if is_html and "title" in names and says_title(main, fields["title"]):
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
        return cls(Page(content, is_html, url, where=where, is_comment=is_comment, title=spans.get("title")), spans)

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


class Kind(StrEnum):
    """What a text of a document is."""

    TITLE = "title"
    META = "meta"
    TEXT = "text"
    HTML = "html"


class Text(NamedTuple):
    """A text of a document: what it is called there, what it says, what it is.

    Plain texts that follow one another and have the same ``line`` are read as one, as the pieces of a sentence are that
    an editor keeps apart because one of them is bold.
    """

    name: str
    text: str
    kind: Kind = Kind.TEXT
    line: str = ""


class _Piece(NamedTuple):
    """A stretch of a text that stands in the page: where it begins in the text, and where it stands."""

    name: str
    start: int
    span: Span


@dataclass(frozen=True, slots=True)
class Document:
    """Any number of texts as one page, each in an element of its own, so that each is known by the others.

    The texts themselves are kept as they are. In the page, a plain text has no markup: what looks like it is written in
    full width, so that nothing hides in it, and every position stays what it is.

    Attributes:
        texts: those that say something, by their names.
        page: what is judged.
    """

    texts: Mapping[str, Text]
    page: Page
    _pieces: tuple[_Piece, ...]

    @classmethod
    def of(
        cls, texts: Iterable[Text], url: str | None = None, where: str = "hook", *, is_comment: bool = False
    ) -> Document:
        """A document; of several titles the first is the page's, and texts that say nothing are left out.

        Args:
            texts: with names that differ.
            url: where it will be seen.
            where: names it in errors.
            is_comment: whether a visitor wrote all of it.
        """
        given = {text.name: text for text in texts if text.text.strip()}
        alone = next(iter(given.values())) if len(given) == 1 else None
        if alone is not None:
            content = _judged(alone)
            whole = Span(0, len(content))
            title = whole if alone.kind is Kind.TITLE else None
            page = Page(content, alone.kind is Kind.HTML, url, where=where, is_comment=is_comment, title=title)
            return cls(given, page, (_Piece(alone.name, 0, whole),))
        markup, pieces = _joined(given.values())
        return cls(given, Page(markup, True, url, where=where, is_comment=is_comment), tuple(pieces))

    @property
    def digest(self) -> str:
        """What exactly this text is known by, whatever its parts are called."""
        parts = sha256()
        for text in self.texts.values():
            content = text.text.encode("utf-8", "surrogatepass")
            parts.update(b"%s %d " % (text.kind.encode(), len(content)) + content)
        return parts.hexdigest()

    def row(self) -> dict[str, str]:
        """It as a request to the service has it."""
        name = "html" if self.page.is_html else "title" if self.page.title else "text"
        row = {name: self.page.content}
        if self.page.is_comment:
            row["kind"] = "comment"
        return {**row, **({"url": self.page.url} if self.page.url else {})}

    def place(self, span: Span) -> tuple[str, Span]:
        """The name of the text that has most of a span, and the part of that text which is in it."""
        name = max(self._pieces, key=lambda piece: (_shared(piece.span, span), -piece.span.start)).name
        inside = [_within(piece, span) for piece in self._pieces if piece.name == name]
        parts = [part for part in inside if part.size > 0] or inside[:1]
        return name, Span(parts[0].start, parts[-1].end)

    def cleaned(self, cuts: Sequence[Cut]) -> dict[str, str]:
        """Every text that loses something by the cuts, without it."""
        gone: dict[str, list[Span]] = {}
        for piece in self._pieces:
            parts = [_within(piece, cut.span) for cut in cuts]
            gone.setdefault(piece.name, []).extend(part for part in parts if part.size > 0)
        found = {}
        for name, spans in gone.items():
            if spans:
                text, at, kept = self.texts[name].text, 0, ""
                for start, end in spans:
                    kept, at = kept + text[at:start], end
                found[name] = kept + text[at:]
        return found


def _joined(texts: Iterable[Text]) -> tuple[str, list[_Piece]]:
    """Markup of several texts, each in an element of its own, and where they stand in it: the head, then the rest."""
    names = {name for found in _METAS.values() for name in found}
    title = next((text for text in texts if text.kind is Kind.TITLE), None)
    head, body = [], []
    for text in texts:
        name = next(found for word, found in _METAS.items() if word in text.name.lower())
        free = next((each for each in name if each in names), "")
        if text is title:
            head.append((text, "<title>", "</title>"))
        elif text.kind is Kind.META and free:
            names.remove(free)
            head.append((text, f'<meta name="{free}" content="', '">'))
        else:
            body.append(text)
    markup = ""
    pieces = []

    def add(name: str, start: int, text: str, before: str, after: str) -> None:
        nonlocal markup
        markup += before
        pieces.append(_Piece(name, start, Span(len(markup), len(markup) + len(text))))
        markup += text + after

    for text, before, after in head:
        add(text.name, 0, _judged(text), before, after + "\n")
    last = ""
    for text in body:
        judged = _judged(text)
        if text.line and text.line == last:
            markup = markup.removesuffix("</p></div>\n")
            add(text.name, 0, judged, "<span>", "</span></p></div>\n")
        elif text.line:
            add(text.name, 0, judged, "<div><p><span>", "</span></p></div>\n")
        else:
            # Short neighbours in one element would be read as one list.
            markup += "<div>"
            if text.kind is Kind.HTML:
                add(text.name, 0, judged, "<div>", "</div>")
            else:
                for line in _LINE.finditer(judged):
                    add(text.name, line.start(), line.group(), "<p>", "</p>")
            markup += "</div>\n"
        last = text.line
    return markup, pieces


def _judged(text: Text) -> str:
    """A text as it stands in the page, every character where it was."""
    if text.kind is Kind.HTML:
        # The title of a page is a field of its own; another in its body would take the place of that.
        return OPENING_TITLE.sub(lambda found: found.group().translate(_PLAIN), text.text)
    return text.text.translate(_PLAIN)


def _shared(one: Span, other: Span) -> int:
    return min(one.end, other.end) - max(one.start, other.start)


def _within(piece: _Piece, span: Span) -> Span:
    """The part of a span that is in a piece, as a stretch of the piece's text."""
    shift = piece.start - piece.span.start
    start = min(max(span.start, piece.span.start), piece.span.end)
    return Span(start + shift, max(start, min(span.end, piece.span.end)) + shift)
