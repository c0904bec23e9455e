"""Every hostile answer of reliability section 3 from a real server on loopback: one error, in time, in little memory."""

import asyncio
import contextlib
import gzip
import socket
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from reporter.errors import SourceError
from reporter.sources import Fetched, make_source
from reporter.sources.base import Fetcher
from tests.system.markets import Peak

pytestmark = pytest.mark.system

BODY = (Path(__file__).parents[1] / "unit/golden/coinbase.json").read_bytes()
DEADLINE_S = 0.6
JSON = b"Content-Type: application/json\r\n"
OK = b"HTTP/1.1 200 OK\r\n" + JSON
SIZED = b"Content-Length: %d\r\n\r\n"
MIB = b" " * 2**20

Play = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Server:
    """A raw TCP server that reads a request's head and then does what the play says; then closes, or keeps open."""

    def __init__(self, *plays: Play, keep_open: bool = False) -> None:
        self.plays = list(plays)
        self.keep_open = keep_open
        self.connections = 0
        self.heads: list[bytes] = []
        self.port = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._play(reader, writer)
            while self.keep_open:
                await self._play(reader, writer)
        writer.close()

    async def _play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        play = self.plays.pop(0) if len(self.plays) > 1 else self.plays[0]
        await play(writer)
        await writer.drain()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Server"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()


def says(*parts: bytes) -> Play:
    async def play(writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(parts))

    return play


