"""How markup keeps text from a reader's eyes while a crawler still reads it. Part of the `blocks` stage."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

__all__ = ["HiddenRules", "hiding_attributes", "hiding_style", "selectors"]

# It begins where a name does, and gives nothing back: a style of a million letters is read once.
_DECLARATION = re.compile(r"(?<![a-z-])([a-z-]++)\s*+:\s*+([^;]+)", re.IGNORECASE)
# Its end too, so that a sheet without a brace is read once.
_PART = re.compile(r"([^{}]*+)([{}]|\Z)")
_SELECTOR = re.compile(r"[.#][\w-]+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
# Moved this far (px, em and the like alike), nothing of a block is left on any screen.
_OFF_SCREEN = -300.0
# A style that hides has one of these; looked for first, since of a page's thousand styles hardly any does.
_HINT = re.compile(
    r"display\s*:\s*none|(?:visibility|overflow)\s*:\s*(?:hidden|collapse)|opacity\s*:|clip"
    r"|font-size\s*:\s*(?:[-0]|1(?:\.0*)?(?![\d.]))|(?<![a-z-])color\s*:"
)
_FAR = re.compile(r"-\d{3}")


def hiding_style(style: str) -> str:
    """How an inline style hides its element (a word for the reason), or an empty string."""
    if not style or not _may_hide(style):
        return ""
    return _hiding({name.lower(): value.strip().lower() for name, value in _DECLARATION.findall(style)})


def hiding_attributes(tag: str, attrs: Mapping[str, str]) -> str:
    """How attributes other than ``style`` hide an element, or an empty string."""
    if "hidden" in attrs and attrs["hidden"] != "until-found":
        return "attribute"
    if tag in ("marquee", "table", "td", "div", "iframe"):
        sizes = [_number(attrs.get(name, "")) for name in ("width", "height")]
        # A marquee one or two pixels high is the classic hiding place of planted links.
        limit = 6 if tag == "marquee" else 0
        if any(size is not None and size <= limit for size in sizes) and (tag == "marquee" or 0 in sizes):
            return "zero-size"
    return ""


class HiddenRules:
    """Rules of the page's own style sheets that hide a class or an id (simple selectors only)."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}

    def learn(self, sheet: str) -> None:
        """Reads a style sheet."""
        for selectors, body in _rules(sheet):
            reason = hiding_style(body)
            if reason:
                for selector in selectors.split(","):
                    name = selector.strip()
                    if _SELECTOR.fullmatch(name):
                        self._reasons[name] = f"sheet-{reason}"

    def of(self, names: Sequence[str]) -> str:
        """How the rules hide an element with these :func:`selectors`, or an empty string."""
        reasons = self._reasons
        return next((reasons[name] for name in names if name in reasons), "") if reasons else ""


def selectors(name: str, classes: str) -> tuple[str, ...]:
    """The simple selectors of an element with this ``id`` and these classes."""
    own = (f"#{name}",) if name else ()
    return (*own, *[f".{each}" for each in classes.split()])


def _may_hide(style: str) -> bool:
    lower = style.lower()
    if (
        "none" in lower
        or "hidden" in lower
        or "opacity" in lower
        or "font-size" in lower
        or "background" in lower
        or "clip" in lower
        or "collapse" in lower
    ) and _HINT.search(lower):
        return True
    return "-" in lower and _FAR.search(lower) is not None


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Selectors and body of every rule that always holds; those of a print or a narrow page do not."""
    # A comment ends at the next "*/": what stands between that and the comment behind it is the sheet.
    sheet = "".join(part.partition("/*")[0] for part in sheet.split("*/"))
    outer: list[str] = []
    conditions = 0
    for text, brace in _PART.findall(sheet):
        if brace == "{":
            prelude = text.replace("<!--", "").rpartition(";")[2].strip()
            outer.append(prelude)
            conditions += prelude.startswith("@")
        elif outer and brace:
            prelude = outer.pop()
            conditions -= prelude.startswith("@")
            if not conditions:
                yield prelude, text


def _hiding(rules: Mapping[str, str]) -> str:
    if rules.get("display", "").startswith("none"):
        return "display-none"
    if rules.get("visibility", "").startswith(("hidden", "collapse")):
        return "visibility"
    if _number(rules.get("opacity", "")) == 0:
        return "opacity"
    if _is_off_screen(rules):
        return "off-screen"
    if re.match(r"rect\(\s*[01](?:px)?\b", rules.get("clip", "")) or re.match(
        r"inset\(\s*(?:50|100)%", rules.get("clip-path", "")
    ):
        return "clipped"
    font = _number(rules.get("font-size", ""))
    if font is not None and font <= 1 and not rules["font-size"].rstrip().endswith(("em", "%")):
        return "zero-size"
    if font == 0:
        return "zero-size"
    if rules.get("overflow", "").startswith("hidden"):
        sizes = [_number(rules.get(name, "")) for name in ("width", "height", "max-height", "line-height")]
        if any(size is not None and size <= 1 and size >= 0 for size in sizes):
            return "zero-size"
    ground = rules.get("background-color", "") or rules.get("background", "")
    if ground and "color" in rules:
        colour = _colour(rules["color"])
        if colour and colour == _colour(ground):
            return "same-colour"
    return ""


def _is_off_screen(rules: Mapping[str, str]) -> bool:
    if not any("-" in value for value in rules.values()):
        return False
    moved = [rules.get(name, "") for name in ("left", "top", "right", "bottom", "text-indent")]
    # Half the width to the left of the middle is how a page is centred.
    if not moved[0].endswith("%"):
        moved += [rules.get("margin-left", ""), rules.get("margin-top", ""), *rules.get("margin", "").split()[:4]]
    return any((value := _number(text)) is not None and value <= _OFF_SCREEN for text in moved)


def _number(value: str) -> float | None:
    if not value:
        return None
    found = _NUMBER.match(value.strip())
    return float(found.group()) if found else None


_NAMES = {"white": "#ffffff", "black": "#000000", "#fff": "#ffffff", "#000": "#000000"}


def _colour(value: str) -> str:
    words = re.sub(r"\s*([(,])\s*|\s+(?=\))", r"\1", value.split("!")[0]).split()
    word = words[0] if words else ""
    if re.fullmatch(r"#[0-9a-f]{3}", word):
        word = "#" + "".join(2 * digit for digit in word[1:])
    return "" if word in ("transparent", "inherit", "none") else _NAMES.get(word, word)
