"""What the funding clock works on. The fields are those of FundingClock.sol and IPerpetualFunding.sol, in their order."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Params:
    """A market's parameters without its mark source. Ratios have 1e18 = 100 %.

    ``interest`` is per ``realisation_s``, ``max_rate`` per 8 hours.
    """

    interval_s: int = 3_600
    realisation_s: int = 28_800
    max_index_age_s: int = 3_660
    max_spread_bps: int = 100
    max_premium: int = 10**17
    interest: int = 10**14
    damping: int = 5 * 10**14
    max_rate: int = 75 * 10**14


@dataclass(frozen=True, slots=True)
class Market:
    """One market at a second. Times are Unix seconds.

    ``longs_paid``, ``shorts_paid``: quote per base, 1e18 = 1. ``rate``: per 8 hours. ``start``, ``next``: of the
    present interval. ``premium_seconds``, ``covered``: its samples so far. ``index``: with ``decimals``, 0 before the first.
    """

    params: Params
    longs_paid: int
    shorts_paid: int
    rate: int
    premium: int
    time: int
    start: int
    next: int
    paused: bool
    premium_seconds: int
    covered: int
    index: int
    index_at: int
    decimals: int

    @property
    def net(self) -> int:
        """What one unit long has paid less what it has received."""
        return self.longs_paid - self.shorts_paid

    @property
    def fresh_until(self) -> int:
        """The last second at which the index is fresh."""
        return self.index_at + self.params.max_index_age_s

    @property
    def scaled_index(self) -> int:
        """The index with 1e18 = 1."""
        return int(self.index * 10 ** (18 - self.decimals))


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read at an accrual. ``observed_at`` is 0 without an index; ``premium`` counts only when ``sampled``."""

    index: int = 0
    observed_at: int = 0
    updated_at: int = 0
    sampled: bool = False
    premium: int = 0


@dataclass(frozen=True, slots=True)
class Fixing:
    """A rate fixed at a boundary."""

    rate: int
    mean: int
    coverage_bps: int
    time: int


@dataclass(frozen=True, slots=True)
class Log:
    """What happened on the way; ``switches`` are times of pauses and resumes, alternating."""

    fixings: tuple[Fixing, ...] = ()
    switches: tuple[int, ...] = ()
