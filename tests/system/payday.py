"""A devnet with a reference market whose traders pay each other funding, and everything that can be seen of it from outside.

Nothing here computes a price, a rate or a payment: it runs the real processes and writes down what they said and did.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_abi.abi import decode
from eth_utils.address import to_checksum_address

from reporter.chain.local import LocalChain
from reporter.convergence.anvil import Contract, artifact, build
from reporter.devnet import preset
from reporter.devnet.run import Devnet, Options, Reporter
from reporter.devnet.tools import Tools
from tests.system.calm_market import SYMBOL, CalmMarket, replies
from tests.system.events import Event, event_of

BTC = b"BTC/USD".ljust(32, b"\0")
ONE, DOLLAR = 10**18, 10**6
VENUES_OF = (
    ("kraken", "bitstamp", "gemini"),
    ("kraken", "bitstamp", "gemini", "coinbase", "cryptocom"),
    ("gemini", "coinbase", "cryptocom"),
    ("bitstamp", "gemini", "coinbase", "cryptocom"),
)
"""What each reporter's index is made of, so that each signs a price of its own."""
SAMPLE_S = 3
INTERVAL_S, REALISATION_S, MAX_INDEX_AGE_S, MAX_SPREAD_BPS = 10, 3_600, 60, 100
MAX_PREMIUM, INTEREST, DAMPING, MAX_RATE = ONE // 10, 10**14, 5 * 10**14, 3 * ONE // 10
RULES = (INTERVAL_S, REALISATION_S, MAX_INDEX_AGE_S, MAX_SPREAD_BPS, MAX_PREMIUM, INTEREST, DAMPING, MAX_RATE)
BASE_RESERVE, START_PRICE, FEE_BPS = 1_000 * ONE, 60_000 * ONE, 5
LONG, SHORT = 5 * ONE + 123_456_789, 2 * ONE + 987_654_321
DEPOSIT = 100_000 * DOLLAR
ANY = 2**256 - 1
GAS = hex(5_000_000)
PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Books:
    """The market's ledger after a block: the accounts (size, entry, collateral, claim, openNotional) and the tokens."""

    accounts: Mapping[str, tuple[int, ...]]
    funds: tuple[int, ...]
    balance: int
    wallets: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Payday:
    """All that was seen. ``calldata`` is of updates, by transaction; ``marks`` and ``books`` are as a block left them,
    ``latest`` is the aggregator's newest round when the traders were settled."""

    replies: Sequence[Mapping[str, Any]]
    reporters: Sequence[str]
    aggregator: str
    events: Sequence[Event]
    calldata: Mapping[str, bytes]
    marks: Mapping[int, int]
    books: Mapping[int, Books]
    latest: tuple[int, ...]
    long: str
    short: str
    killed: int

    def all(self, name: str) -> list[Event]:
        """The events of one name, in the chain's order."""
        return [event for event in self.events if event.name == name]


