"""The way of a price to an RPC endpoint that answers after 20 ms: with fetching, and with prices fresh in the book.

fresh    seven venues that answer after 50 ms are asked with the fetch layer, then index, digest, signature, calldata and
         the transaction, as the node does it; quorum 1. The node prices the second before, which takes quotes of that
         second; here the quotes just fetched are priced, as peers do it.
trigger  the node's own `Publisher` over a book that is kept fresh: what is due, ledger on disk, observation, signature,
         gathering (quorum 1, in process), the journal on disk, the transaction signed and taken. The endpoint's 20 ms are in
         the figure; beside it stands what a bare request to the endpoint takes in the same run.
calls    of the RPC between trigger and taken, at each of two endpoints.
"""

import asyncio
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from typing import Any

from aiohttp import ClientSession
from eth_account import Account
from parts import Row, load, market, peer, process, row, say

from reporter.book import Book
from reporter.chain.aggregator import ChainState, ReporterSet
from reporter.chain.calls import update_call
from reporter.chain.endpoint import Block
from reporter.chain.fees import FeeRules
from reporter.chain.rpc import Rpc
from reporter.chain.submit import SubmitRules, Submitter
from reporter.config.sections import ScheduleSection
from reporter.index import plan
from reporter.keys import LocalSigner
from reporter.models import FeedRules, Leg, Report, Round, SignedReport, feed_id
from reporter.peers.gather import Batch
from reporter.peers.observe import Context, FeedTerms, Observer, ObserveRequest
from reporter.pricing import Pricer, report_price
from reporter.publish import ASK_BEHIND_S, Publisher, dues
from reporter.report import Domain, config_digest, report_digest
from reporter.sources import make_source
from reporter.sources.base import Fetcher
from reporter.store import Store
from reporter.trigger import TriggerRules
from reporter.wiring import calm_collector, wall_ms

VENUES = ("binance", "bitstamp", "coinbase", "cryptocom", "gemini", "kraken", "okx")
SYMBOLS = {"binance": "BTC/USDT", "okx": "BTC/USDT"}
FEED, CHAIN_ID, GWEI, RUNS = "BTC/USD", 31337, 10**9, 25
MEASURED = ("fresh", "fresh_cpu", "trigger", "trigger_cpu", "bare")
AGGREGATOR = "0x5FbDB2315678afecb367f032d93F642f64180aa3"


class TimedRpc(Rpc):
    """Notes when a transaction was taken: wall and CPU seconds."""

    taken = (0.0, 0.0)

    async def send(self, raw: bytes) -> None:
        await super().send(raw)
        self.taken = now()


def now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def head() -> Block:
    return Block(100, int(time.time()), GWEI)


def since(began: tuple[float, float], ended: tuple[float, float]) -> tuple[float, float]:
    return ended[0] - began[0], ended[1] - began[1]


