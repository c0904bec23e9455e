"""What a scenario file may say. Untrusted input until checked; prices and percents are decimal text, never floats.

TOML because the standard library reads it, a person can comment it, and the configuration is in it already.
"""

import re
from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from reporter.errors import UnknownVariant
from reporter.index.symbols import parse
from reporter.market.decimals import to_fixed
from reporter.models import Leg
from reporter.scenario.bounds import Bound, Milliseconds, Ppm, Section, signed_ppm


def _price(value: object) -> int:
    fixed = to_fixed(value) if isinstance(value, str) else 0
    if fixed <= 0:
        raise ValueError(f"a price is positive decimal text in quotes, not {value!r}")
    return fixed


def _leg(value: object) -> Leg:
    venue, _, symbol = str(value).partition(":")
    if not re.fullmatch(r"[a-z0-9]+", venue):
        raise ValueError(f"a market is venue:BASE/QUOTE, not {value!r}")
    parse(symbol)
    return Leg(venue, symbol)


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None or value.utcoffset() != UTC.utcoffset(None):
        raise ValueError(f"a time is UTC with a Z, not {value}")
    return value


Price = Annotated[int, BeforeValidator(_price)]
Market_ = Annotated[Leg, BeforeValidator(_leg)]


class Source(Section):
    """Where a number is from: an address, or ``as given in the specification``, or ``assumed`` and why."""

    number: str
    where: str


class Point(Section):
    """A price, or a bid and an ask, from ``at`` on. ``by`` says how the price came here from the point before."""

    at: Milliseconds
    by: Literal["", "step", "linear"] = ""
    price: Price | None = None
    bid: Price | None = None
    ask: Price | None = None
    missing: bool = False
    frozen: bool = False
    """The venue repeats its last quote with that quote's old time."""
    lag_s: int = Field(0, ge=0)
    """How old the venue's data are when they arrive, by its own clock."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [self.price is not None, self.bid is not None, self.missing, self.frozen]
        if sum(kinds) != 1 or (self.bid is None) != (self.ask is None):
            raise ValueError("a point has one of price, bid with ask, missing or frozen")
        if self.bid is not None and self.ask is not None and self.bid > self.ask:
            raise ValueError("its bid is over its ask")
        if (self.missing or self.frozen) and self.by == "linear":
            raise ValueError("nothing leads to missing or frozen by 'linear'")
        return self

    @property
    def priced(self) -> bool:
        return self.price is not None or self.bid is not None


Points = tuple[Point, ...]


def check_path(points: Points) -> Points:
    """Refuse a path that leaves a segment unsaid."""
    if not points or not points[0].priced or points[0].at != 0 or points[0].by:
        raise ValueError("a path starts with a price at 00:00:00, without 'by'")
    for before, after in pairwise(points):
        if after.at <= before.at:
            raise ValueError("its times do not rise")
        if after.priced and not after.by:
            raise ValueError("every price after the first says by = 'step' or 'linear'")
        if after.by == "linear" and not before.priced:
            raise ValueError("no line leads out of missing or frozen")
    return points


Path_ = Annotated[Points, Field(strict=False), AfterValidator(check_path)]


class Market(Section):
    """One market: its own ``path``, or the true price and ``off_percent`` of it."""

    market: Market_
    off_ppm: Annotated[int, BeforeValidator(signed_ppm)] = Field(0, alias="off_percent")
    path: Path_ | None = None

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.path is not None and self.off_ppm:
            raise ValueError(f"{self.market} has a path of its own and an off_percent")
        return self


class Feed(Section):
    """How an index is made of the markets; what is left out has the default of METHODOLOGY.md."""

    feed: str
    markets: Annotated[tuple[Market_, ...], Field(strict=False, min_length=1)]
    min_venues: int = 3
    weights: dict[str, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)
    pegged: bool = False
    max_age_s: int | None = None
    fade_from_s: int | None = None


class Variant(Section):
    """The incident with one set of venues. ``market`` replaces markets of the same name; a ``tape`` replaces all.

    Attributes:
        tape: A recorded file's name; who plays it says in which folder it lies.
        tape_truth: The truth is the mean of these markets' last trades.
    """

    name: str
    text: str
    feeds: Annotated[tuple[Feed, ...], Field(strict=False, alias="feed", min_length=1)]
    bounds: Annotated[tuple[Bound, ...], Field(strict=False, alias="bound", min_length=1)]
    market: Annotated[tuple[Market, ...], Field(strict=False)] = ()
    tape: str = ""
    tape_truth: Annotated[tuple[Market_, ...], Field(strict=False)] = ()


class Scenario(Section):
    """One incident."""

    id: int = Field(ge=1)
    name: str = Field(pattern=r"[a-z0-9]+(-[a-z0-9]+)*-\d{4}")
    title: str
    what: str
    not_known: str
    """What the public record does not say, and what the file takes instead."""
    starts: Annotated[datetime, AfterValidator(_utc)]
    lasts: Milliseconds
    round_s: int = Field(gt=0)
    feed: str
    spread_ppm: Ppm = Field(200, alias="spread_percent")
    """From bid to ask where a market gives one price."""
    sources: Annotated[tuple[Source, ...], Field(strict=False, alias="source", min_length=1)]
    truth: dict[str, Path_]
    markets: Annotated[tuple[Market, ...], Field(strict=False, alias="market")] = ()
    variants: Annotated[tuple[Variant, ...], Field(strict=False, alias="variant", min_length=1)]

    @property
    def starts_ms(self) -> int:
        return int(self.starts.timestamp()) * 1000

    def variant(self, name: str) -> Variant:
        """The variant of that name.

        Raises:
            UnknownVariant: There is none.
        """
        for found in self.variants:
            if found.name == name:
                return found
        raise UnknownVariant(self.name, name, [v.name for v in self.variants])

    def markets_of(self, variant: Variant) -> tuple[Market, ...]:
        """The markets that the variant's feeds use, the variant's own instead of the common ones."""
        known = {m.market: m for m in (*self.markets, *variant.market)}
        return tuple(known[leg] for leg in dict.fromkeys(leg for f in variant.feeds for leg in f.markets))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _unique("variant", [v.name for v in self.variants])
        _unique("market", [str(m.market) for m in self.markets])
        for variant in self.variants:
            self._check(variant)
        return self

    def _check(self, variant: Variant) -> None:
        if self.feed not in {f.feed for f in variant.feeds}:
            raise ValueError(f"variant {variant.name!r} has no feed {self.feed!r}")
        if variant.tape:
            return
        known = {m.market: m for m in (*self.markets, *variant.market)}
        for leg in (leg for feed in variant.feeds for leg in feed.markets):
            if leg not in known:
                raise ValueError(f"variant {variant.name!r} uses the market {str(leg)!r}, which is not given")
            if known[leg].path is None and quotient(self.truth, leg.symbol) is None:
                raise ValueError(f"market {str(leg)!r} has no path and there is no truth of {leg.symbol!r}")


def quotient(truth: dict[str, Points], symbol: str) -> tuple[str, str] | None:
    """The truths whose quotient prices a symbol: itself and nothing, or BTC/USD and USDC/USD for BTC/USDC."""
    if symbol in truth:
        return symbol, ""
    pair = parse(symbol)
    for given in truth:
        quote = parse(given).quote
        if given == f"{pair.base}/{quote}" and f"{pair.quote}/{quote}" in truth:
            return given, f"{pair.quote}/{quote}"
    return None


def _unique(what: str, given: list[str]) -> None:
    for name in given:
        if given.count(name) > 1:
            raise ValueError(f"{what} {name!r} stands twice")
