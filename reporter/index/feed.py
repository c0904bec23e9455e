"""One feed's index from its quotes: check, price, convert, screen, aggregate, and a trace of every leg."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from reporter.index import bias, legs
from reporter.index.aggregate import Verdict, aggregate, venue_prices, venue_weights
from reporter.index.confidence import confidence
from reporter.index.convert import Rate
from reporter.index.flags import extremes, flags, remember
from reporter.index.outliers import FEWEST_SURVIVORS, Screening, screen
from reporter.index.row import Row
from reporter.index.state import NEW, FeedState, Past
from reporter.index.traces import Traces
from reporter.index.units import PPM, percent
from reporter.models import FeedRules, Index, Leg, Quote, Status


class Counted(NamedTuple):
    """The votes that are left after screening, the venues' prices and what these weigh."""

    votes: Sequence[Row]
    prices: Mapping[str, int]
    weights: Mapping[str, int]


def feed_index(
    rules: FeedRules,
    quotes: Mapping[Leg, Quote],
    rates: Mapping[str, Rate],
    at_ms: int,
    state: FeedState = NEW,
) -> tuple[Index, FeedState]:
    """Return one feed's index at ``at_ms`` with a trace of every configured leg, in the order of
    ``rules.legs``, and what the next moment needs to know of this one.

    Args:
        rates: The conversion indices, which hold every one that the legs need.
        at_ms: Unix milliseconds. Passed in, so that a past moment can be computed again.
        state: What the moment before left; ``NEW`` where there is none.
    """
    priced = legs.priced(rules, quotes, rates, at_ms)
    rows = legs.without_fallback(legs.without_barred(priced, state), rules)
    votes = [row for row in rows if row.price]
    prices = venue_prices(votes)
    weights = venue_weights(votes, rules)
    screening = screen(votes, prices, weights, rules, state, at_ms)
    counted = _counted(Counted(votes, prices, weights), screening, rules)
    sure, verdict = _verdict(counted, screening, rules, state, at_ms)
    price = verdict.price
    index = Index(
        rules.feed,
        at_ms,
        verdict.status,
        price,
        Traces(rows, screening, counted.votes, None if price is None else counted.weights),
        verdict.reason,
        () if price is None else flags(price, rules, at_ms, state),
        sure,
        _held(verdict, rules, at_ms, state),
    )
    everybody = prices if rows is priced else venue_prices([row for row in priced if row.price])
    return index, _next_state(index, everybody, screening, rules, state)


def _counted(everyone: Counted, screening: Screening, rules: FeedRules) -> Counted:
    if not screening.remarks or screening.degraded:
        return everyone
    votes = [vote for i, vote in enumerate(everyone.votes) if i not in screening.remarks]
    return Counted(votes, venue_prices(votes), venue_weights(votes, rules))


def _verdict(
    counted: Counted, screening: Screening, rules: FeedRules, state: FeedState, at_ms: int
) -> tuple[int | None, Verdict]:
    """The confidence, if there is a price, and the verdict: too wide an interval degrades, or holds back."""
    votes, prices, weights = counted
    band_ppm = screening.band_ppm if screening.degraded else None
    verdict = aggregate(prices, weights, rules, kept_band_ppm=band_ppm, last=state.last, at_ms=at_ms)
    if verdict.price is None:
        return None, verdict
    sure = confidence(_survivors(votes, prices), rules)
    share = sure * PPM // verdict.price
    if share > rules.confidence_unsigned_ppm:
        reason = f"confidence {percent(share)} over {percent(rules.confidence_unsigned_ppm)}"
        return None, Verdict(Status.HELD, None, reason)
    if share > rules.confidence_degraded_ppm and verdict.status is not Status.DEGRADED:
        reason = f"confidence {percent(share)} over {percent(rules.confidence_degraded_ppm)}"
        return sure, Verdict(Status.DEGRADED, verdict.price, reason)
    return sure, verdict


def _survivors(votes: Sequence[Row], prices: Mapping[str, int]) -> list[tuple[int, int]]:
    """Every venue's price with half its narrowest book's spread, in the feed's quote currency."""
    if len(prices) == len(votes):
        return [(vote.price, _half_spread(vote)) for vote in votes]
    narrowest: dict[str, int] = {}
    for vote in votes:
        if vote.spread_ppm is not None:
            half = _half_spread(vote)
            narrowest[vote.venue] = min(half, narrowest.get(vote.venue, half))
    return [(price, narrowest.get(venue, 0)) for venue, price in prices.items()]


def _half_spread(vote: Row) -> int:
    return vote.price * vote.spread_ppm // (2 * PPM) if vote.spread_ppm else 0


def _held(verdict: Verdict, rules: FeedRules, at_ms: int, state: FeedState) -> tuple[int, int] | None:
    """While HELD, the last good index stays in view for a while, with its own time."""
    last = state.last
    if verdict.status is not Status.HELD or last is None or at_ms - last.at_ms > rules.hold_ms:
        return None
    return last.price, last.at_ms


def _next_state(
    index: Index, prices: Mapping[str, int], screening: Screening, rules: FeedRules, state: FeedState
) -> FeedState:
    at_ms, biases, barred, bias_at_ms = index.at_ms, state.biases, state.barred, state.bias_at_ms
    if bias.due(at_ms, state):
        bias_at_ms = at_ms
        if screening.judges >= FEWEST_SURVIVORS:  # of two that disagree, nobody knows which one is biased
            biases = bias.advance(prices, screening.middle, rules, at_ms, state)
            barred = bias.barred(biases, rules, state)
    last, history, ends = state.last, state.history, state.extremes
    if index.price is not None:
        last = Past(at_ms, index.price)
        history = remember(index.price, rules, at_ms, state)
        if history is not state.history:
            ends = extremes(history)
    return FeedState(screening.excluded, biases, barred, at_ms, last, history, bias_at_ms, ends)
