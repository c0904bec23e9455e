"""Bitstamp, spot. All markets in one request.

``timestamp`` is the second the snapshot was made (all pairs of one answer share it).
"""

from reporter.sources import strict
from reporter.sources.fields import Fields, rows
from reporter.sources.venue import Request, Rows, Source, Ticker


class Bitstamp(Source):
    name = "bitstamp"
    default_url = "https://www.bitstamp.net"
    max_body = 1024 * 1024
    all_symbols = True

    def spell(self, base: str, quote: str) -> str:
        return f"{base}/{quote}"

    def requests(self, symbols: tuple[str, ...]) -> list[Request]:
        return [Request("/api/v2/ticker/", symbols)]

    def rows(self, document: strict.Json, request: Request) -> Rows:
        return [(row.text("pair"), row) for row in rows(self.name, document)]

    def read(self, row: Fields) -> Ticker:
        made_at = row.time("timestamp", strict.at_s)
        return Ticker(row.price("bid"), row.price("ask"), row.price("last"), made_at)
