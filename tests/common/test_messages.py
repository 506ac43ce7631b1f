"""What people read, in their language: complete catalogues, and what command line and service really say."""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import string
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import BLOCK, BLOG, Server, httpx

from moderation.audit.judging import Settings
from moderation.cli import main
from moderation.cli.speech import ARGPARSE, left, right, width, wrapped
from moderation.common import messages
from moderation.common.messages import accepted, from_environment, gettext, known, speaking
from moderation.data import Finding, Place, Reason, Span
from moderation.presentation.wording import WORDED, WORDS, reasons_in_words, word

ROOT = Path(__file__).parents[2]
HIJACKED = ROOT / "examples" / "hijacked.html"
HAN = re.compile("[\u4e00-\u9fff]")
# What argparse says to who programs with it.
TO_PROGRAMMERS = re.compile(
    r"__call__|conflict|subparser alias|argument \"-\"|can't open|two groups|is an invalid argument|must start with"
    r"|dest= is|mutually|multiple subparser|not allowed with|one of the arguments|expected %s|unexpected option"
    r"|not callable|deprecated|cannot|default: "
)


# ----------------------------------------------------------------------------------------------------------- catalogues


@pytest.fixture(scope="module", params=["package", "django", "wagtail", "wordpress"])
def name(request: pytest.FixtureRequest) -> str:
    if request.param == "wagtail":
        pytest.importorskip("django")
    chosen: str = request.param
    return chosen


def placeholders(text: str) -> list[str]:
    """What is put into a text: names in braces and per cent, and those of PHP."""
    percent = re.findall(r"%(?:\(\w+\)|\d\$)?[sdr]", text)
    try:
        braces = [f"{part}!{form}:{spec}" for _, part, spec, form in string.Formatter().parse(text) if part is not None]
    except ValueError:
        # It is not formatted: its braces are braces.
        braces = []
    return sorted(percent + [part for part in braces if re.match(r"[a-z_]+!", part)])


def test_catalogue_is_complete(name: str) -> None:
    catalogues = pytest.importorskip("catalogues", exc_type=ImportError)
    each = catalogues.SETS[name]
    wanted = {(text.context, text.id): text for text in catalogues.extracted(each) if text.id}
    stored = {(text.context, text.id): text for text in catalogues.stored(each) if text.id}
    assert len(wanted) > 30
    assert set(wanted) - set(stored) == set(), "run make messages, and translate what it names"
    assert set(stored) - set(wanted) == set(), "run make messages: these are said no more"
    run = catalogues.compiled(each)
    for text in stored.values():
        said = text.string if isinstance(text.string, tuple) else (text.string,)
        assert "fuzzy" not in text.flags, text.id
        assert all(said), f"not translated: {text.id}"
        many = text.id[1] if isinstance(text.id, tuple) else text.id
        for form in said:
            # A number is said once in Chinese, whatever the form.
            assert set(placeholders(form)) == set(placeholders(many)), text.id
            assert form.endswith("\n") == many.endswith("\n"), text.id
        if isinstance(text.id, tuple):
            assert run.ngettext(*text.id, 2) == said[0]
        else:
            read = run.pgettext(text.context, text.id) if text.context else run.gettext(text.id)
            assert read == text.string, "run make messages: what runs is older than what is written"


def test_no_text_hides_from_the_extraction() -> None:
    hidden = []
    for path in sorted((ROOT / "moderation").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            inside = ast.walk(node) if isinstance(node, ast.JoinedStr) else ()
            called = [each for each in inside if isinstance(each, ast.Call)]
            hidden += [f"{path.name}:{each.lineno}" for each in called if _name(each) in ("gettext", "ngettext", "N_")]
            if isinstance(node, ast.Call) and _name(node) in ("N_", "P_"):
                hidden += [f"{path.name}:{node.lineno}" for each in node.args if not isinstance(each, ast.Constant)]
    assert hidden == []


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def test_all_that_argparse_says_to_users_is_translated() -> None:
    babel = pytest.importorskip("babel.messages.extract")
    rows = babel.extract_from_file("python", argparse.__file__)
    said = {text for _, message, _, _ in rows for text in ([message] if isinstance(message, str) else message)}
    assert {text for text in said if text not in ARGPARSE and not TO_PROGRAMMERS.search(text)} == set()


# ------------------------------------------------------------------------------------------------------------- choosing


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("zh-CN", "zh_CN"), ("zh_CN.UTF-8", "zh_CN"), ("zh_Hans", "zh_CN"), ("ZH-tw", "zh_CN"), ("zh", "zh_CN"),
        ("en_US.UTF-8", "en"), ("C.UTF-8", "en"), ("POSIX", "en"), ("de_DE", ""), ("", ""), ("zhx", ""), ("*", ""),
    ],
)  # fmt: skip
def test_names_of_languages(given: str, meant: str) -> None:
    assert known(given) == meant


