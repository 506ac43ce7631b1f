"""Word lists: hits of the project's lexicon on a page, counted in three ways."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from alternatives.base import MATCHED, Case, Judged, NotInstalled, Point, Training, cut

__all__ = ["FlaggedWordsRatio", "KeywordList", "WordsPerLine"]

_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
# Two Latin letters or digits side by side: the middle of a word.
_LATIN = re.compile(r"[a-z0-9]{2}")
BEST = "at its best threshold"


class _Automata:
    """An Aho-Corasick automaton for each fold, of the half of the lexicon that its models know, or of all of it.

    Args:
        whole: both halves.
        picked: without the keywords that stand in more than one of 10,000 genuine training rows.
    """

    def __init__(self, whole: bool, picked: bool) -> None:
        self.whole = whole
        self.picked = picked

    def prepare(self, training: Training) -> None:
        try:
            from ahocorasick_rs import AhoCorasick, MatchKind
        except ImportError:
            raise NotInstalled("ahocorasick_rs") from None

        def automaton(terms: list[str]) -> Any:
            return AhoCorasick(terms, matchkind=MatchKind.LeftmostLongest)

        self._terms: list[list[str]] = []
        self._automata: list[Any] = []
        for fold in training.folds:
            terms = training.keywords(None if self.whole else fold)
            if self.picked:
                found: Counter[str] = Counter()
                genuine = training.genuine(fold)
                every = automaton(terms)
                for text in genuine:
                    found.update(set(_whole_words(every, terms, text)))
                terms = [term for term in terms if found[term] * 10_000 <= len(genuine)]
            self._terms.append(terms)
            self._automata.append(automaton(terms))

    def hits(self, text: str, fold: int) -> list[str]:
        return _whole_words(self._automata[fold], self._terms[fold], text)


def _whole_words(automaton: Any, terms: list[str], text: str) -> list[str]:
    """The terms in a text; a Latin one counts only where it is a word."""
    text = text.lower()
    return [
        terms[number]
        for number, start, end in automaton.find_matches_as_indexes(text)
        if not (_LATIN.match(text[max(0, start - 1) : start + 1]) or _LATIN.match(text[end - 1 : end + 1]))
    ]


class KeywordList(_Automata):
    """A page is flagged from so many hits on; the lines with a hit are what it points at."""

    chinese_only = False

    def __init__(self, whole: bool = False, picked: bool = False) -> None:
        super().__init__(whole, picked)
        self.name = f"keyword list, {'whole' if whole else 'half the'} lexicon{', picked' if picked else ''}"
        self.about = "Aho-Corasick over the project's lexicon" + (
            "; in sample: the planted blocks are composed from it" if whole else "; the half that the fold knows"
        )
        if picked:
            self.about += "; without keywords that stand in more than one of 10,000 genuine training rows"
        self.points = (
            Point("1 hit", 1, 1),
            Point("3 hits", 3, 1),
            Point(BEST, np.nan, 1),
            Point(MATCHED, np.nan, 1),
        )

    def judge(self, case: Case) -> Judged:
        lines = tuple((line, float(len(self.hits(line, case.fold)))) for line in case.lines)
        return Judged(sum(hits for _, hits in lines), lines)


class WordsPerLine(_Automata):
    """ChineseWebText's rule: a page is dropped that holds more than 0.5 different sensitive words a line.

    Chen et al., ChineseWebText, arXiv 2311.01149; ``preprocess.py`` of CASIA-LM/ChineseWebText
    (``max_sensitive_word_per_line=0.5``). The word list is the project's, not theirs.
    """

    name = "ChineseWebText: words per line"
    about = "different sensitive words over lines > 0.5 (arXiv 2311.01149, preprocess.py), over the picked half"
    points = (Point("above 0.5", np.nextafter(0.5, 1)), Point(MATCHED, np.nan))
    chinese_only = False

    def __init__(self) -> None:
        super().__init__(whole=False, picked=True)

    def judge(self, case: Case) -> Judged:
        different = set(self.hits("\n".join(case.lines), case.fold))
        return Judged(len(different) / max(1, len(case.lines)))


class FlaggedWordsRatio(_Automata):
    """Data-Juicer's ``flagged_words_filter``: share of flagged words above 0.045.

    Written anew from its documentation (py-data-juicer 1.6.1: ``max_ratio`` 0.045, for Chinese ``use_words_aug`` with
    groups of two): the package requires some thirty others, and its word list and tokenizer are downloads. Words are
    jieba's, the list is the project's.
    """

    name = "Data-Juicer: flagged words ratio"
    about = "re-implementation of flagged_words_filter (max_ratio 0.045, word pairs added), over the picked half"
    points = (Point("above 0.045", np.nextafter(0.045, 1)), Point(MATCHED, np.nan))
    chinese_only = False

    def __init__(self) -> None:
        super().__init__(whole=False, picked=True)

    def prepare(self, training: Training) -> None:
        super().prepare(training)
        self._flagged = [frozenset(terms) for terms in self._terms]

    def judge(self, case: Case) -> Judged:
        found = [word for line in case.lines for word in self._words(line)]
        flagged = sum(word in self._flagged[case.fold] for word in found)
        return Judged(flagged / max(1, len(found)))

    def _words(self, line: str) -> Iterator[str]:
        stripped = [_EDGES.sub("", word) for word in cut(line)]
        yield from stripped
        yield from (first + second for first, second in pairwise(stripped))
