"""The webhook of a running service: signed entries, their verdicts, and where those are sent."""

from __future__ import annotations

import base64
import http.server
import json
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from moderation.errors import ServiceError

httpx = pytest.importorskip("httpx")
pytest.importorskip("granian", reason="needs moderation[service]")

from moderation.service.config import digest, load_config  # noqa: E402  # only where they are installed
from moderation.service.hooks import document_of, signature  # noqa: E402

from .conftest import KEY, ROOT, Service, start_service  # noqa: E402

RAW = b"a secret of the tests, long enough"
SECRET = "whsec_" + base64.b64encode(RAW).decode()
BLOCK = "澳门威尼斯人官网_真人百家乐开户_新葡京娱乐场_时时彩投注"
PROSE = "本公司专业生产水质分析仪、溶氧仪、浊度计等在线监测设备，提供安装调试与校准服务，欢迎各地水务部门来电咨询选型。"


class Receiver(http.server.ThreadingHTTPServer):
    """Takes callbacks; answers what it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []

    def wait(self, number: int) -> None:
        end = time.monotonic() + 15
        while len(self.heard) < number:
            assert time.monotonic() < end, self.heard
            time.sleep(0.05)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, more = self.server.answers.pop(0) if self.server.answers else (204, {})
        self.server.heard.append((self.path, headers, body))
        self.send_response(status)
        for name, value in {"content-length": "0", **more}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


@pytest.fixture(scope="module")
def hooked(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Service]:
    """A service with a site that maps its fields, one that does not, and one without a webhook."""
    more = f"""
