"""Regular expressions: each takes a time that is linear in its input, also on the inputs that are worst for it.

No pattern has to be named here: all of the package are found, in its modules and inside its functions, and the inputs
are derived from what a pattern repeats.
"""

from __future__ import annotations

import ast
import importlib
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import permutations
from pathlib import Path
from re import _compiler as compiler  # type: ignore[attr-defined]  # sre_compile, by the name that it has since 3.11
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import moderation
from moderation.inputs.archives import warc
from moderation.presentation import excerpt
from moderation.stages import _charsets, _repair, decode, signals

ROOT = Path(moderation.__file__).parent
# Patterns that are made inside a function, and how to get them. A function that is not here fails a test.
MADE: Mapping[str, Callable[[], Iterable[re.Pattern[Any]]]] = {
    "moderation.inputs.archives.warc._Arc": lambda: [warc._Arc.candidate],
    "moderation.inputs.archives.warc._Warc": lambda: [warc._Warc.candidate],
}
# Patterns, and functions that make some, that meet trusted text only, each with the reason.
TRUSTED: Mapping[str, str] = {
    "moderation.stages.normalize.classes": "reads the package's own tables",
    "moderation.stages.signals": "reads the package's own letters",
    **dict.fromkeys(
        (
            "moderation.training.corpus._of_half",
            "moderation.training.dataset._TITLE",
            "moderation.training.naming._texts",
            "moderation.training.examples._name_in_text",
            "moderation.training.naming._traces",
            "moderation.training.planting._ANCHOR",
            "moderation.training.planting._BODY",
            "moderation.training.planting._HEAD",
            "moderation.training.planting._PARAGRAPH",
            "moderation.training.planting._SCRIPT",
            "moderation.training.planting._TITLE",
            "moderation.training.planting._in_body",
            "moderation.training.planting._substituted",
            "moderation.training.planting._visible",
            "moderation.training.reality._any_of",
            "moderation.training.reality._script_lang",
        ),
        "reads data sets that somebody chose to train on; a slow one costs who trains, and no verdict waits for it",
    ),
}
# Code points. A quadratic pattern takes a tenth of a second and more for the longest, a linear one a few milliseconds.
SIZES = (256, 1024, 4096, 16384)
SLOW = 0.02
RATIO = 8.0
# Repeats of fewer are a constant factor.
LONG = 8
POOL = " \t\n\r09azAZ_-.,:;=<>/\"'!?#&()[]\u3000\u00e9\u4e2d\U0001f600"
_SINGLE = (code.LITERAL, code.NOT_LITERAL, code.ANY, code.IN)
_REPEATS = (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT)
_ASSERTS = (code.ASSERT, code.ASSERT_NOT)
_METHODS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split")


# ------------------------------------------------------------------------------------------------- finding the patterns


class Found(NamedTuple):
    """A pattern of the package, and the methods that are called on it; all, where that cannot be told."""

    pattern: re.Pattern[Any]
    methods: frozenset[str]


@cache
def _names() -> list[str]:
    """The modules that use patterns. Others are not imported: some take a Django that is set up."""
    names = [".".join(path.relative_to(ROOT.parent).with_suffix("").parts) for path in ROOT.rglob("*.py")]
    names = sorted(name.removesuffix(".__init__") for name in names)
    return [
        name for name in names if re.search(r"^\s*(?:import|from) re\b", _source(name).read_text("utf-8"), re.MULTILINE)
    ]


def _source(name: str) -> Path:
    path = ROOT.joinpath(*name.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _inside(value: Any, depth: int = 3) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, Mapping):
        for each in (*value.keys(), *value.values()):
            yield from _inside(each, depth - 1)
    elif depth and isinstance(value, tuple | list | set | frozenset):
        for each in value:
            yield from _inside(each, depth - 1)


def _used(name: str) -> frozenset[str]:
    """The methods that are called on a name anywhere in the package."""
    return frozenset(re.findall(rf"\b{re.escape(name)}\.({'|'.join(_METHODS)})\b", _all_sources()))


