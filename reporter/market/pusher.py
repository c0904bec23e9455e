"""One client of a venue's stream: its handshake, what it asked for, and a message whenever a market changes."""

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import Protocol

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from reporter.market.faults import Board, Fault
from reporter.market.model import MarketQuote
from reporter.market.shapes import Desk, Json
from reporter.market.streams import Frame as Message
from reporter.market.streams import Stream
from reporter.market.streams_known import STREAMS
from reporter.market.wire import BOMB, MIB, cut, gzip_bomb, struck

TICK_MS = 250
REPEAT_MS = 3_000
BEAT_MS = 5_000
READ = 64 * 1024


class Serves(Protocol):
    """What a client's task needs of the server."""

    board: Board
    clock_ms: Callable[[], int]

    def desk(self, venue: str, now_ms: int) -> Desk:
        """A venue at a moment."""
        ...


class Client:
    """One connection of a stream, after its handshake."""

    def __init__(self, server: Serves, venue: str, writer: asyncio.StreamWriter) -> None:
        self.server, self.venue, self.writer = server, venue, writer
        self.stream: Stream = STREAMS[venue]
        self.protocol = ServerProtocol()
        self.channels: dict[int, str] = {}
        self._told: dict[str, tuple[MarketQuote, int]] = {}
        self._beat_ms = server.clock_ms()

    @property
    def fault(self) -> Fault:
        """The venue's fault, now."""
        return self.server.board.of(self.venue)

    def open(self, head: bytes) -> bool:
        """Answer the handshake. Whether it was one."""
        self.protocol.receive_data(head)
        for request in self.protocol.events_received():
            assert isinstance(request, Request)  # noqa: S101 - what the protocol yields first
            self.protocol.send_response(self.protocol.accept(request))
        self.flush()
        for document in self.stream.greetings():
            self.tell(document)
        return self.protocol.handshake_exc is None

    def hear(self, data: bytes) -> bool:
        """Take in what the client sent. Whether it is still there."""
        self.protocol.receive_data(data)
        for event in self.protocol.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._answer(bytes(event.data).decode("utf-8", "replace"))
        if self.fault.name == "deaf":
            self.protocol.data_to_send()  # the pong that is never sent
        else:
            self.flush()
        return not self.protocol.close_expected()

    def _answer(self, text: str) -> None:
        if text in self.stream.pings:
            if self.fault.name != "deaf":
                self.protocol.send_text(self.stream.pings[text].encode())
            return
        asked = self.stream.hear(text)
        opened = {len(self.channels) + at: name for at, name in enumerate(self.stream.names(asked), 1)}
        self.channels |= opened
        if self.fault.name != "deaf":
            for document in self.stream.replies(asked, opened, self.server.clock_ms()):
                self.tell(document)

    def tell(self, document: Json) -> None:
        """Queue a document."""
        self.send(self.stream.frame(document))

    def send(self, frame: Message) -> None:
        """Queue a frame."""
        if isinstance(frame, str):
            self.protocol.send_text(frame.encode())
        else:
            self.protocol.send_binary(frame)

    def flush(self) -> None:
        """Put what is queued on the wire."""
        for data in self.protocol.data_to_send():
            if data:
                self.writer.write(data)

    def tick(self, now_ms: int) -> None:
        """Tell what is new, at most once in 250 ms, and what is not every 3 s."""
        if self.fault.name in ("silent", "blackhole"):
            return
        desk = self.server.desk(self.venue, now_ms)
        listed = {self.stream.name(symbol): quote for symbol, quote in desk.quotes()}
        for channel, name in self.channels.items():
            quote = next(iter(listed.values()), None) if desk.misnamed else listed.get(name)
            if self.protocol.state is not State.OPEN:
                break
            if quote is not None and self._is_new(name, quote, now_ms):
                named = next(iter(listed)) if desk.misnamed else name
                self._play(self.stream.packed(named, channel, quote, now_ms))
        beat = self.stream.beat(now_ms)
        if beat is not None and self.protocol.state is State.OPEN and now_ms - self._beat_ms >= BEAT_MS:
            self._beat_ms = now_ms
            self.tell(beat)
        self.flush()

    def _is_new(self, name: str, quote: MarketQuote, now_ms: int) -> bool:
        told = self._told.get(name)
        if told is not None and told[0] == quote and now_ms - told[1] < REPEAT_MS:
            return False
        self._told[name] = quote, now_ms
        return True

    def _play(self, frame: Message) -> None:
        fault = self.fault.name
        if fault in _RAW:
            self.protocol.writes.append(_RAW[fault])
            return
        for each in _INSTEAD.get(fault, _as_it_is)(frame):
            self.send(each)
        if fault == "closeloop":
            self.protocol.send_close(1001, "going away")


def _as_it_is(frame: Message) -> list[Message]:
    return [frame]


def _struck(frame: Message) -> list[Message]:
    if isinstance(frame, bytes):
        return [struck(frame)]
    return [struck(frame.encode()).decode("latin-1")]


_INSTEAD: Mapping[str, Callable[[Message], list[Message]]] = {
    "garbage": lambda _: [os.urandom(16) + b"{"],
    "corrupt": _struck,
    "truncated": lambda frame: [frame[: len(frame) // 2]],
    "oversize": lambda _: [" " * MIB],
    "bomb": lambda _: [gzip_bomb(BOMB)],
    "flood": lambda frame: [frame] * 3_000,
}
"""What goes out instead of a message."""

_RAW: Mapping[str, bytes] = {
    "compressed": b"\xc1\x02{}",  # RSV1: a message packed as nobody agreed to
    # 1,024 bytes each, and no last one.
    "fragments": b"\x01\x7e\x04\x00" + b" " * 1024 + (b"\x00\x7e\x04\x00" + b" " * 1024) * 1024,
}
"""What goes onto the wire past the protocol."""


async def push(
    server: Serves, venue: str, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Serve one client until it leaves, or a fault ends it."""
    client = Client(server, venue, writer)
    if client.fault.name == "latency":
        await asyncio.sleep(client.fault.ms / 1000)
    if not client.open(head):
        return
    ticking = asyncio.create_task(_tick(client))
    try:
        while not ticking.done() and (data := await reader.read(READ)):
            if not client.hear(data):
                break
        await writer.drain()
    finally:
        ticking.cancel()


async def _tick(client: Client) -> None:
    """Tell at every 250 ms of the wall clock, as the markets change then."""
    while client.fault.name != "down" and not client.protocol.close_expected():
        now_ms = client.server.clock_ms()
        await asyncio.sleep((TICK_MS - now_ms % TICK_MS) / 1000)
        client.tick(client.server.clock_ms())
        await client.writer.drain()
    if client.fault.name == "down":
        cut(client.writer)
    client.writer.close()
