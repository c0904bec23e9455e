"""REST tickers of the venues that quote in stablecoins: Binance (also Binance.US) and OKX."""

import json
import re
from collections.abc import Callable, Mapping

from reporter.market.model import MarketQuote
from reporter.market.shapes import (
    DAY_MS,
    DAY_VOLUME,
    LAST_SIZE,
    TOP_SIZE,
    TRADES,
    Desk,
    Json,
    Reply,
    amount,
    day_value,
    joined,
)

_SYMBOLS = re.compile(r'\[("[A-Z0-9-_.]{1,50}"(,"[A-Z0-9-_.]{1,50}")*)?\]')
_INVALID = Reply(400, {"code": -1121, "msg": "Invalid symbol."})
_OKX_UNKNOWN = "Instrument ID, Instrument ID code, or Spread ID doesn't exist."


def binance_day(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /api/v3/ticker/24hr``; ``closeTime`` is when the window ended: no trade is later.

    Source: github.com/binance/binance-spot-api-docs, rest-api.md, 24hr ticker price change statistics.
    """
    return _binance(desk, asked, _binance_day)


def binance_book(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /api/v3/ticker/bookTicker``; it carries no time. Source: as above, Symbol order book ticker."""
    return _binance(desk, asked, _binance_book)


def _binance(desk: Desk, asked: Mapping[str, str], render: Callable[[str, MarketQuote], Json]) -> Reply:
    """One object for ``symbol``, a list for ``symbols`` or for neither; one unknown symbol fails all."""
    listed = {joined(symbol): quote for symbol, quote in desk.quotes()}
    codes = list(listed)
    if "symbol" in asked:
        codes = [asked["symbol"]]
    elif "symbols" in asked:
        if _SYMBOLS.fullmatch(asked["symbols"]) is None:
            legal = (
                r"legal range is '^\[(\"[\w\-._&&[^a-z]]{1,50}\"(,\"[\w\-._&&[^a-z]]{1,50}\"){0,}){0,1}\]$'."
            )
            return Reply(
                400, {"code": -1100, "msg": f"Illegal characters found in parameter 'symbols'; {legal}"}
            )
        codes = json.loads(asked["symbols"])
    if any(code not in listed for code in codes):
        return _INVALID
    bodies = [render(code, listed[code]) for code in codes]
    return Reply(200, bodies[0] if "symbol" in asked else bodies)


def _binance_day(code: str, quote: MarketQuote) -> Json:
    last, top = amount(quote.last), amount(TOP_SIZE)
    return {
        "symbol": code,
        "priceChange": amount(0),
        "priceChangePercent": "0.000",
        "weightedAvgPrice": last,
        "prevClosePrice": last,
        "lastPrice": last,
        "lastQty": amount(LAST_SIZE),
        "bidPrice": amount(quote.bid),
        "bidQty": top,
        "askPrice": amount(quote.ask),
        "askQty": top,
        "openPrice": last,
        "highPrice": last,
        "lowPrice": last,
        "volume": amount(DAY_VOLUME),
        "quoteVolume": amount(day_value(quote.last)),
        "openTime": quote.book_at_ms - DAY_MS,
        "closeTime": quote.book_at_ms,
        "firstId": 1,
        "lastId": TRADES,
        "count": TRADES,
    }


def _binance_book(code: str, quote: MarketQuote) -> Json:
    size = amount(TOP_SIZE)
    return {
        "symbol": code,
        "bidPrice": amount(quote.bid),
        "bidQty": size,
        "askPrice": amount(quote.ask),
        "askQty": size,
    }


def okx_tickers(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /api/v5/market/tickers?instType=SPOT``. Source: okx.com/docs-v5, Get tickers."""
    kind = asked.get("instType", "")
    if not kind:
        return Reply(400, {"code": "50014", "data": [], "msg": "Parameter instType can not be empty."})
    if kind != "SPOT":
        return Reply(400, {"code": "51000", "data": [], "msg": "Parameter instType error."})
    return Reply(200, {"code": "0", "msg": "", "data": [_okx_ticker(*found) for found in desk.quotes()]})


def okx_ticker(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /api/v5/market/ticker?instId=BTC-USDT``; unknown is an error body with status 200."""
    found = desk.find(asked.get("instId", ""), lambda symbol: joined(symbol, "-"))
    if found is None:
        return Reply(200, {"code": "51001", "msg": _OKX_UNKNOWN, "data": []})
    return Reply(200, {"code": "0", "msg": "", "data": [_okx_ticker(*found)]})


def _okx_ticker(symbol: str, quote: MarketQuote) -> Json:
    """For spot, ``vol24h`` is in the base and ``volCcy24h`` in the quote currency."""
    last, size = amount(quote.last, 1), amount(TOP_SIZE)
    return {
        "instType": "SPOT",
        "instId": joined(symbol, "-"),
        "last": last,
        "lastSz": amount(LAST_SIZE),
        "askPx": amount(quote.ask, 1),
        "askSz": size,
        "bidPx": amount(quote.bid, 1),
        "bidSz": size,
        "open24h": last,
        "high24h": last,
        "low24h": last,
        "volCcy24h": amount(day_value(quote.last)),
        "vol24h": amount(DAY_VOLUME),
        "ts": str(quote.book_at_ms),
        "sodUtc0": last,
        "sodUtc8": last,
    }
