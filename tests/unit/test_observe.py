"""Answering a peer: what is signed, what is refused and why, and that no asker gets two prices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.errors import StoreFailed
from reporter.keys import recover
from reporter.models import Status
from reporter.peers.observe import Code, Refused, parse_request
from reporter.report import report_digest
from tests.unit.peers import (
    BTC,
    DOMAIN,
    ETH,
    NOW_MS,
    NOW_S,
    REPORTERS,
    MemoryLedger,
    index,
    observer,
    request,
    round_,
)

pytestmark = pytest.mark.unit


async def test_answer__one_feed_due__signs_it_and_abstains_on_the_other():
    signed = await observer().answer(request(BTC, ETH), NOW_MS)

    assert signed.report.prices == (64_640 * 10**8, 0)
    assert signed.report.feed_ids == (BTC, ETH)
    assert recover(report_digest(DOMAIN.separator(), signed.report), signed.signature) == REPORTERS[0]


@pytest.mark.parametrize(
    ("changed", "code", "says"),
    [
        ({"chain_id": 1}, Code.WRONG_CHAIN, "chain 1, ours is 31337"),
        ({"aggregator": "0x" + "11" * 20}, Code.WRONG_AGGREGATOR, "0x1111"),
        ({"config_digest": b"\1" * 32}, Code.WRONG_CONFIG, "ours is"),
        ({"observed_at": NOW_S - 3}, Code.OUTSIDE_WINDOW, "-3 s"),
        ({"observed_at": NOW_S + 2}, Code.OUTSIDE_WINDOW, "+2 s"),
    ],
)
async def test_answer__another_world_or_time__refused(changed, code, says):
    with pytest.raises(Refused, match=says.replace("+", r"\+")) as raised:
        await observer().answer(request(**changed), NOW_MS)

    assert raised.value.code is code


@pytest.mark.parametrize("observed_at", [NOW_S - 2, NOW_S - 1, NOW_S, NOW_S + 1])
async def test_answer__at_the_edges_of_the_window__signed(observed_at):
    assert (
        await observer().answer(request(observed_at=observed_at), NOW_MS)
    ).report.observed_at == observed_at


async def test_answer__chain_has_that_second__not_newer():
    held = {"BTC/USD": round_("BTC/USD", 64_000, 1), "ETH/USD": round_("ETH/USD", 3_000, 0)}

    with pytest.raises(Refused, match="not_newer"):
        await observer(rounds=held).answer(request(), NOW_MS)


async def test_answer__nothing_due__refused_with_reasons():
    quiet = {
        "BTC/USD": index("BTC/USD", 64_001),
        "ETH/USD": index("ETH/USD", None, Status.INVALID, "1 of 3 venues"),
    }

    with pytest.raises(Refused, match="nothing_to_sign: BTC/USD: not due; ETH/USD: 1 of 3 venues"):
        await observer(prices=quiet).answer(request(), NOW_MS)


@pytest.mark.parametrize("status", [Status.HELD, Status.INVALID])
async def test_answer__index_not_signable__abstains(status):
    prices = {"BTC/USD": index("BTC/USD", 70_000, status), "ETH/USD": index("ETH/USD", 3_300)}

    assert (await observer(prices=prices).answer(request(), NOW_MS)).report.prices == (0, 3_300 * 10**8)


async def test_answer__half_the_threshold__joins():
    prices = {"BTC/USD": index("BTC/USD", 64_160), "ETH/USD": index("ETH/USD", 3_000)}  # 0.25 % of 0.5 %

    assert (await observer(prices=prices).answer(request(), NOW_MS)).report.prices[0] == 64_160 * 10**8


@pytest.mark.parametrize(("paused", "ready"), [(True, True), (False, False)])
async def test_answer__paused_or_chain_unread__not_ready(paused, ready):
    with pytest.raises(Refused) as raised:
        await observer(paused=paused, ready=ready).answer(request(), NOW_MS)

    assert raised.value.code is Code.NOT_READY


async def test_answer__second_of_an_earlier_process__refused_until_the_first_of_ours():
    empty = MemoryLedger()  # the disk has lost everything
    newborn = observer(born_s=NOW_S - 2, ledger=empty)

    with pytest.raises(Refused, match="not_ready: just started: an earlier process may have signed"):
        await newborn.answer(request(observed_at=NOW_S - 1), NOW_MS)

    assert empty.rows == {}
    assert (await newborn.answer(request(observed_at=NOW_S), NOW_MS)).report.observed_at == NOW_S


async def test_answer__no_longer_in_the_set__signs_nothing():
    with pytest.raises(Refused, match="not in the aggregator's reporter set"):
        await observer(reporters=REPORTERS[1:]).answer(request(), NOW_MS)


async def test_answer__ledger_cannot_be_written__signs_nothing():
    class FullDisk(MemoryLedger):
        def claim(self, config_digest, observed_at, priced):
            raise StoreFailed("OperationalError: database or disk is full")

    with pytest.raises(Refused, match=r"not_ready: the ledger cannot be written: .* disk is full"):
        await observer(ledger=FullDisk()).answer(request(), NOW_MS)


async def test_answer__price_too_large_for_the_decimals__abstains():
    prices = {"BTC/USD": index("BTC/USD", 10**11), "ETH/USD": index("ETH/USD", 3_300)}  # 1e19 with 8 decimals

    assert (await observer(prices=prices).answer(request(), NOW_MS)).report.prices == (0, 3_300 * 10**8)


@pytest.mark.parametrize(
    ("head_time", "says"),
    [(NOW_S + 3, "3 s ahead of our clock"), (NOW_S - 61, "61 s old"), (NOW_S + 3_600, "3600 s ahead")],
)
async def test_answer__clock_and_chain_disagree__signs_nothing(head_time, says):
    with pytest.raises(Refused, match=says) as raised:
        await observer(head_time=head_time).answer(request(), NOW_MS)

    assert raised.value.code is Code.NOT_READY


@pytest.mark.parametrize("head_time", [NOW_S + 2, NOW_S - 60])
async def test_answer__clock_and_chain_within_bounds__signs(head_time):
    assert (await observer(head_time=head_time).answer(request(), NOW_MS)).report.prices[0] > 0


async def test_answer__unknown_feed_among_known__abstains_on_it():
    assert (await observer().answer(request(BTC, b"\1" * 32), NOW_MS)).report.prices == (64_640 * 10**8, 0)


@given(
    asks=st.lists(
        st.tuples(
            st.sampled_from([(BTC,), (ETH,), (BTC, ETH), (ETH, BTC)]),
            st.integers(-2, 1),
            st.integers(60_000, 70_000),
        ),
        max_size=12,
    )
)
async def test_answer__any_asks_while_the_price_moves__never_two_prices_for_one_second(asks):
    ledger, stated = MemoryLedger(), {}
    for feeds, offset, dollars in asks:
        prices = {"BTC/USD": index("BTC/USD", dollars), "ETH/USD": index("ETH/USD", dollars // 20)}
        try:
            signed = await observer(prices=prices, ledger=ledger).answer(
                request(*feeds, observed_at=NOW_S + offset), NOW_MS
            )
        except Refused:
            continue
        for identifier, price in zip(feeds, signed.report.prices, strict=True):
            if price:
                assert stated.setdefault((identifier, offset), price) == price


async def test_answer__attacker_asked_first_with_nothing_due__honest_ask_still_served():
    ledger = MemoryLedger()
    quiet = {"BTC/USD": index("BTC/USD", 64_000), "ETH/USD": index("ETH/USD", 3_000)}
    with pytest.raises(Refused):
        await observer(prices=quiet, ledger=ledger).answer(request(), NOW_MS)

    assert (await observer(ledger=ledger).answer(request(), NOW_MS)).report.prices[0] == 64_640 * 10**8


def test_parse_request__own_document__round_trip():
    assert parse_request(request().document()) == request(aggregator=request().aggregator.lower())


@pytest.mark.parametrize(
    "change",
    [
        {"chainId": "31337"},
        {"chainId": True},
        {"chainId": 0},
        {"observedAt": 1.5},
        {"observedAt": 2**63},
        {"feedIds": []},
        {"feedIds": ["0x" + "11" * 31]},
        {"feedIds": ["0x" + "11" * 32] * 2},
        {"feedIds": ["0x" + f"{n:064x}" for n in range(256)]},
        {"feedIds": "0x" + "11" * 32},
        {"configDigest": "11" * 32},
        {"aggregator": "0x" + "zz" * 20},
        {"aggregator": None},
        {"extra": 1},
    ],
)
def test_parse_request__wrong_shape__bad_request(change):
    with pytest.raises(Refused) as raised:
        parse_request(request().document() | change)

    assert raised.value.code is Code.BAD_REQUEST


@pytest.mark.parametrize("body", [None, [], "x", 1, {}])
def test_parse_request__not_the_object__bad_request(body):
    with pytest.raises(Refused):
        parse_request(body)


async def test_answer__the_venues_say_that_our_clock_is_wrong__refused_by_name() -> None:
    with pytest.raises(Refused, match="wrong_clock: our clock is 9000 ms") as refused:
        await observer(clock="our clock is 9000 ms or more ahead").answer(request(), NOW_MS)

    assert refused.value.code is Code.WRONG_CLOCK
