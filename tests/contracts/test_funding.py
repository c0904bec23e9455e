import ape
import pytest
from batches import BTC, ETH, PERP

pytestmark = pytest.mark.chain

INDEX = 60_000 * 10**8
INTERVAL = 60
PARAMS = (INTERVAL, 28_800, 600, 100, 10**17, 10**14, 5 * 10**14, 75 * 10**14)


@pytest.fixture(scope="module")
def funding(project, owner, aggregator):
    mark = owner.deploy(project.FeedMark, aggregator, PERP, BTC)
    contract = owner.deploy(project.PerpetualFunding, owner, aggregator)
    contract.addMarket(BTC, (mark.address, *PARAMS), sender=owner)
    return contract


def test_accrue__perpetual_one_percent_above_index__then_longs_pay_the_capped_rate(
    funding, submitter, chain, anyone
):
    for _ in range(20):
        chain.mine(deltatime=8)
        at = submitter.now()
        submitter.update(at, [BTC, PERP], {i: [INDEX, INDEX * 101 // 100] for i in range(3)})
        receipt = funding.accrue(BTC, sender=anyone)
        chain.mine(deltatime=2)

    assert funding.premium(BTC) == 10**16
    assert funding.fundingRate(BTC) == 75 * 10**14
    net, longs_paid, shorts_paid = funding.cumulativeFunding(BTC)
    assert net == longs_paid > 0 == shorts_paid
    assert not funding.fundingPaused(BTC)
    assert funding.nextFundingTime(BTC) > receipt.timestamp
    accrued = receipt.events.filter(funding.Accrued)[0]
    assert (accrued.premium, accrued.time) == (10**16, receipt.timestamp)


def test_accrue__index_goes_stale__then_pauses_where_it_ended(funding, submitter, chain, anyone):
    at = submitter.all_agree(INDEX, [BTC, PERP])
    funding.accrue(BTC, sender=anyone)
    chain.mine(deltatime=2_000)

    receipt = funding.accrue(BTC, sender=anyone)

    paused = receipt.events.filter(funding.FundingPaused)
    assert [e.time for e in paused] == [at + PARAMS[2]]
    assert funding.fundingPaused(BTC)


def test_accrue__unknown_market__then_says_so(funding, anyone):
    with ape.reverts(funding.UnknownMarket, market=ETH):
        funding.accrue(ETH, sender=anyone)


def test_params__a_market__then_as_added(funding):
    assert tuple(funding.params(BTC))[1:] == PARAMS
