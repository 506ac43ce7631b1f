"""What the second pass of an audit adds: ``python benchmarks/campaigns.py --out DIR [--honest ARCHIVE …]``.

Composes a crawl of hosts from the project's own pages and templates. Brands that nobody has heard of, made up at
random, are planted in titles, first lines and prose of some pages of some hosts; other made-up names are honest: they
have a site of their own, and others link to it. The crawl is audited page by page (``--alone``) and with the second
pass; printed is what is found of what was planted, by place and by number of hosts, and what is flagged of all other
pages. With ``--honest`` archives of honest pages are audited in both ways too, as one crawl.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from moderation.audit.judging import Settings
from moderation.audit.local import audit
from moderation.data import Span
from moderation.training.planting import inject
from moderation.training.synthesis import CLEAN, Composer, Injection, load_grammars

ROOT = Path(__file__).parents[1]
HOSTS = 240
PLACEMENTS = {"title-suffix": "title", "first-line": "first line", "paragraph-middle": "prose"}
# Hosts of a brand; of each number there are so many brands at each place.
WIDTHS = (1, 2, 3, 4, 6, 8)
BRANDS = 3
DECOYS = 6
_DECORATIONS = ("体育", "官网", "娱乐", "app", "体育官网", "娱乐官网", "体育app", "app下载")


class Host(NamedTuple):
    """A site of the crawl: its address, its name, and its pages as markup."""

    name: str
    title: str
    pages: list[str]
    is_article: bool


class Planted(NamedTuple):
    """What was put into a page: where, of which brand, and on how many hosts that brand is."""

    span: Span
    brand: str
    placement: str
    hosts: int


class Crawl(NamedTuple):
    """An archive, and what is planted in it by address."""

    path: Path
    pages: int
    planted: dict[str, Planted]


def compose(path: Path, hosts: int, seed: int) -> Crawl:
    """Writes a crawl as JSON Lines."""
    pick = random.Random(seed)
    sites = list(_sites(hosts, seed))
    _link_decoys(sites, pick)
    planted: dict[str, Planted] = {}
    # A host carries one brand at the most.
    free = {kind: [number for number, site in enumerate(sites) if site.is_article is kind] for kind in (True, False)}
    for numbers in free.values():
        pick.shuffle(numbers)
    for placement in PLACEMENTS:
        for width in WIDTHS:
            for _ in range(BRANDS):
                brand = brand_name(pick)
                decorations = pick.sample(_DECORATIONS, 2)
                for _ in range(width):
                    # Prose takes articles; the rest takes what is left in turn.
                    kind = placement == "paragraph-middle" or not free[False] or pick.random() < 0.5
                    number = free[kind].pop()
                    _plant(sites[number], brand, decorations, placement, width, pick, planted)
    with path.open("w", encoding="ascii") as file:
        for site in sites:
            for number, page in enumerate(site.pages):
                url = _url(site, number)
                file.write(json.dumps({"id": url, "url": url, "html": page}) + "\n")
    return Crawl(path, sum(len(site.pages) for site in sites), planted)


def brand_name(pick: random.Random) -> str:
    """A brand of no lexicon: two or three characters of GB 2312, or up to three letters with digits."""
    known = "".join(path.read_text("utf-8") for path in sorted((ROOT / "datasets" / "lexicon").glob("*.toml")))
    while True:
        if pick.random() < 0.7:
            codes = ((pick.randrange(0xB0, 0xD7), pick.randrange(0xA1, 0xFA)) for _ in range(pick.randint(2, 3)))
            name = "".join(bytes(code).decode("gb2312") for code in codes)
        else:
            letters = "".join(pick.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(pick.randint(1, 3)))
            name = letters + str(pick.randint(10, 9999))
        if name not in known:
            return name


def _url(site: Host, number: int) -> str:
    return f"http://www.{site.name}/{number}.html"


def _sites(count: int, seed: int) -> Iterator[Host]:
    """Hosts of 2 to 30 pages: two in three of articles with menu and footer, the others of a bundled page each."""
    composer = Composer(load_grammars(ROOT / "datasets"), seed)
    pick = composer.random
    bundled = [path.read_text("utf-8") for path in sorted((ROOT / "datasets" / "pages").glob("*.html"))]
    for number in range(count):
        size = pick.choice((2, 3, 4, 6, 8, 12, 20, 30))
        title = composer.name(CLEAN).text
        domain = f"site{number}.{pick.choice(('com', 'cn', 'com.cn', 'net', 'org'))}"
        if number % 3 == 2:
            page = bundled[number // 3 % len(bundled)]
            pages = [page.replace("</title>", f" {at + 1}</title>", 1) for at in range(size)]
        else:
            pages = [_article(composer, title) for _ in range(size)]
        yield Host(domain, title, pages, number % 3 != 2)


def _article(composer: Composer, site: str) -> str:
    """A page of a site: its name in title, menu and footer, paragraphs of genuine sentences."""
    families = composer.kinds[CLEAN, "sentence"]

    def sentence() -> str:
        return composer.fill(CLEAN, composer.random.choice(composer.random.choice(families).patterns))

    title = sentence()[:24]
    menu = "".join(f"<li><a href=/{at}>{composer.phrase(CLEAN)}</a></li>" for at in range(6))
    body = "".join(f"<p>{''.join(sentence() for _ in range(5))}</p>\n" for _ in range(composer.random.randint(3, 8)))
    return (
        f"<!DOCTYPE html>\n<html><head><meta charset=utf-8>\n<title>{title}_{site}</title>\n"
        f"<meta name=description content='{title}'></head>\n<body>\n<ul>{menu}</ul>\n<h1>{title}</h1>\n{body}"
        f"<div class=footer><a href=/>{site}</a> 版权所有</div>\n</body></html>"
    )


def _link_decoys(sites: list[Host], pick: random.Random) -> None:
    """Gives some hosts names like the planted ones, honestly: in all their titles and footers, and in others' links."""
    for number, place in enumerate(pick.sample(range(len(sites)), DECOYS)):
        site, name = sites[place], brand_name(pick) + _DECORATIONS[number % len(_DECORATIONS)]
        sites[place] = site._replace(pages=[page.replace(site.title, name) for page in site.pages])
        for other in pick.sample(range(len(sites)), 8):
            if other != place:
                link = f"<p>友情链接 <a href='http://www.{site.name}/'>{name}</a></p>\n</body>"
                sites[other].pages[:] = [page.replace("</body>", link, 1) for page in sites[other].pages]


