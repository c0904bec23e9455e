"""Sending transactions from the gas key: one at a time, journalled before they leave, known until they are mined."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from web3.types import TxParams

from reporter.chain.fees import Fees, fees_for
from reporter.chain.revert import explain
from reporter.chain.rpc import Rpc
from reporter.errors import ChainError
from reporter.peers.gather import Batch
from reporter.store import Store

UPDATE = keccak(text="update(uint64,uint32,bytes32[],bytes)")[:4]
ACCRUE = keccak(text="accrue(bytes32)")[:4]
RECEIPT_POLL_S = 0.1
ACCRUE_GAS = 400_000


@dataclass(frozen=True, slots=True)
class Mined:
    """What became of a transaction."""

    tx_hash: str
    block: int
    gas_used: int
    succeeded: bool
    reason: str = ""


def update_gas_limit(batch: Batch) -> int:
    """Enough for the dearest case, a first lap: fresh storage slots for every feed. Unused gas is not paid."""
    feeds, signatures = len(batch.request.feed_ids), len(batch.signed)
    return 120_000 + 12_000 * signatures + feeds * (70_000 + 2_500 * signatures)


@dataclass(frozen=True, slots=True)
class Call:
    """What a transaction does. ``purpose`` names it in the journal."""

    to: str
    data: bytes
    gas: int
    purpose: str


def update_call(batch: Batch) -> Call:
    """``Aggregator.update`` for a batch."""
    request = batch.request
    arguments = (request.observed_at, batch.bitmap, list(request.feed_ids), batch.observations)
    data = UPDATE + encode(["uint64", "uint32", "bytes32[]", "bytes"], arguments)
    return Call(request.aggregator, data, update_gas_limit(batch), "update")


def accrue_call(funding: str, market: bytes) -> Call:
    """``PerpetualFunding.accrue`` for a market id."""
    return Call(funding, ACCRUE + market, ACCRUE_GAS, "accrue")


class Submitter:
    """One gas key. Calls are queued by a lock, so nonces go out in order and none is used twice."""

    def __init__(
        self, rpc: Rpc, account: LocalAccount, store: Store, max_fee_wei: int, now_ms: Callable[[], int]
    ) -> None:
        self._rpc, self._account, self._store = rpc, account, store
        self._max_fee_wei, self._now_ms = max_fee_wei, now_ms
        self._nonce: int | None = None
        self._sent: tuple[int, Fees] | None = None
        self._lock = asyncio.Lock()

    @property
    def address(self) -> str:
        return str(self._account.address)

    async def submit(self, call: Call, base_fee: int, timeout_s: float) -> Mined:
        """Send a call and wait until it is mined.

        Raises:
            ChainError: It could not be sent, or is not mined after ``timeout_s``. The next call asks for the nonce anew
                and, if it is the same, replaces what is stuck there.
            StoreFailed: It could not be journalled and was not sent.
        """
        async with self._lock:
            try:
                return await self._send_and_wait(call, base_fee, timeout_s)
            except BaseException:
                self._nonce = None
                raise

    async def _send_and_wait(self, call: Call, base_fee: int, timeout_s: float) -> Mined:
        nonce = await self._next_nonce()
        replaced = self._sent[1] if self._sent and self._sent[0] == nonce else None
        fees = fees_for(base_fee, replaced, self._max_fee_wei)
        transaction = self._transaction(call, nonce, fees)
        signed = self._account.sign_transaction(transaction)
        tx_hash, raw = signed.hash.to_0x_hex(), bytes(signed.raw_transaction)
        self._store.journal_sent(nonce, call.purpose, tx_hash, raw, self._now_ms())
        self._sent = (nonce, fees)
        await self._rpc.send(raw)
        mined = await self._wait(tx_hash, transaction, timeout_s)
        self._nonce = nonce + 1
        self._store.journal_done(tx_hash, "mined" if mined.succeeded else "reverted", mined.gas_used)
        return mined

    async def _next_nonce(self) -> int:
        if self._nonce is not None:
            return self._nonce
        address = self._account.address
        return await self._rpc.read(lambda w3: w3.eth.get_transaction_count(address, "latest"))

    def _transaction(self, call: Call, nonce: int, fees: Fees) -> dict[str, Any]:
        return {
            "type": 2,
            "chainId": self._rpc.chain_id,
            "nonce": nonce,
            "to": call.to,
            "value": 0,
            "data": call.data,
            "gas": call.gas,
            "maxFeePerGas": fees.max_fee,
            "maxPriorityFeePerGas": fees.priority_fee,
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
