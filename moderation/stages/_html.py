"""What the stages that read markup know of HTML."""

from __future__ import annotations

import re

__all__ = ["ATTRIBUTE", "INLINE", "NESTED", "RAW", "VOID", "closes", "ends_more"]

VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q rp rt ruby s samp small "
    "span strike strong sub sup time tt u var wbr".split()
)
# Elements whose content the tokenizer takes for raw text.
RAW = frozenset("script style noscript iframe noembed noframes xmp".split())
# How deep raw text is read inside raw text: no page needs more, and each level reads the rest again.
NESTED = 2
# Elements whose start tag ends an open element of the set, as the tree builder would.
_CLOSES = {
    "li": frozenset({"li", "p"}),
    "dt": frozenset({"dt", "dd", "p"}),
    "dd": frozenset({"dt", "dd", "p"}),
    "tr": frozenset({"tr", "td", "th", "p"}),
    "td": frozenset({"td", "th", "p"}),
    "th": frozenset({"td", "th", "p"}),
    "option": frozenset({"option"}),
}
_CLOSES_P = frozenset({"p"})
# Name and value. It begins where a name does, and gives nothing back: a tag of a million letters is read once.
ATTRIBUTE = re.compile(r"""(?<![^\s"'<>/=])([^\s"'<>/=]++)\s*+=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>][^\s>]*))""")


def closes(tag: str) -> frozenset[str]:
    """The elements one of which the start tag of ``tag`` ends where it is open."""
    return _CLOSES.get(tag) or (frozenset() if tag in INLINE or tag in VOID else _CLOSES_P)


def ends_more(ended: str, ends: frozenset[str]) -> bool:
    """Whether a start tag that ended ``ended`` goes on: a row ends its cells too, an item its paragraph."""
    return "tr" in ends or (ended == "p" and ends is not _CLOSES_P)
