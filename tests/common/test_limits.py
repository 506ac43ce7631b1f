"""What one page may take: whatever it is, a check ends within counted steps and bounded memory, and says so."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from moderation import _native
from moderation.common import limits
from moderation.data import Action, Page, Span, Verdict
from moderation.engine import Moderator
from moderation.engine.reading import PageReader
from moderation.policy import BUDGET, ENDS, SHORT
from moderation.presentation.excerpt import Context
from moderation.stages.blocks import outline

ROOT = Path(__file__).parents[2]
SPAM = "澳门威尼斯人官网_真人百家乐开户_澳门葡京赌场网址_时时彩投注平台"
LIMITS = _native.LIMITS


def limited(steps: int) -> Moderator:
    """A moderator each of whose stages takes so many steps of a page."""
    moderator = Moderator.load()
    moderator.__dict__["reader"] = PageReader(moderator.model, steps)
    return moderator


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for finding in verdict.findings for reason in finding.reasons]


# ---------------------------------------------------------------------------------------------------------- the budget

# Each takes one stage beyond 20,000 steps: the markup, the words, the candidates.
SPENDING: dict[str, Callable[[int], str]] = {
    "blocks": lambda n: "<p>阀门" * n,
    "attributes": lambda n: "<img alt='字'>" * n,
    "metas": lambda n: "<meta name=keywords content='字'>" * n,
    "paths": lambda n: "".join(f"<x{at}><p>阀门</p>" for at in range(n)),
    "references": lambda n: "<p>" + "&#28595;" * 8 * n,
    "words": lambda n: f"<p>{'阀门 ' * n}" * 3,
    "lines": lambda n: "阀门生产\n" * n,
    "new words": lambda n: "<p>" + " ".join(f"q{at}x" for at in range(n)) + "</p><p>字",
    "segments": lambda n: "<p>" + "门(" * 3 * n + "</p><p>字",
    "candidates": lambda n: f"<p>{SPAM}</p>" * n,
    "names": lambda n: "".join(f"<p>永利{at}集团</p>" for at in range(n)),
}


@pytest.mark.parametrize("shape", SPENDING)
def test_page_that_takes_too_much_is_for_a_person(shape: str) -> None:
    page = Page(f"<div>{SPAM}</div>{SPENDING[shape](10_000)}", is_html=shape != "lines")
    verdict = limited(20_000).check(page)
    *found, last = verdict.findings
    assert verdict.action in (Action.REVIEW, Action.REJECT)
    assert [(reason.code, reason.weight) for reason in last.reasons] == [(BUDGET, 0.0)]
    assert last.span.size == 0
    assert 0 < last.span.start < len(page.content)
    # What was read has its verdict all the same.
    assert found
    assert "澳门威尼斯人" in found[0].text
    assert BUDGET not in [reason.code for finding in found for reason in finding.reasons]
    assert Verdict.from_dict(verdict.to_dict()) == verdict
    assert verdict == limited(20_000).check(page)


@pytest.mark.parametrize("shape", SPENDING)
def test_steps_grow_as_the_page_does(shape: str) -> None:
    engine = Moderator.load().reader.engine
    few, many = (sum(engine.search(SPENDING[shape](n), shape != "lines").steps()) for n in (1_000, 4_000))
    assert few > 1_000
    assert 3.5 * few < many < 4.5 * few


def test_a_stage_ends_near_its_limit() -> None:
    for shape, make in SPENDING.items():
        page_reading = limited(20_000).reader.engine.search(make(10_000), shape != "lines")
        # One block may go beyond it.
        assert all(steps < 20_000 + 4 * LIMITS["block"] for steps in page_reading.steps()), shape


def test_spent_page_is_cleaned_of_nothing_but_findings() -> None:
    moderator = limited(20_000)
    content = f"<p>{SPAM}</p>" + "<p>阀门" * 10_000
    verdict = moderator.check(content)
    assert moderator.clean(content, verdict).content == "<p>阀门" * 10_000


def test_nesting_beyond_the_limit_is_for_a_person() -> None:
    verdict = Moderator.load().check(f"<p>{SPAM}</p>" + "<b>" * (LIMITS["depth"] + 10) + "<p>字")
    assert verdict.action is Action.REVIEW
    assert codes(verdict)[-1] == BUDGET


def test_page_of_many_candidates_is_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.engine.search.CANDIDATES", 20)
    moderator = Moderator.load()
    verdict = moderator.check("".join(f"<p>{SPAM}{at}</p>" for at in range(30)))
    assert 1 < len(verdict.findings) <= 21
    # What is not counted is like spam as well, so the page may be refused; it is never let pass or cut by half.
    assert verdict.action in (Action.REVIEW, Action.REJECT)
    assert verdict.findings[-1].reasons[0].code == BUDGET
    few = moderator.check("".join(f"<p>{SPAM}{at}</p>" for at in range(3)))
    assert few.findings
    assert BUDGET not in codes(few)


def test_script_that_is_too_long_to_be_read_is_for_a_person() -> None:
    page = f"<p>公司</p><script>{{}}document.title='{SPAM}'</script>"
    few, many = page.format(";" * 1_000), page.format(";" * LIMITS["script_tokens"])
    moderator = Moderator.load()
    assert moderator.check(few).findings[0].text.startswith("澳门威尼斯人")
    verdict = moderator.check(many)
    assert verdict.action is Action.REVIEW
    assert codes(verdict) == [BUDGET]
    assert many[verdict.findings[0].span.start :].startswith(";")


def test_what_is_too_weak_meets_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    page = "".join(f"<div><p>第{number}条 银行办理欢迎开户业务须知。</p></div>" for number in range(40))
    moderator = Moderator.load()
    assert len(moderator.search(Page(page)).candidates) > 20
    monkeypatch.setattr("moderation.engine.search.CANDIDATES", 20)
    assert moderator.examine(page).verdict == moderator.check(page)
    assert moderator.check(page).action is Action.ALLOW


def test_honest_page_is_far_from_any_limit() -> None:
    article = "<p>本公司位于工业园区，主要从事机械设备的研发和销售，欢迎新老客户来电洽谈。</p>\n" * 20_000
    page_reading = Moderator.load().reader.engine.search(article, True)
    assert len(article) > 700_000
    assert page_reading.unread() is None
    assert max(page_reading.steps()) < 0.5 * LIMITS["steps"]


# ---------------------------------------------------------------------------------------------------- blocks and names

LONG = "阀门生产厂家，说明书。" * 20_000
LONGS: dict[str, tuple[str, bool]] = {
    "a paragraph": (f"<p>{LONG}</p>", True),
    "a line": (LONG, False),
    "a title": (f"<title>{LONG}</title>", True),
    "an attribute": (f"<img alt='{LONG}'>", True),
    "an attribute of references": ("<img alt='" + "&#38400;门，" * 40_000 + "'>", True),
    "references": ("<p>" + "&#38400;门，" * 40_000 + "</p>", True),
    "without a place to part": ("<p>" + "阀" * 200_000, True),
}


@pytest.mark.parametrize("name", LONGS)
def test_long_text_goes_on_in_the_next_block(name: str) -> None:
    content, is_html = LONGS[name]
    blocks = outline(Page(content, is_html)).blocks
    assert len(blocks) > 1
    assert max(len(block.text) for block in blocks) <= LIMITS["block"]
    assert len({(block.path, block.hidden) for block in blocks}) == 1
    text = "".join(block.text for block in blocks)
    assert text == ("阀门，" * 40_000 if "references" in name else "阀" * 200_000 if "阀阀" in content else LONG)
    for block in blocks:
        for at in (0, len(block.text) // 2, len(block.text) - 1):
            start, end = block.offsets.at(at)
            assert content[start:end].replace("&#38400;", "阀") == block.text[at]
        assert block.offsets.span(Span(0, len(block.text))) == block.span


def test_names_of_elements_are_told_in_short_and_counted() -> None:
    assert outline(Page(f"<{'a' * 90}>字")).blocks[0].path == "a" * LIMITS["element_name"] + "…"
    count = LIMITS["element_names"] + 100
    page = "".join(f"<x{at}><div><p>阀门</p></div></x{at}>" for at in range(count))
    paths = [block.path for block in outline(Page(page)).blocks]
    assert paths[0] == "x0/div/p"
    assert paths[-1] == "*/div/p"
    assert len(set(paths)) == LIMITS["element_names"]


# ------------------------------------------------------------------------------------------------------ what remembers


def test_words_are_remembered_up_to_a_limit() -> None:
    engine = PageReader(Moderator.load().model).engine
    known = []
    for page in range(30):
        engine.search(" ".join(f"q{page}z{at}" for at in range(20_000)), False)
        known.append(engine.remembered())
    assert max(known) <= LIMITS["lexicon"] + 20_000 * 200
    assert min(known[1:]) < known[0] * 2, "it never began anew"


def test_long_words_are_not_remembered() -> None:
    engine = PageReader(Moderator.load().model).engine
    engine.search("x" * 100, False)
    before = engine.remembered()
    for letter in "abcdefgh":
        engine.search(letter * 1_000_000, False)
    assert engine.remembered() == before


# ------------------------------------------------------------------------------------------------------- many findings


def test_findings_beyond_a_number_are_told_in_short(monkeypatch: pytest.MonkeyPatch) -> None:
    content = "".join(f"<p>{SPAM}{at}</p>" for at in range(12))
    whole = Moderator.load().check(content)
    monkeypatch.setattr("moderation.engine.FINDINGS", 5)
    verdict = Moderator.load().check(content)
    assert verdict.findings[:5] == whole.findings[:5]
    for short, full in zip(verdict.findings[5:], whole.findings[5:], strict=True):
        # What is to be done with the page does not depend on how it is told.
        rules = {reason.code for reason in full.reasons if reason.code == ENDS}
        assert {(reason.code, reason.weight) for reason in short.reasons} == {(code, 0.0) for code in {SHORT, *rules}}
        assert (short.label, short.score, short.span, short.text, short.path) == (
            full.label, full.score, full.span, full.text, full.path,
        )  # fmt: skip
    assert verdict.action is whole.action


def test_context_of_each_finding_is_what_a_search_through_all_says() -> None:
    draw = random.Random(3)
    for _ in range(50):
        content = "".join(draw.choices("门户新闻", k=200))
        edges = sorted(draw.sample(range(200), 12))
        spans = [Span(*pair) for pair in zip(edges[::2], edges[1::2], strict=True)]
        context = Context(Page(content, False), spans, 10)
        for span in spans:
            low = max((each.end for each in spans if each.end <= span.start), default=0)
            high = min((each.start for each in spans if each.start >= span.end), default=len(content))
            before, after = context.around(span)
            assert before == content[max(low, span.start - 10) : span.start]
            assert after == content[span.end : min(high, span.end + 10)]


# ------------------------------------------------------------------------------------------------------------ the docs


def test_documentation_gives_these_limits() -> None:
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    rows = re.findall(r"^\| [^|]* \| ([\d,]+)[^|]* \| `([\w.:/]+)` \|", text, re.MULTILINE)
    told = {name: int(number.replace(",", "")) for number, name in rows}
    expected = {f"limits.hpp:{name}": value for name, value in LIMITS.items()}
    expected |= {f"limits.py:{name}": getattr(limits, name) for name in ("MAX_SIZE", "CANDIDATES", "FINDINGS")}
    assert told == expected
