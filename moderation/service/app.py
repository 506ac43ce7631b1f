"""The application: the routes of all protocols behind one guard, and what runs beside them."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from moderation import __version__
from moderation.common.messages import gettext
from moderation.errors import ServiceError
from moderation.service import akismet, api, openai, webhook
from moderation.service.answers import App, Direct, Refusal, error_reply, reply
from moderation.service.config import Config
from moderation.service.context import Service
from moderation.service.guard import Guard
from moderation.service.judges import Judges
from moderation.service.metrics import Metrics

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
    records = None
    if config.records:
        # SQLAlchemy takes longer to load than the model.
        from moderation.service.records import Records

        records = Records(config.records, config.retention_days)
    service = Service(judges, metrics, records)

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        watch = asyncio.create_task(judges.watch())
        # What stays for the whole life of the process is no garbage to be looked through while somebody waits.
        gc.collect()
        gc.freeze()
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
        # A redirect names the host that the request named.
        redirect_slashes=False,
    )

    @app.get("/healthz", responses={200: {"content": {"application/json": {}}}})
    async def health(request: Request) -> Response:
        """Whether the process answers."""
        return reply({"status": "ok"})

    @app.get("/readyz", responses={200: {"content": {"application/json": {}}}})
    async def ready(request: Request) -> Response:
        """Whether it can judge. By what is told to those with a key, by ``/v1/model``."""
        return reply({"status": "ready"})

    @app.get("/openapi.json", include_in_schema=False)
    async def described(request: Request) -> Response:
        """The routes and what they take."""
        service.site(request)
        return reply(app.openapi())

    @app.get("/metrics", include_in_schema=False)
    async def measured(request: Request) -> Response:
        """Counters in OpenMetrics, for a site that may see those of all."""
        if not service.site(request).admin:
            raise Refusal(403, "key", gettext("the metrics name all sites; use the key of one with admin = true"))
        kind = "application/openmetrics-text; version=1.0.0; charset=utf-8"
        return Response(metrics.text(), headers={"content-type": kind})

    routers = [protocol.routes(service) for protocol in (api, akismet, openai, webhook)]
    for router in routers:
        app.include_router(router)

    @app.exception_handler(Refusal)
    @app.exception_handler(akismet.Invalid)
    @app.exception_handler(ServiceError)
    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: Exception) -> Response:
        return _refused(error) or error_reply(500, "fault", gettext("a fault of the service"))

    return Guard(Direct(app, routers, _refused), judges, metrics)


def _refused(error: Exception) -> Response | None:
    """What is answered instead; None for a fault of ours."""
    if isinstance(error, Refusal):
        return error_reply(error.status, error.code, str(error))
    if isinstance(error, akismet.Invalid):
        return akismet.invalid(error)
    if isinstance(error, ServiceError):
        return error_reply(503, error.code, str(error))
    if isinstance(error, HTTPException):
        said = {404: gettext("no such route; see /openapi.json"), 405: gettext("this route takes another method")}
        return error_reply(error.status_code, "request", said.get(error.status_code, str(error.detail)), error.headers)
    return None
