"""What the service keeps to itself: keys, sites, logs, metrics, the network."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from serving import BLOCK, BLOG, HIJACKED, PORTAL, ROOT, Server, digest, eventually, httpx, start, stop

OPEN = {"/healthz", "/readyz"}
# What would begin a line, colour a terminal, close a label, or run in a page.
HOSTILE = [
    'a\n{"level": "error", "message": "forged"}', "a\r\nX-Forged: 1", "\x1b[2J\x1b]0;owned\x07", "\x9b31m",
    "\u2028\u2029\x85", '"} 1\nmoderation_forged_total 1', "\\", "<script>alert(1)</script>",
    "{{7*7}}${7*7}%(name)s%s%n", "\u202egnp.exe", "\ufeff", "'; DROP TABLE verdicts; --", "../../etc/passwd",
    "\x7f\x00\x08",
]  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------- keys


def test_nothing_but_health_is_told_without_a_key(server: Server) -> None:
    described = server.get("/openapi.json").json()["paths"]
    paths = [(path, method) for path, methods in described.items() for method in methods]
    paths += [("/openapi.json", "get"), ("/metrics", "get"), ("/v1/moderations", "post")]
    assert len(paths) > 8
    for path, method in paths:
        for headers in ({}, {"Authorization": "Bearer wrongkey0000"}, {"Authorization": "Basic x"}, {"X-API-Key": "é"}):
            raw = {name: value.encode("latin-1") for name, value in headers.items()}
            status = httpx.request(method, server.url + path, headers=raw, json={"text": "x"}).status_code
            assert status == (200 if path in OPEN else 401), (path, headers)
    for path in ("verify-key", "comment-check", "submit-spam", "submit-ham"):
        answer = httpx.post(f"{server.url}/1.1/{path}", data={"api_key": "wrong", "blog": "http://a.cn"})
        assert (answer.status_code, answer.text) == (200, "invalid")
        assert "not known" in answer.headers["x-akismet-debug-help"]


def test_a_site_reads_only_its_own(server: Server) -> None:
    server.post("/v1/check", {"text": f"只有博客知道 {BLOCK}"}, BLOG)
    eventually(lambda: server.get("/v1/verdicts", BLOG).json()["verdicts"])
    assert {row["site"] for row in server.get("/v1/verdicts", BLOG).json()["verdicts"]} == {"blog"}
    assert {row["site"] for row in server.get("/v1/verdicts").json()["verdicts"]} <= {"portal"}
    assert server.get("/metrics", BLOG).status_code == 403
    # Neither by its policy, nor by its number, nor through the other protocols.
    assert server.get("/v1/model").json()["policy"] == "portal"
    assert server.get("/v1/model", BLOG).json()["policy"] == "default"
    number = server.get("/v1/verdicts", BLOG).json()["verdicts"][0]["request"]
    assert number not in server.get("/v1/verdicts").text
    for path in (f"/v1/verdicts/{number}", "/v1/verdicts?site=blog", "/v1/verdicts?site=%25"):
        assert number not in server.get(path).text
    said = httpx.get(f"{server.url}/1.2/key-sites", params={"api_key": PORTAL}).json()
    assert "portal" in said
    assert "blog" not in said


def test_feedback_is_the_sites_that_gives_it(server: Server) -> None:
    text = f"两家都知道 {BLOCK}"
    before = server.post("/v1/check", {"text": text}).json()["action"]
    assert server.post("/v1/feedback?spam=true", {"text": text}, BLOG).json() == {"kept": 1}
    assert server.post("/v1/feedback?spam=false", {"text": text}).json() == {"kept": 1}
    form = {"api_key": PORTAL, "blog": "http://blog.example/", "comment_content": text}
    assert httpx.post(f"{server.url}/1.1/submit-ham", data=form).text.startswith("Thanks")
    rows = [(row["site"], bool(row["is_spam"])) for row in server.rows("feedback")[-3:]]
    assert rows == [("blog", True), ("portal", False), ("portal", False)]
    # What one of them says changes no verdict, neither its own nor another's.
    assert before != "allow"
    assert server.post("/v1/check", {"text": text}).json()["action"] == before


def test_text_is_kept_only_where_the_site_wants_it_and_never_logged(server: Server) -> None:
    secret = "只此一处的文字"
    for key in (PORTAL, BLOG):
        server.post("/v1/check", {"text": f"{secret} {BLOCK}"}, key)
    eventually(lambda: any(secret in (row["text"] or "") for row in server.rows("verdicts")))
    for row in server.rows("verdicts"):
        assert (row["text"] is None) == (row["site"] == "portal")
    assert secret not in server.log()
    assert secret.encode("unicode_escape").decode() not in server.log()


def test_credentials_that_a_plug_in_sends_along_are_dropped(server: Server) -> None:
    form = {"api_key": BLOG, "blog": "http://a.cn", "comment_content": BLOCK, "HTTP_AUTHORIZATION": "Basic c2VjcmV0"}
    form["POST_password"] = "hunter22"
    assert httpx.post(f"{server.url}/1.1/submit-spam", data=form).text.startswith("Thanks for making")
    kept = b"".join(path.read_bytes() for path in server.folder.glob("records.sqlite*")) + server.log().encode()
    assert b"c2VjcmV0" not in kept
    assert b"hunter22" not in kept


# ------------------------------------------------------------------------------------------------------ hostile strings


def test_headers_cannot_be_injected(server: Server) -> None:
    headers = {"Authorization": f"Bearer {PORTAL}", "X-Request-Id": "a\tb<script>"}
    answer = httpx.get(f"{server.url}/v1/model", headers=headers)
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
    kept = httpx.get(f"{server.url}/v1/model", headers={**headers, "X-Request-Id": "mine-1"})
    assert kept.headers["x-request-id"] == "mine-1"
    for line in server.log().splitlines():
        assert line.startswith(("{", "moderation: ")), line


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_strings_stay_strings(server: Server, text: str) -> None:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    row = {"id": text, "url": text, "title": text, "text": f"{text} {BLOCK} {text}", "meta": {text: text}}
    # HTTP itself has no place for the others in a header.
    agent = bytes(byte for byte in text.encode() if byte >= 0x20 and byte != 0x7F)
    headers = {"User-Agent": agent, "Authorization": f"Bearer {BLOG}"}
    answers = [
        httpx.post(f"{server.url}/v1/clean", json=row, headers=headers),
        httpx.post(f"{server.url}/v1/feedback", params={"spam": text}, json=row, headers=headers),
        httpx.post(f"{server.url}/v1/check", json={text: text}, headers=headers),
        httpx.get(f"{server.url}/v1/verdicts", params={text: text}, headers=headers),
        httpx.post(f"{server.url}/1.1/comment-check", data={"api_key": BLOG, "comment_content": text, text: text}),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 400, 200, 200]
    assert answers[0].json()["id"] == text
    assert BLOCK not in answers[0].json()["fields"]["text"]
    for answer in answers[:4]:
        assert answer.headers["content-type"] == "application/json"
    for answer in answers:
        assert "x-forged" not in answer.headers
    requests = {answer.headers["x-request-id"] for answer in answers}
    assert len(requests) == len(answers)

    def logged() -> list[str]:
        # A line follows its answer: those of earlier requests may still come in between.
        return [line for line in server.log().splitlines() if any(f'"{request}"' in line for request in requests)]

    eventually(lambda: len(logged()) >= len(answers))
    # Each request has one line, of printable ASCII, and says nothing of it.
    lines = logged()
    assert len(lines) == len(answers)
    for line in lines:
        assert line.isascii()
        assert line.isprintable()
        assert {"event", "request", "route", "status"} <= set(json.loads(line))
        assert "forged" not in line
    samples = [
        sample for family in text_string_to_metric_families(server.get("/metrics").text) for sample in family.samples
    ]
    known = {"route": r"/[\w./-]+|unknown", "site": "portal|blog", "status": r"\d{3}"}
    for sample in samples:
        assert sample.name.startswith("moderation_")
        assert "forged" not in sample.name
        for name, value in sample.labels.items():
            assert re.fullmatch(known.get(name, r"[\w.+]+"), value), sample


def test_hostile_names_of_sites_stay_names(tmp_path: Path) -> None:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    name = 'a"} 1\nmoderation_forged_total 1\n\x1b[31m'
    server = start(tmp_path)
    config = tmp_path / "service.toml"
    text = config.read_text("utf-8").replace("[sites.portal]", f"[sites.{json.dumps(name)}]")
    try:
        config.write_text(text, "utf-8")
        eventually(lambda: "loaded anew" in server.log())
        assert server.post("/v1/check", {"html": HIJACKED}).json()["action"] == "clean"
        families = {family.name: family for family in text_string_to_metric_families(server.get("/metrics").text)}
        assert "moderation_forged" not in families
        assert {sample.labels["site"] for sample in families["moderation_verdicts"].samples} == {name}
        for line in server.log().splitlines():
            assert line.isprintable()
            assert line.startswith(("{", "moderation: "))
    finally:
        stop(server)


# ------------------------------------------------------------------------------------------------------ the environment

# Every process of the server writes down the environment that what it starts would have.
TOLD = """
import json, os
def tell():
    with open(os.path.join(os.environ["TOLD"], str(os.getpid())), "w") as file:
        json.dump(dict(os.environ), file)