def drips(head: bytes, text: bytes, every_s: float = 0.05) -> Play:
    async def play(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for byte in text * 1_000:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(every_s)

    return play


def floods(head: bytes, piece: bytes, times: int = 1_024) -> Play:
    async def play(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for _ in range(times):
            writer.write(piece)
            await writer.drain()

    return play


async def hangs(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def resets(writer: asyncio.StreamWriter) -> None:
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    writer.write(OK + SIZED % len(BODY) + BODY[:10])


def gzip_bomb() -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join(packer.compress(MIB) for _ in range(256)) + packer.flush()


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"100000\r\n" + MIB + b"\r\n"
UTF16 = BODY.decode().encode("utf-16")

HOSTILE: dict[str, tuple[Play, set[str]]] = {
    "1 GiB chunked": (floods(CHUNKED, CHUNK), {"too_large"}),
    "1 GiB close-delimited": (floods(OK + b"\r\n", MIB), {"too_large"}),
    "1 GiB announced": (says(OK, SIZED % 2**30), {"too_large"}),
    "gzip": (says(OK, b"Content-Encoding: gzip\r\n", SIZED % 500, gzip.compress(BODY)), {"encoded"}),
    "gzip bomb": (says(OK, b"Content-Encoding: gzip\r\n\r\n", gzip_bomb()), {"encoded"}),
    "gzip in gzip": (says(OK, b"Content-Encoding: gzip, gzip\r\n\r\n", gzip.compress(BODY)), {"encoded"}),
    "gzip unannounced": (says(OK, b"\r\n", gzip.compress(BODY)), {"encoding"}),
    "brotli": (says(OK, b"Content-Encoding: br\r\n\r\n\xce\xff\xff"), {"encoded"}),
    "zstd": (says(OK, b"Content-Encoding: zstd\r\n\r\n\x28\xb5\x2f\xfd"), {"encoded"}),
    "body drip": (drips(OK + b"\r\n", b" "), {"deadline"}),
    "header drip": (drips(OK, b"X"), {"deadline"}),
    "endless headers": (floods(OK, b"X-%d: 1\r\n" * 5_000), {"protocol"}),
    "10 MB header": (floods(OK, b"X" * 2**20, 10), {"protocol"}),
    "endless 100": (drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.0001), {"protocol"}),
    "endless 102 at full speed": (floods(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 100, 10**6), {"protocol"}),
    "silence": (hangs, {"deadline", "timeout"}),
    "hang-up": (says(), {"protocol", "network"}),
    "reset": (resets, {"network", "protocol"}),
    "truncated": (says(OK, SIZED % len(BODY), BODY[:-20]), {"protocol"}),
    "truncated, close-delimited": (says(OK, b"\r\n", BODY[:-20]), {"json"}),
    "truncated chunk": (says(CHUNKED, b"1000\r\n", BODY), {"protocol"}),
    "two lengths": (says(OK, b"Content-Length: 10\r\n", SIZED % len(BODY), BODY), {"protocol"}),
    "negative length": (says(OK, SIZED % -1, BODY), {"protocol"}),
    "HTTP/0.9": (says(BODY), {"protocol"}),
    "not HTTP": (says(b"\x15\x03\x01\x00\x02\x02\x46"), {"protocol"}),
    "redirect": (says(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n", SIZED % 0), {"http_302"}),
    "text/html": (
        says(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n", SIZED % len(BODY), BODY),
        {"content_type"},
    ),
    "no content type": (says(b"HTTP/1.1 200 OK\r\n", SIZED % len(BODY), BODY), {"content_type"}),
    "UTF-16": (says(OK, SIZED % len(UTF16), UTF16), {"encoding"}),
    "503 with a price": (says(b"HTTP/1.1 503 No\r\n" + JSON, SIZED % len(BODY), BODY), {"http_503"}),
    "403 with a price": (says(b"HTTP/1.1 403 No\r\n" + JSON, SIZED % len(BODY), BODY), {"http_403"}),
    "451": (says(b"HTTP/1.1 451 Not here\r\n", SIZED % 0), {"http_451"}),
    "90,000 brackets": (says(OK, SIZED % 90_000, b"[" * 90_000), {"depth"}),
}


async def ask(server: Server, **more: object) -> Fetched:
    source = make_source("coinbase", f"http://127.0.0.1:{server.port}")
    fetcher = Fetcher(source, now_ms=lambda: 0, insecure=True, deadline_s=DEADLINE_S, **more)  # type: ignore[arg-type]
    try:
        return await fetcher.fetch(["BTC/USD"])
    finally:
        await fetcher.close()


@pytest.mark.parametrize("name", HOSTILE)
async def test_fetch__hostile_answer__one_error_in_time_in_little_memory(name: str) -> None:
    play, reasons = HOSTILE[name]
    async with Server(play).listening() as server:
        started = time.monotonic()

        with Peak() as peak:
            fetched = await ask(server)

        took_s = time.monotonic() - started
    assert fetched.quotes == ()
    (error,) = fetched.errors
    assert isinstance(error, SourceError)
    assert error.reason in reasons, str(error)
    assert took_s < DEADLINE_S + 0.5
    assert peak.grown_kib < 32 * 1024


async def test_fetch__good_answer__read() -> None:
    async with Server(says(OK, SIZED % len(BODY), BODY)).listening() as server:
        fetched = await ask(server, label="SIMULATED")

    assert fetched.errors == ()
    assert [(quote.symbol, quote.label) for quote in fetched.quotes] == [("BTC/USD", "SIMULATED")]


async def test_fetch__whole_json_without_a_length__read() -> None:
    async with Server(says(OK, b"\r\n", BODY)).listening() as server:
        assert len((await ask(server)).quotes) == 1


async def test_fetch__body_in_pieces_of_one_byte__read() -> None:
    async with Server(drips(CHUNKED, b"", 0), says(OK, SIZED % len(BODY), BODY)).listening() as server:
        assert (await ask(server)).errors[0].reason == "protocol"
        assert len((await ask(server)).quotes) == 1


async def test_fetch__429_with_retry_after_then_200__waited_and_answered() -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    busy = says(b"HTTP/1.1 429 Busy\r\nRetry-After: 0\r\n", SIZED % 0)
    async with Server(busy, says(OK, SIZED % len(BODY), BODY)).listening() as server:
        fetched = await ask(server, sleep=sleep)

        assert len(fetched.quotes) == 1
        assert len(server.heads) == 2
    assert len(waits) == 1
    assert 0 <= waits[0] <= 1


async def test_fetch__nobody_listens__connect_error() -> None:
    server = Server(hangs)
    async with server.listening():
        pass

    (error,) = (await ask(server)).errors

    assert error.reason == "connect"


async def test_fetch__cookies_set__never_sent_back() -> None:
    cookie = b"Set-Cookie: id=%s; Path=/\r\n" % (b"x" * 3_000)
    async with Server(says(OK, cookie, SIZED % len(BODY), BODY)).listening() as server:
        source = make_source("coinbase", f"http://127.0.0.1:{server.port}")
        fetcher = Fetcher(source, now_ms=lambda: 0, insecure=True)
        for _ in range(3):
            assert (await fetcher.fetch(["BTC/USD"])).quotes
        await fetcher.close()

    assert len(server.heads) == 3
    assert not any(b"cookie" in head.lower() for head in server.heads)
    assert all(b"accept-encoding: identity" in head.lower() for head in server.heads)


@pytest.mark.parametrize("planted", [b"", OK + SIZED % 2 + b"{}"])
async def test_fetch__connection_kept_open__not_used_again_nor_what_was_planted_on_it(planted: bytes) -> None:
    good = says(OK, SIZED % len(BODY), BODY, planted)
    async with Server(good, keep_open=True).listening() as server:
        source = make_source("coinbase", f"http://127.0.0.1:{server.port}")
        fetcher = Fetcher(source, now_ms=lambda: 0, insecure=True)
        answers = [await fetcher.fetch(["BTC/USD"]) for _ in range(3)]
        await fetcher.close()

    assert [quote.last for fetched in answers for quote in fetched.quotes] == [65017_565 * 10**15] * 3
    assert server.connections == 3


async def test_fetch__proxy_planted_in_the_environment__ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Server(says(OK, SIZED % 2, b"{}")).listening() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        async with Server(says(OK, SIZED % len(BODY), BODY)).listening() as server:
            fetched = await ask(server)

    assert len(fetched.quotes) == 1
    assert proxy.heads == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0x7f.0.0.1", "2130706433", "0.0.0.0", "localhost", "[::1]"]
)
async def test_fetch__loopback_without_insecure__refused_before_a_connection(host: str) -> None:
    async with Server(says(OK, SIZED % len(BODY), BODY)).listening() as server:
        fetcher = Fetcher(make_source("coinbase", f"https://{host}:{server.port}"), now_ms=lambda: 0)
        (error,) = (await fetcher.fetch(["BTC/USD"])).errors
        await fetcher.close()

    assert error.reason == "address"
    assert server.heads == []


async def test_fetch__plain_text_where_tls_is_expected__connect_error() -> None:
    async with Server(says(OK, SIZED % len(BODY), BODY)).listening() as server:
        source = make_source("coinbase", f"https://127.0.0.1:{server.port}")
        fetcher = Fetcher(source, now_ms=lambda: 0, insecure=True, deadline_s=DEADLINE_S)
        (error,) = (await fetcher.fetch(["BTC/USD"])).errors
        await fetcher.close()

    assert error.reason in ("connect", "timeout", "deadline")


async def test_fetch__one_venue_hangs__another_is_not_delayed() -> None:
    async with (
        Server(hangs).listening() as slow,
        Server(says(OK, SIZED % len(BODY), BODY)).listening() as fast,
    ):
        stuck = asyncio.create_task(ask(slow))
        started = time.monotonic()

        fetched = await ask(fast)

        took_s = time.monotonic() - started
        assert len(fetched.quotes) == 1
        assert not stuck.done()
        assert took_s < DEADLINE_S / 2
        assert (await stuck).quotes == ()
