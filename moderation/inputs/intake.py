"""What is read from outside, and what it may cost: regular files only, names that pages have, rows of bounded size.

A name may stand for a pipe that never ends, and a line for a million empty lists; neither is a page.
"""

from __future__ import annotations

import errno
import io
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

from moderation.common.limits import MAX_SIZE
from moderation.common.messages import N_, gettext
from moderation.errors import MalformedRow, PageError, PageTooLarge

__all__ = ["EMPTY", "halved", "is_no_page", "is_unicode", "numbered_values", "open_file"]

# In the place of a line that holds nothing, which is not the value null.
EMPTY = object()
# Bytes of a line: a page of 8 Mi characters takes six for each where all are escaped, and the row a little more.
_LINE = 6 * MAX_SIZE + 64 * 1024
# Characters of a line that is not ASCII: one wide character makes each of them take four bytes.
_CHARACTERS = 12 * 1024 * 1024
# Lists, objects and members of a row; each takes a hundred bytes.
_VALUES = 250_000
# What a folder or an archive of a site holds beside its pages. Everything else is read: a mirror has names such as
# ``index.html?p=2``, feeds and XHTML are XML, and a page that is left out in silence is worse than a row that says a
# file is no text.
_NO_PAGES = frozenset(
    "7z arc avi avif bin bmp br bz2 cdx cdxj class css dll doc docx eot exe flv gif gz ico jar jpeg jpg js json less"
    " map mjs mkv mov mp3 mp4 mpg npz ogg otf parquet pdf png ppt pptx pyc rar scss so svg swf tar tgz tif tiff ttf"
    " wacz warc wat wav webm webp wet wmv woff woff2 xls xlsx xz zip zst".split()
)
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)


def open_file(path: str | Path) -> BufferedReader:
    """Opens a file; one that is no regular file is refused and not waited for.

    Raises:
        OSError: it cannot be opened, or is a pipe, a socket, a device or a folder.
    """
    _check(os.stat(path).st_mode, path)  # noqa: PTH116
    # Of what took its place meanwhile, opening must not wait either.
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        _check(os.fstat(number).st_mode, path)
        return BufferedReader(io.FileIO(number, "rb"), 128 * 1024)
    except BaseException:
        os.close(number)
        raise


def _check(mode: int, path: str | Path) -> None:
    if stat.S_ISREG(mode):
        return
    kinds = ((stat.S_ISDIR, N_("folder")), (stat.S_ISFIFO, N_("pipe")), (stat.S_ISSOCK, N_("socket")))
    kind = next((name for test, name in kinds if test(mode)), N_("device"))
    said = gettext("a {kind} and no file; save what it gives to a file, or hand it over as standard input (-)").format(
        kind=gettext(kind)
    )
    raise OSError(errno.EINVAL, said, str(path))


def is_no_page(name: str) -> bool:
    """Whether a file in a folder, or a member of an archive, is no page by the end of its name.

    A file that somebody names is read whatever it is called.
    """
    _, dot, end = name.rpartition(".")
    return bool(dot) and end.lower() in _NO_PAGES


def numbered_values(lines: IO[bytes], source: str) -> Iterator[tuple[int, Any]]:
    """The values of JSON Lines, each with the number of its line, from 1; :data:`EMPTY` for an empty line.

    What is no value, or larger than it may be, is a :class:`PageError` in its place. One line is in memory at a time.

    Args:
        lines: where they are read from.
        source: what it is called.

    Raises:
        OSError: the lines cannot be read any further.
    """
    number = 0
    while line := lines.readline(_LINE):
        number += 1
        where = f"{source}#{number}"
        if len(line) == _LINE and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = lines.readline(1 << 20)
            yield (
                number,
                PageTooLarge(
                    gettext("{where}: a line of more than {line:,} bytes; split it").format(where=where, line=_LINE),
                    where,
                ),
            )
        elif line.strip():
            problem = _too_much(line, where)
            if problem is None:
                # The bytes are not needed beside the text.
                text, line = _decoded(line), b""
                yield number, _parsed(text, where)
            else:
                yield number, problem
        else:
            yield number, EMPTY


def _too_much(line: bytes, where: str) -> PageError | None:
    if not line.isascii():
        count = len(line) - _following(line)
        if count > _CHARACTERS:
            return PageTooLarge(
                gettext("{where}: a line of more than {characters:,} characters; split it").format(
                    where=where, characters=_CHARACTERS
                ),
                where,
            )
    if _values(line) > _VALUES and _values(_STRING.sub(b"", line)) > _VALUES:
        return PageTooLarge(
            gettext("{where}: a row of more than {values:,} values; write the page as one string").format(
                where=where, values=_VALUES
            ),
            where,
        )
    return None


def _following(line: bytes) -> int:
    """How many bytes are not the first of their character."""
    return len(line) - len(line.translate(None, bytes(range(0x80, 0xC0))))


def _values(line: bytes) -> int:
    return line.count(b"[") + line.count(b"{") + line.count(b",")


def _decoded(line: bytes) -> str | UnicodeDecodeError:
    try:
        return line.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        # It keeps the line.
        error.object = b""
        return error


def _parsed(text: str | UnicodeDecodeError, where: str) -> Any:
    if isinstance(text, UnicodeDecodeError):
        return MalformedRow(
            gettext("{where}: no JSON ({reason}); write one object a line, in UTF-8").format(
                where=where, reason=text.reason
            ),
            where,
        )
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        return MalformedRow(
            gettext("{where}: no JSON ({error}); write one object a line, in UTF-8").format(where=where, error=error),
            where,
        )
    except ValueError:
        return MalformedRow(
            gettext("{where}: no JSON (a number that is too long); write one object a line, in UTF-8").format(
                where=where
            ),
            where,
        )
    except RecursionError:
        return MalformedRow(gettext("{where}: nested too deeply for a row").format(where=where), where)


def halved(row: Mapping[str, Any], where: str) -> MalformedRow | None:
    """What is wrong with a row whose ``url`` or ``id`` holds half of a surrogate pair; None where neither does.

    Args:
        row: of JSON, or of a table.
        where: what the row is called.
    """
    for name in ("url", "id"):
        if isinstance(row.get(name), str) and not is_unicode(row[name]):
            return MalformedRow(
                gettext("{where}: {name} holds half of a surrogate pair; write the whole character").format(
                    where=where, name=name
                ),
                where,
            )
    return None


def is_unicode(text: str) -> bool:
    """Whether a text can be written in any encoding of Unicode, which half of a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
