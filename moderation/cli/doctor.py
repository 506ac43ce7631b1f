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
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module, metadata
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import moderation
from moderation.cli.printing import stop, to_json
from moderation.errors import ModerationError, ServiceError
from moderation.excerpt import plain

if TYPE_CHECKING:
    from moderation.cli.installed import Need
    from moderation.engine import Moderator

__all__ = ["Check", "diagnose"]

OK, NOTE, PROBLEM = "ok", "note", "problem"
_PACKAGE = Path(moderation.__file__).parent
_INSTALL = "install this package again (docs/deploy.md)"
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
        status: ``ok``; ``note`` for what works and should be known; ``problem`` for what is broken.
        said: what is so.
        cure: what to do about a problem, where ``said`` does not say it.
    """

    name: str
    status: str
    said: str
    cure: str = ""


Checks = Iterator[Check]


def diagnose(options: argparse.Namespace) -> int:
    if options.config and (options.model or options.policy or options.records):
        return stop("--model, --policy and --records stand in the file of --config; leave them out here")
    found = list(_all(options))
    is_well = all(check.status != PROBLEM for check in found)
    if options.format == "json":
        print(to_json({"ok": is_well, "checks": [check._asdict() for check in found]}, indent=2))
    else:
        for check in found:
            cure = f"; {check.cure}" if check.cure else ""
            print(f"{check.status:<8} {check.name:<16} {plain(check.said + cure)}")
    return 0 if is_well else 1


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
            yield Check(name, NOTE, "not looked at: there is no engine")
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
        yield Check(name, PROBLEM, f"{error}", _INSTALL)
    except Exception as error:
        yield Check(name, PROBLEM, f"{type(error).__name__}: {error}", _INSTALL)


# ------------------------------------------------------------------------------------------------------------ installed


def _version() -> Checks:
    where = f"moderation {moderation.__version__} in {_PACKAGE}"
    try:
        said = metadata.version("moderation")
    except metadata.PackageNotFoundError:
        yield Check("version", NOTE, f"{where}, which is not installed: it runs from this folder alone")
        return
    if said != moderation.__version__:
        yield Check("version", PROBLEM, f"{where}, but what is installed says that it is {said}", _INSTALL)
        return
    yield Check("version", OK, where)


def _python() -> Checks:
    said = f"{platform.python_implementation()} {platform.python_version()} ({sys.executable}), {platform.platform()}"
    if sys.version_info < _PYTHON:
        yield Check("python", PROBLEM, said, f"use Python {'.'.join(map(str, _PYTHON))} or newer")
        return
    yield Check("python", OK, said)


def _dependencies() -> Checks:
    from moderation.cli.installed import needs

    try:
        needed = needs()
    except metadata.PackageNotFoundError:
        yield Check("dependencies", NOTE, "not looked at: the package is not installed")
        return
    wrong = [each for each in needed if not each.fits]
    if wrong:
        said = ", ".join(f"{each} ({each.version or 'not installed'})" for each in wrong)
        yield Check("dependencies", PROBLEM, f"lacks {said}", _install(wrong))
        return
    yield Check("dependencies", OK, ", ".join(f"{each.name} {each.version}" for each in needed))


def _extras() -> Checks:
    from moderation.cli.installed import extras, needs

    try:
        names = extras()
    except metadata.PackageNotFoundError:
        yield Check("extras", NOTE, "not looked at: the package is not installed")
        return
    for name in names:
        if name not in _NO_EXTRAS:
            yield _extra(name, needs(name))


def _extra(extra: str, needed: Sequence[Need]) -> Check:
    there = ", ".join(f"{each.name} {each.version}" for each in needed if each.version)
    wrong = [each for each in needed if not each.fits]
    old = [f"{each.name} {each.version}" for each in wrong if each.version]
    name = f"extra {extra}"
    if old:
        return Check(name, PROBLEM, f"{', '.join(old)} will not do", _install(wrong))
    if wrong:
        said = f"not all of it is installed: {', '.join(each.name for each in wrong)} missing"
        return Check(name, NOTE, said if there else "not installed", f"whoever wants it: {_install(wrong)}")
    return Check(name, OK, there)


def _install(wrong: Sequence[Need]) -> str:
    return "pip install " + " ".join(f"'{each}'" for each in wrong)


def _compiler() -> Checks:
    found = next(filter(None, map(shutil.which, _COMPILERS)), None)
    yield Check("compiler", OK, f"{found or 'none'}; none is needed to run, only to build the package")


# --------------------------------------------------------------------------------------------------------------- engine


def _engine() -> Checks:
    try:
        native = import_module("moderation._native")
    except ImportError as error:
        there = sorted(path.name for path in _PACKAGE.glob("_native*") if path.suffix in (".so", ".pyd"))
        wanted = f"this Python wants _native{EXTENSION_SUFFIXES[0]}, there is {', '.join(there) or 'none'}"
        cure = "install a wheel for this version of Python and this machine, or build one (docs/deploy.md#install)"
        yield Check("engine", PROBLEM, f"cannot be loaded ({error}): {wanted}", cure)
        return
    path = Path(str(native.__file__))
    expected = sorted(_expected(_PACKAGE / "_native.pyi"))
    lacking = [name for name in expected if not _has(native, name)]
    if lacking:
        said = f"{path.name} is of another version: it lacks {', '.join(lacking[:3])}"
        yield Check("engine", PROBLEM, said, "build it anew: make install, or pip install . (docs/deploy.md#install)")
        return
    changed = _changed(path)
    if changed:
        yield Check("engine", NOTE, f"{path.name} is older than native/{changed}; `make install` compiles it anew")
        return
    yield Check("engine", OK, f"{path.name} has all {len(expected)} names that the package calls")


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
            yield Check(name, NOTE, "not looked at: there is no model")
        return
    yield from _guarded("model", partial(_model, judge))
    yield from _guarded("policy", partial(_policies, judge, config.policies))
    yield from _guarded("page", partial(_page, judge))


def _model(judge: Moderator) -> Checks:
    manifest = judge.model.manifest
    said = f"{judge.model.identity}, protocol {manifest['protocol']}, {len(judge.model.vocabulary):,} terms"
    digest = str(manifest["digest"])[:12]
    yield Check("model", OK, f"{said}; {len(manifest['files'])} files as the manifest has them, sha256 {digest}…")


def _policies(judge: Moderator, named: Mapping[str, str]) -> Checks:
    from moderation.policy import Policy

    wrong = []
    for who, path in named.items():
        try:
            Policy.load(path).require(judge.model.labels, path)
        except ModerationError as error:
            wrong.append(f"{who}{error}")
    if wrong:
        yield Check("policy", PROBLEM, "; ".join(wrong))
        return
    said = f"{', '.join(dict.fromkeys(named.values()))} can be used" if named else "none is named"
    yield Check(
        "policy", OK, f"{said}; the model's own: review from {judge.policy.review}, clean from {judge.policy.clean}"
    )


def _page(judge: Moderator) -> Checks:
    began = time.perf_counter()
    verdict = judge.check(_SAMPLE)
    first = 1000 * (time.perf_counter() - began)
    began = time.perf_counter()
    cleaned = judge.clean(_SAMPLE)
    again = 1000 * (time.perf_counter() - began)
    took = f"{first:.0f} ms the first time, which sets the engine up, then {again:.1f} ms"
    if not verdict.findings:
        said = f"this model finds nothing in a page with a planted title: {took}"
        yield Check("page", NOTE, said)
    elif any(cut.removed.strip("_") not in _PLANTED for cut in cleaned.cuts):
        yield Check("page", NOTE, f"this model cuts more of a page than was planted in it: {took}")
    else:
        yield Check("page", OK, f"what was planted in a title is found and cut: {took}")


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
            yield Check("service", OK, "one site, its key is that of MODERATION_KEY")
        else:
            yield Check(
                "service", NOTE, "one site, for which each start makes a key; set MODERATION_KEY, or use --config"
            )

    def _file(self) -> Checks:
        from moderation.service.config import load_config

        config = load_config(self._path)
        self.model, self.records = config.model, config.records
        self.policies = {f"site {name}: ": site.policy for name, site in config.sites.items() if site.policy}
        count = len(config.sites)
        said = f"{self._path}: {count} site{'s' if count > 1 else ''}"
        yield Check("service", OK, f"{said}, records {'are' if config.records else 'are not'} kept")


def _port(host: str, port: int) -> Checks:
    from moderation.service.listening import check_address, model_at

    try:
        check_address(host, port)
    except ServiceError:
        model = model_at(host, port)
        if model is None:
            raise
        yield Check("port", NOTE, f"{host}:{port}: a moderation service answers there already, by {model}")
        return
    yield Check("port", OK, f"{host}:{port} is free to listen at")


def _records(url: str | None) -> Checks:
    if not url:
        yield Check("records", OK, "none are kept; --records URL or --config FILE names a database to look at")
        return
    try:
        from moderation.service.schema import State, refusal
        from moderation.service.upkeep import absent, describe
    except ImportError as error:
        yield Check("records", PROBLEM, f"{error}", "install this package with its extra service (docs/deploy.md)")
        return
    path = absent(url)
    if path is not None:
        yield _absent(path)
        return
    about = describe(url)
    said = f"{about.address}: {about.engine}, revision {about.found.revision or 'not written down'}"
    if not (about.found.is_usable or about.found.state is State.EMPTY):
        yield Check("records", PROBLEM, refusal(about.found, about.address))
    elif not about.is_writable:
        yield Check("records", PROBLEM, f"{said}; nobody may write there", "give the user of the service that right")
    elif about.found.state is State.EMPTY:
        yield Check("records", OK, f"{said}; empty, `moderation serve` makes the tables")
    else:
        counts = ", ".join(f"{name} {count:,}" for name, count in about.rows.items())
        unmarked = about.found.state is State.UNMARKED
        note = ", which `moderation records upgrade` does" if unmarked else ""
        yield Check("records", NOTE if unmarked else OK, f"{said}{note}; {counts}")


def _absent(path: Path) -> Check:
    folder = path.resolve().parent
    if folder.is_dir() and os.access(folder, os.W_OK) and not path.exists():
        return Check("records", OK, f"{path} is not there yet; `moderation serve` makes it")
    return Check("records", PROBLEM, f"{path} cannot be made", "make its folder, and let the user of the service write")


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
        said = f"cannot be written to: {error.strerror or error}"
        yield Check("temporary folder", PROBLEM, said, "make space, or name another folder by TMPDIR")
        return
    if wanted and Path(wanted).resolve() != Path(folder).resolve():
        yield Check("temporary folder", NOTE, f"{wanted} of TMPDIR cannot be written to, {folder} is used instead")
        return
    yield Check("temporary folder", OK, f"{folder} can be written to")
