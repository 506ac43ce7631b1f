"""What stands in front of every route: size and time of a body, an id for each request, a line of log for each."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from moderation.common.messages import accepted, gettext, speaking
from moderation.service.answers import App, Message, Receive, Refusal, Scope, Send, error_reply
from moderation.service.judges import Judges
from moderation.service.metrics import Metrics

__all__ = ["Guard", "JsonLines", "Rates", "key_of"]

_log = logging.getLogger("moderation.service")
# A body up to so many times too large is read to its end, and forgotten: who is hung up on while sending, as a proxy,
# may never read the answer.
_DRAINED = 4
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Akismet's clients send their key inside the body, and a signature is one of the body: who asks is known behind it.
_LATE = ("/1.1/", "/1.2/", "/v1/webhook")
# Those who are not known yet may take one such part of all that is buffered.
_PARTS = 4


def key_of(authorization: str, api_key: str) -> str:
    """The key in these two headers of a request, or nothing."""
    kind, _, given = authorization.partition(" ")
    return given.strip() if kind.lower() == "bearer" else api_key


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
        # Bytes of bodies that are held now, by whether their senders were known before.
        self._held = {True: 0, False: 0}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        with speaking(accepted(headers.get(b"accept-language", b"").decode("latin-1"))):
            await self._answer(scope, receive, send, headers)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, headers: Mapping[bytes, bytes]) -> None:
        began = time.perf_counter()
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

        body = bytearray()
        is_known = self._is_known(headers)
        try:
            keep = is_known or not scope["path"].startswith("/v1/") or scope["path"].startswith(_LATE)
            await self._read(receive, headers.get(b"content-length", b""), body if keep else None, is_known=is_known)
            app = (
                self._app
                if keep
                else error_reply(401, "key", gettext("no known key; send it as Authorization: Bearer KEY"))
            )
            await app(scope, _replay(body, receive), sending)
        except Refusal as refused:
            # The rest of the body is not read.
            closing = {"Connection": "close"} if refused.status == 413 else None
            await error_reply(refused.status, refused.code, str(refused), closing)(scope, receive, sending)
        except Exception:
            _log.exception("a fault of the service", extra={"event": "fault", "request": name})
            if not status:
                said = gettext("a fault of the service; its log names it by {name}").format(name=name)
                await error_reply(500, "fault", said)(scope, receive, sending)
        finally:
            size = len(body)
            self._held[is_known] -= size
            route = getattr(scope.get("route"), "path", "unknown")
            seconds = time.perf_counter() - began
            self._metrics.requests.labels(route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(seconds)
            about = {"event": "request", "request": name, "site": state.get("site", ""), "route": route}
            about |= {"status": status, "milliseconds": round(1000 * seconds, 1), "bytes": size}
            _log.info("%s %s", scope["method"], status, extra=about)

    def _is_known(self, headers: Mapping[bytes, bytes]) -> bool:
        authorization, api_key = (headers.get(name, b"").decode("latin-1") for name in (b"authorization", b"x-api-key"))
        key = key_of(authorization, api_key)
        return bool(key) and self._judges.config.site_of(key) is not None

    def _has_room(self, size: int, *, is_known: bool) -> bool:
        """Whether so many bytes more may be held."""
        config = self._judges.config
        total = config.max_buffered
        if not is_known and self._held[False] + size > max(total // _PARTS, config.max_bytes):
            return False
        return sum(self._held.values()) + size <= total

    async def _read(self, receive: Receive, declared: bytes, body: bytearray | None, *, is_known: bool) -> None:
        """Reads a body into its place, or to its end only where it has none.

        What is in its place counts as held until the request has been answered.

        Raises:
            Refusal: it is too large, too slow or cut off, or too much is held already.
        """
        limit = self._judges.config.max_bytes
        too_large = Refusal(
            413, "too-large", gettext("the body has more than {limit:,} bytes; send less").format(limit=limit)
        )
        if declared.isdigit() and int(declared[:20]) > _DRAINED * limit:
            raise too_large
        size = 0
        crowded = False
        try:
            async with asyncio.timeout(self._judges.config.timeout):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Refusal(400, "cut-off", gettext("the connection was closed inside the body"))
                    part = message.get("body", b"")
                    size += len(part)
                    if size > _DRAINED * limit:
                        raise too_large
                    crowded = crowded or not (body is None or self._has_room(len(part), is_known=is_known))
                    if body is not None and (crowded or size > limit):
                        # What will not be answered is not held while the rest of it comes.
                        self._held[is_known] -= len(body)
                        body.clear()
                    elif body is not None:
                        body += part
                        self._held[is_known] += len(part)
                    if not message.get("more_body"):
                        break
        except TimeoutError:
            raise Refusal(408, "too-slow", gettext("the body did not come in time; send it again")) from None
        if size > limit:
            raise too_large
        if crowded:
            raise Refusal(503, "busy", gettext("too many bodies are being received; send it again later"))


def _replay(body: bytearray, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": bytes(body), "more_body": False}

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
