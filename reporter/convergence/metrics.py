"""What a run says about convergence: six figures of one track, and each of them over the seeds."""

from collections.abc import Sequence
from dataclasses import dataclass

from reporter.convergence import stats
from reporter.convergence.stats import Interval

HOUR_S = 3_600
HOURS_OF_RATE = 8
"""Rates are quoted per 8 hours."""
LEAST_RATE_BP = 0.0001


@dataclass(frozen=True, slots=True)
class Track:
    """A run, sampled every ``step_s``: basis over index and funding rate per 8 hours, both in basis points, equally long."""

    step_s: int
    basis_bp: Sequence[float]
    rate_bp: Sequence[float]

    def hourly(self) -> "Track":
        """Every sample on a whole hour."""
        every = max(1, HOUR_S // self.step_s)
        return Track(self.step_s * every, self.basis_bp[::every], self.rate_bp[::every])


@dataclass(frozen=True, slots=True)
class Figures:
    """One run.

    Attributes:
        phi: AR(1) of the hourly basis; None where it never moves.
        reversion: Of ``phi``, per hour; ``corrected`` is the same without Kendall's bias.
        tracking_bp: Root mean square of the basis.
        worst_bp: Its largest size.
        outside: Share of samples with a basis beyond the no-arbitrage band.
        effect: Slope of the hourly basis change on minus the hourly funding; None without funding.
    """

    phi: float | None
    reversion: float | None
    corrected: float | None
    tracking_bp: float
    worst_bp: float
    outside: float
    effect: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """A mode over its seeds, each figure with its 95 % interval; half-lives in hours."""

    runs: int
    half_life_h: Interval | None
    corrected_h: Interval | None
    tracking_bp: Interval
    worst_bp: Interval
    outside: Interval
    effect: Interval | None


def figures(track: Track, fee_bp: float) -> Figures:
    """Return the figures of a track.

    Args:
        fee_bp: What a taker pays per trade; the band is ``2 * fee + |funding rate per 8 h|``.
    """
    hourly = track.hourly()
    phi, pairs = stats.ar1(hourly.basis_bp), len(hourly.basis_bp) - 1
    step_h = hourly.step_s / HOUR_S
    return Figures(
        phi,
        None if phi is None else stats.reversion_per_h(phi, step_h),
        None if phi is None else stats.reversion_per_h(stats.unbiased(phi, pairs), step_h),
        stats.rms(track.basis_bp),
        max(map(abs, track.basis_bp), default=0.0),
        outside_share(track, fee_bp),
        effectiveness(hourly),
    )


def outside_share(track: Track, fee_bp: float) -> float:
    """Return the share of samples at which the basis is worth more than a round trip and one payment of funding."""
    pairs = list(zip(track.basis_bp, track.rate_bp, strict=True))
    return sum(abs(b) > 2 * fee_bp + abs(rate) for b, rate in pairs) / max(1, len(pairs))


def effectiveness(track: Track) -> float | None:
    """Return the slope of the basis change on minus the funding of the same step.

    1 where a basis falls by just what is paid, 0 where it does not listen. Whatever else pulls the basis back works in step
    with funding and is in the slope as well. None where next to nothing is ever paid.
    """
    if max(map(abs, track.rate_bp), default=0.0) < LEAST_RATE_BP:
        return None
    step_share = track.step_s / (HOURS_OF_RATE * HOUR_S)
    paid = [-rate * step_share for rate in track.rate_bp[:-1]]
    return stats.slope(paid, stats.changes(track.basis_bp))


def summary(runs: Sequence[Figures]) -> Summary:
    """Return each figure's mean and interval over runs with different seeds; at least one."""
    return Summary(
        len(runs),
        _half_life([r.reversion for r in runs]),
        _half_life([r.corrected for r in runs]),
        stats.student([r.tracking_bp for r in runs]),
        stats.student([r.worst_bp for r in runs]),
        _share(stats.student([r.outside for r in runs])),
        _student([r.effect for r in runs]),
    )


def _share(value: Interval) -> Interval:
    """No share is below 0 or above 1, whatever Student says."""
    low, high = (end if end is None else min(1.0, max(0.0, end)) for end in (value.low, value.high))
    return Interval(value.mean, low, high)


def _student(values: Sequence[float | None]) -> Interval | None:
    known = [value for value in values if value is not None]
    return stats.student(known) if known else None


def _half_life(reversions: Sequence[float | None]) -> Interval | None:
    found = _student(reversions)
    return found and stats.half_lives(found)
