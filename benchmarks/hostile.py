"""Time and memory over growing hostile inputs: both must grow as the input does.

Prints, for each kind of input, the time for each size and the ratio when the size doubles; 2 is linear, 4 would be
quadratic. Each measurement is the best of three, and every kind is measured in a process of its own, whose peak memory
is given above what the loaded model takes.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable

from moderation import Moderator, PageError

SPAM = "澳门威尼斯人官网_真人百家乐开户_澳门葡京赌场网址_时时彩投注平台_棋牌游戏娱乐城注册送彩金"
SIZES = (50_000, 100_000, 200_000)
KINDS: dict[str, Callable[[int], str]] = {
    "nested tags": lambda n: "<div>" * (n // 5) + SPAM,
    "open inline tags before paragraphs": lambda n: "<b>" * (n // 14) + "<p>x</p>" * (n // 14) + SPAM,
    "end tags without a start": lambda n: "</a></p></li>" * (n // 13) + SPAM,
    "one line of text": lambda n: SPAM + "阀门生产厂家说明书" * (n // 9),
    "one line of spam": lambda n: (SPAM + "_") * (n // len(SPAM)),
    "lines of spam, CR LF": lambda n: (SPAM + "<br>\r\n") * (n // len(SPAM)),
    "references": lambda n: "&#28595;" * (n // 8),
    "attributes": lambda n: "<p " + "title='澳门博彩' " * (n // 13) + ">",
    "meta tags": lambda n: f"<meta name=keywords content='{SPAM}'>\n" * (n // 80),
    "joints": lambda n: "澳 门 " * (n // 4),
    "brackets": lambda n: "门(" * (n // 2),
    "dots": lambda n: "." * n,
    "NUL bytes": lambda n: "\0澳" * (n // 2),
    "unclosed comment": lambda n: "<!--" * (n // 4),
    "style rules": lambda n: "<style>" + ".a{display:none}" * (n // 16) + f"</style><p class=a>{SPAM}</p>",
}


def measure(kind: str) -> tuple[list[float], int]:
    """Seconds for each size, and the peak memory above the model's, in MB."""
    moderator = Moderator.load()
    moderator.check(SPAM)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    for size in SIZES:
        page = KINDS[kind](size)
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter()
            try:
                verdict = moderator.check(page)
                moderator.clean(page, verdict)
            except PageError:
                pass
            best = min(best, time.perf_counter() - start)
        seconds.append(best)
    return seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024


def main() -> int:
    """Prints the table; 1 if something grew faster than its input twice in a row."""
    failed = 0
    print(f"{'':36}" + "".join(f"{size // 1000:>8} k" for size in SIZES) + "   ratio  memory")
    context = multiprocessing.get_context("spawn")
    for kind in KINDS:
        with context.Pool(1) as pool:
            seconds, memory = pool.apply(measure, (kind,))
        ratio = (seconds[2] / max(seconds[0], 1e-4)) ** 0.5
        # Twice the input in three times the time leaves room for a noisy machine and a cold cache, not for n².
        slow = ratio > 3.0
        failed += slow
        times = "".join(f"{second:>8.3f} s" for second in seconds)
        print(f"{kind:36}{times}{ratio:8.2f}{memory:>5} MB{'  TOO SLOW' if slow else ''}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
