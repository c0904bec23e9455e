"""Start everything, say when it is ready, watch it, sum it up, and leave nothing behind."""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporter.api_client import fetch_json
from reporter.chain.deployment import Deployment, load_deployment
from reporter.chain.local import LocalChain
from reporter.chain.rpc import Rpc
from reporter.devnet import preset
from reporter.devnet.ports import find_ports
from reporter.devnet.processes import Child, Processes
from reporter.devnet.tools import ROOT, Tools, find_tools
from reporter.devnet.watch import Watch
from reporter.errors import ChainError, ConfigError, SpotlineError
from reporter.keys import create_keystore, write_private
from reporter.market.factory import open_market
from reporter.market.perpetual import PerpetualMarket
from reporter.market.streams_known import STREAMS
from reporter.wiring import wall_ms

CHAIN_ID = 31337
TEST_SCRYPT_N = 2**14
ANVIL_MEMORY_KIB = 8_000_000
WARM_UP_MS = 9_000
READY_TIMEOUT_S, LOOK_EVERY_S = 45, 0.25


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    tape: Path | None = None
    start: str | None = None
    speed: int | None = None
    live: bool = False
    seed: int = 1
    reporters: int = 4
    chain: str = "anvil"
    transport: str = "ws"
    port: int = 8545
    duration_s: int | None = None

    @property
    def source(self) -> str:
        return "live" if self.live else "tape" if self.tape else "simulated"


@dataclass(slots=True)
class Reporter:
    """One reporter process of the devnet."""

    address: str
    url: str
    config: Path
    child: Child


