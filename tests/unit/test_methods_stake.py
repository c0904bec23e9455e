"""Medians by stake, by hand, from the tests of those who use them."""

import pytest

from tests.unit.stake import flare_quartiles, skip_price

pytestmark = pytest.mark.unit


def test_skip_price__exactly_half__then_the_lower_neighbour() -> None:
    assert skip_price([(100, 1), (200, 1)], 2) == 100
    assert skip_price([], 2) is None


def test_skip_price__an_odd_stake__then_its_half_is_rounded_down() -> None:
    """A third of the stake is enough here, which is not what a median promises."""
    assert skip_price([(100, 1), (200, 2)], 3) == 100


def test_skip_price__quorum__then_two_thirds_to_the_third_decimal() -> None:
    assert skip_price([(100, 667)], 1_000) == 100
    assert skip_price([(100, 666)], 1_000) is None


def test_flare_quartiles__two_voters_of_its_own_test__then_the_average_rounded_down() -> None:
    assert flare_quartiles([(3, 1), (4, 1)]) == (3, 3, 4)


def test_flare_quartiles__weights_that_grow_with_the_value__then_those_of_its_own_test() -> None:
    assert flare_quartiles([(n, n) for n in range(1, 101)]) == (71, 50, 87)


def test_flare_quartiles__no_voters__then_refused() -> None:
    with pytest.raises(ValueError, match="positive weights"):
        flare_quartiles([])
