"""Chainlink's own FluxAggregator (0.6.6) and our feed side by side: the same calls, the same answers and refusals.

Left out, because Chainlink's aggregators differ from one another there: ``version``, and ``latestTimestamp`` before
the first round, which FluxAggregator sets to its deployment less its timeout.
"""

import pytest
from web3.contract import Contract
from web3.exceptions import ContractLogicError

from tests.consumers.oracle import BTC, Oracle

pytestmark = pytest.mark.chain

ZERO = "0x" + "00" * 20
NO_ROUND = [0, 1, 2, 3, 2**32 - 1, 2**32, 2**32 + 1, 2**64 | 1, 2**80 - 1]
PRICES = [65_432_10987654, 65_000_00000001, 1]


@pytest.fixture
def flux(oracle: Oracle) -> Contract:
    """One oracle, paid nothing, who answers each round alone."""
    chain = oracle.chain
    bounds = (1, 2**63 - 1, 8, "BTC / USD")
    made = chain.deploy(oracle.artifacts["FluxAggregator"], ZERO, 0, 0, ZERO, *bounds)
    chain.send(made.functions.changeOracles([], [chain.sender], [chain.sender], 1, 1, 0))
    return made


def _answer(contract: Contract, function: str, *arguments: int) -> object:
    """What a call gives: a value, or the data it reverts with."""
    try:
        return contract.functions[function](*arguments).call()
    except ContractLogicError as error:
        return "reverted", error.data


def _without_times(answer: object) -> object:
    """Transactions of two systems are in two blocks: round, answer and answeredInRound are compared."""
    return [*answer[:2], answer[4]] if isinstance(answer, list) else answer


def test_feed__nothing_published__then_as_a_chainlink_aggregator(oracle, flux):
    feed = oracle.feeds[BTC]

    for function in ("latestRoundData", "latestAnswer", "latestRound", "decimals", "description"):
        assert _answer(feed, function) == _answer(flux, function), function
    for round_id in NO_ROUND:
        assert _answer(feed, "getRoundData", round_id) == _answer(flux, "getRoundData", round_id), round_id
        assert _answer(feed, "getAnswer", round_id) == _answer(flux, "getAnswer", round_id), round_id
    for round_id in NO_ROUND[1:]:
        assert _answer(feed, "getTimestamp", round_id) == _answer(flux, "getTimestamp", round_id), round_id


def test_feed__the_same_answers_published__then_as_a_chainlink_aggregator(oracle, flux, chain):
    feed = oracle.feeds[BTC]
    for round_id, price in enumerate(PRICES, start=1):
        oracle.publish([price] * 3)
        chain.send(flux.functions.submit(round_id, price))

    for function in ("latestRoundData", "latestAnswer", "latestRound", "decimals", "description"):
        assert _without_times(_answer(feed, function)) == _without_times(_answer(flux, function)), function
    for round_id in [*range(len(PRICES) + 3), *NO_ROUND[4:]]:
        ours, theirs = (_answer(contract, "getRoundData", round_id) for contract in (feed, flux))
        assert _without_times(ours) == _without_times(theirs), round_id
        assert _answer(feed, "getAnswer", round_id) == _answer(flux, "getAnswer", round_id), round_id


def test_feed__a_round_each__then_times_mean_the_same(oracle, flux, chain):
    published = oracle.around(PRICES[0])
    sent = chain.send(flux.functions.submit(1, PRICES[0]))
    at = chain.w3.eth.get_block(sent["blockNumber"])["timestamp"]

    for contract, updated_at in ((oracle.feeds[BTC], published.updated_at), (flux, at)):
        _, _, started_at, updated, _ = contract.functions.latestRoundData().call()
        assert started_at <= updated == updated_at <= chain.now()
        assert contract.functions.latestTimestamp().call() == updated_at
        assert contract.functions.getTimestamp(1).call() == updated_at
