"""The shell commands of the documentation are run, on a machine in a folder; those that are not are named, with why."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from moderation.cli import main

pytest.importorskip("granian", reason="needs moderation[service]")

from serving import free_port, httpx  # only where it is installed
from test_docs import CHINESE, fences, loosely

ROOT = Path(__file__).parent.parent
PAGES = {
    name: (ROOT / "docs" / f"{name}.md").read_text("utf-8")
    for name in ("audit", "cli", "deploy", "ingest", "monitoring")
}
_NO_INDEX = "asks PyPI; tests/service/test_service_deployment.py builds the wheel and installs it"
_NO_UNITS = "needs root and systemd; the test does what the unit says"
# Commands that are not run as they stand: why, and what is run instead.
INSTEAD = {
    "pip install '.[service]'": (_NO_INDEX, ":"),
    "pip wheel --no-deps -w dist .": (_NO_INDEX, ":"),
    'pip install "$(ls dist/moderation-*.whl)[service]"': (_NO_INDEX, ":"),
    'pip install "$(ls dist/moderation-*.whl)[spark]"': (_NO_INDEX, ":"),
    '/opt/moderation/bin/pip install "$(ls dist/moderation-*.whl)[service]"': (
        _NO_INDEX,
        'ln -sf "$INSTALLED" /opt/moderation/bin/moderation',
    ),
    "systemctl enable --now moderation": (_NO_UNITS, "START"),
    "systemctl start moderation": (_NO_UNITS, "START"),
    "systemctl stop moderation": (_NO_UNITS, "STOP"),
    "systemctl reload prometheus": ("needs root and systemd; tests/service/test_monitoring.py starts Prometheus", ":"),
    "podman build -f deploy/Containerfile -t moderation .": (
        "needs a container engine and a network; tests/service/test_service_deployment.py carries out its steps",
        ":",
    ),
    "podman run -p 127.0.0.1:8000:8000 -v ./service:/etc/moderation:ro -v moderation:/var/lib/moderation moderation": (
        "needs a container engine",
        ":",
    ),
    "moderation spark-audit --list warc.paths.gz --root /data/crawl --out audit --master spark://head:7077": (
        "needs a cluster; tests/audit/test_cluster.py runs the command on one machine",
        ":",
    ),
    "spark-submit --master yarn --num-executors 50"
    " \"$(python -c 'import moderation.cli.__main__ as cli; print(cli.__file__)')\""
    " spark-audit --list warc.paths.gz --root s3://commoncrawl --out audit --rows s3://bucket/audit": (
        "needs a cluster and a network; tests/audit/test_cluster.py runs the command on one machine",
        ":",
    ),
}


def commands(text: str) -> list[list[str]]:
    """The commands of each block for a shell, without their comments."""
    blocks = (re.sub(r"\\\n\s*", "", block) for block in fences(text, "sh"))
    return [[re.sub(r"\s+#.*$", "", line) for line in block.splitlines() if line.strip()] for block in blocks]


class Machine:
    """A folder in the place of ``/``, with the project in it, and what runs there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.served: subprocess.Popen[bytes] | None = None
        for name in ("bin", "backup", "etc/prometheus", "etc/systemd/system", "var/lib/moderation"):
            (folder / name).mkdir(parents=True)
        for name in ("examples", "deploy"):
            (folder / name).symlink_to(ROOT / name)
        # What pip would put there.
        self._program("installed", f'exec {sys.executable} -m moderation.cli "$@"')
        self._program("python3", f'exec {sys.executable} "$@"')
        # A refusal is a failure here.
        self._program("curl", f'exec {shutil.which("curl")} --silent --show-error --fail-with-body "$@"')
        self._program("editor", 'sed "s/^keys = .*/$(grep ^keys key.txt)/" several.toml > "$1"')
        (several,) = fences(PAGES["ingest"], "toml")
        (folder / "several.toml").write_text(self._here(several), "utf-8")

    def _program(self, name: str, line: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{line}\n", "utf-8")
        path.chmod(0o755)

    def _here(self, text: str) -> str:
        """What is said of a machine, said of this folder."""
        for theirs, ours in {
            "/opt/": f"{self.folder}/opt/",
            "/etc/": f"{self.folder}/etc/",
            "/backup/": f"{self.folder}/backup/",
            "/var/lib/": f"{self.folder}/var/lib/",
            "127.0.0.1:8000": f"127.0.0.1:{self.port}",
            "0.0.0.0": "127.0.0.1",
            "moderation serve": f"moderation serve --port {self.port}",
            "moderation doctor": f"moderation doctor --port {self.port}",
            "-g prometheus": f"-g {os.getgid()}",
        }.items():
            text = text.replace(theirs, ours)
        return text

    @property
    def _environment(self) -> dict[str, str]:
        own = {"PATH": f"{self.folder / 'bin'}:/usr/bin:/bin:/usr/sbin", "HOME": str(self.folder), "LANGUAGE": "en"}
        own |= {"PYTHONPATH": str(ROOT), "INSTALLED": str(self.folder / "bin" / "installed"), "EDITOR": "editor"}
        log = self.folder / "log"
        key = re.search(r"the key, until this ends: (\w+)", log.read_text("utf-8")) if log.exists() else None
        return {**own, **({"KEY": key[1]} if key else {})}

    def run(self, command: str) -> str:
        """What a command prints; it must end well."""
        if command == "START":
            unit = (ROOT / "deploy" / "moderation.service").read_text("utf-8")
            command = re.findall(r"^ExecStart=(.+)$", unit, re.MULTILINE)[0]
        if command == "STOP":
            self.stop()
            return ""
        if re.match(r"\S*moderation serve\b", command):
            self._serve(command)
            return ""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self._here(command)],
            cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        if command.endswith("moderation key"):
            (self.folder / "key.txt").write_text(done.stdout, "utf-8")
        return done.stdout

    def _serve(self, command: str) -> None:
        self.stop()
        with (self.folder / "log").open("wb") as log:
            self.served = subprocess.Popen(
                ["bash", "-c", f"exec {self._here(command)}"],
                cwd=self.folder, env=self._environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + 60
        while True:
            said = (self.folder / "log").read_text("utf-8")
            assert self.served.poll() is None, said
            assert time.monotonic() < end, said
            with suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{self.port}/readyz").status_code == 200:
                    return
            time.sleep(0.1)

    def stop(self) -> None:
        if self.served is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.served.pid, signal.SIGTERM)
            self.served.wait(60)
            self.served = None


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("needs curl and bash")
    found = Machine(tmp_path)
    yield found
    found.stop()


