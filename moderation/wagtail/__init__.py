"""The door for Wagtail: nothing injected goes live, by whatever way a page comes.

``pages`` is the mixin, which guards everything that makes a row live; ``wagtail_hooks`` tells editors, and guards the
admin for page types without the mixin; ``models`` has the workflow task; ``fields`` reads streams, rich text and inline
children; ``views`` is the report. Settings and records are those of :mod:`moderation.django`.

In the settings: ``INSTALLED_APPS = [..., "moderation.django", "moderation.wagtail"]`` and
``WAGTAIL_FINISH_WORKFLOW_ACTION = "moderation.wagtail.workflow.publish"``.
"""
