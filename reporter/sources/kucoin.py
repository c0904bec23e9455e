"""KuCoin, spot. All markets in one request; ``time`` is the snapshot's. Stream: a ticker with each trade, ``M`` is the
matching engine's time in nanoseconds (kucoin.com/docs-new: Get All Tickers; UTA WebSocket Introduction, Ticker)."""

from reporter.sources import strict
from reporter.sources.venue import MIB, Fields, Json, Link, Request, Row, Rows, Source, message

AT = ("M", strict.at_ns)


class KuCoin(Source):
    name, default_url, default_ws_url = "kucoin", "https://api.kucoin.com", "wss://x-push-spot.kucoin.com"
    target, between, all_symbols = "/api/v1/market/allTickers", "-", True
    max_body, per_second = 2 * MIB, 5
    ping, ping_s, refusal = message(id="1", type="ping"), 15, ("result", False)
    row = Row("symbol", "buy", "sell", "last", book_at=("time", strict.at_ms))
    update = Row("s", "b", "a", "l", book_at=AT, last_at=AT)

    def rows(self, document: Json, request: Request) -> Rows:
        data = Fields.of(self.name, document).expect("code", "200000", "refused").child("data")
        return [row.plus(time=data.data.get("time")) for row in data.rows("ticker")]

    def subscribe(self, names: list[str]) -> list[str]:
        what = {"action": "subscribe", "channel": "ticker", "tradeType": "SPOT"}
        return [message(id=name, **what, symbol=name) for name in names]

    def updates(self, document: Json, link: Link) -> Rows:
        fields = Fields.of(self.name, document)
        return [fields.child("d")] if fields.says("T", "ticker.SPOT") else []