class Rig:
    """One reporter, quorum 1, without web API and loops."""

    def __init__(self, base: str, urls: list[str], folder: Path) -> None:
        legs = tuple(Leg(venue, SYMBOLS.get(venue, FEED)) for venue in VENUES)
        stable = tuple(Leg(venue, "USDT/USD") for venue in ("bitstamp", "coinbase", "kraken"))
        rules = plan([FeedRules("USDT/USD", stable, min_venues=2), FeedRules(FEED, legs)])
        self.signer, self.book, self.store = LocalSigner(b"\x07" * 32), Book(), Store(folder)
        self.pricer = Pricer(self.book, rules)
        self.rpc = TimedRpc(urls, CHAIN_ID, block_time_s=1)
        account = Account.from_key(b"\x08" * 32)
        submit = SubmitRules(FeeRules(100 * GWEI, 3 * GWEI), 1)
        self.submitter = Submitter(self.rpc, account, self.store, submit, wall_ms)
        members = (self.signer.address,)
        self.domain = Domain(CHAIN_ID, AGGREGATOR, config_digest(1, members, 1))
        self.set = ReporterSet(self.domain, members, 1)
        self.terms = {FEED: FeedTerms(FEED, 8, TriggerRules(1_000, 60, 5))}
        self.fetchers = {venue: fetcher(base, venue) for venue in VENUES}
        observer = Observer(
            self.signer,
            self.store,
            {feed_id(FEED): self.terms[FEED]},
            self.context,
            self.pricer.moment,
            lambda _: None,
        )
        self.publisher = Publisher(
            self.signer.address,
            ScheduleSection(),
            self.terms,
            lambda request: observer.answer(request, wall_ms()),
            {},
            self.submitter,
            1,
            2,
        )

    def context(self) -> Context:
        chain = self.chain()
        return Context(self.domain, self.set.reporters, chain.rounds, False, chain.head.timestamp, 60)

    def chain(self) -> ChainState:
        """A head of now and no round yet: the feed is due."""
        now_s = int(time.time())
        rounds = {FEED: Round(FEED, 0, 0, 0, 0, 0, 0)}
        return ChainState(head(), self.set, 60, False, rounds, now_s * 1000)

    async def fetch(self) -> None:
        """All venues at once, into the book."""
        wanted = {
            v: [SYMBOLS.get(v, FEED), *(["USDT/USD"] if v in ("bitstamp", "kraken") else [])] for v in VENUES
        }
        found = await asyncio.gather(*(f.fetch(wanted[v]) for v, f in self.fetchers.items()))
        assert all(each.quotes and not each.errors for each in found), found
        for each in found:
            for quote in each.quotes:
                self.book.put(quote)

    async def fresh(self) -> tuple[float, float]:
        """Wall and CPU seconds from nothing to taken."""
        began = now()
        await self.fetch()
        now_ms = wall_ms()
        price = report_price(self.pricer.at(now_ms)[FEED], 8)
        assert price, self.pricer.at(now_ms)[FEED]
        report = Report(now_ms // 1000, (feed_id(FEED),), (price,))
        signature = self.signer.sign(report_digest(self.domain.separator(), report))
        request = ObserveRequest(
            CHAIN_ID, AGGREGATOR, self.domain.config_digest, report.observed_at, report.feed_ids
        )
        batch = Batch(request, 1, (SignedReport(report, signature, self.signer.address),))
        await self.submitter.submit(update_call(batch, 60, 1), GWEI, 5)
        return since(began, self.rpc.taken)

    async def trigger(self) -> tuple[float, float]:
        """Wall and CPU seconds from looking at the book to taken."""
        chain, began, now_ms = self.chain(), now(), wall_ms()
        indices = self.pricer.at((now_ms // 1000 - ASK_BEHIND_S) * 1000)
        outcome = await self.publisher.publish(
            dues(self.terms, indices, chain, now_ms // 1000), chain, now_ms
        )
        assert not outcome.problem, outcome.problem
        return since(began, self.rpc.taken)

    async def ticks(self) -> None:
        """1.25 s of the node's life: it prices four times a second."""
        for _ in range(5):
            await asyncio.sleep(0.25)
            self.pricer.at((wall_ms() // 1000 - ASK_BEHIND_S) * 1000)

    async def close(self) -> None:
        for each in self.fetchers.values():
            await each.close()
        await self.rpc.close()
        self.store.close()


def fetcher(base: str, venue: str) -> Fetcher:
    return Fetcher(make_source(venue, f"{base}/{venue}"), now_ms=wall_ms, insecure=True, per_second=1_000)


async def bare(session: ClientSession, url: str) -> float:
    """Seconds of a request that does nothing."""
    began = time.perf_counter()
    async with session.post(
        url, json={"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    ) as said:
        await said.read()
    return time.perf_counter() - began


async def hot_calls(rig: Rig, session: ClientSession, urls: list[str]) -> list[int]:
    """How many calls each endpoint got between trigger and taken: those before the receipt is asked for."""
    for url in urls:
        await (await session.delete(f"{url}calls")).read()
    await rig.trigger()
    listed = [await (await session.get(f"{url}calls")).json() for url in urls]
    return [len([method for method in calls if method != "eth_getTransactionReceipt"]) for calls in listed]


def ms(seconds: list[float]) -> float:
    return round(median(seconds) * 1000, 1)


async def measure(folder: str) -> dict[str, Any]:
    """Ours and the peers', against the same servers."""
    stub = (sys.executable, "bench/rpc_stub.py")
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(market(50))
        urls = [
            (await stack.enter_async_context(process(*stub, ready_on="stdout")))[1].strip() for _ in range(2)
        ]
        session = await stack.enter_async_context(ClientSession())
        found = await ours(base, urls, session, Path(folder))
        for name, arguments in (("telliot-feeds", (base, urls[0])), ("web3", (urls[0],))):
            found[name] = await asyncio.to_thread(peer, name, *arguments)
    return found


async def ours(base: str, urls: list[str], session: ClientSession, folder: Path) -> dict[str, Any]:
    """Medians of our runs, milliseconds, and the calls of each endpoint."""
    pair, alone = Rig(base, urls, folder / "two"), Rig(base, urls[:1], folder / "one")
    found: dict[str, list[float]] = {name: [] for name in MEASURED}
    await alone.fresh()  # connections and the simulation before the first send
    calm_collector()
    for _ in range(RUNS):
        await _once(alone, session, urls[0], found)
    await pair.fresh()
    await pair.ticks()
    await pair.trigger()
    await pair.submitter.refresh(head())
    calls = await hot_calls(pair, session, urls)
    await pair.close()
    await alone.close()
    return {name: ms(seconds) for name, seconds in found.items()} | {"calls": calls}


async def _once(rig: Rig, session: ClientSession, url: str, found: dict[str, list[float]]) -> None:
    found["bare"].append(await bare(session, url))
    for name in ("fresh", "trigger"):
        await rig.submitter.refresh(head())  # the node does it beside the path
        if name == "trigger":
            await rig.ticks()  # quotes of the second before
        wall, cpu = await (rig.fresh() if name == "fresh" else rig.trigger())
        found[name].append(wall)
        found[f"{name}_cpu"].append(cpu)


def rows(found: dict[str, Any]) -> list[Row]:
    telliot, web3 = found["telliot-feeds"], found["web3"]
    beside = round(found["trigger"] - found["bare"], 1)
    cpu, trigger_cpu, calls = found["fresh_cpu"], found["trigger_cpu"], found["calls"]
    rpc = f"no peer keeps prices. {found['trigger']} ms with the RPC call, which takes {found['bare']} ms bare; quorum 1"
    note = telliot.get("note") or f"peer telliot: {telliot}"
    theirs = f"peer web3.py: {web3}; telliot's Contract.write: {telliot.get('calls')}"
    more = {"load": load()}
    return [
        row(
            *("7 venues x 50 ms, fetch to sent", found["fresh"], 80, "ms", RUNS),
            **{"peer": telliot.get("ms"), "floor": 70, "cpu_ms": cpu, "note": note, **more},
        ),
        row("trigger -> sent, RPC beside", beside, 3, "ms", RUNS, cpu_ms=trigger_cpu, note=rpc, **more),
        row("RPC calls trigger -> sent", max(calls), 1, "calls", 1, peer=web3.get("calls"), note=theirs),
    ]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        say(rows(asyncio.run(measure(folder))))


if __name__ == "__main__":
    main()
