"""What this project's model is compared with by ``benchmarks/compare.py``, one file an approach."""

from __future__ import annotations

from pathlib import Path

from alternatives.base import Method
from alternatives.bogofilter import Bogofilter
from alternatives.extractors import JusText, Readability, Resiliparse, Trafilatura
from alternatives.fineweb import FineWeb2
from alternatives.keywords import FlaggedWordsRatio, KeywordList, WordsPerLine
from alternatives.ours import CrossValidated, Shipped
from alternatives.plain import PlainPipeline

__all__ = ["methods"]


def methods(model: Path) -> list[Method]:
    """All methods; the first is the one whose false alarms the others' thresholds are matched to.

    Args:
        model: folder of the shipped model.
    """
    return [
        CrossValidated(model.parents[1] / "datasets"),
        Shipped(model),
        PlainPipeline(),
        KeywordList(),
        KeywordList(picked=True),
        KeywordList(whole=True, picked=True),
        WordsPerLine(),
        FineWeb2(),
        FlaggedWordsRatio(),
        Bogofilter(),
        Bogofilter(by_line=True),
        Trafilatura(),
        Readability(),
        Resiliparse(),
        JusText(),
    ]
