"""The figures of a run, on tracks made by hand."""

from math import log

import pytest

from reporter.convergence.metrics import Figures, Track, effectiveness, figures, outside_share, summary

pytestmark = pytest.mark.unit
FEE_BP = 5.0


def halving(hours: float, samples: int, step_s: int = 3_600) -> Track:
    """A basis that halves in so many hours, without funding."""
    step_h = step_s / 3_600
    return Track(step_s, [100 * 0.5 ** (i * step_h / hours) for i in range(samples)], [0.0] * samples)


def test_figures__a_basis_that_halves_in_six_hours__says_six_hours() -> None:
    found = figures(halving(6, 200), FEE_BP)

    assert found.reversion == pytest.approx(log(2) / 6)
    assert found.worst_bp == 100


def test_figures__sampled_each_minute__the_same_half_life() -> None:
    found = figures(halving(6, 200 * 60, 60), FEE_BP)

    assert found.reversion == pytest.approx(log(2) / 6)


def test_figures__a_constant_basis__no_half_life_and_its_size() -> None:
    found = figures(Track(3_600, [-7.0] * 50, [2.0] * 50), FEE_BP)

    assert (found.phi, found.reversion, found.corrected, found.effect) == (None, None, None, None)
    assert (found.tracking_bp, found.worst_bp) == (pytest.approx(7.0), 7.0)


@pytest.mark.parametrize(
    ("basis", "rate", "outside"),
    [(10.0, 0.0, 0.0), (10.1, 0.0, 1.0), (-10.1, 0.0, 1.0), (12.0, 2.0, 0.0), (12.1, -2.0, 1.0)],
)
def test_outside_share__at_the_edge__of_two_fees_and_the_rate(
    basis: float, rate: float, outside: float
) -> None:
    assert outside_share(Track(60, [basis] * 10, [rate] * 10), FEE_BP) == outside


def test_outside_share__one_of_four__a_quarter() -> None:
    assert outside_share(Track(60, [0.0, 20.0, 0.0, 1.0], [0.0] * 4), FEE_BP) == 0.25


@pytest.mark.parametrize("effect", [0.0, 0.5, 1.0, 2.0])
def test_effectiveness__a_basis_that_falls_by_so_much_of_what_is_paid__that(effect: float) -> None:
    rates = [8.0, -16.0, 24.0, 4.0, -40.0, 8.0]
    basis = [50.0]
    for rate in rates[:-1]:
        basis.append(basis[-1] - effect * rate / 8)

    assert effectiveness(Track(3_600, basis, rates)) == pytest.approx(effect)


def test_summary__two_runs__means_and_intervals_of_each_figure() -> None:
    runs = [Figures(0.9, 0.1, 0.05, 10.0, 30.0, 0.2, None), Figures(0.8, 0.3, 0.15, 20.0, 50.0, 0.4, None)]

    found = summary(runs)

    assert found.runs == 2
    assert found.half_life_h is not None
    assert found.half_life_h.mean == pytest.approx(log(2) / 0.2)
    assert found.corrected_h is not None
    assert found.corrected_h.mean == pytest.approx(log(2) / 0.1)
    assert (found.tracking_bp.mean, found.worst_bp.mean) == (15.0, 40.0)
    assert found.outside.mean == pytest.approx(0.3)
    assert found.effect is None


def test_effectiveness__rates_of_next_to_nothing__none() -> None:
    assert (
        effectiveness(Track(3_600, [1.0, 2.0, 4.0, 3.0, 2.0, 9.0], [1e-14, -1e-14, 1e-14, 0, 0, 1e-14]))
        is None
    )
