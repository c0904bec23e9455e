"""Transactions on a real Anvil and a real Hardhat: stuck, dropped, replaced, reorganised, through endpoints that
lie or hang."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from eth_account import Account
from eth_utils.address import to_checksum_address

from reporter.chain.calls import Call
from reporter.chain.fees import FeeRules, Fees
from reporter.chain.local import LocalChain
from reporter.chain.rpc import Rpc, SendRefused
from reporter.chain.submit import Mined, SubmitRules, Submitter
from reporter.errors import ChainError
from reporter.store import Store
from tests.system.chains import chain, hang, lie, mine, mining, proxy

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]
GWEI = 10**9
RULES = SubmitRules(FeeRules(100 * GWEI, 3 * GWEI), block_time_s=1, confirmations=2)
CALL = Call(to_checksum_address("0x" + "de" * 20), b"hello", 30_000, "update")
ACCOUNTS = iter(range(1, 1_000))


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["anvil", "hardhat"])
async def local(request: Any, tmp_path_factory: Any) -> AsyncIterator[LocalChain]:
    async with chain(request.param, tmp_path_factory.mktemp(request.param)) as made:
        yield made


@dataclass
class Rig:
    """One gas key of its own on the chain, with a journal."""

    local: LocalChain
    folder: Path
    key: str
    store: Store
    submitter: Submitter
    rpc: Rpc

    async def refresh(self) -> None:
        await self.submitter.refresh(await self.rpc.head())

    async def submit(self, call: Call = CALL, timeout_s: float = 20) -> Mined:
        head = await self.rpc.head()
        return await self.submitter.submit(call, head.base_fee, timeout_s)

    async def pending(self, count: int = 1) -> dict[str, Any]:
        """Our transaction in the pool, as soon as that many were journalled."""
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            if len(rows := self.store.journal()) >= count:
                found = await self.local.request("eth_getTransactionByHash", rows[0]["tx_hash"])
                if found is not None:
                    return dict(found)
            await asyncio.sleep(0.05)
        raise AssertionError(f"no {count} transactions in {self.store.journal()}")

    async def nonces_mined(self) -> int:
        count = await self.local.request("eth_getTransactionCount", self.submitter.address, "latest")
        return int(count, 16)

    def states(self) -> list[str]:
        return [row["state"] for row in self.store.journal()]


Make = Callable[..., Any]


@pytest_asyncio.fixture(loop_scope="module")
async def make(local: LocalChain, tmp_path: Path) -> AsyncIterator[Make]:
    rigs: list[Rig] = []

    async def build(
        *urls: str, again: Rig | None = None, rules: SubmitRules = RULES, funds: bool = True
    ) -> Rig:
        key = again.key if again else "0x" + f"{next(ACCOUNTS):064x}"
        folder = again.folder if again else tmp_path / str(len(rigs))
        rpc, store = Rpc(urls or [local.url], 31337, timeout_s=2, block_time_s=1), Store(folder)
        account = Account.from_key(key)
        if again is None and funds:
            await local.fund([account.address])
            await mine(local)
        rig = Rig(
            local,
            folder,
            key,
            store,
            Submitter(rpc, account, store, rules, lambda: time.time_ns() // 10**6),
            rpc,
        )
        rigs.append(rig)
        return rig

    yield build
    for rig in rigs:
        await rig.rpc.close()
        rig.store.close()
    await local.request("evm_setAutomine", False)


async def killed(rig: Rig, running: "asyncio.Task[Mined]") -> None:
    """End a rig as kill -9 would, as far as the journal sees it."""
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    rig.store.close()


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
    assert again.store.spent_gwei(0) > 0


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
    other.submitter._account = Account.from_key(rig.key)
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
        transaction = rig.submitter._transaction(CALL, 1, _fees(10)) | changes
        raw = bytes(account.sign_transaction(transaction).raw_transaction)
        with pytest.raises(SendRefused) as refused:
            await rig.rpc.send(raw)
        return [str(answer) for answer in refused.value.answers]

    assert await said(nonce=0) == ["nonce used"]
    assert await said(chainId=5) == ["wrong chain"]
    assert await said(value=10**30) == ["no funds"]
    await rig.rpc.send(
        bytes(account.sign_transaction(rig.submitter._transaction(CALL, 1, _fees(10))).raw_transaction)
    )
    await rig.rpc.send(
        bytes(account.sign_transaction(rig.submitter._transaction(CALL, 1, _fees(10))).raw_transaction)
    )
    assert await said(data=b"x") == ["underpriced"]
    await mine(local)


def _fees(gwei: int) -> Fees:
    return Fees(gwei * GWEI, GWEI)
