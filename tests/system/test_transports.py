"""One suite for both transports between reporters, over real sockets: HTTP by uvicorn, NATS by a real nats-server."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from reporter.keys import LocalSigner, Signer
from reporter.models import SignedReport
from reporter.peers.asks import Asker, Rates, SignedAsk
from reporter.peers.door import Door
from reporter.peers.gather import Ask, Gathered, PeerFailed, gather
from reporter.peers.http import HttpPeer, observe_app
from reporter.peers.nats import NatsSite, subjects
from reporter.peers.observe import Code, ObserveRequest, Refused
from reporter.web.serve import serve
from tests.unit.peers import AGGREGATOR, BTC, DOMAIN, NOW_MS, QUORUM, REPORTERS, SIGNERS, observer, request

pytestmark = pytest.mark.system
PREFIX = subjects(31337, AGGREGATOR)
TIMEOUT_S = 1.0
Behave = Callable[[ObserveRequest], Awaitable[SignedReport]]


def honest(number: int) -> Behave:
    local = observer(number)
    return lambda asked: local.answer(asked, NOW_MS)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class NatsServer:
    """A real nats-server that can be killed and come back on its port."""

    port: int
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        binary = shutil.which("nats-server", path="/usr/sbin:/usr/local/bin:/usr/bin:/usr/local/sbin")
        assert binary, "nats-server is not installed: run make system"
        self.process = await asyncio.create_subprocess_exec(
            binary, "-a", "127.0.0.1", "-p", str(self.port), stderr=asyncio.subprocess.DEVNULL
        )
        for _ in range(100):
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return
            await asyncio.sleep(0.05)
        raise AssertionError("nats-server did not come up")

    async def kill(self) -> None:
        assert self.process
        self.process.kill()
        await self.process.wait()


@dataclass
class Site:
    """Seven reporters that listen, and how one asks them all."""

    kind: str
    server: NatsServer
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    asks: dict[str, Ask] = field(default_factory=dict)

    async def listen(self, number: int, behave: Behave, clock: Callable[[], float] = lambda: 1.0) -> int:
        """Let a reporter answer; return the port of its HTTP server."""
        door, port = Door(behave, lambda: REPORTERS, Rates(clock)), free_port()
        if self.kind == "http":
            app = observe_app(door.answer, Rates(clock))
            await self._run(serve(app, f"127.0.0.1:{port}", "test"), port)
        else:
            site = self._nats(SIGNERS[number])
            self.tasks.append(asyncio.create_task(site.serve(REPORTERS[number], door.answer)))
            await connected(site)
        return port

    async def asker(self, signer: Signer, ports: dict[int, int]) -> dict[str, Ask]:
        if self.kind == "http":
            asker = Asker(signer)
            return {
                REPORTERS[n]: HttpPeer(f"http://127.0.0.1:{port}", TIMEOUT_S, asker).ask
                for n, port in ports.items()
            }
        site = self._nats(signer)
        self.tasks.append(asyncio.create_task(site.serve("nobody", _nobody)))
        await connected(site)
        return {REPORTERS[n]: site.peer(REPORTERS[n]) for n in ports}

    def _nats(self, signer: Signer) -> NatsSite:
        return NatsSite([f"nats://127.0.0.1:{self.server.port}"], PREFIX, TIMEOUT_S, Asker(signer))

    async def _run(self, serving: Awaitable[None], port: int) -> None:
        self.tasks.append(asyncio.ensure_future(serving))  # type: ignore[arg-type]  # a coroutine
        for _ in range(100):
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.02)

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def connected(site: NatsSite) -> None:
    for _ in range(200):
        if site._client is not None and site._client.is_connected:
            await site._client.flush()
            return
        await asyncio.sleep(0.02)
    raise AssertionError("not connected to nats-server")


async def _nobody(_: SignedAsk) -> SignedReport:
    raise Refused(Code.NOT_READY, "only asks")


@pytest.fixture(params=["http", "nats"])
async def site(request: Any) -> AsyncIterator[Site]:
    server = NatsServer(free_port())
    if request.param == "nats":
        await server.start()
    made = Site(request.param, server)
    yield made
    await made.close()
    if server.process is not None:
        with suppress(ProcessLookupError):
            await server.kill()


@asynccontextmanager
async def seven(site: Site, **changed: Behave) -> AsyncIterator[dict[str, Ask]]:
    """Seven reporters, of which some behave otherwise (``r5=...``)."""
    ports = {n: await site.listen(n, changed.get(f"r{n}", honest(n))) for n in range(7)}
    yield await site.asker(SIGNERS[0], ports)


async def gathered(asks: dict[str, Ask]) -> Gathered:
    return await gather(request(BTC), asks, DOMAIN, REPORTERS, QUORUM, TIMEOUT_S + 0.5)


async def test_gather__all_honest__a_quorum(site: Site) -> None:
    async with seven(site) as asks:
        outcome = await gathered(asks)

    assert outcome.batch is not None
    assert len(outcome.batch.signed) == QUORUM


async def test_gather__one_refuses_one_forges__the_five_others(site: Site) -> None:
    async def refuse(_: ObserveRequest) -> SignedReport:
        raise Refused(Code.NOTHING_TO_SIGN, "BTC/USD: not due")

    async with seven(site, r5=refuse, r6=honest(2)) as asks:
        outcome = await gathered(asks)

    assert outcome.batch is not None
    assert {s.reporter for s in outcome.batch.signed} == set(REPORTERS[:5])


async def test_gather__three_refuse__no_batch_and_each_reason(site: Site) -> None:
    async def refuse(_: ObserveRequest) -> SignedReport:
        raise Refused(Code.NOTHING_TO_SIGN, "BTC/USD: not due")

    async with seven(site, r4=refuse, r5=refuse, r6=refuse) as asks:
        outcome = await gathered(asks)

    assert outcome.batch is None
    assert [outcome.failed[a] for a in REPORTERS[4:]] == ["refused: nothing_to_sign: BTC/USD: not due"] * 3


async def test_ask__stranger__refused(site: Site) -> None:
    stranger = LocalSigner(bytes([99]) * 32)
    port = await site.listen(4, honest(4))
    asks = await site.asker(stranger, {4: port})

    with pytest.raises(PeerFailed, match="refused: not_a_reporter"):
        await asks[REPORTERS[4]](request(BTC))


async def test_ask__flood_of_one_reporter__slowed_down_and_the_others_served(site: Site) -> None:
    port = await site.listen(4, honest(4))
    flood = (await site.asker(SIGNERS[1], {4: port}))[REPORTERS[4]]
    codes = await asyncio.gather(*(flood(request(BTC)) for _ in range(50)), return_exceptions=True)

    assert sum(isinstance(code, SignedReport) for code in codes) == 40
    assert sum("too_many_requests" in str(code) for code in codes) == 10
    if site.kind == "nats":  # over HTTP from one address, the address is slowed down, too
        other = (await site.asker(SIGNERS[2], {4: port}))[REPORTERS[4]]
        assert (await other(request(BTC))).reporter == REPORTERS[4]


async def test_ask__nobody_there__said_at_once(site: Site) -> None:
    ask = (await site.asker(SIGNERS[0], {4: free_port()}))[REPORTERS[4]]

    with pytest.raises(PeerFailed, match=r"unreachable|nobody listens"):
        await ask(request(BTC))


@pytest.mark.parametrize("site", ["nats"], indirect=True)
async def test_nats__server_killed_and_back__answers_again_without_a_hand(site: Site) -> None:
    async with seven(site) as asks:
        await site.server.kill()
        lost = await gathered(asks)
        await site.server.start()
        for _ in range(40):
            again = await gathered(asks)
            if again.batch is not None:
                break
            await asyncio.sleep(0.25)

    assert lost.batch is None
    assert again.batch is not None


async def test_nats__not_there_at_the_start__connected_when_it_comes() -> None:
    server = NatsServer(free_port())
    site = NatsSite([f"nats://127.0.0.1:{server.port}"], PREFIX, TIMEOUT_S, Asker(SIGNERS[0]))
    task = asyncio.create_task(site.serve(REPORTERS[0], lambda _: honest(0)(request(BTC))))
    await asyncio.sleep(0.3)
    await server.start()
    try:
        await connected(site)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await server.kill()
