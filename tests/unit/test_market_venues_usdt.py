"""Binance, OKX and Deribit: the documented bodies, field for field."""

import pytest

from tests.unit.test_market_desk import MARKET, NOW_MS, ask, fixed, quoted, shape, typed

pytestmark = pytest.mark.unit

BINANCE_DAY = {
    **typed("str", "symbol priceChange priceChangePercent weightedAvgPrice prevClosePrice lastPrice lastQty"),
    **typed("str", "bidPrice bidQty askPrice askQty openPrice highPrice lowPrice volume quoteVolume"),
    **typed("number", "openTime closeTime firstId lastId count"),
}


@pytest.mark.parametrize("venue", ["binance", "binanceus"])
def test_binance__day__has_the_documented_fields_and_the_quote(venue: str) -> None:
    status, bodies = ask(venue, "/api/v3/ticker/24hr", symbols='["BTCUSDT","ETHUSDC"]')

    assert status == 200
    assert [body["symbol"] for body in bodies] == ["BTCUSDT", "ETHUSDC"]
    assert shape(bodies[0]) == BINANCE_DAY
    quote, body = quoted(venue, "BTC/USDT"), bodies[0]
    told = (fixed(body["bidPrice"]), fixed(body["askPrice"]), fixed(body["lastPrice"]))
    assert told == (quote.bid, quote.ask, quote.last)
    assert body["closeTime"] == quote.book_at_ms
    assert body["closeTime"] - body["openTime"] == 24 * 3600 * 1000


def test_binance__book__has_no_time() -> None:
    body = ask("binance", "/api/v3/ticker/bookTicker", symbol="BTCUSDT")[1]

    quote = quoted("binance", "BTC/USDT")
    assert set(body) == {"symbol", "bidPrice", "bidQty", "askPrice", "askQty"}
    assert (fixed(body["bidPrice"]), fixed(body["askPrice"])) == (quote.bid, quote.ask)


@pytest.mark.parametrize("path", ["/api/v3/ticker/24hr", "/api/v3/ticker/bookTicker"])
def test_binance__no_symbol__is_a_list_of_all(path: str) -> None:
    assert len(ask("binance", path)[1]) == sum(venue == "binance" for venue, _ in MARKET.markets)


@pytest.mark.parametrize("asked", [{"symbol": "BTCUSD"}, {"symbols": '["BTCUSDT","NOPE"]'}, {"symbol": ""}])
def test_binance__unknown_symbol__is_code_1121(asked: dict[str, str]) -> None:
    expected = {"code": -1121, "msg": "Invalid symbol."}
    assert ask("binance", "/api/v3/ticker/24hr", **asked) == (400, expected)


@pytest.mark.parametrize("symbols", ["BTCUSDT", '["BTCUSDT", "ETHUSDT"]', '["btcusdt"]', '["BTCUSDT"', "[1]"])
def test_binance__malformed_symbols__is_code_1100(symbols: str) -> None:
    status, body = ask("binance", "/api/v3/ticker/24hr", symbols=symbols)
    assert (status, body["code"]) == (400, -1100)


OKX_FIELDS = {
    **typed("str", "instType instId last lastSz askPx askSz bidPx bidSz open24h high24h low24h"),
    **typed("str", "volCcy24h vol24h ts sodUtc0 sodUtc8"),
}


def test_okx__tickers__have_the_documented_fields_and_the_quotes() -> None:
    status, body = ask("okx", "/api/v5/market/tickers", instType="SPOT")

    assert (status, body["code"], body["msg"]) == (200, "0", "")
    assert len(body["data"]) == sum(venue == "okx" for venue, _ in MARKET.markets)
    for each in body["data"]:
        assert shape(each) == OKX_FIELDS
        quote = quoted("okx", each["instId"].replace("-", "/"))
        told = (fixed(each["bidPx"]), fixed(each["askPx"]), fixed(each["last"]))
        assert told == (quote.bid, quote.ask, quote.last)
        assert each["ts"] == str(quote.book_at_ms)


def test_okx__one_ticker__is_that_of_all() -> None:
    every = ask("okx", "/api/v5/market/tickers", instType="SPOT")[1]["data"]

    one = ask("okx", "/api/v5/market/ticker", instId="ETH-USDT")[1]["data"]

    assert one == [each for each in every if each["instId"] == "ETH-USDT"]


def test_okx__unknown_instrument__is_an_error_inside_200() -> None:
    status, body = ask("okx", "/api/v5/market/ticker", instId="BTC-EUR")
    assert (status, body["code"], body["data"]) == (200, "51001", [])


@pytest.mark.parametrize(("asked", "code"), [({}, "50014"), ({"instType": "SPOOT"}, "51000")])
def test_okx__bad_kind__is_400(asked: dict[str, str], code: str) -> None:
    status, body = ask("okx", "/api/v5/market/tickers", **asked)
    assert (status, body["code"]) == (400, code)


DERIBIT_FIELDS = {
    **typed("number", "best_bid_price best_bid_amount best_ask_price best_ask_amount last_price mark_price"),
    **typed("number", "index_price funding_8h current_funding open_interest max_price min_price"),
    **typed("number", "settlement_price estimated_delivery_price interest_value timestamp"),
    **typed("str", "instrument_name state"),
    "stats": typed("number", "high low price_change volume volume_usd volume_notional"),
}


def test_deribit__ticker__has_the_documented_fields_and_the_quote() -> None:
    status, body = ask("deribit", "/api/v2/public/ticker", instrument_name="BTC-PERPETUAL")

    quote, perpetual, result = quoted("deribit", "BTC/USD-PERP"), MARKET.perpetual(NOW_MS), body["result"]
    assert perpetual is not None
    assert status == 200
    assert set(body) == {"jsonrpc", "result", "usIn", "usOut", "usDiff", "testnet"}
    assert shape(result) == DERIBIT_FIELDS
    prices = [int(result[key].scaleb(18)) for key in ("best_bid_price", "best_ask_price", "last_price")]
    assert prices == [quote.bid, quote.ask, quote.last]
    assert int(result["mark_price"].scaleb(18)) == perpetual.mark
    assert int(result["index_price"].scaleb(18)) == perpetual.index
    assert int(result["funding_8h"].scaleb(18)) == perpetual.funding_8h
    assert result["timestamp"] == quote.book_at_ms


@pytest.mark.parametrize("asked", [{}, {"instrument_name": "ETH-PERPETUAL"}])
def test_deribit__unknown_instrument__is_a_json_rpc_error(asked: dict[str, str]) -> None:
    status, body = ask("deribit", "/api/v2/public/ticker", **asked)
    assert (status, body["error"]["code"]) == (400, -32602)
