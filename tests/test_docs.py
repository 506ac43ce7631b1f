"""The documentation is executed, and says all there is."""

from __future__ import annotations

import argparse
import doctest
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

import moderation
from moderation.audit import second_pass
from moderation.cli import build_parser, main
from moderation.errors import PageError
from moderation.policy import MINOR, Policy
from moderation.stages.signals import CODES
from moderation.training.own import read_own

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
CHINESE = (ROOT / "README.zh-CN.md").read_text("utf-8")
CLI, LIBRARY, POLICIES, VERDICT = (
    (ROOT / "docs" / f"{name}.md").read_text("utf-8") for name in ("cli", "library", "policy", "verdict")
)
EVALUATE = (ROOT / "docs" / "evaluate.md").read_text("utf-8")
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("**/*.md"))]
NUMBER = re.compile(r"\d\.\d{2,}")
# What lines look like that differ from one model to another.
VARYING = {
    "    REASONS": re.compile(r"    (?:why: |依据：)"),
    "MODEL": re.compile(r"zh-headspam@\w+, policy default: review [\d.]+, clean [\d.]+$"),
    "  THRESHOLD": re.compile(r" +[\d.]+ +[\d.]+ % +[\d.]+ %"),
    "  WORST": re.compile(r"  [01]\.\d{6}  [A-Z]+  |    \[\[.*\]\]$"),
}


