"""Ten thousand requests that no client should send: each is refused with a reason, and costs no worker."""

from __future__ import annotations

import http.client
import json
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, NamedTuple

import pytest
from serving import HIJACKED, PORTAL, Server, raw, start, stop

REQUESTS = 10_000
CLIENTS = 4
SEED = 20260
# With a model and jieba's dictionary loaded, a worker has about 170.
MEGABYTES = 400
ENTRY = {
    "title": "水质分析仪",
    "body": "<p>本公司生产各种阀门。</p>",
    "meta": {"keywords": "阀门"},
    "url": "http://a.example/",
}
PATHS = ["/v1/check", "/v1/clean", "/v1/feedback?spam=true", "/v1/moderations"]
WRONG: list[Any] = [3, -1.5, True, [], [[]], {}, {"a": {}}, [None], {"": 1}, 10**30]
NO_UTF8 = [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe6\xb0", b"\x80"]
TRICKS = [
    "/v1/check/", "//v1/check", "/v1/../v1/check", "/v1/./check", "/V1/CHECK", "/v1/check%00", "/v1/check;a=b",
    "/v1/check%2f", "/v1%2fcheck/x", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/v1/check.json", "/",
    "/admin", "/docs", "/redoc", "/static/../records.sqlite", "/v1/verdicts/1", "/v1/verdicts%20", "/metrics/../v1",
    "/1.1/", "/1.1/comment-check/x", "/v1/check?" + "a" * 3000, "/\\..\\..",
]  # fmt: skip


class Bad(NamedTuple):
    """A request and what may be answered."""

    kind: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    statuses: tuple[int, ...] = (400,)


def _json(kind: str, path: str, body: bytes) -> Bad:
    return Bad(kind, "POST", path, {"Authorization": f"Bearer {PORTAL}", "Content-Type": "application/json"}, body)


def _given(path: str) -> dict[str, Any]:
    return {"input": ["写得很好"], "model": "x"} if "moderations" in path else dict(ENTRY)


def cut(chance: random.Random) -> Bad:
    path = chance.choice(PATHS)
    text = json.dumps(_given(path), ensure_ascii=False).encode()
    return _json("cut", path, text[: chance.randrange(len(text))])


def torn(chance: random.Random) -> Bad:
    """Something in front, behind or between that no JSON has there."""
    path = chance.choice(PATHS)
    text = json.dumps(_given(path)).encode()
    noise = bytes(chance.choice(b"\x00\x01\x1b'}])<>&;\\\xff") for _ in range(chance.randrange(1, 9)))
    return _json("torn", path, chance.choice([noise + text, text + noise, b"{" + noise + text[1:]]))


def wrong_type(chance: random.Random) -> Bad:
    path = chance.choice(PATHS)
    row = _given(path)
    fields = ["title", "summary", "html", "body", "text", "meta", "url"]
    if "input" in row:
        row["input"] = chance.choice([3, None, True, {}, [3], [["x"]], [{"text": "x"}], [{"type": 3}], []])
    else:
        row[chance.choice(fields)] = chance.choice(WRONG[:5] + WRONG[6:])
    return _json("wrong type", path, json.dumps(row).encode())


def unknown(chance: random.Random) -> Bad:
    path = chance.choice(PATHS[:3])
    name = "".join(chance.choice("abcä\x1b\n\u2028<\"'{}$%") for _ in range(chance.randrange(1, 40))) + "?"
    row: Any = {**ENTRY, name: "x"} if chance.random() < 0.5 else {"pages": [ENTRY, {name: "x", "text": "x"}]}
    return _json("unknown field", path, json.dumps(row).encode())


def broken_utf8(chance: random.Random) -> Bad:
    path = chance.choice(PATHS)
    text = json.dumps(_given(path), ensure_ascii=False)
    at = chance.randrange(text.index(": ") + 3, len(text) - 4)
    return _json("broken UTF-8", path, text[:at].encode() + chance.choice(NO_UTF8) + text[at:].encode())


def surrogate(chance: random.Random) -> Bad:
    path = chance.choice(PATHS)
    text = json.dumps(_given(path))
    lone = "\\u" + chance.choice(["d800", "dbff", "DC00", "dfff", "d83d\\\\u"])
    at = text.index("\\u")
    return _json("lone surrogate", path, (text[:at] + lone + "x" + text[at:]).encode())


def nested(chance: random.Random) -> Bad:
    depth = chance.randrange(2000, 20_000)
    opened = chance.choice([b"[", b'{"a":', b'{"meta":{"a":', b'{"pages":['])
    return _json("nested", chance.choice(PATHS), opened * depth)


def many(chance: random.Random) -> Bad:
    rows = {"pages": [{"text": "x"}] * chance.randrange(101, 400)}
    if chance.random() < 0.5:
        return _json("too many", "/v1/moderations", json.dumps({"input": ["x"] * chance.randrange(101, 400)}).encode())
    return _json("too many", chance.choice(PATHS[:3]), json.dumps(rows).encode())


def document(chance: random.Random) -> Bad:
    """A document that is none."""
    headers = {
        "Authorization": f"Bearer {PORTAL}",
        "Content-Type": chance.choice(["text/html", "text/plain; charset=gbk"]),
    }
    if chance.random() < 0.3:
        blank = bytes(chance.choice(b" \t\r\n") for _ in range(chance.randrange(50)))
        return Bad("empty document", "POST", chance.choice(PATHS[:2]), headers, blank, (422,))
    body = HIJACKED.encode("utf-8")[: chance.randrange(400)] + chance.choice(NO_UTF8[:4]) + b"<p>"
    return Bad("broken document", "POST", chance.choice(PATHS[:3]), headers, body)


def feedback(chance: random.Random) -> Bad:
    said = chance.choice(
        ["", "?spam=", "?spam=1", "?spam=maybe", "?spam=true%00", "?Spam=true", "?spam", "?spam=TRUE&x&spam=no"]
    )
    return _json("feedback", f"/v1/feedback{said}", json.dumps(ENTRY).encode())


def key(chance: random.Random) -> Bad:
    wrong = "".join(chance.choice("abcdefghijk0123456789' \";-%$é\t") for _ in range(chance.randrange(60)))
    headers: dict[str, str] = chance.choice(
        [
            {}, {"Authorization": f"Bearer {wrong}"}, {"Authorization": wrong}, {"X-API-Key": wrong},
            {"Cookie": f"key={PORTAL}"}, {"Authorization": f"Bearer {PORTAL}x"}, {"Authorization": f"Basic {PORTAL}"},
            {"Authorization": f"Bearer {PORTAL.upper()}"}, {"X-API-Key": f"{PORTAL},{PORTAL}"},
            {"Authorization": "Bearer " + "a" * 4000},
        ]
    )  # fmt: skip
    if chance.random() < 0.5:
        path = chance.choice([*PATHS, f"/v1/check?key={PORTAL}"])
        return Bad("wrong key", "POST", path, headers, json.dumps(ENTRY).encode(), (401,))
    hidden = ["/v1/model", "/v1/verdicts", "/metrics", "/openapi.json", f"/v1/model?api_key={PORTAL}"]
    return Bad("wrong key", "GET", chance.choice(hidden), headers, b"", (401,))


def trick(chance: random.Random) -> Bad:
    path = chance.choice(TRICKS)
    headers = {"Authorization": f"Bearer {PORTAL}", "Content-Type": "application/json"}
    return Bad("path", chance.choice(["GET", "POST", "PUT"]), path, headers, b"{", (400, 404, 405))


def method(chance: random.Random) -> Bad:
    name = chance.choice(["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "A" * 50, "get"])
    path = chance.choice([*PATHS, "/healthz", "/metrics", "/1.1/comment-check"])
    return Bad("method", name, path, {"Authorization": f"Bearer {PORTAL}"}, b"", (405,))


def form(chance: random.Random) -> Bad:
    path = chance.choice(["/1.1/comment-check", "/1.1/submit-spam", "/1.1/submit-ham", "/1.1/verify-key"])
    many = b"&".join(b"a%d=b" % number for number in range(chance.randrange(1001, 1500)))
    body = chance.choice([many, b"api_key=" + PORTAL.encode() + b"&comment_content=" + chance.choice(NO_UTF8)])
    return Bad("form", "POST", path, {"Content-Type": "application/x-www-form-urlencoded"}, body)


KINDS: list[Callable[[random.Random], Bad]] = [
    cut, torn, wrong_type, unknown, broken_utf8, surrogate, nested, many, document, feedback, key, trick, method, form,
]  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    # Without a limit that would refuse them for their number.
    found = start(tmp_path_factory.mktemp("service"), rate=1_000_000)
    yield found
    stop(found)


def send(server: Server, requests: list[Bad]) -> list[str]:
    """What is wrong with the answers."""
    wrong: list[str] = []
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for bad in requests:
        connection.putrequest("POST", "/", skip_accept_encoding=True)
        # The line as it is: the client would refuse some of them itself.
        connection._buffer[0] = f"{bad.method} {bad.path} HTTP/1.1".encode()  # type: ignore[attr-defined]
        for name, value in {**bad.headers, "Content-Length": str(len(bad.body))}.items():
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders(bad.body)
        answer = connection.getresponse()
        body = answer.read()
        said = f"{bad.kind}: {bad.method} {bad.path[:60]} {bad.body[:80]!r} -> {answer.status} {body[:200]!r}"
        if answer.status not in bad.statuses:
            wrong.append(said)
        else:
            try:
                error = json.loads(body)["error"]
                assert re.fullmatch(r"[a-z-]+", error["code"])
                assert 8 < len(error["message"]) < 400
                assert answer.headers["content-type"] == "application/json"
                assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", answer.headers["x-request-id"])
            except (AssertionError, KeyError, TypeError, ValueError):
                wrong.append(said)
        if answer.will_close:
            connection.close()
    connection.close()
    return wrong


def test_ten_thousand_malformed_requests(server: Server) -> None:
    chance = random.Random(SEED)
    requests = [KINDS[number % len(KINDS)](chance) for number in range(REQUESTS)]
    before = server.processes()
    with ThreadPoolExecutor(CLIENTS) as clients:
        found = [*clients.map(lambda first: send(server, requests[first::CLIENTS]), range(CLIENTS))]
    wrong = [said for part in found for said in part]
    assert wrong == [], "\n".join(wrong[:10]) + f"\n{len(wrong)} in all"
    assert server.processes() == before
    assert server.peak() < MEGABYTES
    lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    assert [line for line in lines if line["event"] == "fault"] == []
    assert sum(line["event"] == "request" for line in lines) >= REQUESTS
    assert server.post("/v1/check", {"html": HIJACKED}).json()["action"] == "clean"


# ------------------------------------------------------------------------------------------------ what is no request

HEAD = f"POST /v1/check HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {PORTAL}\r\n".encode()
NO_REQUESTS = {
    "a line feed inside a header": HEAD + b"X-A: b\nContent-Length : 3\r\n\r\n{}x",
    "a bare carriage return": HEAD + b"X-A: b\rX-C: d\r\nContent-Length: 2\r\n\r\n{}",
    "a zero in a header": HEAD + b"X-A: b\0c\r\nContent-Length: 2\r\n\r\n{}",
    "a tab in a path": b"GET /v1/model\t HTTP/1.1\r\nHost: a\r\n\r\n",
    "a header without a name": HEAD + b": b\r\nContent-Length: 2\r\n\r\n{}",
    "a header of 2 MB": HEAD + b"X-A: " + b"b" * 2_000_000 + b"\r\n\r\n",
    "5,000 headers": HEAD + b"".join(b"X-%d: b\r\n" % number for number in range(5000)) + b"\r\n",
    "a length below zero": HEAD + b"Content-Length: -1\r\n\r\n{}",
    "a length that is no number": HEAD + b"Content-Length: 0x10\r\n\r\n{}",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}       ",
    "a length too long": HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "a chunk of no length": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "an unknown coding": HEAD + b"Transfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    "no version": b"GET /v1/model\r\n\r\n",
    "version 9": b"GET /v1/model HTTP/9.9\r\nHost: a\r\n\r\n",
    "a space too many": b"GET  /v1/model HTTP/1.1\r\nHost: a\r\n\r\n",
    "TLS": bytes.fromhex("16030100c8010000c40303") + bytes(200),
    "nothing but zeros": bytes(5000),
    "a tunnel": b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n",
}


@pytest.mark.parametrize("data", NO_REQUESTS.values(), ids=NO_REQUESTS)
def test_what_is_no_request_is_refused(server: Server, data: bytes) -> None:
    answer = raw(server, data, 2)
    # The server itself answers some of them with a status alone, and hangs up on others.
    assert not answer or answer.startswith(b"HTTP/1.1 4"), answer[:200]
    assert server.get("/healthz").status_code == 200


# ------------------------------------------------------------------------------------------------- too much, too slowly


def flood(server: Server, head: bytes, piece: bytes, count: int) -> bytes:
    """What is answered to a body that is sent until it is refused."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.settimeout(20)
        answer: list[bytes] = []

        def read() -> None:
            with suppress(OSError):
                answer.append(connection.recv(65536))

        reader = threading.Thread(target=read)
        reader.start()
        with suppress(OSError):
            connection.sendall(head)
            for _ in range(count):
                if answer:
                    break
                connection.sendall(piece)
        reader.join(20)
    return answer[0] if answer else b""


@pytest.mark.parametrize("way", ["a length", "chunks"])
def test_bodies_of_a_hundred_megabytes_are_refused_before_they_are_read(server: Server, way: str) -> None:
    before = server.processes()
    mega = b"x" * 1_000_000
    if way == "a length":
        head, piece = HEAD + b"Content-Length: 100000000\r\n\r\n", mega
    else:
        head, piece = HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"f4240\r\n" + mega + b"\r\n"
    with ThreadPoolExecutor(10) as clients:
        answers = [*clients.map(lambda _: flood(server, head, piece, 100), range(10))]
    for answer in answers:
        assert answer.startswith(b"HTTP/1.1 413"), answer[:200]
        assert b'"too-large"' in answer
    assert server.peak() < MEGABYTES
    assert server.processes() == before


def test_those_who_send_slowly_hold_up_nobody(server: Server) -> None:
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
    try:
        for number, connection in enumerate(slow):
            connection.sendall(HEAD[: 20 + number % 40] if number % 2 else HEAD + b"Content-Length: 90\r\n\r\n{")
        end = time.monotonic() + 12
        longest = 0.0
        while time.monotonic() < end:
            began = time.monotonic()
            assert server.post("/v1/check", {"html": HIJACKED}).json()["action"] == "clean"
            longest = max(longest, time.monotonic() - began)
            for connection in slow:
                # One byte now and then, as those do who want to stay for ever.
                with suppress(OSError):
                    connection.send(b" ")
            time.sleep(0.5)
        assert longest < 2
        said = []
        for connection in slow:
            connection.settimeout(5)
            answer = b""
            with suppress(ConnectionError):
                answer = connection.recv(65536)
            said.append(answer[:12])
        # A body that does not come in time is answered, a head that does not is hung up on.
        assert said[::2] == [b"HTTP/1.1 408"] * 100
        assert {answer[:10] for answer in said[1::2]} <= {b"", b"HTTP/1.1 4"}
    finally:
        for connection in slow:
            connection.close()
    assert server.peak() < MEGABYTES
