"""Whether the service could be begun here: its sites, address and records, and room for what it writes."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from moderation.cli.doctor._check import NOTE, OK, PROBLEM, Check, Checks, listed
from moderation.common.messages import gettext, ngettext, reason
from moderation.errors import ServiceError

__all__ = ["Configured", "port", "records", "temporary"]

_SPACE = 1 << 20


class Configured:
    """What the service would be begun with, as far as it can be told."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._path = options.config
        self.model: str | None = options.model
        # By whom they are used, as a message begins that is about one of them.
        self.policies: dict[str, str] = {"": options.policy} if options.policy else {}
        self.records: str | None = options.records

    def check(self) -> Checks:
        if self._path:
            yield from self._file()
        elif os.environ.get("MODERATION_KEY"):
            yield Check("service", OK, gettext("one site, its key is that of MODERATION_KEY"))
        else:
            said = gettext("one site, for which each start makes a key; set MODERATION_KEY, or use --config")
            yield Check("service", NOTE, said)

    def _file(self) -> Checks:
        from moderation.service.config import load_config

        config = load_config(self._path)
        self.model, self.records = config.model, config.records
        who = gettext("site {name}: ")
        self.policies = {who.format(name=name): site.policy for name, site in config.sites.items() if site.policy}
        count = len(config.sites)
        if config.records:
            said = ngettext("{file}: {count} site, records are kept", "{file}: {count} sites, records are kept", count)
        else:
            said = ngettext(
                "{file}: {count} site, records are not kept", "{file}: {count} sites, records are not kept", count
            )
        yield Check("service", OK, said.format(file=self._path, count=count))


def port(host: str, port: int) -> Checks:
    from moderation.service.listening import check_address, is_ours

    try:
        check_address(host, port)
    except ServiceError:
        if not is_ours(host, port):
            raise
        said = gettext("{host}:{port}: a moderation service answers there already")
        yield Check("port", NOTE, said.format(host=host, port=port))
        return
    yield Check("port", OK, gettext("{host}:{port} is free to listen at").format(host=host, port=port))


def records(url: str | None) -> Checks:
    if not url:
        said = gettext("none are kept; --records URL or --config FILE names a database to look at")
        yield Check("records", OK, said)
        return
    try:
        from moderation.service.schema import State, refusal
        from moderation.service.upkeep import absent, describe
    except ImportError as error:
        cure = gettext("install this package with its extra {extra} (docs/deploy.md)").format(extra="service")
        yield Check("records", PROBLEM, f"{error}", cure)
        return
    path = absent(url)
    if path is not None:
        yield _absent(path)
        return
    about = describe(url)
    said = gettext("{address}: {engine}, revision {revision}").format(
        address=about.address, engine=about.engine, revision=about.found.revision or gettext("not written down")
    )
    if not (about.found.is_usable or about.found.state is State.EMPTY):
        yield Check("records", PROBLEM, refusal(about.found, about.address))
    elif not about.is_writable:
        more = gettext("nobody may write there")
        cure = gettext("give the user of the service that right")
        yield Check("records", PROBLEM, gettext("; ").join((said, more)), cure)
    elif about.found.state is State.EMPTY:
        yield Check("records", OK, gettext("; ").join((said, gettext("empty, `moderation serve` makes the tables"))))
    else:
        counts = listed(f"{name} {count:,}" for name, count in about.rows.items())
        unmarked = about.found.state is State.UNMARKED
        if unmarked:
            said = gettext("{said}, which `moderation records upgrade` does").format(said=said)
        yield Check("records", NOTE if unmarked else OK, gettext("; ").join((said, counts)))


def _absent(path: Path) -> Check:
    folder = path.resolve().parent
    if folder.is_dir() and os.access(folder, os.W_OK) and not path.exists():
        return Check("records", OK, gettext("{path} is not there yet; `moderation serve` makes it").format(path=path))
    cure = gettext("make its folder, and let the user of the service write")
    return Check("records", PROBLEM, gettext("{path} cannot be made").format(path=path), cure)


def temporary() -> Checks:
    wanted = os.environ.get("TMPDIR")
    try:
        folder = tempfile.gettempdir()
        # Beside permissions: whether there is any space.
        with tempfile.TemporaryFile() as file:
            file.write(bytes(_SPACE))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        said = gettext("cannot be written to: {reason}").format(reason=reason(error))
        yield Check("temporary folder", PROBLEM, said, gettext("make space, or name another folder by TMPDIR"))
        return
    if wanted and Path(wanted).resolve() != Path(folder).resolve():
        said = gettext("{wanted} of TMPDIR cannot be written to, {folder} is used instead")
        yield Check("temporary folder", NOTE, said.format(wanted=wanted, folder=folder))
        return
    yield Check("temporary folder", OK, gettext("{folder} can be written to").format(folder=folder))
