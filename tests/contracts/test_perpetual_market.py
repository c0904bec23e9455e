import ape
import pytest
from batches import BTC
from conftest import load

from reporter.funding.models import Params

pytestmark = pytest.mark.chain

INDEX = 60_000 * 10**8
ONE = 10**18
DOLLAR = 10**6
INTERVAL, MAX_AGE = 60, 600
ANY = 2**256 - 1


@pytest.fixture(scope="module")
def script():
    return load("scripts/market.py")


@pytest.fixture
def made(script, owner, aggregator, submitter):
    """A market with funding fixed every minute, on an index of this moment."""
    submitter.all_agree(INDEX, [BTC])
    rules = script.MarketRules(funding=Params(INTERVAL, max_index_age_s=MAX_AGE))
    return script.deploy_market(owner, aggregator.address, "BTC/USD", 60_000 * ONE, rules)


@pytest.fixture
def traders(made, accounts):
    """One long two bitcoin, one short one."""
    long, short = accounts[2], accounts[3]
    for trader in (long, short):
        made.token.mint(trader, 100_000 * DOLLAR, sender=trader)
        made.token.approve(made.market, ANY, sender=trader)
        made.market.deposit(100_000 * DOLLAR, sender=trader)
    made.market.trade(2 * ONE, ANY, sender=long)
    made.market.trade(-ONE, 0, sender=short)
    return long, short


def keep(made, submitter, chain, sender, seconds: int) -> None:
    """What the keeper does: an index and an accrual every ten seconds."""
    for _ in range(seconds // 10):
        chain.mine(deltatime=8)
        submitter.all_agree(INDEX, [BTC])
        made.funding.accrue(BTC, sender=sender)


def held(made, traders) -> int:
    """All that the market knows of, in tokens; everybody settled."""
    funds = made.market.funds()
    return sum(made.market.position(t).collateral for t in traders) + funds.pool + funds.insurance


def test_market__through_a_funding_payment__then_the_short_gets_what_the_long_pays_to_the_unit(
    made, traders, submitter, chain, anyone
):
    long, short = traders
    keep(made, submitter, chain, anyone, 3 * INTERVAL)
    before = [made.market.position(trader).openNotional for trader in traders]

    paid = made.market.settle(long, sender=anyone).events.filter(made.market.FundingSettled)[0]
    got = made.market.settle(short, sender=anyone).events.filter(made.market.FundingSettled)[0]

    assert paid.amount > 0
    per_unit = made.funding.cumulativeFunding(BTC).longsPaid
    assert 0 < -got.amount <= 2 * per_unit // 10**12
    assert [made.market.position(trader).openNotional for trader in traders] == before
    assert held(made, traders) == made.token.balanceOf(made.market)


def test_market__everybody_leaves__then_insurance_alone_is_left(made, traders, submitter, chain, anyone):
    long, short = traders
    keep(made, submitter, chain, anyone, 2 * INTERVAL)

    made.market.close(0, sender=long)
    made.market.close(ANY, sender=short)
    for trader in traders:
        made.market.withdraw(made.market.withdrawable(trader), sender=trader)

    assert made.token.balanceOf(made.market) == made.market.insurance() > 0
    assert made.market.price() == 60_000 * ONE


def test_market__stale_for_an_hour__then_nobody_is_charged_for_the_gap_and_only_the_way_out_is_open(
    made, traders, submitter, chain, anyone
):
    long, short = traders
    keep(made, submitter, chain, anyone, 2 * INTERVAL + 30)
    chain.mine(deltatime=MAX_AGE + 10)
    owed = made.market.fundingOwed(long), made.market.fundingOwed(short)
    chain.mine(deltatime=3600)

    assert owed[0] > 0 > owed[1]
    assert (made.market.fundingOwed(long), made.market.fundingOwed(short)) == owed
    for call in (
        lambda: made.market.trade.call(ONE, ANY, sender=long),
        lambda: made.market.liquidate.call(long, sender=short),
        lambda: made.market.withdraw.call(1, sender=long),
        lambda: made.market.settle.call(long, sender=anyone),
    ):
        with ape.reverts():
            call()
    collateral = made.market.position(long).collateral
    submitter.all_agree(INDEX, [BTC])
    made.market.settle(long, sender=anyone)
    assert made.market.position(long).collateral == collateral
    keep(made, submitter, chain, anyone, 3 * INTERVAL)
    assert made.market.fundingOwed(long) > 0
