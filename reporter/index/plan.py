"""The order in which feeds are computed: every conversion before the feeds that need it."""

from collections.abc import Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from reporter.errors import ConfigError
from reporter.index.convert import Kind, Route, route
from reporter.index.symbols import parse
from reporter.models import FeedRules, Leg


def plan(rules: Sequence[FeedRules]) -> tuple[FeedRules, ...]:
    """Return the feeds with conversions first, each with its legs by venue and symbol.

    The order depends on the feeds, not on how the configuration lists them.

    Raises:
        ConfigError: A name that is none, a feed or leg given twice, a leg that cannot be converted, a
            conversion without a feed, conversions in a circle, or more venues wanted than there are.
    """
    feeds = {r.feed: r for r in rules}
    _refuse_repeated([r.feed for r in rules], "feed")
    graph = {feed: _needs(feeds[feed], feeds) for feed in sorted(feeds)}
    try:
        order = tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise ConfigError(
            f"feeds convert by each other in a circle: {circle}", hint="remove one of the legs that convert"
        ) from error
    return tuple(replace(feeds[feed], legs=tuple(sorted(feeds[feed].legs, key=_place))) for feed in order)


def _needs(rules: FeedRules, feeds: dict[str, FeedRules]) -> list[str]:
    """The conversion feeds that one feed's legs need, checked."""
    _check_feed(rules)
    vias = {leg: _route(rules.feed, leg) for leg in rules.legs}
    for leg, way in vias.items():
        if way.kind is Kind.TIMES and way.via not in feeds:
            raise ConfigError(
                f"feed {rules.feed}: leg {leg} converts by {way.via}, which is not a feed",
                hint=f"add a feed {way.via}, or remove the leg",
            )
    return sorted({way.via for way in vias.values() if way.kind is Kind.TIMES})


def _check_feed(rules: FeedRules) -> None:
    try:
        parse(rules.feed)
    except ValueError as error:
        raise ConfigError(f"feed {rules.feed!r}: {error}") from error
    _refuse_repeated([str(leg) for leg in rules.legs], f"feed {rules.feed}: leg")
    venues = len({leg.venue for leg in rules.legs})
    if not 1 <= rules.min_venues <= venues:
        raise ConfigError(
            f"feed {rules.feed}: min_venues is {rules.min_venues}, its legs are on {venues} venues",
            hint=f"add legs, or set min_venues between 1 and {venues}" if venues else "add legs",
        )


def _route(feed: str, leg: Leg) -> Route:
    try:
        return route(feed, leg.symbol)
    except ValueError as error:
        raise ConfigError(f"feed {feed}: leg {leg}: {error}") from error


def _refuse_repeated(names: Sequence[str], what: str) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ConfigError(f"{what} {', '.join(repeated)} is given more than once")


def _place(leg: Leg) -> tuple[str, str]:
    return leg.venue, leg.symbol
