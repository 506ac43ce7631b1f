"""Records as people may see them: each finding in its context, masked unless they ask to see it."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext

from moderation.data import Page, Span
from moderation.django.models import Record
from moderation.entries import Kind
from moderation.presentation.excerpt import Context, is_withheld, mask, plain, shorten
from moderation.presentation.wording import joined, reasons_in_words, word

__all__ = ["Shown", "name_of", "shown"]

_CONTEXT = 40


class Shown(NamedTuple):
    """A finding: the field it stands in, what stands around it, what it is and why, in words."""

    field: str
    before: str
    text: str
    after: str
    label: str
    score: float
    hidden: str
    reasons: list[str]
    withheld: bool

    @property
    def kind(self) -> str:
        """Its label, in words."""
        return word("label", self.label)

    @property
    def why(self) -> str:
        """Its reasons, one behind another."""
        return joined(self.reasons)


def shown(record: Record, *, masked: bool = True) -> list[Shown]:
    """The findings of a record, in the order of the text."""
    verdict = record.judged
    if verdict is None:
        return []
    document = record.document
    withheld = is_withheld(verdict)
    places = [document.place(finding.span) for finding in verdict.findings]
    # Around a finding stands what stands there in its own field, up to the next finding.
    spans: dict[str, list[Span]] = {}
    for name, span in places:
        spans.setdefault(name, []).append(span)
    contexts = {}
    for name, inside in spans.items():
        page = Page(document.texts[name].text, document.texts[name].kind is Kind.HTML)
        contexts[name] = Context(page, inside, _CONTEXT, withheld=withheld)
    found = []
    for finding, (name, span) in zip(verdict.findings, places, strict=True):
        before, after = contexts[name].around(span)
        text = "" if withheld else shorten(plain(finding.text))
        found.append(
            Shown(
                name,
                before,
                mask(text) if masked else text,
                after,
                finding.label,
                finding.score,
                finding.hidden,
                reasons_in_words(finding, document.page, masked=masked, withheld=withheld),
                withheld,
            )
        )
    return found


def name_of(record: Record, *, masked: bool = True) -> str:
    """What a record is about, in a few words; a title with a finding in it is masked."""
    subject = record.subject
    kind = str(
        subject._meta.verbose_name if subject is not None else record.content_type or gettext("text")
    ).capitalize()
    about = f"{kind} {record.object_id}".rstrip()
    title = next(((name, text) for name, text, kind in record.texts if kind == Kind.TITLE), None)
    verdict = record.judged
    if title is None or (verdict is not None and is_withheld(verdict)):
        return about
    document = record.document
    guilty = {document.place(finding.span)[0] for finding in verdict.findings} if verdict else {title[0]}
    text = shorten(plain(title[1]))
    shown = mask(text) if masked and title[0] in guilty else text
    return gettext("%(about)s: %(title)s") % {"about": about, "title": shown}
