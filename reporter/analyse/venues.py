"""``spotline analyse accuracy``: every market of a feed against a reference: bias, error, lag, delay, uptime."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reporter.analyse.market import Market, open_market, truth_of
from reporter.backtest.truth import Prices, Truth
from reporter.index import State, convert, freshness, step, venue_price
from reporter.index.convert import Rate, rate_of
from reporter.index.units import percent, seconds
from reporter.index.views import Point
from reporter.models import FeedRules, Index, Leg, Quote
from reporter.research.accuracy import Accuracy, Arrival, Delay, accuracy, delay, lag_ms, uptime_ppm
from reporter.table import columns
from reporter.tapes.stage import split_legs

LAG_STEPS = 30
HEADS = ("market", "moments", "bias", "error", "worst", "lag", "delay", "p99", "worst", "uptime")


@dataclass(frozen=True, slots=True)
class Venue:
    """One market's figures; None where there was nothing to measure."""

    leg: Leg
    accuracy: Accuracy | None
    lag_ms: int | None
    delay: Delay | None
    uptime_ppm: int


@dataclass(frozen=True, slots=True)
class Venues:
    """Every market of a feed. ``reference`` is empty where it is our own index."""

    market: Market
    reference: Sequence[Leg]
    found: Sequence[Venue]

    def document(self) -> dict[str, Any]:
        """What ``--json`` prints: ppm of the reference, and milliseconds."""
        tape = self.market.stage.tape
        return {
            "tape": tape.name,
            "feed": self.market.feed,
            "reference": [str(leg) for leg in self.reference] or ["index"],
            "every_ms": tape.every_ms,
            "fresh_ms": self.market.rules.max_age_ms,
            "markets": {str(venue.leg): _document(venue) for venue in self.found},
        }

    def lines(self) -> list[str]:
        """What a person reads."""
        against = " and ".join(str(leg) for leg in self.reference) or "our own index"
        return [
            f"{self.market.feed} on {self.market.stage.tape.name} against {against}",
            *columns([HEADS, *map(_row, self.found)]),
            f"lag: behind the reference, in steps of {seconds(self.market.stage.tape.every_ms)}; delay: from the "
            f"exchange's clock to ours; uptime: a price at most {seconds(self.market.rules.max_age_ms)} old",
        ]


@dataclass(slots=True)
class Arrivals:
    """What is known of each market's quotes before the moments are priced: when they were made and heard."""

    prices: Prices
    found: dict[Leg, list[Arrival]] = field(default_factory=dict)
    dated: set[Leg] = field(default_factory=set)

    def look(self, quote: Quote) -> None:
        """Take a quote in."""
        self.prices.look(quote)
        leg = Leg(quote.venue, quote.symbol)
        self.found.setdefault(leg, []).append(Arrival(quote.observed_at_ms, quote.received_at_ms))
        if quote.clock != "received":
            self.dated.add(leg)


def tape_venues(tape: Path, feed: str, config: Path | None, reference: str) -> Venues:
    """Measure every market of a feed, converted as our index converts, at every moment at which it is fresh.

    Args:
        reference: ``venue:SYMBOL,...``, whose mean is the reference; empty for our own index.

    Raises:
        TapeError, UsageError, ConfigError: Something asked for does not exist.
        NoIndex: Without a reference, our index never had a price.
    """
    wanted = split_legs(reference, "--reference")
    arrivals = Arrivals(Prices(lambda leg: leg in wanted))
    market = open_market(tape, feed, config, arrivals.look)
    legs, truth = truth_of(market, reference, arrivals.prices)
    reference_points, points = _points(market, truth if legs else None)
    if not legs and not reference_points:
        raise market.no_index()
    found = [_venue(market, leg, points[leg], reference_points, arrivals) for leg in market.rules.legs]
    return Venues(market, legs, found)


