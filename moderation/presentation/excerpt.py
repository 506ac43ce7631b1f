"""Findings as people may see them: in their context, on one line, masked, withheld where they must be."""

from __future__ import annotations

import html
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from moderation.common.messages import gettext
from moderation.data import Page, Span, Verdict
from moderation.policy import MINOR
from moderation.stages.signals import is_minor

__all__ = ["Context", "is_withheld", "mask", "plain", "shorten", "surroundings", "visible"]

# The end of a tag is looked for once, from where the text in front of it begins.
_TAGS = re.compile(r"<[^<>]*+>?|(?<![^<>])[^<>]*+>")
_BLANKS = re.compile(" {2,}")
_WORD = re.compile(r"[^\W_]+")
_LONGEST = 160


def mask(text: str) -> str:
    """A text with every word reduced to its first character: its shape can still be told, and where it stands."""
    return _WORD.sub(lambda found: found.group()[0] + "*" * (len(found.group()) - 1), text)


def plain(text: str) -> str:
    """A text on one line, without anything that moves a terminal's cursor."""
    return _BLANKS.sub(" ", "".join(character if character.isprintable() else " " for character in text))


def shorten(text: str) -> str:
    """A text of any length as one that fits a few lines."""
    if len(text) <= _LONGEST:
        return text
    return gettext("{text}… ({count} characters)").format(text=text[:_LONGEST], count=len(text))


def is_withheld(verdict: Verdict) -> bool:
    """Whether nothing of a page may be shown: where one finding is withheld, so is all that could stand beside it."""
    return any(reason.code == MINOR for finding in verdict.findings for reason in finding.reasons)


class Context:
    """What stands around the findings of a page, about as a reader sees it.

    Args:
        page: where they stand.
        spans: of all of them; made once, so that many findings cost no more each than few.
        size: code points at most, before a finding and behind it.
        withheld: nothing of the page may be shown.
    """

    def __init__(self, page: Page, spans: Iterable[Span], size: int, *, withheld: bool = False) -> None:
        self._page, self._size, self._withheld = page, size, withheld
        known = list(spans)
        self._starts = sorted(span.start for span in known)
        self._ends = sorted(span.end for span in known)

    def around(self, span: Span) -> tuple[str, str]:
        """What stands before and after a span.

        It ends where another finding begins, which is masked by itself, and is empty where it may not be shown.
        """
        if self._withheld:
            return "", ""
        behind, ahead = bisect_right(self._ends, span.start), bisect_left(self._starts, span.end)
        low = self._ends[behind - 1] if behind else 0
        high = self._starts[ahead] if ahead < len(self._starts) else len(self._page.content)
        before, after = surroundings(self._page, span, low, high, self._size)
        return ("", "") if is_minor(before) or is_minor(after) else (before, after)


def surroundings(page: Page, span: Span, low: int, high: int, size: int) -> tuple[str, str]:
    """What stands before and after a span between ``low`` and ``high``, each of at most ``size`` code points."""
    before = visible(page, max(low, span.start - 4 * size), span.start)[-size:]
    after = visible(page, span.end, min(high, span.end + 4 * size))[:size]
    return before, after


def visible(page: Page, start: int, end: int) -> str:
    """A stretch of a page's source about as a reader sees it, on one line."""
    text = page.content[start:end]
    return plain(html.unescape(_TAGS.sub(" ", text)) if page.is_html else text)
