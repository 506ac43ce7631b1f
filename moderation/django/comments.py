"""Comments of django-contrib-comments: judged before they are posted, by whatever form they come."""

from __future__ import annotations

from typing import Any

from django_comments import get_model
from django_comments.signals import comment_was_posted, comment_will_be_posted

from moderation.django.conf import Outcome
from moderation.django.decide import decide, keep
from moderation.django.fields import describe, document_of, put
from moderation.django.judge import Judgement

__all__ = ["listen"]


def listen() -> None:
    """Begins to listen."""
    describe(get_model(), {"user_name": "title", "comment": "text", "object_pk": None}, is_comment=True)
    comment_will_be_posted.connect(_judged, dispatch_uid="moderation.comments")
    comment_was_posted.connect(_kept, dispatch_uid="moderation.comments")


def _judged(sender: Any, comment: Any, request: Any, **_: Any) -> bool | None:
    """False refuses the comment; one that is held is stored, and not shown."""
    judgement = decide(document_of(comment))
    outcome = judgement.outcome
    if outcome is Outcome.CLEAN:
        put(comment, judgement.cleaned())
        # Nothing is left of a comment that was nothing else.
        if not comment.comment.strip() or decide(document_of(comment)).outcome is not Outcome.ALLOW:
            put(comment, {name: text.text for name, text in judgement.document.texts.items()})
            outcome = Outcome.HOLD
    if outcome is Outcome.HOLD:
        comment.is_public = False
    if outcome is Outcome.REJECT:
        keep(judgement, outcome, comment, getattr(request, "user", None))
        return False
    comment.moderation_judgement = judgement, outcome
    return None


def _kept(sender: Any, comment: Any, request: Any, **_: Any) -> None:
    found: tuple[Judgement, Outcome] | None = getattr(comment, "moderation_judgement", None)
    if found is not None and found[1] is not Outcome.ALLOW:
        judgement, outcome = found
        stored = document_of(comment) if outcome is Outcome.CLEAN else None
        keep(judgement, outcome, comment, getattr(request, "user", None), stored)
