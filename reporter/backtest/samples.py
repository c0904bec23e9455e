"""From quotes to one sample per venue, the shape in which methods of others take their input."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from reporter.backtest.shape import Sample
from reporter.index import convert, venue_price
from reporter.index.convert import Rate, rate_of
from reporter.index.median import median_floor
from reporter.index.units import PPM
from reporter.models import FeedRules, Index, Leg, Quote


class Offer(NamedTuple):
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
        found = (_converted(self, quote, rates) for quote in self._sound)
        return _by_venue(self.rules, [priced for priced in found if priced])

    @cached_property
    def naive(self) -> list[Offer]:
        """Samples as they should not be taken: a stablecoin is a dollar, a quote is as old as its arrival."""
        return _by_venue(self.rules, [_at_par(self, quote) for quote in self._sound])

    @cached_property
    def _sound(self) -> list[Quote]:
        found = (self.quotes.get(leg) for leg in self.rules.legs)
        return [quote for quote in found if quote is not None and not venue_price.fault(quote)]


class _Priced(NamedTuple):
    """One leg's price in the feed's currency, its age as it is told, and its age by exchange time."""

    venue: str
    price: int
    half_spread: int
    age_ms: int
    true_age_ms: int


def _converted(seen: Seen, quote: Quote, rates: Mapping[str, Rate]) -> _Priced | None:
    way = convert.route(seen.rules.feed, quote.symbol)
    if convert.fault(way, rates, seen.at_ms):
        return None
    price = convert.convert(_own_price(quote), way, rates)
    age_ms = seen.at_ms - quote.observed_at_ms
    return _Priced(quote.venue, price, _half(quote, price), max(0, age_ms), age_ms) if price > 0 else None


def _at_par(seen: Seen, quote: Quote) -> _Priced:
    price, age_ms = _own_price(quote), max(0, seen.at_ms - quote.received_at_ms)
    return _Priced(quote.venue, price, _half(quote, price), age_ms, seen.at_ms - quote.observed_at_ms)


def _own_price(quote: Quote) -> int:
    """The last trade clamped into the book; the mid without a last trade, the last trade without a book."""
    if quote.bid is None or quote.ask is None:
        return quote.last or 0
    return (quote.bid + quote.ask) // 2 if quote.last is None else max(quote.bid, min(quote.ask, quote.last))


def _half(quote: Quote, price: int) -> int:
    return price * venue_price.spread_ppm(quote) // (2 * PPM)


def _by_venue(rules: FeedRules, priced: list[_Priced]) -> list[Offer]:
    """One offer per venue: the median of its fresh legs; where none is, its freshest leg, for the method to judge."""
    venues: dict[str, list[_Priced]] = {}
    for one in priced:
        venues.setdefault(one.venue, []).append(one)
    parts = _weights(rules, venues)
    return [_offer(legs, parts[venue], rules.max_age_ms) for venue, legs in venues.items()]


def _offer(legs: list[_Priced], weight_ppm: int, max_age_ms: int) -> Offer:
    used = [p for p in legs if p.age_ms <= max_age_ms] or [min(legs, key=lambda p: p.age_ms)]
    one = used[0]
    if len(used) == 1:
        return Offer(
            Sample(one.venue, one.price, weight_ppm, one.half_spread, one.age_ms, 0), one.true_age_ms
        )
    price = median_floor(p.price for p in used)
    half, age_ms = min(p.half_spread for p in used), min(p.age_ms for p in used)
    return Offer(Sample(one.venue, price, weight_ppm, half, age_ms, 0), max(p.true_age_ms for p in used))


def _weights(rules: FeedRules, venues: Collection[str]) -> dict[str, int]:
    """The configured weights as parts in ppm; equal parts without any."""
    if not rules.weights:
        return dict.fromkeys(venues, PPM // len(venues)) if venues else {}
    configured = dict(rules.weights)
    least = min(configured.values())
    raw = {venue: configured.get(venue, least) for venue in venues}
    total = sum(raw.values())
    return {venue: weight * PPM // total for venue, weight in raw.items()}
