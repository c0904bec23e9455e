"""One venue's WebSocket: kept open, watched, and opened again with patience. It never fills a gap: what it does not
hear is asked for over REST (``quiet``), and what it hears is stamped with the venue's own time.

The rules of fetching hold here too: https only (wss), public addresses only, no proxy, no redirect, no compression,
bounded frames, strict JSON.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import SystemRandom
from typing import NoReturn
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect

from reporter.errors import ConfigError, SourceError
from reporter.models import Quote
from reporter.sources.base import DEADLINE_S, shared_ssl_context
from reporter.sources.guard import GuardedBackend, Resolver, system_resolver
from reporter.sources.layout import Link
from reporter.sources.line import STEP_S
from reporter.sources.stream_errors import asked_s, why
from reporter.sources.venue import Fetched, Source

MAX_FRAME = 256 * 1024
MAX_FRAMES_WAITING = 64
MAX_FRAMES_A_SECOND = 2_000
BACKOFF_S, BACKOFF_CAP_S = 1.0, 64.0
CLOSE_S = 0.5

_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things may take, in seconds.

    Attributes:
        quiet: Without a word of a market, it is asked for over REST.
        silent: Without a quote, the connection is cut.
        steady: A connection that lasted this long was a good one.
        ping: Between two pings of the protocol.
        pong: For the answer to one.
    """

    quiet: float = 5.0
    silent: float = 15.0
    steady: float = 30.0
    ping: float = 20.0
    pong: float = 10.0


@dataclass(slots=True)
class StreamHealth:
    """How one stream is doing; written by its loop, read by status and metrics.

    Attributes:
        state: ``connecting``, ``live`` (a quote came) or ``waiting`` (to connect again).
        connects: Connections opened so far.
        messages: Frames received so far.
        last_quote_ms: Unix milliseconds of the newest quote.
        last_error: Why the last connection ended, or what was wrong with a message; empty when nothing was.
        retry_at_ms: While waiting, when it connects again.
    """

    state: str = "connecting"
    connects: int = 0
    messages: int = 0
    last_quote_ms: int | None = None
    last_error: str = ""
    retry_at_ms: int | None = None