os.register_at_fork(after_in_child=tell)
"""
SECRETS = ("wortlaut-4711", "whsec_", "MODERATION_KEY")


def answers(server: Server) -> bool:
    """Whether somebody listens: what the worker that was killed had taken is refused until the next one begins."""
    with suppress(httpx.TransportError):
        return bool(server.post("/v1/check", {"html": HIJACKED}).status_code)
    return False


@pytest.mark.parametrize("way", ["file", "options"])
def test_no_secret_stands_in_the_environment_of_a_worker(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hook").mkdir()
    (tmp_path / "told").mkdir()
    (tmp_path / "tmp").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(TOLD, "utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'hook'}:{ROOT}")
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    records = f"sqlite:///{tmp_path}/{SECRETS[0]}.sqlite"
    secret = f'[sites.blog.webhook]\nsecret = "whsec_{base64.b64encode(bytes(32)).decode()}"\n'
    if way == "options":
        monkeypatch.setenv("MODERATION_KEY", PORTAL)
    server = start(tmp_path, "--workers", "2", records=records, more=secret, options_only=way == "options")
    try:
        assert server.post("/v1/check", {"html": HIJACKED}).json()["action"] == "clean"
        workers = [number for number in server.processes() if number != server.process.pid]
        assert len(workers) == 2
        for number in workers:
            given = (tmp_path / "told" / str(number)).read_text("utf-8")
            assert json.loads(given)["MODERATION_SERVICE"]
            assert not [each for each in (*SECRETS, digest(PORTAL), PORTAL) if each in given]
            # Of the key, what the server was started with is all that there is.
            own = Path(f"/proc/{number}/environ").read_bytes().decode()
            assert not [each for each in (*SECRETS[:2], digest(PORTAL)) if each in own]
        written = list((tmp_path / "tmp").rglob("service.json"))
        assert [path.stat().st_mode & 0o777 for path in written] == [0o600] * (way == "options")
        assert {path.stat().st_mode & 0o777 for path in (tmp_path / "tmp").iterdir()} == {0o700}
        # One that is begun anew finds it again.
        os.kill(workers[0], signal.SIGKILL)
        eventually(lambda: len(set(server.processes()) - {server.process.pid, workers[0]}) == 2, 30)
        eventually(lambda: answers(server), 30)
        for _ in range(4):
            assert server.post("/v1/check", {"html": HIJACKED}).json()["action"] == "clean"
    finally:
        stop(server)
    assert not list((tmp_path / "tmp").iterdir())


# ---------------------------------------------------------------------------------------------------------- the network

# Every process of the server says what it would connect to or look up, and is not let.
DENIED = """
import os, sys
def hook(event, arguments):
    asked = event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.gethostbyname")
    if asked or (event == "socket.getaddrinfo" and arguments[0] != "127.0.0.1"):
        with open(os.environ["DENIED"], "a") as file:
            file.write(f"{event} {arguments[1:] if asked else arguments}\\n")
        raise PermissionError("no connections")
    if event == "subprocess.Popen" or event == "os.system":
        with open(os.environ["DENIED"], "a") as file:
            file.write(f"{event} {arguments}\\n")
