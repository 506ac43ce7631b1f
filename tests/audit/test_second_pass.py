"""The second pass: what unrelated hosts share is a campaign, what all pages of a host share is its own."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from moderation import Moderator
from moderation.audit import second_pass
from moderation.audit.cluster import jobs, rows
from moderation.audit.judging import Settings
from moderation.audit.local import audit
from moderation.data import Action, Finding, Page, Place, Reason, Span, Verdict
from moderation.engine import WEAK, Examined
from moderation.errors import AuditError
from moderation.policy import MINOR, Policy
from moderation.report import report

ROOT = Path(__file__).parents[2]
PAGES = [path.read_text("utf-8") for path in sorted((ROOT / "datasets" / "pages").glob("*.html"))]
RESULTS = ("findings.jsonl", "dropped.jsonl", "errors.jsonl", "hosts.jsonl")
# Of no lexicon; the model doubts them in front of these frames.
BRAND = "蛎孬"
FRAMES = ("棋牌", "官网登录", "游戏平台", "体育官网", "娱乐官网", "体育", "娱乐", "官网", "彩票官网")


def page_of(kind: int, number: int, title: str = "", line: str = "", foot: str = "") -> str:
    """A bundled page, with something in its title, its first line or its footer."""
    page = PAGES[kind].replace("</title>", f" {number}{title and '_' + title}</title>", 1)
    page = page.replace("<body>", f"<body>\n{line and line + '<br>'}", 1)
    return page.replace("</body>", f"{foot and '<p>' + foot + '</p>'}\n</body>", 1)


def doubted() -> str:
    """What the model doubts in the titles of the pages used here, and does not flag: models differ."""
    moderator = Moderator.load()
    for frame in FRAMES:
        seen = [moderator.examine(page_of(kind, 2, title=BRAND + frame)) for kind in range(5)]
        if all(not verdict.findings and any(BRAND in each.text for each in weak) for verdict, weak in seen):
            return BRAND + frame
    raise AssertionError("no frame is doubted: name others in FRAMES")


TITLE = doubted()


def crawl(path: Path, hosts: dict[str, Sequence[str]]) -> Path:
    """An archive of hosts and their pages."""
    with path.open("w", encoding="ascii") as file:
        for host, pages in hosts.items():
            for number, page in enumerate(pages):
                url = f"http://{host}/{number}"
                file.write(json.dumps({"id": url, "url": url, "date": "2024-05-01T00:00:00Z", "html": page}) + "\n")
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(row) for row in path.read_bytes().splitlines()]


def lifted(out: Path) -> dict[str, dict[str, Any]]:
    """The findings of a campaign, by the page's address."""
    return {
        row["url"]: finding
        for row in lines(out / "findings.jsonl")
        for finding in row["findings"]
        if any(reason["code"] == "campaign:hosts" for reason in finding["reasons"])
    }


def planted(hosts: Sequence[str], where: str = "title") -> dict[str, list[str]]:
    """Hosts of four pages, one of them with the brand."""
    return {
        host: [page_of(number % 2, at, **({where: TITLE} if at == 2 else {})) for at in range(4)]
        for number, host in enumerate(hosts)
    }


def test_name_on_three_unrelated_hosts_is_a_campaign(tmp_path: Path) -> None:
    hosts = ("www.one.com", "two.cn", "three.com.cn")
    archive = crawl(tmp_path / "a.jsonl", planted(hosts))
    assert audit([archive], tmp_path / "alone", Settings(alone=True)).flagged == 0
    total = audit([archive], tmp_path / "out")
    found = lifted(tmp_path / "out")
    assert set(found) == {f"http://{host}/2" for host in hosts}
    for row in lines(tmp_path / "out" / "findings.jsonl"):
        (finding,) = row["findings"]
        (reason,) = [each for each in finding["reasons"] if each["code"] == "campaign:hosts"]
        page = planted(hosts)[row["host"]][2]
        assert page[finding["start"] : finding["end"]] == finding["text"] == TITLE
        assert finding["score"] == Moderator.load().policy.review
        assert reason["detail"] == "3 unrelated hosts"
        assert reason["weight"] > 0
        assert row["action"] == "review"
        assert len(finding["context"]) == 2
        Verdict.from_dict(row)
    run = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert run["settled"]["lifted"] == 3
    assert run["counters"]["actions"] == {"review": 3}
    assert total.flagged == run["counters"]["archives"][str(archive)]["flagged"] == 3
    assert [(row["flagged"], row["since"]) for row in lines(tmp_path / "out" / "hosts.jsonl")] == [
        (1, "2024-05-01T00:00:00Z")
    ] * 3
    assert not list((tmp_path / "out").glob("*.part.jsonl"))


