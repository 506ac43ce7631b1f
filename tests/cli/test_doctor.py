"""The command ``doctor``: each thing it looks at, really broken."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from moderation.cli import main
from moderation.cli.speech import width

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "models" / "zh-headspam"
KEY = {"MODERATION_KEY": "abcdefghijkl"}
HAN = re.compile("[\u4e00-\u9fff]")


class Done(NamedTuple):
    code: int
    checks: dict[str, dict[str, str]]
    err: str = ""

    def status(self, name: str) -> str:
        return self.checks[name]["status"]

    def said(self, name: str) -> str:
        return f"{self.checks[name]['said']}; {self.checks[name]['cure']}"


def free() -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def doctor(*arguments: str | Path, root: Path = ROOT, before: str = "", **environment: str) -> Done:
    """Runs it in a process of its own; a port that nobody has is looked at unless one is named."""
    port = [] if "--port" in arguments else ["--port", free()]
    command = [sys.executable, "-m", "moderation.cli", "doctor", "--format", "json", *port, *map(str, arguments)]
    if before:
        command = ["sh", "-c", f'{before}; exec "$@"', "sh", *command]
    env = {**os.environ, "PYTHONPATH": str(root), **KEY, **environment}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False, cwd=root, timeout=120)
    assert "Traceback" not in done.stderr, done.stderr
    row = json.loads(done.stdout)
    assert list(row) == ["ok", "checks"]
    assert row["ok"] is (done.returncode == 0)
    names = [check["name"] for check in row["checks"]]
    assert len(set(names)) == len(names)
    return Done(done.returncode, {check["name"]: check for check in row["checks"]}, done.stderr)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The package without its engine."""
    shutil.copytree(
        ROOT / "moderation",
        tmp_path / "copy" / "moderation",
        ignore=shutil.ignore_patterns("_native*.so", "_native*.pyd", "native", "__pycache__"),
    )
    return tmp_path / "copy"


def test_all_is_well(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*next(iter(KEY.items())))
    port = free()
    assert main(["doctor", "--port", port]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines} <= {"ok", "note"}
    text = "\n".join(lines)
    for said in (
        f"CPython {sys.version.split()[0]}",
        "zh-headspam@",
        "as the manifest has them",
        "what was planted in a title is found and cut",
        "none is needed to run",
        f"127.0.0.1:{port} is free to listen at",
        "numpy",
    ):
        assert said in text
    rows = doctor().checks
    names = [line[9:26].strip() for line in lines]
    # A line a check, the same ones in both forms.
    assert names == list(rows)
    assert {"version", "python", "dependencies", "engine", "model", "policy", "page", "compiler", "port"} <= set(rows)
    assert {"records", "temporary folder", "extra service", "extra django"} <= set(rows)
    assert not {"extra dev", "extra compare", "extra tables"} & set(rows)


def test_lines_in_chinese_stand_in_columns(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*next(iter(KEY.items())))
    assert main(["doctor", "--lang", "zh_CN", "--port", free()]) == 0
    lines = capsys.readouterr().out.splitlines()
    parts = [re.fullmatch(r"(\w+) +((?:附加组件 )?\w+) +(\S.*)", line) for line in lines]
    assert {part[1] for part in parts if part} <= {"正常", "提示"}
    names = {part[2] for part in parts if part}
    assert {"版本", "Python", "引擎", "临时文件夹", "附加组件 service"} <= names
    assert not {name for name in names if name != "Python" and not HAN.search(name)}
    starts = {
        (width(line[: part.start(2)]), width(line[: part.start(3)]))
        for line, part in zip(lines, parts, strict=True)
        if part
    }
    assert len(starts) == 1
    assert None not in parts


def test_json_in_chinese_has_the_same_codes(package: Path) -> None:
    english, chinese = (doctor("--lang", language, root=package) for language in ("en", "zh_CN"))
    assert list(chinese.checks) == list(english.checks)
    assert [row["status"] for row in chinese.checks.values()] == [row["status"] for row in english.checks.values()]
    assert chinese.said("engine").startswith("无法加载（")
    assert "请安装适合此 Python 版本和此机器的 wheel" in chinese.said("engine")
    assert chinese.said("page") == "未检查：没有引擎; "
    # What is no list of versions is said in words.
    same = {name for name, row in chinese.checks.items() if row["said"] == english.checks[name]["said"]}
    assert {name for name in same if not name.startswith("extra ")} == set()


def test_no_compiler_is_no_problem(tmp_path: Path) -> None:
    done = doctor(PATH=str(tmp_path))
    assert done.code == 0
    assert done.said("compiler").startswith("none; none is needed to run")


