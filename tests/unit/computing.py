"""One moment of the index from a few whole prices."""

from reporter.index import compute, plan
from reporter.index.aggregate import venue_prices, venue_weights
from reporter.index.outliers import Screening, screen
from reporter.index.row import Row
from reporter.index.state import NEW
from reporter.models import SCALE, FeedRules, Index, Leg, Quote, SourceTrace

AT = 1_700_000_000_000
FULL = 1_000_000
A, B, C, D, E, F = (Leg(venue, "BTC/USD") for venue in "abcdef")
ANY = FeedRules("BTC/USD", (A, B))


def quote(leg: Leg, price: int, *, age_ms: int = 0) -> Quote:
    time = AT - age_ms
    return Quote(leg.venue, leg.symbol, price, price, price, time, time, time)


def rules(feed: str, *legs: str, min_venues: int = 1) -> FeedRules:
    return FeedRules(feed, tuple(Leg(*leg.split(":")) for leg in legs), min_venues)


def run(feeds: list[FeedRules], prices: dict[str, int], **ages_ms: int) -> dict[str, Index]:
    legs = {name: Leg(*name.split(":")) for name in prices}
    quotes = {leg: quote(leg, prices[n], age_ms=ages_ms.get(leg.venue, 0)) for n, leg in legs.items()}
    return compute(plan(feeds), quotes, AT)


def btc(prices: list[int], min_venues: int = 1) -> Index:
    """BTC/USD from one venue per price (whole USD): a, b, c, ..."""
    named = {f"{chr(97 + i)}:BTC/USD": price * SCALE for i, price in enumerate(prices)}
    return run([rules("BTC/USD", *named, min_venues=min_venues)], named)["BTC/USD"]


def judged(votes: list[Row], feed: FeedRules) -> Screening:
    return screen(votes, venue_prices(votes), venue_weights(votes, feed), feed, NEW, AT)


def source(index: Index, venue: str, symbol: str = "BTC/USD") -> SourceTrace:
    return next(s for s in index.sources if (s.venue, s.symbol) == (venue, symbol))
