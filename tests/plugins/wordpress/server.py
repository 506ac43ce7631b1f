"""Servers for the tests, real and on loopback: WordPress in two versions, and the service that it asks."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from plugins.wordpress.fetch import DATABASES, drop_in, package

HERE = Path(__file__).parent
ROOT = Path(__file__).parents[3]
PLUGIN = ROOT / "plugins" / "wordpress" / "moderation"


@dataclass
class Answer:
    """What a server said."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class WordPress:
    """A site that runs. Its administrator is ``admin`` with the password ``pw``, beside an author and an editor."""

    folder: Path
    version: str
    port: int
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        """PHP, which compiles each file of WordPress once."""
        kept = self.folder / "compiled"
        kept.mkdir(exist_ok=True)
        return [*_PHP, "-d", "opcache.enable_cli=1", "-d", f"opcache.file_cache={kept}"]

    def php(self, code: str, user: str = "") -> Any:
        """What code returns that runs inside, as nobody or as a user."""
        script = f"""<?php
            define('DISABLE_WP_CRON', true);
            require {json.dumps(str(self.folder / "site" / "wp-load.php"))};
            if ({json.dumps(user)} !== '') wp_set_current_user(get_user_by('login', {json.dumps(user)})->ID);
            $found = (function () {{ {code} }})();
            echo "\\n=====", json_encode($found, JSON_INVALID_UTF8_SUBSTITUTE);
        """
        done = subprocess.run(self.command(), input=script, capture_output=True, text=True, timeout=60)
        said, mark, found = done.stdout.rpartition("\n=====")
        assert mark, done.stdout + done.stderr
        assert "Warning" not in said, said
        return json.loads(found)

    def get(self, path: str, cookie: str = "") -> Answer:
        """A page."""
        return _send(urllib.request.Request(self.url + path, headers={"Cookie": cookie} if cookie else {}))

    def form(self, path: str, fields: dict[str, str] | Sequence[tuple[str, str]], cookie: str = "") -> Answer:
        """A form, sent as browsers do."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", **({"Cookie": cookie} if cookie else {})}
        return _send(urllib.request.Request(self.url + path, urlencode(fields).encode(), headers))

    def rest(self, method: str, path: str, row: Any = None, user: str = "admin") -> Answer:
        """A call of REST, with an application password."""
        given = base64.b64encode(f"{user}:{self.users[user]['application']}".encode()).decode() if user else ""
        headers = {"Content-Type": "application/json", **({"Authorization": f"Basic {given}"} if given else {})}
        body = None if row is None else json.dumps(row).encode()
        return _send(urllib.request.Request(self.url + "/wp-json" + path, body, headers, method=method))

    def login(self, user: str = "admin") -> str:
        """The cookie of a session."""
        fields = {"log": user, "pwd": "pw", "wp-submit": "1", "testcookie": "1"}
        answer = self.form("/wp-login.php", fields, "wordpress_test_cookie=WP%20Cookie%20check")
        assert answer.status == 302, answer.text[:2000]
        return "; ".join(line.split(";")[0] for line in answer.headers["set-cookie"].split("\n"))

    def stop(self) -> None:
        """Ends all its processes: PHP's workers outlive their master unless their group ends."""
        for process in reversed(self.processes):
            end(process)


_PHP = ("php", "-d", "display_errors=1", "-d", "error_reporting=E_ALL & ~E_DEPRECATED", "-d", "sendmail_path=/bin/true")


