"""BitMEX's index protection, by hand, from its own posts."""

import pytest

from reporter.methods import Exclusion, Result, State
from reporter.methods.bitmex import BitmexRules, bitmex
from tests.unit.sampling import MINUTE, named, run, sample

pytestmark = pytest.mark.unit


def test_bitmex__its_example_of_2017__then_c_is_removed_and_the_index_stays() -> None:
    """Equal weights at 100, C changes to 50: the index is that of A and B."""
    result, state = bitmex(named(a=100, b=100, c=50), State(), BitmexRules(exclude_ppm=250_000))

    assert result == Result(100, None, ("a", "b"), "")
    assert state == State(0, 100, (Exclusion("c", None),))


@pytest.mark.parametrize(("price", "kept"), [(109, 3), (110, 2), (91, 3), (90, 2)])
def test_bitmex__of_three__then_ten_percent_or_more_is_out(price: int, kept: int) -> None:
    assert len(run("bitmex", named(a=100, b=100, c=price)).kept) == kept


def test_bitmex__two_constituents_disagree__then_the_last_price_until_they_agree() -> None:
    """Five percent of the median of 2000 is 100."""
    before = State(0, 1_990)

    held, state = bitmex(named(a=1_900, b=2_100), before)
    agreed, _ = bitmex(named(a=1_901, b=2_099), state)

    assert held == Result(1_990, None, ("a", "b"), "held: two constituents disagree")
    assert agreed == Result(2_000, None, ("a", "b"), "")


def test_bitmex__two_far_apart__then_held_and_neither_is_out() -> None:
    held, state = bitmex(named(a=1_000, b=1_300), State(0, 1_000))

    assert (held.price, held.kept, state.exclusions) == (1_000, ("a", "b"), ())


def test_bitmex__two_disagree_and_a_third_is_near_their_median__then_it_comes_back() -> None:
    """Rule 4a goes by the median of the two, however far the held price is."""
    waiting = State(16 * MINUTE, 1_500, (Exclusion("c", 0),))

    result, _ = bitmex(named(a=1_900, b=2_100, c=2_000), waiting)

    assert result == Result(2_000, None, ("a", "b", "c"), "")


def test_bitmex__the_only_constituent_jumps__then_the_last_price() -> None:
    before = State(0, 1_000)

    assert bitmex(named(a=1_100), before)[0].price == 1_000
    assert bitmex(named(a=1_099), before)[0].price == 1_099


def test_bitmex__weights__then_those_that_are_in_share_the_weight() -> None:
    weighted = [sample("a", 100, 500_000), sample("b", 104, 250_000), sample("c", 200, 250_000)]

    assert run("bitmex", weighted).price == (100 * 2 + 104) // 3


def readmission(*c_prices: int) -> list[str]:
    """Who is in, every five minutes from C's exclusion on, while A and B stay at 1000."""
    _, state = bitmex(named(a=1_000, b=1_000, c=2_000), State())
    active = []
    for step, price in enumerate(c_prices):
        result, state = bitmex(named(a=1_000, b=1_000, c=price), state.at(step * 5 * MINUTE))
        active.append("".join(result.kept))
    return active


def test_bitmex__near_for_more_than_a_quarter_of_an_hour__then_back() -> None:
    assert readmission(1_020, 1_020, 980, 1_000, 1_020) == ["ab", "ab", "ab", "ab", "abc"]


def test_bitmex__away_for_a_moment__then_the_time_starts_again() -> None:
    assert readmission(1_000, 1_000, 1_021, 1_000, 1_000, 1_000, 1_000, 1_000) == ["ab"] * 7 + ["abc"]


def test_bitmex__stale_while_waiting__then_the_time_starts_again() -> None:
    near = State(15 * MINUTE, 100, (Exclusion("c", 0),))

    _, state = bitmex(named(a=100, b=100), near.at(16 * MINUTE))

    assert state.exclusions == (Exclusion("c", None),)


def test_bitmex__nobody_is_in__then_back_near_the_last_price() -> None:
    """Rule 4b: within 10 % of the index price, for the same quarter of an hour."""
    both_out = State(16 * MINUTE, 100, (Exclusion("a", 0), Exclusion("b", 0)))

    result, state = bitmex(named(a=109, b=111), both_out)

    assert result == Result(109, None, ("a",), "")
    assert state.exclusions == (Exclusion("b", None),)


def test_bitmex__nobody_is_in_before_the_first_price__then_nobody_stays_out() -> None:
    result, state = bitmex(named(a=100, b=100, c=200, d=200), State())

    assert (result.price, result.kept) == (None, ())
    assert state == State(0, None, ())
