"""Writes the tables of docs/accuracy.md: ``python benchmarks/accuracy.py [--compare build/compare]``.

The text of the page is written by hand; between ``<!-- card: SECTION -->``, ``<!-- asked -->``, ``<!-- shares -->``,
``<!-- external -->`` or ``<!-- compare -->`` and ``<!-- end -->`` stand the tables, from the model card and what ``make
compare`` left. What was not measured stays as it is.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from moderation.evaluation.intervals import wilson

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


# The rows of the first table, and of the card that they are from.
_ASKED = (
    ("honest pages with any finding", "honest pages with a finding"),
    ("honest pages cut or rejected", "honest pages cut or rejected"),
    ("real spam pages found", "real spam pages found"),
    ("tampered titles planted in pages, 13 placements", "tampered titles planted in pages"),
    ("tampered titles alone", "tampered titles alone"),
    ("known brand, in a string never seen, in the place of a name", "brand in the place of a name"),
    ("brand held out, in the place of a name", "brand that the model does not know, in the place of a name"),
    ("honest names that share the stem, planted the same way", "honest names that share the stem"),
    ("hard honest lines flagged", "hard honest lines flagged"),
    ("hard honest lines of our own, held out", "hard negatives flagged, held-out half"),
    ("titles of a content platform, never trained on", "tnews titles flagged"),
    (
        "real phrases and names: cleaned page byte for byte",
        "real phrases and names: cleaned page equal to the page before",
    ),
    (
        "real phrases and names, cut without a person: cleaned page byte for byte",
        "real phrases and names: cleaned page equal to the page before, of those cut without a person",
    ),
    ("composed blocks: cleaned page byte for byte", "cleaned page equal to the page before"),
    (
        "composed blocks, cut without a person: cleaned page byte for byte",
        "cleaned page equal to the page before, of those cut without a person",
    ),
    ("composed blocks", "planted blocks found"),
    ("composed blocks written to escape in one way", "planted to escape in one way, found"),
    ("composed blocks written to escape in two ways", "planted to escape in two ways, found"),
    ("real phrases and names: mean IoU of the spans found", "real phrases and names: mean IoU of spans found"),
    ("composed blocks: mean IoU of the spans found", "mean IoU of spans found"),
)
# Kinds of the second table, as the card names them.
_SHARED = (
    ("tampered titles planted in pages", "tampered-planted"),
    ("tampered titles alone", "tampered-alone"),
    ("other real phrases planted in pages", "phrase-planted"),
    ("known brand in the place of a name", "known-name-planted"),
    ("brand held out, in the place of a name", "name-planted"),
    ("pages with injected spam", "spam-page"),
    ("pages that are spam", "spam-site"),
    ("composed blocks planted", "composed-planted"),
    ("composed blocks written to escape", "evaded-planted"),
)


def _percent(rate: float) -> str:
    """A rate in percent, with two digits that say something."""
    return f"{100 * rate:.1f} %" if rate >= 0.01 else f"{100 * rate:.2f} %"


def asked(card: str) -> str:
    """What is asked of the model on real pages and texts, and what it reached, from the card's measures."""
    lines = ["| | asked | measured | 95 % interval | |", "|---|---|---|---|---|"]
    for said, name in _ASKED:
        row = re.search(rf"^\| {re.escape(name)} \|(.*)\|$", card, re.MULTILINE)
        if row is None:
            raise SystemExit(f"{CARD} has no row {name!r}: train the model again")
        hits, total, rate, interval, wanted, met = (cell.strip() for cell in row.group(1).split("|"))
        if total:
            low, high = (_percent(bound) for bound in wilson(int(hits), int(total)))
            interval = f"{low} to {high}"
            rate = f"{int(hits):,} of {int(total):,} = {_percent(int(hits) / int(total))}"
            wanted = f"{wanted[0]} {float(wanted[1:]):.2%}".replace("%", " %").replace(".00 %", " %") if wanted else ""
        lines.append(
            f"| {said} | {wanted} | {rate} | {interval} | {'short' if 'no' in met else 'met' if met else ''} |"
        )
    return "\n".join(lines)


def shares(card: str) -> str:
    """Recall at fixed shares of the real honest pages flagged, from the card."""
    lines = ["| | 1 % | 0.3 % | 0.1 % |", "|---|---|---|---|"]
    for said, kind in _SHARED:
        found = re.search(rf"^\| {kind} \| (\d+) \|((?: [\d.]+ \([\d.-]+\) \|){{3}})", card, re.MULTILINE)
        if found is None:
            raise SystemExit(f"{CARD} has no row {kind!r}: train the model again")
        rates = re.findall(r"([\d.]+) \(", found.group(2))
        lines.append(f"| {said} ({int(found.group(1)):,}) | {' | '.join(_percent(float(each)) for each in rates)} |")
    return "\n".join(lines)


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
        made = {"asked": asked, "shares": shares, "external": external}.get(kind)
        text = compared if kind == "compare" else made(card) if made else section(card, name or "")
        head = f"<!-- {kind}: {name} -->" if name else f"<!-- {kind} -->"
        return f"{head}\n\n{text or before}\n\n<!-- end -->"

    pattern = (
        r"<!-- (?P<kind>card|compare|asked|shares|external)(?:: (?P<name>[^>]*?))? -->\n(?P<table>.*?)<!-- end -->"
    )
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
