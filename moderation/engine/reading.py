"""A page -> what the model reads in it. The work is done by the engine in ``native/``; here is its door.

The engine takes a page apart, folds and cuts its blocks, looks its words up and finds the runs that may be injected,
all in one call, without an object for a word. :func:`tokens.terms` says for training, text by text, what is read;
tests hold the two to each other. Back come the few runs that are worth more, and views of their blocks.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, cached_property
from typing import TypeAlias

from moderation import _native
from moderation._native import PageReading
from moderation.common.limits import LARGE
from moderation.data import Block, OffsetMap, Page, Piece, Tokens
from moderation.model import Model
from moderation.stages import blocks, normalize, signals, tokens

__all__ = ["BlockReading", "Found", "OneReading", "PageReader", "PageReading", "characters"]

# What the engine says of a candidate, see ``_native.pyi``.
Found: TypeAlias = "_native.Found"


@cache
def characters() -> _native.Characters:
    """What the engine is told of characters by the stages that know them."""
    folding = {**normalize.classes(), "gloss": signals.GLOSS_LETTERS}
    return _native.Characters(tokens.SOUND_OF, tokens.SYLLABLES, tokens.DOMAINS, folding)


class PageReader:
    """Reads pages with one model. It remembers words; what it remembers changes nothing."""

    def __init__(self, model: Model, steps: int | None = None) -> None:
        self.model = model
        # What each stage may take of one page; by default the limit of the engine.
        self.steps = steps
        limit = {} if steps is None else {"steps": steps}
        self.engine = _native.Engine(
            model.native,
            characters(),
            tokens.dictionary(),
            normalize.repairs,
            blocks.markup(),
            model.brands,
            model.judge,
            model.whole,
            model.cut,
            **limit,
        )

    def __reduce__(self) -> tuple[type[PageReader], tuple[Model, int | None]]:
        # What is remembered stays behind when a reader goes to another process.
        return PageReader, (self.model, self.steps)

    def read(self, given: Iterable[Block]) -> list[BlockReading]:
        """Blocks as the model reads them."""
        given = list(given)
        page_reading = self.engine.read([block.text for block in given])
        return [BlockReading(page_reading, number, block) for number, block in enumerate(given)]


class BlockReading:
    """A block as the model reads it: a part of a page reading, as lists that are made when they are asked for."""

    def __init__(self, page_reading: _native.PageReading, number: int, block: Block | None = None) -> None:
        self.page_reading = page_reading
        self.number = number
        if block is not None:
            self.block = block

    def forget(self) -> None:
        """Drops what was made of the page reading; it is made again where it is asked for."""
        for name in ("block", "folded", "tokens", "evidence", "rows"):
            self.__dict__.pop(name, None)

    @cached_property
    def block(self) -> Block:
        return blocks.block(self.page_reading.block(self.number))

    @cached_property
    def folded(self) -> normalize.Folded:
        text, pieces = self.page_reading.folded(self.number)
        return normalize.Folded(text, OffsetMap([Piece(*piece) for piece in pieces]))

    @cached_property
    def tokens(self) -> Tokens:
        """The words, as :func:`tokens.tokenize` gives them."""
        return Tokens(*self.page_reading.tokens(self.number))

    @cached_property
    def evidence(self) -> list[float]:
        """What each word is worth."""
        return self.page_reading.evidence(self.number)

    @cached_property
    def rows(self) -> list[tuple[int, ...]]:
        """The rows of the known terms of each word."""
        return self.page_reading.rows(self.number)


class OneReading:
    """Of a large page, what was made of one block at a time: the lists of one of 65,536 words take 13 MB."""

    def __init__(self, page: Page) -> None:
        self._is_large = len(page.content) > LARGE
        self._reading: BlockReading | None = None

    def take(self, reading: BlockReading) -> BlockReading:
        """The reading that is looked at from here on; what was made of the one before is dropped."""
        if self._is_large and self._reading is not None and self._reading is not reading:
            self._reading.forget()
        self._reading = reading
        return reading
