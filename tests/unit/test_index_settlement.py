"""Means over trades: by hand, by model, and against published weighted medians."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.index.median import median_floor
from reporter.index.views import Trade, View, settlement, vwap
from tests.unit.shared import shared

pytestmark = pytest.mark.unit

HOUR = 3_600_000
many = settings(max_examples=1_000)
trade_lists = st.lists(
    st.builds(Trade, st.integers(-10, 110), st.integers(1, 10**24), st.integers(1, 10**6)), max_size=12
)


def at_minutes(*rows: tuple[int, int, int]) -> list[Trade]:
    return [Trade(minute * 60_000, price, amount) for minute, price, amount in rows]


def test_vwap__by_hand__each_price_by_its_amount() -> None:
    trades = at_minutes((0, 100, 3), (1, 110, 1), (59, 104, 6))

    assert vwap(trades, 0, HOUR) == (300 + 110 + 624) // 10


def test_vwap__window__has_its_start_and_not_its_end() -> None:
    trades = [Trade(0, 10, 1), Trade(99, 20, 1), Trade(100, 900, 1), Trade(-1, 900, 1)]

    assert vwap(trades, 0, 100) == 15
    assert vwap(trades, 200, 300) is None


@many
@given(trade_lists)
def test_vwap__any_trades__within_their_prices_and_not_by_their_order(trades: list[Trade]) -> None:
    mean = vwap(trades, -10, 111)

    assert mean == vwap(list(reversed(trades)), -10, 111)
    assert (mean is None) == (not trades)
    assert mean is None or min(t.price for t in trades) <= mean <= max(t.price for t in trades)


@many
@given(trade_lists.filter(bool), st.integers(2, 50))
def test_vwap__a_trade_split_in_pieces__changes_nothing(trades: list[Trade], pieces: int) -> None:
    first = trades[0]
    larger = [Trade(first.at_ms, first.price, first.amount * pieces), *trades[1:]]
    split = [first] * pieces + trades[1:]

    assert vwap(larger, -10, 111) == vwap(split, -10, 111)
    assert settlement(larger, -10, 111, partitions=4) == settlement(split, -10, 111, partitions=4)


def test_settlement__by_hand__mean_of_the_parts_weighted_medians() -> None:
    # Two parts of half an hour. First: 3 of 100, 1 of 110, 6 of 104: half of 10 is passed in 104.
    # Second: 100 and 201 with equal amounts: floor mean 150. Mean of both: 127.
    trades = at_minutes((0, 100, 3), (1, 110, 1), (29, 104, 6), (30, 100, 5), (59, 201, 5))

    assert settlement(trades, 0, HOUR, partitions=2) == View(127, 1_000_000)


def test_settlement__one_part_with_all_the_volume__has_one_part_s_say() -> None:
    quiet = at_minutes(*((5 * part, 100, 1) for part in range(11)))

    assert settlement([*quiet, Trade(56 * 60_000, 220, 10**9)], 0, HOUR) == View(110, 1_000_000)


def test_settlement__parts_without_a_trade__left_out_until_half_are() -> None:
    half = at_minutes(*((10 * part, 100 + part, 1) for part in range(6)))

    assert settlement(half, 0, HOUR) == View(102, 500_000)
    assert settlement(half[1:], 0, HOUR) == View(None, 416_666)
    assert settlement([], 0, HOUR, min_coverage_ppm=0) == View(None, 0)


def test_settlement__trade_on_a_boundary__belongs_to_the_later_part() -> None:
    trades = [Trade(0, 10, 1), Trade(50, 30, 1), Trade(49, 10, 1), Trade(100, 999, 9)]

    assert settlement(trades, 0, 100, partitions=2) == View(20, 1_000_000)


@pytest.mark.parametrize("partitions", [0, -1, 11])
def test_settlement__parts_that_cannot_be__raises(partitions: int) -> None:
    with pytest.raises(ValueError, match=f"10 ms cannot be split in {partitions} partitions"):
        settlement([], 0, 10, partitions=partitions)


@pytest.mark.parametrize(("price", "amount"), [(0, 1), (1, 0), (-1, 1)])
def test_trade__without_price_or_amount__cannot_be(price: int, amount: int) -> None:
    with pytest.raises(ValueError, match="positive price and amount"):
        Trade(0, price, amount)


@many
@given(trade_lists, st.integers(1, 7))
def test_settlement__any_trades__equals_medians_of_repeated_prices(
    trades: list[Trade], partitions: int
) -> None:
    small = [Trade(t.at_ms, t.price, t.amount % 5 + 1) for t in trades]
    bounds = [100 * part // partitions for part in range(partitions + 1)]
    medians = [
        median_floor(p for t in inside for p in [t.price] * t.amount)
        for low, high in itertools.pairwise(bounds)
        if (inside := [t for t in small if low <= t.at_ms < high])
    ]

    view = settlement(small, 0, 100, partitions=partitions, min_coverage_ppm=0)

    assert view.price == (sum(medians) // len(medians) if medians else None)
    assert view.coverage_ppm == len(medians) * 1_000_000 // partitions


def published(*ids: str) -> list[dict[str, Any]]:
    vectors = json.loads(shared("index_vectors.json").read_text())
    return [v for v in vectors if v["id"] in ids]


def test_settlement__skip_connect_s_weighted_medians__the_same() -> None:
    for vector in published("047", "049", "051"):
        trades = [Trade(0, price, weight) for price, weight in vector["inputs"]["price_weight"]]

        assert settlement(trades, 0, 1, partitions=1).price == vector["expected"], vector["id"]


@pytest.mark.parametrize(
    ("vector_id", "voters", "weight"), [("067", 99, 9), ("068", 100, 10), ("069", 99, 10)]
)
def test_settlement__flare_s_weighted_medians__the_same(vector_id: str, voters: int, weight: int) -> None:
    (vector,) = published(vector_id)
    trades = [Trade(0, price, weight) for price in range(1, voters + 1)]

    assert settlement(trades, 0, 1, partitions=1).price == vector["expected"]["median"]
    assert str(voters) in vector["inputs"]["description"]
