"""What lies in deploy/: the proxy started for real, the unit read by systemd, the container's steps and the wheel."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from serving import BLOCK, HIJACKED, PORTAL, ROOT, Server, free_port, httpx

DEPLOY = ROOT / "deploy"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class Proxy(NamedTuple):
    url: str
    client: Any

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
        yield Proxy(f"https://localhost:{port}", client)
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


def test_container_has_all_that_the_wheel_is_made_of() -> None:
    text = (DEPLOY / "Containerfile").read_text("utf-8").replace("\\\n", " ")
    steps = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    copied = {name for step, rest in steps if step == "COPY" for name in rest.split()[:-1]}
    for name in copied:
        assert (ROOT / name).exists(), name
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    included = json.loads(re.findall(r"wheel]\ninclude = (\[.*?\])", project)[0])
    wanted = {name.strip("/") for name in included} | {"pyproject.toml"}
    wanted |= set(re.findall(r'^(?:readme|license-files) = \[?"([^"]+)"', project, re.MULTILINE))
    assert wanted == copied
    # The arguments of the command are those that `serve` takes.
    from moderation.cli import build_parser

    (command,) = [json.loads(rest) for step, rest in steps if step == "CMD"]
    assert build_parser().parse_args(command).config == "/etc/moderation/service.toml"
    (check,) = [rest.partition("CMD ")[2] for step, rest in steps if step == "HEALTHCHECK"]
    assert "/readyz" in json.loads(check)[2]


def test_unit_begins_what_serve_takes() -> None:
    from moderation.cli import build_parser

    (line,) = re.findall(r"^ExecStart=(.*)$", (DEPLOY / "moderation.service").read_text("utf-8"), re.MULTILINE)
    assert build_parser().parse_args(shlex.split(line)[1:]).workers == 2