def fences(text: str, language: str) -> list[str]:
    """The code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def modules() -> dict[str, list[str]]:
    """By folder of the package, the files that docs/modules.md names, as they are written."""
    sections = (ROOT / "docs" / "modules.md").read_text("utf-8").split("\n## ")[1:]
    return {
        section.split("\n", 1)[0]: [
            name
            for cell in re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
            for name in re.findall("`([^`]+)`", cell)
        ]
        for section in sections
    }


@pytest.mark.parametrize(("folder", "named"), modules().items())
def test_each_module_is_explained_once(folder: str, named: list[str]) -> None:
    files = [path for path in (ROOT / "moderation" / folder).iterdir() if path.name not in ("__pycache__", "locale")]
    # Packages that have a section of their own.
    files = [path for path in files if f"{folder}{path.name}/" not in modules()]
    told = {name.rstrip("/").partition(".")[0] for name in named}
    there = {path.name.partition(".")[0] for path in files}
    assert sorted(told) == sorted(there - ({"__init__", "__main__"} - told))
    assert len(set(named)) == len(named)


def test_python_examples_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    source = "\n".join(fences(LIBRARY, "python"))
    test = doctest.DocTestParser().get_doctest(source, {}, "library.md", "library.md", 0)
    said: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert result.attempted > 10
    assert result.failed == 0, "".join(said)


@pytest.mark.parametrize("block", [*fences(README, "console"), *fences(EVALUATE, "console")])
def test_console_examples_print_what_they_say(
    block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    command, *expected = block.splitlines()
    main(shlex.split(command.removeprefix("$ moderation ")))
    printed = capsysbinary.readouterr().out.decode().splitlines()
    # A model that is trained anew has other numbers, other terms in front, and other worst cases.
    assert loosely(printed) == loosely(expected)


def loosely(lines: list[str]) -> list[str]:
    """The lines without what may differ from one model to another; alike ones that follow each other are one."""
    return [line for line, _ in groupby(map(_loosely, lines))]


def _loosely(line: str) -> str:
    for name, form in VARYING.items():
        if form.match(line):
            return name
    return NUMBER.sub("0.0", line)


# Commands of a README: those of its examples, and the lines of a shell, without their comments.
COMMANDS = re.compile(r"^(?:\$ (.+)|    ((?:make|pip|moderation) .+?)(?:  +#.*)?)$", re.MULTILINE)


def test_chinese_readme_says_the_same() -> None:
    """The same commands, code, links and numbers, so that a change of one is a change of both."""
    assert COMMANDS.findall(CHINESE) == COMMANDS.findall(README)
    assert fences(CHINESE, "py") == fences(README, "py") != []
    pages = [set(re.findall(r"\]\(([^)]+\.(?:md|png)[^)]*)\)", text)) for text in (README, CHINESE)]
    # The report speaks the language of who asks for it, and so does its picture.
    shown = [{page for page in each if "report" in page} for each in pages]
    assert shown == [{"docs/report.png"}, {"docs/report-zh.png"}]
    assert pages[0] - shown[0] - {"README.zh-CN.md"} == pages[1] - shown[1] - {"README.md"}
    assert re.findall(r"\| ([^|]*\d[^|]*) \|$", CHINESE, re.MULTILINE) == re.findall(
        r"\| ([^|]*\d[^|]*) \|$", README, re.MULTILINE
    )


def test_readme_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_json_example_has_the_fields_of_a_verdict(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (block,) = fences(VERDICT, "json")
    decoder = json.JSONDecoder()
    example, end = decoder.raw_decode(block)
    failure, _ = decoder.raw_decode(block[end:].lstrip())
    monkeypatch.chdir(ROOT)
    main(["check", "examples/hijacked.html", "no-such-page.html", "--format", "jsonl"])
    page, missing = map(json.loads, capsysbinary.readouterr().out.decode().splitlines())
    assert keys(example) - {"id"} == keys(page) - {"source"}
    assert keys(failure) == keys(missing)
    documented = set(re.findall(r"`(?:findings\[\]\.)?([a-z]+)`", VERDICT))
    assert keys(page) | keys(missing) | {"id"} <= documented


def keys(value: Any) -> set[str]:
    """All keys of a verdict, those of a free mapping left out."""
    if isinstance(value, list):
        return {key for item in value for key in keys(item)}
    if not isinstance(value, dict):
        return set()
    return {key for name, item in value.items() for key in ({name} | (set() if name == "labels" else keys(item)))}


def test_every_key_of_an_evaluation_is_documented(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(ROOT)
    out = tmp_path / "rows.jsonl"
    main(["evaluate", "examples/labelled.jsonl", "--format", "json", "--out", str(out)])
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    total = json.loads(capsysbinary.readouterr().out)
    # Labels, places and error codes are no keys of the format.
    for name in ("by_label", "by_place", "confusion", "false_alarms"):
        total[name] = list(total[name].values())
    del total["rows"]["left_out"]["label"]
    documented = set(re.findall(r"`([a-z_]+)`", EVALUATE))
    assert sorted(keys(total) - documented) == []
    assert sorted({key for row in rows for key in keys(row)} - documented) == []


def test_rows_of_the_training_example_are_all_learnt(tmp_path: Path) -> None:
    (block,) = fences((ROOT / "docs" / "training.md").read_text("utf-8"), "jsonl")
    path = tmp_path / "own.jsonl"
    path.write_text(block, "utf-8")
    rows, pages, problems = read_own(path)
    assert problems == []
    assert [row.label for row in rows] == ["gambling", "clean", "gambling"]
    assert rows[-1].text == "beat365官网"
    assert [page.site for page in pages] == ["valves.example"]


def test_policy_example_is_a_policy() -> None:
    (block,) = fences(POLICIES, "toml")
    row = tomllib.loads(block)
    assert set(row) == set(Policy.__slots__)
    assert Policy.from_dict(row).name == "news-desk"


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in build_parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def test_every_command_and_option_is_documented() -> None:
    names = {name for name, _ in commands()}
    options = {option for _, parser in commands() for action in parser._actions for option in action.option_strings}
    assert names == {
        "audit",
        "check",
        "clean",
        "completion",
        "doctor",
        "evaluate",
        "explain",
        "key",
        "model",
        "records",
        "report",
        "serve",
        "spark-audit",
    }
    assert [name for name in sorted(names) if f"`moderation {name}" not in CLI] == []
    assert [option for option in sorted(options - {"-h", "--help"}) if f"`{option}" not in CLI] == []


@pytest.mark.parametrize(("name", "parser"), [pytest.param(*each, id=each[0]) for each in commands()])
def test_every_command_has_an_example_that_it_takes_and_its_exit_codes(
    name: str, parser: argparse.ArgumentParser
) -> None:
    text = parser.format_help()
    examples = re.findall(r"^  (?:.*\| )?moderation (.*?)(?: > .*)?$", text.partition("\nexample:\n")[2], re.MULTILINE)
    assert examples
    for example in examples:
        assert example.partition(" ")[0] == name
        build_parser().parse_args(shlex.split(example))
    codes = re.findall(r"^  (\d)  ?\S", text.partition("\nexit codes:\n")[2], re.MULTILINE)
    assert codes[0] == "0"
    assert set(codes) <= {"0", "1", "2"}


def test_every_public_name_is_documented() -> None:
    assert [name for name in moderation.__all__ if f"`{name}`" not in LIBRARY] == []


def test_every_error_code_of_a_page_is_documented() -> None:
    codes = {kind.code for kind in PageError.__subclasses__()}
    assert len(codes) == 5
    assert [code for code in sorted(codes) if f"`{code}`" not in VERDICT] == []


@pytest.mark.parametrize("code", [*CODES, MINOR, *second_pass.CODES])
def test_every_reason_code_is_documented(code: str) -> None:
    assert f"`{code}`" in (ROOT / "docs" / "reasons.md").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"[a-z]+:", link)]
    missing = [link for link in links if not link.startswith("#") and not (page.parent / link.split("#")[0]).exists()]
    assert missing == []
    parted = [(page.parent / path if path else page, part) for path, _, part in (link.partition("#") for link in links)]
    assert [(path.name, part) for path, part in parted if part and part not in anchors(path)] == []


def anchors(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each).strip().lower().replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=lambda page: page.name)
def test_commands_in_sentences_are_taken(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Some only name a command, and leave out what it reads; what they say of it is right."""
    prose = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    wrong = []
    for said in re.findall(r"`moderation ([a-z][^`|\\…]*)", prose):
        try:
            build_parser().parse_args(shlex.split(said))
        except SystemExit:
            error = capsys.readouterr().err
            if "the following arguments are required" not in error:
                wrong.append((said, error))
    assert wrong == []
