"""Kraken, spot. Many markets in one request, under Kraken's own names, without any time. Stream (v2): level 1 on each
change of it, ``timestamp`` the ticker's (docs.kraken.com: Get Ticker Information, WebSocket v2 Ticker)."""

from reporter.sources import strict
from reporter.sources.names import kraken_pair
from reporter.sources.venue import Fields, Json, Link, Request, Row, Rows, Source, Ticker, message


class Kraken(Source):
    name, default_url, default_ws_url = "kraken", "https://api.kraken.com", "wss://ws.kraken.com/v2"
    target, per_second, refusal = "/0/public/Ticker?pair={names}", 2, ("success", False)
    row = Row("name", "b", "a", "c")
    update = Row("symbol", "bid", "ask", "last", book_at=("timestamp", strict.at_iso))
    spell = staticmethod(kraken_pair)
    spell_stream = staticmethod("{}/{}".format)

    def rows(self, document: Json, request: Request) -> Rows:
        result = Fields.of(self.name, document).expect("error", [], "refused").child("result")
        return [result.child(name).plus(name=name) for name in result.data]

    def read(self, row: Fields) -> Ticker:
        return Ticker(row.first_price("b", 3), row.first_price("a", 3), row.first_price("c", 2))

    def subscribe(self, names: list[str]) -> list[str]:
        what = {"channel": "ticker", "symbol": names, "event_trigger": "bbo"}
        return [message(method="subscribe", params=what)]

    def updates(self, document: Json, link: Link) -> Rows:
        fields = Fields.of(self.name, document)
        return fields.rows("data") if fields.says("channel", "ticker") else []
