"""Rollups: Chainlink's own uptime feed behind its own proxy, for our guard and for a consumer that checks by itself."""

import pytest
from web3.contract import Contract

from reporter.models import feed_id
from tests.consumers.chain import reverts
from tests.consumers.oracle import BTC, Oracle

pytestmark = pytest.mark.chain

ZERO = "0x" + "00" * 20
PRICE, GRACE_S, MAX_AGE_S = 65_432_10987654, 3_600, 600


class Sequencer:
    """Chainlink's ArbitrumSequencerUptimeFeed as it is deployed: read through a proxy, told by an aliased L1 account."""

    def __init__(self, oracle: Oracle) -> None:
        self.chain = chain = oracle.chain
        self._flags = chain.deploy(oracle.artifacts["Flags"], ZERO, ZERO)
        self._feed = chain.deploy(
            oracle.artifacts["ArbitrumSequencerUptimeFeed"], self._flags.address, chain.sender
        )
        self.proxy = chain.deploy(oracle.artifacts["EACAggregatorProxy"], self._feed.address, ZERO)
        for granted in (
            self._flags.functions.addAccess(self._feed.address),
            self._flags.functions.setRaisingAccessController(self._feed.address),
            self._flags.functions.setLoweringAccessController(self._feed.address),
            self._feed.functions.addAccess(self._feed.address),
            self._feed.functions.addAccess(self.proxy.address),
        ):
            chain.send(granted)

    def initialise(self) -> None:
        self.chain.send(self._feed.functions.initialize())

    def turns(self, *, down: bool) -> int:
        """The sequencer goes down or comes back; returns when."""
        messenger = self._feed.functions.aliasedL1MessageSender().call()
        self.chain.request("anvil_impersonateAccount", messenger)
        self.chain.request("anvil_setBalance", messenger, hex(10**18))
        at = self.chain.now() + 1
        self.chain.send(self._feed.functions.updateStatus(down, at), sender=messenger)
        return at


@pytest.fixture
def sequencer(oracle: Oracle) -> Sequencer:
    made = Sequencer(oracle)
    made.initialise()
    return made


def _guard(oracle: Oracle, uptime: Contract) -> Contract:
    return oracle.chain.deploy(
        oracle.artifacts["SequencerGuard"], oracle.aggregator.address, uptime.address, GRACE_S
    )


def test_guard__chainlinks_feed_not_initialised__then_it_cannot_be_made(oracle):
    uptime = Sequencer(oracle).proxy

    with reverts("UptimeFeedFailed(address)", uptime.address):
        _guard(oracle, uptime)


def test_guard__a_whole_outage__then_reads_stop_and_return_after_the_grace(oracle, sequencer, chain):
    read = _guard(oracle, sequencer.proxy).functions.read(feed_id(BTC), MAX_AGE_S)
    chain.pass_time(GRACE_S)
    before = oracle.around(PRICE)
    assert read.call()[:2] == [before.answer, before.observed_at]

    sequencer.turns(down=True)
    with reverts("SequencerDown()"):
        read.call()

    up_at = sequencer.turns(down=False)
    after = oracle.around(PRICE * 9 // 10)
    with reverts("GracePeriodNotOver(uint256,uint256)", chain.now() - up_at, GRACE_S):
        read.call()
    chain.pass_time(up_at + GRACE_S - chain.now())
    with reverts("GracePeriodNotOver(uint256,uint256)", GRACE_S, GRACE_S):
        read.call()

    now = chain.pass_time(1)
    with reverts("Stale(uint256,uint256)", now - after.observed_at, MAX_AGE_S):
        read.call()
    newest = oracle.around(PRICE)
    assert read.call()[:2] == [newest.answer, newest.observed_at]


def test_perpetual_v1r1__a_whole_outage__then_it_agrees_with_our_guard(oracle, sequencer, chain):
    consumer = chain.deploy(
        oracle.artifacts["ChainlinkPriceFeedV1R1"], oracle.feeds[BTC].address, sequencer.proxy.address
    )
    price = consumer.functions.getPrice(0)
    published = oracle.around(PRICE)
    chain.pass_time(GRACE_S)
    assert price.call() == published.answer

    sequencer.turns(down=True)
    with reverts("CPF_SD"):
        price.call()
    up_at = sequencer.turns(down=False)
    chain.pass_time(up_at + GRACE_S - chain.now())
    with reverts("CPF_GPNO"):
        price.call()
    chain.pass_time(1)
    assert price.call() == published.answer
