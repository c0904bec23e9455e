"""A local chain for a run: an Anvil of its own, the contracts as they are compiled, blocks at times that are told.

Automine is off: it hangs on bursts. Accounts are Anvil's own, unlocked; nothing here has a key to anything of worth.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from reporter.chain.local import LocalChain
from reporter.devnet.ports import find_ports
from reporter.devnet.processes import Processes
from reporter.devnet.run import ANVIL_MEMORY_KIB
from reporter.devnet.tools import ROOT, find_tools
from reporter.errors import ChainError, MissingTool

CHAIN_ID = 31_337
GAS = 10_000_000
MANY_GAS = 500_000
"""Each of several transactions in one block of 30 million."""
UP_S = 20


@dataclass(frozen=True, slots=True)
class Contract:
    """A deployed contract, or with an empty address one to be deployed: what its ABI says of each function."""

    name: str
    address: str
    abi: tuple[dict[str, Any], ...]
    code: bytes = b""

    def data(self, function: str, *arguments: object) -> str:
        """Calldata of a function, in hex."""
        kinds = self.kinds("function", function, "inputs")
        return "0x" + (keccak(text=f"{function}({','.join(kinds)})")[:4] + encode(kinds, arguments)).hex()

    def creation(self, *arguments: object) -> str:
        """Code and arguments of its constructor, in hex."""
        return "0x" + (self.code + encode(self.kinds("constructor", None, "inputs"), arguments)).hex()

    def kinds(self, kind: str, name: str | None, side: str) -> list[str]:
        """The types of a function's or constructor's ``inputs`` or ``outputs``."""
        entry = next(e for e in self.abi if e["type"] == kind and e.get("name") == name)
        return [_kind(each) for each in entry.get(side, [])]


class Anvil:
    """One chain, one sender at a time, and the time of its newest block."""

    def __init__(self, node: LocalChain, accounts: Sequence[str], now_s: int) -> None:
        self._node, self.accounts, self.now_s = node, accounts, now_s

    async def deploy(self, name: str, *arguments: object) -> Contract:
        """Deploy what forge has built, in a block one second after the last."""
        made = artifact(name)
        sent = await self._post(self.accounts[0], None, made.creation(*arguments), GAS)
        await self._mine(self.now_s + 1)
        receipt = await self._receipt(sent, made.name)
        return Contract(name, str(to_checksum_address(receipt["contractAddress"])), made.abi)

    async def send(
        self, at_s: int, account: int, contract: Contract, function: str, *arguments: object
    ) -> dict[str, Any]:
        """One transaction in a block of its own at this time; its receipt. Raises ``ChainError`` if it was reverted."""
        data = contract.data(function, *arguments)
        sent = await self._post(self.accounts[account], contract.address, data, GAS)
        await self._mine(at_s)
        return await self._receipt(sent, f"{contract.name}.{function}")

    async def send_all(
        self, at_s: int, accounts: Sequence[int], contract: Contract, function: str, *arguments: object
    ) -> None:
        """The same transaction of several accounts in one block."""
        data = contract.data(function, *arguments)
        sent = [await self._post(self.accounts[i], contract.address, data, MANY_GAS) for i in accounts]
        await self._mine(at_s)
        for each in sent:
            await self._receipt(each, f"{contract.name}.{function}")

    async def read(self, contract: Contract, function: str, *arguments: object) -> tuple[Any, ...]:
        """What a view answers at the newest block."""
        call = {"to": contract.address, "data": contract.data(function, *arguments)}
        answer = await self._node.request("eth_call", call, "latest")
        return tuple(decode(contract.kinds("function", function, "outputs"), bytes.fromhex(answer[2:])))

    async def _post(self, sender: str, to: str | None, data: str, gas: int) -> str:
        fields = {"from": sender, "data": data, "gas": hex(gas)} | ({"to": to} if to else {})
        return str(await self._node.request("eth_sendTransaction", fields))

    async def _mine(self, at_s: int) -> None:
        await self._node.request("evm_mine", at_s)
        self.now_s = at_s

    async def _receipt(self, sent: str, what: str) -> dict[str, Any]:
        receipt = await self._node.request("eth_getTransactionReceipt", sent)
        if receipt is None or receipt["status"] != "0x1":
            raise ChainError(
                f"{what} was reverted in transaction {sent}", hint="fewer hours or agents may do"
            )
        return dict(receipt)


@asynccontextmanager
async def anvil(accounts: int, start_s: int) -> AsyncIterator[Anvil]:
    """A fresh chain with so many rich accounts, gone at the end whatever happens.

    Raises:
        MissingTool: Anvil is not installed.
        ChainError: It does not start.
    """
    tools, port = find_tools("anvil"), find_ports(0, 0).rpc
    argv = [*tools.chain_argv(port), "--accounts", str(accounts), "--timestamp", str(start_s)]
    node = LocalChain("anvil", f"http://127.0.0.1:{port}")
    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(Path(folder), ROOT)
        try:
            child = await processes.start("anvil", argv, tools.env, ANVIL_MEMORY_KIB)
            if not await node.wait_until_up(UP_S):
                raise ChainError(f"Anvil does not answer: {child.tail()}")
            await node.request("evm_setAutomine", False)
            yield Anvil(node, await node.request("eth_accounts"), start_s)
        finally:
            await node.close()
            await processes.stop()


def build() -> None:
    """Compile the contracts as they are now; nothing is done when they are compiled. Raises ``MissingTool``."""
    tools = find_tools("anvil")
    forge = shutil.which("forge", path=tools.env["PATH"])
    if forge is None:
        raise MissingTool("forge is not installed: the contracts cannot be compiled", hint="run: make setup")
    done = subprocess.run(  # noqa: S603 - our own tool on our own sources
        [forge, "build", "-q", "contracts"],
        cwd=ROOT,
        env={**os.environ, **tools.env},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise MissingTool(f"the contracts do not compile: {done.stderr[-500:]}", hint="run: forge build")


def artifact(name: str) -> Contract:
    """What forge has built of one contract."""
    found = json.loads((ROOT / "build" / "forge" / "out" / f"{name}.sol" / f"{name}.json").read_text())
    return Contract(
        name, "", tuple(found["abi"]), bytes.fromhex(found["bytecode"]["object"].removeprefix("0x"))
    )


def _kind(entry: dict[str, Any]) -> str:
    """The canonical type: a struct is the tuple of its fields."""
    kind = str(entry["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_kind(part) for part in entry['components'])}){kind.removeprefix('tuple')}"
