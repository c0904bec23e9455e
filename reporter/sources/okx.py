"""OKX, spot. All markets in one request. ``ts`` is "ticker data generation time" (API v5): the snapshot's."""

from reporter.sources import strict
from reporter.sources.fields import Fields
from reporter.sources.venue import Request, Rows, Source, Ticker


class OKX(Source):
    name = "okx"
    default_url = "https://www.okx.com"
    max_body = 2 * 1024 * 1024
    all_symbols = True

    def spell(self, base: str, quote: str) -> str:
        return f"{base}-{quote}"

    def requests(self, symbols: tuple[str, ...]) -> list[Request]:
        return [Request("/api/v5/market/tickers?instType=SPOT", symbols)]

    def rows(self, document: strict.Json, request: Request) -> Rows:
        fields = Fields.of(self.name, document)
        fields.expect("code", "0", "refused")
        return [(row.text("instId"), row) for row in fields.rows("data")]

    def read(self, row: Fields) -> Ticker:
        return Ticker(row.price("bidPx"), row.price("askPx"), row.price("last"), row.time("ts", strict.at_ms))