# --------------------------------------------------------------------------------------------------------------- engine


def test_engine_that_is_missing(package: Path) -> None:
    done = doctor(root=package)
    assert done.code == 1
    assert done.status("engine") == "problem"
    assert f"wants _native{EXTENSION_SUFFIXES[0]}, there is none" in done.said("engine")
    assert "install a wheel" in done.said("engine")
    assert [done.status(name) for name in ("model", "policy", "page")] == ["note"] * 3
    # All else is looked at.
    assert [done.status(name) for name in ("python", "port", "temporary folder")] == ["ok"] * 3


def test_engine_of_another_python(package: Path) -> None:
    name = "_native.cpython-399-x86_64-linux-gnu.so"
    (package / "moderation" / name).write_bytes(b"\x7fELF")
    assert f"there is {name}" in doctor(root=package).said("engine")


def test_engine_that_is_damaged(package: Path) -> None:
    (package / "moderation" / f"_native{EXTENSION_SUFFIXES[0]}").write_bytes(b"\x7fELF")
    done = doctor(root=package)
    assert (done.code, done.status("engine")) == (1, "problem")
    assert "cannot be loaded" in done.said("engine")


def test_engine_of_another_version(package: Path) -> None:
    (package / "moderation" / "_native.py").write_text("LIMITS = {}\nclass Characters:\n    def fold(self): ...\n")
    done = doctor(root=package)
    assert (done.code, done.status("engine")) == (1, "problem")
    assert "of another version: it lacks Brands" in done.said("engine")


def test_engine_that_is_older_than_its_sources(package: Path) -> None:
    (engine,) = (ROOT / "moderation").glob(f"_native{EXTENSION_SUFFIXES[0]}")
    shutil.copy(engine, package / "moderation")
    (package / "models").symlink_to(ROOT / "models")
    (package / "moderation" / "native").mkdir()
    for name, seconds in (("search.cpp", 10), ("runs.hpp", -10)):
        path = package / "moderation" / "native" / name
        path.write_text("")
        stamp = (package / "moderation" / engine.name).stat().st_mtime + seconds
        os.utime(path, (stamp, stamp))
    done = doctor(root=package)
    assert (done.code, done.status("engine")) == (0, "note")
    assert "older than native/search.cpp" in done.said("engine")


@pytest.mark.parametrize("command", ["check", "model", "serve", "completion"])
def test_commands_without_an_engine_name_the_doctor(package: Path, command: str) -> None:
    more = {"check": ["x.html"], "completion": ["bash"]}.get(command, [])
    done = subprocess.run(
        [sys.executable, "-m", "moderation.cli", command, *more],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(package), **KEY}, cwd=package,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "moderation doctor" in done.stderr
    assert len(done.stderr.splitlines()) == 1


# ------------------------------------------------------------------------------------------------------------ installed


def metadata_of(folder: Path, *requirements: str, version: str = "0.2.0") -> Path:
    """Another package's word on what is installed, in front of the true one."""
    about = folder / "site" / f"moderation-{version}.dist-info"
    about.mkdir(parents=True)
    lines = "".join(f"Requires-Dist: {each}\n" for each in requirements)
    extras = sorted(set(re.findall(r'extra == "(\w+)"', lines)))
    lines += "".join(f"Provides-Extra: {each}\n" for each in extras)
    (about / "METADATA").write_text(f"Metadata-Version: 2.4\nName: moderation\nVersion: {version}\n{lines}", "utf-8")
    return about.parent


def test_what_is_needed_and_too_old_or_missing(tmp_path: Path) -> None:
    site = metadata_of(
        tmp_path, "numpy>=99", "no-such-thing>=1.2", "jinja2<9,>=3", 'no-other-thing>=1; extra == "spark"',
        'numpy<1; extra == "parquet"', 'moderation[parquet]; extra == "wagtail"', 'numpy>=1; extra == "dev"',
        'numpy>=1.2; (python_version > "3") and extra == "service"',
    )  # fmt: skip
    done = doctor(PYTHONPATH=f"{site}:{ROOT}")
    assert done.code == 1
    assert done.status("dependencies") == "problem"
    assert "numpy>=99 (" in done.said("dependencies")
    assert "no-such-thing>=1.2 (not installed)" in done.said("dependencies")
    assert done.said("dependencies").endswith("pip install 'numpy>=99' 'no-such-thing>=1.2'")
    assert "jinja2" not in done.said("dependencies")
    extras = {name: done.status(name) for name in done.checks if name.startswith("extra ")}
    assert extras == {
        "extra parquet": "problem", "extra service": "ok", "extra spark": "note", "extra wagtail": "problem"
    }  # fmt: skip
    assert "pip install 'no-other-thing>=1'" in done.said("extra spark")