def _points(market: Market, truth: Truth | None) -> tuple[list[Point], dict[Leg, list[Point]]]:
    """The reference and every market at every moment at which they have a price."""
    state: State = {}
    reference: list[Point] = []
    points: dict[Leg, list[Point]] = {leg: [] for leg in market.rules.legs}
    for at_ms, quotes in market.stage.moments("accuracy"):
        indices, state = step(market.plan, quotes, at_ms, state)
        price = truth(at_ms, quotes) if truth else _signed(indices[market.feed])
        if price:
            reference.append(Point(at_ms, price))
        rates = {name: rate_of(index) for name, index in indices.items()}
        for leg in market.rules.legs:
            if said := _price(market.rules, quotes.get(leg), rates, at_ms):
                points[leg].append(Point(at_ms, said))
    return reference, points


def _signed(index: Index) -> int | None:
    return index.price if index.status.signable else None


def _price(rules: FeedRules, quote: Quote | None, rates: Mapping[str, Rate], at_ms: int) -> int | None:
    """A leg's price in the feed's currency, by the index's own rules for one leg; whoever is excluded has one too."""
    if quote is None or venue_price.fault(quote) or freshness.fault(quote, rules, at_ms):
        return None
    way = convert.route(rules.feed, quote.symbol)
    if convert.fault(way, rates, at_ms):
        return None
    made = venue_price.venue_price(quote, rules, at_ms)
    return convert.convert(made[0], way, rates) if made else None


def _venue(
    market: Market, leg: Leg, points: Sequence[Point], reference: Sequence[Point], arrivals: Arrivals
) -> Venue:
    tape = market.stage.tape
    known = {point.at_ms for point in reference}
    both = [point.at_ms for point in points if point.at_ms in known]
    told = arrivals.found.get(leg, [])
    up = uptime_ppm(told, tape.first_ms, max(tape.last_ms, tape.first_ms + 1), market.rules.max_age_ms)
    dated = tape.form != "bars" and leg in arrivals.dated
    return Venue(
        leg,
        accuracy(points, reference, both),
        _lag(points, reference, both, tape.every_ms) if both else None,
        delay(told) if dated else None,
        up,
    )


def _lag(
    points: Sequence[Point], reference: Sequence[Point], both: Sequence[int], every_ms: int
) -> int | None:
    most_ms = LAG_STEPS * every_ms
    return lag_ms(points, reference, both[0], both[-1], step_ms=every_ms, max_lag_ms=most_ms)


def _document(venue: Venue) -> dict[str, Any]:
    errors, late = venue.accuracy, venue.delay
    return {
        "moments": errors.moments if errors else 0,
        "bias_ppm": errors and errors.bias_ppm,
        "error_ppm": errors and errors.error_ppm,
        "worst_ppm": errors and errors.worst_ppm,
        "lag_ms": venue.lag_ms,
        "delay_median_ms": late and late.median_ms,
        "delay_p99_ms": late and late.p99_ms,
        "delay_worst_ms": late and late.worst_ms,
        "uptime_ppm": venue.uptime_ppm,
    }


def _row(venue: Venue) -> tuple[str, ...]:
    errors, late = venue.accuracy, venue.delay
    accuracies = (errors.bias_ppm, errors.error_ppm, errors.worst_ppm) if errors else ()
    delays = (late.median_ms, late.p99_ms, late.worst_ms) if late else ()
    return (
        str(venue.leg),
        f"{errors.moments if errors else 0:,}",
        *([percent_4(ppm) for ppm in accuracies] or ["-"] * 3),
        "-" if venue.lag_ms is None else seconds(venue.lag_ms),
        *([seconds(ms) for ms in delays] or ["-"] * 3),
        percent(venue.uptime_ppm),
    )


def percent_4(ppm: int) -> str:
    """``-123`` -> ``"-0.0123 %"``: a bias is often less than 1 bp."""
    sign = "-" if ppm < 0 else ""
    return f"{sign}{abs(ppm) // 10_000}.{abs(ppm) % 10_000:04d} %"
