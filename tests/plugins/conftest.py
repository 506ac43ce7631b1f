"""A real Wagtail site, as ``wagtail start`` makes it, with pages of our own; made once, on SQLite."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
MODELS = Path(__file__).with_name("news_models.py.txt")
SETTINGS = """
INSTALLED_APPS = [
    "moderation.django", "moderation.wagtail", "news", "wagtail.api.v3", "wagtail.contrib.table_block",
    "wagtail.contrib.typed_table_block", "django.contrib.sites", "django_comments", *INSTALLED_APPS,
]
SITE_ID = 1
WAGTAIL_FINISH_WORKFLOW_ACTION = "moderation.wagtail.workflow.publish"
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES["default"]["OPTIONS"] = {"timeout": 20, "transaction_mode": "IMMEDIATE"}
"""
URLS = """
from django.urls import include
import django_comments.urls
from wagtail.api.v3.urls import api
urlpatterns = [path("api/v3/", api.urls), path("comments/", include(django_comments.urls)), *urlpatterns]
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, its database made."""
    pytest.importorskip("wagtail", reason="needs moderation[wagtail]: make test-all")
    pytest.importorskip("django_comments", reason="needs django-contrib-comments: make test-all")
    folder = tmp_path_factory.mktemp("wagtail") / "demo"
    folder.mkdir()
    command = str(Path(sys.executable).with_name("wagtail"))
    subprocess.run([command, "start", "demo", str(folder)], check=True, capture_output=True, timeout=60)
    (folder / "news" / "migrations").mkdir(parents=True)
    for name in ("__init__.py", "migrations/__init__.py"):
        (folder / "news" / name).write_text("", "utf-8")
    (folder / "news" / "models.py").write_text(MODELS.read_text("utf-8"), "utf-8")
    (folder / "news" / "templates").mkdir()
    for name in ("article", "bare_page"):
        path = folder / "news" / "templates" / "news" / f"{name}.html"
        path.parent.mkdir(exist_ok=True)
        path.write_text("<title>{{ page.title }}</title>{{ page.intro }}{{ page.body|safe }}{{ page.stream }}", "utf-8")
    with (folder / "demo" / "settings" / "dev.py").open("a", encoding="utf-8") as settings:
        settings.write(SETTINGS)
    with (folder / "demo" / "urls.py").open("a", encoding="utf-8") as urls:
        urls.write(URLS)
    for command_line in (["makemigrations", "news"], ["migrate"]):
        manage(folder, *command_line, check=True)
    return folder


def manage(folder: Path, *arguments: str, check: bool = False, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs ``manage.py`` in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "demo.settings.dev", **more}
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="session")
def site(project: Path) -> Iterator[SimpleNamespace]:
    """The site in this process: its models and users."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "demo.settings.dev"
    sys.path.insert(0, str(project))
    with warnings.catch_warnings():
        # What Django and Wagtail warn of in themselves.
        warnings.simplefilter("ignore")
        import django

        django.setup()
        from django.contrib.auth import get_user_model
        from django.contrib.auth.models import Group
        from django.db import connections
        from django.test.utils import setup_test_environment, teardown_test_environment

        setup_test_environment()
        users = get_user_model().objects
        found: dict[str, Any] = {"admin": users.create_superuser("admin", "admin@example.com", "pw")}
        for name, group in (("editor", "Editors"), ("moderator", "Moderators")):
            found[name] = users.create_user(name, f"{name}@example.com", "pw")
            found[name].groups.add(Group.objects.get(name=group))
        from news import models
        from wagtail.models import Site

        yield SimpleNamespace(folder=project, root=Site.objects.get().root_page, models=models, **found)
        teardown_test_environment()
        connections.close_all()
    sys.path.remove(str(project))


# --------------------------------------------------------------------------------------------------------- the service

KEY = "portalkey123"


class Service(NamedTuple):
    """A running service."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]

    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8")

    def rows(self, table: str) -> list[sqlite3.Row]:
        with closing(sqlite3.connect(self.folder / "records.sqlite")) as database:
            database.row_factory = sqlite3.Row
            return database.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(30)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


def start_service(folder: Path, more: str = "") -> Service:
    """Starts a service with one site; ``more`` goes on with that site's table."""
    from moderation.service.config import digest

    (folder / "service.toml").write_text(
        f'[service]\nrecords = "sqlite:///{folder}/records.sqlite"\n[sites.portal]\nkeys = ["{digest(KEY)}"]\n{more}',
        "utf-8",
    )
    port = free_port()
    command = [sys.executable, "-m", "moderation.cli", "serve", "--config", str(folder / "service.toml")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port)], cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )
    service = Service(f"http://127.0.0.1:{port}", folder, process)
    end = time.monotonic() + 60
    while True:
        assert process.poll() is None, service.log()
        assert time.monotonic() < end, service.log()
        with suppress(OSError), urllib.request.urlopen(f"{service.url}/readyz", timeout=5):
            return service
        time.sleep(0.1)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service of this test alone, which may stop it."""
    pytest.importorskip("granian", reason="needs moderation[service]")
    found = start_service(tmp_path)
    yield found
    found.stop()
