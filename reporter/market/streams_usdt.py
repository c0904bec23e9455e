"""The streams of the venues that quote in stablecoins: Binance (also Binance.US), OKX, Bybit, KuCoin, Gate, HTX,
Crypto.com, MEXC, Bitget."""

import gzip
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from reporter.market.model import MarketQuote
from reporter.market.shapes import DAY_VOLUME, LAST_SIZE, TOP_SIZE, Json, amount, joined, number, to_json
from reporter.market.streams import (
    NS,
    SIZE,
    Frame,
    Stream,
    after,
    field,
    level,
    listed,
    said,
    tag,
    varint,
)
from reporter.market.venues_lists import bitget_row, cryptocom_row


class Binance(Stream):
    """github.com/binance/binance-spot-api-docs, web-socket-streams.md: Individual Symbol Ticker Streams."""

    def names(self, asked: Any) -> Sequence[str]:
        return [str(topic).partition("@")[0].upper() for topic in listed(asked, "params")]

    def replies(self, asked: Any, names: Mapping[int, str], now_ms: int) -> list[Json]:
        return [{"result": None, "id": 1}]

    def update(self, name: str, channel: int, quote: MarketQuote, now_ms: int) -> Json:
        last, at = amount(quote.last), quote.book_at_ms
        return {
            **{"e": "24hrTicker", "E": at, "s": name, "p": "0.00000000", "P": "0.000", "w": last, "x": last},
            **{"c": last, "Q": amount(LAST_SIZE), "b": amount(quote.bid), "B": SIZE, "a": amount(quote.ask)},
            **{"A": SIZE, "o": last, "h": last, "l": last, "v": amount(DAY_VOLUME), "q": "0.00000000"},
            **{"O": at - 86_400_000, "C": at, "F": 0, "L": 18150, "n": 18151},
        }


class OKX(Stream):
    """okx.com/docs-v5: Tickers channel."""

    between = "-"
    pings: ClassVar[Mapping[str, str]] = {"ping": "pong"}

    def names(self, asked: Any) -> Sequence[str]:
        return [str(said(arg, "instId")) for arg in listed(asked, "args")]

    def replies(self, asked: Any, names: Mapping[int, str], now_ms: int) -> list[Json]:
        return [
            {"event": "subscribe", "arg": {"channel": "tickers", "instId": name}, "connId": "a4d3ae55"}
            for name in names.values()
        ]

    def update(self, name: str, channel: int, quote: MarketQuote, now_ms: int) -> Json:
        last = amount(quote.last, 1)
        row: Json = {
            **{"instType": "SPOT", "instId": name, "last": last, "lastSz": amount(LAST_SIZE)},
            **{"askPx": amount(quote.ask, 1), "askSz": SIZE, "bidPx": amount(quote.bid, 1), "bidSz": SIZE},
            **{"open24h": last, "high24h": last, "low24h": last, "sodUtc0": last, "sodUtc8": last},
            **{"volCcy24h": "0", "vol24h": amount(DAY_VOLUME), "ts": str(quote.book_at_ms)},
        }
        return {"arg": {"channel": "tickers", "instId": name}, "data": [row]}


class Bybit(Stream):
    """bybit-exchange.github.io/docs/v5/websocket/public/orderbook, depth 1."""

    def names(self, asked: Any) -> Sequence[str]:
        return after("orderbook.1.", listed(asked, "args"))

    def replies(self, asked: Any, names: Mapping[int, str], now_ms: int) -> list[Json]:
        if said(asked, "op") == "ping":
            return [{"success": True, "ret_msg": "pong", "conn_id": "0970e817", "op": "ping"}]
        return [{"success": True, "ret_msg": "subscribe", "conn_id": "0970e817", "op": "subscribe"}]

    def update(self, name: str, channel: int, quote: MarketQuote, now_ms: int) -> Json:
        sides: Json = {"s": name, "b": level(quote.bid), "a": level(quote.ask), "u": 1, "seq": 1}
        at: dict[str, Json] = {"ts": quote.book_at_ms, "type": "snapshot"}
        return {"topic": f"orderbook.1.{name}", **at, "data": sides, "cts": quote.book_at_ms}


class KuCoin(Stream):
    """kucoin.com/docs-new, UTA WebSocket: Introduction, Ticker."""

    between = "-"

    def names(self, asked: Any) -> Sequence[str]:
        return [str(said(asked, "symbol"))] if said(asked, "action") == "subscribe" else []

    def greetings(self) -> list[Json]:
        return [{"message": "welcome", "pingInterval": 18000, "pingTimeout": 10000}]

    def replies(self, asked: Any, names: Mapping[int, str], now_ms: int) -> list[Json]:
        if said(asked, "type") == "ping":
            return [{"id": "1", "type": "pong", "timestamp": now_ms * 1000}]
        return [{"id": name, "result": True} for name in names.values()]

    def update(self, name: str, channel: int, quote: MarketQuote, now_ms: int) -> Json:
        at_ns = quote.book_at_ms * NS
        row: Json = {
            **{"A": SIZE, "B": SIZE, "E": at_ns, "M": at_ns, "S": "BUY", "a": amount(quote.ask, 1)},
            **{"b": amount(quote.bid, 1), "l": amount(quote.last, 1), "q": amount(LAST_SIZE), "s": name},
        }
        return {"T": "ticker.SPOT", "P": at_ns, "d": row}


