"""pragma-sdk: one poll of 30 of its fetchers by its own client, against the servers of bench/polling.py. Wall and CPU ms.

Its rate of USDT is fixed at 1 and its chain client left out: both would ask the internet. Arguments: the servers. With
``--memory`` first: megabytes after five polls of 50 pairs by ten fetchers each, without what publishes them.
"""

import asyncio
import json
import sys
import time
from statistics import median

from pragma_sdk.common.fetchers.fetcher_client import FetcherClient
from pragma_sdk.common.fetchers.fetchers.gateio import GateioFetcher
from pragma_sdk.common.fetchers.fetchers.okx import OkxFetcher
from pragma_sdk.common.fetchers.interface import FetcherInterfaceT
from pragma_sdk.common.types.pair import Pair

KINDS = {"okx": OkxFetcher, "gate": GateioFetcher}
"""Those that read the documented bodies served there; their prices agree, or its guard would drop some."""
ASKED, POLLS, WARMING = 30, 40, 3


async def one_dollar(_: object, __: str) -> float:
    return 1.0


def fetchers(bases: list[str], count: int, pairs: int) -> list[FetcherInterfaceT]:
    found, kinds = [], list(KINDS)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        made = KINDS[kind]([Pair.from_tickers("BTC", "USD")] * pairs, "bench")
        url = f"{bases[number % len(bases)]}/{kind}/ticker"
        made.format_url = lambda _, url=url: url
        found.append(made)
    return found


def client(bases: list[str], count: int = ASKED, pairs: int = 1) -> FetcherClient:
    FetcherInterfaceT.get_client = lambda *_: None
    FetcherInterfaceT.get_stable_price = one_dollar
    made = FetcherClient()
    made.add_fetchers(fetchers(bases, count, pairs))
    return made


async def main(bases: list[str]) -> None:
    made, walls, cpus = client(bases), [], []
    for turn in range(POLLS):
        wall, cpu = time.perf_counter(), time.process_time()
        answered = await made.fetch()
        assert len(answered) == ASKED, answered
        if turn >= WARMING:
            walls.append((time.perf_counter() - wall) * 1000)
            cpus.append((time.process_time() - cpu) * 1000)
    print(json.dumps({"ms": round(median(walls), 1), "cpu_ms": round(median(cpus), 1)}))


async def memory(bases: list[str]) -> None:
    made = client(bases, 10, 50)
    for _ in range(5):
        answered = await made.fetch()
    with open("/proc/self/status") as status:  # noqa: ASYNC230 - at the end
        found = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    print(json.dumps({"mb": round(found * 1024 / 10**6, 1), "entries": len(answered)}))


if __name__ == "__main__":
    asyncio.run(memory(sys.argv[2:]) if sys.argv[1] == "--memory" else main(sys.argv[1:]))
