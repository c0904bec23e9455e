"""Chain and RPC faults, T-TX: endpoints that are down, late or lie; a chain that halts, forgets or is dear; strangers."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from tests.soak.attackers import Attacker, frontrun, garbage, relay
from tests.soak.faults import Apply, Expect, Fault
from tests.soak.faults_exchange import lines
from tests.soak.fronts import Front, Tamper, behind, hanging, in_block, lying, stuck_at, wrong_id
from tests.soak.links import Link
from tests.soak.network import BLOCK_S, ENDPOINTS, Network
from tests.system.chains import beside

GWEI = 10**9
Fronts = Callable[[Network, Random], Iterable[Front]]


def first_endpoints(net: Network, _: Random) -> list[Front]:
    """The first endpoint of every reporter."""
    return [net.fronts[n, 0] for n in net.numbers]


def every_endpoint(net: Network, _: Random) -> list[Front]:
    """All."""
    return list(net.fronts.values())


def both_of_one(net: Network, dice: Random) -> list[Front]:
    """All that one reporter has."""
    n = dice.choice(net.numbers)
    return [net.fronts[n, e] for e in range(ENDPOINTS)]


def endpoints(make: Callable[[Network], Awaitable[Tamper]], pick: Fronts = first_endpoints) -> Apply:
    """Some endpoints answer in their own way."""

    @asynccontextmanager
    async def apply(net: Network, dice: Random) -> AsyncIterator[None]:
        chosen, tamper = list(pick(net, dice)), await make(net)
        for front in chosen:
            front.tamper = tamper
        try:
            yield
        finally:
            for front in chosen:
                front.tamper = None

    return apply


def always(tamper: Tamper) -> Callable[[Network], Awaitable[Tamper]]:
    """A tamper that needs to know nothing of the network."""

    async def make(_: Network) -> Tamper:
        return tamper

    return make


async def stuck(net: Network) -> Tamper:
    """Stands still at the block of now."""
    return stuck_at(int(await net.chain.request("eth_blockNumber"), 16))


async def ahead(_: Network) -> Tamper:
    """Every block is an hour ahead."""

    def later(block: Any) -> Any:
        return {**block, "timestamp": hex(int(block["timestamp"], 16) + 3_600)} if block else block

    return lying("eth_getBlockByNumber", later)


def twice() -> Tamper:
    """Takes a transaction and answers what the chain says to it the second time."""

    async def tamper(asked: str, params: list[Any], forward: Any) -> dict[str, Any]:
        answer: dict[str, Any] = await forward(asked, params)
        if asked == "eth_sendRawTransaction":
            again: dict[str, Any] = await forward(asked, params)
            return again
        return answer

    return tamper


def more(by: int) -> Callable[[Any], Any]:
    """A number that is off."""
    return lambda value: hex(max(0, int(value, 16) + by)) if isinstance(value, str) else value


def rich_rewards(history: Any) -> Any:
    """Tips nobody pays."""
    return {**history, "reward": [[hex(2**64)] for _ in history["reward"]]} if history else history


def dear(step_gwei: int) -> Apply:
    """The base fee rises by a step each block for ten blocks, holds for ten, and falls for ten."""

    @asynccontextmanager
    async def apply(net: Network, _: Random) -> AsyncIterator[None]:
        first = int((await net.chain.request("eth_getBlockByNumber", "latest", False))["number"], 16)

        async def raise_fee() -> None:
            done = int(await net.chain.request("eth_blockNumber"), 16) - first
            steps = min(done, 10, max(0, 30 - done))
            await net.chain.request("anvil_setNextBlockBaseFeePerGas", hex(GWEI + steps * step_gwei * GWEI))

        async with beside(raise_fee, 0.3):
            yield

    return apply


@asynccontextmanager
async def dropping(net: Network, _: Random) -> AsyncIterator[None]:
    """The pool forgets everything, again and again."""
    async with beside(lambda: net.chain.request("anvil_dropAllTransactions"), 0.2):
        yield


def reorg(depth: int) -> Apply:
    """The last blocks are replaced by empty ones; what was in them is not in the pool again."""

    @asynccontextmanager
    async def apply(net: Network, _: Random) -> AsyncIterator[None]:
        await net.chain.request("anvil_reorg", depth, [])
        # Anvil counts the new blocks' times on from the old ones: without this its clock would be late from now on.
        await net.chain.request("evm_setTime", int(time.time()))
        yield

    return apply


@asynccontextmanager
async def halted(net: Network, _: Random) -> AsyncIterator[None]:
    """No block comes."""
    await net.mine(0)
    try:
        yield
    finally:
        await net.mine(BLOCK_S)


@asynccontextmanager
async def key_used(net: Network, dice: Random) -> AsyncIterator[None]:
    """Somebody else sends with a reporter's gas key."""
    node = dice.choice(net.nodes)
    foreign = await net.send_with_gas_key(node)
    net.foreign.add(foreign)
    yield


