"""telliot: seven price sources and one transaction by its own classes, against the bench's servers. Milliseconds, RPC calls.

Its reporter asks the chain more before it submits (stake, time, gas price); here is only what `Contract.write` does.
Arguments: the market server, the RPC endpoint.
"""

import asyncio
import inspect
import json
import sys
import time
from statistics import median

inspect.getargspec = (
    inspect.getfullargspec
)  # gone since Python 3.11; the parsimonious of its eth-abi wants it

# After it, as they are what wants it: noqa E402.
import requests  # noqa: E402
from telliot_core.contract.contract import Contract  # noqa: E402
from telliot_core.model.endpoints import RPCEndpoint  # noqa: E402
from telliot_feeds.sources.price.spot.coinbase import CoinbaseSpotPriceSource  # noqa: E402
from telliot_feeds.sources.price.spot.gemini import GeminiSpotPriceSource  # noqa: E402
from telliot_feeds.sources.price.spot.kraken import KrakenSpotPriceSource  # noqa: E402
from telliot_feeds.sources.price.spot.okx import OKXSpotPriceSource  # noqa: E402
from telliot_feeds.sources.price_aggregator import PriceAggregator  # noqa: E402

KINDS = {
    "kraken": (KrakenSpotPriceSource, "usd"),
    "coinbase": (CoinbaseSpotPriceSource, "usd"),
    "gemini": (GeminiSpotPriceSource, "usd"),
    "okx/api": (OKXSpotPriceSource, "usdt"),
}
SEVEN = [*KINDS, *KINDS][:7]
RUNS = 7
ABI = [
    {
        "type": "function",
        "name": "submitValue",
        "stateMutability": "nonpayable",
        "inputs": [
            {"name": "_queryId", "type": "bytes32"},
            {"name": "_value", "type": "bytes"},
            {"name": "_nonce", "type": "uint256"},
            {"name": "_queryData", "type": "bytes"},
        ],
        "outputs": [],
    }
]


def aggregator(base: str) -> PriceAggregator:
    sources = []
    for path in SEVEN:
        kind, currency = KINDS[path]
        source = kind(asset="eth", currency=currency)
        source.service.url = f"{base}/{path}"
        sources.append(source)
    return PriceAggregator(asset="eth", currency="usd", algorithm="median", sources=sources)


async def main(base: str, rpc: str) -> None:  # its own calls block, too
    node = RPCEndpoint(chain_id=31337, url=rpc, explorer="")
    node.connect()
    contract = Contract("0x" + "5f" * 20, ABI, node)
    contract.connect()
    contract._private_key = b"\x08" * 32
    feed, walls, fetches, calls = aggregator(base), [], [], []
    for run in range(RUNS):
        requests.delete(f"{rpc}calls", timeout=5)  # noqa: ASYNC210
        began = time.perf_counter()
        price, _ = await feed.fetch_new_datapoint()
        fetches.append((time.perf_counter() - began) * 1000)
        value = {
            "_queryId": b"\1" * 32,
            "_value": int(price * 10**18).to_bytes(32, "big"),
            "_nonce": run,
            "_queryData": b"",
        }
        _, status = await contract.write(
            "submitValue", None, max_fee_per_gas=5, max_priority_fee_per_gas=1, **value
        )
        walls.append((time.perf_counter() - began) * 1000)
        assert status.ok, status.error
        calls.append(len(requests.get(f"{rpc}calls", timeout=5).json()))  # noqa: ASYNC210
    print(
        json.dumps(
            {
                "ms": round(median(walls), 1),
                "fetch_ms": round(median(fetches), 1),
                "calls": int(median(calls)),
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
