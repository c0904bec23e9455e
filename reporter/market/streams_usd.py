"""The streams of the venues that quote in dollars: Coinbase Exchange, Kraken, Bitstamp, Gemini, Bitfinex."""

from collections.abc import Mapping, Sequence
from typing import Any

from reporter.market.model import MarketQuote
from reporter.market.shapes import DAY_VOLUME, LAST_SIZE, TOP_SIZE, Json, amount, joined, number
from reporter.market.streams import (
    DEPTH,
    NS,
    SIZE,
    Stream,
    level,
    listed,
    said,
)
from reporter.market.venues_lists import bitfinex_name, bitfinex_row
from reporter.market.venues_usd import iso_micros


class Coinbase(Stream):
    """docs.cdp.coinbase.com, Exchange WebSocket channels: ticker."""

    between = "-"

    def names(self, asked: Any) -> Sequence[str]:
        return listed(asked, "product_ids")

    def replies(self, asked: Any, names: Mapping[int, str], now_ms: int) -> list[Json]:
        return [
            {"type": "subscriptions", "channels": [{"name": "ticker", "product_ids": list(names.values())}]}
        ]

    def update(self, name: str, channel: int, quote: MarketQuote, now_ms: int) -> Json:
        last = amount(quote.last, 2)
        return {
            **{"type": "ticker", "sequence": quote.book_at_ms, "product_id": name, "price": last},
            **{"open_24h": last, "volume_24h": amount(DAY_VOLUME), "low_24h": last, "high_24h": last},
            **{"volume_30d": amount(DAY_VOLUME), "best_bid": amount(quote.bid, 2), "best_bid_size": SIZE},
            **{"best_ask": amount(quote.ask, 2), "best_ask_size": SIZE, "side": "buy"},
            **{"time": iso_micros(quote.book_at_ms), "trade_id": 1, "last_size": amount(LAST_SIZE)},
        }


class Kraken(Stream):
    """docs.kraken.com, WebSocket v2: Ticker, Heartbeat."""

    between = "/"

    def names(self, asked: Any) -> Sequence[str]:
        return listed(asked, "params", "symbol")

    def replies(self, asked: Any, names: Mapping[int, str], now_ms: int) -> list[Json]:
        at = iso_micros(now_ms)
        what: dict[str, Json] = {"channel": "ticker", "event_trigger": "bbo", "snapshot": True}
        return [
            {
                "method": "subscribe",
                "result": {**what, "symbol": name},
                "success": True,
                "time_in": at,
                "time_out": at,
            }
            for name in names.values()
        ]

    def beat(self, now_ms: int) -> Json:
        return {"channel": "heartbeat"}

    def update(self, name: str, channel: int, quote: MarketQuote, now_ms: int) -> Json:
        last, size = number(quote.last), number(TOP_SIZE)
        row: Json = {
            **{"symbol": name, "bid": number(quote.bid), "bid_qty": size, "ask": number(quote.ask)},
            **{"ask_qty": size, "last": last, "volume": number(DAY_VOLUME), "vwap": last, "low": last},
            **{"high": last, "change": 0, "change_pct": 0, "timestamp": iso_micros(quote.book_at_ms)},
        }
        return {"channel": "ticker", "type": "update", "data": [row]}


class Bitstamp(Stream):
    """bitstamp.net/websocket/v2: Live order book."""

    def name(self, symbol: str) -> str:
        return f"order_book_{joined(symbol)}".lower()

    def names(self, asked: Any) -> Sequence[str]:
        subscribes = said(asked, "event") == "bts:subscribe"
        return [str(said(asked, "data", "channel"))] if subscribes else []

    def replies(self, asked: Any, names: Mapping[int, str], now_ms: int) -> list[Json]:
        if said(asked, "event") == "bts:heartbeat":
            return [{"event": "bts:heartbeat", "channel": "", "data": {"status": "success"}}]
        done: dict[str, Json] = {"event": "bts:subscription_succeeded", "data": {}}
        return [{**done, "channel": name} for name in names.values()]

    def update(self, name: str, channel: int, quote: MarketQuote, now_ms: int) -> Json:
        made_at = quote.book_at_ms
        data: Json = {
            **{"timestamp": str(made_at // 1000), "microtimestamp": str(made_at * 1000)},
            **{"bids": level(quote.bid, DEPTH), "asks": level(quote.ask, DEPTH)},
        }
        return {"data": data, "channel": name, "event": "data"}


class Gemini(Stream):
    """developer.gemini.com, WebSocket streams: Book Ticker."""

    def name(self, symbol: str) -> str:
        return joined(symbol).lower()

    def names(self, asked: Any) -> Sequence[str]:
        return [str(topic).partition("@")[0] for topic in listed(asked, "params")]

    def replies(self, asked: Any, names: Mapping[int, str], now_ms: int) -> list[Json]:
        return [{"id": "1", "status": 200}]

    def update(self, name: str, channel: int, quote: MarketQuote, now_ms: int) -> Json:
        sides: dict[str, Json] = {"b": amount(quote.bid, 2), "B": SIZE, "a": amount(quote.ask, 2), "A": SIZE}
        return {"u": quote.book_at_ms, "E": quote.book_at_ms * NS, "s": name, **sides}


class Bitfinex(Stream):
    """docs.bitfinex.com, WebSocket public channels: Ticker; flag 32768 puts a time behind each message."""

    def name(self, symbol: str) -> str:
        return bitfinex_name(symbol)

    def names(self, asked: Any) -> Sequence[str]:
        return [str(said(asked, "symbol"))] if said(asked, "event") == "subscribe" else []

    def greetings(self) -> list[Json]:
        return [{"event": "info", "version": 2, "serverId": "7b1fa5a6", "platform": {"status": 1}}]

    def replies(self, asked: Any, names: Mapping[int, str], now_ms: int) -> list[Json]:
        if said(asked, "event") == "conf":
            return [{"event": "conf", "status": "OK", "flags": 32768}]
        opened = {"event": "subscribed", "channel": "ticker"}
        return [
            {**opened, "chanId": channel, "symbol": name, "pair": name[1:]} for channel, name in names.items()
        ]

    def update(self, name: str, channel: int, quote: MarketQuote, now_ms: int) -> Json:
        return [channel, bitfinex_row(quote), quote.book_at_ms]
