"""OKX, spot. All markets in one request; ``ts`` is "ticker data generation time": the snapshot's, on the stream too
(okx.com/docs-v5: Get tickers, Tickers channel)."""

from reporter.sources import strict
from reporter.sources.venue import MIB, Fields, Json, Link, Request, Row, Rows, Source, message


class OKX(Source):
    name, default_url = "okx", "https://www.okx.com"
    default_ws_url, refusal = "wss://ws.okx.com:8443/ws/v5/public", ("event", "error")
    target, between, all_symbols = "/api/v5/market/tickers?instType=SPOT", "-", True
    max_body, per_second = 2 * MIB, 8
    ping, pong = "ping", b"pong"
    row = Row("instId", "bidPx", "askPx", "last", book_at=("ts", strict.at_ms))

    def rows(self, document: Json, request: Request) -> Rows:
        return Fields.of(self.name, document).expect("code", "0", "refused").rows("data")

    def subscribe(self, names: list[str]) -> list[str]:
        return [message(op="subscribe", args=[{"channel": "tickers", "instId": name} for name in names])]

    def updates(self, document: Json, link: Link) -> Rows:
        fields = Fields.of(self.name, document)
        return fields.rows("data") if "data" in fields.data else []
