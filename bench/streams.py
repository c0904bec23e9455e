"""What it costs to listen and to ask: one message of each stream into the book; 30 venues of 50 ms asked at once.

python bench/streams.py [--json]
"""

import asyncio
import gc
import gzip
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from statistics import median

from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from reporter.book import Book
from reporter.sources import VENUES, make_source
from reporter.sources.base import Fetcher
from reporter.sources.layout import Link
from reporter.sources.venue import Source
from reporter.wiring import wall_ms

FRAMES = Path(__file__).parents[1] / "tests/unit/golden/streams"
ASKED, LATENCY_MS, POLLS = 30, 50, 15
BASES = ("coinbase", "kraken", "okx", "bybit", "bitget")


def cost_us(call: Callable[[], object], repeats: int = 60, inner: int = 100) -> float:
    """Median CPU microseconds of one call over ``repeats`` batches, without the collector."""
    samples = []
    gc.disable()
    for _ in range(repeats):
        start = time.process_time_ns()
        for _ in range(inner):
            call()
        samples.append((time.process_time_ns() - start) / inner / 1000)
    gc.enable()
    return round(median(samples), 1)


def frames(kind: str) -> list[bytes]:
    """The documented frames of a venue's stream; the last one is a price."""
    lines = (FRAMES / f"{kind}.txt").read_text().splitlines()
    found = [bytes.fromhex(line[4:]) if line.startswith("hex:") else line.encode() for line in lines]
    return [gzip.compress(frame) for frame in found] if kind == "htx" else found


def link(source: Source, frame: bytes) -> Link:
    """A connection that wants the market of the frame."""
    wanted = {source.spell_stream("BTC", quote): f"BTC/{quote}" for quote in ("USD", "USDT")}
    return Link(wanted, source.name)


def into_the_book(kind: str) -> float:
    """CPU of one message: bytes as they come off the WebSocket, to a quote that the book has taken."""
    source, book, said = make_source(kind), Book(), frames(kind)
    heard = link(source, said[-1])
    for frame in said[:-1]:
        source.parse_frame(frame, heard, 0)
    last, now_ms = said[-1], wall_ms()

    def one() -> None:
        for quote in source.parse_frame(last, heard, now_ms).quotes:
            book.put(quote)

    assert source.parse_frame(last, heard, now_ms).quotes
    return cost_us(one)


def off_the_wire(kind: str) -> float:
    """CPU of the WebSocket library alone for the same message: bytes of a frame to its payload."""
    wire = Frame(Opcode.TEXT, frames(kind)[-1]).serialize(mask=False)

    def one() -> None:
        reader = StreamReader()
        reader.feed_data(wire)
        parser = Frame.parse(reader.read_exact, mask=False, max_size=2**18)
        try:
            next(parser)
        except StopIteration:
            return

    return cost_us(one)


def carelessly(kind: str) -> float:
    """CPU of the least one can do with the same message: json, three Decimals and a dict; nothing is checked."""
    text, kept = frames(kind)[-1].decode(), {}

    def one() -> None:
        row = json.loads(text, parse_float=Decimal)["data"][0]
        kept[row["instId"]] = (
            Decimal(row["bidPx"]),
            Decimal(row["askPx"]),
            Decimal(row["last"]),
            int(row["ts"]),
        )

    return cost_us(one)


async def poll() -> tuple[float, float]:
    """Wall and CPU milliseconds of one round over 30 venues, each of which takes 50 ms: medians."""
    command = [sys.executable, "-m", "reporter.market", "--port", "0"]
    market = await asyncio.create_subprocess_exec(*command, stderr=subprocess.PIPE)
    try:
        assert market.stderr
        found = re.search(r"http://\S+", (await market.stderr.readline()).decode())
        assert found
        await slow(found[0])
        return await rounds(found[0])
    finally:
        market.terminate()
        await market.wait()


async def slow(base: str) -> None:
    """Make every venue of the market server take its time."""
    host, _, port = base.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = json.dumps({"venue": "*", "fault": "latency", "ms": LATENCY_MS})
    writer.write(f"POST /faults HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    assert b" 200 " in await reader.readline()
    writer.close()


async def rounds(base: str) -> tuple[float, float]:
    """Ask all thirty at once, several times."""
    kinds = [BASES[n % len(BASES)] for n in range(ASKED)]
    fetchers = [
        Fetcher(make_source(kind, f"{base}/{kind}"), now_ms=wall_ms, insecure=True, per_second=1_000)
        for kind in kinds
    ]
    symbols = {kind: ["BTC/USD" if kind in ("coinbase", "kraken") else "BTC/USDT"] for kind in BASES}
    walls, cpus = [], []
    for _ in range(POLLS):
        wall, cpu = time.perf_counter(), time.process_time()
        fetched = await asyncio.gather(
            *(fetcher.fetch(symbols[kind]) for fetcher, kind in zip(fetchers, kinds, strict=True))
        )
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
        assert sum(len(each.quotes) for each in fetched) == ASKED
    for fetcher in fetchers:
        await fetcher.close()
    return round(median(walls), 1), round(median(cpus), 1)


def main() -> None:
    streamed = sorted(name for name, venue in VENUES.items() if venue.default_ws_url)
    figures = {kind: into_the_book(kind) for kind in streamed}
    wall_ms_, cpu_ms = asyncio.run(poll())
    result = {
        "message to book, us CPU": figures,
        "median of the venues, us CPU": round(median(figures.values()), 1),
        "the same of OKX without any check, us CPU": carelessly("okx"),
        "frame off the wire beside it, us CPU": off_the_wire("okx"),
        "30 venues of 50 ms, ms wall": wall_ms_,
        "30 venues of 50 ms, ms CPU": cpu_ms,
    }
    print(json.dumps(result) if "--json" in sys.argv else json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
