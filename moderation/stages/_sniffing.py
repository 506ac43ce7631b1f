"""What the bytes of a page themselves say of their encoding: how much of them each one reads, what a detector finds.

Bytes that a page was stuffed with prove nothing: what a reader sees is asked, and what no encoding reads counts for
nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from turbohtml.detect import Detection, detect

from moderation.stages._charsets import MULTIBYTE, codec, strictly

__all__ = [
    "LOST",
    "PLAINLY",
    "by_chance",
    "from_first",
    "guessed",
    "is_mostly_utf8",
    "loss",
    "pieces_of",
    "proof",
    "seen",
    "size",
]

# How U+FFFD itself is written, to tell what the source held from what the decoder put in.
LOST = {
    "utf-8": b"\xef\xbf\xbd",
    "gb18030": b"\x84\x31\xa4\x37",
    "utf-16-le": b"\xfd\xff",
    "utf-16-be": b"\xff\xfd",
    "utf-32-le": b"\xfd\xff\x00\x00",
    "utf-32-be": b"\x00\x00\xff\xfd",
}
_LOOK = 64 * 1024
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
PLAINLY = 0.01
_ANY = Detection()


def pieces_of(sample: bytes) -> set[bytes]:
    """The different pieces of some bytes that are not ASCII, cut where no character can be cut."""
    return {piece for piece in _SAFE.split(sample) if not piece.isascii()}


def seen(data: bytes) -> bytes:
    """The beginning of what a reader sees of a page in an encoding that keeps ASCII, from its first other byte on.

    All of the page where nothing but ASCII is seen.
    """
    shown = _UNSEEN.sub(b" ", data)
    return from_first(data if shown.isascii() else shown)


def from_first(data: bytes) -> bytes:
    """A sample from the first byte on that is not ASCII."""
    first = _NOT_ASCII.search(data)
    return data[first.start() : first.start() + 4 * _LOOK] if first else data


def size(piece: bytes) -> int:
    """How many of some bytes are not ASCII."""
    return len(piece) - len(piece.translate(None, _HIGH))


def proof(pieces: Iterable[bytes], name: str) -> int:
    """How many non-ASCII bytes stand in pieces that an encoding reads to the end, as Chinese, Japanese or Korean."""
    return sum(size(piece) for piece in pieces if (text := strictly(piece, name)) and _NEIGHBOURS.search(text))


def _readable(pieces: Iterable[bytes], name: str) -> int:
    """How many non-ASCII bytes stand in pieces that an encoding reads to the end."""
    return sum(size(piece) for piece in pieces if strictly(piece, name))


def is_mostly_utf8(sample: bytes) -> bool:
    """Whether more of some bytes is UTF-8 than not.

    Legacy Chinese read as UTF-8 has 0.17 to 0.28 good characters to each bad one (47 real pages); a UTF-8 page with
    characters cut in the middle, or a line in another encoding, stays far above one.
    """
    proven = sample.decode("utf-8", "replace")
    bad = proven.count("\ufffd") - sample.count(LOST["utf-8"])
    return sum(map(len, _READ.findall(proven))) > bad


def by_chance(text: str) -> bool:
    """Whether valid UTF-8 may be a few legacy characters: two-byte sequences only, and hardly any.

    A few common GBK characters are also two-byte sequences of UTF-8 ("一" reads as U+04BB), so a title of one to three
    may be made of them. Signs such as © and · are the usual content of such pages, and are believed.
    """
    if text.isascii():
        return False
    signs = "".join(_FOREIGN.findall(text[:_LOOK]))
    return 0 < len(signs) < 4 and max(signs) < "\u0800" and max(signs) > "\u00ff"


def loss(data: bytes, name: str) -> float:
    """The share of non-ASCII characters that a codec cannot read, in [0, 1]. A cut last character is no loss."""
    text = data.decode(name, "replace")
    lost = text[:-2].count("\ufffd")
    if not lost:
        return 0.0
    return lost / max(1, sum(map(len, _FOREIGN.findall(text))))


def guessed(data: bytes, sample: bytes, pieces: Collection[bytes], whole: int) -> str:
    """What the detector takes the bytes for.

    It knows more of all there is, and may be led astray by it; a codec of single bytes reads anything.
    """
    guess = _guess(from_first(data))
    if guess in MULTIBYTE and _readable(pieces, guess) == whole:
        return guess
    return max(
        (guess, _guess(sample)),
        key=lambda name: (
            name in MULTIBYTE and proof(pieces, name) > PLAINLY * whole,
            _readable(pieces, name),
        ),
    )


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
            return codec(found.encoding) or "cp1252"
    votes: Counter[str] = Counter()
    for piece in _pieces(look):
        found = detect(piece, _ANY)
        name = codec(found.encoding)
        if found.confidence > 0 and name and not name.startswith("utf-16"):
            votes[name] += len(_NOT_ASCII.findall(piece))
    if votes:
        return votes.most_common(1)[0][0]
    return min(("gb18030", "big5hkscs", "cp932", "cp949"), key=lambda name: loss(look, name))


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
