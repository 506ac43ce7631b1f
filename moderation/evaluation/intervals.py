"""Shares of a whole, and how sure they are."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

__all__ = ["Share", "wilson"]


def wilson(hits: int, total: int) -> tuple[float, float]:
    """The 95 % score interval of a proportion (Wilson 1927, JASA 22), rounded to five digits."""
    if not total:
        return 0.0, 1.0
    z = 1.959964
    rate = hits / total
    middle = (rate + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(rate * (1 - rate) / total + z * z / (4 * total * total))
    return round(max(0.0, middle - half), 5), round(min(1.0, middle + half), 5)


class Share(NamedTuple):
    """``hits`` of ``total``."""

    hits: int
    total: int

    @property
    def rate(self) -> float | None:
        """The share, in [0, 1]; None of nothing."""
        return self.hits / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the rate."""
        return wilson(self.hits, self.total)

    def to_dict(self) -> dict[str, Any]:
        rate = self.rate
        return {
            "hits": self.hits,
            "total": self.total,
            "rate": None if rate is None else round(rate, 5),
            "interval": list(self.interval),
        }
