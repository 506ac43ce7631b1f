"""Whether the engine can be loaded, and judges a page with the model and the policies."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator, Mapping
from functools import partial
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING

import moderation
from moderation.cli.doctor._check import NOTE, OK, PROBLEM, Check, Checks, guarded, listed
from moderation.common.messages import gettext
from moderation.errors import ModerationError

if TYPE_CHECKING:
    from moderation.engine import Moderator

__all__ = ["engine", "judging"]

_PACKAGE = Path(moderation.__file__).parent
# A page such as those that are looked for, made up: what is planted in its title has to be found, and nothing else.
_PLANTED = "百家乐在线投注_澳门赌场官网_真人博彩平台_"
_SAMPLE = (
    f"<title>{_PLANTED}水质分析仪_环境监测设备</title><p>本公司专业生产水质分析仪、溶氧仪、浊度计等在线监测设备，"
    "提供安装调试与校准服务。</p>"
)


def engine() -> Checks:
    try:
        native = import_module("moderation._native")
    except ImportError as error:
        there = sorted(path.name for path in _PACKAGE.glob("_native*") if path.suffix in (".so", ".pyd"))
        said = gettext("cannot be loaded ({error}): this Python wants {wanted}, there is {there}").format(
            error=error, wanted=f"_native{EXTENSION_SUFFIXES[0]}", there=listed(there) or gettext("none")
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
        yield Check("engine", PROBLEM, said.format(file=path.name, names=listed(lacking[:3])), cure)
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


def judging(model: str | None, policies: Mapping[str, str]) -> Checks:
    """The model, the policies and a page: each needs what stands in front of it.

    Args:
        model: name or folder; None: the one that is shipped.
        policies: files, by what a message about one begins with.
    """
    from moderation.engine import Moderator

    try:
        judge = Moderator.load(model)
    except ModerationError as error:
        yield Check("model", PROBLEM, str(error))
        for name in ("policy", "page"):
            yield Check(name, NOTE, gettext("not looked at: there is no model"))
        return
    yield from guarded("model", partial(_model, judge))
    yield from guarded("policy", partial(_policies, judge, policies))
    yield from guarded("page", partial(_page, judge))


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
        said = gettext("{policies} can be used").format(policies=listed(dict.fromkeys(named.values())))
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
