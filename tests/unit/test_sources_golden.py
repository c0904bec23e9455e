"""Each venue's documented payload: read to exact integers, refused when changed or another symbol's."""

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from reporter.errors import SourceError
from reporter.models import Quote
from reporter.sources import make_source
from tests.unit.venue_cases import (
    BOOKS,
    EXPECTED,
    GOLDEN,
    KEYS,
    KINDS,
    RECEIVED_MS,
    TIMED,
    first,
    golden,
    listed,
    parse,
    rows,
    scaled,
)

pytestmark = pytest.mark.unit

RECORDED = Path(__file__).parents[2] / "../shared/data/venue_payloads_2024-03-13.json"


@pytest.mark.parametrize("kind", KINDS)
def test_parse__golden_payload__exact_integers_and_times(kind: str) -> None:
    fetched = parse(kind, (GOLDEN / f"{kind}.json").read_bytes())

    assert fetched.errors == ()
    assert fetched.quotes == tuple(
        Quote(kind, symbol, scaled(bid), scaled(ask), scaled(last), book, traded, RECEIVED_MS)
        for symbol, bid, ask, last, book, traded in EXPECTED[kind]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_golden__every_venue__has_a_payload_and_an_expectation(kind: str) -> None:
    from reporter.sources import VENUES

    assert set(VENUES) == set(EXPECTED) == {path.stem for path in GOLDEN.glob("*.json")}
    assert VENUES[kind].name == kind


@pytest.mark.parametrize("bad", ["1e5", "1_000", " 1", "-65000", "NaN", "١٢٣", [], {}, True, "1e999"])
@pytest.mark.parametrize("kind", KINDS)
def test_parse__a_price_mutated__that_symbol_refused_and_the_others_kept(kind: str, bad: Any) -> None:
    document = golden(kind)
    key = first(kind)
    rows(kind, document)[0][key] = [bad, "1", "1.000"] if kind == "kraken" else bad

    fetched = parse(kind, document)

    assert [quote.symbol for quote in fetched.quotes] == [row[0] for row in EXPECTED[kind][1:]]
    (error,) = fetched.errors
    assert error.reason in ("price", "range")


@pytest.mark.parametrize("bad", ["", None, 0, -1, "1790848769", "yesterday", 1.5, 9999999999999999, True])
@pytest.mark.parametrize("kind", TIMED)
def test_parse__a_time_mutated__refused(kind: str, bad: Any) -> None:
    document = golden(kind)
    key = KEYS[kind][1]
    assert key is not None
    rows(kind, document)[0][key] = bad if bad != "1790848769" or kind != "bitstamp" else "1790848769000"

    (error,) = parse(kind, document).errors

    assert error.reason == "time"


@pytest.mark.parametrize("empty", [None, "", "0", "0.00000000", "absent"])
@pytest.mark.parametrize("kind", BOOKS)
def test_parse__a_side_empty__none_and_the_rest_kept(kind: str, empty: str | None) -> None:
    document = golden(kind)
    row, key = rows(kind, document)[0], KEYS[kind][0][0]
    if empty == "absent" and kind == "bitfinex":
        row[key] = None  # a place of an array cannot be absent
    elif empty == "absent":
        del row[key]
    else:
        row[key] = [empty, "1", "1.000"] if kind == "kraken" else empty

    fetched = parse(kind, document)

    assert fetched.errors == ()
    assert fetched.quotes[0].bid is None
    assert fetched.quotes[0].ask == scaled(EXPECTED[kind][0][2])


@pytest.mark.parametrize("kind", KINDS)
def test_parse__no_price_at_all__dropped_with_a_reason(kind: str) -> None:
    document = golden(kind)
    for key in [key for key in KEYS[kind][0] if key is not None]:
        rows(kind, document)[0][key] = None

    fetched = parse(kind, document)

    assert EXPECTED[kind][0][0] not in [quote.symbol for quote in fetched.quotes]
    assert [error.reason for error in fetched.errors] == ["no_price"]


LISTS = sorted(set(KINDS) - {"coinbase", "kraken", "gemini", "deribit", "hyperliquid"})
ALL_SYMBOLS = sorted(set(LISTS) - {"binance", "binanceus", "bitfinex", "bitmex"})


@pytest.mark.parametrize("kind", LISTS)
def test_parse__a_symbol_twice__that_symbol_refused(kind: str) -> None:
    document = golden(kind)
    listed(kind, document).append(listed(kind, document)[0])

    fetched = parse(kind, document)

    assert [error.reason for error in fetched.errors] == ["symbol"]
    assert "2 rows for BTC/USD" in fetched.errors[0].detail


@pytest.mark.parametrize("kind", ALL_SYMBOLS)
def test_parse__all_symbols_payload_without_ours__says_which_is_missing(kind: str) -> None:
    document = golden(kind)
    del listed(kind, document)[0]

    fetched = parse(kind, document)

    assert len(fetched.quotes) == 1
    assert f"0 rows for {EXPECTED[kind][0][0]}" in fetched.errors[0].detail


def other_symbol(kind: str) -> Any:
    document = golden(kind)
    if kind == "kraken":
        document["result"]["XETHZUSD"] = document["result"].pop("XXBTZUSD")
    elif kind == "gemini":
        document["volume"]["ETH"] = document["volume"].pop("BTC")
    elif kind == "deribit":
        document["result"]["instrument_name"] = "ETH-PERPETUAL"
    elif kind == "bitfinex":
        document[0][0] = "tETHBTC"
    else:
        document[0]["symbol"] = "ETHBTC"
    return document


@pytest.mark.parametrize(
    "kind", ["kraken", "gemini", "deribit", "binance", "binanceus", "bitfinex", "bitmex"]
)
def test_parse__another_symbols_body__refused_as_a_whole(kind: str) -> None:
    with pytest.raises(SourceError) as refused:
        parse(kind, other_symbol(kind))

    assert refused.value.reason == "symbol"
    assert "ETH" in refused.value.detail


@pytest.mark.parametrize(
    ("kind", "document", "reason"),
    [
        ("kraken", {"error": ["EQuery:Unknown asset pair"]}, "refused"),
        ("kraken", {"error": ["EService:Busy"], "result": {}}, "refused"),
        ("okx", {"code": "51001", "msg": "Instrument ID does not exist", "data": []}, "refused"),
        ("binance", {"code": -1121, "msg": "Invalid symbol."}, "shape"),
        ("coinbase", {"message": "NotFound"}, "shape"),
        ("gemini", {"result": "error", "reason": "Maintenance"}, "shape"),
        ("deribit", {"jsonrpc": "2.0", "error": {"code": 13020}}, "shape"),
        ("bitstamp", {"status": "error"}, "shape"),
        ("bybit", {"retCode": 10001, "retMsg": "Illegal category", "result": {}}, "refused"),
        ("kucoin", {"code": "400100", "msg": "symbol not exists"}, "refused"),
        ("gate", {"label": "INVALID_CURRENCY", "message": "Invalid currency XXX"}, "shape"),
        ("htx", {"status": "error", "err-code": "invalid-parameter", "ts": 1}, "refused"),
        ("cryptocom", {"id": -1, "method": "public/get-tickers", "code": 40004}, "refused"),
        ("mexc", {"code": -1121, "msg": "Invalid symbol."}, "shape"),
        ("bitget", {"code": "40034", "msg": "Parameter does not exist", "data": None}, "refused"),
        ("bitfinex", ["error", 10020, "symbol: invalid"], "shape"),
        ("binanceperp", {"code": -1003, "msg": "Too many requests."}, "shape"),
        ("okxperp", {"code": "51000", "msg": "Parameter instType error.", "data": []}, "refused"),
        ("bybitperp", {"retCode": 10001, "retMsg": "Illegal category", "result": {}}, "refused"),
        ("bitmex", {"error": {"message": "Rate limit exceeded", "name": "RateLimitError"}}, "shape"),
        ("hyperliquid", "Failed to deserialize the JSON body into the target type", "shape"),
    ],
)
def test_parse__error_object_with_status_200__refused(kind: str, document: Any, reason: str) -> None:
    try:
        errors = parse(kind, document).errors
    except SourceError as error:
        errors = (error,)

    assert [error.reason for error in errors] == [reason]


@pytest.mark.parametrize("length", [0, 2, 4])
def test_parse__kraken_array_of_another_length__refused(length: int) -> None:
    document = golden("kraken")
    document["result"]["XXBTZUSD"]["b"] = ["65231.9"] * length

    assert parse("kraken", document).errors[0].reason == "shape"


@pytest.mark.parametrize(("kind", "state"), [("deribit", "halted"), ("bitmex", "Closed")])
def test_parse__perpetual_halted__refused_with_the_state(kind: str, state: str) -> None:
    document = golden(kind)
    rows(kind, document)[0]["state"] = state

    (error,) = parse(kind, document).errors

    assert (error.reason, error.detail) == ("halted", f"state is {state!r}")


@pytest.mark.parametrize("places", [slice(0, 1), slice(0, 4)])
def test_parse__hyperliquid_one_context_too_few__refused_as_places_would_shift(places: slice) -> None:
    document = golden("hyperliquid")
    document[1] = [*document[1], document[1][0]][places]

    with pytest.raises(SourceError, match="contexts for 3 markets"):
        parse("hyperliquid", document)


def test_parse__hyperliquid_a_market_twice__that_symbol_refused() -> None:
    document = golden("hyperliquid")
    document[0]["universe"][1]["name"] = "BTC"

    fetched = parse("hyperliquid", document)

    details = [error.detail for error in fetched.errors]
    assert details == ["2 rows for BTC/USDT-PERP, not one", "0 rows for ETH/USDT-PERP, not one"]


def test_parse__hyperliquid_delisted__not_there() -> None:
    source = make_source("hyperliquid")
    (request,) = source.requests(("HPOS/USDT-PERP",))

    (error,) = source.parse((GOLDEN / "hyperliquid.json").read_bytes(), request, 0).errors

    assert error.detail == "0 rows for HPOS/USDT-PERP, not one"


def test_parse__binance_delisted__no_book_and_an_old_time() -> None:
    document = golden("binance")
    document[0] |= {"bidPrice": "0.00000000", "askPrice": "0.00000000", "closeTime": 1532373428321}

    quote = parse("binance", document).quotes[0]

    assert (quote.bid, quote.ask, quote.clock, quote.observed_at_ms) == (None, None, "last", 1532373428321)


@pytest.mark.parametrize(
    ("kind", "recorded", "bid", "ask", "last"),
    [
        ("coinbase", "coinbaseexchange", "73360.34", "73369.19", "73367.8"),
        ("kraken", "kraken", "73380.6", "73380.7", "73380.6"),
        ("bitstamp", "bitstamp", "73353", "73367", "73285"),
    ],
)
def test_parse__really_recorded_body__read_exactly(
    kind: str, recorded: str, bid: str, ask: str, last: str
) -> None:
    if not RECORDED.exists():
        assert not os.environ.get("CI"), f"{RECORDED} is missing in CI"
        pytest.skip("../shared/data is not beside this checkout")
    body = json.loads(RECORDED.read_bytes())[recorded]["body"]
    # Recorded from the one-pair address; the all-pairs one adds the name.
    document = [body | {"pair": "BTC/USDT"}] if kind == "bitstamp" else body
    source = make_source(kind)
    (request,) = source.requests(("BTC/USDT",))

    (quote,) = source.parse(json.dumps(document).encode(), request, RECEIVED_MS).quotes

    assert (quote.bid, quote.ask, quote.last) == tuple(
        int(Decimal(text) * 10**18) for text in (bid, ask, last)
    )
    assert (
        quote.observed_at_ms
        == {
            "coinbase": 1710328241270,
            "bitstamp": 1710328241000,
            "kraken": RECEIVED_MS,
        }[kind]
    )
