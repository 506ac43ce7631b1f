"""A page minus the injected spans, everything else byte for byte as it was, and the list of cuts.

Finding and cutting are separate: this stage is given spans and decides only what must go with them, so that no husk is
left: the separator towards a genuine half, an element, attribute or meta tag emptied by the cut, a line of its own.
The plan is made by ``native/markup/cutting.cpp``, which walks the same constructs that the blocks were made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from moderation import _native
from moderation.data import Cleaned, Cut, Page, Span
from moderation.stages._markup import markup

__all__ = ["clean", "restore"]


def clean(page: Page, spans: Iterable[Span]) -> Cleaned:
    """The page without the spans.

    Args:
        page: the page as it was checked.
        spans: stretches of ``page.content`` to take out; they may touch or overlap.

    Returns: the cleaned content and the cuts in source order, disjoint, from which :func:`restore` puts it back.
    """
    content = page.content
    cuts = [Span(*span) for span in _native.plan_cuts(content, page.is_html, list(spans), markup())]
    kept: list[str] = []
    at = 0
    for span in cuts:
        kept.append(content[at : span.start])
        at = span.end
    kept.append(content[at:])
    return Cleaned("".join(kept), tuple(Cut(span, content[span.start : span.end]) for span in cuts))


def restore(content: str, cuts: Sequence[Cut]) -> str:
    """The original of a cleaned page: the inverse of :func:`clean`."""
    parts: list[str] = []
    at = removed = 0
    for cut in cuts:
        here = cut.span.start - removed
        parts.append(content[at:here])
        parts.append(cut.removed)
        at = here
        removed += cut.span.size
    parts.append(content[at:])
    return "".join(parts)
