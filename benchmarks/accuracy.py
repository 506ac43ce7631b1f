"""Writes the tables of docs/accuracy.md: ``python benchmarks/accuracy.py [--compare build/compare]``.

The text of the page is written by hand; between ``<!-- card: SECTION -->``, ``<!-- external -->`` or
``<!-- compare -->`` and ``<!-- end -->`` stand the tables, from the model card and what ``make compare`` left. What
was not measured stays as it is.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from moderation.intervals import wilson

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "accuracy.md"
CARD = ROOT / "models" / "zh-headspam" / "card.md"
PLOTS = ("recall.svg", "left.svg")


def section(card: str, title: str) -> str:
    """The text of a section of the card."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", card, re.MULTILINE | re.DOTALL)
    if found is None:
        raise SystemExit(f"{CARD} has no section {title!r}: train the model again, or correct docs/accuracy.md")
    return found.group(1).strip()


def external(card: str) -> str:
    """Precision, recall and F1 of two classes of ChineseHarm-Bench against its class of harmless texts."""

    def count(name: str) -> tuple[int, int]:
        found = re.search(rf"^\| chineseharm {name} flagged \| (\d+) \| (\d+) ", card, re.MULTILINE)
        if found is None:
            raise SystemExit(f"{CARD} has no row of chineseharm {name}: train with the public sets at hand")
        return int(found.group(1)), int(found.group(2))

    false, harmless = count("不违规")
    lines = [
        "| class | flagged | of | harmless flagged | of | precision | recall | F1 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in ("博彩", "低俗色情"):
        hits, total = count(name)
        low, high = wilson(hits, total)
        precision = hits / max(1, hits + false)
        recall = hits / total
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        rates = f"{precision:.3f} | {recall:.3f} ({low:.3f}-{high:.3f}) | {f1:.3f}"
        lines.append(f"| {name} | {hits} | {total} | {false} | {harmless} | {rates} |")
    return "\n".join(lines)


def filled(page: str, card: str, compared: str | None) -> str:
    """The page with its tables."""

    def table(found: re.Match[str]) -> str:
        kind, name, before = found.group("kind"), found.group("name"), found.group("table")
        if kind == "compare" and compared is None:
            return found.group()
        text = compared if kind == "compare" else external(card) if kind == "external" else section(card, name or "")
        head = f"<!-- {kind}: {name} -->" if name else f"<!-- {kind} -->"
        return f"{head}\n\n{text or before}\n\n<!-- end -->"

    pattern = r"<!-- (?P<kind>card|compare|external)(?:: (?P<name>[^>]*?))? -->\n(?P<table>.*?)<!-- end -->"
    return re.sub(pattern, table, page, flags=re.DOTALL)


def main(argv: Sequence[str] | None = None) -> int:
    """Fills the page in place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compare", type=Path, default=ROOT / "build" / "compare", help="what make compare wrote")
    options = parser.parse_args(argv)
    report = options.compare / "compare.md"
    compared = None
    if report.is_file():
        # Without its title, and one level down.
        compared = re.sub(r"^## ", "### ", report.read_text("utf-8").split("\n", 1)[1].strip(), flags=re.MULTILINE)
        for name in PLOTS:
            if (options.compare / name).is_file():
                shutil.copy(options.compare / name, PAGE.with_name(f"accuracy-{name}"))
    PAGE.write_text(filled(PAGE.read_text("utf-8"), CARD.read_text("utf-8"), compared), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
