"""Talking to RPC endpoints: reads from the first that answers, sends to all. Endpoints are hostile until checked."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from aiohttp import ClientError
from eth_typing import HexStr
from hexbytes import HexBytes
from web3 import AsyncHTTPProvider, AsyncWeb3
from web3.exceptions import (
    ContractCustomError,
    ContractLogicError,
    TransactionNotFound,
    Web3Exception,
    Web3RPCError,
)
from web3.types import BlockData

from reporter.chain.revert import explain
from reporter.errors import ChainError
from reporter.telemetry import redact

T = TypeVar("T")
ALREADY_SENT = ("already imported", "already known", "known transaction")
MAX_BLOCK = 2**63


class Rpc:
    """A list of endpoints of one chain."""

    def __init__(self, urls: Sequence[str], chain_id: int, timeout_s: float = 5) -> None:
        self.urls = tuple(urls)
        self.chain_id = chain_id
        self._nodes = [_connect(url, timeout_s) for url in urls]
        self._checked: set[int] = set()

    async def read(self, call: Callable[[AsyncWeb3[AsyncHTTPProvider]], Awaitable[T]]) -> T:
        """The answer of the first endpoint that gives one.

        Raises:
            ChainError: A contract reverted (its error decoded), or no endpoint answered (each with its reason).
        """
        failures = []
        for number, node in enumerate(self._nodes):
            try:
                await self._check_chain(number)
                return await call(node)
            except (ContractCustomError, ContractLogicError) as error:
                raise ChainError(f"the contract reverted: {explain(error.data)}") from None
            except TransactionNotFound:
                raise
            except (Web3Exception, ClientError, OSError, ValueError, TimeoutError) as error:
                failures.append(f"{redact(self.urls[number])}: {_short(error)}")
        raise ChainError("no RPC endpoint answered: " + "; ".join(failures), hint="check chain.rpc_urls")

    async def head(self) -> BlockData:
        """The newest block, range-checked."""
        block = await self.read(lambda w3: w3.eth.get_block("latest"))
        if not 0 <= block["number"] < MAX_BLOCK or not 0 < block["timestamp"] < 2**32:
            raise ChainError(
                f"an RPC endpoint gave an impossible block: {block['number']} at {block['timestamp']}"
            )
        return block

    async def send(self, raw: bytes) -> None:
        """Hand a signed transaction to every endpoint; one acceptance is enough.

        Raises:
            ChainError: None took it; each with its reason.
        """
        answers = await asyncio.gather(*(self._send_to(node, raw) for node in self._nodes))
        if all(answers):
            raise ChainError("no RPC endpoint took the transaction: " + "; ".join(filter(None, answers)))

    async def _send_to(self, node: AsyncWeb3[AsyncHTTPProvider], raw: bytes) -> str:
        try:
            await node.eth.send_raw_transaction(HexBytes(raw))
        except (Web3Exception, ClientError, OSError, ValueError, TimeoutError) as error:
            said = _short(error)
            return "" if any(known in said.lower() for known in ALREADY_SENT) else said
        return ""

    async def receipt(self, tx_hash: str) -> Any | None:
        """A transaction's receipt, or None while it has none."""
        try:
            return await self.read(lambda w3: w3.eth.get_transaction_receipt(HexStr(tx_hash)))
        except TransactionNotFound:
            return None

    async def _check_chain(self, number: int) -> None:
        if number not in self._checked:
            found = await self._nodes[number].eth.chain_id
            if found != self.chain_id:
                raise ValueError(f"it is chain {found}, not {self.chain_id}")
            self._checked.add(number)

    async def close(self) -> None:
        """Close every connection."""
        for node in self._nodes:
            await node.provider.disconnect()


def _connect(url: str, timeout_s: float) -> AsyncWeb3[AsyncHTTPProvider]:
    provider = AsyncHTTPProvider(
        url,
        request_kwargs={"timeout": timeout_s},
        exception_retry_configuration=None,
        cache_allowed_requests=True,  # else web3 asks eth_chainId twice around every call
    )
    return AsyncWeb3(provider)


def _short(error: Exception) -> str:
    if isinstance(error, Web3RPCError) and error.rpc_response:
        return redact(str(error.rpc_response.get("error", {}).get("message", error)))[:200]
    return redact(f"{type(error).__name__}: {error}")[:200] if str(error) else type(error).__name__
