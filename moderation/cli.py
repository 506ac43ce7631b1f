"""The command line: each command reads its input, calls the library once a page, and prints.

Exit codes: 0 nothing flagged; 1 something flagged; 2 wrong use, a model or policy that cannot be used, a named input that
cannot be read, or nothing flagged while some pages could not be judged.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from moderation import __version__
from moderation._inputs import Item, files_of, read_items
from moderation._render import Style, candidate_lines, verdict_lines
from moderation.data import Action, Page
from moderation.engine import Moderator
from moderation.errors import ModerationError, PageError

__all__ = ["build_parser", "entry", "main"]

# A progress bar is worth its line from this many files.
_MANY = 20


def entry() -> None:
    """What the installed ``moderation`` command runs."""
    sys.exit(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    parser = build_parser()
    options = parser.parse_args(argv)
    # Whatever the locale says: JSON is UTF-8, and a lone surrogate of a broken page must not end the run.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except ModerationError as error:
        print(f"moderation: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader has gone (head, less): nothing more to say, and nothing to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return code


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="moderation", description="Finds spam injected into web pages, says where and why, and takes it out."
    )
    parser.add_argument("--version", action="version", version=f"moderation {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    check = _command(commands, "check", "the verdict on each page", _check)
    _inputs(check)
    check.add_argument("--format", choices=("text", "jsonl"), default="text", help="for people (default) or machines")
    _looks(check)

    clean = _command(commands, "clean", "a page without what was injected", _clean)
    clean.add_argument("path", metavar="PATH", help="an HTML or text file, or - for standard input")
    clean.add_argument("-o", "--output", metavar="FILE", help="write the page here (default: standard output)")
    clean.add_argument("--cuts", metavar="FILE", help="write what was cut here, as JSON, so that it can be put back")
    _engine(clean)

    explain = _command(commands, "explain", "every contribution to the score of every candidate", _explain)
    _inputs(explain)
    explain.add_argument("--format", choices=("text", "jsonl"), default="text", help="for people (default) or machines")
    _looks(explain)

    model = _command(commands, "model", "what the model is and how well it does", _model)
    model.add_argument("--model", metavar="DIR", help="a model folder, or the name of one that is installed")

    completion = _command(commands, "completion", "a script that completes commands in a shell", _completion)
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"))
    return parser


def _command(
    commands: Any, name: str, summary: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=f"Prints {summary}.")
    parser.set_defaults(run=run)
    return parser


def _inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="+",
        help="HTML or text files, folders, .jsonl files with id and html, text or title, or - for standard input",
    )
    parser.add_argument("--jsonl", action="store_true", help="standard input holds JSON Lines")
    parser.add_argument("--url", help="where the pages are from, unless they say so themselves")
    _engine(parser)


def _engine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="DIR", help="a model folder, or the name of one that is installed")
    parser.add_argument("--policy", metavar="FILE", help="a TOML file with thresholds, labels and places")


def _looks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--show", action="store_true", help="print findings as they are, not masked")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="mark spans with colours")


# ----------------------------------------------------------------------------------------------------------- commands


class _Outcome:
    """What a run has seen, for its exit code."""

    def __init__(self) -> None:
        self.flagged = False
        self.failed = False
        self.unreadable = False

    def error(self, item: Item) -> None:
        self.failed = True
        self.unreadable = self.unreadable or item.named

    @property
    def code(self) -> int:
        if self.unreadable:
            return 2
        return 1 if self.flagged else 2 if self.failed else 0


def _check(options: argparse.Namespace) -> int:
    moderator = Moderator.load(options.model, options.policy)
    style = _style(options)
    outcome = _Outcome()
    for item in _progress(options):
        verdict = next(moderator.check_many([item.page]))
        if isinstance(verdict, PageError):
            outcome.error(item)
            _fail(item, verdict, options.format)
            continue
        outcome.flagged = outcome.flagged or verdict.action is not Action.ALLOW
        if options.format == "jsonl":
            print(_json({**item.key, **verdict.to_dict()}))
        elif isinstance(item.page, Page):
            for line in verdict_lines(_name(item), item.page, verdict, style):
                print(line)
    return outcome.code


def _clean(options: argparse.Namespace) -> int:
    if Path(options.path).is_dir():
        print(f"moderation: {options.path} is a folder; clean takes one page at a time", file=sys.stderr)
        return 2
    if options.path.endswith(".jsonl"):
        print(f"moderation: {options.path} holds rows; clean takes one page at a time", file=sys.stderr)
        return 2
    moderator = Moderator.load(options.model, options.policy)
    item = next(read_items([options.path]))
    if isinstance(item.page, PageError):
        _fail(item, item.page, "text")
        return 2
    verdict = moderator.check(item.page)
    cleaned = moderator.clean(item.page, verdict)
    data = _encoded(item, cleaned.content)
    if options.output:
        Path(options.output).write_bytes(data)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    if options.cuts:
        rows = [cut.to_dict() for cut in cleaned.cuts]
        Path(options.cuts).write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n", "utf-8", "backslashreplace")
    return 1 if cleaned.cuts else 0


def _encoded(item: Item, content: str) -> bytes:
    """The cleaned text in the page's own encoding, so that every byte outside the cuts is as it was."""
    page = item.page
    raw = item.raw or b""
    if isinstance(page, Page):
        # What the decoder took off in front (a byte-order mark) goes back on.
        for mark in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b""):
            try:
                if raw.startswith(mark) and mark + page.content.encode(page.encoding) == raw:
                    return mark + content.encode(page.encoding)
            except (UnicodeEncodeError, LookupError):
                break
    print(
        f"moderation: {_name(item)} holds bytes that its encoding does not explain; written as UTF-8", file=sys.stderr
    )
    return content.encode("utf-8", "replace")


