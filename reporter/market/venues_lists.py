"""REST tickers of the venues that answer with all markets at once: Bybit, KuCoin, Gate, HTX, Crypto.com, MEXC, Bitget;
and Bitfinex, which answers with those asked for."""

from collections.abc import Mapping

from reporter.market.model import MarketQuote
from reporter.market.shapes import (
    DAY_MS,
    DAY_VOLUME,
    TOP_SIZE,
    TRADES,
    Desk,
    Json,
    Reply,
    amount,
    day_value,
    joined,
    number,
)

BITFINEX = {"USDT": "UST", "USDC": "UDC"}


def bybit_tickers(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /v5/market/tickers?category=spot``; ``time`` is the server's clock.

    Source: bybit-exchange.github.io/docs/v5/market/tickers.
    """
    if asked.get("category") != "spot":
        return Reply(200, {"retCode": 10001, "retMsg": "Illegal category", "result": {}, "time": desk.now_ms})
    listed = [_bybit(joined(symbol), quote) for symbol, quote in desk.quotes()]
    result: Json = {"category": "spot", "list": listed}
    return Reply(200, {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": desk.now_ms})


def _bybit(name: str, quote: MarketQuote) -> Json:
    last, size = amount(quote.last, 2), amount(TOP_SIZE, 6)
    return {
        **{"symbol": name, "bid1Price": amount(quote.bid, 2), "bid1Size": size},
        **{"ask1Price": amount(quote.ask, 2), "ask1Size": size, "lastPrice": last, "prevPrice24h": last},
        **{"price24hPcnt": "0", "highPrice24h": last, "lowPrice24h": last},
        **{"turnover24h": amount(day_value(quote.last), 2), "volume24h": amount(DAY_VOLUME, 2)},
    }


def kucoin_tickers(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /api/v1/market/allTickers``; ``time`` is the snapshot's. Source: kucoin.com/docs-new, Get All Tickers."""
    quotes = desk.quotes()
    made_at = max((quote.book_at_ms for _, quote in quotes), default=desk.now_ms)
    listed = [_kucoin(joined(symbol, "-"), quote) for symbol, quote in quotes]
    return Reply(200, {"code": "200000", "data": {"time": made_at, "ticker": listed}})


def _kucoin(name: str, quote: MarketQuote) -> Json:
    last, size = amount(quote.last, 1), amount(TOP_SIZE)
    return {
        **{"symbol": name, "symbolName": name, "buy": amount(quote.bid, 1), "bestBidSize": size},
        **{"sell": amount(quote.ask, 1), "bestAskSize": size, "changeRate": "0", "changePrice": "0"},
        **{"high": last, "low": last, "vol": amount(DAY_VOLUME), "volValue": amount(day_value(quote.last))},
        **{"last": last, "averagePrice": last, "takerFeeRate": "0.001", "makerFeeRate": "0.001"},
        **{"takerCoefficient": "1", "makerCoefficient": "1"},
    }


def gate_tickers(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /api/v4/spot/tickers``, without a time. Source: gate.com/docs/developers/apiv4, Get ticker information."""
    return Reply(200, [_gate(joined(symbol, "_"), quote) for symbol, quote in desk.quotes()])


def _gate(name: str, quote: MarketQuote) -> Json:
    last, size = amount(quote.last, 1), amount(TOP_SIZE, 5)
    return {
        **{"currency_pair": name, "last": last, "lowest_ask": amount(quote.ask, 1), "lowest_size": size},
        **{"highest_bid": amount(quote.bid, 1), "highest_size": size, "change_percentage": "0"},
        **{"base_volume": amount(DAY_VOLUME), "quote_volume": amount(day_value(quote.last))},
        **{"high_24h": last, "low_24h": last},
    }


def htx_tickers(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /market/tickers``, in numbers; ``ts`` is the answer's. Source: huobiapi.github.io/docs/spot/v1/en."""
    listed = [_htx(joined(symbol).lower(), quote) for symbol, quote in desk.quotes()]
    return Reply(200, {"data": listed, "status": "ok", "ts": desk.now_ms})


def _htx(name: str, quote: MarketQuote) -> Json:
    last, size = number(quote.last), number(TOP_SIZE)
    return {
        **{"symbol": name, "open": last, "high": last, "low": last, "close": last},
        **{"amount": number(DAY_VOLUME), "vol": number(day_value(quote.last)), "count": TRADES},
        **{"bid": number(quote.bid), "bidSize": size, "ask": number(quote.ask), "askSize": size},
    }


def cryptocom_tickers(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /exchange/v1/public/get-tickers``. Source: exchange-docs.crypto.com, public/get-tickers."""
    listed = [cryptocom_row(joined(symbol, "_"), quote) for symbol, quote in desk.quotes()]
    return Reply(200, {"id": -1, "method": "public/get-tickers", "code": 0, "result": {"data": listed}})


def cryptocom_row(name: str, quote: MarketQuote) -> Json:
    """One ticker; ``t`` is when it was published."""
    last = amount(quote.last, 2)
    return {
        **{"i": name, "h": last, "l": last, "a": last, "v": amount(DAY_VOLUME, 4)},
        **{"vv": amount(day_value(quote.last), 2), "c": "0.0", "b": amount(quote.bid, 2)},
        **{"k": amount(quote.ask, 2), "oi": "0", "t": quote.book_at_ms},
    }


def mexc_tickers(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /api/v3/ticker/24hr``; ``closeTime`` ends the window. Source: mexc.com/api-docs/spot-v3, 24hr Ticker."""
    return Reply(200, [_mexc(joined(symbol), quote) for symbol, quote in desk.quotes()])


def _mexc(name: str, quote: MarketQuote) -> Json:
    last, size = amount(quote.last, 2), amount(TOP_SIZE)
    return {
        **{"symbol": name, "priceChange": "0", "priceChangePercent": "0", "prevClosePrice": last},
        **{"lastPrice": last, "bidPrice": amount(quote.bid, 2), "bidQty": size},
        **{"askPrice": amount(quote.ask, 2), "askQty": size, "openPrice": last, "highPrice": last},
        **{"lowPrice": last, "volume": amount(DAY_VOLUME), "quoteVolume": amount(day_value(quote.last))},
        **{"openTime": quote.book_at_ms - DAY_MS, "closeTime": quote.book_at_ms, "count": None},
    }


def bitget_tickers(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /api/v2/spot/market/tickers``. Source: bitget.com/api-doc/spot/market/Get-Tickers."""
    listed = [bitget_row({"symbol": joined(symbol)}, quote) for symbol, quote in desk.quotes()]
    return Reply(200, {"code": "00000", "msg": "success", "requestTime": desk.now_ms, "data": listed})


def bitget_row(named: Mapping[str, Json], quote: MarketQuote) -> Json:
    """One ticker, named ``symbol`` when asked for and ``instId`` on the stream."""
    last, size = amount(quote.last, 2), amount(TOP_SIZE, 6)
    return {
        **named,
        **{"high24h": last, "open": last, "low24h": last, "lastPr": last},
        **{"quoteVolume": amount(day_value(quote.last)), "baseVolume": amount(DAY_VOLUME)},
        **{"bidPr": amount(quote.bid, 2), "askPr": amount(quote.ask, 2), "bidSz": size, "askSz": size},
        **{"openUtc": last, "ts": str(quote.book_at_ms), "changeUtc24h": "0", "change24h": "0"},
    }


def bitfinex_tickers(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /v2/tickers?symbols=tBTCUSD,tETHUSD``: arrays, unknown symbols left out. Source: docs.bitfinex.com."""
    names = asked.get("symbols", "").split(",")
    listed = {bitfinex_name(symbol): quote for symbol, quote in desk.quotes()}
    return Reply(200, [[name, *bitfinex_row(listed[name])] for name in names if name in listed])


def bitfinex_name(symbol: str) -> str:
    """``tBTCUST`` for ``BTC/USDT``."""
    return "t" + "".join(BITFINEX.get(part, part) for part in symbol.split("/"))


def bitfinex_row(quote: MarketQuote) -> list[Json]:
    """Bid, its size, ask, its size, change, relative, last, volume, high, low."""
    last, size = number(quote.last), number(TOP_SIZE)
    return [number(quote.bid), size, number(quote.ask), size, 0, 0, last, number(DAY_VOLUME), last, last]
