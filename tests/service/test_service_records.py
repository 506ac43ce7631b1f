"""Records: how long they are kept, and PostgreSQL, started here as an unprivileged user in a folder of its own."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from serving import BLOCK, BLOG, HIJACKED, Server, eventually

from moderation.cli import main

if TYPE_CHECKING:
    from postgres import Database


def test_what_is_old_is_gone(tmp_path: Path) -> None:
    from moderation.service.records import Records

    path = tmp_path / "records.sqlite"
    row = {"site": "a", "protocol": "v1", "request": "r", "digest": "d"}
    verdict = {**row, "action": "allow", "labels": "", "score": None, "model": "m", "policy": "p", "text": None}
    records = Records(f"sqlite:///{path}", 30)
    for name, days in (("old", 31), ("new", 29)):
        moment = time.time() - days * 86_400
        records.verdict({**verdict, "time": moment, "text": f"verdict {name}"})
        records.feedback({**row, "time": moment, "text": f"feedback {name}", "is_spam": True})
    records.close()
    # The next one that begins deletes before anything is asked of it, and what is deleted is overwritten.
    records = Records(f"sqlite:///{path}", 30)
    eventually(lambda: len(records.recent("a")) == 1)
    records.close()
    assert b"verdict new" in path.read_bytes()
    assert b"feedback new" in path.read_bytes()
    assert b"verdict old" not in path.read_bytes()
    assert b"feedback old" not in path.read_bytes()


def kept(server: Server, key: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = server.get("/v1/verdicts", key).json()["verdicts"]
    return rows


def test_verdicts_and_feedback_are_kept(database: Database, own: Any) -> None:
    # Two that begin together make the tables together.
    server = own("--workers", "2", records=database.url)
    for _ in range(10):
        assert server.post("/v1/check", {"html": HIJACKED}).json()["action"] == "clean"
    text = f"只有博客知道 {BLOCK}\0"
    action = server.post("/v1/check", {"text": text}, BLOG).json()["action"]
    assert action != "allow"
    assert server.post("/v1/feedback?spam=true", {"text": text}, BLOG).json() == {"kept": 1}
    eventually(lambda: database.rows("SELECT count(*) FROM verdicts") == [(11,)])
    # PostgreSQL has no place for a zero; the text is kept all the same.
    assert database.rows("SELECT site, is_spam, text FROM feedback") == [("blog", True, text.replace("\0", "\ufffd"))]
    assert database.rows("SELECT DISTINCT site, action, text IS NULL FROM verdicts ORDER BY site") == [
        ("blog", action, False),
        ("portal", "clean", True),
    ]
    assert {row["site"] for row in kept(server, BLOG)} == {"blog"}
    assert len(kept(server, "portalkey123")) == 10


def test_it_may_be_restarted_meanwhile(database: Database, own: Any) -> None:
    server = own(records=database.url)
    assert server.post("/v1/feedback?spam=true", {"text": "before"}, BLOG).json() == {"kept": 1}
    database.stop()
    answer = server.post("/v1/feedback?spam=true", {"text": "meanwhile"}, BLOG)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert "send it again" in answer.json()["error"]["message"]
    # Verdicts go on; that they are not recorded is said.
    assert server.post("/v1/check", {"html": HIJACKED}).json()["action"] == "clean"
    eventually(lambda: "1 verdicts are not recorded: OperationalError" in server.log())
    database.begin()
    assert server.post("/v1/feedback?spam=false", {"text": "after"}, BLOG).json() == {"kept": 1}
    query = "SELECT text FROM feedback WHERE text IN ('before', 'meanwhile', 'after') ORDER BY id"
    assert database.rows(query) == [("before",), ("after",)]


def test_password_is_never_said(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = database.url.replace("pass-word-of-records", "another-word")
    assert main(["serve", "--port", "0", "--records", wrong]) == 2
    said = capsys.readouterr().err
    assert "cannot be used for records" in said
    assert "another-word" not in said
