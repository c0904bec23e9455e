"""ccxt: one poll of 30 clients of OKX, asked at once; wall and CPU ms. Arguments: the servers."""

import asyncio
import json
import sys
import time
from statistics import median

import ccxt.async_support as ccxt

ASKED, POLLS, WARMING = 30, 20, 3
MARKET = {
    **{"id": "BTC-USDT", "symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "active": True},
    **{"baseId": "BTC", "quoteId": "USDT", "type": "spot", "spot": True, "swap": False, "contract": False},
    **{"future": False, "option": False, "margin": False, "linear": None, "inverse": None, "settle": None},
    **{"limits": {}, "precision": {"amount": 1e-8, "price": 1e-8}, "info": {}},
}


def client(base: str) -> ccxt.Exchange:
    made = ccxt.okx({"enableRateLimit": False})
    made.set_markets({"BTC/USDT": MARKET})
    made.urls["api"] = {kind: f"{base}/okx" for kind in made.urls["api"]}
    return made


async def main(bases: list[str]) -> None:
    clients, walls, cpus = [client(bases[n % len(bases)]) for n in range(ASKED)], [], []
    try:
        for turn in range(POLLS):
            wall, cpu = time.perf_counter(), time.process_time()
            answered = await asyncio.gather(*(each.fetch_ticker("BTC/USDT") for each in clients))
            assert all(each["last"] for each in answered)
            if turn >= WARMING:
                walls.append((time.perf_counter() - wall) * 1000)
                cpus.append((time.process_time() - cpu) * 1000)
    finally:
        for each in clients:
            await each.close()
    print(json.dumps({"ms": round(median(walls), 1), "cpu_ms": round(median(cpus), 1)}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
