"""From exchange HTTP to a trader's settled funding payment: each number on the way is recomputed from the one before it.

One run of real processes (tests/system/payday.py) serves every test; the arithmetic of its own is tests/system/by_hand.py.
"""

import asyncio
from collections.abc import Iterator
from copy import deepcopy

import pytest

from tests.system import by_hand
from tests.system.by_hand import Batch, Maker, Reckoning, Terms
from tests.system.events import Event
from tests.system.payday import (
    BASE_RESERVE,
    DAMPING,
    DEPOSIT,
    FEE_BPS,
    INTEREST,
    INTERVAL_S,
    LONG,
    MAX_PREMIUM,
    MAX_RATE,
    REALISATION_S,
    SHORT,
    START_PRICE,
    VENUES_OF,
    Payday,
    payday,
)

pytestmark = pytest.mark.system
TERMS = Terms(INTERVAL_S, REALISATION_S, MAX_PREMIUM, INTEREST, DAMPING, MAX_RATE)
MAKER = Maker(BASE_RESERVE, START_PRICE)


@pytest.fixture(scope="module")
def day() -> Payday:
    return asyncio.run(payday())


def batch_of(day: Payday, round_: Event) -> Batch:
    return by_hand.batch_of(day.calldata[round_.tx], day.aggregator, day.reporters)


def place(event: Event) -> tuple[int, int]:
    return event.block, event.index


def round_before(day: Payday, event: Event) -> Event:
    """The newest round when something happened."""
    return [each for each in day.all("RoundAccepted") if place(each) < place(event)][-1]


def mark_at(day: Payday, event: Event) -> int:
    """The maker's price that the block before left: accrual comes before the first trade of a block."""
    trades = [each for each in day.all("Traded") if each.block < event.block]
    return MAKER.mark(sum(trade.values["sizeDelta"] for trade in trades))


def premium_at(day: Payday, event: Event) -> int:
    return TERMS.premium(mark_at(day, event), round_before(day, event).values["answer"])


def reckonings(day: Payday) -> Iterator[tuple[Event, Reckoning]]:
    """The market by hand after each accrual, from the first fresh index on."""
    (resumed,) = day.all("FundingResumed")
    first = round_before(day, resumed)
    reckoning = Reckoning(TERMS, first.at_s, first.values["answer"])
    for accrued in day.all("Accrued"):
        _accrue(day, reckoning, accrued)
        yield accrued, reckoning


def _accrue(day: Payday, reckoning: Reckoning, event: Event) -> None:
    newest = round_before(day, event)
    reckoning.accrue(event.at_s, premium_at(day, event), newest.values["answer"], newest.at_s)


def paid_per_unit(day: Payday) -> int:
    """What a unit long paid while both sides were there, until the traders were settled."""
    opened, settled = day.all("Traded")[1], day.all("FundingSettled")[0]
    entry = 0
    for accrued, reckoning in reckonings(day):
        if place(accrued) < place(opened):
            entry = reckoning.longs
        if place(accrued) < place(settled):
            last = deepcopy(reckoning)
    _accrue(day, last, settled)
    return last.longs - entry


def test_signed_price__of_every_reporter__floor_of_the_median_of_what_its_venues_answered_over_http(day):
    answered = [{v: by_hand.price_of(v, reply[v]) for v in reply} for reply in day.replies]
    assert answered[0] == answered[1]
    expected = {
        address: by_hand.index_of([answered[0][venue] for venue in venues]) // by_hand.TO_FEED
        for address, venues in zip(day.reporters, VENUES_OF, strict=True)
    }

    signed = [batch_of(day, round_).signed for round_ in day.all("RoundAccepted")]

    assert len(set(expected.values())) == len(expected)
    assert set().union(*signed) == set(expected)
    for prices in signed:
        assert prices == {address: expected[address] for address in prices}


