"""The commands that judge pages: ``check``, ``clean`` and ``explain``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from moderation.cli.inputs import is_folder, read_items
from moderation.cli.printing import Tally, items, stop, style_of, to_json
from moderation.cli.render import explanation_lines, verdict_lines
from moderation.cli.rewrite import rewrite
from moderation.data import Action, Page
from moderation.engine import Moderator
from moderation.errors import PageError
from moderation.excerpt import plain
from moderation.wording import Likeness

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
        failed = f", {tally.failed} could not be judged" if tally.failed else ""
        print(f"{tally.flagged} of {tally.pages} pages flagged{failed}")
    return tally.code


def clean_page(options: argparse.Namespace) -> int:
    if is_folder(options.path) or options.path.lower().endswith(".jsonl"):
        return stop(f"{options.path} may hold many pages, and clean takes one; name an HTML or text file")
    moderator = Moderator.load(options.model, options.policy)
    item = next(read_items([options.path]))
    if isinstance(item.page, PageError):
        raise item.page
    cleaned = moderator.clean(item.page)
    data = rewrite(item.raw, item.page, cleaned)
    if data is None:
        print(f"moderation: {plain(item.name)} is broken as {item.page.encoding}; written as UTF-8", file=sys.stderr)
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
        except PageError as error:
            tally.fail(item, error, options.format)
            continue
        if options.format == "jsonl":
            found = [row.to_dict() for row in rows]
            print(to_json({**item.key, "url": item.page.url, "candidates": found, "model": moderator.model.identity}))
            continue
        print(f"{plain(item.name)}  {len(rows)} candidate{'' if len(rows) == 1 else 's'}")
        for row in rows:
            for line in explanation_lines(row, style):
                print(line)
    return tally.code
