"""The commands of the service: ``serve`` and ``key``."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from moderation.cli.printing import extra_missing, stop, warn
from moderation.common.messages import gettext
from moderation.engine import Moderator
from moderation.policy import Policy

__all__ = ["make_key", "run_service"]


def run_service(options: argparse.Namespace) -> int:
    if options.workers < 1:
        return stop(gettext("--workers {workers}: give 1 or more").format(workers=options.workers))
    try:
        from moderation.service.config import Config, Site, digest, load_config, new_key
        from moderation.service.worker import serve
    except ImportError as error:
        return stop(extra_missing(error, "service"))
    if options.config:
        source: Path | None = Path(options.config).resolve()
        if options.model or options.policy or options.records:
            return stop(gettext("--model, --policy and --records stand in the file of --config; leave them out here"))
        config = load_config(Path(options.config).resolve())
    else:
        source = None
        key = os.environ.get("MODERATION_KEY") or new_key()
        if not os.environ.get("MODERATION_KEY"):
            warn(gettext("the key, until this ends: {key}").format(key=key))
        site = Site("default", frozenset([digest(key)]), options.policy, admin=True)
        config = Config({"default": site}, options.model, options.records)
    # Says what is wrong before any worker is begun; the model is read once for all sites.
    labels = Moderator.load(config.model).model.labels
    for path in dict.fromkeys(each.policy for each in config.sites.values()):
        if path:
            Policy.load(path).require(labels, path)
    warn(gettext("serving at http://{host}:{port}").format(host=options.host, port=options.port))
    serve(config, source, options.host, options.port, options.workers)
    return 0


def make_key(options: argparse.Namespace) -> int:
    try:
        from moderation.service.config import digest, new_key
    except ImportError as error:
        return stop(extra_missing(error, "service"))
    key = new_key(is_short=options.akismet)
    print(f'{key}\nkeys = ["{digest(key)}"]')
    return 0
