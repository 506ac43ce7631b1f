"""What the search proposes on examples, with all that the judge reads of it: what the judge learns from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.data import Span
from moderation.engine.reading import Found, PageReader
from moderation.model import Model
from moderation.training.dataset import CLEAN
from moderation.training.examples import Unit

__all__ = ["Proposals", "propose"]

# Candidates of one page that are learned from; the others repeat them.
_MOST = 150
# Of the spam of one page fewer are: long lists of links repeat what dozens of sites carry.
_MOST_SPAM = 30


class Proposals(NamedTuple):
    """Candidates with their features: a sparse matrix by rows, and what is known of each row.

    ``sizes`` (n,), ``keys`` and ``values`` hold the features row by row; ``spam`` (n,), ``kinds`` (n,) numbers of
    ``names``; ``units`` counts the pages and texts of each kind, with or without a candidate, ``found`` those with a
    candidate that is spam; ``groups`` (n,) are numbers of what a candidate must not be counted twice for: its site, or
    the phrase that was planted.
    """

    sizes: npt.NDArray[np.int64]
    keys: npt.NDArray[np.uint32]
    values: npt.NDArray[np.float32]
    spam: npt.NDArray[np.bool_]
    kinds: npt.NDArray[np.int32]
    groups: npt.NDArray[np.int64]
    names: tuple[str, ...]
    units: Counter[str]
    found: Counter[str]


def propose(units: Iterable[Unit], model: Model) -> Proposals:
    """Looks at units with a model that saw none of them."""
    reader = PageReader(model)
    names: dict[str, int] = {}
    seen: set[bytes] = set()
    sizes, keys, values, spam, kinds, groups = [], [], [], [], [], []
    counted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for unit in units:
        counted[unit.kind] += 1
        kind = names.setdefault(unit.kind, len(names))
        page_reading = reader.engine.search(unit.page.content, unit.page.is_html)
        rows = page_reading.candidates()
        if not rows:
            continue
        is_spam = [_is_spam(row, unit) for row in rows]
        found[unit.kind] += any(each is True for each in is_spam)
        kept = [number for number, each in enumerate(is_spam) if each is not None]
        if unit.spans and not unit.partial:
            # What else stands on the page was learned from the page as it was.
            kept = [number for number in kept if is_spam[number] or unit.label == CLEAN]
        size, key, value = page_reading.matrix()
        ends = np.cumsum(size)
        spam_so_far = 0
        for number in kept[:_MOST]:
            first, last = ends[number] - size[number], ends[number]
            # Menus stand on every page of a site: the same features once.
            digest = key[first:last].tobytes() + (b"1" if is_spam[number] else b"0")
            if digest in seen or (unit.partial and is_spam[number] and spam_so_far >= _MOST_SPAM):
                continue
            seen.add(digest)
            spam_so_far += is_spam[number] is True
            sizes.append(int(size[number]))
            keys.append(key[first:last].copy())
            values.append(value[first:last].copy())
            spam.append(bool(is_spam[number]))
            kinds.append(kind)
            groups.append(_number(unit.group or f"{unit.kind}:{counted[unit.kind]}"))
    return Proposals(
        np.array(sizes, np.int64),
        np.concatenate(keys) if keys else np.zeros(0, np.uint32),
        np.concatenate(values) if values else np.zeros(0, np.float32),
        np.array(spam, bool),
        np.array(kinds, np.int32),
        np.array(groups, np.int64),
        tuple(names),
        counted,
        found,
    )


def _number(group: str) -> int:
    """A group as a number, the same in every run."""
    return int.from_bytes(blake2b(group.encode(), digest_size=7).digest(), "big")


def _is_spam(row: Found, unit: Unit) -> bool | None:
    """Whether a candidate is what was planted: True, False, or None where it is neither for certain."""
    if not unit.spans:
        return None if unit.partial else False
    span = Span(*row[7])
    if unit.label == CLEAN:
        # What was planted is honest; the rest of the page is looked at as it is.
        return False if any(span.overlaps(each) for each in unit.spans) else None
    for spam in unit.spans:
        shared = min(span.end, spam.end) - max(span.start, spam.start)
        if shared > 0:
            # A part of it, or it with a little more.
            inside = shared / max(1, span.size)
            return True if inside >= 0.7 or span.iou(spam) >= 0.5 else None
    return None if unit.partial else False
