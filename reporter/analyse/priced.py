"""Every method as a function from venue prices to an index price, which is what the cost of an attack asks.

The prices are those of the second after an honest one, so that what a method remembers counts: BitMEX's last price,
our history. An attack that lasts longer meets longer memories, which is not asked here.
"""

from collections.abc import Mapping

from reporter.analyse.books import Books
from reporter.backtest import SPOTLINE
from reporter.index import plan, step
from reporter.methods import METHODS, Method, Sample, State
from reporter.models import FeedRules, Leg, Quote
from reporter.research import manipulation

AT_MS, AFTER_MS = 1_700_000_000_000, 1_700_000_001_000
FEWEST = 3


def priced_methods(books: Books) -> dict[str, manipulation.Method]:
    """Ours first, then those of others."""
    return {SPOTLINE: _ours(books), **{name: _theirs(books, method) for name, method in METHODS.items()}}


def _ours(books: Books) -> manipulation.Method:
    """Our index of one fresh market per venue, where it may be signed; the cap is the methodology's own."""
    legs = {name: Leg(name, books.feed) for name in books.prices}
    weights = tuple(sorted(books.weights.items()))
    rules = plan([FeedRules(books.feed, tuple(legs.values()), min(FEWEST, len(legs)), weights)])
    _, before = step(rules, _quotes(legs, books.prices, AT_MS), AT_MS, {})

    def index(prices: Mapping[str, int]) -> int | None:
        found = step(rules, _quotes(legs, prices, AFTER_MS), AFTER_MS, before)[0][books.feed]
        return found.price if found.status.signable else None

    return index


def _theirs(books: Books, method: Method) -> manipulation.Method:
    _, before = method(_samples(books, books.prices), State().at(AT_MS))

    def index(prices: Mapping[str, int]) -> int | None:
        return method(_samples(books, prices), before.at(AFTER_MS))[0].price

    return index


def _quotes(legs: Mapping[str, Leg], prices: Mapping[str, int], at_ms: int) -> dict[Leg, Quote]:
    return {
        legs[venue]: Quote(*legs[venue], price, price, price, at_ms, at_ms, at_ms)
        for venue, price in prices.items()
    }


def _samples(books: Books, prices: Mapping[str, int]) -> list[Sample]:
    shares = books.shares_ppm
    return [Sample(venue, price, shares[venue], 0, 0, 0) for venue, price in prices.items()]
