"""Sending transactions from the gas key: one nonce at a time, journalled before they leave, followed until they are mined.

On the way from batch to chain there is one call to each endpoint: nonce, fees and balance are looked up beside it
(``refresh``).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

from eth_account.signers.local import LocalAccount
from web3.types import BlockIdentifier, TxParams

from reporter.chain.answers import Answer
from reporter.chain.calls import Call
from reporter.chain.endpoint import Block
from reporter.chain.fees import FeeRules, Fees, fees_for
from reporter.chain.rpc import Receipt, Rpc, SendRefused
from reporter.chain.settle import Seen, note, settle
from reporter.errors import ChainError
from reporter.store import Sent, Store
from reporter.telemetry import log

BUMP_BLOCKS = 3
PATIENCE_BLOCKS = 5
MAX_RAISES = 12
"""Of 12.5 % each: a factor of four over a pending transaction that we know nothing of."""


@dataclass(frozen=True, slots=True)
class SubmitRules:
    """How to send: limits on fees, and what the chain is like."""

    fees: FeeRules
    block_time_s: int
    confirmations: int = 1


@dataclass(frozen=True, slots=True)
class Mined:
    """What became of a transaction. ``begun_ms``: when its turn came, ``sent_ms``: when an endpoint had taken it first; Unix
    milliseconds.
    """

    tx_hash: str
    block: int
    gas_used: int
    succeeded: bool
    reason: str = ""
    begun_ms: int = 0
    sent_ms: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """What was last read of the gas key's account. ``nonce``: of the next transaction; wei."""

    nonce: int
    balance: int
    priority_fee: int


