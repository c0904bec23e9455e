"""The first half of the reference index (``reference_index.py``): from quotes to priced legs.

METHODOLOGY.md: Numbers, A venue quote, Freshness, Quote conversion.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from reporter.models import SCALE, FeedRules, Leg, Quote, Status

PPM = 1_000_000
SIGNABLE = (Status.OK, Status.REDUCED, Status.DEGRADED)


class Result(NamedTuple):
    """``legs``: per leg whether it is kept, its price and its share in ppm."""

    status: Status
    price: int | None
    confidence: int | None
    flags: tuple[str, ...]
    held: tuple[int, int] | None
    legs: dict[Leg, tuple[bool, int | None, int]]
    newest_kept_ms: int


class Priced(NamedTuple):
    """A leg that has a price in the feed's currency."""

    leg: Leg
    price: int
    weight: int
    half_spread: int | None


# ------------------------------------------------------------------ Numbers


def floor(number: Fraction) -> int:
    return number.numerator // number.denominator


def ppm(part: int, whole: int) -> int:
    return floor(Fraction(part * PPM, whole))


def median(values: list[int]) -> int:
    ordered = sorted(values)
    half = len(ordered) // 2
    if len(ordered) % 2 == 1:
        return ordered[half]
    return floor(Fraction(ordered[half - 1] + ordered[half], 2))


def weighted_median(votes: Sequence[tuple[int, int | Fraction]]) -> int:
    """The value at which half of the weight is passed; at exactly half, the mean of the two, floored."""
    total = sum(weight for _, weight in votes)
    values = sorted({value for value, _ in votes})
    for value in values:
        up_to = sum(w for v, w in votes if v <= value)
        if 2 * up_to > total:
            return value
        if 2 * up_to == total:
            above = min(v for v in values if v > value)
            return floor(Fraction(value + above, 2))
    raise AssertionError("no votes")


# ------------------------------------------------------------------ A venue quote, Freshness


def age_ms(quote: Quote, at_ms: int) -> int:
    for time in (quote.book_at_ms, quote.last_at_ms):
        if time is not None:
            return at_ms - time
    return at_ms - quote.received_at_ms


def well_formed(quote: Quote) -> bool:
    given = [price for price in (quote.bid, quote.ask, quote.last) if price is not None]
    if not given or min(given) <= 0 or (quote.bid is None) != (quote.ask is None):
        return False
    return quote.bid is None or quote.bid <= quote.ask


def in_time(quote: Quote, rules: FeedRules, at_ms: int) -> bool:
    age = age_ms(quote, at_ms)
    ahead_at_arrival = (at_ms - age) - quote.received_at_ms
    return age <= rules.max_age_ms and -age <= rules.max_ahead_ms and ahead_at_arrival <= rules.max_ahead_ms


def faded(quote: Quote, rules: FeedRules, at_ms: int) -> int:
    age = age_ms(quote, at_ms)
    if age <= rules.fade_from_ms:
        return PPM
    return max(1, ppm(rules.max_age_ms - age, rules.max_age_ms - rules.fade_from_ms))


def spread(quote: Quote) -> int:
    return ppm(2 * (quote.ask - quote.bid), quote.ask + quote.bid)


def own_price(quote: Quote, rules: FeedRules, at_ms: int) -> int | None:
    """The venue's price in its own currency."""
    trade_age = None if quote.last is None or quote.last_at_ms is None else at_ms - quote.last_at_ms
    recent = trade_age is not None and -rules.max_ahead_ms <= trade_age <= rules.last_trade_max_age_ms
    marked = recent or (quote.last is not None and quote.last_at_ms is None)
    if marked and quote.symbol[-5:] == "-PERP":
        return quote.last
    if quote.bid is None:
        return quote.last if recent or quote.last_at_ms is None else None
    if recent:
        return sorted([quote.bid, quote.ask, quote.last])[1]
    return floor(Fraction(quote.bid + quote.ask, 2))


def widest_allowed(quotes: list[Quote], rules: FeedRules) -> int:
    """The larger of 1 % and 3 times the venues' median spread."""
    by_venue: dict[str, list[int]] = {}
    for quote in quotes:
        if quote.bid is not None:
            by_venue.setdefault(quote.venue, []).append(spread(quote))
    if not by_venue:
        return rules.max_spread_ppm
    return max(rules.max_spread_ppm, 3 * median([median(of_venue) for of_venue in by_venue.values()]))


# ------------------------------------------------------------------ Quote conversion


def rate(leg: Leg, feed: str, results: dict[str, Result], at_ms: int) -> tuple[str, int] | None:
    """How a leg converts: ("times", rate) or ("inverse", 0); None where its conversion may not be used."""
    base, quote = re.split("/", feed)
    leg_base, leg_quote = re.split("/", leg.symbol)
    if (leg_base, leg_quote) == (base, quote):
        return "times", SCALE
    if (leg_base, leg_quote) == (quote, base):
        return "inverse", 0
    by = results[f"{leg_quote}/{quote}"]
    if by.status not in SIGNABLE or at_ms - by.newest_kept_ms > 60_000:
        return None
    return "times", by.price


def converted(price: int, how: tuple[str, int]) -> int:
    if how[0] == "inverse":
        return floor(Fraction(SCALE * SCALE, price))
    return floor(Fraction(price * how[1], SCALE))


def priced_legs(
    rules: FeedRules, quotes: dict[Leg, Quote], results: dict[str, Result], at_ms: int
) -> list[Priced]:
    sound = []
    for leg in rules.legs:
        quote = quotes.get(leg)
        if quote is None or not well_formed(quote) or not in_time(quote, rules, at_ms):
            continue
        how = rate(leg, rules.feed, results, at_ms)
        if how is not None:
            sound.append((leg, quote, how))
    limit = widest_allowed([quote for _, quote, _ in sound], rules)
    found = []
    for leg, quote, how in sound:
        own = own_price(quote, rules, at_ms)
        if own is None or (quote.bid is not None and spread(quote) > limit):
            continue
        price = converted(own, how)
        if price > 0:
            half = None if quote.bid is None else floor(Fraction(price * spread(quote), 2 * PPM))
            found.append(Priced(leg, price, faded(quote, rules, at_ms), half))
    return found
