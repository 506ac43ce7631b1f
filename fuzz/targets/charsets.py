"""The bytes of a page and what is declared of them: an input is a line ``Content-Type: …`` and the page behind it."""

from __future__ import annotations

import codecs
from pathlib import Path

from fuzz.targets import Broken, Run, Target
from fuzz.targets._seeds import PAGES, SPAM, WORDS
from moderation import Moderator
from moderation.errors import PageError
from moderation.stages.decode import Decoded, charset_of, decode

__all__ = ["TARGET"]

_HEADER = b"Content-Type:"
_NAMES = (
    "utf-8 gb18030 gbk big5 shift_jis euc-jp iso-2022-jp euc-kr utf-16 utf-16-le utf-16-be utf-32 windows-1252".split()
)
# Read only where it is declared: without a mark Chinese in them is no text, and windows-1252 holds none of it.
_DECLARED = ("utf-16-le", "utf-16-be", "windows-1252")


def prepare(folder: Path) -> Run:
    moderator = Moderator.load()

    def run(data: bytes) -> str:
        header, body = b"", data
        if data.startswith(_HEADER):
            header, _, body = data.partition(b"\n")
        declared = charset_of(header.decode("latin-1"))
        decoded = _decoded(body, declared)
        again = _decoded(body, declared)
        if repr(again) != repr(decoded):
            raise Broken("the same bytes give two texts")
        if isinstance(decoded, PageError):
            raise decoded
        if not 0 <= decoded.replaced <= len(decoded.text):
            raise Broken("more characters are lost than there are")
        codecs.lookup(decoded.encoding)
        if decoded.encoding == "utf-8" and not decoded.replaced and "\ufffd" not in decoded.text:
            mark = body[3:] if body.startswith(codecs.BOM_UTF8) else body
            if decoded.text.encode() != mark:
                raise Broken("UTF-8 is not read as it stands there")
        # What nothing was declared of may be another text.
        undeclared = _decoded(body, None)
        if isinstance(undeclared, PageError):
            raise undeclared
        findings = moderator.check(body).findings
        if not all(0 <= each.span.start <= each.span.end <= len(undeclared.text) for each in findings):
            raise Broken("a finding lies outside of the text")
        return decoded.encoding

    return run


def _decoded(body: bytes, declared: str | None) -> Decoded | PageError:
    try:
        return decode(body, declared)
    except PageError as error:
        return error


def _encoded(name: str) -> bytes:
    page = f"<meta charset={name}><title>{SPAM[:20]}</title><p>本公司生产阀门。</p>"
    return f"Content-Type: text/html; charset={name}\n".encode() + page.encode(name, "ignore")


TARGET = Target(
    (
        *map(_encoded, _NAMES),
        *(SPAM.encode(name, "ignore") for name in _NAMES if name not in _DECLARED),
        codecs.BOM_UTF8 + PAGES[0],
        b"Content-Type: text/html; charset=utf-8\n" + PAGES[0].replace(b"utf-8", b"gb2312"),
        PAGES[1] + PAGES[1].decode().encode("gb18030"),
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) + PAGES[0],
    ),
    (
        *(f"charset={name}".encode() for name in _NAMES),
        *(f"<meta charset='{name}'>".encode() for name in _NAMES),
        *(b"Content-Type: text/html; ", b"<?xml encoding='gbk'?>", b"<!--", b"-->", b"<p>", b"\x1b$B", b"\x1b(B"),
        *(codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, b"\x84\x31\x95\x33"),
        *(
            b"\xa3\xa0",
            b"\x84\x31\xa4\x37",
            b"\xef\xbf\xbd",
            b"\xd2\xbb",
            b"\0",
            b"\xff",
            b"\xed\xa0\x80",
            b"\xf4\x90\x80\x80",
        ),
        *(b"\x1f\x8b", b"PK\x03\x04", b"GIF89a", b"%PDF-", *WORDS[-12:]),
    ),
    prepare,
)
