"""Transactions on a real Anvil and a real Hardhat: stuck, dropped, replaced, reorganised, through endpoints that
lie or hang."""

import asyncio
import time
from typing import Any

import pytest
from eth_account import Account

from reporter.chain.fees import FeeRules, Fees
from reporter.chain.flight import NonceGap
from reporter.chain.local import LocalChain
from reporter.chain.rpc import SendRefused
from reporter.chain.sender import SubmitRules
from reporter.chain.submit import NotWanted
from reporter.errors import ChainError
from tests.system.chains import hang, lie, mine, mining, proxy
from tests.system.rigs import CALL, GWEI, RULES, Make, killed, local, make

__all__ = ["local", "make"]  # fixtures
pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]


async def test_submit__twice__nonces_in_order_and_one_call_on_the_way(local: LocalChain, make: Make) -> None:
    async with proxy(local) as one, proxy(local) as two, mining(local):
        rig = await make(one.url, two.url)
        await rig.submit()
        await rig.refresh()
        head = await rig.rpc.head()
        one.calls.clear()
        two.calls.clear()
        asked_ms = time.time_ns() // 10**6

        mined = await rig.submitter.submit(CALL, head.base_fee, 20)

    assert mined.succeeded
    assert asked_ms <= mined.begun_ms <= mined.sent_ms <= time.time_ns() // 10**6
    assert (one.calls[0], two.calls[0]) == ("eth_sendRawTransaction", "eth_sendRawTransaction")
    assert set(one.calls[1:] + two.calls[1:]) <= {"eth_getTransactionReceipt"}
    assert rig.states() == ["mined", "mined"]
    assert await rig.nonces_mined() == 2


async def test_submit__no_block_comes__dearer_by_an_eighth_and_one_is_mined(
    local: LocalChain, make: Make
) -> None:
    rig = await make()
    running = asyncio.create_task(rig.submit())
    first = await rig.pending()
    second = await rig.pending(2)
    async with mining(local):
        mined = await running

    assert int(second["maxFeePerGas"], 16) * 8 >= int(first["maxFeePerGas"], 16) * 9
    assert int(second["maxPriorityFeePerGas"], 16) * 8 >= int(first["maxPriorityFeePerGas"], 16) * 9
    assert first["nonce"] == second["nonce"]
    assert mined.succeeded
    assert await rig.nonces_mined() == 1
    await mine(local, 3)
    await rig.refresh()
    assert sorted(rig.states()) == ["mined", *["replaced"] * (len(rig.states()) - 1)]


async def test_submit__base_fee_rises_over_ours__passes_when_it_can_pay(
    local: LocalChain, make: Make
) -> None:
    rig = await make()
    running = asyncio.create_task(rig.submit())
    await rig.pending()
    await local.request(f"{local.kind}_setNextBlockBaseFeePerGas", hex(20 * GWEI))
    await mine(local)
    async with mining(local):
        mined = await running

    assert mined.succeeded
    assert len(rig.states()) > 1


async def test_submit__base_fee_over_the_cap__not_sent_and_said(local: LocalChain, make: Make) -> None:
    rig = await make(rules=SubmitRules(FeeRules(GWEI, GWEI), 1, 2))
    await local.request(f"{local.kind}_setNextBlockBaseFeePerGas", hex(40 * GWEI))
    await mine(local)

    with pytest.raises(ChainError, match="over the cap of 1000000000 wei"):
        await rig.submit()

    assert rig.states() == []


async def test_submit__gives_up__the_next_takes_the_same_nonce(local: LocalChain, make: Make) -> None:
    rig = await make()
    with pytest.raises(ChainError, match="is not mined after"):
        await rig.submit(timeout_s=0.5)
    async with mining(local):
        mined = await rig.submit()

    assert mined.succeeded
    assert await rig.nonces_mined() == 1


async def test_submit__killed_while_pending__replaced_after_the_start(local: LocalChain, make: Make) -> None:
    rig = await make()
    running = asyncio.create_task(rig.submit())
    first = await rig.pending()
    await killed(rig, running)
    again = await make(again=rig)
    async with mining(local):
        mined = await again.submit()

    assert mined.succeeded
    assert mined.tx_hash != first["hash"]
    assert await again.nonces_mined() == 1


