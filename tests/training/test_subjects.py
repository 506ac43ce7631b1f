"""Honest pages about what spam sells: composed of one subject each, the same in every run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from moderation.errors import DataSetError
from moderation.training.subjects import SUBJECT, load_subjects, subject_pages
from moderation.training.synthesis import Composer, load_grammars

DATASETS = Path(__file__).parents[2] / "datasets"
SUBJECTS = load_subjects(DATASETS)


def composer(seed: int = 3) -> Composer:
    return Composer(load_grammars(DATASETS), seed)


def test_every_pattern_can_be_filled() -> None:
    filler = composer()
    for subject in SUBJECTS:
        for pattern in (*subject.titles, *subject.sentences, *subject.lines):
            assert not re.search(r"\{[a-z_0-9]+\}", filler.fill("clean", pattern)), pattern


def test_subjects_have_enough_to_say() -> None:
    assert len({subject.id for subject in SUBJECTS}) == len(SUBJECTS) >= 30
    assert all(len(subject.titles) >= 4 and len(subject.sentences) >= 4 for subject in SUBJECTS)


def test_page_is_of_its_subject() -> None:
    (page,) = subject_pages(SUBJECTS[:1], composer(), 1)
    assert (page.origin, page.site) == (SUBJECT, SUBJECTS[0].group)
    title = re.search(r"<title>(.*?)</title>", page.content)
    heading = re.search(r"<h1>(.*?)</h1>", page.content)
    assert title is not None
    assert heading is not None
    assert title[1].startswith(heading[1])


def test_same_seed_same_pages() -> None:
    first, again, other = (list(subject_pages(SUBJECTS[:5], composer(seed), 2)) for seed in (3, 3, 4))
    assert first == again != other
    assert len({page.content for page in first}) == 10


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match=r"subjects\.toml cannot be read as subjects"):
        load_subjects(tmp_path)
