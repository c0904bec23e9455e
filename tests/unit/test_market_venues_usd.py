"""Coinbase, Kraken, Bitstamp and Gemini: the recorded and documented bodies, field for field."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.unit.test_market_desk import MARKET, ask, fixed, quoted, shape

pytestmark = pytest.mark.unit

RECORDED = Path(__file__).parents[2] / "../shared/data/venue_payloads_2024-03-13.json"


def recorded(venue: str) -> Any:
    if not RECORDED.exists():
        assert not os.environ.get("CI"), f"CI needs {RECORDED}"
        pytest.skip("the recorded bodies are not beside this checkout (../shared/data)")
    return json.loads(RECORDED.read_text())[venue]["body"]


def test_coinbase__body__has_the_recorded_shape() -> None:
    body = shape(ask("coinbase", "/products/{name}/ticker", name="BTC-USDT")[1])

    # The recorder wrote numbers as text; on the wire and in the documents trade_id is a number.
    assert body == {**shape(recorded("coinbaseexchange")), "trade_id": "number", "conversions_volume": "str"}


def test_bitstamp__body__has_the_recorded_shape() -> None:
    body = shape(ask("bitstamp", "/api/v2/ticker/{name}/", name="btcusdt")[1])

    assert body == {**shape(recorded("bitstamp")), "market_type": "str"}  # added by the venue since


def test_kraken__body__has_the_recorded_shape() -> None:
    assert shape(ask("kraken", "/0/public/Ticker", pair="XBTUSDT")[1]) == shape(recorded("kraken"))


def test_coinbase__ticker__tells_the_quote() -> None:
    status, body = ask("coinbase", "/products/{name}/ticker", name="BTC-USD")

    quote = quoted("coinbase", "BTC/USD")
    assert status == 200
    assert (fixed(body["bid"]), fixed(body["ask"]), fixed(body["price"])) == (
        quote.bid,
        quote.ask,
        quote.last,
    )
    assert body["time"] == "2027-01-15T08:12:57.123000Z"
    assert quote.last_at_ms == 1_800_000_777_123
    assert body["trade_id"] == quote.last_at_ms


@pytest.mark.parametrize("name", ["BTC-EUR", "btc-usd", "BTCUSD", "USDC-USD"])
def test_coinbase__unknown_product__is_404(name: str) -> None:
    assert ask("coinbase", "/products/{name}/ticker", name=name) == (404, {"message": "NotFound"})


def test_kraken__two_pairs__are_keyed_by_krakens_names() -> None:
    status, body = ask("kraken", "/0/public/Ticker", pair="XBTUSD,ETHUSDC")

    assert status == 200
    assert body["error"] == []
    assert list(body["result"]) == ["XXBTZUSD", "ETHUSDC"]
    quote, pair = quoted("kraken", "BTC/USD"), body["result"]["XXBTZUSD"]
    assert (fixed(pair["b"][0]), fixed(pair["a"][0]), fixed(pair["c"][0])) == (
        quote.bid,
        quote.ask,
        quote.last,
    )


def test_kraken__no_pair__is_every_pair() -> None:
    names = {
        *("XXBTZUSD", "XETHZUSD", "USDTZUSD", "USDCUSD"),
        *("XBTUSDT", "XBTUSDC", "ETHUSDT", "ETHUSDC"),
    }
    assert set(ask("kraken", "/0/public/Ticker")[1]["result"]) == names


SPELLINGS = {"XBTUSD": "XXBTZUSD", "ETHUSD": "XETHZUSD", "USDTUSD": "USDTZUSD", "XBTUSDT": "XBTUSDT"}


@pytest.mark.parametrize(("short", "name"), SPELLINGS.items())
def test_kraken__either_spelling__finds_the_pair(short: str, name: str) -> None:
    for spelled in (short, name):
        assert list(ask("kraken", "/0/public/Ticker", pair=spelled)[1]["result"]) == [name]


@pytest.mark.parametrize("pair", ["", "DOGEUSD", "XXBTZUSD,NOPE", "XXBTZUSD,"])
def test_kraken__unknown_pair__fails_the_whole_request(pair: str) -> None:
    expected = {"error": ["EQuery:Unknown asset pair"]}
    assert ask("kraken", "/0/public/Ticker", pair=pair) == (200, expected)


def test_bitstamp__all_tickers__name_their_pairs() -> None:
    status, bodies = ask("bitstamp", "/api/v2/ticker/")

    assert status == 200
    assert [body["pair"] for body in bodies] == sorted(s for v, s in MARKET.markets if v == "bitstamp")
    for body in bodies:
        quote = quoted("bitstamp", body["pair"])
        assert (fixed(body["bid"]), fixed(body["ask"]), fixed(body["last"])) == (
            quote.bid,
            quote.ask,
            quote.last,
        )
        assert body["timestamp"] == str(quote.book_at_ms // 1000)


def test_bitstamp__one_ticker__is_that_of_all_without_its_name() -> None:
    bodies = ask("bitstamp", "/api/v2/ticker/")[1]
    wanted = next(body for body in bodies if body.pop("pair") == "ETH/USD")

    assert ask("bitstamp", "/api/v2/ticker/{name}/", name="ethusd") == (200, wanted)


def test_bitstamp__unknown_pair__is_404() -> None:
    status, body = ask("bitstamp", "/api/v2/ticker/{name}/", name="btcchf")
    assert (status, body["status"]) == (404, "error")


@pytest.mark.parametrize("name", ["btcusd", "BTCUSD"])
def test_gemini__ticker__has_the_documented_fields_and_the_quote(name: str) -> None:
    status, body = ask("gemini", "/v1/pubticker/{name}", name=name)

    quote = quoted("gemini", "BTC/USD")
    assert status == 200
    volume = {"BTC": "str", "USD": "str", "timestamp": "number"}
    assert shape(body) == {"bid": "str", "ask": "str", "volume": volume, "last": "str"}
    assert (fixed(body["bid"]), fixed(body["ask"]), fixed(body["last"])) == (quote.bid, quote.ask, quote.last)
    window_end = body["volume"]["timestamp"]
    assert window_end % 60_000 == 0
    assert 0 <= quote.book_at_ms - window_end < 60_000


def test_gemini__unknown_symbol__is_400() -> None:
    status, body = ask("gemini", "/v1/pubticker/{name}", name="btcxyz")
    assert (status, body["result"], body["reason"]) == (400, "error", "InvalidSymbol")
