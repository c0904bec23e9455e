"""Basis and spreads by hand."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.models import SCALE, Quote
from reporter.research.basis import YEAR_MS, Basis, Spread, basis, spread

pytestmark = pytest.mark.unit

SPOT = Quote("kraken", "BTC/USD", 9_999 * SCALE, 10_001 * SCALE, None, 0, None, 0)
PERPETUAL = Quote("deribit", "BTC/USD-PERP", 10_010 * SCALE, 10_014 * SCALE, None, 0, None, 0)
prices = st.integers(10**12, 10**6 * SCALE)


def test_basis__future_over_73_days__five_times_a_year() -> None:
    assert basis(10_000 * SCALE, 10_100 * SCALE, YEAR_MS // 5) == Basis(100 * SCALE, 10_000, 50_000)


def test_basis__perpetual__premium_per_eight_hours_1095_times_a_year() -> None:
    assert basis(10_000 * SCALE, 9_999 * SCALE) == Basis(-SCALE, -100, -109_500)


def test_basis__less_than_a_ppm__the_yearly_rate_is_not_made_of_the_rounded_one() -> None:
    assert basis(10_000_000, 10_000_004) == Basis(4, 0, 438)


@pytest.mark.parametrize(("spot", "term_ms"), [(0, 1), (1, 0), (-1, 1)])
def test_basis__no_spot_or_no_term__raises(spot: int, term_ms: int) -> None:
    with pytest.raises(ValueError, match="means nothing"):
        basis(spot, 5, term_ms)


def test_spread__by_hand__what_both_books_leave() -> None:
    # Mids 10,000 and 10,012. Sell the perpetual at 10,010, buy spot at 10,001: 9. The other way -15.
    assert spread(SPOT, PERPETUAL) == Spread(1_200, 900, -1_500)


@pytest.mark.parametrize("side", ["bid", "ask"])
def test_spread__a_side_is_missing__none(side: str) -> None:
    assert spread(replace(SPOT, **{side: None}), PERPETUAL) is None
    assert spread(SPOT, replace(PERPETUAL, **{side: None})) is None


@settings(max_examples=1_000)
@given(prices, prices, prices, prices)
def test_spread__any_two_books__both_ways_cost_both_widths(a: int, b: int, c: int, d: int) -> None:
    spot = replace(SPOT, bid=min(a, b), ask=max(a, b))
    perpetual = replace(PERPETUAL, bid=min(c, d), ask=max(c, d))

    found = spread(spot, perpetual)

    assert found is not None
    assert found.sell_ppm <= found.mid_ppm + 1
    assert found.buy_ppm <= 1 - found.mid_ppm
    assert found.sell_ppm + found.buy_ppm <= 0


@settings(max_examples=1_000)
@given(prices, prices, st.integers(1, YEAR_MS))
def test_basis__any__yearly_over_the_term_is_the_basis(spot: int, derivative: int, term_ms: int) -> None:
    found = basis(spot, derivative, term_ms)

    assert abs(found.annualised_ppm * term_ms - found.ppm * YEAR_MS) <= (term_ms + YEAR_MS) // 2 + 1
