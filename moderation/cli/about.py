"""The commands about the package itself: ``model`` and ``completion``."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from typing import Any

from moderation.cli.speech import left
from moderation.engine import Moderator
from moderation.messages import gettext

__all__ = ["complete", "show_model"]


def show_model(options: argparse.Namespace) -> int:
    model = Moderator.load(options.model).model
    manifest = model.manifest
    said = gettext("{model}  protocol {protocol}  {terms:,} terms")
    print(said.format(model=model.identity, protocol=manifest["protocol"], terms=len(model.vocabulary)))
    thresholds = ", ".join(f"{name} {value}" for name, value in model.thresholds.items())
    for name, value in ((gettext("labels"), ", ".join(model.labels)), (gettext("thresholds"), thresholds)):
        print(left(name, 12) + value)
    for name, digest in manifest["files"].items():
        print(f"{name:<16}  sha256 {digest}")
    for line in _metric_lines(manifest.get("metrics", {})):
        print(line)
    return 0


def _metric_lines(metrics: Any, name: str = "") -> Iterable[str]:
    """Whatever the manifest measured, one number a line."""
    if isinstance(metrics, dict):
        for key, value in metrics.items():
            yield from _metric_lines(value, f"{name} {key}".strip())
    else:
        yield f"{name:<40}  {metrics}"


def complete(options: argparse.Namespace) -> int:
    import shtab

    # It imports this module.
    from moderation.cli.parser import build_parser

    parser = build_parser()
    for action in _actions(parser):
        if action.dest in ("paths", "path", "output", "config", "cuts", "policy"):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.dest == "model":
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    print(shtab.complete(parser, options.shell))
    return 0


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """The arguments of all commands, and of their commands."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
        yield action
