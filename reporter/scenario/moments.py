"""From a scenario to what the venues said at each moment, what was true, and our index of it."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from reporter.errors import ScenarioError
from reporter.index import plan, step
from reporter.index.state import FeedState
from reporter.index.units import PPM
from reporter.models import SCALE, FeedRules, Index, Leg, Quote
from reporter.replay import moments as replayed
from reporter.scenario.model import Feed, Market, Point, Points, Scenario, Variant, quotient
from reporter.tapes import open_tape


class Moment(NamedTuple):
    """What every market's newest quote was at ``at_ms``, and the true price of the feed where one is known."""

    at_ms: int
    quotes: Mapping[Leg, Quote]
    truth: int | None


class Book(NamedTuple):
    """Bid and ask, 1e18 fixed point."""

    bid: int
    ask: int


def moments(scenario: Scenario, variant: Variant, tapes: Path | None = None) -> Iterator[Moment]:
    """Yield what the venues said; the same scenario gives the same moments.

    A path is looked at every ``round_s``; a tape is played whole, as often as ``spotline backtest`` looks at it.

    Args:
        tapes: The folder of recorded files, for a variant that plays one.

    Raises:
        ScenarioError: A tape is needed and no folder given.
        TapeError: The tape cannot be read.
    """
    if variant.tape:
        if tapes is None:
            raise ScenarioError(
                f"{scenario.name}, {variant.name}: plays {variant.tape}: say in which folder it is"
            )
        yield from _recorded(variant, tapes / variant.tape)
        return
    markets = scenario.markets_of(variant)
    for offset_ms in range(0, scenario.lasts + 1, scenario.round_s * 1000):
        at_ms = scenario.starts_ms + offset_ms
        quotes = {m.market: q for m in markets if (q := _quote(scenario, m, offset_ms)) is not None}
        yield Moment(at_ms, quotes, truth_at(scenario, scenario.feed, offset_ms))


def play(feeds: Iterable[FeedRules], said: Iterable[Moment], feed: str) -> list[Index]:
    """Return our index of ``feed`` at each moment, with the memory of the moments before."""
    order, found = plan(list(feeds)), []
    state: Mapping[str, FeedState] = {}
    for moment in said:
        indices, state = step(order, moment.quotes, moment.at_ms, state)
        found.append(indices[feed])
    return found


def rules(variant: Variant) -> list[FeedRules]:
    """The variant's feeds, as the methodology takes them."""
    return [_feed_rules(feed) for feed in variant.feeds]


def _feed_rules(feed: Feed) -> FeedRules:
    weights = tuple(feed.weights.items())
    made = FeedRules(feed.feed, feed.markets, feed.min_venues, weights, pegged=feed.pegged)
    if feed.max_age_s is not None:
        made = replace(made, max_age_ms=1000 * feed.max_age_s)
    if feed.fade_from_s is not None:
        made = replace(made, fade_from_ms=1000 * feed.fade_from_s)
    return made


def truth_at(scenario: Scenario, symbol: str, offset_ms: int) -> int | None:
    """The true price of a symbol, 1e18 fixed point: given, or the quotient of two that are."""
    parts = quotient(scenario.truth, symbol)
    if parts is None:
        return None
    base = _mid(scenario.truth[parts[0]], offset_ms)
    return base * SCALE // _mid(scenario.truth[parts[1]], offset_ms) if parts[1] else base


def _mid(path: Points, offset_ms: int) -> int:
    book = book_at(path, offset_ms, 0)
    if book is None:
        raise ScenarioError("a truth cannot be missing or frozen")
    return (book.bid + book.ask) // 2


def book_at(path: Points, offset_ms: int, spread_ppm: int) -> Book | None:
    """Bid and ask on a path; None while missing. Between two points the price is that of the first, or on the
    straight line to the second where the second says ``linear``."""
    position = bisect_right(path, offset_ms, key=lambda point: point.at) - 1
    point = path[position]
    if not point.priced:
        return None
    book = _book(point, spread_ppm)
    if position + 1 < len(path) and path[position + 1].by == "linear":
        after = path[position + 1]
        end, part, whole = _book(after, spread_ppm), offset_ms - point.at, after.at - point.at
        return Book(*(a + (b - a) * part // whole for a, b in zip(book, end, strict=True)))
    return book


def _book(point: Point, spread_ppm: int) -> Book:
    if point.bid is not None and point.ask is not None:
        return Book(point.bid, point.ask)
    return _around(point.price or 0, spread_ppm)


def _around(price: int, spread_ppm: int) -> Book:
    half = price * spread_ppm // (2 * PPM)
    return Book(price - half, price + half)


def _quote(scenario: Scenario, market: Market, offset_ms: int) -> Quote | None:
    """A market's quote: its book with the time of the moment, less its lag; a frozen one with its old time."""
    if market.path is None:
        true = truth_at(scenario, market.market.symbol, offset_ms)
        price = (true or 0) * (PPM + market.off_ppm) // PPM
        return _dated(scenario, market, _around(price, scenario.spread_ppm), offset_ms, 0)
    position = bisect_right(market.path, offset_ms, key=lambda point: point.at) - 1
    point, seen_ms = market.path[position], offset_ms
    if point.frozen:  # the last look before it froze
        round_ms = scenario.round_s * 1000
        seen_ms = (point.at - 1) // round_ms * round_ms
    book = book_at(market.path, seen_ms, scenario.spread_ppm)
    return None if book is None else _dated(scenario, market, book, seen_ms, point.lag_s)


def _dated(scenario: Scenario, market: Market, book: Book, seen_ms: int, lag_s: int) -> Quote:
    leg, arrived_ms = market.market, scenario.starts_ms + seen_ms
    said_ms = arrived_ms - 1000 * lag_s
    label = f"SCENARIO {scenario.name}"
    return Quote(leg.venue, leg.symbol, book.bid, book.ask, None, said_ms, None, arrived_ms, label)


def _recorded(variant: Variant, path: Path) -> Iterator[Moment]:
    """A tape from its first moment to its last; the truth is the mean of ``tape_truth``'s newest trades, floored."""
    tape = open_tape(path)
    for at_ms, quotes in replayed(tape.quotes(), tape.every_ms):
        lasts = [quotes[leg].last or 0 for leg in variant.tape_truth if leg in quotes]
        yield Moment(at_ms, quotes, sum(lasts) // len(lasts) if lasts else None)
