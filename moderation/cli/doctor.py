"""The command ``doctor``: what is installed, whether it works, and what to do where it does not.

Nothing of the engine, and nothing that an extra installs, is imported before the check that is about it: each may be
what is broken.
"""

from __future__ import annotations

import argparse
import ast
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module, metadata
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import moderation
from moderation.cli.printing import stop, to_json
from moderation.cli.speech import left, width
from moderation.errors import ModerationError, ServiceError
from moderation.excerpt import plain
from moderation.messages import N_, P_, gettext, ngettext, pgettext, reason

if TYPE_CHECKING:
    from moderation.cli.installed import Need
    from moderation.engine import Moderator

__all__ = ["Check", "diagnose"]

# The words of statuses and names: for people in their language, for machines as they are.
OK, NOTE, PROBLEM = P_("status", "ok"), P_("status", "note"), P_("status", "problem")
_NAMES = (
    P_("check", "version"), P_("check", "python"), P_("check", "dependencies"), P_("check", "engine"),
    P_("check", "service"), P_("check", "model"), P_("check", "policy"), P_("check", "page"), P_("check", "compiler"),
    P_("check", "extras"), P_("check", "port"), P_("check", "records"), P_("check", "temporary folder"),
)  # fmt: skip
_EXTRA = "extra "
_PACKAGE = Path(moderation.__file__).parent
_INSTALL = N_("install this package again (docs/deploy.md)")
_NOT_INSTALLED = N_("not looked at: the package is not installed")
# Of the project itself, or for its developers.
_NO_EXTRAS = frozenset({"compare", "dev", "plugins", "tables"})
_PYTHON = (3, 11)
_COMPILERS = ("c++", "g++", "clang++")
# A page such as those that are looked for, made up: what is planted in its title has to be found, and nothing else.
_PLANTED = "百家乐在线投注_澳门赌场官网_真人博彩平台_"
_SAMPLE = (
    f"<title>{_PLANTED}水质分析仪_环境监测设备</title><p>本公司专业生产水质分析仪、溶氧仪、浊度计等在线监测设备，"
    "提供安装调试与校准服务。</p>"
)
_SPACE = 1 << 20


class Check(NamedTuple):
    """One thing that was looked at.

    Attributes:
        name: a stable word for machines.
        status: ``ok``; ``note`` for what works and should be known; ``problem`` for what is broken; for machines too.
        said: what is so, in the language that is spoken.
        cure: what to do about a problem, where ``said`` does not say it, in that language.
    """

    name: str
    status: str
    said: str
    cure: str = ""


Checks = Iterator[Check]


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
    if name.startswith(_EXTRA):
        return gettext("extra {name}").format(name=name.removeprefix(_EXTRA))
    return pgettext("check", name)


def _all(options: argparse.Namespace) -> Checks:
    """All checks, in the order in which one stands on the other."""
    yield from _guarded("version", _version)
    yield from _guarded("python", _python)
    yield from _guarded("dependencies", _dependencies)
    engine = list(_guarded("engine", _engine))
    yield from engine
    config = _Configured(options)
    yield from _guarded("service", config.check)
    if any(check.status == PROBLEM for check in engine):
        for name in ("model", "policy", "page"):
            yield Check(name, NOTE, gettext("not looked at: there is no engine"))
    else:
        yield from _guarded("model", partial(_judging, config))
    yield from _guarded("compiler", _compiler)
    yield from _guarded("extras", _extras)
    yield from _guarded("port", partial(_port, options.host, options.port))
    yield from _guarded("records", partial(_records, config.records))
    yield from _guarded("temporary folder", _temporary)


def _guarded(name: str, check: Callable[[], Checks]) -> Checks:
    """A check that ends as a line, whatever happens in it."""
    try:
        yield from check()
    except ModerationError as error:
        yield Check(name, PROBLEM, str(error))
    except ImportError as error:
        yield Check(name, PROBLEM, f"{error}", gettext(_INSTALL))
    except Exception as error:
        yield Check(name, PROBLEM, f"{type(error).__name__}: {error}", gettext(_INSTALL))


# ------------------------------------------------------------------------------------------------------------ installed


