"""From the legs' prices to one price per venue to the index (METHODOLOGY.md, Aggregate).

From 5 venues on, every median is weighted, and no venue has more than 24 %: an uncapped weighted median of USDe
fell to 0.6567 on 2025-10-10 with the one venue that had 60 % of the volume.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from reporter.index.median import by_venue, median_floor, venue_median, weighted_median_floor
from reporter.index.row import Row
from reporter.index.state import Past
from reporter.index.units import PPM, decimal, percent
from reporter.index.weights import capped_weights
from reporter.models import FeedRules, Status

OK_VENUES = 5


class Verdict(NamedTuple):
    """What the votes come to. ``reason`` says why the status is not OK."""

    status: Status
    price: int | None
    reason: str


def venue_prices(votes: Sequence[Row]) -> dict[str, int]:
    """Return each venue's price: the median of its legs, an ageing leg counting for less than a fresh one."""
    prices = {vote.leg.venue: vote.price for vote in votes}
    if len(prices) == len(votes):
        return prices
    legs = by_venue((vote.leg.venue, (vote.price, vote.weight_ppm)) for vote in votes)
    return {
        venue: of_venue[0][0] if len(of_venue) == 1 else weighted_median_floor(of_venue)
        for venue, of_venue in legs.items()
    }


def venue_weights(votes: Sequence[Row], rules: FeedRules) -> dict[str, int]:
    """Return what each venue weighs in the medians, exactly, in no unit.

    With 5 venues or more: its configured weight, faded by the age of its freshest leg, capped. With fewer, or where
    no cap could hold: equal weights.
    """
    fresh = {vote.leg.venue: vote.weight_ppm for vote in votes}
    if len(fresh) < len(votes):
        for vote in votes:
            fresh[vote.leg.venue] = max(vote.weight_ppm, fresh[vote.leg.venue])
    alike = not rules.weights and min(fresh.values(), default=0) == max(fresh.values(), default=0)
    if alike or len(fresh) < OK_VENUES:
        return dict.fromkeys(fresh, 1)
    if rules.weights:
        weights = dict(rules.weights)
        least = min(weights.values())
        fresh = {venue: weights.get(venue, least) * ppm for venue, ppm in fresh.items()}
    return capped_weights(fresh, rules.weight_cap_ppm)


def shares_ppm(votes: Sequence[Row], weights: Mapping[str, int]) -> list[int]:
    """Return the part each vote has in the medians, in ppm: its venue's, split by freshness among its legs.

    In the order given; floored, but never 0: what is not dropped counts for something.
    """
    total = sum(weights.values())
    if len(weights) == len(votes):
        return [PPM * weights[vote.leg.venue] // total or 1 for vote in votes]
    legs: dict[str, int] = {}
    for vote in votes:
        legs[vote.leg.venue] = legs.get(vote.leg.venue, 0) + vote.weight_ppm
    return [PPM * weights[v.leg.venue] * v.weight_ppm // (total * legs[v.leg.venue]) or 1 for v in votes]


def aggregate(
    prices: Mapping[str, int],
    weights: Mapping[str, int],
    rules: FeedRules,
    *,
    kept_band_ppm: int | None = None,
    last: Past | None = None,
    at_ms: int = 0,
) -> Verdict:
    """Return the weighted median over venues with its status.

    5 or more venues: OK, weighted. 3 or 4: REDUCED. 2: REDUCED, the mean, while they agree, else HELD. 1: REDUCED
    while it agrees with the last index, HELD while it does not and that is recent, DEGRADED when there is no
    recent one (a lock-out for ever would be worse). Fewer than ``rules.min_venues``: INVALID. A HELD or INVALID
    index has no number: never zero, never an old one. With outliers that could not be dropped: DEGRADED, or HELD
    where most venues and most of the weight are further apart than the band, as nobody can say which is captured.

    Args:
        prices: One per venue that counts.
        weights: What they weigh, as ``venue_weights`` says.
        kept_band_ppm: The band that some are beyond, where dropping them would have left too few.
        last: The last index that could be signed.
    """
    count = len(prices)
    if count < max(1, rules.min_venues):
        return Verdict(Status.INVALID, None, f"{count} of at least {rules.min_venues} venues")
    if count == 1:
        return _alone(next(iter(prices.values())), rules, last, at_ms, degraded=kept_band_ppm is not None)
    if count == 2 and (apart := _disagreement(prices, rules)):
        return Verdict(Status.HELD, None, apart)
    price = venue_median(prices, weights)
    if kept_band_ppm is not None:
        return _with_outliers(prices, price, kept_band_ppm)
    if count < OK_VENUES:
        return Verdict(Status.REDUCED, price, f"{count} venues")
    return Verdict(Status.OK, price, "")


def _with_outliers(prices: Mapping[str, int], price: int, band_ppm: int) -> Verdict:
    """The weighted median of all, unless the plain one is beyond the band around it."""
    plain = median_floor(prices.values())
    if abs(plain - price) * PPM > band_ppm * price:
        reason = f"most venues are at {decimal(plain)}, most of the weight is at {decimal(price)}"
        return Verdict(Status.HELD, None, f"{reason}: more than {percent(band_ppm)} apart")
    reason = f"outliers among {len(prices)} venues, too few would be left: none dropped"
    return Verdict(Status.DEGRADED, price, reason)


def _alone(price: int, rules: FeedRules, last: Past | None, at_ms: int, *, degraded: bool) -> Verdict:
    if last is None or at_ms - last.at_ms > rules.hold_ms:
        return Verdict(Status.DEGRADED, price, "1 venue, and no recent index to compare it with")
    if abs(price - last.price) * PPM <= rules.two_venue_agreement_ppm * last.price:
        if degraded:
            return Verdict(Status.DEGRADED, price, "1 venue, an outlier until now")
        return Verdict(Status.REDUCED, price, "1 venue")
    allowed = percent(rules.two_venue_agreement_ppm)
    reason = f"1 venue, more than {allowed} from the last index: {decimal(price)}, {decimal(last.price)}"
    return Verdict(Status.HELD, None, reason)


def _disagreement(prices: Mapping[str, int], rules: FeedRules) -> str:
    """Say how far two venues are apart, in ppm of the lower; empty while they agree."""
    (low, low_venue), (high, high_venue) = sorted((price, venue) for venue, price in prices.items())
    if (high - low) * PPM <= rules.two_venue_agreement_ppm * low:
        return ""
    allowed = percent(rules.two_venue_agreement_ppm)
    return f"2 venues more than {allowed} apart: {low_venue} {decimal(low)}, {high_venue} {decimal(high)}"
