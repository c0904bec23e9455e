"""Composites and baskets: ``sum n_i P_i / divisor``, continuous when members change (METHODOLOGY.md, Views).

The divisor is the one of capitalisation indices: a rebalance gives it the value that leaves the index where it
was (S&P Dow Jones Indices, Index Mathematics Methodology, "Divisor adjustments").
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reporter.index.units import PPM, percent, share_ppm
from reporter.models import SCALE, Index, Status

DIVISOR_SCALE = 10**36
"""1 in the units of a divisor. Finer than prices, so that a rebalance loses nothing."""
MAX_MISSING_PPM = 100_000
_WORSE = (Status.OK, Status.REDUCED, Status.DEGRADED)


@dataclass(frozen=True, slots=True)
class Basket:
    """Units of each member feed, 1e18 fixed point and positive, and the divisor of their worth.

    Raises:
        ValueError: No members, or units or a divisor that are not positive.
    """

    name: str
    units: Mapping[str, int]
    divisor: int = DIVISOR_SCALE

    def __post_init__(self) -> None:
        if not self.units or min(self.units.values()) <= 0 or self.divisor <= 0:
            raise ValueError(f"{self.name}: a basket has members, positive units and a positive divisor")


@dataclass(frozen=True, slots=True)
class Composite:
    """A basket's price at a moment, 1e18 fixed point; None when INVALID.

    Attributes:
        flags: The members', each as ``BTC/USD:VOLATILE``, and ``ETH/USD:CARRIED`` for a last price that
            stands in.
        prices: What each member was last good for: ``last`` of the next call.
    """

    name: str
    at_ms: int
    status: Status
    price: int | None
    reason: str
    flags: tuple[str, ...]
    prices: Mapping[str, int]


def worth(basket: Basket, prices: Mapping[str, int]) -> int:
    """Return the basket's price with these members' prices, floored; every member must have one."""
    return _sum(basket.units, prices) * (DIVISOR_SCALE // SCALE) // basket.divisor


def composite(basket: Basket, indices: Mapping[str, Index], last: Mapping[str, int], at_ms: int) -> Composite:
    """Return a basket's price from its members' indices.

    A member without a number (INVALID, HELD or absent) is carried at its last good price, which is flagged
    and makes the composite DEGRADED, while such members hold at most 10 % of the basket at last prices.
    Above that, or when one never had a price, the composite is INVALID. Else it is as good as its worst
    member.

    Args:
        basket: What it is made of.
        indices: At ``at_ms``, by feed; others than the members' are not looked at.
        last: ``prices`` of the composite before; empty at first.
        at_ms: Unix milliseconds.
    """
    members = {feed: indices[feed] for feed in sorted(basket.units) if feed in indices}
    live = {feed: i.price for feed, i in members.items() if i.price is not None and i.status.signable}
    prices = {feed: last[feed] for feed in basket.units if feed in last} | live
    missing = [feed for feed in sorted(basket.units) if feed not in live]
    flags = tuple(f"{feed}:{flag}" for feed, index in members.items() for flag in index.flags)
    if reason := _fault(basket, missing, prices, last):
        return Composite(basket.name, at_ms, Status.INVALID, None, reason, flags, prices)
    status = Status.DEGRADED if missing else _worst([members[feed].status for feed in live])
    carried = f"carried at the last price: {', '.join(missing)}" if missing else ""
    flags += tuple(f"{feed}:CARRIED" for feed in missing)
    return Composite(basket.name, at_ms, status, worth(basket, prices), carried, flags, prices)


def divisor_for(name: str, units: Mapping[str, int], prices: Mapping[str, int], value: int) -> int:
    """Return the divisor with which the units are worth exactly ``value`` at these prices.

    Raises:
        ValueError: The value is not positive, or no divisor gives it exactly. One always does while the value
            squared is at most 1e18 times the units' worth, both in whole units of the quote currency.
    """
    scaled = _sum(units, prices) * (DIVISOR_SCALE // SCALE)
    divisor = scaled // value if value > 0 else 0
    if divisor == 0 or scaled // divisor != value:
        raise ValueError(f"{name}: no divisor makes units worth {scaled // DIVISOR_SCALE} price at {value}")
    return divisor


def rebalance(basket: Basket, units: Mapping[str, int], prices: Mapping[str, int]) -> Basket:
    """Return a basket of other units that is worth the same, to the last digit, at these prices.

    Args:
        basket: The one until now.
        units: Of the members from now on.
        prices: Of the members of both, at the moment of the change.

    Raises:
        ValueError: See ``divisor_for``.
    """
    value = worth(basket, prices)
    return Basket(basket.name, dict(units), divisor_for(basket.name, units, prices, value))


def _sum(units: Mapping[str, int], prices: Mapping[str, int]) -> int:
    """``sum n_i P_i`` scaled by 1e36."""
    return sum(amount * prices[feed] for feed, amount in units.items())


def _fault(basket: Basket, missing: list[str], prices: Mapping[str, int], last: Mapping[str, int]) -> str:
    """Say why the missing members cannot be carried; empty when they can."""
    if unknown := [feed for feed in missing if feed not in prices]:
        return f"never had a price: {', '.join(unknown)}"
    before = {feed: amount * (last.get(feed) or prices[feed]) for feed, amount in basket.units.items()}
    held, total = sum(before[feed] for feed in missing), sum(before.values())
    if held * PPM <= MAX_MISSING_PPM * total:
        return ""
    return f"{', '.join(missing)} without a price, {percent(share_ppm(held, total))} of the last value"


def _worst(statuses: list[Status]) -> Status:
    return max(statuses, key=_WORSE.index)
