"""A real Anvil or Hardhat that mines when it is told, and a proxy before it that lies, stalls and counts."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web

from reporter.chain.local import LocalChain
from reporter.devnet.ports import find_ports
from reporter.devnet.processes import Processes
from reporter.devnet.run import ANVIL_MEMORY_KIB
from reporter.devnet.tools import ROOT, find_tools
from reporter.errors import ChainError

Forward = Callable[[], Awaitable[dict[str, Any]]]
Tamper = Callable[[str, list[Any], Forward], Awaitable[dict[str, Any]]]


@asynccontextmanager
async def chain(kind: str, folder: Path) -> AsyncIterator[LocalChain]:
    """A fresh chain without automatic blocks."""
    tools, processes, ports = find_tools(kind), Processes(folder, ROOT), find_ports(0, 1)
    local = LocalChain(kind, f"http://127.0.0.1:{ports.rpc}")
    limit = ANVIL_MEMORY_KIB if tools.caps_memory else None
    try:
        await processes.start(kind, tools.chain_argv(ports.rpc), tools.env, limit)
        assert await local.wait_until_up(60)
        await local.request("evm_setAutomine", False)
        yield local
    finally:
        await local.close()
        await processes.stop()


async def mine(local: LocalChain, blocks: int = 1) -> None:
    for _ in range(blocks):
        await local.request("evm_mine")


@asynccontextmanager
async def beside(work: Callable[[], Awaitable[None]], every_s: float) -> AsyncIterator[None]:
    """Does something again and again while the body runs; what the chain refuses is left."""

    async def forever() -> None:
        while True:
            with suppress(ChainError):
                await work()
            await asyncio.sleep(every_s)

    task = asyncio.create_task(forever())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def mining(local: LocalChain, every_s: float = 0.3) -> AsyncIterator[None]:
    """Blocks while the body runs."""

    async def next_block() -> None:
        await asyncio.sleep(every_s)
        await mine(local)

    async with beside(next_block, 0):
        yield


class Proxy:
    """Forwards JSON-RPC. ``tamper`` may answer in its place; ``calls`` has every method asked."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self.calls: list[str] = []
        self.tamper: Tamper | None = None
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        asked = json.loads(await request.read())
        self.calls.append(asked["method"])

        async def forward() -> dict[str, Any]:
            async with ClientSession() as session, session.post(self._upstream, json=asked) as answer:
                found: dict[str, Any] = await answer.json()
                return found

        if self.tamper is None:
            return web.json_response(await forward())
        return web.json_response(await self.tamper(asked["method"], asked["params"], forward))


@asynccontextmanager
async def proxy(local: LocalChain) -> AsyncIterator[Proxy]:
    """A proxy before a chain, on a free port."""
    made = Proxy(local.url)
    app = web.Application()
    app.router.add_post("/", made.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield made
    finally:
        await runner.cleanup()


async def hang(_: str, __: list[Any], ___: Forward) -> dict[str, Any]:
    """Takes the request and never answers."""
    await asyncio.sleep(3_600)
    raise AssertionError("unreachable")


def lie(method: str, value: Any) -> Tamper:
    """Answers one method with a value of its own."""

    async def tamper(asked: str, _: list[Any], forward: Forward) -> dict[str, Any]:
        answer = await forward()
        return {**answer, "result": value} if asked == method else answer

    return tamper
