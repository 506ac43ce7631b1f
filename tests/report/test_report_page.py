"""The page of the report in a real browser: filters, orders and pages; what it leaves out of a large audit."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import chdir
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from browsing import chromium
from test_report import HOSTILE

from moderation.audit.local import audit
from moderation.common.messages import speaking
from moderation.policy import MINOR
from moderation.report import report

ROOT = Path(__file__).parents[2]
needs_chromium = pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium")
LABELS = ("gambling", "fraud", "piracy")
PLACES = ("title", "meta", "footer")
ACTIONS = ("clean", "review", "reject")


def compose(folder: Path, sizes: list[int], finding: Callable[[int, int], dict[str, Any]] | None = None) -> Path:
    """The folder of an audit, as it is written: of each host so many flagged pages.

    Host ``h07`` advertises what its number says, at one place and with one action; a page in two has a second finding.
    Its text is ``Text NUMBER`` of the host, and of every fourth host one of its own for each page.
    """
    folder.mkdir()
    rows: list[dict[str, Any]] = []
    hosts = []
    for number, size in enumerate(sizes):
        host = f"h{number:02}.example"
        about = {"label": LABELS[number % 3], "place": PLACES[number // 3 % 3], "action": ACTIONS[number // 9 % 3]}
        for at in range(size):
            first = {
                "label": about["label"], "score": round(0.5 + (number + at) / 1000, 3), "place": about["place"],
                "hidden": None, "path": "html", "start": 0, "end": 9, "context": ["before", "after"],
                "reasons": [{"code": f"place:{about['place']}", "weight": 1.0}], "labels": {about["label"]: 1.0},
                "text": f"Ｔext {number} 免费 {at if number % 4 == 0 else ''}",
            }  # fmt: skip
            second = {**first, "label": "seo", "place": "body", "score": 0.4, "text": "all of them"}
            found = [{**each, **(finding(number, at) if finding else {})} for each in (first, second)[: 1 + at % 2]]
            date = f"2024-{number % 12 + 1:02}-{at % 28 + 1:02}T00:00:00Z"
            url = f"http://{host}/{at}.html"
            row = {"where": f"a.jsonl#{len(rows)}", "host": host, "date": date, "id": url, "url": url}
            rows.append({**row, "action": about["action"], "findings": found})
        row = {
            "host": host,
            "pages": 2 * size,
            "flagged": size,
            "since": rows[-size]["date"],
            "until": rows[-1]["date"],
        }
        counts = {f"{kind}s": {about[kind]: size} for kind in ("label", "place", "action")}
        hosts.append({**row, **counts})
    for name, lines in (("findings", rows), ("hosts", hosts), ("errors", [])):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "ascii")
    counters = {"records": 2 * len(rows), "pages": 2 * len(rows), "flagged": len(rows), "characters": 0, "months": {}}
    counters |= {kind: {} for kind in ("errors", "skipped", "actions", "labels", "places", "archives")}
    run = {"state": "finished", "model": "m", "policy": "default", "thresholds": {"review": 0.5, "clean": 0.9}}
    run |= {"settings": {}, "inputs": [], "ended": "2024-01-01T00:00:00Z", "seconds": 1, "counters": counters}
    (folder / "run.json").write_text(json.dumps({**run, "python": "3", "moderation": "0"}), "ascii")
    report(folder)
    return folder


class Seen(NamedTuple):
    """Identities of what is shown, in its order; addresses of pages; words by identity, class or tag."""

    shown: list[str]
    opened: list[str]
    pages: list[str]
    said: dict[str, str]


class Reader(HTMLParser):
    """What a dumped page shows: elements without ``hidden`` on the way to them."""

    _VOID = frozenset({"meta", "input", "rect", "line", "br", "hr"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen = Seen([], [], [], {})
        self._path: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in self._VOID:
            self._path.append((tag, given))
        if self._is_shown() and given.get("class") in ("host", "campaign"):
            self.seen.shown.append(given["id"] or "")
            if "open" in given:
                self.seen.opened.append(given["id"] or "")

    def handle_endtag(self, tag: str) -> None:
        while tag not in self._VOID and self._path and self._path.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._is_shown() or not data.strip():
            return
        if self._path[-1][0] == "b" and self._path[-2][1].get("class") == "where":
            self.seen.pages.append(data)
        for tag, given in self._path:
            name = given.get("id") or given.get("class") or tag
            if name:
                self.seen.said[name] = self.seen.said.get(name, "") + data

    def _is_shown(self) -> bool:
        return not any("hidden" in given for _, given in self._path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 hosts, the first with 60 pages, the others with one to six."""
    return compose(tmp_path_factory.mktemp("audit") / "out", [60, *(1 + number % 6 for number in range(1, 60))])


