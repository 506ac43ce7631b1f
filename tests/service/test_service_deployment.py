"""What lies in deploy/: the proxy started for real, the unit read by systemd, the container's steps and the wheel."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit
from zipfile import ZipFile

import pytest
from container import BROUGHT, Stage, Step, carried_out, stages
from serving import BLOCK, HIJACKED, PORTAL, ROOT, Server, eventually, free_port, httpx

DEPLOY = ROOT / "deploy"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class Proxy(NamedTuple):
    url: str
    client: Any
    folder: Path

    def post(self, path: str, **given: Any) -> Any:
        return self.client.post(self.url + path, **given)


@pytest.fixture(scope="module")
def proxy(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """Nginx with the site of deploy/, its addresses and certificate exchanged for some of this machine."""
    openssl = shutil.which("openssl")
    if NGINX is None or openssl is None:
        pytest.skip("needs Debian's nginx and openssl")
    folder = tmp_path_factory.mktemp("nginx")
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=moderation.example"]
    made += [
        "-addext",
        "subjectAltName=DNS:localhost,DNS:*.moderation.example",
        "-keyout",
        "key.pem",
        "-out",
        "cert.pem",
    ]
    subprocess.run([openssl, *made], cwd=folder, check=True, capture_output=True)
    port = free_port()
    site = (DEPLOY / "nginx.conf").read_text("utf-8")
    for theirs, ours in {
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{server.port};",
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "/etc/ssl/moderation/fullchain.pem": f"{folder}/cert.pem",
        "/etc/ssl/moderation/key.pem": f"{folder}/key.pem",
        "/var/log/nginx/moderation.log": f"{folder}/access.log",
        "/var/log/nginx/moderation-error.log": f"{folder}/error.log",
    }.items():
        assert site.count(theirs) == 1
        site = site.replace(theirs, ours)
    (folder / "site.conf").write_text(site, "utf-8")
    paths = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{paths}include {folder}/site.conf;\n}}\n",
        "utf-8",
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")], stdout=log, stderr=log, start_new_session=True
        )
    context = ssl.create_default_context(cafile=str(folder / "cert.pem"))
    client = httpx.Client(verify=context, timeout=30)
    try:
        end = time.monotonic() + 20
        while True:
            assert process.poll() is None, (folder / "log").read_text()
            with suppress(httpx.TransportError):
                client.get(f"https://localhost:{port}/healthz")
                break
            assert time.monotonic() < end, (folder / "log").read_text()
            time.sleep(0.05)
        yield Proxy(f"https://localhost:{port}", client, folder)
    finally:
        client.close()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def test_verdicts_through_the_proxy(server: Server, proxy: Proxy) -> None:
    headers = {"Authorization": f"Bearer {PORTAL}", "X-Request-Id": "through-nginx"}
    answer = proxy.post("/v1/check", json={"html": HIJACKED}, headers=headers)
    assert answer.json() == server.post("/v1/check", {"html": HIJACKED}).json()
    assert answer.headers["x-request-id"] == "through-nginx"
    assert proxy.post("/v1/check", json={"html": HIJACKED}).status_code == 401


def test_key_in_the_host_passes_the_proxy(proxy: Proxy) -> None:
    form = {"blog": "http://a.example/", "comment_content": BLOCK}
    answer = proxy.post("/1.1/comment-check", data=form, headers={"Host": f"{PORTAL}.moderation.example"})
    assert (answer.status_code, answer.text) == (200, "true")
    assert "x-akismet-guid" in answer.headers


def logged(proxy: Proxy) -> str:
    return "".join((proxy.folder / name).read_text() for name in ("access.log", "error.log", "log"))


def test_keys_are_in_no_log_of_the_proxy(server: Server, proxy: Proxy) -> None:
    form = {"blog": "http://a.example/", "comment_content": BLOCK}
    own = {"Host": f"{PORTAL}.moderation.example", "X-Request-Id": "key-in-the-host"}
    assert proxy.post("/1.1/comment-check", data=form, headers=own).text == "true"
    for name in ("key", "api_key"):
        assert proxy.post(f"/1.1/comment-check?{name}={PORTAL}", data=form).text == "true"
    # The address as a whole, as a client sends it to what it takes for a proxy.
    address = urlsplit(proxy.url)
    context = ssl.create_default_context(cafile=str(proxy.folder / "cert.pem"))
    body = urlencode(form).encode()
    head = (
        f"POST http://{PORTAL}.moderation.example/1.1/comment-check HTTP/1.1\r\nHost: {PORTAL}.moderation.example\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with (
        socket.create_connection((address.hostname, address.port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as sent,
    ):
        sent.sendall(head.encode() + body)
        answer = b"".join(iter(lambda: sent.recv(65536), b""))
    assert answer.endswith(b"true")
    eventually(lambda: logged(proxy).count('"POST /1.1/comment-check" 200') >= 4)
    assert " key-in-the-host\n" in logged(proxy)
    assert PORTAL not in logged(proxy) + server.log()


def test_refusals_keep_their_words(proxy: Proxy) -> None:
    headers = {"Authorization": f"Bearer {PORTAL}"}
    answer = proxy.post("/v1/check", content=b"x" * 3_000_000, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too-large")
    assert proxy.post("/v1/check", content=b"x" * 9_000_000, headers=headers).status_code == 413


def test_a_service_that_is_down_is_told_apart(server: Server, proxy: Proxy) -> None:
    """Last, since nobody answers afterwards."""
    assert proxy.client.get(f"{proxy.url}/metrics", headers={"Authorization": f"Bearer {PORTAL}"}).status_code == 200
    os.kill(server.process.pid, signal.SIGTERM)
    server.process.wait(30)
    answer = proxy.post("/v1/check", json={"html": HIJACKED}, headers={"Authorization": f"Bearer {PORTAL}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "busy")
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["content-type"] == "application/json"
    proxy.post(f"/1.1/comment-check?key={PORTAL}", data={}, headers={"Host": f"{PORTAL}.moderation.example"})
    eventually(lambda: '"POST /1.1/comment-check" 503' in logged(proxy))
    assert PORTAL not in logged(proxy)


def test_unit_is_one(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    unit = (DEPLOY / "moderation.service").read_text("utf-8")
    command = Path(sys.executable).with_name("moderation")
    assert unit.count("/opt/moderation/bin/moderation") == 1
    path = tmp_path / "moderation.service"
    path.write_text(unit.replace("/opt/moderation/bin/moderation", str(command)), "utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-300:]


# ------------------------------------------------------------------------------------------------------------ container


@pytest.fixture(scope="module")
def container(built: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Stage, dict[str, Step]]:
    """The last stage carried out, with what the first one left, and the last instruction of each kind."""
    *_, (name, steps) = stages()
    stage = carried_out(steps, tmp_path_factory.mktemp("container") / name, ROOT, {"build": built})
    return stage, {step.name: step for step in steps}


# All of the engine is compiled, if no other test has asked for it before.
@pytest.mark.timeout(3000)
def test_container_is_built_and_serves(container: tuple[Stage, dict[str, Step]]) -> None:
    stage, last = container
    # Nothing of the second stage can compile, and the engine is there all the same.
    assert not [name for name in BROUGHT["g++"] if shutil.which(name, path=str(stage.tools))]
    key = subprocess.run(
        [stage.at("/opt/moderation/bin/moderation"), "key"],
        env=stage.environment, cwd=stage.folder, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    stage.at("/etc/moderation").mkdir(parents=True)
    config = f'[service]\nrecords = "sqlite:///{stage.folder}/records.sqlite"\n[sites.portal]\n{key[1]}\n'
    stage.at("/etc/moderation/service.toml").write_text(config, "utf-8")
    port = free_port()
    called = [*json.loads(last["ENTRYPOINT"].rest), *json.loads(last["CMD"].rest), "--port", str(port)]
    command = [str(stage.at(word)) if word.startswith("/") else word for word in called]
    healthy = json.loads(last["HEALTHCHECK"].rest.partition("CMD ")[2])
    asked = [word.replace("127.0.0.1:8000", f"127.0.0.1:{port}") for word in healthy]
    assert asked != healthy
    log = stage.root / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, env=stage.environment, cwd=stage.folder, stdout=file, stderr=file, start_new_session=True
        )
    try:
        end = time.monotonic() + 60
        while subprocess.run(asked, env=stage.environment, capture_output=True, check=False).returncode:
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < end, log.read_text("utf-8")
            time.sleep(0.2)
        headers = {"Authorization": f"Bearer {key[0]}"}
        address = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{address}/readyz").status_code == 200
        answer = httpx.post(f"{address}/v1/check", json={"html": HIJACKED}, headers=headers).json()
        assert [finding["place"] for finding in answer["findings"]] == ["title", "meta", "head"]
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def test_wheel_of_the_container_was_compiled_there(built: Path) -> None:
    (wheel,) = (built / "wheels").glob("moderation-*.whl")
    names = ZipFile(wheel).namelist()
    # One engine, not those that lay in the project's tree, and no source of it.
    assert len([name for name in names if name.startswith("moderation/_native") and name.endswith(".so")]) == 1
    assert not [name for name in names if name.endswith((".cpp", ".hpp")) or "__pycache__" in name]
    assert not [name for name in names if "cpython-38" in name or "cp38" in name]
    assert "moderation/models/zh-headspam/manifest.json" in names
    assert {"moderation/py.typed", "moderation/_native.pyi"} < set(names)


def test_pages_say_where_a_wheel_is_from_and_what_it_takes() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "plugins/wordpress/moderation/readme.txt"]
    some = 0
    for page in pages:
        text = page.read_text("utf-8")
        named = re.findall(r"pip install ([^\n`]*)", text)
        # No index has it, and what has its name there is something else.
        assert not [each for each in named if re.match(r"['\"]?moderation\b", each)], page.name
        if named:
            some += 1
            assert "compiler" in text, page.name
            assert "pip wheel --no-deps -w dist ." in text or "deploy.md#install" in text or "-e '.[" in text, page.name
    assert some >= 6


def test_unit_begins_what_serve_takes() -> None:
    from moderation.cli import build_parser

    (line,) = re.findall(r"^ExecStart=(.*)$", (DEPLOY / "moderation.service").read_text("utf-8"), re.MULTILINE)
    assert build_parser().parse_args(shlex.split(line)[1:]).workers == 2