@pytest.mark.parametrize(
    "hosts",
    [
        ("www.one.com", "two.cn"),
        ("a.one.com", "b.one.com", "c.one.com", "one.com"),
        ("a.blogs.com.cn", "b.blogs.com.cn", "two.cn"),
        ("10.0.0.1", "one.com"),
    ],
    ids=["two", "one-domain", "two-domains", "address"],
)
def test_related_hosts_are_no_campaign(tmp_path: Path, hosts: Sequence[str]) -> None:
    audit([crawl(tmp_path / "a.jsonl", planted(hosts))], tmp_path / "out")
    assert lifted(tmp_path / "out") == {}


def test_hosts_that_own_the_name_are_none_of_a_campaign(tmp_path: Path) -> None:
    """On their pages it stands alone as well, or on most of them; then it has to be foreign to the others."""
    three = planted(("one.com", "two.cn", "three.org"))
    own = {"own.net": [page_of(3, at, title=TITLE, foot=f"{BRAND}公司") for at in range(2)]}
    usual = {"usual.net": [page_of(4, at, title=TITLE) for at in range(6)]}
    audit([crawl(tmp_path / "a.jsonl", {**three, **own})], tmp_path / "one")
    assert set(lifted(tmp_path / "one")) == {f"http://{host}/2" for host in three}
    audit([crawl(tmp_path / "b.jsonl", {**three, **usual, **own})], tmp_path / "two")
    assert lifted(tmp_path / "two") == {}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("在线观看", "title"),
        ("首页", "title"),
        ("版权所有", "foot"),
        ("Powered by Discuz!", "foot"),
        ("微信公众平台", "line"),
        ("手机app下载", "line"),
        ("官网", "title"),
    ],
)
def test_what_everybody_says_is_no_campaign(tmp_path: Path, text: str, where: str) -> None:
    hosts = {f"site{number}.com": [page_of(number % 12, 0, **{where: text})] for number in range(24)}
    archive = crawl(tmp_path / "a.jsonl", hosts)
    alone = audit([archive], tmp_path / "alone", Settings(alone=True))
    assert audit([archive], tmp_path / "out").flagged == alone.flagged
    assert lifted(tmp_path / "out") == {}


def test_large_crawl_takes_more_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = crawl(tmp_path / "a.jsonl", planted(("one.com", "two.cn", "three.org")))
    monkeypatch.setattr(second_pass, "_SITES", 1)
    audit([archive], tmp_path / "three")
    assert len(lifted(tmp_path / "three")) == 3
    quiet = {f"quiet{number}.com": [page_of(2, number)] for number in range(4)}
    archive = crawl(tmp_path / "b.jsonl", planted(("one.com", "two.cn", "three.org")) | quiet)
    audit([archive], tmp_path / "seven")
    assert lifted(tmp_path / "seven") == {}


def test_least_score_and_policy_hold_for_campaigns_too(tmp_path: Path) -> None:
    archive = crawl(tmp_path / "a.jsonl", planted(("one.com", "two.cn", "three.org")))
    assert audit([archive], tmp_path / "score", Settings(score=0.95)).flagged == 0
    for name, text in (
        ("places", 'places = ["body"]'),
        ("phrases", f'phrases = ["{TITLE}"]'),
        (
            "labels",
            "[labels]\ngambling = 1.1\nadult = 1.1\nfraud = 1.1\nseo = 1.1\npiracy = 1.1\ndrugs = 1.1\nescort = 1.1",
        ),
    ):
        (tmp_path / f"{name}.toml").write_text(text, "utf-8")
        assert audit([archive], tmp_path / name, Settings(policy=str(tmp_path / f"{name}.toml"))).flagged == 0
    (tmp_path / "hosts.toml").write_text('[hosts]\n"two.cn" = "allow"\n', "utf-8")
    audit([archive], tmp_path / "hosts", Settings(policy=str(tmp_path / "hosts.toml")))
    actions = {row["host"]: row["action"] for row in lines(tmp_path / "hosts" / "findings.jsonl")}
    assert actions == {"one.com": "review", "two.cn": "allow", "three.org": "review"}


