"""Realised volatility by hand, and what must hold for any row of points."""

import itertools
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.index.views import Point
from reporter.models import SCALE
from reporter.research.basis import YEAR_MS
from reporter.research.volatility import Volatility, realised_volatility

pytestmark = pytest.mark.unit

many = settings(max_examples=1_000)
price_lists = st.lists(st.integers(SCALE, 10**6 * SCALE), min_size=3, max_size=12)
LN_2 = Decimal("0.6931471805599453094172321214581765680755")


def minutes(prices: list[int]) -> list[Point]:
    return [Point(position * 60_000, price) for position, price in enumerate(prices)]


def test_volatility__doubling_and_halving_every_minute__ln_2_times_the_root_of_the_minutes() -> None:
    found = realised_volatility(minutes([SCALE, 2 * SCALE, SCALE, 2 * SCALE, SCALE]))

    # Each minute's return is +-ln 2: sqrt(ln2^2 * 525,600).
    assert found is not None
    assert abs(found.annualised - LN_2 * Decimal(525_600).sqrt()) < Decimal("1e-24")
    assert (found.returns, found.covered_ms) == (4, 240_000)


def test_volatility__nothing_moves__zero() -> None:
    assert realised_volatility(minutes([SCALE] * 4)) == Volatility(Decimal(0), 3, 180_000)


def test_volatility__gap__neither_return_nor_time() -> None:
    points = [
        Point(0, SCALE),
        Point(60_000, 2 * SCALE),
        Point(120_001, 99 * SCALE),
        Point(180_001, 198 * SCALE),
    ]
    found = realised_volatility(points)

    assert found is not None
    assert (found.returns, found.covered_ms) == (2, 120_000)
    assert abs(found.annualised - LN_2 * Decimal(525_600).sqrt()) < Decimal("1e-24")


@pytest.mark.parametrize("count", [0, 1, 2])
def test_volatility__fewer_than_two_returns__none(count: int) -> None:
    assert realised_volatility(minutes([SCALE] * count)) is None


def test_volatility__times_that_do_not_grow__raises() -> None:
    with pytest.raises(ValueError, match="do not grow"):
        realised_volatility([Point(0, SCALE), Point(0, SCALE)])


@many
@given(price_lists, st.integers(2, 1_000))
def test_volatility__prices_in_another_unit_or_backwards__the_same(prices: list[int], unit: int) -> None:
    found = realised_volatility(minutes(prices))
    scaled = realised_volatility(minutes([price * unit for price in prices]))
    backwards = realised_volatility(minutes(prices[::-1]))

    assert found is not None
    assert scaled is not None
    assert backwards is not None
    assert abs(found.annualised - scaled.annualised) < Decimal("1e-15")
    assert abs(found.annualised - backwards.annualised) < Decimal("1e-15")


@many
@given(price_lists)
def test_volatility__largest_return__bounds_it(prices: list[int]) -> None:
    found = realised_volatility(minutes(prices))
    ratios = [Decimal(max(a, b)) / min(a, b) for a, b in itertools.pairwise(prices)]
    per_year = Decimal(YEAR_MS // 60_000).sqrt()

    assert found is not None
    assert found.annualised <= max(ratios).ln() * per_year + Decimal("1e-15")
    assert found.annualised >= min(ratios).ln() * per_year - Decimal("1e-15")
