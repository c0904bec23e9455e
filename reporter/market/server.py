"""The market server: one loopback address under which every venue answers, each below its own path, with its stream
below that at ``/ws``. What its venues do wrong is switched on at ``/faults`` (``reporter/market/faults.py``)."""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from errno import EADDRINUSE
from types import FrameType

from reporter.errors import ConfigError, PortTaken, UsageError
from reporter.market.endpoints import ENDPOINTS, POSTED, find
from reporter.market.faults import BENDS, NONE, Board, Fault
from reporter.market.perpetual import PerpetualMarket
from reporter.market.pusher import push
from reporter.market.shapes import Desk, Json, as_it_is, to_json
from reporter.market.streams_known import STREAMS
from reporter.market.tape import utc_text
from reporter.market.wire import Answer, Asked, cut, read_request, send

HOST = "127.0.0.1"
LABEL_HEADER = "X-Spotline-Market"


class MarketServer:
    """Answers for every venue of a market. Every response is JSON and carries ``X-Spotline-Market``, the label of its
    prices, unless a fault says otherwise. A path that no venue has is 404; nothing is ever redirected."""

    def __init__(self, market: PerpetualMarket, clock_ms: Callable[[], int]) -> None:
        self.market, self.clock_ms, self.board = market, clock_ms, Board()

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one client until it leaves."""
        # Cancelled only at the server's end, which is to be quiet.
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while (asked := await read_request(reader)) and await self._one(asked, reader, writer):
                pass
        writer.close()

    async def _one(self, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        venue, _, path = asked.path.removeprefix("/").partition("/")
        fault = self.board.of(venue) if venue in ENDPOINTS else NONE
        if fault.name == "down":
            cut(writer)
            return False
        if fault.name == "blackhole":
            await reader.read()
            return False
        upgrade = asked.headers.get("upgrade", "").lower() == "websocket"
        if upgrade and path == "ws" and venue in STREAMS and fault.name not in ("status", "redirect", "html"):
            await push(self, venue, asked.head, reader, writer)
            return False
        goes_on = await send(writer, self._answer(asked, venue, "/" + path, fault), fault)
        return goes_on and asked.headers.get("connection", "").lower() != "close"

    def _answer(self, asked: Asked, venue: str, path: str, fault: Fault) -> Answer:
        if asked.path == "/faults":
            return self._faults(asked)
        found = find(venue, path)
        method = "POST" if found is not None and found[0] in POSTED else "GET"
        if asked.method != method:
            return self._json(405, {"error": f"{asked.path} is not served here"}, self.market.label)
        if asked.path == "/":
            return self._json(200, describe(self.market, self.clock_ms()), self.market.label)
        if found is None:
            return self._json(404, {"error": f"{asked.path} is not served here"}, self.market.label)
        endpoint, named = found
        given = posted(asked.body) if method == "POST" else asked.query
        reply = endpoint(self.desk(venue, self.clock_ms()), {**given, **named})
        return self._json(reply.status, reply.body, self.market.label_of(venue))

    def desk(self, venue: str, now_ms: int) -> Desk:
        """A venue at a moment, as its fault wants it."""
        fault = self.board.of(venue)
        stopped = fault.name in ("frozen", "halted")
        at_ms = fault.since_ms if stopped else now_ms
        return Desk(self.market, venue, at_ms, BENDS.get(fault.name, as_it_is), fault.name == "misnamed")

    def _faults(self, asked: Asked) -> Answer:
        status = 200
        if asked.method == "DELETE":
            self.board.clear()
        elif asked.method == "POST":
            try:
                self.board.switch(json.loads(asked.body), self.clock_ms())
            except (ValueError, UsageError) as error:
                return self._json(400, {"error": str(error)}, self.market.label)
        elif asked.method != "GET":
            status = 405
        return self._json(status, {"faults": self.board.document()}, self.market.label)

    def _json(self, status: int, body: Json, label: str) -> Answer:
        return Answer(status, to_json(body).encode(), {LABEL_HEADER: label})


def posted(body: bytes) -> dict[str, str]:
    """The texts of a JSON object that was posted; none for anything else."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    texts = found.items() if isinstance(found, dict) else ()
    return {key: value for key, value in texts if isinstance(value, str)}


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


def serve(server: MarketServer, sock: socket.socket) -> None:
    """Answer until SIGTERM or SIGINT, then stop at once, whoever is still connected."""
    asyncio.run(_serve(server, sock))


async def _serve(server: MarketServer, sock: socket.socket) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    listening = await asyncio.start_server(server.connection, sock=sock)
    await stop.wait()
    listening.close()


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(0)
