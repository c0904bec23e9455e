"""One feed's index from its quotes: check, price, convert, screen, aggregate, and a trace of every leg."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from reporter.index import bias, convert, freshness, venue_price
from reporter.index.aggregate import Verdict, Vote, aggregate, shares_ppm, venue_prices, venue_weights
from reporter.index.confidence import confidence
from reporter.index.convert import Rate, Route
from reporter.index.flags import flags, remember
from reporter.index.outliers import FEWEST_SURVIVORS, Screening, screen
from reporter.index.state import NEW, FeedState, Past
from reporter.index.units import PPM, percent
from reporter.models import FeedRules, Index, Leg, Quote, SourceTrace, Status


class Row(NamedTuple):
    """A leg on its way: its quote, its conversion, and its vote. Without a vote it is dropped.

    ``text``: why it is dropped, or how its price was made.
    """

    leg: Leg
    quote: Quote | None
    way: Route
    vote: Vote | None
    text: str


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
    priced = _rows(rules, quotes, rates, at_ms)
    rows = _without_fallback(_without_barred(priced, state), rules)
    votes = [row.vote for row in rows if row.vote is not None]
    prices = venue_prices(votes)
    screening = screen(votes, prices, rules, state, at_ms)
    counted, counted_prices = votes, prices
    if screening.remarks and not screening.degraded:
        counted = [vote for i, vote in enumerate(votes) if i not in screening.remarks]
        counted_prices = venue_prices(counted)
    weights = venue_weights(counted, rules)
    verdict = aggregate(
        counted_prices, weights, rules, degraded=screening.degraded, last=state.last, at_ms=at_ms
    )
    sure, verdict = _assured(verdict, counted, counted_prices, rules)
    parts = shares_ppm(counted, weights) if verdict.price is not None else [0] * len(counted)
    index = Index(
        rules.feed,
        at_ms,
        verdict.status,
        verdict.price,
        tuple(_traces(rows, screening, iter(parts))),
        verdict.reason,
        flags(verdict.price, rules, at_ms, state) if verdict.price is not None else (),
        sure,
        _held(verdict, rules, at_ms, state),
    )
    all_prices = prices if rows is priced else venue_prices([r.vote for r in priced if r.vote is not None])
    return index, _next_state(index, all_prices, screening, rules, state)


# ---------------------------------------------------------------- a leg's price


class Sound(NamedTuple):
    """A leg that nothing rules out by itself, with its book's spread."""

    leg: Leg
    quote: Quote
    way: Route
    spread_ppm: int


def _rows(rules: FeedRules, quotes: Mapping[Leg, Quote], rates: Mapping[str, Rate], at_ms: int) -> list[Row]:
    """Every leg with its vote or the reason why it has none."""
    looked = [_look(rules, leg, quotes.get(leg), rates, at_ms) for leg in rules.legs]
    books = [(x.leg.venue, x.spread_ppm) for x in looked if type(x) is Sound and x.quote.bid is not None]
    limit_ppm = venue_price.spread_limit_ppm(books, rules)
    return [_priced(x, limit_ppm, rules, rates, at_ms) if type(x) is Sound else x for x in looked]  # type: ignore[misc]


def _look(
    rules: FeedRules, leg: Leg, quote: Quote | None, rates: Mapping[str, Rate], at_ms: int
) -> Sound | Row:
    """Whether anything rules the leg out by itself."""
    way = convert.route(rules.feed, leg.symbol)
    if quote is None:
        return Row(leg, None, way, None, "no quote yet")
    fault = (
        venue_price.fault(quote) or freshness.fault(quote, rules, at_ms) or convert.fault(way, rates, at_ms)
    )
    if fault:
        return Row(leg, quote, way, None, fault)
    return Sound(leg, quote, way, venue_price.spread_ppm(quote))


