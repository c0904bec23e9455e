"""What only a local test chain can do: give accounts money, mine on a timer."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from aiohttp import ClientError
from web3 import AsyncHTTPProvider
from web3.exceptions import Web3Exception
from web3.types import RPCEndpoint

from reporter.errors import ChainError

FUNDS_WEI = 100 * 10**18


class LocalChain:
    """An Anvil or Hardhat node on 127.0.0.1."""

    def __init__(self, kind: str, url: str) -> None:
        self.kind, self.url = kind, url
        self._provider = AsyncHTTPProvider(url, exception_retry_configuration=None)

    async def request(self, method: str, *params: Any) -> Any:
        """One JSON-RPC call. Raises ``ChainError`` with the node's own words."""
        try:
            answer = await self._provider.make_request(RPCEndpoint(method), list(params))
        except (ClientError, OSError, ValueError, Web3Exception) as error:
            raise ChainError(f"{self.kind} at {self.url} does not answer: {type(error).__name__}") from None
        if "error" in answer:
            raise ChainError(
                f"{self.kind} refused {method}: {answer['error'].get('message', answer['error'])}"
            )
        return answer["result"]

    async def wait_until_up(self, timeout_s: float) -> bool:
        """Whether it answers within the time."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            try:
                await self.request("eth_chainId")
            except ChainError:
                await asyncio.sleep(0.05)
            else:
                return True
        return False

    async def fund(self, addresses: Sequence[str]) -> None:
        """Give each address 100 ETH."""
        for address in addresses:
            await self.request(f"{self.kind}_setBalance", address, hex(FUNDS_WEI))

    async def mine_on_a_timer(self, block_time_s: int) -> None:
        """From now on one block each ``block_time_s``, and none in between."""
        await self.request("evm_setAutomine", False)
        await self.request(
            "evm_setIntervalMining", block_time_s if self.kind == "anvil" else block_time_s * 1000
        )

    async def close(self) -> None:
        await self._provider.disconnect()
