"""The read-only HTTP API of a node, bound to 127.0.0.1: health, feeds, rounds. ``Host`` is checked against DNS rebinding."""

import re
import zlib
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from reporter.models import feed_id
from reporter.node import Node
from reporter.status import feed_document, reasons, status_document
from reporter.web.metrics import exposition
from reporter.wiring import wall_ms

MAX_ROUNDS = 1_000


def api_app(node: Node) -> Starlette:
    """The routes over one node."""
    views = Views(node)
    routes = [
        Route("/healthz", views.health),
        Route("/readyz", views.ready),
        Route("/metrics", views.metrics),
        Route("/api/status", views.status),
        Route("/api/feeds", views.feeds),
        Route("/api/feeds/{feed:path}", views.feed),
        Route("/api/rounds", views.rounds),
        Route("/api/rounds/{observed_at}", views.round),
        Route("/api/record", views.record),
    ]
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    return Starlette(routes=routes, middleware=[hosts], exception_handlers={HTTPException: _error})


class Views:
    """What each path answers. It looks on; nothing here changes the node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def health(self, _: Request) -> Response:
        """The process is alive."""
        return JSONResponse({"alive": True, "address": self._node.address or None})

    async def ready(self, _: Request) -> Response:
        """200 when all is well, else 503 with every reason."""
        why = reasons(self._node, wall_ms())
        return JSONResponse({"ready": not why, "reasons": why}, 503 if why else 200)

    async def status(self, _: Request) -> Response:
        """The whole node."""
        return JSONResponse(status_document(self._node, wall_ms()))

    async def feeds(self, _: Request) -> Response:
        """Every feed: index with sources, and round."""
        return JSONResponse(self._feeds())

    async def metrics(self, _: Request) -> Response:
        """What Prometheus reads."""
        body = exposition(status_document(self._node, wall_ms()), self._feeds())
        return Response(body, media_type=CONTENT_TYPE_LATEST)

    def _feeds(self) -> list[dict[str, Any]]:
        return [feed_document(self._node, name, index) for name, index in self._node.indices().items()]

    async def feed(self, request: Request) -> Response:
        """One feed."""
        name = _known(self._node, request.path_params["feed"])
        return JSONResponse(feed_document(self._node, name, self._node.indices()[name]))

    async def rounds(self, request: Request) -> Response:
        """Past rounds of ``?feed=``, newest first, at most ``&limit=``."""
        name = _known(self._node, request.query_params.get("feed", ""))
        limit = request.query_params.get("limit", "50")
        if not limit.isdecimal() or len(limit) > 4 or not 1 <= int(limit) <= MAX_ROUNDS:
            raise HTTPException(400, f"limit is 1 to {MAX_ROUNDS}, not {limit!r}")
        return JSONResponse(self._node.store.rounds(name, int(limit)))

    async def round(self, request: Request) -> Response:
        """The record of what this node signed for a second: of the report ``?digest=``, or of the last one."""
        observed_at = _seconds(request.path_params["observed_at"])
        digest = request.query_params.get("digest")
        if digest is not None and not re.fullmatch("0x[0-9a-fA-F]{64}", digest):
            raise HTTPException(400, f"digest is 32 bytes in hex, not {digest[:80]!r}")
        if self._node.recorder is not None:
            await self._node.recorder.flush()
        body = self._node.store.round_record(observed_at, bytes.fromhex(digest[2:]) if digest else None)
        if body is None:
            raise HTTPException(404, f"this node has no record of a report it signed for {observed_at}")
        return Response(zlib.decompress(body), media_type="application/json")

    async def record(self, request: Request) -> Response:
        """How this node made its price of ``?feed=`` for ``&observedAt=``."""
        name = _known(self._node, request.query_params.get("feed", ""))
        observed_at = _seconds(request.query_params.get("observedAt", ""))
        found = self._node.store.record(feed_id(name), observed_at)
        if found is None:
            raise HTTPException(404, f"this node stated no price of {name} for {observed_at}")
        return JSONResponse(found)


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 12:
        raise HTTPException(400, f"observedAt is Unix seconds, not {text!r}")
    return int(text)


def _known(node: Node, name: str) -> str:
    known = [feed.name for feed in node.config.feeds]
    if name not in known:
        raise HTTPException(404, f"unknown feed {name!r}; known feeds: {', '.join(known)}")
    return name


async def _error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type
    return JSONResponse({"error": error.detail}, error.status_code)
