"""Four reporters, a chain, a market, and a line of ours between every two of them."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from reporter.chain.deployment import Deployment, load_deployment
from reporter.chain.local import LocalChain
from reporter.devnet import preset
from reporter.devnet.ports import Ports, find_ports
from reporter.devnet.processes import Child, Processes
from reporter.devnet.run import ANVIL_MEMORY_KIB, TEST_SCRYPT_N
from reporter.devnet.tools import ROOT, find_tools
from reporter.keys import create_keystore, load_account, write_private
from reporter.market.simulated import VENUES as SIMULATED
from reporter.wiring import wall_ms
from tests.soak.fronts import Front
from tests.soak.links import HOST, Link
from tests.soak.node import Node

VENUES = ("coinbase", "kraken", "bitstamp", "gemini", "bitfinex", "binance")
FEEDS = ("BTC/USD", "ETH/USD", "USDT/USD")
SYMBOLS = (*FEEDS, "BTC/USDT", "ETH/USDT")
HEARTBEAT_S, BLOCK_S, POLL_MS, CHAIN_POLL_MS = preset.HEARTBEAT_S, 1, 500, 500
ENDPOINTS = 2
DISK_MIB = 64


class Network:
    """All of it. What faults act on is public."""

    def __init__(self, folder: Path, seed: int, reporters: int = 4) -> None:
        self.folder, self.seed = folder, seed
        self.epoch_ms = wall_ms() // 1000 * 1000
        self.processes = Processes(folder, ROOT)
        self.ports: Ports = find_ports(0, reporters)
        self.chain = LocalChain("anvil", f"http://{HOST}:{self.ports.rpc}")
        self._dice = Random(seed)
        self.nodes: list[Node] = []
        self.venue_links: dict[tuple[int, str], Link] = {}
        self.rpc_links: dict[tuple[int, int], Link] = {}
        self.peer_links: dict[tuple[int, int], Link] = {}
        self.fronts: dict[tuple[int, int], Front] = {}
        self.anvil: Child
        self.market: Child
        self.deployment: Deployment
        self.tasks: set[asyncio.Task[None]] = set()
        self.foreign: set[str] = set()
        self.disks: list[Path] = []
        self.bits: dict[str, int] = {}
        self.quorum = 0

    @property
    def numbers(self) -> range:
        """The reporters' numbers, from 0."""
        return range(len(self.ports.api))

    @property
    def links(self) -> list[Link]:
        """Every line."""
        return [*self.venue_links.values(), *self.rpc_links.values(), *self.peer_links.values()]

    async def start(self) -> None:
        """Everything up to running reporters; the first round is not waited for."""
        tools = find_tools("anvil")
        self.anvil = await self.processes.start(
            "anvil", tools.chain_argv(self.ports.rpc), tools.env, ANVIL_MEMORY_KIB
        )
        market = [sys.executable, "-m", "reporter.market", "--port", str(self.ports.market)]
        self.market = await self.processes.start(
            "market", [*market, "--epoch-ms", str(self.epoch_ms), "--seed", str(self.seed)]
        )
        assert await self.chain.wait_until_up(20), self.anvil.tail()
        await self._open_lines()
        addresses, gas = await self._make_keys()
        await self.chain.fund(gas)
        feeds = feed_tables()
        config, out = self.folder / "deploy.json", self.folder / "deployment.json"
        config.write_text(json.dumps(preset.deploy_document(addresses, feeds)))
        argv = tools.deploy_argv(self.chain.url, config, out)
        await self.processes.run("deploy", argv, tools.env, timeout_s=180)
        self.deployment = load_deployment(out)
        await self.chain.mine_on_a_timer(BLOCK_S)
        for number in self.numbers:
            path = self.folder / f"reporter-{number + 1}" / "spotline.toml"
            path.write_text(preset.toml_text(self._document(number, addresses, feeds)))
            node = Node(number, path, addresses[number], gas[number], self.ports.api[number], self)
            self.nodes.append(node)
            if number == self.numbers[-2]:
                self.disks += small_disk(node.database.parent)
            await node.start()
            self.tasks.add(asyncio.create_task(node.supervise()))

    async def _open_lines(self) -> None:
        for n in self.numbers:
            for venue in VENUES:
                self.venue_links[n, venue] = await self._link(self.ports.market)
            for e in range(ENDPOINTS):
                front = self.fronts[n, e] = Front(self.chain.url)
                await front.start()
                self.rpc_links[n, e] = await self._link(front.port)
            for other in self.numbers:
                if other != n:
                    self.peer_links[n, other] = await self._link(self.ports.observe[other])

    async def _link(self, upstream: int) -> Link:
        link = Link(upstream, Random(self._dice.getrandbits(64)))
        await link.start()
        return link

    async def _make_keys(self) -> tuple[list[str], list[str]]:
        addresses: list[str] = []
        gas: list[str] = []
        for number in self.numbers:
            folder = self.folder / f"reporter-{number + 1}"
            folder.mkdir(mode=0o700)
            write_private(folder / "password", "soak")
            for name, found in (("signing", addresses), ("gas", gas)):
                path = folder / f"{name}.json"
                found.append(await asyncio.to_thread(create_keystore, path, "soak", scrypt_n=TEST_SCRYPT_N))
        return addresses, gas

    def _document(
        self, number: int, addresses: Sequence[str], feeds: Sequence[dict[str, Any]]
    ) -> dict[str, Any]:
        venues = {venue: self._venue(number, venue) for venue in VENUES}
        document = preset.reporter_document(number, self.ports, addresses, feeds, venues)
        document["chain"]["rpc_urls"] = [_url(self.rpc_links[number, e]) for e in range(ENDPOINTS)]
        document["chain"]["poll_ms"] = CHAIN_POLL_MS
        document["peers"] = [
            {"address": address, "url": _url(self.peer_links[number, other])}
            for other, address in enumerate(addresses)
            if other != number
        ]
        document["keeper"] = []
        return document

    def _venue(self, number: int, venue: str) -> dict[str, Any]:
        """Every second reporter listens to streams, the others poll: both ways are tried."""
        port = self.venue_links[number, venue].port
        found = {"base_url": f"http://{HOST}:{port}/{venue}", "ws_url": f"ws://{HOST}:{port}/{venue}/ws"}
        transport = {"transport": "rest" if number % 2 else "ws", "poll_ms": POLL_MS}
        return found | transport | {"per_second": 1_000, "label": f"SIMULATED seed {self.seed}"}

    async def mine(self, every_s: int) -> None:
        """A block each ``every_s`` seconds from now on; 0 stops the chain."""
        await self.chain.request("evm_setIntervalMining", every_s)

    async def send_with_gas_key(self, node: Node) -> str:
        """A transaction that the reporter knows nothing of; its hash."""
        folder = node.config.parent
        account = load_account(folder / "gas.json", folder / "password")
        nonce = int(await self.chain.request("eth_getTransactionCount", node.gas, "latest"), 16)
        fees = {"maxFeePerGas": 90 * 10**9, "maxPriorityFeePerGas": 20 * 10**9}
        sent = {"type": 2, "chainId": self.deployment.chain_id, "nonce": nonce, "to": node.gas, "value": 0}
        signed = account.sign_transaction({**sent, "gas": 21_000, **fees})
        found: str = await self.chain.request("eth_sendRawTransaction", signed.raw_transaction.to_0x_hex())
        return found

    async def stop(self) -> None:
        """Stop every process and close every line. Faults may have left a process stopped."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for child in self.processes.children:
            if child.running:
                os.kill(child.process.pid, signal.SIGCONT)
        await self.processes.stop()
        for link in self.links:
            await link.stop()
        for front in self.fronts.values():
            await front.stop()
        await self.chain.close()
        for disk in self.disks:
            await asyncio.to_thread(subprocess.run, ["umount", disk], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def small_disk(folder: Path) -> list[Path]:
    """A disk of its own for a folder, where we may mount one; else none."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        return []
    options = f"size={DISK_MIB}m,mode=0700"
    done = subprocess.run([mount, "-t", "tmpfs", "-o", options, "tmpfs", folder], check=False)
    return [folder] if done.returncode == 0 else []


def _url(link: Link) -> str:
    return f"http://{HOST}:{link.port}"


def feed_tables() -> list[dict[str, Any]]:
    """BTC and ETH over every venue, through USDT where the venue has no dollars; USDT itself over the dollar venues."""
    markets = [(v, s) for v in VENUES for s in SIMULATED[v] if s in SYMBOLS and _needed(v, s)]
    tables = preset.feed_tables(markets)
    return [table | {"publish": True, "min_venues": 3} for table in tables if table["name"] in FEEDS]


def _needed(venue: str, symbol: str) -> bool:
    return symbol.endswith("/USD") or f"{symbol.partition('/')[0]}/USD" not in SIMULATED[venue]
