"""Somebody's own labelled rows -> what the training learns from (``train.py --add FILE.jsonl``).

The rows are those of ``moderation evaluate`` (docs/evaluate.md), with a label of the model where they are spam. Honest
markup becomes a genuine page, whose blocks are learnt as honest and into which injections are composed; honest text and
planted text become rows.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from moderation.data import Page
from moderation.errors import DataSetError, LabelError, PageError
from moderation.inputs.rows import SPAM, Truth, numbered_rows, planted_texts, row_page, truth_of
from moderation.stages.signals import is_minor
from moderation.training.dataset import CLEAN, HostPage, Row, site_of
from moderation.training.synthesis import LABELS

__all__ = ["ORIGIN", "read_own"]

ORIGIN = "added"
_SENTENCE = re.compile(r"(?<=[。！？!?；;])")
# Labels beside which an age below 18 ends it, as in a verdict.
_ADULT = ("adult", "escort")
# Characters from which an honest line is learnt sentence by sentence, as the public sets are.
_LONG = 100


def read_own(path: Path) -> tuple[list[Row], list[HostPage], list[str]]:
    """What a JSON Lines file adds to the training.

    A row has ``text`` (or ``title``) or ``html``, a ``label`` (``clean`` or a label of the model), and if it likes
    ``group`` (what must not stand on both sides of a split: a site; else the host of its ``url``, else what its links
    and words say), and ``span`` or ``spam``, which say what of it is planted. Markup that is spam must say so.

    Returns: rows, genuine pages, and what is wrong with the lines that are left out, each with the line and the fix.

    Raises:
        DataSetError: the file cannot be read.
    """
    rows: list[Row] = []
    pages: list[HostPage] = []
    problems: list[str] = []
    try:
        with path.open("rb") as file:
            for number, row in numbered_rows(file, str(path)):
                try:
                    if isinstance(row, PageError):
                        raise row
                    _add(row, f"{path}#{number}", rows, pages)
                except (PageError, LabelError) as error:
                    problems.append(str(error))
    except OSError as error:
        raise DataSetError(f"{path}: {error.strerror or error}; check the name and the permissions") from None
    return rows, pages, problems


def _add(row: dict[str, Any], where: str, rows: list[Row], pages: list[HostPage]) -> None:
    page = row_page(row, where)
    truth = truth_of(row, page, LABELS, where)
    if truth.notes:
        # Half of what was meant is not learnt.
        raise LabelError(truth.notes[0])
    if truth.label == SPAM:
        raise LabelError(f"{where}: spam of no label cannot be learnt; say one of {', '.join(LABELS)}")
    site = _site(row, page, where)
    if page.is_html and not truth.is_spam:
        pages.append(HostPage(where, page.content, site, ORIGIN))
        return
    texts = _planted(page, truth, where) if truth.is_spam else _honest(page)
    if truth.label in _ADULT and any(map(is_minor, [*texts, "" if page.is_html else page.content])):
        raise LabelError(f"{where}: the text names an age below 18; such a text is not learnt, leave it out")
    group = f"site:{site}" if site else f"{ORIGIN}:{page.content[:24]}"
    rows.extend(Row(text, truth.label if truth.is_spam else CLEAN, group, ORIGIN) for text in texts)


def _site(row: dict[str, Any], page: Page, where: str) -> str:
    """Where the row is from: as it says, else by its address, else by what the page links to; empty of a bare text."""
    group = row.get("group")
    if group is not None and not isinstance(group, str):
        raise LabelError(f"{where}: group is no string; give the name of the site")
    # An address counts as one link, so that both give a site the same name.
    linked = site_of(f'href="{page.url}"', "") if page.url else ""
    return (group or "").strip() or linked or (site_of(page.content, where) if page.is_html else "")


def _honest(page: Page) -> list[str]:
    # A model that judges stretches of text learns more from the sentences of a long one than from their sum.
    parts = (_SENTENCE.split(line) if len(line) > _LONG else [line] for line in page.content.splitlines())
    return [part.strip() for some in parts for part in some if part.strip()]


def _planted(page: Page, truth: Truth, where: str) -> list[str]:
    if not truth.spans:
        if page.is_html:
            raise LabelError(f"{where}: a spam page that does not say what is planted; add spam (the text) or span")
        return [page.content.strip()]
    texts = planted_texts(page, truth.spans)
    if not texts:
        raise LabelError(f"{where}: a reader sees no text in what is said to be planted; check span or spam")
    return texts
