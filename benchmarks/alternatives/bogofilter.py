"""bogofilter, the Bayesian mail filter, over jieba's words."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np

from alternatives.base import MATCHED, Case, Judged, NotInstalled, Point, Training, cut, judged_by_line

__all__ = ["Bogofilter", "bogofilter"]

# Texts of each kind that a fold's word list is made of.
_COUNT = 20_000
_HEAD = "From page@localhost Thu Jan  1 00:00:00 1970\nSubject: page\n\n"


class Bogofilter:
    """The words of a mail are jieba's, written as ASCII names so that the mail lexer leaves them whole.

    Args:
        by_line: whether each line of a page is a mail, rather than the page.
    """

    chinese_only = False

    def __init__(self, by_line: bool = False) -> None:
        self.by_line = by_line
        self.name = "bogofilter, line by line" if by_line else "bogofilter, page by page"
        self.about = (
            f"spamicity of the words of {'each line' if by_line else 'the page'}; word lists from {_COUNT:,} spam and "
            f"{_COUNT:,} genuine training rows a fold"
        )
        line = (0.99, np.nan) if by_line else (None, None)
        self.points = (Point("from 0.99, its default", 0.99, line[0]), Point(MATCHED, np.nan, line[1]))

    def prepare(self, training: Training) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bogofilter-")
        for fold in training.folds:
            home = self._home(fold.number or 0)
            home.mkdir()
            for flag, texts in zip(("-s", "-n"), training.sample(fold, _COUNT), strict=True):
                bogofilter(home, flag, [training.cut(text) for text in texts])

    def judge(self, case: Case) -> Judged:
        mails = [cut(line) for line in case.lines]
        if not self.by_line:
            mails = [[word for mail in mails for word in mail]]
        answers = bogofilter(self._home(case.fold), "-t", mails).splitlines()
        # "S 0.999760": the class, which follows from the score, and the score.
        scores = [float(answer.split()[1]) for answer in answers]
        return judged_by_line(case.lines, scores) if self.by_line else Judged(scores[0])

    def _home(self, fold: int) -> Path:
        return Path(self._folder.name) / str(fold)


def bogofilter(home: Path, flag: str, mails: Iterable[Sequence[str]]) -> str:
    """What the program answers about some mails, each given by its words.

    Args:
        home: folder of its word list.
        flag: ``-s`` learns spam, ``-n`` learns what is none, ``-t`` judges: a line a mail, class and score.
        mails: the words of each.

    Raises:
        NotInstalled: there is no such program.
    """
    program = shutil.which("bogofilter")
    if program is None:
        raise NotInstalled("the program bogofilter")
    box = "".join(f"{_HEAD}{_body(words)}\n\n" for words in mails)
    done = subprocess.run(
        [program, "-d", str(home), "-M", flag], input=box, capture_output=True, text=True, check=False
    )
    # 0, 1 and 2 are verdicts.
    if done.returncode > 2:
        raise RuntimeError(f"bogofilter: {done.stderr.strip()}")
    return done.stdout


def _body(words: Sequence[str]) -> str:
    names = [f"w{blake2b(word.encode(), digest_size=6).hexdigest()}" for word in words]
    return "\n".join(" ".join(names[at : at + 20]) for at in range(0, len(names), 20))
