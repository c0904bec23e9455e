"""Bias, delay and uptime by hand, on a recorded crash, and for any series."""

import csv
import gzip
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.index.views import Point
from reporter.models import SCALE
from reporter.research.accuracy import Accuracy, Arrival, accuracy, lag_ms, price_at, uptime_ppm
from tests.unit.shared import shared

pytestmark = pytest.mark.unit

many = settings(max_examples=1_000)
arrivals = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 60)), max_size=8).map(
    lambda rows: [Arrival(made, made + delay) for made, delay in rows]
)


def seconds(*pairs: tuple[int, int]) -> list[Point]:
    return [Point(at * 1000, price * SCALE) for at, price in pairs]


def walk(seed: int, count: int, late_ms: int = 0, premium_ppm: int = 0) -> list[Point]:
    """A random walk of one step a second, told late and dear."""
    steps, price, points = random.Random(seed), 10_000 * SCALE, []
    for second in range(count):
        price += steps.randint(-5, 5) * SCALE
        points.append(Point(second * 1000 + late_ms, price * (1_000_000 + premium_ppm) // 1_000_000))
    return points


def test_accuracy__by_hand__mean_and_mean_absolute_error() -> None:
    reference = seconds((0, 1_000), (20, 2_000))
    venue = seconds((5, 1_001), (10, 998), (20, 2_002), (30, 2_000))

    # At 0 the venue has no price. 5: +1000 ppm, 10: -2000, 20: +1000, 30: 0.
    assert accuracy(venue, reference, [0, 5_000, 10_000, 20_000, 30_000]) == Accuracy(0, 1_000, 2_000, 4)


def test_accuracy__never_both__none() -> None:
    assert accuracy(seconds((9, 1)), seconds((0, 1)), [0, 8_999]) is None
    assert accuracy([], [], [0]) is None


@many
@given(st.lists(st.integers(SCALE, 9 * SCALE), min_size=1, max_size=9), st.integers(-900_000, 900_000))
def test_accuracy__constant_premium__is_the_bias(prices: list[int], premium_ppm: int) -> None:
    reference = [Point(position, price) for position, price in enumerate(prices)]
    venue = [Point(p.at_ms, p.price * (1_000_000 + premium_ppm) // 1_000_000) for p in reference]

    found = accuracy(venue, reference, range(len(prices)))

    assert found == Accuracy(premium_ppm, abs(premium_ppm), abs(premium_ppm), len(prices))


def test_price_at__its_own_time__is_known_then() -> None:
    points = seconds((1, 10), (2, 20))

    assert [price_at(points, at) for at in (999, 1_000, 1_999, 2_000, 9_999)] == [
        None, 10 * SCALE, 10 * SCALE, 20 * SCALE, 20 * SCALE,
    ]  # fmt: skip


@settings(max_examples=100)
@given(st.integers(0, 10**6), st.integers(-10, 10), st.integers(-5_000, 5_000))
def test_lag__a_walk_told_late_and_dear__is_found(seed: int, late_s: int, premium_ppm: int) -> None:
    reference = walk(seed, 400)
    venue = walk(seed, 400, late_s * 1000, premium_ppm)

    assert lag_ms(venue, reference, 20_000, 380_000, max_lag_ms=15_000) == late_s * 1000


def test_lag__one_jump__how_long_the_venue_took() -> None:
    reference = seconds((0, 100), (100, 90))

    assert lag_ms(seconds((0, 105), (107, 95)), reference, 0, 200_000) == 7_000
    assert lag_ms(seconds((0, 105), (96, 95)), reference, 0, 200_000) == -4_000
    assert lag_ms(seconds((0, 105), (107, 95)), reference, 0, 200_000, step_ms=2_000) == 8_000


def test_lag__nothing_to_compare__none() -> None:
    flat, jump = seconds((0, 100)), seconds((0, 100), (100, 90))

    assert lag_ms(flat, jump, 0, 200_000) is None
    assert lag_ms(jump, flat, 0, 200_000) is None
    assert lag_ms(seconds((0, 100), (100, 110)), jump, 0, 200_000) is None
    assert lag_ms(seconds((1, 100)), jump, 0, 200_000) is None
    assert lag_ms(jump, jump, 90_000, 110_000) is None


def test_uptime__by_hand__from_arrival_to_the_age_limit() -> None:
    # Made at 0, here at 5, fresh to 10 (with the tenth millisecond); made at 20, here at 40: never fresh.
    assert uptime_ppm([Arrival(0, 5), Arrival(20, 40)], 0, 100, 10) == 60_000
    assert uptime_ppm([Arrival(0, 5), Arrival(7, 8)], 0, 100, 10) == 130_000
    assert uptime_ppm([], 0, 100, 10) == 0


def test_uptime__empty_window__raises() -> None:
    with pytest.raises(ValueError, match="is empty"):
        uptime_ppm([], 5, 5, 1)


@many
@given(arrivals, st.integers(0, 120), st.integers(1, 60), st.integers(0, 40))
def test_uptime__any_arrivals__equals_every_millisecond_asked(
    those: list[Arrival], start_ms: int, window_ms: int, max_age_ms: int
) -> None:
    fresh = sum(
        any(a.received_ms <= t <= a.exchange_ms + max_age_ms for a in those)
        for t in range(start_ms, start_ms + window_ms)
    )

    assert uptime_ppm(those, start_ms, start_ms + window_ms, max_age_ms) == fresh * 1_000_000 // window_ms


def test_uptime__gemini_through_the_crash_of_2025_10_10__by_exchange_time_and_by_arrival() -> None:
    with gzip.open(shared("gemini_btcusd_ticks_2025-10-10.csv.gz"), "rt") as file:
        rows = [(int(r["exchange_us"]) // 1000, int(r["received_us"]) // 1000) for r in csv.DictReader(file)]
    start_ms, end_ms = min(r for _, r in rows), max(r for _, r in rows)

    honest = uptime_ppm([Arrival(made, here) for made, here in rows], start_ms, end_ms, 30_000)
    stamped = uptime_ppm([Arrival(here, here) for _, here in rows], start_ms, end_ms, 30_000)

    assert honest == 785_191  # 78.5 % as the file's description says
    assert 41_000 < stamped - honest < 42_000
