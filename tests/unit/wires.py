"""A transport inside the process that answers by script, and a Fetcher on it."""

from collections.abc import Callable
from pathlib import Path

import httpx

from reporter.sources import Fetched, make_source
from reporter.sources.base import Fetcher

GOLDEN = Path(__file__).parent / "golden"
BODY = (GOLDEN / "coinbase.json").read_bytes()
JSON = {"content-type": "application/json"}
NOW_MS = 1_790_848_770_500

Answer = httpx.Response | BaseException


class Wire(httpx.AsyncBaseTransport):
    """Answers by script, keeps what was sent; the last answer is repeated."""

    def __init__(self, *script: Answer | Callable[[httpx.Request], httpx.Response]) -> None:
        self.script = list(script)
        self.sent: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)


class Chunks(httpx.AsyncByteStream):
    """A body in pieces that counts how many were taken."""

    def __init__(self, piece: bytes, count: int) -> None:
        self.piece, self.count, self.taken = piece, count, 0

    async def __aiter__(self):  # type: ignore[no-untyped-def]
        for _ in range(self.count):
            self.taken += 1
            yield self.piece


async def fetch(
    *script: Answer | Callable[[httpx.Request], httpx.Response], kind: str = "coinbase", **more
) -> Fetched:  # type: ignore[no-untyped-def]
    symbols = more.pop("symbols", ["BTC/USD"])
    fetcher = Fetcher(make_source(kind), now_ms=lambda: NOW_MS, transport=Wire(*script), **more)
    try:
        return await fetcher.fetch(symbols)
    finally:
        await fetcher.close()


def answer(status: int = 200, body: bytes = BODY, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=JSON | named, stream=httpx.ByteStream(body))


async def reason(*script: Answer | Callable[[httpx.Request], httpx.Response], **more) -> str:  # type: ignore[no-untyped-def]
    fetched = await fetch(*script, **more)
    assert fetched.quotes == ()
    (error,) = fetched.errors
    return error.reason


async def no_wait(seconds: float) -> None:
    """Stands in for the wait between attempts."""
