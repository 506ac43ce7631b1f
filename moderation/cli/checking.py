"""The commands that judge pages: ``check``, ``clean`` and ``explain``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from moderation.cli.inputs import is_folder, read_items
from moderation.cli.printing import Tally, items, stop, style_of, to_json, warn
from moderation.cli.render import explanation_lines, script_lines, verdict_lines
from moderation.cli.rewrite import rewrite
from moderation.common.messages import gettext, ngettext
from moderation.data import Action, Page
from moderation.engine import Moderator
from moderation.errors import PageError
from moderation.presentation.excerpt import plain
from moderation.presentation.wording import Likeness

__all__ = ["check_pages", "clean_page", "explain_pages"]


def check_pages(options: argparse.Namespace) -> int:
    moderator = Moderator.load(options.model, options.policy)
    style = style_of(options)
    likeness = Likeness(moderator.model)
    tally = Tally()
    for item in items(options):
        verdict = next(moderator.check_many([item.page]))
        if isinstance(verdict, PageError):
            tally.fail(item, verdict, options.format, quiet=options.quiet)
            continue
        tally.see(verdict)
        if options.quiet or (options.flagged and verdict.action is Action.ALLOW):
            continue
        if options.format == "jsonl":
            print(to_json({**item.key, **verdict.to_dict()}))
        elif isinstance(item.page, Page):
            for line in verdict_lines(item.name, item.page, verdict, style, likeness):
                print(line)
    if options.summary:
        sys.stdout.flush()
        for line in tally.lines():
            print(line, file=sys.stderr)
    elif options.format == "text" and not options.quiet and tally.pages + tally.failed > 1:
        print(_sum(tally))
    return tally.code


def _sum(tally: Tally) -> str:
    counts = {"flagged": tally.flagged, "pages": tally.pages, "failed": tally.failed}
    if tally.failed:
        return gettext("{flagged} of {pages} pages flagged, {failed} could not be judged").format(**counts)
    return gettext("{flagged} of {pages} pages flagged").format(**counts)


def clean_page(options: argparse.Namespace) -> int:
    if is_folder(options.path) or options.path.lower().endswith(".jsonl"):
        said = gettext("{path} may hold many pages, and clean takes one; name an HTML or text file")
        return stop(said.format(path=options.path))
    moderator = Moderator.load(options.model, options.policy)
    item = next(read_items([options.path]))
    if isinstance(item.page, PageError):
        raise item.page
    cleaned = moderator.clean(item.page)
    data = rewrite(item.raw, item.page, cleaned)
    if data is None:
        said = gettext("{name} is broken as {encoding}; written as UTF-8")
        warn(said.format(name=item.name, encoding=item.page.encoding))
        data = cleaned.content.encode("utf-8", "replace")
    # The cuts first: what cannot be put back is not taken out.
    if options.cuts:
        rows = [cut.to_dict() for cut in cleaned.cuts]
        Path(options.cuts).write_bytes(to_json(rows, indent=2).encode() + b"\n")
    if options.output:
        Path(options.output).write_bytes(data)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    return 1 if cleaned.cuts else 0


def explain_pages(options: argparse.Namespace) -> int:
    moderator = Moderator.load(options.model, options.policy)
    style = style_of(options)
    tally = Tally()
    for item in items(options):
        try:
            if isinstance(item.page, PageError):
                raise item.page
            rows = moderator.explain(item.page)
            scripts = moderator.explain_scripts(item.page)
        except PageError as error:
            tally.fail(item, error, options.format)
            continue
        if options.format == "jsonl":
            told = {
                "url": item.page.url,
                "candidates": [row.to_dict() for row in rows],
                "scripts": [row.to_dict() for row in scripts],
                "model": moderator.model.identity,
            }
            print(to_json({**item.key, **told}))
            continue
        said = ngettext("{count} candidate", "{count} candidates", len(rows)).format(count=len(rows))
        if scripts:
            counted = ngettext("{count} script", "{count} scripts", len(scripts)).format(count=len(scripts))
            said += gettext(", ") + counted
        print(f"{plain(item.name)}  {said}")
        for row in rows:
            for line in explanation_lines(row, style):
                print(line)
        for row in scripts:
            for line in script_lines(row, style):
                print(line)
    return tally.code
