"""Binance, spot. Asked: ``closeTime`` ends the 24 h window, which bounds the last trade's time and ages a
market that has stopped. Stream, once a second: ``E`` is the ticker's time (github.com/binance/binance-spot-api-docs)."""

from urllib.parse import quote as escape

from reporter.sources import strict
from reporter.sources.venue import Fields, Json, Link, Request, Row, Rows, Source, message, rows


class Binance(Source):
    name, default_url = "binance", "https://api.binance.com"
    default_ws_url = "wss://stream.binance.com:9443/ws"
    target, per_second = "/api/v3/ticker/24hr?symbols={names}", 10
    row = Row("symbol", "bidPrice", "askPrice", "lastPrice", last_at=("closeTime", strict.at_ms))
    update = Row("s", "b", "a", "c", book_at=("E", strict.at_ms), last_at=("C", strict.at_ms))

    def requests(self, symbols: tuple[str, ...]) -> list[Request]:
        names = escape("[" + ",".join(f'"{self.symbol(ours)}"' for ours in symbols) + "]")
        return [Request(self.target.replace("{names}", names), symbols)]

    def rows(self, document: Json, request: Request) -> Rows:
        return rows(self.name, document)

    def subscribe(self, names: list[str]) -> list[str]:
        return [message(method="SUBSCRIBE", params=[f"{name.lower()}@ticker" for name in names], id=1)]

    def updates(self, document: Json, link: Link) -> Rows:
        fields = Fields.of(self.name, document)
        return [fields] if fields.says("e", "24hrTicker") else []
