"""From quotes to rows: every leg checked, priced and converted, or dropped with the reason."""

from collections.abc import Mapping

from reporter.index import convert, freshness, venue_price
from reporter.index.convert import Kind, Rate
from reporter.index.outliers import FEWEST_SURVIVORS
from reporter.index.row import Row
from reporter.index.state import FeedState
from reporter.index.units import percent
from reporter.models import FeedRules, Leg, Quote

_new = tuple.__new__
"""Makes a named tuple in half the time that its own name takes; for the one that every leg needs."""


def priced(rules: FeedRules, quotes: Mapping[Leg, Quote], rates: Mapping[str, Rate], at_ms: int) -> list[Row]:
    """Every leg in the order of ``rules.legs``, with its price or the reason why it has none.

    Args:
        rates: The conversion indices, which hold every one that the legs need.
    """
    rows = [_look(rules, leg, quotes.get(leg), rates, at_ms) for leg in rules.legs]
    books = [row.spread_ppm for row in rows if row.spread_ppm is not None]
    if not books or max(books) <= rules.max_spread_ppm:
        return rows
    return _without_wide(rows, rules)


def without_barred(rows: list[Row], state: FeedState) -> list[Row]:
    """Drop the venues that the bias monitor has excluded."""
    if not state.barred:
        return rows
    text = "excluded by the bias monitor until a person re-admits it"
    return [row.dropped(text) if row.price and row.venue in state.barred else row for row in rows]


def without_fallback(rows: list[Row], rules: FeedRules) -> list[Row]:
    """Secondary venues count only while fewer than 3 others have a price."""
    if not rules.fallback:
        return rows
    primary = {row.venue for row in rows if row.price} - set(rules.fallback)
    if len(primary) < FEWEST_SURVIVORS:
        return rows
    return [
        row.dropped("fallback, not needed") if row.price and row.venue in rules.fallback else row
        for row in rows
    ]


def _without_wide(rows: list[Row], rules: FeedRules) -> list[Row]:
    """A fixed bound would blind every venue in a crash, so the others' books have a say."""
    books = [(row.venue, row.spread_ppm) for row in rows if row.spread_ppm is not None]
    limit_ppm = venue_price.spread_limit_ppm(books, rules)
    return [
        row.dropped(f"wide spread {percent(row.spread_ppm)} over {percent(limit_ppm)}")
        if row.spread_ppm is not None and row.spread_ppm > limit_ppm
        else row
        for row in rows
    ]


def _look(rules: FeedRules, leg: Leg, quote: Quote | None, rates: Mapping[str, Rate], at_ms: int) -> Row:
    """Price and convert a leg unless something rules it out by itself."""
    way = convert.route(rules.feed, leg.symbol)
    if quote is None:
        return Row(leg, 0, 0, via=way.via, text="no quote yet")
    fault = venue_price.fault(quote) or freshness.fault(quote, rules, at_ms)
    if not fault and way.via:
        fault = convert.fault(way, rates, at_ms)
    if fault:
        return Row(leg, 0, 0, None, quote, way.via, fault)
    price, text = venue_price.venue_price(quote, rules, at_ms)
    if not price:
        return Row(leg, 0, 0, None, quote, way.via, text)
    spread_ppm = None if quote.bid is None else venue_price.spread_ppm(quote)
    if way.kind is not Kind.DIRECT:
        price, text = convert.convert(price, way, rates), text + convert.mark(way, rates)
        if price <= 0:
            text = "too small a price after conversion"
            return Row(leg, 0, 0, spread_ppm, quote, way.via, text)
    weight_ppm = freshness.weight_ppm(quote, rules, at_ms)
    return _new(Row, (leg, price, weight_ppm, spread_ppm, quote, way.via, text))
