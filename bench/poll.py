"""One poll of 30 venues that answer after 50 ms (bench/polling.py), beside pragma-sdk's client and ccxt's against the same
servers: ours, theirs, ours again. The peers read only those venues whose documented body is the one that they ask for."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from parts import Row, load, peer, row, say
from polling import ASKED, POLLS, SERVERS, ours, venues

NAME = "30 venues x 50 ms, one poll"


async def measure() -> tuple[dict[str, float], dict[str, Any], dict[str, Any]]:
    async with AsyncExitStack() as stack:
        served = [await stack.enter_async_context(venues()) for _ in range(SERVERS)]
        bases = [served[n % SERVERS] for n in range(ASKED)]
        before = await ours(bases)
        pragma, ccxt = [await asyncio.to_thread(peer, name, *served) for name in ("pragma-sdk", "ccxt")]
        after = await ours(bases)
    return {key: round((before[key] + after[key]) / 2, 1) for key in before}, pragma, ccxt


def rows(found: dict[str, float], pragma: dict[str, Any], ccxt: dict[str, Any]) -> list[Row]:
    note = f"pragma-sdk: {pragma}; ccxt: {ccxt}"
    return [
        row(
            *(NAME, found["wall ms"], 65, "ms", POLLS),
            **{"peer": pragma.get("ms"), "floor": 50, "note": note, "load": load()},
        ),
        row(f"{NAME}: CPU", found["CPU ms"], 14, "ms CPU", POLLS, peer=pragma.get("cpu_ms")),
    ]


def main() -> None:
    say(rows(*asyncio.run(measure())))


if __name__ == "__main__":
    main()
