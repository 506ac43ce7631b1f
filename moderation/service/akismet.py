"""Akismet's protocol as its clients have it, so that plug-ins made for it only change a host name.

The key comes as ``key``, as ``api_key`` or as the first label of the host. Of the fields, those that say what was
written are read; ``HTTP_*`` and ``POST_*``, which carry the visitor's credentials, are dropped before anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl
from uuid import uuid4

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from moderation.data import Action, Verdict
from moderation.entries import Entry
from moderation.service.answers import Refusal, reply
from moderation.service.config import Site
from moderation.service.context import Service

__all__ = ["Invalid", "invalid", "routes"]

_THANKS = "Thanks for making the web a better place."
_FIELDS = {"comment_author": "title", "comment_content": "body", "comment_author_url": "meta.url"}
_MOST_FIELDS = 1000


class Invalid(Exception):
    """A request that the protocol answers with ``invalid``, and why."""


def routes(service: Service) -> APIRouter:
    """The routes."""
    router = APIRouter(include_in_schema=False)

    @router.post("/1.1/verify-key")
    async def verify(request: Request) -> Response:
        fields = await _fields(request)
        # WordPress's plug-in asks about a new key while it sends the one that it has along.
        _known(service, request, {**fields, "api_key": fields.get("key") or fields.get("api_key", "")})
        return _text("valid")

    @router.post("/1.1/comment-check")
    async def check(request: Request) -> Response:
        fields = await _fields(request)
        site = _known(service, request, fields)
        (judged,) = await service.judge(request, site, "akismet", [_entry(fields)])
        headers = {"X-akismet-guid": str(uuid4())}
        if not isinstance(judged.verdict, Verdict) or judged.busy:
            headers["X-akismet-error"] = "busy" if isinstance(judged.verdict, Verdict) else judged.verdict.code
        elif judged.action is Action.REJECT:
            headers["X-akismet-pro-tip"] = "discard"
        return _text("false" if judged.action is Action.ALLOW else "true", headers)

    async def said(request: Request, *, is_spam: bool) -> Response:
        fields = await _fields(request)
        await service.feedback(request, _known(service, request, fields), "akismet", [_entry(fields)], is_spam=is_spam)
        return _text(_THANKS)

    @router.post("/1.1/submit-spam")
    async def spam(request: Request) -> Response:
        return await said(request, is_spam=True)

    @router.post("/1.1/submit-ham")
    async def ham(request: Request) -> Response:
        return await said(request, is_spam=False)

    @router.api_route("/1.2/usage-limit", methods=["GET", "POST"])
    async def usage(request: Request) -> Response:
        _known(service, request, await _fields(request))
        return reply({"limit": None, "usage": 0, "percentage": 0, "throttled": False})

    @router.api_route("/1.2/key-sites", methods=["GET", "POST"])
    async def sites(request: Request) -> Response:
        site = _known(service, request, await _fields(request))
        return reply({site.name: [], "limit": 500, "offset": 0, "total": 0})

    return router


def invalid(why: Invalid) -> Response:
    """What the protocol answers to a key it does not know."""
    return _text("invalid", {"X-akismet-debug-help": str(why)})


async def _fields(request: Request) -> dict[str, str]:
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="replace")
    except (UnicodeDecodeError, ValueError):
        raise Refusal(400, "request", "the body is no form; send application/x-www-form-urlencoded") from None
    pairs = [*request.query_params.items(), *pairs]
    return {name: text for name, text in pairs if not name.startswith(("HTTP_", "POST_"))}


def _known(service: Service, request: Request, fields: Mapping[str, str]) -> Site:
    key = fields.get("api_key") or fields.get("key") or request.headers.get("host", "").partition(".")[0]
    try:
        return service.site(request, key)
    except Refusal as refusal:
        if refusal.status == 401:
            raise Invalid("the key is not known here") from None
        raise


def _entry(fields: Mapping[str, str]) -> Entry:
    given = {ours: fields[theirs] for theirs, ours in _FIELDS.items() if fields.get(theirs)}
    return Entry.of(given, fields.get("permalink"), "comment", is_comment=True)


def _text(text: str, headers: Mapping[str, str] | None = None) -> Response:
    return PlainTextResponse(text, headers=headers)
