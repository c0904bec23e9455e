"""Collecting: one endless loop per venue, at its own pace, so that a slow or dead one delays no other.

The loop is the venue's circuit breaker, too: closed while it answers; open after three fetches in a row without a
quote, or as long as the venue asks us to stay away; half-open for one request when the pause is over.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import SystemRandom
from typing import NoReturn, Protocol

from reporter.clock import Compared
from reporter.errors import SourceError
from reporter.models import Quote
from reporter.sources.venue import Fetched

BACKOFF_CAP_MS = 8_000
MAX_DOUBLINGS = 16
OPEN_AFTER = 3
CLOCK_EVERY_MS = 60_000
"""A venue that streams is asked so often, for its ``Date`` alone."""

_random = SystemRandom()


class Fetches(Protocol):
    """What collecting needs of a Fetcher."""

    async def fetch(self, symbols: Sequence[str]) -> Fetched:
        """The quotes of ``symbols`` and the errors on the way."""
        ...


class Breaker(StrEnum):
    """The state of a venue's circuit breaker."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(slots=True)
class VenueHealth:
    """How one venue is doing. Written by its loop, read by status, metrics and doctor.

    Attributes:
        last_ok_ms: Unix milliseconds of the last fetch that brought a quote.
        last_error: The newest error of the last fetch; empty when it had none.
        consecutive_failures: Fetches in a row without any quote.
        fetches: All so far.
        breaker: Open while nothing is asked, half-open while one request tries.
        retry_at_ms: While open, Unix milliseconds of that try.
        standing: Markets without an exchange time that have said the same in the last five answers and more.
        clock: What the newest answer with a ``Date`` says of the venue's clock.
    """

    last_ok_ms: int | None = None
    last_error: str = ""
    consecutive_failures: int = 0
    fetches: int = 0
    breaker: Breaker = Breaker.CLOSED
    retry_at_ms: int | None = None
    standing: tuple[str, ...] = ()
    clock: Compared | None = None


def everything(symbols: Sequence[str]) -> Sequence[str]:
    """What to ask a venue that has no stream: all of it, each time."""
    return symbols


async def collect(
    fetcher: Fetches,
    symbols: Sequence[str],
    put: Callable[[Quote], object],
    health: VenueHealth,
    *,
    poll_ms: int,
    sleep: Callable[[float], Awaitable[None]],
    now_ms: Callable[[], int],
    jitter: Callable[[], float] = _random.random,
    needed: Callable[[Sequence[str]], Sequence[str]] = everything,
) -> NoReturn:
    """Poll one venue for ever: every ``poll_ms`` from start to start, slower while it fails.

    Args:
        fetcher: The venue.
        symbols: Ours.
        put: Takes each quote, in the order they came.
        health: Kept up to date; the loop logs nothing.
        poll_ms: Between two starts while the venue is well.
        sleep: Waits, in seconds.
        now_ms: Unix milliseconds.
        jitter: A number in [0, 1) that spreads the waits of a failing venue's clients.
        needed: Which of the symbols to ask for now; none while a stream brings them all.
    """
    heard_ms = now_ms()
    while True:
        started_ms = now_ms()
        asked = _half_open(health, needed(symbols))
        if not asked:
            if not 0 <= started_ms - heard_ms < CLOCK_EVERY_MS:
                heard_ms = started_ms
                _compare(health, await _fetch(fetcher, symbols[:1]))
            await sleep(poll_ms / 1000)
            continue
        heard_ms = started_ms
        fetched = await _fetch(fetcher, asked)
        for quote in fetched.quotes:
            put(quote)
        _note(health, fetched, now_ms())
        pause_ms = pause(poll_ms, health.consecutive_failures, _asked_ms(fetched), jitter())
        _open(health, pause_ms, _asked_ms(fetched), now_ms())
        spent_ms = min(max(now_ms() - started_ms, 0), poll_ms)
        await sleep((pause_ms - spent_ms) / 1000)


def pause(poll_ms: int, failures: int, asked_ms: int, jitter: float) -> int:
    """Milliseconds from one start to the next.

    Doubles with each failure to at most 8 s (or ``poll_ms``, if longer), less up to half by jitter; never
    under ``poll_ms``, nor under what the venue asked for.
    """
    if failures == 0:
        return max(poll_ms, asked_ms)
    ceiling = max(poll_ms, BACKOFF_CAP_MS)
    backoff = min(poll_ms << min(failures, MAX_DOUBLINGS), ceiling)
    return max(poll_ms, backoff - int(backoff * jitter / 2), asked_ms)


def _half_open(health: VenueHealth, symbols: Sequence[str]) -> Sequence[str]:
    """One symbol, another each time, for a venue whose breaker was open; else all of them."""
    if health.breaker is not Breaker.OPEN or not symbols:
        return symbols
    health.breaker, health.retry_at_ms = Breaker.HALF_OPEN, None
    turn = health.fetches % len(symbols)
    return symbols[turn : turn + 1]


def _open(health: VenueHealth, pause_ms: int, asked_ms: int, at_ms: int) -> None:
    stays_away = health.consecutive_failures >= OPEN_AFTER or asked_ms > 0
    health.breaker = Breaker.OPEN if stays_away else Breaker.CLOSED
    health.retry_at_ms = at_ms + pause_ms if stays_away else None


async def _fetch(fetcher: Fetches, symbols: Sequence[str]) -> Fetched:
    try:
        return await fetcher.fetch(symbols)
    except SourceError as error:
        return Fetched(errors=(error,))


def _note(health: VenueHealth, fetched: Fetched, at_ms: int) -> None:
    health.fetches += 1
    health.standing = fetched.standing
    _compare(health, fetched)
    health.last_error = str(fetched.errors[-1]) if fetched.errors else ""
    if fetched.quotes:
        health.last_ok_ms = at_ms
        health.consecutive_failures = 0
    else:
        health.consecutive_failures += 1


def _compare(health: VenueHealth, fetched: Fetched) -> None:
    health.clock = fetched.clock or health.clock


def _asked_ms(fetched: Fetched) -> int:
    return 1000 * max((getattr(error, "retry_after_s", 0) for error in fetched.errors), default=0)
