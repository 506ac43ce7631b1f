"""The commands about the package itself: ``model`` and ``completion``."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from typing import Any

from moderation.cli.speech import left
from moderation.common.messages import N_, gettext
from moderation.engine import Moderator
from moderation.presentation.wording import word

__all__ = ["MEASURED", "complete", "named", "show_model"]

# What the training measures, as manifests name it; {name} is that of a set of texts. A measure that is not here is
# printed as its manifest has it.
MEASURED = (
    N_("honest pages with a finding"),
    N_("honest pages cut or rejected"),
    N_("real spam pages found"),
    N_("tampered titles planted in pages"),
    N_("tampered titles alone"),
    N_("other real phrases planted in pages"),
    N_("other real phrases alone"),
    N_("brand in the place of a name"),
    N_("brand that the model does not know, in the place of a name"),
    N_("honest names that share the stem"),
    N_("hard honest lines flagged"),
    N_("titles of honest pages flagged, alone"),
    N_("honest pages as plain text without a title, flagged"),
    N_("real phrases and names planted in plain text"),
    N_("honest names in plain text, flagged"),
    N_("honest texts planted as spam is, flagged"),
    N_("composed blocks planted"),
    N_("composed blocks written to escape, planted"),
    N_("real phrases and names: their label right"),
    N_("real phrases and names: cleaned page equal to the page before"),
    N_("real phrases and names: cleaned page equal to the page before, of those cut without a person"),
    N_("real phrases and names: mean IoU of spans found"),
    N_("{name} pages flagged, cross-validated by site"),
    N_("{name} titles flagged, cross-validated"),
    N_("{name} texts flagged, cross-validated"),
    N_("planted blocks found"),
    N_("their label right"),
    N_("cleaned page equal to the page before"),
    N_("cleaned page equal to the page before, of those cut without a person"),
    N_("hard negatives flagged, held-out half"),
    N_("out of context judged wrong, held-out half"),
    N_("seed page exact"),
    N_("real heads flagged"),
    N_("real heads labelled right"),
    N_("{name} titles flagged"),
    N_("{name} flagged"),
    N_("mean IoU of spans found"),
    N_("planted to escape in one way, found"),
    N_("planted to escape in two ways, found"),
)


def show_model(options: argparse.Namespace) -> int:
    model = Moderator.load(options.model).model
    manifest = model.manifest
    said = gettext("{model}  protocol {protocol}  {terms:,} terms")
    print(said.format(model=model.identity, protocol=manifest["protocol"], terms=len(model.vocabulary)))
    labels = gettext(", ").join(_coded("label", label) for label in model.labels)
    thresholds = gettext(", ").join(f"{_coded('action', name)} {value}" for name, value in model.thresholds.items())
    for name, value in ((gettext("labels"), labels), (gettext("thresholds"), thresholds)):
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
        yield f"{left(named(name), 40)}  {metrics}"


def _coded(kind: str, code: str) -> str:
    """A word for people, and the code that policies and the JSON have, where it is another."""
    said = word(kind, code)
    return said if said == code else f"{said} {code}"


def named(measure: str) -> str:
    """What a measure of a manifest is called, in the language of whoever reads it."""
    for known in MEASURED:
        before, mark, behind = known.partition("{name}")
        if not mark and measure == known:
            return gettext(known)
        name = measure.removeprefix(before).removesuffix(behind)
        if mark and name and measure == before + name + behind:
            return gettext(known).format(name=name)
    return measure


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
