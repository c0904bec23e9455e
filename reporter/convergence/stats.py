"""The statistics of one row of numbers, and of one figure over several seeds. Pure; floats, for nothing here is money."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, log, sqrt
from statistics import fmean, stdev

LEAST_PHI = 0.001
"""A row that forgets faster has a half-life under a tenth of its step, which cannot be told from none."""
FEWEST_PAIRS = 4
T_975 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
"""Student's t, 0.975 quantile for 1 to 30 degrees of freedom (NIST/SEMATECH e-Handbook, 1.3.6.7.2)."""
NORMAL_975 = 1.960


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its 95 % confidence interval; ``low`` and ``high`` are None where there is a single value."""

    mean: float
    low: float | None = None
    high: float | None = None


def slope(x: Sequence[float], y: Sequence[float]) -> float | None:
    """Return the slope of the least-squares line through ``(x, y)``, with an intercept; None where x never changes.

    Raises:
        ValueError: Rows of different lengths.
    """
    if len(x) != len(y):
        raise ValueError(f"{len(x)} and {len(y)} values make no pairs")
    if len(x) < FEWEST_PAIRS:
        return None
    mean_x, mean_y = fmean(x), fmean(y)
    spread = sum((a - mean_x) ** 2 for a in x)
    if spread <= 0:
        return None
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / spread


def ar1(values: Sequence[float]) -> float | None:
    """Return phi of ``x[t+1] = c + phi x[t] + noise`` by least squares; None of a constant or fewer than 5 values.

    Too small on average by ``(1 + 3 phi) / n`` (Kendall, Biometrika 41, 1954): see ``unbiased``.
    """
    return slope(values[:-1], values[1:]) if len(values) > FEWEST_PAIRS else None


def unbiased(phi: float, pairs: int) -> float:
    """Return phi without Kendall's bias, to its first order: ``phi + (1 + 3 phi) / n``, solved for the true phi."""
    return (pairs * phi + 1) / (pairs - 3)


def reversion_per_h(phi: float, step_h: float) -> float:
    """Return the rate at which a deviation decays, ``-ln(phi)`` per step, in 1/h; 0 or less where it does not decay."""
    return -log(max(phi, LEAST_PHI)) / step_h


def half_life_h(reversion: float) -> float:
    """Return ``ln 2 / reversion`` in hours; infinity where nothing decays."""
    return log(2) / reversion if reversion > 0 else inf


def phi_interval(phi: float, pairs: int) -> Interval:
    """Return phi with the interval of a single long row: its standard error is ``sqrt((1 - phi^2) / n)``.

    Asymptotic (Mann and Wald, Econometrica 11, 1943; Hamilton, Time Series Analysis, 8.2).
    """
    error = NORMAL_975 * sqrt(max(0.0, 1 - phi * phi) / pairs)
    return Interval(phi, phi - error, phi + error)


def rms(values: Sequence[float]) -> float:
    """Return the root of the mean square; 0 of nothing."""
    return sqrt(fmean(v * v for v in values)) if values else 0.0


def changes(values: Sequence[float]) -> list[float]:
    """Return each value less the one before it."""
    return [later - earlier for earlier, later in pairwise(values)]


def student(values: Sequence[float]) -> Interval:
    """Return the mean over independent runs with Student's interval, ``mean +- t s / sqrt(n)`` (Biometrika 6, 1908).

    Raises:
        ValueError: No value.
    """
    if not values:
        raise ValueError("no run, no mean")
    middle = fmean(values)
    if len(values) == 1:
        return Interval(middle)
    freedom = len(values) - 1
    quantile = T_975[freedom - 1] if freedom <= len(T_975) else NORMAL_975
    error = quantile * stdev(values) / sqrt(len(values))
    return Interval(middle, middle - error, middle + error)


def half_lives(reversion: Interval) -> Interval:
    """Return the half-life of a mean reversion rate; its interval is that of the rate, turned round.

    Taken of the rate and not of the half-lives, because one run that nearly never returns would own their mean.
    """
    low = None if reversion.high is None else half_life_h(reversion.high)
    high = None if reversion.low is None else half_life_h(reversion.low)
    return Interval(half_life_h(reversion.mean), low, high)
