"""The workflow task: passes what is genuine, and waits for a person where something is to be decided."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, Task, TaskState
from wagtail.permission_policies.pages import PagePermissionPolicy

from moderation.django.actions import may_kind
from moderation.django.conf import Outcome
from moderation.django.decide import decide, keep, say, summary
from moderation.wagtail.fields import page_document

__all__ = ["ModerationTask", "waiting"]

_PERMISSION = "moderation.change_record"


class ModerationTask(Task):
    """A step of a workflow.

    It approves by itself what passes, and what is cleaned when it is published; it asks for changes of what is refused.
    What is held waits, and those who may decide on records, and edit or publish the page, approve it (it is no spam) or
    ask for changes. Nobody else edits it meanwhile, and what is approved is the text that was there to be looked at.
    """

    class Meta:
        verbose_name = _("moderation task")
        verbose_name_plural = _("moderation tasks")

    def start(self, workflow_state: Any, user: Any = None) -> Any:
        """Begins the step, and ends it where no person is needed."""
        state = super().start(workflow_state, user=user)
        page = workflow_state.content_object.get_latest_revision_as_object()
        judgement = decide(page_document(page))
        # "update" would begin this step again; the workflow looks at its state by itself.
        if judgement.outcome in (Outcome.ALLOW, Outcome.CLEAN):
            state.approve(user=user, update=False)
        else:
            keep(judgement, judgement.outcome, page, user)
            if judgement.outcome is Outcome.REJECT:
                state.reject(user=user, update=False, comment=summary(judgement))
        return state

    @transaction.atomic
    def on_action(self, task_state: Any, user: Any, action_name: str, **kwargs: Any) -> None:
        """Approves, which says that it is no spam, or asks for changes.

        Raises:
            PermissionDenied: the user may not, or somebody else has put another text into the place of the one that
                waited.
        """
        seen = kwargs.pop("seen", None)
        content = task_state.workflow_state.content_object
        if user is not None and not _may(content, user):
            raise PermissionDenied(gettext("You may not decide on this page."))
        if action_name == "approve":
            type(content)._default_manager.select_for_update().filter(pk=content.pk).first()
            revision = content.get_latest_revision()
            page = revision.as_object()
            document = page_document(page)
            is_own = user is not None and revision.user_id == user.pk
            if not is_own and document.digest != (seen or page_document(task_state.revision.as_object()).digest):
                said = gettext("The page has changed since it was submitted: open it, and approve it there.")
                raise PermissionDenied(said)
            judgement = decide(document)
            if judgement.outcome is not Outcome.ALLOW:
                say(keep(judgement, judgement.outcome, page, None), user, is_spam=False)
        super().on_action(task_state, user, action_name, **kwargs)

    def user_can_access_editor(self, obj: Any, user: Any) -> bool:
        """Whether somebody who decides may look at what is decided on."""
        return _may(obj, user)

    def locked_for_user(self, obj: Any, user: Any) -> bool:
        """Whether somebody must not edit what others look at."""
        return not _may(obj, user)

    def get_actions(self, obj: Any, user: Any) -> list[tuple[str, str, bool]]:
        """What somebody may do."""
        if not _may(obj, user):
            return []
        return [("reject", gettext("Request changes"), True), ("approve", gettext("Not spam: approve"), False)]

    def get_task_states_user_can_moderate(self, user: Any, **kwargs: Any) -> Any:
        """What waits for somebody."""
        if not user.has_perm(_PERMISSION):
            return TaskState.objects.none()
        states = self.task_states.filter(status=TaskState.STATUS_IN_PROGRESS)
        mine = [state.pk for state in states if _may(state.workflow_state.content_object, user)]
        return states.filter(pk__in=mine)

    @classmethod
    def get_description(cls) -> str:
        """What the chooser of tasks says."""
        return gettext("Passes what is genuine; what looks like injected spam waits for somebody who may decide on it")


def _may(subject: Any, user: Any) -> bool:
    """Whether somebody may decide on records, and on this page or instance.

    Not what Wagtail says of a page's editor, which asks this task again.
    """
    if not user.has_perm(_PERMISSION):
        return False
    if isinstance(subject, Page):
        return bool(PagePermissionPolicy().user_has_any_permission_for_instance(user, {"change", "publish"}, subject))
    return may_kind(ContentType.objects.get_for_model(subject), user, subject)


def waiting(page: Any) -> tuple[Any, Any] | None:
    """The state and the task of a moderation that waits on a page."""
    state = page.current_workflow_task_state
    task = state.task.specific if state is not None else None
    return (state, task) if isinstance(task, ModerationTask) else None
