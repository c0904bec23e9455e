"""An RPC endpoint that answers every call after 20 ms: enough of Ethereum for a transaction. Its first line is its address.

``GET /calls`` is the list of methods asked so far, ``DELETE /calls`` forgets them.
"""

import asyncio
import json
import time
from typing import Any

from aiohttp import web
from eth_utils.crypto import keccak

DELAY_S, CHAIN_ID, GWEI = 0.02, 31337, 10**9


class Endpoint:
    """Takes every transaction; each is mined at once."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.taken = 0

    async def handle(self, request: web.Request) -> web.Response:
        asked = json.loads(await request.read())
        self.calls.append(asked["method"])
        await asyncio.sleep(DELAY_S)
        return web.json_response({"jsonrpc": "2.0", "id": asked["id"], "result": self._result(asked)})

    def _result(self, asked: dict[str, Any]) -> Any:
        method, params = asked["method"], asked.get("params") or []
        if method == "eth_sendRawTransaction":
            self.taken += 1
            return "0x" + keccak(hexstr=params[0]).hex()
        if method == "eth_getTransactionReceipt":
            return receipt(params[0])
        fixed = {
            "eth_chainId": hex(CHAIN_ID),
            "net_version": str(CHAIN_ID),
            "eth_getTransactionCount": hex(self.taken),
            "eth_getBalance": hex(10**20),
            "eth_gasPrice": hex(2 * GWEI),
            "eth_maxPriorityFeePerGas": hex(GWEI),
            "eth_estimateGas": hex(200_000),
            "eth_feeHistory": history(),
            "eth_getBlockByNumber": block(),
            "eth_blockNumber": hex(100),
            "eth_syncing": False,
            "web3_clientVersion": "stub",
        }
        return fixed.get(method, "0x" + "00" * 31 + "01")

    async def listed(self, request: web.Request) -> web.Response:
        found, self.calls = self.calls, [] if request.method == "DELETE" else self.calls
        return web.json_response(found)


def block() -> dict[str, Any]:
    zero = "0x" + "00" * 32
    return {
        **dict.fromkeys(("hash", "parentHash", "stateRoot", "receiptsRoot", "transactionsRoot"), zero),
        **dict.fromkeys(("sha3Uncles", "mixHash"), zero),
        **{
            "miner": "0x" + "00" * 20,
            "logsBloom": "0x" + "00" * 256,
            "extraData": "0x",
            "nonce": "0x" + "00" * 8,
        },
        **{"number": hex(100), "timestamp": hex(int(time.time())), "baseFeePerGas": hex(GWEI), "size": "0x1"},
        **{"gasLimit": hex(30_000_000), "gasUsed": "0x0", "difficulty": "0x0", "totalDifficulty": "0x0"},
        **{"transactions": [], "uncles": []},
    }


def history() -> dict[str, Any]:
    rewards = [[hex(GWEI)] for _ in range(10)]
    return {
        "oldestBlock": hex(91),
        "reward": rewards,
        "baseFeePerGas": [hex(GWEI)] * 11,
        "gasUsedRatio": [0.5] * 10,
    }


def receipt(tx_hash: str) -> dict[str, Any]:
    return {
        **{
            "transactionHash": tx_hash,
            "blockNumber": hex(100),
            "blockHash": "0x" + "00" * 32,
            "status": "0x1",
        },
        **{"gasUsed": hex(100_000), "cumulativeGasUsed": hex(100_000), "effectiveGasPrice": hex(2 * GWEI)},
        **{
            "from": "0x" + "00" * 20,
            "to": "0x" + "00" * 20,
            "contractAddress": None,
            "transactionIndex": "0x0",
        },
        **{"logs": [], "logsBloom": "0x" + "00" * 256, "type": "0x2"},
    }


async def main() -> None:
    endpoint, app = Endpoint(), web.Application()
    app.router.add_post("/", endpoint.handle)
    app.router.add_route("*", "/calls", endpoint.listed)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
