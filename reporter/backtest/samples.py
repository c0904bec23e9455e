"""From quotes to one sample per venue, the shape in which methods of others take their input."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from reporter.backtest.shape import Sample
from reporter.index import convert, venue_price
from reporter.index.convert import Rate, rate_of
from reporter.index.median import by_venue, median_floor
from reporter.index.units import PPM
from reporter.models import FeedRules, Index, Leg, Quote


@dataclass(frozen=True, slots=True)
class Offer:
    """A venue's sample, and the age by exchange time of the oldest quote in it."""

    sample: Sample
    oldest_ms: int


@dataclass(frozen=True)
class Seen:
    """One moment as every contestant sees it: the quotes, and our indices, of which the conversions are used."""

    at_ms: int
    quotes: Mapping[Leg, Quote]
    indices: Mapping[str, Index]
    rules: FeedRules

    @cached_property
    def measured(self) -> list[Offer]:
        """Samples as we take them: converted by measured indices, aged by exchange time."""
        rates = {feed: rate_of(index) for feed, index in self.indices.items()}
        found = (_converted(self, leg, quote, rates) for leg, quote in _sound(self))
        return _by_venue(self, (priced for priced in found if priced))

    @cached_property
    def naive(self) -> list[Offer]:
        """Samples as they should not be taken: a stablecoin is a dollar, a quote is as old as its arrival."""
        return _by_venue(self, (_at_par(self, quote) for _, quote in _sound(self)))


@dataclass(frozen=True, slots=True)
class _Priced:
    """One leg's price in the feed's currency, its age as it is told, and its age by exchange time."""

    venue: str
    price: int
    half_spread: int
    age_ms: int
    true_age_ms: int


def _sound(seen: Seen) -> Iterator[tuple[Leg, Quote]]:
    for leg in seen.rules.legs:
        quote = seen.quotes.get(leg)
        if quote is not None and not venue_price.fault(quote):
            yield leg, quote


def _converted(seen: Seen, leg: Leg, quote: Quote, rates: Mapping[str, Rate]) -> _Priced | None:
    way = convert.route(seen.rules.feed, leg.symbol)
    if convert.fault(way, rates, seen.at_ms):
        return None
    price = convert.convert(_own_price(quote), way, rates)
    return _priced(seen, quote, price, seen.at_ms - quote.observed_at_ms) if price > 0 else None


def _at_par(seen: Seen, quote: Quote) -> _Priced:
    return _priced(seen, quote, _own_price(quote), seen.at_ms - quote.received_at_ms)


def _own_price(quote: Quote) -> int:
    """The last trade clamped into the book; the mid without a last trade, the last trade without a book."""
    if quote.bid is None or quote.ask is None:
        return quote.last or 0
    return (quote.bid + quote.ask) // 2 if quote.last is None else max(quote.bid, min(quote.ask, quote.last))


def _priced(seen: Seen, quote: Quote, price: int, age_ms: int) -> _Priced:
    half = price * venue_price.spread_ppm(quote) // (2 * PPM)
    return _Priced(quote.venue, price, half, max(0, age_ms), seen.at_ms - quote.observed_at_ms)


def _by_venue(seen: Seen, priced: Iterable[_Priced]) -> list[Offer]:
    """One offer per venue: the median of its fresh legs; where none is, its freshest leg, for the method to judge."""
    venues = by_venue((p.venue, p) for p in priced)
    parts = _weights(seen.rules, venues)
    return [_offer(venue, legs, parts[venue], seen.rules.max_age_ms) for venue, legs in venues.items()]


def _offer(venue: str, legs: list[_Priced], weight_ppm: int, max_age_ms: int) -> Offer:
    used = [p for p in legs if p.age_ms <= max_age_ms] or [min(legs, key=lambda p: p.age_ms)]
    price = median_floor(p.price for p in used)
    half, age_ms = min(p.half_spread for p in used), min(p.age_ms for p in used)
    return Offer(Sample(venue, price, weight_ppm, half, age_ms, 0), max(p.true_age_ms for p in used))


def _weights(rules: FeedRules, venues: Iterable[str]) -> dict[str, int]:
    """The configured weights as parts in ppm; equal parts without any."""
    configured = dict(rules.weights)
    raw = {venue: configured.get(venue, min(configured.values(), default=1)) for venue in venues}
    total = sum(raw.values())
    return {venue: weight * PPM // total for venue, weight in raw.items()}
