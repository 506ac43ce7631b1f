"""Text that went through a wrong charset or was written backwards -> what it said.

Injected lines are often older than the page around them: saved as UTF-8, read as GBK and saved again (涓浗), or as
Latin-1. A reader who knows the trick reads them, and so must the model, which knows words only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

__all__ = ["BACKWARDS", "RARE", "WRONG", "repairs"]

# What a charset's reading of UTF-8 or GBK bytes looks like. In GBK the lead bytes E4 to E9 of UTF-8's Han characters
# begin rare characters of GB 2312's second level, so a search of genuine text hardly ever stops here.
_RARE = "".join(
    character
    for lead in range(0xE4, 0xEA)
    for trail in range(0x80, 0xC0)
    if (character := bytes((lead, trail)).decode("gbk", "ignore"))
)
# windows-1252 shows the bytes 80 to 9F as these; Latin-1 leaves them as controls.
_WINDOWS = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_BYTES = {ord(sign): sign.encode("cp1252").decode("latin-1") for sign in _WINDOWS}
_TAIL = f"[\x80-\xbf{_WINDOWS}]"
# A text without two neighbours of these two classes, and without RARE, holds nothing to repair.
WRONG = "".join(map(chr, range(0xB0, 0xF8))), "".join(map(chr, range(0x80, 0xFF))) + _WINDOWS
RARE, BACKWARDS = _RARE, "\u202e"
_THREE = f"[\xe3-\xe9\xef]{_TAIL}{{2}}"
# What was lost between two characters stands as a question mark or as U+FFFD.
_WIDE = "(?:[^\x00-\x7f]|\\?(?=[^\x00-\x7f]))"
_LOOK = re.compile(f"[{WRONG[0]}][{WRONG[1]}]|[{RARE}{BACKWARDS}]")
_PATTERN = re.compile(
    "(?P<backwards>\u202e[^\u202c\u202e]{2,}+(?:\u202c|$))"
    f"|(?P<latin>{_THREE}(?:{_THREE}|[ -~](?={_THREE}))++)"
    "|(?P<double>[\xb0-\xf7][\xa1-\xfe](?:[\xa1-\xf7][\xa1-\xfe]){3,}+)"
)
_RUN = re.compile(f"{_WIDE}++")
_RARE_TWO = re.compile(f"[{_RARE}](?=[^\x00-\x7f]{{2}})")
_RARE_ONE = re.compile(f"[{_RARE}]")
_HAN = re.compile("[\u4e00-\u9fff]")
# Of a run that was misread each third character is a rare one, but for what was lost; genuine text has a few.
_RARELY = 20
# Bytes that may be lost at the joints of keywords, as a share.
_LOST = 0.4


def repairs(text: str) -> list[tuple[int, int, str]]:
    """The stretches of a text to be read otherwise, in order, as (start, end, what it says)."""
    found: list[tuple[int, int, str]] = []
    if not _LOOK.search(text):
        return found
    for kind, start, end in _misread(text):
        new = _READERS[kind](text[start:end])
        if new:
            found.append((start, end, new))
    return found


def _misread(text: str) -> Iterator[tuple[str, int, int]]:
    """The stretches that look misread, as (kind, start, end): in order, none in another.

    A stretch of kind ``gbk`` begins behind ASCII, holds a rare character with two more behind it, and ends with its
    run. One pattern for that too would read a run again from each question mark in it.
    """
    at = 0
    other = _PATTERN.search(text)
    for run in _RUN.finditer(text):
        rare = max([found.start() for found in _RARE_TWO.finditer(text, *run.span())], default=-1)
        start = run.start()
        while start <= rare:
            if start < at:
                mark = text.find("?", at - 1, rare)
                start = mark + 1 if mark >= 0 else len(text)
            elif other is not None and other.start() <= start:
                yield str(other.lastgroup), *other.span()
                at = other.end()
                other = _PATTERN.search(text, at)
            else:
                yield "gbk", start, run.end()
                at = start = run.end()
                if other is not None and other.start() < at:
                    other = _PATTERN.search(text, at)
    while other is not None:
        yield str(other.lastgroup), *other.span()
        other = _PATTERN.search(text, other.end())


def _backwards(text: str) -> str:
    return text.strip("\u202c\u202e")[::-1]


def _latin(text: str) -> str:
    return _decoded(text.translate(_BYTES).encode("latin-1", "ignore"), "utf-8")


def _double(text: str) -> str:
    return _decoded(text.encode("latin-1"), "gb2312")


def _gbk(text: str) -> str:
    if _RARELY * len(_RARE_ONE.findall(text)) < len(text):
        return ""
    # Browsers read a lone byte 80 as the euro sign, which Python's codec does not know.
    raw = b"\x80".join(part.encode("gbk", "ignore") for part in text.replace("?", "").split("€"))
    return _decoded(raw, "utf-8")


def _decoded(raw: bytes, charset: str) -> str:
    """What the bytes say, if they say something in Chinese; else nothing."""
    text = raw.decode(charset, "ignore")
    han = "".join(_HAN.findall(text))
    if len(text.encode(charset)) < (1 - _LOST) * len(raw) or len(han) < max(2, 0.5 * len(text)):
        return ""
    # Wrong readings give characters that nobody writes.
    written = max(len(han.encode("gb2312", "ignore")), len(han.encode("big5", "ignore"))) // 2
    return text if written >= 0.9 * len(han) else ""


_READERS: dict[str, Callable[[str], str]] = {
    "backwards": _backwards,
    "latin": _latin,
    "double": _double,
    "gbk": _gbk,
}
