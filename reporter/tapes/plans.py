"""The feeds that a tape's markets can make, where no configuration says which."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from reporter.errors import UnknownFeed
from reporter.index import plan
from reporter.index.convert import route
from reporter.index.symbols import Pair, parse
from reporter.models import FeedRules, Leg

BAR_MAX_AGE_MS, BAR_FADE_FROM_MS = 300_000, 120_000
"""Ages of minute bars are minutes where those of live quotes are seconds."""
STABLECOINS = frozenset({"DAI", "FDUSD", "PYUSD", "TUSD", "USDC", "USDE", "USDT"})
DOLLAR = "USD"


def for_tape(rules: Iterable[FeedRules], form: str) -> tuple[FeedRules, ...]:
    """The plan of these feeds, with the freshness that a tape's form allows."""
    if form != "bars":
        return plan(list(rules))
    return plan([replace(r, max_age_ms=BAR_MAX_AGE_MS, fade_from_ms=BAR_FADE_FROM_MS) for r in rules])


def default_feeds(markets: Sequence[Leg]) -> list[FeedRules]:
    """Every ``X/USD`` that spot markets quote, with each market that converts to it.

    ``BTC/USD`` gets ``BTC/USDT`` if ``USDT/USD`` can be made. Conversions need no circle: a coin that more
    markets are quoted in is made first, so ``USDC/USD`` may use ``USDC/USDT`` and not the other way round. Two
    venues are needed where there are two.
    """
    pairs = {leg: parse(leg.symbol) for leg in markets}
    spot = {leg: pair for leg, pair in pairs.items() if not pair.perpetual}
    quoted = Counter(pair.quote for pair in spot.values())
    bases = sorted({pair.base for pair in spot.values()} - {DOLLAR}, key=lambda b: (-quoted[b], b))
    made: dict[str, FeedRules] = {}
    for base in bases:
        legs = tuple(leg for leg, pair in spot.items() if _converts(pair, base, made))
        if legs:
            name = f"{base}/{DOLLAR}"
            venues = len({leg.venue for leg in legs})
            made[name] = FeedRules(name, legs, min(2, venues), pegged=base in STABLECOINS)
    return list(made.values())


def without(rules: Iterable[FeedRules], feed: str, legs: Iterable[Leg]) -> list[FeedRules]:
    """The feeds with markets left out of ``feed``; it keeps as many venues as it needs, if it can."""
    left_out = set(legs)
    return [_thinned(r, left_out) if r.feed == feed else r for r in rules]


def _thinned(rules: FeedRules, left_out: set[Leg]) -> FeedRules:
    rest = tuple(leg for leg in rules.legs if leg not in left_out)
    venues = len({leg.venue for leg in rest})
    return replace(rules, legs=rest, min_venues=max(1, min(rules.min_venues, venues)))


def needed(rules: Sequence[FeedRules], feed: str) -> list[FeedRules]:
    """``feed`` and the conversions behind it.

    Raises:
        UnknownFeed: None of the rules is called so.
    """
    known = {r.feed: r for r in rules}
    if feed not in known:
        raise UnknownFeed(feed, list(known))
    wanted, todo = {feed}, [feed]
    while todo:
        rules_now = known[todo.pop()]
        routes = (route(rules_now.feed, leg.symbol) for leg in rules_now.legs)
        found = {way.via for way in routes if way.via} - wanted
        wanted |= found
        todo += sorted(found)
    return [r for r in rules if r.feed in wanted]


def _converts(pair: Pair, base: str, made: dict[str, FeedRules]) -> bool:
    if pair.base != base:
        return False
    return pair.quote == DOLLAR or f"{pair.quote}/{DOLLAR}" in made
