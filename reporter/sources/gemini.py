"""Gemini, spot. One request for each market; the body names it only by the two keys of ``volume``.

``volume.timestamp`` ends the window of the volume, moved every five minutes: no time of a price, unused.
"""

from reporter.errors import SourceError
from reporter.sources.fields import Fields
from reporter.sources.strict import Json, shown
from reporter.sources.venue import Request, Rows, Source, Ticker


class Gemini(Source):
    name = "gemini"
    default_url = "https://api.gemini.com"

    def spell(self, base: str, quote: str) -> str:
        return f"{base}{quote}".lower()

    def requests(self, symbols: tuple[str, ...]) -> list[Request]:
        return [Request(f"/v1/pubticker/{self.symbol(ours)}", (ours,)) for ours in symbols]

    def rows(self, document: Json, request: Request) -> Rows:
        fields = Fields.of(self.name, document)
        named = set(fields.child("volume").data) - {"timestamp"}
        if named != set(request.symbols[0].split("/")):
            raise SourceError(self.name, "symbol", f"{shown(sorted(named))} instead of {request.symbols[0]}")
        return [(self.symbol(request.symbols[0]), fields)]

    def read(self, row: Fields) -> Ticker:
        return Ticker(row.price("bid"), row.price("ask"), row.price("last"))
