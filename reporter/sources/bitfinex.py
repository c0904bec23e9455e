"""Bitfinex, spot. Many markets in one request, as arrays without a time. Stream: arrays under a channel's number, with
a time in milliseconds behind them since flag 32768 asks for it (docs.bitfinex.com: Tickers, Ws Ticker, Configuration)."""

from reporter.sources import strict
from reporter.sources.names import bitfinex_pair
from reporter.sources.venue import Fields, Json, Link, Request, Row, Rows, Source, message

NAMES = ("bid", "bid_size", "ask", "ask_size", "change", "change_part", "last", "volume", "high", "low")


class Bitfinex(Source):
    name, default_url = "bitfinex", "https://api-pub.bitfinex.com"
    default_ws_url, refusal = "wss://api-pub.bitfinex.com/ws/2", ("event", "error")
    target, per_second = "/v2/tickers?symbols={names}", 1
    row = Row("symbol", "bid", "ask", "last")
    update = Row("symbol", "bid", "ask", "last", book_at=("at", strict.at_ms))
    spell = staticmethod(bitfinex_pair)

    def rows(self, document: Json, request: Request) -> Rows:
        listed = document if isinstance(document, list) else [document]
        return [Fields.zipped(self.name, row, ("symbol", *NAMES)) for row in listed]

    def subscribe(self, names: list[str]) -> list[str]:
        asked = [message(event="subscribe", channel="ticker", symbol=name) for name in names]
        return [message(event="conf", flags=32768), *asked]

    def updates(self, document: Json, link: Link) -> Rows:
        return link.numbered(self.name, document, NAMES)
