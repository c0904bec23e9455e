"""Sending transactions from the gas key: one at a time, journalled before they leave, known until they are mined."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from web3.types import TxParams

from reporter.chain.revert import explain
from reporter.chain.rpc import Rpc
from reporter.errors import ChainError
from reporter.peers.gather import Batch
from reporter.store import Store

UPDATE = keccak(text="update(uint64,uint32,bytes32[],bytes)")[:4]
ACCRUE = keccak(text="accrue(bytes32)")[:4]
PRIORITY_FEE = 10**9
RECEIPT_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Mined:
    """What became of a transaction."""

    tx_hash: str
    block: int
    gas_used: int
    succeeded: bool
    reason: str = ""


def update_calldata(batch: Batch) -> bytes:
    """The call ``Aggregator.update`` for a batch."""
    request = batch.request
    arguments = (request.observed_at, batch.bitmap, list(request.feed_ids), batch.observations)
    return UPDATE + encode(["uint64", "uint32", "bytes32[]", "bytes"], arguments)


def update_gas_limit(batch: Batch) -> int:
    """Enough for the dearest case, a first lap: fresh storage slots for every feed. Unused gas is not paid."""
    feeds, signatures = len(batch.request.feed_ids), len(batch.signed)
    return 120_000 + 12_000 * signatures + feeds * (70_000 + 2_500 * signatures)


def accrue_calldata(market: bytes) -> bytes:
    """The call ``PerpetualFunding.accrue`` for a market id."""
    return ACCRUE + market


class Submitter:
    """One gas key. Calls are queued by a lock, so nonces go out in order and none is used twice."""

    def __init__(
        self, rpc: Rpc, account: LocalAccount, store: Store, max_fee_wei: int, now_ms: Callable[[], int]
    ) -> None:
        self._rpc, self._account, self._store = rpc, account, store
        self._max_fee_wei, self._now_ms = max_fee_wei, now_ms
        self._nonce: int | None = None
        self._lock = asyncio.Lock()

    @property
    def address(self) -> str:
        return str(self._account.address)

    async def submit(
        self, to: str, data: bytes, gas: int, base_fee: int, purpose: str, timeout_s: float
    ) -> Mined:
        """Send a call and wait until it is mined.

        Raises:
            ChainError: It could not be sent, or is not mined after ``timeout_s``; the nonce is asked for anew next time.
        """
        async with self._lock:
            try:
                return await self._send_and_wait(to, data, gas, base_fee, purpose, timeout_s)
            except ChainError:
                self._nonce = None
                raise

    async def _send_and_wait(
        self, to: str, data: bytes, gas: int, base_fee: int, purpose: str, timeout_s: float
    ) -> Mined:
        if self._nonce is None:
            address = self._account.address
            self._nonce = await self._rpc.read(lambda w3: w3.eth.get_transaction_count(address, "latest"))
        transaction = self._transaction(to, data, gas, base_fee, self._nonce)
        signed = self._account.sign_transaction(transaction)
        tx_hash = signed.hash.to_0x_hex()
        self._store.journal_sent(self._nonce, purpose, tx_hash, bytes(signed.raw_transaction), self._now_ms())
        await self._rpc.send(bytes(signed.raw_transaction))
        mined = await self._wait(tx_hash, transaction, timeout_s)
        self._nonce += 1
        self._store.journal_done(tx_hash, "mined" if mined.succeeded else "reverted", mined.gas_used)
        return mined

    def _transaction(self, to: str, data: bytes, gas: int, base_fee: int, nonce: int) -> dict[str, Any]:
        max_fee = 2 * base_fee + PRIORITY_FEE
        if max_fee > self._max_fee_wei:
            raise ChainError(
                f"the base fee of {base_fee} wei needs a fee of {max_fee} wei, over the cap of {self._max_fee_wei}",
                hint="wait, or raise chain.max_fee_gwei",
            )
        return {
            "type": 2,
            "chainId": self._rpc.chain_id,
            "nonce": nonce,
            "to": to,
            "value": 0,
            "data": data,
            "gas": gas,
            "maxFeePerGas": max_fee,
            "maxPriorityFeePerGas": PRIORITY_FEE,
        }

    async def _wait(self, tx_hash: str, transaction: dict[str, Any], timeout_s: float) -> Mined:
        deadline = asyncio.get_running_loop().time() + timeout_s
        while (receipt := await self._rpc.receipt(tx_hash)) is None:
            if asyncio.get_running_loop().time() > deadline:
                self._store.journal_done(tx_hash, "unknown", None)
                raise ChainError(f"transaction {tx_hash} is not mined after {timeout_s:g} s")
            await asyncio.sleep(RECEIPT_POLL_S)
        succeeded = receipt["status"] == 1
        reason = "" if succeeded else await self._why(transaction, receipt["blockNumber"])
        return Mined(tx_hash, receipt["blockNumber"], receipt["gasUsed"], succeeded, reason)

    async def _why(self, transaction: dict[str, Any], block: int) -> str:
        replay = {k: transaction[k] for k in ("to", "data", "gas")} | {"from": self._account.address}
        try:
            await self._rpc.read(lambda w3: w3.eth.call(cast(TxParams, replay), block))
        except ChainError as error:
            return str(error)
        return explain(b"")
