"""The steps in a real run of datatrove's executor on one machine."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from moderation import Moderator

pytest.importorskip("datatrove", reason="needs moderation[datatrove]: make test-all")

ROOT = Path(__file__).parents[2]
CLEAN = (ROOT / "examples" / "clean.html").read_text("utf-8")
HIJACKED = (ROOT / "examples" / "hijacked.html").read_text("utf-8")
# Other people's code, in other processes' ends.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    for part in range(2):
        texts = [HIJACKED if number % 4 == 1 else " " if number == 6 else CLEAN for number in range(20)]
        rows = [
            {"id": f"{part}-{number}", "text": text, "metadata": {"url": f"http://a.cn/{number}"}}
            for number, text in enumerate(texts)
        ]
        with gzip.open(folder / f"{part}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    return folder


def run(documents: Path, out: Path, make: Any) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """What the pipeline wrote, by id, and its counts."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    LocalPipelineExecutor(
        # A row may hold nothing but white space, which the reader would drop by itself.
        pipeline=[JsonlReader(str(documents)), make(), JsonlWriter(str(out / "kept"))],
        tasks=2,
        workers=2,
        logging_dir=str(out / "logs"),
        skip_completed=False,
    ).run()
    (stats,) = [step for step in json.loads((out / "logs" / "stats.json").read_text()) if "Injected" in step["name"]]
    return rows(out / "kept"), stats["stats"]


def rows(folder: Path) -> dict[str, dict[str, Any]]:
    data = b"".join(gzip.decompress(path.read_bytes()) for path in folder.glob("*.jsonl.gz"))
    found = map(json.loads, data.splitlines())
    return {row["id"]: row for row in found}


def total(stats: dict[str, Any], name: str) -> int:
    value = stats[name]
    return int(value["total"] if isinstance(value, dict) else value)


def test_filter_drops_what_is_flagged_and_says_why(documents: Path, tmp_path: Path) -> None:
    from datatrove.pipeline.writers import JsonlWriter

    from moderation.pipelines.datatrove import SpamFilter

    out = tmp_path / "out"
    kept, stats = run(documents, out, lambda: SpamFilter(exclusion_writer=JsonlWriter(str(out / "dropped"))))
    dropped = rows(out / "dropped")
    assert len(kept) == 30
    assert {row["text"] for row in kept.values()} == {CLEAN, " "}
    assert len(dropped) == total(stats, "dropped") == total(stats, "dropped_adult") == 10
    expected = Moderator.load().check(HIJACKED).to_dict()
    for row in dropped.values():
        assert row["metadata"]["filter_reason"] == "adult"
        assert row["metadata"]["moderation"]["findings"] == expected["findings"]
    assert kept["0-6"]["metadata"]["moderation"]["error"]["code"] == "empty"


def test_filter_drops_only_the_actions_it_is_told(documents: Path, tmp_path: Path) -> None:
    from moderation.pipelines.datatrove import SpamFilter

    kept, stats = run(documents, tmp_path / "out", lambda: SpamFilter(actions=["reject"]))
    assert len(kept) == 40
    assert "dropped" not in stats
    with pytest.raises(ValueError, match="delete"):
        SpamFilter(actions=["delete"])


def test_cleaner_cuts_and_says_what(documents: Path, tmp_path: Path) -> None:
    from moderation.pipelines.datatrove import SpamCleaner

    kept, stats = run(documents, tmp_path / "out", SpamCleaner)
    assert len(kept) == 40
    assert {row["text"] for row in kept.values()} == {CLEAN, " "}
    assert total(stats, "cleaned") == 10
    for name, row in kept.items():
        found = row["metadata"]["moderation"]
        assert found.get("action") == (None if name.endswith("-6") else "clean" if int(name[2:]) % 4 == 1 else "allow")
    assert SpamCleaner().format(HIJACKED) == CLEAN
    assert SpamCleaner().format("") == ""


# All of it is spam, and sure enough to be cut.
SPAM = {
    "text": "澳门威尼斯人官网_真人百家乐开户_新葡京娱乐场_时时彩投注",
    "lines": "\n澳门威尼斯人官网_真人百家乐开户_新葡京娱乐场\n \n",
    "markup": "<html><title></title><body><p>澳门威尼斯人官网_真人百家乐开户_新葡京娱乐场</p></body></html>",
}


@pytest.mark.parametrize("name", SPAM)
def test_cleaner_drops_what_nothing_would_be_left_of(tmp_path: Path, name: str) -> None:
    from datatrove.data import Document
    from datatrove.pipeline.writers import JsonlWriter

    from moderation.pipelines.datatrove import SpamCleaner

    cleaner = SpamCleaner(exclusion_writer=JsonlWriter(str(tmp_path)))
    given = [Document(SPAM[name], "spam"), Document(CLEAN, "clean"), Document(HIJACKED, "hijacked")]
    assert [(doc.id, doc.text) for doc in cleaner.run(iter(given))] == [("clean", CLEAN), ("hijacked", CLEAN)]
    (row,) = rows(tmp_path).values()
    assert (row["id"], row["text"], row["metadata"]["filter_reason"]) == ("spam", SPAM[name], "gambling")
    assert row["metadata"]["moderation"]["action"] == "clean"
    # Without a writer it is dropped as well.
    assert list(SpamCleaner().run(iter([Document(SPAM[name], "spam")]))) == []


def test_example_of_the_documentation_runs_as_a_script(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "audit.md").read_text("utf-8")
    (code,) = [block for block in re.findall(r"```py\n(.*?)```", text, re.DOTALL) if "SpamFilter" in block]
    (tmp_path / "pipeline.py").write_text(code, "utf-8")
    (tmp_path / "documents").mkdir()
    texts = {"clean": CLEAN, "hijacked": HIJACKED, "spam": SPAM["text"]}
    for part in range(2):
        data = "".join(json.dumps({"id": f"{name}-{part}", "text": text}) + "\n" for name, text in texts.items())
        (tmp_path / "documents" / f"{part}.jsonl").write_text(data, "utf-8")
    # A process that began others would never end.
    subprocess.run(
        [sys.executable, "pipeline.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        timeout=120,
    )
    kept, dropped = rows(tmp_path / "kept"), rows(tmp_path / "dropped")
    assert {name: row["text"] for name, row in kept.items()} == dict.fromkeys(
        ("clean-0", "clean-1", "hijacked-0", "hijacked-1"), CLEAN
    )
    assert {name: row["metadata"]["filter_reason"] for name, row in dropped.items()} == {
        "spam-0": "gambling",
        "spam-1": "gambling",
    }
