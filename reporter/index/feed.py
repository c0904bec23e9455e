"""One feed's index from its quotes: check, price, convert, screen, aggregate, and a trace of every leg."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reporter.index import bias, convert, freshness, venue_price
from reporter.index.aggregate import Verdict, Vote, aggregate, shares_ppm, venue_prices
from reporter.index.confidence import confidence
from reporter.index.convert import Rate, Route
from reporter.index.flags import flags, remember
from reporter.index.outliers import FEWEST_SURVIVORS, Screening, screen
from reporter.index.state import NEW, FeedState, Past
from reporter.index.units import PPM, percent
from reporter.models import FeedRules, Index, Leg, Quote, SourceTrace, Status


@dataclass(frozen=True, slots=True)
class Row:
    """A leg with its quote, its way to the feed, and the fault that rules it out (empty while none does)."""

    leg: Leg
    quote: Quote | None
    way: Route
    fault: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a leg. ``vote`` is None when it is dropped; ``text``: why, or how its price was made."""

    row: Row
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
    rows = [_row(rules, leg, quotes.get(leg), rates, at_ms) for leg in rules.legs]
    sound = (row.quote for row in rows if row.quote is not None and not row.fault)
    limit_ppm = venue_price.spread_limit_ppm(sound, rules)
    priced = [_outcome(row, rules, limit_ppm, rates, at_ms) for row in rows]
    outcomes = _without_fallback(_without_barred(priced, state), rules)
    votes = [outcome.vote for outcome in outcomes if outcome.vote is not None]
    screening = screen(votes, rules, state, at_ms)
    counted = [v for i, v in enumerate(votes) if screening.degraded or i not in screening.remarks]
    verdict = aggregate(counted, rules, degraded=screening.degraded, last=state.last, at_ms=at_ms)
    sure, verdict = _assured(verdict, outcomes, screening, rules)
    shares = shares_ppm(counted, rules) if verdict.price is not None else [0] * len(counted)
    traces = tuple(_traces(outcomes, screening, iter(shares)))
    index = Index(
        rules.feed,
        at_ms,
        verdict.status,
        verdict.price,
        traces,
        verdict.reason,
        flags(verdict.price, rules, at_ms, state) if verdict.price is not None else (),
        sure if verdict.price is not None else None,
        _held(verdict, rules, at_ms, state),
    )
    return index, _next_state(index, priced, screening, rules, state)


def _without_barred(outcomes: list[Outcome], state: FeedState) -> list[Outcome]:
    if not state.barred:
        return outcomes
    text = "excluded by the bias monitor until a person re-admits it"
    return [
        Outcome(o.row, None, text) if o.vote is not None and o.row.leg.venue in state.barred else o
        for o in outcomes
    ]


def _without_fallback(outcomes: list[Outcome], rules: FeedRules) -> list[Outcome]:
    """Secondary venues count only while fewer than 3 others have a price."""
    if not rules.fallback:
        return outcomes
    primary = {o.row.leg.venue for o in outcomes if o.vote is not None} - set(rules.fallback)
    if len(primary) < FEWEST_SURVIVORS:
        return outcomes
    return [
        Outcome(o.row, None, "fallback, not needed") if o.row.leg.venue in rules.fallback and o.vote else o
        for o in outcomes
    ]


def _assured(
    verdict: Verdict, outcomes: Sequence[Outcome], screening: Screening, rules: FeedRules
) -> tuple[int | None, Verdict]:
    """The confidence of a price, and the verdict after it: too wide an interval degrades, or holds back."""
    if verdict.price is None:
        return None, verdict
    votes = [o for o in outcomes if o.vote is not None]
    kept = [o for i, o in enumerate(votes) if screening.degraded or i not in screening.remarks]
    sure = confidence(_survivors(kept), rules)
    share = sure * PPM // verdict.price
    if share > rules.confidence_unsigned_ppm:
        reason = f"confidence {percent(share)} over {percent(rules.confidence_unsigned_ppm)}"
        return sure, Verdict(Status.HELD, None, reason)
    if share > rules.confidence_degraded_ppm and verdict.status is not Status.DEGRADED:
        reason = f"confidence {percent(share)} over {percent(rules.confidence_degraded_ppm)}"
        return sure, Verdict(Status.DEGRADED, verdict.price, reason)
    return sure, verdict


