"""Time, memory and size of an audit's report: ``python benchmarks/report.py --out DIR [--pages N]``.

Composes a crawl from the project's own pages and templates, with texts of several labels planted at several places,
some of them in many hosts, and audits it. The lines of that audit are then written again and again, under other hosts
and dates and with other words in the findings, until there are as many flagged pages as were asked for; of these the
report is made, in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from moderation.audit.local import audit
from moderation.audit.manifest import REPORT
from moderation.report import report
from moderation.training.planting import inject
from moderation.training.synthesis import CLEAN, Composer, Injection, load_grammars

ROOT = Path(__file__).parents[1]
HOSTS = 60
LABELS = ("gambling", "fraud", "drugs", "piracy", "seo")
PLACEMENTS = ("title-alone", "title-suffix", "meta-only", "first-line", "hidden-div", "footer-links", "paragraph-end")
_WORDS = ("shop", "school", "valve", "river", "green", "north", "press", "garden", "metal", "light", "harbour", "paper")


def compose(path: Path, hosts: int, seed: int) -> int:
    """Writes a crawl as JSON Lines and returns the number of its pages."""
    composer = Composer(load_grammars(ROOT / "datasets"), seed)
    pick = composer.random
    bundled = [path.read_text("utf-8") for path in sorted((ROOT / "datasets" / "pages").glob("*.html"))]
    campaigns = [composer.injection(label) for label in LABELS for _ in range(2)]
    written = 0
    with path.open("w", encoding="ascii") as file:
        for number in range(hosts):
            name = f"www.{pick.choice(_WORDS)}-{pick.choice(_WORDS)}{number}.example"
            page, planted = pick.choice(bundled), pick.random() < 0.8
            wave, month = pick.choice(campaigns), pick.randint(1, 9)
            placements = pick.sample(PLACEMENTS, 2)
            for at in range(pick.randint(3, 24)):
                html, date = page.replace("</title>", f" {at + 1}</title>", 1), pick.randint(1, 12)
                if planted and date >= month:
                    own = pick.random() < 0.4
                    text = composer.injection(pick.choice(LABELS)) if own else _shuffled(wave, pick)
                    made = inject(html, text, pick.choice(placements), pick)
                    html = made.content if made else html
                day = f"2024-{date:02}-{pick.randint(1, 28):02}T08:00:00Z"
                row = {"id": f"{number}-{at}", "url": f"http://{name}/{at}.html", "date": day, "html": html}
                file.write(json.dumps(row) + "\n")
                written += 1
    return written


def _shuffled(injection: Injection, pick: random.Random) -> Injection:
    """The same block with its keywords in another order, as campaigns have it."""
    for separator in ("|", "_", "-", ",", "，", "、"):
        if separator in injection.text:
            parts = injection.text.split(separator)
            pick.shuffle(parts)
            return injection._replace(text=separator.join(parts))
    return injection


def multiply(source: Path, out: Path, pages: int, seed: int) -> None:
    """Writes the folder of an audit with so many flagged pages, as those of another one."""
    out.mkdir()
    pick = random.Random(seed)
    composer = Composer(load_grammars(ROOT / "datasets"), seed)
    lines = (source / "findings.jsonl").read_text("ascii").splitlines()
    hosts: dict[str, dict[str, Any]] = {}
    with (out / "findings.jsonl").open("w", encoding="ascii") as file:
        for number in range(pages):
            row = json.loads(lines[number % len(lines)])
            # Few hosts have many pages, most have one or two.
            host = f"h{int(pages / 5 * pick.random() ** 3)}.example"
            row |= {"where": f"crawl.jsonl#{number + 1}", "host": host, "url": f"http://{host}/{number}.html"}
            for finding in row["findings"] if number % 3 else ():
                finding["text"] = composer.phrase(CLEAN) + finding["text"] + composer.phrase(CLEAN)
            file.write(json.dumps(row) + "\n")
            _count(hosts, host, row)
    with (out / "hosts.jsonl").open("w", encoding="ascii") as file:
        file.writelines(json.dumps({"host": host, **about}) + "\n" for host, about in sorted(hosts.items()))
    (out / "errors.jsonl").write_text("", "ascii")
    run = json.loads((source / "run.json").read_text("utf-8"))
    run["counters"] |= {"pages": 5 * pages, "records": 5 * pages, "flagged": pages, "errors": {}}
    (out / "run.json").write_text(json.dumps(run), "utf-8")


def _count(hosts: dict[str, dict[str, Any]], host: str, row: dict[str, Any]) -> None:
    about = hosts.setdefault(host, {"pages": 0, "flagged": 0, "actions": {}, "labels": {}, "places": {}})
    about["pages"] += 5
    about["flagged"] += 1
    about["since"] = min(about.get("since", row["date"]), row["date"])
    about["until"] = max(about.get("until", row["date"]), row["date"])
    names = {"actions": {row["action"]}, "labels": set(), "places": set()}
    for finding in row["findings"]:
        names["labels"].add(finding["label"])
        names["places"].add(finding["place"])
    for kind, found in names.items():
        for name in found:
            about[kind][name] = about[kind].get(name, 0) + 1


def measure(folder: Path) -> Iterator[str]:
    """Makes the report in a process of its own, and says what that took."""
    begun = time.monotonic()
    child = os.posix_spawn(sys.executable, [sys.executable, "-m", "moderation.cli", "report", str(folder)], os.environ)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit("the report could not be made")
    seconds = time.monotonic() - begun
    size = sum(1 for _ in (folder / "campaigns.jsonl").open())
    work = usage.ru_utime + usage.ru_stime
    yield f"{seconds:.0f} s, of them {work:.0f} s of one core, {usage.ru_maxrss / 1024:.0f} MB, {size:,} campaigns"
    yield f"{REPORT}: {(folder / REPORT).stat().st_size / 1e6:.1f} MB"
    yield f"audit.sqlite: {(folder / 'audit.sqlite').stat().st_size / 1e6:.0f} MB"


def main(argv: Sequence[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/report"), help="new folder (default %(default)s)")
    parser.add_argument("--pages", type=int, default=100_000, help="flagged ones (default %(default)s)")
    parser.add_argument("--seed", type=int, default=5, help="of what is composed (default %(default)s)")
    options = parser.parse_args(argv)
    options.out.mkdir(parents=True)
    crawl = options.out / "crawl.jsonl"
    composed = compose(crawl, HOSTS, options.seed)
    flagged = audit([crawl], options.out / "small").flagged
    report(options.out / "small")
    print(f"composed and audited: {composed:,} pages, {flagged:,} flagged ({options.out / 'small' / REPORT})")
    multiply(options.out / "small", options.out / "large", options.pages, options.seed)
    print(f"{options.pages:,} flagged pages:")
    for line in measure(options.out / "large"):
        print(f"  {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
