"""What is offered beside the raw index: means over time and over trades. Integers only, time an argument.

An index over time is a row of ``Point``: each price counts from its own time to the next one's, as in
``Rounds.twap`` (contracts/Rounds.sol), so the steps are left-continuous: at a point's own time the one before
still counts. A moment without a number has no point.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter

from reporter.index.exponential import ONE, exp_neg
from reporter.index.median import weighted_median_floor
from reporter.index.units import PPM, share_ppm

MINUTE_MS = 60_000
TWAP_WINDOWS_MS = (MINUTE_MS, 30 * MINUTE_MS, 60 * MINUTE_MS)
MAX_GAP_MS = MINUTE_MS
MIN_COVERAGE_PPM = PPM // 2
"""Half of the window, as funding asks of its interval (METHODOLOGY.md, Funding)."""
SETTLEMENT_PARTITIONS = 12

_at_ms = attrgetter("at_ms")


@dataclass(frozen=True, slots=True)
class Point:
    """An index price, 1e18 fixed point, as of ``at_ms``."""

    at_ms: int
    price: int


@dataclass(frozen=True, slots=True)
class View:
    """A mean and the part of its window that it rests on. No price where that part is too small."""

    price: int | None
    coverage_ppm: int


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade: price 1e18 fixed point, amount in any one unit (of the base currency) for all trades.

    Raises:
        ValueError: Price or amount is not positive.
    """

    at_ms: int
    price: int
    amount: int

    def __post_init__(self) -> None:
        if self.price <= 0 or self.amount <= 0:
            raise ValueError(f"a trade has a positive price and amount, not {self.price} and {self.amount}")


def twap(
    points: Sequence[Point],
    end_ms: int,
    window_ms: int,
    *,
    max_gap_ms: int = MAX_GAP_MS,
    min_coverage_ppm: int = MIN_COVERAGE_PPM,
) -> View:
    """Return the time-weighted mean price of ``window_ms`` up to ``end_ms``, floored.

    The step before the window is clipped to it. A step longer than ``max_gap_ms``, measured before clipping,
    is a gap: nothing of it counts, neither in the mean nor in the coverage. The newest step ends at
    ``end_ms``.

    Args:
        points: Oldest first, no time twice. Later ones than ``end_ms`` are not looked at.
        end_ms: Unix milliseconds.
        window_ms: Above 0.
        max_gap_ms: The longest step that counts.
        min_coverage_ppm: With less than this part of the window covered there is no price.

    Raises:
        ValueError: Times that do not grow, or an empty window.
    """
    _check_window(end_ms - window_ms, end_ms)
    start_ms = end_ms - window_ms
    covered_ms = weighted = 0
    for point, until_ms in _steps(points, start_ms, end_ms):
        if until_ms - point.at_ms <= max_gap_ms:
            part_ms = until_ms - max(point.at_ms, start_ms)
            covered_ms += part_ms
            weighted += part_ms * point.price
    coverage_ppm = share_ppm(covered_ms, window_ms)
    enough = covered_ms > 0 and coverage_ppm >= min_coverage_ppm
    return View(weighted // covered_ms if enough else None, coverage_ppm)


def ema_step(before: Point, point: Point, tau_ms: int) -> Point:
    """Return the exponential mean after one more point: ``e += (1 - exp(-dt / tau)) (x - e)``, floored.

    The result lies between ``before`` and ``point``. It is less than 1e-18 below the formula, and a long row of
    steps ``dt`` at most ``1e-18 / (1 - exp(-dt / tau))``.

    Args:
        before: The mean so far with the time of its newest point; a first point is its own mean.
        point: Not older than ``before``; of the same time it changes nothing.
        tau_ms: The time constant; half of a jump is followed after ``tau ln 2``.

    Raises:
        ValueError: ``point`` is older, or ``tau_ms`` is not positive.
    """
    if point.at_ms < before.at_ms:
        raise ValueError(f"a point of {point.at_ms} does not follow {before.at_ms}")
    gain = ONE - exp_neg(point.at_ms - before.at_ms, tau_ms)
    return Point(point.at_ms, before.price + (point.price - before.price) * gain // ONE)


def ema(points: Iterable[Point], tau_ms: int) -> Point | None:
    """Return the exponential mean of all points, oldest first, at the newest; None without any."""
    mean: Point | None = None
    for point in points:
        mean = point if mean is None else ema_step(mean, point, tau_ms)
    return mean


def vwap(trades: Iterable[Trade], start_ms: int, end_ms: int) -> int | None:
    """Return the volume-weighted mean price of the trades in ``[start_ms, end_ms)``, floored; None without any.

    Raises:
        ValueError: An empty window.
    """
    _check_window(start_ms, end_ms)
    inside = [trade for trade in trades if start_ms <= trade.at_ms < end_ms]
    volume = sum(trade.amount for trade in inside)
    return sum(trade.price * trade.amount for trade in inside) // volume if volume else None


def settlement(
    trades: Iterable[Trade],
    start_ms: int,
    end_ms: int,
    *,
    partitions: int = SETTLEMENT_PARTITIONS,
    min_coverage_ppm: int = MIN_COVERAGE_PPM,
) -> View:
    """Return the mean, floored, of the volume-weighted medians of the window's equal parts.

    CF Benchmarks' form (CME CF Bitcoin Reference Rate, 4.1.1: an hour in 12 parts of 5 minutes, trades of all
    venues in one list, every part with the same weight). A trade on a boundary belongs to the later part. A
    part without a trade is left out, and lowers the coverage. Exactly half of a part's volume on either side:
    the mean of the two neighbours, floored.

    Args:
        trades: Of all venues, in the same quote currency, in any order.
        start_ms: The first moment that counts.
        end_ms: The first moment that does not.
        partitions: Above 0. Where the window does not divide evenly, parts differ by a millisecond.
        min_coverage_ppm: With less than this part of the partitions traded there is no price.

    Raises:
        ValueError: A window shorter than a millisecond per partition, or no partitions.
    """
    if not 0 < partitions <= end_ms - start_ms:
        raise ValueError(f"{end_ms - start_ms} ms cannot be split in {partitions} partitions")
    parts: dict[int, list[tuple[int, int]]] = {}
    for trade in trades:
        if start_ms <= trade.at_ms < end_ms:
            part = ((trade.at_ms - start_ms + 1) * partitions - 1) // (end_ms - start_ms)
            parts.setdefault(part, []).append((trade.price, trade.amount))
    medians = [weighted_median_floor(part) for part in parts.values()]
    coverage_ppm = share_ppm(len(medians), partitions)
    enough = bool(medians) and coverage_ppm >= min_coverage_ppm
    return View(sum(medians) // len(medians) if enough else None, coverage_ppm)


def _check_window(start_ms: int, end_ms: int) -> None:
    if start_ms >= end_ms:
        raise ValueError(f"the window from {start_ms} to {end_ms} is empty")


def _steps(points: Sequence[Point], start_ms: int, end_ms: int) -> list[tuple[Point, int]]:
    """The points whose steps reach into the window, each with the end of its step."""
    first = max(0, bisect_right(points, start_ms, key=_at_ms) - 1)
    inside = points[first : bisect_left(points, end_ms, key=_at_ms)]
    if any(earlier.at_ms >= later.at_ms for earlier, later in pairwise(inside)):
        raise ValueError("the times of the points do not grow")
    ends = [point.at_ms for point in inside[1:]] + [end_ms]
    return list(zip(inside, ends, strict=False))
