"""Blocks -> what the model reads in them: the words of a whole page as arrays, and a block's share of them as lists.

A word costs what is done for it in Python, so nothing is: the segments of all blocks of a page are cut in one call, a
word is looked up once for all pages (:class:`Lexicon`) and from then on is a number, and what depends on its neighbour
(pairs, sounds that meet) is looked up for the whole page at once. Lists and strings are made only for blocks that may
hold something, which :meth:`Sheet.promising` says. :func:`tokens.tokenize` and :func:`tokens.terms` define, text by
text, what is read here; a test holds the two to each other.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.data import Block, Tokens
from moderation.model import Model
from moderation.stages import locate, normalize, tokens

__all__ = ["FLOOR", "INNER", "Reader", "Reading", "Sheet"]

# Evidence (idf·w) of a run that is worth a second look, and of a run of words inside a clause that says something else.
FLOOR, INNER = 4.0, 15.0
# Words remembered; about 300 bytes each.
_KNOWN = 65_536
# What a word is beside being a word: what stands between words, and what stands on every page.
_JOINT, _END, _BREAK, _MARK, _COMMON = 1, 2, 4, 8, 16
_SILENT = _JOINT | _END | _BREAK

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]


class _Pairs:
    """Terms of two parts, by the numbers of the parts; a part that no term has is -1."""

    def __init__(self, terms: Iterable[tuple[str, str, int]]) -> None:
        self.left: dict[str, int] = {}
        self.right: dict[str, int] = {}
        left, right = self.left, self.right
        # Flat arrays: a list of tuples would for a moment take three times what is kept.
        keys, rows = array("q"), array("q")
        for one, two, row in terms:
            keys.append(left.setdefault(one, len(left)) << 32 | right.setdefault(two, len(right)))
            rows.append(row)
        found = np.frombuffer(keys, dtype=np.int64)
        order = np.argsort(found)
        # One more than any key, so that every search ends on a key.
        self._keys: Ints = np.append(found[order], np.iinfo(np.int64).max)
        self._rows: Ints = np.append(np.frombuffer(rows, dtype=np.int64)[order], -1)

    def rows(self, left: Ints, right: Ints) -> Ints:
        """The rows of these pairs, -1 for those that are no terms."""
        key = left << 32 | right
        at = np.searchsorted(self._keys, key)
        return np.where((self._keys[at] == key) & (left >= 0) & (right >= 0), self._rows[at], -1)


class _Tables:
    """What a model knows of two neighbours: words side by side, and sounds that meet."""

    def __init__(self, model: Model) -> None:
        split = ((*term.partition(" "), row) for term, row in model.vocabulary.items())
        self.words = _Pairs((one, two, row) for one, blank, two, row in split if blank)
        mark = tokens.SOUNDS
        self.sounds = _Pairs(
            (term[1], term[2], row)
            for term, row in model.vocabulary.items()
            if term.startswith(mark) and len(term) == 3
        )
        # The last one is for no row, -1.
        self.worth: Doubles = np.append(np.frombuffer(model.evidence, dtype=np.float64), 0.0)


class Lexicon(dict[str, int]):
    """Words by number, with what the model knows of each by itself. A word asked for is learned.

    ``names`` and ``rows`` are lists; the others are arrays with room for more words than there are.
    """

    def __init__(self, model: Model, tables: _Tables) -> None:
        super().__init__()
        self._model = model
        self._tables = tables
        self.names: list[str] = []
        self.rows: list[tuple[int, ...]] = []
        self.evidence = np.zeros(4096)
        # What speaks for spam in it, and IDF.
        self.gains = np.zeros(4096)
        self.rarity = np.zeros(4096)
        self.kinds = np.zeros(4096, dtype=np.uint8)
        # By column: number as the first word of a pair, as its second, sound it begins with, sound it ends with.
        self.edges = np.zeros((4096, 4), dtype=np.int64)
        for sign in (tokens.END, tokens.BREAK, tokens.MARK):
            self[sign]

    def __missing__(self, word: str) -> int:
        named = tokens.named(word)
        if named != word:
            number = self[word] = self[named]
            return number
        number = self[word] = len(self.names)
        if number == len(self.evidence):
            for name in ("evidence", "gains", "rarity", "kinds", "edges"):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.zeros_like(old)]))
        get, worth = self._model.vocabulary.get, self._model.evidence
        own, run = tokens.parts(word)
        rows = tuple([row for term in (*own, *tokens.pairs(run)) if (row := get(term)) is not None])
        self.names.append(word)
        self.rows.append(rows)
        values = [worth[row] for row in rows]
        self.evidence[number] = sum(values)
        self.gains[number] = sum([value for value in values if value > 0])
        self.kinds[number] = _kind(word)
        row = get(word)
        self.rarity[number] = np.inf if row is None else self._model.idf[row]
        words, sounds = self._tables.words, self._tables.sounds
        self.edges[number] = (
            words.left.get(word, -1),
            words.right.get(word, -1),
            sounds.right.get(run[:1], -1),
            sounds.left.get(run[-1:], -1),
        )
        return number

    def tells(self, codes: Ints) -> npt.NDArray[np.bool_]:
        """Whether it says something that a page has each of these words."""
        return np.asarray((self.kinds[codes] & _COMMON) == 0)


def _kind(word: str) -> int:
    if word in _SIGNS:
        return _SIGNS[word]
    if tokens.is_joint(word):
        return _JOINT
    # Numbers and addresses stand on every page; that this one has some too says nothing, nor does a single character.
    return _COMMON if len(word) == 1 or word.isdigit() or word in (tokens.NUMBER, tokens.URL) else 0


_SIGNS = {tokens.END: _END, tokens.BREAK: _BREAK, tokens.MARK: _MARK}


class Prepared(NamedTuple):
    """A text folded and split: all that is done for it alone."""

    folded: normalize.Folded
    segments: tokens.Segments


class Sheet:
    """The words of some texts as arrays; word ``i`` is ``lexicon.names[codes[i]]``.

    Attributes:
        starts, ends: where each word stands in its folded text, shape (n,).
        segment: number of the segment it is in, counted through all texts, shape (n,).
        pair, met: row of its pair with the word before, and of the sounds where the two meet; -1 for none, shape (n,).
        evidence: what it is worth, ``idf·w`` summed over its terms, shape (n,).
        word_at, segment_at: first word and first segment of each text, and behind the last, shape (texts + 1,).
        first: first word of each segment, and behind the last, shape (segments + 1,).
    """

    def __init__(self, lexicon: Lexicon, tables: _Tables, texts: Sequence[Prepared]) -> None:
        self.lexicon = lexicon
        self.texts = texts
        cut = tokens.cut("".join([text.segments.joined for text in texts]))
        codes = np.fromiter(map(lexicon.__getitem__, cut), np.int64, len(cut))
        widths = np.fromiter(map(len, cut), np.int64, len(cut))
        kinds = lexicon.kinds[codes]
        if any(text.segments.lone for text in texts):
            lone = [each for text in texts for each in text.segments.lone]
            marks = np.flatnonzero(kinds & _MARK)
            codes[marks] = [lexicon[word] for word, _ in lone]
            widths[marks] = [width for _, width in lone]
            kinds = lexicon.kinds[codes]
        ended = (kinds & _END) != 0
        widths[(kinds & (_END | _BREAK)) != 0] = 0
        segment = np.cumsum(ended) - ended
        self.segment_at = np.cumsum([0, *[len(text.segments.starts) for text in texts]])
        count = int(self.segment_at[-1])
        at = np.cumsum(widths) - widths
        # Where each segment begins among all that was cut, and in its own text.
        begins = np.concatenate([[0], np.flatnonzero(ended)[:-1] + 1]) if count else np.zeros(0, np.int64)
        there = np.fromiter((start for text in texts for start in text.segments.starts), np.int64, count)
        starts = at + (there - at[begins])[segment] if count else at
        kept = np.flatnonzero((kinds & _SILENT) == 0)
        self.codes = codes[kept]
        self.starts = starts[kept]
        self.ends = self.starts + widths[kept]
        self.segment = segment[kept]
        self.word_at = np.searchsorted(self.segment, self.segment_at)
        self.first = np.searchsorted(self.segment, np.arange(count + 1))
        edges = lexicon.edges[self.codes]
        self.pair = np.full(len(kept), -1, dtype=np.int64)
        self.met = np.full(len(kept), -1, dtype=np.int64)
        together = np.flatnonzero(self.segment[1:] == self.segment[:-1])
        before, behind = edges[together], edges[together + 1]
        self.pair[together + 1] = tables.words.rows(before[:, 0], behind[:, 1])
        self.met[together + 1] = tables.sounds.rows(before[:, 3], behind[:, 2])
        worth = tables.worth
        between = worth[self.pair], worth[self.met]
        self.evidence: Doubles = lexicon.evidence[self.codes] + (between[0] + between[1])
        self._gains = lexicon.gains[self.codes] + np.maximum(between[0], 0.0) + np.maximum(between[1], 0.0)

    def promising(self, least: float) -> list[bool]:
        """Whether a text may hold a run that is worth a second look; certain where it says no.

        Args:
            least: evidence that a run must have, each term counted once.
        """
        count = len(self.first) - 1
        totals = np.asarray(np.bincount(self.segment, self.evidence, count), dtype=np.float64)
        positive = np.maximum(self.evidence, 0.0)
        inside = np.asarray(np.bincount(self.segment, positive, count), dtype=np.float64)
        whole = locate.may_hold_run(totals, self.segment_at, FLOOR)
        inner = locate.may_hold_inner(inside, self.evidence, self.first, self.segment, INNER)
        whole[np.searchsorted(self.segment_at, inner, side="right") - 1] = True
        # No run is worth more than all of its text that speaks for spam.
        sums = np.concatenate([[0.0], np.cumsum(self._gains)])
        enough = sums[self.word_at[1:]] - sums[self.word_at[:-1]] >= least - 1e-9 * max(1.0, float(sums[-1]))
        return (whole & enough).tolist()  # type: ignore[no-any-return]


class Reading:
    """A block as the model reads it: a stretch of a sheet, as lists that are made when they are asked for."""

    def __init__(self, block: Block, sheet: Sheet, number: int) -> None:
        self.block = block
        self.sheet = sheet
        self.number = number
        self.folded = sheet.texts[number].folded
        self.low, self.high = int(sheet.word_at[number]), int(sheet.word_at[number + 1])

    @cached_property
    def tokens(self) -> Tokens:
        """The words, as :func:`tokens.tokenize` gives them."""
        sheet, low, high = self.sheet, self.low, self.high
        begin, end = sheet.segment_at[self.number], sheet.segment_at[self.number + 1]
        names = sheet.lexicon.names
        return Tokens(
            [names[code] for code in sheet.codes[low:high].tolist()],
            sheet.starts[low:high].tolist(),
            sheet.ends[low:high].tolist(),
            (sheet.segment[low:high] - begin).tolist(),
            (sheet.first[begin : end + 1] - low).tolist(),
            tokens.separators(self.folded.text, sheet.texts[self.number].segments),
        )

    @cached_property
    def evidence(self) -> list[float]:
        """What each word is worth."""
        return self.sheet.evidence[self.low : self.high].tolist()  # type: ignore[no-any-return]

    @cached_property
    def rows(self) -> list[tuple[int, ...]]:
        """The rows of the known terms of each word."""
        sheet, low, high = self.sheet, self.low, self.high
        own = sheet.lexicon.rows
        codes, pair, met = (each[low:high].tolist() for each in (sheet.codes, sheet.pair, sheet.met))
        return [
            own[code] if one < 0 and two < 0 else own[code] + tuple([row for row in (one, two) if row >= 0])
            for code, one, two in zip(codes, pair, met, strict=True)
        ]

    @cached_property
    def inner(self) -> frozenset[locate.Run]:
        """The runs of words inside a clause that says something else."""
        return frozenset(locate.inner_runs(self.tokens, self.evidence, INNER))

    def alone(self, run: locate.Run) -> tuple[list[tuple[int, ...]], list[float]]:
        """Rows and evidence of the words of a run, were it a text of its own."""
        rows, evidence = self.rows[run.first : run.last], self.evidence[run.first : run.last]
        segments = self.tokens.segments
        if run.first and segments[run.first - 1] == segments[run.first]:
            code = int(self.sheet.codes[self.low + run.first])
            rows[0] = self.sheet.lexicon.rows[code]
            evidence[0] = float(self.sheet.lexicon.evidence[code])
        return rows, evidence


class Reader:
    """Reads pages with one model, and remembers words, and the latest short texts: a site's pages repeat their menus.

    Args:
        model: knows the terms.
        remembered: texts to remember.
        longest: code points of a text beyond which it is folded and split anew each time; a text takes about 10 bytes
            for each.
    """

    def __init__(self, model: Model, remembered: int = 2048, longest: int = 200) -> None:
        self.model = model
        self.remembered = remembered
        self.longest = longest
        self._remember = lru_cache(maxsize=remembered)(_prepare)
        self._tables = _Tables(model)
        self._lexicon = Lexicon(model, self._tables)

    def __reduce__(self) -> tuple[type[Reader], tuple[Model, int, int]]:
        # What is remembered stays behind when a reader goes to another process.
        return Reader, (self.model, self.remembered, self.longest)

    def read(self, blocks: Iterable[Block]) -> list[Reading]:
        """The blocks of a page as the model reads them."""
        blocks = list(blocks)
        if len(self._lexicon) > _KNOWN:
            # What was read with the old one keeps it.
            self._lexicon = Lexicon(self.model, self._tables)
        longest, remember = self.longest, self._remember
        texts = [(_prepare if len(block.text) > longest else remember)(block.text) for block in blocks]
        sheet = Sheet(self._lexicon, self._tables, texts)
        return [Reading(block, sheet, number) for number, block in enumerate(blocks)]


def _prepare(text: str) -> Prepared:
    folded = normalize.fold(text)
    return Prepared(folded, tokens.split(folded.text))
