"""Sending transactions from the gas key: one nonce at a time, journalled before they leave, followed until they are mined.

On the way from batch to chain there is one call to each endpoint: nonce, fees and balance are looked up beside it
(``refresh``).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import cast

from eth_account.signers.local import LocalAccount
from web3.types import BlockIdentifier, TxParams

from reporter.chain.answers import Answer
from reporter.chain.asked import Asked, in_flight, transfer_gas
from reporter.chain.calls import CANCEL, Call, cancel_call
from reporter.chain.endpoint import Block
from reporter.chain.flight import Flight
from reporter.chain.rpc import Receipt, Rpc, SendRefused
from reporter.chain.sender import Account, Sender, SubmitRules
from reporter.chain.settle import Seen, note, settle
from reporter.errors import ChainError
from reporter.journal import Sent
from reporter.spending import CapReached, Reached
from reporter.store import Store

PATIENCE_BLOCKS = 5


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


class NotWanted(ChainError):
    """A call whose purpose was gone before its turn came."""


class Submitter:
    """One gas key. Calls are queued by a lock, so nonces go out in order and none is used twice."""

    def __init__(
        self, rpc: Rpc, account: LocalAccount, store: Store, rules: SubmitRules, now_ms: Callable[[], int]
    ) -> None:
        self.sender = Sender(rpc, account, store, rules, now_ms)
        self._asked = Asked(self.sender, store, now_ms)
        self._store, self._now_ms = store, now_ms
        self._proven = False
        self._lock = asyncio.Lock()
        self._sends = 0
        self._doubted: int | None = None
        self.account: Account | None = None

    @property
    def address(self) -> str:
        return self.sender.address

    @property
    def _rpc(self) -> Rpc:
        return self.sender.rpc

    def follow(self, rpc: Rpc, rules: SubmitRules) -> None:
        """Go on with other endpoints and limits; what is under way stays so. The next call is simulated first."""
        self.sender.rpc, self.sender.rules, self.sender.reached = rpc, rules, None
        self._proven = False

    def capped(self) -> Reached | None:
        """The spending cap that keeps us from sending now."""
        found = self.sender.reached
        return found if found is not None and found.holds(self._now_ms()) else None

    async def refresh(self, head: Block) -> None:
        """Look up what the next transaction needs, settle the journal, do what a person asks. Does nothing while a
        transaction is on its way.

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
            await self._attend(self.account, head.base_fee)

    async def _attend(self, account: Account, base_fee: int) -> None:
        """What is asked while nobody waits for a transaction: after a start, or when the wait was given up."""
        for request in self._store.requests():
            async with self._lock:
                await self._asked.attend(request, account, base_fee)

    def _seen(self, nonce: int, head: int) -> Seen:
        now_ms, rules = self._now_ms(), self.sender.rules
        patient_ms = now_ms - 1000 * PATIENCE_BLOCKS * rules.block_time_s
        return Seen(nonce, head, head - rules.confirmations + 1, now_ms, patient_ms)

    async def submit(
        self, call: Call, base_fee: int, timeout_s: float, wanted: Callable[[], Awaitable[bool]] | None = None
    ) -> Mined:
        """Send a call and wait until it is mined; while it is not, pay more every three blocks, up to the cap. After a start
        or a failure it is simulated first.

        Args:
            wanted: Asked when its turn has come, which may be long after; a call that is not wanted any more is not sent.

        Raises:
            NotWanted: Somebody else has done it meanwhile.
            ChainError: It would revert, is too late, could not be sent or paid, was cancelled by a person, or is not mined
                after ``timeout_s``. The next call takes the same nonce and replaces what is stuck there.
            CapReached: A cap on spending stands against it.
            StoreFailed: It could not be journalled and was not sent.
        """
        async with self._lock:
            if wanted is not None and not await wanted():
                raise NotWanted(f"the {call.purpose} is not needed any more: not sent")
            self._sends += 1
            begun_ms = self._now_ms()
            self._refuse_hopeless(call)
            account, self.account = self.account, None
            try:
                if account is None:
                    account = await self._look()
                account = await self._let_cancelled_pass(account, base_fee, timeout_s)
                self._refuse_hopeless(call)
                if not self._proven:
                    await self._simulate(call, "pending")
                mined = await self._send_and_wait(call, account, base_fee, timeout_s)
            except BaseException:
                self._proven = False
                raise
            self._proven = mined.succeeded
            return replace(mined, begun_ms=begun_ms)

    def _refuse_hopeless(self, call: Call) -> None:
        if call.not_after_s is not None and self._now_ms() // 1000 > call.not_after_s:
            raise ChainError(
                f"the {call.purpose} waited too long for its turn and would be too old: not sent"
            )
        if (found := self.capped()) is not None:
            raise CapReached(str(found), hint=found.hint)

    async def _look(self) -> Account:
        nonce, balance = await self._rpc.nonce(self.address), await self._rpc.balance(self.address)
        return Account(nonce, balance, await self._rpc.priority_fee())

    async def _let_cancelled_pass(self, account: Account, base_fee: int, timeout_s: float) -> Account:
        """A nonce that a person cancelled carries nothing else: its transfer is sent until it is mined."""
        if not self._cancelling(account.nonce):
            return account
        account = await self._look()
        await settle(self._rpc, self._store, self._seen(account.nonce, 0))
        if (newest := self._cancelling(account.nonce)) is None:
            return account
        gas = await transfer_gas(self._rpc, self.address)
        call = cancel_call(self.address, gas, tuple(newest.names))
        tx_hash = await self.sender.send(call, account, base_fee)
        _, _, receipt = await self._landed(call, account, tx_hash, timeout_s)
        return _after(account, receipt)

    def _cancelling(self, nonce: int) -> Sent | None:
        """The transfer that is to take a nonce, while it is under way."""
        flying = in_flight(self._store.journal_open()).get(nonce, [])
        return flying[-1] if flying and flying[-1].purpose == CANCEL else None

    async def _send_and_wait(self, call: Call, account: Account, base_fee: int, timeout_s: float) -> Mined:
        try:
            tx_hash = await self.sender.send(call, account, base_fee)
        except SendRefused as refused:
            if Answer.NONCE_USED not in refused.answers:
                raise
            nonce = await self._rpc.nonce(self.address)
            if nonce <= account.nonce:
                raise
            await settle(self._rpc, self._store, self._seen(nonce, 0))
            account = Account(nonce, account.balance, account.priority_fee)
            tx_hash = await self.sender.send(call, account, base_fee)
        sent_ms = self._now_ms()
        landed, tx_hash, receipt = await self._landed(call, account, tx_hash, timeout_s)
        self.account = _after(account, receipt)
        if landed.purpose == CANCEL and call.purpose != CANCEL:
            raise ChainError(f"the {call.purpose} was cancelled on request: {tx_hash} took its nonce")
        reason = "" if receipt.succeeded else await self._why(call, receipt.block)
        return Mined(tx_hash, receipt.block, receipt.gas_used, receipt.succeeded, reason, sent_ms=sent_ms)

    async def _landed(
        self, call: Call, account: Account, tx_hash: str, timeout_s: float
    ) -> tuple[Call, str, Receipt]:
        flight = Flight(self.sender, self._asked, self._store, call, account, tx_hash)
        landed, tx_hash, receipt = await flight.landed(timeout_s)
        note(self._store, tx_hash, receipt, self._now_ms())
        return landed, tx_hash, receipt

    async def _why(self, call: Call, block: int) -> str:
        try:
            await self._simulate(call, block)
        except ChainError as error:
            return str(error)
        return "it does not revert when simulated: somebody else's transaction came first"

    async def _simulate(self, call: Call, block: BlockIdentifier) -> None:
        asked = {"from": self.address, "to": call.to, "data": call.data, "gas": call.gas}
        await self._rpc.read(lambda w3: w3.eth.call(cast(TxParams, asked), block))


def _after(account: Account, receipt: Receipt) -> Account:
    """The account behind a transaction that was mined."""
    left = account.balance - receipt.gas_used * receipt.price
    return Account(account.nonce + 1, left, account.priority_fee)
