"""Perpetuals' bodies of Binance, OKX, Bybit, BitMEX and Hyperliquid: mark, book, index and funding rate."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from reporter.market.model import MarketQuote
from reporter.market.perpetual import Perpetual
from reporter.market.shapes import Desk, Json, Reply, amount, number
from reporter.models import SCALE

SIZE = "10.5"
HOUR_MS = 3_600_000
FUNDING_MS = 8 * HOUR_MS
PLAIN = {"BTC/USD-PERP": "XBTUSD"}


def next_funding_ms(now_ms: int, every_ms: int = FUNDING_MS) -> int:
    """The next payment of a venue that pays on the hour, Unix milliseconds."""
    return (now_ms // every_ms + 1) * every_ms


def binance_premium(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /fapi/v1/premiumIndex``; one object for ``symbol``, else a list.

    Source: developers.binance.com, USD-M Futures, Mark Price.
    """
    bodies = [_binance_premium(desk, code, perpetual) for code, _, perpetual in _listed(desk)]
    return _binance(bodies, asked)


def binance_perp_book(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /fapi/v1/ticker/bookTicker``. Source: as above, Symbol Order Book Ticker."""
    return _binance([_binance_book(code, quote) for code, quote, _ in _listed(desk)], asked)


def binance_funding_info(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /fapi/v1/fundingInfo``: only markets that were taken off the usual 8 h, of which there are none here."""
    return Reply(200, [])


def _binance(bodies: list[dict[str, Json]], asked: Mapping[str, str]) -> Reply:
    if "symbol" not in asked:
        return Reply(200, bodies)
    found = [body for body in bodies if body["symbol"] == asked["symbol"]]
    return Reply(200, found[0]) if found else Reply(400, {"code": -1121, "msg": "Invalid symbol."})


def _binance_premium(desk: Desk, code: str, perpetual: Perpetual) -> dict[str, Json]:
    index = amount(perpetual.index)
    return {
        **{"symbol": code, "markPrice": amount(perpetual.mark), "indexPrice": index},
        **{"estimatedSettlePrice": index, "lastFundingRate": amount(perpetual.funding_8h)},
        **{
            "interestRate": "0.00010000",
            "nextFundingTime": next_funding_ms(desk.now_ms),
            "time": desk.made_ms,
        },
    }


def _binance_book(code: str, quote: MarketQuote) -> dict[str, Json]:
    prices: dict[str, Json] = {"bidPrice": amount(quote.bid), "askPrice": amount(quote.ask)}
    return {"symbol": code, **prices, "bidQty": SIZE, "askQty": SIZE, "time": quote.book_at_ms}


def okx_marks(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /api/v5/public/mark-price?instType=SWAP``. Source: okx.com/docs-v5, Get mark price."""
    if asked.get("instType") != "SWAP":
        return Reply(400, {"code": "51000", "data": [], "msg": "Parameter instType error."})
    swaps = _okx(desk, asked)
    rows = [
        _okx_row(code, {"markPx": amount(perp.mark, 1), "ts": str(desk.made_ms)}) for code, _, perp in swaps
    ]
    return Reply(200, {"code": "0", "msg": "", "data": rows})


def okx_perp_ticker(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /api/v5/market/ticker?instId=BTC-USDT-SWAP``. Source: as above, Get ticker."""
    rows = [
        _okx_row(code, {"bidPx": amount(q.bid, 1), "askPx": amount(q.ask, 1), "ts": str(q.book_at_ms)})
        for code, q, _ in _okx(desk, asked)
    ]
    return _okx_one(rows)


def okx_index(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /api/v5/market/index-tickers?instId=BTC-USDT``. Source: as above, Get index tickers."""
    swap = {"instId": asked.get("instId", "") + "-SWAP"}
    rows: list[Json] = [
        {"instId": code.removesuffix("-SWAP"), "idxPx": amount(perp.index, 1), "ts": str(desk.made_ms)}
        for code, _, perp in _okx(desk, swap)
    ]
    return _okx_one(rows)


def okx_funding(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /api/v5/public/funding-rate?instId=BTC-USDT-SWAP``; the rate paid at ``fundingTime``, and no forecast of the
    next, as with all swaps whose rate is the present period's. Source: as above, Get funding rate."""
    paid_ms = next_funding_ms(desk.now_ms)
    rows = [
        _okx_row(
            code,
            {
                **{"method": "current_period", "fundingRate": amount(perp.funding_8h), "nextFundingRate": ""},
                **{"fundingTime": str(paid_ms), "nextFundingTime": str(paid_ms + FUNDING_MS)},
                **{"minFundingRate": "-0.00375", "maxFundingRate": "0.00375", "ts": str(desk.made_ms)},
            },
        )
        for code, _, perp in _okx(desk, asked)
    ]
    return _okx_one(rows)


def _okx(desk: Desk, asked: Mapping[str, str]) -> list[tuple[str, MarketQuote, Perpetual]]:
    """The swaps, or the one of ``instId``."""
    swaps = [(f"{symbol.split('-')[0].replace('/', '-')}-SWAP", q, p) for symbol, q, p in desk.perpetuals()]
    return [swap for swap in swaps if asked.get("instId", swap[0]) == swap[0]]


def _okx_row(code: str, more: Mapping[str, Json]) -> Json:
    return {"instType": "SWAP", "instId": code, **more}


def _okx_one(rows: list[Json]) -> Reply:
    if not rows:
        return Reply(200, {"code": "51001", "msg": "Instrument ID doesn't exist.", "data": []})
    return Reply(200, {"code": "0", "msg": "", "data": rows})


def bybit_perps(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /v5/market/tickers?category=linear``; ``time`` is the server's clock.

    Source: bybit-exchange.github.io/docs/v5/market/tickers.
    """
    if asked.get("category") != "linear":
        return Reply(200, {"retCode": 10001, "retMsg": "Illegal category", "result": {}, "time": desk.now_ms})
    markets = [market for market in _listed(desk) if asked.get("symbol", market[0]) == market[0]]
    result: Json = {"category": "linear", "list": [_bybit(desk, *market) for market in markets]}
    return Reply(200, {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": desk.now_ms})


def _bybit(desk: Desk, code: str, quote: MarketQuote, perpetual: Perpetual) -> Json:
    return {
        **{"symbol": code, "lastPrice": amount(quote.last, 2), "indexPrice": amount(perpetual.index, 2)},
        **{"markPrice": amount(perpetual.mark, 2), "fundingRate": amount(perpetual.funding_8h)},
        **{"nextFundingTime": str(next_funding_ms(desk.now_ms)), "fundingIntervalHour": "8"},
        **{
            "bid1Price": amount(quote.bid, 2),
            "bid1Size": SIZE,
            "ask1Price": amount(quote.ask, 2),
            "ask1Size": SIZE,
        },
    }


def bitmex_instruments(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /api/v1/instrument?filter={"symbol":[...]}``, or ``?symbol=``. Source: bitmex.com, API Explorer, Instrument."""
    try:
        wanted = (
            [asked["symbol"]] if "symbol" in asked else json.loads(asked.get("filter", "{}")).get("symbol")
        )
    except (ValueError, AttributeError):
        return Reply(400, {"error": {"message": "'filter' could not be parsed.", "name": "HTTPError"}})
    every = [(PLAIN.get(symbol, symbol), quote, perp) for symbol, quote, perp in desk.perpetuals()]
    return Reply(200, [_bitmex(desk, *one) for one in every if wanted is None or one[0] in wanted])


def _bitmex(desk: Desk, code: str, quote: MarketQuote, perpetual: Perpetual) -> Json:
    rate = number(perpetual.funding_8h)
    return {
        **{"symbol": code, "state": "Open", "timestamp": iso(quote.book_at_ms)},
        **{
            "fundingTimestamp": iso(next_funding_ms(desk.now_ms)),
            "fundingInterval": "2000-01-01T08:00:00.000Z",
        },
        **{"fundingRate": rate, "indicativeFundingRate": rate, "bidPrice": number(quote.bid)},
        **{"midPrice": number((quote.bid + quote.ask) // 2), "askPrice": number(quote.ask)},
        **{"markPrice": number(perpetual.mark), "indicativeSettlePrice": number(perpetual.index)},
    }


def iso(at_ms: int) -> str:
    """``2024-03-02T02:44:10.789Z``."""
    at = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03}Z"


def hyperliquid_info(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``POST /info`` with ``{"type": "metaAndAssetCtxs"}``; rates are for one hour.

    Source: hyperliquid.gitbook.io, Info endpoint, Perpetuals.
    """
    if asked.get("type") != "metaAndAssetCtxs":
        return Reply(422, "Failed to deserialize the JSON body into the target type")
    markets = [(symbol.partition("/")[0], quote, perp) for symbol, quote, perp in desk.perpetuals()]
    universe: list[Json] = [{"name": name, "szDecimals": 5, "maxLeverage": 40} for name, _, _ in markets]
    return Reply(200, [{"universe": universe}, [_hyperliquid(quote, perp) for _, quote, perp in markets]])


def _hyperliquid(quote: MarketQuote, perpetual: Perpetual) -> Json:
    premium = (perpetual.mark - perpetual.index) * 10**8 // perpetual.index * (SCALE // 10**8)
    return {
        **{
            "funding": amount(perpetual.funding_8h // 8),
            "openInterest": SIZE,
            "prevDayPx": amount(quote.last, 1),
        },
        **{"dayNtlVlm": "1000000.0", "premium": amount(premium), "oraclePx": amount(perpetual.index, 1)},
        **{"markPx": amount(perpetual.mark, 1), "midPx": amount((quote.bid + quote.ask) // 2, 1)},
        **{"impactPxs": [amount(quote.bid, 1), amount(quote.ask, 1)], "dayBaseVlm": SIZE},
    }


def _listed(desk: Desk) -> list[tuple[str, MarketQuote, Perpetual]]:
    """Every perpetual under the name ``BTCUSDT``."""
    return [(symbol.split("-")[0].replace("/", ""), quote, perp) for symbol, quote, perp in desk.perpetuals()]
