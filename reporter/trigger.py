"""When a feed is due on-chain, whose turn it is, and the number that goes into a report. Pure functions."""

from dataclasses import dataclass
from enum import StrEnum

from eth_utils.crypto import keccak

from reporter.errors import ConfigError, NoIndex
from reporter.models import Round

PPM = 1_000_000
MAX_REPORT_PRICE = 2**63 - 1
MAX_DECIMALS = 18
MAX_SLOT = 2**64 - 1


@dataclass(frozen=True, slots=True)
class TriggerRules:
    """When to publish: ``deviation_ppm`` off the answer, or ``margin_s`` before the answer is ``heartbeat_s``
    old.

    Raises:
        ConfigError: A deviation or heartbeat that is not positive, or a margin outside 0 to the heartbeat:
            the feed would be due all the time.
    """

    deviation_ppm: int
    heartbeat_s: int
    margin_s: int

    def __post_init__(self) -> None:
        if self.deviation_ppm <= 0:
            raise ConfigError(
                f"deviation_ppm must be positive, not {self.deviation_ppm}", key="deviation_ppm"
            )
        if self.heartbeat_s <= 0:
            raise ConfigError(f"heartbeat_s must be positive, not {self.heartbeat_s}", key="heartbeat_s")
        if not 0 <= self.margin_s < self.heartbeat_s:
            raise ConfigError(
                f"margin_s must be 0 to {self.heartbeat_s - 1} for a heartbeat of {self.heartbeat_s} s, "
                f"not {self.margin_s}",
                key="margin_s",
            )


class Due(StrEnum):
    """NO: leave the feed. JOIN: publish it if a batch goes out anyway. YES: publish it."""

    NO = "NO"
    JOIN = "JOIN"
    YES = "YES"


def due(rules: TriggerRules, price: int | None, round_: Round, now_s: int) -> Due:
    """Return whether a feed is due: YES at the deviation threshold or near the heartbeat, JOIN at half of
    either.

    Args:
        price: Our index with the feed's decimals; None when it may not be signed, which is never due.
        round_: The newest round on-chain; ``round_id`` 0 is no data, which is due.
        now_s: Unix seconds. The age counts from ``observed_at``, as the strict read on-chain does.
    """
    if price is None:
        return Due.NO
    if round_.round_id == 0:
        return Due.YES
    moved = abs(price - round_.answer) * PPM
    threshold = rules.deviation_ppm * round_.answer
    age_s, limit_s = now_s - round_.observed_at, rules.heartbeat_s - rules.margin_s
    if moved >= threshold or age_s >= limit_s:
        return Due.YES
    return Due.JOIN if 2 * moved >= threshold or 2 * age_s >= limit_s else Due.NO


def turn(aggregator: str, slot: int, count: int, me: int) -> int:
    """Return a reporter's rank in a slot: ``(me - keccak(aggregator, slot)) mod count``. Rank 0 goes first.

    Every node computes it alone; every reporter comes first equally often, in an order that nobody chose.

    Args:
        aggregator: Address, 20 bytes in hex.
        slot: Number of the slot; hashed as a big-endian uint64 behind the address.
        count: Reporters in the set.
        me: Position of this reporter in the set, from 0.

    Raises:
        ValueError: An argument outside its range.
    """
    address = bytes.fromhex(aggregator.removeprefix("0x"))
    if len(address) != 20:
        raise ValueError(f"an address has 20 bytes, not {aggregator!r}")
    if not 0 <= slot <= MAX_SLOT:
        raise ValueError(f"a slot is 0 to 2^64 - 1, not {slot}")
    if not 0 <= me < count:
        raise ValueError(f"reporter {me} is not one of {count}")
    return (me - int.from_bytes(keccak(address + slot.to_bytes(8, "big")), "big")) % count


def wait_s(rank: int, stagger_s: float) -> float:
    """Return how long rank ``rank`` leaves the turn to those before it."""
    return rank * stagger_s


def to_feed_decimals(price_1e18: int, decimals: int) -> int:
    """Return a 1e18 fixed-point price as a report states it: floored to the feed's decimals.

    Raises:
        NoIndex: The result is not in 1 to 2^63 - 1: 0 would abstain, and more does not fit an int64.
        ValueError: ``decimals`` is not 0 to 18.
    """
    if not 0 <= decimals <= MAX_DECIMALS:
        raise ValueError(f"a feed has 0 to {MAX_DECIMALS} decimals, not {decimals}")
    unit: int = 10 ** (MAX_DECIMALS - decimals)
    price = price_1e18 // unit
    if not 1 <= price <= MAX_REPORT_PRICE:
        raise NoIndex(
            f"price {price_1e18} (1e18 fixed point) with {decimals} decimals is {price}, not 1 to 2^63 - 1",
            hint="register the feed with more decimals"
            if price < 1
            else "register the feed with fewer decimals",
        )
    return price
