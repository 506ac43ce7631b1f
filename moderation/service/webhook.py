"""A webhook for any CMS: a signed entry comes in, its verdict is answered, or sent to the address that the site has.

Off unless a site's configuration has a secret. The address of a callback is that of the configuration, never one that a
request names; it is the only connection that the service ever makes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import secrets
import time
import urllib.request
from collections import OrderedDict, defaultdict
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from hmac import compare_digest
from http.client import HTTPException
from typing import Any
from uuid import uuid4

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from moderation.common.messages import gettext
from moderation.common.outgoing import opener
from moderation.data import Verdict
from moderation.entries import Document, Entry
from moderation.errors import PageError, ServiceError
from moderation.service.answers import Refusal, reply
from moderation.service.config import Site
from moderation.service.context import Judged, Service
from moderation.service.hooks import FIELDS, Webhook, document_of, read_fields, signature, value_at

__all__ = ["routes"]

_log = logging.getLogger("moderation.service")
_SEEN = 100_000
# Verdicts that wait to be sent, of all sites and of one.
_WAITING = 1000
_WAITING_OF_SITE = 100
# Connections at once, of all sites and of one: a host that does not answer keeps each for a while.
_SENDING = 16
_SENDING_OF_SITE = 2
_ATTEMPTS = (0.0, 1.0, 4.0)
_SECONDS = 10.0
_GRACE = 30.0
# In the place of a webhook that there is not.
_NOBODY = Webhook(secrets.token_bytes(32))
_HEADERS = [
    {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": said}
    for name, said in (
        ("webhook-id", "of the message"), ("webhook-timestamp", "seconds since 1970"),
        ("webhook-signature", "v1, and the Base64 of HMAC-SHA256 over id.timestamp.body; of several one must be right"),
    )
]  # fmt: skip
_QUERY = [
    {"name": name, "in": "query", "required": False, "schema": schema, "description": said}
    for name, schema, said in (
        ("site", {"type": "string"}, "whose secret it is; may be left out where one site has a webhook"),
        ("answer", {"enum": ["now", "callback"]}, "whether the verdict is answered or sent to the site's own address"),
        ("kind", {"enum": ["entry", "comment"]}, "a comment is held where another entry would be cleaned"),
        *(
            (name, {"type": "array", "items": {"type": "string"}}, "paths; read where the configuration has no fields")
            for name in FIELDS
        ),
    )
]
_ERRORS = {
    400: "No such entry",
    401: "No valid signature",
    413: "Too large",
    422: "No text",
    429: "Too many",
    503: "Busy",
}


class _Seen:
    """Signatures that came lately, each good for once."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, float] = OrderedDict()

    def is_new(self, signature: str, until: float) -> bool:
        """Whether a signature did not come before, which is remembered."""
        now = time.time()
        while self._until and (len(self._until) > _SEEN or next(iter(self._until.values())) < now):
            self._until.popitem(last=False)
        if signature in self._until:
            return False
        self._until[signature] = until
        return True


class _Outbox:
    """Verdicts on their way to the sites' own addresses.

    It has threads of its own, since what else is done beside the loop (records, feedback) must not wait for hosts that
    do not answer; and no site takes more than its share of them.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_SENDING, "callback")
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(_SENDING_OF_SITE))

    def is_full(self, site: str) -> bool:
        """Whether a site, or all of them, have as much waiting as may."""
        return len(self._tasks) >= _WAITING or list(self._tasks.values()).count(site) >= _WAITING_OF_SITE

    def send(self, site: str, hook: Webhook, row: Mapping[str, Any]) -> None:
        """Sends a verdict as soon as there is a turn for the site."""
        task = asyncio.create_task(self._send(site, hook, row))
        self._tasks[task] = site
        task.add_done_callback(self._tasks.pop)

    async def _send(self, site: str, hook: Webhook, row: Mapping[str, Any]) -> None:
        """Sends a verdict, some times if it has to."""
        body = json.dumps(row).encode()
        identity = f"msg_{uuid4().hex}"
        loop = asyncio.get_running_loop()
        for number, wait in enumerate(_ATTEMPTS, 1):
            await asyncio.sleep(wait)
            try:
                async with self._turns[site]:
                    await loop.run_in_executor(self._threads, _post, hook, identity, body)
            except (OSError, HTTPException) as error:
                last = number == len(_ATTEMPTS)
                what = f"a verdict is not sent ({error}), attempt {number}{': given up' if last else ''}"
                about = {"event": "callback", "site": site, "ok": False}
                _log.log(logging.ERROR if last else logging.WARNING, what, extra=about)
            else:
                _log.info("a verdict is sent", extra={"event": "callback", "site": site, "ok": True})
                return

    async def close(self) -> None:
        """Sends what waits, for some time."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_GRACE)
        self._threads.shutdown(wait=False, cancel_futures=True)


