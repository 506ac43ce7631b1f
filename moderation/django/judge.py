"""Verdicts on documents: by a moderator in this process, built once, or by the service."""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from http.client import HTTPException
from threading import Lock
from time import monotonic
from typing import Any

from django.utils.translation import get_language, gettext

from moderation.common.messages import reason
from moderation.common.outgoing import opener
from moderation.data import Action, Cut, Span, Verdict
from moderation.django.conf import Conf, Outcome, conf
from moderation.engine import Moderator
from moderation.entries import Document
from moderation.errors import EmptyPage, ModerationError, PageError

__all__ = ["Judgement", "judge", "tell"]

_log = logging.getLogger("moderation.django")
# One attempt to publish judges the same text several times: a form, a draft, a revision, a row.
_REMEMBERED = 64
_SECONDS = 60.0
_MOST = 64 * 1024 * 1024
# Answers that say that the text is what is wrong; 413 may be a proxy's.
_OF_TEXT = (400, 413, 422)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was decided of a document.

    Attributes:
        document: what was judged.
        outcome: what becomes of it.
        verdict: None where there is none.
        cuts: what would be cut.
        error: why there is no verdict.
        code: the same, as one word.
    """

    document: Document
    outcome: Outcome
    verdict: Verdict | None = None
    cuts: tuple[Cut, ...] = ()
    error: str = ""
    code: str = ""

    def cleaned(self) -> dict[str, str]:
        """Every text that loses something, without it."""
        return self.document.cleaned(self.cuts)


class _Unjudged(Exception):
    """There is no verdict, and why."""

    code = "service"

    def __init__(self, message: str, *, of_text: bool = False) -> None:
        super().__init__(message)
        self.of_text = of_text


_Found = tuple[Verdict, tuple[Cut, ...]]
_latest: OrderedDict[tuple[Conf, bytes, str | None, bool], tuple[float, _Found]] = OrderedDict()
_lock = Lock()


def judge(document: Document) -> Judgement:
    """What becomes of a document, whatever people said of it before."""
    now = conf()
    if not document.texts:
        return Judgement(document, Outcome.ALLOW)
    page = document.page
    key = (now, sha256(page.content.encode("utf-8", "surrogatepass")).digest(), page.url, page.is_comment)
    with _lock:
        at, found = _latest.get(key, (0.0, None))
    if found is None or monotonic() - at > _SECONDS:
        try:
            found = _ask(document, now) if now.service else _check(document, now)
        except EmptyPage:
            return Judgement(document, Outcome.ALLOW)
        except (_Unjudged, PageError) as error:
            # What is too large, or no text, is so for every service: padding is no way past one that may be down.
            of_text = isinstance(error, PageError) or error.of_text
            outcome = Outcome.HOLD if of_text else now.outcome(None)
            _log.warning("no verdict (%s): %s", outcome, error)
            return Judgement(document, outcome, error=str(error), code=error.code)
        with _lock:
            _latest[key] = (monotonic(), found)
            while len(_latest) > _REMEMBERED:
                _latest.popitem(last=False)
    verdict, cuts = found
    outcome = Outcome.ALLOW if verdict.action is Action.ALLOW else now.outcome(verdict.action)
    return Judgement(document, outcome, verdict, cuts)


@cache
def _moderator(model: str | None, policy: str | None) -> Moderator:
    return Moderator.load(model, policy)


def _check(document: Document, now: Conf) -> _Found:
    try:
        moderator = _moderator(now.model, now.policy)
    except ModerationError as error:
        raise _Unjudged(str(error)) from None
    verdict = moderator.check(document.page)
    return verdict, moderator.clean(document.page, verdict).cuts


def _ask(document: Document, now: Conf) -> _Found:
    row = _post(now, "/v1/clean", document.row())
    action = row.get("action")
    if isinstance(action, str) and action not in set(Action):
        # What a newer service says is for a person, whatever it means and whatever is set for one that is down.
        said = gettext("%(service)s: an action that this version does not know: %(action)s")
        raise _Unjudged(said % {"service": now.service, "action": action[:40]}, of_text=True)
    try:
        verdict = Verdict.from_dict(row)
        cuts = tuple(Cut(Span(cut["start"], cut["end"]), cut["removed"]) for cut in row.get("cuts", ()))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _Unjudged(gettext("%(service)s: an answer that is no verdict") % {"service": now.service}) from None
    content = document.page.content
    if any(content[cut.span.start : cut.span.end] != cut.removed for cut in cuts):
        raise _Unjudged(
            gettext("%(service)s: its cuts are not of this text; use the same version of moderation here and there")
            % {"service": now.service}
        )
    return verdict, cuts


def tell(document: Document, *, is_spam: bool) -> bool:
    """Says to the service, where there is one, what a person thinks of a document; whether it has heard it."""
    now = conf()
    if now.service and document.texts:
        try:
            _post(now, f"/v1/feedback?spam={str(is_spam).lower()}", document.row())
        except _Unjudged as error:
            _log.warning("feedback is kept here only: %s", error)
            return False
    return True


def _post(now: Conf, path: str, row: Mapping[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {now.key}", "Content-Type": "application/json"}
    # What it says to people is for whoever reads this page.
    headers["Accept-Language"] = get_language() or "en"
    address = f"{str(now.service).rstrip('/')}{path}"
    try:
        # Escaped, a Chinese text would be twice as large.
        sent = json.dumps(row, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise _Unjudged(gettext("the text is no UTF-8 and cannot be sent"), of_text=True) from None
    request = urllib.request.Request(address, sent, headers)
    try:
        with opener.open(request, timeout=now.timeout) as answer:
            body = answer.read(_MOST)
    except urllib.error.HTTPError as error:
        raise _Unjudged(f"{now.service}: {error.code}: {_said(error)}", of_text=error.code in _OF_TEXT) from None
    except (OSError, HTTPException) as error:
        why = getattr(error, "reason", None) or error
        raise _Unjudged(f"{now.service}: {reason(why) if isinstance(why, OSError) else why}") from None
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _Unjudged(gettext("%(service)s: an answer that is no verdict") % {"service": now.service})
    return found


def _said(error: urllib.error.HTTPError) -> str:
    try:
        with error:
            return str(json.loads(error.read(4096))["error"]["message"])
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return str(error.reason)
