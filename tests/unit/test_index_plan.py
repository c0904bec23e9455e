"""Symbols, routes and the order of feeds."""

import pytest

from reporter.errors import ConfigError
from reporter.index import plan
from reporter.index.convert import Kind, Route, route
from reporter.index.symbols import Pair, parse
from reporter.models import FeedRules, Leg

pytestmark = pytest.mark.unit


def feed(name: str, *legs: str, min_venues: int = 1) -> FeedRules:
    return FeedRules(name, tuple(Leg(*leg.split(":")) for leg in legs), min_venues)


USDT = feed("USDT/USD", "kraken:USDT/USD")
BTC = feed("BTC/USD", "kraken:BTC/USD", "binance:BTC/USDT")
ETH = feed("ETH/USD", "kraken:ETH/BTC", "binance:ETH/USDT")


def test_parse__spot_and_perpetual__gives_base_quote_flag() -> None:
    assert parse("BTC/USDT") == Pair("BTC", "USDT", False)
    assert parse("BTC/USD-PERP") == Pair("BTC", "USD", True)
    assert parse("1INCH/USD") == Pair("1INCH", "USD", False)


@pytest.mark.parametrize(
    "symbol",
    ["", "BTC", "BTC-USD", "btc/usd", "BTC/", "/USD", "BTC/USD/X", "BTC/USD-FUT", "USD/USD", "BTC/USD\n"],
)
def test_parse__not_a_symbol__raises_with_the_value(symbol: str) -> None:
    with pytest.raises(ValueError, match="symbol") as caught:
        parse(symbol)
    assert repr(symbol) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "symbol", "expected"),
    [
        ("BTC/USD", "BTC/USD", Route(Kind.DIRECT, "")),
        ("BTC/USD", "BTC/USDT", Route(Kind.TIMES, "USDT/USD")),
        ("ETH/USD", "ETH/BTC", Route(Kind.TIMES, "BTC/USD")),
        ("EUR/USD", "USD/EUR", Route(Kind.INVERSE, "")),
        ("BTC/USD-PERP", "BTC/USDT-PERP", Route(Kind.TIMES, "USDT/USD")),
        ("BTC/USD-PERP", "BTC/USD-PERP", Route(Kind.DIRECT, "")),
    ],
)
def test_route__convertible__names_the_way(name: str, symbol: str, expected: Route) -> None:
    assert route(name, symbol) == expected


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("BTC/USD", "BTC/USD-PERP"),
        ("BTC/USD-PERP", "BTC/USDT"),
        ("BTC/USD", "ETH/USD"),
        ("BTC/USD", "USDT/BTC"),
    ],
)
def test_route__says_nothing_about_the_feed__raises(name: str, symbol: str) -> None:
    with pytest.raises(ValueError, match=f"{symbol} cannot be converted to {name}"):
        route(name, symbol)


def test_plan__any_configured_order__conversions_come_first() -> None:
    orders = [
        [f.feed for f in plan(given)] for given in ([ETH, BTC, USDT], [USDT, ETH, BTC], [BTC, USDT, ETH])
    ]

    assert orders == [["USDT/USD", "BTC/USD", "ETH/USD"]] * 3


def test_plan__feeds_that_need_nothing__come_in_the_same_order_however_listed() -> None:
    free = [feed(f"{coin}/USD", f"k:{coin}/USD") for coin in ("SOL", "BTC", "ETH")]

    assert plan(free) == plan(free[::-1])


def test_plan__legs__are_put_in_order_by_venue_and_symbol() -> None:
    ordered = plan([USDT, BTC])[1]

    assert [str(leg) for leg in ordered.legs] == ["binance:BTC/USDT", "kraken:BTC/USD"]
    assert ordered.min_venues == BTC.min_venues


def test_plan__no_feeds__is_empty() -> None:
    assert plan([]) == ()


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([BTC], r"feed BTC/USD: leg binance:BTC/USDT converts by USDT/USD, which is not a feed"),
        ([USDT, USDT], r"feed USDT/USD is given more than once"),
        ([feed("BTC/USD", "k:BTC/USD", "k:BTC/USD")], r"feed BTC/USD: leg k:BTC/USD is given more than once"),
        ([feed("BTC/USD", "k:ETH/USD")], r"feed BTC/USD: leg k:ETH/USD: ETH/USD cannot be converted"),
        ([feed("BTC/USD", "k:btc")], r"feed BTC/USD: leg k:btc: a symbol is .* not 'btc'"),
        ([feed("bitcoin", "k:BTC/USD")], r"feed 'bitcoin': a symbol is .* not 'bitcoin'"),
        ([feed("BTC/USD", "k:BTC/USD", min_venues=2)], r"min_venues is 2, its legs are on 1 venues"),
        ([feed("BTC/USD", "k:BTC/USD", min_venues=0)], r"min_venues is 0"),
        ([feed("BTC/USD")], r"min_venues is 1, its legs are on 0 venues"),
    ],
)
def test_plan__unusable__names_feed_and_leg(rules: list[FeedRules], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plan(rules)


def test_plan__circle__names_every_feed_of_it() -> None:
    rules = [feed("ETH/USD", "k:ETH/BTC"), feed("BTC/USD", "k:BTC/ETH"), USDT]

    with pytest.raises(
        ConfigError, match=r"in a circle: (BTC/USD -> ETH/USD -> BTC/USD|ETH/USD -> BTC/USD -> ETH/USD)$"
    ):
        plan(rules)
