"""Coinbase Exchange, spot. One request for each market; the body does not name it.

``time`` is the last trade's ("snapshot information about the last trade (tick), best bid/ask and 24h volume",
docs.cdp.coinbase.com, get-product-ticker); the book carries no time.
"""

from reporter.sources import strict
from reporter.sources.fields import Fields
from reporter.sources.venue import Request, Rows, Source, Ticker


class Coinbase(Source):
    name = "coinbase"
    default_url = "https://api.exchange.coinbase.com"

    def spell(self, base: str, quote: str) -> str:
        return f"{base}-{quote}"

    def requests(self, symbols: tuple[str, ...]) -> list[Request]:
        return [Request(f"/products/{self.symbol(ours)}/ticker", (ours,)) for ours in symbols]

    def rows(self, document: strict.Json, request: Request) -> Rows:
        return [(self.symbol(request.symbols[0]), Fields.of(self.name, document))]

    def read(self, row: Fields) -> Ticker:
        traded_at = row.time("time", strict.at_iso)
        return Ticker(row.price("bid"), row.price("ask"), row.price("price"), None, traded_at)