def here():
    with open(os.environ["DENIED"] + ".hooked", "a") as file:
        file.write(f"{os.getpid()}\\n")
sys.addaudithook(hook)
here()
# Workers are forks, which have the hook too.
os.register_at_fork(after_in_child=here)
"""
ELSEWHERE = (
    '<img src="http://192.0.2.1/x.gif"><link rel="stylesheet" href="//192.0.2.1/a.css"><script src="http://192.0.2.1/a.js">'
    '</script><iframe src="http://192.0.2.1/"></iframe><meta http-equiv="refresh" content="0;url=http://192.0.2.1/">'
)


def every_route(server: Server) -> None:
    """Something of everything, and much that names other machines."""
    page = {"url": "http://192.0.2.1/", "html": HIJACKED.replace("<head>", f"<head>{ELSEWHERE}")}
    assert server.post("/v1/check", page).json()["action"] == "clean"
    assert server.post("/v1/clean", page).json()["cuts"]
    assert server.post("/v1/feedback?spam=true", page).json() == {"kept": 1}
    assert server.post("/v1/moderations", {"input": BLOCK, "model": "x"}).json()["results"][0]["flagged"]
    picture = [{"type": "image_url", "image_url": {"url": "http://192.0.2.1/x.gif"}}, {"type": "text", "text": BLOCK}]
    assert server.post("/v1/moderations", {"input": picture}).json()["results"][0]["flagged"]
    form = {"api_key": PORTAL, "blog": "http://192.0.2.1/", "user_ip": "192.0.2.1", "comment_content": BLOCK}
    for path in ("verify-key", "comment-check", "submit-spam", "submit-ham"):
        assert httpx.post(f"{server.url}/1.1/{path}", data={**form, "key": PORTAL}).status_code == 200
    for path in ("/v1/model", "/v1/verdicts", "/metrics", "/openapi.json", "/healthz", "/readyz"):
        assert server.get(path).status_code == 200


def test_no_connection_is_ever_made(own: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(DENIED, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "hook"))
    monkeypatch.setenv("DENIED", str(tmp_path / "denied"))
    server = own("--workers", "2")
    (server.folder / "portal.toml").write_text('name = "anew"\n', "utf-8")
    eventually(lambda: "loaded anew" in server.log())
    for _ in range(4):
        every_route(server)
    hooked = set(map(int, (tmp_path / "denied.hooked").read_text().split()))
    # The server and both workers.
    assert len(server.processes()) == 3
    assert set(server.processes()) <= hooked
    assert not (tmp_path / "denied").exists(), (tmp_path / "denied").read_text()


# Run as a program: a network of its own, in which there is nothing but itself.
ALONE = """
import fcntl, socket, struct, sys
from pathlib import Path
sys.path[:0] = [sys.argv[1], f"{sys.argv[1]}/service"]
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))
from serving import start, stop
from test_service_security import every_route
server = start(Path(sys.argv[2]))
try:
    try:
        socket.create_connection(("192.0.2.1", 80), 1)
    except OSError as error:
        print("outside:", error.strerror)
    every_route(server)
    print("all served")
