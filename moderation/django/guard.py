"""For models and forms of plain Django: a mixin that guards every way of saving, and a validator for one field."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.deconstruct import deconstructible

from moderation.django.conf import Outcome
from moderation.django.decide import close, decide, keep, summary
from moderation.django.fields import document_of, put, text_fields
from moderation.django.judge import Judgement
from moderation.entries import Document, Kind, Text

__all__ = ["CODE", "ModeratedModel", "NoSpam", "cleaned", "refusal"]

# Of every error raised here.
CODE = "spam"


def refusal(judgement: Judgement) -> ValidationError:
    """The error that says why a text is refused, by field where the instance has such fields."""
    return ValidationError(summary(judgement), code=CODE)


def cleaned(instance: Any, judgement: Judgement) -> bool:
    """Takes out of an instance what was injected; whether it is a text then that can be stored.

    It cannot where what is left breaks a rule of its model (a title that is required), or would not pass either; then
    the instance is as it was.
    """
    before = {name: text.text for name, text in judgement.document.texts.items()}
    put(instance, judgement.cleaned())
    try:
        # Not the instance's own full_clean, which would ask again.
        instance.clean_fields(exclude=_others(instance))
        done = decide(document_of(instance, judgement.document.page.url)).outcome is Outcome.ALLOW
    except ValidationError:
        done = False
    if not done:
        put(instance, before)
    return done


def _others(instance: Any) -> set[str]:
    ours = {field.name for field, _ in text_fields(type(instance))}
    return {field.name for field in instance._meta.fields} - ours


class ModeratedModel:
    """Mixin of a model, in front of ``models.Model``: all its texts are judged together whenever it is saved.

    ``reject`` raises a ``ValidationError``: in forms, and from ``save()`` as well, which Django does not validate.
    ``hold`` sets the field that ``moderation_hold`` names to False, or raises as well where there is none. ``clean``
    stores what is left, and the original in a record. A model of what visitors write sets ``moderation_comment``: then
    nothing is cleaned that was not asked to be.

    It does not see what goes around ``save``: ``bulk_create`` and ``update`` of a query.
    """

    moderation_fields: ClassVar[dict[str, str | None]] = {}
    moderation_hold: ClassVar[str | None] = None
    moderation_comment: ClassVar[bool] = False

    def clean(self) -> None:
        """Judges before anything is stored, so that a form can say why.

        Raises:
            ValidationError: the text is refused.
        """
        super().clean()  # type: ignore[misc]
        judgement = decide(document_of(self))
        if judgement.outcome is Outcome.REJECT or (judgement.outcome is Outcome.HOLD and not self.moderation_hold):
            keep(judgement, judgement.outcome, self)
            raise refusal(judgement)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saves what may be saved.

        Raises:
            ValidationError: the text is refused.
        """
        changed = kwargs.get("update_fields")
        if changed is not None and not {field.name for field, _ in text_fields(type(self))} & set(changed):
            super().save(*args, **kwargs)  # type: ignore[misc]
            return
        judgement = decide(document_of(self))
        outcome = judgement.outcome
        if outcome is Outcome.CLEAN and not cleaned(self, judgement):
            outcome = Outcome.HOLD
        if outcome is Outcome.HOLD and self.moderation_hold:
            setattr(self, self.moderation_hold, False)
            if changed is not None:
                kwargs["update_fields"] = {*changed, self.moderation_hold}
        elif outcome in (Outcome.HOLD, Outcome.REJECT):
            keep(judgement, outcome, self)
            raise refusal(judgement)
        super().save(*args, **kwargs)  # type: ignore[misc]
        if outcome is Outcome.ALLOW:
            close(self, judgement.document)
        else:
            keep(judgement, outcome, self, cleaned=document_of(self) if outcome is Outcome.CLEAN else None)


@deconstructible
class NoSpam:
    """A validator of one text, for fields of models and forms; what would be held or cut is refused as well.

    Args:
        kind: what the text is: ``text``, ``html``, ``title`` or ``meta``.
    """

    code = CODE

    def __init__(self, kind: str = Kind.TEXT) -> None:
        self.kind = Kind(kind)

    def __call__(self, value: Any) -> None:
        """Judges a value.

        Raises:
            ValidationError: it does not pass.
        """
        judgement = decide(Document.of([Text("text", str(value), self.kind)]))
        if judgement.outcome is not Outcome.ALLOW:
            keep(judgement, Outcome.REJECT)
            raise refusal(judgement)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NoSpam) and self.kind is other.kind

    def __hash__(self) -> int:
        return hash(self.kind)
