"""Bitstamp, spot. All markets in one request; ``timestamp`` is the second the snapshot was made. Stream: the book's
first 100 levels with ``microtimestamp``, the book's; it has no ticker (bitstamp.net/api, bitstamp.net/websocket/v2)."""

from reporter.sources import strict
from reporter.sources.venue import MIB, Fields, Json, Link, Request, Row, Rows, Source, message, rows


class Bitstamp(Source):
    name, default_url, default_ws_url = "bitstamp", "https://www.bitstamp.net", "wss://ws.bitstamp.net"
    target, between, all_symbols, max_body, per_second = "/api/v2/ticker/", "/", True, MIB, 10
    row = Row("pair", "bid", "ask", "last", book_at=("timestamp", strict.at_s))
    update = Row("channel", "bids", "asks", book_at=("microtimestamp", strict.at_us), levels=True)
    ping, refusal = message(event="bts:heartbeat"), ("event", "bts:error")

    def spell_stream(self, base: str, quote: str) -> str:
        return f"order_book_{base}{quote}".lower()

    def rows(self, document: Json, request: Request) -> Rows:
        return rows(self.name, document)

    def subscribe(self, names: list[str]) -> list[str]:
        return [message(event="bts:subscribe", data={"channel": name}) for name in names]

    def updates(self, document: Json, link: Link) -> Rows:
        fields = Fields.of(self.name, document)
        return [fields.child("data", "channel")] if fields.says("event", "data") else []