def start(folder: Path, version: str, constants: dict[str, str] | None = None) -> WordPress:
    """A new site, with the plug-in beside the ones that Debian ships and none of them active."""
    site = WordPress(folder, version, free_port())
    _unpack(site)
    database = _mariadb(site) if DATABASES[version] == "mariadb" else "localhost"
    defined = {
        "DB_NAME": "wordpress",
        "DB_USER": "root",
        "DB_PASSWORD": "",
        "DB_HOST": database,
        "DB_CHARSET": "utf8mb4",
        "DB_COLLATE": "",
        "WP_ENVIRONMENT_TYPE": "local",
        "WP_HOME": site.url,
        "WP_SITEURL": site.url,
        # Nothing but loopback; the name is Akismet's, which is reached by a proxy where that is set.
        "WP_HTTP_BLOCK_EXTERNAL": "1",
        "WP_ACCESSIBLE_HOSTS": "127.0.0.1,localhost,rest.akismet.com",
        **{f"{name}_{kind}": secrets.token_hex(20) for name in _SECRETS for kind in ("KEY", "SALT")},
        **(constants or {}),
    }
    lines = [f"defined('{name}') || define('{name}', {json.dumps(value)});" for name, value in defined.items()]
    lines += ["defined('DISABLE_WP_CRON') || define('DISABLE_WP_CRON', true);", "$table_prefix = 'wp_';"]
    lines += ["defined('ABSPATH') || define('ABSPATH', __DIR__ . '/');", "require_once ABSPATH . 'wp-settings.php';"]
    home = folder / "site"
    (home / "wp-config.php").write_text("<?php\n" + "\n".join(lines) + "\n", "utf-8")
    shutil.copyfile(HERE / "router.php", home / "router.php")
    extra = home / "wp-content" / "mu-plugins"
    extra.mkdir(exist_ok=True)
    shutil.copyfile(HERE / "for_tests.php", extra / "tests.php")
    _install(site)
    command = [
        *site.command(),
        "-d",
        f"error_log={folder / 'errors.log'}",
        "-d",
        "log_errors=1",
        "-d",
        "display_errors=0",
    ]
    command += ["-S", f"127.0.0.1:{site.port}", "-t", str(home), str(home / "router.php")]
    site.processes.append(begin(command, folder / "php.log", PHP_CLI_SERVER_WORKERS="4"))
    wait(lambda: _answers(site.url + "/wp-json/"), "WordPress does not answer")
    return site


_SECRETS = ("AUTH", "SECURE_AUTH", "LOGGED_IN", "NONCE")


def _unpack(site: WordPress) -> None:
    archive = package(site.version)
    assert archive
    whole = site.folder / "package"
    subprocess.run(["dpkg-deb", "-x", archive, whole], check=True)
    home = site.folder / "site"
    shutil.move(whole / "usr" / "share" / "wordpress", home)
    for link in [path for path in home.rglob("*") if path.is_symlink()]:
        # What Debian keeps elsewhere: in this package, or in another that is installed or not.
        target = Path(os.path.normpath(link.parent / link.readlink()))
        inside = whole / target.relative_to("/") if target.is_absolute() else target
        link.unlink()
        for source in (inside, target):
            if source.is_dir():
                shutil.copytree(source, link)
            elif source.is_file():
                shutil.copyfile(source, link)
            else:
                continue
            break
    shutil.rmtree(whole)
    shutil.copytree(PLUGIN, home / "wp-content" / "plugins" / "moderation")
    if DATABASES[site.version] == "sqlite":
        _drop_in(home / "wp-content")


def _drop_in(content: Path) -> None:
    """Lets WordPress keep its tables in a file of SQLite."""
    archive = drop_in()
    assert archive
    with tarfile.open(archive) as found:
        packed = found.extractfile("package/sqlite-database-integration.zip")
        assert packed
        with zipfile.ZipFile(packed) as plugin:  # type: ignore[arg-type]
            plugin.extractall(content / "plugins")
    (folder,) = (content / "plugins").glob("*sqlite-database-integration")
    text = (folder / "db.copy").read_text("utf-8")
    text = text.replace("{SQLITE_IMPLEMENTATION_FOLDER_PATH}", str(folder))
    text = text.replace("{SQLITE_PLUGIN}", f"{folder.name}/load.php")
    (content / "db.php").write_text(text, "utf-8")


def _mariadb(site: WordPress) -> str:
    data, socket_path, port = site.folder / "mariadb", site.folder / "mariadb.sock", free_port()
    common = ["--no-defaults", "--user=root", f"--datadir={data}"]
    made = ["mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db"]
    subprocess.run(made, check=True, capture_output=True)
    served = ["mariadbd", *common, f"--socket={socket_path}", f"--port={port}", "--bind-address=127.0.0.1"]
    site.processes.append(begin(served, site.folder / "mariadb.log"))
    ask = ["mariadb", "--no-defaults", f"--socket={socket_path}", "--user=root", "-e", "CREATE DATABASE wordpress"]
    wait(lambda: subprocess.run(ask, capture_output=True).returncode == 0, "MariaDB does not answer")
    return f"127.0.0.1:{port}"