class Gate(Stream):
    """gate.com/docs/developers/apiv4/ws: Best bid or ask price; Application ping pong."""

    between = "_"

    def names(self, asked: Any) -> Sequence[str]:
        return listed(asked, "payload") if said(asked, "event") == "subscribe" else []

    def replies(self, asked: Any, names: Mapping[int, str], now_ms: int) -> list[Json]:
        at = {"time": now_ms // 1000, "time_ms": now_ms}
        if said(asked, "channel") == "spot.ping":
            return [{**at, "channel": "spot.pong", "event": "", "result": None}]
        done: Json = {"status": "success"}
        return [{**at, "channel": "spot.book_ticker", "event": "subscribe", "result": done}]

    def update(self, name: str, channel: int, quote: MarketQuote, now_ms: int) -> Json:
        at = quote.book_at_ms
        row: Json = {
            **{"t": at, "u": at, "s": name, "b": amount(quote.bid, 1), "B": SIZE},
            **{"a": amount(quote.ask, 1), "A": SIZE},
        }
        head: dict[str, Json] = {
            "time": at // 1000,
            "time_ms": at,
            "channel": "spot.book_ticker",
            "event": "update",
        }
        return {**head, "result": row}


class HTX(Stream):
    """huobiapi.github.io/docs/spot/v1/en: Best Bid/Offer; every frame is gzip."""

    def name(self, symbol: str) -> str:
        return joined(symbol).lower()

    def names(self, asked: Any) -> Sequence[str]:
        return str(said(asked, "sub")).split(".")[1:2]

    def replies(self, asked: Any, names: Mapping[int, str], now_ms: int) -> list[Json]:
        subbed: dict[str, Json] = {"status": "ok", "ts": now_ms}
        return [{"id": name, "subbed": f"market.{name}.bbo", **subbed} for name in names.values()]

    def beat(self, now_ms: int) -> Json:
        return {"ping": now_ms}

    def update(self, name: str, channel: int, quote: MarketQuote, now_ms: int) -> Json:
        size = number(TOP_SIZE)
        tick: Json = {
            **{"seqId": quote.book_at_ms, "ask": number(quote.ask), "askSize": size},
            **{"bid": number(quote.bid), "bidSize": size, "quoteTime": quote.book_at_ms, "symbol": name},
        }
        return {"ch": f"market.{name}.bbo", "ts": now_ms, "tick": tick}

    def frame(self, document: Json) -> Frame:
        return gzip.compress(to_json(document).encode(), 1)


class CryptoCom(Stream):
    """exchange-docs.crypto.com: ticker.{instrument_name}, public/heartbeat."""

    between = "_"

    def names(self, asked: Any) -> Sequence[str]:
        return after("ticker.", listed(asked, "params", "channels"))

    def beat(self, now_ms: int) -> Json:
        return {"id": now_ms, "method": "public/heartbeat", "code": 0}

    def update(self, name: str, channel: int, quote: MarketQuote, now_ms: int) -> Json:
        what: dict[str, Json] = {
            "instrument_name": name,
            "subscription": f"ticker.{name}",
            "channel": "ticker",
        }
        result: Json = {**what, "data": [cryptocom_row(name, quote)]}
        return {"id": -1, "method": "subscribe", "code": 0, "result": result}


class MEXC(Stream):
    """mexc.com/api-docs/spot-v3: Individual Symbol Book Ticker Streams; github.com/mexcdevelop/websocket-proto."""

    def names(self, asked: Any) -> Sequence[str]:
        return after("@100ms@", listed(asked, "params"))

    def replies(self, asked: Any, names: Mapping[int, str], now_ms: int) -> list[Json]:
        if said(asked, "method") == "PING":
            return [{"id": 0, "code": 0, "msg": "PONG"}]
        topic = "spot@public.aggre.bookTicker.v3.api.pb@100ms@"
        return [{"id": 0, "code": 0, "msg": ",".join(topic + name for name in names.values())}]

    def packed(self, name: str, channel: int, quote: MarketQuote, now_ms: int) -> Frame:
        size, topic = b"0.5", f"spot@public.aggre.bookTicker.v3.api.pb@100ms@{name}"
        sides = (amount(quote.bid, 2).encode(), size, amount(quote.ask, 2).encode(), size)
        ticker = b"".join(field(number, text) for number, text in enumerate(sides, 1))
        made_at = tag(6, 0) + varint(quote.book_at_ms)
        return field(1, topic.encode()) + field(3, name.encode()) + made_at + field(315, ticker)


class Bitget(Stream):
    """bitget.com/api-doc/spot/websocket/public/Tickers-Channel."""

    pings: ClassVar[Mapping[str, str]] = {"ping": "pong"}

    def names(self, asked: Any) -> Sequence[str]:
        return [str(said(arg, "instId")) for arg in listed(asked, "args")]

    def replies(self, asked: Any, names: Mapping[int, str], now_ms: int) -> list[Json]:
        return [{"event": "subscribe", "arg": self._arg(name)} for name in names.values()]

    def update(self, name: str, channel: int, quote: MarketQuote, now_ms: int) -> Json:
        row = bitget_row({"instId": name}, quote)
        return {"action": "snapshot", "arg": self._arg(name), "data": [row], "ts": now_ms}

    def _arg(self, name: str) -> Json:
        return {"instType": "SPOT", "channel": "ticker", "instId": name}
