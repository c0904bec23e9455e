"""Bybit, linear perpetuals: book and mark of all markets in one request; its ``time`` is the answer's, not theirs
(bybit-exchange.github.io/docs/v5: Get Tickers). Those in USDC are called BTCPERP."""

from reporter.sources.venue import MIB, Fields, Json, Perpetuals, Request, Row, Rows


class BybitPerp(Perpetuals):
    name, default_url, quotes = "bybitperp", "https://api.bybit.com", ("USDT", "USDC")
    target, all_symbols, max_body, per_second = "/v5/market/tickers?category=linear", True, 2 * MIB, 10
    row = Row("symbol", "bid1Price", "ask1Price", "markPrice")

    def spell(self, base: str, quote: str) -> str:
        return f"{base}PERP" if quote == "USDC" else f"{base}{quote}"

    def rows(self, document: Json, request: Request) -> Rows:
        return Fields.of(self.name, document).expect("retCode", "0", "refused").child("result").rows("list")
