"""The command ``doctor``: what is installed, whether it works, and what to do where it does not.

Nothing of the engine, and nothing that an extra installs, is imported before the check that is about it: each may be
what is broken.
"""

from __future__ import annotations

import argparse
from functools import partial

from moderation.cli.doctor import _engine, _installed, _service
from moderation.cli.doctor._check import NOTE, PROBLEM, Check, Checks, guarded
from moderation.cli.printing import stop, to_json
from moderation.cli.speech import left, width
from moderation.common.messages import P_, gettext, pgettext
from moderation.presentation.excerpt import plain

__all__ = ["Check", "diagnose"]

# Names of checks, which pgettext is asked for below.
_NAMES = (
    P_("check", "version"), P_("check", "python"), P_("check", "dependencies"), P_("check", "engine"),
    P_("check", "service"), P_("check", "model"), P_("check", "policy"), P_("check", "page"), P_("check", "compiler"),
    P_("check", "extras"), P_("check", "port"), P_("check", "records"), P_("check", "temporary folder"),
)  # fmt: skip


def diagnose(options: argparse.Namespace) -> int:
    if options.config and (options.model or options.policy or options.records):
        said = gettext("--model, --policy and --records stand in the file of --config; leave them out here")
        return stop(said)
    found = list(_all(options))
    is_well = all(check.status != PROBLEM for check in found)
    if options.format == "json":
        print(to_json({"ok": is_well, "checks": [check._asdict() for check in found]}, indent=2))
    else:
        columns = max(16, *(width(_named(check.name)) for check in found))
        for check in found:
            said = gettext("; ").join(filter(None, (check.said, check.cure)))
            print(f"{left(pgettext('status', check.status), 8)} {left(_named(check.name), columns)} {plain(said)}")
    return 0 if is_well else 1


def _named(name: str) -> str:
    """What a check is called for people."""
    if name.startswith(_installed.EXTRA):
        return gettext("extra {name}").format(name=name.removeprefix(_installed.EXTRA))
    return pgettext("check", name)


def _all(options: argparse.Namespace) -> Checks:
    """All checks, in the order in which one stands on the other."""
    yield from guarded("version", _installed.version)
    yield from guarded("python", _installed.python)
    yield from guarded("dependencies", _installed.dependencies)
    engine = list(guarded("engine", _engine.engine))
    yield from engine
    config = _service.Configured(options)
    yield from guarded("service", config.check)
    if any(check.status == PROBLEM for check in engine):
        for name in ("model", "policy", "page"):
            yield Check(name, NOTE, gettext("not looked at: there is no engine"))
    else:
        yield from guarded("model", partial(_engine.judging, config.model, config.policies))
    yield from guarded("compiler", _installed.compiler)
    yield from guarded("extras", _installed.extras)
    yield from guarded("port", partial(_service.port, options.host, options.port))
    yield from guarded("records", partial(_service.records, config.records))
    yield from guarded("temporary folder", _service.temporary)
