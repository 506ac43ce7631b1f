"""Names in texts: brands of no dictionary are read, everyday words are not, and no text costs more than its length."""

from __future__ import annotations

import time

import pytest

from moderation.audit.mentions import is_foreign, key, letters, mentions, role, site_of, visible
from moderation.data import Finding, Page, Place, Span


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("蛎孬体育官网", ["蛎孬"]),
        ("蛎孬體育", ["蛎孬"]),
        ("蛎 孬 体 育", ["蛎孬"]),
        ("近日，蛎孬娱乐召开大会", ["蛎孬"]),
        ("j4665app下载", ["j4665"]),
        ("ｊ４６６５ＡＰＰ", ["j4665"]),
        ("蛎孬公司", []),
        ("蛎孬集团", []),
        ("蛎孬集团官网", ["蛎孬"]),
        ("蛎孬体育-篚竞娱乐", ["蛎孬", "篚竞"]),
        ("微信公众平台登录", []),
        ("安卓版下载", []),
        ("win10下载", []),
        ("b2b网址", []),
        ("qq登录", []),
        ("4466网址", []),
        ("在线观看", []),
        ("版权所有", []),
        ("Powered by Discuz!", []),
        ("手机app下载", []),
        ("体育官网", []),
        ("", []),
    ],
)
def test_names_of_a_text(text: str, names: list[str]) -> None:
    assert [mention.name for mention in mentions(text)] == names


def test_mention_says_where_it_stands_in_the_text_itself() -> None:
    text = "欢迎 — 蛎孬體育官網！"
    (mention,) = mentions(text)
    assert text[mention.span.start : mention.span.end] == "蛎孬體育官網"


def test_name_that_stands_alone_is_not_foreign() -> None:
    page = "<title>新闻_蛎孬体育</title><p>蛎孬官网召开大会。</p><script>蛎孬公司</script>"
    assert is_foreign("蛎孬", visible(Page(page)))
    assert not is_foreign("蛎孬", visible(Page(page + "<p>蛎孬公司</p>")))
    assert not is_foreign("蛎孬", visible(Page(page + "<p>&#34510;&#23404;公司</p>")))


@pytest.mark.parametrize(
    ("page", "place", "expected"),
    [
        ("<title>一则新闻_蛎孬体育</title>", Place.TITLE, "title"),
        ("<body>\n蛎孬体育<br>", Place.HEAD, "line"),
        ("<p> 蛎孬体育 </p>", Place.BODY, "line"),
        ("<p>近日蛎孬体育召开</p>", Place.BODY, "prose"),
        ("<a>蛎孬体育</a>", Place.LINKS, "links"),
        ("<a>蛎孬体育</a>", Place.FOOTER, "links"),
    ],
)
def test_role(page: str, place: Place, expected: str) -> None:
    start = page.index("蛎")
    finding = Finding("gambling", 0.5, place, "", "", Span(start, start + 4), "蛎孬体育", (), ())
    assert role(Page(page), finding) == expected


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("www.example.com", "example.com"),
        ("example.com.", "example.com"),
        ("a.b.example.com.cn", "example.com.cn"),
        ("www.example.co.uk", "example.co.uk"),
        ("com.cn", "com.cn"),
        ("school.edu.cn", "school.edu.cn"),
        ("localhost", "localhost"),
        ("10.0.0.1", "10.0.0.1"),
        ("::1", "::1"),
        ("", ""),
    ],
)
def test_site_of_a_host(host: str, site: str) -> None:
    assert site_of(host) == site


def test_keys_tell_roles_and_texts_apart_and_hold_neither() -> None:
    keys = {key(part, text) for part in ("title", "meta") for text in ("蛎孬", "篚竞", "\ud800")}
    assert len(keys) == 6
    assert all(len(each) == 16 and int(each, 16) >= 0 for each in keys)
    assert letters("蛎孬·體育（官网）") == "蛎孬体育官网"


@pytest.mark.parametrize("shape", ["蛎孬体育", "体育", "蛎", "a1体育", "<script>", "<style", "<", "&#34510;"])
def test_time_is_linear(shape: str) -> None:
    def seconds(size: int) -> float:
        text = shape * (size // len(shape))
        best = 9.0
        for _ in range(3):
            began = time.perf_counter()
            mentions(text)
            is_foreign("蛎孬", visible(Page(text)))
            best = min(best, time.perf_counter() - began)
        return best

    # Eight times the text: what grows by the square takes 64 times as long.
    assert seconds(160_000) < 24 * seconds(20_000) + 0.02