async def test_settle__mined_while_we_were_dead__known_after_the_start(local: LocalChain, make: Make) -> None:
    rig = await make()
    running = asyncio.create_task(rig.submit())
    await rig.pending()
    await killed(rig, running)
    await mine(local, 3)
    again = await make(again=rig)

    await again.refresh()

    assert again.states() == ["mined"]
    assert again.store.journal_open() == []
    assert again.store.spent(0).gwei > 0


async def test_submit__dropped_from_the_pool__comes_again_with_the_same_nonce(
    local: LocalChain, make: Make
) -> None:
    rig = await make()
    running = asyncio.create_task(rig.submit())
    first = await rig.pending()
    await local.request(f"{local.kind}_dropTransaction", first["hash"])
    async with mining(local):
        mined = await running

    assert mined.succeeded
    assert await rig.nonces_mined() == 1


async def test_submit__somebody_else_used_the_nonce__next_one_is_taken(local: LocalChain, make: Make) -> None:
    rig = await make()
    other = await make()
    other.submitter.sender.account = Account.from_key(rig.key)
    await rig.refresh()
    async with mining(local):
        await other.submit()
        mined = await rig.submit()

    assert mined.succeeded
    assert await rig.nonces_mined() == 2


async def test_submit__no_money__not_sent_and_says_what_to_do(make: Make) -> None:
    rig = await make(funds=False)

    with pytest.raises(ChainError, match="has 0 wei") as raised:
        await rig.submit()

    assert "send it money" in raised.value.hint
    assert rig.states() == []


async def test_submit__one_endpoint_hangs__the_other_is_enough(local: LocalChain, make: Make) -> None:
    async with proxy(local) as bad, mining(local):
        rig = await make(bad.url, local.url)
        await rig.submit()
        bad.tamper = hang
        await rig.refresh()
        started = time.monotonic()
        mined = await rig.submit()

    assert mined.succeeded
    assert time.monotonic() - started < 5
    assert [health.state.value for health in rig.rpc.health.values()] == ["dead", "alive"]


async def test_head__hanging_endpoint_comes_back__read_again(local: LocalChain, make: Make) -> None:
    async with proxy(local) as bad:
        rig = await make(bad.url, local.url)
        bad.tamper = hang
        await rig.rpc.head()
        bad.tamper = None
        started = time.monotonic()
        await rig.rpc.head()
        waited = time.monotonic() - started
        await asyncio.sleep(0.3)
        await rig.rpc.head()

    assert waited < 1  # nobody waits for the dead
    assert [health.state.value for health in rig.rpc.health.values()] == ["alive", "alive"]


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("eth_getTransactionCount", hex(2**64)),
        ("eth_getTransactionCount", None),
        (
            "eth_feeHistory",
            {"reward": [[hex(2**64)]], "baseFeePerGas": ["0x1"], "gasUsedRatio": [0], "oldestBlock": "0x1"},
        ),
        ("eth_feeHistory", "nonsense"),
        ("eth_getBalance", "0x" + "f" * 80),
        ("eth_getBlockByNumber", {"number": "0x-1"}),
        ("eth_getTransactionReceipt", {"status": 7}),
        ("eth_sendRawTransaction", {"error": "?"}),
        ("eth_chainId", "0x1"),
    ],
)
async def test_submit__one_of_two_endpoints_lies__mined_within_the_cap(
    local: LocalChain, make: Make, method: str, value: Any
) -> None:
    async with proxy(local) as liar, mining(local):
        liar.tamper = lie(method, value)
        rig = await make(liar.url, local.url)
        mined = await rig.submit()
        paid = await local.request("eth_getTransactionByHash", mined.tx_hash)

    assert mined.succeeded
    assert int(paid["maxPriorityFeePerGas"], 16) <= RULES.fees.max_priority_fee
    assert int(paid["maxFeePerGas"], 16) <= RULES.fees.max_fee


