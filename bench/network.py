"""1,000 feeds x 10 venues x 31 reporters in one process on a virtual clock: what one second costs each reporter.

python bench/network.py [--seconds 20] [--feeds 1000] [--reporters 31] [--json]

Every reporter has its own book, index memory, ledger on disk and key, and misses one quote in twenty, each another one.
Each second the one whose turn it is asks all of them, checks signatures until a quorum stands and packs the batch; the
chain is the rule of `Aggregator.update` in memory. Not in it: sockets, transactions, round records. Each answer is held
against the market it was made from: the run fails if one is further off than the venues ever are.

tick    index of every feed and what is due
quotes  10,000 quotes into the book
answer  an ask for up to 64 feeds: index as of the second, ledger on disk, signature
lead    asking 31, checking 21 signatures, packing; only the one whose turn it is
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import median

from reporter.book import Book
from reporter.index import plan
from reporter.keys import LocalSigner
from reporter.models import SCALE, FeedRules, Leg, Quote, Round, SignedReport, feed_id
from reporter.peers.gather import Ask, Batch, gather
from reporter.peers.observe import Context, FeedTerms, Observer, ObserveRequest
from reporter.pricing import Pricer
from reporter.publish import batch_of, dues
from reporter.report import Domain, config_digest
from reporter.store import Store
from reporter.trigger import Due, TriggerRules, turn
from reporter.wiring import calm_collector

START_S = 1_700_000_000
VENUES = 10
DECIMALS = 8
AGGREGATOR = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
MISSED = 20
DEVIATION_PPM, HEARTBEAT_S, MARGIN_S = 1_000, 3_600, 30
"""Of an L2; with steps of up to 500 ppm a second every batch is full."""
APART_PPM = 600
"""A venue quotes at most half of this from the market's price, either side."""


class Costs:
    """CPU milliseconds by job, one entry a second and reporter."""

    def __init__(self) -> None:
        self.ms: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def timed(self, job: str) -> Iterator[None]:
        began = time.process_time_ns()
        yield
        self.ms[job].append((time.process_time_ns() - began) / 1e6)


