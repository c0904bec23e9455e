"""Legs too far from the venues' median (METHODOLOGY.md, Outliers)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reporter.index.aggregate import Vote, venue_prices
from reporter.index.median import median_floor
from reporter.index.units import PPM, percent, share_ppm
from reporter.models import FeedRules

MADN_PPM = 1_482_600
"""1.4826: scales the median absolute deviation to a normal distribution's standard deviation."""
BAND_MADNS = 6
FEWEST_SURVIVORS = 3


@dataclass(frozen=True, slots=True)
class Screening:
    """Which votes may count. ``remarks`` holds, by position among the votes given, how far a leg is beyond
    the band.

    ``degraded``: too few venues would have been left, so every vote counts, also those remarked upon.
    """

    remarks: Mapping[int, str]
    degraded: bool


def screen(votes: Sequence[Vote], rules: FeedRules) -> Screening:
    """Find the legs beyond ``clamp(6 MADn / m, band_min, band_max)`` of ``m``, the median of the venues'
    prices.

    Median and MAD are over venues, so that a venue with many legs has one say in them; legs are judged one by
    one, so that a venue with one broken leg keeps its others. None is dropped if fewer than 3 venues, or not
    more than half of them, would be left.
    """
    if not votes:
        return Screening({}, degraded=False)
    prices = venue_prices(votes)
    middle = median_floor(prices.values())
    band = band_ppm(list(prices.values()), middle, rules)
    limit = band * middle
    remarks = {
        position: f"outlier {_signed(vote.price - middle, middle)} beyond {percent(band)}"
        for position, vote in enumerate(votes)
        if abs(vote.price - middle) * PPM > limit
    }
    left = len({vote.venue for position, vote in enumerate(votes) if position not in remarks})
    too_few = left < FEWEST_SURVIVORS or 2 * left <= len(prices)
    return Screening(remarks, degraded=bool(remarks) and too_few)


def band_ppm(prices: Sequence[int], middle: int, rules: FeedRules) -> int:
    """Return how far from ``middle`` a price may be, in ppm of it."""
    mad = median_floor(abs(price - middle) for price in prices)
    return max(rules.band_min_ppm, min(rules.band_max_ppm, BAND_MADNS * MADN_PPM * mad // middle))


def _signed(part: int, whole: int) -> str:
    sign = "+" if part > 0 else "-"
    return sign + percent(share_ppm(abs(part), whole))
