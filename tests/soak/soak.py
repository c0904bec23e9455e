"""The run: one fault after another, then combinations, from a seed; after each the judge speaks."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random

from reporter.chain.aggregator import AggregatorReader
from reporter.chain.rpc import Rpc
from tests.soak.decode import Accepted, Domain
from tests.soak.faults import Expect, Fault
from tests.soak.judge import Judge, gaps_s
from tests.soak.network import BLOCK_S, FEEDS, HEARTBEAT_S, Network

LIMIT_S = 2 * HEARTBEAT_S + BLOCK_S + 1
"""One missed heartbeat; a block; and one more, because block times are whole seconds."""
RECOVER_S, REST_S = 60, 45


@dataclass(slots=True)
class Episode:
    """What one fault, or several at once, did.

    Attributes:
        gap_s: The longest time without a round of some feed while it lasted.
        recovery_s: From its end to the first new round of every feed; None if there was none in a minute.
        exits: Reporters that ended without being told to.
        first_age_s: How old the first new round was, held against the fault's end: positive is observed before it.
        load: The machine's load average of the last minute: above its cores, times say little.
        wrong: Violations; empty is what is wanted.
    """

    names: tuple[str, ...]
    gap_s: float = 0.0
    recovery_s: float | None = None
    exits: int = 0
    first_age_s: float | None = None
    load: float = 0.0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Usage:
    """Resident memory and open files of a reporter at a moment of the run."""

    at_s: int
    node: int
    pid: int
    rss_kib: int
    files: int


class Soak:
    """One network and its judge."""

    def __init__(
        self, net: Network, judge: Judge, seed: int, say: Callable[[str], None], patience: float = 1
    ) -> None:
        self._limit_s = LIMIT_S * patience
        self.net, self.judge, self.dice, self._say = net, judge, Random(seed), say
        self.episodes: list[Episode] = []
        self.usage: list[Usage] = []
        self.started = self.ended = time.time()
        self._told: set[str] = set()

    async def watch(self, seconds: float) -> None:
        """Let time pass, looking each second."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            await self._look()
            await asyncio.sleep(min(left, 1))

    async def _look(self) -> None:
        try:
            async with asyncio.timeout(10):
                await self.judge.look()
        except Exception as error:
            if not isinstance(error, TimeoutError):
                self._say(f"look: {type(error).__name__}: {error}")

    async def calm(self, timeout_s: float = 90) -> bool:
        """Wait until every reporter says that it is ready."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            await self._look()
            if all([await node.ready() for node in self.net.nodes]):
                return True
            await asyncio.sleep(0.5)
        return False

    async def episode(self, faults: Sequence[Fault]) -> Episode:
        """Do it, undo it, wait for the next rounds, and judge."""
        found = Episode(tuple(fault.name for fault in faults))
        start = time.time()
        try:
            async with AsyncExitStack() as stack:
                for fault in faults:
                    await stack.enter_async_context(fault.apply(self.net, self.dice))
                await self.watch(max(fault.seconds for fault in faults))
        except Exception as error:
            found.wrong.append(f"the fault could not be made: {type(error).__name__}: {error}")
        await self.settle(found, start, time.time(), faults)
        return found

    async def settle(self, found: Episode, start: float, stop: float, faults: Sequence[Fault] = ()) -> None:
        """Wait for the next rounds and for calm, and judge what was from ``start`` to ``stop``."""
        found.recovery_s = await self._recovery(stop)
        found.first_age_s = first_age_s(self.judge.log.rounds, stop)
        calm = await self.calm()
        self.judge.measure()
        found.gap_s = round(gaps_s(self.judge.log.rounds, start, stop), 1)
        ended = [e for node in self.net.nodes for e in node.exits if e.at_ms >= start * 1000]
        found.exits = sum(1 for e in ended if not e.wanted and e.code != -signal.SIGKILL)
        found.wrong = [
            *unexpected(faults, found, (start, stop), self.judge, self._limit_s),
            *await self._violations(),
        ]
        if not calm:
            found.wrong.append(f"not ready again: {await self._reasons()}")
        found.load = round(os.getloadavg()[0], 1)
        self.episodes.append(found)
        self.ended = time.time()
        self._note_usage()
        self._tell(found)

    async def _recovery(self, stop: float) -> float | None:
        for _ in range(RECOVER_S * 2):
            await self._look()
            times = [
                min(
                    (r.updated_at for r in self.judge.log.rounds if r.feed == feed and r.updated_at >= stop),
                    default=None,
                )
                for feed in FEEDS
            ]
            if None not in times:
                return round(max(t for t in times if t is not None) - stop, 1)
            await asyncio.sleep(0.5)
        return None

    async def _violations(self) -> list[str]:
        await self._look()
        found = [*self.judge.verdict(), *await self._nonces_at_rest()]
        new = [v for v in found if v not in self._told]
        self._told.update(new)
        return new

    async def _nonces_at_rest(self) -> list[str]:
        """What is wrong with the nonces and stays so: a gap after a reorganisation is closed by the next updates."""
        for _ in range(REST_S):
            if not (found := await self.judge.nonces()):
                return []
            await self.watch(1)
        return found

    async def _reasons(self) -> str:
        status = [await node.status() for node in self.net.nodes]
        return "; ".join(str(s["reasons"]) if s else "silent" for s in status)

    def _note_usage(self) -> None:
        at_s = int(time.time() - self.started)
        self.usage += [Usage(at_s, n.number, n.pid, *n.used()) for n in self.net.nodes if n.child.running]

    def _tell(self, found: Episode) -> None:
        recovery = "never" if found.recovery_s is None else f"{found.recovery_s:.1f} s"
        self._say(
            f"{' + '.join(found.names)}: gap {found.gap_s:.1f} s, recovered in {recovery}"
            + (f", {found.exits} exits" if found.exits else "")
            + "".join(f"\n    WRONG {w}" for w in found.wrong)
        )


def first_age_s(rounds: Sequence[Accepted], stop: float) -> float | None:
    """Seconds from the first new round's observation to the end of a fault."""
    new = [round_.observed_at for round_ in rounds if round_.updated_at >= stop]
    return round(stop - new[0], 1) if new else None


def unexpected(
    faults: Sequence[Fault], found: Episode, span: tuple[float, float], judge: Judge, limit_s: float
) -> list[str]:
    """What an episode was to be and was not."""
    wrong, (start, stop) = list[str](), span
    if found.recovery_s is None or found.recovery_s > limit_s:
        wrong.append(f"recovery took {found.recovery_s} s")
    if [f.expect for f in faults] == [Expect.GOES_ON] and found.gap_s > limit_s:
        wrong.append(f"{found.gap_s} s without a round")
    if [f.expect for f in faults] == [Expect.ABSTAINS]:
        late = start + faults[0].grace_s
        seen = [r for r in judge.log.rounds if late < r.updated_at <= stop - BLOCK_S]
        wrong += [
            f"{r.feed} {r.round_id} was published {r.updated_at - start:.0f} s after the start" for r in seen
        ]
    return wrong


async def make_judge(net: Network) -> Judge:
    """A judge for a network; who may sign is asked of the chain itself."""
    rpc = Rpc([net.chain.url], net.deployment.chain_id)
    try:
        found = await AggregatorReader(rpc, net.deployment, list(net.deployment.feeds)).set()
    finally:
        await rpc.close()
    net.bits = {address: bit for bit, address in enumerate(found.reporters)}
    net.quorum = found.quorum
    domain = Domain(net.deployment.chain_id, net.deployment.aggregator, found.domain.config_digest)
    return Judge(net, domain, list(found.reporters), found.quorum)
