"""Brand substitution: a betting brand in the place of an institution's name, as hijacked pages of today carry it.

A machine clones the page of a school, firm or office and writes a brand where the institution's name, or a word for the
institution itself, stood: all through the page, once in a sentence, or in the title. No separator marks it and nothing
else is added, except that some machines also turn the words of a school into those of a firm.
"""

from __future__ import annotations

import html
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from moderation.data import Span
from moderation.errors import DataSetError

__all__ = ["MODES", "Planting", "names_on", "substitute"]

MODES = ("everywhere", "once", "title", "slot")

# What the name of an institution ends with, simplified and traditional, and what goes on as another word.
_KIND = re.compile(
    "(?:大[学學]|中[学學]|小[学學])(?![生])|[学學]院(?!派)|[学學]校|幼儿园|幼兒園|幼稚園|[职職]校|公司|集[团團](?!军|軍)"
    "|[委][员員][会會]|[医醫]院|研究院|研究所|[协協][会會]|中心(?![思位点點线線区區])"
    "|[银銀]行(?![卡业業存账賬家])|法院|[检檢][察]院|政府(?!网|采)|(?<![布格结結全大时時当當战戰僵残殘饭飯破赌賭])局(?![面部势勢限域长長])"
)
_HAN = "\u4e00-\u9fff"
_NOT_HAN = re.compile(f"[^{_HAN}]")
# Characters of a sentence in front of a name; a name hardly begins behind any other Chinese character.
_BEFORE = frozenset("在由和与與及到为為是对對向从從于於被将將让讓给給经經赴驻駐了的")
# Words in front of a kind that make it no name: each school, our company, all offices.
_GENERIC = re.compile(
    "[各本我该該全某两兩几幾每这這此其等]|所有|其他|其它|二[级級]|[关關]于|一[家所个個]|多[家所]|有限|股份|全[国國]|分$"
)
# Names of a menu's items, and of firms and schools in general: not names of one.
_COMMON = re.compile(
    "(?:产品|產品|新闻|新聞|个人|個人|用户|用戶|会员|會員|帮助|幫助|下载|下載|客服|服务|服務|资讯|資訊|活动|活動|消息|订单|購物|购物"
    "|媒体|技术|任务|管理|开发者|卖家|买家|安全|图片|视频|數據|数据)中心|[国國][内外內].*"
)
_MIN_STEM, _MAX_STEM = 2, 14
# Suffixes of a page that are looked at; real pages hold some hundred.
_MANY = 20_000
# Names of a page that are tried, best first.
_TRIED = 32

_SELF = "我校|我院|我司|我公司|我局|我[县縣]|我市(?!场|場)|我[区區]|本校|本院|本公司|本[学學]院|我[学學]院"
_OWN = "[学學]校|[学學]院|公司|集[团團]|[医醫]院|法院"
_VERB = "召开|召開|举行|舉行|举办|舉辦|启动|啟動|荣获|榮獲|承办|承辦|组织开展|組織開展"
_ROLE = "[领領]导|領導|[师師]生|[党黨][委政]|[纪紀]委|[团團]委|工[会會]|院[长長]|校[长長]|[学學]生|[员員]工|全[体體]"
_SLOT = re.compile(
    f"(?P<self>{_SELF})"
    f"|(?<![{_HAN}])(?P<own>{_OWN})(?=[{_HAN}])(?![的简簡概新介地网名])"
    f"|(?<=[{''.join(sorted(_BEFORE))}])(?P<behind>{_OWN})(?={_VERB}|{_ROLE})"
    r"|(?<!\d)(?=(?:19|20)\d\d[届屆][毕畢][业業]生)"
    f"|(?<![^。！？；，>\\s])(?={_VERB})"
)
# What the machine turns a school into, beside the name: the words of a firm.
_TRACES = (
    ("(?<![大中小])学生", "员工"),
    ("(?<![大中小])學生", "員工"),
    ("学校", "公司"),
    ("學校", "公司"),
    ("校长", "董事长"),
    ("校長", "董事長"),
)
# Chinese characters that make a stretch of text prose, and those behind a slot that tell whether the title repeats it.
_PROSE = 12
_AHEAD = 6

