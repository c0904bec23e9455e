"""Means of prices that are first pulled to within a limit of their median: Deribit, Binance."""

from collections.abc import Sequence
from dataclasses import dataclass

from reporter.index.median import median_floor
from reporter.methods.model import Result, Sample, State
from reporter.methods.parts import NO_WEIGHT, Weighted, by_volume, by_weight, clamp, fresh, mean_floor, names


@dataclass(frozen=True, slots=True)
class ClampRules:
    """``limit_ppm``: how far from the median a price may count. ``max_age_ms``: older is left out."""

    limit_ppm: int
    max_age_ms: int


DERIBIT = ClampRules(limit_ppm=5_000, max_age_ms=180_000)
BINANCE = ClampRules(limit_ppm=30_000, max_age_ms=300_000)
BINANCE_BTC_ETH = ClampRules(limit_ppm=10_000, max_age_ms=300_000)


def deribit(samples: Sequence[Sample], state: State, rules: ClampRules = DERIBIT) -> tuple[Result, State]:
    """The mean, by assigned weight, of prices clamped to 0.5 % around their unweighted median.

    Source: Deribit, "Index Prices" (support.deribit.com, article 25944739377309) for the clamp, its example and
    the weights; "New Deribit Index" (insights.deribit.com, 3 December 2019) for equal weights and the 3 minutes
    without order book data. Read there. Neither says how an even median is taken: ours, the floor mean. Left
    out: the external benchmark and exclusion by hand.
    """
    kept = fresh(samples, rules.max_age_ms)
    return _clamped_mean(kept, by_weight(kept), rules.limit_ppm), state


def binance(samples: Sequence[Sample], state: State, rules: ClampRules = BINANCE) -> tuple[Result, State]:
    """The mean, by volume, of prices clamped to 3 % around the median of all sources (BTC and ETH: 1 %).

    Source: Binance FAQ 66607f4c63e748568f503fcbd8f08965, the price index for P2P: the limits, the examples of +7 %
    and -6 %, and no weight after five minutes without trading data; read in a copy. That the futures' index has
    the same limits is said in ``index_vectors.json``; of its FAQ, "Price Index" (547ba48141474ab3bddc5d7898f97928),
    we read the text of 2020 only, which dropped a source beyond 5 %. Left out: "Last Price Protected".
    """
    kept = fresh(samples, rules.max_age_ms)
    return _clamped_mean(kept, by_volume(kept), rules.limit_ppm), state


def _clamped_mean(kept: Sequence[Sample], votes: Weighted, limit_ppm: int) -> Result:
    """A venue without a weight has a say in the median all the same."""
    if not votes:
        return NO_WEIGHT
    middle = median_floor(s.price for s in kept)
    price = mean_floor([(clamp(s.price, middle, limit_ppm), weight) for s, weight in votes])
    return Result(price, None, names(s for s, _ in votes), "")
