"""Bytes and what was declared about them -> text.

The order is the one of browsers (https://html.spec.whatwg.org, "encoding sniffing algorithm"): a byte-order mark, the
HTTP header, ``<meta>``, the content. Declarations of Chinese pages are often wrong, so it differs in one thing: a
declaration is passed over where the page is plainly something else, as a page is that is UTF-8 from end to end. Bytes
that a page was stuffed with prove nothing: what a reader sees is asked, and what no encoding reads is not counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from turbohtml.detect import Detection, detect

from moderation.common.messages import N_, gettext
from moderation.errors import BinaryPage, EmptyPage

__all__ = ["Decoded", "charset_of", "decode"]

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
_MULTIBYTE = frozenset({"gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "iso2022_jp"})
# UTF-32 first: its little-endian mark begins with that of UTF-16. Browsers do not know it, so all of it has to fit.
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_UTF8_MARK = b"\xef\xbb\xbf"
_GB_MARK = b"\x84\x31\x95\x33"
# How U+FFFD itself is written, to tell what the source held from what the decoder put in.
_LOST = {
    "utf-8": b"\xef\xbf\xbd",
    "gb18030": b"\x84\x31\xa4\x37",
    "utf-16-le": b"\xfd\xff",
    "utf-16-be": b"\xff\xfd",
    "utf-32-le": b"\xfd\xff\x00\x00",
    "utf-32-be": b"\x00\x00\xff\xfd",
}
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
_BLANKS = b" \t\n\v\f\r"
# Uniformly random bytes hold 11 % control bytes, real pages none; a page with stray NULs stays below both bounds.
_CONTROL_SHARE = 0.05
_CONTROL_COUNT = 8
_LOOK = 64 * 1024
_HEAD = 4096
_META = re.compile(
    rb"<meta\s[^>]{0,512}?charset\s*+=\s*+(?:[\"']\s*+)?([\w.:+-]++)"
    rb"|<\?xml\s[^>]{0,256}?encoding\s*+=\s*+[\"']([\w.:+-]++)",
    re.IGNORECASE,
)
_CHARSET = re.compile(r"(?:^|[;,\s])charset\s*+=\s*+(?:[\"']\s*+)?([\w.:+-]++)", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_HIGH = bytes(range(0x80, 0x100))
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_READ = re.compile(r"[^\x00-\x7f\ufffd]+")
_DECLARES = re.compile(rb"charset|encoding", re.IGNORECASE)
# Never the second byte of a character in any encoding here, except inside the rare four-byte ones of GB 18030.
_SAFE = re.compile(rb"[\x00-\x2f\x3a-\x3f]+")
# What a reader does not see.
_UNSEEN = re.compile(rb"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1|\Z)|<[^<>]*+>", re.IGNORECASE | re.DOTALL)
# Two such neighbours are hardly ever what another encoding's bytes happen to be: of 942 pages in GB 18030 and Big5, one
# has more than none of its bytes in pieces that are UTF-8 with such neighbours, and that one 0.4 %.
_NEIGHBOURS = re.compile("[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7af\uff01-\uffe6]{2}")
_PLAINLY = 0.01
# Code points that are no text, or that bytes of another encoding are as UTF-16, by the share of them in any stretch.
_UNUSUAL = re.compile(
    "[\x00-\x08\x0e-\x1f\u2070-\u209f\u2100-\u2fff\u3100-\u4dff\ua000-\uabff\ud800-\uf8ff\ufffd-\uffff]"
)
_STRETCH = 128
_MOSTLY = 0.25
_ANY = Detection()


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
    wide = _wide(data)
    if wide:
        return _read(data, wide)
    _refuse_binary(data)
    if data.startswith(_GB_MARK):
        # Browsers do not know it: what follows has to be GB 18030 too.
        data, declared = data[len(_GB_MARK) :], "gb18030"
    elif data.startswith(_UTF8_MARK):
        # An editor's mark on an include file proves nothing about what other files of the site put behind it.
        data, declared = data[len(_UTF8_MARK) :], "utf-8"
    return _choose(data, declared)


def charset_of(content_type: str) -> str | None:
    """The charset a ``Content-Type`` header names, in lower case, or None.

    >>> charset_of('text/html; Charset="GB2312"')
    'gb2312'
    """
    found = _CHARSET.search(content_type)
    return found.group(1).lower() if found else None


def _choose(data: bytes, declared: str | None) -> Decoded:
    """The text of bytes without a mark: as UTF-8, as what is declared, or as what the bytes themselves say."""
    names = [name for name in (_codec(declared), *_declared_inside(data)) if name and not name.startswith("utf-16")]
    return _as_utf8(data, names) or _as_declared(data, names) or _by_evidence(data, names)


def _as_utf8(data: bytes, names: Sequence[str]) -> Decoded | None:
    """The text of valid UTF-8, unless a few legacy characters happen to be that."""
    text = _strictly(data, "utf-8")
    if data and not text:
        return None
    legacy = next((name for name in names if name in _MULTIBYTE), None)
    if legacy == "iso2022_jp" and b"\x1b$" in data:
        return _read(data, legacy)
    if legacy and _by_chance(text) and _loss(data, legacy) == 0:
        return _read(data, legacy)
    return _finish(text, "utf-8", 0)


def _as_declared(data: bytes, names: Sequence[str]) -> Decoded | None:
    """The usual case: all of the page is in the one legacy encoding that it declares."""
    legacy = set(names) & _MULTIBYTE
    if len(legacy) != 1 or _is_mostly_utf8(_from_first(data)):
        return None
    (name,) = legacy
    text = _strictly(data, name)
    return _finish(text, name, 0) if text else None


def _by_evidence(data: bytes, names: Sequence[str]) -> Decoded:
    """The text of bytes that no one encoding reads to the end, as most of what is seen of them proves."""
    seen = _seen(data)
    pieces = {piece for piece in _SAFE.split(seen) if not piece.isascii()}
    whole = sum(map(_size, pieces))
    held = _held(pieces, whole, names)
    if held == "utf-8" or (not held and _is_mostly_utf8(seen)):
        return _read(data, "utf-8")
    fitting = [name for name in dict.fromkeys(names) if name in _MULTIBYTE and _loss(seen, name) < 0.02]
    if len(fitting) == 1:
        return _read(data, fitting[0])
    guess = _guessed(data, seen, pieces, whole)
    if fitting:
        return _read(data, guess if guess in fitting else fitting[0])
    if held and _evidence(pieces, guess) <= _evidence(pieces, held):
        return _read(data, held)
    if guess in _MULTIBYTE or not names:
        return _read(data, guess)
    return _read(data, next((name for name in names if name != "utf-8"), guess))


def _held(pieces: Collection[bytes], whole: int, names: Sequence[str]) -> str:
    """The declared encoding that is held on to, since more of the pieces is plainly in it than in UTF-8; or nothing."""
    obeyed = next((name for name in names if name == "utf-8" or name in _MULTIBYTE), None)
    if not obeyed:
        return ""
    utf8 = 0 if obeyed == "utf-8" else _evidence(pieces, "utf-8")
    return obeyed if _evidence(pieces, obeyed) > max(utf8, _PLAINLY * whole) else ""


def _guessed(data: bytes, seen: bytes, pieces: Collection[bytes], whole: int) -> str:
    """What the detector takes the bytes for.

    It knows more of all there is, and may be led astray by it; a codec of single bytes reads anything.
    """
    guess = _guess(_from_first(data))
    if guess in _MULTIBYTE and _readable(pieces, guess) == whole:
        return guess
    return max(
        (guess, _guess(seen)),
        key=lambda name: (
            name in _MULTIBYTE and _evidence(pieces, name) > _PLAINLY * whole,
            _readable(pieces, name),
        ),
    )


def _is_mostly_utf8(sample: bytes) -> bool:
    """Whether more of some bytes is UTF-8 than not.

    Legacy Chinese read as UTF-8 has 0.17 to 0.28 good characters to each bad one (47 real pages); a UTF-8 page with
    characters cut in the middle, or a line in another encoding, stays far above one.
    """
    proven = sample.decode("utf-8", "replace")
    bad = proven.count("\ufffd") - sample.count(_LOST["utf-8"])
    return sum(map(len, _READ.findall(proven))) > bad


def _seen(data: bytes) -> bytes:
    """The beginning of what a reader sees of a page in an encoding that keeps ASCII, from its first other byte on.

    All of the page where nothing but ASCII is seen.
    """
    seen = _UNSEEN.sub(b" ", data)
    return _from_first(data if seen.isascii() else seen)


def _from_first(data: bytes) -> bytes:
    """A sample from the first byte on that is not ASCII."""
    first = _NOT_ASCII.search(data)
    return data[first.start() : first.start() + 4 * _LOOK] if first else data


def _size(piece: bytes) -> int:
    """How many of some bytes are not ASCII."""
    return len(piece) - len(piece.translate(None, _HIGH))


def _evidence(pieces: Iterable[bytes], name: str) -> int:
    """How many non-ASCII bytes stand in pieces that an encoding reads to the end, as Chinese, Japanese or Korean."""
    return sum(_size(piece) for piece in pieces if (text := _strictly(piece, name)) and _NEIGHBOURS.search(text))


def _readable(pieces: Iterable[bytes], name: str) -> int:
    """How many non-ASCII bytes stand in pieces that an encoding reads to the end."""
    return sum(_size(piece) for piece in pieces if _strictly(piece, name))


def _strictly(data: bytes, name: str) -> str:
    """The text of some bytes; of bytes that are no such text, nothing."""
    try:
        return data.decode(name)
    except UnicodeDecodeError:
        return ""


def _is(data: bytes, name: str) -> bool:
    return not data or bool(_strictly(data, name))


def _codec(name: str | None) -> str | None:
    """The Python codec for a declared name."""
    return _NAMES.get(name.strip().strip("\"'").lower().replace("_", "-")) if name else None


def _declared_inside(data: bytes) -> Iterator[str | None]:
    """The codecs the page declares for itself in its first 4 KB, as the prescan of browsers finds them.

    Comments declare nothing. UTF-16 is UTF-8 there: what reads the declaration as ASCII knows that it is not UTF-16.
    """
    for found in _META.finditer(_COMMENT.sub(b"", data[:_HEAD])):
        name = _codec((found.group(1) or found.group(2)).decode("ascii", "replace"))
        yield "utf-8" if name and name.startswith("utf-16") else name


def _by_chance(text: str) -> bool:
    """Whether valid UTF-8 may be a few legacy characters: two-byte sequences only, and hardly any.

    A few common GBK characters are also two-byte sequences of UTF-8 ("一" reads as U+04BB), so a title of one to three
    may be made of them. Signs such as © and · are the usual content of such pages, and are believed.
    """
    if text.isascii():
        return False
    signs = "".join(_FOREIGN.findall(text[:_LOOK]))
    return 0 < len(signs) < 4 and max(signs) < "\u0800" and max(signs) > "\u00ff"


def _loss(data: bytes, name: str) -> float:
    """The share of non-ASCII characters that a codec cannot read, in [0, 1]. A cut last character is no loss."""
    text = data.decode(name, "replace")
    lost = text[:-2].count("\ufffd")
    if not lost:
        return 0.0
    return lost / max(1, sum(map(len, _FOREIGN.findall(text))))


def _guess(sample: bytes) -> str:
    """The codec of undeclared bytes, by their content.

    turbohtml's detector drops a candidate at its first invalid sequence: one bad or cut character, and a Chinese page
    is "windows-1252". So the end is trimmed, and where that does not help the pieces of the page vote.
    """
    # What is declared has been tried; hidden from the detector, which would obey it.
    look = _DECLARES.sub(lambda found: b"x" * len(found.group()), sample[:_LOOK])
    for cut in range(4):
        found = detect(look[: len(look) - cut], _ANY)
        if found.confidence > 0 and found.encoding and not found.encoding.startswith("utf-16"):
            return _codec(found.encoding) or "cp1252"
    votes: Counter[str] = Counter()
    for piece in _pieces(look):
        found = detect(piece, _ANY)
        name = _codec(found.encoding)
        if found.confidence > 0 and name and not name.startswith("utf-16"):
            votes[name] += len(_NOT_ASCII.findall(piece))
    if votes:
        return votes.most_common(1)[0][0]
    return min(("gb18030", "big5hkscs", "cp932", "cp949"), key=lambda name: _loss(look, name))


def _pieces(sample: bytes) -> Iterator[bytes]:
    """Stretches with about 64 non-ASCII bytes each, cut where no character can be cut."""
    piece = b""
    for part in _SAFE.split(sample):
        if part and not part.isascii():
            piece += part + b" "
            if len(piece) >= 64:
                yield piece
                piece = b""
    if piece:
        yield piece


def _read(data: bytes, name: str) -> Decoded:
    try:
        return _finish(data.decode(name), name, 0)
    except UnicodeDecodeError:
        text = data.decode(name, "replace")
    own = data.count(_LOST[name]) if name in _LOST else 0
    return _finish(text, name, max(0, text.count("\ufffd") - own))


def _finish(text: str, name: str, replaced: int) -> Decoded:
    if not text or text.isspace():
        raise EmptyPage(gettext("the page is empty or only white space; nothing to judge, skip it"))
    if name == "gb18030" and "\ue5e5" in text:
        # 0xA3A0, the full-width blank of old editors; WHATWG Encoding, "index gb18030".
        text = text.replace("\ue5e5", "\u3000")
    return Decoded(text, name, replaced)


def _wide(data: bytes) -> str:
    """UTF-16 without a mark, told by the NULs that stand at every other byte between ASCII, or an empty string.

    Browsers never read it so; a page is such a one only where all of it is, and nothing in it reads as bytes.
    """
    look = data[:_HEAD]
    nulls = look.count(0)
    if nulls < 4 or 8 * nulls < len(look):
        return ""
    odd = look[1::2].count(0)
    # Not all of them: 一 (U+4E00) has its NUL on the other side.
    name = "utf-16-le" if odd > 0.9 * nulls else "utf-16-be" if odd < 0.1 * nulls else ""
    if not name or _holds_markup(data) or (not data.isascii() and _strictly(data, "utf-8")):
        return ""
    text = data[: len(data) // 2 * 2].decode(name, "replace")
    if not all(_is_usual(text[at : at + _STRETCH]) for at in range(0, len(text), _STRETCH)):
        return ""
    # Arrays of small integers look alike; text has no control characters and hardly any lone surrogates.
    head = text[: _HEAD // 2]
    controls = sum(character in "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\ufffd\uffff" for character in head)
    return name if 50 * controls <= len(head) else ""


def _is_usual(text: str) -> bool:
    return len(_UNUSUAL.findall(text)) <= _MOSTLY * len(text)


def _holds_markup(data: bytes) -> bool:
    """Whether a page stands in some bytes, wherever; a browser shows it whatever is in front."""
    if _ELEMENT.search(data):
        return True
    return len(_SHORT_ELEMENT.findall(data)) >= _SHORT_COUNT + _SHORT_SHARE * len(data)


def _refuse_binary(data: bytes) -> None:
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
