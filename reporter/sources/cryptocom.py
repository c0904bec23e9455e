"""Crypto.com Exchange, spot. All markets in one request; ``t`` is when the ticker was published, on the stream too.
It sends heartbeats that must be answered (exchange-docs.crypto.com: public/get-tickers, ticker.{instrument_name})."""

from reporter.sources import strict
from reporter.sources.venue import MIB, Fields, Json, Link, Request, Row, Rows, Source, message


class CryptoCom(Source):
    name, default_url = "cryptocom", "https://api.crypto.com"
    default_ws_url = "wss://stream.crypto.com/exchange/v1/market"
    target, between, all_symbols = "/exchange/v1/public/get-tickers", "_", True
    max_body, per_second, pinged = 2 * MIB, 10, True
    row = Row("i", "b", "k", "a", book_at=("t", strict.at_ms))

    def rows(self, document: Json, request: Request) -> Rows:
        return Fields.of(self.name, document).expect("code", "0", "refused").child("result").rows("data")

    def subscribe(self, names: list[str]) -> list[str]:
        return [message(id=1, method="subscribe", params={"channels": [f"ticker.{name}" for name in names]})]

    def updates(self, document: Json, link: Link) -> Rows:
        fields = Fields.of(self.name, document).expect("code", "0", "refused")
        if fields.says("method", "public/heartbeat"):
            link.replies.append(message(id=fields.whole("id"), method="public/respond-heartbeat"))
        return fields.child("result").rows("data") if "result" in fields.data else []
