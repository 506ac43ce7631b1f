"""A cleaned page -> bytes in the page's own encoding, every byte outside the cuts as it was."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from moderation.data import Cleaned, Page

__all__ = ["rewrite"]

# What a decoder takes off in front and a file must keep: UTF-8, UTF-16, UTF-32 and GB 18030, or nothing.
_MARKS = (b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"\x84\x31\x95\x33")
_STEP = 4096


def rewrite(raw: bytes, page: Page, cleaned: Cleaned) -> bytes | None:
    """The bytes of the cleaned page, or None where its encoding does not explain the original.

    Args:
        raw: the bytes that ``page`` was read from.
        page: the page as it was checked.
        cleaned: what was left of it.
    """
    if not cleaned.cuts:
        return raw
    try:
        body = page.content.encode(page.encoding)
        mark = raw.removesuffix(body)
        if mark in _MARKS:
            return mark + cleaned.content.encode(page.encoding)
    except (LookupError, UnicodeEncodeError):
        pass
    # Broken characters, or two ways to write one: cut the bytes themselves.
    return _cut(raw, page, cleaned)


def _cut(raw: bytes, page: Page, cleaned: Cleaned) -> bytes | None:
    mark = max((mark for mark in _MARKS if raw.startswith(mark)), key=len)
    body = raw[len(mark) :]
    offsets = [offset for cut in cleaned.cuts for offset in cut.span]
    try:
        bounds = _byte_offsets(body, page.encoding, offsets)
    except LookupError:
        return None
    kept = [body[a:b] for a, b in zip([0, *bounds[1::2]], [*bounds[::2], len(body)], strict=True)]
    result = b"".join(kept)
    # A broken character before a cut may have swallowed a byte of what follows; then nothing is promised. The decoder
    # reads the blank of old GBK editors (0xA3A0) as one of today.
    text = result.decode(page.encoding, "replace")
    same = text == cleaned.content or text.replace("\ue5e5", "\u3000") == cleaned.content
    return mark + result if same else None


def _byte_offsets(body: bytes, encoding: str, offsets: Sequence[int]) -> list[int]:
    """Where the characters ``offsets`` (ascending) begin in the bytes. Linear in the size."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    found: list[int] = []
    characters = 0
    for start in range(0, len(body), _STEP):
        state = decoder.getstate()
        piece = body[start : start + _STEP]
        size = len(decoder.decode(piece, start + _STEP >= len(body)))
        if len(found) < len(offsets) and offsets[len(found)] < characters + size:
            # One of them is in here: once more, byte by byte.
            decoder.setstate(state)
            end = characters
            for at in range(len(piece)):
                # The last byte of a character brings it out, so what is wanted begins where nothing is pending.
                while len(found) < len(offsets) and offsets[len(found)] == end and not decoder.getstate()[0]:
                    found.append(start + at)
                end += len(decoder.decode(piece[at : at + 1]))
                while len(found) < len(offsets) and offsets[len(found)] < end:
                    found.append(start + at)
        characters += size
    found.extend(len(body) for _ in offsets[len(found) :])
    return found