def opened(page: Path, fragment: str, profile: Path) -> tuple[Seen, str]:
    """What Chromium shows of a page, and what it logs."""
    done = subprocess.run(
        [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--enable-logging=stderr", f"--user-data-dir={profile}", "--virtual-time-budget=2000", "--dump-dom",
            f"{page.as_uri()}{fragment}",
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return Reader(done.stdout).seen, done.stderr


@pytest.fixture
def see(folder: Path, tmp_path: Path) -> Callable[[str], Seen]:
    """Opens the page at a fragment."""

    def at(fragment: str) -> Seen:
        seen, said = opened(folder / "report.html", fragment, tmp_path)
        assert "CONSOLE" not in said
        return seen

    return at


def rank(folder: Path) -> dict[str, str]:
    """Of each host, the identity that it has in the page."""
    page = (folder / "report.html").read_text("utf-8")
    return {
        host: name
        for name, host in re.findall(
            r'<details class="host" id="(h\d+)".*?<span class="name">(.*?)</span>', page, re.DOTALL
        )
    }


def of_hosts(seen: Seen) -> list[str]:
    return [name for name in seen.shown if name.startswith("h")]


def test_all_of_it_stands_in_the_page_where_no_script_runs(folder: Path) -> None:
    seen = Reader((folder / "report.html").read_text("utf-8")).seen
    assert len(of_hosts(seen)) == 60
    assert len(seen.pages) == len((folder / "findings.jsonl").read_text("ascii").splitlines())
    assert "filter" not in seen.said
    assert not seen.opened


@needs_chromium
def test_script_that_is_not_ours_is_refused_and_all_is_shown(folder: Path, tmp_path: Path) -> None:
    page = (folder / "report.html").read_text("utf-8")
    (tmp_path / "changed.html").write_text(
        page.replace('"use strict";', '"use strict"; document.title = "ran";'), "utf-8"
    )
    seen, said = opened(tmp_path / "changed.html", "#label=gambling", tmp_path)
    assert len(of_hosts(seen)) == 60
    assert "filter" not in seen.said
    assert seen.said["title"].startswith("Audit")
    assert "Content Security Policy" in said


@needs_chromium
@pytest.mark.parametrize(
    ("fragment", "language"),
    [("#text=document.title", "en"), ("#view=pages&sort=text", "en"), ("#c1", "en"), ("#text=document.title", "zh_CN")],
)
def test_nothing_of_hostile_findings_runs(tmp_path: Path, fragment: str, language: str) -> None:
    def finding(number: int, at: int) -> dict[str, Any]:
        hostile = f"{HOSTILE}{number}" * (1 + at)
        reasons = [
            {"code": "campaign:hosts", "weight": 1.0, "detail": hostile},
            {"code": f"term:{HOSTILE}", "weight": 2.0},
        ]
        return {"text": hostile, "context": [hostile, hostile], "hidden": hostile, "label": hostile, "reasons": reasons}

    with speaking(language):
        folder = compose(tmp_path / "out", [3, 2, 1], finding)
    page = (folder / "report.html").read_text("utf-8")
    own = ("script", "img", "iframe", "object", "base", "link", "form")
    assert [re.findall(rf"<{name}\b", page) for name in own] == [["<script"], *[[]] * 6]
    assert page.count("document.title=7") > 50
    seen, said = opened(folder / "report.html", fragment, tmp_path / "profile")
    titles = {"en": "Audit: 6 of 12 pages flagged", "zh_CN": "审计：12 个页面中标记 6 个"}
    assert seen.said["title"] == titles[language]
    assert "CONSOLE" not in said
    assert seen.pages or seen.opened == ["c1"]
    begins = {"en": "6 pages" if "view" in fragment else "3 ", "zh_CN": "匹配：3 个主机中的 3 个，"}
    assert seen.said["said"].startswith(begins[language])


# -------------------------------------------------------------------------------------------------------------- Chinese


@needs_chromium
def test_chinese_page_says_its_counts_in_chinese(chinese: Path, tmp_path: Path) -> None:
    seen, said = opened(chinese / "report.html", "#label=seo&host=h00", tmp_path)
    assert "CONSOLE" not in said
    assert seen.said["said"] == "匹配：60 个主机中的 1 个，269 个页面中的 30 个。"
    assert seen.said["hits"] == "匹配 30 个"
    assert re.fullmatch(r"\d+ 个攻击活动中有 1 个符合上面的筛选条件。", seen.said["campaigns-said"])
    assert len(seen.pages) == 25
    assert "显示更多（共 30 个页面）" in seen.said["h1"]
    seen, _ = opened(chinese / "report.html", "#at=2", tmp_path)
    assert seen.said["said"] == "60 个主机，269 个页面。"
    assert "上一页第 26 至 50 项，共 60 项下一页" in seen.said["pager"]


@needs_chromium
@pytest.mark.parametrize("fragment", ["#label=gambling&sort=-host", "#view=pages&sort=label&action=review"])
def test_an_address_shows_the_same_in_every_language(
    see: Callable[[str], Seen], chinese: Path, tmp_path: Path, fragment: str
) -> None:
    english = see(fragment)
    seen, _ = opened(chinese / "report.html", fragment, tmp_path / "other")
    assert (seen.shown, seen.pages) == (english.shown, english.pages)
    assert seen.pages or seen.shown


@needs_chromium
def test_host_without_a_name_is_found_by_its_code_in_every_language(tmp_path: Path) -> None:
    folder = compose(tmp_path / "out", [1, 1])
    for name in ("findings", "hosts"):
        path = folder / f"{name}.jsonl"
        path.write_text(path.read_text("ascii").replace('"host": "h01.example"', '"host": ""'), "ascii")
    for language, name in (("en", "(no address)"), ("zh_CN", "（没有地址）")):
        with speaking(language):
            report(folder)
        seen, _ = opened(folder / "report.html", "#host=(no%20address)", tmp_path / language)
        assert len(of_hosts(seen)) == 1
        assert name in seen.said["h1"]


def rich(folder: Path) -> Path:
    """An audit in which nearly all is said that a report can say."""

    def finding(number: int, at: int) -> dict[str, Any]:
        reasons = [{"code": "shape:keyword-list", "weight": 1.0, "detail": "6 keywords"}]
        reasons += [{"code": "campaign:hosts", "weight": 1.0, "detail": "12 unrelated hosts"}] if number == 1 else []
        reasons = [{"code": MINOR, "weight": 9.0}] if (number, at) == (2, 0) else reasons
        text = f"免费{chr(0x4E00 + at)}" if number < 4 else "一样"
        return {"text": text, "context": ["前", "后"], "hidden": "display-none", "reasons": reasons}

    compose(folder, [40, 3, 2, 1, 1, *[1] * 40], finding)
    run = json.loads((folder / "run.json").read_text("ascii"))
    run |= {"settled": {"dropped": 2}, "inputs": [{"path": "a.jsonl"}] * 2}
    run["settings"] = {"sample": 0.5, "hosts": ["h.example"], "alone": True, "limit": 9}
    archive = {"records": 9, "pages": 7, "flagged": 3, "errors": {"binary": 1}, "skipped": {"not-html": 1}}
    run["counters"] |= {"errors": {"binary": 201}, "skipped": {"not-html": 1}, "actions": dict.fromkeys("abcde", 9)}
    run["counters"]["archives"] = {f"{number}.jsonl": archive for number in range(501)}
    month = {"pages": 9, "flagged": 3, "labels": {"gambling": 3}, "places": {"title": 3}}
    run["counters"]["months"] = {"2024-01": month}
    (folder / "run.json").write_text(json.dumps(run), "ascii")
    error = {"where": "a.jsonl#1", "code": "binary", "message": "二进制"}
    (folder / "errors.jsonl").write_text(f"{json.dumps(error)}\n" * 201, "ascii")
    rows = [json.loads(line) for line in (folder / "findings.jsonl").read_text("ascii").splitlines()]
    rows[1]["date"] = ""
    (folder / "findings.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "ascii")
    return folder


def test_no_english_is_left_in_a_chinese_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, most in (("_HOSTS", 40), ("_PAGES", 50), ("_NAMED", 3), ("_CAMPAIGNS", 2), ("_LIFTED", 1)):
        monkeypatch.setattr(f"moderation.report._view.{name}", most)
    catalogues = pytest.importorskip("catalogues", exc_type=ImportError)
    folder = rich(tmp_path / "out")
    found = {}
    for language in ("en", "zh_CN"):
        with speaking(language):
            report(folder)
        page = re.sub(r"<(script|style)>.*?</\1>", "", (folder / "report.html").read_text("utf-8"), flags=re.DOTALL)
        found[language] = " ".join(html.unescape(page).split())
    stored = catalogues.stored(catalogues.SETS["package"])
    own = [text for text in stored if any(where.startswith("report/") for where, _ in text.locations)]
    patterns = {}
    for text in own:
        for form in text.id if isinstance(text.id, tuple) else (text.id,):
            parts = re.split(r"%\(\w+\)s|\{\w+\}", form)
            if re.search("[A-Za-z]{2}", " ".join(re.sub("<[^>]*>|[a-z_]+\\.[a-z]+", "", part) for part in parts)):
                # Words alone stand alone, as text or as the value of an attribute.
                said = ".{0,99}?".join(map(re.escape, parts))
                patterns[form] = said if " " in form.strip() else rf'[>"]\s*{said}\s*[<"]'
    # These are codes too: values of attributes, and names of tables.
    codes = {"hosts", "pages", "host", "text", "clean", "campaign", "campaigns"}
    english = {form for form, said in patterns.items() if re.search(said, found["en"])}
    assert len(english) > 115
    assert {form for form in english - codes if re.search(patterns[form], found["zh_CN"])} == set()
    # Of what is in none of these, two words in a row would be a sentence.
    text = re.sub(r"<code>.*?</code>|<[^>]*>", "\n", found["zh_CN"])
    assert re.findall(r"[A-Za-z]{2,} [A-Za-z]{2,}", text) == []


@needs_chromium
def test_lists_have_pages(see: Callable[[str], Seen]) -> None:
    first, last = see("#"), see("#at=3")
    assert of_hosts(first) == [f"h{number}" for number in range(1, 26)]
    assert of_hosts(last) == [f"h{number}" for number in range(51, 61)]
    assert first.said["said"] == "60 hosts, 269 pages."
    # Of the first host there are more pages than one list shows.
    assert sum("//h00.example/" in page for page in first.pages) == 25


@needs_chromium
@pytest.mark.parametrize(
    ("fragment", "hosts"),
    [
        ("label=fraud&place=meta", range(4, 60, 9)),
        ("action=review&label=piracy&place=title", (11, 38)),
        ("host=H1&action=review", range(10, 18)),
        # Width and case are one.
        ("text=tEXT%2017", (17,)),
        ("text=%20h03.example/1.html", (3,)),
        ("label=seo&host=h09", (9,)),
    ],
)
def test_filters_leave_what_matches(folder: Path, see: Callable[[str], Seen], fragment: str, hosts: Any) -> None:
    names = rank(folder)
    expected = {names[f"h{number:02}.example"] for number in hosts}
    assert set(of_hosts(see(f"#{fragment}"))) == expected


@needs_chromium
def test_filters_reach_campaigns_and_the_pages_of_a_host(folder: Path, see: Callable[[str], Seen]) -> None:
    seen = see("#label=seo&host=h00")
    assert seen.said["said"] == "1 of 60 hosts, 30 of 269 pages match."
    assert seen.said["hits"] == "30 match"
    assert {int(re.findall(r"/(\d+)\.html", page)[0]) % 2 for page in seen.pages} == {1}
    assert seen.said["campaigns-said"].startswith("1 of ")
    assert sum(name.startswith("c") for name in seen.shown) == 1


@needs_chromium
def test_orders(folder: Path, see: Callable[[str], Seen]) -> None:
    names = {identity: host for host, identity in rank(folder).items()}
    by_name = [names[name] for name in of_hosts(see("#sort=-host"))]
    assert by_name == [f"h{number:02}.example" for number in range(59, 34, -1)]
    by_label = [LABELS[int(names[name][1:3]) % 3] for name in of_hosts(see("#sort=label&at=2"))]
    # 20 hosts of each label: on the second page stand the 26th to the 50th.
    assert by_label == ["gambling"] * 15 + ["piracy"] * 10


@needs_chromium
def test_pages_as_one_list(see: Callable[[str], Seen]) -> None:
    seen = see("#view=pages&sort=score&label=gambling")
    assert of_hosts(seen) == []
    assert len(seen.pages) == 25
    scores = [int(host) + int(at) for host, at in re.findall(r"//h(\d\d)\.example/(\d+)\.html", "\n".join(seen.pages))]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 60
    assert all(int(page[8:10]) % 3 == 0 for page in seen.pages)


@needs_chromium
def test_address_of_a_host_or_campaign_opens_it(see: Callable[[str], Seen]) -> None:
    seen = see("#h40")
    assert seen.opened == ["h40"]
    assert of_hosts(seen) == [f"h{number}" for number in range(26, 51)]
    assert see("#c2").opened == ["c2"]


@needs_chromium
def test_what_is_no_choice_changes_nothing(see: Callable[[str], Seen]) -> None:
    nonsense = see("#label=%3Cb%3E&place=x&sort=constructor&at=-7&view=__proto__&campaigns=1e99")
    assert of_hosts(nonsense) == of_hosts(see("#at=0"))


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    """Chromium, driven."""
    with chromium(tmp_path / "chromium") as found:
        yield found


def test_by_hand(folder: Path, browser: Any) -> None:
    from selenium.webdriver.common.by import By

    def shown(selector: str) -> list[Any]:
        return [each for each in browser.find_elements(By.CSS_SELECTOR, selector) if each.is_displayed()]

    def fragment() -> str:
        return str(browser.execute_script("return location.hash"))

    browser.get((folder / "report.html").as_uri())
    shown("#hosts + .pager button")[1].click()
    assert fragment() == "#at=2"
    assert shown(".host")[0].get_attribute("id") == "h26"
    shown("#columns button")[0].click()
    shown("#columns button")[0].click()
    assert fragment() == "#sort=-host"
    assert shown(".host .name")[0].text == "h59.example"
    shown("[name=host]")[0].send_keys("h00")
    assert fragment() == "#host=h00&sort=-host"
    shown(".host > summary")[0].click()
    assert len(shown(".page")) == 25
    shown(".host > button")[0].click()
    assert len(shown(".page")) == 50
    # Masked until it is opened.
    (text, *_) = shown(".page .text details")
    assert "免费" not in text.text
    text.find_element(By.TAG_NAME, "summary").click()
    assert "免费" in text.text
    shown("#clear")[0].click()
    shown(".campaign > summary")[0].click()
    shown(".campaign .on a")[-1].click()
    assert re.fullmatch(r"#h\d+", fragment())
    (host,) = shown(f".host[open]{fragment()}")
    assert host.find_element(By.CSS_SELECTOR, ".page").is_displayed()
    browser.back()
    assert fragment() == "#sort=-host"
    assert shown(".host .name")[0].text == "h59.example"


# ------------------------------------------------------------------------------------------------- how it looks

# What the eye needs to read a text of this size on its ground, by WCAG 2.
READABLE = 4.5
PICTURES = {"en": "report", "zh_CN": "report-zh"}
# The ratio of contrast between the colour of an element's text and what it stands on, elements without a ground of
# their own looked through.
CONTRAST = """
const parts = text => text.match(/[0-9.]+/g).map(Number);
const light = ([r, g, b]) => [r, g, b].map(c => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
  .reduce((sum, c, at) => sum + c * [.2126, .7152, .0722][at], 0);
return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility() && e.textContent.trim()).map(e => {
  let ground = e;
  const painted = () => (parts(getComputedStyle(ground).backgroundColor)[3] ?? 1) > 0;
  while (ground.parentElement && !painted()) ground = ground.parentElement;
  const colours = [getComputedStyle(e).color, getComputedStyle(ground).backgroundColor];
  const [one, other] = colours.map(colour => light(parts(colour)));
  return [e.className || e.tagName, (Math.max(one, other) + .05) / (Math.min(one, other) + .05)];
});
"""


# Top and bottom of the parts of each row that is seen, host, pages and label first.
ROWS = """
return [...document.querySelectorAll("summary.row")].filter(row => row.checkVisibility()).map(row =>
  ["name", "n", "labels", "places", "actions", "share", "dates"].map(part => row.querySelector(`:scope > .${part}`))
    .filter(part => part).map(part => part.getBoundingClientRect()).map(part => [part.top, part.bottom]));
"""


@pytest.fixture(scope="module", params=PICTURES)
def looked_at(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A language, and the report of the archive in examples/ in it."""
    out = tmp_path_factory.mktemp("example") / "audit"
    # Called as a reader would call it.
    with speaking(request.param), chdir(ROOT):
        audit(["examples/crawl.warc.gz"], out)
        report(out)
    return request.param, out / "report.html"


def screen(browser: Any, page: Path, width: int, height: int, scheme: str, *, mobile: bool = False) -> None:
    """Opens a page, and its second host, on a screen of this size."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme_of = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme_of})
    browser.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
    browser.get(page.as_uri())
    browser.execute_script("document.querySelectorAll('details.host')[1].open = true")


def kept(browser: Any, tmp_path: Path, name: str) -> None:
    """A picture of what is seen; in the folder that ``MODERATION_SCREENSHOTS`` names, too."""
    assert browser.save_screenshot(str(tmp_path / f"{name}.png"))
    if "MODERATION_SCREENSHOTS" in os.environ:
        shutil.copy(tmp_path / f"{name}.png", Path(os.environ["MODERATION_SCREENSHOTS"]) / f"{name}.png")


def test_on_a_phone_host_pages_and_label_come_first(
    looked_at: tuple[str, Path], folder: Path, browser: Any, tmp_path: Path
) -> None:
    language, page = looked_at
    for number, each in enumerate((page, folder / "report.html")):
        screen(browser, each, 390, 760, "light", mobile=True)
        # All of it opened: nothing stands beside the screen, whatever it is.
        browser.execute_script("document.querySelectorAll('details').forEach(each => each.open = true)")
        width, wide = browser.execute_script(
            "return [document.documentElement.scrollWidth, [...document.querySelectorAll('main *')].filter("
            "e => e.checkVisibility() && e.getBoundingClientRect().right > 390.5).map(e => e.outerHTML.slice(0, 200))]"
        )
        assert (width, wide) == (390, [])
        rows = browser.execute_script(ROWS)
        assert len(rows) >= 5
        for (_, name_end), (pages, _), (labels, labels_end), *rest in rows:
            assert name_end <= pages + 1
            # Beside the pages, or where there is no room for both, below them.
            assert labels >= pages - 4
            assert all(top >= labels_end - 4 for top, _ in rest)
        if not number:
            screen(browser, each, 390, 760, "light", mobile=True)
            browser.execute_script("document.querySelector('#found').scrollIntoView()")
            kept(browser, tmp_path, f"{PICTURES[language]}-narrow")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_can_be_read_in_both_schemes(
    looked_at: tuple[str, Path], browser: Any, tmp_path: Path, scheme: str
) -> None:
    language, page = looked_at
    screen(browser, page, 1140, 1560, scheme)
    ground = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (max(map(int, re.findall(r"\d+", ground)[:3])) < 64) is (scheme == "dark")
    found = browser.execute_script(CONTRAST, "main *")
    assert len(found) > 100
    assert {name: round(ratio, 2) for name, ratio in found if ratio < READABLE} == {}
    # Masked, as it is opened.
    assert "新葡京" not in browser.execute_script("return document.body.innerText")
    kept(browser, tmp_path, PICTURES[language] + ("" if scheme == "light" else "-dark"))


def test_large_audit_is_a_page_of_bounded_size_that_says_what_it_leaves_out(tmp_path: Path) -> None:
    def finding(number: int, at: int) -> dict[str, Any]:
        return {"text": f"<\"'&{number}-{at}" * 40, "context": ["<\"'&" * 40] * 2}

    folder = compose(tmp_path / "out", [2000, *[2] * 1200], finding)
    page = (folder / "report.html").read_text("utf-8")
    size = len(page.encode())
    assert size < 5_000_000
    ((shown, total),) = re.findall(r"This file holds ([\d,]+) of ([\d,]+) flagged pages", page)
    assert total == "4,400"
    count = int(shown.replace(",", ""))
    assert page.count('<article class="page"') == count > 500
    assert re.search(r"of the [\d,]+ of 1,201 hosts with most", page)
    # No host goes without, though one has half of all.
    hosts = page.split('<details class="host"')[1:]
    assert all('<article class="page"' in host for host in hosts[:300])
    (left,) = re.findall(r"([\d,]+) more flagged pages of this host do not stand in this file", hosts[0])
    assert int(left.replace(",", "")) == 2000 - hosts[0].count('<article class="page"')


def test_page_with_many_findings_shows_one_of_each_kind_first(tmp_path: Path) -> None:
    folder = compose(tmp_path / "out", [1])
    (row,) = [json.loads(line) for line in (folder / "findings.jsonl").read_text("ascii").splitlines()]
    many = [{**row["findings"][0], "text": f"text {number}"} for number in range(20)]
    row["findings"] = [*many, {**many[0], "place": "links", "score": 0.2}]
    (folder / "findings.jsonl").write_text(json.dumps(row) + "\n", "ascii")
    report(folder)
    page = (folder / "report.html").read_text("utf-8")
    assert re.findall(r'<div class="finding" data-label="gambling" data-place="(\w+)"', page)[:2] == ["title", "links"]
    assert "and 16 more findings on this page" in page
