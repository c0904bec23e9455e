"""A gas key of its own on a real Anvil or Hardhat, with a journal and a submitter, for tests of transactions."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest_asyncio
from eth_account import Account
from eth_utils.address import to_checksum_address

from reporter.chain.calls import Call
from reporter.chain.fees import FeeRules
from reporter.chain.local import LocalChain
from reporter.chain.rpc import Rpc
from reporter.chain.sender import SubmitRules
from reporter.chain.submit import Mined, Submitter
from reporter.store import Store
from tests.system.chains import chain, mine

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
    ahead_ms: int = 0
    """Of the wall clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 10**6 + self.ahead_ms

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
        submitter = Submitter(rpc, account, store, rules, lambda: rig.now_ms())  # noqa: PLW0108 - it is made next
        rig = Rig(local, folder, key, store, submitter, rpc)
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
