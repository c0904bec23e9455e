"""Legs too far from the venues' median, and their way back (METHODOLOGY.md, Outliers)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from reporter.index.aggregate import venue_prices, venue_weights
from reporter.index.median import venue_median
from reporter.index.row import Row
from reporter.index.state import FeedState
from reporter.index.units import PPM, percent, seconds, share_ppm
from reporter.models import FeedRules, Leg

MADN_PPM = 1_482_600
"""1.4826: scales the median absolute deviation to a normal distribution's standard deviation."""
BAND_MADNS = 6
FEWEST_SURVIVORS = 3

Excluded = tuple[tuple[Leg, int | None], ...]


class Screening(NamedTuple):
    """Which votes may count. ``remarks`` says, by position among the votes given, why a leg is excluded.

    Attributes:
        middle: The median that legs are judged by.
        band_ppm: How far from it they may be.
        degraded: Too few venues would have been left, so every vote counts, also those remarked upon.
        excluded: The exclusions to hand to the next moment.
        judges: How many venues ``middle`` is the median of.
    """

    remarks: Mapping[int, str]
    middle: int
    band_ppm: int
    degraded: bool
    excluded: Excluded
    judges: int = 0


def screen(
    votes: Sequence[Row],
    prices: Mapping[str, int],
    weights: Mapping[str, int],
    rules: FeedRules,
    state: FeedState,
    at_ms: int,
) -> Screening:
    """Find the legs beyond ``clamp(6 MADn / m, band_min, band_max)`` of ``m``, the median of the venues' prices.

    Median and MAD are over venues, so that a venue with many legs has one say in them, by weight, so that venues
    with less than half of it cannot have the others dropped, and over legs that are not excluded already; legs are
    judged one by one, so that a venue with one broken leg keeps its others. An excluded leg comes back after 60 s
    continuously within half of the band. None is dropped if fewer than 3 venues would be left, or not more than
    half of them, or not more than half of the weight: then none is newly excluded either.

    Args:
        prices: ``venue_prices(votes)``.
        weights: ``venue_weights(votes, rules)``.
    """
    if not votes:
        return Screening({}, 0, rules.band_min_ppm, degraded=False, excluded=_absent(state.excluded))
    before = _known(state, rules, at_ms)
    judging = weights
    if before:
        judges = [vote for vote in votes if vote.leg not in before] or votes
        prices, judging = venue_prices(judges), venue_weights(judges, rules)
    middle = venue_median(prices, judging)
    farthest = _farthest(votes, prices, middle) * PPM
    calm = not before and farthest <= rules.band_min_ppm * middle
    band = rules.band_min_ppm if calm else band_ppm(prices, judging, middle, rules)
    if not before and farthest <= band * middle:
        return Screening({}, middle, band, degraded=False, excluded=(), judges=len(prices))
    remarks, excluded = _judge(votes, before, middle, band, rules, at_ms)
    degraded = bool(remarks) and _too_few(votes, remarks, weights)
    if degraded:  # nobody is newly excluded, but who was stays so, and is back only without a break
        excluded = tuple(entry for entry in excluded if entry[0] in before)
    return Screening(remarks, middle, band, degraded, excluded, len(prices))


def band_ppm(prices: Mapping[str, int], weights: Mapping[str, int], middle: int, rules: FeedRules) -> int:
    """Return how far from ``middle`` a price may be, in ppm of it."""
    mad = venue_median({venue: abs(price - middle) for venue, price in prices.items()}, weights)
    return max(rules.band_min_ppm, min(rules.band_max_ppm, BAND_MADNS * MADN_PPM * mad // middle))


def _too_few(votes: Sequence[Row], remarks: Mapping[int, str], weights: Mapping[str, int]) -> bool:
    """Whether fewer than 3 venues would be left, or not more than half by number or by weight."""
    left = {vote.venue for position, vote in enumerate(votes) if position not in remarks}
    weight = sum(weights[venue] for venue in left)
    return (
        len(left) < FEWEST_SURVIVORS or 2 * len(left) <= len(weights) or 2 * weight <= sum(weights.values())
    )


def _farthest(votes: Sequence[Row], prices: Mapping[str, int], middle: int) -> int:
    """How far the farthest leg is."""
    legs = prices.values() if len(prices) == len(votes) else [vote.price for vote in votes]
    return max(max(legs) - middle, middle - min(legs))


def _known(state: FeedState, rules: FeedRules, at_ms: int) -> dict[Leg, int | None]:
    """The exclusions so far. After a longer time without a look nothing has been continuous."""
    if not state.excluded:
        return {}
    if state.at_ms is None or at_ms - state.at_ms > rules.readmit_ms:
        return {leg: None for leg, _ in state.excluded}
    return dict(state.excluded)


def _judge(
    votes: Sequence[Row],
    before: Mapping[Leg, int | None],
    middle: int,
    band: int,
    rules: FeedRules,
    at_ms: int,
) -> tuple[dict[int, str], Excluded]:
    """The remarks on these votes, and which legs stay or become excluded."""
    remarks: dict[int, str] = {}
    excluded: dict[Leg, int | None] = {}
    limit = band * middle
    for position, vote in enumerate(votes):
        off = abs(vote.price - middle) * PPM
        if vote.leg in before:
            since_ms = _back_since(before[vote.leg], at_ms, near=2 * off <= limit)
            if since_ms is None or at_ms - since_ms < rules.readmit_ms:
                remarks[position] = _waiting(vote, middle, band, since_ms, at_ms)
                excluded[vote.leg] = since_ms
        elif off > limit:
            remarks[position] = f"outlier {_signed(vote.price - middle, middle)} beyond {percent(band)}"
            excluded[vote.leg] = None
    voted = {vote.leg for vote in votes}
    kept = _absent((leg, since) for leg, since in before.items() if leg not in voted)
    return remarks, (*sorted(excluded.items(), key=lambda entry: str(entry[0])), *kept)


def _back_since(since_ms: int | None, at_ms: int, *, near: bool) -> int | None:
    if not near:
        return None
    return at_ms if since_ms is None else since_ms


def _absent(excluded: Iterable[tuple[Leg, int | None]]) -> Excluded:
    """A leg that gives no price is not back, whatever it was before."""
    return tuple((leg, None) for leg, _ in excluded)


def _waiting(vote: Row, middle: int, band: int, since_ms: int | None, at_ms: int) -> str:
    off = _signed(vote.price - middle, middle)
    if since_ms is None:
        return f"excluded as an outlier, now {off}: not within half of {percent(band)}"
    return f"excluded as an outlier, now {off}: back for {seconds(at_ms - since_ms)}"


def _signed(part: int, whole: int) -> str:
    sign = "+" if part >= 0 else "-"
    return sign + percent(share_ppm(abs(part), whole))
