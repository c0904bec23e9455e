"""An RPC endpoint of one reporter: passes calls on to the chain, and lies, lags or sticks when it is told."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import ClientError, ClientSession, web

from tests.soak.links import HOST

Forward = Callable[[str, list[Any]], Awaitable[dict[str, Any]]]
Tamper = Callable[[str, list[Any], Forward], Awaitable[dict[str, Any]]]
LATEST = ("latest", "pending")


class Front:
    """One endpoint. ``tamper`` answers in the chain's place; ``sent`` has every raw transaction that came by."""

    def __init__(self, chain_url: str) -> None:
        self._chain_url = chain_url
        self._session: ClientSession | None = None
        self._runner: web.AppRunner | None = None
        self.tamper: Tamper | None = None
        self.sent: list[str] = []
        self.port = 0

    async def start(self) -> None:
        """Listen on a free port."""
        self._session = ClientSession()
        app = web.Application()
        app.router.add_post("/", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close everything."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def _handle(self, request: web.Request) -> web.Response:
        asked = json.loads(await request.read())
        method, params = asked["method"], asked.get("params", [])
        if method == "eth_sendRawTransaction":
            self.sent.append(params[0])

        async def forward(method: str, params: list[Any]) -> dict[str, Any]:
            return await self._ask({**asked, "method": method, "params": params})

        try:
            tamper = self.tamper
            answer = await (tamper(method, params, forward) if tamper else forward(method, params))
        except (ClientError, OSError):
            return web.Response(status=502)
        return web.json_response(answer)

    async def _ask(self, body: dict[str, Any]) -> dict[str, Any]:
        assert self._session is not None
        async with self._session.post(self._chain_url, json=body) as answer:
            found: dict[str, Any] = await answer.json()
            return found


def lying(method: str, lie: Callable[[Any], Any]) -> Tamper:
    """One method's result is bent by ``lie``."""

    async def tamper(asked: str, params: list[Any], forward: Forward) -> dict[str, Any]:
        answer = await forward(asked, params)
        return {**answer, "result": lie(answer.get("result"))} if asked == method else answer

    return tamper


def in_block(**lies: Any) -> Callable[[Any], Any]:
    """Bends fields of a block."""
    return lambda block: {**block, **lies} if isinstance(block, dict) else block


def wrong_id() -> Tamper:
    """Answers with the id of another request."""

    async def tamper(asked: str, params: list[Any], forward: Forward) -> dict[str, Any]:
        answer = await forward(asked, params)
        return {**answer, "id": 987_654_321}

    return tamper


def hanging() -> Tamper:
    """Takes every request and answers none."""

    async def tamper(_: str, __: list[Any], ___: Forward) -> dict[str, Any]:
        await asyncio.sleep(3_600)
        raise AssertionError("unreachable")

    return tamper


def behind(blocks: int) -> Tamper:
    """Everything as it was some blocks ago."""

    async def tamper(asked: str, params: list[Any], forward: Forward) -> dict[str, Any]:
        head = int((await forward("eth_blockNumber", []))["result"], 16)
        return await as_of(max(0, head - blocks), asked, params, forward)

    return tamper


def stuck_at(number: int) -> Tamper:
    """A node that has stopped following the chain: answers well, always from the same block."""

    async def tamper(asked: str, params: list[Any], forward: Forward) -> dict[str, Any]:
        return await as_of(number, asked, params, forward)

    return tamper


async def as_of(number: int, asked: str, params: list[Any], forward: Forward) -> dict[str, Any]:
    """What a node would say whose newest block has this number."""
    old = [hex(number) if p in LATEST else p for p in params]
    answer = await forward(asked, old)
    if asked == "eth_blockNumber":
        return {**answer, "result": hex(number)}
    if asked == "eth_getTransactionReceipt" and answer.get("result"):
        block = int(answer["result"]["blockNumber"], 16)
        return {**answer, "result": None} if block > number else answer
    return answer
