"""The funding libraries against their Python twin on random cases: every formula, and whole histories of markets.

The cases are made by tools/funding_vectors.py; ``SPOTLINE_SEED`` sets another seed, and a failure names it.
"""

import asyncio
import os
from collections.abc import Iterator, Sequence
from random import Random

import pytest
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak
from gas_chain import Chain, anvil

from tools.funding_vectors import FORMULAS, History, any_history, states

pytestmark = pytest.mark.chain

SEED = int(os.environ.get("SPOTLINE_SEED", "20240313"))
CASES_EACH, A_CALL = 1_000, 250
HISTORIES, STEPS, HISTORIES_A_CALL = 1_000, 15, 25
FIXINGS, SWITCHES, PAUSED, RATE, SHORTS_PAID, LONGS_PAID = 14, 15, 7, 2, 1, 0


async def ask(chain: Chain, probe: str, signature: str, values: Sequence[object], answer: str) -> object:
    types = signature[signature.index("(") + 1 : -1].split(",")
    found = await chain.call(probe, keccak(text=signature)[:4] + encode(types, values))
    return decode([answer], found)[0]


# ---------------------------------------------------------------- formulas


async def compare_formulas(rng: Random) -> int:
    compared = 0
    async with anvil() as chain:
        probe = await chain.deploy("FundingProbe")
        for place, (name, make, twin) in enumerate(FORMULAS):
            for _ in range(CASES_EACH // A_CALL):
                rows = [make(rng) for _ in range(A_CALL)]
                found = await ask(chain, probe, "formula(uint256,int256[][])", [place, rows], "int256[]")
                assert list(found) == [twin(*row) for row in rows], f"{name}, seed {SEED}"
                compared += len(rows)
    return compared


def test_formulas__ten_thousand_random_cases__then_both_languages_answer_the_same():
    assert asyncio.run(compare_formulas(Random(SEED))) == 10_000


# ---------------------------------------------------------------- histories


async def compare_histories(rng: Random) -> Iterator[list[int]]:
    """What every step of every history leaves behind, once both languages agree on it."""
    seen = []
    async with anvil() as chain:
        probe = await chain.deploy("FundingProbe")
        for _ in range(HISTORIES // HISTORIES_A_CALL):
            given: list[History] = [any_history(rng, STEPS) for _ in range(HISTORIES_A_CALL)]
            found = await ask(chain, probe, "histories(int256[][][])", [given], "int256[][][]")
            for history, rows in zip(given, found, strict=True):
                expected = states(history)
                assert [list(row) for row in rows] == expected, f"seed {SEED}: {history}"
                seen += expected
    return seen


def test_advance__a_thousand_random_histories__then_both_languages_are_in_the_same_state_at_every_step():
    rows = asyncio.run(compare_histories(Random(SEED)))

    assert len(rows) == HISTORIES * STEPS
    for place in (PAUSED, RATE, SHORTS_PAID, LONGS_PAID, FIXINGS, SWITCHES):
        assert sum(row[place] != 0 for row in rows) > len(rows) // 10, f"column {place} is hardly ever used"
    assert max(row[FIXINGS] for row in rows) >= 6
    assert max(row[SWITCHES] for row in rows) == 3
