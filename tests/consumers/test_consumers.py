"""Contracts of others, from their own sources, with a Spotline feed where they expect Chainlink's.

Each is what protocols deployed; nothing of it is changed and nothing of it is kept here. What they answer is compared
with what our reporters signed, scaled as each of them scales.
"""

import pytest
from web3.contract import Contract
from web3.exceptions import ContractLogicError

from tests.consumers.chain import reverts
from tests.consumers.oracle import BTC, LINK, Oracle, Published

pytestmark = pytest.mark.chain

ZERO = "0x" + "00" * 20
PRICE = 65_432_10987654
INTERVAL_S, TIMEOUT_S = 900, 3_600


def _make(oracle: Oracle, name: str, *arguments: object) -> Contract:
    return oracle.chain.deploy(oracle.artifacts[name], *arguments)


def _feed(oracle: Oracle, name: str = BTC) -> str:
    return str(oracle.feeds[name].address)


def _same(data: list[int], round_: Published, round_id: int) -> None:
    """``latestRoundData`` as Chainlink orders it."""
    assert data == [round_id, round_.answer, round_.observed_at, round_.updated_at, round_id]


# ---------------------------------------------------------------- 0.6.6: Chainlink's proxy and facade


@pytest.fixture
def proxy(oracle: Oracle) -> Contract:
    return _make(oracle, "EACAggregatorProxy", _feed(oracle), ZERO)


def test_proxy__two_rounds__then_every_function_shows_them_in_its_phase(oracle, proxy):
    first, second = oracle.around(PRICE), oracle.around(PRICE + 10**8)
    call, phase = proxy.functions, 1 << 64

    _same(call.latestRoundData().call(), second, phase | 2)
    _same(call.getRoundData((phase | 2) - 1).call(), first, phase | 1)
    assert (call.latestAnswer().call(), call.latestTimestamp().call()) == (second.answer, second.updated_at)
    assert call.latestRound().call() == phase | 2
    assert (call.getAnswer(phase | 1).call(), call.getTimestamp(phase | 1).call()) == (
        first.answer,
        first.updated_at,
    )
    assert (call.decimals().call(), call.description().call(), call.version().call()) == (8, "BTC / USD", 1)


def test_proxy__no_round__then_no_data_present_and_legacy_zero(proxy):
    with reverts("No data present"):
        proxy.functions.latestRoundData().call()
    with reverts("No data present"):
        proxy.functions.getRoundData(1 << 64 | 1).call()
    assert proxy.functions.latestAnswer().call() == 0
    assert proxy.functions.getTimestamp(1 << 64 | 1).call() == 0


def test_proxy__moved_to_a_successor__then_the_old_phase_is_still_read(oracle, proxy, chain):
    before = oracle.around(PRICE)
    successor = _make(oracle, "Feed", oracle.aggregator.address, LINK.encode().ljust(32, b"\0"))
    after = oracle.around(6 * 10**15, LINK)

    chain.send(proxy.functions.proposeAggregator(successor.address))
    _same(proxy.functions.proposedLatestRoundData().call(), after, 1)
    chain.send(proxy.functions.confirmAggregator(successor.address))

    _same(proxy.functions.latestRoundData().call(), after, 2 << 64 | 1)
    _same(proxy.functions.getRoundData(1 << 64 | 1).call(), before, 1 << 64 | 1)


def test_facade__two_rounds__then_rebuilt_from_the_legacy_functions(oracle):
    facade = _make(oracle, "AggregatorFacade", _feed(oracle), 8, "BTC / USD").functions
    first, second = oracle.around(PRICE), oracle.around(PRICE - 10**8)

    # The facade knows no observation time: it gives the update's for both.
    assert facade.latestRoundData().call() == [2, second.answer, second.updated_at, second.updated_at, 2]
    assert facade.getRoundData(1).call() == [1, first.answer, first.updated_at, first.updated_at, 1]


