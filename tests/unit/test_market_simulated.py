"""The simulated market: the same everywhere, bounded, and lively enough to watch."""

import subprocess
import sys
from itertools import pairwise
from math import sqrt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.market.factory import open_market
from reporter.market.simulated import ASSETS, STEP_MS, SimulatedMarket
from reporter.market.walk import Dice, Walk
from reporter.models import SCALE

pytestmark = pytest.mark.unit

EPOCH_MS = 1_800_000_000_123
HOUR_STEPS = 14_400
PERPETUAL = ("deribit", "BTC/USD-PERP")
times = st.integers(EPOCH_MS - 10**7, EPOCH_MS + 10**11)
seeds = st.integers(0, 2**64)


def path(feed: str, steps: int, seed: int = 7) -> list[int]:
    market = SimulatedMarket(seed, EPOCH_MS)
    prices = [market.reference(feed, EPOCH_MS + step * STEP_MS) for step in range(steps)]
    return [price for price in prices if price is not None]


def rises(prices: list[int]) -> list[float]:
    return [after / before - 1 for before, after in pairwise(prices)]


@given(seed=seeds, wall_ms=times)
def test_market__two_instances_asked_in_any_order__agree(seed: int, wall_ms: int) -> None:
    one, other = (open_market(epoch_ms=EPOCH_MS, seed=seed) for _ in range(2))
    other.quote("kraken", "BTC/USDT", wall_ms + 3_600_000)

    for venue, symbol in (("kraken", "BTC/USDT"), ("gemini", "USDC/USD"), PERPETUAL):
        assert one.quote(venue, symbol, wall_ms) == other.quote(venue, symbol, wall_ms)
    assert one.reference("BTC/USD", wall_ms) == other.reference("BTC/USD", wall_ms)


def test_market__another_process__agrees() -> None:
    """Hash randomisation, import order or platform words must not reach a price."""
    told = "m.quote('okx', 'ETH/USDC', 1800000123456), m.reference('BTC/USD-PERP', 1800000123456)"
    script = (
        "from reporter.market.factory import open_market as o; m = o(epoch_ms=1800000000123, seed=7); print"
    )
    out = subprocess.run(
        [sys.executable, "-c", f"{script}(({told}))"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "5"},
        cwd=Path(__file__).parents[2],
    )
    market = open_market(epoch_ms=1800000000123, seed=7)

    here = (
        market.quote("okx", "ETH/USDC", 1800000123456),
        market.reference("BTC/USD-PERP", 1800000123456),
    )
    assert out.stdout.strip() == str(here)


def test_market__known_seed__keeps_its_prices() -> None:
    """A change of these breaks the agreement between a server and a devnet of different versions."""
    market = SimulatedMarket(7, EPOCH_MS)

    assert market.reference("BTC/USD", EPOCH_MS) == 67059068416321203904000
    assert market.reference("BTC/USD", EPOCH_MS + 600_000) == 66855682389765097472000


def test_market__other_seed__has_other_prices() -> None:
    assert path("BTC/USD", 1, seed=7) != path("BTC/USD", 1, seed=8)


@given(seed=seeds, wall_ms=times)
def test_market__any_moment__is_bounded_sane_and_on_time(seed: int, wall_ms: int) -> None:
    market = SimulatedMarket(seed, EPOCH_MS)

    for venue, symbol in (("binance", "BTC/USDT"), ("coinbase", "ETH/USD"), ("okx", "USDC/USDT")):
        quote = market.quote(venue, symbol, wall_ms)
        assert quote is not None
        base, _, counter = symbol.partition("/")
        per = ASSETS[counter].base if counter in ASSETS else SCALE
        level = ASSETS[base].base * SCALE // per
        assert abs(quote.bid - level) * 5 < level
        assert 0 < quote.bid < quote.ask
        spread_ppm = (quote.ask - quote.bid) * 10**6 // quote.bid
        assert 99 <= spread_ppm <= 422  # 1 to 4 bp, and a tick of rounding each way
        assert 0 <= wall_ms - quote.book_at_ms < STEP_MS
        assert STEP_MS <= quote.book_at_ms - quote.last_at_ms <= 7 * STEP_MS


@given(seed=seeds, wall_ms=times)
def test_market__same_trade_seen_later__has_the_same_price(seed: int, wall_ms: int) -> None:
    market = SimulatedMarket(seed, EPOCH_MS)

    now, later = (market.quote("kraken", "BTC/USD", wall_ms + wait) for wait in (0, STEP_MS))

    assert now is not None
    assert later is not None
    assert later.book_at_ms > now.book_at_ms
    assert later.last_at_ms >= now.last_at_ms
    assert later.last_at_ms != now.last_at_ms or later.last == now.last