finally:
    stop(server)
"""


def test_all_is_served_where_there_is_no_network(tmp_path: Path) -> None:
    alone = ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs unshare, and leave to make a network of its own")
    done = subprocess.run(
        [*alone, sys.executable, "-c", ALONE, str(ROOT / "tests"), str(tmp_path)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["outside: Network is unreachable", "all served"]


def test_texts_that_are_withheld_are_kept_nowhere(own: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "tests" / "engine")
    from test_engine import toy

    # A model of words that mean nothing.
    toy("adult").model.save(tmp_path / "model")
    server = own(settings=f'model = "{tmp_path}/model"')
    withheld, other = "zorbl quimf dravk plonx 12岁", "zorbl quimf dravk plonx 32岁"
    for text in (withheld, other):
        assert server.post("/v1/check", {"text": text}, BLOG).json()["findings"]
        assert server.post("/v1/feedback?spam=true", {"text": text}, BLOG).json() == {"kept": 1}
    eventually(lambda: len(server.rows("verdicts")) == 2)
    for table in ("verdicts", "feedback"):
        assert [row["text"] for row in server.rows(table)] == [None, other]
    kept = b"".join(path.read_bytes() for path in server.folder.glob("records.sqlite*")) + server.log().encode()
    assert withheld.encode() not in kept
