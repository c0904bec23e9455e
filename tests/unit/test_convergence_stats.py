"""Statistics on rows whose answer is known."""

from math import exp, inf, isinf, log
from random import Random
from statistics import stdev

import pytest

from reporter.convergence import stats

pytestmark = pytest.mark.unit


def ar1_row(phi: float, length: int, seed: int = 1, mean: float = 0.0) -> list[float]:
    noise, x, row = Random(seed), 0.0, []
    for _ in range(length):
        x = phi * x + noise.gauss(0, 1)
        row.append(mean + x)
    return row


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9, 0.98])
def test_ar1__a_long_row_of_known_phi__is_found(phi: float) -> None:
    found = stats.ar1(ar1_row(phi, 100_000, mean=7.0))

    assert found == pytest.approx(phi, abs=0.01)


def test_ar1__a_decay_without_noise__exactly_its_phi() -> None:
    assert stats.ar1([3 + 0.5**t for t in range(20)]) == pytest.approx(0.5)


@pytest.mark.parametrize("row", [[], [1.0], [5.0] * 100, [1.0, 2.0, 3.0, 4.0]])
def test_ar1__constant_or_too_short__none(row: list[float]) -> None:
    assert stats.ar1(row) is None


def test_unbiased__short_rows__the_mean_is_nearer_the_truth_than_least_squares() -> None:
    phi, length = 0.9, 60
    plain = [stats.ar1(ar1_row(phi, length, seed)) for seed in range(400)]
    found = [value for value in plain if value is not None]

    raw = sum(found) / len(found)
    corrected = sum(stats.unbiased(value, length - 1) for value in found) / len(found)

    assert raw == pytest.approx(phi - (1 + 3 * phi) / length, abs=0.015)
    assert abs(corrected - phi) < abs(raw - phi) / 3


@pytest.mark.parametrize(("phi", "hours"), [(0.5, 1.0), (exp(-0.02), log(2) / 0.02), (1.0, inf), (1.1, inf)])
def test_half_life__of_phi__hours(phi: float, hours: float) -> None:
    assert stats.half_life_h(stats.reversion_per_h(phi, 1.0)) == pytest.approx(hours)


def test_reversion__steps_of_two_hours__per_hour() -> None:
    assert stats.reversion_per_h(exp(-0.2), 2.0) == pytest.approx(0.1)


@pytest.mark.parametrize("phi", [0.0, -0.4])
def test_reversion__no_memory__less_than_a_tenth_of_a_step(phi: float) -> None:
    assert 0 < stats.half_life_h(stats.reversion_per_h(phi, 1.0)) < 0.11


def test_slope__points_on_a_line__its_slope() -> None:
    assert stats.slope([1.0, 2.0, 4.0, 5.0], [3.0, 1.0, -3.0, -5.0]) == pytest.approx(-2.0)


def test_slope__x_never_changes__none() -> None:
    assert stats.slope([2.0] * 9, [float(i) for i in range(9)]) is None


def test_slope__rows_of_different_lengths__refused() -> None:
    with pytest.raises(ValueError, match="5 and 4 values make no pairs"):
        stats.slope([1.0] * 5, [1.0] * 4)


def test_student__five_values__by_hand() -> None:
    found = stats.student([1.0, 2.0, 3.0, 4.0, 5.0])

    assert found.mean == pytest.approx(3.0)
    assert found.low == pytest.approx(3.0 - 2.776 * 2.5**0.5 / 5**0.5)
    assert found.high == pytest.approx(3.0 + 2.776 * 2.5**0.5 / 5**0.5)


def test_student__one_value__no_interval() -> None:
    assert stats.student([4.0]) == stats.Interval(4.0, None, None)


def test_student__no_value__refused() -> None:
    with pytest.raises(ValueError, match="no run, no mean"):
        stats.student([])


def test_student__samples_of_eight__cover_the_mean_in_95_percent() -> None:
    noise, inside = Random(3), 0
    for _ in range(2_000):
        found = stats.student([noise.gauss(0, 1) for _ in range(8)])
        inside += found.low is not None and found.high is not None and found.low <= 0 <= found.high

    assert 0.935 < inside / 2_000 < 0.965


def test_phi_interval__of_one_long_row__covers_phi_in_95_percent() -> None:
    phi, inside = 0.8, 0
    for seed in range(300):
        found = stats.ar1(ar1_row(phi, 500, seed))
        assert found is not None
        interval = stats.phi_interval(found, 499)
        inside += (
            interval.low is not None and interval.high is not None and interval.low <= phi <= interval.high
        )

    assert 0.90 < inside / 300 < 0.98


def test_half_lives__a_rate_that_may_be_zero__without_an_upper_end() -> None:
    found = stats.half_lives(stats.Interval(0.02, -0.01, 0.05))

    assert found.mean == pytest.approx(log(2) / 0.02)
    assert found.low == pytest.approx(log(2) / 0.05)
    assert found.high is not None
    assert isinf(found.high)


def test_rms__of_three_and_four__root_of_their_mean_square() -> None:
    assert stats.rms([3.0, -4.0]) == pytest.approx(12.5**0.5)
    assert stats.rms([]) == 0.0


@pytest.mark.parametrize(
    ("runs", "quantile"), [(2, 12.706), (4, 3.182), (8, 2.365), (31, 2.042), (32, 1.960)]
)
def test_student__so_many_runs__their_quantile(runs: int, quantile: float) -> None:
    values = [float(i % 2) for i in range(runs)]
    found = stats.student(values)

    assert found.high is not None
    assert found.high - found.mean == pytest.approx(quantile * stdev(values) / runs**0.5)
