"""What the keeper leaves out changes nothing: the contract's twin, accrued at every step and only where it is useful."""

from dataclasses import replace
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.funding import Market, Params, Reading, advance
from reporter.funding.clock import new_market
from reporter.keeper import has_turn

pytestmark = pytest.mark.unit

T0 = 500_000 * 3_600
INDEX = 60_000 * 10**8
PARAMS = Params(interval_s=600, max_index_age_s=300)

# seconds to the next look; how long before it an answer came, if any, and how old it was then; its move; the mark's premium
History: TypeAlias = list[tuple[int, tuple[int, int] | None, int, int | None]]
steps = st.lists(
    st.tuples(
        st.integers(60, 900),
        st.none() | st.tuples(st.integers(0, 59), st.integers(0, 400)),
        st.integers(-(10**9), 10**9),
        st.none() | st.integers(-(10**16), 10**16),
    ),
    min_size=1,
    max_size=40,
)


def useful(market: Market, reading: Reading, at: int) -> bool:
    """``Keeper._useful`` on the twin: the view says what an accrual would leave."""
    view, _ = advance(market, reading, at)
    return reading.updated_at >= market.time or (not view.paused and (view.rate != 0 or reading.sampled))


def readings(history: History) -> list[tuple[int, Reading]]:
    """What is read at each look."""
    at, found, newest = T0, [], Reading(INDEX, T0, T0)
    for wait_s, arrived, move, premium in history:
        at += wait_s
        if arrived is not None and at - sum(arrived) > newest.observed_at:
            newest = Reading(INDEX + move, at - sum(arrived), at - arrived[0])
        fresh = at - newest.observed_at <= PARAMS.max_index_age_s
        found.append((at, replace(newest, sampled=fresh and premium is not None, premium=premium or 0)))
    return found


def played(looks: list[tuple[int, Reading]], *, sparing: bool) -> tuple[Market, int]:
    """The market behind the last look, accrued there in any case, and how many accruals were paid."""
    market, _ = advance(new_market(PARAMS, 8, T0), Reading(INDEX, T0, T0), T0)
    paid = 0
    for at, reading in looks:
        if not sparing or useful(market, reading, at):
            market, paid = advance(market, reading, at)[0], paid + 1
    at, reading = looks[-1]
    return (market if market.time == at else advance(market, reading, at)[0]), paid


@given(history=steps)
def test_keeper__useless_accruals_left_out__the_market_is_the_same_to_the_wei(history: History) -> None:
    looks = readings(history)

    every, paid = played(looks, sparing=False)
    sparing, fewer = played(looks, sparing=True)

    assert sparing == every
    assert fewer <= paid


def test_keeper__an_hour_of_a_dead_mark_at_one_index__only_the_first_accrual() -> None:
    looks = [(T0 + 60 * n, Reading(INDEX, T0, T0)) for n in range(1, 5)]

    assert played(looks, sparing=True)[1] == 1


def test_keeper__a_day_without_an_index__one_accrual_at_most() -> None:
    looks = [(T0 + 60 * n, Reading(INDEX, T0 + 60, T0 + 60)) for n in range(10, 1_440)]

    assert played(looks, sparing=False)[1] == 1_430
    assert played(looks, sparing=True)[1] == 1


@given(waited_s=st.integers(-100, 10**7), count=st.integers(1, 31), stagger_s=st.integers(1, 135))
def test_has_turn__any_moment__one_keeper_at_most_and_none_before_it_is_late(
    waited_s: int, count: int, stagger_s: int
) -> None:
    having = [place for place in range(count) if has_turn(waited_s, place, count, stagger_s)]

    assert len(having) <= 1
    assert waited_s >= 0 or not having


@pytest.mark.parametrize(
    ("waited_s", "place"), [(0, 0), (1, None), (2, 1), (4, 2), (6, 0), (600, 0), (602, 1)]
)
def test_has_turn__three_keepers_two_seconds_each__in_order_and_again(
    waited_s: int, place: int | None
) -> None:
    assert [p for p in range(3) if has_turn(waited_s, p, 3, 2)] == ([] if place is None else [place])
