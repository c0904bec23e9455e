"""Gate, spot. All markets in one request, without a time. Stream: best bid and ask, ``t`` is the book's time
(gate.com/docs/developers/apiv4: Get currency pair ticker information; ws: Best bid or ask price)."""

from time import time

from reporter.sources import strict
from reporter.sources.venue import MIB, Fields, Json, Link, Request, Row, Rows, Source, message, rows


class Gate(Source):
    name, default_url, default_ws_url = "gate", "https://api.gateio.ws", "wss://api.gateio.ws/ws/v4/"
    target, between, all_symbols = "/api/v4/spot/tickers", "_", True
    max_body, per_second = 4 * MIB, 10
    row = Row("currency_pair", "highest_bid", "lowest_ask", "last")
    update = Row("s", "b", "a", book_at=("t", strict.at_ms))

    def rows(self, document: Json, request: Request) -> Rows:
        return rows(self.name, document)

    def subscribe(self, names: list[str]) -> list[str]:
        return [message(time=int(time()), channel="spot.book_ticker", event="subscribe", payload=names)]

    def updates(self, document: Json, link: Link) -> Rows:
        fields = Fields.of(self.name, document)
        ours = fields.says("channel", "spot.book_ticker") and fields.says("event", "update")
        return [fields.child("result")] if ours else []
