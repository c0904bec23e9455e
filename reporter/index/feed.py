"""One feed's index from its quotes: check, price, convert, screen, aggregate, and a trace of every leg."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reporter.index import convert, freshness, venue_price
from reporter.index.aggregate import Vote, aggregate, shares_ppm
from reporter.index.convert import Rate, Route
from reporter.index.outliers import Screening, screen
from reporter.models import FeedRules, Index, Leg, Quote, SourceTrace


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


def feed_index(rules: FeedRules, quotes: Mapping[Leg, Quote], rates: Mapping[str, Rate], at_ms: int) -> Index:
    """Return one feed's index at ``at_ms`` with a trace of every configured leg, in the order of
    ``rules.legs``.

    Args:
        rates: The conversion indices, which hold every one that the legs need.
        at_ms: Unix milliseconds. Passed in, so that a past moment can be computed again.
    """
    rows = [_row(rules, leg, quotes.get(leg), rates, at_ms) for leg in rules.legs]
    sound = (row.quote for row in rows if row.quote is not None and not row.fault)
    limit_ppm = venue_price.spread_limit_ppm(sound, rules)
    outcomes = [_outcome(row, rules, limit_ppm, rates, at_ms) for row in rows]
    votes = [outcome.vote for outcome in outcomes if outcome.vote is not None]
    screening = screen(votes, rules)
    counted = [v for i, v in enumerate(votes) if screening.degraded or i not in screening.remarks]
    verdict = aggregate(counted, rules, degraded=screening.degraded)
    shares = shares_ppm(counted) if verdict.price is not None else [0] * len(counted)
    traces = tuple(_traces(outcomes, screening, iter(shares)))
    return Index(rules.feed, at_ms, verdict.status, verdict.price, traces, verdict.reason)


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
    return Outcome(row, Vote(row.leg.venue, price, weight_ppm), made[1] + convert.mark(row.way, rates))


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
