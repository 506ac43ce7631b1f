"""Findings -> campaigns: the same planted block across pages and hosts, however its words are shuffled and exchanged.

Texts are compared by the MinHash of their sets of words (Broder 1997), looked up by locality-sensitive hashing. A text
joins the campaign whose first text it is most like; that first text is what the campaign is, so that no chain of small
steps joins what has nothing in common. The result depends on the texts and their order alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from rensa import RMinHash, RMinHashLSH

from moderation.stages.normalize import fold
from moderation.stages.tokens import tokenize

__all__ = ["SIMILARITY", "Campaigns"]

# Jaccard similarity of the sets of words from which two texts are the same block.
SIMILARITY = 0.5
# 128 permutations estimate it with a standard error of at most 0.045; 32 bands of four miss an eighth of the pairs that
# are exactly that similar, and one in 540 at 0.65.
_PERMUTATIONS = 128
_BANDS = 32
_SEED = 1


class Campaigns:
    """Campaigns, as findings come in."""

    def __init__(self) -> None:
        self._index = RMinHashLSH(SIMILARITY, _PERMUTATIONS, _BANDS)
        self._first: list[RMinHash] = []
        # Digest of each text that was seen, and its campaign: most texts come again as they are.
        self._known: dict[bytes, int] = {}
        self._rows: list[_Campaign] = []

    def add(self, text: str, *, label: str, place: str, page: str, host: str, date: str) -> None:
        """Adds a finding; those of one page must come one after the other.

        Args:
            text: as it was found.
            label: of the finding.
            place: of the finding.
            page: names the page.
            host: of the page; empty if it is not known.
            date: of the page, ISO 8601; empty if it is not known.
        """
        number = self._place(text)
        if number is not None:
            self._rows[number].add(label, place, page, host, date)

    def of(self, text: str) -> str:
        """The identity of the campaign that a text which was added belongs to; empty if it is on one page only."""
        number = self._known.get(_digest(text))
        return "" if number is None or self._rows[number].pages < 2 else self._rows[number].identity

    def rows(self) -> Iterable[dict[str, Any]]:
        """The campaigns of two pages and more, those on most hosts first."""
        found = [row for row in self._rows if row.pages > 1]
        found.sort(key=lambda row: (-len(row.hosts), -row.pages, row.identity))
        return (row.to_dict() for row in found)

    def _place(self, text: str) -> int | None:
        digest = _digest(text)
        if digest in self._known:
            return self._known[digest]
        words = sorted({word for word in tokenize(fold(text).text).words if any(map(str.isalnum, word))})
        if not words:
            return None
        sketch = RMinHash(_PERMUTATIONS, _SEED)
        sketch.update(words)
        near = [(sketch.jaccard(self._first[number]), -number) for number in self._index.query(sketch)]
        similarity, best = max(near, default=(0.0, 0))
        if similarity >= SIMILARITY:
            number = -best
        else:
            number = len(self._first)
            self._first.append(sketch)
            self._index.insert(number, sketch)
            self._rows.append(_Campaign(digest.hex()[:12], text))
        self._known[digest] = number
        self._rows[number].texts += 1
        return number


class _Campaign:
    def __init__(self, identity: str, text: str) -> None:
        self.identity = identity
        self.text = text
        self.texts = self.pages = self.findings = 0
        self.first = self.last = self.page = ""
        self._latest = ""
        self.labels: Counter[str] = Counter()
        self.places: Counter[str] = Counter()
        self.hosts: Counter[str] = Counter()

    def add(self, label: str, place: str, page: str, host: str, date: str) -> None:
        self.findings += 1
        self.labels[label] += 1
        self.places[place] += 1
        if page != self._latest:
            self.pages += 1
            self.hosts[host] += 1
            self._latest = page
        self.page = self.page or page
        if date:
            self.first = min(self.first or date, date)
            self.last = max(self.last, date)

    def to_dict(self) -> dict[str, Any]:
        return {
            "campaign": self.identity,
            "label": min(self.labels, key=lambda name: (-self.labels[name], name)),
            "hosts": dict(sorted(self.hosts.items(), key=lambda item: (-item[1], item[0]))),
            "pages": self.pages,
            "findings": self.findings,
            "texts": self.texts,
            "first": self.first,
            "last": self.last,
            "places": dict(sorted(self.places.items())),
            "text": self.text,
            "where": self.page,
        }


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).digest()
