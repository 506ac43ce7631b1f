"""Page -> blocks: titles, meta tags, headings, text runs, link lists, hidden text, each with its place in the source.

The page is read as the token stream of the WHATWG tokenizer, not as a tree: the stream gives every construct verbatim,
so that offsets add up to the source by construction, and deep nesting costs nothing. What a tree would add (foster
parenting, formatting elements) moves no text that matters here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from html import unescape

from turbohtml import TokenType, tokenize

from moderation.data import Block, Mark, OffsetMap, Outline, Page, Piece, Place, Span
from moderation.stages._style import HiddenRules, hiding_attributes, hiding_style

__all__ = ["looks_like_html", "outline"]

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q rp rt ruby s samp small "
    "span strike strong sub sup time tt u var wbr".split()
)
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_SILENT = frozenset("script style svg math object applet canvas".split())
# Elements whose start tag ends an open element of the set, as the tree builder would.
_CLOSES = {
    "li": frozenset({"li", "p"}),
    "dt": frozenset({"dt", "dd", "p"}),
    "dd": frozenset({"dt", "dd", "p"}),
    "tr": frozenset({"tr", "td", "th", "p"}),
    "td": frozenset({"td", "th", "p"}),
    "th": frozenset({"td", "th", "p"}),
    "option": frozenset({"option"}),
}
_CLOSES_P = frozenset({"p"})
_META_TEXT = re.compile(r"^(?:description|keywords|title|(?:og|twitter):(?:title|description|site_name))$", re.I)
_FOOTER = re.compile(r"foot|copyright|(?:^|[\s_-])bottom", re.I)
_CHUNK = re.compile(r"[^ \t\n\r\f]+(?: [^ \t\n\r\f]+)*")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});?")
_ESCAPE = re.compile(_REFERENCE.pattern + r"|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|%u[0-9a-fA-F]{4}")
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>][^\s>]*))""")
_SET_TITLE = re.compile(
    r"""document\s*\.\s*title\s*=\s*(?:unescape\(|decodeURI(?:Component)?\()?\s*(["'])(.{0,500}?)\1""", re.S
)
_SWITCH = re.compile(r"navigator\s*\.\s*userAgent|document\s*\.\s*referrer", re.I)
_HIDE_BY_ID = re.compile(
    r"""getElementById\(\s*["']([\w-]+)["']\s*\)\s*\.\s*style\s*\.\s*(?:display|visibility)\s*=\s*["'](?:none|hidden)"""
)
_MARKUP = re.compile(
    r"<(?:!doctype|!--|/?(?:html|head|body|title|meta|link|script|style|div|p|br|a|span|img|h[1-6]|ul|ol|li|table|td|tr"
    r"|font|b|strong|em|i|center|section|article|header|footer|nav|main|blockquote|pre|figure)\b)",
    re.I,
)
# An item longer than this stands for itself; shorter ones of one list are read together.
_SHORT_ITEM = 48
# Prose of this length is the page's own content: what stands before it is its head.
_PROSE = 60
_HEAD_RUNS = 12


def looks_like_html(text: str) -> bool:
    """Whether a string that came without a type is markup (looks at the first 64 K code points)."""
    return _MARKUP.search(text, 0, 65536) is not None


def outline(page: Page) -> Outline:
    """The blocks of a page in source order. Markup is read as HTML, plain text line by line."""
    return _outline_html(page.content) if page.is_html else _outline_text(page.content)


# ---------------------------------------------------------------------------------------------------------------- text


def _outline_text(content: str) -> Outline:
    blocks: list[Block] = []
    position = 0
    head = True
    for line in content.splitlines(keepends=True):
        text = line.strip()
        if text:
            start = position + line.index(text[0])
            span = Span(start, start + len(text))
            place = Place.HEAD if head else Place.BODY
            blocks.append(Block(text, span, place, "text", OffsetMap.identity(start), index=len(blocks)))
        # The head of a plain text is its first lines, up to the first blank one.
        head = head and (bool(text) or not blocks) and len(blocks) < _HEAD_RUNS
        position += len(line)
    return Outline(tuple(blocks))


