"""What Debian and npm have of WordPress, fetched by ``make wordpress`` from the mirrors this system is set up with.

Tests start it from ``build/wordpress``, without a network, and are skipped where it is not.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["DATABASES", "drop_in", "missing", "package"]

STORE = Path(__file__).parents[3] / "build" / "wordpress"
# The release of Debian that each version is packaged in, and the database it runs on here.
SUITES = {"6.8": "trixie", "6.1": "bookworm"}
DATABASES = {"6.8": "sqlite", "6.1": "mariadb"}
# Holds the plug-in that lets WordPress use SQLite.
DROP_IN = "@wp-playground/cli@3.1.56"
PHP_MODULES = {"curl", "dom", "mbstring", "xml"}


def fetch() -> int:
    """Puts what is missing into the store; the exit code."""
    STORE.mkdir(parents=True, exist_ok=True)
    failed = 0
    for version, suite in SUITES.items():
        try:
            if not package(version):
                _download(version, suite)
            if DATABASES[version] == "sqlite" and not drop_in():
                command = ["npm", "pack", DROP_IN, "--pack-destination", STORE, "--silent"]
                subprocess.run(command, check=True, stdout=sys.stderr)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"WordPress {version} cannot be had: {error}", file=sys.stderr)
            failed = 1
    return failed


def _download(version: str, suite: str) -> None:
    """Fetches a package of a release that need not be this system's, by an apt that knows nothing else."""
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE) $(COMPONENT)", "Created-By: Packages"],
        check=True, capture_output=True, text=True,
    ).stdout.split("\n")  # fmt: skip
    sites = [line.split()[0] for line in targets if line.endswith(" main") and "security" not in line]
    if not sites:
        raise SystemExit("this system has no Debian mirror set up for main")
    home = STORE / f"apt-{suite}"
    for name in ("state/lists/partial", "cache/archives/partial", "empty"):
        (home / name).mkdir(parents=True, exist_ok=True)
    keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
    (home / "sources.list").write_text(f"deb [arch=amd64 signed-by={keys}] {sites[0]} {suite} main\n", "utf-8")
    options = {
        "Dir::Etc::sourcelist": home / "sources.list",
        "Dir::Etc::sourceparts": home / "empty",
        "Dir::Etc::preferencesparts": home / "empty",
        "Dir::State": home / "state",
        "Dir::State::lists": home / "state" / "lists",
        "Dir::State::status": "/var/lib/dpkg/status",
        "Dir::Cache": home / "cache",
        "APT::Architecture": "amd64",
        "APT::Sandbox::User": "root",
    }
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
    subprocess.run([*apt, "update"], check=True, stdout=sys.stderr)
    where = STORE / version
    where.mkdir(exist_ok=True)
    subprocess.run([*apt, "download", "wordpress"], check=True, cwd=where, stdout=sys.stderr)


def package(version: str) -> Path | None:
    """The package of a version, if it has been fetched."""
    return next(iter((STORE / version).glob("wordpress_*.deb")), None)


def drop_in() -> Path | None:
    """The package that holds the plug-in for SQLite, if it has been fetched."""
    return next(iter(STORE.glob("wp-playground-cli-*.tgz")), None)


def missing(version: str) -> str:
    """Why a version cannot be started here, or nothing."""
    commands = ["php", "dpkg-deb", *(["mariadbd", "mariadb-install-db", "mariadb"] if version == "6.1" else [])]
    lacking = [name for name in commands if not shutil.which(name)]
    if lacking:
        return f"needs {', '.join(lacking)} (packages php-cli, mariadb-server-core, mariadb-client-core)"
    loaded = set(subprocess.run(["php", "-m"], check=True, capture_output=True, text=True).stdout.lower().split())
    wanted = PHP_MODULES | ({"pdo_sqlite"} if version == "6.8" else {"mysqli"})
    if wanted - loaded:
        return f"needs PHP's {', '.join(sorted(wanted - loaded))}"
    if not package(version) or (version == "6.8" and not drop_in()):
        return "needs WordPress: run make wordpress"
    return ""


if __name__ == "__main__":
    sys.exit(fetch())
