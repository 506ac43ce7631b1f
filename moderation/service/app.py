"""The application: the routes of all protocols behind one guard, and what runs beside them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from moderation import __version__
from moderation.errors import ServiceError
from moderation.service import akismet, api, openai, webhook
from moderation.service.config import Config
from moderation.service.context import Refusal, Service
from moderation.service.guard import App, Guard
from moderation.service.judges import Judges
from moderation.service.metrics import Metrics
from moderation.service.records import Records

__all__ = ["create_app"]

_log = logging.getLogger("moderation.service")


def create_app(config: Config, source: Path | None = None) -> App:
    """The service as an ASGI application.

    Args:
        config: the sites and limits.
        source: the file it is from, to be read again when it changes.

    Raises:
        ModelError, PolicyError, ServiceError: it cannot be begun.
    """
    metrics = Metrics()
    judges = Judges(config, source, metrics)
    records = Records(config.records, config.retention_days) if config.records else None
    service = Service(judges, metrics, records)

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        watch = asyncio.create_task(judges.watch())
        try:
            yield
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
            judges.close()
            if records:
                records.close()

    app = FastAPI(
        title="moderation",
        version=__version__,
        description="Verdicts on what is about to be published.",
        lifespan=running,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )

    @app.get("/healthz", responses={200: {"content": {"application/json": {}}}})
    async def health() -> Response:
        """Whether the process answers."""
        return _json({"status": "ok"})

    @app.get("/readyz", responses={200: {"content": {"application/json": {}}}})
    async def ready() -> Response:
        """Whether it can judge, and by what."""
        return _json({"status": "ready", "model": judges.default.model.identity})

    @app.get("/openapi.json", include_in_schema=False)
    async def described(request: Request) -> Response:
        """The routes and what they take."""
        service.site(request)
        return _json(app.openapi())

    @app.get("/metrics", include_in_schema=False)
    async def measured(request: Request) -> Response:
        """Counters in OpenMetrics, for a site that may see those of all."""
        if not service.site(request).admin:
            raise Refusal(403, "key", "the metrics name all sites; use the key of one with admin = true")
        kind = "application/openmetrics-text; version=1.0.0; charset=utf-8"
        return Response(metrics.text(), headers={"content-type": kind})

    for protocol in (api, akismet, openai, webhook):
        app.include_router(protocol.routes(service))

    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> Response:
        headers = {"Retry-After": "1"} if refusal.status in (429, 503) else None
        return _error(refusal.status, refusal.code, str(refusal), headers)

    @app.exception_handler(akismet.Invalid)
    async def invalid(request: Request, why: akismet.Invalid) -> Response:
        return akismet.invalid(why)

    @app.exception_handler(ServiceError)
    async def failed(request: Request, error: ServiceError) -> Response:
        return _error(503, error.code, str(error), {"Retry-After": "1"})

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> Response:
        said = {404: "no such route; see /openapi.json", 405: "this route takes another method"}
        return _error(error.status_code, "request", said.get(error.status_code, str(error.detail)), error.headers)

    return Guard(app, judges, metrics)


def _error(status: int, code: str, message: str, headers: Any = None) -> Response:
    return _json({"error": {"code": code, "message": message}}, status, headers)


def _json(row: Any, status: int = 200, headers: Any = None) -> Response:
    return Response(json.dumps(row), status, headers, media_type="application/json")