# ---------------------------------------------------------------------------------------------------------------- html


@dataclass(slots=True)
class _Open:
    """An open element: what its text inherits."""

    tag: str
    key: int
    parent: int
    hidden: str
    footer: bool
    link: bool
    heading: bool
    silent: bool
    ids: tuple[str, ...]


@dataclass(slots=True)
class _Run:
    """Text under construction: derived text in pieces, with where each piece comes from."""

    parts: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    size: int = 0
    end: int = 0
    coded: int = 0
    linked: int = 0
    links: int = 0

    def add(self, text: str, origin: int, width: int = 0) -> None:
        """Appends text that runs with the source from ``origin`` on, or stands for ``width`` code points of it."""
        last = self.pieces[-1] if self.pieces else None
        if width or last is None or last.width or last.origin + self.size - last.start != origin:
            self.pieces.append(Piece(self.size, origin, width))
        self.parts.append(text)
        self.size += len(text)
        self.end = origin + (width or len(text))


class _Item:
    """A finished run and where it stands, before lists are put together."""

    __slots__ = ("container", "footer", "heading", "hidden", "ids", "path", "place", "run", "text")

    def __init__(self, run: _Run, owner: _Open, path: str) -> None:
        self.run = run
        self.text = "".join(run.parts)
        self.hidden = owner.hidden
        self.footer = owner.footer
        self.heading = owner.heading
        self.ids = owner.ids
        self.container = owner.parent
        self.path = path
        self.place: Place | None = None


def _outline_html(content: str) -> Outline:
    source, shift = _newlines(content)
    reader = _Reader()
    reader.read(source, 0)
    reader.flush()
    blocks = _blocks(reader.items, reader.hidden_ids)
    marks = tuple(reader.marks)
    if shift is not None:
        blocks = [_shifted(block, shift) for block in blocks]
        marks = tuple(mark._replace(span=shift.span(mark.span)) for mark in marks)
    return Outline(tuple(blocks), marks)


def _newlines(content: str) -> tuple[str, OffsetMap | None]:
    """The source with the newlines of the HTML standard (CR LF and CR are LF), and the way back."""
    if "\r" not in content:
        return content, None
    pieces = [Piece(0, 0, 0)]
    if "\r\n" in content:
        removed = 0
        at = content.find("\r\n")
        while at >= 0:
            # The LF that stands for both keeps the place of the pair; text goes on one to one behind it.
            pieces.append(Piece(at - removed, at, 2))
            removed += 1
            pieces.append(Piece(at + 2 - removed, at + 2, 0))
            at = content.find("\r\n", at + 2)
        content = content.replace("\r\n", "\n")
    return content.replace("\r", "\n"), OffsetMap(pieces)


def _shifted(block: Block, shift: OffsetMap) -> Block:
    pieces: list[Piece] = []
    starts = [piece.start for piece in shift.pieces]
    ends = [*(piece.start for piece in block.offsets.pieces[1:]), len(block.text)]
    for piece, end in zip(block.offsets.pieces, ends, strict=True):
        if piece.width:
            span = shift.span(Span(piece.origin, piece.origin + piece.width))
            pieces.append(Piece(piece.start, span.start, span.size))
            continue
        # A piece that runs over a newline pair is cut there: an attribute value may hold one.
        low, high = piece.origin, piece.origin + end - piece.start
        first = max(0, bisect_right(starts, low) - 1)
        for part in shift.pieces[first:]:
            if part.start >= high and part.start > low:
                break
            begin = max(part.start, low)
            at = piece.start + begin - low
            pieces.append(Piece(at, part.origin if part.width else part.origin + begin - part.start, part.width))
    return Block(
        block.text,
        shift.span(block.span),
        block.place,
        block.path,
        OffsetMap(pieces),
        block.hidden,
        block.coded,
        block.index,
    )


