"""Time, memory and verdict over hostile pages: every shape must grow as its size does, and stay within floors.

Each shape is measured in a process of its own: the processor time of ``check`` and ``clean`` at four sizes (the best of
two, each by a moderator that has not read the page, the garbage collector off as in ``timeit``), an exponent fitted
through them, another through the steps that the engine counts, the peak of memory above the loaded model, and the same
at the limit of a page with the address space cut to what is allowed. Prints a table; ends with 1 where a floor is
broken.

    python benchmarks/hostile.py [SHAPE …] [--archives FILE …] [--markdown FILE] [--json FILE]
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import multiprocessing
import random
import re
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moderation import Moderator, Page, PageError
from moderation.common.limits import MAX_SIZE
from moderation.inputs.archives import Record, open_pages

SPAM = "澳门威尼斯人官网_真人百家乐开户_澳门葡京赌场网址_时时彩投注平台_棋牌游戏娱乐城注册送彩金"
SIZES = (125_000, 250_000, 500_000, 1_000_000)
# What no shape may break: the fitted exponent, seconds for a million code points, MB above the model at the limit of a
# page. A quadratic step gives 2.
EXPONENT, SECONDS, MEMORY = 1.05, 1.5, 300
# How often a shape is measured at most, where other work on the machine may have made it grow: of each size the least
# time counts.
_TRIES = 4
# Below these seconds an exponent says nothing.
_SHORT = 0.1
# The exponent of the steps that the engine counts. They are the same on every machine and grow with the work alone,
# while time also grows with what no longer fits into a near cache.
STEPS = 1.05
# What is done once for any page: below that, an exponent says nothing either.
_FEW_STEPS = 10_000

_FIRST = "澳门 新葡京 威尼斯人 永利 金沙 皇冠 太阳城 百家乐 时时彩 北京赛车 六合彩 老虎机".split()
_LAST = "娱乐城 开户 投注平台 官网 注册送彩金 赌场网址 博彩公司 真人荷官".split()
_GENUINE = (
    "本公司位于工业园区主要从事机械设备的研发和销售 昨日市教育局召开会议部署学校安全工作 "
    "图书馆将于下月延长开放时间 市民可以凭身份证办理借阅手续 气象台预计周末有小到中雨"
).split()
_GAME = "娱乐城 百家乐 赌场 投注 葡京 真人 彩票 棋牌 时时彩 开户 六合彩 老虎机 轮盘 体彩 足彩 庄家 筹码 赌球".split()
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
_EMOJI = "🎰🎲🀄🃏🎯"


def _mixed(count: int, seed: int = 1) -> str:
    """Different runs of spam between clauses that are none."""
    draw = random.Random(seed)
    return "".join(
        "_".join(draw.choice(_FIRST) + draw.choice(_LAST) + str(draw.randrange(100)) for _ in range(4))
        + "。"
        + "，".join(draw.choice(_GENUINE) + draw.choice("甲乙丙丁戊己庚辛") for _ in range(4))
        + "。"
        for _ in range(count)
    )


def _repeats(size: int) -> str:
    one, genuine = "博彩", "苏州市工业园区主要从事和销售的研发洽谈业务了"
    times = size // 2 // len(_GAME) // 3
    runs = [genuine * (times // 120 + 1) + one * times + name * 2 + genuine * (times // 120 + 1) for name in _GAME]
    return f"<p>{one * (size // 4)}</p>" + "".join(f"<p>{run}</p>" for run in runs)


def _path_names(size: int) -> str:
    kids = size // 64
    front = "".join(f"<{'a' * (kids * 10)}{number}>" for number in range(5))
    return front + "".join(f"<x{number}>字</x{number}>" for number in range(kids))


def _full(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


def _words(size: int, letters: int) -> str:
    draw = random.Random(2)
    alphabet = "bcdfghjklmnpqrstvwxz"
    return " ".join("".join(draw.choices(alphabet, k=letters)) for _ in range(size // (letters + 1)))


def _until(size: int, make: Callable[[int], str]) -> str:
    """Parts by their number until there are ``size`` code points."""
    parts: list[str] = []
    length = number = 0
    while length < size:
        parts.append(make(number))
        length += len(parts[-1])
        number += 1
    return "".join(parts)


def _sheet(rules: str) -> str:
    """A page whose last line a sheet may hide."""
    return f"<style>{rules}</style><p class=a>{SPAM}"


def _script(code: str) -> str:
    return f"<script>{code}</script><p>{SPAM}"


def _disorder(size: int) -> str:
    """Chinese characters in no order."""
    draw = random.Random(3)
    letters = "".join(map(chr, range(0x4E00, 0x9FA6)))
    some = 1 << 14
    return "".join("".join(draw.choices(letters, k=min(some, size - at))) for at in range(0, size, some))


def _packed(size: int) -> str:
    body = "eval(function(p,a,c,k,e,d){while(c--)if(k[c])p=p.replace(c,k[c]);return p}"
    return _script(f"{body}('{'0 ' * (size // 4)}',2,1,'{'ab' * (size // 4)}'.split('|')))")


SHAPES: dict[str, Callable[[int], str]] = {
    # markup
    "nested tags": lambda n: "<div>" * (n // 5) + SPAM,
    "inline tags left open": lambda n: "<b>" * (n // 14) + "<p>x</p>" * (n // 14) + SPAM,
    "end tags without a start": lambda n: "</a></p></li>" * (n // 13) + SPAM,
    "unclosed comments": lambda n: "<!--" * (n // 4),
    "style rules": lambda n: "<style>" + ".a{display:none}" * (n // 16) + f"</style><p class=a>{SPAM}</p>",
    "names of elements in paths": _path_names,
    "names of elements": lambda n: _until(n, lambda at: f"<x{at}>字"),
    "one name of an element": lambda n: f"<{'a' * n}>字",
    "blocks of one character": lambda n: "<p>字" * (n // 4),
    "references": lambda n: "&#28595;" * (n // 8),
    "references of a few letters": lambda n: "&lt" * (n // 3),
    "attributes": lambda n: "<p " + "title='澳门博彩' " * (n // 13) + ">",
    "titles": lambda n: _until(n, lambda at: f"<p title='澳门开户{at}'>字</p>"),
    "alts": lambda n: _until(n, lambda at: f"<img alt='澳门开户{at}'>"),
    "metas": lambda n: _until(n, lambda at: f"<meta name=keywords content='澳门开户{at}'>\n"),
    "metas of spam": lambda n: f"<meta name=keywords content='{SPAM}'>\n" * (n // 80),
    "titles of spam": lambda n: _until(n, lambda at: f"<title>{SPAM}{at}</title>"),
    "strings of a script": lambda n: "<script>" + f"document.write('{SPAM}');" * (n // 90) + "</script>",
    "ids and scripts": lambda n: (
        "<script>"
        + "document.getElementById('a').style.display='none';" * (n // 100)
        + "</script>"
        + f"<p id=a>{SPAM}</p>" * (n // 120)
    ),
    "nested tags, named and hidden": lambda n: "<div id=a style=display:none>" * (n // 29) + SPAM,
    "items left open": lambda n: "<ul>" + "<li><b>x" * (n // 8) + SPAM,
    "noscript in noscript": lambda n: "<noscript>" * (n // 10) + f"</noscript><p>{SPAM}",
    "blanks in a tag": lambda n: f"<img{' ' * n}alt='字'>",
    "names of attributes": lambda n: "<img " + _until(n, lambda at: f"a{at}='{at}' ") + "alt='字'>",
    "one attribute of text": lambda n: "<img alt='" + "&#38400;门，" * (n // 10) + "'>",
    "links in a table": lambda n: "<table>" + _until(n, lambda at: f"<tr><td><a href=/{at}>澳门开户{at}</a>"),
    "frames": lambda n: "<iframe srcdoc='<p>x'></iframe>" * (n // 31) + SPAM,
    "drawings": lambda n: "<svg><desc>" * (n // 28) + "<div></svg></desc>" * (n // 28) + SPAM,
    "ids of what drawings use": lambda n: (
        f"<svg><use href='#x'/><defs id='{'a' * (n // 2)}'>" + "<text>x</text>" * (n // 28) + f"</defs></svg><p>{SPAM}"
    ),
    "formulas": lambda n: "<math><semantics><mi>x</mi><mtext>字</mtext>" * (n // 41) + SPAM,
    "structured data": lambda n: "<script type=application/ld+json>" + '"\\u4e00' * (n // 7) + "</script>",
    # sheets
    "rules of different classes": lambda n: (
        _sheet(_until(n // 2, lambda at: f".a{at}{{display:none}}")) + _until(n // 2, lambda at: f"<p class=a{at}>字")
    ),
    "selectors of one rule": lambda n: _sheet(".b," * (n // 3) + ".c{display:none}"),
    "compounds of one selector": lambda n: _sheet(".a " * (n // 3) + "{display:none}"),
    "rules in rules": lambda n: _sheet(".b{display:none;" * (n // 16)),
    "rules in a rule of many selectors": lambda n: _sheet(
        ",".join(f".b{at}" for at in range(256)) + "{" + "& i{opacity:0}" * (n // 14)
    ),
    "rules in a rule of a long selector": lambda n: _sheet(
        ":is(" * 190 + "b" + ")" * 190 + "{" + "& i{opacity:0}" * (n // 14)
    ),
    "brackets of a selector": lambda n: _sheet(f"{':is(' * 190}b{')' * 190}{{opacity:0}}" * (n // 963)),
    "conditions in conditions": lambda n: _sheet("@media screen{" * (n // 14)),
    "layers": lambda n: _sheet(_until(n, lambda at: f"@layer a{at}{{p{{opacity:1}}}}")),
    "braces and comments of a sheet": lambda n: _sheet("{/*" * (n // 6) + "*/}" * (n // 6)),
    "rules for all elements": lambda n: (
        _sheet("*:not(.z):not(i){opacity:0}" * (n // 54)) + "<b class=z></b>" * (n // 30)
    ),
    "selectors of elements around": lambda n: (
        _sheet(".z .y > .x{display:none}" * 250) + "<div class='x y'>" * (n // 17) + SPAM
    ),
    "selectors of elements before": lambda n: (
        _sheet(".z~.y~.x{display:none}" * 250) + "<b class='x y'></b>" * (n // 19) + SPAM
    ),
    "what elements have inside of them": lambda n: (
        _sheet(_until(5000, lambda at: f".x:has(.y > .z{at} .x){{opacity:0}}")) + "<div class='x y'>" * (n // 17) + SPAM
    ),
    "what elements have behind them": lambda n: (
        _sheet(_until(5000, lambda at: f".x:has(~ .y ~ .x:not(.z{at})){{opacity:0}}"))
        + "<b class='x y'></b>" * (n // 19)
        + SPAM
    ),
    "different things that elements have": lambda n: (
        _sheet(_until(n // 2, lambda at: f"p:has(.a{at}){{opacity:0}}"))
        + _until(n // 2, lambda at: f"<p><b class=a{at}>字</b>")
    ),
    "sheets behind the text": lambda n: "<p>x</p><style>.x{display:none}</style>" * (n // 39) + SPAM,
    "contents of a sheet": lambda n: _sheet("b::before{content:'澳门'}" * (n // 24)),
    # scripts
    "titles of a script": lambda n: _script("document.title=" * (n // 15)),
    "strings added and written": lambda n: _script("s='x';" + "s+='澳门';document.write(s);" * (n // 27)),
    "brackets of a script": lambda n: _script(f"document.title={'(' * (n // 2)}'a'{')' * (n // 2)}"),
    "calls in calls": lambda n: _script("unescape(" * (n // 9)),
    "names of a script": lambda n: _script(_until(n, lambda at: f"a{at}=") + "1"),
    "tags in a string": lambda n: _script(f"document.write('{'<a ' * (n // 3)}')"),
    "escapes of a string": lambda n: _script("document.title='" + "\\u6fb3" * (n // 6) + "'"),
    "a string that is replaced": lambda n: _script(
        f"document.title='{'a' * (n // 2)}'" + ".replace(/a/g,'aaaa')" * (n // 42)
    ),
    "conditions of a script": lambda n: _script(
        "if(/baidu/.test(document.referrer))" * (n // 35) + "location='//x.cn'"
    ),
    "packed": _packed,
    # folding
    "full width letters": lambda n: _full(_words(n, 7)),
    "full width spam": lambda n: _full(f"{SPAM}ABC123_") * (n // (len(SPAM) + 7)),
    "invisible characters between characters": lambda n: _until(
        n, lambda at: "".join(letter + _INVISIBLE[at % 5] for letter in SPAM) + "，"
    ),
    "emoji between characters": lambda n: _until(
        n, lambda at: "".join(letter + _EMOJI[(at + place) % 5] for place, letter in enumerate(SPAM)) + "，"
    ),
    "glosses": lambda n: "产(chǎn)品(pin)" * (n // 12),
    "joints": lambda n: "澳 门 " * (n // 4),
    "written apart": lambda n: "弓虽女子" * (n // 4),
    "look-alikes": lambda n: "αvаbс " * (n // 6),
    "read in a wrong charset": lambda n: SPAM.encode().decode("gbk", "ignore") * (n // 60),
    "written backwards": lambda n: f"\u202e{SPAM[::-1]}\u202c" * (n // (len(SPAM) + 2)),
    "letters in a styled alphabet": lambda n: "𝐛𝐞𝐭𝟑𝟔𝟓 " * (n // 7),
    "NUL bytes": lambda n: "\0澳" * (n // 2),
    # words
    "one line of text": lambda n: SPAM + "阀门生产厂家说明书" * (n // 9),
    "one word": lambda n: "x" * n,
    "long words": lambda n: _words(n, 80),
    "words never seen": lambda n: _words(n, 6),
    "characters in no order": _disorder,
    "characters in no order, in lines": lambda n: re.sub("(.{50})", r"\1\n", _disorder(n)),
    "one character": lambda n: "国" * n,
    "letters and dots": lambda n: "a." * (n // 2),
    "characters between letters": lambda n: "国 i " * (n // 4),
    "characters and question marks": lambda n: "\U0001f600" + "中?" * (n // 2) + "涓",
    "syllables": lambda n: "bocaiyule" * (n // 9),
    "numbers": lambda n: "3.14159 " * (n // 8),
    "addresses": lambda n: _until(n, lambda at: f"www.a{at}.com "),
    "dots": lambda n: "." * n,
    "dashes": lambda n: "-" * n + "a.com",
    "dashes and letters": lambda n: ("-" * 60 + "a") * (n // 61) + ".com",
    "brackets": lambda n: "门(" * (n // 2),
    "lines of one character": lambda n: "门\n" * (n // 2),
    # candidates
    "one line of spam": lambda n: (SPAM + "_") * (n // len(SPAM)),
    "lines of spam, CR LF": lambda n: (SPAM + "<br>\r\n") * (n // len(SPAM)),
    "paragraphs of spam": lambda n: f"<p>{SPAM}</p>" * (n // (len(SPAM) + 7)),
    "runs between clauses": lambda n: "<p>" + _mixed(n // 107),
    "runs between clauses, in paragraphs": lambda n: _until(n, lambda at: f"<p>{_mixed(1, at)}</p>"),
    "runs of one word": _repeats,
    "titles with genuine halves": lambda n: _until(n, lambda at: f"<p>设备维护记录{at}_{SPAM}-阀门安装说明{at}</p>"),
    "lists glued to clauses": lambda n: "<p>" + _until(n, lambda at: f"本公司生产阀门{SPAM}{at}欢迎来电洽谈，"),
    "names": lambda n: _until(n, lambda at: f"永利{at}集团，"),
    "names and brackets": lambda n: "永利(" * (n // 3),
    "names that overlap": lambda n: "永利皇冠金沙葡京银河" * (n // 10),
    "names and codes": lambda n: "体育xk1" * (n // 5),
    "codes that are almost names": lambda n: "bet36" * (n // 5),
    "names in the place of institutions": lambda n: "威尼斯大学" * (n // 5),
    "fronts of names": lambda n: "澳门" * (n // 2),
    "names and years": lambda n: "威尼斯" + "2018年" * (n // 5),
    "names in prose": lambda n: _until(n, lambda at: f"澳门威尼斯人{at % 997}官网召开会议，"),
}

# Shapes whose parts are not alike.
_DRAWN = frozenset(["characters in no order", "characters in no order, in lines"])


def _peak() -> int:
    """Bytes of memory at the highest, of this process since :func:`_now`."""
    said = Path("/proc/self/status").read_text("ascii")
    return 1024 * int(said.partition("VmHWM:")[2].split()[0])


def _now() -> int:
    """Bytes of memory of this process; what it took before is forgotten, since making a shape may take more."""
    # Source: proc_pid_clear_refs(5).
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    return _peak()


def _run(moderator: Moderator, page: Page, *, clean: bool) -> tuple[float, str]:
    """Seconds of a check, and of the cutting, and what came of it."""
    gc.disable()
    start = time.process_time()
    try:
        verdict = moderator.check(page)
        if clean:
            moderator.clean(page, verdict)
        said = f"{verdict.action} {len(verdict.findings)}"
    except PageError as error:
        said = error.code
    seconds = time.process_time() - start
    gc.enable()
    return seconds, said


def _set_up() -> Moderator:
    """A moderator that has made what it makes once, and remembers no word but a few."""
    moderator = Moderator.load()
    for text in (SPAM, f"<p>{SPAM}</p>"):
        moderator.clean(text)
    return moderator


def _texts(shape: str, size: int) -> list[str]:
    """The texts of a size: one, or of a drawn shape all parts of the largest, since one part may be dear by chance."""
    if shape not in _DRAWN:
        return [SHAPES[shape](size)]
    whole = SHAPES[shape](SIZES[-1])
    return [whole[at : at + size] for at in range(0, len(whole) - size + 1, size)]


def measure(shape: str) -> dict[str, Any]:
    """What a shape takes, in a process of its own."""
    seconds = []
    steps = []
    peak = 0
    said = ""
    for size in SIZES:
        pages = [Page(text, is_html="<" in SHAPES[shape](64)) for text in _texts(shape, size)]
        total = 0.0
        for page in pages:
            least = math.inf
            for _ in range(2):
                # One that has read the page before knows its words, as far as these are remembered.
                moderator = _set_up()
                before = _now()
                spent, said = _run(moderator, page, clean=True)
                least, peak = min(least, spent), max(peak, _peak() - before)
            total += least
        best = total / len(pages)
        seconds.append((len(page.content), best))
        counted = sum(moderator.reader.engine.search(page.content, page.is_html).steps())
        steps.append((len(page.content), float(max(counted, _FEW_STEPS))))
    return {"shape": shape, "seconds": seconds, "steps": _slope(steps), "peak": peak // 10**6, "said": said}


def _measured(shape: str) -> dict[str, Any]:
    """What a shape takes, and how that grows; measured again while it seems to grow too much."""
    tries: list[dict[str, Any]] = []
    exponent = math.inf
    while exponent > EXPONENT and len(tries) < _TRIES:
        tries.append(row := _apart(measure, shape))
        seconds = [min(of_one_size) for of_one_size in zip(*(one["seconds"] for one in tries), strict=True)]
        size, longest = seconds[-1]
        exponent = _slope(seconds) if longest >= _SHORT else 0.0
    return row | {
        "seconds": [second for _, second in seconds],
        "million": longest * 1_000_000 / size,
        "exponent": exponent,
    }


def at_limit(shape: str) -> dict[str, Any]:
    """What a page of the largest size takes, with no more memory to be had than the model and the floor."""
    return _at_limit(shape, is_bounded=True)


def beyond_limit(shape: str) -> dict[str, Any]:
    """The same with all memory that there is, for what needs more than the floor."""
    found = _at_limit(shape, is_bounded=False)
    return found | {"limit": f"{found['limit']}, out of memory at {MEMORY} MB"}


def _at_limit(shape: str, *, is_bounded: bool) -> dict[str, Any]:
    moderator = _set_up()
    text = SHAPES[shape](MAX_SIZE)
    page = Page(text[:MAX_SIZE], is_html="<" in SHAPES[shape](64))
    del text
    before = _now()
    room = MEMORY * 10**6
    used = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    if is_bounded:
        resource.setrlimit(resource.RLIMIT_AS, (used + room, resource.RLIM_INFINITY))
    try:
        seconds, said = _run(moderator, page, clean=False)
    except MemoryError:
        return {"limit": "", "limit_seconds": math.inf, "limit_peak": MEMORY + 1}
    return {"limit": said, "limit_seconds": seconds, "limit_peak": (_peak() - before) // 10**6}


def audit(path: str) -> dict[str, Any]:
    """What an archive takes: every record read and judged."""
    moderator = Moderator.load()
    moderator.check(SPAM)
    before, start = _now(), time.process_time()
    pages = flagged = errors = 0
    for outcome in open_pages(Path(path)):
        if isinstance(outcome, Record):
            pages += 1
            try:
                flagged += bool(moderator.check(outcome.page).findings)
            except PageError:
                errors += 1
        else:
            errors += isinstance(outcome, PageError)
    said = f"{pages} pages, {flagged} flagged, {errors} errors"
    return {
        "file": Path(path).name,
        "seconds": time.process_time() - start,
        "peak": (_peak() - before) // 10**6,
        "said": said,
    }


def _slope(points: list[tuple[int, float]]) -> float:
    """The exponent of a power law through points of size and seconds, by least squares of the logarithms."""
    logs = [(math.log(size), math.log(max(second, 1e-5))) for size, second in points]
    x = sum(one for one, _ in logs) / len(logs)
    y = sum(two for _, two in logs) / len(logs)
    return sum((one - x) * (two - y) for one, two in logs) / sum((one - x) ** 2 for one, _ in logs)


def _line(row: dict[str, Any]) -> str:
    """A row of the table in ``docs/security.md``."""
    exponent = f"{row['exponent']:.2f}" if row["exponent"] else "–"
    limit = f"{row['limit_seconds']:.1f} s, {row['limit_peak']} MB, {row['limit'].partition(' ')[0]}"
    return f"| {row['shape']} | {row['million']:.2f} | {exponent} | {limit} |\n"


def _apart(call: Callable[[str], dict[str, Any]], of: str) -> dict[str, Any]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(call, (of,))


def main() -> int:
    """Prints the table; 1 if a floor is broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("shapes", nargs="*", metavar="SHAPE", help="part of a shape's name (default: all)")
    parser.add_argument("--archives", nargs="*", metavar="FILE", help="archives to read and judge, instead of shapes")
    parser.add_argument("--markdown", metavar="FILE", help="write the rows of the table in docs/security.md there")
    parser.add_argument("--json", metavar="FILE", help="write what was measured there, one line each")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    failed = 0
    if options.archives is not None:
        for path in options.archives:
            rows.append(row := _apart(audit, path))
            print(f"{row['file']:44}{row['seconds']:8.2f} s{row['peak']:>6} MB  {row['said']}", flush=True)
    else:
        print(f"{'':41}" + "".join(f"{size // 1000:>6} k" for size in SIZES) + "   s/M  exp. steps   MB | at the limit")
        for shape in SHAPES:
            if options.shapes and not any(part in shape for part in options.shapes):
                continue
            limit = _apart(at_limit, shape)
            rows.append(row := _measured(shape) | (limit if limit["limit"] else _apart(beyond_limit, shape)))
            broken = [
                word
                for word, is_broken in (
                    ("GROWS", row["exponent"] > EXPONENT or row["steps"] > STEPS),
                    ("SLOW", row["million"] > SECONDS),
                    ("MEMORY", row["limit_peak"] > MEMORY or not limit["limit"]),
                )
                if is_broken
            ]
            failed += bool(broken)
            times = "".join(f"{second:>8.3f}" for second in row["seconds"])
            held = f"{row['limit_seconds']:6.2f} s {row['limit_peak']:>4} MB  {row['limit']}"
            print(
                f"{shape:41}{times}{row['million']:6.2f}{row['exponent']:6.2f}{row['steps']:6.2f}{row['peak']:>5}"
                f" | {held}  {row['said']} {' '.join(broken)}",
                flush=True,
            )
    if options.markdown:
        Path(options.markdown).write_text("".join(_line(row) for row in rows if "shape" in row), "utf-8")
    if options.json:
        Path(options.json).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
