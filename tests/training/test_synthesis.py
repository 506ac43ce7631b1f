"""Composition is seeded, held out by family and half, and plants what it says where it says."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from moderation.data import Page
from moderation.stages.blocks import outline
from moderation.stages.clean import clean
from moderation.stages.signals import is_minor
from moderation.training.dataset import own_pages
from moderation.training.planting import PLACEMENTS, inject
from moderation.training.synthesis import LABELS, Composer, Injection, load_grammars

DATASETS = Path(__file__).parents[2] / "datasets"
GRAMMARS = load_grammars(DATASETS)
BLOCK = Injection("甲某体育_乙某棋牌_丙某彩票_丁某娱乐", "gambling", frozenset({"x"}), "list")


def test_same_seed_same_blocks() -> None:
    first, second = (Composer(GRAMMARS, 3) for _ in range(2))
    other = Composer(GRAMMARS, 4)
    made = [first.injection("gambling").text for _ in range(20)]
    assert made == [second.injection("gambling").text for _ in range(20)]
    assert made != [other.injection("gambling").text for _ in range(20)]


@pytest.mark.parametrize("label", LABELS)
def test_halves_share_no_term(label: str) -> None:
    zero, one = (GRAMMARS[label].restrict(half) for half in (0, 1))
    for role, terms in GRAMMARS[label].roles.items():
        if len(terms) >= 8:
            assert not set(zero.roles[role]) & set(one.roles[role])
            assert set(zero.roles[role]) | set(one.roles[role]) == set(terms)


def test_restricted_grammar_composes_with_its_families_only() -> None:
    kept = frozenset(family.id for family in GRAMMARS["gambling"].families[:5])
    composer = Composer({**GRAMMARS, "gambling": GRAMMARS["gambling"].restrict(None, kept)}, 1)
    assert all(composer.injection("gambling").families <= kept for _ in range(100))


@pytest.mark.parametrize("label", ["adult", "escort"])
def test_nothing_composed_names_an_age_below_18(label: str) -> None:
    composer = Composer(GRAMMARS, 11)
    assert not any(is_minor(composer.injection(label).text) for _ in range(3000))


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("host", own_pages(DATASETS), ids=lambda host: host.name)
def test_planted_block_stands_where_it_is_said_to(host: object, placement: str) -> None:
    content = host.content  # type: ignore[attr-defined]
    made = inject(content, BLOCK, placement, random.Random(1))
    if made is None and placement.startswith("paragraph"):
        assert not re.search(r"<p[^>]*>[^<]{80,}</p>", content)
        return
    if made is None and placement == "substitution":
        return
    assert made is not None
    if placement == "substitution":
        assert made.content[made.span.start : made.span.end] == BLOCK.text
        assert made.content.count(BLOCK.text) >= 3
        assert made.content.replace(BLOCK.text, "") == made.original
        return
    planted = made.content[made.span.start : made.span.end]
    covering = [block for block in outline(Page(made.content)).blocks if block.span.overlaps(made.span)]
    assert "丙某彩票" in "".join(block.text for block in covering)
    if placement not in ("title-coded", "meta-only", "off-screen-list", "footer-links"):
        assert planted == BLOCK.text
    assert clean(Page(made.content), [made.span]).content == made.original
    assert "丙某" not in made.original