def _priced(sound: Sound, limit_ppm: int, rules: FeedRules, rates: Mapping[str, Rate], at_ms: int) -> Row:
    """Price and convert a leg; the last reasons to drop it by itself are here."""
    leg, quote, way, spread_ppm = sound
    if spread_ppm > limit_ppm:
        return Row(leg, quote, way, None, f"wide spread {percent(spread_ppm)} over {percent(limit_ppm)}")
    made = venue_price.venue_price(quote, rules, at_ms)
    if made is None:
        return Row(leg, quote, way, None, "no book, and the last trade is old")
    price = convert.convert(made[0], way, rates)
    if price <= 0:
        return Row(leg, quote, way, None, "too small a price after conversion")
    weight_ppm = freshness.weight_ppm(quote, rules, at_ms)
    vote = Vote(leg, price, weight_ppm, price * spread_ppm // (2 * PPM))
    return Row(leg, quote, way, vote, made[1] + convert.mark(way, rates))


def _without_barred(rows: list[Row], state: FeedState) -> list[Row]:
    if not state.barred:
        return rows
    text = "excluded by the bias monitor until a person re-admits it"
    return [
        Row(r.leg, r.quote, r.way, None, text) if r.vote is not None and r.leg.venue in state.barred else r
        for r in rows
    ]


def _without_fallback(rows: list[Row], rules: FeedRules) -> list[Row]:
    """Secondary venues count only while fewer than 3 others have a price."""
    if not rules.fallback:
        return rows
    primary = {r.leg.venue for r in rows if r.vote is not None} - set(rules.fallback)
    if len(primary) < FEWEST_SURVIVORS:
        return rows
    return [
        Row(r.leg, r.quote, r.way, None, "fallback, not needed")
        if r.vote is not None and r.leg.venue in rules.fallback
        else r
        for r in rows
    ]


# ---------------------------------------------------------------- what the votes come to


def _assured(
    verdict: Verdict, votes: Sequence[Vote], prices: Mapping[str, int], rules: FeedRules
) -> tuple[int | None, Verdict]:
    """The confidence of a price, and the verdict after it: too wide an interval degrades, or holds back."""
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


def _survivors(votes: Sequence[Vote], prices: Mapping[str, int]) -> list[tuple[int, int]]:
    """Every venue's price with half its narrowest book's spread, in the feed's quote currency."""
    if len(prices) == len(votes):
        return [(vote.price, vote.half_spread) for vote in votes]
    narrowest: dict[str, int] = {}
    for vote in votes:
        narrowest[vote.leg.venue] = min(vote.half_spread, narrowest.get(vote.leg.venue, vote.half_spread))
    return [(price, narrowest[venue]) for venue, price in prices.items()]


def _held(verdict: Verdict, rules: FeedRules, at_ms: int, state: FeedState) -> tuple[int, int] | None:
    """While HELD, the last good index stays in view for a while, with its own time."""
    last = state.last
    if verdict.status is not Status.HELD or last is None or at_ms - last.at_ms > rules.hold_ms:
        return None
    return last.price, last.at_ms


def _next_state(
    index: Index, prices: Mapping[str, int], screening: Screening, rules: FeedRules, state: FeedState
) -> FeedState:
    biases, barred = state.biases, state.barred
    if screening.judges >= FEWEST_SURVIVORS:  # of two that disagree, nobody knows which one is biased
        biases = bias.advance(prices, screening.middle, rules, index.at_ms, state)
        barred = bias.barred(biases, rules, state)
    last, history = state.last, state.history
    if index.price is not None and index.status.signable:
        last = Past(index.at_ms, index.price)
        history = remember(index.price, rules, index.at_ms, state)
    return FeedState(screening.excluded, biases, barred, index.at_ms, last, history)


# ---------------------------------------------------------------- what became of every leg


def _traces(rows: Sequence[Row], screening: Screening, parts: Iterator[int]) -> Iterator[SourceTrace]:
    """One trace per leg; ``parts`` has one entry for every vote that counted, in order."""
    position = -1
    for row in rows:
        if row.vote is None:
            yield _trace(row, row.text, kept=False, weight_ppm=0)
            continue
        position += 1
        remark = screening.remarks.get(position, "")
        if remark and not screening.degraded:
            yield _trace(row, remark, kept=False, weight_ppm=0)
        else:
            text = f"{row.text}; {remark}, not dropped" if remark else row.text
            yield _trace(row, text, kept=True, weight_ppm=next(parts))


def _trace(row: Row, reason: str, *, kept: bool, weight_ppm: int) -> SourceTrace:
    (venue, symbol), quote, via = row.leg, row.quote, row.way.via
    if quote is None:
        return SourceTrace(
            venue, symbol, kept, reason, None, None, None, None, None, None, None, "", via, weight_ppm
        )
    return SourceTrace(
        venue,
        symbol,
        kept,
        reason,
        row.vote.price if row.vote is not None else None,
        quote.bid,
        quote.ask,
        quote.last,
        quote.book_at_ms,
        quote.last_at_ms,
        quote.received_at_ms,
        quote.clock,
        via,
        weight_ppm,
        quote.label,
    )
