"""The tables of the records from one revision to the next, and their backup: on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy", reason="needs moderation[service]")
pytest.importorskip("alembic", reason="needs moderation[service]")

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from serving import BLOCK, HIJACKED, eventually

from moderation.cli import main
from moderation.errors import ServiceError
from moderation.service import schema, upkeep
from moderation.service.records import Records
from moderation.service.schema import State

# The tables as version 0.2.0 made them, which wrote down no revision. Nothing here ever changes.
OLD = sa.MetaData()
COMMON = ("time", sa.Float, True), ("site", sa.String(200), True), ("protocol", sa.String(20), False)
OLD_VERDICTS, OLD_FEEDBACK = (
    sa.Table(
        name,
        OLD,
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(each, kind, index=index, nullable=False) for each, kind, index in COMMON),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), index=True, nullable=False),
        *columns,
        sa.Column("text", sa.Text),
    )
    for name, columns in (
        (
            "verdicts",
            (
                sa.Column("action", sa.String(10), nullable=False),
                sa.Column("labels", sa.String(200), nullable=False),
                sa.Column("score", sa.Float),
                sa.Column("model", sa.String(100), nullable=False),
                sa.Column("policy", sa.String(200), nullable=False),
            ),
        ),
        ("feedback", (sa.Column("is_spam", sa.Boolean, nullable=False),)),
    )
)
ABOUT = {"site": "博客", "protocol": "v1", "request": "r", "digest": "d" * 64}
VERDICT = {**ABOUT, "action": "clean", "labels": "gambling", "score": 0.5, "model": "m", "policy": "p"}

SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    with op.batch_alter_table("verdicts") as table:
        table.add_column(sa.Column("language", sa.String(20), nullable=False, server_default="zh"))
        table.alter_column("policy", type_=sa.String(300))
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/records.sqlite"
    name: str = f"test_{abs(hash(request.node.nodeid))}"
    made: str = request.getfixturevalue("database").new(name)
    return made


@pytest.fixture
def old(url: str) -> str:
    """A database that 0.2.0 has written to."""
    with connected(url) as connection:
        OLD.create_all(connection)
        for number in range(3):
            row = {"time": 1.7e9 + number, "text": f"第{number}条"}
            connection.execute(OLD_VERDICTS.insert(), {**VERDICT, **row})
            connection.execute(OLD_FEEDBACK.insert(), {**ABOUT, **row, "is_spam": number > 0})
    return url


@pytest.fixture
def second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a package that knows one revision more."""
    folder = tmp_path / "migrations"
    shutil.copytree(upkeep.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "v0002_language.py").write_text(SECOND, "utf-8")
    for module in (schema, upkeep):
        monkeypatch.setattr(module, "REVISIONS", ("0001", "0002"))
    return folder


