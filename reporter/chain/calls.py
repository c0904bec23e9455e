"""The two calls a reporter pays for, as calldata with a gas limit and a last moment."""

from dataclasses import dataclass

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from reporter.models import feed_name
from reporter.peers.gather import Batch

UPDATE = keccak(text="update(uint64,uint32,bytes32[],bytes)")[:4]
ACCRUE = keccak(text="accrue(bytes32)")[:4]
ACCRUE_GAS = 400_000
CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Call:
    """What a transaction does.

    Attributes:
        purpose: Its name in the journal.
        not_after_s: Unix seconds after which it would only revert; None for never.
        feeds: The names of the feeds that it is for; they share its cost.
        observed_at: The second whose prices it carries.
    """

    to: str
    data: bytes
    gas: int
    purpose: str
    not_after_s: int | None = None
    feeds: tuple[str, ...] = ()
    observed_at: int | None = None


def update_call(batch: Batch, max_age_s: int, block_time_s: int) -> Call:
    """``Aggregator.update`` for a batch. It must be sent two blocks before the observation is too old for the contract."""
    request = batch.request
    arguments = (request.observed_at, batch.bitmap, list(request.feed_ids), batch.observations)
    data = UPDATE + encode(["uint64", "uint32", "bytes32[]", "bytes"], arguments)
    last = request.observed_at + max(0, max_age_s - 2 * block_time_s)
    feeds = tuple(feed_name(identifier) for identifier in request.feed_ids)
    gas = update_gas_limit(batch)
    return Call(request.aggregator, data, gas, "update", last, feeds, request.observed_at)


def update_gas_limit(batch: Batch) -> int:
    """Enough for the dearest case, a first lap: fresh storage slots for every feed. Unused gas is not paid."""
    feeds, signatures = len(batch.request.feed_ids), len(batch.signed)
    return 120_000 + 12_000 * signatures + feeds * (70_000 + 2_500 * signatures)


def usual_update_gas(signatures: int, feeds: int) -> int:
    """What an update of a feed that has had a lap of rounds takes, within 2 % of the tables of bench/gas.md."""
    return 29_080 + 4_666 * signatures + feeds * (13_744 + 127 * signatures)


def accrue_call(funding: str, market: bytes) -> Call:
    """``PerpetualFunding.accrue`` for a market id."""
    return Call(funding, ACCRUE + market, ACCRUE_GAS, "accrue", feeds=(feed_name(market),))


def cancel_call(address: str, gas: int, feeds: tuple[str, ...] = ()) -> Call:
    """Nothing, sent to ourselves: it takes the nonce of a transaction that is to be cancelled."""
    return Call(address, b"", gas, CANCEL, feeds=feeds)
