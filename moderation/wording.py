"""Reasons in words: what people are told of a finding, without codes and numbers.

The words of the text that speak for spam come first, the strongest in front, joined where they touch; then what else
speaks for it, as a few words each. docs/reasons.md says what lies behind each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from moderation.data import Finding, Page, Reason
from moderation.excerpt import mask, plain, shorten, visible
from moderation.model import Model
from moderation.policy import MINOR
from moderation.stages.tokens import parts

__all__ = ["WORDED", "Likeness", "Words", "reasons_in_words", "words_of"]

# What is said of a reason that speaks for spam. What is not in it says nothing to people: how long a text is, or how
# much its words add up to.
WORDED: Mapping[str, str] = {
    "campaign:hosts": "the same name stands on unrelated sites",
    "context:before": "what stands in front of it is typical of spam",
    "context:behind": "what stands behind it is typical of spam",
    "ends:joint": "it is joined to a title",
    "begins:joint": "it is joined to a title",
    "entity:coded": "it is written in character codes, unlike the rest of the page",
    "gloss:pinyin": "the rest of the page carries pinyin, as copied pages do",
    "host:everywhere": "all pages of the site share it",
    "rule:budget": "the page takes more than a page may, and was not read from there on",
    "rule:short": "the page has too many findings to tell why each is one",
    "script:cloaking": "a script serves search engines another page",
    "script:obfuscated": "a script of the page hides what it writes",
    "script:redirect": "a script sends visitors to another site",
    "meta:duplicate": "it stands in a second title or description",
    "name:code": "it holds a name with letters and digits, as betting sites have",
    "name:copies": "the name stands on the page again and again",
    "name:glued": "words are glued to the name that make a betting site's name of it",
    "name:in-front": "words stand in front of the name that make a betting site's name of it",
    "name:in-prose": "a name stands inside of a sentence where it does not belong",
    "name:in-title": "a name stands in the title or the description",
    "name:known": "it holds a name that is known from spam",
    "name:slot": "a name stands where an institution's own name would",
    "name:strong": "the name has words with it that betting sites have",
    "page:copies": "it stands on the page more than once",
    "page:foreign-words": "the rest of the page uses none of its words",
    "page:title": "it does not fit the title of the page",
    "page:words": "it does not fit what the page is about",
    "place:attribute": "it stands in an attribute",
    "place:first-line": "it is the first line of the page",
    "place:footer": "it stands at the bottom of the page",
    "place:hidden": "it is hidden from readers",
    "place:links": "it stands in a list of links",
    "place:meta": "it stands in the description or the keywords",
    "place:title": "it stands in the title",
    "script:mismatch": "it is not in the script of the rest of the page",
    "script:title-switch": "a script changes the title of the page",
    "shape:keyword-list": "it is a list of keywords",
    "shape:repeated-term": "it repeats the same words",
    MINOR: "it names an age below 18",
}
# What says more with its detail than without.
_DETAILED = ("campaign:hosts", "host:everywhere", "script:mismatch", "shape:keyword-list", "shape:repeated-term")
_WORDS, _SENTENCES = 5, 3
_TERM = "term:"
# Kinds of known names, by their first letters.
_NAMES = ("sure\t", "common\t")
# Characters of a word that another one may sound like, and the log-odds from which it is worth naming.
_HEARD = range(2, 7)
_LOUD = 1.0


class Words(NamedTuple):
    """Words of a finding that touch: as they stand there, and as the model reads each of them."""

    text: str
    read: tuple[str, ...]


def words_of(finding: Finding, page: Page | None = None) -> list[Words]:
    """The words of a finding that speak for spam, those that touch as one, the strongest first.

    Args:
        finding: as a verdict has it.
        page: it stands in; without it the words are as the model reads them, in simplified characters and lower case.
    """
    terms = [reason for reason in finding.reasons if reason.code.startswith(_TERM) and reason.weight > 0]
    # Of a text in code, all words may stand for the same stretch of the source.
    if len({reason.span for reason in terms}) < len(terms) or finding.path.startswith("script"):
        return [Words(reason.code.removeprefix(_TERM), (reason.code.removeprefix(_TERM),)) for reason in terms]
    placed = sorted((reason for reason in terms if reason.span), key=lambda reason: reason.span or (0, 0))
    groups: list[list[Reason]] = [[reason] for reason in terms if not reason.span]
    end = -1
    for reason in placed:
        assert reason.span is not None
        if reason.span.start == end:
            groups[-1].append(reason)
        else:
            groups.append([reason])
        end = reason.span.end
    groups.sort(key=lambda group: -sum(reason.weight for reason in group))
    return [_words(group, page) for group in groups]


def _words(group: Sequence[Reason], page: Page | None) -> Words:
    read = tuple(reason.code.removeprefix(_TERM) for reason in group)
    first, last = group[0].span, group[-1].span
    text = visible(page, first.start, last.end).strip() if page and first and last else ""
    return Words(text or "".join(read), read)


def reasons_in_words(
    finding: Finding,
    page: Page | None = None,
    *,
    masked: bool = True,
    withheld: bool = False,
    likeness: Likeness | None = None,
) -> list[str]:
    """Why a finding is one, in words, each to stand in a list.

    Args:
        finding: as a verdict has it.
        page: it stands in, where that is at hand.
        masked: whether its words are masked.
        withheld: whether nothing of its text may be shown.
        likeness: knows what words sound like, where a model is at hand.
    """
    found = []
    for words in [] if withheld else words_of(finding, page)[:_WORDS]:
        like = likeness.of(words) if likeness else ""
        shown = (mask if masked else str)(shorten(plain(words.text)))
        found.append(f"{shown} (sounds like {(mask if masked else str)(like)})" if like else shown)
    others = [
        reason
        for reason in finding.reasons
        if reason.code in WORDED and (reason.weight > 0 or reason.code.startswith("rule:"))
    ]
    said: dict[str, str] = {}
    for reason in sorted(others, key=lambda reason: -reason.weight):
        detail = f" ({plain(reason.detail)})" if reason.detail and reason.code in _DETAILED and not withheld else ""
        said.setdefault(WORDED[reason.code], WORDED[reason.code] + detail)
    return found + list(said.values())[:_SENTENCES]


class Likeness:
    """What a word sounds like, of the words and names that a model takes for spam.

    Args:
        model: whose words they are.
    """

    def __init__(self, model: Model) -> None:
        self._model = model

    @cached_property
    def _loud(self) -> Mapping[str, float]:
        """Known names, and words that speak plainly for spam, with what they are worth."""
        model = self._model
        loud = {row.split("\t")[2]: _LOUD for row in model.names.decode("utf-8").splitlines() if row.startswith(_NAMES)}
        worth = (model.idf * model.weights).tolist()
        for word, row in model.vocabulary.items():
            if worth[row] >= _LOUD:
                loud[word] = max(loud.get(word, 0.0), worth[row])
        return loud

    @cached_property
    def _known(self) -> Mapping[str, str]:
        """The loudest of them by each sound."""
        loud = self._loud
        found: dict[str, str] = {}
        for word in sorted(loud, key=lambda word: (loud[word], word)):
            if len(word) in _HEARD and all("\u4e00" <= character <= "\u9fff" for character in word):
                found[parts(word)[1]] = word
        return found

    def of(self, words: Words) -> str:
        """The longest known word that some of these sound like without being it; empty where there is none."""
        heard = "".join(parts(word)[1] for word in words.read)
        written = "".join(words.read)
        aligned = len(heard) == len(written)
        covered: set[int] = set()
        for size in reversed(_HEARD):
            for at in range(len(heard) - size + 1):
                known = self._known.get(heard[at : at + size], "")
                # A word of its own is what it says, whatever it sounds like.
                own = written[at : at + size] if aligned else ""
                if own in self._loud:
                    covered |= set(range(at, at + size))
                elif covered & set(range(at, at + size)):
                    continue
                elif known and known not in written and own not in self._model.vocabulary:
                    return known
        return ""