class PaydayNet(Devnet):
    """A devnet on the calm market, whose keepers serve a funding market that has the reference market as its mark."""

    def _open_market(self) -> int:
        self.market = CalmMarket()
        return time.time_ns() // 10**6

    async def _start_market(self, _: int) -> None:
        argv = [sys.executable, "-m", "tests.system.calm_market", str(self.ports.market)]
        await self.processes.start("market", argv)

    async def _deploy(self, tools: Tools, addresses: list[str]) -> None:
        await super()._deploy(tools, addresses)
        self.chain = LocalChain("anvil", self.rpc_url)
        self.accounts = [to_checksum_address(each) for each in await self.chain.request("eth_accounts")]
        path = self.folder / "deployment.json"
        document = json.loads(path.read_text())
        self.aggregator = Contract("Aggregator", document["aggregator"], artifact("Aggregator").abi)
        await self._list_market()
        path.write_text(json.dumps(document | {"funding": self.funding.address}))

    async def _list_market(self) -> None:
        owner = self.accounts[0]
        self.token = await self._make("TestToken", "Test Dollar", "TUSD", 6)
        self.funding = await self._make("PerpetualFunding", owner, self.aggregator.address)
        sizes = (BASE_RESERVE, START_PRICE, 100 * ONE, ONE // 1_000)
        settings = (self.token.address, self.funding.address, BTC, *sizes, 1_000, 500, FEE_BPS, 100)
        self.perpetual = await self._make("PerpetualMarket", owner, settings)
        await self.send(owner, self.funding, "addMarket", BTC, (self.perpetual.address, *RULES))

    async def _make(self, name: str, *arguments: object) -> Contract:
        made = artifact(name)
        sent = await self._post(self.accounts[0], None, made.creation(*arguments))
        receipt = await self._mined(sent, name)
        return Contract(name, to_checksum_address(receipt["contractAddress"]), made.abi)

    async def _start_reporters(self, addresses: list[str]) -> None:
        venues = self._venues()
        for number, address in enumerate(addresses):
            path = self.folder / f"reporter-{number + 1}" / "spotline.toml"
            markets = [f"{venue}:{SYMBOL}" for venue in VENUES_OF[number]]
            feeds = [{**self.feeds[0], "markets": markets}]
            document = preset.reporter_document(number, self.ports, addresses, feeds, venues)
            document["keeper"] = [{"market": SYMBOL, "sample_s": SAMPLE_S}]
            document["venues"] = {venue: venues[venue] for venue in VENUES_OF[number]}
            path.write_text(preset.toml_text(document))
            argv = [sys.executable, "-m", "reporter.cli", "run", "--config", str(path)]
            child = await self.processes.start(f"reporter-{number + 1}", argv)
            self.reporters.append(
                Reporter(address, f"http://127.0.0.1:{self.ports.api[number]}", path, child)
            )

    async def post(self, sender: str, contract: Contract, function: str, *arguments: object) -> str:
        """Send a transaction and do not wait for it."""
        return await self._post(sender, contract.address, contract.data(function, *arguments))

    async def _post(self, sender: str, to: str | None, data: str) -> str:
        fields = {"from": sender, "data": data, "gas": GAS} | ({"to": to} if to else {})
        return str(await self.chain.request("eth_sendTransaction", fields))

    async def send(
        self, sender: str, contract: Contract, function: str, *arguments: object
    ) -> dict[str, Any]:
        """Send a transaction; its receipt."""
        return await self._mined(await self.post(sender, contract, function, *arguments), function)

    async def _mined(self, sent: str, what: str) -> dict[str, Any]:
        receipt = await until(what, lambda: self.chain.request("eth_getTransactionReceipt", sent))
        assert receipt["status"] == "0x1", f"{what} was reverted"
        return dict(receipt)

    async def read(
        self, contract: Contract, function: str, *arguments: object, block: int | None = None
    ) -> Any:
        """What a view answered at a block; its first value."""
        call = {"to": contract.address, "data": contract.data(function, *arguments)}
        answer = await self.chain.request("eth_call", call, "latest" if block is None else hex(block))
        return decode(contract.kinds("function", function, "outputs"), bytes.fromhex(answer[2:]))[0]

    async def events(self) -> list[Event]:
        """Every event of our contracts so far."""
        contracts = {each.address.lower(): each for each in (self.aggregator, self.funding, self.perpetual)}
        asked = {"address": list(contracts), "fromBlock": "0x0", "toBlock": "latest"}
        logs = await self.chain.request("eth_getLogs", asked)
        found = [event_of(contracts[log["address"].lower()].abi, log) for log in logs]
        return sorted((e for e in found if e), key=lambda event: (event.block, event.index))

    async def stop(self) -> None:
        await super().stop()
        if hasattr(self, "chain"):
            await self.chain.close()


async def until(what: str, ask: Callable[[], Awaitable[Any]]) -> Any:
    """Ask until the answer says something."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := await ask():
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"not within {PATIENCE_S} s: {what}")


async def _arrive(net: PaydayNet, trader: str) -> None:
    """Money, and leave to take it; three transactions at once, which a chain keeps in order."""
    await net.post(trader, net.token, "mint", trader, DEPOSIT + 1)
    await net.post(trader, net.token, "approve", net.perpetual.address, ANY)
    await net.send(trader, net.perpetual, "deposit", DEPOSIT)


async def _after(net: PaydayNet, name: str, count: int) -> None:
    """Wait for so many more events of a name."""
    before = len([e for e in await net.events() if e.name == name])

    async def came() -> bool:
        return len([e for e in await net.events() if e.name == name]) >= before + count

    await until(f"{count} more {name}", came)


async def _kill_one(net: PaydayNet) -> int:
    """``kill -9`` a reporter on that side of the newest answer where it hurts: without it, any quorum's is the other one."""
    rounds = [event for event in await net.events() if event.name == "RoundAccepted"]
    killed = 0 if rounds[-1].values["answer"] * 10**10 < START_PRICE else 2
    os.kill(net.reporters[killed].child.process.pid, signal.SIGKILL)
    return killed


async def _round_without(net: PaydayNet, reporter: int) -> None:
    async def came() -> bool:
        rounds = [event for event in await net.events() if event.name == "RoundAccepted"]
        return not rounds[-1].values["reporterBitmap"] >> reporter & 1

    await until("a round without the dead reporter", came)


async def trade(net: PaydayNet) -> int:
    """A long and, in another sample, a shorter short; a reporter dies; a rate later both are settled. Who died."""
    owner, long, short = net.accounts[:3]
    for trader in (long, short):
        await _arrive(net, trader)
    await net.send(long, net.perpetual, "trade", LONG, ANY)
    await _after(net, "Accrued", 1)
    await net.send(short, net.perpetual, "trade", -SHORT, 0)
    await _after(net, "RateFixed", 1)
    killed = await _kill_one(net)
    await asyncio.gather(_round_without(net, killed), _after(net, "RateFixed", 1))
    await _after(net, "Accrued", 1)
    await _settle_at_once(net, owner, (long, short))
    return killed


async def _settle_at_once(net: PaydayNet, sender: str, traders: Sequence[str]) -> None:
    """In one block, in this order: a view of an account shows it as settled, so the ledger adds up only then."""
    await net.chain.request("evm_setIntervalMining", 0)
    for trader in traders:
        await net.post(sender, net.perpetual, "settle", trader)
    await net.chain.request("evm_mine")
    await net.chain.mine_on_a_timer(preset.BLOCK_TIME_S)


async def _books(net: PaydayNet, block: int) -> Books:
    accounts = {who: await net.read(net.perpetual, "position", who, block=block) for who in net.accounts[1:3]}
    wallets = {who: await net.read(net.token, "balanceOf", who, block=block) for who in accounts}
    funds = await net.read(net.perpetual, "funds", block=block)
    balance = await net.read(net.token, "balanceOf", net.perpetual.address, block=block)
    return Books(accounts, funds, balance, wallets)


async def _seen(net: PaydayNet, answers: Sequence[Mapping[str, Any]], killed: int) -> Payday:
    events = await net.events()
    updates = {event.tx for event in events if event.name == "RoundAccepted"}
    sent = [await net.chain.request("eth_getTransactionByHash", tx) for tx in updates]
    before = {e.block - 1 for e in events if e.name in ("Accrued", "FundingSettled")}
    marks = {n: await net.read(net.perpetual, "markPrice", block=n) for n in before}
    touched = {e.block for e in events if e.name in ("Deposited", "Traded", "FundingSettled")}
    books = {n: await _books(net, n) for n in touched}
    return Payday(
        answers,
        [reporter.address for reporter in net.reporters],
        net.aggregator.address,
        events,
        {tx["hash"]: bytes.fromhex(tx["input"][2:]) for tx in sent},
        marks,
        books,
        await net.read(net.aggregator, "latestRound", BTC, block=max(touched)),
        net.accounts[1],
        net.accounts[2],
        killed,
    )


async def payday() -> Payday:
    """Run it all once, in processes of its own that are gone afterwards."""
    build()
    folder = Path(tempfile.mkdtemp(prefix="spotline-payday-"))
    net = PaydayNet(Options(reporters=len(VENUES_OF), port=0, transport="rest"), folder)
    try:
        await net.start(lambda _: None)
        first = replies(net.market_url)
        killed = await trade(net)
        return await _seen(net, [first, replies(net.market_url)], killed)
    finally:
        await net.stop()
        shutil.rmtree(folder, ignore_errors=True)
