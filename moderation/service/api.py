"""Our own routes: verdicts and cleaned fields as JSON."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from moderation import __version__
from moderation.common.limits import MAX_SIZE
from moderation.common.messages import gettext
from moderation.data import Span, Verdict
from moderation.entries import Entry
from moderation.service.answers import Refusal, reply
from moderation.service.context import Judged, Service

__all__ = ["EntryIn", "routes"]

_MOST = 100
# Of the name of a wrong field, which is repeated in the answer.
_MOST_SAID = 100
_Text = Annotated[str, Field(max_length=MAX_SIZE)]


class EntryIn(BaseModel):
    """An entry of a CMS: text fields, and one of ``html``, ``body`` and ``text`` (markup if it looks like it).

    ``kind`` is ``comment`` for what a visitor wrote, which is held where another entry would be cleaned.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    id: str | int | None = None
    kind: Literal["entry", "comment"] = "entry"
    url: Annotated[str, Field(max_length=8192)] | None = None
    title: _Text | None = None
    summary: _Text | None = None
    html: _Text | None = None
    body: _Text | None = None
    text: _Text | None = None
    meta: dict[str, _Text] | None = None

    def entry(self, where: str) -> Entry:
        """It, as one page."""
        fields = {name: getattr(self, name) or "" for name in ("title", "summary", "html", "body", "text")}
        fields |= {f"meta.{name}": text for name, text in (self.meta or {}).items()}
        return Entry.of(fields, self.url, where, is_comment=self.kind == "comment")


class Several(BaseModel):
    """Some entries, judged one by one."""

    model_config = ConfigDict(extra="forbid", strict=True)

    pages: Annotated[list[EntryIn], Field(min_length=1, max_length=_MOST)]


_ERROR = {"type": "object", "properties": {"error": {"type": "object"}}, "required": ["error"]}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    status: {"description": said, "content": {"application/json": {"schema": _ERROR}}}
    for status, said in (
        (400, "The body is no JSON of this shape"), (401, "No known key"), (408, "The body came too slowly"),
        (413, "The body is too large"), (422, "The page cannot be judged"), (429, "Too many requests for this key"),
        (503, "Too many requests wait"),
    )
}  # fmt: skip


def _documented(answer: str) -> dict[str, Any]:
    schemas = [EntryIn.model_json_schema(), Several.model_json_schema(ref_template="#/components/schemas/{model}")]
    schemas[1].pop("$defs", None)
    content = {
        "application/json": {"schema": {"anyOf": schemas}},
        "text/html": {"schema": {"type": "string", "minLength": 1}},
    }
    done = {"description": answer, "content": {"application/json": {"schema": {"type": "object"}}}}
    body = {"requestBody": {"required": True, "content": content}}
    return {"openapi_extra": body, "responses": {200: done, **_ANSWERS}}


def routes(service: Service) -> APIRouter:
    """The routes."""
    router = APIRouter()

    @router.post("/v1/check", **_documented("The verdict, or the verdicts in order"))
    async def check(request: Request) -> Response:
        """The verdict on an entry, on several, or on a whole HTML document."""
        site = service.site(request)
        given, several = await _given(request)
        entries = [each.entry("hook") for each in given]
        judged = await service.judge(request, site, "v1", entries)
        return _answer([_verdict(each, one) for each, one in zip(given, judged, strict=True)], several)

    @router.post("/v1/clean", **_documented("The cleaned fields and what was cut"))
    async def clean(request: Request) -> Response:
        """Every field without what was injected, and what was cut."""
        site = service.site(request)
        given, several = await _given(request)
        entries = [each.entry("hook") for each in given]
        judged = await service.judge(request, site, "v1", entries, clean=True)
        return _answer([_cleaned(each, one) for each, one in zip(given, judged, strict=True)], several)

    @router.post("/v1/feedback", **_documented("Kept"))
    async def feedback(request: Request) -> Response:
        """Says that an entry is spam or is not (``?spam=true`` or ``false``)."""
        site = service.site(request)
        said = request.query_params.get("spam", "").lower()
        if said not in ("true", "false"):
            raise Refusal(400, "request", gettext("say ?spam=true or ?spam=false"))
        given, _ = await _given(request)
        entries = [each.entry("hook") for each in given]
        await service.feedback(request, site, "v1", entries, is_spam=said == "true")
        return reply({"kept": len(given)})

    @router.get("/v1/model", responses={401: _ANSWERS[401]})
    async def model(request: Request) -> Response:
        """What judges: model, labels, thresholds, and the policy of the site."""
        moderator = service.judges.moderator(service.site(request))
        about = {
            "model": moderator.model.identity,
            "protocol": moderator.model.manifest["protocol"],
            "labels": list(moderator.model.labels),
            "policy": moderator.policy.name,
            "review": moderator.policy.review,
            "clean": moderator.policy.clean,
            "fail": moderator.policy.fail,
            "version": __version__,
        }
        return reply(about)

    @router.get("/v1/verdicts", responses={401: _ANSWERS[401]})
    async def verdicts(request: Request) -> Response:
        """The latest verdicts of the site that asks, newest first; none where no records are kept."""
        site = service.site(request)
        found = await asyncio.to_thread(service.records.recent, site.name) if service.records else []
        return reply({"verdicts": found})

    return router


