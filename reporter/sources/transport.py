"""What carries a venue's questions: httpx's interface over our own lines, dialled behind the guard, HTTP/1.1.

A line is used again only after ``keep`` was called on its answer, which is for who has found the symbols in the body; and
only while not one byte more came than was asked for (RFC 9112, 9.2: two answers to one question poison the next).
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from functools import lru_cache

import h11
import httpcore
import httpx

from reporter.sources.guard import GuardedBackend
from reporter.sources.line import STEP_S, Line

MAX_CONNECTIONS = 10
MAX_AGE_S = 300
"""After which a name is resolved again: a venue moves."""


class PublicTransport(httpx.AsyncBaseTransport):
    """Guarded lines to one venue."""

    def __init__(self, ssl_context: ssl.SSLContext, network: GuardedBackend) -> None:
        self._ssl_context, self._network = ssl_context, network
        self._places = asyncio.Semaphore(MAX_CONNECTIONS)
        self._lines: list[Line] = []
        self._head = lru_cache(maxsize=64)(_head)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the body is left to be read, and the answer to be closed."""
        await self._places.acquire()
        try:
            line, answer = await self._asked(request)
        except BaseException:
            self._places.release()
            raise
        body = _Body(line, self)
        return httpx.Response(
            answer.status_code,
            headers=answer.headers.raw_items(),
            stream=body,
            extensions={"keep": body.keep},
        )

    async def aclose(self) -> None:
        """Close every line."""
        while self._lines:
            self._lines.pop().close()

    def done(self, line: Line, keep: bool) -> None:
        """Take a line back after its answer."""
        self._places.release()
        if keep and line.settle():
            self._lines.append(line)
        else:
            line.close()

    async def _asked(self, request: httpx.Request) -> tuple[Line, h11.Response]:
        if line := self._idle():
            try:
                return line, await _ask(line, self._head(request), request.content)
            except (httpcore.ReadError, httpcore.RemoteProtocolError):
                if not line.unheard:
                    raise
                # It was closed while we asked, as any server may with an idle connection: nothing was said.
        line = await self._dial(request)
        return line, await _ask(line, self._head(request), request.content)

    def _idle(self) -> Line | None:
        while self._lines:
            line = self._lines.pop()
            if line.idle and asyncio.get_running_loop().time() - line.opened_s < MAX_AGE_S:
                return line
            line.close()
        return None

    async def _dial(self, request: httpx.Request) -> Line:
        url, secure = request.url, request.url.scheme == "https"
        host, port = url.raw_host.decode("ascii"), url.port or (443 if secure else 80)
        sock = await self._network.dial(host, port, STEP_S)
        return await Line.over(sock, self._ssl_context if secure else None, host)


class _Body(httpx.AsyncByteStream):
    def __init__(self, line: Line, transport: PublicTransport) -> None:
        self._line, self._transport = line, transport
        self._keep = self._closed = False

    def keep(self) -> None:
        """Let the line carry the next question."""
        self._keep = True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await self._line.piece():
            yield piece

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            self._transport.done(self._line, self._keep)


async def _ask(line: Line, head: h11.Request, body: bytes) -> h11.Response:
    try:
        return await line.ask(head, body)
    except BaseException:
        line.close()
        raise


def _head(request: httpx.Request) -> h11.Request:
    return h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