def routes(service: Service) -> APIRouter:
    """The route; verdicts that are still to be sent are sent before the service ends."""
    seen = _Seen()
    outbox = _Outbox()

    @asynccontextmanager
    async def running(_: Any) -> AsyncIterator[None]:
        yield
        await outbox.close()

    router = APIRouter(lifespan=running)
    said: dict[int | str, dict[str, Any]] = {
        status: {"description": text, "content": _JSON} for status, text in _ERRORS.items()
    }

    @router.post(
        "/v1/webhook",
        responses={
            200: {"description": "The verdict", "content": _JSON},
            202: {"description": "It will be sent"},
            **said,
        },
        openapi_extra={"parameters": [*_HEADERS, *_QUERY], "requestBody": {"required": True, "content": _JSON}},
    )
    async def webhook(request: Request) -> Response:
        """The verdict on an entry of a CMS, its texts found by their paths."""
        body = await request.body()
        site, hook = _signed(service, request, body, seen)
        service.admit(request, site)
        entry = _entry(body)
        later = request.query_params.get("answer", "now")
        if later not in ("now", "callback"):
            raise Refusal(400, "request", gettext("say ?answer=now or ?answer=callback"))
        if later == "callback" and hook.callback is None:
            raise Refusal(
                400, "request", gettext("this site has no callback; its configuration names it, no request does")
            )
        if later == "callback" and outbox.is_full(site.name):
            raise Refusal(503, "busy", gettext("too many verdicts wait to be sent; send it again later"))
        kind = request.query_params.get("kind", "entry")
        if kind not in ("entry", "comment"):
            raise Refusal(400, "request", gettext("say ?kind=entry or ?kind=comment"))
        paths = hook.fields or _paths(request)
        document = document_of(entry, paths, is_comment=kind == "comment")
        about = {"id": _identity(entry, paths)}
        if not document.texts:
            raise Refusal(422, "empty", gettext("none of the fields holds a text; see the paths of the site's webhook"))
        (judged,) = await service.judge(request, site, "webhook", [_page(document)], clean=True)
        row = {**about, **_answer(document, judged)}
        if later == "callback":
            outbox.send(site.name, hook, row)
            return reply({**about, "accepted": True}, 202)
        return reply(row, 200 if "action" in row else 422)

    return router


_JSON = {"application/json": {"schema": {"type": "object"}}}


def _signed(service: Service, request: Request, body: bytes, seen: _Seen) -> tuple[Site, Webhook]:
    """The site whose secret a message is signed with.

    Raises:
        Refusal: it is signed with none, too old, or came before.
    """
    sites = service.judges.config.sites
    hooks = {name: site.webhook for name, site in sites.items() if site.webhook is not None}
    name = request.query_params.get("site") or (next(iter(hooks)) if len(hooks) == 1 else "")
    identity, sent, given = (request.headers.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not (identity.isascii() and sent.isascii() and sent.isdecimal() and len(sent) <= 12 and given):
        raise Refusal(401, "signature", gettext("not signed; send webhook-id, webhook-timestamp and webhook-signature"))
    # Which sites there are is nobody's business: for one that has no webhook the same is done, and the same answered.
    hook = hooks.get(name, _NOBODY)
    right = signature(hook.secret, identity, sent, body)
    same = [compare_digest(each.encode("latin-1", "replace"), right.encode()) for each in given.split(" ")[:16]]
    if not any(same) or hook is _NOBODY:
        said = gettext(
            "the signature is not that of this body with the secret of the site's webhook; "
            "check the secret, and ?site=NAME"
        )
        raise Refusal(401, "signature", said)
    if math.fabs(time.time() - int(sent)) > hook.tolerance:
        raise Refusal(
            401, "signature", gettext("the time stamp is too far from the clock; sign it anew, and check both clocks")
        )
    if not seen.is_new(right, int(sent) + hook.tolerance):
        raise Refusal(401, "signature", gettext("this message came before; sign it anew, with another webhook-id"))
    return sites[name], hook


def _entry(body: bytes) -> Any:
    try:
        entry = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "request", gettext("the body is no JSON: {error}").format(error=str(error)[:200])) from None
    if not isinstance(entry, dict):
        raise Refusal(400, "request", gettext("the body is no object; send an entry"))
    return entry


def _paths(request: Request) -> Mapping[str, tuple[str, ...]]:
    query = request.query_params
    try:
        return read_fields({name: query.getlist(name) for name in FIELDS if name in query}, "query")
    except ServiceError as error:
        raise Refusal(400, "request", str(error)) from None


def _identity(entry: Any, paths: Mapping[str, tuple[str, ...]]) -> str | int | None:
    for path in paths.get("id", ("id",)):
        found = value_at(entry, path)
        if isinstance(found, str | int):
            return found
    return None


def _page(document: Document) -> Entry:
    return Entry(document.page, {})


def _answer(document: Document, judged: Judged) -> dict[str, Any]:
    if isinstance(judged.verdict, PageError):
        return {"error": judged.verdict.to_dict()}
    verdict: Verdict = judged.verdict
    row = verdict.to_dict()
    for finding, found in zip(verdict.findings, row["findings"], strict=True):
        found.update(_place(document, finding.span))
    cuts = judged.cleaned.cuts if judged.cleaned else ()
    if judged.busy:
        row["error"] = {"code": "busy", "message": judged.busy}
    row["fields"] = document.cleaned(cuts)
    row["cuts"] = [{**cut.to_dict(), **_place(document, cut.span)} for cut in cuts]
    return row


def _place(document: Document, span: Any) -> dict[str, Any]:
    name, (start, end) = document.place(span)
    return {"field": name, "field_start": start, "field_end": end}


# ------------------------------------------------------------------------------------------------------------ callbacks


def _post(hook: Webhook, identity: str, body: bytes) -> None:
    sent = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": identity,
        "webhook-timestamp": sent,
        "webhook-signature": signature(hook.secret, identity, sent, body),
    }
    with opener.open(urllib.request.Request(str(hook.callback), body, headers), timeout=_SECONDS) as answer:
        answer.read(1024)
