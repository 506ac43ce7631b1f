"""A page as text and as markup: verdict, cuts and reasons of whatever it holds."""

from __future__ import annotations

from pathlib import Path

from fuzz.targets import Run, Target
from fuzz.targets._judging import judge
from fuzz.targets._seeds import PAGES, WORDS
from moderation import Moderator, Page

__all__ = ["TARGET"]


def prepare(folder: Path) -> Run:
    moderator = Moderator.load()

    def run(data: bytes) -> str:
        # What is no UTF-8 becomes halves of surrogate pairs, as they come in from JSON.
        text = data.decode("utf-8", "surrogatepass" if _is_paired(data) else "surrogateescape")
        judge(moderator, Page(text, is_html=False))
        verdict = judge(moderator, Page(text, is_html=True))
        return verdict.action.value

    return run


def _is_paired(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


TARGET = Target(PAGES, WORDS, prepare)
