"""The commands of the documentation are run as a new user runs them; those that are not are named, with why.

They find what the system has and what pip has just installed, with the project's wheel, in an environment of its own
(``fresh.py``): nothing of the one that runs the tests, an empty home, and a folder that holds what the page speaks of.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

pytest.importorskip("granian", reason="needs moderation[service]")

import fresh
import wheelhouse
from serving import BLOCK, free_port, httpx  # only where it is installed
from test_docs import fences, loosely

ROOT = Path(__file__).parent.parent
# All that people read, by its path.
PAGES = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for path in (
        *ROOT.glob("*.md"),
        *(
            path
            for folder in ("datasets", "docs", "examples", "models", "plugins")
            for path in (ROOT / folder).glob("**/*.md")
        ),
        *(ROOT / "plugins").glob("**/readme.txt"),
    )
    if "local" not in path.parts
}
READMES = ("README.md", "README.zh-CN.md")
# In which language the commands of a page answer, if not in English.
LANGUAGES = {"README.zh-CN.md": "zh_CN.UTF-8"}
_PIPELINE = "run by .ci/run, in a clean clone, for every change"
_ITSELF = "part of the tests: it would run what runs it"
_COMPILED = "compiles the engine once more; the wheel in dist/ is built as deploy/Containerfile says, by tests/fresh.py"
_CLUSTER = "needs a cluster; tests/audit/test_cluster.py runs the command on one machine"
_NO_UNITS = "needs root and systemd; the test does what the unit says"
_ENGINE = "needs a container engine; tests/service/test_service_deployment.py carries out the file's steps"
_WP = "needs WP-CLI; tests/plugins/wordpress/test_audit.py calls what stands behind the command in a real WordPress"
_TRAIN = "takes hours, and pages of others; tests/training trains small models by the same steps"
# Commands that are not run as they stand: why, and what is run instead (":" is nothing).
INSTEAD = {
    "make demo": (_PIPELINE, ":"),
    "make test": (_PIPELINE, ":"),
    "make install": (f"the first step of `make test`, {_PIPELINE}", ":"),
    "make check": (f"a step of `make test`, {_PIPELINE}", ":"),
    "make develop": ("compiles the engine, as `make install` does", ":"),
    "make html5lib": (_PIPELINE, ":"),
    "make wordpress": (_PIPELINE, ":"),
    "make native-test": ("compiles the engine; tests/test_native_units.py runs what it runs", ":"),
    ".venv/bin/pytest tests/stages": (_ITSELF, ":"),
    '.venv/bin/pytest -k "signal and not native"': (_ITSELF, ":"),
    "pip install '.[service]'": (_COMPILED, 'pip install "$(ls dist/moderation-*.whl)[service]"'),
    "pip wheel --no-deps -w dist .": (_COMPILED, ":"),
    'pip install "$(ls dist/moderation-*.whl)[spark]"': ("takes 400 MB from PyPI", ":"),
    "systemctl enable --now moderation": (_NO_UNITS, "START"),
    "systemctl start moderation": (_NO_UNITS, "START"),
    "systemctl stop moderation": (_NO_UNITS, "STOP"),
    "systemctl reload prometheus": ("needs root and systemd; tests/service/test_monitoring.py starts Prometheus", ":"),
    "podman build -f deploy/Containerfile -t moderation .": (_ENGINE, ":"),
    "podman run -p 127.0.0.1:8000:8000 -v ./service:/etc/moderation:ro -v moderation:/var/lib/moderation moderation": (
        _ENGINE,
        ":",
    ),
    "moderation spark-audit --list warc.paths.gz --root /data/crawl --out audit --master spark://head:7077": (
        _CLUSTER,
        ":",
    ),
    "spark-submit --master yarn --num-executors 50"
    " \"$(python -c 'import moderation.cli.__main__ as cli; print(cli.__file__)')\""
    " spark-audit --list warc.paths.gz --root s3://commoncrawl --out audit --rows s3://bucket/audit": (_CLUSTER, ":"),
    "python3 -m venv .venv && .venv/bin/pip install -e '.[train]'": (_TRAIN, ":"),
    ".venv/bin/python train.py --sources DIR --add own.jsonl --out models/mine": (_TRAIN, ":"),
    "wp moderation audit": (_WP, ":"),
    "wp moderation audit --post_type=post --limit=1000 --format=csv": (_WP, ":"),
    "wp moderation audit --apply": (_WP, ":"),
    "wp moderation test": (_WP, ":"),
}
# What a page shows in a fence, or four blanks to the right.
SHOWN = re.compile(r"^```([^\n]*)\n(.*?)^```$|(?<=\n\n)((?:    [^\n]+\n)+)", re.MULTILINE | re.DOTALL)
A_COMMAND = re.compile(r"(?:make|moderation|pip|python3?|\.venv/bin/\w+) ")
NO_COMMANDS = {"diff", "ini", "js", "json", "jsonl", "php", "py", "python", "sql", "toml"}


class Block(NamedTuple):
    """Commands that stand together, without their comments, and what a page says that they print, if it does."""

    commands: list[str]
    printed: list[str]


def blocks(text: str) -> list[Block]:
    found = []
    for language, fenced, indented in SHOWN.findall(text):
        lines = (fenced or indented.replace("\n    ", "\n").removeprefix("    ")).replace("\\\n", "").splitlines()
        if language == "console":
            found.append(Block([lines[0].removeprefix("$ ")], lines[1:]))
        elif language == "sh" or (indented and A_COMMAND.match(lines[0])):
            commands = (re.sub(r"\s+#.*$", "", re.sub(r"  +", " ", line)) for line in lines if line.strip())
            found.append(Block(list(commands), []))
    return found


def excused(block: Block) -> bool:
    """Whether nothing of it is run."""
    return all(INSTEAD.get(command, ("", ""))[1] == ":" for command in block.commands)


class Machine:
    """A folder in the place of ``/``, with what a page speaks of, and what runs there."""

    def __init__(self, folder: Path, project: Path, venv: Path, wheels: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.served: subprocess.Popen[bytes] | None = None
        for name in ("bin", "backup", "etc/prometheus", "etc/systemd/system", "home", "var/lib/moderation"):
            (folder / name).mkdir(parents=True)
        for name in ("deploy", "dist", "examples"):
            (folder / name).symlink_to(project / name)
        self.variables = {**fresh.environment(venv, folder / "home", wheels), "LANG": "C.UTF-8", "EDITOR": "editor"}
        self.variables["PATH"] = f"{folder / 'bin'}:{self.variables['PATH']}"
        # A refusal is a failure here.
        (folder / "home" / ".curlrc").write_text("silent\nshow-error\nfail-with-body\n", "utf-8")
        editor = folder / "bin" / "editor"
        editor.write_text('#!/bin/sh\nsed "s/^keys = .*/$(grep ^keys key.txt)/" several.toml > "$1"\n', "utf-8")
        editor.chmod(0o755)
        (several,) = fences(PAGES["docs/ingest.md"], "toml")
        (folder / "several.toml").write_text(self._here(several), "utf-8")

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
    def key(self) -> str | None:
        """That which the service has printed."""
        log = self.folder / "log"
        said = log.read_text("utf-8") if log.exists() else ""
        found = re.search(r"(?:the key, until this ends: |本次运行期间的密钥：)(\w+)", said)
        return found and found[1]

    def run(self, command: str, codes: tuple[int, ...] = (0,)) -> str:
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
            cwd=self.folder, env={**self.variables, **({"KEY": self.key} if self.key else {})},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode in codes, (command, done.stdout, done.stderr)
        if command.endswith("moderation key"):
            (self.folder / "key.txt").write_text(done.stdout, "utf-8")
        return done.stdout

    def _serve(self, command: str) -> None:
        self.stop()
        with (self.folder / "log").open("wb") as log:
            self.served = subprocess.Popen(
                ["bash", "-c", f"exec {self._here(command)}"],
                cwd=self.folder, env=self.variables, stdout=log, stderr=log, start_new_session=True,
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

    def carry_out(self, page: str) -> dict[str, str]:
        """Runs all commands of a page in their order; what each printed, which is what the page says."""
        said = {}
        for block in blocks(PAGES[page]):
            for command in block.commands:
                # With 1 ends what has found something.
                codes = (0, 1) if block.printed or "compare" in command else (0,)
                said[command] = self.run(INSTEAD.get(command, ("", command))[1], codes)
                if block.printed and page not in ELSEWHERE:
                    # A model that is trained anew has other numbers, other terms in front, and other worst cases.
                    assert loosely(said[command].splitlines()) == loosely(block.printed)
        return said


@pytest.fixture
def machine(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("needs curl and bash")
    venv = fresh.installed(tmp_path_factory)
    found = Machine(tmp_path, fresh.checkout(tmp_path_factory), venv, fresh.built(tmp_path_factory) / "wheels")
    yield found
    found.stop()


def of_a_readme(machine: Machine, page: str) -> None:
    machine.carry_out(page)
    # The report that both speak of, and the service that the last command has begun.
    assert (machine.folder / "audit" / "report.html").stat().st_size > 10_000
    headers = {"Authorization": f"Bearer {machine.key}"}
    answer = httpx.post(f"http://127.0.0.1:{machine.port}/v1/check", json={"title": BLOCK}, headers=headers)
    assert answer.json()["action"] != "allow"
    # The example in Python, put into a file.
    (example,) = fences(PAGES[page], "py")
    used = "import sys\nprint(before_publishing(sys.stdin.read()), end='')"
    (machine.folder / "example.py").write_text(f"{example}\n{used}\n", "utf-8")
    assert machine.run("python example.py < examples/hijacked.html") == (ROOT / "examples" / "clean.html").read_text(
        "utf-8"
    )


def of_an_evaluation(machine: Machine, page: str) -> None:
    machine.carry_out(page)


def of_a_training(machine: Machine, page: str) -> None:
    shutil.copy(ROOT / "examples" / "labelled.jsonl", machine.folder / "held-out.jsonl")
    shutil.copytree(ROOT / "models" / "zh-headspam", machine.folder / "models" / "mine")
    shutil.copytree(ROOT / "examples", machine.folder / "pages")
    said = machine.carry_out(page)
    first, second = (text for command, text in said.items() if "evaluate" in command)
    assert first == second != ""


def at_ingest(machine: Machine, page: str) -> None:
    shutil.copy(ROOT / "examples" / "policies" / "news-portal.toml", machine.folder / "portal.toml")
    run = machine.run

    def edited(command: str, codes: tuple[int, ...] = (0,)) -> str:
        # The file that the page shows stands between the two commands.
        if command.startswith("moderation serve --config"):
            run('editor "$PWD/service.toml"')
        return run(command, codes)

    machine.run = edited  # type: ignore[method-assign]
    said = machine.carry_out(page)
    (verdict,) = [text for command, text in said.items() if command.startswith("curl")]
    assert '"action":' in verdict
    key = (machine.folder / "key.txt").read_text("utf-8").split()[0]
    about = httpx.get(f"http://127.0.0.1:{machine.port}/v1/model", headers={"X-API-Key": key}).json()
    assert about["policy"] == "news-portal"


def of_a_deployment(machine: Machine, page: str) -> None:
    said = machine.carry_out(page)
    assert said["curl http://127.0.0.1:8000/readyz"] == '{"status":"ready"}'
    backups = sorted(path.name for path in (machine.folder / "backup").iterdir())
    assert backups == sorted(["records-before", time.strftime("records-%Y-%m-%d")])
    # What is to be deleted of one text, of a text that was judged.
    key = (machine.folder / "key.txt").read_text("utf-8").split()[0]
    text = {"text": "本公司专业生产水质分析仪"}
    headers = {"Authorization": f"Bearer {key}"}
    assert httpx.post(f"http://127.0.0.1:{machine.port}/v1/check", json=text, headers=headers).status_code == 200
    machine.stop()
    statements = [block for block in fences(PAGES[page], "sql") if "DELETE" in block]
    with closing(sqlite3.connect(machine.folder / "var/lib/moderation/records.sqlite")) as records:
        ((digest,),) = records.execute("SELECT digest FROM verdicts").fetchall()
        for statement in statements:
            records.executescript(statement.replace("…", digest))
        assert records.execute("SELECT count(*) FROM verdicts").fetchone() == (0,)


def of_monitoring(machine: Machine, page: str) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("needs Debian's prometheus")
    (machine.folder / "moderation.key").write_text("key", "utf-8")
    # Merged with an empty one.
    shutil.copy(ROOT / "deploy" / "prometheus" / "prometheus.yml", machine.folder / "etc" / "prometheus")
    said = machine.carry_out(page)
    assert "SUCCESS" in said["promtool check config /etc/prometheus/prometheus.yml"]
    assert (machine.folder / "etc/prometheus/moderation.key").stat().st_mode & 0o777 == 0o640


def of_a_webhook(machine: Machine, page: str) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    (secret,) = machine.carry_out(page).values()
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=\n", secret)


LIVE = """
from news.models import Article
from wagtail.models import Site
page = Article(title="校园新闻", slug="guide", body="<p>学校食堂开放。</p>")
Site.objects.get().root_page.add_child(instance=page)
Article.objects.filter(pk=page.pk).update(body="<p>BLOCK</p><p>学校食堂开放。</p>")
""".replace("BLOCK", BLOCK)


def as_said(printed: list[str], summary: list[str], expected: list[str]) -> None:
    """One flagged page and what is counted; all that the example shows is there, which leaves some out (``…``)."""

    def uncounted(text: str) -> str:
        # A model that is trained anew may be less certain where the line ends.
        return re.sub(r"\d+|clean|review", "0", text)

    assert [*map(uncounted, summary)] == [*map(uncounted, expected[1:])]
    example = json.loads(expected[0].replace('", … "', '", "').replace(", …}", "}"))
    (verdict,) = map(json.loads, printed)
    assert example.keys() <= verdict.keys()
    assert example["findings"][0].keys() <= verdict["findings"][0].keys()
    assert uncounted(verdict["id"]) == uncounted(example["id"])


def of_wagtail(machine: Machine, page: str) -> None:
    if not wheelhouse.wheels("wagtail"):
        pytest.skip("needs Wagtail's wheels in build/wheelhouse: make .venv/all")
    # The site's own environment, and the site that the page takes for granted.
    machine.run("python3 -m venv site")
    machine.variables["PATH"] = f"{machine.folder / 'site' / 'bin'}:{machine.variables['PATH']}"
    install, *rest = [command for block in blocks(PAGES[page]) for command in block.commands]
    machine.run(install)
    machine.run("wagtail start demo . && python manage.py startapp news")
    settings, model = fences(PAGES[page], "py")[:2]
    with (machine.folder / "demo" / "settings" / "dev.py").open("a", encoding="utf-8") as file:
        file.write(f"{settings}\nINSTALLED_APPS += ['news']\nWAGTAIL_ENABLE_UPDATE_CHECK = False\n")
    imports = "from wagtail.fields import RichTextField\nfrom wagtail.models import Page\n"
    (machine.folder / "news" / "models.py").write_text(f"{imports}{model}", "utf-8")
    machine.run("python manage.py makemigrations news")
    migrate, *rest = rest
    machine.run(migrate)
    # A page that is live already, and never was judged.
    (machine.folder / "live.py").write_text(LIVE, "utf-8")
    machine.run("python manage.py shell < live.py")
    audit, shown, again = rest
    assert audit == shown
    printed = machine.run(f"{shown} 2> summary", (1,)).splitlines()
    summary = (machine.folder / "summary").read_text("utf-8").splitlines()
    (expected,) = [block.printed for block in blocks(PAGES[page]) if block.printed]
    as_said(printed, summary, expected)
    # The same wheel, with less around it.
    machine.run(again)


# Who runs the commands of a page.
WALKS: dict[str, Callable[[Machine, str], None]] = {
    **dict.fromkeys(READMES, of_a_readme),
    "docs/deploy.md": of_a_deployment,
    "docs/evaluate.md": of_an_evaluation,
    "docs/ingest.md": at_ingest,
    "docs/monitoring.md": of_monitoring,
    "docs/training.md": of_a_training,
    "docs/wagtail.md": of_wagtail,
    "docs/webhook.md": of_a_webhook,
}
# What these print is compared by those who run them.
ELSEWHERE = {"docs/wagtail.md"}


@pytest.mark.parametrize("page", WALKS)
def test_commands_of(page: str, machine: Machine) -> None:
    if page in LANGUAGES:
        machine.variables["LANG"] = LANGUAGES[page]
    WALKS[page](machine, page)


def test_every_block_is_run_or_excused() -> None:
    """What a page shows is known to be commands or not; each command is run above, or the table says why not."""
    languages = {language for text in PAGES.values() for language, fenced, _ in SHOWN.findall(text) if fenced}
    assert languages == NO_COMMANDS | {"console", "sh"}
    found = {page: blocks(text) for page, text in PAGES.items()}
    there = {command for each in found.values() for block in each for command in block.commands}
    assert [command for command in INSTEAD if command not in there] == []
    assert {page for page, each in found.items() if not all(map(excused, each))} == set(WALKS)
    # How many blocks have nothing that is run, and how many something: who adds one says which it is.
    counted = Counter(excused(block) for each in found.values() for block in each)
    assert (counted[True], counted[False]) == (9, 22)


def test_python_examples_of_the_library(machine: Machine) -> None:
    """Nothing is needed for them but what the wheel brings."""
    (machine.folder / "library.txt").write_text("\n".join(fences(PAGES["docs/library.md"], "python")), "utf-8")
    machine.run("python -m doctest library.txt")


def test_query_of_an_audit(machine: Machine) -> None:
    machine.run("moderation audit examples/crawl.warc.gz --out audit", (1,))
    (query,) = fences(PAGES["docs/audit.md"], "sql")
    with closing(sqlite3.connect(machine.folder / "audit" / "audit.sqlite")) as tables:
        rows = tables.execute(query).fetchall()
    assert rows
    assert all(isinstance(host, str) and count > 0 for host, _, count in rows)
