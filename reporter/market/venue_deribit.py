"""Deribit's REST ticker for the perpetual: JSON-RPC over GET, prices as numbers."""

from collections.abc import Mapping

from reporter.market.model import MarketQuote
from reporter.market.perpetual import VENUES, Perpetual
from reporter.market.shapes import DAY_VOLUME, Desk, Json, Reply, day_value, number

INSTRUMENT = "BTC-PERPETUAL"
CONTRACTS = 100_000  # in USD, at the best bid and ask
OPEN_INTEREST = 500_000_000  # in USD


def deribit_ticker(desk: Desk, asked: Mapping[str, str]) -> Reply:
    """``GET /api/v2/public/ticker?instrument_name=BTC-PERPETUAL``. Source: docs.deribit.com."""
    quote = desk.quote(VENUES[desk.venue])
    perpetual = desk.market.perpetual(desk.now_ms, desk.venue)
    if asked.get("instrument_name") != INSTRUMENT or quote is None or perpetual is None:
        wrong: Json = {"reason": "wrong format", "param": "instrument_name"}
        error = {"message": "Invalid params", "data": wrong, "code": -32602}
        return Reply(400, _envelope(desk.now_ms, {"error": error}))
    return Reply(200, _envelope(desk.now_ms, {"result": _result(quote, perpetual.bent(desk.bend))}))


def _envelope(now_ms: int, content: Mapping[str, Json]) -> Json:
    """JSON-RPC without an id, as for a GET; ``us*`` are the server's clock in microseconds."""
    now_us = now_ms * 1000
    return {"jsonrpc": "2.0", **content, "usIn": now_us, "usOut": now_us, "usDiff": 0, "testnet": False}


def _result(quote: MarketQuote, perpetual: Perpetual) -> Json:
    """Amounts and open interest are in USD, the day's volume in BTC."""
    mark, index, funding = number(perpetual.mark), number(perpetual.index), number(perpetual.funding_8h)
    return {
        "best_bid_price": number(quote.bid),
        "best_bid_amount": CONTRACTS,
        "best_ask_price": number(quote.ask),
        "best_ask_amount": CONTRACTS,
        "last_price": number(quote.last),
        "mark_price": mark,
        "index_price": index,
        "funding_8h": funding,
        "current_funding": funding,
        "open_interest": OPEN_INTEREST,
        "max_price": number(perpetual.mark * 103 // 100),
        "min_price": number(perpetual.mark * 97 // 100),
        "settlement_price": index,
        "estimated_delivery_price": index,
        "interest_value": funding,
        "instrument_name": INSTRUMENT,
        "state": "open",
        "stats": {
            "high": number(quote.last),
            "low": number(quote.last),
            "price_change": 0,
            "volume": number(DAY_VOLUME),
            "volume_usd": number(day_value(quote.last)),
            "volume_notional": number(day_value(quote.last)),
        },
        "timestamp": quote.book_at_ms,
    }
