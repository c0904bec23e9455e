"""What a person asks of a transaction under way: ``bump`` sends it again and pays more, ``cancel`` puts a transfer of
nothing to ourselves in its place. Both keep the nonce, so at most one of all is ever mined."""

import json
from collections.abc import Callable, Sequence
from typing import Any, cast

from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.address import to_checksum_address
from hexbytes import HexBytes
from web3.types import TxParams

from reporter.chain.calls import CANCEL, Call, cancel_call
from reporter.chain.rpc import Rpc
from reporter.chain.sender import Account, Sender
from reporter.errors import ChainError
from reporter.journal import Request, Sent
from reporter.store import Store
from reporter.telemetry import log

MAX_WAIT_MS = 60_000
"""Older requests are refused: whoever asked has gone, and the transaction may be another."""
TRANSFER_GAS, MAX_TRANSFER_GAS = 21_000, 2_000_000
BUMP = "bump"


def in_flight(entries: Sequence[Sent]) -> dict[int, list[Sent]]:
    """Of the transactions whose fate is open those that are in no block, by nonce, the newest last."""
    mined = {entry.nonce for entry in entries if entry.block is not None}
    found: dict[int, list[Sent]] = {}
    for entry in entries:
        if entry.nonce not in mined:
            found.setdefault(entry.nonce, []).append(entry)
    return found


def call_of(sent: Sent, raw: bytes) -> Call:
    """The call behind a signed transaction."""
    fields = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
    to, data = to_checksum_address(bytes(fields["to"])), bytes(fields["data"])
    names = tuple(sent.names)
    return Call(to, data, int(fields["gas"]), sent.purpose, sent.not_after_s, names, sent.observed_at)


class Asked:
    """Does what is asked and answers it in the store."""

    def __init__(self, sender: Sender, store: Store, now_ms: Callable[[], int]) -> None:
        self._sender, self._store, self._now_ms = sender, store, now_ms

    async def attend(self, request: Request, account: Account, base_fee: int) -> tuple[Call, str] | None:
        """Send what a request wants. The call and the hash that stand in the old one's place; None if it was refused.

        Raises:
            StoreFailed: The store cannot be read or written.
        """
        try:
            call = await self._wanted(request, account.nonce)
            tx_hash = await self._sender.send(call, account, base_fee, whole=True)
        except ChainError as error:
            self._answer(request, {"error": str(error), "hint": error.hint})
            return None
        log().info("transaction changed on request", action=request.action, nonce=request.nonce, tx=tx_hash)
        entry = next(entry for entry in self._store.journal_open() if entry.tx_hash == tx_hash)
        said = {"txHash": tx_hash, "maxFeeWei": str(entry.max_fee), "priorityFeeWei": str(entry.priority_fee)}
        self._answer(request, said)
        return call, tx_hash

    async def _wanted(self, request: Request, nonce: int) -> Call:
        flying = in_flight(self._store.journal_open()).get(request.nonce)
        if request.nonce != nonce or not flying:
            raise ChainError(
                f"nonce {request.nonce} is not in flight", hint="look again: spotline tx pending"
            )
        if self._now_ms() - request.asked_at_ms > MAX_WAIT_MS:
            raise ChainError("it was asked too long ago", hint="ask again")
        newest = flying[-1]
        if request.action == CANCEL:
            gas = await transfer_gas(self._sender.rpc, self._sender.address)
            return cancel_call(self._sender.address, gas, tuple(newest.names))
        if newest.not_after_s is not None and self._now_ms() // 1000 > newest.not_after_s:
            raise ChainError(
                f"the {newest.purpose} of nonce {nonce} is too old and would only revert",
                hint="leave it to the next update, which takes its nonce, or: spotline tx cancel",
            )
        return call_of(newest, self._store.journal_raw(newest.tx_hash))

    def _answer(self, request: Request, document: dict[str, Any]) -> None:
        self._store.answer(request.id, json.dumps({"nonce": request.nonce} | document))


async def transfer_gas(rpc: Rpc, address: str) -> int:
    """What a transfer of nothing takes here: more than 21,000 where the chain charges for its data in gas."""
    asked = cast(TxParams, {"from": address, "to": address, "value": 0})
    found = await rpc.read(lambda w3: w3.eth.estimate_gas(asked))
    return TRANSFER_GAS if found <= TRANSFER_GAS else min(MAX_TRANSFER_GAS, found * 5 // 4)
