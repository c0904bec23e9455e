"""The AR(1) forecast of a funding rate: exact on made series, the same as a least-squares line, silent with too little."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.funding.forecast import LEAST_PAIRS, PPM, fit, forecast, forecasts, mean_error

pytestmark = pytest.mark.unit

rates = st.lists(st.integers(-75 * 10**14, 75 * 10**14), min_size=LEAST_PAIRS + 1, max_size=60)


def line(series: list[int]) -> Fraction | None:
    """Least squares by the book's sums of deviations; None where x does not vary."""
    pairs = list(pairwise(series))
    mean_x = Fraction(sum(x for x, _ in pairs), len(pairs))
    mean_y = Fraction(sum(y for _, y in pairs), len(pairs))
    spread = sum((x - mean_x) ** 2 for x, _ in pairs)
    if not spread:
        return None
    slope = sum((x - mean_x) * (y - mean_y) for x, y in pairs) / spread
    return mean_y + max(Fraction(-1), min(Fraction(1), slope)) * (series[-1] - mean_x)


@given(series=rates)
def test_forecast__any_rates__the_least_squares_line_floored(series: list[int]) -> None:
    wanted = line(series)

    assert forecast(series) == (series[-1] if wanted is None else wanted.numerator // wanted.denominator)


def test_fit__a_series_that_halves__phi_is_a_half_and_the_next_half_again() -> None:
    series = [2**20 >> n for n in range(10)]

    found = fit(series)

    assert found is not None
    assert found.phi_ppm == PPM // 2
    assert forecast(series) == series[-1] // 2


def test_fit__a_series_that_explodes__phi_counts_as_1() -> None:
    found = fit([3**n for n in range(8)])

    assert found is not None
    assert found.phi_ppm == PPM


def test_forecast__the_same_rate_all_the_time__again() -> None:
    assert forecast([10**14] * 9) == 10**14


@pytest.mark.parametrize("count", range(LEAST_PAIRS + 1))
def test_forecast__too_few_pairs__none(count: int) -> None:
    assert forecast(list(range(count))) is None


@given(series=rates)
def test_forecasts__each_place__knows_only_what_came_before(series: list[int]) -> None:
    changed = [*series[:-1], series[-1] + 10**15]

    assert forecasts(series) == forecasts(changed)
    assert forecasts(series)[: LEAST_PAIRS + 1] == [None] * (LEAST_PAIRS + 1)


@pytest.mark.parametrize(
    ("expected", "known", "error"),
    [
        ([None, 3, 5], [0, 6, 9], 3),  # 3 and 4 off
        ([None, None, None], [0, 6, 9], None),
        ([0, 6, 9], [0, 6, 9], 0),
        ([-1, 6, 9], [0, 6, 9], 0),
    ],
)
def test_mean_error__known_places_alone__floored(
    expected: list[int | None], known: list[int], error: int | None
) -> None:
    assert mean_error(expected, known) == error
