"""One moderator serves many threads: each gets the verdicts that one thread gets, whoever reads what meanwhile."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from moderation import Moderator, _native
from moderation.data import Page
from moderation.engine.reading import PageReader
from moderation.engine.search import find_candidates
from moderation.stages import blocks

THREADS = 4


@pytest.fixture(scope="module")
def pages(datasets: Path) -> list[Page]:
    """Pages of many kinds: whole ones, and honest and planted lines around words that no other page has."""
    found = [Page(path.read_text("utf-8")) for path in sorted((datasets.parent / "examples").glob("*.html"))]
    rows = map(json.loads, (datasets / "hard_negatives.jsonl").read_text("utf-8").splitlines())
    lines = [row["text"] for row in rows if "text" in row]
    spam = "澳门百家乐网上开户_时时彩投注平台 开云体育官网"
    for number in range(0, min(len(lines), 900), 6):
        texts = lines[number : number + 6]
        # The last is read by Python, which is called back: text that went through a wrong charset.
        odd = "å¼€äº‘ä½“è‚²å®˜ç½‘" if number % 4 == 0 else "女子"
        body = "".join(f"<p style='display:block'>{text} w{number}x{at}q</p>" for at, text in enumerate(texts))
        planted = f"<div hidden>{spam} {number}</div>" if number % 12 == 0 else ""
        found.append(Page(f"<title>{texts[0]}</title>{body}{planted}<p>{odd}</p>"))
    return found


@pytest.fixture
def busy() -> Iterator[None]:
    """Threads take turns as often as Python lets them."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(run: Callable[[int], object]) -> list[object]:
    """What each of some threads gives, which begin together."""
    ready = threading.Barrier(THREADS)

    def begin(number: int) -> object:
        ready.wait(60)
        return run(number)

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(begin, range(THREADS)))


def verdicts(moderator: Moderator, pages: Sequence[Page], first: int = 0) -> list[str]:
    """In the order of the pages; read from ``first`` on, so that no two threads read in one order."""
    order = [*range(first, len(pages)), *range(first)]
    said = {number: json.dumps(moderator.check(pages[number]).to_dict()) for number in order}
    return [said[number] for number in range(len(pages))]


@pytest.mark.usefixtures("busy")
def test_threads_get_the_verdicts_of_one(pages: list[Page]) -> None:
    alone = verdicts(Moderator.load(), pages)
    assert len(set(alone)) > 20, "the pages are too much alike"
    # A new one: what it has not read yet, all of them learn at once.
    shared = Moderator.load()
    for said in at_once(lambda number: verdicts(shared, pages, number * len(pages) // THREADS)):
        assert said == alone


@pytest.mark.usefixtures("busy")
def test_threads_that_fill_what_is_remembered_get_the_verdicts_of_one(pages: list[Page]) -> None:
    few = pages[:6]
    alone = verdicts(Moderator.load(), few)
    shared = Moderator.load()

    def run(number: int) -> list[list[str]]:
        said = []
        for turn in range(6):
            shared.reader.engine.search(" ".join(f"t{number}u{turn}z{at}" for at in range(10_000)), False)
            said.append(verdicts(shared, few, number))
        return said

    for each in at_once(run):
        assert each == [alone] * 6


def test_what_one_thread_has_read_others_look_at(pages: list[Page]) -> None:
    reader = PageReader(Moderator.load().model)
    read = [find_candidates(page, reader, -100.0) for page in pages[:40]]

    def look(number: int) -> object:
        # One thread goes on reading, the others look at what was read before.
        if number == 0:
            for page in pages:
                find_candidates(page, reader)
        return [(each.text, each.features(), each.reading.tokens) for one in read for each in one.candidates]

    before = look(1)
    assert before
    assert at_once(look) == [before] * THREADS


def counted_during(call: Callable[[], object], most: int) -> int:
    """How often this thread wakes up while another calls something; that one gives nothing up before it has to."""
    done = threading.Event()

    def work() -> None:
        call()
        done.set()

    before = sys.getswitchinterval()
    sys.setswitchinterval(30)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        counted = 0
        while not done.is_set() and counted < most:
            time.sleep(0.0005)
            counted += 1
    finally:
        sys.setswitchinterval(before)
    thread.join()
    return counted


@pytest.mark.parametrize("name", ["search", "read", "outline"])
def test_others_go_on_while_a_page_is_read(name: str) -> None:
    reader = PageReader(Moderator.load().model)
    words = [f"本公司生产阀门{number}" for number in range(60_000)]
    text, markup = " ".join(words), "<p>" + "</p><p>".join(words) + "</p>"
    call = {
        "search": lambda: reader.engine.search(markup, True),
        "read": lambda: reader.engine.read([text]),
        "outline": lambda: _native.outline(markup, True, blocks.markup()),
    }[name]
    # On a busy machine this thread may wake up too late; while the lock is held it never does, but once at the start.
    assert any(counted_during(call, 5) == 5 for _ in range(20)), f"{name} held Python's lock"
