"""How a workflow ends: ``WAGTAIL_FINISH_WORKFLOW_ACTION = "moderation.wagtail.workflow.publish"``.

Wagtail publishes as whoever ended the last task. A moderation task that approves by itself is ended by the editor who
submitted, who may not publish, and all would be undone. So what that task approves is published by nobody.
"""

from __future__ import annotations

from typing import Any

__all__ = ["publish"]


def publish(workflow_state: Any, user: Any = None) -> None:
    """Publishes what a workflow has approved."""
    from moderation.wagtail.models import ModerationTask

    last = workflow_state.current_task_state
    if last is not None and isinstance(last.task.specific, ModerationTask):
        user = None
    workflow_state.content_object.get_latest_revision().publish(user=user)
