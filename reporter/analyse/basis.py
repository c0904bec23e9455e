"""``spotline analyse basis``: a perpetual against the spot index, moment by moment of a tape."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reporter.analyse.market import Market, open_market, perpetual_of
from reporter.errors import NoIndex
from reporter.index import State, step
from reporter.index.units import percent
from reporter.market.tape import utc_text
from reporter.models import FeedRules, Index, Leg, Quote
from reporter.money import decimal_text
from reporter.research.basis import Basis, Spread, basis, spread
from reporter.research.rounding import nearest
from reporter.tapes.plans import for_tape
from reporter.tapes.stage import require_markets, split_legs

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Moment:
    """The basis at a moment, and the spread of the two books where both have both sides."""

    at_ms: int
    basis: Basis
    spread: Spread | None


@dataclass(frozen=True, slots=True)
class Found:
    """A perpetual's basis over a tape; at least one moment. ``spot`` is the market whose book the spread is from."""

    market: Market
    perpetual: Leg
    spot: Leg | None
    term_ms: int
    moments: Sequence[Moment]

    def document(self) -> dict[str, Any]:
        """What ``--json`` prints: ppm of spot, prices as text of 1e18 fixed-point integers."""
        spreads = [m.spread for m in self.moments if m.spread]
        return {
            "tape": self.market.stage.tape.name,
            "feed": self.market.feed,
            "perpetual": str(self.perpetual),
            "spot": str(self.spot) if self.spot and spreads else None,
            "term_ms": self.term_ms,
            "moments": len(self.moments),
            "mean_ppm": nearest(sum(m.basis.ppm for m in self.moments), len(self.moments)),
            "mean_annualised_ppm": nearest(
                sum(m.basis.annualised_ppm for m in self.moments), len(self.moments)
            ),
            "lowest": _moment(min(self.moments, key=lambda m: m.basis.ppm)),
            "highest": _moment(max(self.moments, key=lambda m: m.basis.ppm)),
            "last": _moment(self.moments[-1]),
            "best_sell_ppm": max((s.sell_ppm for s in spreads), default=None),
            "best_buy_ppm": max((s.buy_ppm for s in spreads), default=None),
        }

    def lines(self) -> list[str]:
        """What a person reads."""
        said = self.document()
        rows = [_line(word, said[word]) for word in ("lowest", "highest", "last")]
        spot = f"spread between the books of {self.perpetual} and {self.spot}, best of all moments"
        spread_line = (
            f"{spot}: sell {percent(said['best_sell_ppm'])}, buy {percent(said['best_buy_ppm'])}"
            if said["spot"]
            else "no spread: the tape has no book with both sides in both markets"
        )
        return [
            f"{self.perpetual} against the index {self.market.feed} on {said['tape']}, {said['moments']:,} moments",
            f"mean basis {percent(said['mean_ppm'])}, {percent(said['mean_annualised_ppm'])} a year "
            f"at {self.term_ms / HOUR_MS:g} h a period",
            *rows,
            spread_line,
        ]


def tape_basis(tape: Path, feed: str, config: Path | None, perpetual: str, spot: str, term_h: int) -> Found:
    """Return the basis at every moment that has our index and a fresh price of the perpetual.

    Args:
        perpetual: ``VENUE:SYMBOL``; empty for the tape's only one. In another currency it is converted as our index
            converts, and has no spread.
        spot: The market of the spread's other book; empty for the first of the feed's own.
        term_h: Hours in which the perpetual comes back to spot: its funding period.

    Raises:
        TapeError, UsageError, ConfigError: Something asked for does not exist.
        NoIndex: The two never have a price together.
    """
    market = open_market(tape, feed, config)
    leg = perpetual_of(market, perpetual)
    found = list(_moments(market, leg, _spot(market, leg, spot), term_h * HOUR_MS))
    if not found:
        raise NoIndex(f"{market.feed} and {leg} never have a price at the same moment")
    return Found(market, leg, _spot(market, leg, spot), term_h * HOUR_MS, found)


def _spot(market: Market, perpetual: Leg, asked: str) -> Leg | None:
    """The market with the other book; None where the perpetual's book is in another currency."""
    legs = split_legs(asked, "--spot")[:1]
    require_markets(legs, market.stage.tape.markets, "--spot")
    own = [leg for leg in market.rules.legs if f"{leg.symbol}-PERP" == perpetual.symbol]
    return next((leg for leg in own if not legs or leg == legs[0]), None)


def _moments(market: Market, perpetual: Leg, spot: Leg | None, term_ms: int) -> Iterator[Moment]:
    rules = replace(
        market.rules, feed=f"{market.feed}-PERP", legs=(perpetual,), min_venues=1, weights=(), fallback=()
    )
    state: State = {}
    others = [r for r in market.stage.rules if r.feed != rules.feed]
    order = for_tape([*others, rules], market.stage.tape.form)
    for at_ms, quotes in market.stage.moments("basis"):
        indices, state = step(order, quotes, at_ms, state)
        index, price = indices[market.feed], _price(indices[rules.feed])
        if index.price and index.status.signable and price:
            yield Moment(at_ms, basis(index.price, price, term_ms), _spread(rules, quotes, spot, at_ms))


def _price(index: Index) -> int | None:
    """The perpetual's own price, converted and fresh, whatever an index of one venue makes of it."""
    return index.sources[0].price


def _spread(rules: FeedRules, quotes: Mapping[Leg, Quote], spot: Leg | None, at_ms: int) -> Spread | None:
    both = [quotes.get(leg) for leg in (spot, *rules.legs) if leg]
    fresh = [q for q in both if q is not None and at_ms - q.observed_at_ms <= rules.max_age_ms]
    return spread(*fresh) if len(fresh) == 2 else None


def _moment(moment: Moment) -> dict[str, Any]:
    found = moment.spread
    return {
        "at_ms": moment.at_ms,
        "absolute": str(moment.basis.absolute),
        "ppm": moment.basis.ppm,
        "annualised_ppm": moment.basis.annualised_ppm,
        "spread": found and {"mid_ppm": found.mid_ppm, "sell_ppm": found.sell_ppm, "buy_ppm": found.buy_ppm},
    }


def _line(word: str, moment: Mapping[str, Any]) -> str:
    absolute = decimal_text(int(moment["absolute"]), 18, 2)
    return f"  {word:8} {utc_text(moment['at_ms'])}  {absolute}  {percent(moment['ppm'])}"
