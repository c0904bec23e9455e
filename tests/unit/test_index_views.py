"""Means over time: by hand, against a sum over every millisecond, and against the contract's rule."""

import itertools
from decimal import Context, Decimal, localcontext

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reporter.index.views import MAX_GAP_MS, TWAP_WINDOWS_MS, Point, View, ema, ema_step, twap
from reporter.models import SCALE

pytestmark = pytest.mark.unit

END = 1_700_000_000_000
prices = st.integers(1, 10**6 * SCALE)
steps_ms = st.integers(1, 90_000)
series = st.lists(st.tuples(steps_ms, prices), min_size=1, max_size=12)
many = settings(max_examples=1_000)


def points_of(steps: list[tuple[int, int]], start_ms: int = END) -> list[Point]:
    """Points whose times grow by the steps given."""
    points, at_ms = [], start_ms
    for step_ms, price in steps:
        at_ms += step_ms
        points.append(Point(at_ms, price))
    return points


def seconds(*pairs: tuple[int, int]) -> list[Point]:
    """Points of ``(second, whole price)``."""
    return [Point(at * 1000, price * SCALE) for at, price in pairs]


def by_the_millisecond(points: list[Point], end_ms: int, window_ms: int, max_gap_ms: int) -> tuple[int, int]:
    """Sum and count over every millisecond (t - 1, t] of the window, each asked for its price."""
    total = count = 0
    for t in range(end_ms - window_ms + 1, end_ms + 1):
        holder = max((p for p in points if p.at_ms < t), key=lambda p: p.at_ms, default=None)
        until = min((p.at_ms for p in points if p.at_ms >= t), default=end_ms)
        if holder and min(until, end_ms) - holder.at_ms <= max_gap_ms:
            total, count = total + holder.price, count + 1
    return total, count