def test_other_version_than_is_installed(tmp_path: Path) -> None:
    done = doctor(PYTHONPATH=f"{metadata_of(tmp_path, version='0.1.0')}:{ROOT}")
    assert (done.code, done.status("version")) == (1, "problem")
    assert "says that it is 0.1.0" in done.said("version")


# ---------------------------------------------------------------------------------------------------- model and policy


@pytest.mark.parametrize("name", ["weights.npz", "names.txt", "vocabulary.txt", "manifest.json"])
def test_model_whose_file_was_changed(name: str, tmp_path: Path) -> None:
    folder = shutil.copytree(MODEL, tmp_path / "model")
    blob = (folder / name).read_bytes()
    changed = blob.replace(b'"thresholds": {', b'"thresholds": { "other": 1.0, ') if name == "manifest.json" else blob
    (folder / name).write_bytes(changed if changed != blob else blob[:-9] + b"?" + blob[-8:])
    done = doctor("--model", folder)
    assert (done.code, done.status("model")) == (1, "problem")
    assert str(folder / name) in done.said("model")
    assert "SHA-256 differs" in done.said("model")
    assert "restore" in done.said("model")
    assert done.status("page") == "note"


def test_model_that_is_missing() -> None:
    done = doctor("--model", "no-such-model")
    assert (done.code, done.status("model")) == (1, "problem")


def test_model_that_finds_nothing_is_noted(tmp_path: Path) -> None:
    from dataclasses import replace

    from moderation.model import Model

    folder = shutil.copytree(MODEL, tmp_path / "deaf")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    replace(Model.load(folder), manifest=manifest | {"judge": {"bias": -100.0}}).save(folder)
    done = doctor("--model", folder)
    assert (done.code, done.status("model"), done.status("page")) == (0, "ok", "note")
    assert "finds nothing" in done.said("page")


