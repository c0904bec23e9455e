"""A SIMULATED market whose books stand still, for a test that knows every price.

``python -m tests.system.calm_market PORT``. Last trades lie above every book and alternate, so that no venue's answer
looks frozen, and the rule by which a venue's price is made shows.
"""

import json
import sys
import urllib.request
from typing import Any

from reporter.market.model import MarketKey, MarketQuote
from reporter.market.server import MarketServer, listen, serve
from reporter.wiring import wall_ms

DOLLAR = 10**18
SYMBOL = "BTC/USD"
BOOKS = {
    "kraken": (59_939_123_456_789_012_345_678, 59_941 * DOLLAR),
    "bitstamp": (59_975_000_000_000_000_000_001, 59_977 * DOLLAR),
    "gemini": (59_999 * DOLLAR, 60_000_333_333_333_333_333_333),
    "coinbase": (60_046 * DOLLAR, 60_047_999_999_999_999_999_999),
    "cryptocom": (60_083 * DOLLAR, 60_085 * DOLLAR),
}

PATHS = {
    "kraken": "/0/public/Ticker?pair=XXBTZUSD",
    "bitstamp": "/api/v2/ticker/btcusd/",
    "gemini": "/v1/pubticker/btcusd",
    "coinbase": "/products/BTC-USD/ticker",
    "cryptocom": "/exchange/v1/public/get-tickers",
}


class CalmMarket:
    """Five venues with one market each."""

    label, source = "SIMULATED calm", "simulated"
    markets: tuple[MarketKey, ...] = tuple((venue, SYMBOL) for venue in sorted(BOOKS))

    def label_of(self, venue: str) -> str:
        return self.label

    def quote(self, venue: str, symbol: str, wall_ms: int) -> MarketQuote | None:
        if symbol != SYMBOL or venue not in BOOKS:
            return None
        bid, ask = BOOKS[venue]
        last = ask + (1 + wall_ms // 1000 % 2) * DOLLAR
        return MarketQuote(bid, ask, last, wall_ms, wall_ms)

    def reference(self, feed: str, wall_ms: int) -> int | None:
        return None

    def tape_ms(self, wall_ms: int) -> int | None:
        return None

    def ended(self, wall_ms: int) -> bool:
        return False


def replies(base_url: str) -> dict[str, Any]:
    """Each venue's raw answer over HTTP, with its numbers as they are written."""
    found = {}
    for venue, path in PATHS.items():
        with urllib.request.urlopen(f"{base_url}/{venue}{path}", timeout=5) as answer:
            found[venue] = json.loads(answer.read(), parse_float=str)
    return found


if __name__ == "__main__":
    serve(MarketServer(CalmMarket(), wall_ms), listen(int(sys.argv[1])))
