"""How much rests in a book, and what it costs to trade against it.

One side of a book is a row of ``Level``: how far from the mid, and how much of the quote currency rests there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from reporter.index.units import PPM
from reporter.models import SCALE
from reporter.research.rounding import difference_ppm, nearest


class Side(IntEnum):
    """Which way the price is pushed: a buyer takes asks and pushes it up."""

    BUY = 1
    SELL = -1


@dataclass(frozen=True, slots=True)
class Level:
    """What rests at one distance from the mid, on one side.

    Attributes:
        distance_ppm: At least 0.
        quote_amount: In any one unit of the quote currency, above 0.

    Raises:
        ValueError: Outside those bounds.
    """

    distance_ppm: int
    quote_amount: int

    def __post_init__(self) -> None:
        if self.distance_ppm < 0 or self.quote_amount <= 0:
            raise ValueError(f"a level lies at 0 ppm or more and holds something, not {self}")


@dataclass(frozen=True, slots=True)
class Impact:
    """What one market order does. Both distances are against the trader, at least 0.

    Attributes:
        average_ppm: Of the average price paid or received from the mid.
        last_ppm: Of the furthest level touched.
    """

    average_ppm: int
    last_ppm: int


def depth_within(levels: Sequence[Level], distance_ppm: int) -> int:
    """Return the quote amount that rests at most ``distance_ppm`` from the mid ("2 % depth" is 20,000 ppm)."""
    return sum(level.quote_amount for level in levels if level.distance_ppm <= distance_ppm)


def price_impact(levels: Sequence[Level], quote_amount: int, side: Side) -> Impact | None:
    """Return what an order for ``quote_amount`` does that takes the levels from the nearest on.

    Each part trades at its level's price, so the average is the harmonic one: quote paid over base received.
    None: the levels do not hold that much.

    Args:
        levels: One side, in any order; the sell side's distances below 1,000,000.
        quote_amount: Above 0, in the levels' unit.
        side: Which way the price is pushed.

    Raises:
        ValueError: No amount, or a price of zero.
    """
    if quote_amount <= 0:
        raise ValueError(f"an order has a positive amount, not {quote_amount}")
    left, last_ppm, base = quote_amount, 0, 0
    for level in sorted(levels, key=lambda level: level.distance_ppm):
        if left == 0:
            break
        taken = min(left, level.quote_amount)
        left, last_ppm = left - taken, level.distance_ppm
        base += nearest(taken * SCALE * PPM, PPM + side * level.distance_ppm)
    if left:
        return None
    return Impact(side * difference_ppm(quote_amount * SCALE, base), last_ppm)


def liquidity_index(bids: Sequence[Level], asks: Sequence[Level], within_ppm: int) -> int:
    """Return the weaker side's depth, each amount weighted ``1 - distance / within``; quote units, nearest.

    This is the mean of ``depth_within(d)`` over all ``d`` from 0 to ``within_ppm``: an amount at the mid counts
    in full, one at the edge not at all, so nothing jumps when an order crosses the edge. The weaker side,
    because a price can be pushed either way. Ours; CoinMarketCap's
    liquidity metric of 2019 weights by distance too.

    Raises:
        ValueError: ``within_ppm`` is not positive.
    """
    return min(nearest(_weighted(side, within_ppm), within_ppm) for side in (bids, asks))


def _weighted(levels: Sequence[Level], within_ppm: int) -> int:
    return sum(level.quote_amount * max(0, within_ppm - level.distance_ppm) for level in levels)
