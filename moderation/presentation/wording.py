"""Reasons in words: what people are told of a finding, without codes and numbers.

The words of the text that speak for spam come first, the strongest in front, joined where they touch; then what else
speaks for it, as a few words each. docs/reasons.md says what lies behind each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from moderation.common.messages import N_, P_, SOURCE, gettext, language, pgettext
from moderation.data import Finding, Page, Reason
from moderation.policy import ENDS, MINOR, THROUGHOUT
from moderation.presentation.excerpt import mask, plain, shorten, visible

if TYPE_CHECKING:
    # It loads the engine, which those who only say words need not.
    from moderation.model import Model

__all__ = [
    "WORDED",
    "WORDS",
    "Likeness",
    "Words",
    "detail_in_words",
    "joined",
    "reasons_in_words",
    "word",
    "words_of",
]

# What is said of a reason that speaks for spam. What is not in it says nothing to people: how long a text is, or how
# much its words add up to.
WORDED: Mapping[str, str] = {
    "campaign:hosts": N_("the same name stands on unrelated sites"),
    "context:before": N_("what stands in front of it is typical of spam"),
    "context:behind": N_("what stands behind it is typical of spam"),
    "ends:joint": N_("it is joined to a title"),
    "begins:joint": N_("it is joined to a title"),
    "entity:coded": N_("it is written in character codes, unlike the rest of the page"),
    "gloss:pinyin": N_("the rest of the page carries pinyin, as copied pages do"),
    "host:everywhere": N_("all pages of the site share it"),
    "rule:budget": N_("the page takes more than a page may, and was not read from there on"),
    "rule:short": N_("the page has too many findings to tell why each is one"),
    "script:cloaking": N_("a script serves search engines another page"),
    "script:obfuscated": N_("a script of the page hides what it writes"),
    "script:veiled": N_("a script hides where it leads"),
    "script:redirect": N_("a script sends visitors to another site"),
    "meta:duplicate": N_("it stands in a second title or description"),
    "name:code": N_("it holds a name with letters and digits, as betting sites have"),
    "name:common-glued": N_("an everyday word becomes an advertised site's name by the words glued to it"),
    "name:copies": N_("the name stands on the page again and again"),
    "name:glued": N_("words are glued to the name that make an advertised site's name of it"),
    "name:in-front": N_("words stand in front of the name that make an advertised site's name of it"),
    "name:in-prose": N_("a name stands inside of a sentence where it does not belong"),
    "name:in-title": N_("a name stands in the title or the description"),
    "name:known": N_("it holds a name that is known from spam"),
    "name:slot": N_("a name stands where an institution's own name would"),
    "name:strong": N_("the name has words with it that betting sites have"),
    "page:as-a-whole": N_("the page as a whole is like pages that hold spam"),
    "page:copies": N_("it stands on the page more than once"),
    "page:foreign-words": N_("the rest of the page uses none of its words"),
    "page:title": N_("it does not fit the title of the page"),
    "page:words": N_("it does not fit what the page is about"),
    "place:attribute": N_("it stands in an attribute"),
    "place:first-line": N_("it is the first line of the page"),
    "place:footer": N_("it stands at the bottom of the page"),
    "place:hidden": N_("it is hidden from readers"),
    "place:links": N_("it stands in a list of links"),
    "place:meta": N_("it stands in the description or the keywords"),
    "place:title": N_("it stands in the title"),
    "script:mismatch": N_("it is not in the script of the rest of the page"),
    "script:title-switch": N_("a script changes the title of the page"),
    "shape:keyword-list": N_("it is a list of keywords"),
    "shape:repeated-term": N_("it repeats the same words"),
    MINOR: N_("it names an age below 18"),
    ENDS: N_("it may begin or end elsewhere"),
    THROUGHOUT: N_("the rest of the page is like pages of spam as well"),
}
# What says more with its detail than without.
_DETAILED = ("campaign:hosts", "host:everywhere", "script:mismatch", "shape:keyword-list", "shape:repeated-term")
# Details, which verdicts have in English whoever reads them, and how they are said elsewhere.
_DETAILS = (
    (re.compile(r"(?P<count>[0-9]{1,12}+) keywords"), N_("{count} keywords")),
    (re.compile(r"(?P<count>[0-9]{1,12}+) times"), N_("{count} times")),
    (re.compile(r"(?P<count>[0-9]{1,12}+) unrelated hosts"), N_("{count} unrelated hosts")),
    (re.compile(r"on (?P<share>[0-9]{1,3}+) % of (?P<count>[0-9]{1,12}+) pages"), N_("on {share} % of {count} pages")),
    (re.compile(r"simplified on a traditional page"), N_("simplified on a traditional page")),
    (re.compile(r"traditional on a simplified page"), N_("traditional on a simplified page")),
)
# The words that verdicts, policies and counts are made of: English, and the same as in the JSON, where it is spoken.
WORDS = (
    P_("action", "allow"), P_("action", "clean"), P_("action", "review"), P_("action", "reject"),
    P_("label", "adult"), P_("label", "gambling"), P_("label", "escort"), P_("label", "fraud"), P_("label", "drugs"),
    P_("label", "piracy"), P_("label", "seo"), P_("label", "spam"), P_("label", "clean"), P_("label", "unread"),
    P_("place", "title"), P_("place", "meta"), P_("place", "heading"), P_("place", "head"), P_("place", "body"),
    P_("place", "links"), P_("place", "footer"), P_("place", "script"),
    P_("form", "html"), P_("form", "text"),
    P_("error", "empty"), P_("error", "binary"), P_("error", "too-large"), P_("error", "unreadable"),
    P_("error", "malformed-row"), P_("error", "label"), P_("error", "page"),
    P_("skipped", "not-chosen"), P_("skipped", "not-html"), P_("skipped", "not-http"), P_("skipped", "empty"),
    P_("skipped", "folder"), P_("skipped", "link"), P_("skipped", "device"), P_("skipped", "overlapping"),
    P_("skipped", "unknown"), P_("skipped", "warcinfo"), P_("skipped", "response"), P_("skipped", "resource"),
    P_("skipped", "request"), P_("skipped", "metadata"), P_("skipped", "revisit"), P_("skipped", "conversion"),
    P_("skipped", "continuation"),
    P_("setting", "model"), P_("setting", "policy"), P_("setting", "sample"), P_("setting", "hosts"),
    P_("setting", "score"), P_("setting", "clean"), P_("setting", "limit"), P_("setting", "alone"),
)  # fmt: skip
_WORDS, _SENTENCES = 5, 3
_TERM = "term:"
# Kinds of known names, by their first letters.
_NAMES = ("sure\t", "common\t")
# Characters of a word that another one may sound like, and the log-odds from which it is worth naming.
_HEARD = range(2, 7)
_LOUD = 1.0
# What a word of two characters, of which many sound alike, must be worth.
_LOUD_PAIR = 10.0


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
    """Why a finding is one, in the words of the language that is spoken, each to stand in a list.

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
        if like:
            heard = (mask if masked else str)(like)
            shown = gettext("{text} (sounds like {word})").format(text=shown, word=heard)
        found.append(shown)
    others = [
        reason
        for reason in finding.reasons
        if reason.code in WORDED and (reason.weight > 0 or reason.code.startswith("rule:"))
    ]
    said: dict[str, str] = {}
    # A rule decides what is done with the page, whatever it weighs.
    for reason in sorted(others, key=lambda reason: (not reason.code.startswith("rule:"), -reason.weight)):
        sentence = gettext(WORDED[reason.code])
        if reason.detail and reason.code in _DETAILED and not withheld:
            detail = detail_in_words(plain(reason.detail))
            sentence = gettext("{reason} ({detail})").format(reason=sentence, detail=detail)
        said.setdefault(WORDED[reason.code], sentence)
    return found + list(said.values())[:_SENTENCES]


