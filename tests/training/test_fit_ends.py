"""Where findings begin and end: learned of spans that are known, settled by the engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from moderation import Moderator, Policy
from moderation.data import Page, Span
from moderation.training.ends import EndsSettings, fit_ends, places, with_ends
from moderation.training.examples import Unit

SETTINGS = EndsSettings(strength=10.0, min_groups=2, faint=0.01)
# What an honest sentence goes on with behind the name that was put in it.
# The first word is one that names are made of, so that the search takes it for a part of the name.
VERBS = [f"公司{verb}" for verb in ["召开", "举行", "举办", "发布", "组织", "开展", "参加", "承办", "欢迎", "感谢"]]
NAMES = ["金沙集团", "澳门银河", "威尼斯人集团", "永利集团", "美高梅集团", "皇冠体育"]


def planted(name: str, verb: str, front: str = "今年") -> Unit:
    text = f"{front}{name}官网{verb}了第三届教职工运动会，各单位都有代表参加。"
    start = len(front)
    page = Page(f"<p>{text}</p>", is_html=True)
    span = Span(start + 3, start + 3 + len(name) + 2)
    return Unit(page, "known-name-planted", (span,), False, "once", "gambling", group=f"name:{name}")


@pytest.fixture(scope="module")
def eager() -> Moderator:
    """The shipped model without its ends, at a threshold that nearly all passes: what is found is found too long."""
    moderator = Moderator.load()
    none = replace(moderator.model, ends_keys=np.zeros(0, np.uint32), ends_weights=np.zeros(0, np.float32))
    return Moderator(none, Policy().with_thresholds({"review": 0.02, "clean": 1.0}))


def units(verbs: list[str]) -> list[Unit]:
    return [planted(name, verb) for name in NAMES for verb in verbs]


def text_of(unit: Unit) -> str:
    return unit.page.content[unit.spans[0].start : unit.spans[0].end]


def test_places_are_those_of_what_was_planted(eager: Moderator) -> None:
    begins, ends = places(eager, units(VERBS[:2]))
    assert begins.findings == ends.findings > 0
    # One of the places near each finding is the right one.
    assert int(begins.is_end.sum()) == begins.findings
    assert int(ends.is_end.sum()) == ends.findings
    assert len(set(ends.groups.tolist())) <= len(NAMES)
    assert len(ends.keys) == int(ends.sizes.sum())


def test_honest_pages_and_pages_known_in_part_teach_nothing(eager: Moderator) -> None:
    spam = planted(NAMES[0], VERBS[0])
    for unit in (spam._replace(label="clean"), spam._replace(kind="spam-page"), spam._replace(spans=(Span(0, 2),))):
        begins, _ = places(eager, [unit])
        assert begins.findings == 0
    assert fit_ends([places(eager, [])], SETTINGS)[0].size == 0


def test_what_is_glued_behind_a_name_is_left(eager: Moderator) -> None:
    model = with_ends(eager.model, fit_ends([places(eager, units(VERBS[:8]))], SETTINGS), SETTINGS)
    learned = Moderator(model, eager.policy)
    seen = moved = 0
    for unit in units(VERBS[8:]):
        for before, after in zip(eager.check(unit.page).findings, learned.check(unit.page).findings, strict=True):
            if not before.span.overlaps(unit.spans[0]):
                continue
            seen += 1
            moved += before.text != after.text
            assert after.text == text_of(unit)
            assert (after.score, after.label) == (before.score, before.label)
    assert seen > len(NAMES)
    assert moved > 0


def test_the_same_places_give_the_same_weights(eager: Moderator) -> None:
    parts = [places(eager, units(VERBS[:4])), places(eager, units(VERBS[4:]))]
    one, other = fit_ends(parts, SETTINGS), fit_ends(parts, SETTINGS)
    assert np.array_equal(one[0], other[0])
    assert np.array_equal(one[1], other[1])
    assert one[0].size > 0
    assert np.array_equal(one[0], np.sort(one[0]))
