"""The workflow task: passes what is genuine, and waits for a person where something is to be decided."""

from __future__ import annotations

from typing import Any

from wagtail.models import Task, TaskState

from moderation.django.conf import Outcome
from moderation.django.decide import decide, keep, say, summary
from moderation.wagtail.fields import page_document

__all__ = ["ModerationTask", "waiting"]

_PERMISSION = "moderation.change_record"


class ModerationTask(Task):
    """A step of a workflow.

    It approves by itself what passes, and what is cleaned when it is published; it asks for changes of what is refused.
    What is held waits, and those who may decide on records approve it (it is no spam) or ask for changes.
    """

    class Meta:
        verbose_name = "moderation task"
        verbose_name_plural = "moderation tasks"

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

    def on_action(self, task_state: Any, user: Any, action_name: str, **kwargs: Any) -> None:
        """Approves, which says that it is no spam, or asks for changes."""
        if action_name == "approve":
            page = task_state.workflow_state.content_object.get_latest_revision_as_object()
            judgement = decide(page_document(page))
            if judgement.outcome is not Outcome.ALLOW:
                say(keep(judgement, judgement.outcome, page, None), user, is_spam=False)
        super().on_action(task_state, user, action_name, **kwargs)

    def user_can_access_editor(self, obj: Any, user: Any) -> bool:
        """Whether somebody who decides may look at what is decided on."""
        return bool(user.has_perm(_PERMISSION))

    def get_actions(self, obj: Any, user: Any) -> list[tuple[str, str, bool]]:
        """What somebody may do."""
        if not user.has_perm(_PERMISSION):
            return []
        return [("reject", "Request changes", True), ("approve", "Not spam: approve", False)]

    def get_task_states_user_can_moderate(self, user: Any, **kwargs: Any) -> Any:
        """What waits for somebody."""
        if not user.has_perm(_PERMISSION):
            return TaskState.objects.none()
        return self.task_states.filter(status=TaskState.STATUS_IN_PROGRESS)

    @classmethod
    def get_description(cls) -> str:
        """What the chooser of tasks says."""
        return "Passes what is genuine; what looks like injected spam waits for somebody who may decide on it"


def waiting(page: Any) -> tuple[Any, Any] | None:
    """The state and the task of a moderation that waits on a page."""
    state = page.current_workflow_task_state
    task = state.task.specific if state is not None else None
    return (state, task) if isinstance(task, ModerationTask) else None