def test_facade__no_round__then_it_finds_no_data_by_the_zero_timestamp(oracle):
    facade = _make(oracle, "AggregatorFacade", _feed(oracle), 8, "BTC / USD").functions

    with reverts("No data present"):
        facade.latestRoundData().call()


# ---------------------------------------------------------------- 0.7.6: Perpetual Protocol, Chainlink's keepers and watcher


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ChainlinkPriceFeed", ()),
        ("ChainlinkPriceFeedV2", (INTERVAL_S,)),
        ("ChainlinkPriceFeedV3", (TIMEOUT_S, INTERVAL_S)),
    ],
)
def test_perpetual__a_round__then_price_and_decimals_are_ours(oracle, name, arguments):
    consumer = _make(oracle, name, _feed(oracle), *arguments).functions
    published = oracle.around(PRICE)

    assert consumer.getPrice(0).call() == published.answer
    assert consumer.decimals().call() == 8
    assert consumer.getAggregator().call() == _feed(oracle)


@pytest.mark.parametrize(
    ("name", "arguments"), [("ChainlinkPriceFeed", ()), ("ChainlinkPriceFeedV2", (900,))]
)
def test_perpetual__no_round__then_no_data_present(oracle, name, arguments):
    consumer = _make(oracle, name, _feed(oracle), *arguments).functions

    with reverts("No data present"):
        consumer.getPrice(0).call()


def test_perpetual__history_by_round_ids__then_its_twap_is_the_mean_over_time(oracle, chain):
    consumer = _make(oracle, "ChainlinkPriceFeed", _feed(oracle)).functions
    rounds = []
    for step in range(5):
        rounds.append(oracle.around(PRICE + step * 10**9))
        now = chain.pass_time(60 + step)

    interval = now - rounds[1].updated_at - 10  # begins within the second round
    assert consumer.getRoundData(2).call() == [rounds[1].answer, rounds[1].updated_at]
    assert consumer.getPrice(interval).call() == _mean(rounds[1:], now - interval, now)


def _mean(rounds: list[Published], start: int, end: int) -> int:
    """Time-weighted by update times, as consumers of Chainlink weigh."""
    ends = [r.updated_at for r in rounds[1:]] + [end]
    weights = [until - max(r.updated_at, start) for r, until in zip(rounds, ends, strict=True)]
    return sum(r.answer * w for r, w in zip(rounds, weights, strict=True)) // (end - start)


