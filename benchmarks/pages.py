"""The real pages that benchmarks read."""

from __future__ import annotations

from pathlib import Path

from moderation.engine import read_page
from moderation.errors import PageError


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
