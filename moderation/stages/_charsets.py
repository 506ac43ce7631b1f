"""The names of encodings, and what a page or its server declares: -> Python codecs.

Declarations of Chinese pages are often wrong; what they are worth is decided in :mod:`.decode`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["HEAD", "MULTIBYTE", "charset_of", "codec", "declared_inside", "strictly"]

# Names people declare, by the Python codec that reads them. GB 2312 and GBK are subsets of GB 18030, and pages declared
# as the one are full of characters of the other; the same holds of Big5 and its Hong Kong supplement, Shift_JIS and
# cp932, EUC-KR and cp949, ISO 8859-1 and windows-1252 (WHATWG Encoding, "Names and labels").
_CODECS = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 utf-8-sig utf8mb4",
    "gb18030": "gb2312 gbk gb18030 gb-2312 gb2312-80 gb-2312-80 gb-18030 gb18030-2000 gb18030-2022 x-gbk x-gb2312 "
    "cp936 ms936 windows-936 936 chinese euc-cn x-euc-cn csgb2312 iso-ir-58 zh-cn",
    "big5hkscs": "big5 big5-hkscs big5hkscs big-5 cn-big5 x-x-big5 csbig5 cp950 950 windows-950",
    "cp932": "shift-jis shiftjis sjis x-sjis ms-kanji cp932 windows-31j windows-932 ms932 csshiftjis",
    "euc_jp": "euc-jp eucjp x-euc-jp",
    "iso2022_jp": "iso-2022-jp csiso2022jp",
    "cp949": "euc-kr euckr cp949 uhc windows-949 ks-c-5601-1987 ks-c-5601 ksc5601 ksc-5601 korean cseuckr",
    "utf-16": "utf-16 utf16 unicode ucs-2 iso-10646-ucs-2",
    "utf-16-le": "utf-16le utf-16-le unicodefeff",
    "utf-16-be": "utf-16be utf-16-be unicodefffe",
    "cp1252": "windows-1252 cp1252 iso-8859-1 iso8859-1 latin1 latin-1 l1 us-ascii ascii",
    "cp1254": "windows-1254 cp1254 iso-8859-9 latin5",
    "cp874": "windows-874 tis-620 iso-8859-11",
    "iso8859_2": "iso-8859-2 latin2",
    "iso8859_15": "iso-8859-15 latin-9",
    "koi8_r": "koi8-r koi8",
    "koi8_u": "koi8-u",
    **{f"cp{number}": f"windows-{number} cp{number}" for number in (1250, 1251, 1253, 1255, 1256, 1257, 1258)},
}
_NAMES = {name: codec for codec, names in _CODECS.items() for name in names.split()}
MULTIBYTE = frozenset({"gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "iso2022_jp"})
# Where pages declare their encoding: in their first bytes.
HEAD = 4096
_META = re.compile(
    rb"<meta\s[^>]{0,512}?charset\s*+=\s*+(?:[\"']\s*+)?([\w.:+-]++)"
    rb"|<\?xml\s[^>]{0,256}?encoding\s*+=\s*+[\"']([\w.:+-]++)",
    re.IGNORECASE,
)
_CHARSET = re.compile(r"(?:^|[;,\s])charset\s*+=\s*+(?:[\"']\s*+)?([\w.:+-]++)", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)


def charset_of(content_type: str) -> str | None:
    """The charset a ``Content-Type`` header names, in lower case, or None.

    >>> charset_of('text/html; Charset="GB2312"')
    'gb2312'
    """
    found = _CHARSET.search(content_type)
    return found.group(1).lower() if found else None


def codec(name: str | None) -> str | None:
    """The Python codec for a declared name."""
    return _NAMES.get(name.strip().strip("\"'").lower().replace("_", "-")) if name else None


def declared_inside(data: bytes) -> Iterator[str | None]:
    """The codecs the page declares for itself in its first 4 KB, as the prescan of browsers finds them.

    Comments declare nothing. UTF-16 is UTF-8 there: what reads the declaration as ASCII knows that it is not UTF-16.
    """
    for found in _META.finditer(_COMMENT.sub(b"", data[:HEAD])):
        name = codec((found.group(1) or found.group(2)).decode("ascii", "replace"))
        yield "utf-8" if name and name.startswith("utf-16") else name


def strictly(data: bytes, name: str) -> str:
    """The text of some bytes; of bytes that are no such text, nothing."""
    try:
        return data.decode(name)
    except UnicodeDecodeError:
        return ""
