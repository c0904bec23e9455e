"""Deribit, perpetuals: book and mark; ``timestamp`` is the ticker snapshot's, which is both (docs.deribit.com)."""

from reporter.sources import strict
from reporter.sources.venue import Fields, Json, Perpetuals, Request, Row, Rows, Ticker

AT = ("timestamp", strict.at_ms)


class Deribit(Perpetuals):
    name, default_url, per_second = "deribit", "https://www.deribit.com", 10
    quotes = ("USD", "USDC", "USDT")
    target = "/api/v2/public/ticker?instrument_name={name}"
    row = Row("instrument_name", "best_bid_price", "best_ask_price", "mark_price", book_at=AT, last_at=AT)

    def spell(self, base: str, quote: str) -> str:
        return f"{base}-PERPETUAL" if quote == "USD" else f"{base}_{quote}-PERPETUAL"

    def rows(self, document: Json, request: Request) -> Rows:
        return [Fields.of(self.name, document).child("result")]

    def read(self, row: Fields) -> Ticker:
        return self.row.read(row.expect("state", "open", "halted"))
