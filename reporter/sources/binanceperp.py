"""Binance, USD-M perpetuals: the marks of all markets in one request, which carries no book; ``time`` is the mark's
(developers.binance.com: USD-M Futures, Mark Price)."""

from reporter.sources import strict
from reporter.sources.venue import MIB, Json, Perpetuals, Request, Row, Rows, rows


class BinancePerp(Perpetuals):
    name, default_url, quotes = "binanceperp", "https://fapi.binance.com", ("USDT", "USDC")
    target, all_symbols, max_body, per_second = "/fapi/v1/premiumIndex", True, MIB, 2
    row = Row("symbol", last="markPrice", last_at=("time", strict.at_ms))

    def rows(self, document: Json, request: Request) -> Rows:
        return rows(self.name, document)