def test_same_bytes_with_workers_on_a_cluster_and_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = planted(("one.com", "two.cn", "three.org", "four.net"))
    hosts |= planted(("five.com", "six.cn", "seven.org"), "foot")
    hosts |= {f"quiet{number}.com": [page_of(number % 12, at) for at in range(30)] for number in range(8)}
    archive = crawl(tmp_path / "a.jsonl", hosts)
    settings = Settings(clean=("jsonl",))
    whole = audit([archive], tmp_path / "whole", settings)
    assert len(lifted(tmp_path / "whole")) >= 4
    assert audit([archive], tmp_path / "workers", settings, workers=2).to_dict() == whole.to_dict()
    given = list(jobs([(0, str(archive))]))
    random.Random(3).shuffle(given)
    ordered = sorted(rows(given, settings), key=lambda row: row[:3])
    (tmp_path / "cluster").mkdir()
    for name in (second_pass.FINDINGS, second_pass.NOTES):
        text = "".join(f"{row.line}\n" for row in ordered if row.file == name)
        (tmp_path / "cluster" / second_pass.part_of(name)).write_text(text, "ascii")
    total = audit([archive], tmp_path / "counts", Settings(alone=True))
    monkeypatch.setattr(second_pass, "_KEYS", 3)
    second_pass.decide_all(tmp_path / "cluster", total, settings)
    assert total.to_dict() == whole.to_dict()
    for name in RESULTS:
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "workers" / name).read_bytes(), name
        if name in ("findings.jsonl", "dropped.jsonl"):
            assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "cluster" / name).read_bytes(), name


class Stop(Exception):
    pass


@pytest.mark.parametrize("moment", ["before", "after"])
def test_run_that_ends_in_the_second_pass_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    archive = crawl(tmp_path / "a.jsonl", planted(("one.com", "two.cn", "three.org")))
    audit([archive], tmp_path / "whole")
    decide_all = second_pass.decide_all

    def stop(*given: Any) -> Any:
        if moment == "after":
            decide_all(*given)
        raise Stop

    monkeypatch.setattr("moderation.audit.local.decide_all", stop)
    with pytest.raises(Stop):
        audit([archive], tmp_path / "out")
    assert json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["state"] == "unfinished"
    monkeypatch.undo()
    audit([archive], tmp_path / "out")
    for name in RESULTS:
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


def test_findings_and_notes_of_different_runs_are_refused(tmp_path: Path) -> None:
    total = audit([crawl(tmp_path / "a.jsonl", planted(("one.com",)))], tmp_path / "out")
    (tmp_path / "out" / "findings.part.jsonl").write_text('{"where": "b"}\n')
    notes = {"where": "a", "host": "one.com", "flagged": True, "found": [], "weak": [], "keys": [], "names": []}
    (tmp_path / "out" / "notes.part.jsonl").write_text(json.dumps(notes) + "\n")
    with pytest.raises(AuditError, match="findings and notes differ"):
        second_pass.decide_all(tmp_path / "out", total, Settings())


def test_report_shows_what_was_lifted(tmp_path: Path) -> None:
    audit([crawl(tmp_path / "a.jsonl", planted(("one.com", "two.cn", "three.org")))], tmp_path / "out")
    made = report(tmp_path / "out")
    assert (made.campaigns, made.largest) == (1, 3)
    page = made.page.read_text("utf-8")
    assert "campaign:hosts" in page
    assert "3 unrelated hosts" in page
    assert TITLE in page


# --------------------------------------------------------------------------------------------- what is a host's own


def examined(change: Callable[[Page], tuple[list[Finding], list[Finding]]], policy: Policy) -> Callable[..., Examined]:
    """What stands in the place of the engine: findings and weak candidates that a test decides on."""

    def examine(_: Moderator, page: Page) -> Examined:
        found, weak = change(page)
        action = Action.REVIEW if found else Action.ALLOW
        return Examined(Verdict(action, tuple(found), "m", policy.name, page.url), tuple(weak))

    return examine


def finding(page: Page, text: str, score: float, *reasons: Reason, label: str = "gambling") -> Finding:
    start = page.content.index(text)
    span = Span(start, start + len(text))
    return Finding(label, score, Place.TITLE, "", "html/head/title", span, text, ((label, 1.0),), reasons)


