"""Binance and Binance.US, spot. Many markets in one request.

``closeTime`` ends the 24 h window of the statistics: near the clock while a market trades, frozen after.
Not the book's time; it bounds the last trade's from above, and as such it ages a market that has stopped.
"""

import json
from urllib.parse import quote as escape

from reporter.sources import strict
from reporter.sources.fields import Fields, rows
from reporter.sources.venue import Request, Rows, Source, Ticker


class Binance(Source):
    name = "binance"
    default_url = "https://api.binance.com"

    def spell(self, base: str, quote: str) -> str:
        return base + quote

    def requests(self, symbols: tuple[str, ...]) -> list[Request]:
        names = json.dumps([self.symbol(ours) for ours in symbols], separators=(",", ":"))
        return [Request(f"/api/v3/ticker/24hr?symbols={escape(names)}", symbols)]

    def rows(self, document: strict.Json, request: Request) -> Rows:
        return [(row.text("symbol"), row) for row in rows(self.name, document)]

    def read(self, row: Fields) -> Ticker:
        closed = row.time("closeTime", strict.at_ms)
        return Ticker(row.price("bidPrice"), row.price("askPrice"), row.price("lastPrice"), None, closed)


class BinanceUS(Binance):
    name = "binanceus"
    default_url = "https://api.binance.us"
