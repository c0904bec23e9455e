"""The index stays away for an hour in the middle of a funding interval: nobody is charged for the gap, to the last unit."""

import pytest
from batches import BTC
from conftest import load

from reporter.funding.models import Params

pytestmark = pytest.mark.chain

ONE, DOLLAR = 10**18, 10**6
BEFORE, AFTER = 60_000 * 10**8, 60_600 * 10**8
SHORT_INTERVAL, DAY, MAX_AGE, HOUR = 60, 86_400, 600, 3_600
INTEREST, DAMPING = 10**14, 5 * 10**14
LONG, SHORT = 2 * ONE + 123_456_789, ONE + 987_654_321
TO_1E18, TO_TOKEN = 10**10, 10**12
ANY = 2**256 - 1


@pytest.fixture
def made(owner, aggregator, submitter):
    submitter.all_agree(BEFORE, [BTC])
    script = load("scripts/market.py")
    params = Params(SHORT_INTERVAL, max_index_age_s=MAX_AGE, interest=INTEREST, damping=DAMPING)
    rules = script.MarketRules(funding=params)
    return script.deploy_market(owner, aggregator.address, "BTC/USD", 60_000 * ONE, rules)


@pytest.fixture
def traders(made, accounts):
    for trader in accounts[2:4]:
        made.token.mint(trader, 100_000 * DOLLAR, sender=trader)
        made.token.approve(made.market, ANY, sender=trader)
        made.market.deposit(100_000 * DOLLAR, sender=trader)
    made.market.trade(LONG, ANY, sender=accounts[2])
    made.market.trade(-SHORT, 0, sender=accounts[3])
    return accounts[2], accounts[3]


@pytest.fixture
def midday(made, traders, submitter, chain, owner):
    """A rate that was fixed a moment ago, and stands until a boundary that is half a day away at least."""
    for rest in (3, 2, 1):
        if rest == 1:
            day = [DAY, *list(made.funding.params(BTC))[2:]]
            made.funding.setParams(BTC, (made.market.address, *day), sender=owner)
        for _ in range(3):
            chain.mine(deltatime=18)
            submitter.all_agree(BEFORE, [BTC])
            made.funding.accrue(BTC, sender=owner)
    assert made.funding.nextFundingTime(BTC) > submitter.now() + MAX_AGE + HOUR + DAY // 4
    return made


def rate_by_hand() -> int:
    """Per 8 hours, of the premium that the traders' net position makes of the maker's 1,000 BTC at 60,000 dollars."""
    base, net = 1_000 * ONE, LONG - SHORT
    quote = -(-base * base * 60_000 // (base - net))
    mark = quote * ONE // (base - net) // TO_1E18
    mean = (mark - BEFORE) * ONE // BEFORE
    return mean + max(-DAMPING, min(DAMPING, INTEREST - mean))


def per_unit(seconds: int, index: int) -> int:
    """What a unit long pays at that rate, 1e18 = 1."""
    return rate_by_hand() * seconds * index * TO_1E18 // (28_800 * ONE)


def worth(market, trader) -> int:
    """What a settled account has of tokens, paid out or still to be collected."""
    account = market.position(trader)
    return account.collateral + account.claim


@pytest.mark.parametrize("touched", [True, False], ids=["accrued in the gap", "nobody came by"])
def test_funding__index_away_for_an_hour_in_mid_interval__then_payments_are_for_the_fresh_time_alone(
    midday, traders, submitter, aggregator, chain, anyone, touched
):
    funding, market, before = midday.funding, midday.market, {}
    accrued_at = funding.lastAccrual(BTC)
    paused_at = aggregator.latestRound(BTC).observedAt + MAX_AGE
    for trader in traders:
        settled_at = market.settle(trader, sender=anyone).timestamp
        before[trader] = worth(market, trader), per_unit(settled_at - accrued_at, BEFORE)

    chain.mine(timestamp=paused_at + HOUR)
    events = list(funding.accrue(BTC, sender=anyone).events) if touched else []
    submitter.all_agree(AFTER, [BTC])
    resumed_at = aggregator.latestRound(BTC).updatedAt
    chain.mine(deltatime=300)
    events += funding.accrue(BTC, sender=anyone).events

    pauses = [(e.event_name, e.time) for e in events if e.event_name in ("FundingPaused", "FundingResumed")]
    assert pauses == [("FundingPaused", paused_at), ("FundingResumed", resumed_at)]
    assert resumed_at - paused_at >= HOUR
    assert [e for e in events if e.event_name == "RateFixed"] == []
    assert funding.fundingRate(BTC) == rate_by_hand() > 0
    fresh = per_unit(paused_at - accrued_at, BEFORE)
    resumed_until = funding.lastAccrual(BTC)
    for trader in traders:
        settled_at = market.settle(trader, sender=anyone).timestamp
        since = per_unit(resumed_until - resumed_at, AFTER) + per_unit(settled_at - resumed_until, AFTER)
        now, was = fresh + since, before[trader][1]
        gained = worth(market, trader) - before[trader][0]
        if trader == traders[0]:
            assert gained == LONG * (was - now) // (ONE * TO_TOKEN)  # a debit, rounded up
        else:
            growth = now * LONG // SHORT - was * LONG // SHORT
            assert gained == SHORT * growth // (ONE * TO_TOKEN)
    assert LONG * per_unit(HOUR, BEFORE) > 20 * DOLLAR * ONE * TO_TOKEN
