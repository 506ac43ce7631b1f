"""Which sites there are, how each is known, and the limits that hold for all; a TOML file, or nothing for one site."""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from moderation.common.messages import gettext, reason
from moderation.errors import ServiceError
from moderation.service.hooks import Webhook, read_webhook

__all__ = ["MOST_THREADS", "Config", "Site", "digest", "load_config", "new_key"]

# More share no core, and each has room of its own for a page.
MOST_THREADS = 64

# 132 bits of chance: whoever gets hold of the digests finds no key by trying, although SHA-256 is fast. Some plug-ins
# for Akismet insist on its length, which gives 61 bits.
_LENGTH, _AKISMET_LENGTH = 26, 12
_LONGEST_NAME = 200
_LETTERS = "abcdefghijkmnpqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Site:
    """One customer of the service.

    Attributes:
        name: in logs, metrics and records.
        keys: SHA-256 of each key it is known by, as hexadecimal digits.
        policy: a TOML file; None for the model's own thresholds.
        rate: requests a second, on average, that each worker process takes of it; bursts may be twice that.
        store_text: whether the record of a verdict keeps the text that was judged.
        admin: whether its key also reads the metrics, which name all sites.
        webhook: what it signs and where its verdicts go; None where it has none.
    """

    name: str
    keys: frozenset[str]
    policy: str | None = None
    rate: float = 10_000.0
    store_text: bool = False
    admin: bool = False
    webhook: Webhook | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """All that the operator of a service may set.

    Attributes:
        sites: by name.
        model: a model folder or the name of an installed one; None for the one that is shipped.
        records: where verdicts and feedback are kept, as SQLAlchemy writes it; None for nowhere.
        retention_days: how long a verdict is kept; feedback is kept with it.
        max_bytes: of the body of a request.
        max_buffered: bytes of all bodies that one process holds at once; a quarter for those whose sender is not known
            yet. A body beyond is told to come again.
        timeout: seconds in which a body must have come, and in which a verdict must be found.
        queue: requests that wait for a verdict in one process; more are told to come again.
        threads: long pages that one process judges at a time, from 1 to :data:`MOST_THREADS`; read when it starts.
    """

    sites: Mapping[str, Site] = field(default_factory=dict)
    model: str | None = None
    records: str | None = None
    retention_days: int = 90
    max_bytes: int = 4 * 1024 * 1024
    max_buffered: int = 64 * 1024 * 1024
    timeout: float = 30.0
    queue: int = 64
    threads: int = 1

    def site_of(self, key: str) -> Site | None:
        """The site that a key belongs to."""
        known = digest(key)
        return next((site for site in self.sites.values() if known in site.keys), None)


def new_key(*, is_short: bool = False) -> str:
    """A key that nobody guesses; a short one is as long as Akismet's."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_AKISMET_LENGTH if is_short else _LENGTH))


def digest(key: str) -> str:
    """What of a key is written down."""
    return sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def load_config(path: str | Path) -> Config:
    """Reads the file: a table ``[service]`` and one ``[sites.NAME]`` for each site, keys named as the attributes are.

    Policies are looked for beside the file.

    Raises:
        ServiceError: it cannot be read, or says something that cannot be meant.
    """
    path = Path(path)
    try:
        row = tomllib.loads(path.read_text("utf-8"))
    # Python's reader of TOML calls itself for each bracket.
    except (OSError, ValueError, RecursionError) as error:
        raise ServiceError(gettext("{path} cannot be read: {error}").format(path=path, error=reason(error))) from None
    _known(row, {"service", "sites"}, path)
    about = row.get("service", {})
    _known(about, {each.name for each in fields(Config)} - {"sites"}, path, "service.")
    sites = {name: _site(name, table, path) for name, table in row.get("sites", {}).items()}
    if not sites:
        raise ServiceError(
            gettext('{path}: no site; write [sites.NAME] and keys = ["…"], see moderation key').format(path=path)
        )
    for name in ("retention_days", "max_bytes", "max_buffered", "timeout", "queue"):
        value = about.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise ServiceError(
                gettext("{path}: service.{name} = {value!r}; give a number above 0").format(
                    path=path, name=name, value=value
                )
            )
    threads = about.get("threads", 1)
    if type(threads) is not int or not 1 <= threads <= MOST_THREADS:
        raise ServiceError(
            gettext("{path}: service.threads = {value!r}; give a whole number from 1 to {most}").format(
                path=path, value=threads, most=MOST_THREADS
            )
        )
    config = Config(sites=sites, **about)
    if config.max_buffered < config.max_bytes:
        raise ServiceError(
            gettext("{path}: service.max_buffered = {max_buffered!r}; give at least max_bytes, {max_bytes!r}").format(
                path=path, max_buffered=config.max_buffered, max_bytes=config.max_bytes
            )
        )
    return config


def _site(name: str, table: Any, path: Path) -> Site:
    if not isinstance(table, dict):
        raise ServiceError(
            gettext("{path}: sites.{name} is no table; write [sites.{name}]").format(path=path, name=name)
        )
    _known(table, {each.name for each in fields(Site)} - {"name"}, path, f"sites.{name}.")
    keys = table.get("keys")
    if not isinstance(keys, list) or not keys or not all(_is_digest(key) for key in keys):
        raise ServiceError(
            gettext(
                "{path}: sites.{name}.keys holds no digests of keys; moderation key makes a key and its digest"
            ).format(path=path, name=name)
        )
    if not 0 < len(name) <= _LONGEST_NAME:
        raise ServiceError(
            gettext("{path}: sites.{name}…: the name of a site has 1 to {most} characters").format(
                path=path, name=name[:20], most=_LONGEST_NAME
            )
        )
    rate = table.get("rate", 10_000.0)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or rate <= 0:
        raise ServiceError(
            gettext("{path}: sites.{name}.rate = {rate!r}; give a number above 0").format(
                path=path, name=name, rate=rate
            )
        )
    policy = table.get("policy")
    return Site(
        name,
        frozenset(keys),
        str(path.parent / policy) if policy else None,
        float(rate),
        bool(table.get("store_text", False)),
        bool(table.get("admin", False)),
        read_webhook(table["webhook"], f"{path}: sites.{name}.webhook") if "webhook" in table else None,
    )


def _is_digest(key: Any) -> bool:
    return isinstance(key, str) and len(key) == 64 and not set(key) - set("0123456789abcdef")


def _known(table: Mapping[str, Any], names: set[str], path: Path, before: str = "") -> None:
    unknown = sorted(set(table) - names)
    if unknown:
        raise ServiceError(
            gettext("{path}: unknown key {before}{unknown}; known are {known}").format(
                path=path, before=before, unknown=unknown[0], known=", ".join(sorted(names))
            )
        )
