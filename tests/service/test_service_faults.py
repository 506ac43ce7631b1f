"""The service under real faults: malformed requests, locked databases, broken files, an end under load."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from serving import BLOG, HIJACKED, PORTAL, ROOT, Server, eventually, free_port, httpx, start, stop, without_fields

from moderation import Moderator
from moderation.errors import ServiceError
from moderation.service.config import Config, Site, digest, load_config
from moderation.service.judges import Judges
from moderation.service.metrics import Metrics

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


def _begun(server: Server, path: str, key: str, size: int, stay: list[socket.socket]) -> None:
    """A request whose body has come but for its last byte."""
    connection = socket.create_connection(("127.0.0.1", server.port))
    stay.append(connection)
    headers = f"Host: x\r\nContent-Length: {size}\r\n" + (f"Authorization: Bearer {key}\r\n" if key else "")
    connection.settimeout(5)
    with suppress(OSError):
        connection.sendall(f"POST {path} HTTP/1.1\r\n{headers}\r\n".encode() + b"x" * (size - 1))


@pytest.mark.parametrize(
    ("path", "key"), [("/v1/check", ""), ("/v1/check", "wrongkey0000"), ("/1.1/comment-check", "")]
)
def test_bodies_of_strangers_take_little_memory(own: Any, path: str, key: str) -> None:
    server = own(settings="max_bytes = 2000000\nmax_buffered = 16000000")
    before = server.peak()
    stay: list[socket.socket] = []
    try:
        for _ in range(150):
            _begun(server, path, key, 2_000_000, stay)
        # 300 MB were sent; what the server itself holds of each connection is not ours to bound.
        assert server.peak() - before < 130
        # Those who are known are served meanwhile.
        assert server.post("/v1/check", {"text": "水质"}).status_code == 200
    finally:
        for each in stay:
            each.close()
    assert server.post("/v1/check", {"text": "水质"}, "wrongkey0000").json()["error"]["code"] == "key"


def test_all_that_is_buffered_is_bounded_and_given_back(own: Any) -> None:
    server = own(settings="max_bytes = 2000000\nmax_buffered = 4000000")
    stay: list[socket.socket] = []
    try:
        for _ in range(2):
            _begun(server, "/v1/check", PORTAL, 1_900_000, stay)
        eventually(lambda: server.post("/v1/check", {"text": "水" * 150_000}).status_code == 503)
        answer = server.post("/v1/check", {"text": "水" * 150_000})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "busy")
        assert answer.headers["retry-after"] == "1"
        # What is small still has room.
        assert server.post("/v1/check", {"text": "水质"}).status_code == 200
    finally:
        for each in stay:
            each.close()
    eventually(lambda: server.post("/v1/check", {"text": "水" * 150_000}).status_code == 200)
    small = server.folder / "small.toml"
    small.write_text(f'[service]\nmax_buffered = 1\n[sites.a]\nkeys = ["{digest("a")}"]\n', "utf-8")
    with pytest.raises(ServiceError, match="max_buffered = 1; give at least max_bytes"):
        load_config(small)


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


def test_full_disk_keeps_no_feedback_and_says_so(own: Any) -> None:
    if shutil.which("prlimit") is None:
        pytest.skip("needs util-linux's prlimit")
    # No file may grow beyond this, as on a disk that is full; the limit can be lifted while the server runs.
    server = own(before=["prlimit", "--fsize=400000:unlimited"])
    texts = [f"{number} {'字' * 20_000}" for number in range(12)]
    answers = [server.post("/v1/feedback?spam=true", {"text": text}, BLOG) for text in texts]
    assert {answer.status_code for answer in answers} == {200, 503}
    refused = answers[-1]
    assert refused.headers["retry-after"] == "1"
    assert "send it again" in refused.json()["error"]["message"]
    # Verdicts go on; that this one is not recorded is said.
    assert server.post("/v1/check", {"text": texts[0]}, BLOG).json()["action"] == "allow"
    eventually(lambda: "verdicts are not recorded" in server.log())
    for process in server.processes():
        subprocess.run(["prlimit", f"--pid={process}", "--fsize=unlimited"], check=True)
    again = [server.post("/v1/feedback?spam=true", {"text": text}, BLOG) for text in texts[-2:]]
    assert [answer.json() for answer in again] == [{"kept": 1}] * 2
    thanked = [text for text, answer in zip(texts, answers, strict=True) if answer.status_code == 200] + texts[-2:]
    assert [row["text"] for row in server.rows("feedback")] == thanked


LONG = "<p>本公司专业生产水质分析仪、溶氧仪、浊度计等在线监测设备，提供安装调试与校准服务。</p>" * 8000


@contextmanager
def kept_busy(server: Server) -> Iterator[None]:
    """Three others ask for verdicts on long pages, one after the other, and some are told to come again."""
    done = threading.Event()
    statuses: list[int] = []

    def ask() -> None:
        while not done.is_set():
            statuses.append(server.post("/v1/check", {"html": LONG}, BLOG).status_code)

    others = [threading.Thread(target=ask) for _ in range(3)]
    for other in others:
        other.start()
    try:
        eventually(lambda: 503 in statuses, 30)
        yield
    finally:
        done.set()
        for other in others:
            other.join(60)


@pytest.mark.parametrize("fail", ["open", "closed", ""])
def test_when_nobody_has_time_the_policy_answers(own: Any, fail: str) -> None:
    server = own(policy=f'fail = "{fail}"' if fail else "", settings="queue = 1")
    with kept_busy(server):

        def busy(path: str, row: Any, *, is_form: bool = False) -> Any:
            """The answer when it is busy; it may have the time once or twice."""
            for _ in range(200):
                if is_form:
                    answer = httpx.post(server.url + path, data={"api_key": PORTAL, **row}, timeout=30)
                else:
                    answer = server.post(path, row)
                if answer.status_code == 503 or "busy" in answer.text or "x-akismet-error" in answer.headers:
                    return answer
            raise AssertionError("it always had the time")

        page = LONG[:200_000]
        check = busy("/v1/check", {"id": 7, "url": "http://a.example/", "html": page})
        clean = busy("/v1/clean", {"html": page})
        comment = busy("/1.1/comment-check", {"blog": "http://a.example/", "comment_content": page}, is_form=True)
        moderation = busy("/v1/moderations", {"input": page})
        if not fail:
            for answer in (check, clean, comment, moderation):
                assert (answer.status_code, answer.json()["error"]["code"]) == (503, "busy")
                assert answer.headers["retry-after"] == "1"
            return
        action = "allow" if fail == "open" else "review"
        row = check.json()
        assert check.status_code == 200
        assert (row["id"], row["url"], row["action"], row["findings"]) == (7, "http://a.example/", action, [])
        assert row["error"]["code"] == "busy"
        assert (clean.json()["action"], clean.json()["fields"], clean.json()["cuts"]) == (action, {"html": page}, [])
        assert comment.text == ("false" if fail == "open" else "true")
        assert comment.headers["x-akismet-error"] == "busy"
        (result,) = moderation.json()["results"]
        assert (result["flagged"], result["action"], result["findings"]) == (fail == "closed", action, [])
        # A short one is judged at once, however long the queue is.
        assert server.post("/v1/check", {"html": HIJACKED}).json()["action"] == "clean"
        text = server.get("/metrics").text
        assert re.search(rf'moderation_unjudged_total\{{fail="{fail}",site="portal"\}} [4-9]', text)


def test_feedback_waits_for_its_turn_like_all_others(own: Any) -> None:
    server = own(settings="queue = 1")
    with kept_busy(server):
        several = {"pages": [{"text": "短"}, {"html": LONG[:200_000]}]}
        for _ in range(200):
            before = len(server.rows("feedback"))
            answer = server.post("/v1/feedback?spam=true", several, BLOG)
            assert len(server.rows("feedback")) == before + (2 if answer.status_code == 200 else 0)
            if answer.status_code != 200:
                break
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "busy")
        assert answer.headers["retry-after"] == "1"
        # Nothing of a site that keeps no texts has to be judged.
        assert server.post("/v1/feedback?spam=true", several).json() == {"kept": 2}
        assert [row["text"] for row in server.rows("feedback")[-2:]] == [None, None]
    assert server.post("/v1/feedback?spam=true", several, BLOG).json() == {"kept": 2}
    assert [row["text"] for row in server.rows("feedback")[-2:]] == ["短", LONG[:200_000]]


@pytest.mark.parametrize(("fail", "answer"), [("open", "false"), ("closed", "true")])
def test_what_cannot_be_judged_is_what_the_policy_says(own: Any, fail: str, answer: str) -> None:
    server = own(policy=f'fail = "{fail}"', settings="max_bytes = 20000000")
    form = {"api_key": PORTAL, "blog": "http://a.example/"}
    large = "x" * 9_000_000
    said = httpx.post(f"{server.url}/1.1/comment-check", data={**form, "comment_content": large}, timeout=30)
    assert (said.text, said.headers["x-akismet-error"]) == (answer, "too-large")
    assert server.post("/v1/moderations", {"input": large}).json()["results"][0]["flagged"] is (fail == "closed")
    # There is nothing in an empty one that could be held.
    said = httpx.post(f"{server.url}/1.1/comment-check", data={**form, "comment_content": " "})
    assert (said.text, said.headers["x-akismet-error"]) == ("false", "empty")
    assert server.post("/v1/moderations", {"input": " "}).json()["results"][0]["flagged"] is False


def test_what_nobody_waits_for_is_not_judged() -> None:
    config = Config({"a": Site("a", frozenset([digest("a")]))}, timeout=0.3)
    judges = Judges(config, None, Metrics())
    let, done = threading.Event(), []

    async def ask() -> list[str]:
        first = asyncio.create_task(judges.do(lambda: let.wait(10), 10**6))
        await asyncio.sleep(0.05)
        others = [asyncio.create_task(judges.do(lambda name=name: done.append(name), 10**6)) for name in range(3)]  # type: ignore[misc]
        found = await asyncio.gather(first, *others, return_exceptions=True)
        let.set()
        # The thread is free again, and so is the queue.
        assert await judges.do(lambda: "later", 10**6) == "later"
        return [type(each).__name__ for each in found]

    assert asyncio.run(ask()) == ["Busy"] * 4
    assert done == []
    judges.close()


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_as_many_are_judged_at_a_time_as_there_are_threads(threads: int) -> None:
    config = Config({"a": Site("a", frozenset([digest("a")]))}, threads=threads)
    judges = Judges(config, None, Metrics())
    let, lock = threading.Event(), threading.Lock()
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
            if inside == threads:
                let.set()
        assert let.wait(30)
        with lock:
            inside -= 1

    async def ask() -> None:
        await asyncio.gather(*(judges.do(work, 10**6) for _ in range(12)))

    asyncio.run(ask())
    judges.close()
    assert most == threads


def test_each_request_is_judged_by_one_policy_while_it_changes(own: Any) -> None:
    policies = {"lenient": "review", "strict": "clean"}
    texts = {name: f'name = "{name}"\n[actions]\nclean = "{action}"\n' for name, action in policies.items()}
    server = own(policy=texts["strict"], settings="threads = 2\nqueue = 64\ntimeout = 30\n")
    long = HIJACKED.replace(
        "</body>", "<p>本公司专业生产水质分析仪、溶氧仪、浊度计等在线监测设备。</p>" * 2000 + "</body>"
    )
    pages = {"pages": [{"html": long}, {"html": HIJACKED}, {"html": long}]}
    done = threading.Event()

    def ask(_: int) -> list[set[tuple[str, str]]]:
        found = []
        while not done.is_set():
            results = server.post("/v1/check", pages).json()["results"]
            found.append({(each["policy"], each["action"]) for each in results})
        return found

    with ThreadPoolExecutor(4) as clients:
        asked = clients.map(ask, range(4))
        try:
            for number in range(6):
                (server.folder / "portal.toml").write_text(texts["strict" if number % 2 else "lenient"], "utf-8")
                eventually(lambda number=number: server.log().count('"loaded anew"') == number + 1, 30)  # type: ignore[misc]
        finally:
            done.set()
        found = [each for one in asked for each in one]
    # Of one request all by one policy, and by all of that policy.
    assert {frozenset(each) for each in found} == {frozenset([pair]) for pair in policies.items()}


def test_short_and_long_entries_at_once_have_the_verdicts_of_the_library(own: Any) -> None:
    server = own()
    moderator = Moderator.load()
    long = HIJACKED.replace(
        "</body>", "<p>本公司专业生产水质分析仪、溶氧仪、浊度计等在线监测设备。</p>" * 2000 + "</body>"
    )
    pages = [HIJACKED, long, HIJACKED.replace("水质", "气体"), long.replace("水质", "气体")] * 6
    expected = {page: moderator.check(page).to_dict() for page in set(pages)}
    with ThreadPoolExecutor(8) as clients:
        answers = [*clients.map(lambda page: server.post("/v1/check", {"html": page}, BLOG).json(), pages)]
    for page, answer in zip(pages, answers, strict=True):
        assert without_fields(answer) == expected[page]


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


@pytest.mark.parametrize("seconds", [0.3, 0.8, 1.2, 1.6])
def test_it_ends_at_once_while_it_still_begins(tmp_path: Path, seconds: float) -> None:
    with beginning(tmp_path) as process:
        time.sleep(seconds)
        os.kill(process.pid, signal.SIGTERM)
        process.wait(15)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="workers are seen in /proc")
@pytest.mark.parametrize("tell", [os.kill, os.killpg], ids=["server", "all processes"])
@pytest.mark.parametrize("number", [1, 2])
def test_a_worker_that_has_just_been_forked_hears_that_it_is_to_end(tmp_path: Path, tell: Any, number: int) -> None:
    # Not asleep: what a worker does in its first milliseconds is what counts.
    with beginning(tmp_path) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while len(children.read_text().split()) < number:
            assert process.poll() is None
        tell(process.pid, signal.SIGTERM)
        process.wait(15)


@contextmanager
def beginning(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server of two workers that has just been started."""
    stop(start(folder))
    command = [sys.executable, "-m", "moderation.cli", "serve", "--config", str(folder / "service.toml")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", str(free_port()), "--workers", "2"], cwd=ROOT, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


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
