"""The engine in ``native/``: what Python sees of it. Offsets are half-open code points, rows the model's."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

# A block: text, span, place (a number), path, pieces of its offsets, hidden, coded, index.
Row = tuple[str, tuple[int, int], int, str, list[tuple[int, int, int]], str, float, int]
# A candidate: block, first and last word, log-odds of the judge and of the text, span in the text of the block and in
# its folded text, span in the source, parts of a name (see search.NameParts; empty for a run).
Found = tuple[int, int, int, float, float, tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, ...]]

# The stretches of a text to be read otherwise: start, end, what it says.
Repairs = Callable[[str], Sequence[tuple[int, int, str]]]

# The limits of one page, of native/limits.hpp, by name.
LIMITS: Mapping[str, int]

class Characters:
    def __init__(
        self,
        sounds: Mapping[str, str],
        syllables: Mapping[str, str],
        domains: Sequence[str],
        folding: Mapping[str, Any] = ...,
    ) -> None: ...
    def script(self, text: str) -> tuple[int, int]:
        """How many characters of a text exist in traditional script only, and in simplified script only."""
    def fold(self, text: str) -> tuple[str, list[tuple[int, int, int]]] | None:
        """The folded text and where it comes from, if a table says so alone (no pieces: one to one); else None."""
    def fold_steps(self, text: str, repairs: Repairs) -> tuple[str, list[tuple[int, int, int]]]:
        """The folded text and where it comes from, by all the steps of stages/normalize.py."""

class Dictionary:
    def __init__(self, lines: bytes) -> None:
        """A dictionary of jieba's form; raises ValueError for what is none."""
    def cut(self, text: str) -> list[str]:
        """The words of a text, HMM off, in linear time."""

class Terms(Sequence[str]):
    def __init__(
        self,
        lines: bytes,
        evidence: Sequence[float],
        energy: Sequence[float],
        label_weights: npt.NDArray[np.float32],
        label_bias: npt.NDArray[np.float32],
        smoothing: float,
        bias: float,
    ) -> None:
        """Raises ValueError where there are not as many terms as values."""
    def __getitem__(self, row: int) -> str: ...  # type: ignore[override]
    def __len__(self) -> int: ...
    def score(self, rows: Sequence[int]) -> float:
        """The log-odds that a text with these terms is spam."""

class Brands:
    def __init__(self, lines: bytes, labels: Sequence[str]) -> None:
        """Names by lines of kind, label and text with tabs between; raises ValueError for what is none."""

class Judge:
    def __init__(self, keys: npt.NDArray[np.uint32], weights: npt.NDArray[np.float32], bias: float) -> None:
        """Raises ValueError where there are not as many keys as weights."""
    def weight(self, key: int) -> float:
        """The log-odds of a feature at full value; 0 of one that is not known."""

class Ends:
    def __init__(self, keys: npt.NDArray[np.uint32], weights: npt.NDArray[np.float32]) -> None:
        """Raises ValueError where there are not as many keys as weights."""

class Whole:
    def __init__(
        self,
        keys: npt.NDArray[np.uint32],
        idf: npt.NDArray[np.float32],
        weights: npt.NDArray[np.float32],
        bias: float,
    ) -> None:
        """Raises ValueError where there are not as many keys as weights."""

class Markup:
    def __init__(self, entities: Mapping[str, str]) -> None: ...