@cache
def _all_sources() -> str:
    return "\n".join(path.read_text("utf-8") for path in ROOT.rglob("*.py"))


@cache
def patterns() -> dict[str, Found]:
    """Every pattern of the package by its name. A module that needs an extra which is not installed is left out."""
    found: dict[str, Found] = {}
    seen: set[re.Pattern[Any]] = set()
    for name in _names():
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError:
            continue
        for variable, value in vars(module).items():
            for number, pattern in enumerate(_inside(value)):
                if pattern not in seen:
                    seen.add(pattern)
                    key = f"{name}.{variable}" + (f"[{number}]" if number else "")
                    found[key] = Found(pattern, _used(variable) if isinstance(value, re.Pattern) else frozenset())
    for name, made in MADE.items():
        for number, pattern in enumerate(made()):
            found[f"{name}[{number}]"] = Found(pattern, frozenset())
    return found


class _Calls(ast.NodeVisitor):
    """Functions that call ``re`` with a pattern themselves."""

    def __init__(self, module: str) -> None:
        self.found: set[str] = set()
        self._within = [module]

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._within.append(node.name)
        self.generic_visit(node)
        self._within.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._within.append(node.name)
        self.generic_visit(node)
        self._within.pop()

    def visit_Call(self, node: ast.Call) -> None:
        call = node.func
        if isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name) and call.value.id == "re":
            module_level = len(self._within) == 1 and call.attr == "compile"
            if call.attr in (*_METHODS, "compile") and not module_level:
                self.found.add(".".join(self._within))
        self.generic_visit(node)


def _calls(module: str) -> set[str]:
    calls = _Calls(module)
    calls.visit(ast.parse(_source(module).read_text("utf-8")))
    return calls.found


def _module_of(name: str) -> str:
    return name.rpartition(".")[0]


def test_no_pattern_is_hidden() -> None:
    hidden = {each for name in _names() for each in _calls(name)} - MADE.keys() - TRUSTED.keys()
    assert not hidden, f"make these patterns at the top of their modules, or list them in MADE: {sorted(hidden)}"


def test_exemptions_are_of_something() -> None:
    hidden = {each for name in _names() for each in _calls(name)}
    for each in (*TRUSTED, *MADE):
        assert each in hidden or each in patterns() or _module_of(each) not in map(_module_of, patterns()), (
            f"{each} is no pattern, and no function that makes one, any more"
        )


# ----------------------------------------------------------------------------------------------------- the worst inputs


def _is_repeat(node: Any) -> bool:
    return node[0] in _REPEATS


