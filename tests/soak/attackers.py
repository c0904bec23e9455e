"""A stranger with an account and money: relays our batches before us, and sends bundles of garbage."""

from dataclasses import dataclass
from random import Random
from typing import Any

from eth_abi.abi import encode
from eth_account import Account
from eth_account.signers.local import LocalAccount

from reporter.errors import SpotlineError
from tests.soak.decode import UPDATE
from tests.soak.links import HOST
from tests.soak.network import Network
from tests.soak.node import fetch_json

GAS, TIP_WEI = 900_000, 3 * 10**9


@dataclass(slots=True)
class Attacker:
    """One account; ``seen`` are the batches it has sent on already."""

    account: LocalAccount
    dice: Random
    seen: set[bytes]

    @classmethod
    async def rich(cls, net: Network, dice: Random) -> "Attacker":
        """A new one with 100 ETH."""
        account: LocalAccount = Account.from_key(dice.randbytes(32))
        await net.chain.fund([account.address])
        return cls(account, dice, set())

    async def send(self, net: Network, data: bytes) -> None:
        """Send calldata to the aggregator with a tip above everybody's."""
        nonce = int(await net.chain.request("eth_getTransactionCount", self.account.address, "pending"), 16)
        signed = self.account.sign_transaction(
            {
                "type": 2,
                "chainId": net.deployment.chain_id,
                "nonce": nonce,
                "to": net.deployment.aggregator,
                "value": 0,
                "data": data,
                "gas": GAS,
                "maxFeePerGas": 100 * TIP_WEI,
                "maxPriorityFeePerGas": TIP_WEI,
            }
        )
        await net.chain.request("eth_sendRawTransaction", signed.raw_transaction.to_0x_hex())


async def pending(net: Network) -> list[dict[str, Any]]:
    """The transactions in the pool that could be mined next."""
    pool = await net.chain.request("txpool_content")
    return [tx for txs in pool["pending"].values() for tx in txs.values()]


async def frontrun(net: Network, attacker: Attacker) -> None:
    """Copy what our reporters have in the pool."""
    for tx in await pending(net):
        data = bytes.fromhex(tx["input"][2:])
        ours = tx["from"].lower() != attacker.account.address.lower()
        if data[:4] == UPDATE and ours and data not in attacker.seen:
            attacker.seen.add(data)
            await attacker.send(net, data)


async def relay(net: Network, attacker: Attacker) -> None:
    """Make a batch of what the reporters' ``GET /reports`` show, as anybody may."""
    reports: dict[tuple[int, tuple[str, ...]], dict[int, dict[str, Any]]] = {}
    order = sorted(net.numbers, key=lambda n: net.bits[net.nodes[n].address])
    for n in order:
        try:
            shown = await fetch_json(f"http://{HOST}:{net.ports.observe[n]}/reports")
        except SpotlineError:
            continue
        for document in shown:
            key = document["observedAt"], tuple(document["feedIds"])
            reports.setdefault(key, {})[net.bits[net.nodes[n].address]] = document
    for (second, feeds), signed in reports.items():
        data = _batch(second, feeds, signed)
        if len(signed) >= net.quorum and data not in attacker.seen:
            attacker.seen.add(data)
            await attacker.send(net, data)


def _batch(second: int, feeds: tuple[str, ...], signed: dict[int, dict[str, Any]]) -> bytes:
    """The calldata of an update in the wide packing."""
    rows = [signed[bit] for bit in sorted(signed)]
    columns = list(zip(*([int(p) for p in row["prices"]] for row in rows), strict=True))
    medians = bytes(column.index(sorted(column)[len(column) // 2]) for column in columns)
    packed = medians + b"".join(
        bytes.fromhex(row["signature"][2:]) + b"".join(int(p).to_bytes(8, "big") for p in row["prices"])
        for row in rows
    )
    ids = [bytes.fromhex(feed[2:]) for feed in feeds]
    bitmap = sum(1 << bit for bit in signed)
    return UPDATE + encode(["uint64", "uint32", "bytes32[]", "bytes"], (second, bitmap, ids, packed))


async def garbage(net: Network, attacker: Attacker) -> None:
    """Three bundles: an old one again, one cut short, one of noise. All are mined, and revert."""
    head = await net.chain.request("eth_getBlockByNumber", "latest", True)
    for tx in head["transactions"]:
        data = bytes.fromhex(tx["input"][2:])
        if data[:4] == UPDATE and len(data) > 400:
            attacker.seen.add(data)
    known = sorted(attacker.seen) or [UPDATE + attacker.dice.randbytes(600)]
    old = attacker.dice.choice(known)
    for data in (old, old[: len(old) // 2], UPDATE + attacker.dice.randbytes(len(old))):
        await attacker.send(net, data)
