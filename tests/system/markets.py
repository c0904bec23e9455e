"""A market server inside the test's own loop, on a real socket, and what a venue needs to reach it."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from reporter.market.factory import open_market
from reporter.market.server import HOST, MarketServer
from reporter.market.simulated import VENUES as SIMULATED
from reporter.models import Quote
from reporter.sources import make_source
from reporter.sources.base import Fetcher
from reporter.sources.stream import Pace, Streamer
from reporter.wiring import wall_ms

STREAMED = sorted(SIMULATED)
QUICK = Pace(quiet=0.6, silent=1.0, steady=30.0, ping=0.3, pong=0.3)


class Exchange:
    """A running market server."""

    def __init__(self, server: MarketServer, port: int) -> None:
        self.server, self.port = server, port

    def fault(self, venue: str, name: str, **more: Any) -> None:
        """Switch a venue's fault."""
        self.server.board.switch({"venue": venue, "fault": name, **more}, wall_ms())

    def source(self, venue: str) -> Any:
        """A venue's source with the addresses of this server."""
        base = f"{HOST}:{self.port}/{venue}"
        return make_source(venue, f"http://{base}", f"ws://{base}/ws")

    def fetcher(self, venue: str, **more: Any) -> Fetcher:
        """A venue's fetch layer, without its limit on requests."""
        more = {"per_second": 1_000} | more
        return Fetcher(self.source(venue), now_ms=wall_ms, insecure=True, label="TEST", **more)

    def streamer(self, venue: str, put: Any, **more: Any) -> Streamer:
        """A venue's stream, in a hurry."""
        more = {"pace": QUICK, "symbols": SIMULATED[venue], "jitter": lambda: 0.0} | more
        symbols = more.pop("symbols")
        return Streamer(self.source(venue), symbols, put, now_ms=wall_ms, insecure=True, label="TEST", **more)


class Peak:
    """The most memory this process had since the start of a ``with``; ``grown_kib`` is by how much it rose."""

    def __enter__(self) -> "Peak":
        # Forgets the peak so far (man 5 proc, clear_refs), or an earlier test's would hide this one's.
        Path("/proc/self/clear_refs").write_text("5")
        self._before, self.grown_kib = _kib("VmRSS"), 0
        return self

    def __exit__(self, *_: object) -> None:
        self.grown_kib = _kib("VmHWM") - self._before


def _kib(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1])


@contextlib.asynccontextmanager
async def exchange(seed: int = 7) -> AsyncIterator[Exchange]:
    """A simulated market on a free port."""
    market = open_market(epoch_ms=wall_ms() // 1000 * 1000, seed=seed)
    server = MarketServer(market, wall_ms)
    listening = await asyncio.start_server(server.connection, HOST, 0)
    try:
        yield Exchange(server, listening.sockets[0].getsockname()[1])
    finally:
        listening.close()


@contextlib.asynccontextmanager
async def running(streamer: Streamer) -> AsyncIterator[Streamer]:
    """A stream while it runs."""
    task = asyncio.create_task(streamer.run())
    try:
        yield streamer
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Any, within_s: float = 5.0) -> bool:
    """Whether the condition came to hold within the time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while not condition():  # noqa: ASYNC110 - what is watched is a plain attribute
                await asyncio.sleep(0.02)
            return True
    return False


def honest(market: MarketServer, quote: Quote) -> bool:
    """Whether the market ever showed these prices at the time that the quote carries."""
    shown = market.market.quote(quote.venue, quote.symbol, quote.observed_at_ms)
    return shown is not None and (quote.bid, quote.ask) == (shown.bid, shown.ask)