[sites.portal.webhook]
secret = "{SECRET}"
callback = "http://127.0.0.1:{receiver.server_port}/verdicts"
[sites.portal.webhook.fields]
title = "doc.title"
body = ["doc.body", "doc.blocks.*.text"]
meta = "doc.seo.keywords"
id = "doc.id"
url = "doc.url"
[sites.plain]
keys = ["{digest("plainkey1234")}"]
webhook = {{ secret = "{SECRET[:-4]}AAA=", tolerance = 5 }}
[sites.none]
keys = ["{digest("nonekey12345")}"]
"""
    found = start_service(tmp_path_factory.mktemp("hooked"), more)
    yield found
    found.stop()


def send(
    service: Service,
    entry: Any,
    secret: bytes = RAW,
    *,
    age: float = 0,
    headers: dict[str, str] | None = None,
    **query: Any,
) -> Any:
    body = entry if isinstance(entry, bytes) else json.dumps(entry).encode()
    name, sent = f"msg_{time.monotonic_ns()}", str(int(time.time() - age))
    signed = {"webhook-id": name, "webhook-timestamp": sent, "webhook-signature": signature(secret, name, sent, body)}
    address = f"{service.url}/v1/webhook?{urlencode({'site': 'portal', **query}, doseq=True)}"
    return httpx.post(address, content=body, headers={**signed, **(headers or {})}, timeout=30)


def entry(**more: Any) -> dict[str, Any]:
    doc = {"id": 7, "url": "https://a.cn/7", "title": "水质分析仪", "body": f"<p>{PROSE}</p>", **more}
    return {"event": "publish", "doc": doc}


def test_entry_gets_its_verdict(hooked: Service) -> None:
    row = send(hooked, entry()).json()
    assert (row["id"], row["url"], row["action"], row["fields"]) == (7, "https://a.cn/7", "allow", {})
    blocks = [{"text": PROSE}, {"text": f"{BLOCK}\n{PROSE}", "kind": "quote"}]
    answer = send(hooked, entry(blocks=blocks))
    row = answer.json()
    assert (answer.status_code, row["action"]) == (200, "clean")
    (finding,) = row["findings"]
    assert (finding["field"], finding["text"]) == ("doc.blocks.1.text", BLOCK)
    assert blocks[1]["text"][finding["field_start"] : finding["field_end"]] == BLOCK
    assert {name: text.strip() for name, text in row["fields"].items()} == {"doc.blocks.1.text": PROSE}
    assert row["cuts"][0]["field"] == "doc.blocks.1.text"
    (finding,) = send(hooked, entry(seo={"keywords": BLOCK})).json()["findings"]
    assert (finding["field"], finding["place"]) == ("doc.seo.keywords", "meta")
    kept = hooked.rows("verdicts")[-1]
    assert (kept["site"], kept["protocol"], kept["action"]) == ("portal", "webhook", "clean")


def test_comment_is_held_where_another_entry_is_cleaned(hooked: Service) -> None:
    doc = entry(blocks=[{"text": PROSE}, {"text": f"{BLOCK}\n{PROSE}"}])
    assert [send(hooked, doc, kind=kind).json()["action"] for kind in ("entry", "comment")] == ["clean", "review"]
    said = send(hooked, doc, kind="guest")
    assert (said.status_code, said.json()["error"]["message"]) == (400, "say ?kind=entry or ?kind=comment")


def test_request_names_fields_only_where_the_configuration_names_none(hooked: Service) -> None:
    plain = base64.b64decode(f"{SECRET[:-4].removeprefix('whsec_')}AAA=")
    row = {"name": "水质分析仪", "parts": [{"says": BLOCK}, {"says": PROSE}]}
    answer = send(hooked, row, plain, site="plain", title="name", text=["parts.*.says"])
    assert answer.json()["findings"][0]["field"] == "parts.0.says"
    # By default fields are called what the entry of /v1/check calls them.
    answer = send(hooked, {"title": "水质分析仪", "summary": BLOCK, "body": f"<p>{PROSE}</p>"}, plain, site="plain")
    assert answer.json()["findings"][0]["field"] == "summary"
    assert send(hooked, entry(title=BLOCK), title="nothing").json()["findings"][0]["field"] == "doc.title"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"secret": b"another secret of the same size"}, "not that of this body"),
        ({"age": 301}, "too far from the clock"),
        # Ahead by more than a busy machine takes to answer.
        ({"age": -360}, "too far from the clock"),
        ({"site": "none"}, "not that of this body"),
        ({"site": "nobody"}, "not that of this body"),
        ({"headers": {"webhook-signature": ""}}, "not signed"),
        ({"headers": {"webhook-signature": "v1,AAAA v2,BBBB"}}, "not that of this body"),
        ({"headers": {"webhook-timestamp": "soon"}}, "not signed"),
        ({"headers": {"webhook-timestamp": "9" * 40}}, "not signed"),
        ({"headers": {"webhook-id": "another"}}, "not that of this body"),
        # A key of the site is no signature.
        ({"headers": {"webhook-signature": "", "authorization": f"Bearer {KEY}"}}, "not signed"),
    ],
)
def test_what_is_not_signed_is_refused(hooked: Service, more: dict[str, Any], said: str) -> None:
    answer = send(hooked, entry(), **more)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "signature")
    assert said in answer.json()["error"]["message"]


def test_message_is_good_once_and_for_its_own_body(hooked: Service) -> None:
    body = json.dumps(entry()).encode()
    name, sent = "msg_once", str(int(time.time()))
    signed = {"webhook-id": name, "webhook-timestamp": sent, "webhook-signature": signature(RAW, name, sent, body)}
    address = f"{hooked.url}/v1/webhook?site=portal"
    assert httpx.post(address, content=body + b" ", headers=signed).status_code == 401
    assert httpx.post(address, content=body, headers=signed).status_code == 200
    again = httpx.post(address, content=body, headers=signed)
    assert (again.status_code, "came before" in again.text) == (401, True)
    # Of several signatures, as while secrets are exchanged, one must be right.
    both = {**signed, "webhook-id": "msg_two"}
    both["webhook-signature"] = f"v1,AAAA {signature(RAW, 'msg_two', sent, body)}"
    assert httpx.post(address, content=body, headers=both).status_code == 200


@pytest.mark.parametrize(
    ("body", "query", "status", "said"),
    [
        (b"{", {}, 400, "no JSON"),
        (b"[" * 100_000, {}, 400, "no JSON"),
        (b"[]", {}, 400, "no object"),
        (b"\xff\xfe\xfd", {}, 400, "no JSON"),
        (b"{}", {}, 422, "none of the fields holds a text"),
        (b'{"doc": {"title": "\\ud800"}}', {}, 200, ""),
        (b'{"doc": {"title": ["x", {"text": 1}]}}', {}, 422, "none of the fields"),
        (b'{"doc": {"title": "x"}}', {"answer": "later"}, 400, "?answer=now or ?answer=callback"),
    ],
)
def test_malformed_entries_are_refused(
    hooked: Service, body: bytes, query: dict[str, str], status: int, said: str
) -> None:
    answer = send(hooked, body, **query)
    assert answer.status_code == status, answer.text
    assert said in answer.text


def test_example_of_the_documentation_runs(hooked: Service) -> None:
    page = (ROOT / "docs" / "webhook.md").read_text("utf-8")
    (code,) = re.findall(r"^```py\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {"SECRET": SECRET}
    exec(code.replace("http://127.0.0.1:8000", hooked.url), names)
    assert names["verdict"](entry(title=BLOCK))["findings"][0]["field"] == "doc.title"


# ------------------------------------------------------------------------------------------------------------ callbacks


def test_verdict_is_sent_to_the_address_of_the_configuration_alone(hooked: Service, receiver: Receiver) -> None:
    before = len(receiver.heard)
    query = {"answer": "callback", "callback": "http://127.0.0.1:1/elsewhere"}
    answer = send(hooked, entry(title=BLOCK), headers={"x-callback": "http://127.0.0.1:1/"}, **query)
    assert (answer.status_code, answer.json()) == (202, {"id": 7, "accepted": True})
    receiver.wait(before + 1)
    path, headers, body = receiver.heard[-1]
    row = json.loads(body)
    assert (path, row["id"], row["findings"][0]["field"]) == ("/verdicts", 7, "doc.title")
    right = signature(RAW, headers["webhook-id"], headers["webhook-timestamp"], body)
    assert headers["webhook-signature"] == right


def test_callback_is_tried_again_and_follows_no_redirect(hooked: Service, receiver: Receiver) -> None:
    before = len(receiver.heard)
    receiver.answers[:] = [(500, {}), (307, {"location": f"http://127.0.0.1:{receiver.server_port}/elsewhere"})]
    assert send(hooked, entry(), answer="callback").status_code == 202
    receiver.wait(before + 3)
    assert [path for path, _, _ in receiver.heard[before:]] == ["/verdicts"] * 3
    assert len({headers["webhook-id"] for _, headers, _ in receiver.heard[before:]}) == 1
    assert "a verdict is not sent" in hooked.log()


def test_site_without_a_callback_sends_none(hooked: Service) -> None:
    plain = base64.b64decode(f"{SECRET[:-4].removeprefix('whsec_')}AAA=")
    answer = send(hooked, {"title": "水质"}, plain, site="plain", answer="callback")
    assert (answer.status_code, "no request does" in answer.text) == (400, True)


def test_verdicts_are_sent_before_the_service_ends(tmp_path: Path, receiver: Receiver) -> None:
    address = f"http://127.0.0.1:{receiver.server_port}/last"
    service = start_service(tmp_path, f'webhook = {{ secret = "{SECRET}", callback = "{address}" }}')
    try:
        receiver.answers[:] = [(500, {})]
        before = len(receiver.heard)
        assert send(service, {"title": "水质"}, answer="callback").status_code == 202
    finally:
        service.stop()
    receiver.wait(before + 2)
    assert receiver.heard[-1][0] == "/last"
    assert SECRET not in service.log()


def test_a_host_that_does_not_answer_holds_up_nobody_else(tmp_path: Path, receiver: Receiver) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(256)
        dead = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        address = f"http://127.0.0.1:{receiver.server_port}/alive"
        more = f"""
        [sites.portal.webhook]
        secret = "{SECRET}"
        callback = "{dead}"
        [sites.alive]
        keys = ["{digest("alivekey1234")}"]
        webhook = {{ secret = "{SECRET}", callback = "{address}" }}
        """
        service = start_service(tmp_path, more)
        try:
            answers = [send(service, {"title": f"水质 {number}"}, answer="callback") for number in range(102)]
            # No site has more than its share of what waits.
            assert [each.status_code for each in answers] == [202] * 100 + [503] * 2
            began = time.monotonic()
            for path, key in (("/v1/verdicts", KEY), ("/v1/verdicts", "alivekey1234")):
                found = httpx.get(service.url + path, headers={"Authorization": f"Bearer {key}"}, timeout=30)
                assert found.status_code == 200
            before = len(receiver.heard)
            assert send(service, {"title": "水质"}, answer="callback", site="alive").status_code == 202
            receiver.wait(before + 1)
            assert time.monotonic() - began < 5
        finally:
            os.killpg(service.process.pid, signal.SIGKILL)
            service.process.wait(30)


def test_answer_does_not_tell_which_sites_there_are(hooked: Service) -> None:
    wrong = b"another secret of the same size"
    for more in (
        {},
        {"age": 301},
        {"headers": {"webhook-signature": "v1,AAAA"}},
        {"headers": {"webhook-id": "another"}},
    ):
        said = set()
        for site in ("portal", "plain", "none", "nobody", "", "\u7ad9"):
            answer = send(hooked, entry(), wrong, site=site, **more)
            headers = {name: text for name, text in answer.headers.items() if name not in ("date", "x-request-id")}
            said.add((answer.status_code, answer.content, tuple(sorted(headers.items()))))
        assert len(said) == 1, more


def test_webhook_is_off_where_no_site_has_one(service: Service) -> None:
    assert send(service, entry()).status_code == 401
    assert httpx.post(f"{service.url}/v1/webhook", content=b"{}").status_code == 401


# ------------------------------------------------------------------------------------------------- configuration, paths


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("1", "is no table"),
        ("{}", "secret is no secret"),
        ('{ secret = "whsec_c2hvcnQ=" }', "at least 24 random bytes"),
        ('{ secret = "whsec_???" }', "secret is no secret"),
        (f'{{ secret = "{SECRET}", tolerance = 0 }}', "tolerance = 0"),
        (f'{{ secret = "{SECRET}", tolerance = 1e9 }}', "tolerance = 1000000000.0"),
        (f'{{ secret = "{SECRET}", callback = "file:///etc/passwd" }}', "give an address such as"),
        (f'{{ secret = "{SECRET}", callbacks = "x" }}', "unknown key callbacks"),
        (f'{{ secret = "{SECRET}", fields = {{ headline = "x" }} }}', "unknown name headline"),
        (f'{{ secret = "{SECRET}", fields = {{ title = 1 }} }}', "title = 1; give a path"),
    ],
)
def test_wrong_configuration_is_said(table: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "service.toml"
    path.write_text(f'[sites.a]\nkeys = ["{digest("a")}"]\nwebhook = {table}\n', "utf-8")
    with pytest.raises(ServiceError, match=re.escape(said)) as caught:
        load_config(path)
    assert "sites.a.webhook" in str(caught.value)


def test_secret_is_in_no_representation(tmp_path: Path) -> None:
    path = tmp_path / "service.toml"
    path.write_text(f'[sites.a]\nkeys = ["{digest("a")}"]\nwebhook = {{ secret = "{SECRET}" }}\n', "utf-8")
    config = load_config(path)
    assert config.sites["a"].webhook is not None
    assert config.sites["a"].webhook.secret == RAW
    assert repr(RAW) not in repr(config)


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        ({"title": ("a",)}, ["a"]),
        ({"text": ("b.*.c",)}, ["b.0.c", "b.1.c"]),
        ({"text": ("b.1.c", "b.*.c")}, ["b.1.c", "b.0.c"]),
        ({"text": ("b.x", "a.b", "b.9.c", "nothing")}, []),
        # Rich text, as editors store it.
        ({"text": ("rich",)}, ["rich.root.children.0.children.0.text", "rich.root.children.0.children.1.text"]),
        ({"text": ("slate",)}, ["slate.0.children.0.text"]),
        ({"text": ("d.*",)}, ["d.en", "d.zh"]),
    ],
)
def test_paths_lead_to_texts(paths: dict[str, tuple[str, ...]], names: list[str]) -> None:
    row = {
        "a": "A", "b": [{"c": "C0"}, {"c": "C1"}, {"d": 1}], "d": {"en": "E", "zh": "Z"},
        "rich": {"root": {"type": "root", "children": [
            {"type": "paragraph", "children": [{"text": "R0", "type": "text"}, {"text": "R1", "mode": "normal"}]}]}},
        "slate": [{"type": "p", "children": [{"text": "S"}]}],
    }  # fmt: skip
    assert list(document_of(row, paths).texts) == names


def test_deep_entries_end_somewhere() -> None:
    deep: Any = {"text": "x"}
    for _ in range(5000):
        deep = {"children": [deep]}
    assert document_of({"body": deep}, {}).texts == {}
