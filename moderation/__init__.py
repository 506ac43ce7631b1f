"""Finds spam injected into web pages, says exactly where and why, and gives back the page without it.

>>> from moderation import Moderator
>>> moderator = Moderator.load()
>>> moderator.check("<title>机械设备有限公司</title><p>本公司生产各种阀门。</p>").action.value
'allow'
"""

from moderation.data import Action, Cleaned, Cut, Finding, Page, Place, Reason, Span, Verdict
from moderation.engine import Moderator
from moderation.errors import ModerationError, PageError
from moderation.policy import Policy

__all__ = [
    "Action",
    "Cleaned",
    "Cut",
    "Finding",
    "ModerationError",
    "Moderator",
    "Page",
    "PageError",
    "Place",
    "Policy",
    "Reason",
    "Span",
    "Verdict",
    "__version__",
]

__version__ = "0.2.0"
