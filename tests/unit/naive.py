"""Methods that the incidents broke, to show that the scenarios can be failed. None of them is ours."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from reporter.index.median import median_floor, weighted_median_floor
from reporter.index.symbols import parse
from reporter.models import Index, Leg, Quote, SourceTrace, Status
from reporter.scenario import Moment, Variant, play, rules

Method = Callable[[Variant, Sequence[Moment], str], list[Index]]
PPM = 1_000_000


def _index(feed: str, moment: Moment, price: int) -> Index:
    """An index that kept everything, doubts nothing and flags nothing."""
    sources = tuple(
        SourceTrace(
            leg.venue, leg.symbol, True, "", _mid(q), q.bid, q.ask, q.last, None, None, None, "", "", 0
        )
        for leg, q in moment.quotes.items()
    )
    return Index(feed, moment.at_ms, Status.OK, price, sources)


def _mid(quote: Quote) -> int:
    if quote.bid is None or quote.ask is None:
        return quote.last or 0
    return (quote.bid + quote.ask) // 2


def _at_par(variant: Variant, moment: Moment, feed: str) -> dict[Leg, int]:
    """The feed's own markets, a stablecoin taken for a dollar."""
    base = parse(feed).base
    legs = next(f.markets for f in variant.feeds if f.feed == feed)
    return {
        leg: _mid(moment.quotes[leg])
        for leg in legs
        if leg in moment.quotes and parse(leg.symbol).base == base
    }


def mean(variant: Variant, said: Sequence[Moment], feed: str) -> list[Index]:
    """The plain mean, as BitMEX and Synthetix had it."""
    prices = [list(_at_par(variant, m, feed).values()) for m in said]
    return [_index(feed, m, sum(p) // len(p)) for m, p in zip(said, prices, strict=True)]


def par(variant: Variant, said: Sequence[Moment], feed: str) -> list[Index]:
    """The median with every stablecoin at 1."""
    return [_index(feed, m, median_floor(_at_par(variant, m, feed).values())) for m in said]


def uncapped(variant: Variant, said: Sequence[Moment], feed: str) -> list[Index]:
    """A median weighted by volume, without a cap."""
    weights = variant.feeds[0].weights
    return [
        _index(
            feed,
            m,
            weighted_median_floor([(p, weights[leg.venue]) for leg, p in _at_par(variant, m, feed).items()]),
        )
        for m in said
    ]


def clamped(variant: Variant, said: Sequence[Moment], feed: str) -> list[Index]:
    """The median, but at most 2 % from the one before."""
    found: list[Index] = []
    for index in par(variant, said, feed):
        price = index.price or 0
        if found and found[-1].price:
            last = found[-1].price
            price = max(last * 98 // 100, min(last * 102 // 100, price))
        found.append(replace(index, price=price))
    return found


def newest_first(variant: Variant, said: Sequence[Moment], feed: str) -> list[Index]:
    """The median without the venues that are over 5 % from the index before: the first who moves is out."""
    found: list[Index] = []
    for moment in said:
        prices = _at_par(variant, moment, feed)
        last = (found[-1].price if found else None) or median_floor(prices.values())
        near = {leg for leg, price in prices.items() if abs(price - last) * 20 <= last}
        price = median_floor(prices[leg] for leg in near) if near else last
        index = _index(feed, moment, price)
        sources = tuple(replace(s, kept=Leg(s.venue, s.symbol) in near) for s in index.sources)
        found.append(replace(index, sources=sources))
    return found


def floored(variant: Variant, said: Sequence[Moment], feed: str) -> list[Index]:
    """The median, never below a lowest answer of 0.10."""
    return [replace(i, price=max(i.price or 0, 10**17)) for i in par(variant, said, feed)]


def on_arrival(variant: Variant, said: Sequence[Moment], feed: str) -> list[Index]:
    """Our own method, told that every quote is as old as its arrival."""
    stamped = [
        m._replace(quotes={leg: replace(q, book_at_ms=None, last_at_ms=None) for leg, q in m.quotes.items()})
        for m in said
    ]
    return play(rules(variant), stamped, feed)


METHODS: dict[str, Method] = {
    "mean": mean,
    "median at par": par,
    "uncapped weights": uncapped,
    "2 % a round": clamped,
    "5 % from the last": newest_first,
    "lowest answer 0.10": floored,
    "dated on arrival": on_arrival,
}