def test_btc__an_hour__has_the_volatility_of_its_docstring() -> None:
    moves = [rise for rise in rises(path("BTC/USD", HOUR_STEPS)) if abs(rise) < 0.002]  # without the jumps

    annual = sqrt(sum(move * move for move in moves) / len(moves) * HOUR_STEPS * 24 * 365)

    assert 2.3 < annual < 2.7


def test_btc__an_hour__moves_a_tenth_of_a_percent_every_few_seconds() -> None:
    prices, updates = path("BTC/USD", HOUR_STEPS), 0
    answer = prices[0]
    for price in prices:
        if abs(price - answer) * 1000 >= answer:
            answer, updates = price, updates + 1

    assert 3 < 3600 / updates < 10


def test_btc__an_hour__jumps_now_and_then() -> None:
    jumps = [rise for rise in rises(path("BTC/USD", HOUR_STEPS)) if abs(rise) > 0.002]

    assert 10 < len(jumps) < 50


@pytest.mark.parametrize("feed", ["USDT/USD", "USDC/USD"])
def test_stablecoin__ten_hours__stays_near_one_and_moves(feed: str) -> None:
    market = SimulatedMarket(7, EPOCH_MS)
    prices = [market.reference(feed, EPOCH_MS + 10_000 * tick) or 0 for tick in range(3_600)]

    assert 0.997 * SCALE < min(prices) < max(prices) < 1.003 * SCALE
    assert max(prices) - min(prices) > SCALE // 10_000


@pytest.mark.parametrize("feed", ["BTC/USDT", "DOGE/USD", "USD/USD", "BTC"])
def test_reference__not_an_asset_in_dollars__is_none(feed: str) -> None:
    assert SimulatedMarket(7, EPOCH_MS).reference(feed, EPOCH_MS) is None


def test_venues__bias__lasts_and_differs() -> None:
    """Averaged over minutes the noise is gone, and what is left is each venue's own."""
    market = SimulatedMarket(7, EPOCH_MS)

    def bias_ppm(venue: str, from_step: int) -> int:
        total = 0
        for step in range(from_step, from_step + 400):
            quote = market.quote(venue, "BTC/USD", EPOCH_MS + step * STEP_MS)
            fair = market.reference("BTC/USD", EPOCH_MS + step * STEP_MS)
            assert quote is not None
            assert fair is not None
            total += ((quote.bid + quote.ask) // 2 - fair) * 10**6 // fair
        return total // 400

    early, late = ({venue: bias_ppm(venue, start) for venue in ("kraken", "gemini")} for start in (0, 10**6))

    assert all(abs(early[venue] - late[venue]) <= 10 for venue in early)
    assert abs(early["kraken"] - early["gemini"]) > 20
    assert all(abs(bias) <= 305 for bias in early.values())


def test_simulated__label_and_source__say_so() -> None:
    market = open_market(epoch_ms=EPOCH_MS, seed=7)

    assert market.label == market.label_of("deribit") == market.label_of("kraken") == "SIMULATED seed 7"
    assert (market.source, market.tape_ms(EPOCH_MS), market.ended(EPOCH_MS + 10**12)) == (
        "simulated",
        None,
        False,
    )


@given(key=st.text(), step=st.integers(-(10**9), 10**9))
def test_walk__neighbouring_steps__are_close(key: str, step: int) -> None:
    walk = Walk(Dice(key), 10**9, 8)

    # Each step is a sum of displacements of at most 3.5 deviations that shrink by the square root of two.
    assert abs(walk.at(step + 1) - walk.at(step)) < 20 * 10**9


def test_walk__many_steps__have_the_asked_deviation() -> None:
    walk = Walk(Dice("deviation"), 10**9, 8)
    moves = [walk.at(step + 1) - walk.at(step) for step in range(20_000)]

    deviation = sqrt(sum(move * move for move in moves) / len(moves))

    assert 0.95e9 < deviation < 1.05e9


def test_walk__many_steps_apart__spreads_with_the_square_root_of_time() -> None:
    walk = Walk(Dice("spread"), 10**9, 12)
    moves = [walk.at(100 * (part + 1)) - walk.at(100 * part) for part in range(4_000)]

    deviation = sqrt(sum(move * move for move in moves) / len(moves))

    assert 9e9 < deviation < 11e9
