"""Text -> the names in it that something is advertised by, in a form that can be counted across pages and hosts.

A name is what stands in front of a frame word (体育, 官网, app, …) and is no word of the dictionary: two to four
characters, at least one of which is a word by itself, or letters and digits together. So a brand that nobody has heard
of yet is a name, and 微信公众平台 or 在线观看 is none. Nothing here says that a name is bad: that takes a model that
doubts it, and many hosts that have nothing to do with each other.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

from moderation.data import Finding, Page, Place, Span, Tokens
from moderation.stages.normalize import fold
from moderation.stages.signals import site_of
from moderation.stages.tokens import tokenize

__all__ = ["Mention", "is_foreign", "key", "letters", "mentions", "role", "site_of", "visible"]

# What brands stand in front of. A name takes one of the first; the others are what firms, shops and novels say too.
_FRAMES = "体育 娱乐 官网 app 电竞 棋牌 彩票 真人 博彩 赌场 下载 登录 登陆 注册 开户 投注 入口 网址 线路".split()
_COMPANIONS = "在线 官方 国际 平台 集团 俱乐部 客户端 手机版 网站 直播 游戏 中国 首页 最新 城".split()
_FRAMED = "|".join(sorted((*_FRAMES, *_COMPANIONS), key=lambda frame: -len(frame)))
_CHAIN = re.compile(f"(?:{_FRAMED})+")
_STRONG = re.compile("|".join(_FRAMES))
# Words that are younger than the dictionary.
_YOUNG = re.compile(
    "微信|微博|微盘|安卓|扫码|二维码|公众|手游|页游|端游|网游|网购|团购|网盘|云盘|网约车|网贷|电商|自媒体|小程序|朋友圈|云计算|区块链|比特币|百度"
    "|抖音|快手|知乎|豆瓣|美团|京东|淘宝|天猫|支付宝|拼多多|小红书|爱奇艺|优酷|土豆|哔哩|乐视|腾讯|网易|搜狐|滴滴|饿了么|虎扑|虎牙|斗鱼|陌陌"
    "|苹果版|安卓版|电脑版|网页版|手机版|国服|美服|日服|韩服|台服|真题|网校|网课|番剧|弹幕|无弹窗"
)
# Characters that stand between words more than in names.
_FILLERS = frozenset(
    "的了是在有我你他她它这那和与及为对将被把从到就也都不要会能可请让给用以上下中大小多少个新老每各本该此其之或但而且去来看做玩买"
    "卖说想问点加怎么吗呢吧啊年月日时分号网站您第全最更很非按含等由于市县区省镇村路街楼室人一二三四五六七八九十两好"
)
# Letters and digits that say what a thing is for, and are the name of none.
_KINDS = re.compile(r"(?:win|ios|ipv|h|mp|ps|v|x)\d{1,4}|b2[bc]|\d+[a-z]{1,3}")
# One character more than a code may have.
_CODE = re.compile(r"[a-z0-9]{1,13}+$")
_LONGEST = 4
_TAGS = re.compile(r"<(script|style)\b.*?(?:</\1|$)|<[^<>]*>?", re.DOTALL | re.IGNORECASE)


class Mention(NamedTuple):
    """A name in a text; ``span`` counts code points of the text and ends behind the frame."""

    name: str
    span: Span


def mentions(text: str) -> list[Mention]:
    """The names in a text. Where a name may begin at several words, each of them is a mention."""
    folded = fold(text)
    if not _STRONG.search(folded.text):
        return []
    named = _named(folded.text, tokenize(folded.text))
    return [Mention(name, folded.offsets.span(span)) for name, span in named]


def letters(text: str) -> str:
    """The letters and digits of a text in folded spelling: what two copies of a phrase share."""
    return "".join(filter(str.isalnum, fold(text).text))


def _named(text: str, words: Tokens) -> Iterator[tuple[str, Span]]:
    for first, last in zip(words.first, words.first[1:], strict=False):
        if first == last:
            continue
        begin, end = words.starts[first], words.ends[last - 1]
        low = begin
        for chain in _CHAIN.finditer(text, begin, end):
            if chain.start() > low and _STRONG.search(text, *chain.span()):
                for start in _starts(text, words, Span(first, last), Span(low, chain.start())):
                    yield text[start : chain.start()], Span(start, chain.end())
            low = chain.end()


def _starts(text: str, words: Tokens, segment: Span, room: Span) -> Iterator[int]:
    """Where a name that ends at the end of ``room`` may begin: at a word of the segment, the nearest first."""
    # A code of 13 characters is none, and nothing further away is read again and again.
    code = _CODE.search(text, max(room.start, room.end - 13), room.end)
    if code:
        name = code.group()
        if 3 <= len(name) <= 12 and not name.isdigit() and not name.isalpha() and not _KINDS.fullmatch(name):
            yield code.start()
        return
    single = False
    low = max([found.end() for found in _YOUNG.finditer(text, room.start, room.end)], default=room.start)
    for index in range(bisect_left(words.starts, room.end, segment.start, segment.end) - 1, segment.start - 1, -1):
        start = max(words.starts[index], low)
        word = text[start : min(words.ends[index], room.end)]
        if words.ends[index] <= low or room.end - start > _LONGEST or not all(map(_is_letter_of_name, word)):
            return
        single = single or len(word) == 1
        if single and room.end - start > 1:
            yield start


def _is_letter_of_name(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" and character not in _FILLERS


def visible(page: Page) -> str:
    """The text of a page in one folded string: what a name is looked for in. Linear in the size of the page."""
    text = html.unescape(_TAGS.sub("\n", page.content)) if page.is_html else page.content
    return fold(text).text


def is_foreign(name: str, text: str) -> bool:
    """Whether a page speaks of a name only in front of frame words: what is the page's own stands alone somewhere.

    Args:
        name: in folded spelling.
        text: of the page, as :func:`visible` gives it.
    """
    at = text.find(name)
    while at >= 0:
        if not _CHAIN.match(text, at + len(name)):
            return False
        at = text.find(name, at + len(name))
    return True


def role(page: Page, finding: Finding) -> str:
    """What a finding is on its page: ``title``, ``meta``, ``links``, a ``line`` of its own, or inside of ``prose``."""
    if finding.place in (Place.TITLE, Place.META):
        return finding.place.value
    if finding.place in (Place.LINKS, Place.FOOTER):
        return "links"
    start, end = finding.span
    before = page.content[max(0, start - 200) : start].rstrip()[-1:]
    after = page.content[end : end + 200].lstrip()[:1]
    return "line" if before in ("", ">") and after in ("", "<") else "prose"


def key(role: str, text: str) -> str:
    """A name or a phrase in a role as 16 hexadecimal digits: what is counted, so that no text is kept for it."""
    return blake2b(f"{role}\0{text}".encode("utf-8", "surrogatepass"), digest_size=8, person=b"moderation").hexdigest()