def detail_in_words(text: str) -> str:
    """A detail of a reason, as verdicts have it, in the language that is spoken."""
    if language() != SOURCE:
        for pattern, said in _DETAILS:
            if found := pattern.fullmatch(text):
                return gettext(said).format(**found.groupdict())
    return text


def word(kind: str, code: str) -> str:
    """What people are told in the place of a code; the code itself where it is a model's own, and in English.

    Args:
        kind: ``action``, ``label``, ``place``, ``error``, ``skipped`` or ``setting`` (of an audit).
        code: as the JSON has it.
    """
    return pgettext(kind, code)


def joined(parts: Iterable[str]) -> str:
    """Reasons or findings one behind another."""
    return gettext("; ").join(parts)


class Likeness:
    """What a word sounds like, of the words and names that a model takes for spam.

    Args:
        model: whose words they are.
    """

    def __init__(self, model: Model) -> None:
        self._model = model

    @cached_property
    def _names(self) -> frozenset[str]:
        rows = self._model.names.decode("utf-8").splitlines()
        return frozenset(row.split("\t")[2] for row in rows if row.startswith(_NAMES))

    @cached_property
    def _loud(self) -> Mapping[str, float]:
        """Known names, and words that speak plainly for spam, with what they are worth."""
        model = self._model
        loud = dict.fromkeys(self._names, _LOUD)
        worth = (model.idf * model.weights).tolist()
        for word, row in model.vocabulary.items():
            if worth[row] >= (_LOUD_PAIR if len(word) == _HEARD.start else _LOUD):
                loud[word] = max(loud.get(word, 0.0), worth[row])
        return loud

    @cached_property
    def _known(self) -> Mapping[str, Sequence[str]]:
        """Those of each sound; the last one is a name before other words, then the loudest."""
        from moderation.stages.tokens import parts

        loud = self._loud
        found: dict[str, list[str]] = {}
        for word in sorted(loud, key=lambda word: (word in self._names, loud[word], word)):
            if len(word) in _HEARD and all("\u4e00" <= character <= "\u9fff" for character in word):
                found.setdefault(parts(word)[1], []).append(word)
        return found

    def of(self, words: Words) -> str:
        """The longest known word that some of these sound like without being it; empty where there is none."""
        from moderation.stages.tokens import parts

        heard = "".join(parts(word)[1] for word in words.read)
        written = "".join(words.read)
        aligned = len(heard) == len(written)
        covered: set[int] = set()
        for size in reversed(_HEARD):
            for at in range(len(heard) - size + 1):
                known = self._known.get(heard[at : at + size], ())
                # A word of its own is what it says, whatever it sounds like.
                own = written[at : at + size] if aligned else ""
                if own in self._loud or any(word in written for word in known):
                    covered |= set(range(at, at + size))
                elif covered & set(range(at, at + size)):
                    continue
                elif known and own not in self._model.vocabulary:
                    return known[-1]
        return ""