def _survivors(kept: Sequence[Outcome]) -> Iterator[tuple[int, int]]:
    """Every venue's price with half its narrowest book's spread, in the feed's quote currency."""
    votes = [o.vote for o in kept if o.vote is not None]
    narrowest: dict[str, int] = {}
    for o in kept:
        if o.row.quote is not None and o.vote is not None:
            half = o.vote.price * venue_price.spread_ppm(o.row.quote) // (2 * PPM)
            narrowest[o.vote.venue] = min(half, narrowest.get(o.vote.venue, half))
    return ((price, narrowest[venue]) for venue, price in venue_prices(votes).items())


def _held(verdict: Verdict, rules: FeedRules, at_ms: int, state: FeedState) -> tuple[int, int] | None:
    """While HELD, the last good index stays in view for a while, with its own time."""
    last = state.last
    if verdict.status is not Status.HELD or last is None or at_ms - last.at_ms > rules.hold_ms:
        return None
    return last.price, last.at_ms


def _next_state(
    index: Index, priced: Sequence[Outcome], screening: Screening, rules: FeedRules, state: FeedState
) -> FeedState:
    votes = [o.vote for o in priced if o.vote is not None]
    biases = state.biases
    if screening.judges >= FEWEST_SURVIVORS:  # of two that disagree, nobody knows which one is biased
        biases = bias.advance(venue_prices(votes), screening.middle, rules, index.at_ms, state)
    last, history = state.last, state.history
    if index.price is not None and index.status.signable:
        last = Past(index.at_ms, index.price)
        history = remember(index.price, rules, index.at_ms, state)
    return FeedState(
        screening.excluded, biases, bias.barred(biases, rules, state), index.at_ms, last, history
    )


def _row(rules: FeedRules, leg: Leg, quote: Quote | None, rates: Mapping[str, Rate], at_ms: int) -> Row:
    way = convert.route(rules.feed, leg.symbol)
    if quote is None:
        return Row(leg, None, way, "no quote yet")
    fault = (
        venue_price.fault(quote) or freshness.fault(quote, rules, at_ms) or convert.fault(way, rates, at_ms)
    )
    return Row(leg, quote, way, fault)


def _outcome(row: Row, rules: FeedRules, limit_ppm: int, rates: Mapping[str, Rate], at_ms: int) -> Outcome:
    """Price and convert a leg that is in; the last reasons to drop it by itself are here."""
    if row.quote is None or row.fault:
        return Outcome(row, None, row.fault)
    if wide := venue_price.spread_fault(row.quote, limit_ppm):
        return Outcome(row, None, wide)
    made = venue_price.venue_price(row.quote, rules, at_ms)
    if made is None:
        return Outcome(row, None, "no book, and the last trade is old")
    price = convert.convert(made[0], row.way, rates)
    if price <= 0:
        return Outcome(row, None, "too small a price after conversion")
    weight_ppm = freshness.weight_ppm(row.quote, rules, at_ms)
    return Outcome(row, Vote(row.leg, price, weight_ppm), made[1] + convert.mark(row.way, rates))


def _traces(
    outcomes: Sequence[Outcome], screening: Screening, shares: Iterator[int]
) -> Iterator[SourceTrace]:
    """One trace per leg; ``shares`` has one entry for every vote that counted, in order."""
    position = -1
    for outcome in outcomes:
        if outcome.vote is None:
            yield _trace(outcome, outcome.text, kept=False, weight_ppm=0)
            continue
        position += 1
        remark = screening.remarks.get(position, "")
        if remark and not screening.degraded:
            yield _trace(outcome, remark, kept=False, weight_ppm=0)
        else:
            text = f"{outcome.text}; {remark}, not dropped" if remark else outcome.text
            yield _trace(outcome, text, kept=True, weight_ppm=next(shares))


def _trace(outcome: Outcome, reason: str, *, kept: bool, weight_ppm: int) -> SourceTrace:
    row, quote = outcome.row, outcome.row.quote
    price = outcome.vote.price if outcome.vote is not None else None
    venue, symbol, via = row.leg.venue, row.leg.symbol, row.way.via
    if quote is None:
        return SourceTrace(
            venue, symbol, kept, reason, None, None, None, None, None, None, None, "", via, weight_ppm
        )
    return SourceTrace(
        venue=venue,
        symbol=symbol,
        kept=kept,
        reason=reason,
        price=price,
        bid=quote.bid,
        ask=quote.ask,
        last=quote.last,
        book_at_ms=quote.book_at_ms,
        last_at_ms=quote.last_at_ms,
        received_at_ms=quote.received_at_ms,
        clock=quote.clock,
        converted_by=via,
        weight_ppm=weight_ppm,
        label=quote.label,
    )
