"""The market server: one loopback address under which every venue answers, each below its own path."""

import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from errno import EADDRINUSE
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reporter.errors import ConfigError, PortTaken
from reporter.market.perpetual import PerpetualMarket
from reporter.market.shapes import Desk, Endpoint, Json, to_json
from reporter.market.tape import utc_text
from reporter.market.venue_deribit import deribit_ticker
from reporter.market.venues_usd import (
    bitstamp_ticker,
    bitstamp_tickers,
    coinbase_ticker,
    gemini_ticker,
    kraken_ticker,
)
from reporter.market.venues_usdt import binance_book, binance_day, okx_ticker, okx_tickers

Handler = Callable[[Request], Awaitable[Response]]

HOST = "127.0.0.1"
LABEL_HEADER = "X-Spotline-Market"
ENDPOINTS: Mapping[str, Mapping[str, Endpoint]] = {
    "binance": {"/api/v3/ticker/24hr": binance_day, "/api/v3/ticker/bookTicker": binance_book},
    "binanceus": {"/api/v3/ticker/24hr": binance_day, "/api/v3/ticker/bookTicker": binance_book},
    "bitstamp": {
        "/api/v2/ticker": bitstamp_tickers,
        "/api/v2/ticker/": bitstamp_tickers,
        "/api/v2/ticker/{name}": bitstamp_ticker,
        "/api/v2/ticker/{name}/": bitstamp_ticker,
    },
    "coinbase": {"/products/{name}/ticker": coinbase_ticker},
    "deribit": {"/api/v2/public/ticker": deribit_ticker},
    "gemini": {"/v1/pubticker/{name}": gemini_ticker},
    "kraken": {"/0/public/Ticker": kraken_ticker},
    "okx": {"/api/v5/market/tickers": okx_tickers, "/api/v5/market/ticker": okx_ticker},
}
"""Every path below a venue's base URL, ``http://127.0.0.1:PORT/<venue>``."""


def market_app(market: PerpetualMarket, clock_ms: Callable[[], int]) -> Starlette:
    """The ASGI application: the venues' paths and, at ``/``, what is being played.

    Every response is JSON and carries ``X-Spotline-Market``, the label of its prices. A path that no venue
    has is 404; nothing is ever redirected.
    """
    routes = [Route("/", _about(market, clock_ms))]
    for venue, paths in ENDPOINTS.items():
        routes += [Route(f"/{venue}{path}", _venue(market, clock_ms, venue, e)) for path, e in paths.items()]

    async def not_served(request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 500)
        return _json(status, {"error": f"{request.url.path} is not served here"}, market.label)

    app = Starlette(routes=routes, exception_handlers={404: not_served, 405: not_served})
    app.router.redirect_slashes = False
    return app


def _venue(market: PerpetualMarket, clock_ms: Callable[[], int], venue: str, endpoint: Endpoint) -> Handler:
    label = market.label_of(venue)

    async def answer(request: Request) -> Response:
        reply = endpoint(Desk(market, venue, clock_ms()), {**request.query_params, **request.path_params})
        return _json(reply.status, reply.body, label)

    return answer


def _about(market: PerpetualMarket, clock_ms: Callable[[], int]) -> Handler:
    async def answer(request: Request) -> Response:
        return _json(200, describe(market, clock_ms()), market.label)

    return answer


def describe(market: PerpetualMarket, now_ms: int) -> dict[str, Json]:
    """What is being played: label, source, tape time, and each market with the label of its prices."""
    tape_ms = market.tape_ms(now_ms)
    return {
        "label": market.label,
        "source": market.source,
        "notice": "Not exchange data. SIMULATED and TAPE prices are for tests and local chains only.",
        "wall_ms": now_ms,
        "tape_time": None if tape_ms is None else utc_text(tape_ms),
        "ended": market.ended(now_ms),
        "markets": [
            {"venue": venue, "symbol": symbol, "label": market.label_of(venue)}
            for venue, symbol in market.markets
        ],
    }


def _json(status: int, body: Json, label: str) -> Response:
    return Response(to_json(body), status, {LABEL_HEADER: label}, media_type="application/json")


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; port 0 takes a free one.

    Raises:
        PortTaken: Another process has the port.
        ConfigError: The port cannot be had for another reason.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
        sock.listen(128)
    except (OSError, OverflowError) as refused:
        sock.close()
        if isinstance(refused, OSError) and refused.errno == EADDRINUSE:
            hint = "stop the other process, or choose another --port"
            raise PortTaken(port, "market server", hint=hint) from refused
        raise ConfigError(f"cannot listen on port {port}: {refused}", key="port") from refused
    return sock


def leave_on_signals() -> None:
    """Make SIGTERM and SIGINT end this process with exit code 0 and no traceback."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)


def serve(app: Starlette, sock: socket.socket) -> None:
    """Answer until SIGTERM or SIGINT, then stop at once; the signal is raised again after the last answer."""
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=1, ws="none"
    )
    uvicorn.Server(config).run(sockets=[sock])


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(0)
