"""Bybit, spot. All markets in one request; its ``time`` is the answer's, not the book's. Stream: level 1 of the book,
whole in each message (depth 1 sends snapshots only), every 3 s at least; ``ts`` is when the system made it
(bybit-exchange.github.io/docs/v5: Get Tickers, Orderbook). A subscription takes 10 topics."""

from reporter.sources import strict
from reporter.sources.venue import MIB, Fields, Json, Link, Request, Row, Rows, Source, message


class Bybit(Source):
    name, default_url = "bybit", "https://api.bybit.com"
    default_ws_url, refusal = "wss://stream.bybit.com/v5/public/spot", ("success", False)
    target, all_symbols, max_body, per_second = "/v5/market/tickers?category=spot", True, MIB, 10
    ping = message(op="ping")
    row = Row("symbol", "bid1Price", "ask1Price", "lastPrice")
    update = Row("s", "b", "a", book_at=("ts", strict.at_ms), levels=True)

    def rows(self, document: Json, request: Request) -> Rows:
        return Fields.of(self.name, document).expect("retCode", "0", "refused").child("result").rows("list")

    def subscribe(self, names: list[str]) -> list[str]:
        topics = [f"orderbook.1.{name}" for name in names]
        return [message(op="subscribe", args=topics[at : at + 10]) for at in range(0, len(topics), 10)]

    def updates(self, document: Json, link: Link) -> Rows:
        fields = Fields.of(self.name, document)
        if "topic" not in fields.data:
            return []
        return [fields.expect("type", "snapshot", "shape").child("data", "ts")]