@pytest.mark.parametrize("text", ['review = "high"', "[labels]\nnothing = 0.5", "review ="])
def test_policy_that_cannot_be_used(text: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(text, "utf-8")
    done = doctor("--policy", path)
    assert (done.code, done.status("policy")) == (1, "problem")
    assert str(path) in done.said("policy")
    assert done.status("page") == "ok"
    config = tmp_path / "service.toml"
    config.write_text(f'[sites.a]\nkeys = ["{"0" * 64}"]\n[sites.b]\nkeys = ["{"1" * 64}"]\npolicy = "policy.toml"\n')
    done = doctor("--config", config)
    assert (done.code, done.status("policy")) == (1, "problem")
    assert done.said("policy").startswith(f"site b: {path}")


# -------------------------------------------------------------------------------------------------------------- service


def test_port_in_use() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = doctor("--port", str(port))
    assert (done.code, done.status("port")) == (1, "problem")
    assert f"127.0.0.1:{port}: Address already in use; name another --host or --port" in done.said("port")


class _Ready(BaseHTTPRequestHandler):
    """Some other service, which says that it is ready, whatever it is asked."""

    def do_GET(self) -> None:
        body = b'{"status": "ready"}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def test_port_of_another_service_that_is_ready() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Ready) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        done = doctor("--port", str(other.server_port))
        other.shutdown()
    assert (done.code, done.status("port")) == (1, "problem")
    assert "Address already in use" in done.said("port")


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", "70000"), ("no-such-host.invalid", "8000")])
def test_address_that_is_none(host: str, port: str) -> None:
    done = doctor("--host", host, "--port", port)
    assert (done.code, done.status("port")) == (1, "problem")


def test_port_of_a_service_that_runs(server: Any) -> None:
    done = doctor("--port", str(server.port), "--config", server.folder / "service.toml")
    assert (done.code, done.status("port")) == (0, "note")
    assert "a moderation service answers there already" in done.said("port")
    assert done.status("service") == "ok"
    assert "2 sites, records are kept" in done.said("service")
    assert done.status("records") == "ok"
    assert "revision 0001; verdicts" in done.said("records")


def test_key_that_each_start_makes_is_noted() -> None:
    done = doctor(MODERATION_KEY="")
    assert (done.code, done.status("service")) == (0, "note")


@pytest.mark.parametrize("text", ["[service", "[service]\nqueue = 0\n[sites.a]\nkeys = []", ""])
def test_configuration_that_cannot_be_used(text: str, tmp_path: Path) -> None:
    path = tmp_path / "service.toml"
    path.write_text(text, "utf-8")
    done = doctor("--config", path)
    assert (done.code, done.status("service")) == (1, "problem")
    assert str(path) in done.said("service")


def test_database_that_does_not_answer() -> None:
    pytest.importorskip("psycopg", reason="needs moderation[postgres]")
    url = f"postgresql+psycopg://user:hidden-word@127.0.0.1:{free()}/records"
    done = doctor("--records", url)
    assert (done.code, done.status("records")) == (1, "problem")
    assert "postgresql://127.0.0.1:" in done.said("records")
    assert "hidden-word" not in json.dumps(done.checks)


def test_database_of_postgresql(database: Any) -> None:
    url = database.new("doctor")
    done = doctor("--records", url)
    assert (done.code, done.status("records")) == (0, "ok")
    assert "empty" in done.said("records")
    done = doctor("--records", url.replace("pass-word-of-records", "another-word"))
    assert (done.code, done.status("records")) == (1, "problem")
    assert "another-word" not in json.dumps(done.checks)


def test_database_that_nobody_may_write(database: Any) -> None:
    from sqlalchemy import create_engine, text

    from moderation.service.records import Records

    url = database.new("readers")
    Records(url, 30).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE ROLE reader LOGIN PASSWORD 'reader-word'"))
        connection.execute(text("GRANT SELECT ON verdicts, feedback, moderation_revision TO reader"))
    engine.dispose()
    done = doctor("--records", url.replace("moderation:pass-word-of-records", "reader:reader-word"))
    assert (done.code, done.status("records")) == (1, "problem")
    assert "nobody may write there; give the user" in done.said("records")


def test_databases_of_sqlite(tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy", reason="needs moderation[service]")
    from moderation.service.records import Records

    path = tmp_path / "records.sqlite"
    done = doctor("--records", f"sqlite:///{path}")
    assert (done.code, done.status("records")) == (0, "ok")
    assert "is not there yet" in done.said("records")
    assert not path.exists()
    done = doctor("--records", f"sqlite:///{tmp_path}/no/folder.sqlite")
    assert (done.code, done.status("records")) == (1, "problem")
    Records(f"sqlite:///{path}", 30).close()
    assert "revision 0001" in doctor("--records", f"sqlite:///{path}").said("records")
    path.write_bytes(b"no database at all" * 100)
    done = doctor("--records", f"sqlite:///{path}")
    assert (done.code, done.status("records")) == (1, "problem")
    assert "not a database" in done.said("records")


def test_records_of_another_version(tmp_path: Path) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy", reason="needs moderation[service]")
    from moderation.service.records import Records

    url = f"sqlite:///{tmp_path}/records.sqlite"
    Records(url, 30).close()
    engine = sqlalchemy.create_engine(url)
    for change, status, said in (
        ("DROP TABLE moderation_revision", "note", "which `moderation records upgrade` does"),
        ("ALTER TABLE verdicts DROP COLUMN score", "problem", "name another database"),
    ):
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text(change))
        done = doctor("--records", url)
        assert (done.code, done.status("records")) == (int(status == "problem"), status)
        assert said in done.said("records")
    engine.dispose()


# ----------------------------------------------------------------------------------------------------- temporary folder


def test_temporary_folder_that_is_full() -> None:
    # Files may have a few blocks and no more, as on a disk that is nearly full.
    done = doctor(before="ulimit -f 8")
    assert (done.code, done.status("temporary folder")) == (1, "problem")
    assert "TMPDIR" in done.said("temporary folder")


def test_temporary_folder_that_is_not_used(tmp_path: Path) -> None:
    done = doctor(TMPDIR=str(tmp_path / "none"))
    assert (done.code, done.status("temporary folder")) == (0, "note")
    done = doctor(TMPDIR=str(tmp_path))
    assert done.said("temporary folder").startswith(f"{tmp_path} can be written to")


# ------------------------------------------------------------------------------------------------------------ wrong use


@pytest.mark.parametrize(
    "arguments", [["--port", "x"], ["page.html"], ["--format", "xml"], ["--config", "x", "--model", "y"]]
)
def test_wrong_use_is_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", *arguments]) == 2
    assert capsys.readouterr().err != ""


def test_names_break_no_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--model", str(tmp_path / "a\nok  b\x1b[2J"), "--port", free()]) == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert all(line.split()[0] in ("ok", "note", "problem") and line[9:10] != " " for line in out.splitlines())
    assert not [line for line in out.splitlines() if line.startswith("ok  b")]
