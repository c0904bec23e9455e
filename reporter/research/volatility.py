"""Realised volatility of a row of index points. A research figure: ``Decimal`` with 40 digits, no float."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from itertools import pairwise

from reporter.index.views import MAX_GAP_MS, Point
from reporter.research.basis import YEAR_MS

DIGITS = 40
FEWEST_RETURNS = 2


@dataclass(frozen=True, slots=True)
class Volatility:
    """Realised volatility a year, 0.65 for 65 %, with the returns and the time that it rests on."""

    annualised: Decimal
    returns: int
    covered_ms: int


def realised_volatility(points: Sequence[Point], *, max_gap_ms: int = MAX_GAP_MS) -> Volatility | None:
    """Return ``sqrt(sum of squared log returns * year / time covered)``.

    The mean return is taken as zero, as is usual for short steps (Andersen, Bollerslev, Diebold and Labys,
    Econometrica 71, 2003). A year has 365 days: these markets never close. Logarithms and the sum have 40
    digits, so the result is good to more than 15 digits. A step longer than ``max_gap_ms`` counts neither as a
    return nor as time. Short steps measure the noise of the venues as well as the market; that is not taken
    out.

    Args:
        points: Oldest first, no time twice, prices above 0.
        max_gap_ms: The longest step that counts.

    Returns:
        None with fewer than 2 returns.

    Raises:
        ValueError: Times that do not grow.
    """
    steps = list(pairwise(points))
    if any(later.at_ms <= earlier.at_ms for earlier, later in steps):
        raise ValueError("the times of the points do not grow")
    counted = [(a, b) for a, b in steps if b.at_ms - a.at_ms <= max_gap_ms]
    if len(counted) < FEWEST_RETURNS:
        return None
    covered_ms = sum(later.at_ms - earlier.at_ms for earlier, later in counted)
    with localcontext(Context(prec=DIGITS)):
        variance = sum((_log_return(a, b) ** 2 for a, b in counted), Decimal(0))
        return Volatility((variance * YEAR_MS / covered_ms).sqrt(), len(counted), covered_ms)


def _log_return(earlier: Point, later: Point) -> Decimal:
    return (Decimal(later.price) / Decimal(earlier.price)).ln()
