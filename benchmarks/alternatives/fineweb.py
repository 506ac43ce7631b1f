"""FineWeb-2's chain for Chinese, in datatrove's own filters."""

from __future__ import annotations

from typing import Any

from alternatives.base import Case, Judged, NotInstalled, Point, Training

__all__ = ["FineWeb2"]

# configs/cmn_Hani.yml and fineweb-2-pipeline.py of huggingface/fineweb-2 (Apache-2.0), read in 2026.
_LANGUAGE = "cmn_Hani"
_REPETITION = {
    "dup_line_frac": 0.287,
    "top_n_grams": ((2, 0.256), (3, 0.201), (4, 0.171)),
    "dup_n_grams": ((5, 0.198), (6, 0.182), (7, 0.167), (8, 0.154), (9, 0.14), (10, 0.127)),
    # The pipeline turns these off.
    "dup_para_frac": 0,
    "dup_line_char_frac": 0,
    "dup_para_char_frac": 0,
}
_QUALITY = {"line_punct_thr": 0.106, "new_line_ratio": 0.178, "short_line_thr": 999, "char_duplicates_ratio": 0.1}
_GOPHER = {
    "min_avg_word_length": 1,
    "max_avg_word_length": 5,
    "max_non_alpha_words_ratio": 0.735,
    "min_stop_words": 2,
    "stop_words": list("的年在月是和日了於·為有被人中为他與後也而由"),
}


class FineWeb2:
    """A page is flagged when the chain drops it; it points at nothing."""

    name = "FineWeb-2 filters, cmn_Hani"
    about = "trafilatura, then datatrove's repetition and quality filters with configs/cmn_Hani.yml; no language filter"
    points = (Point("dropped", 0.5),)
    # Its thresholds are Chinese ones: other languages go through other chains.
    chinese_only = True

    def prepare(self, training: Training) -> None:
        try:
            from datatrove.data import Document
            from datatrove.pipeline.extractors import Trafilatura
            from datatrove.pipeline.filters import FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
            from datatrove.utils.text import split_into_words

            split_into_words("试用", _LANGUAGE)
        except ImportError as error:
            raise NotInstalled(f"datatrove[processing] with spacy ({error})") from None
        self._document: Any = Document
        self._extract: Any = Trafilatura(favour_precision=True).extract
        self._filters: list[Any] = [
            GopherRepetitionFilter(language=_LANGUAGE, **_REPETITION),
            FineWebQualityFilter(language=_LANGUAGE, **_QUALITY),
            GopherQualityFilter(language=_LANGUAGE, **_GOPHER),
        ]

    def judge(self, case: Case) -> Judged:
        text = self._extract(case.content) or ""
        if not text.strip():
            return Judged(1.0)
        document = self._document(text=text, id=case.name)
        for each in self._filters:
            kept = each.filter(document)
            # A filter answers True, or False with the reason.
            if (kept[0] if isinstance(kept, tuple) else kept) is not True:
                return Judged(1.0)
        return Judged(0.0)
