"""The service, as its clients see it: a real server, real clients."""

from __future__ import annotations

import http.client
import json
import math
import re
import socket
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from serving import ARTICLE, BLOCK, BLOG, CLEAN, HIJACKED, PORTAL, ROOT, Server, eventually, httpx, raw, without_fields

from moderation import Moderator, Place
from moderation.cli import main
from moderation.errors import ServiceError
from moderation.inputs.archives import Record, open_pages
from moderation.service.config import _LETTERS, Config, Site, digest, load_config, new_key

# ------------------------------------------------------------------------------------------------------------- verdicts


@pytest.mark.parametrize("name", ["hijacked", "clean"])
def test_verdict_is_that_of_library_and_command_line(
    server: Server, name: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    page = (ROOT / "examples" / f"{name}.html").read_text("utf-8")
    row = {"id": "a", "url": "http://www.a.example/", "title": "标题", "html": page.replace("<title>", "<p>", 1)}
    (tmp_path / "a.jsonl").write_text(json.dumps(row), "utf-8")
    main(["check", str(tmp_path / "a.jsonl"), "--format", "jsonl"])
    expected = json.loads(capsysbinary.readouterr().out)
    assert without_fields(server.post("/v1/check", row, BLOG).json()) == expected
    whole = httpx.post(
        f"{server.url}/v1/check",
        content=page.encode(),
        headers={"Content-Type": "text/html", "X-API-Key": BLOG},
    )
    assert without_fields(whole.json()) == Moderator.load().check(page).to_dict()


def test_findings_say_which_field_they_stand_in(server: Server) -> None:
    row = {"title": f"水质分析仪|{BLOCK}", "body": ARTICLE, "meta": {"keywords": "水质分析仪,溶氧仪"}}
    answer = server.post("/v1/check", row).json()
    assert answer["action"] == "clean"
    assert answer["policy"] == "portal"
    for finding in answer["findings"]:
        text = row["title"]
        assert finding["field"] == "title"
        assert text[finding["field_start"] : finding["field_end"]] == finding["text"]


@pytest.mark.parametrize("field", ["title", "summary", "body", "meta.description"])
def test_cleaned_fields_are_what_they_were(server: Server, field: str) -> None:
    fields = {"title": "水质分析仪说明", "summary": "在线监测设备的安装调试与校准服务", "body": ARTICLE}
    row: dict[str, Any] = {**fields, "meta": {"description": "水质分析仪"}}
    if field == "body":
        row["body"] = ARTICLE + f'<div style="display:none">{BLOCK}</div>'
    elif field == "title":
        row["title"] += f"|{BLOCK}"
    elif field == "summary":
        row["summary"] = BLOCK
    else:
        row["meta"]["description"] = BLOCK
    answer = server.post("/v1/clean", row).json()
    assert answer["findings"]
    assert {cut["field"] for cut in answer["cuts"]} == {field}
    before = {**fields, "meta.description": "水质分析仪"}
    for name, text in answer["fields"].items():
        assert BLOCK[:8] not in text
        if name != field:
            assert text == before[name]
    if field == "body":
        assert answer["fields"]["body"] == ARTICLE


@pytest.mark.parametrize(
    "row",
    [
        {"title": BLOCK},
        {"title": BLOCK, "text": "水质分析仪的安装调试与校准服务。"},
        {"title": BLOCK, "html": ARTICLE},
        {"title": BLOCK, "html": ARTICLE, "summary": "在线监测设备的安装"},
    ],
    ids=lambda row: "+".join(row),
)
def test_title_field_is_the_title_in_every_door(
    server: Server, row: dict[str, str], tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (finding,) = server.post("/v1/check", row, BLOG).json()["findings"]
    assert (finding["place"], finding["field"], finding["text"]) == ("title", "title", BLOCK)
    if "summary" not in row:
        path = tmp_path / "a.jsonl"
        path.write_text(json.dumps(row), "utf-8")
        main(["check", str(path), "--format", "jsonl"])
        (same,) = json.loads(capsysbinary.readouterr().out)["findings"]
        assert without_fields({"findings": [finding]}) == {"findings": [same]}
        main(["explain", str(path), "--format", "jsonl"])
        assert "title" in {each["place"] for each in json.loads(capsysbinary.readouterr().out)["candidates"]}
        (record,) = open_pages(path)
        assert isinstance(record, Record)
        assert Moderator.load().check(record.page).findings[0].place is Place.TITLE


# Where it ends is certain.
LINE = "澳门威尼斯人官网_真人百家乐开户_新葡京娱乐场_时时彩投注"


def test_comment_is_held_where_another_entry_is_cleaned(server: Server) -> None:
    row = {"title": "李明", "text": f"写得很好，谢谢分享。\n\n{LINE}", "meta": {"url": "http://a.example/"}}
    for path in ("/v1/check", "/v1/clean"):
        assert server.post(path, row).json()["action"] == "clean"
        assert server.post(path, {**row, "kind": "comment"}).json()["action"] == "review"
    said = server.post("/v1/check", {**row, "kind": "guest"})
    assert (said.status_code, "kind" in said.json()["error"]["message"]) == (400, True)


def test_several_entries_keep_their_order_and_errors_their_place(server: Server) -> None:
    rows = [{"id": 1, "html": HIJACKED}, {"id": 2, "text": "  "}, {"id": 3, "html": CLEAN}]
    results = server.post("/v1/check", {"pages": rows}).json()["results"]
    assert [each["id"] for each in results] == [1, 2, 3]
    assert [each.get("action") for each in results] == ["clean", None, "allow"]
    assert results[1]["error"]["code"] == "empty"
    alone = server.post("/v1/check", rows[1])
    assert (alone.status_code, alone.json()["error"]["code"]) == (422, "empty")


def test_model_and_health_say_what_judges(server: Server) -> None:
    about = server.get("/v1/model").json()
    assert about["model"] == Moderator.load().model.identity
    # Without a key, nothing but that it is ready.
    for path, status in (("/healthz", "ok"), ("/readyz", "ready")):
        assert httpx.get(server.url + path).json() == {"status": status}
    assert about["model"] not in httpx.get(f"{server.url}/v1/model").text
    assert about["policy"] == "portal"
    assert "gambling" in about["labels"]


# ---------------------------------------------------------------------------------------------------------------- sites


def test_metrics_are_openmetrics(server: Server) -> None:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    server.post("/v1/check", {"html": HIJACKED})
    answer = server.get("/metrics")
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    samples = families["moderation_verdicts"].samples
    assert any(each.labels == {"site": "portal", "action": "clean"} and each.value >= 1 for each in samples)
    assert {each.labels.get("route") for each in families["moderation_requests"].samples} >= {"/v1/check", "/readyz"}


def test_too_many_requests_are_told_to_wait(own: Any) -> None:
    server = own()
    text = (server.folder / "service.toml").read_text("utf-8").replace("rate = 1000\nstore", "rate = 2\nstore")
    (server.folder / "service.toml").write_text(text, "utf-8")
    eventually(lambda: "loaded anew" in server.log())
    answers = [server.get("/v1/model", BLOG) for _ in range(12)]
    assert {each.status_code for each in answers} == {200, 429}
    assert {each.headers.get("retry-after") for each in answers if each.status_code == 429} == {"1"}
    assert {server.get("/v1/model").status_code for _ in range(12)} == {200}


# -------------------------------------------------------------------------------------------------------- other clients


class Rewritten(httpx.HTTPTransport):  # type: ignore[misc]
    """Sends what is meant for Akismet to us."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def handle_request(self, request: Any) -> Any:
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return super().handle_request(request)


def test_akismet_client_of_pypi(server: Server) -> None:
    akismet = pytest.importorskip("akismet")
    client = httpx.Client(transport=Rewritten(server.port), timeout=30)
    config = akismet.Config(key=PORTAL, url="http://www.a.example/")
    found = akismet.SyncClient.validated_client(config=config, http_client=client)
    about = {"comment_type": "comment", "comment_author": "读者", "user_agent": "x"}
    check = akismet.CheckResponse
    assert found.comment_check("192.0.2.1", comment_content="写得很好，谢谢分享。", **about) == check.HAM
    assert found.comment_check("192.0.2.1", comment_content=BLOCK, **about) in (check.SPAM, check.DISCARD)
    before = len(server.rows("feedback"))
    assert found.submit_spam("192.0.2.1", comment_content=BLOCK, **about)
    assert found.submit_ham("192.0.2.1", comment_content="写得很好", **about)
    assert [bool(row["is_spam"]) for row in server.rows("feedback")[before:]] == [True, False]
    with pytest.raises(akismet.APIKeyError):
        akismet.SyncClient.validated_client(
            config=akismet.Config(key="wrong", url="http://www.a.example/"), http_client=client
        )
    client.close()


def test_openai_client_with_another_base_url(server: Server) -> None:
    openai = pytest.importorskip("openai")
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key=PORTAL, max_retries=0)
    answer = client.moderations.create(input=["写得很好，谢谢分享。", BLOCK])
    good, bad = answer.results
    assert not good.flagged
    assert bad.flagged
    assert bad.categories.model_extra["spam/gambling"] is True
    assert bad.category_scores.model_extra["spam/gambling"] > 0.8
    assert bad.categories.violence is False
    assert bad.model_extra["findings"][0]["label"] == "gambling"
    (one,) = client.moderations.create(
        input=[{"type": "text", "text": "很好"}, {"type": "text", "text": BLOCK}]
    ).results
    assert one.flagged
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="no", max_retries=0).moderations.create(input="x")
    with pytest.raises(openai.BadRequestError):
        client.moderations.create(input=[])
    client.close()


def test_akismet_through_a_proxy_with_the_key_in_the_host(server: Server) -> None:
    form = urlencode({"blog": "http://a.cn", "user_ip": "192.0.2.1", "comment_content": BLOCK}).encode()
    head = f"POST http://{PORTAL}.rest.akismet.com/1.1/comment-check HTTP/1.1\r\nHost: {PORTAL}.rest.akismet.com\r\n"
    head += (
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\nConnection: close\r\n\r\n"
    )
    answer = raw(server, head.encode() + form)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"true")
    assert b"x-akismet-guid" in answer.lower()
    # What plug-ins try first, to speak TLS through it.
    tunnel = b"CONNECT rest.akismet.com:443 HTTP/1.1\r\nHost: rest.akismet.com:443\r\n\r\n"
    assert not raw(server, tunnel, 3).startswith(b"HTTP/1.1 2")


def test_connection_that_is_kept_serves_many(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for _ in range(5):
        connection.request("GET", "/healthz")
        assert connection.getresponse().read() == b'{"status":"ok"}'
    connection.close()


# -------------------------------------------------------------------------------------------------------- configuration


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "cannot be read"),
        (f"x = {'[' * 2000}", "cannot be read"),
        ("", "no site"),
        ("[service]\nport = 1", "unknown key service.port"),
        ("[sites.a]\nkeys = ['plain']", "holds no digests"),
        (f"[sites.a]\nkeys = ['{digest('a')}']\nrate = 0", "rate = 0"),
        *(
            (f"[service]\nthreads = {value}\n[sites.a]\nkeys = ['{digest('a')}']", "from 1 to 64")
            for value in (0, 65, "1.5", "true", '"2"')
        ),
        (f"[service]\nqueue = -1\n[sites.a]\nkeys = ['{digest('a')}']", "queue = -1"),
    ],
)
def test_wrong_configuration_is_said(text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "service.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ServiceError, match=re.escape(said)):
        load_config(path)
    assert main(["serve", "--config", str(path)]) == 2
    assert said in capsys.readouterr().err


def test_address_and_records_that_cannot_be_used_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MODERATION_KEY", PORTAL)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert main(["serve", "--port", str(other.getsockname()[1])]) == 2
    assert "name another --host or --port" in capsys.readouterr().err
    assert main(["serve", "--port", "0", "--records", "nonsense://x"]) == 2
    assert "cannot be used for records" in capsys.readouterr().err
    assert main(["serve", "--port", "0", "--records", f"sqlite:///{tmp_path}/none/records.sqlite"]) == 2
    assert "cannot be used for records" in capsys.readouterr().err


def test_key_and_its_digest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["key"]) == 0
    key, line = capsys.readouterr().out.splitlines()
    assert line == f'keys = ["{digest(key)}"]'
    # 128 bits and more: a fast digest of it tells nobody the key.
    assert len(key) * math.log2(len(_LETTERS)) >= 128
    assert set(key) <= set(_LETTERS)
    assert new_key() != new_key()
    assert main(["key", "--akismet"]) == 0
    short, line = capsys.readouterr().out.splitlines()
    assert line == f'keys = ["{digest(short)}"]'
    assert len(short) == 12


def test_documented_configuration_is_one(tmp_path: Path) -> None:
    (block,) = re.findall(
        r"^```toml\n(.*?)^```$", (ROOT / "docs" / "ingest.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    (tmp_path / "service.toml").write_text(block.replace("c0ffee…", digest("a")), "utf-8")
    config = load_config(tmp_path / "service.toml")
    assert config.site_of("a") is config.sites["portal"]
    names = {each.name for each in fields(Config)} - {"sites"} | {each.name for each in fields(Site)} - {"name"}
    assert [name for name in sorted(names) if not re.search(rf"^(# )?{name} = ", block, re.MULTILINE)] == []
