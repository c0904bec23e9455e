"""The registry, how each venue spells a symbol, and that no bytes make a parser raise anything but SourceError."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.errors import ConfigError, SourceError
from reporter.models import Quote
from reporter.sources import VENUES, Request, make_source
from reporter.sources.venue import Perpetuals

pytestmark = pytest.mark.unit

GOLDEN = Path(__file__).parent / "golden"
PERPETUALS = sorted(kind for kind, venue in VENUES.items() if issubclass(venue, Perpetuals))
SPOT = sorted(set(VENUES) - set(PERPETUALS))


def symbols_of(kind: str) -> tuple[str, ...]:
    if kind == "deribit":
        return ("BTC/USD-PERP",)
    return ("BTC/USDT-PERP", "ETH/USDT-PERP") if kind in PERPETUALS else ("BTC/USD", "BTC/USDT")


def test_make_source__unknown__names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="unknown source 'ftx'") as refused:
        make_source("ftx")

    assert refused.value.hint == f"known sources: {', '.join(sorted(VENUES))}"


def test_make_source__own_and_other_address__kept() -> None:
    assert make_source("kraken").base_url == "https://api.kraken.com"
    assert make_source("kraken", "http://127.0.0.1:8/kraken/").base_url == "http://127.0.0.1:8/kraken"


@pytest.mark.parametrize(
    ("kind", "ours", "theirs"),
    [
        ("coinbase", "BTC/USD", "BTC-USD"),
        ("kraken", "BTC/USD", "XXBTZUSD"),
        ("kraken", "ETH/EUR", "XETHZEUR"),
        ("kraken", "BTC/USDT", "XBTUSDT"),
        ("kraken", "ETH/USDT", "ETHUSDT"),
        ("kraken", "BTC/USDC", "XBTUSDC"),
        ("kraken", "USDT/USD", "USDTZUSD"),
        ("kraken", "USDT/EUR", "USDTEUR"),
        ("kraken", "USDC/USD", "USDCUSD"),
        ("kraken", "SOL/USD", "SOLUSD"),
        ("kraken", "DOGE/USD", "XDGUSD"),
        ("bitstamp", "BTC/USD", "BTC/USD"),
        ("binance", "BTC/USDT", "BTCUSDT"),
        ("binanceus", "USDC/USDT", "USDCUSDT"),
        ("okx", "BTC/USDT", "BTC-USDT"),
        ("gemini", "BTC/USD", "btcusd"),
        ("deribit", "BTC/USD-PERP", "BTC-PERPETUAL"),
        ("bitfinex", "BTC/USD", "tBTCUSD"),
        ("bitfinex", "BTC/USDT", "tBTCUST"),
        ("bitfinex", "USDC/USD", "tUDCUSD"),
        ("bitfinex", "DOGE/USD", "tDOGE:USD"),
        ("bitget", "BTC/USDT", "BTCUSDT"),
        ("bybit", "BTC/USDT", "BTCUSDT"),
        ("cryptocom", "BTC/USD", "BTC_USD"),
        ("gate", "BTC/USDT", "BTC_USDT"),
        ("htx", "BTC/USDT", "btcusdt"),
        ("kucoin", "BTC/USDT", "BTC-USDT"),
        ("mexc", "BTC/USDT", "BTCUSDT"),
        ("deribit", "SOL/USDC-PERP", "SOL_USDC-PERPETUAL"),
        ("binanceperp", "BTC/USDC-PERP", "BTCUSDC"),
        ("okxperp", "BTC/USD-PERP", "BTC-USD-SWAP"),
        ("bybitperp", "BTC/USDT-PERP", "BTCUSDT"),
        ("bybitperp", "BTC/USDC-PERP", "BTCPERP"),
        ("bitmex", "BTC/USDT-PERP", "XBTUSDT"),
        ("bitmex", "DOGE/USD-PERP", "DOGEUSD"),
        ("hyperliquid", "SOL/USDT-PERP", "SOL"),
    ],
)
def test_symbol__ours__spelled_as_the_venue_does(kind: str, ours: str, theirs: str) -> None:
    assert make_source(kind).symbol(ours) == theirs


@pytest.mark.parametrize(
    "bad", ["", "BTC", "BTC-USD", "btc/usd", "BTC/USD/X", "BTC/../USD", "BTC/USD?x=1", "BTC/USD\n"]
)
@pytest.mark.parametrize("kind", sorted(VENUES))
def test_symbol__malformed__refused_before_it_reaches_a_url(kind: str, bad: str) -> None:
    with pytest.raises(ConfigError):
        make_source(kind).symbol(bad)


@pytest.mark.parametrize("kind", SPOT)
def test_symbol__perpetual_on_a_spot_venue__refused(kind: str) -> None:
    with pytest.raises(ConfigError, match="no perpetual"):
        make_source(kind).symbol("BTC/USD-PERP")


@pytest.mark.parametrize("kind", PERPETUALS)
def test_symbol__spot_on_a_venue_of_perpetuals__refused(kind: str) -> None:
    with pytest.raises(ConfigError, match="perpetuals"):
        make_source(kind).symbol("BTC/USD")


@pytest.mark.parametrize(("kind", "ours"), [("hyperliquid", "BTC/USD-PERP"), ("bybitperp", "BTC/USD-PERP")])
def test_symbol__perpetual_in_a_currency_without_any__refused_with_those_there_are(
    kind: str, ours: str
) -> None:
    with pytest.raises(ConfigError, match=f"{kind} quotes perpetuals in USDT") as refused:
        make_source(kind).symbol(ours)

    assert refused.value.hint == "ask for BTC/USDT-PERP"


BITMEX = (
    "%7B%22symbol%22%3A%20%5B%22XBTUSDT%22%2C%20%22ETHUSDT%22%5D%7D",
    "%5B%22state%22%2C%20%22bidPrice%22%2C%20%22askPrice%22%2C%20%22markPrice%22%5D",
)


@pytest.mark.parametrize(
    ("kind", "targets"),
    [
        ("coinbase", ["/products/BTC-USD/ticker", "/products/BTC-USDT/ticker"]),
        ("kraken", ["/0/public/Ticker?pair=XXBTZUSD,XBTUSDT"]),
        ("bitstamp", ["/api/v2/ticker/"]),
        ("binance", ["/api/v3/ticker/24hr?symbols=%5B%22BTCUSD%22%2C%22BTCUSDT%22%5D"]),
        ("binanceus", ["/api/v3/ticker/24hr?symbols=%5B%22BTCUSD%22%2C%22BTCUSDT%22%5D"]),
        ("okx", ["/api/v5/market/tickers?instType=SPOT"]),
        ("gemini", ["/v1/pubticker/btcusd", "/v1/pubticker/btcusdt"]),
        ("deribit", ["/api/v2/public/ticker?instrument_name=BTC-PERPETUAL"]),
        ("bitfinex", ["/v2/tickers?symbols=tBTCUSD,tBTCUST"]),
        ("bitget", ["/api/v2/spot/market/tickers"]),
        ("bybit", ["/v5/market/tickers?category=spot"]),
        ("cryptocom", ["/exchange/v1/public/get-tickers"]),
        ("gate", ["/api/v4/spot/tickers"]),
        ("htx", ["/market/tickers"]),
        ("kucoin", ["/api/v1/market/allTickers"]),
        ("mexc", ["/api/v3/ticker/24hr"]),
        ("binanceperp", ["/fapi/v1/premiumIndex"]),
        ("okxperp", ["/api/v5/public/mark-price?instType=SWAP"]),
        ("bybitperp", ["/v5/market/tickers?category=linear"]),
        ("bitmex", [f"/api/v1/instrument?filter={BITMEX[0]}&columns={BITMEX[1]}&count=500"]),
        ("hyperliquid", ["/info"]),
    ],
)
def test_requests__two_symbols__fewest_that_cover_them(kind: str, targets: list[str]) -> None:
    requests = make_source(kind).requests(symbols_of(kind))

    assert [request.target for request in requests] == targets
    assert {symbol for request in requests for symbol in request.symbols} == set(symbols_of(kind))


def test_requests__hyperliquid__posted() -> None:
    (request,) = make_source("hyperliquid").requests(("BTC/USDT-PERP",))

    assert json.loads(request.body) == {"type": "metaAndAssetCtxs"}


def parsed_or_refused(kind: str, body: bytes) -> None:
    """What every parser promises: whole quotes with sane numbers, or SourceError."""
    source = make_source(kind)
    request: Request = source.requests(symbols_of(kind))[0]
    try:
        fetched = source.parse(body, request, 1_790_848_770_000)
    except SourceError:
        return
    assert len(fetched.quotes) + len(fetched.errors) == len(request.symbols)
    assert all(sane(quote, request) for quote in fetched.quotes)


def sane(quote: Quote, request: Request) -> bool:
    prices = [price for price in (quote.bid, quote.ask, quote.last) if price is not None]
    return (
        quote.symbol in request.symbols and bool(prices) and all(10**6 <= price <= 10**30 for price in prices)
    )


ATOMS = st.none() | st.booleans() | st.text(max_size=5) | st.integers() | st.floats() | st.just("BTC/USD")
NAMES = (
    "error result data code symbol pair instId bid ask last price a b c time timestamp ts volume state XXBTZUSD USD "
    "BTC instrument_name best_bid_price closeTime bidPrice universe markPx markPrice fundingRate"
)
KEYS = st.sampled_from(NAMES.split()) | st.text(max_size=3)
DOCUMENTS = st.recursive(
    ATOMS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner), max_leaves=20
)


@pytest.mark.parametrize("kind", sorted(VENUES))
@given(body=st.binary(max_size=200))
def test_parse__any_bytes__quotes_or_a_source_error(kind: str, body: bytes) -> None:
    parsed_or_refused(kind, body)


@pytest.mark.parametrize("kind", sorted(VENUES))
@given(document=DOCUMENTS)
def test_parse__any_json__quotes_or_a_source_error(kind: str, document: Any) -> None:
    parsed_or_refused(kind, json.dumps(document).encode())


@pytest.mark.parametrize("kind", sorted(VENUES))
@given(data=st.data())
def test_parse__golden_with_bytes_flipped__quotes_or_a_source_error(kind: str, data: st.DataObject) -> None:
    body = bytearray((GOLDEN / f"{kind}.json").read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))

    parsed_or_refused(kind, bytes(body))


@pytest.mark.parametrize("kind", sorted(VENUES))
@given(data=st.data())
def test_parse__golden_cut_short__quotes_or_a_source_error(kind: str, data: st.DataObject) -> None:
    body = (GOLDEN / f"{kind}.json").read_bytes().strip()
    cut = body[: data.draw(st.integers(0, len(body) - 1))]

    source = make_source(kind)
    request = source.requests(symbols_of(kind))[0]

    with pytest.raises(SourceError):
        source.parse(cut, request, 0)
