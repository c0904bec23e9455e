"""What every venue's REST answers are made of: the desk that is asked, the reply, and exact text for numbers.

The venue files render the documented bodies field by field. A quote fills prices and times; what it does not
know is filled alike everywhere and measures nothing: the last 24 hours opened, peaked, bottomed and averaged
at the last price, with a fixed volume, size and trade count.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from reporter.market.decimals import to_text
from reporter.market.model import MarketQuote
from reporter.market.perpetual import Perpetual, PerpetualMarket
from reporter.models import SCALE

Json: TypeAlias = "bool | int | str | Decimal | Sequence[Json] | Mapping[str, Json] | None"

DAY_MS = 86_400_000
DAY_VOLUME = 1_000 * SCALE  # of the base, in 24 h
TOP_SIZE = SCALE // 2  # of the base, at the best bid and ask
LAST_SIZE = SCALE // 100
TRADES = 10_000


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer: status and JSON body."""

    status: int
    body: Json


def as_it_is(quote: MarketQuote) -> MarketQuote:
    """An honest venue's view of a quote."""
    return quote


@dataclass(frozen=True, slots=True)
class Desk:
    """One venue of a market at one moment.

    Attributes:
        bend: What a lying venue makes of a quote.
        misnamed: Whether it gives its markets another name.
    """

    market: PerpetualMarket
    venue: str
    now_ms: int
    bend: Callable[[MarketQuote], MarketQuote] = as_it_is
    misnamed: bool = False

    def quotes(self) -> list[tuple[str, MarketQuote]]:
        """Symbol and quote of every market of this venue that has traded, by symbol."""
        return [
            (self._named(symbol), quote)
            for symbol in self._listed()
            if (quote := self.quote(symbol)) is not None
        ]

    def quote(self, symbol: str) -> MarketQuote | None:
        """One market's quote; None where the venue does not list it, or it has not traded yet."""
        quote = self.market.quote(self.venue, symbol, self.now_ms)
        return None if quote is None else self.bend(quote)

    @property
    def made_ms(self) -> int:
        """The server's clock, as a lying venue tells it."""
        at_ms = self.now_ms
        return self.bend(MarketQuote(1, 1, 1, at_ms, at_ms)).book_at_ms

    def perpetuals(self) -> list[tuple[str, MarketQuote, Perpetual]]:
        """Symbol, quote and mark of every perpetual of this venue that has a price."""
        found = self.market.perpetual(self.now_ms, self.venue)
        return (
            []
            if found is None
            else [(symbol, quote, found.bent(self.bend)) for symbol, quote in self.quotes()]
        )

    def find(self, code: str, spell: Callable[[str], str]) -> tuple[str, MarketQuote] | None:
        """The listed market whose symbol the venue spells ``code``."""
        symbol = next((listed for listed in self._listed() if spell(listed) == code), None)
        quote = self.quote(symbol) if symbol else None
        return (self._named(symbol), quote) if symbol and quote else None

    def _named(self, symbol: str) -> str:
        return f"DOGE/{symbol.partition('/')[2]}" if self.misnamed else symbol

    def _listed(self) -> list[str]:
        return [symbol for venue, symbol in self.market.markets if venue == self.venue]


Endpoint = Callable[[Desk, Mapping[str, str]], Reply]
"""Renders one path of one venue from the path's and the query's parameters."""


def amount(value: int, places: int = 8) -> str:
    """Exact text of 1e18 fixed point with at least ``places`` decimals."""
    return to_text(value, places)


def number(value: int, places: int = 1) -> Decimal:
    """The same as a JSON number, for the venue that sends numbers."""
    return Decimal(to_text(value, places))


def day_value(price: int) -> int:
    """The day's volume in the quote currency, 1e18."""
    return DAY_VOLUME * price // SCALE


def joined(symbol: str, between: str = "") -> str:
    """``BTC/USD`` as ``BTCUSD``, or with another separator."""
    return symbol.replace("/", between)


def to_json(body: Json) -> str:
    """Strict JSON text; a Decimal becomes a number with exactly its digits, never a float."""
    if isinstance(body, Decimal):
        return f"{body:f}"
    if isinstance(body, Mapping):
        return "{" + ",".join(f"{json.dumps(key)}:{to_json(value)}" for key, value in body.items()) + "}"
    if isinstance(body, Sequence) and not isinstance(body, str):
        return "[" + ",".join(map(to_json, body)) + "]"
    return json.dumps(body)
