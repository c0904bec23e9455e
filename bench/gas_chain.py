"""The bench's own chain: one Anvil that mines only when told, one transaction a block, at a time that is told."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from reporter.chain.local import LocalChain
from reporter.devnet.ports import find_ports
from reporter.devnet.processes import Processes
from reporter.devnet.tools import find_tools

ROOT = Path(__file__).resolve().parents[1]
PROBE = "tests/solidity/GasProbe.sol"
GENESIS = 1_790_000_000
"""Fixed, like every key and price: the same contracts give the same figures to the last unit of gas."""
BLOCK_S = 10
BLOCK_GAS = 30_000_000
MEMORY_KIB = 4 << 20


class Chain:
    """Sends from an account that is nobody's reporter. Automine is off: it hangs on bursts, and its receipts can be late."""

    def __init__(self, node: LocalChain, sender: str) -> None:
        self._node, self.sender = node, sender
        self.now = GENESIS
        """Time of the newest block."""

    async def send(self, data: bytes, to: str | None = None) -> dict[str, Any]:
        """Mine one transaction in a block of its own, ``BLOCK_S`` after the last; its receipt.

        Raises:
            RuntimeError: It was reverted.
        """
        self.now += BLOCK_S
        transaction = {"from": self.sender, "data": "0x" + data.hex(), "gas": hex(BLOCK_GAS)}
        sent = await self._node.request("eth_sendTransaction", transaction | ({"to": to} if to else {}))
        await self._node.request("evm_mine", self.now)
        receipt = await self._node.request("eth_getTransactionReceipt", sent)
        if receipt["status"] != "0x1":
            raise RuntimeError(f"transaction {sent} was reverted")
        return dict(receipt)

    async def send_twice(self, data: bytes, to: str) -> dict[str, Any]:
        """Mine the same transaction twice in one block; the receipt of the second."""
        self.now += BLOCK_S
        transaction = {"from": self.sender, "to": to, "data": "0x" + data.hex(), "gas": hex(BLOCK_GAS // 3)}
        for _ in range(2):
            sent = await self._node.request("eth_sendTransaction", transaction)
        await self._node.request("evm_mine", self.now)
        return dict(await self._node.request("eth_getTransactionReceipt", sent))

    async def deploy(self, contract: str, *arguments: object) -> str:
        """Deploy from forge's artefact; the address."""
        artifact = read_artifact(contract)
        types = [
            i["type"] for item in artifact["abi"] if item["type"] == "constructor" for i in item["inputs"]
        ]
        code = bytes.fromhex(artifact["bytecode"]["object"].removeprefix("0x"))
        receipt = await self.send(code + encode(types, arguments))
        return str(to_checksum_address(receipt["contractAddress"]))

    async def call(self, to: str, data: bytes) -> bytes:
        """``eth_call`` on the newest block."""
        answer = await self._node.request("eth_call", {"to": to, "data": "0x" + data.hex()}, "latest")
        return bytes.fromhex(answer[2:])

    async def created_slots(self, transaction_hash: str, contract: str) -> list[str]:
        """The storage slots of ``contract`` that a transaction changed from zero to non-zero."""
        tracer = {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}}
        diff = await self._node.request("debug_traceTransaction", transaction_hash, tracer)
        before, after = (diff[side][contract.lower()].get("storage", {}) for side in ("pre", "post"))
        return [slot for slot in after if int(before.get(slot, "0x0"), 16) == 0]

    async def put_slot(self, contract: str, slot: str, word: int) -> None:
        await self._node.request("anvil_setStorageAt", contract, slot, f"0x{word:064x}")

    async def snapshot(self) -> tuple[str, int]:
        return await self._node.request("evm_snapshot"), self.now

    async def revert(self, snapshot: tuple[str, int]) -> None:
        """Back to a snapshot, the clock too; a snapshot serves once."""
        identifier, self.now = snapshot
        if not await self._node.request("evm_revert", identifier):
            raise RuntimeError(f"Anvil has no snapshot {identifier}")


def calldata(signature: str, *arguments: object) -> bytes:
    """``calldata("read(bytes32,uint256)", feed, 60)``; types without tuples."""
    types = [kind for kind in signature[signature.index("(") + 1 : -1].split(",") if kind]
    return keccak(text=signature)[:4] + encode(types, arguments)


def read_artifact(contract: str) -> dict[str, Any]:
    """What forge made of one contract."""
    path = ROOT / "build" / "forge" / "out" / f"{contract}.sol" / f"{contract}.json"
    return dict(json.loads(path.read_text()))


def build(*more: str) -> None:
    """Compile the contracts and the probe as they are now, and ``more`` sources."""
    tools = find_tools("anvil", ROOT)
    forge = shutil.which("forge", path=tools.env["PATH"]) or "forge"
    subprocess.run(
        [forge, "build", "-q", "contracts", PROBE, *more],
        cwd=ROOT,
        env={**os.environ, **tools.env},
        check=True,
    )


@asynccontextmanager
async def anvil() -> AsyncIterator[Chain]:
    """An Anvil on a free port, under a memory limit, gone at the end whatever happens."""
    tools = find_tools("anvil", ROOT)
    port = find_ports(0, 0).rpc
    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(Path(folder), ROOT)
        node = LocalChain("anvil", f"http://127.0.0.1:{port}")
        try:
            argv = [*tools.chain_argv(port), "--timestamp", str(GENESIS), "--gas-limit", str(BLOCK_GAS)]
            child = await processes.start("anvil", argv, memory_kib=MEMORY_KIB)
            if not await node.wait_until_up(10):
                raise RuntimeError(f"Anvil does not answer: {child.tail()}")
            await node.request("evm_setAutomine", False)
            yield Chain(node, (await node.request("eth_accounts"))[0])
        finally:
            await node.close()
            await processes.stop()
