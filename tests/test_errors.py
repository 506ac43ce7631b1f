"""Errors: the drawing is the tree, and every code is one of a kind."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from moderation import errors
from moderation.errors import ModerationError, PageError

LINE = re.compile(r"^ {4}(?P<indent>[│├└─ ]*)(?P<name>[A-Z]\w+)(?: {2,}(?P<text>\S.*))?$", re.MULTILINE)


def drawn() -> Iterator[tuple[str, str, str]]:
    """Name, name of the base, and remark of every class in the drawing."""
    above: list[str] = []
    for found in LINE.finditer(errors.__doc__ or ""):
        depth = len(found["indent"]) // 4
        del above[depth:]
        yield found["name"], above[-1] if above else "Exception", found["text"] or ""
        above.append(found["name"])


def classes() -> list[type[ModerationError]]:
    found: list[type[ModerationError]] = [ModerationError]
    for each in found:
        found.extend(each.__subclasses__())
    return [each for each in found if each.__module__ == errors.__name__]


def test_drawing_is_the_tree() -> None:
    assert sorted((name, base) for name, base, _ in drawn()) == sorted(
        (each.__name__, each.__bases__[0].__name__) for each in classes()
    )


def test_drawing_says_what_to_do() -> None:
    remarks = {name: remark for name, _, remark in drawn()}
    for each in classes():
        if each.__base__ is ModerationError:
            assert remarks[each.__name__].startswith(("skip: ", "stop: ")), each
        elif each is not ModerationError:
            assert remarks[each.__name__], each


def test_codes_are_unique() -> None:
    codes = [each.code for each in classes()]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z]+(?:-[a-z]+)*", code) for code in codes)
    assert all("code" in vars(each) for each in classes())


def test_all_are_public() -> None:
    assert sorted(errors.__all__) == sorted(each.__name__ for each in classes())


@pytest.mark.parametrize("kind", [each for each in classes() if issubclass(each, PageError)])
def test_page_errors_are_rows(kind: type[PageError]) -> None:
    error = kind("nothing in it: skip it", "a.html")
    assert error.to_dict() == {"code": kind.code, "message": "nothing in it: skip it"}
    assert (str(error), error.where) == ("nothing in it: skip it", "a.html")
    assert kind("x").where == "hook"
