"""Bitget, spot. All markets in one request; ``ts`` is the ticker's time, on the stream too
(bitget.com/api-doc/spot: Get Ticker Information, Tickers Channel)."""

from reporter.sources import strict
from reporter.sources.venue import MIB, Fields, Json, Link, Request, Row, Rows, Source, message


class Bitget(Source):
    name, default_url = "bitget", "https://api.bitget.com"
    default_ws_url, refusal = "wss://ws.bitget.com/v2/ws/public", ("event", "error")
    target, all_symbols, max_body, per_second = "/api/v2/spot/market/tickers", True, 2 * MIB, 10
    ping, pong, ping_s = "ping", b"pong", 25
    row = Row("symbol", "bidPr", "askPr", "lastPr", book_at=("ts", strict.at_ms))
    update = Row("instId", "bidPr", "askPr", "lastPr", book_at=("ts", strict.at_ms))

    def rows(self, document: Json, request: Request) -> Rows:
        return Fields.of(self.name, document).expect("code", "00000", "refused").rows("data")

    def subscribe(self, names: list[str]) -> list[str]:
        what = {"instType": "SPOT", "channel": "ticker"}
        return [message(op="subscribe", args=[what | {"instId": name} for name in names])]

    def updates(self, document: Json, link: Link) -> Rows:
        fields = Fields.of(self.name, document)
        return fields.rows("data") if "data" in fields.data else []