def poor(everyone: bool) -> Apply:
    """Gas money is gone, and comes back."""

    @asynccontextmanager
    async def apply(net: Network, dice: Random) -> AsyncIterator[None]:
        chosen = net.nodes if everyone else [dice.choice(net.nodes)]
        for node in chosen:
            await net.chain.request("anvil_setBalance", node.gas, "0x0")
        try:
            yield
        finally:
            await net.chain.fund([node.gas for node in chosen])

    return apply


def attack(step: Callable[[Network, Attacker], Awaitable[None]], every_s: float) -> Apply:
    """A stranger with money, again and again."""

    @asynccontextmanager
    async def apply(net: Network, dice: Random) -> AsyncIterator[None]:
        attacker = await Attacker.rich(net, dice)
        async with beside(lambda: step(net, attacker), every_s):
            yield

    return apply


def rpc_of_all(endpoint: int | None) -> Callable[[Network, Random], Iterable[Link]]:
    """Every reporter's line to one of its endpoints, or to all."""
    return lambda net, _: [link for (_, e), link in net.rpc_links.items() if endpoint in (None, e)]


def rpc_of_one(net: Network, dice: Random) -> Iterable[Link]:
    """One reporter's lines to the chain."""
    n = dice.choice(net.numbers)
    return [net.rpc_links[n, e] for e in range(ENDPOINTS)]


def _tx(number: int, what: str, apply: Apply, **more: Any) -> Fault:
    return Fault(f"T-TX {number}", what, apply, **more)


_LIES = (
    ("nonce + 5", "eth_getTransactionCount", more(5)),
    ("nonce - 1", "eth_getTransactionCount", more(-1)),
    ("nonce 2^70", "eth_getTransactionCount", lambda _: hex(2**70)),
    ("tip 2^64", "eth_feeHistory", rich_rewards),
    ("base fee 2^80", "eth_getBlockByNumber", in_block(baseFeePerGas=hex(2**80))),
    ("chain id 1", "eth_chainId", lambda _: "0x1"),
    ("block number null", "eth_getBlockByNumber", in_block(number=None)),
    ("block number -1", "eth_getBlockByNumber", in_block(number="-0x1")),
    ("block number 2^62", "eth_getBlockByNumber", in_block(number=hex(2**62))),
    ("no block", "eth_getBlockByNumber", lambda _: None),
)
CHAIN = (
    _tx(1, "one of two endpoints down", lines(rpc_of_all(0), down=True)),
    _tx(1, "one of two endpoints silent", lines(rpc_of_all(1), silent=True, forget=True), seconds=15),
    _tx(1, "one of two endpoints hangs", endpoints(always(hanging())), seconds=15),
    _tx(1, "one reporter loses the chain", lines(rpc_of_one, down=True)),
    _tx(1, "all lose the chain", lines(rpc_of_all(None), down=True), expect=Expect.STOPS, alone=True),
    _tx(1, "latency 0.4 s +- 0.1 to the chain", lines(rpc_of_all(None), latency_s=0.4, jitter_s=0.1)),
    _tx(1, "lines to the chain cut within the reply", lines(rpc_of_all(0), cut_after=300)),
    _tx(2, "an endpoint 10 blocks behind", endpoints(always(behind(10))), seconds=15),
    _tx(2, "an endpoint stuck", endpoints(stuck), seconds=15),
    *(_tx(3, f"an endpoint lies: {name}", endpoints(always(lying(m, lie)))) for name, m, lie in _LIES),
    _tx(3, "wrong JSON-RPC id", endpoints(always(wrong_id()))),
    _tx(
        4,
        "one reporter sees no receipts",
        endpoints(always(lying("eth_getTransactionReceipt", lambda _: None)), both_of_one),
        seconds=15,
    ),
    _tx(5, "base fee +1 gwei a block", dear(1), seconds=32),
    _tx(5, "base fee +5 gwei a block", dear(5), seconds=32),
    _tx(6, "already known", endpoints(always(twice()), every_endpoint)),
    _tx(7, "somebody else used a gas key", key_used),
    _tx(8, "the pool forgets", dropping, expect=Expect.STOPS),
    *(_tx(10, f"reorganisation of {depth}", reorg(depth)) for depth in (1, 5, 20)),
    _tx(11, "no block for 20 s", halted, expect=Expect.STOPS, seconds=20, alone=True),
    _tx(11, "no block for 75 s", halted, expect=Expect.STOPS, seconds=75, alone=True),
    _tx(
        12,
        "block time an hour ahead",
        endpoints(ahead, every_endpoint),
        expect=Expect.ABSTAINS,
        grace_s=4,
        alone=True,
    ),
    _tx(12, "block time an hour ahead at one reporter", endpoints(ahead, both_of_one)),
    _tx(13, "front-run from the pool", attack(frontrun, 0.1)),
    _tx(13, "front-run from GET /reports", attack(relay, 0.2)),
    _tx(14, "garbage bundles each block", attack(garbage, 0.5)),
    _tx(15, "one reporter out of gas money", poor(False)),
    _tx(15, "all out of gas money", poor(True), expect=Expect.STOPS, alone=True),
)