@pytest.mark.parametrize(
    ("environment", "meant"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "zh_CN"}, "zh_CN"),
        ({"LANGUAGE": "de:zh_CN:en", "LC_ALL": "en_US"}, "zh_CN"),
        ({"LANGUAGE": "", "LANG": "zh_CN"}, "zh_CN"),
        ({"LANG": "fr_FR"}, "en"),
    ],
)
def test_language_of_the_environment(environment: dict[str, str], meant: str) -> None:
    assert from_environment(environment) == meant


@pytest.mark.parametrize(
    ("header", "meant"),
    [
        ("", "en"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh_CN"), ("en,zh;q=0.9", "en"), ("en;q=0.2, zh-Hant;q=0.7", "zh_CN"),
        ("de, fr;q=0.9", "en"), ("zh;q=0", "en"), ("zh;q=x", "en"), ("zh;q=nan", "en"), ("*", "en"),
        ("x," * 100_000 + "zh", "en"),
    ],
)  # fmt: skip
def test_language_of_a_header(header: str, meant: str) -> None:
    assert accepted(header) == meant


def test_nothing_is_translated_unless_somebody_chose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "zh_CN")
    assert gettext("withheld") == "withheld"
    with speaking("zh_CN"):
        assert gettext("withheld") == "不予显示"
        assert gettext("") == ""
        assert gettext("no such text") == "no such text"
        with speaking("en"):
            assert gettext("withheld") == "withheld"
        found: list[str] = []
        thread = threading.Thread(target=lambda: found.append(gettext("withheld")))
        thread.start()
        thread.join()
        assert found == ["withheld"]
    assert messages.language() == "en"


def test_an_iterator_does_not_speak_for_who_takes_its_items() -> None:
    def items() -> Iterator[str]:
        yield gettext("withheld")
        yield gettext("withheld")

    with speaking("zh_CN"):
        assert [(item, gettext("withheld")) for item in messages.unspoken(items())] == [("withheld", "不予显示")] * 2


# ------------------------------------------------------------------------------------------------------- reasons, words


def test_every_reason_and_word_is_said_in_chinese() -> None:
    with speaking("zh_CN"):
        assert [text for text in WORDED.values() if not HAN.search(gettext(text))] == []
        kinds = {"action": "review", "label": "gambling", "place": "footer", "error": "too-large", "skipped": "folder"}
        assert [word(kind, code) for kind, code in kinds.items()] == ["待审", "博彩", "页脚", "过大", "文件夹"]
        # A model's own label is its own word.
        assert word("label", "own-label") == "own-label"
    assert {word("label", text) for text in WORDS} == set(WORDS)


def test_details_of_reasons_are_said_in_chinese() -> None:
    reasons = (
        Reason("shape:keyword-list", 0.9, None, "6 keywords"),
        Reason("campaign:hosts", 0.8, None, "12 unrelated hosts"),
        Reason("host:everywhere", 0.7, None, "on 97 % of 40 pages"),
    )
    finding = Finding("gambling", 0.9, Place.TITLE, "", "p", Span(0, 9), "新葡京娱乐城开户送", (), reasons)
    english = reasons_in_words(finding)
    with speaking("zh_CN"):
        chinese = reasons_in_words(finding)
    assert english[0] == "it is a list of keywords (6 keywords)"
    assert chinese == [
        "是一串关键词（6 个关键词）",
        "同样的名称出现在多个互不相关的网站上（12 个互不相关的主机）",
        "本站所有页面都有（见于 40 个页面的 97 %）",
    ]


# --------------------------------------------------------------------------------------------------------- command line


