"""Deribit, perpetuals: what funding compares with the index. ``timestamp`` is the ticker snapshot's."""

from reporter.sources import strict
from reporter.sources.fields import Fields
from reporter.sources.venue import Perpetuals, Request, Rows, Ticker


class Deribit(Perpetuals):
    name = "deribit"
    default_url = "https://www.deribit.com"

    def spell(self, base: str, quote: str) -> str:
        return f"{base}-PERPETUAL" if quote == "USD" else f"{base}_{quote}-PERPETUAL"

    def requests(self, symbols: tuple[str, ...]) -> list[Request]:
        names = [(self.symbol(ours), ours) for ours in symbols]
        return [Request(f"/api/v2/public/ticker?instrument_name={name}", (ours,)) for name, ours in names]

    def rows(self, document: strict.Json, request: Request) -> Rows:
        result = Fields.of(self.name, document).child("result")
        return [(result.text("instrument_name"), result)]

    def read(self, row: Fields) -> Ticker:
        row.expect("state", "open", "halted")
        bid, ask = row.price("best_bid_price"), row.price("best_ask_price")
        return Ticker(bid, ask, row.price("last_price"), row.time("timestamp", strict.at_ms))