def _explain(options: argparse.Namespace) -> int:
    moderator = Moderator.load(options.model, options.policy)
    style = _style(options)
    outcome = _Outcome()
    for item in _progress(options):
        try:
            if isinstance(item.page, PageError):
                raise item.page
            rows = moderator.explain(item.page)
        except PageError as error:
            outcome.error(item)
            _fail(item, error, options.format)
            continue
        if options.format == "jsonl":
            print(_json({**item.key, "candidates": [row.to_dict() for row in rows], "model": moderator.model.identity}))
            continue
        print(f"{_name(item)}  {len(rows)} candidate{'' if len(rows) == 1 else 's'}")
        for row in rows:
            for line in candidate_lines(row.text, row.place.value, row.score, row.parts, style, row.withheld):
                print(line)
    return outcome.code


def _model(options: argparse.Namespace) -> int:
    model = Moderator.load(options.model).model
    manifest = model.manifest
    print(f"{model.identity}  protocol {manifest['protocol']}  {len(model.vocabulary):,} terms")
    print(f"labels      {', '.join(model.labels)}")
    print("thresholds  " + ", ".join(f"{name} {value}" for name, value in model.thresholds.items()))
    for name, digest in manifest["files"].items():
        print(f"{name:<16}sha256 {digest}")
    for name, value in manifest.get("metrics", {}).items():
        print(f"{name:<40}{value}")
    return 0


def _completion(options: argparse.Namespace) -> int:
    import shtab

    print(shtab.complete(build_parser(), options.shell))
    return 0


# ------------------------------------------------------------------------------------------------------------ printing


def _progress(options: argparse.Namespace) -> Iterable[Item]:
    """The items, with a bar on standard error where many files are read and a terminal is there."""
    items = read_items(options.paths, rows=options.jsonl, url=options.url)
    if not sys.stderr.isatty() or (options.format == "text" and sys.stdout.isatty()):
        return items
    total = sum(len(files_of(Path(path))) if Path(path).is_dir() else 1 for path in options.paths)
    if total < _MANY:
        return items
    from tqdm import tqdm

    return tqdm(items, total=total, unit="page", file=sys.stderr)


def _style(options: argparse.Namespace) -> Style:
    colour = options.color == "always" or (
        options.color == "auto" and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    )
    return Style(colour, options.show)


def _fail(item: Item, error: PageError, form: str) -> None:
    if form == "jsonl":
        print(_json({**item.key, "error": error.to_dict()}))
    else:
        print(f"moderation: {error}", file=sys.stderr)


def _name(item: Item) -> str:
    return next(iter(item.key.values()))


def _json(row: dict[str, Any]) -> str:
    text = json.dumps(row, ensure_ascii=False)
    # A lone surrogate has no UTF-8; escaped, the line is still the same JSON.
    return text if text.isprintable() or _is_encodable(text) else json.dumps(row)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


if __name__ == "__main__":
    entry()
