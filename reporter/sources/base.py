"""The fetch layer: one Fetcher per venue asks it within a deadline and believes nothing it has not checked.

Each rule here answers an attack that httpx 0.28 with its defaults did not survive (METHODOLOGY.md, Fetching).
"""

import asyncio
import ssl
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import chain
from typing import cast

import httpcore
import httpx

from reporter.clock import Compared, compared, monotonic_ms
from reporter.errors import ConfigError, SourceError
from reporter.sources import strict
from reporter.sources.guard import AddressRefused, GuardedBackend, Resolver, system_resolver
from reporter.sources.limits import Limiter
from reporter.sources.retry import StatusError, retry_after_s, retrying
from reporter.sources.standing import Standing
from reporter.sources.strict import Json, shown
from reporter.sources.transport import PublicTransport
from reporter.sources.venue import Fetched, Request, Source

__all__ = ["Fetched", "Fetcher", "PublicTransport", "Request", "Source", "StatusError", "shared_ssl_context"]

DEADLINE_S = 4.0
ASKS_KEPT = 64
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "spotline"}
TYPED = {"Content-Type": "application/json"}

if find_spec("sniffio") is None:
    # httpcore tries to import it six times a request, which costs more than all else in it; this miss costs nothing.
    sys.modules["sniffio"] = None  # type: ignore[assignment]  # None is how Python says "not there"

# The first that fits names the reason; httpx and httpcore have trees of the same shape.
_REASONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((AddressRefused,), "address"),
    ((httpx.TimeoutException, httpcore.TimeoutException), "timeout"),
    ((httpx.ConnectError, httpcore.ConnectError), "connect"),
    ((httpx.ProtocolError, httpcore.ProtocolError), "protocol"),
    ((httpx.HTTPError, httpx.StreamError, httpcore.NetworkError, OSError), "network"),
    ((RecursionError,), "depth"),
    ((MemoryError,), "memory"),
)
_FOREIGN = tuple(chain.from_iterable(kinds for kinds, _ in _REASONS))


@cache
def shared_ssl_context() -> ssl.SSLContext:
    """TLS with certifi's authorities, whatever SSL_CERT_FILE says. One for all venues: it costs 20 ms."""
    return httpx.create_ssl_context(verify=True, trust_env=False)


