"""The tokenizer's test cases of html5lib-tests, as html5lib's source archive on PyPI holds them (MIT licence).

``make html5lib`` fetches them into ``build/html5lib``; none of them is a part of this project. Tests that read them are
skipped where they are not there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeAlias

__all__ = ["FOLDER", "Case", "cases", "found"]

PACKAGE, VERSION = "html5lib", "1.1"
FOLDER = Path(__file__).parent.parent / "build" / "html5lib"
_INSIDE = f"{PACKAGE}-{VERSION}/html5lib/tests/testdata/tokenizer/"

# What both sides are told as: ("text", text), ("start", name, attributes, whether "/>" ends it), ("end", name),
# ("comment", text), ("doctype",).
Token: TypeAlias = tuple[Any, ...]


class Case(NamedTuple):
    file: str
    name: str
    state: str
    inside: str  # the element whose content it is, where the tokenizer does not begin with data
    source: str
    tokens: list[Token]


def fetch() -> int:
    """Puts the cases into the folder; the exit code."""
    if list(FOLDER.glob("*.test")):
        return 0
    with TemporaryDirectory() as name:
        folder = Path(name)
        # pip runs the archive's setup.py, which needs an older setuptools. Which of the two ways to ask for one pip
        # knows depends on its version.
        constraint = folder / "constraint.txt"
        constraint.write_text("setuptools<81\n", "utf-8")
        setting = {"PIP_CONSTRAINT": str(constraint), "PIP_BUILD_CONSTRAINT": str(constraint)}
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
        command += ["--no-binary", PACKAGE, "--dest", folder, f"{PACKAGE}=={VERSION}"]
        done = subprocess.run(command, env={**os.environ, **setting}, check=False)
        archive = folder / f"{PACKAGE}-{VERSION}.tar.gz"
        if done.returncode or not archive.exists():
            print(f"{archive.name} cannot be had from PyPI: the cases of html5lib are not run", file=sys.stderr)
            return 1
        fetched = folder / "cases"
        fetched.mkdir()
        with tarfile.open(archive) as packed:
            for member in packed:
                if member.isfile() and member.name.startswith(_INSIDE) and member.name.endswith(".test"):
                    content = packed.extractfile(member)
                    assert content is not None
                    (fetched / Path(member.name).name).write_bytes(content.read())
        FOLDER.parent.mkdir(exist_ok=True)
        shutil.rmtree(FOLDER, ignore_errors=True)
        shutil.move(fetched, FOLDER)
    return 0


_STATES = {
    "Data state": "data",
    "RCDATA state": "rcdata",
    "RAWTEXT state": "rawtext",
    "Script data state": "script",
    "PLAINTEXT state": "plaintext",
    "CDATA section state": "cdata",
}


def cases() -> list[Case]:
    """All cases, one for each state that the tokenizer is to begin in."""
    out = []
    for path in sorted(FOLDER.glob("*.test")):
        rows = json.loads(path.read_text("utf-8"))
        for row in rows.get("tests") or rows["xmlViolationTests"]:
            escaped = row.get("doubleEscaped", False)
            source, expected = (_unescaped(row[key]) if escaped else row[key] for key in ("input", "output"))
            for state in row.get("initialStates", ["Data state"]):
                # Without a last start tag no end tag is the right one.
                inside = "svg" if _STATES[state] == "cdata" else row.get("lastStartTag", "x-none")
                name = row["description"]
                out.append(Case(path.name, name, _STATES[state], inside, source, _joined(map(_expected, expected))))
    return out


def _unescaped(value: Any) -> Any:
    if isinstance(value, str):
        # Two halves of a pair are one character, a half by itself stays one.
        text = re.sub(r"\\u([0-9A-Fa-f]{4})", lambda found: chr(int(found[1], 16)), value)
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    if isinstance(value, list):
        return [_unescaped(each) for each in value]
    if isinstance(value, dict):
        return {_unescaped(key): _unescaped(each) for key, each in value.items()}
    return value


def _expected(row: Any) -> Token | None:
    match row:
        case "ParseError":
            return None
        case ["Character", text]:
            return ("text", text)
        case ["StartTag", name, attributes, *closing]:
            return ("start", name, attributes, closing == [True])
        case ["EndTag", name]:
            return ("end", name)
        case ["Comment", text]:
            return ("comment", text)
        case ["DOCTYPE", *_]:
            return ("doctype",)
    raise AssertionError(row)


def found(rows: list[Any]) -> list[Token]:
    """A line of ``tests/native/tokens.cpp`` in the same words."""
    return _joined(map(_found, rows))


def _found(row: Any) -> Token | None:
    match row:
        case ["Character", text]:
            return ("text", text)
        case ["StartTag", name, attributes, is_closing]:
            return ("start", name, dict(attributes), is_closing)
        case ["EndTag", name]:
            return ("end", name)
        case ["Skipped", source]:
            return _skipped(source)
    raise AssertionError(row)


def _skipped(source: str) -> Token | None:
    """What the scanner skips has no text to it, but an exact stretch, from which its text follows."""
    source = re.sub(r"\r\n?", "\n", source).replace("\0", "\ufffd")
    if re.match(r"</?[A-Za-z]", source) or source in ("</>", "]]>"):
        return None
    if re.match(r"<!doctype", source, re.IGNORECASE):
        assert source.find(">") in (-1, len(source) - 1)
        return ("doctype",)
    if source.startswith("<!--"):
        text = source[4:]
        return ("comment", "" if text in (">", "->") else re.sub(r"(--!?>|--!|--?)\Z", "", text, count=1))
    return ("comment", source[1 if source[1] == "?" else 2 :].removesuffix(">"))


def _joined(tokens: Any) -> list[Token]:
    """Without what is no token, text that stands side by side as one."""
    out: list[Token] = []
    for token in tokens:
        if token is None:
            continue
        if token[0] == "text" and out and out[-1][0] == "text":
            out[-1] = ("text", out[-1][1] + token[1])
        else:
            out.append(token)
    return out


if __name__ == "__main__":
    sys.exit(fetch())