_TAG = re.compile(r"</?([a-zA-Z][^\s/>]*)|<[!?/]")
_IN_TAG = re.compile(r"=\s*([\"'])|>")
_META = re.compile(r"""\bname\s*=\s*["']?(?:keywords|description)\b""", re.IGNORECASE)
_CONTENT = re.compile(r"""\bcontent\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_RAW = frozenset(["script", "style", "textarea", "noscript", "iframe", "xmp", "template", "title"])
_NO_PROSE = frozenset(["a", "option", "button", "select", "label"])
_JOINT = re.compile(r"(?<=\S)[-–—_|](?=\S)")


class Planting(NamedTuple):
    """A page with a brand planted in it.

    ``spans`` are the copies of the brand in ``content``, in order, in code points; ``original`` is ``content`` without
    them.
    """

    content: str
    spans: tuple[Span, ...]
    original: str


class _Text(NamedTuple):
    """A stretch of the source that people or engines read: ``place`` is title, meta, text or link."""

    start: int
    end: int
    place: str


class _Edit(NamedTuple):
    start: int
    end: int
    text: str
    planted: bool


def names_on(page: str) -> list[str]:
    """The names of institutions on an HTML page: those in its title first, then the most frequent, then the longest.

    A name counts where it stands in the title or at least twice.
    """
    return _names(page, list(_texts(page)))


def substitute(page_content: str, name: str, mode: str, pick: random.Random, traces: float = 0.3) -> Planting | None:
    """An honest HTML page with a brand in the place of its institution.

    Args:
        page_content: the source of the page.
        name: the brand.
        mode: ``everywhere`` replaces every copy of the page's name in title, text, keywords and description; ``once``
            one copy in prose; ``title`` those in the title, or puts the brand in front of a title without a name;
            ``slot`` replaces one word for the institution itself (我校, 学院), or stands in front of a clause or a
            year of graduates that has no subject; where the title repeats that sentence, there too.
        pick: of what is chosen.
        traces: share of plantings in which the words of a school become those of a firm as well.

    Returns:
        None where the page has no such place.

    Raises:
        DataSetError: there is no such mode, or the name is empty.
    """
    if mode not in MODES:
        raise DataSetError(f"{mode!r} is no way to substitute a name; use one of {', '.join(MODES)}")
    if not name.strip():
        raise DataSetError("an empty name cannot be planted; give a brand")
    texts = list(_texts(page_content))
    brand = html.escape(name, quote=True)
    edits = [_Edit(start, end, brand, True) for start, end in _places(page_content, texts, mode, pick)]
    if not edits:
        return None
    if pick.random() < traces:
        edits.extend(_traces(page_content, texts, edits))
    return _applied(page_content, sorted(edits))


def _places(page: str, texts: list[_Text], mode: str, pick: random.Random) -> list[tuple[int, int]]:
    """Where the brand goes: what is replaced, empty where it is put in between."""
    if mode == "slot":
        return _slot(page, texts, pick)
    names = _names(page, texts)
    if mode == "title":
        return _in_title(page, texts, names, pick)
    sentences = {text for text in texts if _is_prose(page, text)} if mode == "once" else set()
    for name in names[:_TRIED]:
        found = list(_copies(page, texts, name))
        if mode == "everywhere":
            # One copy alone is no name all through the page.
            if len(found) > 1 and any(text.place in ("text", "link") for _, text in found):
                return [(at, at + len(name)) for at, _ in found]
        else:
            prose = [at for at, text in found if text in sentences]
            if prose:
                at = pick.choice(prose)
                return [(at, at + len(name))]
    return []


def _in_title(page: str, texts: list[_Text], names: list[str], pick: random.Random) -> list[tuple[int, int]]:
    title = next((text for text in texts if text.place == "title"), None)
    if title is None:
        return []
    for name in names[:_TRIED]:
        found = [(at, at + len(name)) for at, _ in _copies(page, [title], name)]
        if found:
            return found
    genuine = page[title.start : title.end]
    begin = title.start + len(genuine) - len(genuine.lstrip())
    joints = [joint.end() for joint in _JOINT.finditer(page, begin, title.end)]
    at = pick.choice(joints) if joints and pick.random() < 0.3 else begin
    return [(at, at)]


def _slot(page: str, texts: list[_Text], pick: random.Random) -> list[tuple[int, int]]:
    slots = [
        found.span()
        for text in texts
        if _is_prose(page, text)
        for found in _SLOT.finditer(page, text.start, text.end)
        # A position that looks behind the stretch sees its tag, which is no Chinese character either.
        if found.start() < text.end
    ]
    if not slots:
        return []
    start, end = pick.choice(slots)
    places = [(start, end)]
    ahead = page[start : end + _AHEAD]
    for title in texts:
        if title.place == "title" and "<" not in ahead:
            at = page.find(ahead, title.start, title.end)
            if at >= 0:
                places.append((at, at + end - start))
    return places


def _traces(page: str, texts: list[_Text], edits: Iterable[_Edit]) -> list[_Edit]:
    """The words of a school as those of a firm, wherever nothing is planted."""
    taken = {at for edit in edits for at in range(edit.start, max(edit.end, edit.start + 1))}
    found: list[_Edit] = []
    for old, new in _TRACES:
        pattern = re.compile(old)
        found.extend(
            _Edit(match.start(), match.end(), new, False)
            for text in texts
            if text.place != "meta"
            for match in pattern.finditer(page, text.start, text.end)
            if taken.isdisjoint(range(*match.span()))
        )
    return found


def _applied(page: str, edits: Iterable[_Edit]) -> Planting:
    content: list[str] = []
    original: list[str] = []
    spans = []
    size = at = 0
    for edit in edits:
        kept = page[at : edit.start]
        content += (kept, edit.text)
        original += (kept,) if edit.planted else (kept, edit.text)
        size += len(kept)
        if edit.planted:
            spans.append(Span(size, size + len(edit.text)))
        size += len(edit.text)
        at = edit.end
    return Planting("".join([*content, page[at:]]), tuple(spans), "".join([*original, page[at:]]))


# --------------------------------------------------------------------------------------------------------------- names


def _names(page: str, texts: list[_Text]) -> list[str]:
    counts: Counter[str] = Counter()
    begun: set[str] = set()
    titled: set[str] = set()
    looked = 0
    for text in texts:
        for kind in _KIND.finditer(page, text.start, text.end):
            looked += 1
            if looked > _MANY:
                break
            for name, bounded in _ending(page, text.start, kind):
                counts[name] += 1
                if bounded:
                    begun.add(name)
                if text.place == "title":
                    titled.add(name)
    names = [name for name in begun if counts[name] > 1 or name in titled]
    return sorted(names, key=lambda name: (name not in titled, -counts[name], -len(name), name))


def _ending(page: str, begin: int, kind: re.Match[str]) -> Iterator[tuple[str, bool]]:
    """Every string that may be a name and ends with a kind of institution, and whether it begins where a name may."""
    for start in range(kind.start() - 1, max(begin, kind.start() - _MAX_STEM) - 1, -1):
        if _NOT_HAN.match(page[start]):
            return
        # Two characters in front of a firm say its trade: an insurance company.
        least = _MIN_STEM + (kind.group() == "公司")
        if kind.start() - start < least or _GENERIC.match(page, start, kind.start()):
            continue
        if _COMMON.fullmatch(page, start, kind.end()):
            continue
        before = page[start - 1] if start > begin else ""
        bounded = not before or bool(_NOT_HAN.match(before)) or before in _BEFORE
        yield page[start : kind.end()], bounded and page[start] not in _BEFORE


def _copies(page: str, texts: Iterable[_Text], name: str) -> Iterator[tuple[int, _Text]]:
    for text in texts:
        at = page.find(name, text.start, text.end)
        while at >= 0:
            yield at, text
            at = page.find(name, at + len(name), text.end)


def _is_prose(page: str, text: _Text) -> bool:
    if text.place != "text":
        return False
    return sum("\u4e00" <= character <= "\u9fff" for character in page[text.start : text.end]) >= _PROSE


# -------------------------------------------------------------------------------------------------------------- source


def _texts(page: str) -> Iterator[_Text]:
    """What is read of an HTML source, in order: never tags, scripts, styles, comments.

    Each character is looked at once: a tag, comment or raw element that does not end takes the rest of the page.
    """
    at = link = 0
    titled = False
    while at < len(page):
        tag = _TAG.search(page, at)
        start = tag.start() if tag else len(page)
        if page[at:start].strip():
            yield _Text(at, start, "link" if link else "text")
        if tag is None:
            return
        end = _end_of_tag(page, tag)
        element = (tag.group(1) or "").lower()
        closing = page.startswith("</", start)
        if element in _NO_PROSE:
            link = max(0, link - 1) if closing else link + 1
        if element == "meta":
            yield from _meta(page, start, end)
        at = end
        if element in _RAW and not closing:
            close = re.compile(f"</{element}", re.IGNORECASE).search(page, end)
            at = close.start() if close else len(page)
            if element == "title" and not titled and close and page[end:at].strip():
                titled = True
                yield _Text(end, at, "title")


def _end_of_tag(page: str, tag: re.Match[str]) -> int:
    """Behind the tag, comment or declaration that begins here."""
    if page.startswith("<!--", tag.start()):
        close = page.find("-->", tag.start() + 4)
        return close + 3 if close >= 0 else len(page)
    at = tag.end()
    if not tag.group(1):
        # Declarations and bogus comments know no quotes.
        close = page.find(">", at)
        return close + 1 if close >= 0 else len(page)
    while step := _IN_TAG.search(page, at):
        if not step.group(1):
            return step.end()
        close = page.find(step.group(1), step.end())
        if close < 0:
            break
        at = close + 1
    return len(page)


def _meta(page: str, start: int, end: int) -> Iterator[_Text]:
    if _META.search(page, start, end):
        content = _CONTENT.search(page, start, end)
        if content:
            yield _Text(*content.span(content.lastindex or 1), "meta")
