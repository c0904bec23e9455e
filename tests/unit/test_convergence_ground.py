"""The AMM, the index paths, the two models: short runs whose answer is known."""

from itertools import pairwise
from statistics import stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.convergence import ground, linear, paths
from reporter.convergence.agents import Agent, Sight, make_agents
from reporter.convergence.amm import DEPTH, amm_at
from reporter.convergence.metrics import figures
from reporter.convergence.modes import CONTINUOUS, EIGHT_HOURLY, HOURLY, MODES, OFF, UNDAMPED, chosen
from reporter.convergence.play import STEP_S, play
from reporter.errors import UsageError
from reporter.funding.formulas import ONE

pytestmark = pytest.mark.unit
INDEX, BP, START_S = 60_000 * 10**8, ONE // 10_000, 1_790_006_400


class Holder:
    """Buys once, and holds."""

    def __init__(self, size: int) -> None:
        self.name, self.size = "holder", size

    def order(self, sight: Sight, position: int) -> int:
        return self.size - position


def after(mode: str, agents: list[Agent], minutes: int) -> ground.Ground:
    """The ground after so many minutes of an index that stands still."""
    steps = play(agents, [INDEX] * minutes, START_S)
    step = next(steps)
    here = ground.Ground(MODES[mode], step)
    for _ in range(minutes - 1):
        step = steps.send(here.take(step))
    here.take(step)
    return here


def test_amm__one_percent_of_its_depth_bought__two_percent_dearer() -> None:
    curve = amm_at(INDEX, 8, DEPTH).trade(DEPTH // 100)

    assert curve.mark(8) == INDEX * 10_000 // 9_801


@given(st.lists(st.integers(-(10**21), 10**21), max_size=20))
def test_amm__any_trades_and_back__the_price_it_had_and_never_a_smaller_product(sizes: list[int]) -> None:
    first = curve = amm_at(INDEX, 8, 100 * DEPTH)
    for size in sizes:
        curve = curve.trade(size)
        assert curve.base * curve.quote >= curve.product

    assert curve.trade(-sum(sizes)) == first


def test_ground__a_premium_of_20_bp_for_an_hour__the_rate_is_that_less_the_dampener() -> None:
    held = after(HOURLY, [Holder(10 * ONE)], 62)

    premium = held.market.premium
    assert premium == pytest.approx(20 * BP, rel=0.01)
    # one minute of the first hour was before the trade
    assert held.market.rate == pytest.approx(premium * 59 // 60 - 5 * BP, abs=BP // 10)


def test_ground__undamped__the_rate_is_the_premium() -> None:
    held = after(UNDAMPED, [Holder(10 * ONE)], 10)

    assert held.market.rate == held.market.premium


def test_ground__off__nothing_is_paid() -> None:
    held = after(OFF, [Holder(100 * ONE)], 200)

    assert held.market.rate == 1
    assert held.market.net * ONE // INDEX < BP


def test_ground__eight_hourly__no_rate_before_the_eighth_hour() -> None:
    assert after(EIGHT_HOURLY, [Holder(10 * ONE)], 480).market.rate == 0
    assert after(EIGHT_HOURLY, [Holder(10 * ONE)], 481).market.rate > 14 * BP


def test_run__agents_of_one_seed__the_same_track_twice_and_another_for_another_seed() -> None:
    def track(seed: int) -> ground.Track:
        return ground.run(
            MODES[HOURLY],
            play(
                make_agents({"noise": 4, "arbitrage": 2, "trend": 1}, seed, 5 * BP),
                paths.walk(seed, 300, 10),
                START_S,
            ),
        )

    assert track(1) == track(1)
    assert track(1) != track(2)
    assert len(track(1).basis_bp) == 300


def test_run__arbitrageurs_and_funding__hold_the_basis_nearer_than_without() -> None:
    def tracking(mode: str) -> float:
        steps = play(
            make_agents({"noise": 4, "arbitrage": 4, "trend": 0}, 2, 5 * BP),
            paths.walk(2, 7_200, 10),
            START_S,
        )
        return figures(ground.run(MODES[mode], steps), 5).tracking_bp

    assert tracking(CONTINUOUS) < tracking(OFF) / 1.5


def test_linear__the_same_seed__the_same_noise_in_every_mode() -> None:
    off, hourly = (linear.run(MODES[mode], 5, 3) for mode in (OFF, HOURLY))

    assert off.basis_bp[:60] == pytest.approx(hourly.basis_bp[:60])
    assert off.basis_bp[120:] != pytest.approx(hourly.basis_bp[120:], rel=1e-9)


def test_linear__a_change_in_an_hour__six_basis_points_of_noise() -> None:
    track = linear.run(MODES[OFF], 1, 400).hourly()

    assert stdev(b - a for a, b in pairwise(track.basis_bp)) == pytest.approx(6, abs=0.6)


def test_linear__hourly_funding__returns_at_least_twice_as_fast_as_none() -> None:
    def reversion(mode: str) -> float:
        return sum(figures(linear.run(MODES[mode], seed, 240), 5).reversion or 0 for seed in (1, 2, 3))

    assert reversion(HOURLY) > 2 * reversion(OFF)


def test_linear__undamped__an_hour_takes_from_the_basis_what_it_pays() -> None:
    effects = [figures(linear.run(MODES[UNDAMPED], seed, 240), 5).effect or 0 for seed in (1, 2, 3)]

    assert (
        0.9 < sum(effects) / 3 < 1.7
    )  # 1, the model's own return of 0.16 in step with it, and the bias of short rows


def test_walk__its_volatility__as_asked_and_paired_by_seed() -> None:
    path = paths.walk(1, 60 * 200, 50)
    hourly = path[::60]

    assert path == paths.walk(1, 60 * 200, 50)
    assert stdev((b - a) * 10_000 / a for a, b in pairwise(hourly)) == pytest.approx(50, rel=0.15)


def test_recorded__prices_with_holes__the_last_known_each_minute() -> None:
    assert paths.recorded([(0, 10), (60, 11), (200, 12)], 4) == [10, 11, 11, 11]


def test_recorded__longer_than_the_record__says_how_long_it_is() -> None:
    with pytest.raises(UsageError, match="covers 4 minutes of 5"):
        paths.recorded([(0, 10), (60, 11), (200, 12)], 5)


def test_chosen__names__in_their_order() -> None:
    assert list(chosen("hourly, off")) == ["hourly", "off"]
    assert list(chosen("all")) == list(MODES)


def test_chosen__unknown__named_with_a_hint() -> None:
    with pytest.raises(UsageError, match="'weekly'") as refused:
        chosen("weekly")

    assert "hourly" in refused.value.hint
    assert STEP_S == 60
