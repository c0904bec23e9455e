"""Presets and the parameters that the deploy script takes from them."""

import pytest

from reporter.errors import ConfigError
from reporter.funding import Params
from reporter.funding.presets import PRESETS
from scripts._management.markets import FundingConfig, ImpactFeeds, MarketParams, market_numbers, preset

pytestmark = pytest.mark.unit

MAX_RATE, MAX_DAMPING = 32 * 10**16, 10**16


@pytest.mark.parametrize("name", PRESETS)
def test_presets__each__inside_the_contracts_bounds(name: str) -> None:
    params = PRESETS[name]

    assert 3_600 <= params.realisation_s <= 86_400
    assert 0 < params.max_rate <= MAX_RATE
    assert params.damping <= MAX_DAMPING
    assert params.interest <= 10**15 * params.realisation_s // 28_800


def test_market_params__nothing_given__the_preset_spotline() -> None:
    numbers = market_numbers("funding[0]", {})

    assert numbers == MarketParams() == MarketParams(**preset("spotline"))
    assert PRESETS["spotline"] == Params()


def test_market_params__a_preset_and_own_values__own_ones_win() -> None:
    numbers = market_numbers("funding[0]", {"preset": "kraken", "maxIndexAge": 90})

    assert (numbers.realisation, numbers.maxRate, numbers.maxIndexAge) == (86_400, 2 * 10**16, 90)


@pytest.mark.parametrize(
    ("given", "key"),
    [({"preset": "x"}, "m.preset"), ({"interest": -1}, "m.interest"), ({"interest": True}, "m.interest")],
)
def test_market_params__a_bad_value__named(given: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        market_numbers("m", given)

    assert caught.value.key == key


def test_params__a_market__the_contracts_struct_in_order() -> None:
    market = FundingConfig("BTC/USD", ImpactFeeds("B", "A", 60))

    assert market.params("0x1") == ("0x1", 3_600, 28_800, 3_660, 100, 10**17, 10**14, 5 * 10**14, 75 * 10**14)
    assert market.mark_name == "ImpactMark of B and A"