def _version() -> Checks:
    about = {"version": moderation.__version__, "folder": _PACKAGE}
    try:
        other = metadata.version("moderation")
    except metadata.PackageNotFoundError:
        said = gettext("moderation {version} in {folder}, which is not installed: it runs from this folder alone")
        yield Check("version", NOTE, said.format(**about))
        return
    if other != moderation.__version__:
        said = gettext("moderation {version} in {folder}, but what is installed says that it is {other}")
        yield Check("version", PROBLEM, said.format(**about, other=other), gettext(_INSTALL))
        return
    yield Check("version", OK, gettext("moderation {version} in {folder}").format(**about))


def _python() -> Checks:
    said = gettext("{python} {version} ({path}), {system}").format(
        python=platform.python_implementation(),
        version=platform.python_version(),
        path=sys.executable,
        system=platform.platform(),
    )
    if sys.version_info < _PYTHON:
        least = ".".join(map(str, _PYTHON))
        yield Check("python", PROBLEM, said, gettext("use Python {least} or newer").format(least=least))
        return
    yield Check("python", OK, said)


def _dependencies() -> Checks:
    from moderation.cli.installed import needs

    try:
        needed = needs()
    except metadata.PackageNotFoundError:
        yield Check("dependencies", NOTE, gettext(_NOT_INSTALLED))
        return
    wrong = [each for each in needed if not each.fits]
    if wrong:
        form = gettext("{need} ({version})")
        lacking = [form.format(need=each, version=each.version or gettext("not installed")) for each in wrong]
        said = gettext("lacks {packages}").format(packages=_listed(lacking))
        yield Check("dependencies", PROBLEM, said, _install(wrong))
        return
    yield Check("dependencies", OK, _versions(needed))


def _extras() -> Checks:
    from moderation.cli.installed import extras, needs

    try:
        names = extras()
    except metadata.PackageNotFoundError:
        yield Check("extras", NOTE, gettext(_NOT_INSTALLED))
        return
    for name in names:
        if name not in _NO_EXTRAS:
            yield _extra(name, needs(name))


def _extra(extra: str, needed: Sequence[Need]) -> Check:
    there = _versions(needed)
    wrong = [each for each in needed if not each.fits]
    old = _versions(wrong)
    name = _EXTRA + extra
    if old:
        return Check(name, PROBLEM, gettext("{packages} will not do").format(packages=old), _install(wrong))
    if wrong:
        missing = _listed(each.name for each in wrong)
        said = gettext("not all of it is installed: {packages} missing").format(packages=missing)
        cure = gettext("whoever wants it: {command}").format(command=_install(wrong))
        return Check(name, NOTE, said if there else gettext("not installed"), cure)
    return Check(name, OK, there)


def _listed(names: Iterable[str]) -> str:
    return gettext(", ").join(names)


def _versions(needed: Iterable[Need]) -> str:
    """Those that are installed, with their versions."""
    return _listed(f"{each.name} {each.version}" for each in needed if each.version)


def _install(wrong: Sequence[Need]) -> str:
    return "pip install " + " ".join(f"'{each}'" for each in wrong)


def _compiler() -> Checks:
    found = next(filter(None, map(shutil.which, _COMPILERS)), None)
    said = gettext("{compiler}; none is needed to run, only to build the package")
    yield Check("compiler", OK, said.format(compiler=found or gettext("none")))


# --------------------------------------------------------------------------------------------------------------- engine


def _engine() -> Checks:
    try:
        native = import_module("moderation._native")
    except ImportError as error:
        there = sorted(path.name for path in _PACKAGE.glob("_native*") if path.suffix in (".so", ".pyd"))
        said = gettext("cannot be loaded ({error}): this Python wants {wanted}, there is {there}").format(
            error=error, wanted=f"_native{EXTENSION_SUFFIXES[0]}", there=_listed(there) or gettext("none")
        )
        cure = gettext(
            "install a wheel for this version of Python and this machine, or build one (docs/deploy.md#install)"
        )
        yield Check("engine", PROBLEM, said, cure)
        return
    path = Path(str(native.__file__))
    expected = sorted(_expected(_PACKAGE / "_native.pyi"))
    lacking = [name for name in expected if not _has(native, name)]
    if lacking:
        said = gettext("{file} is of another version: it lacks {names}")
        cure = gettext("build it anew: make install, or pip install . (docs/deploy.md#install)")
        yield Check("engine", PROBLEM, said.format(file=path.name, names=_listed(lacking[:3])), cure)
        return
    changed = _changed(path)
    if changed:
        said = gettext("{file} is older than {source}; `make install` compiles it anew")
        yield Check("engine", NOTE, said.format(file=path.name, source=f"native/{changed}"))
        return
    said = gettext("{file} has all {count} names that the package calls")
    yield Check("engine", OK, said.format(file=path.name, count=len(expected)))


