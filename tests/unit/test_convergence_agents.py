"""Each agent by itself: when it trades, which way, and when it does not."""

from dataclasses import replace

import pytest

from reporter.convergence.agents import (
    USUAL,
    Arbitrageur,
    NoiseTrader,
    Sight,
    TrendFollower,
    counts_of,
    make_agents,
)
from reporter.convergence.play import LEAST, fitted
from reporter.errors import UsageError
from reporter.funding.formulas import ONE

pytestmark = pytest.mark.unit
INDEX, BP, HOUR_S = 60_000 * 10**8, ONE // 10_000, 3_600
FEE = 5 * BP
CALM = Sight(1_000, INDEX, INDEX, 0, 0, 1_000)
ARB = Arbitrageur("a", 8 * HOUR_S, FEE, trust=0)


def premium(bp: int) -> Sight:
    return replace(CALM, mark=INDEX + INDEX * bp // 10_000)


def test_arbitrageur__expected_funding_is_a_round_trip_of_fees__does_nothing() -> None:
    assert ARB.order(replace(CALM, predicted=10 * BP), 0) == 0
    assert ARB.order(replace(CALM, predicted=-10 * BP), 0) == 0


def test_arbitrageur__funding_beats_fees_by_ten_bp__sells_a_lot_or_buys_it() -> None:
    assert ARB.order(replace(CALM, predicted=20 * BP), 0) == -ARB.lot
    assert ARB.order(replace(CALM, predicted=-20 * BP), 0) == ARB.lot


def test_arbitrageur__rate_in_force_for_half_its_horizon__counts_half() -> None:
    sight = replace(CALM, rate=40 * BP, next_s=1_000 + 4 * HOUR_S)

    assert ARB.funding(sight) == 20 * BP
    assert ARB.funding(replace(sight, predicted=-40 * BP)) == 0


def test_arbitrageur__basis_alone__only_the_share_it_trusts_counts() -> None:
    trusting = replace(ARB, trust=ONE // 2)

    assert trusting.short_gain(premium(40)) == 20 * BP
    assert trusting.order(premium(40), 0) == -ARB.lot
    assert ARB.order(premium(40), 0) == 0


def test_arbitrageur__at_its_limit__holds() -> None:
    assert ARB.order(replace(CALM, predicted=50 * BP), -ARB.limit) == 0


def test_arbitrageur__holding_costs__takes_a_lot_back_and_no_more_than_it_has() -> None:
    costs = replace(CALM, predicted=5 * BP)

    assert ARB.order(costs, ONE) == -ARB.lot
    assert ARB.order(costs, ARB.lot // 3) == -(ARB.lot // 3)
    assert ARB.order(costs, -ONE) == 0


def test_noise_trader__over_its_time__trades_towards_wishes_within_its_size() -> None:
    trader = make_agents(dict.fromkeys(USUAL, 1), 3, FEE)[0]
    assert isinstance(trader, NoiseTrader)
    held, trades = 0, 0
    for minute in range(0, 60 * 500, 15):
        size = trader.order(replace(CALM, at_s=1_000 + 60 * minute), held)
        held, trades = held + size, trades + bool(size)

        assert abs(held) <= trader.largest

    assert 3 <= trades <= 25  # 500 hours, a wish lasts 50


def test_trend_follower__mark_rises_above_its_average__long_and_then_short() -> None:
    trend, held = TrendFollower("t"), 0
    held += trend.order(CALM, held)
    assert held == 0

    held += trend.order(replace(premium(100), at_s=1_060), held)
    assert held == trend.size

    held += trend.order(replace(premium(-100), at_s=1_120), held)
    assert held == -trend.size


def test_make_agents__the_same_seed__the_same_moods_of_the_same_traders() -> None:
    one, two = make_agents(USUAL, 7, FEE), make_agents(USUAL, 7, FEE)

    assert [a.name for a in one] == [a.name for a in two]
    assert len({a.name for a in one}) == sum(USUAL.values())
    for a, b in zip(one, two, strict=True):
        late = replace(CALM, at_s=10**7)
        assert (a.order(CALM, 0), a.order(late, 0)) == (b.order(CALM, 0), b.order(late, 0))


def test_counts_of__a_list__others_have_none() -> None:
    assert counts_of("noise=3,trend=2") == {"noise": 3, "arbitrage": 0, "trend": 2}
    assert counts_of("") == USUAL


@pytest.mark.parametrize(
    "text", ["noise", "noise=x", "whale=1", "noise=-1", "noise=0", "noise=41", "noise=8,,"]
)
def test_counts_of__nonsense__refused_with_a_hint(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        counts_of(text)

    assert refused.value.hint


@pytest.mark.parametrize(
    ("size", "held", "fits"),
    [
        (LEAST, 0, LEAST),
        (LEAST - 1, 0, 0),
        (-ONE, ONE + 1, -ONE - 1),
        (-ONE - 1, ONE, -ONE),
        (-ONE, ONE, -ONE),
        (LEAST - 1, ONE, 0),
    ],
)
def test_fitted__an_order__leaves_no_crumbs(size: int, held: int, fits: int) -> None:
    assert fitted(size, held) == fits
