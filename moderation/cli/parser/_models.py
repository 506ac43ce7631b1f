"""Commands about models, and ``completion``."""

from __future__ import annotations

from typing import Any

from moderation.cli.parser._common import UNUSABLE, add_pages, command
from moderation.common.messages import N_, gettext

__all__ = ["add_model_commands"]


def add_model_commands(commands: Any) -> None:
    model = command(
        commands,
        "model",
        N_("what the model is and how well it does"),
        "about.show_model",
        "model\nmoderation model compare zh-headspam models/mine pages/",
        (N_("0 done"), N_("2 a model that cannot be used")),
    )
    model.add_argument("--model", metavar="DIR", help=gettext("a model folder, or the name of one that is installed"))
    about = model.add_subparsers(metavar="COMMAND")
    compare = command(
        about,
        "compare",
        N_("what flips between two models on the same pages"),
        "evaluating.compare_models",
        "model compare zh-headspam models/mine pages/",
        (N_("0 nothing flips"), N_("1 something flips"), UNUSABLE),
    )
    compare.add_argument("old", metavar="OLD", help=gettext("a model folder, or the name of one that is installed"))
    compare.add_argument("new", metavar="NEW", help=gettext("another"))
    add_pages(compare)
    compare.add_argument("--policy", metavar="FILE", help=gettext("a TOML file of what counts and what to do with it"))
    compare.add_argument(
        "--format", choices=("text", "jsonl"), default="text", help=gettext("for people (default) or machines")
    )

    completion = command(
        commands,
        "completion",
        N_("a script that completes commands in a shell"),
        "about.complete",
        "completion bash > ~/.local/share/bash-completion/completions/moderation",
        (N_("0 done"), N_("2 wrong use")),
    )
    completion.add_argument("shell", choices=("bash", "zsh", "fish"))
