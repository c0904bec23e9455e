"""The read-only HTTP API of a node, bound to 127.0.0.1: health, feeds, rounds. ``Host`` is checked against DNS rebinding."""

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
from reporter.wiring import wall_ms

MAX_ROUNDS = 1_000


def api_app(node: Node) -> Starlette:
    """The routes over one node."""
    views = Views(node)
    routes = [
        Route("/healthz", views.health),
        Route("/readyz", views.ready),
        Route("/api/status", views.status),
        Route("/api/feeds", views.feeds),
        Route("/api/feeds/{feed:path}", views.feed),
        Route("/api/rounds", views.rounds),
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
        indices = self._node.indices()
        return JSONResponse([feed_document(self._node, name, index) for name, index in indices.items()])

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

    async def record(self, request: Request) -> Response:
        """How this node made its price of ``?feed=`` for ``&observedAt=``."""
        name = _known(self._node, request.query_params.get("feed", ""))
        observed_at = request.query_params.get("observedAt", "")
        if not observed_at.isdecimal() or len(observed_at) > 12:
            raise HTTPException(400, f"observedAt is Unix seconds, not {observed_at!r}")
        found = self._node.store.record(feed_id(name), int(observed_at))
        if found is None:
            raise HTTPException(404, f"this node stated no price of {name} for {observed_at}")
        return JSONResponse(found)


def _known(node: Node, name: str) -> str:
    known = [feed.name for feed in node.config.feeds]
    if name not in known:
        raise HTTPException(404, f"unknown feed {name!r}; known feeds: {', '.join(known)}")
    return name


async def _error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type
    return JSONResponse({"error": error.detail}, error.status_code)
