"""Policies: what may be set, what cannot be meant, and how findings become an action."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from moderation import Moderator
from moderation.data import Action, Cleaned, Finding, Page, Place, Reason, Span
from moderation.errors import PolicyError
from moderation.policy import MINOR, THROUGHOUT, Policy, decide

POLICIES = Path(__file__).parent.parent / "examples" / "policies"
THRESHOLDS = {"review": 0.5, "clean": 0.9}
POLICY = Policy().with_thresholds(THRESHOLDS)
TERM = Reason("term:澳门", 2.0)
HIDDEN = Reason("place:hidden", 1.0)
FAMILIAR = Reason("page:foreign-words", -1.0)
UNDER_AGE = Reason(MINOR, 10.0)
ALL = Reason(THROUGHOUT, 0.0)


def finding(
    score: float, *reasons: Reason, label: str = "gambling", place: Place = Place.HEAD, text: str = "澳门开户"
) -> Finding:
    return Finding(label, score, place, "", "body/p", Span(0, 4), text, ((label, 1.0),), reasons)


DECISIONS: dict[str, tuple[list[Finding], float, Action]] = {
    "nothing found": ([], 0.0, Action.ALLOW),
    "nothing found, whatever the share": ([], 1.0, Action.ALLOW),
    "sure": ([finding(0.95, TERM)], 0.1, Action.CLEAN),
    "all sure": ([finding(0.95, TERM), finding(0.9, HIDDEN)], 0.1, Action.CLEAN),
    "unsure": ([finding(0.6, TERM)], 0.1, Action.REVIEW),
    "one sure, one not": ([finding(0.95, TERM), finding(0.6, TERM)], 0.1, Action.REVIEW),
    "most of the page, text alone": ([finding(0.95, TERM)], 0.9, Action.CLEAN),
    "most of the page, text and structure": ([finding(0.95, TERM, HIDDEN)], 0.9, Action.REJECT),
    "most of the page, one text twice": ([finding(0.95, TERM), finding(0.95, TERM)], 0.9, Action.CLEAN),
    "most of the page, two texts": ([finding(0.95, TERM), finding(0.95, TERM, text="百家乐")], 0.9, Action.REJECT),
    "most of the page, another text that is unsure": (
        [finding(0.95, TERM), finding(0.6, TERM, text="百家乐")],
        0.9,
        Action.REVIEW,
    ),
    "little of the page, two texts": ([finding(0.95, TERM), finding(0.95, TERM, text="百家乐")], 0.4, Action.CLEAN),
    "exactly the share": ([finding(0.95, TERM, HIDDEN)], 0.5, Action.REJECT),
    "little of the page, text and structure": ([finding(0.95, TERM, HIDDEN)], 0.4, Action.CLEAN),
    "structure that speaks against it": ([finding(0.95, TERM, FAMILIAR)], 0.9, Action.CLEAN),
    "structure of an unsure one": ([finding(0.6, TERM, HIDDEN)], 0.9, Action.REVIEW),
    "structure of another, unsure one": ([finding(0.95, TERM), finding(0.6, HIDDEN)], 0.9, Action.REVIEW),
    "a rest that is spam as well": ([finding(0.95, TERM, ALL)], 0.0, Action.REJECT),
    "a rest that is spam as well, beside one that is not sure": (
        [finding(0.95, TERM, ALL), finding(0.6, TERM, ALL)],
        0.0,
        Action.REJECT,
    ),
    "a rest that is spam as well, nothing sure": ([finding(0.6, TERM, ALL)], 0.9, Action.REVIEW),
    "generic rule": ([finding(0.6, UNDER_AGE)], 0.0, Action.REJECT),
    "generic rule beside others": ([finding(0.95, TERM), finding(0.6, TERM, UNDER_AGE)], 0.0, Action.REJECT),
}


@pytest.mark.parametrize(("findings", "share", "action"), DECISIONS.values(), ids=DECISIONS)
def test_decide(findings: list[Finding], share: float, action: Action) -> None:
    assert decide(findings, POLICY, share) is action


def test_share_is_the_operators() -> None:
    findings = [finding(0.95, TERM, HIDDEN)]
    assert decide(findings, Policy(reject_share=0.2).with_thresholds(THRESHOLDS), 0.3) is Action.REJECT
    assert decide(findings, Policy(reject_share=1.0).with_thresholds(THRESHOLDS), 0.99) is Action.CLEAN


@pytest.mark.parametrize(
    ("policy", "label", "score", "place", "expected"),
    [
        (Policy(), "adult", 0.5, Place.BODY, True),
        (Policy(), "adult", 0.49, Place.BODY, False),
        (Policy(review=0.8), "adult", 0.7, Place.BODY, False),
        (Policy(labels={"adult": 0.7}), "adult", 0.6, Place.BODY, False),
        (Policy(labels={"adult": 0.7}), "seo", 0.6, Place.BODY, True),
        (Policy(labels={"adult": 0.2}), "adult", 0.3, Place.BODY, True),
        (Policy(labels={"seo": 1.1}), "seo", 1.0, Place.BODY, False),
        (Policy(places=frozenset({Place.TITLE})), "adult", 0.9, Place.BODY, False),
        (Policy(places=frozenset({Place.TITLE})), "adult", 0.9, Place.TITLE, True),
    ],
)
def test_counts(policy: Policy, label: str, score: float, place: Place, expected: bool) -> None:
    assert policy.with_thresholds(THRESHOLDS).counts(label, score, place) is expected


@pytest.mark.parametrize(
    ("phrases", "text", "counts"),
    [
        (("赌神",), "赌神", False),
        (("赌神", "澳门风云"), "赌神 | 澳门风云", False),
        (("赌神",), "赌神,澳门开户", True),
        (("澳门风云", "风云3"), "澳门风云3", False),
        (("Casino Royale",), "ｃａｓｉｎｏ  ROYALE!", False),
        (("casino",), "casinos", True),
        (("赌神",), "赌\u200b神开户", True),
        ((), "赌神", True),
        (("赌神",), "", True),
    ],
)
def test_the_sites_own_words_are_no_finding(phrases: tuple[str, ...], text: str, counts: bool) -> None:
    policy = Policy(phrases=phrases).with_thresholds(THRESHOLDS)
    assert policy.counts("gambling", 0.9, Place.BODY, text) is counts


def test_a_low_score_stays_one_whatever_the_phrases() -> None:
    assert not Policy(phrases=("赌神",)).with_thresholds(THRESHOLDS).counts("gambling", 0.4, Place.BODY, "澳门开户")


SURE = [finding(0.95, TERM)]
UNSURE = [finding(0.6, TERM)]


@pytest.mark.parametrize(
    ("row", "findings", "url", "action"),
    [
        ({"actions": {"clean": "review"}}, SURE, None, "review"),
        ({"actions": {"clean": "review"}}, UNSURE, None, "review"),
        ({"actions": {"review": "reject", "clean": "allow"}}, UNSURE, None, "reject"),
        ({"actions": {"review": "reject", "clean": "allow"}}, SURE, None, "allow"),
        ({"actions": {"clean": "review", "review": "reject"}}, SURE, None, "review"),
        ({"actions": {"clean": "reject"}}, [], None, "allow"),
        ({"actions": {"reject": "allow"}}, [finding(0.6, UNDER_AGE)], None, "reject"),
        ({"hosts": {"a.example": "allow"}}, [finding(0.6, UNDER_AGE)], "http://a.example/", "reject"),
        ({"hosts": {"a.example": "allow"}}, SURE, "https://www.a.example:8080/x?y", "allow"),
        ({"hosts": {"a.example": "allow"}}, SURE, "https://A.EXAMPLE./", "allow"),
        ({"hosts": {"a.example": "allow"}}, SURE, "http://ba.example/", "clean"),
        ({"hosts": {"a.example": "allow"}}, SURE, "http://a.example.evil.example/", "clean"),
        ({"hosts": {"a.example": "allow"}}, SURE, "http://evil.example/a.example", "clean"),
        ({"hosts": {"a.example": "allow"}}, SURE, "http://a.example@evil.example/", "clean"),
        ({"hosts": {"a.example": "allow"}}, SURE, "http://[", "clean"),
        ({"hosts": {"a.example": "allow"}}, SURE, None, "clean"),
        ({"hosts": {"a.example": "allow"}}, [], "http://a.example/", "allow"),
        ({"hosts": {"例子.example": "review"}}, SURE, "http://xn--fsqu00a.example/", "review"),
        ({"hosts": {"a.example": "allow", "b.a.example": "reject"}}, SURE, "http://b.a.example/", "reject"),
        ({"hosts": {"a.example": "clean"}, "actions": {"clean": "reject"}}, UNSURE, "http://a.example/", "clean"),
    ],
)
def test_what_is_done_is_the_operators(
    row: dict[str, Any], findings: list[Finding], url: str | None, action: str
) -> None:
    policy = Policy.from_dict(row).with_thresholds(THRESHOLDS)
    assert decide(findings, policy, 0.1, url) is Action(action)


@pytest.mark.parametrize(
    ("row", "findings", "url", "action"),
    [
        ({}, SURE, None, "review"),
        ({}, UNSURE, None, "review"),
        ({}, [], None, "allow"),
        ({"comments": "clean"}, SURE, None, "clean"),
        ({"comments": "reject"}, SURE, None, "reject"),
        ({"comments": "reject"}, UNSURE, None, "review"),
        ({"comments": "reject"}, [], None, "allow"),
        ({"comments": "reject", "actions": {"clean": "allow"}}, SURE, None, "allow"),
        ({"actions": {"review": "clean"}}, UNSURE, None, "review"),
        ({"hosts": {"a.example": "clean"}}, UNSURE, "http://a.example/", "review"),
        ({"comments": "clean"}, [finding(0.6, UNDER_AGE)], None, "reject"),
    ],
)
def test_comment_is_not_cleaned_by_default(
    row: dict[str, Any], findings: list[Finding], url: str | None, action: str
) -> None:
    policy = Policy.from_dict(row).with_thresholds(THRESHOLDS)
    assert decide(findings, policy, 0.1, url, is_comment=True) is Action(action)


def test_comment_and_page_differ_in_nothing_but_what_is_done(judge: Moderator) -> None:
    page = Page("写得很好，谢谢分享。\n澳门威尼斯人官网_真人百家乐开户_新葡京娱乐场_时时彩投注", is_html=False)
    mine, theirs = judge.check(page), judge.check(replace(page, is_comment=True))
    assert (mine.action, theirs.action) == (Action.CLEAN, Action.REVIEW)
    assert theirs.findings == mine.findings
    assert judge.examine(replace(page, is_comment=True)).verdict == theirs


def test_title_field_counts_where_titles_count(judge: Moderator) -> None:
    text = "澳门威尼斯人官网_真人百家乐开户_新葡京娱乐场"
    page = Page(text, is_html=False)
    titled = replace(page, title=Span(0, len(text)))
    titles = Moderator(judge.model, Policy(places=frozenset({Place.TITLE})))
    assert [len(titles.check(each).findings) for each in (page, titled)] == [0, 1]
    # What it is called changes no score.
    assert titles.check(titled).findings[0].score == judge.check(page).findings[0].score


def test_thresholds_of_the_model_fill_what_is_open() -> None:
    policy = Policy(review=0.7).with_thresholds(THRESHOLDS)
    assert (policy.review, policy.clean) == (0.7, 0.9)
    assert Policy(review=0.0, clean=0.0).with_thresholds(THRESHOLDS) == Policy(review=0.0, clean=0.0)


# -- files


def load(folder: Path, text: str) -> Policy:
    path = folder / "policy.toml"
    path.write_text(text, "utf-8")
    return Policy.load(path)


def test_load(tmp_path: Path) -> None:
    text = (
        'name = "cms"\nreview = 0.6\nclean = 1\nreject_share = 0.7\nplaces = ["title", "meta"]\n[labels]\nseo = 1.1\n'
    )
    assert load(tmp_path, text) == Policy("cms", 0.6, 1.0, 0.7, {"seo": 1.1}, frozenset({Place.TITLE, Place.META}))
    text = 'fail = "open"\nphrases = ["赌神"]\n[hosts]\n"A.example" = "allow"\n[actions]\nclean = "review"\n'
    assert load(tmp_path, text) == Policy(
        fail="open", phrases=("赌神",), hosts={"a.example": Action.ALLOW}, actions={Action.CLEAN: Action.REVIEW}
    )
    assert load(tmp_path, "") == Policy()


BROKEN = {
    "unknown key": (
        "threshold = 0.5",
        "unknown key 'threshold'; known are actions, clean, comments, fail, hosts, labels",
    ),
    "no number": ('review = "high"', "review = 'high' is not a score"),
    "negative": ("clean = -0.1", "clean = -0.1 is not a score"),
    "truth": ("review = true", "review = True is not a score"),
    "not a number": ("review = nan", "review = nan is not a score"),
    "label without a number": ('[labels]\nseo = "off"', "labels.seo = 'off' is not a score"),
    "unknown place": ('places = ["roof"]', "places are title, meta, heading, head, body, links, footer"),
    "one place": ('places = "title"', "places"),
    "labels as a list": ('labels = ["seo"]', "labels"),
    "places as a number": ("places = 3", "places are title"),
    "one phrase": ('phrases = "赌神"', "write phrases = ["),
    "a phrase of nothing": ('phrases = ["赌神", " | "]', "' | ' in phrases is no phrase"),
    "a phrase as a number": ("phrases = [3]", "3 in phrases is no phrase"),
    "hosts as a list": ('hosts = ["a.example"]', "write [hosts]"),
    "host with a scheme": ('[hosts]\n"https://a.example" = "allow"', "'https://a.example' in hosts is no host name"),
    "host with a star": ('[hosts]\n"*.a.example" = "allow"', "a host covers those below it"),
    "host with a word": (
        '[hosts]\n"a.example" = "ignore"',
        "hosts.a.example = 'ignore' is no action; actions are allow",
    ),
    "host with a list": ('[hosts]\n"a.example" = []', "hosts.a.example = [] is no action"),
    "unknown action": ('[actions]\nclean = "hold"', "actions.clean = 'hold' is no action; actions are allow, clean"),
    "action of what is fine": ('[actions]\nallow = "review"', "actions.allow cannot be set"),
    "actions as a word": ('actions = "review"', "write [actions]"),
    "comments as an outcome": ('comments = "hold"', "comments = 'hold' is no action; actions are allow, clean"),
    "neither open nor closed": ("fail = true", 'fail = True; give "open", "closed"'),
    "no TOML": ("review: 0.5", "cannot be read as a policy"),
    "brackets in brackets": (f"places = {'[' * 2000}", "cannot be read as a policy"),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_broken_file(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, text)
    assert message in str(caught.value)
    assert "policy.toml" in str(caught.value)


@pytest.mark.parametrize("value", ["inf", "+inf", "-inf", "nan", "1e999", "-1", "true", '"1"', "10000000000"])
@pytest.mark.parametrize("key", ["review", "clean", "reject_share", "labels.adult"])
def test_no_score_is_refused_by_its_key(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(PolicyError, match=rf"policy\.toml: {key} = .* is not a score"):
        load(tmp_path, f"{key} = {value}")


def test_label_that_the_model_does_not_have_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("[labels]\nadult = 2\ngambing = 0.3\n", "utf-8")
    match = (
        r"policy\.toml: labels\.gambing cannot be set: the model has no label 'gambing'; its labels are adult, gambling"
    )
    with pytest.raises(PolicyError, match=match):
        Moderator.load(policy=path)
    with pytest.raises(PolicyError, match=r"policy: labels\.gambing"):
        Moderator.load(policy=Policy(labels={"gambing": 0.3}))


def test_unreadable_file(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"none\.toml cannot be read"):
        Policy.load(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PolicyError, match=r"binary\.toml cannot be read"):
        Policy.load(tmp_path / "binary.toml")


@pytest.mark.parametrize("row", [{"review": None}, {"name": "a", "clean": 0.5, "labels": {}}])
def test_from_dict(row: dict[str, Any]) -> None:
    assert Policy.from_dict(row) == Policy(row.get("name", "default"), clean=row.get("clean"))


# -- the examples, by what they change


INJECTED = "<div style='display:none'>澳门威尼斯人_开户网址_新葡京娱乐场_百家乐平台_真人博彩开户送彩金</div>"
THROUGHOUT = (
    "<title>澳门威尼斯人_开户网址_新葡京娱乐场</title><h1>新葡京娱乐场</h1><p>澳门威尼斯人_开户网址_新葡京娱乐场,百家乐平台排行,"
    "十大正规线上赌场</p><div style='display:none'>十大电竞投注平台,网赌十大网站</div>"
    "<p>真人视讯 电子游艺 彩票游戏 体育投注 优惠活动 代理加盟 免费开户 "
    "注册送彩金 六合彩 时时彩 北京赛车 老虎机 百家乐 轮盘</p>"
)
NEWS = "<p>记者从市公安局获悉，警方近日捣毁一个跨境网络犯罪窝点，抓获涉案人员三十余人，案件正在进一步侦办中。</p>"
CLINIC = "<p>我院门诊部周一至周日开放，挂号请提前预约。儿科、内科、外科专家轮流坐诊，就诊请携带身份证和医保卡。</p>"
FILM = "<p>本片讲述一位年轻厨师回到家乡重开老店的故事，演员表演自然，画面温暖。</p>"
LESSONS = "<p>学校将于下周举行秋季运动会，请各班级做好准备，家长可在操场东侧观看比赛。</p>"

TRAINING = f"{LESSONS[:-4]}同学们积极参加训练，老师认真指导。</p>"
NAMES = f"<title>第二中学</title>{TRAINING * 4}<div hidden>澳门威尼斯人,新葡京,永利皇宫,新葡京</div>"


def page(text: str, extra: str) -> str:
    return f"<title>首页</title><h1>首页</h1>{text * 4}{extra}"


EXAMPLES = [
    ("news-portal", page(NEWS, INJECTED), None, "clean", "review"),
    ("news-portal", page(NEWS, INJECTED), "https://feed.wire.example/1", "clean", "allow"),
    ("news-portal", NAMES, None, "review", "allow"),
    ("news-portal", THROUGHOUT, None, "reject", "review"),
    ("hospital", page(CLINIC, INJECTED), None, "clean", "clean"),
    ("hospital", page(CLINIC, "<p>伟哥,西地那非价格,壮阳药网购,延时喷剂哪里买</p>"), None, "clean", "allow"),
    ("hospital", THROUGHOUT, None, "reject", "review"),
    ("film-portal", page(FILM, INJECTED), None, "clean", "clean"),
    ("film-portal", page(FILM, INJECTED), "https://forum.films.example/t/9", "clean", "review"),
    (
        "film-portal", page(FILM, "<ul><li>新葡京娱乐场</li><li>赌侠</li><li>澳门风云</li></ul>"), None,
        "allow", "allow",
    ),
    (
        "film-portal", page(FILM, "<p>最新电影免费在线观看,高清完整版下载,手机在线播放,免费电影网站大全</p>"), None,
        "allow", "allow",
    ),
    ("school", page(LESSONS, INJECTED), None, "clean", "clean"),
    ("school", page(LESSONS, ""), None, "allow", "allow"),
]  # fmt: skip


@pytest.fixture(scope="module")
def judge() -> Moderator:
    return Moderator.load()


@pytest.mark.parametrize(("name", "html", "url", "without", "action"), EXAMPLES)
def test_example(judge: Moderator, name: str, html: str, url: str | None, without: str, action: str) -> None:
    policy = Policy.load(POLICIES / f"{name}.toml")
    assert policy.name == name
    assert judge.check(html, url).action == without
    moderator = Moderator(judge.model, policy.with_thresholds(judge.model.thresholds))
    assert moderator.check(html, url).action == action


@pytest.mark.parametrize("code", ["term:澳门", "text:length", "context:before", "page:words", "name:known"])
def test_what_the_text_says_rejects_no_page_by_itself(code: str) -> None:
    policy = Policy().with_thresholds({"review": 0.5, "clean": 0.9})
    said, built = Reason(code, 5.0), Reason("place:title", 0.2)
    assert decide([finding(0.99, said)], policy, 1.0) is Action.CLEAN
    assert decide([finding(0.99, said, built)], policy, 1.0) is Action.REJECT


def test_every_example_is_tested_and_says_what_a_service_answers_without_a_verdict() -> None:
    files = {path.stem: Policy.load(path) for path in POLICIES.glob("*.toml")}
    assert set(files) == {name for name, *_ in EXAMPLES}
    assert {policy.fail for policy in files.values()} == {"open", "closed"}


def test_what_is_only_reported_is_found_and_not_cut(judge: Moderator) -> None:
    policy = Policy.from_dict({"hosts": {"wire.example": "allow"}}).with_thresholds(judge.model.thresholds)
    moderator = Moderator(judge.model, policy)
    mine = Page(page(NEWS, INJECTED), url="http://wire.example/")
    verdict = moderator.check(mine)
    assert verdict.findings == judge.check(mine).findings
    assert moderator.clean(mine) == moderator.clean(mine, verdict) == Cleaned(mine.content)
    assert judge.clean(mine).cuts