class connected:  # noqa: N801  # reads as a verb
    """A transaction on a database that is let go of at its end."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url)

    def __enter__(self) -> sa.Connection:
        self._transaction = self._engine.begin()
        return self._transaction.__enter__()

    def __exit__(self, *about: Any) -> None:
        self._transaction.__exit__(*about)
        self._engine.dispose()


def rows(url: str, table: str) -> list[dict[str, Any]]:
    with connected(url) as connection:
        return [dict(row._mapping) for row in connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY id"))]


def columns(url: str, table: str) -> list[str]:
    with connected(url) as connection:
        return [column["name"] for column in sa.inspect(connection).get_columns(table)]


def tables(url: str) -> list[str]:
    with connected(url) as connection:
        return sorted(sa.inspect(connection).get_table_names())


def differences(url: str) -> list[Any]:
    """What Alembic would change of the tables of a database to make them those of the package."""
    with connected(url) as connection:
        options = {"version_table": "moderation_revision", "compare_type": True}
        found: list[Any] = compare_metadata(MigrationContext.configure(connection, opts=options), schema.TABLES)
        return found


def migrated(url: str, folder: Path = upkeep.MIGRATIONS) -> None:
    """All revisions from the first one on, in a database that holds nothing."""
    from alembic import command

    config = Config()
    config.set_main_option("script_location", str(folder))
    with connected(url) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


# ---------------------------------------------------------------------------------------------------------- revisions


def test_revisions_are_those_of_the_folder() -> None:
    config = Config()
    config.set_main_option("script_location", str(upkeep.MIGRATIONS))
    found = [each.revision for each in ScriptDirectory.from_config(config).walk_revisions()]
    assert found[::-1] == list(schema.REVISIONS)


def test_migrations_lead_to_the_tables_of_the_package(url: str) -> None:
    migrated(url)
    assert differences(url) == []
    with connected(url) as connection:
        assert schema.look(connection) == (State.CURRENT, schema.REVISIONS[-1])


def test_new_database_has_what_migrations_lead_to(url: str) -> None:
    Records(url, 30).close()
    assert tables(url) == ["feedback", "moderation_revision", "verdicts"]
    assert differences(url) == []
    before = upkeep.upgrade(url)
    assert before == ((State.CURRENT, "0001"), (State.CURRENT, "0001"))


def test_first_revision_is_what_was_there_before_revisions(url: str) -> None:
    """Whatever later revisions do: an unmarked database is said to be of the first one."""
    migrated(url)
    with connected(url) as connection:
        options = {"version_table": "moderation_revision", "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), OLD) == []


# ------------------------------------------------------------------------------------------------------------ upgrade


def test_what_has_no_revision_is_recognised_and_used_as_it_is(old: str) -> None:
    assert upkeep.describe(old).found == (State.UNMARKED, None)
    records = Records(old, 100_000)
    records.feedback({**ABOUT, "is_spam": False, "text": "新"})
    records.close()
    # Nothing was made: its user need not be allowed to.
    assert tables(old) == ["feedback", "verdicts"]
    assert [row["text"] for row in rows(old, "feedback")] == ["第0条", "第1条", "第2条", "新"]


def test_upgrade_of_what_has_no_revision_loses_nothing(old: str) -> None:
    before = {table: rows(old, table) for table in ("verdicts", "feedback")}
    assert upkeep.upgrade(old) == ((State.UNMARKED, None), (State.CURRENT, "0001"))
    assert {table: rows(old, table) for table in before} == before
    assert differences(old) == []
    about = upkeep.describe(old)
    assert (dict(about.rows), about.oldest, about.newest) == ({"verdicts": 3, "feedback": 3}, 1.7e9, 1.7e9 + 2)


@pytest.mark.parametrize("marked", [False, True])
def test_upgrade_to_another_revision_keeps_the_rows(
    old: str, second: Path, marked: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    if marked:
        with connected(old) as connection:
            schema.REVISION.create(connection)
            connection.execute(schema.REVISION.insert(), {"version_num": "0001"})
    before = rows(old, "verdicts")
    # Whoever would write to them meanwhile is refused, and told what to do.
    assert main(["serve", "--port", "0", "--records", old]) == 2
    said = capsys.readouterr().err
    assert "revision '0001', this version writes '0002'" in said
    assert "moderation records upgrade" in said
    assert main(["records", "info", "--records", old]) == 1
    state = (State.OLDER, "0001") if marked else (State.UNMARKED, None)
    assert upkeep.upgrade(old, second) == (state, (State.CURRENT, "0002"))
    assert rows(old, "verdicts") == [{**row, "language": "zh"} for row in before]
    assert len(rows(old, "feedback")) == 3
    records = Records(old, 100_000)
    records.verdict({**VERDICT, "text": None})
    records.close()
    assert len(rows(old, "verdicts")) == 4
    assert main(["records", "info", "--records", old]) == 0


def test_upgrade_that_fails_changes_nothing(old: str, second: Path) -> None:
    path = second / "versions" / "v0002_language.py"
    path.write_text(f"{SECOND}    op.execute('SELECT * FROM nowhere')\n", "utf-8")
    before = rows(old, "verdicts")
    with pytest.raises(ServiceError, match="nowhere"):
        upkeep.upgrade(old, second)
    assert rows(old, "verdicts") == before
    assert "language" not in columns(old, "verdicts")
    assert upkeep.describe(old).found == (State.UNMARKED, None)


def test_upgrade_waits_for_nobody_who_writes(old: str, second: Path) -> None:
    engine = sa.create_engine(old)
    with engine.connect() as connection:
        connection.execute(OLD_VERDICTS.insert(), {**VERDICT, "time": 1.0})
        with pytest.raises(ServiceError, match=r"locked|lock timeout"):
            upkeep.upgrade(old, second)
    engine.dispose()
    assert upkeep.describe(old).found == (State.UNMARKED, None)


def test_newer_tables_are_left_alone(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    Records(url, 30).close()
    with connected(url) as connection:
        connection.execute(schema.REVISION.update(), {"version_num": "9999"})
    for command in (["serve", "--port", "0"], ["records", "upgrade"]):
        assert main([*command, "--records", url]) == 2
        assert "'9999', which a newer version wrote" in capsys.readouterr().err
    assert main(["records", "info", "--records", url]) == 1
    assert "9999 (unknown)" in capsys.readouterr().out


def test_tables_of_others_are_left_alone(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with connected(url) as connection:
        connection.execute(sa.text("CREATE TABLE feedback (stars INTEGER)"))
    for command in (["serve", "--port", "0"], ["records", "upgrade"]):
        assert main([*command, "--records", url]) == 2
        assert "name another database" in capsys.readouterr().err
    assert main(["records", "backup", "x", "--records", url]) == 2
    assert tables(url) == ["feedback"]


def test_half_made_tables_are_finished(url: str) -> None:
    """Another worker is about to make the rest, or was ended meanwhile."""
    with connected(url) as connection:
        OLD_FEEDBACK.create(connection)
    Records(url, 30).close()
    assert differences(url) == []
    assert upkeep.describe(url).found == (State.CURRENT, "0001")


def test_other_tables_beside_them_do_not_matter(url: str) -> None:
    with connected(url) as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('of something else')"))
    Records(url, 30).close()
    assert upkeep.describe(url).found == (State.CURRENT, "0001")
    assert rows_of_version(url) == ["of something else"]


def rows_of_version(url: str) -> list[str]:
    with connected(url) as connection:
        return list(connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars())


# ------------------------------------------------------------------------------------------------------------- backup


def test_backup_while_the_service_writes_holds_all_that_was_thanked_for(tmp_path: Path, own: Any) -> None:
    server = own()
    for _ in range(20):
        assert server.post("/v1/check", {"html": HIJACKED}).status_code == 200
        assert server.post("/v1/feedback?spam=true", {"text": BLOCK}).json() == {"kept": 1}
    eventually(lambda: len(server.rows("verdicts")) == 20)
    target = tmp_path / "backup.sqlite"
    assert main(["records", "backup", str(target), "--config", str(tmp_path / "service.toml")]) == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.glob("*backup*")) == ["backup.sqlite"]
    with closing(sqlite3.connect(target)) as copy:
        for table in ("verdicts", "feedback"):
            assert copy.execute(f"SELECT count(*) FROM {table}").fetchone() == (20,)
    # Put back, it is a database that the service goes on with.
    assert Records(f"sqlite:///{target}", 30).recent("portal", 1)[0]["action"] == "clean"


def test_backup_of_postgresql_is_put_back(database: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("pg_dump") is None or shutil.which("pg_restore") is None:
        pytest.skip("needs Debian's postgresql-client")
    url = database.new("before")
    with connected(url) as connection:
        OLD.create_all(connection)
        connection.execute(OLD_FEEDBACK.insert(), {**ABOUT, "time": 1.5, "is_spam": True, "text": "一条\n"})
        connection.execute(sa.text("CREATE TABLE secrets (name TEXT)"))
    upkeep.upgrade(url)
    target = tmp_path / "records.dump"
    assert main(["records", "backup", str(target), "--records", url]) == 0
    assert f"{target.stat().st_size:,} bytes" in capsys.readouterr().out
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    again = database.new("behind")
    plain = sa.make_url(again).set(drivername="postgresql").render_as_string(hide_password=False)
    subprocess.run(["pg_restore", "--no-owner", f"--dbname={plain}", str(target)], check=True, capture_output=True)
    # Only what is ours was in it.
    assert tables(again) == ["feedback", "moderation_revision", "verdicts"]
    assert rows(again, "feedback") == rows(url, "feedback")
    assert upkeep.describe(again).found == (State.CURRENT, "0001")
    assert differences(again) == []


@pytest.mark.parametrize("program", ["#!/bin/sh\necho 'server version mismatch' >&2\nexit 1\n", None])
def test_dump_that_fails_is_told(
    database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str | None
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    if program:
        (tools / "pg_dump").write_text(program)
        (tools / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    url = database.new(f"dump_{bool(program)}".lower())
    Records(url, 30).close()
    with pytest.raises(ServiceError, match="server version mismatch" if program else "postgresql-client"):
        upkeep.backup(url, tmp_path / "records.dump")
    assert not list(tmp_path.glob("*records.dump*"))


@pytest.mark.parametrize(
    ("target", "said"), [("there.sqlite", "there already"), ("no/such/folder", "cannot be written")]
)
def test_backup_that_cannot_be_written_is_told(
    tmp_path: Path, target: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/records.sqlite"
    Records(url, 30).close()
    (tmp_path / "there.sqlite").write_bytes(b"mine")
    assert main(["records", "backup", str(tmp_path / target), "--records", url]) == 2
    assert said in capsys.readouterr().err
    assert (tmp_path / "there.sqlite").read_bytes() == b"mine"


def test_damaged_database_gives_no_backup(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    records = Records(f"sqlite:///{path}", 30)
    for number in range(200):
        records.feedback({**ABOUT, "is_spam": True, "text": f"{number} " * 200})
    records.close()
    blob = bytearray(path.read_bytes())
    blob[len(blob) // 2 : len(blob) // 2 + 8192] = os.urandom(8192)
    path.write_bytes(blob)
    with pytest.raises(ServiceError, match=r"damaged|malformed"):
        upkeep.backup(f"sqlite:///{path}", tmp_path / "backup.sqlite")
    assert not list(tmp_path.glob("*backup*"))


# ------------------------------------------------------------------------------------------------------- command line


def test_info_is_told_to_machines(old: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["records", "info", "--records", old, "--format", "json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["state"], row["revision"], row["latest"]) == ("unmarked", None, "0001")
    assert row["rows"] == {"verdicts": 3, "feedback": 3}
    assert main(["records", "upgrade", "--records", old]) == 0
    assert main(["records", "upgrade", "--records", old]) == 0
    assert capsys.readouterr().out == "unmarked -> revision 0001\nrevision 0001: nothing to do\n"


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    path = tmp_path / "service.toml"
    path.write_text(f'[sites.a]\nkeys = ["{"0" * 64}"]\n', "utf-8")
    return path


@pytest.mark.parametrize("command", [["info"], ["upgrade"], ["backup", "FILE"]])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "--records URL"),
        (["--records", "x", "--config", "y"], "--records URL"),
        (["--config", "service.toml"], "keeps no records"),
        (["--config", "missing.toml"], "missing.toml"),
        (["--records", "no-address"], "no-address cannot be used"),
        (["--records", "postgresql+psycopg://user:hidden-word@127.0.0.1:9/x"], "postgresql://127.0.0.1:9/x"),
        (["--records", "nothing+known://user:hidden-word@127.0.0.1/x"], "127.0.0.1/x cannot be used"),
    ],
)
def test_database_that_cannot_be_used_is_two(
    command: list[str],
    given: list[str],
    said: str,
    configuration: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(configuration.parent)
    assert main(["records", *command, *given]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "hidden-word" not in err
    assert len(err.splitlines()) == 1
    assert sorted(path.name for path in configuration.parent.iterdir()) == ["service.toml"]


@pytest.mark.parametrize("command", [["info"], ["backup", "FILE"]])
def test_looking_makes_no_database(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["records", *command, "--records", f"sqlite:///{tmp_path}/none.sqlite"]) == 2
    assert "no such file" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