def test_perpetual_v2__updated_each_round__then_its_cached_twap_lies_between(oracle, chain):
    consumer = _make(oracle, "ChainlinkPriceFeedV2", _feed(oracle), INTERVAL_S).functions
    low = oracle.around(PRICE)
    chain.send(consumer.update())
    chain.pass_time(INTERVAL_S // 2)
    high = oracle.around(PRICE * 2)
    chain.send(consumer.update())
    now = chain.pass_time(INTERVAL_S // 2)

    expected = _mean([low, high], now - INTERVAL_S, now)
    assert low.answer < consumer.getPrice(INTERVAL_S).call() == expected < high.answer


def test_perpetual_v2__the_same_round_again__then_it_is_not_an_update(oracle, chain):
    consumer = _make(oracle, "ChainlinkPriceFeedV2", _feed(oracle), INTERVAL_S).functions
    oracle.around(PRICE)
    chain.send(consumer.update())

    with reverts("CPF_NU"):
        consumer.update().call()


def test_perpetual_v3__no_round__then_frozen_for_no_response(oracle):
    consumer = _make(oracle, "ChainlinkPriceFeedV3", _feed(oracle), TIMEOUT_S, INTERVAL_S).functions

    assert consumer.getFreezedReason().call() == 1  # NoResponse: it caught "No data present"
    assert consumer.getLatestOrCachedPrice().call() == [0, 0]
    assert consumer.isTimedOut().call() is False


def test_perpetual_v3__at_and_past_its_timeout__then_only_then_timed_out(oracle, chain):
    consumer = _make(oracle, "ChainlinkPriceFeedV3", _feed(oracle), TIMEOUT_S, INTERVAL_S).functions
    published = oracle.around(PRICE)
    chain.send(consumer.update())

    assert consumer.getFreezedReason().call() == 0
    assert consumer.getLatestOrCachedPrice().call() == [published.answer, published.updated_at]
    chain.pass_time(published.updated_at + TIMEOUT_S - chain.now())
    assert consumer.isTimedOut().call() is False
    chain.pass_time(1)
    assert consumer.isTimedOut().call() is True


def test_keepers__fresh_and_stale__then_our_price_and_then_its_fallback(oracle, chain):
    """Chainlink's KeeperRegistry 0.7 pays in LINK: LINK/ETH is ours, the gas price a second feed of ours."""
    gas = _feed(oracle)  # any positive integer is a gas price in wei
    arguments = (ZERO, _feed(oracle, LINK), gas, 0, 0, 1, 10**6, TIMEOUT_S, 1, 10**9, 10**16)
    registry = _make(oracle, "KeeperRegistry", *arguments).functions
    gas_price, link = oracle.around(40 * 10**9), oracle.around(6 * 10**15, LINK)

    assert registry.getMaxPaymentForGas(10**6).call() == _payment(gas_price.answer, link.answer)
    chain.pass_time(link.updated_at + TIMEOUT_S - chain.now())
    # The gas price came a few seconds earlier: it alone is stale.
    assert registry.getMaxPaymentForGas(10**6).call() == _payment(10**9, link.answer)
    chain.pass_time(1)
    assert registry.getMaxPaymentForGas(10**6).call() == _payment(10**9, 10**16)


def _payment(gas_price: int, link_eth: int) -> int:
    """``calculatePaymentAmount`` with no premium; 80,000 is the registry's own overhead."""
    return gas_price * (10**6 + 80_000) * 10**9 * 10**9 // link_eth


def test_staleness_validator__at_and_past_its_threshold__then_only_then_flagged(oracle, chain):
    """Chainlink's own watcher of feeds that went silent."""
    feed = _feed(oracle)
    validator = _make(oracle, "StalenessFlaggingValidator", ZERO).functions
    chain.send(validator.setThresholds([feed], [TIMEOUT_S]))
    published = oracle.around(PRICE)

    chain.pass_time(published.updated_at + TIMEOUT_S - chain.now())
    assert validator.check([feed]).call() == []
    chain.pass_time(1)
    assert validator.check([feed]).call() == [feed]
    oracle.around(PRICE)
    assert validator.check([feed]).call() == []


# ---------------------------------------------------------------- 0.8: Aave


@pytest.fixture
def aave(oracle: Oracle) -> Contract:
    """USD is the base currency with 8 decimals; a second oracle is the fallback, with the other feed for the same asset."""
    asset = oracle.aggregator.address
    fallback = _make(oracle, "AaveOracle", ZERO, [asset], [_feed(oracle, LINK)], ZERO, ZERO, 10**8)
    return _make(oracle, "AaveOracle", ZERO, [asset], [_feed(oracle)], fallback.address, ZERO, 10**8)


def test_aave__a_round__then_the_asset_has_our_price(oracle, aave):
    published = oracle.around(PRICE)
    asset = oracle.aggregator.address

    assert aave.functions.getAssetPrice(asset).call() == published.answer
    assert aave.functions.getAssetsPrices([asset, ZERO]).call() == [published.answer, 10**8]


def test_aave__no_round__then_zero_sends_it_to_its_fallback(oracle, aave):
    backup = oracle.around(6 * 10**15, LINK)

    assert aave.functions.getAssetPrice(oracle.aggregator.address).call() == backup.answer


def test_aave__no_round_and_no_fallback__then_it_reverts(oracle, aave):
    with pytest.raises(ContractLogicError) as caught:  # a call to the zero address has nothing to say
        aave.functions.getAssetPrice(oracle.aggregator.address).call()
    assert caught.value.data == "0x"
