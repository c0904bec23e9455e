"""The Python twin of the funding clock: the rules of contracts/libraries/FundingClock.sol on small histories."""

from dataclasses import replace

import pytest

from reporter.funding import Market, Params, Reading, advance
from reporter.funding.clock import new_market, predicted_rate, with_params

pytestmark = pytest.mark.unit

HOUR = 3_600
T0 = 500_000 * HOUR
INDEX = 60_000 * 10**8
PRICE = 60_000 * 10**18
PER_CENT = 10**16


def seen(at: int, premium: int | None = 0, index: int = INDEX) -> Reading:
    """An index of this second; without a premium no sample."""
    return Reading(index, at, at, premium is not None, premium or 0)


def opened(params: Params | None = None) -> Market:
    return advance(new_market(params or Params(), 8, T0), seen(T0), T0)[0]


def kept(market: Market, until: int, premium: int | None = 0, step_s: int = 60) -> Market:
    """Accrued every ``step_s`` with a fresh index."""
    while market.time < until:
        at = min(until, market.time + step_s)
        market, _ = advance(market, seen(at, premium), at)
    return market


def test_new_market__a_fresh_index__open_until_the_next_full_hour() -> None:
    market = opened()

    assert (market.paused, market.start, market.next, market.net) == (False, T0, T0 + HOUR, 0)


def test_advance__an_hour_at_the_index__the_rate_is_the_interest() -> None:
    market = kept(opened(), T0 + HOUR)

    assert market.rate == 10**14
    assert kept(market, T0 + 2 * HOUR).longs_paid == 10**14 * PRICE // 10**18 // 8


def test_advance__an_hour_below_the_index__only_what_shorts_paid_grows() -> None:
    market = kept(kept(opened(), T0 + HOUR, -PER_CENT // 5), T0 + 2 * HOUR - 60)

    assert (market.rate, market.longs_paid) == (-15 * 10**14, 0)
    assert market.shorts_paid > 0
    assert market.net == -market.shorts_paid


def test_advance__less_than_half_of_the_hour_covered__the_rate_is_zero() -> None:
    market = kept(kept(opened(), T0 + 1_799, PER_CENT), T0 + HOUR, None)

    assert market.rate == 0


def test_advance__the_index_goes_stale__accrues_to_its_end_and_says_so() -> None:
    market = kept(opened(), T0 + HOUR)

    stale, log = advance(market, Reading(), T0 + 5 * HOUR)

    assert stale.paused
    assert log.switches == (T0 + HOUR + 3_660,)
    assert stale.net == sum(10**14 * s * PRICE // (8 * HOUR * 10**18) for s in (HOUR,))  # the rest at rate 0
    assert [fixing.time for fixing in log.fixings] == [T0 + 2 * HOUR, T0 + 3 * HOUR]


@pytest.mark.parametrize(("after_s", "boundary"), [(1_800, 6), (1_801, 7)])
def test_advance__resumed__the_boundary_is_half_an_hour_away(after_s: int, boundary: int) -> None:
    back = T0 + 5 * HOUR + after_s

    market, log = advance(opened(), seen(back), back)

    assert log.switches == (T0 + 3_660, back)
    assert market.next == T0 + boundary * HOUR


def test_advance__a_late_call__the_old_index_until_the_new_one_came() -> None:
    market = kept(opened(), T0 + HOUR)

    later, _ = advance(market, Reading(2 * INDEX, T0 + HOUR + 70, T0 + HOUR + 100), T0 + HOUR + 150)

    one, two = (10**14 * s * p // (8 * HOUR * 10**18) for s, p in ((100, PRICE), (50, 2 * PRICE)))
    assert later.net == one + two


def test_advance__ten_years_without_a_call__few_steps() -> None:
    market = kept(opened(), T0 + HOUR)
    end = T0 + 87_600 * HOUR + 5

    later, log = advance(market, seen(end), end)

    assert len(log.fixings) <= 3
    assert (later.time, later.start) == (end, end)
    assert later.next % HOUR == 0


@pytest.mark.parametrize(("realisation_s", "share"), [(HOUR, 1), (8 * HOUR, 8), (24 * HOUR, 24)])
def test_advance__realised_over_a_period__an_hour_pays_its_share(realisation_s: int, share: int) -> None:
    params = Params(realisation_s=realisation_s, damping=0, max_rate=32 * PER_CENT)

    market = kept(kept(opened(params), T0 + HOUR, PER_CENT), T0 + 2 * HOUR, PER_CENT, 3_600)

    assert abs(market.net * share - PER_CENT * PRICE // 10**18) <= share * 10**6


def test_with_params__in_the_middle_of_an_hour__past_rate_and_boundary_stay() -> None:
    before = kept(opened(), T0 + HOUR + 600)

    after = with_params(before, Params(interval_s=7_200, interest=0, damping=0))

    assert replace(after, params=before.params) == before


@pytest.mark.parametrize(
    ("interval_s", "next_s"), [(7_200, 7_200), (900, 900), (1_000, 1_600), (28_800, 25_200)]
)
def test_with_params__another_interval__boundaries_are_its_multiples_at_least_half_of_it_away(
    interval_s: int, next_s: int
) -> None:
    start = T0 + 3 * HOUR  # a multiple of 2 h, 15 min; 1,000 s before and after it are 600 s and 400 s away
    market = with_params(kept(opened(), start - 600), Params(interval_s=interval_s))

    market = kept(market, start)

    assert (market.start, market.next % interval_s) == (start, 0)
    assert 2 * (market.next - start) >= interval_s
    assert market.next - interval_s - start < interval_s / 2


def test_predicted_rate__half_the_hour_gone__the_newest_premium_fills_the_rest() -> None:
    market = kept(kept(opened(), T0 + 1_800, 4 * 10**15), T0 + 1_860, 2 * 10**15)

    assert predicted_rate(market) == 3 * 10**15 + 10**15 // 30 - 5 * 10**14 - 10**15 // 30
