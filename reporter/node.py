"""One reporter: the only module that knows the order of the stations.

collect -> book -> index -> trigger -> gather -> submit, with the chain watched beside it. Every task lives in one TaskGroup:
if one dies, the node stops and says so; none dies alone in silence.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.types import ASGIApp

from reporter.book import Book
from reporter.chain.aggregator import ChainState
from reporter.chain.deployment import Deployment
from reporter.chain.funding import FundingReader
from reporter.chain.submit import Submitter
from reporter.clock import Verdict, judge, monotonic_ms, tell_clock
from reporter.collect import collect, everything
from reporter.config import Config
from reporter.dry import DryRun
from reporter.errors import ChainError, ConfigError, SpotlineError, StoreFailed
from reporter.keeper import Keeper
from reporter.memory import Memory
from reporter.models import Index, SignedReport
from reporter.parts import MadeOfParts, Parts, load_deployed
from reporter.peers.door import Door
from reporter.peers.http import observe_app
from reporter.peers.observe import Code, Context, ObserveRequest, Refused
from reporter.publish import ASK_BEHIND_S, RECEIPT_BLOCKS, Outcome, Publisher, Waiting, dues, tell_outcome
from reporter.recorder import EVERY_S, Recorder
from reporter.signing import Signing
from reporter.store import Store
from reporter.tasks import Tasks
from reporter.telemetry import log
from reporter.tidy import keep_tidy
from reporter.web.serve import serve
from reporter.wiring import wall_ms

MIN_STALL_S, STALL_BLOCKS = 60, 5


class Node(MadeOfParts):
    """A running reporter. Its public attributes are what the web API and the command line look at."""

    def __init__(self, config: Config, deployment: Deployment, *, direct: bool = False) -> None:
        self.started_ms = self.loaded_ms = wall_ms()
        self.reload_problem = ""
        self.direct = direct
        self.book = Book()
        self.outcome: Outcome | None = None
        self.store = Store(config.path(config.node.data_dir))
        self.parts = Parts(config, deployment, self.book, self.store)
        self.memory = Memory(self.store, self.pricer, wall_ms)
        self.memory.recall()
        self.door = Door(self.observe, self._reporters)
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
                direct=direct,
            )
        self.dry = None if self.signing else DryRun(self.terms)
        self.keeper = self.make_keeper(self.parts)
        self.retired: list[Callable[[], Awaitable[None]]] = []
        self.tasks: Tasks | None = None

    def make_keeper(self, parts: Parts) -> Keeper | None:
        """What keeps the funding markets of a configuration alive."""
        config, funding = parts.config, parts.deployment.funding
        if not funding or not config.keeper:
            return None
        timeout_s = RECEIPT_BLOCKS * config.chain.block_time_s
        reader = FundingReader(parts.rpc, funding)
        return Keeper(config.keeper, reader, self.submitter, config.stagger_s, timeout_s)

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

    async def observe(self, request: ObserveRequest) -> SignedReport:
        """Our signed observation for a peer or for ourselves. Raises ``Refused``."""
        if self.signing is None:
            raise Refused(Code.NOT_READY, "this node has no keys: it observes and signs nothing")
        return await self.signing.observe(request)

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

    @property
    def mode(self) -> str:
        """How it publishes."""
        if self.signing is None:
            return "dry run"
        return "direct" if self.direct else "turns"

    def indices(self) -> Mapping[str, Index]:
        """Every feed's index as of now."""
        return self.pricer.at(wall_ms())

    async def run(self, stop: asyncio.Event, api: ASGIApp, also: Awaitable[None] | None = None) -> None:
        """Run until ``stop`` is set, then close everything.

        Args:
            api: What looks on at ``node.api_listen``.
            also: What runs beside, for as long.
        """
        node = self.config.node
        observe = observe_app(self.door.answer)
        try:
            async with asyncio.TaskGroup() as group:
                self.tasks = Tasks(group)
                for name in self.parts.venues:
                    self.start_venue(self.tasks, name)
                self.tasks.start("watch chain", self._watch_chain())
                self.tasks.start("tick", self._tick())
                self.tasks.start("keeper", self._keep_funding())
                self.tasks.start("peers", self.answer_peers())
                self.tasks.start("records", self._record())
                self.tasks.start("signer", self._watch_signer())
                self.tasks.start("memory", self.memory.run())
                self.tasks.start("tidy", keep_tidy(self.store, wall_ms))
                self.tasks.start("observe", serve(observe, node.observe_listen, "peer requests"))
                self.tasks.start("api", serve(api, node.api_listen, "web API"))
                if also is not None:
                    self.tasks.start("also", _awaited(also))
                await stop.wait()
                self.tasks.cancel()
        finally:
            await self._close()

    def start_venue(self, tasks: Tasks, name: str) -> None:
        """Ask a venue, and listen to it where it has a stream."""
        venue = self.parts.venues[name]
        tasks.start(f"collect {name}", self._collect(name))
        if venue.streamer is not None:
            tasks.start(f"stream {name}", venue.streamer.run())

    async def _close(self) -> None:
        for venue in self.parts.venues.values():
            await venue.fetcher.close()
        if self.signing is not None:
            await self.signing.close()
        await self.rpc.close()
        for close in self.retired:
            await close()
        await self.memory.close()
        self.store.close()
        if self.signing is not None:
            self.signing.release()

    async def _collect(self, name: str) -> None:
        venue = self.parts.venues[name]
        await collect(
            venue.fetcher,
            self.config.markets_by_venue[name],
            self.book.put,
            venue.health,
            poll_ms=self.config.venue(name).poll_ms,
            sleep=asyncio.sleep,
            now_ms=wall_ms,
            needed=venue.streamer.quiet if venue.streamer else everything,
        )

    async def _watch_chain(self) -> None:
        unread, wrong = True, False
        while True:
            await self.watcher.look(wall_ms())
            wrong = tell_clock(self.clock, wrong)
            if self.signing is not None and self.chain is not None:
                if unread and self.direct:
                    self.signing.refuse_too_few(self.signing.network, self.chain.set)
                unread = False
                await self._prepare(self.signing.submitter, self.chain)
            await asyncio.sleep(self.config.chain.poll_ms / 1000)

    async def _prepare(self, submitter: Submitter, chain: ChainState) -> None:
        try:
            await submitter.refresh(chain.head)
        except (ChainError, StoreFailed) as error:
            log().warning("gas account not readable", reason=str(error), advice=error.hint)

    async def _tick(self) -> None:
        while True:
            if self.chain is not None and not self.chain.paused:
                try:
                    if self.signing is not None:
                        await self._consider(self.signing.publisher, self.chain)
                    elif self.dry is not None:
                        now_ms = wall_ms()
                        self.dry.look(self._as_asked(now_ms), self.chain, now_ms)
                except SpotlineError as error:
                    log().warning("not published", reason=str(error), advice=error.hint)
            await asyncio.sleep(self.config.schedule.tick_ms / 1000)

    def _as_asked(self, now_ms: int) -> Mapping[str, Index]:
        """The indices of the second that is asked for now."""
        return self.pricer.at((now_ms // 1000 - ASK_BEHIND_S) * 1000)

    async def _consider(self, publisher: Publisher, chain: ChainState) -> None:
        now_ms = wall_ms()
        if self.submitter is not None and self.submitter.capped():
            return  # told once by the submitter, and by status as long as it lasts
        indices = self._as_asked(now_ms)
        due_now = dues(self.terms, indices, chain, now_ms // 1000)
        if not publisher.my_turn(due_now, chain, now_ms):
            return
        before, self.outcome = self.outcome, await publisher.publish(due_now, chain, now_ms)
        await self.watcher.look(wall_ms())
        venues = {name: indices[name].venues_kept for name in self.terms if name in indices}
        tell_outcome(before, self.outcome, self.chain, venues, wall_ms())

    def _reporters(self) -> Sequence[str] | None:
        return None if self.chain is None else self.chain.set.reporters

    async def answer_peers(self) -> None:
        """Answer the peers that do not ask over HTTP."""
        if self.signing is not None:
            await self.signing.network.serve(self.door.answer)

    async def _record(self) -> None:
        while self.signing is not None:
            await self.signing.flush()
            await asyncio.sleep(EVERY_S)

    async def _watch_signer(self) -> None:
        if self.signing is not None:
            await self.signing.watch()

    async def _keep_funding(self) -> None:
        while True:
            if self.keeper is not None and self.chain is not None:
                await self.keeper.look(self.chain, self.address, wall_ms() // 1000)
            await asyncio.sleep(max(1, self.config.chain.poll_ms / 1000))


async def _awaited(work: Awaitable[None]) -> None:
    await work


def build_node(config: Config, *, direct: bool = False) -> Node:
    """A node from its configuration and the deployment file it names. ``direct``: it takes no turns.

    Raises:
        ConfigError: A published feed is not deployed, a key file does not open, or the data directory is in use.
    """
    if direct and config.keys is None:
        raise ConfigError("--direct sends, and there are no [keys]", hint="add [keys], or leave --direct out")
    return Node(config, load_deployed(config), direct=direct)
