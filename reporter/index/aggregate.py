"""From the legs' prices to one price per venue to the index (METHODOLOGY.md, Aggregate).

Every venue has one vote. The median over venues is plain, whatever their number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reporter.index.median import by_venue, median_floor, weighted_median_floor
from reporter.index.units import PPM, decimal, percent
from reporter.models import FeedRules, Status

OK_VENUES = 5


@dataclass(frozen=True, slots=True)
class Vote:
    """One leg's price in the feed's quote currency, 1e18 fixed point, > 0, with its weight by freshness."""

    venue: str
    price: int
    weight_ppm: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the votes come to. ``reason`` says why the status is not OK."""

    status: Status
    price: int | None
    reason: str


def venue_prices(votes: Sequence[Vote]) -> dict[str, int]:
    """Return each venue's price: the median of its legs, an ageing leg counting for less than a fresh one."""
    legs = by_venue((v.venue, (v.price, v.weight_ppm)) for v in votes)
    return {
        venue: of_venue[0][0] if len(of_venue) == 1 else weighted_median_floor(of_venue)
        for venue, of_venue in legs.items()
    }


def shares_ppm(votes: Sequence[Vote]) -> list[int]:
    """Return the part each vote has in the medians, in ppm: an equal one per venue, split by freshness among
    its legs.

    In the order given; the sum is at most 1,000,000 (floored).
    """
    totals: dict[str, int] = {}
    for vote in votes:
        totals[vote.venue] = totals.get(vote.venue, 0) + vote.weight_ppm
    return [PPM * vote.weight_ppm // (totals[vote.venue] * len(totals)) for vote in votes]


def aggregate(votes: Sequence[Vote], rules: FeedRules, *, degraded: bool) -> Verdict:
    """Return the median over venues with its status.

    5 or more venues: OK. 3 or 4: REDUCED. 2: REDUCED, the mean, while they agree, else HELD. 1: REDUCED.
    Fewer than ``rules.min_venues``: INVALID. A HELD or INVALID index has no number: never zero, never an old
    one.

    Args:
        degraded: The outlier rule would have left too few, so that all votes are here.
    """
    prices = venue_prices(votes)
    count = len(prices)
    if count < max(1, rules.min_venues):
        return Verdict(Status.INVALID, None, f"{count} of at least {rules.min_venues} venues")
    if count == 2 and (apart := _disagreement(prices, rules)):
        return Verdict(Status.HELD, None, apart)
    price = median_floor(prices.values())
    if degraded:
        return Verdict(
            Status.DEGRADED, price, f"outliers among {count} venues, too few would be left: none dropped"
        )
    if count >= OK_VENUES:
        return Verdict(Status.OK, price, "")
    return Verdict(Status.REDUCED, price, f"{count} venues" if count > 1 else "1 venue")


def _disagreement(prices: Mapping[str, int], rules: FeedRules) -> str:
    """Say how far two venues are apart, in ppm of the lower; empty while they agree."""
    (low, low_venue), (high, high_venue) = sorted((price, venue) for venue, price in prices.items())
    if (high - low) * PPM <= rules.two_venue_agreement_ppm * low:
        return ""
    allowed = percent(rules.two_venue_agreement_ppm)
    return f"2 venues more than {allowed} apart: {low_venue} {decimal(low)}, {high_venue} {decimal(high)}"
