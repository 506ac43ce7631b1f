"""What stands in front of every route: size and time of a body, an id for each request, a line of log for each."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from typing import Any
from uuid import uuid4

from moderation.service.answers import App, Message, Receive, Refusal, Scope, Send, error_reply
from moderation.service.judges import Judges
from moderation.service.metrics import Metrics

__all__ = ["Guard", "JsonLines", "Rates"]

_log = logging.getLogger("moderation.service")
# A body up to so many times too large is read to its end, and forgotten: who is hung up on while sending, as a proxy,
# may never read the answer.
_DRAINED = 4
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class JsonLines(logging.Formatter):
    """Records as lines of JSON, in ASCII, so that nothing of a request makes a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        names = ("event", "request", "site", "route", "status", "milliseconds", "bytes", "ok")
        row: dict[str, Any] = {"time": round(record.created, 3), "level": record.levelname.lower()}
        row |= {name: getattr(record, name) for name in names if hasattr(record, name)}
        row["message"] = record.getMessage()
        if record.exc_info:
            row["where"] = self.formatException(record.exc_info)
        return json.dumps(row)


class Guard:
    """An ASGI application around another."""

    def __init__(self, app: App, judges: Judges, metrics: Metrics) -> None:
        self._app = app
        self._judges = judges
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        name = given if _ID.fullmatch(given) else uuid4().hex
        state = scope.setdefault("state", {})
        state["request"] = name
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", name.encode())]
            await send(message)

        size = 0
        try:
            body = await self._body(receive, headers.get(b"content-length", b""))
            size = len(body)
            await self._app(scope, _replay(body, receive), sending)
        except Refusal as refused:
            # The rest of the body is not read.
            closing = {"Connection": "close"} if refused.status == 413 else None
            await error_reply(refused.status, refused.code, str(refused), closing)(scope, receive, sending)
        except Exception:
            _log.exception("a fault of the service", extra={"event": "fault", "request": name})
            if not status:
                said = f"a fault of the service; its log names it by {name}"
                await error_reply(500, "fault", said)(scope, receive, sending)
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            seconds = time.perf_counter() - began
            self._metrics.requests.labels(route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(seconds)
            about = {"event": "request", "request": name, "site": state.get("site", ""), "route": route}
            about |= {"status": status, "milliseconds": round(1000 * seconds, 1), "bytes": size}
            _log.info("%s %s", scope["method"], status, extra=about)

    async def _body(self, receive: Receive, declared: bytes) -> bytes:
        limit = self._judges.config.max_bytes
        too_large = Refusal(413, "too-large", f"the body has more than {limit:,} bytes; send less")
        if declared.isdigit() and int(declared[:20]) > _DRAINED * limit:
            raise too_large
        body = bytearray()
        size = 0
        try:
            async with asyncio.timeout(self._judges.config.timeout):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Refusal(400, "cut-off", "the connection was closed inside the body")
                    size += len(message.get("body", b""))
                    if size <= limit:
                        body += message.get("body", b"")
                    elif size > _DRAINED * limit:
                        raise too_large
                    if not message.get("more_body"):
                        if size > limit:
                            raise too_large
                        return bytes(body)
        except TimeoutError:
            raise Refusal(408, "too-slow", "the body did not come in time; send it again") from None


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


class Rates:
    """How much each site has asked for lately: a bucket that leaks."""

    def __init__(self) -> None:
        self._levels: dict[str, tuple[float, float]] = {}

    def allows(self, site: str, rate: float) -> bool:
        """Whether one more request may be taken now, which counts it."""
        now = time.monotonic()
        level, then = self._levels.get(site, (0.0, now))
        level = max(0.0, level - (now - then) * rate)
        if level + 1 > max(1.0, 2 * rate):
            self._levels[site] = (level, now)
            return False
        self._levels[site] = (level + 1, now)
        return True
