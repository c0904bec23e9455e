"""REST tickers of the venues that quote in dollars: Coinbase Exchange, Kraken, Bitstamp, Gemini."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from reporter.market.model import MarketQuote
from reporter.market.shapes import (
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

MINUTE_MS = 60_000
KRAKEN_LEGACY = {"BTC/USD": "XXBTZUSD", "ETH/USD": "XETHZUSD", "USDT/USD": "USDTZUSD"}


def coinbase_ticker(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /products/{id}/ticker``. ``time`` and ``trade_id`` are those of the last trade.

    Source: docs.cdp.coinbase.com, Exchange API, Get product ticker.
    """
    found = desk.find(asked["name"], lambda symbol: joined(symbol, "-"))
    if found is None:
        return Reply(404, {"message": "NotFound"})
    quote = found[1]
    body: Json = {
        "ask": amount(quote.ask, 2),
        "bid": amount(quote.bid, 2),
        "volume": amount(DAY_VOLUME),
        "trade_id": quote.last_at_ms,
        "price": amount(quote.last, 2),
        "size": amount(LAST_SIZE),
        "time": iso_micros(quote.last_at_ms),
        "rfq_volume": "0.00",
        "conversions_volume": "0.00",
    }
    return Reply(200, body)


def iso_micros(at_ms: int) -> str:
    """``2024-03-13T11:10:41.270000Z``, from integers alone."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC) + timedelta(milliseconds=at_ms % 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def kraken_ticker(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /0/public/Ticker?pair=a,b``, all pairs without ``pair``. It carries no time.

    One unknown pair fails the whole request, with status 200, as Kraken does.
    Source: docs.kraken.com, Get Ticker Information.
    """
    listed = {kraken_name(symbol): quote for symbol, quote in desk.quotes()}
    spelled = {alias: name for name in listed for alias in _kraken_spellings(name)}
    names = [spelled.get(pair) for pair in asked["pair"].split(",")] if "pair" in asked else list(listed)
    result = {name: _kraken_pair(listed[name]) for name in names if name is not None}
    if None in names:
        return Reply(200, {"error": ["EQuery:Unknown asset pair"]})
    return Reply(200, {"error": [], "result": result})


def kraken_name(symbol: str) -> str:
    """Kraken's name for a pair: XBT for BTC, and X and Z prefixes on its oldest assets only."""
    return KRAKEN_LEGACY.get(symbol) or joined(symbol.replace("BTC", "XBT"))


def _kraken_spellings(name: str) -> tuple[str, str]:
    """Kraken's name for a pair and its short one: XXBTZUSD and XBTUSD, USDTZUSD and USDTUSD."""
    short = name.replace("ZUSD", "USD")
    return name, short.removeprefix("X") if short.startswith(("XXBT", "XETH")) else short


def _kraken_pair(quote: MarketQuote) -> Json:
    last, volume, trades = amount(quote.last, 5), amount(DAY_VOLUME), TRADES
    return {
        "a": [amount(quote.ask, 5), "1", amount(TOP_SIZE, 3)],
        "b": [amount(quote.bid, 5), "1", amount(TOP_SIZE, 3)],
        "c": [last, amount(LAST_SIZE)],
        "v": [volume, volume],
        "p": [last, last],
        "t": [trades, trades],
        "l": [last, last],
        "h": [last, last],
        "o": last,
    }


def bitstamp_tickers(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /api/v2/ticker/``: every pair, with its name. Source: bitstamp.net/api, All tickers."""
    return Reply(200, [{**_bitstamp_pair(quote), "pair": symbol} for symbol, quote in desk.quotes()])


def bitstamp_ticker(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /api/v2/ticker/btcusd/``: one pair; it is not named in the body. Source: bitstamp.net/api."""
    found = desk.find(asked["name"], lambda symbol: joined(symbol).lower())
    if found is None:
        return Reply(404, {"status": "error", "reason": "Invalid currency pair."})
    return Reply(200, _bitstamp_pair(found[1]))


def _bitstamp_pair(quote: MarketQuote) -> dict[str, Json]:
    """``timestamp`` is in whole seconds, floored."""
    last = amount(quote.last, 2)
    return {
        "timestamp": str(quote.book_at_ms // 1000),
        "open": last,
        "high": last,
        "low": last,
        "last": last,
        "volume": amount(DAY_VOLUME),
        "vwap": last,
        "bid": amount(quote.bid, 2),
        "ask": amount(quote.ask, 2),
        "side": "0",
        "open_24": last,
        "percent_change_24": "0.00",
        "market_type": "SPOT",
    }


def gemini_ticker(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /v1/pubticker/btcusd``. It carries no time of a price: ``timestamp`` ends the volume's window.

    Source: docs.gemini.com, REST API, Ticker.
    """
    found = desk.find(asked["name"].lower(), lambda symbol: joined(symbol).lower())
    if found is None:
        message = f"Received unsupported symbol '{asked['name']}'"
        return Reply(400, {"result": "error", "reason": "InvalidSymbol", "message": message})
    symbol, quote = found
    base, _, counter = symbol.partition("/")
    volume: Json = {
        base: amount(DAY_VOLUME),
        counter: amount(day_value(quote.last)),
        "timestamp": quote.book_at_ms // MINUTE_MS * MINUTE_MS,
    }
    body: Json = {
        "bid": amount(quote.bid, 2),
        "ask": amount(quote.ask, 2),
        "volume": volume,
        "last": amount(quote.last, 2),
    }
    return Reply(200, body)
