"""The whole flow with the shipped model, and with a toy one where the words must be nonsense."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.data import Action, Block, OffsetMap, Page, Place, Span, Tokens, Verdict
from moderation.engine import MAX_SIZE, Moderator, read_page
from moderation.engine.extents import apart
from moderation.engine.search import Candidate, NameParts, Run
from moderation.errors import BinaryPage, EmptyPage, ModelNotFound, PageError, PageTooLarge
from moderation.model import Model
from moderation.policy import MINOR, THROUGHOUT, Policy
from moderation.stages.clean import restore
from moderation.training.whole import read_words

ROOT = Path(__file__).parents[2]
SPAM = "澳门威尼斯人官网_真人百家乐开户_澳门葡京赌场网址_时时彩投注平台_棋牌游戏娱乐城注册送彩金"
TITLE = "宏远阀门制造有限公司"
BODY = (
    "<h1>宏远阀门制造有限公司</h1>\n<p>宏远阀门制造有限公司成立于一九九八年，位于城东工业园区，专业生产各种闸阀、球阀和蝶阀，"
    "产品广泛用于石油、化工、电力和供水系统。公司占地三万平方米，现有职工二百余人，拥有数控机床和检测设备，"
    "并通过了质量管理体系认证。</p>\n<p>欢迎新老客户来厂参观考察，洽谈业务。</p>\n"
)


def page(title: str = TITLE, head: str = "", before: str = "") -> str:
    """A genuine page with room for what is planted."""
    return f"<html>\n<head>\n<title>{title}</title>\n{head}</head>\n<body>\n{before}{BODY}</body>\n</html>\n"


PLANTED = {
    "title alone": (page(title=SPAM), None),
    "title prefix": (page(title=f"{SPAM}-{TITLE}"), page()),
    "title suffix": (page(title=f"{TITLE}|{SPAM}"), page()),
    "coded title": (page(title="".join(f"&#{ord(c)};" for c in SPAM)), None),
    "meta keywords": (page(head=f'<meta name="keywords" content="{SPAM}">\n'), page()),
    "first line": (page(before=f"{SPAM}<br>\n"), page()),
    "hidden div": (page(before=f'<div style="display:none">{SPAM}</div>\n'), page()),
    "linked heading": (page(before=f'<h1><a href="/">{SPAM}</a></h1>\n'), page()),
    "off-screen list": (
        page(
            before='<ul style="position:absolute;left:-999px">'
            + "".join(f"<li><a href='/{n}'>{word}</a></li>" for n, word in enumerate(SPAM.split("_")))
            + "</ul>\n"
        ),
        page(),
    ),
}


@pytest.fixture(scope="module")
def moderator() -> Moderator:
    return Moderator.load()


@pytest.mark.parametrize("name", PLANTED)
def test_planted_block_is_found_and_cut(moderator: Moderator, name: str) -> None:
    planted, before = PLANTED[name]
    verdict = moderator.check(planted)
    assert verdict.action is not Action.ALLOW
    assert {finding.label for finding in verdict.findings} == {"gambling"}
    finding = verdict.findings[0]
    assert finding.text.replace("\n", "_") == SPAM
    assert finding.reasons
    assert all(reason.code for reason in finding.reasons)
    cleaned = moderator.clean(planted, verdict)
    assert "百家乐" not in cleaned.content
    if before is not None:
        assert cleaned.content == before
    assert restore(cleaned.content, cleaned.cuts) == planted


@pytest.mark.parametrize("own", ["青禾书屋", "Garden", "阀门网 - 首页"])
@pytest.mark.parametrize("spam", ["国产精品无码一区二区在线观看", "澳门葡京赌场真人百家乐开户"])
@pytest.mark.parametrize("joint", ["_", "|", " - "])
@pytest.mark.parametrize("is_behind", [False, True])
def test_short_title_beside_spam_stays(
    moderator: Moderator, own: str, spam: str, joint: str, *, is_behind: bool
) -> None:
    # Too short to speak against spam, but no spam by itself.
    planted = page(title=f"{spam}{joint}{own}" if is_behind else f"{own}{joint}{spam}")
    verdict = moderator.check(planted)
    assert [finding.text for finding in verdict.findings] == [spam]
    assert moderator.clean(planted, verdict).content == page(title=own)


def test_first_line_of_plain_text(moderator: Moderator) -> None:
    article = "\n\n首页 关于我们 联系方式\n宏远阀门制造有限公司成立于一九九八年，专业生产各种闸阀、球阀和蝶阀。\n"
    verdict = moderator.check(SPAM + article)
    assert [finding.span for finding in verdict.findings] == [Span(0, len(SPAM))]
    assert verdict.findings[0].place is Place.HEAD
    assert moderator.clean(SPAM + article).content == article.lstrip("\n")


@pytest.mark.parametrize("path", sorted((ROOT / "datasets" / "pages").glob("*.html")), ids=lambda path: path.stem)
def test_genuine_page_is_allowed(moderator: Moderator, path: Path) -> None:
    verdict = moderator.check(path.read_bytes())
    assert verdict.action is Action.ALLOW, verdict.findings


@pytest.mark.parametrize(
    "text", ["TOP", "http://www.example.com/a/b.html", "2024-05-01", "app", "登录", "click here", "x" * 5000]
)
def test_little_evidence_gives_no_verdict(moderator: Moderator, text: str) -> None:
    assert moderator.check(text).findings == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_give_the_same_findings(moderator: Moderator, encoding: str) -> None:
    planted = PLANTED["first line"][0]
    assert moderator.check(planted.encode(encoding)).findings == moderator.check(planted).findings


def test_variants_are_read_alike(moderator: Moderator) -> None:
    plain = moderator.check(SPAM).findings
    traditional = moderator.check(
        "澳門威尼斯人官網_真人百家樂開戶_澳門葡京賭場網址_時時彩投注平臺_棋牌遊戲娛樂城註冊送彩金"
    ).findings
    spaced = moderator.check(SPAM.replace("澳门威尼斯人", "澳 门 威 尼 斯 人")).findings
    assert plain[0].label == traditional[0].label == spaced[0].label == "gambling"
    assert spaced[0].text.startswith("澳 门 威 尼 斯 人")


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("", EmptyPage),
        (" \n\t", EmptyPage),
        (b"", EmptyPage),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, BinaryPage),
        ("x" * (MAX_SIZE + 1), PageTooLarge),
    ],
    ids=["empty", "blank", "no bytes", "picture", "too large"],
)
def test_what_is_no_page_is_an_error_that_names_the_fix(moderator: Moderator, given: str | bytes, error: type) -> None:
    with pytest.raises(error) as raised:
        moderator.check(given)
    assert ":" in str(raised.value) or ";" in str(raised.value)


def test_errors_in_a_stream_are_values(moderator: Moderator) -> None:
    answers = list(moderator.check_many([TITLE, "", EmptyPage("gone"), SPAM]))
    assert [type(answer) for answer in answers] == [Verdict, EmptyPage, EmptyPage, Verdict]
    assert isinstance(answers[3], Verdict)
    assert answers[3].findings


def test_verdict_survives_json(moderator: Moderator) -> None:
    verdict = moderator.check(PLANTED["title suffix"][0], url="https://example.com/")
    assert Verdict.from_dict(json.loads(json.dumps(verdict.to_dict()))) == verdict
    assert verdict.url == "https://example.com/"
    assert verdict.model == moderator.model.identity


@pytest.mark.parametrize("name", PLANTED)
def test_explanation_adds_up(moderator: Moderator, name: str) -> None:
    planted = PLANTED[name][0]
    rows = moderator.explain(planted)
    candidates = moderator.search(read_page(planted)).candidates
    calibration = moderator.model.calibration
    assert len(rows) == len(candidates) > 0
    for row, candidate in zip(rows, candidates, strict=True):
        structure = sum(calibration.signals.get(code, 0.0) * strength for code, strength in candidate.strengths.items())
        total = sum(row.parts.values())
        assert total == pytest.approx(calibration.bias + calibration.judged * candidate.judged + structure, abs=1e-6)
        assert row.score == pytest.approx(1 / (1 + np.exp(-np.clip(total, -50, 50))), abs=1e-6)
        assert (row.text, row.span, row.place) == (candidate.text, candidate.span, candidate.reading.block.place)


def test_policy_can_switch_a_label_and_a_place_off(moderator: Moderator) -> None:
    planted = PLANTED["first line"][0]
    off = Moderator(moderator.model, Policy(labels={"gambling": 2.0}).with_thresholds(moderator.model.thresholds))
    assert off.check(planted).action is Action.ALLOW
    elsewhere = Policy(places=frozenset({Place.TITLE})).with_thresholds(moderator.model.thresholds)
    assert Moderator(moderator.model, elsewhere).check(planted).action is Action.ALLOW


def test_model_that_is_not_there() -> None:
    with pytest.raises(ModelNotFound, match=r"train\.py"):
        Moderator.load("no-such-model")


WORDS = ["zorbl", "quimf", "dravk", "plonx"]


def toy(label: str) -> Moderator:
    """A model that takes four invented words for spam of one label."""
    manifest = {
        "name": "toy",
        "version": "0",
        "labels": ["adult", "gambling"],
        "bias": -2.0,
        "smoothing": 1.0,
        "cut": -2.0,
        "judge": {"bias": -1.0},
        "whole": {"bias": 0.0, "sure": 4.0},
        "ends": {"sure": 0.0},
        "calibration": {"bias": 0.0, "judged": 1.0, "least": -4.0, "signals": {}},
        "thresholds": {"review": 0.5, "clean": 0.9},
    }
    size = len(WORDS)
    kinds = np.zeros((size, 2), np.float32)
    kinds[:, ["adult", "gambling"].index(label)] = 5.0
    model = Model(
        manifest,
        {word: row for row, word in enumerate(WORDS)},
        np.full(size, 8.0, np.float32),
        np.full(size, 5.0, np.float32),
        kinds,
        np.full(2, -4.0, np.float32),
    )
    policy = Policy().with_thresholds(model.thresholds)
    # What the words are called for the judge, it says itself; one that knows nothing is asked.
    (candidate,) = Moderator(model, policy).search(Page(" ".join(WORDS), is_html=False)).candidates
    keys = [each.key for each in candidate.features() if each.kind == "word"]
    assert len(keys) == size
    judged = replace(model, judge_keys=np.array(keys, np.uint32), judge_weights=np.full(size, 3.0, np.float32))
    return Moderator(judged, policy)


REST = "<p>" + "老虎机和轮盘，欢迎来玩。" * 12 + "</p>"
HEADLINE = f"<h1>{' '.join(WORDS)}</h1>"


def throughout(weight: float = 9.0) -> Moderator:
    """The same, which knows pages that are spam by the words of :data:`REST`."""
    moderator = toy("gambling")
    (words,) = read_words([(REST, "", False)])
    size = len(words.keys)
    arrays = {"whole_idf": np.ones(size, np.float32), "whole_weights": np.full(size, weight, np.float32)}
    return Moderator(replace(moderator.model, whole_keys=words.keys, **arrays), moderator.policy)


def test_page_whose_rest_is_spam_as_well_is_rejected() -> None:
    verdict = throughout().check(HEADLINE + REST)
    assert verdict.action is Action.REJECT
    assert [reason.code for reason in verdict.findings[0].reasons].count(THROUGHOUT) == 1


@pytest.mark.parametrize(
    ("page", "weight"),
    [
        pytest.param(HEADLINE + "<p>" + "本公司生产球阀，管道配件。" * 12 + "</p>", 9.0, id="another rest"),
        pytest.param(HEADLINE + REST, 0.1, id="a rest that says little"),
        pytest.param(HEADLINE + "<p>老虎机和轮盘</p>", 9.0, id="hardly a rest"),
    ],
)
def test_page_with_another_rest_is_cleaned(page: str, weight: float) -> None:
    verdict = throughout(weight).check(page)
    assert verdict.action is Action.CLEAN
    assert not any(reason.code == THROUGHOUT for finding in verdict.findings for reason in finding.reasons)


def test_model_that_does_not_know_pages_rejects_none() -> None:
    moderator = toy("gambling")
    manifest = {**moderator.model.manifest, "whole": {"bias": 0.0, "sure": 0.0}}
    blind = Moderator(replace(moderator.model, manifest=manifest), moderator.policy)
    assert blind.check(HEADLINE + REST).action is Action.CLEAN


def test_words_of_findings_say_nothing_of_the_rest() -> None:
    moderator = throughout()
    (words,) = read_words([(HEADLINE, "", False)])
    size = len(words.keys)
    arrays = {"whole_idf": np.ones(size, np.float32), "whole_weights": np.full(size, 9.0, np.float32)}
    planted = Moderator(replace(moderator.model, whole_keys=words.keys, **arrays), moderator.policy)
    page = HEADLINE + "<p>" + "本公司生产球阀，管道配件。" * 12 + "</p>"
    said = planted.search(Page(page, is_html=True)).page_reading.whole()
    assert said is not None
    assert said > planted.model.sure
    assert planted.check(page).action is Action.CLEAN


def test_age_beside_an_adult_finding_rejects_and_withholds() -> None:
    verdict = toy("adult").check("zorbl quimf dravk plonx 12岁")
    assert verdict.action is Action.REJECT
    finding = verdict.findings[0]
    assert finding.text == ""
    assert finding.reasons[0].code == MINOR
    assert not any(reason.code.startswith("term:") for reason in finding.reasons)


@pytest.mark.parametrize(
    ("label", "text"), [("gambling", "zorbl quimf dravk plonx 12岁"), ("adult", "zorbl quimf dravk plonx 32岁")]
)
def test_age_means_nothing_elsewhere(label: str, text: str) -> None:
    verdict = toy(label).check(text)
    assert verdict.action is not Action.REJECT
    assert verdict.findings[0].text


def test_explanation_withholds_as_well() -> None:
    row = toy("adult").explain("zorbl quimf dravk plonx 12岁")[0]
    assert row.withheld
    assert row.text == ""
    assert not any(code.startswith("term:") for code in row.parts)


@pytest.mark.parametrize("text", ["{0}官方网站", "{0}真人娱乐，{0}百家乐开户", "关于{0}官网的报道"])
def test_what_overlaps_is_told_once(moderator: Moderator, text: str) -> None:
    planted = page(before=f"<p>{text.format('澳门威尼斯人')}</p>\n")
    findings = Moderator(moderator.model, Policy().with_thresholds({"review": 1e-6, "clean": 1.0})).check(planted)
    spans = sorted(finding.span for finding in findings.findings)
    assert spans
    assert all(one.end <= other.start for one, other in pairwise(spans))


class _Words:
    """As much of a reading as the choice between runs and names looks at: words of one character."""

    def __init__(self, evidence: list[float]) -> None:
        self.number = 0
        self.evidence = evidence
        size = len(evidence)
        self.tokens = Tokens(["x"] * size, [*range(size)], [*range(1, size + 1)], [0] * size, [0, size], [""])
        self.block = Block("x" * size, Span(0, size), Place.BODY, "p", OffsetMap.identity())
        self.page_reading = self
        self.spans: dict[int, Span] = {}

    def worth_beside(self, number: int, names: list[int]) -> float:
        start, end = self.spans[number]
        total, at = 0.0, start
        for name in names:
            total += sum(self.evidence[at : self.spans[name].start])
            at = max(at, self.spans[name].end)
        return total + sum(self.evidence[at:end])


def stretch(words: _Words, number: int, start: int, end: int, *, is_name: bool) -> Candidate:
    span, name = Span(start, end), NameParts(0, 1, 0, 0, 0, 0, 0, 0)
    words.spans[number] = span
    return Candidate(words, number, Run(start, end), 0.0, 0.0, span, span, span, name if is_name else None, ())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        # The rest of the run speaks for spam: the run, with the score that is its own.
        ([5.0, 5.0, 5.0, 5.0], [("run", 0.7)]),
        # It speaks against spam, says nothing, or no more than a pair with the name is worth: the name alone.
        ([1.0, 1.0, 5.0, 1.0], [("name", 0.9)]),
        ([-1.0, -1.0, 5.0, -1.0], [("name", 0.9)]),
        ([0.0, 0.0, 5.0, 0.0], [("name", 0.9)]),
    ],
)
def test_run_against_the_name_in_it(evidence: list[float], expected: list[tuple[str, float]]) -> None:
    words = _Words(evidence)
    pairs = [(stretch(words, 0, 2, 3, is_name=True), 0.9), (stretch(words, 1, 0, 4, is_name=False), 0.7)]
    kept = apart(pairs)
    assert [("name" if each.name else "run", score) for each, score in kept] == expected
    assert apart(pairs[::-1]) == kept
    # A name that is surer than a run that is not sure: what stands around it is not cut for it.
    assert apart(pairs, 0.8) == [pairs[0]]


BRAND, WORD = "bet356亚洲体育官网入口", "园林"
HONEST = "本公司生产各类阀门，产品广泛用于石油、化工等行业。" * 3


@pytest.mark.parametrize(
    "markup",
    [
        "<h1>{}</h1>",
        "<title>{}</title>",
        "<h1>{}的消防器材厂家说明</h1>",
        f"<h1>{BRAND}_{WORD}</h1>",
    ],
)
def test_word_behind_a_name_stays(moderator: Moderator, markup: str) -> None:
    page = f"{markup.format(BRAND + WORD)}<p>{HONEST}</p>"
    assert [finding.text for finding in moderator.check(page).findings] == [BRAND]


def test_names_beside_a_run_stay() -> None:
    words = _Words([1.0] * 9)
    run = (stretch(words, 0, 3, 6, is_name=False), 0.7)
    names = [(stretch(words, number, at, at + 1, is_name=True), 0.8) for number, at in enumerate((0, 2, 6, 8), 1)]
    assert apart([run, *names]) == [names[0], names[1], run, names[2], names[3]]


def test_many_runs_and_names_are_told_apart_in_linear_time() -> None:
    size = 60_000
    words = _Words([1.0] * size)
    runs = [(stretch(words, at, at, at + 2, is_name=False), 0.7) for at in range(0, size, 3)]
    names = [(stretch(words, size + at, at, at + 1, is_name=True), 0.8) for at in range(0, size, 3)]
    wide = [(stretch(words, 3 * size, 0, size, is_name=False), 0.6)]
    began = time.process_time()
    assert [score for _, score in apart([*runs, *names])] == [0.8] * len(runs)
    assert [score for _, score in apart([*wide, *names])] == [0.6]
    assert time.process_time() - began < 5


HOSTILE = {
    "nested tags": "<div>" * 100_000 + SPAM,
    "unclosed tags": "<p><b><a>" * 30_000 + SPAM,
    "one long line": SPAM + " " + "阀门生产厂家说明书" * 100_000,
    "NUL bytes": "\x00".join(SPAM),
    "lone surrogates": SPAM + "\ud800\udfff" * 1000,
    "references": "&#28595;" * 50_000 + f"<p>{SPAM}</p>",
    "attributes": "<p " + " ".join(f"a{n}='{n}'" for n in range(20_000)) + f">{SPAM}</p>",
    "cut in a tag": f"<title>{SPAM}</title><div style='",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_page_gets_a_verdict(moderator: Moderator, name: str) -> None:
    verdict = moderator.check(HOSTILE[name])
    assert verdict.findings
    cleaned = moderator.clean(HOSTILE[name], verdict)
    assert restore(cleaned.content, cleaned.cuts) == HOSTILE[name]


_PARTS = st.sampled_from(
    [
        SPAM,
        TITLE,
        "<p>",
        "</p>",
        "<br>",
        "<div hidden>",
        "</div>",
        "&amp;",
        "&#28595;",
        "<a href=x>",
        "</a>",
        "\r\n",
        "_",
        " ",
        "<!--",
        "-->",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_PARTS | st.text(max_size=8), min_size=1, max_size=20).map("".join))
def test_any_page_gives_spans_that_can_be_cut_and_put_back(content: str) -> None:
    moderator = Moderator.load()
    try:
        verdict = moderator.check(content)
    except PageError:
        return
    cleaned = moderator.clean(content, verdict)
    assert restore(cleaned.content, cleaned.cuts) == content
    for finding in verdict.findings:
        assert 0 <= finding.span.start < finding.span.end <= len(content)
    assert Verdict.from_dict(verdict.to_dict()) == verdict


def test_reading_keeps_what_a_page_says_of_itself() -> None:
    given_page = Page(TITLE, is_html=False, url="https://example.com/a", where="file#3")
    assert read_page(given_page) is given_page
    assert read_page(given_page, "https://example.com/b").url == "https://example.com/b"


def test_moderator_says_on_one_line_what_it_is(moderator: Moderator) -> None:
    assert repr(moderator) == f"Moderator(model={moderator.model.identity!r}, policy='default')"


def test_examine_has_the_verdict_of_check_under_the_lowest_policy(moderator: Moderator) -> None:
    low = Moderator(moderator.model, Policy(review=0.001, clean=0.9))
    text = (
        "<style>.a{display:none}</style><p class=a>澳门威尼斯人官网_真人百家乐开户_时时彩投注平台</p>"
        "<p id=b><a href=x>本公司位于工业园区，主要从事阀门的研发和销售。</a></p>"
    )
    field = Page(text, is_html=False)
    verdict = low.check(field)
    # What the judge does not let pass would count by its score.
    assert sum(row.score >= 0.001 for row in low.explain(field)) > len(verdict.findings) > 0
    assert low.examine(field).verdict == verdict


@pytest.mark.parametrize("tag", ["p", ""])
def test_title_field_is_judged_as_the_title_of_a_page(tag: str) -> None:
    title, body = "澳门新葡京娱乐场", "本校今天召开教学工作会议，校长和各位老师参加会议，讨论了下学期的教学安排。"
    body = f"<{tag}>{body}</{tag}>" if tag else body
    field = Page(f"{title}\n{body}", bool(tag), title=Span(0, len(title)))
    element = Page(f"<title>{title}</title>{body}", True)
    (as_field,), (as_element,) = (Moderator.load().explain(page) for page in (field, element))
    assert as_field.place is Place.TITLE
    assert as_field.score == as_element.score
    assert as_field.parts == as_element.parts


@pytest.mark.parametrize("behind", ["", "\n", " \n "])
def test_title_that_stands_alone_is_judged_as_a_line_and_told_as_a_title(behind: str) -> None:
    title = "澳门新葡京娱乐场官网"
    alone = Page(f"{title}{behind}", False, title=Span(0, len(title)))
    (as_title,), (as_line,) = (Moderator.load().explain(page) for page in (alone, Page(title, False)))
    assert (as_title.place, as_line.place) == (Place.TITLE, Place.HEAD)
    assert as_title.score == as_line.score
