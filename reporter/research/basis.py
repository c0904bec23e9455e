"""A derivative's price against spot: basis, its yearly rate, and what both books would pay for it.

Basis is derivative minus spot (Hull, Options, Futures, and Other Derivatives, has it the other way round):
positive is contango. All prices 1e18 fixed point, all ratios in ppm of spot, to the nearest.
"""

from dataclasses import dataclass

from reporter.index.units import PPM
from reporter.models import Quote
from reporter.research.rounding import difference_ppm, nearest

YEAR_MS = 365 * 24 * 3_600_000
FUNDING_PERIOD_MS = 8 * 3_600_000


@dataclass(frozen=True, slots=True)
class Basis:
    """How far a derivative is above spot: absolute (1e18), in ppm, and in ppm a year without compounding."""

    absolute: int
    ppm: int
    annualised_ppm: int


@dataclass(frozen=True, slots=True)
class Spread:
    """What the books of spot and derivative leave between them, each in ppm of the spot mid.

    Attributes:
        mid_ppm: Derivative mid over spot mid.
        sell_ppm: Sell the derivative at its bid, buy spot at its ask; positive pays.
        buy_ppm: Buy the derivative at its ask, sell spot at its bid; positive pays.
    """

    mid_ppm: int
    sell_ppm: int
    buy_ppm: int


def basis(spot: int, derivative: int, term_ms: int = FUNDING_PERIOD_MS) -> Basis:
    """Return the basis of a derivative that comes back to spot within ``term_ms``.

    A dated future's term is the time to its expiry. A perpetual has none: its premium is paid once per funding
    period, so that is its term (8 hours unless told otherwise).

    Args:
        spot: The index, above 0.
        derivative: The future's or perpetual's price.
        term_ms: Above 0.

    Raises:
        ValueError: Spot or term is not positive.
    """
    absolute = derivative - spot
    yearly = nearest(absolute * PPM * YEAR_MS, spot * term_ms)
    return Basis(absolute, difference_ppm(derivative, spot), yearly)


def spread(spot: Quote, derivative: Quote) -> Spread | None:
    """Return what is between two books; None where one of them lacks a side."""
    if spot.bid is None or spot.ask is None or derivative.bid is None or derivative.ask is None:
        return None
    twice_mid = spot.bid + spot.ask
    return Spread(
        difference_ppm(derivative.bid + derivative.ask, twice_mid),
        nearest(2 * (derivative.bid - spot.ask) * PPM, twice_mid),
        nearest(2 * (spot.bid - derivative.ask) * PPM, twice_mid),
    )
