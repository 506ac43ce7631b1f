"""Two models over the same pages: what counts as a flip, and how flips add up."""

from __future__ import annotations

from dataclasses import replace

from moderation.data import Page
from moderation.engine import Moderator
from moderation.errors import EmptyPage, PageError
from moderation.evaluation.drift import Drift, Flip, flips

SPAM = "澳门威尼斯人开户_百家乐网址_时时彩投注平台_棋牌游戏送彩金"
CLEAN = Page("<title>宏远阀门</title><p>本公司生产各种阀门。</p>", url="https://valves.example/a")
HIJACKED = Page(f"<title>{SPAM}</title><p>本公司生产各种阀门。</p>", url="https://www.Valves.example:8443/b")


def moderators() -> tuple[Moderator, Moderator]:
    loaded = Moderator.load()
    return replace(loaded, policy=replace(loaded.policy, review=1.1)), loaded


def test_same_model_flips_nothing() -> None:
    _, new = moderators()
    drift = Drift()
    for flip in flips(new, new, [CLEAN, HIJACKED]):
        assert isinstance(flip, Flip)
        drift.add(flip)
    assert (drift.pages, drift.changed, drift.hosts) == (2, 0, {})


def test_flip_is_counted_by_label_and_host() -> None:
    old, new = moderators()
    drift = Drift()
    for flip in flips(old, new, [CLEAN, HIJACKED]):
        assert isinstance(flip, Flip)
        drift.add(flip)
    assert (drift.pages, drift.changed, drift.flagged, drift.cleared) == (2, 1, 1, 0)
    assert dict(drift.gained) == {"gambling": 1}
    assert drift.hosts == {"www.valves.example": (1, 0)}
    back = next(flips(new, old, [HIJACKED]))
    assert isinstance(back, Flip)
    assert (back.gained, back.lost) == ([], ["gambling"])


def test_error_is_passed_on_and_ends_nothing() -> None:
    old, new = moderators()
    empty, flip = flips(old, new, ["", HIJACKED])
    assert isinstance(empty, EmptyPage)
    assert isinstance(empty, PageError)
    assert isinstance(flip, Flip)