def _expected(stub: Path) -> Iterator[str]:
    """What the package takes for granted of the engine: its classes, their methods, its functions."""
    for node in ast.parse(stub.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef):
            yield node.name
            yield from (f"{node.name}.{each.name}" for each in node.body if isinstance(each, ast.FunctionDef))
        elif isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def _has(module: object, name: str) -> bool:
    found: object | None = module
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is not None


def _changed(engine: Path) -> str | None:
    """A source of the engine that was written after it, where there are sources."""
    stamp = engine.stat().st_mtime
    sources = sorted((*_PACKAGE.glob("native/**/*.cpp"), *_PACKAGE.glob("native/**/*.hpp")))
    return next((path.name for path in sources if path.stat().st_mtime > stamp), None)


def _judging(config: _Configured) -> Checks:
    """The model, the policies and a page: each needs what stands in front of it."""
    from moderation.engine import Moderator

    try:
        judge = Moderator.load(config.model)
    except ModerationError as error:
        yield Check("model", PROBLEM, str(error))
        for name in ("policy", "page"):
            yield Check(name, NOTE, gettext("not looked at: there is no model"))
        return
    yield from _guarded("model", partial(_model, judge))
    yield from _guarded("policy", partial(_policies, judge, config.policies))
    yield from _guarded("page", partial(_page, judge))


def _model(judge: Moderator) -> Checks:
    manifest = judge.model.manifest
    said = gettext(
        "{model}, protocol {protocol}, {terms:,} terms; {files} files as the manifest has them, sha256 {digest}…"
    ).format(
        model=judge.model.identity,
        protocol=manifest["protocol"],
        terms=len(judge.model.vocabulary),
        files=len(manifest["files"]),
        digest=str(manifest["digest"])[:12],
    )
    yield Check("model", OK, said)


def _policies(judge: Moderator, named: Mapping[str, str]) -> Checks:
    from moderation.policy import Policy

    wrong = []
    for who, path in named.items():
        try:
            Policy.load(path).require(judge.model.labels, path)
        except ModerationError as error:
            wrong.append(f"{who}{error}")
    if wrong:
        yield Check("policy", PROBLEM, gettext("; ").join(wrong))
        return
    said = gettext("none is named")
    if named:
        said = gettext("{policies} can be used").format(policies=_listed(dict.fromkeys(named.values())))
    own = gettext("the model's own: review from {review}, clean from {clean}")
    yield Check(
        "policy", OK, gettext("; ").join((said, own.format(review=judge.policy.review, clean=judge.policy.clean)))
    )


def _page(judge: Moderator) -> Checks:
    began = time.perf_counter()
    verdict = judge.check(_SAMPLE)
    first = 1000 * (time.perf_counter() - began)
    began = time.perf_counter()
    cleaned = judge.clean(_SAMPLE)
    again = 1000 * (time.perf_counter() - began)
    status = NOTE
    if not verdict.findings:
        said = gettext("this model finds nothing in a page with a planted title: {took}")
    elif any(cut.removed.strip("_") not in _PLANTED for cut in cleaned.cuts):
        said = gettext("this model cuts more of a page than was planted in it: {took}")
    else:
        status, said = OK, gettext("what was planted in a title is found and cut: {took}")
    took = gettext("{first:.0f} ms the first time, which sets the engine up, then {again:.1f} ms")
    yield Check("page", status, said.format(took=took.format(first=first, again=again)))


# -------------------------------------------------------------------------------------------------------------- service


class _Configured:
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


def _port(host: str, port: int) -> Checks:
    from moderation.service.listening import check_address, model_at

    try:
        check_address(host, port)
    except ServiceError:
        model = model_at(host, port)
        if model is None:
            raise
        said = gettext("{host}:{port}: a moderation service answers there already, by {model}")
        yield Check("port", NOTE, said.format(host=host, port=port, model=model))
        return
    yield Check("port", OK, gettext("{host}:{port} is free to listen at").format(host=host, port=port))


def _records(url: str | None) -> Checks:
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
        counts = _listed(f"{name} {count:,}" for name, count in about.rows.items())
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


def _temporary() -> Checks:
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
