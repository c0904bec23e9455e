"""Coinbase Exchange, spot. One request for each market; the body does not name it. ``time`` is the last trade's, the
book carries none. Stream: a ticker with each match, ``time`` is the match's and the book's just after it, as the
message is made then (docs.cdp.coinbase.com: get-product-ticker, WebSocket channels, ticker)."""

from reporter.sources import strict
from reporter.sources.venue import Fields, Json, Link, Request, Row, Rows, Source, message

AT = ("time", strict.at_iso)


class Coinbase(Source):
    name, default_url = "coinbase", "https://api.exchange.coinbase.com"
    default_ws_url, refusal = "wss://ws-feed.exchange.coinbase.com", ("type", "error")
    target, between, per_second, names_markets = "/products/{name}/ticker", "-", 8, False
    row = Row("product_id", "bid", "ask", "price", last_at=AT)
    update = Row("product_id", "best_bid", "best_ask", "price", book_at=AT, last_at=AT)

    def rows(self, document: Json, request: Request) -> Rows:
        return [Fields.of(self.name, document).plus(product_id=self.symbol(request.symbols[0]))]

    def subscribe(self, names: list[str]) -> list[str]:
        return [message(type="subscribe", product_ids=names, channels=["ticker", "heartbeat"])]

    def updates(self, document: Json, link: Link) -> Rows:
        fields = Fields.of(self.name, document)
        return [fields] if fields.says("type", "ticker") else []
