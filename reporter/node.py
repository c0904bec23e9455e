"""One reporter: the only module that knows the order of the stations.

collect -> book -> index -> trigger -> gather -> submit, with the chain watched beside it. Every task lives in one TaskGroup:
if one dies, the node stops and says so; none dies alone in silence.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from starlette.types import ASGIApp

from reporter.book import Book
from reporter.chain.aggregator import AggregatorReader, ChainState
from reporter.chain.deployment import Deployment, load_deployment
from reporter.chain.endpoint import Health
from reporter.chain.funding import FundingReader
from reporter.chain.rpc import Rpc
from reporter.chain.submit import Submitter
from reporter.clock import SET_CLOCK, Verdict, judge, monotonic_ms
from reporter.collect import VenueHealth, collect, everything
from reporter.config import Config
from reporter.errors import ChainError, ConfigError, SpotlineError, StoreFailed
from reporter.index import plan
from reporter.keeper import Keeper
from reporter.memory import Memory
from reporter.models import Index, SignedReport
from reporter.peers.door import Door
from reporter.peers.http import observe_app
from reporter.peers.observe import Code, Context, FeedTerms, ObserveRequest, Refused
from reporter.pricing import Pricer
from reporter.publish import ASK_BEHIND_S, RECEIPT_BLOCKS, Outcome, Publisher, Waiting, dues
from reporter.recorder import Recorder
from reporter.signing import Signing
from reporter.store import Store
from reporter.telemetry import log
from reporter.watcher import Watcher
from reporter.web.serve import serve
from reporter.wiring import venue_fetcher, venue_streamer, wall_ms

LEDGER_KEPT_S = 3_600
MIN_STALL_S, STALL_BLOCKS = 60, 5


class Node:
    """A running reporter. Its public attributes are what the web API and the command line look at."""

    def __init__(self, config: Config, deployment: Deployment) -> None:
        self.config, self.deployment = config, deployment
        self.started_ms = wall_ms()
        self.book = Book()
        self.pricer = Pricer(self.book, plan([feed.rules for feed in config.feeds]))
        self.health = {venue: VenueHealth() for venue in config.markets_by_venue}
        self.outcome: Outcome | None = None
        self.terms = {
            name: FeedTerms(name, deployment.feed(name).decimals, feed.trigger)
            for name, feed in config.published.items()
        }
        self.store = Store(config.path(config.node.data_dir))
        self.memory = Memory(self.store, self.pricer, wall_ms)
        self.memory.recall()
        chain = config.chain
        self.rpc = Rpc(
            chain.rpc_urls,
            deployment.chain_id,
            block_time_s=chain.block_time_s,
            now_s=time.time,
            tell=tell_endpoint,
        )
        reader = AggregatorReader(self.rpc, deployment, list(self.terms))
        self.watcher = Watcher(reader, deployment, self.store, chain.confirmations)
        self._fetchers = {name: venue_fetcher(config, name) for name in self.health}
        made = {name: venue_streamer(config, name, self.book.put) for name in self.health}
        self.streamers = {name: streamer for name, streamer in made.items() if streamer is not None}
        self._door = Door(self.observe, self._reporters)
        self.signing: Signing | None = None
        if config.keys:
            self.signing = Signing(
                config,
                config.keys,
                deployment,
                self.terms,
                self.rpc,
                self.store,
                self.pricer,
                self._context,
            )
        self.keeper = self._keeper(deployment)

    def _keeper(self, deployment: Deployment) -> Keeper | None:
        if not deployment.funding or not self.config.keeper:
            return None
        reader = FundingReader(self.rpc, deployment.funding)
        timeout_s = RECEIPT_BLOCKS * self.config.chain.block_time_s
        return Keeper(self.config.keeper, reader, self.submitter, self.config.stagger_s, timeout_s)

    def _context(self) -> Context | None:
        if self.chain is None:
            return None
        chain = self.chain
        stall_s = max(MIN_STALL_S, STALL_BLOCKS * self.config.chain.block_time_s)
        head_time, against = chain.head.timestamp, self.clock.why
        return Context(
            chain.set.domain, chain.set.reporters, chain.rounds, chain.paused, head_time, stall_s, against
        )

    @property
    def clock(self) -> Verdict:
        """What the venues say of our clock."""
        return judge((health.clock for health in self.health.values()), wall_ms(), monotonic_ms())

    def observe(self, request: ObserveRequest) -> SignedReport:
        """Our signed observation for a peer or for ourselves. Raises ``Refused``."""
        if self.signing is None:
            raise Refused(Code.NOT_READY, "this node has no keys: it observes and signs nothing")
        return self.signing.observe(request)

    @property
    def chain(self) -> ChainState | None:
        """The chain as last read."""
        return self.watcher.state

    @property
    def waiting(self) -> Waiting | None:
        """What we wait for while something is due and our turn has not come."""
        return self.signing.publisher.waiting if self.signing else None

    @property
    def address(self) -> str:
        """The address of the signing key; empty without keys."""
        return self.signing.address if self.signing else ""

    @property
    def recorder(self) -> Recorder | None:
        """What keeps our signed records, if we have keys."""
        return self.signing.recorder if self.signing else None

    @property
    def submitter(self) -> Submitter | None:
        """What sends our transactions, if we have keys."""
        return self.signing.submitter if self.signing else None

    def indices(self) -> Mapping[str, Index]:
        """Every feed's index as of now."""
        return self.pricer.at(wall_ms())

    async def run(self, stop: asyncio.Event, api: ASGIApp) -> None:
        """Run until ``stop`` is set, then close everything. ``api`` is what looks on at ``node.api_listen``."""
        node = self.config.node
        try:
            async with asyncio.TaskGroup() as tasks:
                running = [
                    *(tasks.create_task(self._collect(name), name=f"collect {name}") for name in self.health),
                    *(
                        tasks.create_task(s.run(), name=f"stream {name}")
                        for name, s in self.streamers.items()
                    ),
                    tasks.create_task(self._watch_chain(), name="watch chain"),
                    tasks.create_task(self._tick(), name="tick"),
                    tasks.create_task(self._keep_funding(), name="keeper"),
                    tasks.create_task(self._answer_peers(), name="peers"),
                    tasks.create_task(self._record(), name="records"),
                    tasks.create_task(self.memory.run(), name="memory"),
                    tasks.create_task(
                        serve(observe_app(self._door.answer), node.observe_listen, "peer requests"),
                        name="observe",
                    ),
                    tasks.create_task(serve(api, node.api_listen, "web API"), name="api"),
                ]
                await stop.wait()
                for task in running:
                    task.cancel()
        finally:
            await self._close()

    async def _close(self) -> None:
        for fetcher in self._fetchers.values():
            await fetcher.close()
        if self.signing is not None:
            await self.signing.close()
        await self.rpc.close()
        await self.memory.close()
        self.store.close()
        if self.signing is not None:
            self.signing.release()

    async def _collect(self, name: str) -> None:
        streamer = self.streamers.get(name)
        await collect(
            self._fetchers[name],
            self.config.markets_by_venue[name],
            self.book.put,
            self.health[name],
            poll_ms=self.config.venue(name).poll_ms,
            sleep=asyncio.sleep,
            now_ms=wall_ms,
            needed=streamer.quiet if streamer else everything,
        )

    async def _watch_chain(self) -> None:
        wrong = False
        while True:
            await self.watcher.look(wall_ms())
            wrong = tell_clock(self.clock, wrong)
            if self.submitter is not None and self.chain is not None:
                await self._prepare(self.submitter, self.chain)
            await asyncio.sleep(self.config.chain.poll_ms / 1000)

    async def _prepare(self, submitter: Submitter, chain: ChainState) -> None:
        try:
            await submitter.refresh(chain.head)
        except (ChainError, StoreFailed) as error:
            log().warning("gas account not readable", reason=str(error), advice=error.hint)

    async def _tick(self) -> None:
        while True:
            if self.chain is not None and self.signing is not None and not self.chain.paused:
                try:
                    await self._consider(self.signing.publisher, self.chain)
                except SpotlineError as error:
                    log().warning("not published", reason=str(error), advice=error.hint)
            await asyncio.sleep(self.config.schedule.tick_ms / 1000)

    async def _consider(self, publisher: Publisher, chain: ChainState) -> None:
        now_ms = wall_ms()
        indices = self.pricer.at((now_ms // 1000 - ASK_BEHIND_S) * 1000)
        due_now = dues(self.terms, indices, chain, now_ms // 1000)
        if not publisher.my_turn(due_now, chain, now_ms):
            return
        before, self.outcome = self.outcome, await publisher.publish(due_now, chain, now_ms)
        await self.watcher.look(wall_ms())
        self._tell(before, self.outcome, indices)
        self.store.prune_ledger(now_ms // 1000 - LEDGER_KEPT_S)
        self.store.prune_records(now_ms // 1000 - LEDGER_KEPT_S)

    def _tell(self, before: Outcome | None, outcome: Outcome, indices: Mapping[str, Index]) -> None:
        if outcome.problem and (before is None or before.problem != outcome.problem):
            advice = "see GET /readyz of this node and its peers"
            log().warning("not published", reason=outcome.problem, advice=advice)
        if outcome.mined and outcome.mined.succeeded and self.chain:
            log().info(
                "published",
                tx=outcome.mined.tx_hash,
                gas=outcome.mined.gas_used,
                answers={name: round_.answer for name, round_ in self.chain.rounds.items()},
                venues={name: indices[name].venues_kept for name in self.terms},
                due_ms=outcome.at_ms,
                gathered_ms=outcome.mined.begun_ms,
                sent_ms=outcome.mined.sent_ms,
                ms=wall_ms() - outcome.at_ms,
            )

    def _reporters(self) -> Sequence[str] | None:
        return None if self.chain is None else self.chain.set.reporters

    async def _answer_peers(self) -> None:
        if self.signing is not None:
            await self.signing.network.serve(self._door.answer)

    async def _record(self) -> None:
        if self.recorder is not None:
            await self.recorder.run()

    async def _keep_funding(self) -> None:
        while True:
            if self.keeper is not None and self.chain is not None:
                await self.keeper.look(self.chain, self.address, wall_ms() // 1000)
            await asyncio.sleep(max(1, self.config.chain.poll_ms / 1000))


def tell_clock(verdict: Verdict, wrong: bool) -> bool:
    """Log when our clock goes wrong, or right again; whether it is wrong now."""
    if verdict.wrong and not wrong:
        log().warning(
            "clock is wrong", reason=verdict.says, advice=SET_CLOCK + ": nothing is signed meanwhile"
        )
    elif wrong and not verdict.wrong:
        log().info("clock is right", says=verdict.says)
    return verdict.wrong


def tell_endpoint(name: str, health: Health) -> None:
    """Log that an endpoint's state has changed."""
    advice = "nothing, if others are alive; else check chain.rpc_urls" if health.why else ""
    log().info("endpoint", endpoint=name, state=str(health.state), why=health.why, advice=advice)


def build_node(config: Config) -> Node:
    """A node from its configuration and the deployment file it names.

    Raises:
        ConfigError: A published feed is not deployed, a key file does not open, or the data directory is in use.
    """
    deployment = load_deployment(Path(config.path(config.chain.deployment)))
    if missing := [name for name in config.published if name not in deployment.feeds]:
        raise ConfigError(
            f"feed {missing[0]!r} is published here but not deployed on chain {deployment.chain_id}",
            key="feeds",
            hint=f"deployed feeds: {', '.join(deployment.feeds)}; set publish = false or add the feed on-chain",
        )
    return Node(config, deployment)
