"""Gas is a promise: every figure that we publish has a limit here, measured by bench/gas.py's own functions on Anvil."""

import asyncio
from dataclasses import dataclass

import pytest
from gas_chain import anvil, build
from gas_funding import funding_gas
from gas_l2 import weigh
from gas_measure import RING, Lap, UpdateGas, compare_laps, deploy, update_gas, wrap
from gas_reads import read_gas, twap_window_gas
from gas_table import charges

pytestmark = pytest.mark.chain

# Receipt gas in steady state: (signatures, feeds) -> at most.
UPDATE_LIMITS = {
    (4, 1): 62_000,
    (7, 1): 77_000,
    (13, 1): 106_000,
    (21, 1): 146_000,
    (31, 1): 195_000,
    (13, 5): 166_000,
    (13, 10): 243_000,
    (13, 20): 398_000,
}
# A cold call from another contract. A search of the ring is 12 cold slots, log2 of its 4,096.
READ_LIMITS = {"strict": 5_700, "feed_latestRoundData": 8_600, "twap_rounds": 8_000, "twap_window": 41_000}
# Receipt gas of an accrual, its 21,000 included.
ACCRUAL_LIMITS = {
    "sample": 75_000,
    "book": 76_000,
    "boundary": 75_000,
    "no_mark": 70_000,
    "paused": 50_000,
    "second": 45_000,
}
ACCRUAL_LEAST = 21_000 + 5 * 2_100

COLD_ACCOUNT, COLD_SLOT = 2_600, 2_100
LEAST_READ = {
    "strict": COLD_ACCOUNT + COLD_SLOT,
    "feed_latestRoundData": 2 * COLD_ACCOUNT + COLD_SLOT,
    "twap_rounds": COLD_ACCOUNT + 2 * COLD_SLOT,
    "twap_window": COLD_ACCOUNT + 12 * COLD_SLOT,
}
NEW_SLOT_OVER_CHANGED = 20_000 - 2_900
WORD = 32


@dataclass(frozen=True, slots=True)
class Figures:
    """One run of the bench on a reduced grid."""

    update: dict[tuple[int, int], UpdateGas]
    weight: dict[tuple[int, int], dict[str, int]]
    read: dict[str, int]
    lap: Lap
    funding: dict[str, int]


@pytest.fixture(scope="module")
def figures() -> Figures:
    build()
    return asyncio.run(_measure())


async def _measure() -> Figures:
    update, weight = {}, {}
    async with anvil() as chain:
        for signatures, feeds in UPDATE_LIMITS:
            site = await deploy(chain, signatures, signatures)
            update[signatures, feeds] = await update_gas(site, feeds)
            weight[signatures, feeds] = await weigh(site, feeds)
        funding = await funding_gas(await deploy(chain, 4, 4))
        site = await deploy(chain, 4, 4)
        start = await chain.snapshot()
        await wrap(site)
        read = await read_gas(site, RING + 1) | {"twap_window": await twap_window_gas(site)}
        return Figures(update, weight, read, await compare_laps(site, start), funding)


@pytest.mark.parametrize(("signatures", "feeds"), UPDATE_LIMITS)
def test_update__steady_state__gas_within_the_limit(figures, signatures, feeds):
    gas = figures.update[signatures, feeds].steady

    assert gas <= UPDATE_LIMITS[signatures, feeds]


@pytest.mark.parametrize("name", ACCRUAL_LIMITS)
def test_accrue__each_kind__gas_within_the_limit_and_above_what_reading_costs(figures, name):
    assert ACCRUAL_LEAST <= figures.funding[name] <= ACCRUAL_LIMITS[name]


@pytest.mark.parametrize("name", READ_LIMITS)
def test_read__cold_from_a_contract__gas_within_the_limit(figures, name):
    assert figures.read[name] <= READ_LIMITS[name]


@pytest.mark.parametrize("name", LEAST_READ)
def test_read__cold_from_a_contract__pays_for_cold_access(figures, name):
    assert figures.read[name] >= LEAST_READ[name]


@pytest.mark.parametrize(("signatures", "feeds"), UPDATE_LIMITS)
def test_update__steady_state__pays_what_the_evm_charges_for_it(figures, signatures, feeds):
    least = charges(figures.weight[signatures, feeds], signatures, feeds)

    assert figures.update[signatures, feeds].steady >= least


@pytest.mark.parametrize(("signatures", "feeds"), UPDATE_LIMITS)
def test_update__first_lap__pays_for_one_new_slot_a_feed(figures, signatures, feeds):
    gas = figures.update[signatures, feeds]

    assert gas.first_lap - gas.steady == feeds * NEW_SLOT_OVER_CHANGED


@pytest.mark.parametrize(("signatures", "feeds"), UPDATE_LIMITS)
def test_calldata__any_batch__64_bytes_a_signature_8_or_5_a_price_and_nothing_twice(
    figures, signatures, feeds
):
    wide, narrow = feeds + signatures * (64 + 8 * feeds), 9 * feeds + signatures * (64 + 5 * feeds)
    packed = wide if feeds == 1 else narrow
    head, lengths = 4 + 4 * WORD, 2 * WORD

    whole = head + lengths + feeds * WORD + -(-packed // WORD) * WORD

    assert figures.weight[signatures, feeds]["calldata"] == whole


def test_update__slot_filled_by_hand__costs_what_a_really_wrapped_ring_costs(figures):
    assert figures.lap.filled == figures.lap.wrapped