def spawn(*arguments: str | Path, **environment: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "moderation.cli", *map(str, arguments)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "LANGUAGE": "", "LC_ALL": "", "COLUMNS": "80", **environment}
    done = subprocess.run(command, capture_output=True, env=env, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_command_line_speaks_the_language_of_the_environment(tmp_path: Path) -> None:
    code, out, err = spawn("check", HIJACKED, tmp_path / "nix.html", LANG="zh_CN.UTF-8")
    assert code == 2
    assert out.splitlines()[0] == f"{HIJACKED}  清理  命中 3 处"
    assert "    依据：" in out
    assert "1 个页面中标记 1 个，1 个无法判断" in out
    assert err == f"moderation: {tmp_path / 'nix.html'}：没有这个文件或文件夹；请检查名称和权限\n"


def test_option_counts_more_than_the_environment(tmp_path: Path) -> None:
    for arguments in (["--lang", "en", "check"], ["check", "--lang=en"]):
        _, out, _ = spawn(*arguments, HIJACKED, LANG="zh_CN.UTF-8")
        assert "CLEAN  3 findings" in out
    for arguments in (["--lang", "zh", "check"], ["check", "--lang=zh-CN"]):
        _, out, _ = spawn(*arguments, HIJACKED, LANG="C.UTF-8")
        assert "清理  命中 3 处" in out
    code, _, err = spawn("check", "--lang", "de", HIJACKED, LANG="zh_CN.UTF-8")
    assert code == 2
    assert "参数 --lang：无效的值：'de'" in err


def test_help_and_wrong_use_are_chinese_and_fit_the_terminal() -> None:
    _, out, _ = spawn("audit", "--help", LANG="zh_CN.UTF-8")
    texts = [line.split("  ")[-1] for line in out.splitlines() if line.startswith("  -")]
    assert [text for text in texts if not HAN.search(text) and not text.lstrip().startswith("-")] == []
    assert max(width(line) for line in out.splitlines() if not line.lstrip().startswith(("moderation", "2 "))) <= 80
    code, _, err = spawn("check", LANG="zh_CN.UTF-8")
    assert (code, err.splitlines()[-1]) == (2, "moderation check：错误：缺少参数：PATH")


def test_json_is_the_same_in_every_language(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    found = []
    for language in messages.LANGUAGES:
        main(["check", str(HIJACKED), "--format", "jsonl", "--lang", language])
        found.append(capsysbinary.readouterr().out)
    assert found[0] == found[1]


def test_files_of_an_audit_are_the_same_in_every_language(tmp_path: Path) -> None:
    from moderation.audit.local import audit

    names = ("findings.jsonl", "errors.jsonl", "hosts.jsonl", "dropped.jsonl")
    archive = ROOT / "examples" / "crawl.warc.gz"
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04" + bytes(100))
    for language in messages.LANGUAGES:
        with speaking(language):
            audit([archive, tmp_path / "broken.zip"], tmp_path / language, Settings())
    rows = [[(tmp_path / language / each).read_bytes() for each in names] for language in messages.LANGUAGES]
    assert rows[0] == rows[1]
    assert len(rows[0][1].splitlines()) >= 2


def test_columns_are_as_wide_as_they_look() -> None:
    assert (width("a页e\u0301"), left("页", 4), right("页", 4)) == (4, "页  ", "  页")
    lines = wrapped("文件夹里没有页面；请指定含有 HTML、文本或 JSON Lines 文件的文件夹。", 20)
    assert max(map(width, lines)) <= 22
    assert not any(line.startswith(("，", "；", "。", "、")) for line in lines)
    assert "".join(lines).replace(" ", "") == "文件夹里没有页面；请指定含有HTML、文本或JSONLines文件的文件夹。"


# -------------------------------------------------------------------------------------------------------------- service


def test_service_answers_in_the_language_of_the_request(server: Server) -> None:
    def ask(language: str, key: str = BLOG, **row: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}", "Accept-Language": language}
        return httpx.post(f"{server.url}/v1/check", json=row, headers=headers, timeout=60)

    chinese = ask("zh-CN,zh;q=0.9,en;q=0.8", key="wrong", text="a")
    assert chinese.status_code == 401
    assert chinese.json()["error"] == {"code": "key", "message": "密钥未知；请以 Authorization: Bearer KEY 发送"}
    assert chinese.headers["content-language"] == "zh-CN"
    assert ask("de", key="wrong", text="a").json()["error"]["message"].startswith("no known key")
    assert ask("zh", wrong="a").json()["error"]["message"] == "wrong：没有这个字段；见 /openapi.json"
    assert ask("zh", text="  ").json()["error"]["message"] == "页面为空：没有可判断的内容"
    same = [ask(language, text=f"{BLOCK}") for language in ("zh", "en")]
    assert json.dumps(same[0].json()) == json.dumps(same[1].json())


def test_requests_at_once_keep_their_languages(server: Server) -> None:
    wrong: list[str] = []

    def ask(language: str, sign: str) -> None:
        headers = {"Authorization": f"Bearer {BLOG}", "Accept-Language": language}
        # Long enough to be judged in the thread beside the loop.
        body = {"text": " " * 30_000}
        for _ in range(10):
            said = httpx.post(f"{server.url}/v1/check", json=body, headers=headers, timeout=60).json()
            if sign not in str(said):
                wrong.append(str(said))

    asked = (("zh", "页面为空"), ("en", "the page is empty")) * 3
    threads = [threading.Thread(target=ask, args=each) for each in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_header_stays_one(server: Server) -> None:
    """Akismet's clients read why a key is not known in a header, which has no place for Chinese."""
    answer = httpx.post(
        f"{server.url}/1.1/verify-key", data={"key": "x"}, headers={"Accept-Language": "zh"}, timeout=60
    )
    assert (answer.status_code, answer.text) == (200, "invalid")
    assert answer.headers["x-akismet-debug-help"] == "the key is not known here"