def test_answer__of_every_round__upper_median_of_the_signers_in_the_calldata(day):
    for round_ in day.all("RoundAccepted"):
        batch, said = batch_of(day, round_), round_.values
        signers = [who for i, who in enumerate(day.reporters) if said["reporterBitmap"] >> i & 1]

        assert list(batch.signed) == signers
        assert (batch.median, batch.spread_bps) == (said["answer"], said["spreadBps"])
        assert batch.observed_at == said["observedAt"] <= round_.at_s

    newest = round_before(day, day.all("FundingSettled")[0])
    assert day.latest[:4] == (
        newest.values["roundId"],
        newest.values["observedAt"],
        newest.at_s,
        newest.values["answer"],
    )
    assert not newest.values["reporterBitmap"] >> day.killed & 1
    assert len({round_.values["answer"] for round_ in day.all("RoundAccepted")}) > 1


def test_premium__of_every_sample__the_makers_price_against_the_answer_in_force(day):
    samples = day.all("Accrued")

    for accrued in samples:
        assert day.marks[accrued.block - 1] == mark_at(day, accrued)
        assert accrued.values["premium"] == premium_at(day, accrued)
    assert len({accrued.values["premium"] for accrued in samples}) > 2


def test_rate__at_every_boundary__mean_by_time_coverage_and_formula(day):
    (resumed,) = day.all("FundingResumed")
    *_, (_, reckoning) = reckonings(day)

    fixed = [
        tuple(each.values[name] for name in ("time", "meanPremium", "coverageBps", "rate"))
        for each in day.all("RateFixed")
        if place(each) > place(resumed)
    ]

    assert fixed == reckoning.fixed
    assert day.all("FundingPaused") == []
    assert resumed.values["time"] == round_before(day, resumed).at_s
    assert len({rate for *_, rate in fixed if rate > 0}) >= 2


def test_sums__at_every_accrual__rate_by_time_by_index(day):
    for accrued, reckoning in reckonings(day):
        assert (accrued.values["longsPaid"], accrued.values["shortsPaid"]) == (
            reckoning.longs,
            reckoning.shorts,
        )
    assert reckoning.longs > 0


def test_payment__of_the_long_and_to_the_short__to_the_token_and_the_rest_is_dust(day):
    per_unit = paid_per_unit(day)
    paid, got = by_hand.debit(LONG, per_unit), by_hand.credit(SHORT, per_unit, LONG, SHORT)
    opened, settled = day.all("Traded"), day.all("FundingSettled")

    said = {event.values["trader"]: event.values["amount"] for event in settled}

    assert said == {day.long.lower(): paid, day.short.lower(): -got}
    before = {who: day.books[opened[i].block].accounts[who][2] for i, who in enumerate((day.long, day.short))}
    after = day.books[settled[0].block]
    assert after.accounts[day.long][2] == before[day.long] - paid
    assert after.accounts[day.short][2] == before[day.short] + got
    pool, deficit, _, claims = after.funds
    assert (pool, deficit, claims) == (paid - got, 0, 0)
    assert 0 <= paid - got <= 2 < got


def test_trades__of_both__cost_fee_and_collateral_from_the_makers_curve(day):
    sizes, costs, fees = (LONG, -SHORT), [], []
    for i, event in enumerate(day.all("Traded")):
        costs.append(MAKER.cost(sum(sizes[:i]), sizes[i]))
        fees.append(by_hand.fee(costs[i], FEE_BPS))

        assert (event.values["sizeDelta"], event.values["cost"], event.values["fee"]) == (
            sizes[i],
            costs[i],
            fees[i],
        )
        size, _, collateral, claim, open_notional = day.books[event.block].accounts[(day.long, day.short)[i]]
        assert (size, collateral, claim, open_notional) == (sizes[i], DEPOSIT - fees[i], 0, costs[i])
    assert day.books[day.all("FundingSettled")[0].block].funds[2] == sum(fees)


def test_tokens__after_every_deposit_trade_and_settlement__all_there(day):
    for books in day.books.values():
        pool, _, insurance, _ = books.funds
        assert books.balance == sum(account[2] for account in books.accounts.values()) + pool + insurance

    last = day.books[max(day.books)]
    assert last.balance + sum(last.wallets.values()) == 2 * (DEPOSIT + 1)