def test_twap__by_hand__each_price_until_the_next_and_the_oldest_clipped() -> None:
    # 100 from 30 (clipped to 40) to 50, 110 to 70, 130 to 100: 10*100 + 20*110 + 30*130 = 7,100 over 60 s.
    points = seconds((30, 100), (50, 110), (70, 130))

    assert twap(points, 100_000, 60_000) == View(7_100 * SCALE // 60, 1_000_000)


def test_twap__a_point_at_the_end__does_not_count_yet() -> None:
    points = seconds((40, 100), (100, 900))

    assert twap(points, 100_000, 60_000) == View(100 * SCALE, 1_000_000)
    assert twap(points, 101_000, 60_000).price == (59 * 100 + 900) * SCALE // 60


def test_twap__gap_over_a_minute__is_left_out_and_lowers_the_coverage() -> None:
    # 0 to 100: 100 s at 10 are a gap. 100 to 160 at 20, 160 to 180 at 30.
    points = seconds((0, 10), (100, 20), (160, 30))

    assert twap(points, 180_000, 120_000) == View((60 * 20 + 20 * 30) * SCALE // 80, 666_666)


def test_twap__step_of_exactly_a_minute__counts_and_one_ms_more_does_not() -> None:
    assert twap(seconds((0, 10)), MAX_GAP_MS, 60_000) == View(10 * SCALE, 1_000_000)
    assert twap(seconds((0, 10)), MAX_GAP_MS + 1, 60_000) == View(None, 0)


def test_twap__a_gap_clipped_below_a_minute__is_still_a_gap() -> None:
    points = seconds((0, 10), (100, 20))

    assert twap(points, 130_000, 60_000) == View(20 * SCALE, 500_000)


def test_twap__too_little_covered__no_price_but_the_coverage() -> None:
    assert twap(seconds((71, 10)), 100_000, 60_000) == View(None, 483_333)
    assert twap(seconds((70, 10)), 100_000, 60_000).price == 10 * SCALE
    assert twap(seconds((71, 10)), 100_000, 60_000, min_coverage_ppm=0).price == 10 * SCALE


@pytest.mark.parametrize("points", [[], seconds((100, 5)), seconds((101, 5))])
def test_twap__no_point_before_the_end__no_price_even_if_nothing_is_asked_for(points: list[Point]) -> None:
    assert twap(points, 100_000, 60_000, min_coverage_ppm=0) == View(None, 0)


def test_twap__windows_offered__a_minute_half_an_hour_an_hour() -> None:
    points = [Point(at, at) for at in range(0, 7_200_001, 1_000)]

    means = [twap(points, 7_200_000, window) for window in TWAP_WINDOWS_MS]

    assert TWAP_WINDOWS_MS == (60_000, 1_800_000, 3_600_000)
    assert means == [View(7_200_000 - window // 2 - 500, 1_000_000) for window in TWAP_WINDOWS_MS]


def test_twap__times_that_do_not_grow__raises() -> None:
    with pytest.raises(ValueError, match="do not grow"):
        twap(seconds((50, 1), (50, 2)), 100_000, 60_000)


def test_twap__empty_window__raises() -> None:
    with pytest.raises(ValueError, match="from 100 to 100 is empty"):
        twap([], 100, 0)


@many
@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 999)), min_size=1, max_size=8),
    st.integers(0, 150),
    st.integers(1, 90),
    st.integers(1, 50),
)
def test_twap__any_points__equals_the_sum_over_every_millisecond(
    steps: list[tuple[int, int]], end_ms: int, window_ms: int, max_gap_ms: int
) -> None:
    points = points_of(steps, 0)
    total, count = by_the_millisecond(points, end_ms, window_ms, max_gap_ms)

    view = twap(points, end_ms, window_ms, max_gap_ms=max_gap_ms, min_coverage_ppm=0)

    assert view == View(total // count if count else None, count * 1_000_000 // window_ms)


@many
@given(series, st.integers(0, 200_000), st.integers(1, 3_600_000))
def test_twap__any_points__lies_within_their_prices(
    steps: list[tuple[int, int]], later_ms: int, window_ms: int
) -> None:
    points = points_of(steps)

    view = twap(points, points[-1].at_ms + later_ms, window_ms)

    assert 0 <= view.coverage_ppm <= 1_000_000
    assert (view.price is None) == (view.coverage_ppm < 500_000)
    assert view.price is None or min(p.price for p in points) <= view.price <= max(p.price for p in points)


@many
@given(series, st.integers(0, 11), st.integers(1, 10**22))
def test_twap__one_price_rises__never_falls(steps: list[tuple[int, int]], which: int, rise: int) -> None:
    points = points_of(steps)
    end_ms = points[-1].at_ms + 1_000
    risen = list(points)
    old = risen[which % len(points)]
    risen[which % len(points)] = Point(old.at_ms, old.price + rise)

    before, after = twap(points, end_ms, 600_000), twap(risen, end_ms, 600_000)

    assert (after.price or 0) >= (before.price or 0)
    assert after.coverage_ppm == before.coverage_ppm


@many
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 2**63)), min_size=2, max_size=12))
def test_twap__no_gaps__equals_the_difference_of_cumulatives_that_the_contract_takes(
    rounds: list[tuple[int, int]],
) -> None:
    points = points_of([(step * 1000, answer) for step, answer in rounds])
    cumulative = [0]
    for before, after in itertools.pairwise(points):
        cumulative.append(cumulative[-1] + before.price * (after.at_ms - before.at_ms) // 1000)
    window_s = (points[-1].at_ms - points[0].at_ms) // 1000

    view = twap(points, points[-1].at_ms, window_s * 1000)

    assert view == View(cumulative[-1] // window_s, 1_000_000)


def test_ema__by_hand__after_tau_ln_2_half_of_the_jump_is_followed() -> None:
    # exp(-693147 / 1000000) = 0.500000090279...
    mean = ema([*seconds((0, 100)), Point(693147, 200 * SCALE)], 1_000_000)

    assert mean is not None
    assert mean.at_ms == 693_147
    assert mean.price // 10**12 == 149_999990


def test_ema__first_point__is_its_own_mean_and_none_is_none() -> None:
    assert ema([], 1_000) is None
    assert ema([Point(5, 7)], 1_000) == Point(5, 7)


def test_ema_step__same_time__changes_nothing() -> None:
    assert ema_step(Point(5, 7), Point(5, 900), 1_000) == Point(5, 7)


def test_ema_step__a_long_silence__is_the_new_price() -> None:
    assert ema_step(Point(0, 7 * SCALE), Point(10**9, 900 * SCALE), 1_000).price == 900 * SCALE


@pytest.mark.parametrize(("at_ms", "tau_ms", "match"), [(4, 1, "does not follow"), (6, 0, "fraction")])
def test_ema_step__older_point_or_no_tau__raises(at_ms: int, tau_ms: int, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        ema_step(Point(5, 7), Point(at_ms, 7), tau_ms)


@many
@given(prices, prices, st.integers(0, 10**8), st.integers(1, 10**8))
def test_ema_step__any__within_1e_18_below_the_formula(before: int, price: int, dt: int, tau: int) -> None:
    with localcontext(Context(prec=80)):
        exact = before + (1 - (Decimal(-dt) / tau).exp()) * (price - before)

        got = ema_step(Point(0, before), Point(dt, price), tau).price

        assert -1 - Decimal("1e-11") <= got - exact <= Decimal("1e-11")
        assert min(before, price) <= got <= max(before, price)


@many
@given(series, st.integers(1, 10**7))
def test_ema__a_row_of_points__follows_the_formula_within_the_stated_sum(
    steps: list[tuple[int, int]], tau: int
) -> None:
    points = points_of(steps)
    with localcontext(Context(prec=80)):
        exact = Decimal(points[0].price)
        for before, after in itertools.pairwise(points):
            weight = (Decimal(before.at_ms - after.at_ms) / tau).exp()
            exact += (1 - weight) * (after.price - exact)

        mean = ema(points, tau)

        assert mean is not None
        assert -len(points) <= mean.price - exact <= Decimal("1e-9")


@many
@given(prices, prices, st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 10**7))
def test_ema__the_same_price_seen_once_more__changes_nothing(
    before: int, price: int, early: int, late: int, tau: int
) -> None:
    assume(before != price)
    once = ema([Point(0, before), Point(early + late, price)], tau)
    twice = ema([Point(0, before), Point(early, price), Point(early + late, price)], tau)

    assert once is not None
    assert twice is not None
    assert abs(once.price - twice.price) <= 2
