"""Talking to RPC endpoints: reads from the first that answers, sends to all. Endpoints are hostile until checked."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from eth_typing import ChecksumAddress, HexAddress, HexStr
from hexbytes import HexBytes
from web3 import AsyncHTTPProvider, AsyncWeb3
from web3.exceptions import (
    ContractCustomError,
    ContractLogicError,
    TransactionNotFound,
    Web3RPCError,
)
from web3.types import RPCEndpoint

from reporter.chain.revert import explain
from reporter.errors import ChainError
from reporter.telemetry import redact

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Block:
    """What we take of a block: Unix seconds and wei."""

    number: int
    timestamp: int
    base_fee: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What we take of a receipt."""

    block: int
    gas_used: int
    succeeded: bool


class SendRefused(ChainError):
    """Every endpoint refused a transaction in words: it was not sent."""


@dataclass(frozen=True, slots=True)
class _Problem:
    text: str
    definite: bool


ALREADY_SENT = ("already imported", "already known", "known transaction")
MAX_WHOLE = 2**63


class Rpc:
    """A list of endpoints of one chain."""

    def __init__(self, urls: Sequence[str], chain_id: int, timeout_s: float = 5) -> None:
        self.urls = tuple(urls)
        self.chain_id = chain_id
        self._nodes = [_connect(url, timeout_s) for url in urls]
        self._checked: set[int] = set()
        self._good = 0

    async def read(self, call: Callable[[AsyncWeb3[AsyncHTTPProvider]], Awaitable[T]]) -> T:
        """The answer of the first endpoint that gives one, the last good one asked first.

        Raises:
            ChainError: A contract reverted (its error decoded), or no endpoint answered (each with its reason).
        """
        failures = []
        for number in sorted(range(len(self._nodes)), key=lambda n: n != self._good):
            try:
                await self._check_chain(number)
                found = await call(self._nodes[number])
            except (ContractCustomError, ContractLogicError) as error:
                raise ChainError(f"the contract reverted: {explain(error.data)}") from None
            except Exception as error:  # noqa: BLE001 - on a garbage reply web3 raises nearly anything
                failures.append(f"{redact(self.urls[number])}: {_short(error)}")
            else:
                self._good = number
                return found
        raise ChainError("no RPC endpoint answered: " + "; ".join(failures), hint="check chain.rpc_urls")

    async def head(self) -> Block:
        """The newest block, range-checked."""
        return await self.read(lambda w3: _block(w3, "latest"))

    async def nonce(self, address: str) -> int:
        """How many transactions of an account are mined."""

        async def count(w3: AsyncWeb3[AsyncHTTPProvider]) -> int:
            return _whole(
                "nonce", await w3.eth.get_transaction_count(ChecksumAddress(HexAddress(HexStr(address))))
            )

        return await self.read(count)

    async def send(self, raw: bytes) -> None:
        """Hand a signed transaction to every endpoint; one acceptance is enough.

        Raises:
            Refused: Every endpoint refused it in words, so it is nowhere.
            ChainError: None took it, or nobody knows; each with its reason.
        """
        answers = await asyncio.gather(*(self._send_to(node, raw) for node in self._nodes))
        if all(answers):
            text = "no RPC endpoint took the transaction: " + "; ".join(a.text for a in answers if a)
            raise SendRefused(text) if all(a and a.definite for a in answers) else ChainError(text)

    async def _send_to(self, node: AsyncWeb3[AsyncHTTPProvider], raw: bytes) -> _Problem | None:
        try:
            await node.eth.send_raw_transaction(HexBytes(raw))
        except Exception as error:  # noqa: BLE001 - as in read
            said = _short(error)
            known = any(text in said.lower() for text in ALREADY_SENT)
            return None if known else _Problem(said, isinstance(error, Web3RPCError))
        return None

    async def receipt(self, tx_hash: str) -> Receipt | None:
        """A transaction's receipt, range-checked, or None while it has none."""

        async def found(w3: AsyncWeb3[AsyncHTTPProvider]) -> Receipt | None:
            try:
                raw = await w3.eth.get_transaction_receipt(HexStr(tx_hash))
            except TransactionNotFound:
                return None
            status = _whole("status", raw["status"], 2)
            return Receipt(
                _whole("block number", raw["blockNumber"]), _whole("gas", raw["gasUsed"]), status == 1
            )

        return await self.read(found)

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
        cacheable_requests={RPCEndpoint("eth_chainId")},
        request_cache_validation_threshold=1,
    )
    return AsyncWeb3(provider)


def _short(error: Exception) -> str:
    if isinstance(error, Web3RPCError) and error.rpc_response:
        return redact(str(error.rpc_response.get("error", {}).get("message", error)))[:200]
    return redact(f"{type(error).__name__}: {error}")[:200] if str(error) else type(error).__name__


async def block_at(rpc: Rpc, number: int) -> Block:
    """A block by number."""
    return await rpc.read(lambda w3: _block(w3, number))


async def _block(w3: AsyncWeb3[AsyncHTTPProvider], which: int | Literal["latest"]) -> Block:
    raw = await w3.eth.get_block(which)
    number, timestamp = _whole("block number", raw["number"]), _whole("block time", raw["timestamp"], 2**32)
    return Block(number, timestamp, _whole("base fee", raw.get("baseFeePerGas", 0), 2**128))


def _whole(what: str, value: Any, limit: int = MAX_WHOLE) -> int:
    if type(value) is not int or not 0 <= value < limit:
        raise ValueError(f"{what} is {value!r}")
    return value
