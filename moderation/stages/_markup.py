"""Markup -> items: every stretch of text that stands together, with what is known of it. Part of the `blocks` stage.

The page is read as the token stream of the WHATWG tokenizer, not as a tree: the stream gives every construct verbatim,
so that offsets add up to the source by construction, and deep nesting costs nothing. What a tree would add (foster
parenting, formatting elements) moves no text that matters here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple, cast

from turbohtml import Token, TokenType, tokenize

from moderation.data import Mark, Place, Span
from moderation.stages._html import ATTRIBUTE, INLINE, NESTED, RAW, VOID, closes, ends_more
from moderation.stages._items import Item, Run, read_string, read_value
from moderation.stages._style import HiddenRules, hiding_attributes, hiding_style, selectors

__all__ = ["read_markup"]

_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
# Elements that no browser of today shows.
_UNSHOWN = frozenset("noscript template noframes noembed iframe".split())
_SILENT = frozenset("script style svg math object applet canvas".split())
_META_TEXT = re.compile(
    r"^(?:description|keywords|title|(?:og|twitter):(?:title|description|site_name))$", re.IGNORECASE
)
_BOTTOM = re.compile(r"(?:^|[\s_-])bottom")
_BLANK = " \t\n\r\f"
_CHUNK = re.compile(r"[^ \t\n\r\f]+(?: [^ \t\n\r\f]+)*")
_SET_TITLE = re.compile(
    r"""document\s*\.\s*title\s*=\s*(?:unescape\(|decodeURI(?:Component)?\()?\s*(["'])(.{0,500}?)\1""", re.DOTALL
)
_SWITCH = re.compile(r"navigator\s*\.\s*userAgent|document\s*\.\s*referrer", re.IGNORECASE)
_HIDE_BY_ID = re.compile(
    r"""getElementById\(\s*["']([\w-]+)["']\s*\)\s*\.\s*style\s*\.\s*(?:display|visibility)\s*=\s*["'](?:none|hidden)"""
)


_TEXT, _START, _END, _REFERENCE = (
    TokenType.TEXT,
    TokenType.START_TAG,
    TokenType.END_TAG,
    TokenType.CHARACTER_REFERENCE,
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


class _Tag(NamedTuple):
    """What the reader asks of an element's name, looked up once: a page has thousands of tags and dozens of names."""

    inline: bool
    void: bool
    breaks: bool
    heading: bool
    silent: bool
    footer: bool
    link: bool
    unshown: str
    raw: bool
    ends: frozenset[str]


@lru_cache(maxsize=1024)
def _tag(name: str) -> _Tag:
    return _Tag(
        name in INLINE,
        name in VOID,
        name in ("br", "hr"),
        name in _HEADINGS,
        name in _SILENT,
        name == "footer",
        name == "a",
        name if name in _UNSHOWN else "",
        name in RAW,
        closes(name),
    )


class _Start(NamedTuple):
    """What a start tag says, whatever it stands in.

    ``hidden`` is how its own attributes hide it, ``names`` are the selectors a style sheet may hide it by; ``attrs``
    are kept where one of them may hold text.
    """

    name: str
    tag: _Tag
    hidden: str
    id: str
    names: tuple[str, ...]
    footer: bool
    attrs: dict[str, str] | None


def _start(token: Token) -> _Start:
    name = token.tag or ""
    tag = _tag(name)
    given = token.attrs
    if not given:
        return _Start(name, tag, "", "", (), tag.footer, None)
    attrs = dict(given)
    get = attrs.get
    own, classes, style = get("id", ""), get("class", ""), get("style")
    return _Start(
        name,
        tag,
        (hiding_style(style) if style else "") or hiding_attributes(name, attrs),
        own,
        selectors(own, classes) if own or classes else (),
        tag.footer or (not tag.inline and _is_footer(f"{own} {classes}".lower())),
        attrs if name == "meta" or "alt" in attrs or "title" in attrs else None,
    )


def _is_footer(names: str) -> bool:
    """Whether an id and classes, in lower case, say that an element is the end of its page."""
    return "foot" in names or "copyright" in names or ("bottom" in names and _BOTTOM.search(names) is not None)


class _State(NamedTuple):
    """What text inherits from the elements around it; most elements leave it as it is."""

    hidden: str = ""
    footer: bool = False
    link: bool = False
    heading: bool = False
    silent: bool = False
    ids: tuple[str, ...] = ()


class _Open(NamedTuple):
    """An open element.

    ``block`` is where the nearest element of the stack that is not inline stands, itself counted.
    """

    tag: str
    inline: bool
    key: int
    parent: int
    block: int
    state: _State


# Without the keyword arguments of the class, which cost as much as the rest of a start tag.
_open = cast("Callable[[tuple[str, bool, int, int, int, _State]], _Open]", partial(tuple.__new__, _Open))


class _Reader:
    """Reads a token stream once and collects the items of a page."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self._items: list[Item] = []
        # The ids each item stands under, and those that a script hides: it may stand behind what it hides.
        self._ids: list[tuple[str, ...]] = []
        self._hidden_ids: set[str] = set()
        self._rules = HiddenRules()
        self._stack = [_Open("", False, 0, 0, 0, _State())]
        self._open: dict[str, int] = {}
        self._keys = 0
        # Most start tags of a page are written like one before.
        self._seen: dict[str, _Start] = {}
        self._run = Run()
        self._space: Span | None = None

    # -- the walk

    def read(self, source: str, base: int, depth: int = 0) -> None:
        """Reads markup that stands at offset ``base`` of the page, inside ``depth`` elements of raw text."""
        position = base
        raw = ""
        seen = self._seen
        start, end, text, reference = self._start, self._end, self._text, self._reference
        for token in tokenize(source, resolve_references=False, capture_source=True):
            kind = token.type
            if kind is _TEXT:
                data = token.data or ""
                if raw:
                    self._raw(raw, data, position, depth)
                elif not data.strip(_BLANK):
                    if self._run.parts:
                        self._blank(position, len(data))
                else:
                    text(data, position)
                position += len(data)
                continue
            verbatim = token.source or ""
            if kind is _START:
                opened = seen.get(verbatim)
                if opened is None:
                    opened = seen[verbatim] = _start(token)
                start(opened, verbatim, position)
                raw = opened.name if opened.tag.raw else ""
            elif kind is _END:
                raw = ""
                end(token.tag or "")
            elif kind is _REFERENCE:
                reference(token.data or "", position, len(verbatim))
            position += len(verbatim)

    def flush(self) -> None:
        """Ends the current run."""
        self._space = None
        run = self._run
        if run.parts:
            self._run = Run()
            owner = self._stack[-1]
            state = owner.state
            self._ids.append(state.ids)
            self._items.append(run.item(self._path(), owner.parent, state.hidden, state.heading, state.footer))
        else:
            run.links = 0

    def items(self) -> list[Item]:
        """The items read, those under an id that a script hides marked as hidden."""
        if not self._hidden_ids:
            return self._items
        return [
            item if item.hidden or self._hidden_ids.isdisjoint(ids) else item._replace(hidden="script")
            for item, ids in zip(self._items, self._ids, strict=True)
        ]

    # -- tokens

    def _start(self, start: _Start, verbatim: str, position: int) -> None:
        name, tag, hides, own, names, ends_page, attrs = start
        if tag.breaks:
            self.flush()
        stack = self._stack
        if tag.ends and stack[stack[-1].block].tag in tag.ends:
            self._imply_end(tag.ends)
        top = stack[-1]
        state = top.state
        hidden, footer, link, heading, silent, ids = state
        inline = tag.inline
        if names and not hidden and not hides:
            hides = self._rules.of(names)
        hidden = hidden or hides
        if own:
            ids = (*ids[-8:], own)
        footer = footer or ends_page
        if attrs:
            self._attributes(name, attrs, verbatim, position, hidden)
        if tag.void:
            return
        changed = (
            hidden or tag.unshown,
            footer,
            link or tag.link,
            heading or tag.heading,
            silent or tag.silent,
            ids,
        )
        state = state if changed == state else _State(*changed)
        if not inline or state.hidden != top.state.hidden:
            self.flush()
        self._keys += 1
        stack.append(
            _open(
                (
                    name,
                    inline,
                    top[2] if inline else self._keys,
                    top[3] if inline else top[2],
                    top[4] if inline else len(stack),
                    state,
                )
            )
        )
        self._open[name] = self._open.get(name, 0) + 1
        if tag.link:
            self._run.links += 1

    def _end(self, tag: str) -> None:
        # An end tag without a start is skipped by the count, so that hostile nesting stays linear.
        if not self._open.get(tag):
            if tag == "p" or tag == "br":
                self.flush()
            return
        stack = self._stack
        while len(stack) > 1:
            top = stack[-1]
            if not top.inline or top.state.hidden != stack[-2].state.hidden:
                self.flush()
            stack.pop()
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
        state = self._stack[-1].state
        if state.silent:
            return
        run = self._run
        end = 0
        for chunk in _CHUNK.finditer(data):
            start, stop = chunk.span()
            if start > end:
                self._blank(position + end, start - end)
            if self._space is not None:
                self._space_out()
            run.add(data[start:stop], position + start)
            if state.link:
                run.linked += stop - start
            end = stop
        if end < len(data):
            self._blank(position + end, len(data) - end)

    def _reference(self, resolved: str, position: int, width: int) -> None:
        state = self._stack[-1].state
        if state.silent:
            return
        if resolved in " \t\n":
            self._blank(position, width)
            return
        self._space_out()
        run = self._run
        run.add(resolved, position, width)
        run.coded += len(resolved)
        if state.link:
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
                place = Place.FOOTER if self._stack[-1].state.footer else Place.BODY
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
            self._items.append(run.item(path, -1, hidden, place=place))

    # -- where we are

    def _path(self) -> str:
        tags = [opened.tag for opened in self._stack[-6:] if opened.tag]
        return "/".join(tags) or "body"