class PageReading:
    """A page that was taken apart (always), read (of an engine), and looked through for runs (of ``search``)."""

    def __len__(self) -> int: ...
    def block(self, number: int) -> Row: ...
    def marks(self) -> list[tuple[str, tuple[int, int], str]]: ...
    def shown(self) -> int: ...
    def steps(self) -> list[int]:
        """Steps that were taken: to take the page apart, to read its words, to find and judge candidates."""
    def unread(self) -> int | None:
        """Where in the source reading ended because a stage had taken all of its steps; None: at the end of it."""
    def surroundings(self, taken: Sequence[int], characters: Characters) -> dict[str, Any]: ...
    def folded(self, number: int) -> tuple[str, list[tuple[int, int, int]]]: ...
    def tokens(self, number: int) -> tuple[list[str], list[int], list[int], list[int], list[int], list[str]]: ...
    def rows(self, number: int, first: int = 0, last: int = ...) -> list[tuple[int, ...]]: ...
    def evidence(self, number: int) -> list[float]: ...
    def candidates(self) -> list[Found]: ...
    def proposed(self) -> int: ...
    def passing(self, threshold: float, limit: int) -> list[tuple[int, Found]]:
        """The candidates with these log-odds of the judge or more, with their numbers; the first ``limit`` of them."""
    def taken(self) -> list[int]: ...
    def features(self, number: int) -> list[tuple[str, int, float, str, int, int]]:
        """What the judge reads of a candidate, see search.Feature."""
    def shares(
        self, number: int, terms: Terms, judge: Judge, scale: float
    ) -> tuple[dict[int, float], list[tuple[str, float]], dict[str, float]]:
        """What adds up to the log-odds of a candidate, times ``scale``: by word of the line, by fact, by other kind."""
    def label_logits(self, number: int, terms: Terms) -> list[float]:
        """The log-odds of each label, if a candidate is spam."""
    def origin(self, number: int, start: int, end: int) -> tuple[int, int]:
        """Where a span of the folded text of a block stands in the source."""
    def matrix(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32], npt.NDArray[np.float32]]:
        """The features of all candidates: how many each has, and the keys and values of one behind the other."""
    def gaps(
        self, number: int, is_end: bool
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64], npt.NDArray[np.uint32]]:
        """Where a candidate may begin, or end: before which word each place is, how many keys it has, them."""
    def touched(self, number: int, start: int, end: int) -> list[int]:
        """The words of a candidate, by number in their line, that a stretch of the text of its block touches."""
    def worth_beside(self, number: int, names: Sequence[int]) -> float:
        """What the words of a candidate are worth that stand in none of some names, which are in order and apart."""
    def settled(self, number: int, ends: Ends) -> tuple[int, int, float]:
        """Where a candidate stands in the text of its block, with its ends settled, and the probability of that."""
    def page_words(self) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
        """The keys of the page's different words, and how often each stands on it."""
    def whole_without(self, candidates: Sequence[int], whole: Whole, ends: Ends) -> float:
        """The log-odds of the page as one text without the words of these candidates, by number."""
    def whole(self) -> float | None:
        """The log-odds of the page as one text.

        None where nothing asks for it: there is no candidate, no page around one (fewer than 100 visible characters),
        or the model does not judge pages.
        """

class Engine:
    def __init__(
        self,
        terms: Terms,
        characters: Characters,
        dictionary: Dictionary,
        repairs: Repairs,
        markup: Markup,
        brands: Brands,
        judge: Judge,
        whole: Whole,
        cut: float,
        steps: int = ...,
    ) -> None:
        """``steps``: what each stage may take of one page."""
    def read(self, texts: list[str]) -> PageReading: ...
    def seconds(self) -> dict[str, float]:
        """What each step of all pages has taken so far."""
    def remembered(self) -> int:
        """Bytes of the words that are remembered from page to page."""
    def search(self, content: str, is_html: bool, title_end: int = 0) -> PageReading: ...

def fact_keys() -> list[int]:
    """The keys of what the judge reads as a fact, not as words."""

def outline(content: str, is_html: bool, markup: Markup, title_end: int = 0) -> PageReading: ...
def plan_cuts(content: str, is_html: bool, spans: Sequence[tuple[int, int]], markup: Markup) -> list[tuple[int, int]]:
    """What to cut of a page to be rid of some spans, without a husk of them left: in source order, disjoint."""

def forms(characters: Characters, word: str) -> tuple[str, str]: ...
def tokenize(
    characters: Characters, dictionary: Dictionary, text: str
) -> tuple[list[str], list[int], list[int], list[int], list[int], list[str]]: ...
