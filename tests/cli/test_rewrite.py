"""Cleaned pages as bytes: what is outside the cuts stays byte for byte, in every encoding and where it is broken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.cli.rewrite import rewrite
from moderation.data import Cleaned, Page, Span
from moderation.engine import read_page
from moderation.stages.clean import clean

HEAD = "<!DOCTYPE html><html><head><meta charset={}><title>青岚市远澄仪器有限公司</title></head><body>\r\n"
SPAM = "<p>澳门威尼斯人 开户</p>"
TAIL = "<p>本公司专业生产水质分析仪，欢迎来电咨询。</p>\r\n</body></html>"


def cut(raw: bytes, text: str) -> tuple[Page, Cleaned]:
    page = read_page(raw)
    start = page.content.index(text)
    return page, clean(page, [Span(start, start + len(text))])


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("gb18030", b""),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-32-le", b"\xff\xfe\0\0"),
    ],
)
def test_page_is_written_in_its_own_encoding(encoding: str, mark: bytes) -> None:
    head = HEAD.format("gb2312" if encoding == "gb18030" else encoding)
    page, cleaned = cut(mark + (head + SPAM + TAIL).encode(encoding), "澳门威尼斯人 开户")
    assert page.encoding == encoding
    assert rewrite(mark + (head + SPAM + TAIL).encode(encoding), page, cleaned) == mark + (head + TAIL).encode(encoding)


@pytest.mark.parametrize(
    ("encoding", "broken"),
    [
        ("utf-8", b"\xe9\x9d"),
        ("utf-8", b"\xff"),
        ("gb18030", b"\xff"),
        # The wide blank of old editors: readable, but written in another way today.
        ("gb18030", b"\xa3\xa0"),
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_broken_bytes_outside_the_cut_stay(encoding: str, broken: bytes, before: bool) -> None:
    head = HEAD.format("gb2312" if encoding == "gb18030" else encoding).encode(encoding)
    mess = b"<p>" + "正文".encode(encoding) * 3000 + broken + b"</p>"
    parts = [head, mess, SPAM.encode(encoding), TAIL.encode(encoding)]
    if not before:
        parts[1], parts[2] = parts[2], parts[1]
    raw = b"".join(parts)
    page, cleaned = cut(raw, "澳门威尼斯人 开户")
    assert page.content.encode(encoding) != raw
    parts.remove(SPAM.encode(encoding))
    assert rewrite(raw, page, cleaned) == b"".join(parts)


def test_page_without_cuts_is_what_it_was() -> None:
    raw = b"\xff<p>caf\xe9</p>"
    page = Page("anything", True, encoding="no-such-encoding")
    assert rewrite(raw, page, Cleaned("anything")) == raw


def test_encoding_that_explains_nothing_is_none() -> None:
    page = Page("甲乙丙", False, encoding="utf-8")
    cleaned = clean(page, [Span(0, 1)])
    assert rewrite("丁戊己".encode("gb18030"), page, cleaned) is None


PIECES = st.lists(st.sampled_from(["甲", "é", "a", "<p>", "\r\n", "𠀀", " "]), min_size=1, max_size=40)


@given(before=PIECES, inside=PIECES, after=PIECES, encoding=st.sampled_from(["utf-8", "gb18030", "utf-16-le"]))
def test_bytes_around_a_cut_are_kept(before: list[str], inside: list[str], after: list[str], encoding: str) -> None:
    texts = ["".join(part) for part in (before, inside, after)]
    # A byte that no encoding here has alone: the whole cannot be read and written back as it is.
    stray = b"" if encoding == "utf-16-le" else b"\xff"
    raw = b"".join([stray, *(text.encode(encoding) for text in texts)])
    page = Page(raw.decode(encoding, "replace"), False, encoding=encoding)
    start = len(page.content) - len(texts[1]) - len(texts[2])
    cleaned = clean(page, [Span(start, start + len(texts[1]))])
    result = rewrite(raw, page, cleaned)
    assert result is not None
    assert result.startswith(stray)
    assert result.decode(encoding, "replace") == cleaned.content