class Submitter:
    """One gas key. Calls are queued by a lock, so nonces go out in order and none is used twice."""

    def __init__(
        self, rpc: Rpc, account: LocalAccount, store: Store, rules: SubmitRules, now_ms: Callable[[], int]
    ) -> None:
        self._rpc, self._account, self._store = rpc, account, store
        self._rules, self._now_ms = rules, now_ms
        self._proven = False
        self._lock = asyncio.Lock()
        self._sends = 0
        self._doubted: int | None = None
        self.account: Account | None = None

    @property
    def address(self) -> str:
        return str(self._account.address)

    async def refresh(self, head: Block) -> None:
        """Look up what the next transaction needs, and settle the journal. Does nothing while one is on its way.

        Raises:
            ChainError: No endpoint answers.
            StoreFailed: The journal cannot be read or written.
        """
        before = self._sends
        if self._lock.locked():
            return
        nonce = await self._rpc.nonce(self.address)
        await settle(self._rpc, self._store, self._seen(nonce, head.number))
        if self.account is not None and nonce < self.account.nonce and nonce != self._doubted:
            self._doubted = nonce  # an endpoint that lags, or a reorganisation if the next look says so too
            return
        balance, priority_fee = await self._rpc.balance(self.address), await self._rpc.priority_fee()
        if before == self._sends:
            self.account = Account(nonce, balance, priority_fee)

    def _seen(self, nonce: int, head: int) -> Seen:
        patient_ms = self._now_ms() - 1000 * PATIENCE_BLOCKS * self._rules.block_time_s
        return Seen(nonce, head, head - self._rules.confirmations + 1, patient_ms)

    async def submit(self, call: Call, base_fee: int, timeout_s: float) -> Mined:
        """Send a call and wait until it is mined; while it is not, pay more every three blocks, up to the cap. After a start
        or a failure it is simulated first.

        Raises:
            ChainError: It would revert, is too late, could not be sent or paid, or is not mined after ``timeout_s``. The
                next call takes the same nonce and replaces what is stuck there.
            StoreFailed: It could not be journalled and was not sent.
        """
        async with self._lock:
            self._sends += 1
            begun_ms = self._now_ms()
            self._refuse_late(call)
            account, self.account = self.account, None
            try:
                if account is None:
                    account = await self._look()
                if not self._proven:
                    await self._simulate(call, "pending")
                mined = await self._send_and_wait(call, account, base_fee, timeout_s)
            except BaseException:
                self._proven = False
                raise
            self._proven = mined.succeeded
            return replace(mined, begun_ms=begun_ms)

    def _refuse_late(self, call: Call) -> None:
        if call.not_after_s is not None and self._now_ms() // 1000 > call.not_after_s:
            raise ChainError(
                f"the {call.purpose} waited too long for its turn and would be too old: not sent"
            )

    async def _look(self) -> Account:
        nonce, balance = await self._rpc.nonce(self.address), await self._rpc.balance(self.address)
        return Account(nonce, balance, await self._rpc.priority_fee())

    async def _send_and_wait(self, call: Call, account: Account, base_fee: int, timeout_s: float) -> Mined:
        try:
            tx_hash = await self._send(call, account, base_fee)
        except SendRefused as refused:
            if Answer.NONCE_USED not in refused.answers:
                raise
            nonce = await self._rpc.nonce(self.address)
            if nonce <= account.nonce:
                raise
            await settle(self._rpc, self._store, self._seen(nonce, 0))
            account = Account(nonce, account.balance, account.priority_fee)
            tx_hash = await self._send(call, account, base_fee)
        sent_ms = self._now_ms()
        tx_hash, receipt = await self._wait(call, account, tx_hash, timeout_s)
        note(self._store, tx_hash, receipt)
        left = account.balance - receipt.gas_used * receipt.price
        self.account = Account(account.nonce + 1, left, account.priority_fee)
        reason = "" if receipt.succeeded else await self._why(call, receipt.block)
        return Mined(tx_hash, receipt.block, receipt.gas_used, receipt.succeeded, reason, sent_ms=sent_ms)

    async def _send(self, call: Call, account: Account, base_fee: int) -> str:
        """Send a call with the nonce, paying 12.5 % more than whatever we sent with it before; return the hash."""
        last = self._last_fees(account.nonce)
        for _ in range(MAX_RAISES):
            fees = fees_for(base_fee, account.priority_fee, last, self._rules.fees)
            self._refuse_poor(call, fees, account)
            try:
                return await self._send_once(call, account.nonce, fees)
            except SendRefused as refused:
                low = {Answer.UNDERPRICED, Answer.UNDER_BASE_FEE} & set(refused.answers)
                if not low or fees == last:
                    raise
                last = fees
        raise ChainError(
            f"nonce {account.nonce} has a transaction that pays more than {last and last.max_fee} wei"
        )

    async def _send_once(self, call: Call, nonce: int, fees: Fees) -> str:
        signed = self._account.sign_transaction(self._transaction(call, nonce, fees))
        tx_hash, raw = signed.hash.to_0x_hex(), bytes(signed.raw_transaction)
        sent = Sent(nonce, call.purpose, tx_hash, fees.max_fee, fees.priority_fee, self._now_ms())
        self._store.journal_sent(sent, raw)
        try:
            await self._rpc.send(raw)
        except SendRefused:
            self._store.journal_done(tx_hash, "refused")
            raise
        return tx_hash

    def _last_fees(self, nonce: int) -> Fees | None:
        """The highest fees of what may be pending with a nonce."""
        pending = [Fees(s.max_fee, s.priority_fee) for s in self._store.journal_open() if s.nonce == nonce]
        if not pending:
            return None
        return Fees(max(f.max_fee for f in pending), max(f.priority_fee for f in pending))

    def _refuse_poor(self, call: Call, fees: Fees, account: Account) -> None:
        needed = call.gas * fees.max_fee
        if account.balance < needed:
            raise ChainError(
                f"the gas key {self.address} has {account.balance} wei, the {call.purpose} may cost {needed} wei",
                hint="send it money of the chain; observing and signing go on",
            )

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

    async def _wait(
        self, call: Call, account: Account, tx_hash: str, timeout_s: float
    ) -> tuple[str, Receipt]:
        """The transaction of our nonce that was mined; every three blocks without one, a dearer one is sent."""
        clock, patience_s = asyncio.get_running_loop().time, BUMP_BLOCKS * self._rules.block_time_s
        give_up, raise_at = clock() + timeout_s, clock() + patience_s
        hashes, trouble = [tx_hash], ""
        while True:
            try:
                for candidate in reversed(hashes):
                    if (receipt := await self._rpc.receipt(candidate)) is not None:
                        return candidate, receipt
                if clock() > raise_at:
                    raise_at = clock() + patience_s
                    dearer = await self._send(call, account, (await self._rpc.head()).base_fee)
                    hashes = [*(h for h in hashes if h != dearer), dearer]
            except ChainError as error:  # one look that fails is not the transaction's end
                if str(error) != trouble:
                    log().warning("transaction stuck", tx=hashes[-1], reason=str(error), advice=error.hint)
                trouble = str(error)
            if clock() > give_up:
                raise ChainError(f"transaction {hashes[-1]} is not mined after {timeout_s:g} s")
            await asyncio.sleep(min(1, max(0.1, self._rules.block_time_s / 20)))

    async def _why(self, call: Call, block: int) -> str:
        try:
            await self._simulate(call, block)
        except ChainError as error:
            return str(error)
        return "it does not revert when simulated: somebody else's transaction came first"

    async def _simulate(self, call: Call, block: BlockIdentifier) -> None:
        asked = {"from": self._account.address, "to": call.to, "data": call.data, "gas": call.gas}
        await self._rpc.read(lambda w3: w3.eth.call(cast(TxParams, asked), block))
