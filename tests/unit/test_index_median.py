"""Medians and the words for numbers."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.index.median import by_venue, median_floor, weighted_median_floor
from reporter.index.units import decimal, percent, seconds
from reporter.models import SCALE

pytestmark = pytest.mark.unit

values = st.lists(st.integers(-(10**30), 10**30), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("given_values", "expected"),
    [([7], 7), ([3, 1], 2), ([1, 2], 1), ([-1, -2], -2), ([9, 1, 5], 5), ([4, 1, 2, 9], 3)],
)
def test_median_floor__by_hand__floors_the_mean_of_the_middle(given_values: list[int], expected: int) -> None:
    assert median_floor(given_values) == expected


def test_median_floor__nothing__raises() -> None:
    with pytest.raises(ValueError, match="no values"):
        median_floor([])


@given(values)
def test_median_floor__odd_count__equals_the_library(numbers: list[int]) -> None:
    odd = numbers if len(numbers) % 2 else numbers[1:] or [0]

    assert median_floor(odd) == statistics.median(odd)


@given(values, st.integers(1, 10**6))
def test_weighted_median__equal_weights__is_the_plain_median(numbers: list[int], weight: int) -> None:
    assert weighted_median_floor([(n, weight) for n in numbers]) == median_floor(numbers)


@given(st.lists(st.tuples(st.integers(1, 100), st.integers(1, 9)), min_size=1, max_size=6))
def test_weighted_median__whole_weights__is_the_median_of_repeated_values(
    votes: list[tuple[int, int]],
) -> None:
    repeated = [value for value, weight in votes for _ in range(weight)]

    assert weighted_median_floor(votes) == median_floor(repeated)


def test_weighted_median__by_hand__heavier_vote_wins_and_exact_half_is_the_floor_mean() -> None:
    assert weighted_median_floor([(10, 1), (20, 3)]) == 20
    assert weighted_median_floor([(10, 1), (21, 3), (30, 4)]) == 25


@pytest.mark.parametrize("votes", [[], [(1, 0)], [(1, 1), (2, -1)]])
def test_weighted_median__bad_weights__raises(votes: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="positive weights"):
        weighted_median_floor(votes)


def test_by_venue__pairs__keeps_order() -> None:
    assert by_venue([("b", 1), ("a", 2), ("b", 3)]) == {"b": [1, 3], "a": [2]}


def test_units__numbers__read_as_a_person_expects() -> None:
    assert [percent(n) for n in (23_100, -500, 0, 10_000)] == ["2.31 %", "-0.05 %", "0.00 %", "1.00 %"]
    assert [seconds(n) for n in (41_250, -300, 0)] == ["41.2 s", "-0.3 s", "0.0 s"]
    assert [decimal(n) for n in (20_000 * SCALE, SCALE // 8, -SCALE // 2, 0, 1)] == [
        "20000",
        "0.125",
        "-0.5",
        "0",
        "0.000000000000000001",
    ]
