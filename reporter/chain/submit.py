"""Sending transactions from the gas key: one at a time, journalled before they leave, known until they are mined."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from eth_account.signers.local import LocalAccount
from web3.types import BlockIdentifier, TxParams

from reporter.chain.calls import Call
from reporter.chain.fees import Fees, fees_for
from reporter.chain.rpc import Rpc, SendRefused
from reporter.errors import ChainError
from reporter.store import Store

RECEIPT_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Mined:
    """What became of a transaction."""

    tx_hash: str
    block: int
    gas_used: int
    succeeded: bool
    reason: str = ""


class Submitter:
    """One gas key. Calls are queued by a lock, so nonces go out in order and none is used twice."""

    def __init__(
        self, rpc: Rpc, account: LocalAccount, store: Store, max_fee_wei: int, now_ms: Callable[[], int]
    ) -> None:
        self._rpc, self._account, self._store = rpc, account, store
        self._max_fee_wei, self._now_ms = max_fee_wei, now_ms
        self._nonce: int | None = None
        self._proven = False
        left = store.journal_unsettled()
        self._sent = (left[0], Fees(left[1], left[2])) if left else None
        self._lock = asyncio.Lock()

    @property
    def address(self) -> str:
        return str(self._account.address)

    async def submit(self, call: Call, base_fee: int, timeout_s: float) -> Mined:
        """Send a call and wait until it is mined. After a start or a failure it is simulated first.

        Raises:
            ChainError: It would revert, is too late, could not be sent, or is not mined after ``timeout_s``. The next
                call asks for the nonce anew and, if it is the same, replaces what is stuck there.
            StoreFailed: It could not be journalled and was not sent.
        """
        async with self._lock:
            if call.not_after_s is not None and self._now_ms() // 1000 > call.not_after_s:
                raise ChainError(
                    f"the {call.purpose} waited too long for its turn and would be too old: not sent"
                )
            try:
                if not self._proven:
                    await self._simulate(call, "pending")
                mined = await self._send_and_wait(call, base_fee, timeout_s)
            except BaseException:
                self._nonce, self._proven = None, False
                raise
            self._proven = mined.succeeded
            return mined

    async def _send_and_wait(self, call: Call, base_fee: int, timeout_s: float) -> Mined:
        nonce = await self._rpc.nonce(self._account.address) if self._nonce is None else self._nonce
        replaced = self._sent[1] if self._sent and self._sent[0] == nonce else None
        fees = fees_for(base_fee, replaced, self._max_fee_wei)
        signed = self._account.sign_transaction(self._transaction(call, nonce, fees))
        tx_hash, raw = signed.hash.to_0x_hex(), bytes(signed.raw_transaction)
        self._store.journal_sent(
            nonce, call.purpose, tx_hash, raw, fees.max_fee, fees.priority_fee, self._now_ms()
        )
        try:
            await self._rpc.send(raw)
        except SendRefused:
            self._store.journal_done(tx_hash, "refused", None)
            raise
        except BaseException:
            self._sent = (nonce, fees)  # nobody knows: the next one with this nonce must pay more
            raise
        self._sent = (nonce, fees)
        mined = await self._wait(call, tx_hash, timeout_s)
        self._nonce = nonce + 1
        self._store.journal_done(tx_hash, "mined" if mined.succeeded else "reverted", mined.gas_used)
        return mined

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

    async def _wait(self, call: Call, tx_hash: str, timeout_s: float) -> Mined:
        deadline = asyncio.get_running_loop().time() + timeout_s
        while (receipt := await self._rpc.receipt(tx_hash)) is None:
            if asyncio.get_running_loop().time() > deadline:
                self._store.journal_done(tx_hash, "unknown", None)
                raise ChainError(f"transaction {tx_hash} is not mined after {timeout_s:g} s")
            await asyncio.sleep(RECEIPT_POLL_S)
        reason = "" if receipt.succeeded else await self._why(call, receipt.block)
        return Mined(tx_hash, receipt.block, receipt.gas_used, receipt.succeeded, reason)

    async def _why(self, call: Call, block: int) -> str:
        try:
            await self._simulate(call, block)
        except ChainError as error:
            return str(error)
        return "it does not revert when simulated: somebody else's transaction came first"

    async def _simulate(self, call: Call, block: BlockIdentifier) -> None:
        asked = {"from": self._account.address, "to": call.to, "data": call.data, "gas": call.gas}
        await self._rpc.read(lambda w3: w3.eth.call(cast(TxParams, asked), block))
