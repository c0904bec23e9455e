"""Legs in other currencies, by hand: through measured indices only."""

from dataclasses import replace

import pytest

from reporter.index.convert import Rate, convert, fault, route
from reporter.models import SCALE, Status
from tests.unit.computing import AT, rules, run

pytestmark = pytest.mark.unit

USDT = rules("USDT/USD", "a:USDT/USD", "b:USDT/USD")


def test_compute__usdt_at_0_95__converts_by_it_and_marks_the_leg() -> None:
    prices = {"a:BTC/USDT": 20_000, "a:USDT/USD": 1, "b:USDT/USD": 1}
    at_95 = {k: v * SCALE * (95 if "USDT/USD" in k else 100) // 100 for k, v in prices.items()}

    index = run([rules("BTC/USD", "a:BTC/USDT"), USDT], at_95)["BTC/USD"]

    leg = index.sources[0]
    assert (index.price, leg.price, leg.last) == (19_000 * SCALE, 19_000 * SCALE, 20_000 * SCALE)
    assert (leg.converted_by, leg.reason) == ("USDT/USD", "median of bid, ask and last; USDT/USD is REDUCED")


@pytest.mark.parametrize(
    ("coin", "reason"),
    [
        ({}, "conversion USDT/USD is INVALID"),
        ({"a:USDT/USD": SCALE, "b:USDT/USD": SCALE // 2}, "conversion USDT/USD is HELD"),
    ],
)
def test_compute__conversion_without_a_number__leg_is_unusable(coin: dict[str, int], reason: str) -> None:
    index = run([rules("BTC/USD", "a:BTC/USDT"), USDT], {"a:BTC/USDT": SCALE} | coin)["BTC/USD"]

    assert (index.status, index.sources[0].reason) == (Status.INVALID, reason)


def test_compute__conversion_of_old_quotes__leg_is_unusable() -> None:
    patient = replace(USDT, max_age_ms=300_000)
    prices = {"c:BTC/USDT": SCALE, "a:USDT/USD": SCALE, "b:USDT/USD": SCALE}

    old = run([rules("BTC/USD", "c:BTC/USDT"), patient], prices, a=61_000, b=90_000)["BTC/USD"]
    young = run([rules("BTC/USD", "c:BTC/USDT"), patient], prices, a=60_000, b=90_000)["BTC/USD"]

    assert old.sources[0].reason == "conversion USDT/USD is 61.0 s old"
    assert young.sources[0].kept


def test_compute__crossed_and_inverted_legs__become_the_feeds_price() -> None:
    feeds = [rules("ETH/USD", "a:ETH/BTC"), rules("BTC/USD", "a:BTC/USD"), rules("EUR/USD", "a:USD/EUR")]

    indices = run(feeds, {"a:ETH/BTC": SCALE // 10, "a:BTC/USD": 20_000 * SCALE, "a:USD/EUR": SCALE * 4 // 5})

    assert indices["ETH/USD"].price == 2_000 * SCALE
    assert indices["EUR/USD"].price == SCALE * 5 // 4


def test_compute__nothing_left_after_conversion__is_dropped() -> None:
    index = run([rules("EUR/USD", "a:USD/EUR")], {"a:USD/EUR": 10**37})["EUR/USD"]

    assert (index.price, index.sources[0].reason) == (None, "too small a price after conversion")


def test_convert__times__floors() -> None:
    rates = {"USDT/USD": Rate("USDT/USD", Status.OK, SCALE - 1, AT)}

    assert convert(3, route("BTC/USD", "BTC/USDT"), rates) == 2
    assert fault(route("BTC/USD", "BTC/USDT"), rates, AT + 60_000) == ""
    assert fault(route("BTC/USD", "BTC/USDT"), rates, AT + 60_001) == "conversion USDT/USD is 60.0 s old"
