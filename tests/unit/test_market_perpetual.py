"""The simulated perpetual: near its reference, with a premium, and labelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.market.factory import open_market
from reporter.market.perpetual import (
    DAMPENER,
    IN_USDT,
    MAX_BASIS,
    MAX_FUNDING,
    MAX_OFFSET_PPM,
    VENUES,
    PerpetualMarket,
    funding_8h,
)
from reporter.market.tape import Series, Tape, TapeMarket
from reporter.models import SCALE

pytestmark = pytest.mark.unit

EPOCH_MS = 1_800_000_000_123
PERPETUAL = ("deribit", "BTC/USD-PERP")
times = st.integers(EPOCH_MS - 10**7, EPOCH_MS + 10**11)
seeds = st.integers(0, 2**64)


@given(wall_ms=times, seed=seeds)
def test_perpetual__any_moment__is_near_its_reference(wall_ms: int, seed: int) -> None:
    market = open_market(epoch_ms=EPOCH_MS, seed=seed)

    found, quote = market.perpetual(wall_ms), market.quote(*PERPETUAL, wall_ms)

    assert found is not None
    assert quote is not None
    assert found.index == market.reference("BTC/USD", wall_ms)
    assert abs(found.mark - found.index) * SCALE <= found.index * (MAX_BASIS + SCALE // 10**6)
    assert quote.bid <= found.mark < quote.ask == quote.bid + SCALE // 2
    assert market.reference("BTC/USD-PERP", wall_ms) == found.mark
    assert quote.last_at_ms < quote.book_at_ms <= wall_ms


@pytest.mark.parametrize("venue", sorted(VENUES))
@given(wall_ms=times, seed=seeds)
def test_perpetual__any_venue__its_mark_in_dollars_is_near_deribits(
    venue: str, wall_ms: int, seed: int
) -> None:
    market = open_market(epoch_ms=EPOCH_MS, seed=seed)
    found, deribit = market.perpetual(wall_ms, venue), market.perpetual(wall_ms)
    tether = market.reference("USDT/USD", wall_ms)
    assert found is not None
    assert deribit is not None
    assert tether is not None

    dollars = found.mark * tether // SCALE if venue in IN_USDT else found.mark

    assert abs(dollars - deribit.mark) * 10**6 <= deribit.mark * (MAX_OFFSET_PPM + 1)
    assert (venue, VENUES[venue]) in market.markets
    assert market.quote(venue, VENUES[venue], wall_ms) is not None


def test_perpetual__an_hour__has_premium_and_funding_both_ways() -> None:
    market = open_market(epoch_ms=EPOCH_MS, seed=7)
    found = [market.perpetual(EPOCH_MS + second * 1000) for second in range(0, 3_600, 5)]

    rates = [each.funding_8h for each in found if each is not None]

    assert min(rates) < 0 < max(rates)
    assert 0 in rates


@pytest.mark.parametrize(
    ("premium", "rate"),
    [
        (0, 0),
        (DAMPENER, 0),
        (-DAMPENER, 0),
        (SCALE // 1000, SCALE // 1000 - DAMPENER),
        (-SCALE // 1000, DAMPENER - SCALE // 1000),
        (SCALE // 100, MAX_FUNDING),
        (-SCALE // 100, -MAX_FUNDING),
    ],
)
def test_funding__premium__pays_what_is_beyond_the_dampener(premium: int, rate: int) -> None:
    assert funding_8h(premium) == rate


def tape_with_perpetual() -> PerpetualMarket:
    series = {("kraken", "BTC/USD"): Series((660_000,), (20_000 * SCALE,))}
    return PerpetualMarket(
        TapeMarket(Tape("little", 600_000, 780_000, series), 600_000, EPOCH_MS, 60), 7, EPOCH_MS
    )


def test_perpetual__on_a_tape__alone_is_simulated_and_says_so() -> None:
    market = tape_with_perpetual()

    assert market.label == "TAPE little x60 + SIMULATED perpetual"
    assert market.label_of("kraken") == "TAPE little x60"
    assert market.label_of("deribit") == "SIMULATED perpetual on TAPE little x60"
    assert market.markets == (("bitmex", "BTC/USD-PERP"), ("deribit", "BTC/USD-PERP"), ("kraken", "BTC/USD"))


def test_perpetual__before_the_tape_has_a_price__has_none() -> None:
    market = tape_with_perpetual()

    assert market.quote(*PERPETUAL, EPOCH_MS + 999) is None
    assert market.reference("BTC/USD-PERP", EPOCH_MS + 999) is None
    assert market.quote(*PERPETUAL, EPOCH_MS + 1_000) is not None


def test_perpetual__tape_over__ends_with_it() -> None:
    market = tape_with_perpetual()

    assert market.tape_ms(EPOCH_MS + 1_000) == 660_000
    assert not market.ended(EPOCH_MS + 2_999)
    assert market.ended(EPOCH_MS + 3_000)
