"""The service under real faults: malformed requests, locked databases, broken files, an end under load."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from serving import BLOG, HIJACKED, PORTAL, Server, eventually, httpx, raw

from moderation import Moderator

CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
MALFORMED = [
    b"", b"{", b"[]", b"null", b'"x"', b"{}x", b'{"titel": "x"}', b'{"title": 3}', b'{"pages": []}', b'{"pages": 3}',
    b'{"pages": [{"html": null, "x": 1}]}', b'{"title": "\xff\xfe"}', b'{"title": "\\ud800"}', b"\0" * 100,
    b'{"meta": {"a": []}}', b'{"meta": "x"}', b"[" * 5000, b'{"a":' * 5000, b'{"url": "' + b"x" * 9000 + b'"}',
    json.dumps({"pages": [{"text": "x"}] * 101}).encode(), b'{"id": 1e999, "text": "x"}', b'{"id": {}, "text": "x"}',
]  # fmt: skip


@pytest.mark.parametrize("path", ["/v1/check", "/v1/clean", "/v1/feedback?spam=true", "/v1/moderations"])
def test_malformed_requests_are_refused_with_a_reason(server: Server, path: str) -> None:
    headers = {"Authorization": f"Bearer {PORTAL}", "Content-Type": "application/json"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
        for body in MALFORMED:
            answer = client.post(path, content=body)
            assert 400 <= answer.status_code < 500, body[:60]
            assert answer.json()["error"]["message"], body[:60]
        assert client.get(path).status_code in (404, 405)
    assert httpx.get(f"{server.url}/healthz").status_code == 200


def test_headers_cannot_be_injected(server: Server) -> None:
    headers = {"Authorization": f"Bearer {PORTAL}", "X-Request-Id": "a\tb<script>"}
    answer = httpx.get(f"{server.url}/v1/model", headers=headers)
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
    kept = httpx.get(f"{server.url}/v1/model", headers={**headers, "X-Request-Id": "mine-1"})
    assert kept.headers["x-request-id"] == "mine-1"
    for line in server.log().splitlines():
        assert line.startswith(("{", "moderation: ")), line


def test_large_and_slow_bodies_are_refused(server: Server) -> None:
    large = httpx.post(
        f"{server.url}/v1/check", content=b"x" * 3_000_000, headers={"Authorization": f"Bearer {PORTAL}"}
    )
    assert (large.status_code, large.json()["error"]["code"]) == (413, "too-large")
    head = f"POST /v1/check HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {PORTAL}\r\nContent-Length: 100\r\n\r\nab"
    assert raw(server, head.encode(), 8).startswith(b"HTTP/1.1 408")
    began = time.monotonic()
    assert not raw(server, b"GET /healthz HT", 20).startswith(b"HTTP/1.1 2")
    assert time.monotonic() - began < 15


def test_policy_is_loaded_anew_and_a_bad_one_is_not(own: Any) -> None:
    server = own()
    page = {"html": HIJACKED}
    assert server.post("/v1/check", page).json()["findings"]
    policy = server.folder / "portal.toml"
    policy.write_text('name = "closed"\nplaces = ["footer"]\n', "utf-8")
    eventually(lambda: server.post("/v1/check", page).json()["policy"] == "closed")
    assert server.post("/v1/check", page).json()["action"] == "allow"
    policy.write_text("places = 3 = 4", "utf-8")
    eventually(lambda: "the old one stays" in server.log())
    assert server.post("/v1/check", page).json()["policy"] == "closed"
    assert 'moderation_reloads_total{result="failed"} 1.0' in server.get("/metrics").text
    policy.unlink()
    time.sleep(1.5)
    assert server.post("/v1/check", page).json()["policy"] == "closed"


def test_model_that_is_replaced_by_a_broken_one_is_not_taken(tmp_path: Path, own: Any) -> None:
    model = tmp_path / "model"
    Moderator.load().model.save(model)
    server = own(settings=f'model = "{model}"')
    before = server.get("/v1/model").json()["model"]
    weights = (model / "weights.npz").read_bytes()
    (model / "weights.npz").write_bytes(b"broken")
    eventually(lambda: "the old one stays" in server.log())
    assert server.get("/v1/model").json()["model"] == before
    assert server.post("/v1/check", {"html": HIJACKED}).json()["findings"]
    # The file alone that was wrong is put right.
    (model / "weights.npz").write_bytes(weights)
    eventually(lambda: '"loaded anew"' in server.log())


def test_locked_database_keeps_no_feedback_and_says_so(own: Any) -> None:
    server = own()
    with closing(sqlite3.connect(server.folder / "records.sqlite", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(1) as other:
            future = other.submit(server.post, "/v1/feedback?spam=true", {"text": "x y"})
            time.sleep(0.5)
            began = time.monotonic()
            assert httpx.get(f"{server.url}/healthz").status_code == 200
            assert time.monotonic() - began < 2
            answer = future.result()
        assert answer.status_code == 503
        assert "send it again" in answer.json()["error"]["message"]
        assert server.post("/v1/check", {"html": HIJACKED}).status_code == 200
        database.execute("ROLLBACK")
    assert server.post("/v1/feedback?spam=false", {"text": "x y"}).json() == {"kept": 1}
    assert [bool(row["is_spam"]) for row in server.rows("feedback")] == [False]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_nothing_that_was_thanked_for_is_lost_when_it_ends_under_load(own: Any, workers: str) -> None:
    server = own("--workers", workers)
    kept: list[str] = []
    failed: list[str] = []

    def send(name: int) -> None:
        with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {BLOG}"}, timeout=30) as client:
            for number in range(1000):
                text = f"{name}-{number}"
                try:
                    answer = client.post("/v1/feedback?spam=true", json={"text": text})
                except httpx.HTTPError as error:
                    failed.append(type(error).__name__)
                    return
                if answer.status_code == 200:
                    kept.append(text)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(kept) > 40, 30)
    os.kill(server.process.pid, signal.SIGTERM)
    for thread in threads:
        thread.join(60)
    server.process.wait(60)
    texts = {row["text"] for row in server.rows("feedback")}
    assert set(kept) <= texts
    # What was sent when it was over may be refused; nothing of it was thanked for.
    assert len(texts) - len(kept) <= 4


def test_several_workers_are_counted_together(own: Any) -> None:
    server = own("--workers", "2")
    for _ in range(20):
        # A connection each, so that both have some.
        server.post("/v1/check", {"html": HIJACKED})
    assert re.search(r'moderation_verdicts_total\{action="clean",site="portal"\} 20.0', server.get("/metrics").text)


def test_described_routes_keep_their_word(server: Server, tmp_path: Path) -> None:
    command = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip("needs schemathesis")
    done = subprocess.run(
        [
            command, "run", f"{server.url}/openapi.json", "-H", f"Authorization: Bearer {PORTAL}",
            "--max-examples", "25", "--checks", ",".join(CHECKS),
            "--no-color", "--seed", "1",
        ],
        capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
