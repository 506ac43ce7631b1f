"""Honest pages about what spam sells, composed: news of casinos, odds columns, lottery offices, contact pages.

Real honest pages of that kind are few, and they are where false alarms are. A page is composed of the titles, sentences
and short lines of one subject, between lines of any honest page. The subject is what evaluation holds out.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from moderation.errors import DataSetError
from moderation.training.dataset import HostPage
from moderation.training.synthesis import Composer

__all__ = ["SUBJECT", "Subject", "load_subjects", "subject_pages"]

# The origin of such pages.
SUBJECT = "subject"


class Subject(NamedTuple):
    """What a page is about: patterns of its titles, of its sentences, and of short lines (links, cells, footers)."""

    id: str
    titles: tuple[str, ...]
    sentences: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def group(self) -> str:
        """What it is held out by."""
        return f"subject:{self.id}"


def load_subjects(folder: Path) -> list[Subject]:
    """The subjects of a datasets folder, ``subjects.toml``.

    Raises:
        DataSetError: the file is missing or is none.
    """
    path = folder / "subjects.toml"
    try:
        rows = tomllib.loads(path.read_text("utf-8"))["subject"]
        return [Subject(row["id"], *(tuple(row[key]) for key in ("titles", "sentences", "lines"))) for row in rows]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise DataSetError(f"{path} cannot be read as subjects ({error}): restore it") from None


def subject_pages(subjects: Sequence[Subject], composer: Composer, count: int) -> Iterator[HostPage]:
    """So many pages of each subject; the site of a page is its subject's group."""
    for subject in subjects:
        for number in range(count):
            yield HostPage(f"{subject.id}-{number}", _page(subject, composer), subject.group, SUBJECT)


def _page(subject: Subject, composer: Composer) -> str:
    """A page as honest sites have them: menu, title, paragraphs, a list of links, a footer."""
    pick = composer.random

    def said(patterns: Sequence[str]) -> str:
        return escape(composer.fill("clean", pick.choice(patterns)))

    def paragraph() -> str:
        some = pick.sample(subject.sentences, min(len(subject.sentences), pick.randint(1, 3)))
        return "".join(said([each]) for each in some)

    def other() -> str:
        return escape(composer.clean_line()[0])

    title = said(subject.titles)
    joint = pick.choice(("_", "-", " - ", "|", "——"))
    site = said(["{site}", "{city}{site}", "{company}", "{gov}", "{city_site}", "{brand_plain}{site}"])
    menu = "".join(f'<li><a href="/{at}/">{said(["{menu}", "{channel}"])}</a></li>' for at in range(pick.randint(4, 9)))
    lines = [said(subject.lines) for _ in range(pick.randint(3, 10))]
    cells = "".join(f"<td>{line}</td>" for line in lines[:3])
    links = "".join(f'<li><a href="/a/{at}.html">{line}</a></li>' for at, line in enumerate(lines))
    more = "".join(f"<li>{said(subject.titles)}</li>" for _ in range(pick.randint(0, 5)))
    body = [f"<p>{paragraph()}</p>" for _ in range(pick.randint(2, 6))]
    body += [f"<p>{other()}</p>" for _ in range(pick.randint(0, 3))]
    pick.shuffle(body)
    metas = f'<meta name="keywords" content="{",".join(lines[:4])}">\n' if pick.random() < 0.5 else ""
    metas += f'<meta name="description" content="{paragraph()}">\n' if pick.random() < 0.6 else ""
    table = f"<table><tr>{cells}</tr></table>\n" if pick.random() < 0.3 else ""
    return (
        f"<!DOCTYPE html>\n<html>\n<head>\n<title>{title}{joint}{site}</title>\n{metas}</head>\n<body>\n"
        f"<ul>{menu}</ul>\n<h1>{title}</h1>\n{''.join(body)}\n{table}<ul>{links}{more}</ul>\n"
        f"<p>{other()}</p>\n<div>{pick.choice(lines)} | {said(['{menu}'])} | {site}</div>\n</body>\n</html>\n"
    )
