"""Bytes and what was declared about them -> text.

The order is the one of browsers (https://html.spec.whatwg.org, "encoding sniffing algorithm"): a byte-order mark, the
HTTP header, ``<meta>``, the content. Declarations of Chinese pages are often wrong, so it differs in one thing: a
declaration is passed over where the page is plainly something else, as a page is that is UTF-8 from end to end. Bytes
that a page was stuffed with prove nothing: what a reader sees is asked, and what no encoding reads is not counted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from moderation.common.messages import gettext
from moderation.errors import EmptyPage
from moderation.stages._binary import refuse_binary, wide
from moderation.stages._charsets import MULTIBYTE, charset_of, codec, declared_inside, strictly
from moderation.stages._sniffing import (
    LOST,
    PLAINLY,
    by_chance,
    from_first,
    guessed,
    is_mostly_utf8,
    loss,
    pieces_of,
    proof,
    seen,
    size,
)

__all__ = ["Decoded", "charset_of", "decode"]

# UTF-32 first: its little-endian mark begins with that of UTF-16. Browsers do not know it, so all of it has to fit.
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_UTF8_MARK = b"\xef\xbb\xbf"
_GB_MARK = b"\x84\x31\x95\x33"
_BLANKS = b" \t\n\v\f\r"


class Decoded(NamedTuple):
    """The text of some bytes.

    ``encoding`` is the Python codec that reads them (without the mark, which is not part of the text); ``replaced``
    counts the characters that were not readable, U+FFFD put in by the decoder, not those the source held already.
    """

    text: str
    encoding: str
    replaced: int


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """The text of a page, line ends as they are. Linear in the size of ``data``.

    Args:
        data: the bytes as served, after any content encoding.
        declared: the charset of the HTTP header, see :func:`charset_of`; an unknown name counts as none.

    Raises:
        EmptyPage: no bytes, or nothing but white space.
        BinaryPage: an image, an archive, other data that is no text.
    """
    if not data.strip(_BLANKS):
        raise EmptyPage(gettext("the page is empty or only white space; nothing to judge, skip it"))
    for mark, name in _MARKS:
        if data.startswith(mark) and (name.startswith("utf-16") or _is(data[len(mark) :], name)):
            return _read(data[len(mark) :], name)
    if without_mark := wide(data):
        return _read(data, without_mark)
    refuse_binary(data)
    if data.startswith(_GB_MARK):
        # Browsers do not know it: what follows has to be GB 18030 too.
        data, declared = data[len(_GB_MARK) :], "gb18030"
    elif data.startswith(_UTF8_MARK):
        # An editor's mark on an include file proves nothing about what other files of the site put behind it.
        data, declared = data[len(_UTF8_MARK) :], "utf-8"
    return _choose(data, declared)


def _choose(data: bytes, declared: str | None) -> Decoded:
    """The text of bytes without a mark: as UTF-8, as what is declared, or as what the bytes themselves say."""
    names = [name for name in (codec(declared), *declared_inside(data)) if name and not name.startswith("utf-16")]
    return _as_utf8(data, names) or _as_declared(data, names) or _by_content(data, names)


def _as_utf8(data: bytes, names: Sequence[str]) -> Decoded | None:
    """The text of valid UTF-8, unless a few legacy characters happen to be that."""
    text = strictly(data, "utf-8")
    if data and not text:
        return None
    legacy = next((name for name in names if name in MULTIBYTE), None)
    if legacy == "iso2022_jp" and b"\x1b$" in data:
        return _read(data, legacy)
    if legacy and by_chance(text) and loss(data, legacy) == 0:
        return _read(data, legacy)
    return _finish(text, "utf-8", 0)


def _as_declared(data: bytes, names: Sequence[str]) -> Decoded | None:
    """The usual case: all of the page is in the one legacy encoding that it declares."""
    legacy = set(names) & MULTIBYTE
    if len(legacy) != 1 or is_mostly_utf8(from_first(data)):
        return None
    (name,) = legacy
    text = strictly(data, name)
    return _finish(text, name, 0) if text else None


def _by_content(data: bytes, names: Sequence[str]) -> Decoded:
    """The text of bytes that no one encoding reads to the end, as most of what is seen of them proves."""
    sample = seen(data)
    pieces = pieces_of(sample)
    whole = sum(map(size, pieces))
    held = _held(pieces, whole, names)
    if held == "utf-8" or (not held and is_mostly_utf8(sample)):
        return _read(data, "utf-8")
    fitting = [name for name in dict.fromkeys(names) if name in MULTIBYTE and loss(sample, name) < 0.02]
    if len(fitting) == 1:
        return _read(data, fitting[0])
    guess = guessed(data, sample, pieces, whole)
    if fitting:
        return _read(data, guess if guess in fitting else fitting[0])
    if held and proof(pieces, guess) <= proof(pieces, held):
        return _read(data, held)
    if guess in MULTIBYTE or not names:
        return _read(data, guess)
    return _read(data, next((name for name in names if name != "utf-8"), guess))


def _held(pieces: Collection[bytes], whole: int, names: Sequence[str]) -> str:
    """The declared encoding that is held on to, since more of the pieces is plainly in it than in UTF-8; or nothing."""
    obeyed = next((name for name in names if name == "utf-8" or name in MULTIBYTE), None)
    if not obeyed:
        return ""
    utf8 = 0 if obeyed == "utf-8" else proof(pieces, "utf-8")
    return obeyed if proof(pieces, obeyed) > max(utf8, PLAINLY * whole) else ""


def _is(data: bytes, name: str) -> bool:
    return not data or bool(strictly(data, name))


def _read(data: bytes, name: str) -> Decoded:
    try:
        return _finish(data.decode(name), name, 0)
    except UnicodeDecodeError:
        text = data.decode(name, "replace")
    own = data.count(LOST[name]) if name in LOST else 0
    return _finish(text, name, max(0, text.count("\ufffd") - own))


def _finish(text: str, name: str, replaced: int) -> Decoded:
    if not text or text.isspace():
        raise EmptyPage(gettext("the page is empty or only white space; nothing to judge, skip it"))
    if name == "gb18030" and "\ue5e5" in text:
        # 0xA3A0, the full-width blank of old editors; WHATWG Encoding, "index gb18030".
        text = text.replace("\ue5e5", "\u3000")
    return Decoded(text, name, replaced)
