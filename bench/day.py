"""24 hours on a virtual clock: does a reporter grow? Memory, open files and database after each simulated hour.

python bench/day.py [--hours 24] [--seed 1]: a table on stderr, JSON on stdout; growth counts from the second hour

Inside, as the node runs them: book, pricer and its saved memory, trigger, publisher with its turns and gathering, observers
with ledger and records, the store with its pruning, the submitter with its journal. Three of them, as three reporters in
one process. Outside: sockets (venues, streams, peers, RPC, web API), the watcher's requests, the keeper, logs. The market is
the simulated one, asked once a second; the chain is a dictionary that mines at once and knows nothing of signatures.
"""

import argparse
import asyncio
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from eth_abi.abi import decode
from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from reporter.book import Book
from reporter.chain.aggregator import ChainState, ReporterSet
from reporter.chain.endpoint import Block
from reporter.chain.fees import FeeRules
from reporter.chain.rpc import Receipt
from reporter.chain.sender import SubmitRules
from reporter.chain.submit import Submitter
from reporter.config import ScheduleSection
from reporter.index import plan
from reporter.keys import LocalSigner
from reporter.market.simulated import VENUES, SimulatedMarket
from reporter.memory import Memory
from reporter.models import FeedRules, Leg, Quote, Round, feed_id, feed_name
from reporter.peers.observe import Context, FeedTerms, Observer
from reporter.pricing import Pricer
from reporter.publish import ASK_BEHIND_S, Publisher, dues
from reporter.recorder import Recorder
from reporter.report import Domain, reporter_median
from reporter.store import Store
from reporter.tidy import tidy
from reporter.trigger import TriggerRules
from reporter.wiring import calm_collector

START_S = 1_800_000_000
HOUR_S = 3_600
SITES, QUORUM, MAX_AGE_S = 3, 2, 60
ASKED = ("coinbase", "kraken", "bitstamp", "gemini", "binance")
FEEDS = ("BTC/USD", "ETH/USD")
RULES = TriggerRules(deviation_ppm=5_000, heartbeat_s=60, margin_s=6)
"""0.5 % and a minute."""
DOMAIN = Domain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3", b"\1" * 32)
BASE_FEE, GAS = 10**9, 150_000


@dataclass(frozen=True, slots=True)
class Hour:
    """What was used after so many simulated hours. ``database``: bytes of one reporter's files; ``problems``: attempts to
    publish that came to nothing."""

    hour: int
    rss_kib: int
    files: int
    database: int
    rounds: int
    problems: int


class Chain:
    """Stands for RPC and contract: takes a signed transaction and stores the medians of its batch."""

    chain_id = DOMAIN.chain_id

    def __init__(self, reporters: tuple[str, ...]) -> None:
        self.now_s, self.mined = START_S, 0
        self._set = ReporterSet(DOMAIN, reporters, QUORUM)
        self._rounds = {name: Round(name, 0, 0, 0, 0, 0, 0) for name in FEEDS}
        self._nonces: dict[str, int] = {}
        self._receipts: dict[str, Receipt] = {}

    def state(self) -> ChainState:
        """As the watcher would have read it."""
        return ChainState(self.block, self._set, MAX_AGE_S, False, dict(self._rounds), self.now_s * 1000)

    @property
    def block(self) -> Block:
        """One each second."""
        return Block(self.now_s - START_S + 1, self.now_s, BASE_FEE)

    async def nonce(self, address: str) -> int:
        return self._nonces.get(address, 0)

    async def balance(self, _: str) -> int:
        return 10**20

    async def priority_fee(self) -> int:
        return 10**8

    async def head(self) -> Block:
        return self.block

    async def read(self, _: object) -> None:
        """A simulation, which never fails here."""

    async def receipt(self, tx_hash: str) -> Receipt | None:
        return self._receipts.get(tx_hash)

    async def send(self, raw: bytes) -> None:
        """Mine it."""
        fields = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
        sender = Account.recover_transaction(raw)
        self._nonces[sender] = fields["nonce"] + 1
        self._receipts = {"0x" + keccak(raw).hex(): Receipt(self.block.number, GAS, True, BASE_FEE)}
        self._accept(bytes(fields["data"]))

    def _accept(self, calldata: bytes) -> None:
        observed_at, bitmap, feeds, packed = decode(["uint64", "uint32", "bytes32[]", "bytes"], calldata[4:])
        size = 64 + 8 * len(feeds)  # the wide packing: two feeds are too few for the narrow one
        rows = [packed[len(feeds) + i * size :][64:size] for i in range(bitmap.bit_count())]
        for i, identifier in enumerate(feeds):
            prices = [p for row in rows if (p := int.from_bytes(row[8 * i : 8 * i + 8], "big"))]
            name = feed_name(identifier)
            before = self._rounds[name]
            if len(prices) >= QUORUM and observed_at > before.observed_at:
                answer = reporter_median(prices)
                self._rounds[name] = Round(
                    name, before.round_id + 1, observed_at, self.now_s, answer, len(prices), 0
                )
                self.mined += 1