class Market:
    """Prices that walk; every venue quotes each second near them."""

    def __init__(self, feeds: list[str], seed: int) -> None:
        self._random = Random(seed)
        self.prices = {feed: self._random.randrange(1, 10**5) * SCALE for feed in feeds}

    def move(self, at_ms: int) -> list[Quote]:
        quotes = []
        for feed, price in self.prices.items():
            now = price + price * self._random.randrange(-500, 501) // 10**6
            self.prices[feed] = now
            for venue in range(VENUES):
                off = now + now * self._random.randrange(-APART_PPM // 2, APART_PPM // 2) // 10**6
                half = off // 20_000
                quotes.append(Quote(f"venue{venue}", feed, off - half, off + half, off, at_ms, at_ms, at_ms))
        return quotes


class Simulated:
    """One reporter without its sockets."""

    def __init__(self, number: int, folder: Path, rules: tuple[FeedRules, ...], network: "Network") -> None:
        self.signer = LocalSigner(bytes([number + 1]) * 32)
        self.book = Book()
        self.pricer = Pricer(self.book, rules)
        self.misses = number % MISSED
        store = Store(folder / f"{number}")
        terms = {feed_id(name): feed for name, feed in network.terms.items()}
        self._observer = Observer(
            self.signer, store, terms, lambda: network.context, self.pricer.moment, lambda _: None
        )
        self._network = network

    async def ask(self, request: ObserveRequest) -> SignedReport:
        with self._network.costs.timed("answer"):
            return await self._observer.answer(request, self._network.now_s * 1000)


class Network:
    """All reporters, the market and the chain's rounds."""

    def __init__(self, folder: Path, feeds: int, reporters: int, seed: int) -> None:
        names = [f"C{n}/USD" for n in range(feeds)]
        legs = {name: tuple(Leg(f"venue{v}", name) for v in range(VENUES)) for name in names}
        rules = plan([FeedRules(name, legs[name]) for name in names])
        self.terms = {
            name: FeedTerms(name, DECIMALS, TriggerRules(DEVIATION_PPM, HEARTBEAT_S, MARGIN_S))
            for name in names
        }
        self.rounds = {name: Round(name, 0, 0, 0, 0, 0, 0) for name in names}
        self.costs, self.market, self.now_s = Costs(), Market(names, seed), START_S
        self.nodes = [Simulated(n, folder, rules, self) for n in range(reporters)]
        members = tuple(node.signer.address for node in self.nodes)
        self.quorum = 2 * reporters // 3 + 1
        self.domain = Domain(31337, AGGREGATOR, config_digest(1, members, self.quorum))
        self.members, self.worst_ppm, self.updates = members, 0, 0

    @property
    def context(self) -> Context:
        return Context(self.domain, self.members, self.rounds, False, self.now_s, 3_600)

    async def second(self) -> None:
        """One second of everybody's life."""
        quotes = self.market.move(self.now_s * 1000)
        self.now_s += 1
        at_ms, due_by_node = (self.now_s - 1) * 1000, []
        for node in self.nodes:
            heard = [quote for n, quote in enumerate(quotes) if n % MISSED != node.misses]
            with self.costs.timed("quotes"):
                for quote in heard:
                    node.book.put(quote)
            with self.costs.timed("tick"):
                indices = node.pricer.at(at_ms)
                # A context has the rounds, and they are all that is looked at of a chain's state.
                due_by_node.append(dues(self.terms, indices, self.context, self.now_s))  # type: ignore[arg-type]
        count = len(self.nodes)
        ranks = [turn(AGGREGATOR, self.now_s, count, n) for n in range(count)]
        await self._publish(due_by_node[ranks.index(0)], at_ms // 1000)

    async def _publish(self, due_now: dict[str, Due], observed_at: int) -> None:
        if Due.YES not in due_now.values():
            return
        wanted = tuple(feed_id(name) for name in batch_of(due_now, self.rounds))
        request = ObserveRequest(31337, AGGREGATOR, self.domain.config_digest, observed_at, wanted)
        asks: dict[str, Ask] = {node.signer.address: node.ask for node in self.nodes}
        answers = len(self.costs.ms["answer"])
        began = time.process_time_ns()
        gathered = await gather(request, asks, self.domain, self.members, self.quorum, 60)
        assert gathered.batch, gathered.explain(self.quorum)
        _ = gathered.batch.observations
        took_ms = (time.process_time_ns() - began) / 1e6
        self.costs.ms["lead"].append(took_ms - sum(self.costs.ms["answer"][answers:]))
        self._accept(gathered.batch)

    def _accept(self, batch: Batch) -> None:
        """Store the upper middle of each feed's prices, as the contract does."""
        self.updates += 1
        for position, name in enumerate(f.decode().rstrip("\0") for f in batch.request.feed_ids):
            prices = sorted(s.report.prices[position] for s in batch.signed if s.report.prices[position])
            if len(prices) < self.quorum:
                continue
            answer, true = prices[len(prices) // 2], self.market.prices[name] // 10 ** (18 - DECIMALS)
            self.worst_ppm = max(self.worst_ppm, abs(answer - true) * 10**6 // true)
            before, at = self.rounds[name], batch.request.observed_at
            self.rounds[name] = Round(name, before.round_id + 1, at, at + 1, answer, len(prices), 0)


async def simulate(options: argparse.Namespace, tell: Callable[[str], None]) -> dict[str, object]:
    """Run until every feed has its first round, then measure."""
    with tempfile.TemporaryDirectory() as folder:
        network = Network(Path(folder), options.feeds, options.reporters, options.seed)
        calm_collector()
        while any(not r.round_id for r in network.rounds.values()):
            await network.second()
            tell(f"first rounds: {sum(bool(r.round_id) for r in network.rounds.values())} of {options.feeds}")
        network.costs.ms.clear()
        network.updates = 0
        for second in range(options.seconds):
            await network.second()
            tell(f"second {second + 1} of {options.seconds}: {network.updates} updates")
    if network.worst_ppm > APART_PPM:
        sys.exit(f"an answer was {network.worst_ppm} ppm from its market")
    found = {job: round(median(ms), 1) for job, ms in sorted(network.costs.ms.items())}
    return {"cpu_ms": found, "updates": network.updates, "worst_ppm": network.worst_ppm}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (("seconds", 20), ("feeds", 1_000), ("reporters", 31), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = asyncio.run(simulate(options, lambda line: print(line, file=sys.stderr)))
    print(json.dumps(found) if options.json else found)


if __name__ == "__main__":
    main()
