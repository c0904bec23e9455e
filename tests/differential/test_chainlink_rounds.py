"""1,700 rounds of Chainlink's ETH/USD feed in April 2022, signed again by 31 keys and sent one by one.

Real answers of real nodes have the ties, outliers and repeats that a generator does not think of.
"""

import asyncio
import csv
import gzip
import os
from decimal import Decimal
from pathlib import Path

import pytest
from gas_chain import anvil

from reporter.models import feed_id

from .site import Round, deploy, expected

pytestmark = pytest.mark.chain

NODES = Path(__file__).parents[2] / "../shared/data/chainlink_ethusd_nodes_2022-04.csv.gz"
REPORTERS, QUORUM, DECIMALS, ROUNDS = 31, 21, 8, 1_700
ETH = feed_id("ETH/USD")
NO_ROUND = Round(0, 0, 0, 0, 0, 0)


def read_rounds() -> list[tuple[int, list[int]]]:
    """Per recorded round, Chainlink's own answer and those of its 31 nodes."""
    if not NODES.exists():
        assert not os.environ.get("CI"), f"CI needs {NODES}"
        pytest.skip("the recorded nodes are not beside this checkout (../shared/data)")
    with gzip.open(NODES, "rt", newline="") as lines:
        rows = [[scaled(text) for text in row[1:]] for row in list(csv.reader(lines))[1:]]
    return [(row[0], row[1:]) for row in rows]


def scaled(text: str) -> int:
    return int(Decimal(text).scaleb(DECIMALS).to_integral_value())


async def replay(rounds: list[list[int]]) -> list[tuple[Round, Round]]:
    """Every round as it was stored and as sorting makes it."""
    pairs, previous = [], NO_ROUND
    async with anvil() as chain:
        site = await deploy(chain, REPORTERS, QUORUM, [ETH])
        for prices in rounds:
            times = await site.update({bit: [price] for bit, price in enumerate(prices)})
            previous = expected(previous, prices, QUORUM, times)
            pairs.append(((await site.rounds())[0], previous))
    return pairs


def test_update__every_recorded_chainlink_round__then_the_sorted_median_is_stored():
    recorded = read_rounds()

    pairs = asyncio.run(replay([prices for _, prices in recorded]))

    assert len(pairs) == ROUNDS
    assert [stored for stored, _ in pairs] == [round_ for _, round_ in pairs]
    assert pairs[-1][0].round_id == ROUNDS
    assert {stored.reporters for stored, _ in pairs} == {REPORTERS}
    agreed = sum(stored.answer == theirs for (stored, _), (theirs, _) in zip(pairs, recorded, strict=True))
    assert agreed / ROUNDS > 0.94, "a round's recorded aggregate is the median of its row in 94.3 % of them"
