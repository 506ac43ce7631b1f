"""The engine's scanner on the tokenizer's cases of html5lib-tests: names, attributes, text, and where comments end."""

from __future__ import annotations

import json
import subprocess
from html.entities import html5
from typing import Any

import pytest
from compiled import FOLDER, compiled, missing
from html5lib_cases import FOLDER as CASES
from html5lib_cases import Case, Token, cases, found

FILES = 14
_XML = "what html5lib puts in the place of characters that XML cannot hold; the standard's tokenizer does not"
# Cases that the scanner does not pass on purpose.
DEVIATIONS = {
    ("xmlViolation.test", "Non-XML character", "data"): _XML,
    ("xmlViolation.test", "Non-XML space", "data"): _XML,
    ("xmlViolation.test", "Double hyphen in comment", "data"): _XML,
    (
        "domjs.test",
        "lowercase endtags",
        "script",
    ): "the content of a script in an <xmp>: only <script> has such content",
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Case, list[Token]]]:
    """Each case, and what the scanner finds in its source."""
    if not list(CASES.glob("*.test")):
        pytest.skip("the cases of html5lib are not there; make html5lib fetches them from PyPI")
    if said := missing():
        pytest.skip(f"the scanner's own program needs {said}")
    compiled()
    names = tmp_path_factory.mktemp("tokens") / "names"
    names.write_text("".join(f"{name} {_numbers(text)}\n" for name, text in html5.items()), "utf-8")
    asked = cases()
    lines = "".join(f"{case.state} {case.inside} {_numbers(case.source)}\n" for case in asked)
    done = subprocess.run([FOLDER / "tokens", names], input=lines, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers: list[list[Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    return [(case, found(answer)) for case, answer in zip(asked, answers, strict=True)]


def _numbers(text: str) -> str:
    return " ".join(f"{ord(each):x}" for each in text)


def test_each_case_is_passed(results: list[tuple[Case, list[Token]]]) -> None:
    wrong = [(case, tokens) for case, tokens in results if tokens != case.tokens]
    unknown = [
        f"{case.file}: {case.name} ({case.state}): {case.source!r}\n  is     {tokens}\n  wanted {case.tokens}"
        for case, tokens in wrong
        if (case.file, case.name, case.state) not in DEVIATIONS
    ]
    assert not unknown, f"{len(unknown)} cases:\n" + "\n".join(unknown[:20])
    # None stands in the table that is passed.
    assert {(case.file, case.name, case.state) for case, _ in wrong} == set(DEVIATIONS)


def test_all_kinds_of_cases_are_there(results: list[tuple[Case, list[Token]]]) -> None:
    assert len({case.file for case, _ in results}) == FILES
    assert len(results) == 7034
    assert {case.state for case, _ in results} == {"data", "rcdata", "rawtext", "script", "plaintext", "cdata"}
    kinds = {token[0] for _, tokens in results for token in tokens}
    assert kinds == {"text", "start", "end", "comment", "doctype"}
