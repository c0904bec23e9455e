"""What a poll costs: 30 venues that answer after 50 ms, asked at once; beside it the same through httpx's client, unchecked.

The venues are processes of their own, so that the CPU here is the reporter's alone. Bodies are the documented ones.

python bench/polling.py [--json]
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from email.utils import formatdate
from pathlib import Path
from statistics import median

import httpx

from reporter.sources import make_source
from reporter.sources.base import Fetcher
from reporter.wiring import wall_ms

BODIES = Path(__file__).parents[1] / "tests/unit/golden"
ASKED, LATENCY_MS, POLLS, SERVERS = 30, 50, 40, 2
WARMING = 3
SYMBOLS = {
    **dict.fromkeys(("okx", "bybit", "kucoin", "gate", "htx", "mexc", "bitget"), "BTC/USDT"),
    **dict.fromkeys(("coinbase", "gemini", "bitstamp"), "BTC/USD"),
}
KINDS = [sorted(SYMBOLS)[n % len(SYMBOLS)] for n in range(ASKED)]


async def venue(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every request of a connection after 50 ms, with the body of the venue that leads its path."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            body = (BODIES / f"{head.split(b'/', 2)[1].decode()}.json").read_bytes()
            await asyncio.sleep(LATENCY_MS / 1000)
            named = {"Date": formatdate(usegmt=True), "Content-Type": "application/json; charset=utf-8"}
            named |= {"Content-Length": str(len(body)), "Cache-Control": "no-store", "Server": "venue"}
            lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
            writer.write(f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode() + body)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def serve() -> None:
    """Be the venues: say the port, then answer for ever."""
    server = await asyncio.start_server(venue, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@asynccontextmanager
async def venues():  # type: ignore[no-untyped-def]
    """A process that serves; its address."""
    command = [sys.executable, __file__, "--serve"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout
    try:
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.terminate()
        await process.wait()


async def measured(poll: Callable[[], Awaitable[int]]) -> dict[str, float]:
    """Medians of one poll: wall and CPU milliseconds; ``poll`` gives how many venues answered."""
    walls, cpus = [], []
    for turn in range(POLLS):
        wall, cpu = time.perf_counter(), time.process_time()
        answered = await poll()
        assert answered == ASKED, answered
        if turn >= WARMING:
            walls.append((time.perf_counter() - wall) * 1000)
            cpus.append((time.process_time() - cpu) * 1000)
    return {"wall ms": round(median(walls), 1), "CPU ms": round(median(cpus), 1)}


async def ours(bases: list[str]) -> dict[str, float]:
    """A fetcher for each venue, every rule in force."""
    fetchers = [
        Fetcher(make_source(kind, f"{base}/{kind}"), now_ms=wall_ms, insecure=True, per_second=1_000)
        for kind, base in zip(KINDS, bases, strict=True)
    ]

    async def poll() -> int:
        asks = (fetcher.fetch([SYMBOLS[kind]]) for fetcher, kind in zip(fetchers, KINDS, strict=True))
        return sum(len(fetched.quotes) for fetched in await asyncio.gather(*asks))

    result = await measured(poll)
    for fetcher in fetchers:
        await fetcher.close()
    return result


async def carelessly(bases: list[str]) -> dict[str, float]:
    """The least one does with httpx: a client for each venue as it comes, ``json``, nothing is checked."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(httpx.AsyncClient(trust_env=False)) for _ in bases]
        urls = [f"{base}/{kind}/ticker" for base, kind in zip(bases, KINDS, strict=True)]

        async def poll() -> int:
            answers = await asyncio.gather(*(c.get(u) for c, u in zip(clients, urls, strict=True)))
            return sum(bool(answer.json()) for answer in answers)

        return await measured(poll)


async def compare() -> dict[str, object]:
    """Both, against the same venues."""
    async with AsyncExitStack() as stack:
        served = [await stack.enter_async_context(venues()) for _ in range(SERVERS)]
        bases = [served[n % SERVERS] for n in range(ASKED)]
        load = os.getloadavg()[0]
        return {
            "one poll of 30 venues of 50 ms": await ours(bases),
            "the same by httpx, unchecked": await carelessly(bases),
            "load before": round(load, 2),
        }


def main() -> None:
    if "--serve" in sys.argv:
        asyncio.run(serve())
        return
    result = asyncio.run(compare())
    print(json.dumps(result) if "--json" in sys.argv else json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