@pytest.fixture
def policy() -> Policy:
    return Moderator.load().policy


SLOGAN = "某某彩票资讯网"


@pytest.mark.parametrize(
    ("pages", "doubted", "score", "reasons", "other", "dropped"),
    [
        (30, 10, 0.7, (), False, 10),
        (30, 10, 0.7, (), True, 0),
        (30, 10, 0.95, (), False, 0),
        (30, 10, 0.7, (Reason("place:hidden", 1.0),), False, 0),
        (30, 10, 0.7, (Reason("entity:coded", 1.0),), False, 0),
        (10, 4, 0.7, (), False, 0),
    ],
    ids=["own", "elsewhere", "sure", "hidden", "coded", "few"],
)
def test_what_all_pages_of_a_host_say_is_its_own(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    policy: Policy,
    pages: int,
    doubted: int,
    score: float,
    reasons: tuple[Reason, ...],
    other: bool,
    dropped: int,
) -> None:
    def change(page: Page) -> tuple[list[Finding], list[Finding]]:
        assert page.url is not None
        if SLOGAN not in page.content:
            return [], []
        number = int(page.url.rpartition("/")[2])
        if number < doubted:
            hidden = "display-none" if any(reason.code == "place:hidden" for reason in reasons) else ""
            return [replace(finding(page, SLOGAN, score, *reasons), hidden=hidden)], []
        return [], [finding(page, SLOGAN, 0.4)]

    monkeypatch.setattr(Moderator, "examine", examined(change, policy))
    hosts = {"own.com": [page_of(0, at, title=SLOGAN) for at in range(pages)], "quiet.com": [page_of(1, 0)]}
    if other:
        hosts["other.com"] = [page_of(2, 0, title=SLOGAN), page_of(2, 1)]
    total = audit([crawl(tmp_path / "a.jsonl", hosts)], tmp_path / "out")
    out = lines(tmp_path / "out" / "dropped.jsonl")
    assert len(out) == dropped
    assert total.flagged == doubted + other - dropped
    for row in out:
        (reason,) = [each for each in row["findings"][0]["reasons"] if each["code"] == "host:everywhere"]
        assert reason["detail"] == f"on 100 % of {pages} pages"
        assert reason["weight"] < 0
    (own,) = [row for row in lines(tmp_path / "out" / "hosts.jsonl") if row["host"] == "own.com"]
    assert own["flagged"] == doubted - dropped
    assert ("since" in own) == (dropped == 0)
    assert sum(total.actions.values()) == total.flagged


def test_nothing_of_a_text_about_minors_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: Policy
) -> None:
    seen: list[bytes] = []
    decide_all = second_pass.decide_all

    def look(out: Path, *rest: Any) -> Any:
        seen.append((out / "notes.part.jsonl").read_bytes())
        return decide_all(out, *rest)

    def change(page: Page) -> tuple[list[Finding], list[Finding]]:
        weak = finding(page, TITLE, 0.5, label="adult")
        hidden = finding(page, TITLE, 0.5, Reason(MINOR, 10.0), label="adult")
        if "one.com" in str(page.url):
            return [], [hidden]
        return [finding(page, TITLE[:2], 0.9, Reason(MINOR, 10.0), label="adult")], [weak]

    monkeypatch.setattr(Moderator, "examine", examined(change, policy))
    monkeypatch.setattr("moderation.audit.local.decide_all", look)
    hosts = {host: [page_of(0, 0, title=TITLE)] for host in ("one.com", "two.cn", "three.org", "four.net")}
    audit([crawl(tmp_path / "a.jsonl", hosts)], tmp_path / "out")
    assert b"score" not in seen[0]
    assert lifted(tmp_path / "out") == {}


def test_weak_findings_are_few_and_overlap_nothing() -> None:
    moderator = Moderator.load()
    seen = 0
    for page in (*PAGES, page_of(0, 0, title=TITLE)):
        verdict, weak = moderator.examine(page)
        assert verdict == moderator.check(page)
        assert len(weak) <= 12
        assert [each.score for each in weak] == sorted((each.score for each in weak), reverse=True)
        spans = [each.span for each in (*verdict.findings, *weak)]
        assert not any(one.overlaps(other) for at, one in enumerate(spans) for other in spans[:at])
        assert all(WEAK <= each.score < (moderator.policy.review or 0) for each in weak)
        seen += len(weak)
    assert seen > 0
