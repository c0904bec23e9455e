"""Chainlink's published median vectors: equal to ours for odd counts, and where even ones differ is written down.

``tests/solidity/MedianVectors.t.sol`` sends the same lists through the aggregator, signed.
"""

import json
from pathlib import Path

import pytest

from reporter.report import reporter_median

pytestmark = pytest.mark.unit

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "chainlink_median.json").read_text())
CASES = [
    pytest.param([int(p) for p in case["prices"]], int(case["chainlink"]), int(case["ours"]), id=case["name"])
    for case in VECTORS["cases"] + VECTORS["too_large"]
]


@pytest.mark.parametrize(("prices", "chainlink", "ours"), CASES)
def test_reporter_median__chainlinks_list__then_the_recorded_price(prices, chainlink, ours):
    median = reporter_median(prices)

    assert median == ours
    assert median in prices
    if len(prices) % 2:
        assert median == chainlink


@pytest.mark.parametrize(("prices", "chainlink", "ours"), CASES)
def test_chainlinks_median__an_even_list__then_the_middle_two_averaged_and_ours_the_upper(
    prices, chainlink, ours
):
    ordered = sorted(prices)
    lower, upper = ordered[(len(prices) - 1) // 2], ordered[len(prices) // 2]

    assert chainlink == (lower + upper) // 2
    assert ours == upper


def test_vectors__as_recorded__then_both_kinds_are_there():
    counts = {len(prices) % 2 for prices, _, _ in (case.values for case in CASES)}

    assert counts == {0, 1}
    assert len(CASES) == 13