class Site:
    """One reporter without its sockets."""

    def __init__(self, number: int, chain: Chain, folder: Path, signer: LocalSigner) -> None:
        self._chain, self.problems = chain, 0
        self.book, self.now_ms = Book(), START_S * 1000
        self._terms = {name: FeedTerms(name, 8, RULES) for name in FEEDS}
        self.pricer = Pricer(self.book, plan(feed_rules()))
        self.store = Store(folder)
        self._memory = Memory(self.store, self.pricer, lambda: self.now_ms)
        self._recorder = Recorder(signer, self.store, self.pricer.plan)
        by_id = {feed_id(name): terms for name, terms in self._terms.items()}
        moment = self.pricer.moment
        self.observer = Observer(signer, self.store, by_id, self._context, moment, self._recorder.keep)
        rules = SubmitRules(FeeRules(200 * 10**9, 3 * 10**9), block_time_s=1)
        account = Account.from_key(bytes([100 + number]) * 32)
        # A chain in memory has what a submitter asks of an Rpc, and is none.
        self._submitter = Submitter(chain, account, self.store, rules, lambda: self.now_ms)  # type: ignore[arg-type]
        self._address, self._publisher = signer.address, None  # type: Publisher | None

    def meet(self, sites: Mapping[str, "Site"]) -> None:
        """Learn how to ask the others."""

        def asked(other: "Site") -> Any:
            async def ask(request: Any) -> Any:
                return await other.observer.answer(request, other.now_ms)

            return ask

        peers = {address: asked(site) for address, site in sites.items() if site is not self}
        self._publisher = Publisher(
            self._address,
            ScheduleSection(),
            self._terms,
            lambda request: self.observer.answer(request, self.now_ms),
            peers,
            self._submitter,
            1,
            2,
        )

    def _context(self) -> Context:
        chain = self._chain.state()
        return Context(DOMAIN, chain.set.reporters, chain.rounds, False, chain.head.timestamp, 60)

    async def second(self) -> None:
        """What the node's tasks do in a second."""
        now_ms = self.now_ms
        assert self._publisher is not None
        chain = self._chain.state()
        await self._submitter.refresh(chain.head)
        await self._memory.look()
        indices = self.pricer.at((now_ms // 1000 - ASK_BEHIND_S) * 1000)
        due_now = dues(self._terms, indices, chain, now_ms // 1000)
        if self._publisher.my_turn(due_now, chain, now_ms):
            outcome = await self._publisher.publish(due_now, chain, now_ms)
            if outcome.mined is None:  # so in the first seconds, while the book fills
                self.problems += 1
                return
            self._keep_rounds(outcome.mined.tx_hash)
            tidy(self.store, now_ms // 1000, history=True)
        await self._recorder.flush()

    def _keep_rounds(self, tx_hash: str) -> None:
        chain = self._chain.state()
        rows = [(round_, 8, tx_hash, chain.head.number) for round_ in chain.rounds.values()]
        self.store.replace_rounds(chain.head.number, chain.head.number, rows)


def feed_rules() -> list[FeedRules]:
    """Two feeds over five venues, one of them through USDT, which is measured beside."""
    names = (*FEEDS, "USDT/USD")
    legs: dict[str, list[Leg]] = {name: [] for name in names}
    for venue, symbol in markets():
        legs[f"{symbol.partition('/')[0]}/USD"].append(Leg(venue, symbol))
    return [FeedRules(name, tuple(found)) for name, found in legs.items()]


def markets() -> list[tuple[str, str]]:
    """What is asked each second."""
    wanted = {"binance": ("BTC/USDT", "ETH/USDT")}
    dollars = (*FEEDS, "USDT/USD")
    return [(v, s) for v in ASKED for s in wanted.get(v, dollars) if s in VENUES[v]]


def quotes(market: SimulatedMarket, now_ms: int) -> list[Quote]:
    """Every market as its venue shows it."""
    found = []
    for venue, symbol in markets():
        shown = market.quote(venue, symbol, now_ms)
        assert shown is not None
        times = shown.book_at_ms, shown.last_at_ms, now_ms
        found.append(Quote(venue, symbol, shown.bid, shown.ask, shown.last, *times, "SIMULATED"))
    return found


def used(hour: int, chain: Chain, folder: Path, problems: int) -> Hour:
    """The process as the system sees it, and the files of one reporter."""
    gc.collect()
    rss_kib = int(Path("/proc/self/statm").read_text().split()[1]) * 4
    database = sum(file.stat().st_size for file in folder.iterdir())
    return Hour(hour, rss_kib, len(os.listdir("/proc/self/fd")), database, chain.mined, problems)


async def day(hours: int, seed: int, root: Path) -> AsyncIterator[Hour]:
    """Run it, and yield what is used after each hour."""
    signers = [LocalSigner(bytes([1 + n]) * 32) for n in range(SITES)]
    chain = Chain(tuple(s.address for s in signers))
    sites = {s.address: Site(n, chain, root / str(n), s) for n, s in enumerate(signers)}
    for site in sites.values():
        site.meet(sites)
    market = SimulatedMarket(seed, START_S * 1000)
    for second in range(1, hours * HOUR_S + 1):
        chain.now_s = START_S + second
        shown = quotes(market, chain.now_s * 1000)
        for n, site in enumerate(sites.values()):
            for quote in shown:  # each hears of it a little later than the one before
                site.book.put(replace(quote, received_at_ms=quote.received_at_ms + 40 * n))
            site.now_ms = chain.now_s * 1000 + 200
        for site in sites.values():
            await site.second()
        if second % HOUR_S == 0:
            problems = sum(site.problems for site in sites.values())
            yield used(second // HOUR_S, chain, root / "0", problems)


async def show(hours: int, seed: int, root: Path) -> list[Hour]:
    """A row of the table to stderr as each hour ends; all of them."""
    print("| hour | memory, MiB | open files | database, MiB | rounds | failed attempts |", file=sys.stderr)
    print("|---|---|---|---|---|---|", file=sys.stderr)
    found = []
    async for h in day(hours, seed, root):
        cells = h.hour, f"{h.rss_kib / 1024:.1f}", h.files, f"{h.database / 2**20:.2f}", h.rounds, h.problems
        print("| " + " | ".join(map(str, cells)) + " |", file=sys.stderr, flush=True)
        found.append(h)
    return found


def main() -> None:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    calm_collector()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="spotline-day-") as folder:
        found = asyncio.run(show(asked.hours, asked.seed, Path(folder)))
    first, last = found[min(1, len(found) - 1)], found[-1]
    grown = {
        "hours": [asdict(hour) for hour in found],
        "memoryPercent": round(100 * (last.rss_kib - first.rss_kib) / first.rss_kib, 1),
        "files": last.files - first.files,
        "databasePercent": round(100 * (last.database - first.database) / first.database, 1),
        "seconds": round(time.monotonic() - start),
    }
    print(json.dumps(grown))


if __name__ == "__main__":
    main()
