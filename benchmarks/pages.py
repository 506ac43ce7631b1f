"""The pages that benchmarks read: real ones, and composed articles of any size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from moderation.engine import read_page
from moderation.errors import PageError
from moderation.training.synthesis import Composer, load_grammars

ROOT = Path(__file__).parents[1]


def real_pages(sources: Path) -> list[str]:
    """The genuine pages at hand, decoded."""
    pages = []
    for path in sorted([*(sources / "html_zh").glob("*.html"), *(sources / "html_other").glob("*.html")]):
        try:
            pages.append(read_page(path.read_bytes()).content)
        except PageError:
            continue
    if not pages:
        raise SystemExit(f"{sources} holds no html_zh or html_other: name the folder of the public sets")
    return pages


def articles(count: int, size: int) -> Iterator[str]:
    """Different articles of ``size`` bytes of UTF-8 and a little more: composed genuine sentences, a head, a menu."""
    grammars = load_grammars(ROOT / "datasets")
    composer = Composer(grammars, 11)
    sentences = list(composer.kinds["clean", "sentence"])

    def sentence() -> str:
        return composer.fill("clean", composer.random.choice(composer.random.choice(sentences).patterns))

    for _ in range(count):
        title = sentence()
        lines: list[str] = []
        while sum(len(line.encode()) for line in lines) < size:
            lines.append(f"<p>{''.join(sentence() for _ in range(5))}</p>\n")
        yield (
            f"<!DOCTYPE html><html><head><title>{title}</title><meta name=description content='{title}'></head><body>"
            f"<ul><li><a href=/>首页</a></li><li><a href=/news>新闻</a></li></ul><h1>{title}</h1>{''.join(lines)}"
            "<div class=footer>版权所有</div></body></html>"
        )