class Worst:
    """The inputs that are worst for a pattern, as (what is in front, what is repeated, what is behind)."""

    def __init__(self, pattern: re.Pattern[Any]) -> None:
        text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
        self._flags = pattern.flags & (re.IGNORECASE | re.DOTALL | re.MULTILINE | re.VERBOSE)
        self._tree = parser.parse(text, self._flags)
        literals = sorted({each for node in self._all(self._tree) for each in self._literals(node)})
        # A large class is stood for by some of it.
        step = max(1, len(literals) // 24)
        self._pool = list(dict.fromkeys([*POOL, *literals[::step], *literals[-2:]]))
        self._accepted: dict[str, list[str]] = {}

    def inputs(self) -> set[tuple[str, str, str]]:
        found = set(self._attacks(self._tree, ""))
        words = [word for word in self._words(self._tree) if word][:24]
        for unit in {*" \t\n0a9-_.(<\u4e2d\u00e9", *words}:
            found |= {("", unit, ""), ("", unit, "\0")}
        for word in words[:12]:
            found |= {("", word + each, "\0") for each in (" ", "a", "=")}
        return found

    def _all(self, nodes: Any) -> Iterator[Any]:
        for node in nodes:
            yield node
            for part in self._parts(node):
                yield from self._all(part)

    @staticmethod
    def _parts(node: Any) -> list[Any]:
        kind, about = node
        if kind in _REPEATS:
            return [about[2]]
        if kind is code.SUBPATTERN:
            return [about[3]]
        if kind is code.ATOMIC_GROUP:
            return [about]
        if kind in _ASSERTS:
            return [about[1]]
        if kind is code.BRANCH:
            return list(about[1])
        if kind is code.GROUPREF_EXISTS:
            return [part for part in about[1:] if part]
        return []

    @staticmethod
    def _literals(node: Any) -> Iterator[str]:
        kind, about = node
        if kind in (code.LITERAL, code.NOT_LITERAL):
            yield chr(about)
        elif kind is code.IN:
            for part, value in about:
                if part is code.LITERAL:
                    yield chr(value)
                elif part is code.RANGE:
                    yield from (chr(value[0]), chr(value[1]))

    def _takes(self, node: Any) -> list[str]:
        """Characters of the pool that a node for one character takes."""
        name = repr(node)
        if name not in self._accepted:
            # One that a class names is no whole pattern's: compiled by itself.
            single = compiler.compile(parser.SubPattern(parser.State(), [node]), self._flags)
            self._accepted[name] = [each for each in self._pool if single.fullmatch(each)]
        return self._accepted[name]

    def _samples(self, nodes: Any) -> list[str]:
        """A few texts that a sequence takes (look-arounds and references back are not asked)."""
        found = [""]
        for node in nodes:
            kind, about = node
            if kind in _SINGLE:
                taken = self._takes(node)
                # Of each class its first, its last and what is between.
                some = [taken[at] for at in sorted({0, len(taken) // 2, len(taken) - 1})] if taken else [""]
            elif kind in _REPEATS:
                some = [each * max(1, min(about[0], 64)) for each in self._samples(about[2])]
                some += [""] if about[0] == 0 else []
            elif kind is code.BRANCH:
                some = [each for part in about[1] for each in self._samples(part)[:2]]
            elif kind is code.ASSERT and about[0] < 0:
                some = self._samples(about[1])[:2]
            elif kind in (code.SUBPATTERN, code.ATOMIC_GROUP):
                some = self._samples(self._parts(node)[0])
            else:
                some = [""]
            if len(some) > 6:
                some = some[:: len(some) // 6]
            found = list(dict.fromkeys(before + each for before in found[:3] for each in some))[:8]
        return found

    def _units(self, nodes: Any) -> list[str]:
        """What a repeat may take again and again: each of its samples, and two of them in turn."""
        sequence = list(nodes)
        if len(sequence) == 1 and sequence[0][0] in _SINGLE:
            taken = self._takes(sequence[0])
            units = [*taken[:4], *[each for each in " \n0a-.\u4e2d" if each in taken]]
        else:
            units = self._samples(sequence)
        units = [unit for unit in dict.fromkeys(units) if unit][:8]
        return units + ["".join(pair) for pair in permutations(units[:4], 2)]

    def _attacks(self, nodes: Any, front: str) -> Iterator[tuple[str, str, str]]:
        """For each long repeat: a run that it takes, with what leads there in front of it, once and again and again."""
        fronts = [front]
        for node in nodes:
            kind, about = node
            if kind in _REPEATS and about[1] >= LONG:
                for unit in self._units(about[2]):
                    for each in fronts[:4]:
                        yield from ((each, unit, behind) for behind in ("", "\0", ">", "\n"))
                        yield from (("", each + unit, ""), ("", each + unit, "\0"), ("", each + 8 * unit, "\0"))
            for part in self._parts(node):
                for each in fronts[:2]:
                    yield from self._attacks(part, each)
            fronts = [before + each for before in fronts[:3] for each in self._samples([node])[:4]]

    def _words(self, nodes: Any) -> list[str]:
        """The literal words of a pattern."""
        words = [""]
        for node in nodes:
            if node[0] is code.LITERAL:
                words[-1] += chr(node[1])
            else:
                words.append("")
                for part in self._parts(node):
                    words += self._words(part)
                words.append("")
        return list(dict.fromkeys(words))


# ------------------------------------------------------------------------------------------------------------ measuring


def _ways(found: Found) -> list[Callable[[Any], object]]:
    """How a pattern is used: searched through, or held against a whole text."""
    pattern, methods = found
    ways: list[Callable[[Any], object]] = []
    if not methods or methods - {"match", "fullmatch"}:
        # What search does is a part of it.
        ways.append(lambda text: sum(1 for _ in pattern.finditer(text)))
    if not methods or "match" in methods:
        ways.append(pattern.match)
    if not methods or "fullmatch" in methods:
        ways.append(pattern.fullmatch)
    return ways


def _seconds(way: Callable[[Any], object], text: Any, repeats: int = 1) -> float:
    best = float("inf")
    for _ in range(repeats):
        # Of this thread alone: what others do on the machine counts only where it slows the processor down.
        begin = time.thread_time()
        way(text)
        best = min(best, time.thread_time() - begin)
    return best


def _slower(found: Found, parts: tuple[str, str, str]) -> str:
    """What is wrong with the time that a pattern takes for longer and longer inputs of a kind, or nothing."""
    front, unit, behind = parts
    last: Any = None
    for size in SIZES:
        text: Any = front + unit * max(1, (size - len(front)) // len(unit)) + behind
        if isinstance(found.pattern.pattern, bytes):
            text = text.encode("latin-1", "replace")
        done = last is not None
        for way in _ways(found):
            took = _seconds(way, text)
            # What the longest would take if this were quadratic is nothing either.
            done = done and 2 * took * (SIZES[-1] / size) ** 2 < SLOW
            if last is None or took < SLOW:
                continue
            # Now with care, as often as it seems so; what is quadratic seems so each time.
            for _ in range(3):
                long, short = _seconds(way, text, 3), _seconds(way, last, 5)
                if long < SLOW or long <= RATIO * short:
                    break
            else:
                growth = f"{1000 * short:.2f} ms for {len(last):,}, {1000 * long:.1f} ms for {len(text):,}"
                return f"{front[:40]!r} + {unit[:40]!r}… + {behind!r}: {growth}"
        if done:
            return ""
        last = text
    return ""


def problem_of(found: Found) -> str:
    """The first input found that is worse than linear."""
    return next((said for parts in sorted(Worst(found.pattern).inputs()) if (said := _slower(found, parts))), "")


@pytest.mark.parametrize("module", _names())
def test_time_is_linear(module: str) -> None:
    for name, found in patterns().items():
        if name.startswith(f"{module}.") and name not in TRUSTED:
            assert not problem_of(found), f"{name}: {problem_of(found)}; bound its repeats, or make them possessive"


# What the patterns of the package were before they were linear, and others that are known to be slow.
@pytest.mark.parametrize(
    "pattern",
    [
        r"1\s*(?:x|[\s-]*years)",
        r"(?:微信|飞机)\s*[:：]?\s*[a-z]{5,}",
        r"(?<![a-z0-9])qq(?=[a-z_-]*\d)",
        r"charset\s*=\s*[\"']?\s*(\w+)",
        r"(?<![^\x00-\x7f])(?:[^\x00-\x7f]|\?(?=[^\x00-\x7f]))*?涓",
        r"<title[^>]*>",
        rb"[a-z]+:.* \d{8,14} .*\d\s*$",
    ],
)
def test_slow_patterns_are_told(pattern: str | bytes) -> None:
    # A busy machine may slow the short inputs down, and hide what the long ones take: not each time.
    assert any(problem_of(Found(re.compile(pattern, re.IGNORECASE), frozenset())) for _ in range(3))


# ------------------------------------------------------------------------------------------ the same as the plain forms

# As one would write them, which takes a quadratic time.
PLAIN = {
    "age": re.compile(
        r"(?<![0-9０-９.])(?:[1-9１-９]|[1１][0-7０-７])\s*(?:周?岁|[歲歳]|才(?![能会是可有])|y/?o\b|[\s-]*years?[\s-]old)"
        r"|(?<![零〇百两二三四五六七八九十])(?:十[一二三四五六七]?|[一二三四五六七八九])(?:周?岁|[歲歳])",
        re.IGNORECASE,
    ),
    "charset": re.compile(r"(?:^|[;,\s])charset\s*=\s*[\"']?\s*([\w.:+-]+)", re.IGNORECASE),
    "meta": re.compile(
        rb"<meta\s[^>]{0,512}?charset\s*=\s*[\"']?\s*([\w.:+-]+)|<\?xml\s[^>]{0,256}?encoding\s*=\s*[\"']([\w.:+-]+)",
        re.IGNORECASE,
    ),
    "tags": re.compile(r"<[^<>]*>?|[^<>]*>"),
}
LINEAR = {
    "age": signals._AGE,
    "charset": _charsets._CHARSET,
    "meta": _charsets._META,
    "tags": excerpt._TAGS,
}
# The parts of texts that come close to a match, beside blanks.
PARTS = {
    "age": "1 17 ７ 9 . - 岁 周岁 歲 才 能 years year old y/o yo 十 三 零".split(),
    "charset": "; , charset CharSet = \" ' gbk utf-8 : é".split(),
    "meta": "<meta <?xml charset encoding = \" ' gbk utf-8 > x".split(),
    "tags": '< > a " 中'.split(),
}


@pytest.mark.parametrize("name", PLAIN)
@given(data=st.data())
def test_matches_are_those_of_the_plain_form(name: str, data: st.DataObject) -> None:
    text: Any = "".join(
        data.draw(st.lists(st.sampled_from([*PARTS[name], *" \t\n\u3000xK\u212a\u00e9\u6f22\0"]), max_size=24))
    )
    if isinstance(PLAIN[name].pattern, bytes):
        text = text.encode("utf-8", "replace")
    found, plain = ([(each.span(), each.groups()) for each in p.finditer(text)] for p in (LINEAR[name], PLAIN[name]))
    assert found == plain


WIDE = "(?:[^\x00-\x7f]|\\?(?=[^\x00-\x7f]))"
MISREAD = re.compile(
    "(?P<backwards>\u202e[^\u202c\u202e]{2,}(?:\u202c|$))"
    f"|(?P<latin>{_repair._THREE}(?:{_repair._THREE}|[ -~](?={_repair._THREE}))+)"
    "|(?P<double>[\xb0-\xf7][\xa1-\xfe](?:[\xa1-\xf7][\xa1-\xfe]){3,})"
    f"|(?P<gbk>(?<![^\x00-\x7f]){WIDE}*?[{_repair.RARE}][^\x00-\x7f]{{2}}{WIDE}*)"
)
PIECES = "\xe4\xbd\xa0 \xe5\xa5\xbd \xc4\xe3\xba\xc3\xd6\xd0\xb9\xfa 涓浗浗 涓 浗中 ? \u202e \u202c".split()


@given(st.lists(st.sampled_from([*PIECES, *PIECES, "a", " ", "中", "€", "\n", "\0"]), max_size=16).map("".join))
def test_misread_stretches_are_those_of_one_pattern(text: str) -> None:
    one = [(str(found.lastgroup), *found.span()) for found in MISREAD.finditer(text)]
    assert list(_repair._misread(text)) == one


# ---------------------------------------------------------------------------------------------------------- whole pages


@pytest.mark.parametrize(
    "text",
    [
        "5" + "\u3000" * 60_000,
        "微信" + "\u3000" * 60_000,
        "qq-" * 20_000,
        "\U0001f600" + "中?" * 30_000 + "涓",
        "(" + "a" * 60_000,
    ],
)
def test_repeats_of_a_page_cost_no_more_than_text(text: str) -> None:
    begin = time.thread_time()
    _repair.repairs(text)
    signals.is_minor(text)
    # Ten times what was measured; the patterns that were quadratic take 20 s and more.
    assert time.thread_time() - begin < 1


def test_charset_of_a_long_header() -> None:
    begin = time.thread_time()
    assert decode.charset_of("text/html; charset=" + " " * 200_000 + "!") is None
    assert time.thread_time() - begin < 0.5