class Streamer:
    """One venue's stream.

    Args:
        source: What to subscribe to and how to read it.
        symbols: Ours.
        put: Takes each quote.
        now_ms: Unix milliseconds.
        venue: The name that quotes and errors carry.
        label: Stamped on every quote.
        insecure: Allow ws and addresses that are not public.
        resolve: Replaces the resolver.
        sleep: Waits between connections, in seconds.
        jitter: A number in [0, 1).
        clock: Monotonic seconds.
        pace: How long things may take.

    Raises:
        ConfigError: The address is not wss (ws where ``insecure``), or a symbol the venue cannot have.
    """

    def __init__(
        self,
        source: Source,
        symbols: Sequence[str],
        put: Callable[[Quote], object],
        *,
        now_ms: Callable[[], int],
        venue: str | None = None,
        label: str = "",
        insecure: bool = False,
        resolve: Resolver = system_resolver,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = _random.random,
        clock: Callable[[], float] = time.monotonic,
        pace: Pace = Pace(),
    ) -> None:
        self.source, self.venue, self.label = source, venue or source.name, label
        self.health = StreamHealth()
        self._wanted = {source.spell_stream(*source.split(ours)): ours for ours in symbols}
        self._address = _checked_address(source.ws_url, insecure)
        self._network = GuardedBackend(insecure=insecure, resolve=resolve)
        self._put, self._now_ms, self._sleep, self._jitter, self._clock = put, now_ms, sleep, jitter, clock
        self._pace = pace
        self._heard: dict[str, float] = {}
        self._since = self._second = clock()
        self._frames = 0
        self._ended: SourceError | None = None

    def quiet(self, symbols: Sequence[str]) -> tuple[str, ...]:
        """The symbols of which this stream has said nothing for 5 s: all of them while it is down."""
        limit = self._clock() - self._pace.quiet
        return tuple(ours for ours in symbols if self._heard.get(ours, limit) <= limit)

    async def run(self) -> NoReturn:
        """Keep a connection for ever: 1 s, 2 s and so on to 64 s after each that did not last 30 s."""
        failures = 0
        while True:
            self.health.state, self.health.retry_at_ms = "connecting", None
            self._since = self._clock()
            error = await self._session()
            lived_s, self._heard = self._clock() - self._since, {}
            failures = 0 if self.health.state == "live" and lived_s >= self._pace.steady else failures + 1
            pause_s = max(backoff_s(failures, self._jitter()), asked_s(error))
            self.health.state, self.health.last_error = "waiting", str(error)
            self.health.retry_at_ms = self._now_ms() + int(pause_s * 1000)
            await self._sleep(pause_s)

    async def _session(self) -> SourceError:
        """One connection until it ends, and why it did."""
        self._ended = None
        try:
            async with asyncio.timeout(DEADLINE_S):
                connection = await self._connect()
        except Exception as error:  # noqa: BLE001 - whatever a handshake brings up, it ends here with a reason
            return why(self.venue, error)
        try:
            await self._converse(connection)
        except Exception as error:  # noqa: BLE001 - as above
            return self._ended or why(self.venue, error)
        finally:
            await _close(connection)

    async def _connect(self) -> ClientConnection:
        secure, host, port = self._address
        sock = await self._network.dial(host, port, STEP_S)
        ours = self.source.ping or self.source.pinged
        try:
            return await _Direct(
                self.source.ws_url,
                sock=sock,
                ssl=shared_ssl_context() if secure else None,
                server_hostname=host if secure else None,
                proxy=None,
                compression=None,
                max_size=MAX_FRAME,
                max_queue=MAX_FRAMES_WAITING,
                open_timeout=None,
                close_timeout=CLOSE_S,
                ping_interval=None if ours else self._pace.ping,
                ping_timeout=self._pace.pong,
                user_agent_header="spotline",
            )
        except BaseException:
            sock.close()
            raise

    async def _converse(self, connection: ClientConnection) -> NoReturn:
        self.health.connects += 1
        link = Link(self._wanted, self.venue, self.label)
        beside = [asyncio.create_task(work) for work in (self._watch(connection), self._ping(connection))]
        try:
            for text in self.source.subscribe(list(self._wanted)):
                await connection.send(text)
            while True:
                self._take(await connection.recv(decode=False), link)
                while link.replies:
                    await connection.send(link.replies.pop(0))
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    def _take(self, frame: bytes, link: Link) -> None:
        health, now_s = self.health, self._clock()
        health.messages += 1
        self._count(now_s)
        fetched = self._parsed(frame, link)
        if fetched.errors:
            health.last_error = str(fetched.errors[-1])
        if fetched.quotes:
            for quote in fetched.quotes:
                self._put(quote)
                self._heard[quote.symbol] = now_s
            health.last_quote_ms, health.state = fetched.quotes[-1].received_at_ms, "live"

    def _count(self, now_s: float) -> None:
        """Refuse a venue that says more than anyone could mean: each message takes time from the other venues."""
        if now_s - self._second >= 1:
            self._second, self._frames = now_s, 0
        self._frames += 1
        if self._frames > MAX_FRAMES_A_SECOND:
            raise SourceError(self.venue, "flood", f"more than {MAX_FRAMES_A_SECOND} messages in a second")

    def _parsed(self, frame: bytes, link: Link) -> Fetched:
        try:
            return self.source.parse_frame(frame, link, self._now_ms())
        except SourceError as error:
            if error.reason == "refused":  # one market's, perhaps: the others go on, REST asks for this one
                return Fetched(errors=(error,))
            raise

    async def _watch(self, connection: ClientConnection) -> None:
        """Cut the line when no quote has come for 15 s: a venue may be silent in many ways."""
        while True:
            left_s = max(self._heard.values(), default=self._since) + self._pace.silent - self._clock()
            if left_s <= 0:
                break
            await asyncio.sleep(left_s)
        self._ended = SourceError(self.venue, "silent", f"no quote for {self._pace.silent:.0f} s")
        connection.transport.abort()

    async def _ping(self, connection: ClientConnection) -> None:
        with suppress(Exception):  # a closed line is for the reader to tell
            while self.source.ping:
                await asyncio.sleep(self.source.ping_s)
                await connection.send(self.source.ping)


class _Direct(connect):
    """A handshake that follows no redirect."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def backoff_s(failures: int, jitter: float) -> float:
    """Seconds before the next connection: 1 to 64, doubling, less up to half by jitter; 1 after a steady one."""
    full = min(BACKOFF_S * (1 << min(max(failures - 1, 0), 10)), BACKOFF_CAP_S)
    return max(BACKOFF_S, full * (1 - jitter / 2))


async def _close(connection: ClientConnection) -> None:
    with suppress(Exception):
        async with asyncio.timeout(CLOSE_S):
            await connection.close()
    connection.transport.abort()


def _checked_address(url: str, insecure: bool) -> tuple[bool, str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"{url!r} is not a URL: {error}", key="ws_url") from None
    if parts.scheme != "wss" and not (insecure and parts.scheme == "ws"):
        raise ConfigError(f"{url!r} is not wss", key="ws_url", hint="insecure_sources = true allows ws")
    if not parts.hostname or parts.username or parts.fragment:
        raise ConfigError(f"{url!r} must be a scheme, a host and a path", key="ws_url")
    secure = parts.scheme == "wss"
    return secure, parts.hostname, port or (443 if secure else 80)