async def test_submit__endpoint_sends_a_gigabyte__refused_and_the_other_used(
    local: LocalChain, make: Make
) -> None:
    async with proxy(local) as liar, mining(local):
        liar.tamper = lie("eth_getBlockByNumber", "f" * 5 * 2**20)
        rig = await make(liar.url, local.url)
        assert (await rig.submit()).succeeded

    assert "ReplyTooLarge" in next(iter(rig.rpc.health.values())).why


async def test_head__endpoint_of_another_chain__never_sent_to(local: LocalChain, make: Make) -> None:
    async with proxy(local) as other, mining(local):
        other.tamper = lie("eth_chainId", "0x1")
        rig = await make(other.url, local.url)
        await rig.rpc.head()
        await rig.submit()

    assert "eth_sendRawTransaction" not in other.calls


@pytest.mark.parametrize("local", ["anvil"], indirect=True)  # Hardhat has no reorganisations
async def test_reorganisation__our_transaction_is_dropped__told_and_sent_again(
    local: LocalChain, make: Make
) -> None:
    rig = await make()
    async with mining(local):
        first = await rig.submit()
    await rig.refresh()
    head = int(await local.request("eth_blockNumber"), 16)
    await local.request("anvil_reorg", head - first.block + 1, [])
    await rig.refresh()
    assert rig.states() == ["sent"]
    await rig.refresh()
    async with mining(local):
        second = await rig.submit()

    assert second.succeeded
    assert await rig.nonces_mined() == 1


async def test_send__what_the_node_says__is_understood(local: LocalChain, make: Make) -> None:
    rig = await make()
    async with mining(local):
        await rig.submit()
    account = Account.from_key(rig.key)

    async def said(**changes: Any) -> list[str]:
        transaction = rig.submitter.sender.transaction(CALL, 1, _fees(10)) | changes
        raw = bytes(account.sign_transaction(transaction).raw_transaction)
        with pytest.raises(SendRefused) as refused:
            await rig.rpc.send(raw)
        return [str(answer) for answer in refused.value.answers]

    assert await said(nonce=0) == ["nonce used"]
    assert await said(chainId=5) == ["wrong chain"]
    assert await said(value=10**30) == ["no funds"]
    await rig.rpc.send(
        bytes(account.sign_transaction(rig.submitter.sender.transaction(CALL, 1, _fees(10))).raw_transaction)
    )
    await rig.rpc.send(
        bytes(account.sign_transaction(rig.submitter.sender.transaction(CALL, 1, _fees(10))).raw_transaction)
    )
    assert await said(data=b"x") == ["underpriced"]
    await mine(local)


def _fees(gwei: int) -> Fees:
    return Fees(gwei * GWEI, GWEI)


@pytest.mark.parametrize("local", ["anvil"], indirect=True)  # Hardhat has no reorganisations
async def test_reorganisation__nonce_before_ours_is_gone__given_up_and_begun_again(
    local: LocalChain, make: Make
) -> None:
    rig = await make()
    async with mining(local):
        await rig.submit()
    await local.request("anvil_reorg", 2, [])  # what we know of our nonce is of a block that is gone
    assert await rig.nonces_mined() == 0

    async with mining(local):
        with pytest.raises(NonceGap, match="has dropped our nonce 0"):
            await rig.submit()
        again = await rig.submit()
        await asyncio.sleep(1)
        await rig.refresh()

    assert again.succeeded
    assert await rig.nonces_mined() == 2
    assert (await local.request("txpool_status"))["queued"] == "0x0"


async def test_submit__done_by_another_before_its_turn__not_sent(local: LocalChain, make: Make) -> None:
    rig = await make()
    done: list[bool] = []

    async def still_missing() -> bool:
        return not done

    async with mining(local):
        await rig.refresh()
        head = await rig.rpc.head()
        first = asyncio.create_task(rig.submitter.submit(CALL, head.base_fee, 20))
        await rig.pending()
        second = asyncio.create_task(rig.submitter.submit(CALL, head.base_fee, 20, still_missing))
        await asyncio.sleep(0)
        done.append(True)
        mined = await first
        with pytest.raises(NotWanted, match="not needed any more"):
            await second
        again = await rig.submitter.submit(CALL, head.base_fee, 20)

    assert mined.succeeded
    assert again.succeeded
    assert await rig.nonces_mined() == 2
