"""One page, one verdict: the same JSON through the library, the command line and HTTP, under any policy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serving import BLOCK, PORTAL, ROOT, Server, httpx, start, stop, without_fields

from moderation import Moderator, Page
from moderation.cli import main
from moderation.engine import read_page

EXAMPLES = sorted((ROOT / "examples").glob("*.html"))
POLICIES = ["", *sorted(path.stem for path in (ROOT / "examples" / "policies").glob("*.toml"))]
# Enough of the real pages for every charset and several sites; all of them are judged by the gate.
EVERY = 4


@pytest.fixture(scope="module", params=POLICIES, ids=lambda name: name or "default")
def judging(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Path, Moderator]]:
    """A server, the file of its policy, and a moderator with the same one."""
    folder = tmp_path_factory.mktemp("service")
    example = ROOT / "examples" / "policies" / f"{request.param}.toml"
    server = start(folder, policy=example.read_text("utf-8") if request.param else "")
    yield server, folder / "portal.toml", Moderator.load(policy=folder / "portal.toml")
    stop(server)


def over_http(server: Server, row: dict[str, Any]) -> dict[str, Any]:
    answer = server.post("/v1/check", row)
    assert answer.status_code == 200, answer.text
    return without_fields(answer.json())


def on_the_command_line(capture: pytest.CaptureFixture[bytes], policy: Path, *arguments: str) -> list[dict[str, Any]]:
    capture.readouterr()
    assert main(["check", *arguments, "--format", "jsonl", "--policy", str(policy)]) in (0, 1)
    return [json.loads(line) for line in capture.readouterr().out.splitlines()]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples(
    judging: tuple[Server, Path, Moderator], path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    server, policy, moderator = judging
    url = "https://feed.wire.example/1"
    expected = moderator.check(path.read_bytes(), url).to_dict()
    (printed,) = on_the_command_line(capsysbinary, policy, str(path), "--url", url)
    assert printed.pop("source") == str(path)
    assert printed == expected
    assert over_http(server, {"html": path.read_text("utf-8"), "url": url}) == expected


def test_whole_document(judging: tuple[Server, Path, Moderator]) -> None:
    server, _, moderator = judging
    for path in EXAMPLES:
        headers = {"Content-Type": "text/html", "X-API-Key": PORTAL}
        answer = httpx.post(f"{server.url}/v1/check", content=path.read_bytes(), headers=headers, timeout=30)
        assert without_fields(answer.json()) == moderator.check(path.read_bytes()).to_dict()


def test_rows(
    judging: tuple[Server, Path, Moderator], tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    server, policy, moderator = judging
    rows: list[dict[str, Any]] = [
        {"id": "a", "title": BLOCK, "html": "<p>本公司生产各种阀门。</p>"},
        {"id": 2, "text": f"欢迎来电咨询。\n{BLOCK}", "url": "http://forum.films.example/t/9"},
        {"id": 3, "title": "水质分析仪"},
        {"id": "\u2028", "text": "新葡京 — 澳门威尼斯人\x1b[31m 永利皇宫"},
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    printed = on_the_command_line(capsysbinary, policy, str(tmp_path / "rows.jsonl"))
    results = server.post("/v1/check", {"pages": rows}).json()["results"]
    assert [without_fields(row) for row in results] == printed
    last = Page(rows[3]["text"], is_html=False)
    assert {"id": "\u2028", **moderator.check(last).to_dict()} == printed[3]


def test_real_pages(
    judging: tuple[Server, Path, Moderator], sources: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    server, policy, moderator = judging
    heads = sorted((sources / "real_heads").glob("*.html"))
    # The two policies that judge most unlike each other see them all, the others the injected ones.
    pages = (
        sorted((sources / "html_zh").glob("*.html"))[::EVERY] if moderator.policy.name in ("default", "school") else []
    )
    assert heads
    printed = on_the_command_line(capsysbinary, policy, *map(str, [*heads, *pages]))
    for path, row in zip([*heads, *pages], printed, strict=True):
        assert row.pop("source") == str(path)
        page = read_page(path.read_bytes())
        assert row == moderator.check(page).to_dict()
        assert over_http(server, {"html" if page.is_html else "text": page.content}) == row
