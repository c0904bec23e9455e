"""cryptofeed: one documented ticker message of OKX through its handler into a dictionary. CPU microseconds."""

import asyncio
import json
import sys
import time
from pathlib import Path
from statistics import median

from cryptofeed.defines import OKX as NAME
from cryptofeed.defines import TICKER
from cryptofeed.exchanges import OKX
from cryptofeed.symbols import Symbols

REPEATS, INNER = 60, 100


async def main(frame: str) -> None:
    kept = {}

    async def put(ticker: object, at: float) -> None:
        kept[ticker.symbol] = ticker

    Symbols.set(NAME, {"BTC-USDT": "BTC-USDT"}, {"instrument_type": {"BTC-USDT": "spot"}, "tick_size": {}})
    feed = OKX(symbols=["BTC-USDT"], channels=[TICKER], callbacks={TICKER: put})
    samples = []
    for _ in range(REPEATS):
        began = time.process_time_ns()
        for _ in range(INNER):
            await feed.message_handler(frame, None, 1.0)
        samples.append((time.process_time_ns() - began) / INNER / 1000)
    assert kept
    print(json.dumps({"us": round(median(samples), 1)}))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).read_text().splitlines()[-1]))
