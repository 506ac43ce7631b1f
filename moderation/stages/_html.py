"""What the stages that read markup know of HTML."""

from __future__ import annotations

import re

__all__ = ["ATTRIBUTE", "NESTED", "RAW", "VOID", "closes", "ends_more", "is_inline"]

VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
# All others stand in a line, and so does every element that browsers do not know.
_BLOCKS = frozenset(
    "address article aside audio blockquote body button canvas caption center col colgroup datalist dd details dialog "
    "dir div dl dt fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html "
    "iframe legend li listing main marquee menu nav noembed noframes noscript ol optgroup option p plaintext pre "
    "script search section select style summary table tbody td template textarea tfoot th thead title tr ul video "
    "xmp area base bgsound embed img input keygen link meta param source track br".split()
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


def is_inline(tag: str) -> bool:
    """Whether an element stands in the line around it."""
    return tag not in _BLOCKS


def closes(tag: str) -> frozenset[str]:
    """The elements one of which the start tag of ``tag`` ends where it is open."""
    return _CLOSES.get(tag) or (frozenset() if is_inline(tag) or tag in VOID else _CLOSES_P)


def ends_more(ended: str, ends: frozenset[str]) -> bool:
    """Whether a start tag that ended ``ended`` goes on: a row ends its cells too, an item its paragraph."""
    return "tr" in ends or (ended == "p" and ends is not _CLOSES_P)
