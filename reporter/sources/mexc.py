"""MEXC, spot. All markets in one request; ``closeTime`` ends the 24 h window and bounds the last trade's time. Stream,
in Protocol Buffers: best bid and ask, ``sendTime`` is the message's (mexc.com/api-docs/spot-v3; websocket-proto)."""

from reporter.sources import strict
from reporter.sources.unpack import Layout, flatten
from reporter.sources.venue import MIB, Fields, Json, Link, Request, Row, Rows, Source, message, rows

TOPIC = "spot@public.aggre.bookTicker.v3.api.pb@100ms@"
WRAPPER: Layout = {3: "symbol", 6: "sendTime", 315: {1: "bidPrice", 3: "askPrice"}}


class MEXC(Source):
    name, default_url, default_ws_url = "mexc", "https://api.mexc.com", "wss://wbs-api.mexc.com/ws"
    target, all_symbols, max_body, per_second = "/api/v3/ticker/24hr", True, 2 * MIB, 1
    ping = message(method="PING")
    row = Row("symbol", "bidPrice", "askPrice", "lastPrice", last_at=("closeTime", strict.at_ms))
    update = Row("symbol", "bidPrice", "askPrice", book_at=("sendTime", strict.at_ms))

    def rows(self, document: Json, request: Request) -> Rows:
        return rows(self.name, document)

    def subscribe(self, names: list[str]) -> list[str]:
        return [message(method="SUBSCRIPTION", params=[TOPIC + name for name in names])]

    def unpack(self, frame: bytes) -> Json:
        return strict.loads(self.name, frame) if frame[:1] == b"{" else flatten(self.name, frame, WRAPPER)

    def updates(self, document: Json, link: Link) -> Rows:
        fields = Fields.of(self.name, document)
        return [fields] if "symbol" in fields.data else []