async def _given(request: Request) -> tuple[list[EntryIn], bool]:
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "text/plain", "application/xhtml+xml"):
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            raise Refusal(400, "request", gettext("the document is no UTF-8; send it as UTF-8")) from None
        return [EntryIn(html=text) if kind != "text/plain" else EntryIn(text=text)], False
    try:
        row = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(
            400, "request", gettext("the body is no JSON ({error}); send an object in UTF-8").format(error=error)
        ) from None
    try:
        # An object with pages is meant to be several, so that what is wrong with it is said of its pages.
        if isinstance(row, dict) and "pages" in row:
            return Several.model_validate(row).pages, True
        return [EntryIn.model_validate(row)], False
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:_MOST_SAID]
        said = _wrong(first["type"], first["msg"])
        if where:
            said = gettext("{where}: {error}").format(where=where, error=said)
        raise Refusal(400, "request", said) from None


def _wrong(kind: str, said: str) -> str:
    """What is wrong with a field, in words of our own for what can be; else as pydantic says it, which is English."""
    known = {
        "dict_type": gettext("no object; give names and texts"),
        "extra_forbidden": gettext("no such field; see /openapi.json"),
        "list_type": gettext("no list; give a list"),
        "literal_error": gettext('no such kind; give "entry" or "comment"'),
        "model_type": gettext("no object; give an entry"),
        "model_attributes_type": gettext("no object; give an entry"),
        "string_type": gettext("no text; give a string"),
        "int_type": gettext("no text and no whole number; give one of them"),
        "string_too_long": gettext("too long; send less"),
        "string_unicode": gettext("no Unicode; write whole characters"),
        "too_long": gettext("too many; send less"),
        "too_short": gettext("empty; give at least one"),
    }
    return known.get(kind, said)


def _verdict(given: EntryIn, judged: Judged) -> dict[str, Any]:
    about = {"id": given.id} if given.id is not None else {}
    if not isinstance(judged.verdict, Verdict):
        return {**about, "error": judged.verdict.to_dict()}
    row = judged.verdict.to_dict()
    for finding, found in zip(judged.verdict.findings, row["findings"], strict=True):
        found.update(_in_field(judged.entry, finding.span))
    if judged.busy:
        row["error"] = {"code": "busy", "message": judged.busy}
    return {**about, **row}


def _cleaned(given: EntryIn, judged: Judged) -> dict[str, Any]:
    row = _verdict(given, judged)
    if judged.cleaned is not None:
        row["fields"] = judged.entry.cleaned(judged.cleaned)
        row["cuts"] = [{**cut.to_dict(), **_in_field(judged.entry, cut.span)} for cut in judged.cleaned.cuts]
    return row


def _in_field(entry: Entry, span: Span) -> dict[str, Any]:
    name = entry.field(span)
    start, end = entry.spans[name]
    return {
        "field": name,
        "field_start": max(span.start, start) - start,
        "field_end": max(start, min(span.end, end)) - start,
    }


def _answer(rows: list[dict[str, Any]], several: bool) -> Response:
    if several:
        return reply({"results": rows})
    return reply(rows[0], 200 if "action" in rows[0] else 422)
