"""How good one venue is against a reference: bias, error, delay and uptime.

The venue's and the reference's prices are left-continuous steps (``reporter.index.views.Point``), compared on
a grid of moments. Errors are signed, in ppm of the reference, to the nearest.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter

from reporter.index.units import share_ppm
from reporter.index.views import Point
from reporter.research.rounding import difference_ppm, nearest

_at_ms = attrgetter("at_ms")


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A venue's errors on the moments at which both had a price.

    Attributes:
        bias_ppm: The mean error; a lasting premium or discount.
        error_ppm: The mean absolute error.
        worst_ppm: The largest absolute error.
        moments: How many were compared.
    """

    bias_ppm: int
    error_ppm: int
    worst_ppm: int
    moments: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a price was made by the venue's clock, and when it reached us."""

    exchange_ms: int
    received_ms: int


@dataclass(frozen=True, slots=True)
class Delay:
    """How late prices came by the venue's clock: the median and the 99th percentile (nearest rank), and the most."""

    median_ms: int
    p99_ms: int
    worst_ms: int


def price_at(points: Sequence[Point], at_ms: int) -> int | None:
    """Return the newest price known at ``at_ms``, of points oldest first; None before the first."""
    position = bisect_right(points, at_ms, key=_at_ms)
    return points[position - 1].price if position else None


def accuracy(venue: Sequence[Point], reference: Sequence[Point], moments: Iterable[int]) -> Accuracy | None:
    """Return how far a venue is from the reference at these moments; None where they never both have a price."""
    pairs = [(price_at(venue, at_ms), price_at(reference, at_ms)) for at_ms in moments]
    errors = [difference_ppm(price, true) for price, true in pairs if price is not None and true is not None]
    if not errors:
        return None
    absolute = [abs(error) for error in errors]
    count = len(errors)
    return Accuracy(nearest(sum(errors), count), nearest(sum(absolute), count), max(absolute), count)


def lag_ms(
    venue: Sequence[Point],
    reference: Sequence[Point],
    start_ms: int,
    end_ms: int,
    *,
    step_ms: int = 1_000,
    max_lag_ms: int = 30_000,
) -> int | None:
    """Return how late a venue follows the reference; negative where it leads.

    Method: the returns of both on a grid of ``step_ms`` are multiplied at every shift up to ``max_lag_ms``, and
    the shift with the largest sum is the lag (lead and lag by cross-correlation: Huth and Abergel, "High
    frequency lead/lag relationships", 2014, who take Hayashi and Yoshida's form for unsampled ticks). A
    constant premium does not matter, the resolution is ``step_ms``, and of equal shifts the one nearest to 0
    counts. Only the middle of the window, ``max_lag_ms`` from its ends, is compared, the same for all shifts.

    Args:
        venue: Oldest first.
        reference: Oldest first.
        start_ms: Of the window; both must have a price there.
        end_ms: Of the window.
        step_ms: Above 0.
        max_lag_ms: The largest shift tried either way.

    Returns:
        None where one has no price at the start, or nothing moved together.
    """
    ours, true = _returns(venue, start_ms, end_ms, step_ms), _returns(reference, start_ms, end_ms, step_ms)
    if ours is None or true is None:
        return None
    most = max_lag_ms // step_ms
    middle = range(most, len(true) - most)
    shifts = sorted(range(-most, most + 1), key=lambda shift: (abs(shift), shift))
    together = {shift: sum(true[i] * ours[i + shift] for i in middle if true[i]) for shift in shifts}
    best = max(shifts, key=together.__getitem__)
    return best * step_ms if together[best] > 0 else None


def uptime_ppm(arrivals: Iterable[Arrival], start_ms: int, end_ms: int, max_age_ms: int) -> int:
    """Return the share of ``[start_ms, end_ms)`` in which some price that had arrived was fresh, floored.

    A price is fresh from its arrival until ``max_age_ms`` after its exchange time: one that comes later than
    that never is. Exact to the millisecond, without sampling.

    Raises:
        ValueError: An empty window.
    """
    if start_ms >= end_ms:
        raise ValueError(f"the window from {start_ms} to {end_ms} is empty")
    spans = sorted((a.received_ms, a.exchange_ms + max_age_ms + 1) for a in arrivals)
    fresh_ms, reached = 0, start_ms
    for since, until in spans:
        fresh_ms += max(0, min(until, end_ms) - max(since, reached))
        reached = max(reached, min(until, end_ms))
    return share_ppm(fresh_ms, end_ms - start_ms)


def delay(arrivals: Iterable[Arrival]) -> Delay | None:
    """Return how late prices arrived; None without any. A clock ahead of ours makes a delay negative."""
    late = sorted(a.received_ms - a.exchange_ms for a in arrivals)
    if not late:
        return None
    ranks = [max(0, -(-len(late) * part // 100) - 1) for part in (50, 99, 100)]
    return Delay(*(late[rank] for rank in ranks))


def _returns(points: Sequence[Point], start_ms: int, end_ms: int, step_ms: int) -> list[int] | None:
    """The returns from grid moment to grid moment, in ppm; None without a price at the start."""
    known = [price_at(points, at_ms) for at_ms in range(start_ms, end_ms + 1, step_ms)]
    prices = [price for price in known if price is not None]
    if len(prices) < len(known):
        return None
    return [difference_ppm(later, earlier) for earlier, later in pairwise(prices)]
