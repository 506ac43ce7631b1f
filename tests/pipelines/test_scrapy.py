"""The pipeline in a real crawl of a real server."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

pytest.importorskip("scrapy", reason="needs moderation[scrapy]: make test-all")

ROOT = Path(__file__).parents[2]
CLEAN = (ROOT / "examples" / "clean.html").read_text("utf-8")
HIJACKED = (ROOT / "examples" / "hijacked.html").read_text("utf-8")
SPIDER = """
import sys
import scrapy
from scrapy.crawler import CrawlerProcess

class Page(scrapy.Item):
    url = scrapy.Field()
    markup = scrapy.Field()

class Pages(scrapy.Spider):
    name = "pages"

    async def start(self):
        for number in range(6):
            yield scrapy.Request(f"{sys.argv[1]}/{number}.html")

    def parse(self, response):
        row = {"url": response.url, "markup": response.text}
        yield Page(row) if response.url.endswith("/4.html") else row

process = CrawlerProcess({
    "ITEM_PIPELINES": {"moderation.pipelines.scrapy.ModerationPipeline": 300},
    "MODERATION_FIELDS": {"html": "markup"},
    "MODERATION_DROP": sys.argv[3].split(),
    "FEEDS": {sys.argv[2]: {"format": "jsonlines"}},
    "ROBOTSTXT_OBEY": False, "TELNETCONSOLE_ENABLED": False, "LOG_LEVEL": "INFO",
})
process.crawl(Pages)
process.start()
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "site"
    folder.mkdir()
    for number in range(6):
        page = HIJACKED if number % 2 == 0 else " " if number == 5 else CLEAN
        (folder / f"{number}.html").write_text(page, "utf-8")
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def crawl(site: str, tmp_path: Path, drop: str) -> tuple[dict[int, dict[str, object]], str]:
    (tmp_path / "spider.py").write_text(SPIDER, "utf-8")
    out = tmp_path / "items.jsonl"
    done = subprocess.run(
        [sys.executable, str(tmp_path / "spider.py"), site, str(out), drop],
        capture_output=True, text=True, check=True, timeout=120, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    rows = [json.loads(row) for row in out.read_text("utf-8").splitlines()]
    return {int(row["url"][-6]): row for row in rows}, done.stderr


def test_items_are_cleaned(site: str, tmp_path: Path) -> None:
    items, said = crawl(site, tmp_path, "review reject")
    assert len(items) == 6
    assert {items[number]["markup"] for number in range(5)} == {CLEAN}
    assert items[0]["moderation"]["action"] == "clean"  # type: ignore[index]
    assert items[1]["moderation"]["action"] == "allow"  # type: ignore[index]
    # A field that the item does not have is not made.
    assert "moderation" not in items[4]
    assert "'moderation/clean': 3" in said
    assert "'moderation/error/empty': 1" in said


def test_items_are_dropped_with_a_reason(site: str, tmp_path: Path) -> None:
    items, said = crawl(site, tmp_path, "clean review reject")
    assert sorted(items) == [1, 3, 5]
    assert "'item_dropped_reasons_count/DropItem': 3" in said
    assert "injected spam (adult)" in said