def _plant(
    site: Host,
    brand: str,
    decorations: Sequence[str],
    placement: str,
    width: int,
    pick: random.Random,
    planted: dict[str, Planted],
) -> None:
    """Plants a brand in some pages of a host, at least one and mostly fewer than half."""
    count = max(1, round(len(site.pages) * pick.uniform(0.1, 0.5)))
    for number in pick.sample(range(len(site.pages)), count):
        text = brand + pick.choice(decorations)
        made = inject(site.pages[number], Injection(text, "gambling", frozenset(), "name"), placement, pick)
        if made:
            site.pages[number] = made.content
            planted[_url(site, number)] = Planted(made.span, brand, placement, width)


# ------------------------------------------------------------------------------------------------------------ measuring


class Measured(NamedTuple):
    """An audit: the planted pages that are found, the other pages that are flagged, findings lifted and dropped."""

    found: set[str]
    flagged: set[str]
    lifted: int
    dropped: int


def measure(archives: Sequence[Path], out: Path, planted: dict[str, Planted], *, alone: bool) -> Measured:
    """Audits a crawl, and compares."""
    audit(archives, out, Settings(alone=alone))
    found, flagged = set(), set()
    for text in (out / "findings.jsonl").read_text("ascii").splitlines():
        row = json.loads(text)
        spans = [Span(finding["start"], finding["end"]) for finding in row["findings"]]
        about = planted.get(row["url"] or "")
        if about is None:
            flagged.add(row["where"])
        elif any(span.overlaps(about.span) for span in spans):
            found.add(row["url"])
    settled = json.loads((out / "run.json").read_text("utf-8"))["settled"]
    return Measured(found, flagged, settled["lifted"], settled["dropped"])


def table(planted: dict[str, Planted], alone: Measured, across: Measured) -> str:
    """What is found of what was planted, by place and by number of hosts."""
    lines = ["| planted in | hosts | pages | found page by page | with the second pass |", "|---|---|---|---|---|"]
    sizes = Counter((about.placement, about.hosts) for about in planted.values())
    for (placement, width), pages in sorted(sizes.items(), key=lambda item: (list(PLACEMENTS).index(item[0][0]), item)):
        urls = {url for url, about in planted.items() if (about.placement, about.hosts) == (placement, width)}
        counts = f"{len(alone.found & urls)} | {len(across.found & urls)}"
        lines.append(f"| {PLACEMENTS[placement]} | {width} | {pages} | {counts} |")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/campaigns"), help="new folder (default %(default)s)")
    parser.add_argument("--hosts", type=int, default=HOSTS, help="of the composed crawl (default %(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="of the composed crawl (default %(default)s)")
    parser.add_argument("--honest", type=Path, nargs="*", default=[], help="archives of honest pages")
    options = parser.parse_args(argv)
    options.out.mkdir(parents=True)
    crawl = compose(options.out / "crawl.jsonl", options.hosts, options.seed)
    runs = [
        measure([crawl.path], options.out / name, crawl.planted, alone=name == "alone") for name in ("alone", "across")
    ]
    print(f"{options.hosts} hosts, {crawl.pages} pages, {len(crawl.planted)} of them planted\n")
    print(table(crawl.planted, *runs))
    for name, least in (("all", 1), ("on three hosts and more", 3)):
        urls = {url for url, about in crawl.planted.items() if about.hosts >= least}
        print(f"\n{name}: " + " -> ".join(f"{len(run.found & urls)} of {len(urls)}" for run in runs), end="")
    print(f"\nother pages flagged: {len(runs[0].flagged)} -> {len(runs[1].flagged)}")
    print(f"findings lifted: {runs[1].lifted}, dropped: {runs[1].dropped}")
    if options.honest:
        honest = [
            measure(options.honest, options.out / f"honest-{name}", {}, alone=name == "alone")
            for name in ("alone", "across")
        ]
        more, fewer = honest[1].flagged - honest[0].flagged, honest[0].flagged - honest[1].flagged
        print(
            f"honest pages flagged: {len(honest[0].flagged)} -> {len(honest[1].flagged)} (+{len(more)}, -{len(fewer)})"
        )
        print(f"findings lifted: {honest[1].lifted}, dropped: {honest[1].dropped}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
