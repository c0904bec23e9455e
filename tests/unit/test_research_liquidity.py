"""Depth and impact by hand, and what must hold for any book."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.research.liquidity import Impact, Level, Side, depth_within, liquidity_index, price_impact
from reporter.research.rounding import difference_ppm, nearest

pytestmark = pytest.mark.unit

many = settings(max_examples=1_000)
books = st.lists(st.builds(Level, st.integers(0, 500_000), st.integers(1, 10**9)), max_size=8)
BOOK = [Level(1_000, 500), Level(0, 100), Level(10_000, 400), Level(50_000, 9_000)]


def test_depth_within__by_hand__with_the_edge() -> None:
    assert [depth_within(BOOK, d) for d in (0, 999, 1_000, 10_000, 10**6)] == [100, 100, 600, 1_000, 10_000]


def test_price_impact__buy_by_hand__harmonic_average() -> None:
    # 100 at the mid and 110 at +10 % buy 100 + 100 for 210: 1.05 each.
    asks = [Level(100_000, 110), Level(0, 100), Level(300_000, 999)]

    assert price_impact(asks, 210, Side.BUY) == Impact(50_000, 100_000)


def test_price_impact__sell_by_hand__against_the_trader_too() -> None:
    # 100 at the mid and 50 at -50 % take 100 + 100 for 150: 0.75 each.
    assert price_impact([Level(0, 100), Level(500_000, 50)], 150, Side.SELL) == Impact(250_000, 500_000)


def test_price_impact__more_than_there_is__none() -> None:
    assert price_impact(BOOK, 10_001, Side.BUY) is None
    assert price_impact([], 1, Side.SELL) is None


def test_price_impact__no_amount_or_a_price_of_zero__raises() -> None:
    with pytest.raises(ValueError, match="positive amount"):
        price_impact(BOOK, 0, Side.BUY)
    with pytest.raises(ValueError, match="means nothing"):
        price_impact([Level(1_000_000, 5)], 1, Side.SELL)


@many
@given(books.filter(bool), st.integers(1, 10**9), st.integers(1, 10**9), st.sampled_from(Side))
def test_price_impact__a_larger_order__never_better(
    book: list[Level], one: int, more: int, side: Side
) -> None:
    small, large = price_impact(book, one, side), price_impact(book, one + more, side)

    assert (small is None) == (one > sum(level.quote_amount for level in book))
    if small is not None and large is not None:
        assert min(level.distance_ppm for level in book) <= small.average_ppm <= small.last_ppm
        assert small.average_ppm <= large.average_ppm
        assert small.last_ppm <= large.last_ppm


def test_liquidity_index__by_hand__nearer_counts_more_and_the_weaker_side_decides() -> None:
    asks = [Level(0, 100), Level(5_000, 200), Level(10_000, 999), Level(20_000, 999)]  # 100 + 100

    assert liquidity_index([Level(0, 10**6)], asks, 10_000) == 200
    assert liquidity_index([Level(2_500, 100)], asks, 10_000) == 75
    assert liquidity_index([], asks, 10_000) == 0


def test_liquidity_index__no_distance__raises() -> None:
    with pytest.raises(ValueError, match="means nothing"):
        liquidity_index(BOOK, BOOK, 0)


@many
@given(st.lists(st.builds(Level, st.integers(0, 60), st.integers(1, 10**6)), max_size=8), st.integers(1, 50))
def test_liquidity_index__any_book__is_the_mean_of_the_depths_within(book: list[Level], within: int) -> None:
    # Depth is constant between whole distances: from d to d + 1 what rests at d or nearer.
    mean = Fraction(sum(depth_within(book, d) for d in range(within)), within)

    assert abs(liquidity_index(book, book, within) - mean) <= Fraction(1, 2)


@pytest.mark.parametrize("level", [(-1, 5), (0, 0)])
def test_level__behind_the_mid_or_empty__cannot_be(level: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="0 ppm or more"):
        Level(*level)


@many
@given(st.integers(-(10**30), 10**30), st.integers(1, 10**20))
def test_nearest__any_ratio__as_python_rounds_fractions(numerator: int, denominator: int) -> None:
    assert nearest(numerator, denominator) == round(Fraction(numerator, denominator))


def test_difference_ppm__both_signs__symmetric() -> None:
    assert [difference_ppm(v, 2_000_000) for v in (2_000_001, 1_999_999, 2_000_003, 2_001_000)] == [
        0,
        0,
        2,
        500,
    ]
