"""One transaction from call to endpoints: fees, money and caps looked at, signed, journalled, sent."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from coincurve import PrivateKey
from eth_account.signers.local import LocalAccount

from reporter.chain.answers import Answer
from reporter.chain.calls import Call
from reporter.chain.fees import FeeRules, Fees, fees_for, refuse_small_raise
from reporter.chain.rpc import Rpc, SendRefused
from reporter.chain.transaction import sign
from reporter.errors import ChainError
from reporter.journal import Sent
from reporter.spending import DAY_MS, HOUR_MS, WEI_IN_GWEI, CapReached, Caps, Reached, reached
from reporter.store import Store
from reporter.telemetry import log

MAX_RAISES = 12
"""Of 12.5 % each: a factor of four over a pending transaction that we know nothing of."""


@dataclass(frozen=True, slots=True)
class SubmitRules:
    """How to send: limits on fees and spending, and what the chain is like."""

    fees: FeeRules
    block_time_s: int
    confirmations: int = 1
    caps: Caps = field(default_factory=Caps)


@dataclass(frozen=True, slots=True)
class Account:
    """What was last read of the gas key's account. ``nonce``: of the next transaction; wei."""

    nonce: int
    balance: int
    priority_fee: int


class Sender:
    """One gas key. ``rpc`` and ``rules`` may be others from one call to the next; ``reached``: the cap that stopped the last
    transaction."""

    def __init__(
        self, rpc: Rpc, account: LocalAccount, store: Store, rules: SubmitRules, now_ms: Callable[[], int]
    ) -> None:
        self.rpc, self.account, self.rules = rpc, account, rules
        self._store, self._now_ms = store, now_ms
        self.reached: Reached | None = None

    @property
    def address(self) -> str:
        return str(self.account.address)

    async def send(self, call: Call, account: Account, base_fee: int, *, whole: bool = False) -> str:
        """Send a call with the account's nonce, paying 12.5 % more than whatever we sent with it before; return the hash.

        Args:
            whole: Refuse where the cap on fees leaves no room for that; else the cap is paid.

        Raises:
            ChainError: It could not be sent or paid, or a cap stands against it.
            StoreFailed: It could not be journalled and was not sent.
        """
        last = self._last_fees(account.nonce)
        for _ in range(MAX_RAISES):
            fees = fees_for(base_fee, account.priority_fee, last, self.rules.fees)
            if whole and last is not None:
                refuse_small_raise(fees, last, self.rules.fees)
            self._refuse_poor(call, fees, account)
            self._refuse_spent(call, fees, account.nonce)
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
        tx_hash, raw = sign(PrivateKey(bytes(self.account.key)), self.transaction(call, nonce, fees))
        self._store.journal_sent(self._entry(call, nonce, fees, tx_hash), raw)
        try:
            await self.rpc.send(raw)
        except SendRefused:
            self._store.journal_done(tx_hash, "refused")
            raise
        return tx_hash

    def _entry(self, call: Call, nonce: int, fees: Fees, tx_hash: str) -> Sent:
        return Sent(
            nonce,
            call.purpose,
            tx_hash,
            fees.max_fee,
            fees.priority_fee,
            self._now_ms(),
            feeds="\n".join(call.feeds),
            observed_at=call.observed_at,
            gas_limit=call.gas,
            not_after_s=call.not_after_s,
        )

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

    def _refuse_spent(self, call: Call, fees: Fees, nonce: int) -> None:
        now_ms, before = self._now_ms(), self.reached
        found = self._over_cap(call, fees, nonce, now_ms)
        self.reached = found
        if found is None:
            if before is not None:
                log().info("sending goes on", reason=f"chain.{before.key} has room again")
            return
        if before is None or before.key != found.key:
            log().warning("spending cap reached", reason=str(found), advice=found.hint)
        raise CapReached(str(found), hint=found.hint)

    def _over_cap(self, call: Call, fees: Fees, nonce: int, now_ms: int) -> Reached | None:
        """What was sent with the same nonce does not count: only one of them is mined."""
        caps = self.rules.caps
        if caps.max_gas_per_hour is not None:
            key, since_ms = "max_gas_per_hour", now_ms - HOUR_MS
            rows = [(row.at_ms, row.gas) for row in self._store.spendings(since_ms, nonce)]
            if found := reached(key, caps.max_gas_per_hour, call.gas, rows, HOUR_MS):
                return found
        if caps.max_spend_per_day_gwei is not None:
            key, since_ms = "max_spend_per_day_gwei", now_ms - DAY_MS
            rows = [(row.at_ms, row.gwei) for row in self._store.spendings(since_ms, nonce)]
            needed = -(-call.gas * fees.max_fee // WEI_IN_GWEI)
            return reached(key, caps.max_spend_per_day_gwei, needed, rows, DAY_MS)
        return None

    def transaction(self, call: Call, nonce: int, fees: Fees) -> dict[str, Any]:
        """The fields that are signed: all of them ours, none left to an endpoint."""
        return {
            "type": 2,
            "chainId": self.rpc.chain_id,
            "nonce": nonce,
            "to": call.to,
            "value": 0,
            "data": call.data,
            "gas": call.gas,
            "maxFeePerGas": fees.max_fee,
            "maxPriorityFeePerGas": fees.priority_fee,
        }
