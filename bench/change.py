"""An exchange's price changes: how long until the answer on the chain is another, and where the time goes.

A devnet of four reporters and fifteen venues with streams. At a random moment every venue moves by 0.5 % (a fault of the
market server), 4 to 5 s later back. Who asks the feed by plain JSON-RPC every 20 ms sees the answer change.

heard     the venue's change until half of BTC/USD's markets have told us (a listener of our own, the reporters' code);
          the market server tells its streams at every 250 ms of the clock
due       until a reporter takes its turn: it prices the second that ended one second ago
gathered  until a quorum has signed
sent      until an endpoint has taken the transaction
mined     until it is in a block, one a second, and seen
"""

import argparse
import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from aiohttp import ClientSession
from parts import Row, devnet, load, percentile, row, say, switch

from reporter.market.simulated import VENUES
from reporter.models import Quote
from reporter.sources import make_source
from reporter.sources.stream import Streamer
from reporter.wiring import wall_ms

FEED, LATEST_ROUND_DATA = "BTC/USD", "0xfeaf968c"
MOVED_PPM, LOOK_S, GIVE_UP_S = 2_500, 0.02, 15
FLOOR_MS, FLOOR_P99_MS = 2_125, 3_000
"""By design, without any work. On average 1,500 from the change until the first second that holds it is one second old, 125
until the next tick, 500 until the next block."""
STATIONS = ("heard", "due", "gathered", "sent", "mined")


@dataclass
class Ear:
    """When each of the feed's markets was first heard at another price."""

    last: dict[tuple[str, str], int] = field(default_factory=dict)
    before: dict[tuple[str, str], int] = field(default_factory=dict)
    moved: dict[tuple[str, str], int] = field(default_factory=dict)

    def put(self, quote: Quote) -> None:
        key, price = (quote.venue, quote.symbol), quote.bid or 0
        self.last[key] = price
        if key in self.before and key not in self.moved and apart(price, self.before[key]):
            self.moved[key] = quote.received_at_ms

    def mark(self) -> None:
        self.before, self.moved = dict(self.last), {}

    def half_ms(self) -> int:
        """When half of them had told."""
        return sorted(self.moved.values())[(len(self.before) - 1) // 2]


def apart(price: int, before: int) -> bool:
    return abs(price - before) * 10**6 > MOVED_PPM * before


def listeners(market: str, ear: Ear) -> list[asyncio.Task[Any]]:
    """A stream to every venue that has a market of the feed."""
    address = market.removeprefix("http")
    found = []
    for venue, symbols in VENUES.items():
        wanted = [s for s in symbols if s.startswith("BTC/")]
        source = make_source(venue, f"http{address}/{venue}", f"ws{address}/{venue}/ws")
        streamer = Streamer(source, wanted, ear.put, now_ms=wall_ms, insecure=True)
        found.append(asyncio.create_task(streamer.run()))
    return found


class Chain:
    """The feed's contract, read as any consumer would."""

    def __init__(self, session: ClientSession, ready: dict[str, Any]) -> None:
        self._session, self._url = session, ready["rpc"]
        call = {"to": ready["deployment"]["feeds"][FEED]["address"], "data": LATEST_ROUND_DATA}
        self._asked = {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [call, "latest"]}

    async def answer(self) -> int:
        async with self._session.post(self._url, json=self._asked) as said:
            words = bytes.fromhex((await said.json())["result"][2:])
        return int.from_bytes(words[32:64], "big")


async def changed(chain: Chain, before: int) -> tuple[int, int]:
    """The answer that is apart from ``before``, and when it was seen."""
    async with asyncio.timeout(GIVE_UP_S):
        while not apart(answer := await chain.answer(), before):  # noqa: ASYNC110 - the chain is asked, it does not call
            await asyncio.sleep(LOOK_S)
    return answer, wall_ms()


def published(folder: Path, answer: int, since_ms: int) -> dict[str, int] | None:
    """What the reporter that sent an answer logged of it."""
    for path in sorted(folder.glob("reporter-*.log")):
        for line in reversed(path.read_text().splitlines()):
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("event") != "published" or event["due_ms"] < since_ms:
                continue
            if event["answers"].get(FEED) == answer:
                return {name: event[name] for name in ("due_ms", "gathered_ms", "sent_ms")}
    return None


async def one(chain: Chain, ear: Ear, base: str, folder: Path, fault: str) -> dict[str, int]:
    """Milliseconds of one change, in all and by station."""
    ear.mark()
    before, began = await chain.answer(), wall_ms()
    await switch(base, fault)
    at_ms = (began + wall_ms()) // 2
    answer, seen_ms = await changed(chain, before)
    log: dict[str, int] | None = None
    async with asyncio.timeout(5):
        while (log := published(folder, answer, at_ms)) is None:  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.1)
    times = [at_ms, ear.half_ms(), log["due_ms"], log["gathered_ms"], log["sent_ms"], seen_ms]
    steps = {name: after - first for name, first, after in zip(STATIONS, times, times[1:], strict=False)}
    return {"all": seen_ms - at_ms, **steps}


async def measure(changes: int, seed: int) -> list[dict[str, int]]:
    ear, found, chance = Ear(), list[dict[str, int]](), random.Random(seed)
    async with devnet() as ready, ClientSession() as session:
        chain, base = Chain(session, ready), ready["marketServer"]
        folder = Path(ready["reporters"][0]["config"]).parent.parent
        tasks = listeners(base, ear)
        await asyncio.sleep(5)
        for number in range(changes):
            await asyncio.sleep(1 + chance.random())
            found.append(await one(chain, ear, base, folder, "none" if number % 2 else "x1.005"))
            await asyncio.sleep(1)
        for task in tasks:
            task.cancel()
    return found


def rows(found: list[dict[str, int]]) -> list[Row]:
    by = {name: [each[name] for each in found] for name in ("all", *STATIONS)}
    stations = {name: [median(by[name]), percentile(by[name], 99)] for name in STATIONS}
    name = "exchange price change -> answer on-chain"
    return [
        row(
            *(f"{name}, median", median(by["all"]), None, "ms", len(found)),
            **{"floor": FLOOR_MS, "stations": stations, "note": "no peer publishes it", "load": load()},
        ),
        row(f"{name}, p99", percentile(by["all"], 99), None, "ms", len(found), floor=FLOOR_P99_MS),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=40)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    say(rows(asyncio.run(measure(options.changes, options.seed))))


if __name__ == "__main__":
    main()
