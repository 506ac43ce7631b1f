"""Reason codes: docs/reasons.md names what the code can say, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from moderation.audit import second_pass
from moderation.engine import Moderator
from moderation.engine.reasoning import GROUPS
from moderation.policy import BUDGET, ENDS, MINOR, SHORT, THROUGHOUT
from moderation.stages.signals import CODES

ROOT = Path(__file__).parents[2]
# The facts stand in the engine; Python sees those only that a candidate has.
_FACTS = ROOT / "moderation" / "native" / "candidates" / "facts.cpp"
FACTS = re.findall(r'"([a-z]+:[a-z-]+)"', _FACTS.read_text("utf-8"))
DOCUMENTED = (ROOT / "docs" / "reasons.md").read_text("utf-8")
PAGE = (
    "<title>时时彩投注平台_澳门赌场开户</title><meta name=keywords content=百家乐网址,澳门赌场>"
    "<div hidden>棋牌游戏送彩金_博彩公司</div><p>太阳成集团tyc122cc研究生院，本公司生产各种阀门。</p>"
)


def test_documented_codes_are_those_of_the_code() -> None:
    listed = re.findall(r"^(?:###|\|) (`[^|\n]+)", DOCUMENTED, re.MULTILINE)
    documented = {code for row in listed for code in re.findall(r"`([a-z]+:[a-z-]+)`", row)}
    assert len(FACTS) == len(set(FACTS)) == 59
    assert documented == {*FACTS, *CODES, *GROUPS.values(), MINOR, BUDGET, ENDS, SHORT, THROUGHOUT, *second_pass.CODES}
    assert "### `term:…`" in DOCUMENTED


def test_pages_are_told_documented_codes_only() -> None:
    moderator = Moderator.load()
    codes = {code for row in moderator.explain(PAGE) for code in row.parts if not code.startswith("term:")}
    assert len(codes) > 10
    assert codes <= {"bias", *FACTS, *CODES, *GROUPS.values()}