class Devnet:
    """A running devnet: what the view shows and the summary sums up."""

    def __init__(self, options: Options, folder: Path) -> None:
        self.options, self.folder = options, folder
        self.processes = Processes(folder, ROOT)
        self.market: PerpetualMarket | None = None
        self.ports = find_ports(options.port, options.reporters)
        self.rpc_url = f"http://127.0.0.1:{self.ports.rpc}"
        self.market_url = None if options.live else f"http://127.0.0.1:{self.ports.market}"
        self.reporters: list[Reporter] = []
        self.feeds: list[dict[str, Any]] = []
        self.deployment: Deployment
        self.watch: Watch
        self.rpc: Rpc
        self.label = "LIVE: the real exchanges"

    async def start(self, say: Callable[[str], None]) -> None:
        """Bring everything up; the last step is the first answer on-chain.

        Raises:
            SpotlineError: A part did not come up; the sentence says which and what it printed.
        """
        tools = find_tools(self.options.chain)
        epoch_ms = self._open_market()
        say(f"{self.options.chain} on {self.rpc_url}")
        await self._start_chain(tools)
        if self.market_url:
            say(f"market server on {self.market_url}: {self.label}")
            await self._start_market(epoch_ms)
        self.feeds = preset.feed_tables(self.market.markets if self.market else preset.LIVE_MARKETS)
        say("contracts")
        addresses = await self._make_keys()
        await self._deploy(tools, addresses)
        say(f"{len(addresses)} reporters")
        await self._start_reporters(addresses)
        say("waiting for the first answer")
        await self._first_answer(epoch_ms)

    def _open_market(self) -> int:
        options = self.options
        now_ms = wall_ms()
        # A tape's minutes fall on whole seconds of ours at speed 60; its clock starts when we expect to be ready.
        epoch_ms = (now_ms + WARM_UP_MS) // 1000 * 1000 if options.tape else now_ms // 1000 * 1000
        if not options.live:
            self.market = open_market(
                epoch_ms=epoch_ms,
                seed=options.seed,
                tape=options.tape,
                start=options.start,
                speed=options.speed,
            )
            self.label = self.market.label
        return epoch_ms

    async def _start_chain(self, tools: Tools) -> None:
        child = await self.processes.start(
            self.options.chain,
            tools.chain_argv(self.ports.rpc),
            tools.env,
            ANVIL_MEMORY_KIB if tools.caps_memory else None,
        )
        local = LocalChain(self.options.chain, self.rpc_url)
        try:
            if not await local.wait_until_up(timeout_s=20):
                raise ChainError(f"{self.options.chain} did not come up on {self.rpc_url}: {child.tail()}")
        finally:
            await local.close()

    async def _start_market(self, epoch_ms: int) -> None:
        options = self.options
        argv = [sys.executable, "-m", "reporter.market", "--port", str(self.ports.market)]
        argv += ["--epoch-ms", str(epoch_ms), "--seed", str(options.seed)]
        if options.tape:
            argv += ["--tape", str(options.tape.resolve())]
        if options.start:
            argv += ["--start", options.start]
        if options.speed:
            argv += ["--speed", str(options.speed)]
        await self.processes.start("market", argv)

    async def _make_keys(self) -> list[str]:
        addresses: list[str] = []
        gas: list[str] = []
        for number in range(self.options.reporters):
            folder = self.folder / f"reporter-{number + 1}"
            folder.mkdir(mode=0o700)
            write_private(folder / "password", "devnet")
            for name, found in (("signing", addresses), ("gas", gas)):
                make = asyncio.to_thread(
                    create_keystore, folder / f"{name}.json", "devnet", scrypt_n=TEST_SCRYPT_N
                )
                found.append(await make)
        local = LocalChain(self.options.chain, self.rpc_url)
        await local.fund(gas)
        await local.close()
        return addresses

    async def _deploy(self, tools: Tools, addresses: list[str]) -> None:
        config, out = self.folder / "deploy.json", self.folder / "deployment.json"
        config.write_text(json.dumps(preset.deploy_document(addresses, self.feeds)))
        await self.processes.run(
            "deploy", tools.deploy_argv(self.rpc_url, config, out), tools.env, timeout_s=90
        )
        self.deployment = load_deployment(out)
        local = LocalChain(self.options.chain, self.rpc_url)
        await local.mine_on_a_timer(preset.BLOCK_TIME_S)
        await local.close()
        self.rpc = Rpc([self.rpc_url], CHAIN_ID)
        self.watch = Watch(self.rpc, self.deployment, self.market)

    async def _start_reporters(self, addresses: list[str]) -> None:
        venues = self._venues()
        for number, address in enumerate(addresses):
            path = self.folder / f"reporter-{number + 1}" / "spotline.toml"
            document = preset.reporter_document(number, self.ports, addresses, self.feeds, venues)
            path.write_text(preset.toml_text(document))
            argv = [sys.executable, "-m", "reporter.cli", "run", "--config", str(path)]
            child = await self.processes.start(f"reporter-{number + 1}", argv)
            url = f"http://127.0.0.1:{self.ports.api[number]}"
            self.reporters.append(Reporter(address, url, path, child))

    def _venues(self) -> dict[str, dict[str, Any]]:
        names = {m.partition(":")[0] for feed in self.feeds for m in feed["markets"]}
        if not self.market:
            return {name: {"poll_ms": 1_000, "transport": self.options.transport} for name in sorted(names)}
        return {name: self._venue(name, self.market.label_of(name)) for name in sorted(names)}

    def _venue(self, name: str, label: str) -> dict[str, Any]:
        """One venue's settings. The market server has no limit on requests, so ours is out of the way."""
        stream = {"ws_url": f"ws://127.0.0.1:{self.ports.market}/{name}/ws"} if name in STREAMS else {}
        base = {"base_url": f"{self.market_url}/{name}", "transport": self.options.transport}
        return base | stream | {"poll_ms": preset.POLL_MS, "per_second": preset.PER_SECOND, "label": label}

    async def _first_answer(self, epoch_ms: int) -> None:
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                while not await self._answers() or wall_ms() < epoch_ms:
                    self._check_children()
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            raise ChainError(f"no answer on-chain after {READY_TIMEOUT_S} s: {await self._why()}") from None
        self.watch.start_ms = max(wall_ms() // 1000 * 1000, epoch_ms)

    async def _answers(self) -> bool:
        await self.watch.look(wall_ms())
        rounds = self.watch.chain.rounds if self.watch.chain else {}
        return "BTC/USD" in rounds and rounds["BTC/USD"].round_id > 0

    def _check_children(self) -> None:
        for child in self.processes.children:
            if not child.running and child.name != "deploy":
                raise ConfigError(f"{child.name} stopped by itself: {child.tail()}")

    async def _why(self) -> str:
        said = [await readiness(r.url) for r in self.reporters]
        return "; ".join(dict.fromkeys(reason for reasons in said for reason in reasons)) or "no reason given"

    async def look(self) -> None:
        """Read and measure what is new."""
        await self.watch.look(wall_ms())

    async def stop(self) -> None:
        """Stop every process and close every connection."""
        await self.processes.stop()
        if hasattr(self, "rpc"):
            await self.rpc.close()


async def readiness(url: str) -> list[str]:
    """A reporter's reasons for not being ready; its silence is one."""
    try:
        return list((await fetch_json(f"{url}/readyz"))["reasons"])
    except (SpotlineError, KeyError, TypeError):
        return [f"the reporter at {url} does not answer"]


@asynccontextmanager
async def running(
    options: Options, stop: asyncio.Event, say: Callable[[str], None]
) -> AsyncIterator[Devnet | None]:
    """A devnet that is up, or None if ``stop`` came first; everything of it is gone afterwards, however it ends."""
    folder = Path(tempfile.mkdtemp(prefix="spotline-devnet-"))
    try:
        net = Devnet(options, folder)
        try:
            yield net if await unless(stop, net.start(say)) else None
        finally:
            await asyncio.shield(net.stop())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do the work, unless ``stop`` is set before it is done. Whether it was done."""
    doing, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            await doing
            return True
        return False
    finally:
        doing.cancel()
        stopping.cancel()
        await asyncio.gather(doing, stopping, return_exceptions=True)