class _Reader:
    """Reads a token stream once and collects the items of a page."""

    def __init__(self) -> None:
        self.items: list[_Item] = []
        self.marks: list[Mark] = []
        self.hidden_ids: set[str] = set()
        self._rules = HiddenRules()
        self._stack = [_Open("", 0, 0, "", False, False, False, False, ())]
        self._open: Counter[str] = Counter()
        self._keys = 0
        self._run = _Run()
        self._space: Span | None = None

    # -- the walk

    def read(self, source: str, base: int) -> None:
        """Reads markup that stands at offset ``base`` of the page."""
        position = base
        raw = ""
        for token in tokenize(source, resolve_references=False, capture_source=True):
            kind = token.type
            if kind == TokenType.TEXT:
                data = token.data or ""
                if raw:
                    self._raw(raw, data, position)
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
                raw = tag if tag in ("script", "style", "noscript", "iframe", "noembed", "noframes", "xmp") else ""
            elif kind == TokenType.END_TAG:
                raw = ""
                self._end(token.tag or "")
            position += len(verbatim)

    def flush(self) -> None:
        """Ends the current run."""
        self._space = None
        run, self._run = self._run, _Run()
        if run.size:
            self.items.append(_Item(run, self._stack[-1], self._path()))

    # -- tokens

    def _start(self, tag: str, attrs: dict[str, str], verbatim: str, position: int) -> None:
        if tag == "br" or tag == "hr":
            self.flush()
        closes = _CLOSES.get(tag) or (_CLOSES_P if tag not in _INLINE and tag not in _VOID else None)
        if closes is not None:
            self._imply_end(closes)
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
            footer = footer or (tag not in _INLINE and _FOOTER.search(f"{name} {attrs.get('class', '')}") is not None)
            self._attributes(tag, attrs, verbatim, position, hidden)
        if tag in _VOID:
            return
        footer = footer or tag == "footer"
        if tag == "noscript":
            hidden = hidden or "noscript"
        elif tag == "template":
            hidden = hidden or "template"
        if tag not in _INLINE or hidden != top.hidden:
            self.flush()
        self._keys += 1
        inherits = tag in _INLINE
        self._stack.append(
            _Open(
                tag,
                top.key if inherits else self._keys,
                top.parent if inherits else top.key,
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
            if top.tag not in _INLINE or top.hidden != below:
                self.flush()
            self._stack.pop()
            self._open[top.tag] -= 1
            if top.tag == tag:
                break

    def _imply_end(self, closes: frozenset[str]) -> None:
        for back in range(len(self._stack) - 1, 0, -1):
            tag = self._stack[back].tag
            if tag in closes:
                self.flush()
                while len(self._stack) > back:
                    self._open[self._stack.pop().tag] -= 1
                if "tr" in closes:
                    continue
                return
            if tag not in _INLINE:
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

    def _raw(self, tag: str, data: str, position: int) -> None:
        if tag == "style":
            self._rules.learn(data)
        elif tag == "script":
            self._script(data, position)
        else:
            # With scripting on, the tokenizer takes these for raw text; a crawler reads the markup inside.
            self.read(data, position)
            self.flush()

    def _script(self, data: str, position: int) -> None:
        for found in _HIDE_BY_ID.finditer(data):
            self.hidden_ids.add(found.group(1))
        titles = list(_SET_TITLE.finditer(data)) if "document" in data else []
        for found in titles:
            start, end = found.span(2)
            if end > start:
                self._lone(data[start:end], position + start, Place.TITLE, "script[document.title]", "", _ESCAPE)
        if titles and _SWITCH.search(data):
            span = Span(position + titles[0].start(), position + titles[-1].end())
            self.marks.append(Mark("script:title-switch", span, "document.title"))

    # -- attributes

    def _attributes(self, tag: str, attrs: dict[str, str], verbatim: str, position: int, hidden: str) -> None:
        if tag == "meta":
            name = attrs.get("name") or attrs.get("property") or attrs.get("itemprop") or ""
            if "content" in attrs and _META_TEXT.match(name.strip()):
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
        for found in _ATTRIBUTE.finditer(verbatim):
            if found.group(1).lower() == name:
                group = found.lastindex or 1
                self._lone(found.group(group), position + found.start(group), place, path, hidden, _REFERENCE)
                return

    def _lone(
        self, raw: str, origin: int, place: Place, path: str, hidden: str, escapes: re.Pattern[str]
    ) -> None:
        """A block from one raw value: an attribute or a script's string."""
        run = _Run()
        at = len(raw) - len(raw.lstrip())
        stop = len(raw.rstrip())
        for found in escapes.finditer(raw, at, stop):
            if found.start() > at:
                run.add(raw[at : found.start()], origin + at)
            resolved = _resolve(found.group())
            run.add(resolved, origin + found.start(), found.end() - found.start())
            run.coded += len(resolved)
            at = found.end()
        if at < stop:
            run.add(raw[at:stop], origin + at)
        if run.size:
            item = _Item(run, _Open("", 0, -1, hidden, False, False, False, False, ()), path)
            item.place = place
            self.items.append(item)

    # -- where we are

    def _path(self) -> str:
        tags = [opened.tag for opened in self._stack[-6:] if opened.tag]
        return "/".join(tags) or "body"


def _resolve(escape: str) -> str:
    if escape[0] == "&":
        return unescape(escape)
    return chr(int(escape[2:], 16))


# ------------------------------------------------------------------------------------------------------------- finish


def _blocks(items: list[_Item], hidden_ids: set[str]) -> list[Block]:
    """Items in source order, short neighbours of one list read together, places settled."""
    groups: list[list[_Item]] = []
    for item in items:
        if hidden_ids and not item.hidden and not hidden_ids.isdisjoint(item.ids):
            item.hidden = "script"
        if groups and _joins(groups[-1][-1], item):
            groups[-1].append(item)
        else:
            groups.append([item])
    blocks: list[Block] = []
    head = True
    shown = 0
    for group in groups:
        block = _join(group)
        first = group[0]
        linked = sum(item.run.linked for item in group)
        if first.place is not None:
            place = first.place
        elif first.path.endswith("title") and "body" not in first.path:
            place = Place.TITLE
        elif first.footer:
            place = Place.FOOTER
        else:
            prose = len(block.text) - linked
            if first.heading:
                place = Place.HEADING
            elif linked >= 0.6 * len(block.text) and (len(group) > 1 or first.run.links > 1):
                place = Place.LINKS
            else:
                place = Place.HEAD if head else Place.BODY
            if not first.hidden:
                shown += 1
                # The head ends with the first heading or prose, unless that is itself the first thing on the page.
                if shown > 1 and (first.heading or prose >= _PROSE or shown > _HEAD_RUNS):
                    head = False
        blocks.append(
            Block(block.text, block.span, place, first.path, block.offsets, first.hidden, block.coded, len(blocks))
        )
    return blocks


def _joins(last: _Item, item: _Item) -> bool:
    return (
        item.place is None
        and last.place is None
        and item.container == last.container
        and item.hidden == last.hidden
        and item.heading == last.heading
        and len(item.text) <= _SHORT_ITEM
        and len(last.text) <= _SHORT_ITEM
    )


def _join(group: list[_Item]) -> Block:
    text: list[str] = []
    pieces: list[Piece] = []
    size = coded = 0
    end = 0
    for item in group:
        if text:
            start = item.run.pieces[0].origin
            text.append("\n")
            # The line break between two items stands for the markup between them.
            pieces.append(Piece(size, end, max(1, start - end)))
            size += 1
        pieces.extend(Piece(piece.start + size, piece.origin, piece.width) for piece in item.run.pieces)
        text.append(item.text)
        size += len(item.text)
        coded += item.run.coded
        end = item.run.end
    span = Span(pieces[0].origin, end)
    return Block("".join(text), span, Place.BODY, "", OffsetMap(pieces), "", round(coded / max(1, size), 3))

