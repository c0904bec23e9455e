"""A forecast of the next funding rate from the rates before, and how far forecasts were off. Integers, 1e18 = 100 %.

AR(1): ``r[t] = c + phi * r[t-1] + e``, with c and phi by least squares on the pairs of neighbours, the maximum of the
likelihood given the first rate (Hamilton, Time Series Analysis, Princeton 1994, section 5.2). A phi beyond 1 either way,
which no rate between bounds can have for long, counts as 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

LEAST_PAIRS = 4
"""Below that a line through the pairs says nothing of the next."""
PPM = 10**6


@dataclass(frozen=True, slots=True)
class Fit:
    """A line through pairs of neighbours: ``mean_y + slope * (x - mean_x)``, every part exact.

    ``slope`` is ``rise / run``, the means are ``sum_x / count`` and ``sum_y / count``.
    """

    count: int
    sum_x: int
    sum_y: int
    rise: int
    run: int

    @property
    def phi_ppm(self) -> int:
        """The slope in millionths, floored."""
        return self.rise * PPM // self.run

    def after(self, rate: int) -> int:
        """Return the rate that follows ``rate`` by the line, floored."""
        return (self.sum_y * self.run + self.rise * (self.count * rate - self.sum_x)) // (
            self.count * self.run
        )


def fit(rates: Sequence[int]) -> Fit | None:
    """Return the AR(1) of these rates, oldest first; None for fewer than 4 pairs, or where none differs from its mean."""
    before, after = rates[:-1], rates[1:]
    count = len(after)
    if count < LEAST_PAIRS:
        return None
    sum_x, sum_y = sum(before), sum(after)
    run = count * sum(x * x for x in before) - sum_x * sum_x
    rise = count * sum(x * y for x, y in zip(before, after, strict=True)) - sum_x * sum_y
    return Fit(count, sum_x, sum_y, max(-run, min(run, rise)), run) if run else None


def forecast(rates: Sequence[int]) -> int | None:
    """Return the next rate by AR(1): the last one where all before it are the same; None for fewer than 4 pairs."""
    if len(rates) <= LEAST_PAIRS:
        return None
    found = fit(rates)
    return rates[-1] if found is None else found.after(rates[-1])


def forecasts(rates: Sequence[int]) -> list[int | None]:
    """Return for each rate what would have been forecast for it, from those before it alone."""
    return [forecast(rates[:place]) for place in range(len(rates))]


def mean_error(expected: Sequence[int | None], rates: Sequence[int]) -> int | None:
    """Return the mean absolute error, floored, over the rates that something was expected of; None if there is none."""
    errors = [abs(rate - e) for e, rate in zip(expected, rates, strict=True) if e is not None]
    return sum(errors) // len(errors) if errors else None