class Fetcher:
    """One venue's fetch layer; never raises on a venue's account, never takes longer than the deadline.

    Args:
        source: What to ask and how to read it.
        now_ms: Unix milliseconds.
        venue: The name that quotes and errors carry, where it differs from the source's.
        label: Stamped on every quote: what it is when it is not a real market.
        insecure: Allow http and addresses that are not public.
        transport: Replaces the network, for tests.
        resolve: Replaces the resolver.
        sleep: Waits between attempts, in seconds.
        deadline_s: For one request with its retries, name resolution and the wait for its turn included.
        per_second: Requests in a second, instead of the venue's own limit.
        clock: Monotonic seconds.

    Raises:
        ConfigError: The source's address is not a plain https URL (http where ``insecure``).
    """

    def __init__(
        self,
        source: Source,
        *,
        now_ms: Callable[[], int],
        venue: str | None = None,
        label: str = "",
        insecure: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
        resolve: Resolver = system_resolver,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        deadline_s: float = DEADLINE_S,
        per_second: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.source = source
        self.venue = venue or source.name
        self.label = label
        self._now_ms = now_ms
        self._sleep = sleep
        self._deadline_s = deadline_s
        self._turn = -1
        self._standing = Standing()
        self._limiter = Limiter(per_second or source.per_second, clock)
        self._base_url = _checked_url(source.base_url, insecure)
        # No client of httpx above it: no cookies, no redirects, no proxies, nothing of the environment's to switch off.
        self._transport = transport or PublicTransport(
            shared_ssl_context(), GuardedBackend(insecure=insecure, resolve=resolve)
        )
        self._requests = lru_cache(ASKS_KEPT)(self._planned)
        self._asks = lru_cache(ASKS_KEPT)(self._ask)

    async def fetch(self, symbols: Iterable[str]) -> Fetched:
        """Ask for ``symbols``, all requests at once; a request that fails costs only its own symbols.

        Raises:
            ConfigError: A symbol the venue cannot have.
        """
        requests = self._requests(tuple(symbols))
        self._turn += 1
        if len(requests) == 1:
            parts = [await self._one(requests[0])]
        else:
            parts = await self._all(requests)
        return Fetched(
            tuple(quote for part in parts for quote in part.quotes),
            tuple(self._renamed(error) for part in parts for error in part.errors),
            tuple(symbol for part in parts for symbol in part.standing),
            next((part.clock for part in parts if part.clock), None),
        )

    async def document(self, request: Request) -> Json:
        """One answer as strict JSON, asked by the same rules, for what is no quote.

        Raises:
            SourceError: There is none.
        """
        try:
            async with asyncio.timeout(self._deadline_s):
                return await retrying(self._deadline_s, self._read, request, self._sleep)
        except TimeoutError:
            raise SourceError(self.venue, "deadline", f"no answer within {self._deadline_s} s") from None
        except _FOREIGN as error:
            raise SourceError(self.venue, _reason(error), shown(str(error))) from None

    async def close(self) -> None:
        """Close every connection; the fetcher is of no use afterwards."""
        await self._transport.aclose()

    def _planned(self, symbols: tuple[str, ...]) -> list[Request]:
        for symbol in symbols:
            self.source.symbol(symbol)
        return self.source.requests(symbols)

    def _ask(self, request: Request) -> httpx.Request:
        url = str(self._base_url).rstrip("/") + request.target
        if not request.body:
            return httpx.Request("GET", url, headers=HEADERS)
        return httpx.Request("POST", url, headers=HEADERS | TYPED, content=request.body)

    async def _all(self, requests: list[Request]) -> list[Fetched]:
        async with asyncio.TaskGroup() as tasks:
            # Another one first each time: where the limit lets only some through, none is always the last.
            places = [(self._turn + n) % len(requests) for n in range(len(requests))]
            asked = {place: tasks.create_task(self._one(requests[place])) for place in places}
        return [asked[place].result() for place in range(len(requests))]

    async def _one(self, request: Request) -> Fetched:
        try:
            async with asyncio.timeout(self._deadline_s):
                return await retrying(self._deadline_s, self._get, request, self._sleep)
        except SourceError as error:
            return Fetched(errors=(error,))
        except TimeoutError:
            return self._failed("deadline", f"no answer within {self._deadline_s} s")
        except _FOREIGN as error:
            return self._failed(_reason(error), shown(str(error)))

    def _renamed(self, error: SourceError) -> SourceError:
        return error if error.venue == self.venue else SourceError(self.venue, error.reason, error.detail)

    def _failed(self, reason: str, detail: str) -> Fetched:
        return Fetched(errors=(SourceError(self.venue, reason, detail),))

    async def _wait(self) -> None:
        wait_s = self._limiter.take(self._deadline_s)
        if wait_s is None:
            raise SourceError(self.venue, "rate_limited", "more requests than this venue allows")
        if wait_s > 0:
            await asyncio.sleep(wait_s)

    async def _read(self, request: Request) -> Json:
        await self._wait()
        answer = await self._transport.handle_async_request(self._asks(request))
        try:
            self._check_head(answer)
            return strict.loads(self.venue, await self._body(answer))
        finally:
            await answer.aclose()

    async def _get(self, request: Request) -> Fetched:
        await self._wait()
        asked_ms = monotonic_ms()
        answer = await self._transport.handle_async_request(self._asks(request))
        try:
            clock = _compared(answer, asked_ms)
            self._check_head(answer)
            body = await self._body(answer)
            fetched = self.source.parse(body, request, self._now_ms(), self.venue, self.label, self._standing)
            if self.source.names_markets and not fetched.errors:
                answer.extensions.get("keep", _nothing)()
        finally:
            await answer.aclose()
        return fetched._replace(clock=clock)

    async def _body(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        # Not by ``aiter_raw``, which closes the answer at its end: whether the line is kept is not known before it is read.
        async for chunk in cast("httpx.AsyncByteStream", answer.stream):
            body += chunk
            if len(body) > self.source.max_body:
                raise SourceError(self.venue, "too_large", f"more than {self.source.max_body} bytes")
        return bytes(body)

    def _check_head(self, answer: httpx.Response) -> None:
        if answer.status_code != httpx.codes.OK:
            wait_s = retry_after_s(answer.headers.get("retry-after", ""))
            raise StatusError(self.venue, answer.status_code, wait_s)
        encoding = answer.headers.get("content-encoding", "identity")
        if encoding.lower() != "identity":
            raise SourceError(self.venue, "encoded", shown(encoding))
        media = answer.headers.get("content-type", "")
        if media.split(";")[0].strip().lower() != "application/json":
            raise SourceError(self.venue, "content_type", shown(media))
        length = answer.headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit() and len(length) <= 20):
            raise SourceError(self.venue, "protocol", f"Content-Length {shown(length)}")
        if int(length) > self.source.max_body:
            raise SourceError(self.venue, "too_large", f"{length} bytes, at most {self.source.max_body}")


def _checked_url(base_url: str, insecure: bool) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise ConfigError(f"{base_url!r} is not a URL: {error}", key="base_url") from None
    if url.scheme != "https" and not (insecure and url.scheme == "http"):
        raise ConfigError(
            f"{base_url!r} is not https",
            key="base_url",
            hint="insecure_sources = true allows http",
        )
    if not url.host or url.userinfo or url.query or url.fragment:
        raise ConfigError(f"{base_url!r} must be a scheme, a host and no more than a path", key="base_url")
    return url


def _reason(error: BaseException) -> str:
    return next(reason for kinds, reason in _REASONS if isinstance(error, kinds))


def _compared(answer: httpx.Response, asked_ms: int) -> Compared | None:
    said = answer.headers
    return compared(said.get("date", ""), said.get("age", ""), asked_ms, monotonic_ms())


def _nothing() -> None:
    """Stands in where a transport keeps no connection."""
