"""Bytes that are no text in an encoding that keeps ASCII: images, archives and programs; UTF-16 without a mark."""

from __future__ import annotations

import re

from moderation.common.messages import N_, gettext
from moderation.errors import BinaryPage
from moderation.stages._charsets import HEAD, strictly

__all__ = ["refuse_binary", "wide"]

_MAGIC = (
    (b"\x89PNG\r\n", N_("a PNG image")),
    (b"\xff\xd8\xff", N_("a JPEG image")),
    (b"PK\x03\x04", N_("a ZIP archive")),
    (b"PK\x05\x06", N_("a ZIP archive")),
    (b"\x1f\x8b", N_("GZIP data")),
    (b"%PDF-", N_("a PDF document")),
    (b"\x28\xb5\x2f\xfd", N_("Zstandard data")),
    (b"BZh91AY&SY", N_("BZIP2 data")),
    (b"\xfd7zXZ\x00", N_("XZ data")),
    (b"7z\xbc\xaf\x27\x1c", N_("a 7-Zip archive")),
    (b"Rar!\x1a\x07", N_("a RAR archive")),
    (b"\x7fELF", N_("a program")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", N_("an old Office document")),
    (b"SQLite format 3\x00", N_("an SQLite database")),
    (b"\x00\x00\x01\x00", N_("an icon")),
    (b"wOFF\x00\x01\x00\x00", N_("a web font")),
    (b"wOF2\x00\x01\x00\x00", N_("a web font")),
)
# Of letters alone, so that a text may begin with them: they count only where control bytes follow.
_WORD_MAGIC = (
    (b"GIF8", N_("a GIF image")),
    (b"RIFF", N_("a RIFF file (sound, film or WebP)")),
    (b"ID3", N_("an MP3 file")),
)
_PACKED = ("GZIP", "Zstandard", "BZIP2", "XZ")
# What no image, archive or program holds: the names of elements that pages are made of. Behind a ``<`` of its own, for
# PDF writes ``<</Title``.
_ELEMENT = re.compile(
    rb"(?<!<)<(?:!doctype\s+html|(?:html|head|title|meta|body|div|span|table|script|style|center|font|form|input|iframe"
    rb"|strong|section|article|header|footer|main|nav|img|link)(?=[\s>/]))",
    re.IGNORECASE,
)
# Three or four bytes come about by chance: some in each megabyte.
_SHORT_ELEMENT = re.compile(rb"(?<!<)<(?:[abipsu]|h[1-6]|[uo]l|li|t[dr]|br)[\s>]", re.IGNORECASE)
_SHORT_COUNT = 3
_SHORT_SHARE = 1 / 50_000
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\v\f\r\x1b") + b"\x7f"
# Uniformly random bytes hold 11 % control bytes, real pages none; a page with stray NULs stays below both bounds.
_CONTROL_SHARE = 0.05
_CONTROL_COUNT = 8
# Bytes at the beginning that are looked at.
_LOOK = 64 * 1024
# Code points that are no text, or that bytes of another encoding are as UTF-16, by the share of them in any stretch.
_UNUSUAL = re.compile(
    "[\x00-\x08\x0e-\x1f\u2070-\u209f\u2100-\u2fff\u3100-\u4dff\ua000-\uabff\ud800-\uf8ff\ufffd-\uffff]"
)
_STRETCH = 128
_MOSTLY = 0.25


def wide(data: bytes) -> str:
    """UTF-16 without a mark, told by the NULs that stand at every other byte between ASCII, or an empty string.

    Browsers never read it so; a page is such a one only where all of it is, and nothing in it reads as bytes.
    """
    look = data[:HEAD]
    nulls = look.count(0)
    if nulls < 4 or 8 * nulls < len(look):
        return ""
    odd = look[1::2].count(0)
    # Not all of them: 一 (U+4E00) has its NUL on the other side.
    name = "utf-16-le" if odd > 0.9 * nulls else "utf-16-be" if odd < 0.1 * nulls else ""
    if not name or _holds_markup(data) or (not data.isascii() and strictly(data, "utf-8")):
        return ""
    text = data[: len(data) // 2 * 2].decode(name, "replace")
    if not all(_is_usual(text[at : at + _STRETCH]) for at in range(0, len(text), _STRETCH)):
        return ""
    # Arrays of small integers look alike; text has no control characters and hardly any lone surrogates.
    head = text[: HEAD // 2]
    controls = sum(character in "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\ufffd\uffff" for character in head)
    return name if 50 * controls <= len(head) else ""


def _is_usual(text: str) -> bool:
    return len(_UNUSUAL.findall(text)) <= _MOSTLY * len(text)


def _holds_markup(data: bytes) -> bool:
    """Whether a page stands in some bytes, wherever; a browser shows it whatever is in front."""
    if _ELEMENT.search(data):
        return True
    return len(_SHORT_ELEMENT.findall(data)) >= _SHORT_COUNT + _SHORT_SHARE * len(data)


def refuse_binary(data: bytes) -> None:
    """Raises BinaryPage for data that is no text and holds no markup."""
    look = data[:_LOOK]
    controls = len(look) - len(look.translate(None, _CONTROLS))
    limit = max(_CONTROL_COUNT, _CONTROL_SHARE * len(look))
    kind = next((kind for magic, kind in _MAGIC if data.startswith(magic)), "")
    if not kind and data[4:8] == b"ftyp":
        kind = N_("an MP4 film")
    if not kind and controls:
        kind = next((kind for magic, kind in _WORD_MAGIC if data.startswith(magic)), "")
    if (kind or controls > limit) and _holds_markup(data):
        return
    if kind:
        fix = (
            gettext("undo the content encoding first")
            if kind.startswith(_PACKED)
            else gettext("hand over the page's text or markup")
        )
        raise BinaryPage(
            gettext("the page looks like {kind}, not text; {fix}, or skip it").format(kind=gettext(kind), fix=fix)
        )
    if controls > limit:
        share = 100 * controls / len(look)
        raise BinaryPage(
            gettext(
                "the page looks like binary data ({share:.0f} % control bytes), not text; check that "
                "it is not compressed or truncated at its start, or skip it"
            ).format(share=share)
        )