def carried_out(machine: Machine, page: str) -> dict[str, str]:
    """Runs all commands of a page in their order; what each printed."""
    said = {}
    for block in commands(PAGES[page]):
        for command in block:
            said[command] = machine.run(INSTEAD.get(command, ("", command))[1])
    return said


def test_what_is_not_run_stands_in_the_documentation() -> None:
    """Nothing is excused that is not there; whatever else a page has is run by the tests below."""
    there = [command for text in PAGES.values() for block in commands(text) for command in block]
    assert len(there) > 20
    assert [command for command in INSTEAD if command not in there] == []
    # A page whose commands nobody runs here has none.
    assert commands(PAGES["cli"]) == []
    assert [command for block in commands(PAGES["audit"]) for command in block if command not in INSTEAD] == []


def test_commands_at_ingest(machine: Machine) -> None:
    (machine.folder / "bin" / "moderation").symlink_to("installed")
    shutil.copy(ROOT / "examples" / "policies" / "news-portal.toml", machine.folder / "portal.toml")
    run = machine.run

    def edited(command: str) -> str:
        # The file that the page shows stands between the two commands.
        if command.startswith("moderation serve --config"):
            run('editor "$PWD/service.toml"')
        return run(command)

    machine.run = edited  # type: ignore[method-assign]
    said = carried_out(machine, "ingest")
    (verdict,) = [text for command, text in said.items() if command.startswith("curl")]
    assert '"action":' in verdict
    key = (machine.folder / "key.txt").read_text("utf-8").split()[0]
    about = httpx.get(f"http://127.0.0.1:{machine.port}/v1/model", headers={"X-API-Key": key}).json()
    assert about["policy"] == "news-portal"


def test_commands_of_a_deployment(machine: Machine) -> None:
    said = carried_out(machine, "deploy")
    assert said["curl http://127.0.0.1:8000/readyz"] == '{"status":"ready"}'
    backups = sorted(path.name for path in (machine.folder / "backup").iterdir())
    assert backups == sorted(["records-before", time.strftime("records-%Y-%m-%d")])
    # What is to be deleted of one text, of a text that was judged.
    key = (machine.folder / "key.txt").read_text("utf-8").split()[0]
    text = {"text": "本公司专业生产水质分析仪"}
    headers = {"Authorization": f"Bearer {key}"}
    assert httpx.post(f"http://127.0.0.1:{machine.port}/v1/check", json=text, headers=headers).status_code == 200
    machine.stop()
    statements = [block for block in fences(PAGES["deploy"], "sql") if "DELETE" in block]
    with closing(sqlite3.connect(machine.folder / "var/lib/moderation/records.sqlite")) as records:
        ((digest,),) = records.execute("SELECT digest FROM verdicts").fetchall()
        for statement in statements:
            records.executescript(statement.replace("…", digest))
        assert records.execute("SELECT count(*) FROM verdicts").fetchone() == (0,)


def test_commands_of_monitoring(machine: Machine) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("needs Debian's prometheus")
    (machine.folder / "moderation.key").write_text("key", "utf-8")
    # Merged with an empty one.
    shutil.copy(ROOT / "deploy" / "prometheus" / "prometheus.yml", machine.folder / "etc" / "prometheus")
    said = carried_out(machine, "monitoring")
    assert "SUCCESS" in said["promtool check config /etc/prometheus/prometheus.yml"]
    assert (machine.folder / "etc/prometheus/moderation.key").stat().st_mode & 0o777 == 0o640


def test_query_of_an_audit(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["audit", str(ROOT / "examples" / "crawl.warc.gz"), "--out", str(tmp_path / "audit")]) == 1
    (query,) = fences(PAGES["audit"], "sql")
    with closing(sqlite3.connect(tmp_path / "audit" / "audit.sqlite")) as tables:
        rows = tables.execute(query).fetchall()
    assert rows
    assert all(isinstance(host, str) and count > 0 for host, _, count in rows)
    capsysbinary.readouterr()


@pytest.mark.parametrize("block", fences(CHINESE, "console"))
def test_console_examples_in_chinese_print_what_they_say(
    block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    # As the page says: the language of the system.
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    command, *expected = block.splitlines()
    main(command.removeprefix("$ moderation ").split())
    printed = capsysbinary.readouterr().out.decode().splitlines()
    assert loosely(printed) == loosely(expected)
