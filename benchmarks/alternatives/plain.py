"""The plain pipeline everybody builds first: jieba, TF-IDF and logistic regression over lines."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from alternatives.base import LABELS, MATCHED, Case, Judged, Point, Training, cut, judged_by_line, visible_lines

__all__ = ["PlainPipeline"]


class PlainPipeline:
    """A page is flagged when any line is; every line is cut out that is."""

    name = "jieba → TF-IDF → logistic regression"
    about = "scikit-learn's defaults over the same training rows, line by line; as a cleaner it cuts lines from 0.5 on"
    points = (Point("any line from 0.5", 0.5, 0.5), Point(MATCHED, np.nan, np.nan))
    chinese_only = False

    def prepare(self, training: Training) -> None:
        rows = training.corpus.rows
        # Counted once for all folds.
        self._counter = CountVectorizer(analyzer=training.cut)
        counted = self._counter.fit_transform(row.text for row in rows).tocsr()
        self._counter.analyzer = cut
        spam = np.array([row.label in LABELS for row in rows])
        self._learned: list[tuple[Any, Pipeline]] = []
        for fold in training.folds:
            chosen = training.chosen(fold)
            # Words a fold never saw are no columns of its own: they must not weigh in the norm of a line either.
            known = np.flatnonzero(np.asarray(counted[chosen].sum(axis=0)).ravel())
            learner: Any = make_pipeline(TfidfTransformer(), LogisticRegression(solver="liblinear"))
            self._learned.append((known, learner.fit(counted[chosen][:, known], spam[chosen])))

    def judge(self, case: Case) -> Judged:
        return judged_by_line(case.lines, self._scores(case.lines, case.fold))

    def clean(self, content: str, fold: int) -> str:
        lines = visible_lines(content)
        return "\n".join(line for line, score in zip(lines, self._scores(lines, fold), strict=True) if score < 0.5)

    def _scores(self, lines: list[str], fold: int) -> list[float]:
        if not lines:
            return []
        known, learner = self._learned[fold]
        scores: list[float] = learner.predict_proba(self._counter.transform(lines)[:, known])[:, 1].tolist()
        return scores
