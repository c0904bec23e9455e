"""Gemini, spot. One request for each market; the body names it only by the two keys of ``volume`` and dates no price.
Stream: best bid and ask with ``E``, the event's time in nanoseconds (developer.gemini.com: ticker, book ticker)."""

from reporter.errors import SourceError
from reporter.sources import strict
from reporter.sources.names import lower_pair
from reporter.sources.venue import Fields, Json, Link, Request, Row, Rows, Source, message


class Gemini(Source):
    name, default_url, default_ws_url = "gemini", "https://api.gemini.com", "wss://ws.gemini.com"
    target, per_second = "/v1/pubticker/{name}", 2
    row = Row("name", "bid", "ask", "last")
    update = Row("s", "b", "a", book_at=("E", strict.at_ns))
    spell = staticmethod(lower_pair)

    def rows(self, document: Json, request: Request) -> Rows:
        fields, ours = Fields.of(self.name, document), request.symbols[0]
        named = set(fields.child("volume").data) - {"timestamp"}
        if named != set(ours.split("/")):
            raise SourceError(self.name, "symbol", f"{strict.shown(sorted(named))} instead of {ours}")
        return [fields.plus(name=self.symbol(ours))]

    def subscribe(self, names: list[str]) -> list[str]:
        return [message(id="1", method="subscribe", params=[f"{name}@bookTicker" for name in names])]

    def updates(self, document: Json, link: Link) -> Rows:
        fields = Fields.of(self.name, document)
        return [fields] if "u" in fields.data else []
