"""What the training reads: rows of text with a label and the group they are split by.

Everything comes from two places: ``datasets/`` (written for this project) and, where a folder of public sets is named,
the sets ``datasets/sources.toml`` lists. Nothing of the latter is copied; a row lives as long as the training does.
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from moderation.data import Page, Span
from moderation.errors import DataSetError
from moderation.stages.blocks import looks_like_html, outline
from moderation.stages.decode import decode
from moderation.training.synthesis import CLEAN, fraction

__all__ = [
    "CLEAN",
    "ContextCase",
    "HostPage",
    "Negative",
    "Row",
    "Source",
    "Sources",
    "contexts",
    "digest",
    "negatives",
    "own_pages",
    "site_of",
]

_LINK = re.compile(r"(?:href|src)\s*=\s*[\"']?https?://([\w.-]+)", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>\s*([^<]*)", re.IGNORECASE)
_SECOND_LEVEL = frozenset(["com", "net", "gov", "org", "edu", "ac", "co"])


class Row(NamedTuple):
    """One text to learn from.

    ``group`` is what must not stand on both sides of a split; ``origin`` names the set. ``families`` and ``half`` are
    what a composed row is made of; ``half`` is None for one that draws on both halves of the lexicon.
    """

    text: str
    label: str
    group: str
    origin: str
    families: frozenset[str] = frozenset()
    half: int | None = None

    @property
    def composed(self) -> bool:
        """Whether the row was put together from a lexicon rather than found."""
        return self.origin.startswith(("composed-", "keywords-"))


class HostPage(NamedTuple):
    """A genuine page that injections are composed into, and the site it is from.

    ``url`` and ``kind`` (school, forum, shop, ...) are empty and ``words`` has no label where nobody noted them;
    ``words`` are the labels whose words the page holds although it is honest.
    """

    name: str
    content: str
    site: str
    origin: str
    url: str = ""
    kind: str = ""
    words: frozenset[str] = frozenset()


class Negative(NamedTuple):
    """A hard negative: genuine text that a careless filter flags."""

    id: str
    kind: str
    lang: str
    group: str
    place: str
    text: str
    is_html: bool

    @property
    def held_out(self) -> bool:
        """Whether the row belongs to the half that no model is trained on (split by group)."""
        return fraction(f"negative:{self.group}") < 0.5


class ContextCase(NamedTuple):
    """A block on a page whose topic makes it genuine, or foreign: the same words, both ways.

    ``label`` is empty where the block is genuine.
    """

    id: str
    topic: str
    group: str
    place: str
    page: Page
    span: Span
    label: str

    @property
    def held_out(self) -> bool:
        """Whether the case belongs to the half that nothing is fitted on (split by group)."""
        return fraction(f"case:{self.group}") < 0.5


@dataclass(frozen=True)
class Source:
    """One public set, as ``sources.toml`` describes it."""

    name: str
    path: str
    format: str
    label: str
    use: str
    licence: str
    url: str
    sha256: str
    download: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


class Sources:
    """The public sets of ``sources.toml``, read from a local folder or downloaded into it.

    Args:
        listing: the TOML file.
        folder: where the sets lie; None means there are none, and every reader yields nothing.
        fetch: whether to download what is missing.
    """

    def __init__(self, listing: Path, folder: Path | None, fetch: bool = False) -> None:
        self.folder = folder
        self.fetch = fetch
        rows = tomllib.loads(listing.read_text("utf-8"))["source"]
        self.all = {row["name"]: Source(**row) for row in rows}
        self.digests: dict[str, str] = {}

    def using(self, use: str) -> list[Source]:
        """The sets of one use that are at hand."""
        return [source for source in self.all.values() if source.use == use and self.folder is not None]

    def path(self, source: Source) -> Path:
        """Where a set lies, checked against its digest.

        Raises:
            DataSetError: it is missing and cannot be fetched, or is not the set that was named.
        """
        if self.folder is None:
            raise DataSetError(f"{source.name}: no folder of public sets was named (--sources DIR)")
        path = self.folder / source.path
        if not path.exists():
            if not (self.fetch and source.download):
                raise DataSetError(
                    f"{source.name}: {path} is missing; get it from {source.url}, or leave it out of sources.toml"
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            with urllib.request.urlopen(source.download, timeout=60) as answer:
                path.write_bytes(answer.read())
        found = digest(path)
        if found != source.sha256:
            raise DataSetError(
                f"{source.name}: {path} has the digest {found}, sources.toml names {source.sha256}: "
                "it is another edition; get the named one, or set the digest and say so in the card"
            )
        self.digests[source.name] = found
        return path

    def lines(self, source: Source) -> Iterator[str]:
        """The texts of a set, one by one."""
        path = self.path(source)
        if source.format == "lines":
            yield from (line.strip() for line in path.read_text("utf-8").splitlines() if line.strip())
        elif source.format == "medical-csv":
            with path.open(encoding="utf-8", newline="") as stream:
                for row in csv.reader(stream):
                    yield from (cell.strip() for cell in row[1:] if cell.strip())
        elif source.format == "jsonl":
            for line in path.read_text("utf-8").split("\n"):
                if line:
                    yield json.loads(line)["text"]
        else:
            raise DataSetError(f"{source.name}: {source.format!r} holds no lines")

    def pages(self, source: Source) -> Iterator[HostPage]:
        """The pages of a set of HTML files, in the order of their names."""
        for path in sorted(self.path(source).iterdir()):
            content = decode(path.read_bytes()).text
            yield HostPage(path.name, content, site_of(content, path.name), source.name)


def site_of(content: str, name: str) -> str:
    """The site a page is from: the registrable domain its links name most, else its title, else its name."""
    counts: Counter[str] = Counter()
    for host in _LINK.findall(content):
        parts = host.lower().split(".")
        size = 3 if len(parts) > 2 and len(parts[-1]) == 2 and parts[-2] in _SECOND_LEVEL else 2
        counts[".".join(parts[-size:])] += 1
    if counts:
        return max(counts, key=lambda host: (counts[host], host))
    title = _TITLE.search(content)
    return title.group(1).strip() if title and title.group(1).strip() else name


def digest(path: Path) -> str:
    """SHA-256 of a file, or of a folder's file names and contents in order."""
    if path.is_file():
        return sha256(path.read_bytes()).hexdigest()
    whole = sha256()
    for file in sorted(path.rglob("*")):
        if file.is_file():
            whole.update(file.relative_to(path).as_posix().encode() + b"\0")
            whole.update(sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def negatives(folder: Path) -> list[Negative]:
    """The hard negatives of a datasets folder."""
    found = []
    for line in (folder / "hard_negatives.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        text = row.get("html") or row["text"]
        found.append(Negative(row["id"], row["kind"], row["lang"], row["group"], row["place"], text, "html" in row))
    return found


def contexts(folder: Path) -> list[ContextCase]:
    """The out-of-context cases of a datasets folder, each as a page with its block in place."""
    hosts: dict[str, dict[str, Any]] = {}
    cases = []
    for line in (folder / "contexts.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        if "case" not in row:
            hosts[row["host"]] = row
            continue
        host = hosts[row["host"]]
        content, span = _with_block(host, row["place"], row["text"])
        page = Page(content, url=host["url"])
        label = row["label"] if row["injected"] else ""
        cases.append(ContextCase(row["case"], host["topic"], row["group"], row["place"], page, span, label))
    return cases


_HERE = "\ue000"


def _with_block(host: Mapping[str, Any], place: str, text: str) -> tuple[str, Span]:
    """A host of ``contexts.jsonl`` as HTML with a block in one place, and the block's span.

    Genuine and injected blocks are put in the same way, so that only page and words tell them apart.
    """
    title = {
        "title": _HERE,
        "title-prefix": f"{_HERE}_{host['title']}",
        "title-suffix": f"{host['title']}_{_HERE}",
    }.get(place, host["title"])
    description = _HERE if place == "description" else host.get("description", "")
    heading = _HERE if place == "heading" else host.get("heading", "")
    paragraphs = list(host.get("paragraphs", ()))
    if place == "body":
        paragraphs.insert(len(paragraphs) // 2, _HERE)
    menu = "".join(f'<li><a href="/{at}/">{item}</a></li>' for at, item in enumerate(host.get("menu", ())))
    links = [*host.get("links", ()), *([_HERE] if place == "links" else [])]
    lines = [
        "<!DOCTYPE html>",
        f'<html lang="{host.get("lang", "zh")}">',
        "<head>",
        '<meta charset="utf-8">',
        f"<title>{title}</title>",
        f'<meta name="keywords" content="{_HERE}">' if place == "keywords" else "",
        f'<meta name="description" content="{description}">' if description else "",
        "</head>",
        "<body>",
        f"{_HERE}<br>" if place == "first-line" else "",
        f"<ul>{menu}</ul>",
        f"<h1>{heading}</h1>" if heading else "",
        f'<div style="display:none">{_HERE}</div>' if place == "hidden" else "",
        *(f"<p>{paragraph}</p>" for paragraph in paragraphs),
        "<div>" + " ".join(f'<a href="/a/{at}.html">{item}</a>' for at, item in enumerate(links)) + "</div>",
        "</body>",
        "</html>",
    ]
    content = "\n".join(line for line in lines if line) + "\n"
    at = content.index(_HERE)
    return content.replace(_HERE, text), Span(at, at + len(text))


def own_pages(folder: Path) -> list[HostPage]:
    """The genuine pages written for this project."""
    return [
        HostPage(path.name, path.read_text("utf-8"), f"own:{path.stem}", "own-pages")
        for path in sorted((folder / "pages").glob("*.html"))
    ]


def block_rows(pages: Iterable[HostPage]) -> Iterator[Row]:
    """The blocks of genuine pages as clean rows, each text once per site."""
    for page in pages:
        seen: set[str] = set()
        for block in outline(Page(page.content, looks_like_html(page.content))).blocks:
            if block.text not in seen:
                seen.add(block.text)
                yield Row(block.text, CLEAN, f"site:{page.site}", page.origin)
