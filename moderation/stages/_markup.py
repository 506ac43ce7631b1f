"""Markup -> items: every stretch of text that stands together, with what is known of it. Part of the `blocks` stage.

The page is read as the token stream of the WHATWG tokenizer, not as a tree: the stream gives every construct verbatim,
so that offsets add up to the source by construction, and deep nesting costs nothing. What a tree would add (foster
parenting, formatting elements) moves no text that matters here.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from turbohtml import TokenType, tokenize

from moderation.data import Mark, Place, Span
from moderation.stages._html import ATTRIBUTE, INLINE, NESTED, RAW, VOID, closes, ends_more
from moderation.stages._items import Item, Run, read_string, read_value
from moderation.stages._style import HiddenRules, hiding_attributes, hiding_style

__all__ = ["read_markup"]

_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
# Elements that no browser of today shows.
_UNSHOWN = frozenset("noscript template noframes noembed iframe".split())
_SILENT = frozenset("script style svg math object applet canvas".split())
_META_TEXT = re.compile(
    r"^(?:description|keywords|title|(?:og|twitter):(?:title|description|site_name))$", re.IGNORECASE
)
_FOOTER = re.compile(r"foot|copyright|(?:^|[\s_-])bottom", re.IGNORECASE)
_CHUNK = re.compile(r"[^ \t\n\r\f]+(?: [^ \t\n\r\f]+)*")
_SET_TITLE = re.compile(
    r"""document\s*\.\s*title\s*=\s*(?:unescape\(|decodeURI(?:Component)?\()?\s*(["'])(.{0,500}?)\1""", re.DOTALL
)
_SWITCH = re.compile(r"navigator\s*\.\s*userAgent|document\s*\.\s*referrer", re.IGNORECASE)
_HIDE_BY_ID = re.compile(
    r"""getElementById\(\s*["']([\w-]+)["']\s*\)\s*\.\s*style\s*\.\s*(?:display|visibility)\s*=\s*["'](?:none|hidden)"""
)


def read_markup(source: str) -> tuple[list[Item], tuple[Mark, ...]]:
    """The items of a page in source order, and the marks seen on the way.

    Args:
        source: markup with the newlines of the HTML standard: no carriage returns.
    """
    reader = _Reader()
    reader.read(source, 0)
    reader.flush()
    return reader.items(), tuple(reader.marks)


@dataclass(slots=True)
class _Open:
    """An open element: what its text inherits.

    ``block`` is where the nearest element of the stack that is not inline stands, itself counted.
    """

    tag: str = ""
    key: int = 0
    parent: int = 0
    block: int = 0
    hidden: str = ""
    footer: bool = False
    link: bool = False
    heading: bool = False
    silent: bool = False
    ids: tuple[str, ...] = ()


class _Reader:
    """Reads a token stream once and collects the items of a page."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self._items: list[Item] = []
        # The ids each item stands under, and those that a script hides: it may stand behind what it hides.
        self._ids: list[tuple[str, ...]] = []
        self._hidden_ids: set[str] = set()
        self._rules = HiddenRules()
        self._stack = [_Open()]
        self._open: Counter[str] = Counter()
        self._keys = 0
        self._run = Run()
        self._space: Span | None = None

    # -- the walk

    def read(self, source: str, base: int, depth: int = 0) -> None:
        """Reads markup that stands at offset ``base`` of the page, inside ``depth`` elements of raw text."""
        position = base
        raw = ""
        for token in tokenize(source, resolve_references=False, capture_source=True):
            kind = token.type
            if kind == TokenType.TEXT:
                data = token.data or ""
                if raw:
                    self._raw(raw, data, position, depth)
                else:
                    self._text(data, position)
                position += len(data)
                continue
            verbatim = token.source or ""
            if kind == TokenType.CHARACTER_REFERENCE:
                self._reference(token.data or "", position, len(verbatim))
            elif kind == TokenType.START_TAG:
                tag = token.tag or ""
                self._start(tag, dict(token.attrs or ()), verbatim, position)
                raw = tag if tag in RAW else ""
            elif kind == TokenType.END_TAG:
                raw = ""
                self._end(token.tag or "")
            position += len(verbatim)

    def flush(self) -> None:
        """Ends the current run."""
        self._space = None
        run, self._run = self._run, Run()
        if run.size:
            owner = self._stack[-1]
            self._ids.append(owner.ids)
            self._items.append(
                run.item(self._path(), owner.parent)._replace(
                    hidden=owner.hidden, heading=owner.heading, footer=owner.footer
                )
            )

    def items(self) -> list[Item]:
        """The items read, those under an id that a script hides marked as hidden."""
        if not self._hidden_ids:
            return self._items
        return [
            item if item.hidden or self._hidden_ids.isdisjoint(ids) else item._replace(hidden="script")
            for item, ids in zip(self._items, self._ids, strict=True)
        ]

    # -- tokens

    def _start(self, tag: str, attrs: dict[str, str], verbatim: str, position: int) -> None:
        if tag == "br" or tag == "hr":
            self.flush()
        ends = closes(tag)
        if ends:
            self._imply_end(ends)
        top = self._stack[-1]
        hidden = top.hidden
        ids = top.ids
        footer = top.footer
        if attrs:
            if not hidden:
                hidden = hiding_style(attrs.get("style", "")) or hiding_attributes(tag, attrs) or self._rules.of(attrs)
            name = attrs.get("id", "")
            if name:
                ids = (*ids[-8:], name)
            footer = footer or (tag not in INLINE and _FOOTER.search(f"{name} {attrs.get('class', '')}") is not None)
            self._attributes(tag, attrs, verbatim, position, hidden)
        if tag in VOID:
            return
        footer = footer or tag == "footer"
        if tag in _UNSHOWN:
            hidden = hidden or tag
        if tag not in INLINE or hidden != top.hidden:
            self.flush()
        self._keys += 1
        inline = tag in INLINE
        self._stack.append(
            _Open(
                tag,
                top.key if inline else self._keys,
                top.parent if inline else top.key,
                top.block if inline else len(self._stack),
                hidden,
                footer,
                top.link or tag == "a",
                top.heading or tag in _HEADINGS,
                top.silent or tag in _SILENT,
                ids,
            )
        )
        self._open[tag] += 1
        if tag == "a":
            self._run.links += 1

    def _end(self, tag: str) -> None:
        # An end tag without a start is skipped by the count, so that hostile nesting stays linear.
        if not self._open[tag]:
            if tag == "p" or tag == "br":
                self.flush()
            return
        while len(self._stack) > 1:
            below = self._stack[-2].hidden
            top = self._stack[-1]
            if top.tag not in INLINE or top.hidden != below:
                self.flush()
            self._stack.pop()
            self._open[top.tag] -= 1
            if top.tag == tag:
                break

    def _imply_end(self, ends: frozenset[str]) -> None:
        # Inline elements are jumped over, so that thousands of them left open cost nothing.
        while True:
            back = self._stack[-1].block
            tag = self._stack[back].tag
            if tag not in ends:
                return
            self.flush()
            while len(self._stack) > back:
                self._open[self._stack.pop().tag] -= 1
            if not ends_more(tag, ends):
                return

    def _text(self, data: str, position: int) -> None:
        top = self._stack[-1]
        if top.silent:
            return
        run = self._run
        end = 0
        for chunk in _CHUNK.finditer(data):
            start = chunk.start()
            if start > end:
                self._blank(position + end, start - end)
            self._space_out()
            text = chunk.group()
            run.add(text, position + start)
            if top.link:
                run.linked += len(text)
            end = chunk.end()
        if end < len(data):
            self._blank(position + end, len(data) - end)

    def _reference(self, resolved: str, position: int, width: int) -> None:
        top = self._stack[-1]
        if top.silent:
            return
        if resolved in " \t\n":
            self._blank(position, width)
            return
        self._space_out()
        run = self._run
        run.add(resolved, position, width)
        run.coded += len(resolved)
        if top.link:
            run.linked += len(resolved)

    def _blank(self, origin: int, width: int) -> None:
        if self._run.size:
            start = self._space.start if self._space else origin
            self._space = Span(start, origin + width)

    def _space_out(self) -> None:
        if self._space is not None:
            self._run.add(" ", self._space.start, self._space.size)
            self._space = None

    def _raw(self, tag: str, data: str, position: int, depth: int) -> None:
        if tag == "style":
            self._rules.learn(data)
        elif tag == "script":
            self._script(data, position)
        elif depth < NESTED:
            # With scripting on, the tokenizer takes these for raw text; a crawler reads the markup inside.
            self.read(data, position, depth + 1)
            self.flush()
        else:
            self._text(data, position)

    def _script(self, data: str, position: int) -> None:
        for found in _HIDE_BY_ID.finditer(data):
            self._hidden_ids.add(found.group(1))
        titles = list(_SET_TITLE.finditer(data)) if "document" in data else []
        for found in titles:
            start, end = found.span(2)
            if end > start:
                run = read_string(data[start:end], position + start)
                self._lone(run, Place.TITLE, "script[document.title]", "")
        if titles and _SWITCH.search(data):
            span = Span(position + titles[0].start(), position + titles[-1].end())
            self.marks.append(Mark("script:title-switch", span, "document.title"))

    # -- attributes

    def _attributes(self, tag: str, attrs: dict[str, str], verbatim: str, position: int, hidden: str) -> None:
        if tag == "meta":
            name = attrs.get("name") or attrs.get("property") or attrs.get("itemprop") or ""
            if "content" in attrs and _META_TEXT.match(name.strip()):
                self.flush()
                self._attribute("content", verbatim, position, Place.META, f"meta[{name.strip().lower()}]", "")
            return
        for name in ("alt", "title"):
            value = attrs.get(name)
            if value and not value.isspace() and not value.isascii():
                self.flush()
                path = f"{self._path()}/{tag}[{name}]"
                place = Place.FOOTER if self._stack[-1].footer else Place.BODY
                self._attribute(name, verbatim, position, place, path, hidden)

    def _attribute(self, name: str, verbatim: str, position: int, place: Place, path: str, hidden: str) -> None:
        for found in ATTRIBUTE.finditer(verbatim):
            if found.group(1).lower() == name:
                group = found.lastindex or 1
                self._lone(read_value(found.group(group), position + found.start(group)), place, path, hidden)
                return

    def _lone(self, run: Run, place: Place, path: str, hidden: str) -> None:
        """A block of its own: the value of an attribute, or a script's string."""
        if run.size:
            self._ids.append(())
            self._items.append(run.item(path, -1)._replace(place=place, hidden=hidden))

    # -- where we are

    def _path(self) -> str:
        tags = [opened.tag for opened in self._stack[-6:] if opened.tag]
        return "/".join(tags) or "body"
