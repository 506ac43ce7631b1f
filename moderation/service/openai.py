"""OpenAI's moderation endpoint, so that what is made for it only changes ``base_url``.

Its categories are there, of which only ``sexual`` is ever true; our labels stand beside them as ``spam/LABEL``, and
each result has our action and findings too.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from moderation.common.messages import gettext
from moderation.data import Action, Verdict
from moderation.entries import Entry
from moderation.service.answers import Refusal, reply
from moderation.service.context import Judged, Service

__all__ = ["routes"]

_CATEGORIES = (
    "harassment harassment/threatening hate hate/threatening illicit illicit/violent self-harm self-harm/instructions"
    " self-harm/intent sexual sexual/minors violence violence/graphic"
).split()
_MOST = 100


class _Part(BaseModel):
    """A piece of a multi-modal input; only text is judged."""

    model_config = ConfigDict(extra="allow")

    type: str
    text: str | None = None


class _Given(BaseModel):
    model_config = ConfigDict(extra="allow")

    input: str | list[str] | list[_Part]
    model: str | None = None


_BODY = TypeAdapter(_Given)


def routes(service: Service) -> APIRouter:
    """The route."""
    router = APIRouter(include_in_schema=False)

    @router.post("/v1/moderations")
    async def moderations(request: Request) -> Response:
        site = service.site(request)
        try:
            given = _BODY.validate_json(await request.body()).input
        except ValidationError:
            raise Refusal(
                400, "request", gettext("input is a text, a list of texts, or a list of parts with a type")
            ) from None
        texts = [given] if isinstance(given, str) else [each for each in given if isinstance(each, str)]
        if not isinstance(given, str) and len(texts) != len(given):
            # All parts are one input.
            texts = ["\n".join(each.text or "" for each in given if isinstance(each, _Part) and each.type == "text")]
        if not 1 <= len(texts) <= _MOST:
            raise Refusal(400, "request", gettext("give 1 to {most} inputs").format(most=_MOST))
        entries = [Entry.of({"text": text}, where="input") for text in texts]
        judged = await service.judge(request, site, "openai", entries)
        labels = service.judges.moderator(site).model.labels
        answer = {
            "id": f"modr-{request.state.request}",
            "model": service.judges.moderator(site).model.identity,
            "results": [_result(each, labels) for each in judged],
        }
        return reply(answer)

    return router


def _result(judged: Judged, labels: Any) -> dict[str, Any]:
    findings = judged.verdict.findings if isinstance(judged.verdict, Verdict) else ()
    scores = dict.fromkeys([*_CATEGORIES, *(f"spam/{label}" for label in labels)], 0.0)
    for finding in findings:
        name = f"spam/{finding.label}"
        # A page that was not read to its end is no label of the model's.
        scores[name] = max(scores.get(name, 0.0), finding.score)
    scores["sexual"] = max(scores.get("spam/adult", 0.0), scores.get("spam/escort", 0.0))
    row: dict[str, Any] = {
        "flagged": judged.action is not Action.ALLOW,
        "categories": {name: score > 0 for name, score in scores.items()},
        "category_scores": scores,
        "category_applied_input_types": {name: ["text"] if score else [] for name, score in scores.items()},
    }
    if isinstance(judged.verdict, Verdict):
        row |= {"action": judged.action.value, "findings": judged.verdict.to_dict()["findings"]}
    else:
        row["error"] = judged.verdict.to_dict()
    if judged.busy:
        row["error"] = {"code": "busy", "message": judged.busy}
    return row