def _install(site: WordPress) -> None:
    script = site.folder / "install.php"
    script.write_text(
        f"""<?php
        define('WP_INSTALLING', true);
        function wp_mail() {{ return true; }}
        require '{site.folder}/site/wp-load.php';
        require ABSPATH . 'wp-admin/includes/upgrade.php';
        wp_install('青岚水质观察', 'admin', 'admin@example.org', true, '', 'pw');
        foreach (['author', 'editor'] as $role) {{
            $about = ['user_login' => $role, 'role' => $role, 'user_email' => "$role@example.org", 'user_pass' => 'pw'];
            wp_insert_user($about);
        }}
        update_option('permalink_structure', '/%postname%/');
        update_option('comment_previously_approved', 0);
        $found = [];
        foreach (get_users() as $user) {{
            [$password] = WP_Application_Passwords::create_new_application_password($user->ID, ['name' => 'tests']);
            $found[$user->user_login] = ['id' => $user->ID, 'application' => $password];
        }}
        flush_rewrite_rules();
        echo "\\n=====", json_encode($found);
        """,
        "utf-8",
    )
    done = subprocess.run([*_PHP, str(script)], capture_output=True, text=True, timeout=120)
    _, mark, found = done.stdout.rpartition("\n=====")
    assert mark, done.stdout + done.stderr
    site.users = json.loads(found)


# -- the service


class Service:
    """The service, which can be stopped and begun again at the same address.

    Args:
        folder: where it keeps its records.
        keys: of each site, and the policy it is judged by (TOML).
    """

    def __init__(self, folder: Path, keys: Mapping[str, tuple[str, str]]) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        lines = ["[service]", f'records = "sqlite:///{folder}/records.sqlite"']
        for name, (key, policy) in keys.items():
            (folder / f"{name}.toml").write_text(policy, "utf-8")
            known = hashlib.sha256(key.encode()).hexdigest()
            lines += [f"[sites.{name}]", f'keys = ["{known}"]', f'policy = "{name}.toml"', "store_text = true"]
        (folder / "service.toml").write_text("\n".join(lines), "utf-8")

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Begins it, and waits until it answers."""
        command = [sys.executable, "-m", "moderation.cli", "serve", "--config", str(self.folder / "service.toml")]
        self.process = begin([*command, "--port", str(self.port)], self.folder / "log")

        wait(lambda: _answers(self.url + "/readyz"), "the service does not answer")

    def stop(self) -> None:
        """Ends it."""
        if self.process:
            end(self.process)
            self.process = None

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Its records: verdicts or feedback, in the order they came."""
        with closing(sqlite3.connect(self.folder / "records.sqlite")) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(f"SELECT * FROM {table} ORDER BY id")]


# -- what both need


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


def _send(request: urllib.request.Request) -> Answer:
    try:
        with _OPENER.open(request, timeout=60) as answer:
            return _answer(answer)
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error)


def _answer(answer: Any) -> Answer:
    headers: dict[str, str] = {}
    for name, value in answer.headers.items():
        name = name.lower()
        headers[name] = f"{headers[name]}\n{value}" if name in headers else value
    return Answer(answer.status, answer.read().decode("utf-8", "replace"), headers)


def _answers(url: str) -> bool:
    with suppress(OSError):
        return _send(urllib.request.Request(url)).status == 200
    return False


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def wait(is_so: Any, otherwise: str, seconds: float = 60) -> None:
    """Waits until something is so."""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, otherwise
        time.sleep(0.05)


def begin(command: Sequence[str], log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """A server in a process group of its own."""
    with log.open("ab") as found:
        return subprocess.Popen(
            command, stdout=found, stderr=found, cwd=ROOT, env={**os.environ, **environment}, start_new_session=True
        )


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and all it began."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


def text_of(page: str) -> str:
    """A page without its scripts."""
    return re.sub(r"<script\b.*?</script>", "", page, flags=re.DOTALL)
